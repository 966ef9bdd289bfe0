"""The page of restatements, on comparisons small enough to read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from duckdb import DuckDBPyConnection
from test_restatements import END, NOW, QUARTER, Rows, follow_up, incident, incidents, record

from opsanalytics.metrics.periods import parse_period
from opsanalytics.metrics.restatements import Trail, compare
from opsanalytics.packs import restatements
from opsanalytics.packs.record import Record
from opsanalytics.packs.restatements import Told

COMMIT = "a" * 40


def told(then: dict[str, Rows], now: dict[str, Rows], since: tuple[str, ...] = (COMMIT,)) -> Told:
    stood, stands = record(END, **then), record(NOW, **now)
    answer = Told(Record(stands, QUARTER), QUARTER, commit="b" * 40, comparisons=compare(stood, stands, QUARTER))
    answer.trail = Trail(stood, stands, since)
    return answer


def row(answer: Told, number: str) -> dict[str, Any]:
    return next(row for row in restatements.numbers(answer).to_dict("records") if row["number"] == number)


def late(count: int, commit: str = COMMIT) -> dict[str, Rows]:
    names = [f"INC-{number}" for number in range(count)]
    versions = [{"position": number, "path": f"{name}.md", "record_kind": "incidents", "git_commit": commit, "change": "added",
                 "committed_at": datetime(2026, 10, 2, 23)} for number, name in enumerate(names, 1)]  # fmt: skip
    return incidents(*(incident(name) for name in names)) | {"file_versions": versions}


def test_changes_of_one_commit_are_told_together() -> None:
    answer = told(incidents(), late(5))
    (first, *others) = restatements.changes(answer).to_dict("records")
    assert (first["record"], first["what"]) == ("INC-0; INC-1; INC-2 and 2 more", "came late")
    assert (first["commit"], first["committed"], others) == ("a" * 10, "2 Oct 2026", [])
    assert restatements.changes_finding(answer) == "5 records of Q3 2026 were changed since, by 1 commit"


def test_a_change_is_said_in_the_unit_of_its_number() -> None:
    slow = incidents(incident(resolved_at=datetime(2026, 9, 4, 11, 15)))
    assert row(told(incidents(incident()), slow), "Median time to restore")["change"] == "+1 h 15 min"
    old = {"created": date(2026, 7, 4)}
    kept = [follow_up("done", 1, done_on=date(2026, 7, 8), **old), follow_up("done", 2, done_on=date(2026, 7, 9), **old)]
    again = [kept[0], follow_up("open", 2, **old)]
    answer = told(incidents(incident()) | {"action_items": kept}, incidents(incident()) | {"action_items": again})
    assert [row(answer, "Follow-ups done within 30 days")[name] for name in ("known on 30 Sep 2026", "now", "change", "why")] == [
        "100 %", "50 %", "-50 points", "restated"]  # fmt: skip


def test_nothing_that_differs_is_said_so() -> None:
    answer = told(late(1), late(1))
    assert restatements.numbers_finding(answer) == "Nothing that was known at the end of Q3 2026 reads differently now"
    assert restatements.ripened_finding(answer) == "No number of Q3 2026 was unfinished at its end"
    assert restatements.numbers(answer).empty
    assert {number.id: number.value for number in restatements.numbers_numbers(answer)}["incident_count.count.now"] == 1


def test_changes_that_even_out_are_said_and_shown() -> None:
    then = incidents(incident("A", "SEV-2"), incident("B", "SEV-3"))
    answer = told(then, incidents(incident("A", "SEV-3"), incident("B", "SEV-2")))
    assert restatements.numbers_finding(answer) == (
        "Nothing that was known at the end of Q3 2026 reads differently now; what was changed on record evens out")
    assert row(answer, "Incidents, SEV-2")["why"] == "restated, to the same"
    assert restatements.changes(answer)["record"].tolist() == ["A", "B"]


def test_a_commit_that_nobody_knows_is_not_made_up() -> None:
    answer = told(incidents(incident()), incidents(incident(severity="SEV-3")), since=())
    assert restatements.changes(answer)[["commit", "committed"]].to_numpy().tolist() == [["by a change of another record", "–"]]


def test_what_has_ripened_is_counted_by_number() -> None:
    record_then = incidents(incident()) | {"action_items": [follow_up(number=1), follow_up(number=2)]}
    done = follow_up("done", 1, done_on=date(2026, 10, 1))
    answer = told(record_then, incidents(incident()) | {"action_items": [done, follow_up(number=2)]})
    assert restatements.ripened_finding(answer) == "2 records of Q3 2026 were still under way at its end"
    assert restatements.ripened(answer)["what became of them"].tolist()[0] == "2 are known now, 1 of them kept"


@pytest.mark.parametrize(("text", "asked"), [
    ("2026-Q4", "2026-Q3"), ("2026-Q3", "2026-Q3"), ("2026-11", "2026-10"), ("2027-W10", "2026-W46"), ("all", "all"),
    ("2026-11-20..2026-11-25", "2026-11-14..2026-11-19")])  # fmt: skip
def test_the_last_complete_period_is_asked(text: str, asked: str) -> None:
    assert restatements.asked(parse_period(text, as_of_on=date(2026, 11, 22))).name == asked


def test_a_load_outside_git_is_told_in_words() -> None:
    connection: DuckDBPyConnection = record(NOW)
    answer = restatements.read(Record(connection, QUARTER))
    assert restatements.numbers_finding(answer) == "No commit tells how the record stood: it was read outside git"
    assert restatements.header(answer) == ("", "Q3 2026", "", "as of 22 Nov 2026")
