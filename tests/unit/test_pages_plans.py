"""The stories of objectives over time, the roadmap, RFCs and onboarding plans, on tables small enough to read."""

from dataclasses import replace
from datetime import date

import pytest
from test_pages_record import record_of

from opsanalytics.metrics.periods import parse_period
from opsanalytics.packs import objectives, onboarding, rfcs, roadmap

# Every record is seen on Sunday 22 November 2026.


# --- objectives

def result(name: str, objective: str, status: str | None = None, actual: float | None = None) -> dict:
    return {"key_result_id": name, "objective_id": objective, "position": 1, "text": name, "baseline": 0, "target": 10, "actual": actual,
            "direction": "up", "status": status}  # fmt: skip


@pytest.fixture
def promised():
    """Objectives of a quarter, of its year, of a quarter that is over, and of no period that can be read."""
    periods = {"quarter": "2026-Q4", "year": "2026", "over": "2026-Q3", "some day": "some day"}
    return record_of(
        "2026-Q4",
        objectives=[{"objective_id": name, "period": period, "position": 1, "text": name} for name, period in periods.items()],
        key_results=[result("a", "quarter"), result("b", "year", actual=4), result("c", "over", "hit"), result("d", "over", actual=4),
                     result("e", "over"), result("f", "some day", actual=4)])  # fmt: skip


def test_objectives_of_a_longer_period_belong_to_it_and_say_so(promised):
    assert [(bullet.objective, bullet.outcome) for bullet in objectives.bullets(promised)] == [
        ("quarter", "running"), ("year (2026)", "running")]  # fmt: skip
    assert objectives.told(promised) == "What we promised for Q4 2026: 2 key results, all running"


def test_how_they_ended_is_counted_where_their_period_ends(promised):
    chart = objectives.ended(promised)
    assert chart.finding == "1 of 2 measured key results of Q3 2026 to Q4 2026 was hit"
    assert chart.twin.to_dict("list") == {
        "quarter": ["Q3 2026", "Q4 2026"], "hit": [1, 0], "missed": [1, 0], "not measured": [1, 0], "running": [0, 2]}  # fmt: skip
    assert "1 key result of an objective without a readable period is in none" in chart.caption
    [share] = chart.numbers
    assert (share.id, share.value, share.n) == ("key_results.share_hit", 0.5, 2)


# --- roadmap

def item(title: str, horizon: str | None = "now", position: int = 1, **more) -> dict:
    return {"item_id": title, "horizon": horizon, "position": position, "title": title, "status": "open", "source_line": position} | more


@pytest.fixture
def planned():
    return record_of(roadmap_items=[
        item("struck", status="done", dri="ana", due_on="2026-10-01"), item("late", dri="ana", due_on="2026-11-20", position=2),
        item("today", dri="ana", due_on="2026-11-22", position=3), item("whose", "next", 4), item("given up", "next", 5, status="dropped"),
        item("shipped", "done", 6), item("by quarter", None, 7)])  # fmt: skip


def test_items_stand_by_horizon_with_those_that_are_closed_last(planned):
    rows = roadmap.listed(planned)
    assert rows[["horizon", "item", ""]].to_numpy().tolist() == [
        ["now", "late", "overdue by 2 days"], ["now", "today", ""], ["next", "whose", "no DRI"], ["no horizon", "by quarter", "no DRI"],
        ["now", "struck", "done"], ["next", "given up", "dropped"], ["done", "shipped", "done"]]  # fmt: skip
    assert str(rows["where"].iloc[0]) == "x.md:2"


def test_what_nobody_answers_for_is_counted(planned):
    chart = roadmap.owned(planned)
    assert chart.finding == "4 items to do, 2 without a DRI and 1 overdue; 2 are done"
    assert chart.twin["horizon"].tolist() == ["now", "next", "done", "no horizon"]
    assert chart.twin["no DRI"].tolist() == [0, 1, 0, 1]
    assert {number.id: (number.value, number.n) for number in chart.numbers} == {
        "roadmap.to_do": (4, 7), "roadmap.without_dri": (2, 7), "roadmap.overdue": (1, 7), "roadmap.without_day": (2, 7),
        "roadmap.done": (2, 7)}  # fmt: skip


def test_risks_are_those_of_the_last_planning():
    sessions = [("old", "2026-06-30"), ("new", "2026-09-30"), ("silent", "2026-10-30"), ("next", "2026-12-01")]
    record = record_of(
        ritual_sessions=[{"session_id": name, "ritual": "planning", "held_on": day, "status": "held"} for name, day in sessions],
        ritual_notes=[{"session_id": name, "position": 1, "category": "risk", "text": f"{name} risk"} for name in ("old", "new", "next")])  # fmt: skip
    assert roadmap.risks_finding(record) == "1 risk named at the planning of 30 Sep 2026"
    assert roadmap.risks(record)["risk"].tolist() == ["new risk"]


# --- RFCs

def test_rfcs_that_wait_say_whether_their_review_is_over():
    record = record_of(rfcs=[
        {"rfc_id": "new", "title": "New", "status": "draft"},
        {"rfc_id": "old", "title": "Old", "status": "open", "opened_on": "2026-10-01", "review_ends_on": "2026-11-21"},
        {"rfc_id": "last day", "status": "open", "opened_on": "2026-11-01", "review_ends_on": "2026-11-22"},
        {"rfc_id": "done", "status": "accepted", "review_ends_on": "2026-10-01"}, {"rfc_id": "who knows"}])  # fmt: skip
    assert rfcs.waiting_finding(record) == "3 of 5 RFCs wait for a decision; the review of 1 of them is over"
    assert rfcs.waiting(record)[["RFC", ""]].to_numpy().tolist() == [["Old", "review is over"], ["last day", ""], ["New", ""]]
    assert rfcs.waiting_caption(record).endswith("1 states no status, and 1 of those shown does not say when the review ends.")


