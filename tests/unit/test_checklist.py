"""The founder's checklist: the rule, its thresholds, and that it says what the metrics of the other pages say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
from test_pages_record import record_of

from opsanalytics.errors import DatabaseError, WorkspaceError
from opsanalytics.metrics.checklist import CHECKS, NO, SILENT, UNSURE, YES, Answer, answer_of, answers
from opsanalytics.metrics.compute import compute
from opsanalytics.metrics.outcomes import FRESH, Names, service_standings
from opsanalytics.metrics.periods import parse_period
from opsanalytics.settings import Checklist, parse_settings
from opsanalytics.warehouse.schema import create_schema

ON = date(2026, 11, 22)


def answer(key: str, passed: int, failed: int, threshold: float, **more: Any) -> Answer:
    row = {"what": "x", "why": "x", "day_on": ON, "left_out": None, "source_path": "x.md", "source_line": 1} | more
    rows = [row | {"passed": True}] * passed + [row | {"passed": False}] * failed
    return Answer(CHECKS[key], threshold, tuple(rows), ON)


# Nine in ten or more come once in forty of a habit of 0.555: 10 * 0.555^9 * 0.445 + 0.555^10 = 0.0222 + 0.0028; nine or fewer of
# one of 0.9975: 1 - 0.9975^10 = 0.0247.
@pytest.mark.parametrize(("threshold", "word"), [(0.55, YES), (0.56, UNSURE), (0.99, UNSURE), (0.998, NO)])
def test_a_sample_is_judged_by_its_whole_interval(threshold, word):
    assert answer("rituals_held", 9, 1, threshold).word == word


@pytest.mark.parametrize(("passed", "failed", "word"), [(4, 1, YES), (3, 1, NO), (0, 0, SILENT)])
def test_what_stands_now_is_judged_by_itself_and_reaches_a_threshold_by_being_it(passed, failed, word):
    found = answer("runbooks_fresh", passed, failed, 0.8)
    assert (found.word, found.estimate.low) == (word, None)


@pytest.mark.parametrize(("days", "word"), [(30, YES), (31, NO)])
def test_days_are_at_most_so_many(days, word):
    assert answer("roadmap_changed_days", 1, 0, 30, day_on=ON - timedelta(days)).word == word


def test_what_cannot_be_asked_is_counted_and_not_a_no():
    found = answer("comms_kept", 0, 3, 0.8, left_out="the file does not say")
    assert (found.word, found.left_out, found.failed) == (SILENT, {"the file does not say": 3}, [])
    assert found.note.startswith("the record cannot say: add ops/incidents/")


def test_a_period_has_its_own_and_what_no_day_puts_into_one():
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1), None]
    rows = tuple(row | {"day_on": day} for day in days for row in answer("rituals_held", 1, 0, 0.8).records)
    october = parse_period("2026-10", as_of_on=ON)
    assert [row["day_on"] for row in Answer(CHECKS["rituals_held"], 0.8, rows, ON).within(october).records] == [*days[1:3], None]
    assert len(Answer(CHECKS["runbooks_fresh"], 0.8, rows, ON).within(october).records) == 5


# --- thresholds

def test_every_question_has_a_threshold_and_every_threshold_a_question():
    assert [*CHECKS, "done_states"] == list(Checklist.model_fields)


def test_thresholds_are_set_by_name():
    given, _ = parse_settings(b"policies: {checklist: {comms_kept: 0.9, drill_days: 90, done_states: [Unit tests, Docs]}}")
    assert given.policies.checklist == Checklist(comms_kept=0.9, drill_days=90, done_states=["unit_tests", "docs"])


@pytest.mark.parametrize(("said", "mistake"), [
    ("{comms: 0.9}", r"ops.yml:1:31 policies.checklist.comms: no such setting; there are roadmap_in_one_file, "),
    ("{comms_kept: 90}", r"ops.yml:1:36 policies.checklist.comms_kept: Input should be less than or equal to 1"),
    ("{drill_days: 0}", r"ops.yml:1:36 policies.checklist.drill_days: Input should be greater than 0"),
    ("{done_states: []}", r"policies.checklist.done_states: List should have at least 1 item"),
])  # fmt: skip
def test_a_threshold_that_cannot_be_meant_is_refused(said, mistake):
    with pytest.raises(WorkspaceError, match=mistake):
        parse_settings(f"policies: {{checklist: {said}}}".encode())


def test_no_load_says_what_to_run():
    connection = duckdb.connect()
    create_schema(connection)
    with pytest.raises(DatabaseError, match="opsanalytics load"):
        answers(connection)


def test_an_empty_record_says_nothing_and_no_to_nothing():
    assert {found.word for found in answers(record_of().connection)} == {SILENT}


# --- what other pages say of the same

def promise(number: int, status: str, due_on: str | None, done_on: str | None = None, **more: Any) -> dict[str, Any]:
    return {"action_id": f"o#{number}", "origin_kind": "incident", "origin_id": "INC-1", "position": number, "text": f"promise {number}",
            "status": status, "created_on": "2026-09-01", "due_on": due_on, "done_on": done_on} | more  # fmt: skip


@pytest.fixture
def promised():
    """Follow-ups: done in time, done late, open, too young, of no severity. Improvements of a retrospective likewise."""
    of_retro = {"origin_kind": "ritual", "origin_id": "r"}
    return record_of(
        incidents=[{"incident_id": "INC-1", "title": "x", "kind": "incident", "status": "resolved", "severity": "SEV-2"},
                   {"incident_id": "INC-2", "title": "y", "kind": "incident", "status": "resolved"}],
        ritual_sessions=[{"session_id": "r", "ritual": "retrospective", "held_on": "2026-09-01", "status": "held"},
                         {"session_id": "s", "ritual": "retrospective", "held_on": "2026-10-01", "status": "held"}],
        ritual_slots=[{"ritual": "retrospective", "promised_on": day, "outcome": outcome} for day, outcome in (
            ("2026-09-01", "held"), ("2026-10-01", "held"), ("2026-11-01", "missed"), ("2026-11-02", "cancelled"))],
        action_items=[
            promise(1, "done", None, "2026-09-15"), promise(2, "done", None, "2026-09-16"), promise(3, "open", None),
            promise(4, "open", None, created_on="2026-11-10"), promise(5, "open", None, origin_id="INC-2"),
            promise(6, "done", "2026-09-20", "2026-09-19", **of_retro), promise(7, "open", "2026-09-20", **of_retro),
            promise(8, "open", "2026-12-20", **of_retro), promise(9, "open", None, **of_retro),
            promise(10, "open", "2026-11-30", **(of_retro | {"origin_id": "s", "created_on": "2026-10-01", "carried_from": "o#8"})),
            promise(11, "open", "2026-12-01", **(of_retro | {"origin_id": "s", "created_on": "2026-10-01"}))])  # fmt: skip


SAME = {
    "follow_ups_in_time": ("follow_up_completion", "done_within_sla"), "rituals_held": ("ritual_held", "share_held"),
    "improvements_in_time": ("retro_action_completion", "done_within_sla"), "timebox_kept": ("ritual_minutes", "share_within_timebox"),
}


@pytest.mark.parametrize("period", ["2026-Q3", "2026-Q4", "all"])
@pytest.mark.parametrize("key", SAME)
def test_a_question_that_a_metric_answers_has_its_numbers(promised, key, period):
    metric, statistic = SAME[key]
    cut = parse_period(period, as_of_on=ON)
    result = compute(promised.connection, metric, period=cut)
    [row] = [row for row in result.rows if row["statistic"] == statistic]
    found = answer_of(promised.connection, CHECKS[key], cut)
    assert (len(found.counted), sum(found.left_out.values())) == (row["n"], row["n_excluded"])
    assert found.estimate == pytest.approx((row["value"], row["low"], row["high"]), rel=1e-5) if row["n"] else found.word == SILENT


def test_the_promises_that_failed_say_how(promised):
    failed = answer_of(promised.connection, CHECKS["follow_ups_in_time"]).failed
    assert [(row["what"], row["why"]) for row in failed] == [
        ("promise 2", "done after 15 days of 14"), ("promise 3", "open after 82 days of 14")]  # fmt: skip


def test_an_improvement_that_no_retrospective_has_followed_cannot_have_come_back(promised):
    found = answer_of(promised.connection, CHECKS["improvements_not_repeated"])
    assert [(row["what"], row["why"]) for row in found.failed] == [("promise 8", "promised again once")]
    assert (len(found.counted), found.left_out) == (4, {"too young: no retrospective since": 1})


def test_runbooks_stand_as_the_page_on_outcomes_has_them():
    services = [{"service": "api", "aliases": ["Front"]}, {"service": "mail"}, {"service": "shop"}, {"service": "pay"}]
    runbooks = [("front", "2026-01-01", 90), ("API", "2026-11-01", 90), ("mail", "2026-01-01", 90), ("pay", None, None)]
    record = record_of(services=services, runbooks=[
        {"runbook_id": str(number), "service": name, "title": name, "has_playbook": True, "has_rollback": True, "reviewed_on": day,
         "review_every_days": days} for number, (name, day, days) in enumerate(runbooks)])  # fmt: skip
    found = answer_of(record.connection, CHECKS["runbooks_fresh"])
    standings = service_standings(record.connection, Names(record.connection), ON)
    assert {row["what"] for row in found.counted if row["passed"]} == {name for name, each in standings.items() if each == FRESH} == {"api"}
    assert len(found.counted) == 3


def test_a_shallow_clone_dates_no_roadmap():
    record = record_of(
        history_state=[{"standing": "cut", "git_commit": "c2", "cut_at": "c1"}],
        file_versions=[{"position": 1, "path": "ROADMAP.md", "record_kind": "roadmap", "git_commit": "c1",
                        "committed_at": "2026-11-20 10:00:00", "change": "added"}])  # fmt: skip
    found = answer_of(record.connection, CHECKS["roadmap_changed_days"])
    assert (found.word, found.left_out) == (SILENT, {"where a shallow clone begins, which dates nothing": 1})
