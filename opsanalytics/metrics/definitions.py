"""The same incidents under the definitions of MTTR that other tools ship, each as its source states or computes it.

Where a source is code, its quirks are kept: what it cuts off, rounds, counts as ended now, or never looks at. A time of
creation, triggering or opening is here the report, else the declaration, else the detection. All look at the incidents
that the metrics count, and at ends that are known at the load's as-of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from dateutil.relativedelta import relativedelta

from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.compute import compute
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import Row, joined, left_out_note
from opsanalytics.metrics.scope import Scope, read_scope

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from opsanalytics.metrics.periods import Period
    from opsanalytics.stats.intervals import Floats

COLUMNS = ("name", "family", "source", "start", "end", "population", "statistic", "kind", "value", "unit", "low", "high", "n",
           "n_left_out", "note")
PAGING, INCIDENTS, DELIVERY, OURS = "paging", "incident management", "delivery (DORA)", "opsanalytics"
MEAN, MEDIAN, PERCENTILE, BIN = "mean", "median", "percentile", "bin"


class Time(NamedTuple):
    """A column of the query in words: its name, the reason where it is empty, and what of the record it is made of."""

    name: str
    missing: str
    recorded: str


_CREATED = ("no reported, declared or detected time", "`reported_at`, `declared_at` or `detected_at`")
TIMES = {
    "created_at": Time("reported, else declared, else detected", *_CREATED),
    "begun_at": Time("started, else reported, declared, detected", "no started, reported, declared or detected time",
                     "`started_at`, `reported_at`, `declared_at` or `detected_at`"),
    "created_or_deployed_at": Time(
        "reported, else declared, else detected; the causing deployment if earlier", *_CREATED),
    "responded_at": Time("first of acknowledged and resolved", "no acknowledged or resolved time",
                         "`acknowledged_at` or `resolved_at`"),
    "stable_or_now_at": Time("mitigated, else now", "", ""),
    "impact_ended_at": Time("impact end", "no impact end", "`impact_ended_at`"),
    "deployed_at": Time("end of the causing deployment", "no end of the deployment", "its deployment's `finished_at`"),
}


def _time(column: str) -> Time:
    name = column.removesuffix("_at")
    return TIMES.get(column) or Time(name, f"no {name} time", f"`{column}`")


class Sample(NamedTuple):
    """Minutes, ascending, and the day of each that put it into the period."""

    minutes: Floats
    days: list[date | None]


@dataclass(frozen=True)
class Definition:
    """One row of the matrix. begins_at, ends_at and counted_at, whose day puts an incident into the period, are columns
    of the query, left_out is one of its conditions; needs are the columns without which it has no answer.

    when_none: what it says of no incident. remark: what it says beside the number. months: it looks at so many before
    the end of the period, whatever the period.
    """

    name: str
    family: str
    source: str
    begins_at: str
    ends_at: str
    counted_at: str
    population: str
    statistic: str
    kind: str
    compute: Callable[[Sample], float]
    needs: tuple[str, ...]
    left_out: str = "nothing_more"
    when_none: float | None = None
    remark: Callable[[Floats], str] = lambda minutes: ""
    months: int = 0


def definition_rows(connection: DuckDBPyConnection, period: Period | None = None) -> list[Row]:
    """One row a definition, with the keys of COLUMNS, ours last; without a period, of the whole record.

    A value that cannot be computed is None, and the note says why.
    Refused with DatabaseError: a database without a load.
    """
    scope = read_scope(connection, "incidents", period, None, every_kind=False)
    return [*(_row(definition, scope) for definition in DEFINITIONS), *_ours(connection, period)]


def _row(definition: Definition, scope: Scope) -> Row:
    groups = fetch(scope.connection, "definitions.definition_samples", _parameters(definition, scope), {
        "begins_at": definition.begins_at, "ends_at": definition.ends_at, "counted_at": definition.counted_at,
        "left_out": f"{{{definition.left_out}}}",
    })
    left_out = {group["reason"]: group["n"] for group in groups if group["reason"] is not None}
    counted = next((group for group in groups if group["reason"] is None), None)
    if not counted:
        value, note = _none(definition, groups, left_out, scope)
        return _cells(definition, value, 0, left_out, note)
    sample = Sample(np.asarray(counted["minutes"], dtype=np.float64), counted["days"])
    note = joined(definition.remark(sample.minutes), left_out_note(left_out))
    return _cells(definition, definition.compute(sample), counted["n"], left_out, note)


def _parameters(definition: Definition, scope: Scope) -> dict[str, object]:
    from_on, to_on = scope.parameters["starts_on"], scope.parameters["ends_on"]
    if definition.months:
        to_on = min(scope.clock.as_of_on + timedelta(1), to_on or date.max)
        from_on = to_on - timedelta(1) - relativedelta(months=definition.months)
    return {"as_of": scope.clock.as_of, "zone": scope.clock.zone, "from_on": from_on, "to_on": to_on,
            "no_start": _time(definition.begins_at).missing, "no_end": _time(definition.ends_at).missing}


def _none(
    definition: Definition, groups: list[Row], left_out: dict[str, int], scope: Scope
) -> tuple[float | None, str]:
    """What is said where no incident is in the sample: which times none states, if that is why."""
    unstated = [_time(name).recorded for name in definition.needs if not sum(group[name] for group in groups)]
    if unstated and set(left_out) - _UNDER_WAY:
        of_what = "the period" if scope.period else "the record"
        return None, f"needs {' and '.join(unstated)}, which no incident of {of_what} has"
    said = "0 of none" if definition.when_none is not None else ""
    window = f"the {definition.months} months before {_parameters(definition, scope)['to_on']}" if definition.months else scope.period_words
    return definition.when_none, joined(said, left_out_note(left_out) or f"no incident in {window}")


# Reasons that are no gap in the record.
_UNDER_WAY = {"still open", "still active"}


def _cells(definition: Definition, value: float | None, n: int, left_out: dict[str, int], note: str) -> Row:
    cells = (definition.name, definition.family, definition.source, _time(definition.begins_at).name,
             _time(definition.ends_at).name, definition.population, definition.statistic, definition.kind, value,
             "minutes", None, None, n, sum(left_out.values()), note)
    return dict(zip(COLUMNS, cells, strict=True))


def _ours(connection: DuckDBPyConnection, period: Period | None) -> list[Row]:
    metric = METRICS["time_to_restore"]
    found = {row["statistic"]: row for row in compute(connection, metric.name, period=period).rows}
    said = {"median": ("Kaplan-Meier median", MEDIAN), "p90": ("Kaplan-Meier 90th percentile", PERCENTILE)}
    return [
        {"name": f"opsanalytics {statistic}", "family": OURS, "source": f"{metric.name}, version {metric.version}",
         "start": "started", "end": "first known of impact end, mitigated, resolved",
         "population": "at risk in the period, open ones censored", "statistic": words, "kind": kind,
         **{key: found[statistic][key] for key in ("value", "unit", "low", "high", "n")},
         "n_left_out": found[statistic]["n_excluded"], "note": found[statistic]["note"]}
        for statistic, (words, kind) in said.items()
    ]


# --- statistics

def _whole(minutes: Floats, unit: float) -> Floats:
    """Cut off to whole units, in minutes."""
    whole: Floats = np.floor(np.round(minutes / unit, 9)) * unit
    return whole


SECOND, HOUR, DAY, WEEK, MONTH = 1 / 60, 60.0, 1440.0, 10080.0, 730 * 60.0


def _mean(sample: Sample) -> float:
    return float(sample.minutes.mean())


def _mean_of_whole_seconds(sample: Sample) -> float:
    return float(_whole(sample.minutes, SECOND).mean())


def _mean_seconds_rounded_up(sample: Sample) -> float:
    return float(np.ceil(np.round(sample.minutes.mean() * 60, 6)) / 60)


def _rounded_mean_of_whole_hours(sample: Sample) -> float:
    """Half an hour is rounded up, as JavaScript does."""
    return float(np.floor(_whole(sample.minutes, HOUR).mean() / HOUR + 0.5) * HOUR)


def _p95(sample: Sample) -> float:
    """The nearest rank: the smallest one at or under which 95 % lie."""
    return float(sample.minutes[-(-95 * len(sample.minutes) // 100) - 1])


def _lower_median_of_whole_minutes(sample: Sample) -> float:
    """The largest whose percent rank is at most one half."""
    return float(_whole(sample.minutes, 1)[(len(sample.minutes) - 1) // 2])


def _median(sample: Sample) -> float:
    return float(np.median(sample.minutes))


def _median_of_whole_hours(sample: Sample) -> float:
    return float(np.median(_whole(sample.minutes, HOUR)))


def _median_of_daily_medians(sample: Sample) -> float:
    days = np.asarray(sample.days, dtype="datetime64[D]")
    return float(np.median([np.median(sample.minutes[days == day]) for day in np.unique(days)]))


Bins = tuple[tuple[float, str], ...]
DORA_BINS: Bins = (
    (HOUR, "less than one hour"), (DAY, "less than one day"), (WEEK, "one day to one week"), (MONTH, "one week to one month"),
    (6 * MONTH, "one month to six months"), (np.inf, "more than six months"),
)
FOUR_KEYS_BINS: Bins = (
    (DAY, "One day"), (WEEK, "One week"), (MONTH, "One month"), (6 * MONTH, "Six months"), (np.inf, "One year"),
)


def _bin(minutes: float, bins: Bins) -> str:
    return next(name for end, name in bins if minutes < end)


def _dora_bins(minutes: Floats) -> str:
    found = [_bin(value, DORA_BINS) for value in minutes]
    counts = ", ".join(f"{name} {found.count(name)}" for _, name in DORA_BINS if name in found)
    return f"bin: {_bin(float(np.median(minutes)), DORA_BINS)} (of all: {counts})"


def _four_keys_bin(minutes: Floats) -> str:
    return f"shown as: {_bin(float(np.median(_whole(minutes, HOUR))), FOUR_KEYS_BINS)}"


# --- the definitions

DEFINITIONS = (
    Definition(
        "PagerDuty API mean seconds to resolve", PAGING,
        "PagerDuty REST API v2, Analytics, `mean_seconds_to_resolve`: mean time from when an incident was triggered until it was resolved",
        "created_at", "resolved_at", "created_at", "created in the period and resolved", "mean", MEAN, _mean,
        ("created_at", "resolved_at"),
    ),
    Definition(
        "PagerDuty reviews guide MTTR", PAGING,
        "PagerDuty, Operational Reviews guide, Definitions (PagerDuty/operational-review-docs, docs/definitions.md, 17d5692)",
        "created_at", "resolved_at", "created_at", "created in the period, acknowledged and resolved", "mean", MEAN, _mean,
        ("created_at", "acknowledged_at", "resolved_at"), "without_acknowledgement",
    ),
    Definition(
        "Opsgenie MTTR", PAGING, "Atlassian Support, Opsgenie, How are global reports calculated?",
        "created_at", "closed_at", "created_at", "created in the period and closed", "mean", MEAN, _mean,
        ("created_at", "closed_at"),
    ),
    Definition(
        "Opsgenie time to resolve, 95th percentile", PAGING, "Atlassian Support, Opsgenie, How are team reports calculated?",
        "created_at", "closed_at", "created_at", "created in the period and closed", "95th percentile, nearest rank", PERCENTILE, _p95,
        ("created_at", "closed_at"),
    ),
    Definition(
        "Grafana OnCall MTTR (respond)", PAGING,
        "grafana/oncall, engine/apps/alerts/models/alert_group.py (0131c47) and engine/apps/metrics_exporter/tasks.py (00ca423)",
        "started_at", "responded_at", "started_at",
        "started in the period (there, the last 7 days) and acknowledged or resolved, not in the same instant",
        "mean of whole seconds", MEAN, _mean_of_whole_seconds, ("started_at", "responded_at"), "of_no_length",
    ),
    Definition(
        "Datadog time to resolve", INCIDENTS,
        "Datadog documentation, Incident Management, Analytics and reporting (DataDog/documentation#35821, 2026)",
        "declared_at", "resolved_at", "declared_at", "declared in the period and resolved", "mean", MEAN, _mean,
        ("declared_at", "resolved_at"),
    ),
    Definition(
        "Datadog time to repair", INCIDENTS,
        "Datadog documentation, Incident Management, Analytics and reporting (DataDog/documentation#35821, 2026)",
        "detected_at", "impact_ended_at", "detected_at", "detected in the period and resolved", "mean", MEAN, _mean,
        ("detected_at", "impact_ended_at", "resolved_at"), "without_resolution",
    ),
    Definition(
        "Netflix Dispatch mean response time", INCIDENTS,
        "Netflix/dispatch, src/dispatch/static/dispatch/src/dashboard/incident/IncidentMeanResponseTimeCard.vue (3879a89)",
        "reported_at", "stable_or_now_at", "reported_at", "reported in the period and not active",
        "mean of whole hours, rounded to hours", MEAN, _rounded_mean_of_whole_hours, ("reported_at",), "still_active",
    ),
    Definition(
        "Keep MTTR", INCIDENTS,
        "keephq/keep, keep/api/bl/incident_reports.py (0b048a3); the order of the 100 in keep/api/core/incidents.py (025a0cf)",
        "begun_at", "resolved_at", "begun_at", "of the first 100 created in the period, those resolved",
        "mean, rounded up to seconds; 0 of none", MEAN, _mean_seconds_rounded_up, ("begun_at", "resolved_at"),
        "after_the_first_hundred", when_none=0.0,
    ),
    Definition(
        "BMC Helix AIOps MTTR", INCIDENTS, "BMC Helix AIOps 24.2 documentation, Mean time to resolve (MTTR)",
        "created_at", "closed_at", "closed_at", "closed in the period", "mean", MEAN, _mean, ("created_at", "closed_at"),
    ),
    Definition(
        "DevLake time to restore service (2021)", DELIVERY,
        "apache/incubator-devlake, grafana/dashboards/DORADetails-TimetoRestoreService.json (04c5eae)",
        "created_at", "resolved_at", "resolved_at", "resolved in the period", "lower median of whole minutes", MEDIAN,
        _lower_median_of_whole_minutes, ("created_at", "resolved_at"),
    ),
    Definition(
        "DevLake failed deployment recovery (2023)", DELIVERY,
        "apache/incubator-devlake, grafana/dashboards/DORADetails-FailedDeploymentRecoveryTime.json (15bb7cf)",
        "deployed_at", "resolved_at", "resolved_at",
        "resolved in the period, caused by a deployment that succeeded on production in the period",
        "lower median of whole minutes", MEDIAN, _lower_median_of_whole_minutes,
        ("caused_by_deployment", "deployed_at", "resolved_at"), "not_caused_by_a_counted_deployment",
    ),
    Definition(
        "DORA failed deployment recovery time", DELIVERY, "DORA, Accelerate State of DevOps Report 2023",
        "deployed_at", "resolved_at", "resolved_at", "resolved in the period, caused by a deployment to production",
        "the bin of the median", BIN, _median, ("caused_by_deployment", "deployed_at", "resolved_at"),
        "not_caused_on_production", remark=_dora_bins,
    ),
    Definition(
        "Four Keys time to restore services", DELIVERY,
        "dora-team/fourkeys, METRICS.md (02aa264) and queries/incidents.sql (0a3bb88)",
        "created_or_deployed_at", "resolved_at", "created_or_deployed_at",
        "created in the three months before the end of the period, and resolved", "median of whole hours, as a bin", BIN,
        _median_of_whole_hours, ("created_at", "resolved_at"), remark=_four_keys_bin, months=3,
    ),
    Definition(
        "GitLab time to restore service", DELIVERY,
        "GitLab, Dora::TimeToRestoreServiceMetric (gitlab-org/gitlab!82510, 2022; gitlab-org/gitlab#451752 on its medians)",
        "created_at", "closed_at", "closed_at", "closed in the period, each taken for one of production and of one deployment",
        "median of the medians of the days", MEDIAN, _median_of_daily_medians, ("created_at", "closed_at"),
    ),
)
