"""A month's budgets for every objective, out of a million hourly samples, beside DuckDB's bare sum over them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from time import perf_counter

import duckdb
import pytest

from opsanalytics.metrics.budget_policies import policy_rows
from opsanalytics.metrics.budget_shares import incident_rows
from opsanalytics.metrics.budgets import budget_rows, burn_rate_rows, month_rows
from opsanalytics.tables import TABLES
from opsanalytics.warehouse.schema import create_schema, insert_rows

OBJECTIVES, HOURS, INCIDENTS = 40, 25_000, 400
AS_OF = datetime(2026, 11, 1, 0, 20)  # the last sample ends twenty minutes before
SOURCE = {"source_path": "x", "source_line": 1}
BARE_SUM = "select slo_id, sum(good), sum(total) from sli_samples group by slo_id"
ANSWERS = {
    "a month's budgets": (budget_rows, OBJECTIVES),
    "burn rates": (burn_rate_rows, OBJECTIVES * 5),
    "past months": (month_rows, OBJECTIVES * 34),
    "incidents' shares": (incident_rows, INCIDENTS),
    "policy verdicts": (policy_rows, OBJECTIVES),
}


@pytest.fixture(scope="module")
def measured() -> duckdb.DuckDBPyConnection:
    """Every fourth objective counts slices of an hour; ten incidents an objective, each of an hour and a half."""
    connection = duckdb.connect()
    create_schema(connection)
    insert_rows(connection, TABLES["loads"], [{
        "load_id": 1, "loaded_at": AS_OF, "workspace": "w", "as_of": AS_OF, "files_seen": 0, "files_loaded": 0,
        "files_rejected": 0, "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": "Europe/Berlin",
        "fiscal_year_start": 1, "policies": "{}", "severities": ["SEV-1"],
    }])
    insert_rows(connection, TABLES["slos"], [
        {"slo_id": f"s{n}", "service": f"s{n}", "target": 0.999, "time_window": "1M" if n % 2 else "28d",
         "window_kind": "calendar" if n % 2 else "rolling", "time_slice_target": 0.999, "time_slice_window": "1h",
         "budgeting_method": "occurrences" if n % 4 else "timeslices", **SOURCE}
        for n in range(OBJECTIVES)
    ])
    starts = [(n, AS_OF - timedelta(days=2 * n, hours=7)) for n in range(INCIDENTS)]
    insert_rows(connection, TABLES["incidents"], [
        {"incident_id": f"i{n}", "kind": "incident", "status": "resolved", "started_at": at, "started_on": at.date(),
         "resolved_at": at + timedelta(minutes=90), **SOURCE} for n, at in starts
    ])
    insert_rows(connection, TABLES["incident_services"], [
        {"incident_id": f"i{n}", "service": f"s{n % OBJECTIVES}", **SOURCE} for n, _ in starts
    ])
    connection.execute(f"""
        insert into sli_samples by name
        select
            's' || slo as slo_id,
            timestamp '2026-11-01' - to_hours(hour) as bucket_at,
            60 as bucket_minutes,
            10000 - if(hash(slo * 100000 + hour) % 100 = 0, 300, 5) as good,
            10000 as total,
            'x' as source_path,
            1 as source_line
        from range({OBJECTIVES}) as slos(slo), range(1, {HOURS + 1}) as hours(hour)
    """)
    return connection


@pytest.mark.benchmark(group="a month's budgets for 40 objectives of 1,000,000 hourly samples; the limit is the bare sum of them")
class TestBudgets:
    def test_opsanalytics(self, benchmark: Callable[..., object], measured: duckdb.DuckDBPyConnection) -> None:
        benchmark(lambda: budget_rows(measured))

    def test_limit(self, benchmark: Callable[..., object], measured: duckdb.DuckDBPyConnection) -> None:
        benchmark(lambda: measured.execute(BARE_SUM).fetchall())


@pytest.mark.long
def test_a_months_budgets_take_well_under_a_second(measured: duckdb.DuckDBPyConnection) -> None:
    bare = _fastest(lambda: measured.execute(BARE_SUM).fetchall())
    taken = {name: _fastest(lambda answer=answer: answer(measured)) for name, (answer, _) in ANSWERS.items()}
    print(f"\nbare sum {bare * 1000:.0f} ms")
    for name, seconds in taken.items():
        print(f"{name} {seconds * 1000:.0f} ms, {seconds / bare:.1f} times the bare sum")
    assert taken["a month's budgets"] < 0.5


@pytest.mark.long
@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_timed_is_answered(measured: duckdb.DuckDBPyConnection, name: str) -> None:
    answer, fewest = ANSWERS[name]
    rows = answer(measured)
    assert len([row for row in rows if row["value"] is not None]) >= fewest


def _fastest(call: Callable[[], object]) -> float:
    def once() -> float:
        began = perf_counter()
        call()
        return perf_counter() - began

    return min(once() for _ in range(3))
