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


def test_a_dropped_or_gone_one_leaves_the_open_list_on_its_day_and_was_not_done(answer, table):
    """Days 5, 10, 20 until done, dropped, gone, open at 113: S = 3/4, 1/2, 1/4, so (10 + 20) / 2. Closed only: 5."""
    given_up = """
        text | origin_id | created_on | done_on    | status
        a    | one       | 2026-08-01 | 2026-08-06 | done
        b    | one       | 2026-08-01 |            | dropped
        c    | one       | 2026-08-01 |            | gone
        d    | one       | 2026-08-01 |            | open
        e    | one       | 2026-08-01 |            | dropped
        f    | one       | 2026-08-11 |            | dropped
    """
    events = """
        action_id | occurred_at      | event
        one#b     | 2026-08-11 10:00 | dropped
        one#c     | 2026-08-03 10:00 | dropped
        one#c     | 2026-08-21 10:00 | gone
        one#f     | 2026-08-10 10:00 | dropped
    """
    result = completion(answer, action_items=given_up, action_events=events)
    assert table(result, "median_days_to_close", "value", "n", "n_open") == [(15.0, 4, 1)]
    [note] = table(result, "median_days_to_close", "note")
    assert "2 dropped or gone, until that day" in note
    assert result.excluded == {"dropped before it was promised": 1, "dropped, but no day is known": 1}
    assert table(result, "closed_only_median_days", "value", "n", "n_excluded") == [(5.0, 1, 2)]
    assert table(result, "share_done_30d", "value", "n") == [(0.166667, 6)]
    assert table(result, "open", "value", "n") == [(1, 6)]


def test_an_end_after_the_as_of_has_not_happened_yet(answer, table):
    tomorrow = """
        text | origin_id | created_on | done_on    | status
        a    | one       | 2026-08-01 | 2026-11-23 | done
        b    | one       | 2026-08-01 |            | dropped
        c    | one       | 2026-08-01 |            | gone
        d    | one       | 2026-08-01 |            | gone
    """
    events = """
        action_id | occurred_at      | event
        one#b     | 2026-11-23 10:00 | dropped
        one#c     | 2026-11-23 10:00 | gone
        one#d     | 2026-11-22 10:00 | gone
    """
    result = completion(answer, action_items=tomorrow, action_events=events)
    assert table(result, "open", "value", "n") == [(3, 4)]
    assert table(result, "median_days_to_close", "n_open") == [3]


SESSIONS = """
    session_id | ritual        | held_on
    plan       | planning      | 2026-08-10
    retro      | retrospective | 2026-09-01
"""


def chains(answer, writings, **more):
    return completion(answer, action_items=writings, ritual_sessions=SESSIONS, **more)


def test_a_follow_up_that_a_plan_takes_up_is_one_promise_of_its_incident(answer, table):
    """a was ticked in the plan, b in its incident after the plan had it, c is open in the plan, for a later day."""
    writings = """
        text | origin_kind | origin_id | owner | created_on | due_on     | done_on    | status | carried_from
        a    | incident    | one       | ana   | 2026-08-01 | 2026-08-08 |            | open   |
        a    | ritual      | plan      | bo    | 2026-08-10 | 2026-08-20 | 2026-08-12 | done   | one#a
        b    | incident    | one       | ana   | 2026-08-01 | 2026-08-08 | 2026-08-16 | done   |
        b    | ritual      | plan      | ana   | 2026-08-10 | 2026-08-20 |            | open   | one#b
        c    | incident    | one       | ana   | 2026-08-01 | 2026-08-08 |            | open   |
        c    | ritual      | plan      | ana   | 2026-08-10 | 2026-11-22 |            | open   | one#c
    """
    result = chains(answer, writings, by="owner")
    assert table(result, "median_days_to_close", "group", "value", "n", "n_open") == [("ana", 15.0, 3, 1)]
    assert table(result, "closed_only_median_days", "value", "n") == [(13.0, 2)]
    assert table(result, "open", "value", "n") == [(1, 3)]
    assert table(result, "overdue", "value") == [0]
    assert table(result, "done_within_sla", "value", "note") == [(0.0, "0 of 3 in time")]
    assert table(answer("retro_action_completion", action_items=writings, ritual_sessions=SESSIONS, every_kind=True), "open", "n") == [0]


