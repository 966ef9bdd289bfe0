"""decision_count, time_in_proposed, decision_completeness: how many, how long undecided, how well written down?"""

from __future__ import annotations

import pytest

from opsanalytics.errors import UsageError

DECISIONS = """
    decision_id | status     | proposed_on | decided_on | owner
    a           | accepted   | 2026-09-01  | 2026-09-11 | ana
    b           | rejected   | 2026-09-20  | 2026-10-10 | ana
    c           | superseded | 2026-10-01  | 2026-10-31 | bo
    d           | proposed   | 2026-10-28  |            | bo
    e           | proposed   | 2026-11-12  |            |
    f           | accepted   |             |            | bo
"""
CLOSED_ONLY = "what a closed-only report would say; fewer than 6, too few for an interval"
MISSING = "missing: consequences 1, options 1, owner 1"


def test_decisions_are_counted_without_an_interval(answer, table):
    result = answer("decision_count", decisions=DECISIONS)
    assert table(result, "count", "value", "low", "high", "n", "n_open", "unit", "note") == [
        (6, None, None, 6, 2, "decisions", "a count of the record, so without an interval")
    ]


def test_by_status_in_the_order_of_a_decisions_life(answer, table):
    result = answer("decision_count", decisions=DECISIONS, by="status")
    assert table(result, "count", "group", "value") == [
        ("proposed", 2), ("accepted", 2), ("rejected", 1), ("superseded", 1)
    ]


def test_the_quarter_is_that_of_the_decision_else_of_the_proposal_else_of_the_last_change(answer, table):
    result = answer("decision_count", decisions=DECISIONS, by="quarter")
    assert table(result, "count", "group", "value") == [("2026-Q3", 1), ("2026-Q4", 4), ("(not stated)", 1)]
    cut = answer("decision_count", decisions=DECISIONS, period="2026-Q4")
    assert table(cut, "count", "value") == [4]
    assert cut.excluded == {"no day decided, proposed or changed, so in no period": 1}
    madr = """
        decision_id | status   | template | updated_on
        a           | accepted | madr     | 2026-10-05
    """
    assert table(answer("decision_count", decisions=madr, by="quarter"), "count", "group", "value") == [("2026-Q4", 1)]
    assert answer("time_in_proposed", decisions=madr).excluded == {"no proposed day": 1}


def test_any_labelled_line_of_a_decision_is_a_dimension(answer, table):
    fields = """
        record_kind | record_id | name | value
        decision    | a         | area | storage
    """
    result = answer("decision_count", decisions=DECISIONS, record_fields=fields, by="area")
    assert table(result, "count", "group", "value") == [("storage", 1), ("(not stated)", 5)]
    valid = "cannot group decisions by `service`; valid: status, owner, template, week, month, quarter, area$"
    with pytest.raises(UsageError, match=valid):
        answer("decision_count", decisions=DECISIONS, record_fields=fields, by="service")


# --- time_in_proposed

def test_proposals_still_open_count_as_longer_than_so_far(answer, table):
    """10, 20, 30 days; still open at 25 and at 10: S = 4/5, 4/5 * 2/3 at 20, 0 at 30. Closed only: 20."""
    result = answer("time_in_proposed", decisions=DECISIONS)
    assert table(result, "median", "value", "unit", "n", "n_open") == [(30.0, "days", 5, 2)]
    assert table(result, "closed_only_median", "value", "n", "note") == [
        (20.0, 3, f"{CLOSED_ONLY}; left out: 1 (no proposed day)")
    ]


def test_a_decision_after_the_period_is_not_known_in_the_period(answer, table):
    """Seen over September b was still proposed on its last day, for 10 days."""
    result = answer("time_in_proposed", decisions=DECISIONS, period="2026-09")
    assert table(result, "closed_only_median", "value", "n", "n_open") == [(10.0, 1, 1)]
    assert table(result, "median", "value", "n") == [(10.0, 2)]


