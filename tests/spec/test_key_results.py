"""key_results: which were hit, missed, or never measured?"""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from opsanalytics.errors import UsageError
from opsanalytics.warehouse.schema import create_schema

OBJECTIVES = """
    objective_id | period     | owner
    q3           | 2026-Q3    | ana
    q4           | 2026-Q4    | bo
    some-day     | some day   | bo
"""
KEY_RESULTS = """
    key_result_id | objective_id | target | actual | status
    q3.1          | q3           | 10     | 12     | hit
    q3.2          | q3           | 10     | 8      |
    q3.3          | q3           | 10     |        |
    q3.4          | q3           | 10     |        | missed
    q4.1          | q4           | 10     | 3      |
    q4.2          | q4           | 10     | 11     | hit
    some-day.1    | some-day     | 10     |        | not measured
"""
COUNTS = ("hit", "missed", "not_measured", "running")


def results(answer, **more):
    return answer("key_results", **{"objectives": OBJECTIVES, "key_results": KEY_RESULTS, **more})


def test_each_outcome_is_counted_and_the_share_asks_the_measured(answer, table):
    """q3.2 fell short and its quarter is over; q3.3 was never measured; q4.1 still runs. Two hits of four measured."""
    result = results(answer)
    assert [table(result, name, "value")[0] for name in COUNTS] == [2, 2, 2, 1]
    assert table(result, "hit", "low", "n", "n_open", "unit") == [(None, 7, 1, "key results")]
    assert table(result, "share_hit", "value", "low", "high", "n", "note") == [
        (0.5, 0.067586, 0.932414, 4, "2 of 4 hit; left out: 2 (not measured), 1 (running)")
    ]


def test_by_period_and_by_owner_of_the_objective(answer, table):
    assert table(results(answer, by="period"), "share_hit", "group", "value", "n") == [
        ("2026-Q3", 0.333333, 3), ("2026-Q4", 1.0, 1), ("some day", None, 0)
    ]
    assert table(results(answer, by="objective_owner"), "running", "group", "value") == [("ana", 0), ("bo", 1)]
    with pytest.raises(UsageError, match="cannot group key results by `month`; valid: period, objective, objective_own"):
        results(answer, by="month")


@pytest.mark.parametrize(("period", "hits", "n"), [
    ("2026-Q3", 1, 4), ("2026-Q4", 1, 2), ("2026-09", 1, 4), ("2026", 2, 6), ("last-7d", None, 0),
])
def test_a_key_result_belongs_where_the_period_of_its_objective_ends(answer, table, period, hits, n):
    """The results of the third quarter are known when September is over. `some day` is in no period."""
    result = results(answer, period=period)
    assert table(result, "hit", "value", "n", "n_excluded") == [(hits, n, 1)]
    assert "1 (no readable period of its objective)" in result.rows[1]["note"]


@pytest.mark.parametrize(("period", "outcome"), [
    ("2025", "missed"), ("2026", "running"), ("2026-H1", "missed"), ("2026-H2", "running"), ("2026-10", "missed"), ("2026-11", "running"),
    ("2026-W46", "missed"), ("2026-W47", "running"), ("2026-10-01..2026-11-21", "missed"), ("2026-11-01..2026-11-22", "running"),
])
def test_what_falls_short_is_missed_once_the_period_is_over(answer, table, period, outcome):
    """Seen on 22 November 2026: periods go by their last day, not by their name."""
    short = "key_result_id | objective_id | target | actual\nq3.1 | q3 | 10 | 8"
    result = results(answer, objectives=f"objective_id | period\nq3 | {period}", key_results=short)
    assert table(result, outcome, "value") == [1]


def test_without_a_readable_period_it_is_not_known_to_be_over(answer, table):
    objectives = """
        objective_id | period
        q3           | some day
        q4           |
        some-day     | 2026-W99
    """
    assert [table(results(answer, objectives=objectives), name, "value")[0] for name in COUNTS] == [2, 1, 1, 3]


def test_a_fiscal_year_ends_where_the_workspace_says():
    connection = duckdb.connect()
    create_schema(connection)
    days = "select period_days(period, 4) from (values ('2026'), ('2026-H1'), ('2026-Q4')) as named(period)"
    assert [row[0] for row in connection.execute(days).fetchall()] == [
        [date(2025, 4, 1), date(2026, 3, 31)], [date(2025, 4, 1), date(2025, 9, 30)], [date(2026, 1, 1), date(2026, 3, 31)]
    ]


def test_names_that_mean_another_day_tomorrow_are_no_period_of_an_objective(answer, table):
    objectives = """
        objective_id | period
        q3           | last
        q4           |
        some-day     | all
    """
    result = results(answer, objectives=objectives, period="2026-Q3")
    assert table(result, "hit", "value", "n_excluded") == [(None, 7)]


def test_all_running_and_nothing_answer_in_words(answer, table):
    running = """
        key_result_id | objective_id
        q4.1          | q4
    """
    result = results(answer, key_results=running)
    assert table(result, "share_hit", "value", "note") == [
        (None, "no key result to answer this in the record; left out: 1 (running)")
    ]
    assert table(result, "running", "value") == [1]
    assert {(row["value"], row["note"]) for row in answer("key_results").rows} == {
        (None, "no key result to answer this in the record")
    }
