"""retro_action_completion: do the actions of retrospectives get done, and do the same ones come back?"""

from __future__ import annotations

import pytest

from opsanalytics.errors import UsageError

SESSIONS = """
    session_id | ritual        | held_on
    retro-aug  | retrospective | 2026-08-03
    retro-sep  | retrospective | 2026-09-01
    triage-sep | triage        | 2026-09-03
"""
ACTIONS = """
    origin_kind | origin_id  | text | owner | created_on | due_on     | done_on    | status | carried_from
    ritual      | retro-aug  | a    | ana   | 2026-08-03 | 2026-08-31 | 2026-08-31 | done   |
    ritual      | retro-aug  | b    | ana   | 2026-08-03 | 2026-08-31 | 2026-09-02 | done   |
    ritual      | retro-aug  | c    | bo    | 2026-08-03 | 2026-08-31 |            | open   |
    ritual      | retro-sep  | c    | bo    | 2026-09-01 |            |            | open   | retro-aug#c
    ritual      | triage-sep | d    | bo    | 2026-09-03 | 2026-09-10 |            | open   |
    incident    | one        | e    | ana   | 2026-08-03 | 2026-08-31 | 2026-08-04 | done   |
    decision    | two        | f    | ana   | 2026-08-03 | 2026-08-31 | 2026-08-04 | done   |
"""
YOUNG = ACTIONS + "    ritual | retro-sep | g | ana | 2026-09-01 | | | open |"


def completion(answer, **more):
    return answer("retro_action_completion", **{"ritual_sessions": SESSIONS, "action_items": ACTIONS, **more})


def test_only_actions_of_retrospectives_count(answer, table):
    """Days 28, 30, and c, which August and September promised, open at 111: S = 2/3, 1/3 from 30 on. Closed only: 29."""
    result = completion(answer)
    assert table(result, "median_days_to_close", "value", "n", "n_open", "unit") == [(30.0, 3, 1, "days")]
    assert table(result, "closed_only_median_days", "value", "n") == [(29.0, 2)]
    assert result.excluded == {}


def test_shares_ask_within_days_as_for_follow_ups(answer, table):
    """Day 30 is within 30 days: a and b of three. One of September is not 90 days old."""
    result = completion(answer)
    assert table(result, "share_done_30d", "value", "low", "high", "n") == [(0.666667, 0.0942993, 0.991596, 3)]
    assert table(completion(answer, action_items=YOUNG), "share_done_90d", "value", "n", "n_excluded") == [(0.666667, 3, 1)]


def test_in_time_is_by_the_due_day(answer, table):
    """a was done on its due day; b two days later; c never; nobody named a day for g."""
    assert table(completion(answer, action_items=YOUNG), "done_within_sla", "value", "n", "note") == [
        (0.333333, 3, "1 of 3 in time; left out: 1 (no due day)")
    ]


def test_in_time_is_by_the_first_day_that_was_named(answer, table):
    """a was named a day in September only, and kept it; b was late when it was put off, and so stays late."""
    put_off = """
        origin_kind | origin_id | text | created_on | due_on     | done_on    | status | carried_from
        ritual      | retro-aug | a    | 2026-08-03 |            |            | open   |
        ritual      | retro-sep | a    | 2026-09-01 | 2026-09-30 | 2026-09-30 | done   | retro-aug#a
        ritual      | retro-aug | b    | 2026-08-03 | 2026-08-31 |            | open   |
        ritual      | retro-sep | b    | 2026-09-01 | 2026-09-30 | 2026-09-30 | done   | retro-aug#b
    """
    assert table(completion(answer, action_items=put_off), "done_within_sla", "value", "n") == [(0.5, 2)]


def test_a_due_day_that_is_not_over_is_not_asked(answer, table):
    actions = """
        origin_kind | origin_id | text  | created_on | due_on     | done_on    | status
        ritual      | retro-aug | today | 2026-11-01 | 2026-11-22 | 2026-11-02 | done
        ritual      | retro-aug | back  | 2026-11-01 | 2026-10-01 | 2026-11-02 | done
        ritual      | retro-aug | over  | 2026-11-01 | 2026-11-21 | 2026-11-02 | done
    """
    assert table(completion(answer, action_items=actions), "done_within_sla", "value", "n", "note") == [
        (1.0, 1, "1 of 1 in time; left out: 1 (due before it was promised), 1 (too young: its days are not over)")
    ]


