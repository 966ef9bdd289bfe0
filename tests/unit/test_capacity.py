"""Forecasts of a record, the day a budget runs out, and the rota, on tables that a loop makes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.metrics.budget_ends import budget_end_rows
from opsanalytics.metrics.capacity import HOURS, INCIDENTS, Outlook, attempts, forecast_rows, outlooks, roster_rows
from opsanalytics.metrics.queries import fetch
from opsanalytics.stats.forecasts import Forecast, Model, TooLittleHistory
from opsanalytics.tables import TABLES, Row
from opsanalytics.warehouse.connect import locked
from opsanalytics.warehouse.load import load
from opsanalytics.warehouse.schema import in_memory, insert_rows
from opsanalytics.workspace import read_workspace

AS_OF = datetime(2026, 11, 22, 12)
SEVERITIES = ["SEV-1", "SEV-2", "SEV-3"]


def database(as_of: datetime = AS_OF, fiscal_year_start: int = 1, **tables: Iterable[Row]) -> duckdb.DuckDBPyConnection:
    of_load = {"load_id": 1, "loaded_at": as_of, "workspace": "x", "as_of": as_of, "files_seen": 0, "files_loaded": 0,
               "files_rejected": 0, "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": "UTC",
               "fiscal_year_start": fiscal_year_start, "policies": json.dumps({}), "severities": SEVERITIES}  # fmt: skip
    rows = {name: [{"source_path": "x.md", "source_line": 1} | row for row in said] for name, said in tables.items()}
    return in_memory({**rows, "loads": [of_load]})


def incident(day: date, number: int = 0, **more: Any) -> Row:
    return {"incident_id": f"{day}-{number}", "kind": "incident", "status": "resolved", "severity": "SEV-2", "severity_rank": 2,
            "started_on": day, "started_at": datetime(day.year, day.month, day.day, 9)} | more  # fmt: skip


def monthly(first: date, counts: Iterable[int]) -> list[Row]:
    """So many incidents in each month from the first on, the very first on its first day."""
    return [incident(first + relativedelta(months=month, days=number % 28), number)
            for month, count in enumerate(counts) for number in range(count)]  # fmt: skip


def of(connection: duckdb.DuckDBPyConnection, what: str, kind: str, group: str | None = None) -> Outlook:
    return next(each for each in outlooks(connection)
                if (each.history.what, each.history.group, each.period.kind) == (what, group, kind))  # fmt: skip


# --- which periods, after which

@pytest.mark.parametrize(("as_of", "fiscal_year_start", "expected"), [
    (datetime(2026, 10, 1), 1, [("2026-11", 1), ("2027-Q1", 3)]),
    (datetime(2026, 11, 22, 12), 1, [("2026-12", 1), ("2027-Q1", 2)]),
    (datetime(2026, 12, 31, 23), 1, [("2027-01", 1), ("2027-Q1", 1)]),
    (datetime(2026, 11, 22, 12), 2, [("2026-12", 1), ("2028-Q1", 3)]),
    (datetime(2027, 1, 1), 2, [("2027-02", 1), ("2028-Q1", 1)]),
])  # fmt: skip
def test_whole_periods_of_the_fiscal_calendar_after_the_as_of(as_of, fiscal_year_start, expected):
    """A fiscal year that begins in February 2027 is that of 2028, and its first quarter follows on January."""
    connection = database(as_of, fiscal_year_start, incidents=[incident(date(2026, 6, 1))])
    found = [(each.period.name, each.lead) for each in outlooks(connection) if each.history.group is None]
    assert found[:2] == expected


def test_a_month_counts_with_its_days_and_one_without_an_incident_is_0():
    history = of(database(incidents=monthly(date(2026, 1, 1), [2, 0, 1])), INCIDENTS, "month").history
    assert history.came.tolist() == [2, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert history.days.tolist() == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31]
    assert (history.months_on[-1], history.ends_on) == (date(2026, 10, 1), date(2026, 11, 1))


COUNTED = st.lists(st.fixed_dictionaries({
    "started_on": st.dates(date(2026, 1, 1), date(2026, 12, 1)),
    "severity": st.sampled_from([None, *SEVERITIES]),
    "kind": st.sampled_from(["incident", "incident", "drill"]),
    "status": st.sampled_from(["resolved", "cancelled", "open"]),
}), max_size=12)  # fmt: skip


@pytest.fixture(scope="module")
def bench() -> duckdb.DuckDBPyConnection:
    return database()


@settings(max_examples=40, deadline=None)
@given(rows=COUNTED)
def test_the_months_are_those_of_a_plain_count(bench: duckdb.DuckDBPyConnection, rows: list[Row]):
    incidents = [incident(row["started_on"], number, started_at=None, **{name: row[name] for name in ("severity", "kind", "status")})
                 for number, row in enumerate(rows)]  # fmt: skip
    begun = [row["started_on"] for row in rows if row["started_on"] <= AS_OF.date()]
    months = [date(2026, month, 1) for month in range(1, 11) if begun and date(2026, month, 1) >= min(begun)]
    counted = [row for row in rows if row["kind"] == "incident" and row["status"] != "cancelled"]
    expected = [(month_on, sorted(row["severity"] or "" for row in counted if row["started_on"].replace(day=1) == month_on))
                for month_on in months]  # fmt: skip
    bench.execute("delete from incidents")
    insert_rows(bench, TABLES["incidents"], [{"source_path": "x.md", "source_line": 1} | row for row in incidents])
    found = fetch(bench, "capacity.incident_months", {})
    assert [(row["month_on"], sorted(row["severities"])) for row in found] == expected


def test_a_record_that_stopped_is_told():
    outlook = of(database(incidents=monthly(date(2026, 1, 1), [1])), INCIDENTS, "month")
    assert outlook.note == ("no file of an incident begins after 2026-01-01: the months since count as quiet; "
                            "10 whole months of history, 17 needed")  # fmt: skip


def test_a_month_of_which_nobody_knows_the_hours_ends_the_run_before_it():
    """In June the one page is nobody's: pages are known from April on, hours from July on."""
    days = [date(2026, 3, 31), date(2026, 5, 5), date(2026, 7, 5), date(2026, 10, 31)]
    pages = [{"page_id": str(day), "paged_at": datetime(day.year, day.month, day.day, 9), "person": "ana"} for day in days]
    pages.append({"page_id": "nobody", "paged_at": datetime(2026, 6, 9, 9)})
    connection = database(pages=pages)
    found = {each.history.what: each.history for each in outlooks(connection)}
    assert found["pages"].came.tolist() == [0, 1, 1, 1, 0, 0, 1]
    assert (found[HOURS].months_on[0], found[HOURS].came.tolist()) == (date(2026, 7, 1), [1, 0, 0, 1])


