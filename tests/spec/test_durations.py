"""The restore-time family: minutes from one time of an incident to another."""

from __future__ import annotations

import pytest

FIVE = """
    incident_id | started_at | resolved_at
    a           | 10:00      | 10:10
    b           | 10:00      | 10:20
    c           | 10:00      | 10:30
    d           | 10:00      | 10:40
    e           | 10:00      | 12:00
"""
EACH_TIME = """
    incident_id | started_at | detected_at | acknowledged_at | mitigated_at | resolved_at | impact_ended_at
    a           | 10:00      | 10:04       | 10:11           | 10:30        | 11:00       | 10:45
"""


@pytest.mark.parametrize(("metric", "minutes"), [
    ("time_to_detect", 4.0),
    ("time_to_acknowledge", 7.0),
    ("time_to_mitigate", 30.0),
    ("time_to_resolve", 60.0),
    ("time_to_restore", 45.0),
])
def test_each_metric_has_its_own_two_times(answer, table, metric, minutes):
    """Acknowledgement runs from the detection; restoring ends with the impact."""
    assert table(answer(metric, incidents=EACH_TIME), "median", "value", "unit") == [(minutes, "minutes")]


def test_with_nothing_open_the_median_is_the_ordinary_one(answer, table):
    result = answer("time_to_resolve", incidents=FIVE)
    assert table(result, "median", "value", "n", "n_open") == [(30.0, 5, 0)]
    assert table(result, "closed_only_median", "value", "low", "high", "note") == [
        (30.0, None, None, "what a closed-only report would say; fewer than 6, too few for an interval")
    ]


def test_the_mean_stands_beside_without_an_interval(answer, table):
    result = answer("time_to_resolve", incidents=FIVE)
    [(value, low, high, note)] = table(result, "mean", "value", "low", "high", "note")
    assert (value, low, high) == (44.0, None, None)
    assert "too skewed" in note


def test_the_geometric_mean_has_the_t_interval_of_the_logs(answer, table):
    """exp(mean of log 10, 20, 30, 40, 120) = 28800000 ** 0.2; half width t(0.975, 4) = 2.776 standard errors."""
    result = answer("time_to_resolve", incidents=FIVE)
    assert table(result, "geometric_mean", "value", "low", "high") == [(31.0369, 9.92896, 97.0182)]


def test_zero_minutes_have_no_logarithm(answer, table):
    incidents = FIVE + "    z           | 10:00      | 10:00"
    result = answer("time_to_resolve", incidents=incidents)
    assert table(result, "geometric_mean", "value", "n", "note") == [
        (31.0369, 5, "closed ones only; 1 of zero minutes left out here")
    ]
    assert table(result, "median", "value", "n") == [(25.0, 6)]


def test_few_incidents_have_a_longest_and_no_p90(answer, table):
    assert table(answer("time_to_resolve", incidents=FIVE), "p90", "value", "note") == [
        (None, "fewer than 36, too few for a p90 with an interval; longest seen 120 minutes")
    ]


def test_from_36_on_the_p90_has_an_interval(answer, table):
    """1 to 36 minutes: the 0.9 quantile is the 33rd (0.9 * 36 = 32.4), its limits the 29th and the 36th."""
    rows = [f"    i{n} | 10:00 | 10:{n:02}" for n in range(1, 37)]
    incidents = "incident_id | started_at | resolved_at\n" + "\n".join(rows)
    assert table(answer("time_to_resolve", incidents=incidents), "p90", "value", "low", "high") == [(33.0, 29.0, 36.0)]


OPEN = """
    incident_id | started_at       | resolved_at      | status
    a           | 2026-11-22 10:00 | 2026-11-22 10:10 | resolved
    b           | 2026-11-22 10:00 | 2026-11-22 10:20 | resolved
    c           | 2026-11-22 10:00 | 2026-11-22 10:40 | resolved
    d           | 2026-11-22 11:30 |                  | open
    e           | 2026-11-22 11:45 |                  | open
"""


def test_open_incidents_are_counted_as_longer_than_so_far(answer, table):
    """At noon d is open for 30 minutes, e for 15: S = 4/5 at 10, 4/5 * 2/3 at 20, then 0 at 40. Closed only: 20."""
    result = answer("time_to_resolve", incidents=OPEN)
    assert table(result, "median", "value", "n", "n_open") == [(40.0, 5, 2)]
    assert table(result, "closed_only_median", "value", "n", "n_open") == [(20.0, 3, 2)]