def test_carried_over_is_the_share_of_promises_that_a_later_record_wrote_again(answer, table):
    """One in three, with the interval of Clopper and Pearson; once or twice is the same. It belongs to August."""
    result = completion(answer)
    assert table(result, "carried_over", "value", "low", "high", "n", "unit", "note") == [
        (0.333333, 0.00840376, 0.905701, 3, "share", "1 of 3 written again in a later record")
    ]
    again = ACTIONS + "    ritual | triage-sep | c | bo | 2026-09-03 | | | open | retro-sep#c"
    assert table(completion(answer, action_items=again), "carried_over", "value", "n") == [(0.333333, 3)]
    assert table(completion(answer, period="2026-09"), "carried_over", "value", "n") == [(None, 0)]


def test_an_action_that_is_carried_over_is_owed_once_and_by_the_last_day_that_was_named(answer, table):
    """c was due in August. September promised it again without a day, so that August's holds, and with one, that it does not."""
    result = completion(answer)
    assert table(result, "open", "value", "n_open") == [(1, 1)]
    assert table(result, "overdue", "value", "note") == [(1, "a count of the record, so without an interval")]
    assert table(completion(answer, period="2026-08"), "open", "value", "n") == [(1, 3)]
    put_off = ACTIONS.replace("2026-09-01 |            | ", "2026-09-01 | 2026-12-31 | ")
    assert table(completion(answer, action_items=put_off), "overdue", "value") == [0]


def test_an_open_action_without_any_day_is_not_overdue_and_it_is_said(answer, table):
    undated = ACTIONS.replace("2026-08-31 |            | open", "           |            | open")
    assert table(completion(answer, action_items=undated), "overdue", "value", "note") == [
        (0, "a count of the record, so without an interval; 1 of the open without a due day")
    ]


def test_by_ritual_every_ritual_stands_apart(answer, table):
    result = completion(answer, by="ritual")
    assert table(result, "open", "group", "value") == [("retrospective", 1), ("triage", 1)]
    assert "actions of every ritual, not only of retrospectives" in result.rows[0]["note"]


def test_by_owner_and_by_field_of_the_session(answer, table):
    fields = """
        record_kind | record_id | name | value
        ritual      | retro-aug | team | infra
        incident    | retro-sep | team | wrong
    """
    assert table(completion(answer, by="owner"), "open", "group", "value") == [("ana", 0), ("bo", 1)]
    assert table(completion(answer, by="team", record_fields=fields, action_items=YOUNG), "open", "group", "value") == [
        ("infra", 1), ("(not stated)", 1)
    ]


def test_follow_ups_stay_those_of_incidents(answer, table):
    result = answer("follow_up_completion", ritual_sessions=SESSIONS, action_items=ACTIONS)
    assert table(result, "median_days_to_close", "value", "n") == [(1.0, 1)]


def test_all_open_one_row_and_nothing_answer_in_words(answer, table):
    one = """
        origin_kind | origin_id | text | created_on | status
        ritual      | retro-aug | a    | 2026-11-20 | open
    """
    result = completion(answer, action_items=one)
    assert table(result, "median_days_to_close", "value", "note") == [
        (None, "median not reached: too many are still open")
    ]
    assert table(result, "share_done_30d", "value", "note") == [
        (None, "no retro action in the record whose days are over; left out: 1 (too young: its days are not over)")
    ]
    assert table(result, "carried_over", "value", "n") == [(0.0, 1)]
    empty = answer("retro_action_completion")
    assert {row["value"] for row in empty.rows} == {None}
    assert all(row["note"].startswith("no retro action ") for row in empty.rows)


def test_nothing_but_the_promise_is_known(answer, table):
    bare = """
        origin_kind | origin_id | text | status
        ritual      | retro-aug | a    | open
    """
    result = completion(answer, action_items=bare)
    assert result.excluded == {"no day of the promise": 1}
    assert table(result, "open", "value") == [1]


def test_an_unknown_dimension_names_the_valid_ones(answer):
    valid = "cannot group retro actions by `severity`; valid: ritual, owner, section, status, week, month, quarter$"
    with pytest.raises(UsageError, match=valid):
        completion(answer, by="severity")