def test_pages_that_ended_a_year_ago_say_nothing_of_the_next_quarter():
    pages = [{"page_id": str(day), "paged_at": datetime.combine(day, datetime.min.time()), "person": "ana"}
             for day in (date(2025, 12, 1), date(2026, 1, 31))]  # fmt: skip
    outlook = of(database(pages=pages), "pages", "quarter")
    assert (outlook.lead, outlook.answer) == (11, None)
    assert outlook.note == "the history ends 11 months before 2027-Q1, more than a year before its end"


# --- forecasts

@pytest.mark.long
@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=26, max_size=34))
def test_the_chosen_model_was_never_worse_than_seasonal_naive(counts: list[int]):
    last = date(2026, 10, 1)
    first = last - relativedelta(months=len(counts))
    for row in forecast_rows(database(incidents=monthly(first, [1, *counts]))):
        if row["value"] is not None:
            assert row[row["model"]] == min(row[model] for model in map(str, Model)) <= row[Model.SEASONAL_NAIVE]
            assert row["low"] <= row["value"] <= row["high"]


def test_every_attempt_is_held_against_its_own_months():
    """30 whole months, the quarter two ahead: from the 18th month on, four times three, July to September of last year first."""
    counts = [1, *range(2, 31)]
    outlook = of(database(incidents=monthly(date(2024, 5, 1), counts)), INCIDENTS, "quarter")
    found = [(row["from_on"], row["to_on"], row["came"]) for row in attempts(outlook)]
    assert found == [
        (date(2025, 11, 1), date(2026, 1, 31), 19 + 20 + 21), (date(2026, 2, 1), date(2026, 4, 30), 22 + 23 + 24),
        (date(2026, 5, 1), date(2026, 7, 31), 25 + 26 + 27), (date(2026, 8, 1), date(2026, 10, 31), 28 + 29 + 30),
    ]  # fmt: skip


@pytest.mark.long
def test_the_files_of_a_real_status_page(corpora, tmp_path, opsanalytics):
    """From July 2020 to October 2026 there are 76 whole months. Of quarters two ahead there are 19: the first begins with the
    20th month, as a year, the two and three more lie before it, and one is left over; of months 62, from the 15th on.
    """
    folder = shutil.copytree(corpora / "incidents" / "jenkins-infra+status", tmp_path / "status")
    assert opsanalytics("init", cwd=folder).code == 0
    found = load(read_workspace(folder), database=tmp_path / "ops.duckdb", now=AS_OF).database
    with locked(found) as connection:
        rows = [row for row in forecast_rows(connection) if row["what"] == INCIDENTS]
    assert {(row["n"], row["period"], row["origins"]) for row in rows} == {(76, "2026-12", 62), (76, "2027-Q1", 19)}
    for row in rows:
        print(f"{row['group'] or 'all'}, {row['period']}: {row['value']} ({row['low']} to {row['high']}), right in {row['hits']} of "
              f"{row['origins']} ({row['hit_low']:.0%} to {row['hit_high']:.0%}), {row['model']}")  # fmt: skip
        assert row[row["model"]] <= row[Model.SEASONAL_NAIVE]
        assert row["hit_high"] >= 0.8


# --- the day a budget runs out

def slo(**more: Any) -> Row:
    return {"slo_id": "a", "service": "api", "target": 0.9983, "time_window": "1M", "window_kind": "calendar"} | more


