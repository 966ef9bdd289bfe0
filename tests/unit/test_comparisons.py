"""Headlines of two periods: what is counted on each side beside a plain-Python twin, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsanalytics.errors import WorkspaceError
from opsanalytics.metrics.comparisons import (
    CUSTOMERS_FIRST,
    Compared,
    Headline,
    compare_headlines,
    times,
    visible_words,
    weekly_counts,
)
from opsanalytics.metrics.periods import Period, parse_period
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.scope import read_scope
from opsanalytics.settings import parse_settings
from opsanalytics.stats.comparing import Visible
from opsanalytics.tables import TABLES
from opsanalytics.warehouse.schema import create_schema, insert_rows

AS_OF = datetime(2026, 11, 22, 12)
SOURCE = {"source_path": "x.md", "source_line": 1}
FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PERIODS = st.sampled_from([None, "2026-Q3", "2026-Q4", "2026-09", "2026-11", "2026-12", "last-7d"])
INCIDENTS = st.lists(
    st.fixed_dictionaries({
        "kind": st.sampled_from(["incident", "incident", "incident", "drill"]),
        "status": st.sampled_from(["resolved", "open", "cancelled"]),
        "severity": st.sampled_from(["SEV-1", "SEV-2", None]),
        "detected_by": st.sampled_from(["customer", "monitor", None]),
        "started_on": st.one_of(st.none(), st.integers(-95, 3).map(lambda n: AS_OF.date() + timedelta(n))),
    }),
    max_size=12,
)


def database(incidents: Sequence[dict[str, Any]] = (), policies: str = "{}", **tables: list[dict[str, Any]]) -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    create_schema(opened)
    insert_rows(opened, TABLES["loads"], [{
        "load_id": 1, "loaded_at": AS_OF, "workspace": "w", "as_of": AS_OF, "files_seen": 0, "files_loaded": 0,
        "files_rejected": 0, "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": "UTC",
        "fiscal_year_start": 1, "policies": policies, "severities": ["SEV-1", "SEV-2", "SEV-3"],
    }])
    fill(opened, incidents)
    for name, rows in tables.items():
        insert_rows(opened, TABLES[name], [SOURCE | row for row in rows])
    return opened


def fill(connection: duckdb.DuckDBPyConnection, incidents: Sequence[dict[str, Any]]) -> None:
    connection.execute("delete from incidents")
    insert_rows(connection, TABLES["incidents"], [
        {"incident_id": f"i{n}", "kind": "incident", "status": "resolved", **SOURCE} | row for n, row in enumerate(incidents)
    ])


def cut(period: str) -> Period:
    return parse_period(period, as_of_on=AS_OF.date())


def incident(started: str, minutes: float | None = 60, **more: Any) -> dict[str, Any]:
    """Started at that time of UTC, restored so many minutes later; None: still open."""
    at = datetime.fromisoformat(started)
    ended = {"resolved_at": at + timedelta(minutes=minutes)} if minutes is not None else {"status": "open"}
    return {"started_on": at.date(), "started_at": at, "severity": "SEV-2", "severity_rank": 2, "detected_by": "monitor"} | ended | more


def often(first: str, every: int, count: int, **more: Any) -> list[dict[str, Any]]:
    begin = datetime.fromisoformat(f"{first} 10:00")
    return [incident(str(begin + timedelta(every * n)), **more) for n in range(count)]


def compare(connection: duckdb.DuckDBPyConnection, *headlines: Headline) -> list[Compared]:
    return list(compare_headlines(connection, headlines).values())


def rates(before: str | None = "2026-Q3", after: str = "2026-Q4", **more: Any) -> Headline:
    return Headline("rate", "incident_count", "per_week", before and cut(before), cut(after), **more)


# --- twins

@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return database()


def counted(incidents: list[dict[str, Any]], period: Period | None) -> list[dict[str, Any]]:
    return [row for row in incidents if row["kind"] == "incident" and row["status"] != "cancelled" and row["started_on"]
            and row["started_on"] <= AS_OF.date() and (period is None or period.starts_on <= row["started_on"] < period.ends_on)]


@given(incidents=INCIDENTS, period=PERIODS, levels=st.sampled_from([None, ["SEV-1"], ["SEV-1", "SEV-2"]]))
@FAST
def test_weeks_are_counted_as_their_twin_counts_them(connection, incidents, period, levels):
    fill(connection, incidents)
    asked = period and cut(period)
    begun = [row["started_on"] for row in incidents if row["started_on"] and row["started_on"] <= AS_OF.date()]
    days = [day for number in range((AS_OF.date() - min(begun)).days + 1) if (day := min(begun) + timedelta(number))
            and (asked is None or asked.starts_on <= day < asked.ends_on)] if begun else []
    found = [row for row in counted(incidents, asked) if levels is None or row["severity"] in levels]
    mondays = sorted({monday(day) for day in days})
    assert weekly_counts(connection, asked, levels) == [
        {"week_on": week, "days": sum(monday(day) == week for day in days),
         "incidents": sum(monday(row["started_on"]) == week for row in found)} for week in mondays
    ]


def monday(day: date) -> date:
    return day - timedelta(day.weekday())


@given(incidents=INCIDENTS, period=PERIODS)
@FAST
def test_what_customers_saw_first_is_counted_as_its_twin_counts_it(connection, incidents, period):
    fill(connection, incidents)
    asked = period and cut(period)
    scope = read_scope(connection, "incidents", asked, None, every_kind=False)
    # Without a period an incident without a day counts too, as in the population of the metrics.
    rows = [row for row in incidents if row["kind"] == "incident" and row["status"] != "cancelled"
            and (asked is None or row["started_on"]) and not (row["started_on"] and row["started_on"] > AS_OF.date())]
    told = [row["detected_by"] for row in (counted(incidents, asked) if asked else rows) if row["detected_by"]]
    assert fetch(connection, "comparisons.seen_by_customers", scope.parameters) == [{"n": len(told), "n_found": told.count("customer")}]


# --- verdicts

def test_a_period_that_is_not_over_is_compared_as_a_rate():
    """An incident every other day of the 92 of Q3 and of the 53 of Q4 so far."""
    [found] = compare(database(often("2026-07-01", 2, 72)), rates())
    assert (found.before.n, found.after.n) == (46, 26)
    assert found.before.value == pytest.approx(46 * 7 / 92)
    assert found.after.value == pytest.approx(26 * 7 / 53)
    assert found.ratio.value == pytest.approx(26 / 53 / (46 / 92))


def test_only_days_on_record_are_exposure():
    """The record begins on 1 September: 30 days of Q3."""
    [found] = compare(database(often("2026-09-01", 3, 27)), rates())
    assert (found.before.value, found.before.n) == (pytest.approx(10 * 7 / 30), 10)


@pytest.mark.parametrize(("every", "verdict"), [(1, "worse"), (14, "better"), (4, "can't tell")])
def test_fewer_incidents_are_better_and_more_are_worse(every, verdict):
    [found] = compare(database([*often("2026-07-01", 4, 23), *often("2026-10-01", every, 52 // every)]), rates())
    assert found.verdict == verdict
    assert bool(found.visible_words) == (verdict == "can't tell")
    assert found.note == ""


def test_the_workspaces_margin_decides_what_is_practically_the_same():
    """300 in 60 days and 300 in the next 60: an interval of exp(+-1.96 sqrt(2 / 300)), 0.85 to 1.17."""
    rows = [row for first in ("2026-06-01", "2026-07-31") for row in often(first, 1, 60) * 5]
    headline = rates("2026-06-01..2026-07-30", "2026-07-31..2026-09-28")
    said = [compare(database(rows, policies), headline)[0].verdict for policies in ("{}", json.dumps({"practically_same": 0.3}))]
    assert said == ["can't tell", "practically the same"]


def test_a_margin_lies_between_0_and_1():
    assert parse_settings(b"policies: {}")[0].policies.practically_same == 0.1
    with pytest.raises(WorkspaceError, match=r"policies\.practically_same: Input should be less than 1"):
        parse_settings(b"policies:\n  practically_same: 10")


def test_headlines_are_decided_together():
    """A fall from 20 in 92 days to 3 in 53 is found alone, at 95 %, and not beside four others, at 99 %; the printed interval stays."""
    connection = database([*often("2026-07-01", 4, 20, severity="SEV-1"), *often("2026-10-01", 12, 3, severity="SEV-1")])
    alone = compare(connection, rates())[0]
    five = [Headline(f"{n}", "incident_count", "per_week", cut("2026-Q3"), cut("2026-Q4")) for n in range(5)]
    together = compare(connection, *five)[0]
    assert (alone.verdict, together.verdict) == ("better", "can't tell")
    assert alone.ratio == together.ratio
    with pytest.raises(ValueError, match="at most 5"):
        compare(connection, *five, rates())


def test_levels_are_counted_apart():
    rows = [*often("2026-07-01", 4, 23, severity="SEV-1"), *often("2026-10-01", 1, 52, severity="SEV-3")]
    [found] = compare(database(rows), rates(levels=("SEV-1", "SEV-2")))
    assert (found.before.n, found.after.n, found.verdict) == (23, 0, "better")
    assert found.ratio_words.startswith("0 times (95 %: 0 to 0.")


def restores() -> Headline:
    return Headline("time_to_restore", "time_to_restore", "median", cut("2026-Q3"), cut("2026-Q4"))


def test_durations_compare_by_their_geometric_means_the_open_ones_censored():
    """Minutes 10, 20, ..., and four times as many: a ratio of 4, and one that goes on from the last day."""
    minutes = [10 + 10 * (n % 9) for n in range(27)]
    rows = [row for first, factor in (("2026-07-01", 1), ("2026-10-01", 4))
            for row, each in zip(often(first, 1, 27), minutes, strict=True)
            for row in [incident(str(row["started_at"]), factor * each)]]  # fmt: skip
    [found] = compare(database(rows), restores())
    assert found.ratio.value == pytest.approx(4)
    assert found.verdict == "worse"
    [still] = compare(database([*rows, incident("2026-11-20 10:00", None)]), restores())
    assert (still.after.n, still.verdict) == (28, "worse")
    assert still.horizon == 50 * 60


def test_a_duration_of_zero_is_no_point_of_a_geometric_mean():
    rows = [*often("2026-07-01", 1, 9, minutes=30), *often("2026-08-01", 1, 9, minutes=60), *often("2026-10-01", 1, 9, minutes=50),
            incident("2026-10-20 10:00", 0), incident("2026-10-21 10:00", 90)]
    [found] = compare(database(rows), restores())
    assert found.after.n == 11
    assert found.judgement


def shares() -> Headline:
    return Headline("seen", "incident_count", CUSTOMERS_FIRST, cut("2026-Q3"), cut("2026-Q4"))


def test_shares_ask_those_that_say():
    rows = [*often("2026-07-01", 4, 20, detected_by="customer"), *often("2026-10-01", 2, 20), *often("2026-11-11", 1, 3, detected_by=None)]
    [found] = compare(database(rows), shares())
    assert (found.before, found.after) == ((1, 20), (0, 20))
    assert found.verdict == "better"


def test_a_share_of_the_catalogue_is_compared_with_its_own_count():
    rows = [*often("2026-07-01", 4, 20), *often("2026-10-01", 1, 20)]
    promises = [
        {"action_id": f"i{n}#1", "origin_kind": "incident", "origin_id": f"i{n}", "position": 1, "text": "x", "status": "done",
         "created_on": row["started_on"], "done_on": row["started_on"] + timedelta(3 if n % 3 else 99)}
        for n, row in enumerate(rows)
    ]  # fmt: skip
    headline = Headline("kept", "follow_up_completion", "done_within_sla", cut("2026-Q3"), cut("2026-Q4"), lower_is_better=False)
    [found] = compare(database(rows, action_items=promises), headline)
    assert (found.before, found.after) == ((pytest.approx(13 / 20), 20), (pytest.approx(13 / 20), 20))
    assert found.verdict == "can't tell"


# --- too little

ALL = (rates(), shares(), restores(), Headline("k", "follow_up_completion", "done_within_sla", cut("2026-Q3"), cut("2026-Q4")))


def test_an_empty_record_has_no_verdict_and_says_why():
    for found in compare(database(), *(Headline(**(vars(one) | {"key": str(n)})) for n, one in enumerate(ALL))):
        asked = "nothing to ask in 2026-Q3" if found.headline.metric == "follow_up_completion" else "the record holds no incident yet"
        assert (found.verdict, found.note) == (None, asked)
        assert (found.ratio_words, found.visible_words) == ("", "")


@pytest.mark.parametrize("before", ["2026-Q3", None])
def test_the_first_quarter_of_a_record_has_nothing_before_it(before):
    [found] = compare(database(often("2026-10-05", 3, 9)), rates(before))
    assert (found.verdict, found.note) == (None, "nothing to compare with: the record begins on 2026-10-05")


def test_the_whole_record_has_nothing_before_it():
    assert compare(database(often("2026-10-05", 3, 9)), rates(None, "all"))[0].note == "the whole record has nothing before it"


@pytest.mark.parametrize(("headline", "note"), [
    (rates(levels=("SEV-1",)), "none on either side"),
    (rates("2026-W40", "2026-W41"), "fewer than two weeks of 2026-W40"),
    (rates("2026-10", "2026-W41"), "fewer than two weeks of 2026-W41"),
    (shares(), "none on either side"),
    (restores(), "fewer than two restored in 2026-Q4"),
    (Headline("k", "follow_up_completion", "done_within_sla", cut("2026-Q3"), cut("2026-Q4")), "nothing to ask in 2026-Q3"),
])  # fmt: skip
def test_too_little_has_no_verdict_and_says_why(headline, note):
    rows = [*often("2026-08-01", 5, 8), *often("2026-10-01", 5, 8, minutes=None)]
    [found] = compare(database(rows), headline)
    assert (found.verdict, found.note) == (None, note)


def test_all_null_is_told_in_words():
    rows = [{"started_on": None}, {"started_on": date(2026, 8, 1)}, {"started_on": date(2026, 10, 1)}]
    notes = [found.note for found in compare(database(rows), rates(), shares(), restores())]
    assert notes == ["", "nothing to ask in 2026-Q3", "fewer than two restored in 2026-Q3"]


# --- words

@pytest.mark.parametrize(("visible", "words"), [
    (Visible(0.5, 2.14), "only a fall by half or a rise to 2.1 times would show"),
    (Visible(0.31, None), "only a fall by 69 % would show"),
    (Visible(None, 1.6), "only a rise by 60 % would show"),
    (Visible(0.002, 14.2), "only a fall to none or a rise to 14 times would show"),
    (Visible(None, None), "too few for any change to show"),
])  # fmt: skip
def test_the_smallest_visible_change_is_said_with_its_number(visible, words):
    assert visible_words(visible) == words


def test_a_ratio_has_two_digits():
    assert [times(ratio) for ratio in (0, 0.084, 0.62, 1.44, 14.2)] == ["0", "0.08", "0.62", "1.4", "14"]