def test_a_promise_is_overdue_by_the_last_day_that_was_named_for_it(answer, table):
    """The retrospective repeats it and names no day: that of the plan holds."""
    writings = """
        text | origin_kind | origin_id | created_on | due_on     | status | carried_from
        a    | incident    | one       | 2026-08-01 |            | open   |
        a    | ritual      | plan      | 2026-08-10 | 2026-11-21 | open   | one#a
        a    | ritual      | retro     | 2026-09-01 |            | open   | plan#a
    """
    assert table(chains(answer, writings), "overdue", "value", "n", "note") == [(1, 1, "a count of the record, so without an interval")]


def test_what_was_dropped_and_promised_again_moved_and_what_was_dropped_after_that_ended(answer, table):
    """a was dropped on the day of the plan that has it, b the day after, c on a day that nobody knows."""
    writings = """
        text | origin_kind | origin_id | created_on | status  | carried_from
        a    | incident    | one       | 2026-08-01 | dropped |
        a    | ritual      | plan      | 2026-08-10 | open    | one#a
        b    | incident    | one       | 2026-08-01 | dropped |
        b    | ritual      | plan      | 2026-08-10 | open    | one#b
        c    | incident    | one       | 2026-08-01 | dropped |
        c    | ritual      | plan      | 2026-08-10 | open    | one#c
    """
    events = """
        action_id | occurred_at      | event
        one#a     | 2026-08-10 10:00 | dropped
        one#b     | 2026-08-11 10:00 | dropped
    """
    result = chains(answer, writings, action_events=events)
    assert table(result, "open", "value", "n") == [(2, 3)]
    assert table(result, "median_days_to_close", "n", "n_open", "n_excluded") == [(3, 2, 0)]


def test_a_writing_that_vanished_says_nothing_while_another_is_left(answer, table):
    """a is open in its incident; b was done there; of c nothing is left since the plan lost it too."""
    writings = """
        text | origin_kind | origin_id | created_on | due_on     | done_on    | status | carried_from
        a    | incident    | one       | 2026-08-01 | 2026-08-08 |            | open   |
        a    | ritual      | plan      | 2026-08-10 | 2026-12-20 |            | gone   | one#a
        b    | incident    | one       | 2026-08-01 | 2026-08-08 | 2026-08-05 | done   |
        b    | ritual      | plan      | 2026-08-10 | 2026-12-20 |            | gone   | one#b
        c    | incident    | one       | 2026-08-01 | 2026-08-08 |            | gone   |
        c    | ritual      | plan      | 2026-08-10 | 2026-12-20 |            | gone   | one#c
    """
    events = """
        action_id | occurred_at      | event
        plan#a    | 2026-08-15 10:00 | gone
        plan#b    | 2026-08-15 10:00 | gone
        one#c     | 2026-08-11 10:00 | gone
        plan#c    | 2026-08-15 10:00 | gone
    """
    result = chains(answer, writings, action_events=events)
    assert table(result, "overdue", "value", "n_open", "n") == [(1, 1, 3)]
    assert table(result, "median_days_to_close", "value", "n") == [(14.0, 3)]


def test_what_was_done_and_promised_again_is_done_when_it_is_done_again(answer, table):
    """a came back after its day; b was done on no known day and is open in the plan; the plan says of c that it was done."""
    writings = """
        text | origin_kind | origin_id | created_on | done_on    | status | carried_from
        a    | incident    | one       | 2026-08-01 | 2026-08-05 | done   |
        a    | ritual      | plan      | 2026-08-10 | 2026-08-21 | done   | one#a
        b    | incident    | one       | 2026-08-01 |            | done   |
        b    | ritual      | plan      | 2026-08-10 |            | open   | one#b
        c    | incident    | one       | 2026-08-01 | 2026-08-05 | done   |
        c    | ritual      | plan      | 2026-08-10 | 2026-08-10 | done   | one#c
    """
    result = chains(answer, writings)
    assert table(result, "closed_only_median_days", "value", "n") == [(12.0, 2)]
    assert table(result, "open", "value", "n") == [(1, 3)]


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