def samples(bad: float = 2, total: float = 1000, days: Iterable[int] = range(91)) -> list[Row]:
    """Of each of these days of 24 hours back from the as-of."""
    return [{"slo_id": "a", "bucket_at": AS_OF - timedelta(days=number + 1), "bucket_minutes": 1440, "good": total - bad, "total": total}
            for number in days]  # fmt: skip


def end(objective: Row, rows: list[Row]) -> Row:
    [found] = budget_end_rows(database(slos=[objective], sli_samples=rows))
    return found


def test_a_calendar_budget_ends_by_hand():
    """November has seen 21 days of 1000 events, 2 of them bad, and 8.5 days are to come: 0.17 % of 29,500 are 50.15, of which
    42 are spent. Two a day take the other 8.15 in the fifth day, the 27th.
    """
    found = end(slo(), samples())
    assert [found[name] for name in ("answer", "value", "low", "high")] == ["runs out", *[date(2026, 11, 27)] * 3]
    assert (found["until_on"], found["n"], found["note"]) == (date(2026, 11, 30), 91, "")


def test_a_month_that_allows_more_than_is_to_come_lasts():
    """0.3 % of 29,500 are 88.5: 46.5 are left, and 17 to be spent."""
    found = end(slo(target=0.997), samples())
    assert [found[name] for name in ("answer", "value", "low", "high")] == ["not before", None, None, None]
    assert found["left"] == pytest.approx(46.5 / 88.5)


def test_a_month_of_which_all_is_spent_has_no_day_to_come():
    """0.14 % of 29,500 are 41.3, and 42 went wrong."""
    found = end(slo(target=0.9986), samples())
    assert (found["answer"], found["value"], found["left"]) == ("spent", None, pytest.approx(1 - 42 / 41.3))


def test_days_without_samples_are_not_days_without_harm():
    """A third of the days before November is missing; the pace stays two a day, over 91 - 23 measured."""
    found = end(slo(), samples(days=[number for number in range(91) if number < 22 or number % 3]))
    assert (found["value"], found["n"]) == (date(2026, 11, 27), 22 + sum(number % 3 > 0 for number in range(22, 91)))


def test_a_rolling_budget_gets_back_what_it_spends():
    """28 days of 2 are 56, of 28,000 events 0.21 % are 58.8: every day spends 2 and gives 2 back."""
    found = end(slo(target=0.9979, time_window="28d", window_kind="rolling"), samples())
    assert (found["answer"], found["value"], found["until_on"]) == ("not before", None, date(2026, 12, 20))
    assert found["left"] == pytest.approx(1 - 56 / 58.8)


def test_a_rolling_budget_that_was_spared_lately_ends_when_the_pace_comes_back():
    """7 good days, 84 of 2 before: the pace is 168 / 91 a day on average, and 42 of 58.8 are spent; until the 21st day to come
    2 a day come back, after it nothing, so that it can only end, if at all, in the last week.
    """
    rows = [*samples(0, days=range(7)), *samples(2, days=range(7, 91))]
    found = end(slo(target=0.9979, time_window="28d", window_kind="rolling"), rows)
    assert found["value"] is None
    assert found["low"] is None or found["low"] > date(2026, 12, 4)


def test_slices_of_days_are_not_followed_day_by_day():
    rows = samples()
    found = end(slo(budgeting_method="timeslices", time_slice_target=0.5, time_slice_window="1d"), rows)
    assert (found["answer"], found["note"]) == ("INSUFFICIENT_DATA", "slices of 1d cannot be followed day by day")


def test_without_objectives_and_without_a_rota_there_is_no_row():
    assert budget_end_rows(database()) == roster_rows(database()) == []


# --- the rota

def test_hours_that_are_forecast_stand_beside_the_rota_that_is_written():
    """Two years of a page each day make an hour a day; two people a week in turn, each with the hours of the other's night too."""
    days = [datetime(2024, 8, 1, 9) + timedelta(days=number) for number in range((date(2026, 11, 1) - date(2024, 8, 1)).days)]
    pages = [{"page_id": str(number), "paged_at": at, "person": "ana"} for number, at in enumerate(days)]
    shifts = [{"shift_id": str(number), "person": ("ana", "bo")[number % 2], "starts_at": datetime(2026, 7, 27) + timedelta(7 * number),
               "ends_at": datetime(2026, 8, 3) + timedelta(7 * number)} for number in range(23)]  # fmt: skip
    past, month, quarter = roster_rows(database(pages=pages, oncall_shifts=shifts))
    assert (past["people"], past["shifts"], past["hours_a_shift"], past["hours"], past["value"]) == (2, 14, 168, 92 * 24, 92)
    assert (month["hours"], month["value"], month["note"]) == (31 * 24, 31, "")
    assert (quarter["shifts"], quarter["hours"], quarter["value"]) == (1, 3 * 24, 90)
    assert quarter["note"] == "the rota is written up to 2027-01-04 00:00 UTC"
    outlook = of(database(pages=pages), HOURS, "quarter")
    assert isinstance(outlook.answer, Forecast)
    assert isinstance(of(database(pages=pages[-90:]), HOURS, "month").answer, TooLittleHistory)
