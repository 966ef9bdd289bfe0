"""The definition matrix: the same incidents under every definition of MTTR that ships, each with its quirks.

`created`, `triggered` and `opened` mean reported, else declared, else detected. All minutes.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bench import AS_OF, lay_table, open_bench, written_cells

from opsanalytics.metrics.definitions import DEFINITIONS, definition_rows
from opsanalytics.metrics.periods import parse_period
from opsanalytics.tables import Row


@pytest.fixture
def said() -> Callable[..., Row]:
    """said(definition, period=..., incidents="...", deployments="..."): that row of the matrix."""

    def ask(name: str, *, period: str | None = None, **tables: str) -> Row:
        return next(row for row in matrix(period, **tables) if row["name"] == name)

    return ask


def matrix(period: str | None = None, **tables: str) -> list[Row]:
    connection = open_bench()
    for table, text in tables.items():
        lay_table(connection, table, written_cells(text))
    return definition_rows(connection, parse_period(period, as_of_on=AS_OF.date()) if period else None)


THREE = """
    incident_id | started_at | detected_at | acknowledged_at | mitigated_at | resolved_at
    a           | 10:00      | 10:05       | 10:08           | 10:20        | 10:25
    b           | 10:00      | 10:10       |                 | 10:40        | 10:50
    c           | 10:00      | 10:30       | 10:31           | 11:30        | 12:00
"""


def test_pagerduty_api_is_the_mean_from_triggered_to_resolved(said):
    """Triggered is detected here, as nobody reported or declared: (20 + 40 + 90) / 3 = 50."""
    row = said("PagerDuty API mean seconds to resolve", incidents=THREE)
    assert (row["value"], row["n"], row["n_left_out"]) == (50.0, 3, 0)
    assert (row["start"], row["end"]) == ("reported, else declared, else detected", "resolved")


def test_created_is_the_report_else_the_declaration_else_the_detection(said):
    """From 10:10, 10:20 and 10:30 to 11:00: (50 + 40 + 30) / 3 = 40."""
    incidents = """
        incident_id | reported_at | declared_at | detected_at | resolved_at
        a           | 10:10       | 10:02       | 10:01       | 11:00
        b           |             | 10:20       | 10:01       | 11:00
        c           |             |             | 10:30       | 11:00
    """
    assert said("PagerDuty API mean seconds to resolve", incidents=incidents)["value"] == 40.0


def test_pagerduty_api_looks_at_what_was_created_in_the_period(said):
    """August's incident is October's for who counts resolutions; triggered in September are b, 30, and c, still open."""
    incidents = """
        incident_id | detected_at      | resolved_at      | status
        a           | 2026-08-31 23:00 | 2026-10-01 02:00 | resolved
        b           | 2026-09-30 23:45 | 2026-10-01 00:15 | resolved
        c           | 2026-09-30 23:50 |                  | open
    """
    row = said("PagerDuty API mean seconds to resolve", incidents=incidents, period="2026-09")
    assert (row["value"], row["n"], row["n_left_out"], row["note"]) == (30.0, 1, 1, "left out: 1 (still open)")


def test_pagerduty_reviews_guide_asks_for_an_acknowledgement(said):
    """b was resolved without one: (20 + 90) / 2 = 55."""
    row = said("PagerDuty reviews guide MTTR", incidents=THREE)
    assert (row["value"], row["n"], row["note"]) == (55.0, 2, "left out: 1 (no acknowledged time)")


CLOSED = """
    incident_id | detected_at      | resolved_at      | closed_at
    a           | 2026-09-30 10:00 | 2026-09-30 10:30 | 2026-10-02 10:00
    b           | 2026-10-05 10:00 | 2026-10-05 10:30 | 2026-10-05 11:00
    c           | 2026-10-05 12:00 | 2026-10-05 12:30 | 2026-10-05 15:00
    d           | 2026-10-06 10:00 | 2026-10-06 10:30 | 2026-10-06 16:00
    e           | 2026-10-07 10:00 | 2026-10-07 10:30 |