def test_all_open_is_an_answer(answer, table):
    incidents = """
        incident_id | started_at | status
        a           | 10:00      | open
        b           | 11:00      | mitigated
    """
    result = answer("time_to_resolve", incidents=incidents)
    assert table(result, "median", "value", "n", "n_open", "note") == [
        (None, 2, 2, "median not reached: too many are still open")
    ]
    assert table(result, "mean", "value", "n", "note") == [(None, 0, "none has ended")]


def test_mitigated_without_a_time_is_not_still_waiting_for_mitigation(answer, table):
    incidents = """
        incident_id | started_at | status    | mitigated_at
        a           | 10:00      | mitigated |
        b           | 10:00      | mitigated | 10:15
        c           | 10:00      | open      |
    """
    result = answer("time_to_mitigate", incidents=incidents)
    assert table(result, "median", "n", "n_open", "n_excluded") == [(2, 1, 1)]
    assert result.excluded == {"no mitigated time": 1}


def test_an_end_after_the_period_is_not_known_in_the_period(answer, table):
    """Seen over September, b is open for 60 minutes when the month ends; seen over all, it took 180."""
    incidents = """
        incident_id | started_at       | resolved_at
        a           | 2026-09-30 10:00 | 2026-09-30 10:30
        b           | 2026-09-30 23:00 | 2026-10-01 02:00
        c           | 2026-10-01 10:00 | 2026-10-01 10:07
    """
    result = answer("time_to_resolve", incidents=incidents, period="2026-09")
    assert table(result, "closed_only_median", "value", "n", "n_open") == [(30.0, 1, 1)]
    whole = answer("time_to_resolve", incidents=incidents)
    assert table(whole, "closed_only_median", "value", "n", "n_open") == [(30.0, 3, 0)]


def test_times_that_cannot_be_used_are_left_out_and_named(answer, table):
    incidents = """
        incident_id | started_at | resolved_at | status   | kind
        a           | 10:00      | 10:30       | resolved | incident
        backwards   | 10:00      | 09:00       | resolved | incident
        no-start    |            | 09:00       | resolved | incident
        no-end      | 10:00      |             | resolved | incident
        works       | 10:00      | 13:00       | resolved | maintenance
    """
    result = answer("time_to_resolve", incidents=incidents)
    assert table(result, "median", "value", "n", "n_excluded") == [(30.0, 1, 4)]
    assert result.excluded == {
        "kind is maintenance": 1,
        "no resolved time": 1,
        "no started time": 1,
        "resolved before started": 1,
    }


def test_a_missing_detection_is_silence_and_not_a_long_wait(answer, table):
    incidents = """
        incident_id | started_at | detected_at | status
        a           | 10:00      | 10:05       | open
        b           | 10:00      |             | open
    """
    result = answer("time_to_detect", incidents=incidents)
    assert table(result, "median", "value", "n", "n_open", "n_excluded") == [(5.0, 1, 0, 1)]
    assert result.excluded == {"no detected time": 1}


def test_restore_says_what_ended_it(answer, table):
    incidents = """
        incident_id | started_at | impact_ended_at | mitigated_at | resolved_at
        a           | 10:00      | 10:10           | 10:30        | 11:00
        b           | 10:00      |                 | 10:30        | 11:00
        c           | 10:00      |                 |              | 11:00
        d           | 10:00      |                 |              | 11:00
    """
    [note] = table(answer("time_to_restore", incidents=incidents), "median", "note")
    assert "restored by impact end 25%, mitigated 25%, resolved 50%" in note


def test_all_null_and_empty_tables_answer_in_words(answer):
    nothing_stated = """
        incident_id | title
        a           | unknown
    """
    result = answer("time_to_resolve", incidents=nothing_stated)
    note = "no incident with these times in the record; left out: 1 (no started time)"
    assert {(row["value"], row["n"], row["note"]) for row in result.rows} == {(None, 0, note)}
    empty = answer("time_to_resolve")
    assert {(row["value"], row["note"]) for row in empty.rows} == {(None, "no incident with these times in the record")}


def test_one_incident_has_a_median_and_no_interval(answer, table):
    assert table(answer("time_to_restore", incidents=EACH_TIME), "median", "value", "low", "high", "n") == [
        (45.0, None, None, 1)
    ]
    assert "too few for an interval" in answer("time_to_restore", incidents=EACH_TIME).rows[0]["note"]


def test_worst_severity_first_and_not_stated_last(answer, table):
    incidents = """
        incident_id | started_at | resolved_at | severity
        a           | 10:00      | 10:10       |
        b           | 10:00      | 10:20       | SEV-3
        c           | 10:00      | 10:30       | SEV-1
    """
    result = answer("time_to_resolve", incidents=incidents, by="severity")
    assert table(result, "median", "group", "value") == [("SEV-1", 30.0), ("SEV-3", 20.0), ("(not stated)", 10.0)]
