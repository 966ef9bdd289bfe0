"""What the manual cannot say with a small table: what is refused, tables that a loop makes, functions below a metric."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from opsanalytics.errors import DatabaseError, UsageError
from opsanalytics.metrics.compute import compute
from opsanalytics.warehouse.schema import create_schema

DECISION_FIELD = """
    record_kind | record_id | name | value
    decision    | a         | area | storage
"""


@pytest.mark.parametrize(("metric", "by", "valid"), [
    ("incident_count", "owner", "cannot group incidents by `owner`; valid: severity, .*service"),
    ("decision_count", "service",
     "cannot group decisions by `service`; valid: status, owner, template, week, month, quarter, area$"),
    ("ritual_minutes", "person", "cannot group sessions by `person`; valid: ritual, week, month, quarter$"),
    ("retro_action_completion", "severity",
     "cannot group retro actions by `severity`; valid: ritual, owner, section, status, week, month, quarter$"),
    ("key_results", "month", "cannot group key results by `month`; valid: period, objective, objective_own"),
])
def test_an_unknown_dimension_names_the_valid_ones(answer, metric, by, valid):
    """Minutes are never by person."""
    with pytest.raises(UsageError, match=valid):
        answer(metric, by=by, record_fields=DECISION_FIELD)


def test_an_unknown_metric_names_the_valid_ones(answer):
    with pytest.raises(UsageError, match="`mttr` is not a metric; valid: incident_count, "):
        answer("mttr")


def test_a_database_without_a_load_says_what_to_run():
    connection = duckdb.connect()
    create_schema(connection)
    with pytest.raises(DatabaseError, match="opsanalytics load"):
        compute(connection, "incident_count")


def test_from_36_on_the_p90_has_an_interval(answer, table):
    """1 to 36 minutes: the 0.9 quantile is the 33rd (0.9 * 36 = 32.4), its limits the 29th and the 36th."""
    rows = [f"    i{n} | 10:00 | 10:{n:02}" for n in range(1, 37)]
    incidents = "incident_id | started_at | resolved_at\n" + "\n".join(rows)
    assert table(answer("time_to_resolve", incidents=incidents), "p90", "value", "low", "high") == [(33.0, 29.0, 36.0)]


def test_a_fiscal_year_ends_where_the_workspace_says():
    connection = duckdb.connect()
    create_schema(connection)
    days = "select period_days(period, 4) from (values ('2026'), ('2026-H1'), ('2026-Q4')) as named(period)"
    assert [row[0] for row in connection.execute(days).fetchall()] == [
        [date(2025, 4, 1), date(2026, 3, 31)], [date(2025, 4, 1), date(2025, 9, 30)], [date(2026, 1, 1), date(2026, 3, 31)]
    ]
