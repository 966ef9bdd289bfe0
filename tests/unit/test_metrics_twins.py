"""Every query with a window, censoring or period logic beside a plain-Python twin: Hypothesis seeks a difference."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.durations import duration_groups
from opsanalytics.metrics.periods import Period, parse_period
from opsanalytics.metrics.scope import Group, read_scope
from opsanalytics.tables import ACTION_STATUSES, INCIDENT_STATUSES, TABLES, Row
from opsanalytics.warehouse.schema import create_schema, insert_rows

AS_OF = datetime(2026, 11, 22, 12)
AS_OF_ON = AS_OF.date()
SLA = {"SEV-1": 7, "SEV-2": 14, "SEV-3": 30}
DURATIONS = [name for name, metric in METRICS.items() if metric.sql.startswith("durations.")]

# Hours around the as-of and around the end of September, so that windows and clocks cut between them.
INSTANTS = st.one_of(st.none(), st.integers(-30, 30).map(lambda n: AS_OF + timedelta(hours=n)),
                     st.integers(-30, 30).map(lambda n: datetime(2026, 10, 1) + timedelta(hours=n)))
DAYS = st.one_of(st.none(), st.integers(-95, 3).map(lambda n: AS_OF_ON + timedelta(n)))
PERIODS = st.sampled_from([None, "2026-Q3", "2026-Q4", "2026-09", "2026-11", "last-7d"])
TIMES = ("started_at", "detected_at", "acknowledged_at", "mitigated_at", "impact_ended_at", "resolved_at")
INCIDENTS = st.lists(
    st.fixed_dictionaries({
        "kind": st.sampled_from(["incident", "incident", "incident", "drill"]),
        "status": st.sampled_from(INCIDENT_STATUSES),
        "excluded_reason": st.sampled_from([None, None, None, "a test"]),
        **dict.fromkeys(TIMES, INSTANTS),
    }),
    max_size=8,
)
PROMISES = st.lists(
    st.fixed_dictionaries({
        "status": st.sampled_from(ACTION_STATUSES),
        "created_on": DAYS,
        "due_on": DAYS,
        "done_on": DAYS,
        "origin_id": st.sampled_from(["SEV-1", "SEV-2", "SEV-3", "none"]),
    }),
    max_size=8,
)
FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    create_schema(opened)
    insert_rows(opened, TABLES["loads"], [{
        "load_id": 1, "loaded_at": AS_OF, "workspace": "w", "as_of": AS_OF, "files_seen": 0, "files_loaded": 0,
        "files_rejected": 0, "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": "UTC",
        "fiscal_year_start": 1, "policies": "{}", "severities": list(SLA),
    }])
    return opened


@given(incidents=INCIDENTS, period=PERIODS, metric=st.sampled_from(DURATIONS))
@FAST
def test_durations_select_censor_and_exclude_as_their_twin(connection, incidents, period, metric):
    cut = _cut(period)
    _fill_incidents(connection, incidents)
    [group] = duration_groups(METRICS[metric], read_scope(connection, "incidents", cut, None, every_kind=False))
    expected = [_judged(row, METRICS[metric].clock_start, METRICS[metric].clock_end, cut) for row in incidents]
    sample = sorted(answer for answer in expected if isinstance(answer, tuple))
    assert [(True, minutes) for minutes in group.counted.get("censored", [])] == [s for s in sample if s[0]]
    assert [(False, minutes) for minutes in group.counted.get("ended", [])] == [s for s in sample if not s[0]]
    assert group.left_out == Counter(answer for answer in expected if isinstance(answer, str))


@given(incidents=INCIDENTS, period=PERIODS)
@FAST
def test_counts_select_as_their_twin(connection, incidents, period):
    cut = _cut(period)
    _fill_incidents(connection, incidents)
    [group] = read_scope(connection, "incidents", cut, None, every_kind=False).groups("counts.incident_counts")
    reasons = [_not_counted(row, cut) for row in incidents]
    assert group.counted.get("n", 0) == reasons.count("")
    assert group.left_out == Counter(reason for reason in reasons if reason not in ("", "outside"))


@given(promises=PROMISES, period=PERIODS, within=st.sampled_from([30, 90, None]))
@FAST
def test_promises_select_censor_and_exclude_as_their_twin(connection, promises, period, within):
    cut = _cut(period)
    _fill_promises(connection, promises)
    scope = read_scope(connection, "promises", cut, None, every_kind=False)
    cohort = [row for row in promises if _in_period(row["created_on"], cut)]
    [timed], [shares], [standing] = (
        scope.groups("promises.days_to_close"),
        scope.groups("promises.done_within", within_days=within),
        scope.groups("promises.standings"),
    )
    _same_times(timed, [_days_to_close(row, cut) for row in cohort])
    _same_share(shares, [_done_within(row, cut, within) for row in cohort])
    open_ones = [row for row in cohort if not _left_out(row, cut) and _standing(row) == "open"]
    assert standing.counted.get("n_open", 0) == len(open_ones)
    overdue = [row for row in open_ones if row["due_on"] and row["due_on"] < AS_OF_ON]
    assert standing.counted.get("n_overdue", 0) == len(overdue)


def _same_times(group: Group, expected: list[tuple[bool, int] | str]) -> None:
    sample = [answer for answer in expected if isinstance(answer, tuple)]
    assert group.counted.get("censored", []) == sorted(days for is_open, days in sample if is_open)
    assert group.counted.get("ended", []) == sorted(days for is_open, days in sample if not is_open)
    assert group.left_out == Counter(answer for answer in expected if isinstance(answer, str))


def _same_share(group: Group, expected: list[bool | str]) -> None:
    asked = [answer for answer in expected if isinstance(answer, bool)]
    assert (group.counted.get("n", 0), group.counted.get("n_done", 0)) == (len(asked), sum(asked))
    assert group.left_out == Counter(answer for answer in expected if isinstance(answer, str))


# The twins.


def _not_counted(row: Row, cut: Period | None) -> str:
    """Why an incident is not counted; empty when it is, `outside` when it is of another period."""
    started_at = row["started_at"]
    started_on = started_at.date() if started_at else None
    if not _in_period(started_on, cut):
        return "outside"
    if cut and started_on is None:
        return "no day of start, so in no period"
    if started_at and started_at > AS_OF:
        return "starts after the as-of"
    if row["kind"] != "incident":
        return f"kind is {row['kind']}"
    if row["status"] in ("cancelled", "merged"):
        return f"status is {row['status']}"
    return f"excluded by the file: {row['excluded_reason']}" if row["excluded_reason"] else ""


def _judged(row: Row, start: str, end: str, cut: Period | None) -> tuple[bool, float] | str | None:
    """(censored, minutes), else the reason; None when it is of another period."""
    reason = _not_counted(row, cut)
    if reason:
        return None if reason == "outside" else reason
    clock = min(AS_OF, cut.ends_at("UTC")) if cut else AS_OF
    restored = row["impact_ended_at"] or row["mitigated_at"] or row["resolved_at"]
    begins, ends = row[start], restored if end == "restored_at" else row[end]
    start_word, end_word = start.removesuffix("_at"), end.removesuffix("_at")
    if begins is None:
        return f"no {start_word} time"
    if ends and ends < begins:
        return f"{end_word} before {start_word}"
    if disorder := _disorder(row):
        return disorder
    if begins > clock:
        return f"{start_word} after the end of the clock"
    if ends is None and not _is_waiting(row, end):
        return f"no {end_word} time"
    if ends is None or ends > clock:
        return True, (clock - begins).total_seconds() / 60
    return False, (ends - begins).total_seconds() / 60


def _disorder(row: Row) -> str | None:
    earlier = ("detected_at", "acknowledged_at", "mitigated_at")
    found = [name for name in earlier if row["resolved_at"] and row[name] and row["resolved_at"] < row[name]]
    return f"resolved before {found[0].removesuffix('_at')}" if found else None


def _is_waiting(row: Row, end: str) -> bool:
    waiting = {"resolved_at": ("open", "mitigated"), "mitigated_at": ("open",), "restored_at": ("open",)}
    return row["resolved_at"] is None and row["status"] in waiting.get(end, ())


def _standing(row: Row) -> str:
    is_later = row["status"] == "done" and row["done_on"] and row["done_on"] > AS_OF_ON
    return "open" if is_later else str(row["status"])


def _left_out(row: Row, cut: Period | None) -> str:
    if row["created_on"] is None:
        return "no day of the promise, so in no period" if cut else ""
    return "promised after the as-of" if row["created_on"] > AS_OF_ON else ""


def _unknown_day(row: Row, cut: Period | None) -> str:
    if _left_out(row, cut):
        return _left_out(row, cut)
    if row["created_on"] is None:
        return "no day of the promise"
    if _standing(row) == "done" and row["done_on"] is None:
        return "done, but no day is known"
    if _standing(row) == "done" and row["done_on"] < row["created_on"]:
        return "done before it was promised"
    return ""


def _days_to_close(row: Row, cut: Period | None) -> tuple[bool, int] | str:
    if reason := _unknown_day(row, cut):
        return reason
    if _standing(row) == "open":
        return True, (AS_OF_ON - row["created_on"]).days
    if _standing(row) == "done":
        return False, (row["done_on"] - row["created_on"]).days
    return f"{_standing(row)}, but no day is known"


def _done_within(row: Row, cut: Period | None, within: int | None) -> bool | str:
    if reason := _unknown_day(row, cut):
        return reason
    allowed = within or SLA.get(row["origin_id"])
    if allowed is None:
        return "no severity"
    if row["created_on"] + timedelta(allowed) >= AS_OF_ON:
        return "too young: its days are not over"
    return _standing(row) == "done" and row["done_on"] <= row["created_on"] + timedelta(allowed)


def _in_period(day_on: date | None, cut: Period | None) -> bool:
    return cut is None or day_on is None or cut.starts_on <= day_on < cut.ends_on


def _cut(period: str | None) -> Period | None:
    return parse_period(period, as_of_on=AS_OF_ON) if period else None


def _fill_incidents(connection: Any, incidents: list[Row]) -> None:
    connection.execute("delete from incidents")
    insert_rows(connection, TABLES["incidents"], [
        {**row, "incident_id": f"i{n}", "started_on": row["started_at"] and row["started_at"].date(),
         "source_path": "x", "source_line": 1}
        for n, row in enumerate(incidents)
    ])


def _fill_promises(connection: Any, promises: list[Row]) -> None:
    """The incident that a promise comes from is named after its severity; `none` has no incident."""
    connection.execute("delete from incidents")
    connection.execute("delete from action_items")
    source = {"source_path": "x", "source_line": 1}
    insert_rows(connection, TABLES["incidents"], [
        {"incident_id": level, "severity": level, "kind": "incident", "status": "resolved", **source} for level in SLA
    ])
    insert_rows(connection, TABLES["action_items"], [
        {**row, "action_id": f"p{n}", "origin_kind": "incident", "position": n, "text": "x", **source}
        for n, row in enumerate(promises)
    ])
