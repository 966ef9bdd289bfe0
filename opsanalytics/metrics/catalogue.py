"""The catalogue: what each metric asks, counts, starts and stops at. Captions and docs come from these entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from opsanalytics.errors import UsageError

# Units of the statistics that are not told in the unit of their metric.
UNITS = {
    "per_week": "incidents a week",
    "open": "promises",
    "overdue": "promises",
    "person_hours": "person-hours",
    "actions": "actions",
    "decisions": "decisions",
    "actions_per_session": "actions a session",
    "decisions_per_session": "decisions a session",
    **dict.fromkeys(
        ("share_done_30d", "share_done_90d", "done_within_sla", "carried_over", "share_held", "share_within_timebox",
         "share_complete", "share_hit"), "share",
    ),
}


@dataclass(frozen=True)
class Metric:
    """One entry: clock_start and clock_end are columns of the facts, empty when nothing is timed.

    records is what can be grouped, a name of `dimensions.RECORDS`; sql is `family.query`: the family's file beside this
    module and the query in it that reads the facts. unit is that of every statistic which UNITS does not name. rules says of
    statistics what sets them apart, a sentence that several may share.
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
    records: str
    sql: str
    rules: Mapping[str, str] = field(default_factory=dict)

    def unit_of(self, statistic: str) -> str:
        return UNITS.get(statistic, self.unit)

    @property
    def definition(self) -> str:
        """All that is to be said of the metric."""
        return self.definition_of(*self.statistics)

    def definition_of(self, *statistics: str) -> str:
        """One sentence and the rules of these statistics, the caption under a figure that shows them."""
        timed = f"{self.unit} from {self.clock_start} to {self.clock_end} ({self.clock}) of " if self.clock_end else ""
        said = (
            f"{self.name} (version {self.version}): {timed}{self.population}, {self.period_by}; "
            f"{self.open_items}; source: {self.source}."
        )
        return " ".join(dict.fromkeys((said, *(self.rules[name] for name in statistics if name in self.rules))))


_INCIDENTS = "incidents of kind incident, not cancelled or merged, not excluded by their file"
_AT_RISK = ("at risk in the period, those from before it by late entry at its start (without a period: all from their own start, "
            "in the week, month or quarter of it)")
_CENSORED = "those still open are censored at the load's as-of, or the period's end if that is earlier"
_BY_SURVIVAL = "by Kaplan-Meier of all of them, the others of those that started in the period and ended by its end"
_UNSTATED = "those whose file does not give the time are left out and counted"
_DURATIONS = ("median", "p90", "mean", "geometric_mean", "closed_only_median")
_SESSIONS = "sessions of rituals that were held"
_HELD_IN = "by the day they were held on"
_DECIDED_IN = "by the day they were decided on, else proposed on, else last changed on (the only day that MADR has)"


def _duration(name: str, question: str, clock_start: str, clock_end: str, open_items: str) -> Metric:
    return Metric(
        name, question, _INCIDENTS, clock_start, clock_end, "24x7", _AT_RISK, f"{open_items}; median and p90 {_BY_SURVIVAL}",
        _DURATIONS, "minutes", 2, "incident_facts", "incidents", "durations.durations",
    )


def _promises(
    name: str, question: str, population: str, sla: str, records: str, more: Mapping[str, str] | None = None
) -> Metric:
    rules = {
        "median_days_to_close": "The median is of the time until a promise left the open list, done, dropped or gone: by "
        "Kaplan-Meier of all at risk in the period, those from before it by late entry at its start, those open at its end or the "
        "as-of censored there.",
        "closed_only_median_days": "The closed-only median, what a closed-only report would say, is of those promised in the "
        "period and done by its end or the as-of.",
        **dict.fromkeys(("share_done_30d", "share_done_90d"), "A share by a day is the Aalen-Johansen cumulative incidence in the "
        "cohort promised in the period, up to the as-of: to be dropped or gone is another end, and one that is open is censored; its "
        "interval is exact where all were watched until that day."),
        "done_within_sla": f"done_within_sla is the plain share of those promised in the period whose days are over, each by {sla}; "
        "one dropped or gone was not done.",
        **dict.fromkeys(("open", "overdue"), "Open and overdue are those promised in the period as they stand at the as-of, overdue "
        "by the last day named for them."),
        **(more or {}),
    }
    return Metric(
        name, question, f"{population}, each once however often it was carried over", "created_on", "ended_on", "24x7",
        "in a period as each statistic says", "where days are asked, an end of no known day is left out and counted",
        tuple(rules), "days", 2, "promise_facts", records, "promises.days_to_close", rules,
    )