"""


def test_opsgenie_is_the_mean_from_created_to_closed(said):
    """Created in October and closed: b 60, c 180, d 360, so 600 / 3 = 200. e is resolved, and not closed."""
    row = said("Opsgenie MTTR", incidents=CLOSED, period="2026-10")
    assert (row["value"], row["n"], row["note"]) == (200.0, 3, "left out: 1 (no closed time)")


def test_opsgenie_p95_is_a_rank(said):
    """1 to 30 minutes: 95 % of 30 is 28.5, so the 29th, and never a value between two."""
    rows = [f"i{n} | 10:00 | 10:{n:02}" for n in range(1, 31)]
    incidents = "incident_id | detected_at | closed_at\n" + "\n".join(rows)
    assert said("Opsgenie time to resolve, 95th percentile", incidents=incidents)["value"] == 29.0


def test_grafana_oncall_ends_with_the_first_action(said):
    """a is acknowledged after 8 minutes, b has only its resolution after 50, c is acknowledged after 31: 89 / 3."""
    row = said("Grafana OnCall MTTR (respond)", incidents=THREE)
    assert row["value"] == pytest.approx(89 / 3)
    assert row["n"] == 3


def test_grafana_oncall_never_sees_a_response_in_no_time(said):
    """Its code drops a zero: 10 alone, where the mean of 0 and 10 is 5."""
    incidents = """
        incident_id | started_at | acknowledged_at
        a           | 10:00      | 10:00
        b           | 10:00      | 10:10
    """
    row = said("Grafana OnCall MTTR (respond)", incidents=incidents)
    assert (row["value"], row["n"], row["note"]) == (10.0, 1, "left out: 1 (responded to in no time)")


def test_datadog_resolves_from_the_declaration(said):
    """(30 + 60) / 2 = 45; what nobody declared has no such time."""
    incidents = """
        incident_id | detected_at | declared_at | resolved_at
        a           | 10:00       | 10:30       | 11:00
        b           | 10:00       | 10:30       | 11:30
        c           | 10:00       |             | 11:00
    """
    row = said("Datadog time to resolve", incidents=incidents)
    assert (row["value"], row["n"], row["note"]) == (45.0, 2, "left out: 1 (no declared time)")


def test_datadog_repairs_from_the_detection_to_the_end_of_the_impact(said):
    """(20 + 40) / 2 = 30, whenever they were resolved; c is still open."""
    incidents = """
        incident_id | detected_at | impact_ended_at | resolved_at | status
        a           | 10:00       | 10:20           | 11:00       | resolved
        b           | 10:00       | 10:40           | 13:00       | resolved
        c           | 10:00       | 10:50           |             | open
    """
    row = said("Datadog time to repair", incidents=incidents)
    assert (row["value"], row["n"], row["note"]) == (30.0, 2, "left out: 1 (still open)")


def test_netflix_dispatch_cuts_each_off_to_whole_hours(said):
    """1:59, 2:59 and 0:59 count as 1, 2 and 0 hours: a mean of 1, where the minutes say 1:59."""
    incidents = """
        incident_id | reported_at | mitigated_at
        a           | 10:00       | 11:59
        b           | 10:00       | 12:59
        c           | 10:00       | 10:59
    """
    assert said("Netflix Dispatch mean response time", incidents=incidents)["value"] == 60.0


def test_netflix_dispatch_rounds_the_mean_to_hours(said):
    """1 and 2 whole hours have the mean 1.5, shown as 2."""
    incidents = """
        incident_id | reported_at | mitigated_at
        a           | 10:00       | 11:30
        b           | 10:00       | 12:30
    """
    assert said("Netflix Dispatch mean response time", incidents=incidents)["value"] == 120.0


def test_netflix_dispatch_lets_the_never_stable_run_until_now(said):
    """a is resolved, yet nobody wrote when it was mitigated: 6:30 until the as-of at noon, so 6 hours; b took 2.

    (6 + 2) / 2 = 4 hours. The active c is not looked at.
    """
    incidents = """
        incident_id | reported_at      | mitigated_at     | resolved_at      | status
        a           | 2026-11-22 05:30 |                  | 2026-11-22 05:40 | resolved
        b           | 2026-11-22 05:30 | 2026-11-22 07:30 |                  | mitigated
        c           | 2026-11-22 05:30 |                  |                  | open
    """
    row = said("Netflix Dispatch mean response time", incidents=incidents)
    assert (row["value"], row["n"], row["note"]) == (240.0, 2, "left out: 1 (still active)")


def test_keep_begins_at_the_start_else_the_creation(said):
    """a 60 from its start, b 30 from its detection: 45."""
    incidents = """
        incident_id | started_at | detected_at | resolved_at
        a           | 10:00      | 10:20       | 11:00
        b           |            | 10:30       | 11:00
    """
    assert said("Keep MTTR", incidents=incidents)["value"] == 45.0


def test_keep_reads_a_hundred_incidents_in_the_order_of_creation(said):
    """It asks for 100, sorted by creation, ascending, and then looks for the resolved among them.

    The first takes 0:30, the second is open, the next 98 take 0:10 and the two of the last day 5:00 and are not read:
    (30 + 98 * 10) / 99 = 10.202 minutes, rounded up to 613 seconds.
    """
    rows = [
        "first | 2026-10-01 09:00 | 2026-10-01 09:30 | resolved",
        "open  | 2026-10-01 09:01 |                  | open",
        *[f"i{n:02} | 2026-10-02 10:00 | 2026-10-02 10:10 | resolved" for n in range(98)],
        *[f"late{n} | 2026-10-03 10:00 | 2026-10-03 15:00 | resolved" for n in range(2)],
    ]
    incidents = "incident_id | detected_at | resolved_at | status\n" + "\n".join(rows)
    row = said("Keep MTTR", incidents=incidents)
    assert row["value"] == pytest.approx(613 / 60)
    assert (row["n"], row["note"]) == (99, "left out: 2 (created after the first 100), 1 (still open)")


def test_keep_says_zero_of_none(said):
    """Nothing resolved yet is shown as an MTTR of 0."""
    incidents = """
        incident_id | started_at | status
        a           | 10:00      | open
    """
    row = said("Keep MTTR", incidents=incidents)
    assert (row["value"], row["n"], row["note"]) == (0.0, 0, "0 of none; left out: 1 (still open)")


def test_bmc_as_its_documentation_computes_it(said):
    """The published example: closed after 44, 100, 40 and 20 hours, (44 + 100 + 40 + 20) / 4 = 51 hours."""
    incidents = """
        incident_id | detected_at      | closed_at
        a           | 2026-10-01 00:00 | 2026-10-02 20:00
        b           | 2026-10-01 00:00 | 2026-10-05 04:00
        c           | 2026-10-01 00:00 | 2026-10-02 16:00
        d           | 2026-10-01 00:00 | 2026-10-01 20:00
    """
    assert said("BMC Helix AIOps MTTR", incidents=incidents)["value"] == 51 * 60


def test_bmc_looks_at_what_was_closed_in_the_period(said):
    """a, two days of it in September, counts: (2880 + 60 + 180 + 360) / 4 = 870."""
    row = said("BMC Helix AIOps MTTR", incidents=CLOSED, period="2026-10")
    assert (row["value"], row["n"]) == (870.0, 4)


def test_devlake_2021_takes_the_lower_median(said):
    """Of 10, 20, 40 and 90 minutes 20, where the median is 30."""
    incidents = """
        incident_id | detected_at | resolved_at
        a           | 10:00       | 10:10
        b           | 10:00       | 10:20
        c           | 10:00       | 10:40
        d           | 10:00       | 11:30
    """
    row = said("DevLake time to restore service (2021)", incidents=incidents)
    assert (row["value"], row["n"]) == (20.0, 4)


def test_devlake_2021_looks_at_what_was_resolved_in_the_period(said):
    """Resolved in October are a after 15 hours and b after 10 minutes: the lower of the two."""
    incidents = """
        incident_id | detected_at      | resolved_at
        a           | 2026-09-30 10:00 | 2026-10-01 01:00
        b           | 2026-10-05 10:00 | 2026-10-05 10:10
        c           | 2026-10-31 23:00 | 2026-11-01 01:00
    """
    row = said("DevLake time to restore service (2021)", incidents=incidents, period="2026-10")
    assert (row["value"], row["n"]) == (10.0, 2)


DEPLOYMENTS = """
    deployment_id | environment | finished_at      | status
    d1            | production  | 2026-10-01 09:30 | succeeded
    d2            | production  | 2026-10-01 09:00 | succeeded
    d3            | production  | 2026-10-01 09:50 | rolled-back
    d4            | staging     | 2026-10-01 09:50 | succeeded
    d5            | production  | 2026-09-30 22:00 | succeeded
