"""key_results: which were hit, missed, or never measured?"""

from __future__ import annotations

import pytest

from opsanalytics.errors import UsageError

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
