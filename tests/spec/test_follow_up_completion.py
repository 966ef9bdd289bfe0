"""follow_up_completion: do the follow-ups of incidents get done, and how soon?"""

from __future__ import annotations

INCIDENTS = """
    incident_id | started_at | severity
    one         | 10:00      | SEV-1
    three       | 10:00      | SEV-3
    quiet       | 10:00      |
"""
FOLLOW_UPS = """
    text | origin_id | owner | created_on | due_on     | done_on    | status
    a    | one       | ana   | 2026-08-01 | 2026-08-08 | 2026-08-06 | done
    b    | one       | bo    | 2026-08-01 | 2026-08-08 | 2026-08-21 | done
    c    | three     | ana   | 2026-08-01 | 2026-09-01 | 2026-08-31 | done
    d    | three     | ana   | 2026-08-01 | 2026-09-01 |            | open
    e    | quiet     | bo    | 2026-11-20 | 2026-12-01 |            | open
"""


def completion(answer, **more):
    return answer("follow_up_completion", incidents=INCIDENTS, **{"action_items": FOLLOW_UPS, **more})


def test_open_follow_ups_are_counted_in_the_days_to_close(answer, table):
    """Days 5, 20, 30, still open at 113 and at 2: S = 3/4, 1/2 from 20 to 30, so 25. Closed only: 20."""
    result = completion(answer)
    assert table(result, "median_days_to_close", "value", "n", "n_open", "unit") == [(25.0, 5, 2, "days")]
    assert table(result, "closed_only_median_days", "value", "n", "note") == [
        (20.0, 3, "what a closed-only report would say; fewer than 6, too few for an interval")
    ]


def test_a_share_asks_only_those_whose_days_are_over(answer, table):
    """Of a, b, c, d three were done within 30 days, day 30 included; e is too young. Clopper-Pearson of 3 in 4."""
    result = completion(answer)
    assert table(result, "share_done_30d", "value", "low", "high", "n", "n_excluded", "note") == [
        (0.75, 0.19412, 0.993691, 4, 1, "3 of 4 in time; left out: 1 (too young: its days are not over)")
    ]
    assert table(result, "share_done_90d", "value", "n", "unit") == [(0.75, 4, "share")]


def test_the_sla_is_that_of_the_incidents_severity(answer, table):
    """7 days for SEV-1: a, not b. 30 for SEV-3: c, not d. e's incident states no severity."""
    result = completion(answer)
    assert table(result, "done_within_sla", "value", "n", "note") == [
        (0.5, 4, "2 of 4 in time; left out: 1 (no severity)")
    ]


def test_the_sla_is_policy(answer, table):
    result = completion(answer, policies='{"follow_up_sla_days": {"SEV-1": 20}}')
    assert table(result, "done_within_sla", "value", "n", "note") == [
        (1.0, 2, "2 of 2 in time; left out: 2 (no follow-up SLA for SEV-3), 1 (no severity)")
    ]


def test_open_and_overdue_are_counts_without_an_interval(answer, table):
    result = completion(answer)
    assert table(result, "open", "value", "low", "high", "n") == [(2, None, None, 5)]
    assert table(result, "overdue", "value", "unit") == [(1, "promises")]


def test_due_today_is_not_overdue(answer, table):
    due_today = """
        text | origin_id | created_on | due_on     | status
        a    | one       | 2026-11-01 | 2026-11-22 | open
        b    | one       | 2026-11-01 | 2026-11-21 | open
    """
    assert table(completion(answer, action_items=due_today), "overdue", "value") == [1]


def test_a_cohort_is_what_was_promised_in_the_period(answer, table):
    assert table(completion(answer, period="2026-Q4"), "open", "value", "n") == [(1, 1)]
    assert table(completion(answer, period="2026-Q3"), "open", "value", "n") == [(1, 4)]
    assert table(completion(answer, period="2026-Q2"), "open", "value", "note") == [
        (None, "no follow-up with these days in 2026-Q2")
    ]


def test_ends_without_a_day_are_counted_and_not_timed(answer, table):
    """A dropped follow-up was not done; one done on an unknown day can be in no share."""
    unknown = """
        text | origin_id | created_on | done_on    | status
        a    | one       | 2026-08-01 | 2026-08-06 | done
        b    | one       | 2026-08-01 |            | done
        c    | one       | 2026-08-01 |            | dropped
        d    | one       | 2026-08-01 | 2026-07-01 | done
        e    | one       |            |            | open
    """
    result = completion(answer, action_items=unknown)
    assert table(result, "median_days_to_close", "value", "n", "n_excluded") == [(5.0, 1, 4)]
    assert result.excluded == {
        "done before it was promised": 1,
        "done, but no day is known": 1,
        "dropped, but no day is known": 1,
        "no day of the promise": 1,
    }
    assert table(result, "share_done_30d", "value", "n") == [(0.5, 2)]
    assert table(result, "open", "value", "n") == [(1, 5)]


def test_done_tomorrow_is_still_open_today(answer, table):
    tomorrow = """
        text | origin_id | created_on | done_on    | status
        a    | one       | 2026-08-01 | 2026-11-23 | done
    """
    result = completion(answer, action_items=tomorrow)
    assert table(result, "open", "value") == [1]
    assert table(result, "median_days_to_close", "value", "note") == [
        (None, "median not reached: too many are still open")
    ]


def test_by_owner_and_by_severity(answer, table):
    assert table(completion(answer, by="owner"), "open", "group", "value") == [("ana", 1), ("bo", 1)]
    assert table(completion(answer, by="severity"), "open", "group", "value") == [
        ("SEV-1", 0), ("SEV-3", 1), ("(not stated)", 1)
    ]


def test_nothing_promised_answers_in_words(answer):
    result = answer("follow_up_completion", incidents=INCIDENTS)
    assert {row["value"] for row in result.rows} == {None}
    assert all(row["note"].startswith("no follow-up ") for row in result.rows)


def test_rows_come_group_by_group_in_the_order_of_the_catalogue(answer):
    rows = completion(answer, by="owner").rows
    assert [row["group"] for row in rows] == ["ana"] * 7 + ["bo"] * 7
    assert [row["statistic"] for row in rows[:7]] == [
        "median_days_to_close", "closed_only_median_days", "share_done_30d", "share_done_90d", "done_within_sla",
        "open", "overdue",
    ]