"""
CAUSED = """
    incident_id | started_at | detected_at | resolved_at | caused_by_deployment
    a           | 09:40      | 09:45       | 10:00       | d1
    b           | 09:40      | 09:45       | 11:00       | d2
    c           | 10:00      | 10:05       | 10:10       | d3
    d           | 10:00      | 10:05       | 10:10       | d4
    e           | 06:00      | 06:05       | 07:00       | d5
    f           | 10:00      | 10:05       | 10:10       |
"""


def test_devlake_2023_runs_from_the_deployment_and_sees_only_those_that_succeeded(said):
    """a 30 after d1, b 120 after d2: the lower one, 30. The deployment that failed is the one that it does not see."""
    row = said("DevLake failed deployment recovery (2023)", incidents=CAUSED, deployments=DEPLOYMENTS, period="2026-10")
    assert (row["value"], row["n"], row["n_left_out"]) == (30.0, 2, 4)
    assert row["note"] == (
        "left out: 1 (caused by no deployment), 1 (deployed elsewhere than to production), 1 (deployed outside the period), "
        "1 (the deployment did not succeed)"
    )


def test_dora_is_a_bin_of_how_long_a_failed_deployment_takes(said):
    """a 30 and c 20 are less than an hour; b 120 and e 540 less than a day. The median, (30 + 120) / 2 = 75, too."""
    row = said("DORA failed deployment recovery time", incidents=CAUSED, deployments=DEPLOYMENTS, period="2026-10")
    assert (row["value"], row["n"], row["kind"]) == (75.0, 4, "bin")
    assert row["note"].startswith("bin: less than one day (of all: less than one hour 2, less than one day 2); left out: ")


@pytest.mark.parametrize(("resolved_at", "name"), [
    ("2026-10-01 00:59", "less than one hour"),
    ("2026-10-01 01:00", "less than one day"),
    ("2026-10-02 00:00", "one day to one week"),
    ("2026-10-08 00:00", "one week to one month"),
    ("2026-11-01 00:00", "one month to six months"),
])
def test_dora_bins_do_not_hold_their_upper_end(said, resolved_at, name):
    """An hour is less than one day, not less than one hour; a month is 730 hours."""
    incidents = f"incident_id | resolved_at | caused_by_deployment\na | {resolved_at} | d"
    deployments = "deployment_id | finished_at\nd | 2026-10-01 00:00"
    row = said("DORA failed deployment recovery time", incidents=incidents, deployments=deployments)
    assert row["note"] == f"bin: {name} (of all: {name} 1)"


def test_four_keys_begins_with_the_deployment_where_that_is_earlier(said):
    """a 8:00 from d2, which a says caused it; b 0:50 from its detection: 8 and 0 whole hours, the median 4."""
    incidents = """
        incident_id | detected_at      | resolved_at      | caused_by_deployment
        a           | 2026-10-01 10:00 | 2026-10-01 17:00 | d2
        b           | 2026-10-01 10:00 | 2026-10-01 10:50 |
    """
    row = said("Four Keys time to restore services", incidents=incidents, deployments=DEPLOYMENTS)
    assert (row["value"], row["n"], row["note"]) == (240.0, 2, "shown as: One day")


def test_four_keys_looks_back_three_months_whatever_the_period(said):
    """Seen over October, from 31 July on: a took 2 hours, b 4, so 3. July's c is too old, November's d too young."""
    incidents = """
        incident_id | detected_at      | resolved_at
        a           | 2026-08-01 10:00 | 2026-08-01 12:00
        b           | 2026-10-31 10:00 | 2026-10-31 14:00
        c           | 2026-07-30 10:00 | 2026-07-30 20:00
        d           | 2026-11-01 10:00 | 2026-11-01 20:00
    """
    row = said("Four Keys time to restore services", incidents=incidents, period="2026-10")
    assert (row["value"], row["n"]) == (180.0, 2)


def test_gitlab_is_a_median_of_the_medians_of_the_days(said):
    """Closed on the 1st are 10, 20 and 60 minutes, median 20; on the 2nd one of 100: (20 + 100) / 2 = 60.

    The median of the four is 40.
    """
    incidents = """
        incident_id | detected_at      | closed_at
        a           | 2026-10-01 10:00 | 2026-10-01 10:10
        b           | 2026-10-01 10:00 | 2026-10-01 10:20
        c           | 2026-10-01 10:00 | 2026-10-01 11:00
        d           | 2026-10-02 10:00 | 2026-10-02 11:40
    """
    row = said("GitLab time to restore service", incidents=incidents)
    assert (row["value"], row["n"]) == (60.0, 4)


OPEN = """
    incident_id | started_at       | mitigated_at     | resolved_at      | status
    a           | 2026-11-22 10:00 | 2026-11-22 10:10 | 2026-11-22 10:30 | resolved
    b           | 2026-11-22 10:00 | 2026-11-22 10:20 | 2026-11-22 10:50 | resolved
    c           | 2026-11-22 10:00 | 2026-11-22 10:40 |                  | mitigated
    d           | 2026-11-22 11:30 |                  |                  | open