def test_days_that_cannot_be_used_are_left_out_and_named(answer):
    decisions = """
        decision_id | status   | proposed_on | decided_on
        backwards   | accepted | 2026-10-05  | 2026-10-01
        undated     | accepted |             | 2026-10-01
        no-end      | accepted | 2026-10-05  |
        no-status   |          | 2026-10-05  |
        to-come     | proposed | 2026-11-23  |
    """
    result = answer("time_in_proposed", decisions=decisions)
    assert result.excluded == {
        "decided before proposed": 1, "no decided day": 2, "no proposed day": 1, "proposed after the as-of": 1,
    }
    assert {row["value"] for row in result.rows} == {None}
    assert all(row["note"].startswith("no proposal with these times in the record") for row in result.rows)


def test_all_still_proposed_is_an_answer(answer, table):
    decisions = """
        decision_id | status   | proposed_on
        a           | proposed | 2026-10-05
        b           | draft    | 2026-10-05
    """
    result = answer("time_in_proposed", decisions=decisions)
    assert table(result, "median", "value", "n", "n_open", "note") == [
        (None, 2, 2, "median not reached: too many are still open")
    ]
    assert table(result, "closed_only_median", "value", "note") == [(None, "none has ended")]


def test_decided_tomorrow_is_proposed_today(answer, table):
    decisions = """
        decision_id | status   | proposed_on | decided_on
        a           | accepted | 2026-11-02  | 2026-11-23
    """
    assert table(answer("time_in_proposed", decisions=decisions), "median", "n", "n_open") == [(1, 1)]


def test_the_month_of_a_proposal_is_that_of_its_day(answer, table):
    result = answer("time_in_proposed", decisions=DECISIONS, by="month")
    assert table(result, "median", "group", "n") == [
        ("2026-09", 2), ("2026-10", 2), ("2026-11", 1), ("(not stated)", 0)
    ]


# --- decision_completeness

WRITTEN = """
    decision_id | status   | template | decided_on | context | options | decision | consequences | owner
    whole       | accepted | chapter  | 2026-10-01 | x       | x       | x        |              | ana
    no-owner    | accepted | chapter  | 2026-10-01 | x       |         | x        | x            |
    nygard      | accepted | nygard   | 2026-10-01 | x       |         | x        | x            |
    no-after    | proposed | madr     |            | x       | x       | x        |              |
    own-way     | accepted |          | 2026-10-01 |         |         |          |              |
"""


def test_complete_is_what_the_followed_template_asks_for(answer, table):
    """Nygard's asks for no options and no owner, the chapter's for no consequences."""
    result = answer("decision_completeness", decisions=WRITTEN)
    assert table(result, "share_complete", "value", "low", "high", "n", "n_open", "note") == [
        (0.5, 0.067586, 0.932414, 4, 1, f"2 of 4 complete; {MISSING}; left out: 1 (follows no known template)")
    ]


def test_completeness_by_template(answer, table):
    result = answer("decision_completeness", decisions=WRITTEN, by="template")
    assert table(result, "share_complete", "group", "value") == [
        ("chapter", 0.5), ("madr", 0.0), ("nygard", 1.0), ("(not stated)", None)
    ]


def test_no_decision_is_neither_counted_nor_complete(answer, table):
    assert table(answer("decision_count"), "count", "value", "note") == [
        (None, "no decision to answer this in the record")
    ]
    assert table(answer("decision_completeness"), "share_complete", "value") == [None]
    assert table(answer("time_in_proposed"), "median", "value", "note") == [
        (None, "no proposal with these times in the record")
    ]


def test_a_file_that_says_nothing_is_counted_and_lacks_every_part(answer, table):
    bare = """
        decision_id | template
        a           | nygard
    """
    assert table(answer("decision_count", decisions=bare), "count", "value") == [1]
    [note] = table(answer("decision_completeness", decisions=bare), "share_complete", "note")
    assert note == "0 of 1 complete; missing: consequences 1, context 1, decision 1, status 1"