def _tally(
    name: str, question: str, population: str, period_by: str, open_items: str, statistics: tuple[str, ...], unit: str,
    source: str, records: str, sql: str,
) -> Metric:
    """Shares, counts, sums and plain medians: nothing in them is still going on."""
    return Metric(
        name, question, population, "", "", "24x7", period_by, open_items, statistics, unit, 1, source, records, sql
    )


_ENTRIES = (
    Metric(
        "incident_count", "How many incidents were there?", _INCIDENTS, "", "", "24x7",
        "by the day they started on", "open ones count", ("count", "per_week"), "incidents", 1,
        "incident_facts", "incidents", "counts.incident_counts",
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
    _promises("follow_up_completion", "Do the follow-ups of incidents get done, and how soon?",
              "promises that an incident made first", "the severity of the incident", "follow_ups"),
    _promises("retro_action_completion", "Do the actions of retrospectives get done, and do the same ones come back?",
              "promises that a retrospective made first", "the first day named for it", "ritual_actions",
              {"carried_over": "Carried over is the share of those promised in the period that a later record wrote again."}),
    _tally("ritual_held", "Are the promised rituals held?",
           "days for which the cadence promised a ritual", "by the promised day",
           "a day to come is not asked for", ("share_held", "held", "missed", "cancelled"), "promised days",
           "ritual_slots", "ritual_days", "rituals.ritual_days"),
    _tally("ritual_minutes", "How long do rituals take, and do they keep their timebox?",
           _SESSIONS, _HELD_IN, "those without the minutes, the timebox or the people present are left out and counted",
           ("median", "share_within_timebox", "person_hours"), "minutes",
           "ritual_facts", "sessions", "rituals.session_minutes"),
    _tally("ritual_outcomes", "What comes of a session?",
           _SESSIONS, _HELD_IN, "one that left neither action nor decision counts with none",
           ("actions_per_session", "decisions_per_session", "actions", "decisions"), "outcomes",
           "ritual_facts", "sessions", "rituals.session_outcomes"),
    _tally("decision_count", "How many decisions are on record?",
           "decision files", _DECIDED_IN,
           "drafts and proposals count", ("count",), "decisions",
           "decision_facts", "decisions", "decisions.decision_counts"),
    Metric("time_in_proposed", "How long do proposals wait for their decision?",
           "decision files", "proposed_on", "decided_on", "24x7",
           _AT_RISK, f"{_CENSORED}; median {_BY_SURVIVAL}", ("median", "closed_only_median"), "days", 2,
           "decision_facts", "proposals", "durations.days_in_proposed"),
    _tally("decision_completeness", "Are decisions written down with all that their template asks for?",
           "decision files that follow a known template", _DECIDED_IN,
           "drafts and proposals count, and lack their decision until one is written", ("share_complete",), "share",
           "decision_facts", "decisions", "decisions.decision_completeness"),
    _tally("key_results", "Which key results were hit, missed, or never measured?",
           "key results of objectives", "by the last day of their objective's own period",
           "those whose period is not known to be over are running and counted apart, and the share asks the measured ones",
           ("share_hit", "hit", "missed", "not_measured", "running"), "key results",
           "key_result_facts", "key_results", "objectives.key_result_outcomes"),
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