"""


def test_ours_is_time_to_restore_with_the_open_ones_in_it(said):
    """Restored after 10, 20 and 40, d open for 30 so far: S = 3/4 at 10, 1/2 at 20 and 0 at 40.

    The curve is flat at one half from 20 to 40, so the median is 30; of the closed ones alone it is 20.
    """
    row = said("opsanalytics median", incidents=OPEN)
    assert (row["value"], row["n"], row["n_left_out"]) == (30.0, 4, 0)
    assert (row["end"], row["kind"]) == ("first known of impact end, mitigated, resolved", "median")


def test_our_p90_needs_enough_of_them(said):
    row = said("opsanalytics p90", incidents=OPEN)
    assert row["value"] is None
    assert row["note"].startswith("fewer than 36, too few for a p90 with an interval; longest seen 40 minutes")


def test_a_time_that_no_incident_has_is_named_and_no_number_given(said):
    """Restored and resolved is all that this record says: nobody wrote who saw it when, or closed it."""
    incidents = """
        incident_id | started_at | resolved_at
        a           | 10:00      | 10:30
    """
    created = "`reported_at`, `declared_at` or `detected_at`"
    expected = {
        "PagerDuty reviews guide MTTR": f"{created} and `acknowledged_at`",
        "Opsgenie MTTR": f"{created} and `closed_at`",
        "Datadog time to repair": "`detected_at` and `impact_ended_at`",
        "Netflix Dispatch mean response time": "`reported_at`",
        "DORA failed deployment recovery time": "`caused_by_deployment` and its deployment's `finished_at`",
        "Four Keys time to restore services": created,
    }
    for name, times in expected.items():
        row = said(name, incidents=incidents, period="2026-10")
        assert (row["value"], row["n"], row["note"]) == (
            None, 0, f"needs {times}, which no incident of the period has")


def test_a_time_that_some_incidents_lack_leaves_those_out(said):
    """b was resolved, the file does not say when; c ends before it begins."""
    incidents = """
        incident_id | detected_at | resolved_at
        a           | 10:00       | 10:30
        b           | 10:00       |
        c           | 10:00       | 09:00
    """
    row = said("PagerDuty API mean seconds to resolve", incidents=incidents)
    assert (row["value"], row["n"], row["n_left_out"]) == (30.0, 1, 2)
    assert row["note"] == "left out: 1 (no resolved time), 1 (the end before the start)"


def test_an_end_after_the_as_of_is_not_known_yet(said):
    """At noon on 22 November b is open."""
    incidents = """
        incident_id | detected_at      | resolved_at
        a           | 2026-11-22 10:00 | 2026-11-22 10:30
        b           | 2026-11-22 10:00 | 2026-11-22 13:00
    """
    row = said("PagerDuty API mean seconds to resolve", incidents=incidents)
    assert (row["value"], row["note"]) == (30.0, "left out: 1 (still open)")


ALL_OPEN = """
    incident_id | started_at | detected_at | status
    a           | 10:00      | 10:10       | open
"""
UNKNOWN = """
    incident_id | title
    a           | nothing stated
"""


@pytest.mark.parametrize("incidents", [ALL_OPEN, UNKNOWN, "incident_id | title"], ids=["all open", "unstated", "none"])
def test_nothing_all_open_and_all_unstated_are_answered_in_words(incidents):
    """No number but Keep's zero, and a reason in each cell."""
    rows = matrix("2026-10", incidents=incidents)
    assert {row["name"]: row["value"] for row in rows if row["value"] is not None} in ({}, {"Keep MTTR": 0.0})
    assert [row["name"] for row in rows if not row["note"]] == []
    assert {row["n"] for row in rows if row["family"] != "opsanalytics"} == {0}


def test_every_definition_says_where_it_is_from_and_whom_it_counts():
    rows = matrix()
    assert len(rows) == len(DEFINITIONS) + 2
    assert [row["name"] for row in rows if not (row["source"] and row["population"] and row["start"] and row["end"])] == []
    assert {row["unit"] for row in rows} == {"minutes"}
