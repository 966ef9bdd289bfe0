"""The catalogue: what each metric asks, counts, starts and stops at. Captions and docs come from these entries."""

from __future__ import annotations

from dataclasses import dataclass

from opsanalytics.errors import UsageError

UNITS = {
    "count": "incidents",
    "per_week": "incidents a week",
    "median": "minutes",
    "p90": "minutes",
    "mean": "minutes",
    "geometric_mean": "minutes",
    "closed_only_median": "minutes",
    "median_days_to_close": "days",
    "closed_only_median_days": "days",
    "share_done_30d": "share",
    "share_done_90d": "share",
    "done_within_sla": "share",
    "open": "promises",
    "overdue": "promises",
}


@dataclass(frozen=True)
class Metric:
    """One entry: clock_start and clock_end are columns of the facts, empty when nothing is timed.

    sql is `family.query`: the family's file beside this module and the query in it that reads the facts.
    """

    name: str
    question: str
    population: str
    clock_start: str
    clock_end: str
    clock: str
    period_by: str
    open_items: str
    statistics: tuple[str, ...]
    unit: str
    version: int
    source: str
    sql: str

    @property
    def definition(self) -> str:
        """One sentence, the caption under every figure of this metric."""
        timed = f"{self.unit} from {self.clock_start} to {self.clock_end} ({self.clock}) of " if self.clock_end else ""
        return (
            f"{self.name} (version {self.version}): {timed}{self.population}, {self.period_by}; "
            f"{self.open_items}; source: {self.source}."
        )


_INCIDENTS = "incidents of kind incident, not cancelled or merged, not excluded by their file"
_STARTED = "that started in the period (no late entry: those open from before it are not in it)"
_CENSORED = "those still open are censored at the load's as-of, or the period's end if that is earlier"
_UNSTATED = "those whose file does not give the time are left out and counted"
_DURATIONS = ("median", "p90", "mean", "geometric_mean", "closed_only_median")


def _duration(name: str, question: str, clock_start: str, clock_end: str, open_items: str) -> Metric:
    return Metric(
        name, question, _INCIDENTS, clock_start, clock_end, "24x7", _STARTED, open_items, _DURATIONS, "minutes", 1,
        "incident_facts", "durations.durations",
    )


_ENTRIES = (
    Metric(
        "incident_count", "How many incidents were there?", _INCIDENTS, "", "", "24x7",
        "by the day they started on", "open ones count", ("count", "per_week"), "incidents", 1,
        "incident_facts", "counts.incident_counts",
    ),
    _duration("time_to_detect", "How long until somebody or something noticed?",
              "started_at", "detected_at", _UNSTATED),
    _duration("time_to_acknowledge", "How long from the detection until somebody took it?",
              "detected_at", "acknowledged_at", _UNSTATED),
    _duration("time_to_mitigate", "How long until the impact was contained?",
              "started_at", "mitigated_at", _CENSORED),
    _duration("time_to_resolve", "How long until it was resolved?",
              "started_at", "resolved_at", _CENSORED),
    _duration("time_to_restore", "How long until service was back: the first known of impact end, mitigated, resolved?",
              "started_at", "restored_at", _CENSORED),
    Metric(
        "follow_up_completion", "Do the follow-ups of incidents get done, and how soon?",
        "follow-ups promised in incidents", "created_on", "done_on", "24x7",
        "as the cohort promised in the period",
        "those still open are censored at the load's as-of, a share asks those whose days are over by then",
        ("median_days_to_close", "closed_only_median_days", "share_done_30d", "share_done_90d", "done_within_sla",
         "open", "overdue"), "days", 1, "action_item_facts", "promises.days_to_close",
    ),
)

METRICS = {metric.name: metric for metric in _ENTRIES}


def find_metric(name: str) -> Metric:
    """Refused with UsageError: a name that is not in the catalogue."""
    if name not in METRICS:
        raise UsageError(f"`{name}` is not a metric; valid: {', '.join(METRICS)}")
    return METRICS[name]


def catalogue_rows() -> list[dict[str, str]]:
    """One row a metric, for the `metrics` command without a name."""
    return [
        {"name": metric.name, "question": metric.question, "unit": metric.unit,
         "statistics": ", ".join(metric.statistics)}
        for metric in METRICS.values()
    ]
