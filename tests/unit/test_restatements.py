"""What makes a number of a past period read differently: told by two databases small enough to read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.dimensions import RECORDS
from opsanalytics.metrics.periods import parse_period
from opsanalytics.metrics.queries import query_text
from opsanalytics.metrics.restatements import HEADLINES, Comparison, Difference, Headline, Trail, compare, end_of
from opsanalytics.warehouse.schema import in_memory

Rows = list[dict[str, Any]]
END, NOW = datetime(2026, 9, 30, 23, 59, 59), datetime(2026, 11, 22, 12)
QUARTER = parse_period("2026-Q3", as_of_on=NOW.date())
LOAD = {"load_id": 1, "loaded_at": NOW, "workspace": "x", "files_seen": 0, "files_loaded": 0, "files_rejected": 0, "files_ignored": 0,
        "tool_version": "0", "fingerprint": "0", "zone": "UTC", "fiscal_year_start": 1, "policies": "{}",
        "severities": ["SEV-1", "SEV-2", "SEV-3"]}  # fmt: skip


def record(as_of: datetime, *, policies: str = "{}", **tables: Rows) -> DuckDBPyConnection:
    place = {"source_path": "x.md", "source_line": 1}
    rows = {name: [place | row for row in said] for name, said in tables.items()}
    return in_memory({**rows, "loads": [LOAD | {"as_of": as_of, "policies": policies}]})


def incident(name: str = "INC-1", severity: str | None = "SEV-2", status: str = "resolved", **more: Any) -> dict[str, Any]:
    started = {"started_on": date(2026, 9, 4), "started_at": datetime(2026, 9, 4, 9), "detected_at": datetime(2026, 9, 4, 9, 5)}
    rank = int(severity[-1]) if severity else None
    return {"incident_id": name, "kind": "incident", "severity": severity, "severity_rank": rank, "status": status,
            "resolved_at": datetime(2026, 9, 4, 10) if status == "resolved" else None, "source_path": f"{name}.md"} | started | more  # fmt: skip


def follow_up(status: str = "open", number: int = 1, created: date | None = date(2026, 9, 4), **more: Any) -> dict[str, Any]:
    return {"action_id": f"INC-1#{number}", "origin_kind": "incident", "origin_id": "INC-1", "position": number, "text": f"Alert {number}",
            "status": status, "created_on": created, "source_path": "INC-1.md"} | more  # fmt: skip


def told(then: dict[str, Rows], now: dict[str, Rows], words: str, group: str | None = None, **settings: str) -> Comparison:
    """One number on both sides."""
    return one(record(END, **then), record(NOW, **now, **settings), words, group)


def one(then: DuckDBPyConnection, now: DuckDBPyConnection, words: str, group: str | None = None) -> Comparison:
    asked = [each for each in HEADLINES if each.words == words and bool(each.by) == bool(group)]
    return next(each for each in compare(then, now, QUARTER, asked) if each.group == group)


def incidents(*rows: dict[str, Any]) -> dict[str, Rows]:
    return {"incidents": list(rows)}


def test_the_same_record_reads_the_same() -> None:
    rows = incidents(incident()) | {"action_items": [follow_up("done", done_on=date(2026, 9, 8))]}
    comparisons = compare(record(END, **rows), record(NOW, **rows), QUARTER)
    assert [each for each in comparisons if each.restated or (each.is_different and not each.ripened)] == []
    assert comparisons[0].values == (1, 1)


def test_a_severity_that_was_changed_moves_the_counts_of_both_levels_and_not_that_of_all() -> None:
    sides = incidents(incident()), incidents(incident(severity="SEV-3"))
    assert (1, 0) == told(*sides, "Incidents", "SEV-2").values
    assert (0, 1) == told(*sides, "Incidents", "SEV-3").values
    assert told(*sides, "Incidents").differences == ()
    (difference,) = told(*sides, "Incidents", "SEV-3").restated
    assert (difference.record_id, difference.columns) == ("INC-1", ("severity",))


def test_changes_that_even_out_are_told_all_the_same() -> None:
    then = incidents(incident("A", "SEV-2"), incident("B", "SEV-3"))
    comparison = told(then, incidents(incident("A", "SEV-3"), incident("B", "SEV-2")), "Incidents", "SEV-2")
    assert not comparison.is_different
    assert [each.record_id for each in comparison.restated] == ["A", "B"]


def test_a_record_that_came_late_or_was_taken_away_restates() -> None:
    late = told(incidents(), incidents(incident()), "Incidents")
    gone = told(incidents(incident("A"), incident("B")), incidents(incident("A")), "Incidents")
    assert [(each.then, each.has_ripened) for each in late.differences] == [(None, False)]
    assert [(each.record_id, each.now, each.has_ripened) for each in gone.differences] == [("B", None, False)]


@pytest.mark.parametrize("what", [{"kind": "drill"}, {"status": "cancelled"}, {"excluded_reason": "a test"}, {"started_on": date(2026, 10, 4)}])
def test_what_is_not_counted_any_more_restates(what: dict[str, Any]) -> None:
    (difference,) = told(incidents(incident()), incidents(incident(**what)), "Incidents").restated
    assert difference.columns == tuple(what)


def test_an_incident_that_went_on_over_the_end_moves_nothing() -> None:
    now = incidents(incident(resolved_at=datetime(2026, 10, 2, 9)))
    comparison = told(incidents(incident(status="open")), now, "Median time to restore")
    assert (comparison.is_different, comparison.differences) == (False, ())


def test_an_end_before_the_end_that_was_written_down_later_restates() -> None:
    comparison = told(incidents(incident(status="open")), incidents(incident()), "Median time to restore")
    assert comparison.values == (None, 60)
    assert [each.columns for each in comparison.restated] == [("resolved_at",)]


def test_a_time_that_is_out_of_order_is_why_another_one_does_not_count() -> None:
    comparison = told(incidents(incident()), incidents(incident(resolved_at=datetime(2026, 9, 3, 10))), "Median time to detect")
    assert comparison.values == (5, None)
    assert [each.columns for each in comparison.restated] == [("resolved_at",)]


def promise(then: dict[str, Any], now: dict[str, Any] | None, **settings: str) -> Comparison:
    record_then = incidents(incident()) | {"action_items": [then]}
    record_now = incidents(incident()) | {"action_items": [now] if now else []}
    return told(record_then, record_now, "Follow-ups done within 30 days", **settings)


def test_a_promise_whose_days_were_not_over_has_ripened() -> None:
    young, kept = follow_up(), follow_up("done", done_on=date(2026, 10, 2), done_on_source="history")
    for now, value in ((young, 0), (kept, 1)):
        comparison = promise(young, now)
        assert (comparison.values, [each.has_ripened for each in comparison.differences]) == ((None, value), [True])


def test_a_promise_that_is_older_and_still_young_has_ripened_with_the_share() -> None:
    """One of three was done on day 3, one of July is open; the third is seen for 6 days, then for 24: 1/3 is done by day 30 on
    both sides. Done on its day 20, it is one of the two that are left: 1/3 + 2/3 * 1/2."""
    def side(seen: date, **more: Any) -> DuckDBPyConnection:
        rows = [follow_up(created=date(2026, 7, 4)), follow_up("done", 2, done_on=date(2026, 9, 7)),
                follow_up(number=3, created=date(2026, 9, 24), **more)]
        return record(datetime(seen.year, seen.month, seen.day, 12), **incidents(incident()), action_items=rows)

    words = "Follow-ups done within 30 days"
    older = one(side(date(2026, 9, 30)), side(date(2026, 10, 18)), words)
    assert older.values == (pytest.approx(1 / 3, abs=1e-5),) * 2
    assert [(each.record_id, each.has_ripened) for each in older.differences] == [("INC-1#3", True)]
    out = one(side(date(2026, 9, 30)), side(date(2026, 10, 18), status="done", done_on=date(2026, 10, 14)), words)
    assert out.values == (pytest.approx(1 / 3, abs=1e-5), pytest.approx(2 / 3, abs=1e-5))
    assert [(each.record_id, each.has_ripened) for each in out.differences] == [("INC-1#3", True)]


def test_another_day_of_an_end_restates_a_share_that_goes_by_days() -> None:
    old = {"created": date(2026, 7, 4)}
    comparison = promise(*(follow_up("done", done_on=date(2026, 7, day), **old) for day in (10, 20)))
    assert comparison.values == (1, 1)
    assert [(each.columns, each.has_ripened) for each in comparison.differences] == [(("ended_on",), False)]


def test_a_promise_that_was_done_by_then_as_somebody_wrote_later_restates() -> None:
    old = {"created": date(2026, 7, 4)}
    comparison = promise(follow_up(**old), follow_up("done", done_on=date(2026, 7, 20), **old))
    assert comparison.values == (0, 1)
    assert [each.columns for each in comparison.restated] == [("ended_on",)]


def test_a_done_promise_that_is_open_again_restates() -> None:
    old = {"created": date(2026, 7, 4)}
    comparison = promise(follow_up("done", done_on=date(2026, 7, 20), **old), follow_up(**old))
    assert comparison.values == (1, 0)
    assert len(comparison.restated) == 1


def test_another_policy_restates_what_both_sides_ask() -> None:
    old = follow_up("done", created=date(2026, 7, 4), done_on=date(2026, 7, 10))
    record_of = incidents(incident()) | {"action_items": [old]}
    policies = '{"follow_up_sla_days": {"SEV-2": 3}}'
    comparison = told(record_of, record_of, "Follow-ups done within SLA", policies=policies)
    assert comparison.values == (1, 0)
    assert [(each.columns, each.has_ripened) for each in comparison.differences] == [((), False)]
    assert told(record_of, record_of, "Follow-ups done within 90 days", policies=policies).restated == ()


def test_a_decision_that_was_made_since_has_ripened_and_one_that_was_dated_back_was_restated() -> None:
    def decision(status: str, decided: date | None) -> dict[str, Rows]:
        return {"decisions": [{"decision_id": "D", "status": status, "proposed_on": date(2026, 9, 20), "decided_on": decided}]}

    made = told(decision("proposed", None), decision("accepted", date(2026, 10, 9)), "Decisions")
    back = told(decision("accepted", date(2026, 9, 29)), decision("accepted", date(2026, 10, 9)), "Decisions")
    assert [each.has_ripened for each in (*made.differences, *back.differences)] == [True, False]


def test_a_key_result_that_ran_has_ripened_and_one_with_another_target_was_restated() -> None:
    def result(as_of: datetime, **more: Any) -> DuckDBPyConnection:
        of = {"key_result_id": "K", "objective_id": "O", "position": 1, "text": "Fewer pages", "baseline": 9.0, "target": 4.0,
              "direction": "down"}
        objective = {"objective_id": "O", "position": 1, "text": "Calm nights", "period": "2026-Q3"}
        return record(as_of, objectives=[objective], key_results=[of | more])

    ran = one(result(END), result(NOW, actual=3.0, status="hit"), "Key results hit")
    eased = one(result(END), result(NOW, actual=5.0, status="hit", target=5.0), "Key results hit")
    late = one(result(END), result(NOW), "Key results not measured")
    assert [each.has_ripened for comparison in (ran, eased, late) for each in comparison.differences] == [True, False, True]


@pytest.mark.parametrize("headline", HEADLINES, ids=lambda headline: f"{headline.metric} {headline.statistic}")
def test_a_headline_names_columns_that_its_facts_have(headline: Headline) -> None:
    facts = "({ritual_day_sessions})" if headline.records == "ritual_days" else RECORDS[headline.records].facts
    text = query_text("restatements.record_facts", {"facts": facts, "record_id": RECORDS[headline.records].record_id})
    names = {row[0] for row in record(NOW).execute(f"describe {text}").fetchall()}
    assert {*headline.columns, *headline.order, "record_id", "source_path", "source_line"} <= names
    assert headline.statistic in METRICS[headline.metric].statistics


def test_the_end_of_a_period_is_its_last_second_in_the_zone() -> None:
    assert end_of(QUARTER, "Europe/Paris") == datetime(2026, 9, 30, 21, 59, 59)


# --- which commits did it

def trail(difference: Difference, settings: tuple[str, ...] = (), **tables: Rows) -> tuple[str, ...]:
    now = record(NOW, **incidents(incident()), action_items=[follow_up()], **tables)
    return Trail(record(END, **incidents(incident())), now, ["new", "newer"], settings).of(difference)


def severity() -> Difference:
    (difference,) = told(incidents(incident()), incidents(incident(severity="SEV-3")), "Incidents", "SEV-2").restated
    return difference


def change(commit: str, name: str) -> dict[str, Any]:
    return {"record_kind": "incident", "record_id": "INC-1", "name": name, "became": "x", "git_commit": commit, "source_path": "INC-1.md"}


def version(commit: str, path: str = "INC-1.md", position: int = 1, **more: Any) -> dict[str, Any]:
    return {"position": position, "path": path, "record_kind": "incidents", "git_commit": commit, "change": "changed"} | more


def test_the_commit_is_the_one_that_changed_the_column_since() -> None:
    changes = [change("old", "severity"), change("new", "impact"), change("newer", "severity")]
    assert trail(severity(), record_changes=changes, file_versions=[version("new")]) == ("newer",)


def test_else_it_is_every_one_that_touched_the_file_under_any_of_its_names() -> None:
    versions = [version("new", "a.md"), version("newer", position=2, change="renamed", renamed_from="a.md")]
    assert trail(severity(), file_versions=[version("old", position=3), *versions]) == ("new", "newer")


def test_else_it_is_the_settings_that_were_changed_or_none() -> None:
    assert trail(severity(), settings=("new",)) == ("new",)
    assert trail(severity()) == ()


def test_the_commit_of_a_promise_is_the_one_that_ticked_it() -> None:
    old = {"created": date(2026, 7, 4)}
    (difference,) = promise(follow_up(**old), follow_up("done", done_on=date(2026, 7, 20), **old)).restated
    events = [{"action_id": "INC-1#1", "occurred_at": NOW, "event": event, "git_commit": commit}
              for event, commit in (("created", "old"), ("reworded", "new"), ("done", "newer"))]
    assert trail(difference, action_events=events, file_versions=[version("new")]) == ("newer",)