# --- onboarding

def plan(name: str, started: str | None, **more) -> dict:
    return {"plan_id": name, "person": name, "started_on": started} | more


def box(plan_id: str, position: int, section: str, status: str = "open", **more) -> dict:
    return {"action_id": f"{plan_id}#{position}", "origin_kind": "onboarding", "origin_id": plan_id, "section": section,
            "position": position, "text": f"{section} {position}", "status": status} | more  # fmt: skip


@pytest.fixture
def newcomers():
    """Day 42 for one, 3 for the next; one whose plan tells no day, and one of long ago."""
    return record_of(
        "2026-11", onboarding_plans=[plan("kim", "2026-10-12"), plan("lou", "2026-11-20"), plan("max", None), plan("old", "2026-01-05")],
        action_items=[
            box("kim", 1, "first week", "done"), box("kim", 2, "checklist"), box("kim", 3, "30 days", due_on="2026-12-24"),
            box("kim", 4, "60 days"), box("lou", 1, "first week"), box("lou", 2, "hobbies"), box("max", 1, "first week"),
            box("old", 1, "first week")])  # fmt: skip


def test_an_item_is_expected_by_its_own_day_else_by_that_of_its_checklist(newcomers):
    rows = onboarding.items(newcomers)
    assert rows[["action_id", "expected_on", "state"]].to_numpy().tolist() == [
        ["kim#1", date(2026, 10, 19), "done"], ["kim#2", date(2026, 10, 19), "overdue"], ["kim#3", date(2026, 12, 24), "open"],
        ["kim#4", date(2026, 12, 11), "open"], ["lou#1", date(2026, 11, 27), "open"], ["lou#2", None, "open"], ["max#1", None, "open"]]  # fmt: skip


@pytest.mark.parametrize(("section", "stage", "expected"), [
    ("week 1", "first week", date(2026, 10, 19)), ("before day 1", "first week", date(2026, 10, 12)),
    ("weeks 2 3", "30 days", date(2026, 11, 2)), ("month 2 the product", "60 days", date(2026, 12, 11)),
    ("14 days", "30 days", date(2026, 10, 26)), ("month 6", "other", date(2027, 4, 10)), ("week 123456789", "other", None), ("for everyone", "other", None),
])
def test_a_heading_of_its_own_kind_says_its_days(section, stage, expected):
    record = record_of("2026-11", onboarding_plans=[plan("kim", "2026-10-12")], action_items=[box("kim", 1, section)])
    assert onboarding.items(record)[["stage", "expected_on"]].to_numpy().tolist() == [[stage, expected]]


def test_plans_of_the_period_stand_by_their_first_day(newcomers):
    rows = onboarding.listed(newcomers)
    assert rows[["person", "now", "first week", "30 days", "other", "overdue"]].to_numpy().tolist() == [
        ["kim", "day 42", "1 of 2", "0 of 1", "–", 1], ["lou", "day 3", "0 of 1", "–", "0 of 1", 0], ["max", "–", "0 of 1", "–", "–", 0]]  # fmt: skip


def test_the_whole_record_has_every_plan(newcomers):
    assert onboarding.listed(replace(newcomers, period=parse_period("all", as_of_on=date(2026, 11, 22))))["person"].tolist() == [
        "old", "kim", "lou", "max"]  # fmt: skip


def test_progress_is_of_all_plans_together_and_says_what_is_worked_out(newcomers):
    chart = onboarding.progress(newcomers)
    assert chart.finding == "1 of 7 checklist items in 3 plans is done, 1 is overdue"
    assert chart.twin["checklist"].tolist() == ["first week", "30 days", "60 days", "other"]
    assert "is taken to be expected 7, 30, 60 or 90 days after the first day" in chart.caption
    assert chart.caption.endswith("2 of 7 have neither a day nor such a heading and first day.")
    assert onboarding.still_open(newcomers)["item"].iloc[0] == "checklist 2"
    assert onboarding.still_open_finding(newcomers) == "The 6 open items"


# --- nothing

def test_what_is_absent_is_told_with_the_file_that_would_bring_it():
    record = record_of()
    charts = (objectives.ended(record), roadmap.owned(record), onboarding.progress(record))
    assert [(chart.figure, chart.numbers) for chart in charts] == [(None, ())] * 3
    assert [objectives.told(record), *(chart.finding for chart in charts), roadmap.risks_finding(record), rfcs.waiting_finding(record)] == [
        "No objective is meant for October 2026; ops/objectives/<period>.md or a planning session brings them",
        "No key result of October 2026 was hit or missed yet",
        "No roadmap is in the record; ROADMAP.md brings it",
        "No onboarding plan is in the record; opsanalytics new onboarding writes one to ops/onboarding",
        "No risk is written down; a planning session names them under Risks",
        "No RFC is in the record; rfcs/YYYY-MM-<slug>.md brings one"]  # fmt: skip
    tables = (roadmap.listed(record), roadmap.risks(record), rfcs.waiting(record), onboarding.listed(record), onboarding.still_open(record))
    assert [len(rows) for rows in tables] == [0] * 5
