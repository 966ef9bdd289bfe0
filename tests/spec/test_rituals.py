"""ritual_held, ritual_minutes, ritual_outcomes: are the rituals held, how long do they take, what comes of them?"""

from __future__ import annotations

import pytest

from opsanalytics.errors import UsageError

PROMISED = """
    ritual        | promised_on | session_id | outcome
    triage        | 2026-09-28  | t1         | held
    triage        | 2026-10-01  |            | missed
    triage        | 2026-10-05  | t2         | held
    triage        | 2026-10-08  |            | cancelled
    retrospective | 2026-10-02  | r1         | held
    triage        | 2026-11-23  |            | missed
"""
RITUALS = """
    ritual        | timebox_minutes
    triage        | 30
    retrospective | 60
"""
SESSIONS = """
    session_id | ritual        | held_on    | duration_minutes | status
    t1         | triage        | 2026-09-28 | 30               | held
    t2         | triage        | 2026-10-05 | 45               | held
    t3         | triage        | 2026-10-08 |                  | cancelled
    r1         | retrospective | 2026-10-02 | 50               | held
    huddle     | huddle        | 2026-10-03 | 10               | held
    silent     | triage        | 2026-10-12 |                  | held
"""
PRESENT = """
    session_id | person | present
    t1         | ana    | true
    t1         | bo     | true
    t2         | ana    | true
    t2         | bo     | false
    r1         | ana    |
    huddle     | ana    | true
    huddle     | bo     | true
    huddle     | cy     | true
"""
TOO_FEW = "fewer than 6, too few for an interval"


def minutes(answer, **more):
    return answer("ritual_minutes", **{
        "rituals": RITUALS, "ritual_sessions": SESSIONS, "ritual_attendance": PRESENT, **more,
    })


# --- ritual_held

def test_held_of_promised_with_the_exact_interval(answer, table):
    """Three of five; the day after the as-of is not asked for. A cancelled one was promised and not held."""
    result = answer("ritual_held", ritual_slots=PROMISED)
    assert table(result, "share_held", "value", "low", "high", "n", "unit", "note") == [
        (0.6, 0.146633, 0.947255, 5, "share", "3 of 5 held; left out: 1 (promised after the as-of)")
    ]
    assert [table(result, name, "value", "low", "unit") for name in ("held", "missed", "cancelled")] == [
        [(3, None, "promised days")], [(1, None, "promised days")], [(1, None, "promised days")]
    ]
    assert "without an interval" in table(result, "missed", "note")[0]


def test_held_by_ritual_and_by_month(answer, table):
    by_ritual = answer("ritual_held", ritual_slots=PROMISED, by="ritual")
    assert table(by_ritual, "share_held", "group", "value", "n") == [("retrospective", 1.0, 1), ("triage", 0.5, 4)]
    by_month = answer("ritual_held", ritual_slots=PROMISED, by="month")
    assert table(by_month, "missed", "group", "value") == [("2026-09", 0), ("2026-10", 1), ("2026-11", None)]
    by_quarter = answer("ritual_held", ritual_slots=PROMISED, by="quarter", period="2026-Q4")
    assert table(by_quarter, "held", "group", "value", "n") == [("2026-Q4", 2, 4)]


def test_a_cadence_that_nobody_wrote_promises_nothing(answer):
    notes = {row["note"] for row in answer("ritual_held").rows}
    assert notes == {"no promised ritual day to answer this in the record"}
    assert {row["note"] for row in answer("ritual_held", by="ritual").rows} == {"nothing to group in the record"}


def test_all_missed_is_an_answer(answer, table):
    missed = """
        ritual | promised_on | outcome
        triage | 2026-10-01  | missed
    """
    assert table(answer("ritual_held", ritual_slots=missed), "share_held", "value", "low", "high") == [
        (0.0, 0.0, 0.975)
    ]


# --- ritual_minutes

def test_minutes_of_the_held_ones(answer, table):
    """10, 30, 45, 50. One was cancelled, one wrote no minutes."""
    result = minutes(answer)
    assert table(result, "median", "value", "unit", "n", "n_excluded", "note") == [
        (37.5, "minutes", 4, 2, f"{TOO_FEW}; left out: 1 (no minutes written), 1 (status is cancelled)")
    ]


def test_a_timebox_is_kept_to_its_last_minute(answer, table):
    """30 of 30 and 50 of 60 are within, 45 of 30 is not; nobody gave the huddle a timebox."""
    [(value, n, note)] = table(minutes(answer), "share_within_timebox", "value", "n", "note")
    assert (value, n) == (0.666667, 3)
    assert note.startswith("2 of 3 within the timebox; left out: 1 (no minutes written), 1 (no timebox for the ritual)")


