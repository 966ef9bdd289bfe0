"""incident_count: how many incidents were there?"""

from __future__ import annotations

import duckdb
import pytest

from opsanalytics.errors import DatabaseError, UsageError
from opsanalytics.metrics.compute import compute
from opsanalytics.warehouse.schema import create_schema

THREE = """
    incident_id | started_at       | kind        | status    | severity | excluded_reason
    a           | 2026-10-01 10:00 | incident    | resolved  | SEV-1    |
    b           | 2026-10-20 10:00 | incident    | open      | SEV-3    |
    c           | 2026-11-02 10:00 | incident    | resolved  |          |
    drill       | 2026-10-02 10:00 | drill       | resolved  | SEV-1    |
    mistake     | 2026-10-03 10:00 | incident    | cancelled | SEV-1    |
    asked-out   | 2026-10-04 10:00 | incident    | resolved  | SEV-1    | a test page
    later       | 2026-11-22 13:00 | incident    | open      | SEV-1    |
"""


def test_counts_incidents_with_the_exact_poisson_interval_and_says_what_was_left_out(answer, table):
    result = answer("incident_count", incidents=THREE)
    assert table(result, "count", "value", "low", "high", "n", "n_open", "n_excluded") == [
        (3, 0.618672, 8.76727, 3, 1, 4)
    ]
    assert result.excluded == {
        "excluded by the file: a test page": 1,
        "kind is drill": 1,
        "starts after the as-of": 1,
        "status is cancelled": 1,
    }
    assert "1 (kind is drill)" in result.rows[0]["note"]


def test_a_week_of_an_unfinished_quarter_is_a_week_of_its_elapsed_days(answer, table):
    """2026-Q4 stands at day 53: 3 incidents in 53 / 7 weeks. 2026-Q3, before the record begins, is no quiet quarter."""
    result = answer("incident_count", incidents=THREE, period="2026-Q4")
    assert table(result, "per_week", "value", "low", "high", "unit") == [
        (0.396226, 0.0817114, 1.15794, "incidents a week")
    ]
    before = answer("incident_count", incidents=THREE, period="2026-Q3")
    assert table(before, "count", "value", "note") == [(None, "the record begins on 2026-10-01, after 2026-Q3")]
    to_come = answer("incident_count", incidents=THREE, period="2027-Q1")
    assert table(to_come, "count", "value", "note")[0] == (None, "2027-Q1 has not begun")


def test_levels_of_the_scale_without_an_incident_are_zero(answer, table):
    """The exact interval of no incident ends at 3.69: none seen is not none to expect."""
    result = answer("incident_count", incidents=THREE, by="severity")
    assert table(result, "count", "group", "value", "n_excluded") == [
        ("SEV-1", 1, 4), ("SEV-2", 0, 0), ("SEV-3", 1, 0), ("(not stated)", 1, 0)
    ]
    assert table(result, "count", "low", "high")[1] == (0.0, 3.68888)


def test_months_without_an_incident_are_zero_and_in_order(answer, table):
    incidents = """
        incident_id | started_at
        late        | 2026-11-02 10:00
        early       | 2026-08-30 10:00
    """
    result = answer("incident_count", incidents=incidents, by="month")
    assert table(result, "count", "group", "value") == [
        ("2026-08", 1), ("2026-09", 0), ("2026-10", 0), ("2026-11", 1)
    ]
    assert table(result, "per_week", "value") == [3.5, 0.0, 0.0, pytest.approx(7 / 22, rel=1e-5)]


def test_an_incident_counts_once_for_each_of_its_services(answer, table):
    services = """
        incident_id | service
        a           | api
        a           | web
        b           | api
    """
    result = answer("incident_count", incidents=THREE, incident_services=services, by="service")
    assert table(result, "count", "group", "value") == [("api", 2), ("web", 1), ("(not stated)", 1)]
    assert "an incident counts once for each of its services" in result.rows[0]["note"]
    assert sum(result.excluded.values()) == 4


def test_any_labelled_line_of_the_record_is_a_dimension(answer, table):
    fields = """
        record_id | name  | value
        a         | chain | base
        c         | chain | base
    """
    result = answer("incident_count", incidents=THREE, record_fields=fields, by="chain")
    assert table(result, "count", "group", "value") == [("base", 2), ("(not stated)", 1)]


def test_kinds_are_told_apart_by_kind(answer, table):
    result = answer("incident_count", incidents=THREE, by="kind")
    assert table(result, "count", "group", "value") == [("drill", 1), ("incident", 3)]
    assert "every kind of record" in result.rows[0]["note"]
    assert table(answer("incident_count", incidents=THREE, every_kind=True), "count", "value") == [4]


def test_an_incident_without_a_day_is_in_no_period(answer, table):
    incidents = """
        incident_id | started_at | status
        undated     |            | open
        dated       | 10:00      | resolved
    """
    assert table(answer("incident_count", incidents=incidents), "count", "value") == [2]
    result = answer("incident_count", incidents=incidents, period="2026-Q4")
    assert table(result, "count", "value") == [1]
    assert result.excluded == {"no day of start, so in no period": 1}


def test_an_empty_record_answers_in_words(answer, table):
    assert table(answer("incident_count"), "count", "value", "n", "note") == [(None, 0, "no incidents in the record")]
    by_month = answer("incident_count", by="month")
    assert table(by_month, "count", "group", "value", "note") == [(None, None, "nothing to group in the record")]


def test_an_unknown_dimension_or_metric_names_the_valid_ones(answer):
    with pytest.raises(UsageError, match=r"cannot group incidents by `owner`; valid: severity, .*service"):
        answer("incident_count", by="owner")
    with pytest.raises(UsageError, match="`mttr` is not a metric; valid: incident_count, "):
        answer("mttr")


def test_a_database_without_a_load_says_what_to_run():
    connection = duckdb.connect()
    create_schema(connection)
    with pytest.raises(DatabaseError, match="opsanalytics load"):
        compute(connection, "incident_count")