def test_person_hours_are_a_total_of_known_presence(answer, table):
    """30 minutes of two, 45 of one, 10 of three: 135 minutes. Presence that is not written is not zero hours."""
    [(value, low, unit, n, note)] = table(minutes(answer), "person_hours", "value", "low", "unit", "n", "note")
    assert (value, low, unit, n) == (2.25, None, "person-hours", 3)
    assert note.startswith("a sum over the record, so without an interval; left out: ")
    assert "1 (nobody written as present)" in note


def test_from_six_sessions_on_the_median_has_an_interval(answer, table):
    rows = [f"    s{n} | triage | 2026-10-0{n} | {n * 10}" for n in range(1, 7)]
    sessions = "session_id | ritual | held_on | duration_minutes\n" + "\n".join(rows)
    assert table(minutes(answer, ritual_sessions=sessions), "median", "value", "low", "high") == [(35.0, 10.0, 60.0)]


def test_minutes_are_never_by_person(answer):
    valid = "cannot group sessions by `person`; valid: ritual, week, month, quarter$"
    with pytest.raises(UsageError, match=valid):
        minutes(answer, by="person")


def test_by_ritual_each_statistic_names_what_it_lacks(answer, table):
    result = minutes(answer, by="ritual")
    assert table(result, "median", "group", "value", "n_excluded") == [
        ("huddle", 10.0, 0), ("retrospective", 50.0, 0), ("triage", 37.5, 2)
    ]
    assert table(result, "person_hours", "group", "value") == [
        ("huddle", 0.5), ("retrospective", None), ("triage", 1.75)
    ]
    assert table(result, "share_within_timebox", "group", "note")[0] == (
        "huddle", "no session to answer this in the record; left out: 1 (no timebox for the ritual)"
    )


def test_sessions_that_say_nothing_answer_in_words(answer):
    bare = """
        session_id | ritual | duration_minutes
        a          | triage |
        b          | triage | 0
    """
    result = minutes(answer, ritual_sessions=bare)
    assert {row["value"] for row in result.rows} == {None}
    assert result.excluded == {"minutes that are not above zero": 1, "no minutes written": 1}
    assert {row["note"] for row in answer("ritual_minutes").rows} == {"no session to answer this in the record"}


def test_a_session_without_a_day_is_in_no_period(answer):
    sessions = """
        session_id | ritual | held_on    | duration_minutes
        undated    | triage |            | 20
        before     | triage | 2026-09-30 | 20
        later      | triage | 2026-11-23 | 20
        inside     | triage | 2026-10-01 | 20
    """
    result = minutes(answer, ritual_sessions=sessions, period="2026-Q4")
    assert result.rows[0]["n"] == 1
    assert result.excluded == {"held after the as-of": 1, "no day of the session, so in no period": 1}


# --- ritual_outcomes

ACTIONS = """
    origin_kind | origin_id | text | created_on
    ritual      | r1        | a    | 2026-10-02
    ritual      | r1        | b    | 2026-10-02
    ritual      | t3        | c    | 2026-10-08
"""
NOTES = """
    session_id | position | category
    t1         | 1        | decision
    t1         | 2        | risk
"""


def test_actions_and_decisions_per_session(answer, table):
    """Five were held; a cancelled one's action is none of theirs. One that left nothing counts."""
    result = answer("ritual_outcomes", ritual_sessions=SESSIONS, action_items=ACTIONS, ritual_notes=NOTES)
    assert table(result, "actions_per_session", "value", "low", "n", "unit", "note") == [
        (0.4, None, 5, "actions a session",
         "2 in 5 sessions, a mean of the record, so without an interval; left out: 1 (status is cancelled)")
    ]
    assert table(result, "decisions_per_session", "value") == [0.2]
    assert table(result, "actions", "value", "unit") == [(2, "actions")]
    assert table(result, "decisions", "value") == [1]


def test_outcomes_by_ritual(answer, table):
    result = answer("ritual_outcomes", ritual_sessions=SESSIONS, action_items=ACTIONS, ritual_notes=NOTES, by="ritual")
    assert table(result, "actions", "group", "value") == [("huddle", 0), ("retrospective", 2), ("triage", 0)]


def test_no_session_has_no_outcomes(answer):
    assert {(row["value"], row["note"]) for row in answer("ritual_outcomes").rows} == {
        (None, "no session to answer this in the record")
    }
