"""What policy or surprise says needs a person now: promises overdue, error budgets burning or overspent, surprising weeks.

The first three are facts of the record. A week is judged by the year before it, in every series alike: all incidents, those
of each severity, those of each service that had enough of them, and pages. How many series there are is corrected for.
What cannot be judged says why, and is never an alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from opsanalytics.metrics.budget_policies import HALT, policy_rows
from opsanalytics.metrics.budgets import burn_rate_rows, rolling
from opsanalytics.metrics.clock import read_clock
from opsanalytics.metrics.periods import Period
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import Row, joined, left_out_note
from opsanalytics.metrics.scope import Scope, read_scope
from opsanalytics.settings import Alerts
from opsanalytics.stats.forecasts import WEEKS_NEEDED, Surprise, surprising
from opsanalytics.stats.intervals import Estimate
from opsanalytics.stats.rates import Weeks

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Rule(NamedTuple):
    """What it looks at, one by one, and what it finds alarming there."""

    noun: str
    definition: str


OVERDUE, BURNING, OVERSPENT, SURPRISING = "promise-overdue", "budget-burning", "budget-overspent", "surprising-week"
RULES = {
    OVERDUE: Rule("promise", "owed past the last day that was named for it, of a severity that `policies.alerts` names"),
    BURNING: Rule("budget window", "spent faster than the rate that pages or opens a ticket"),
    OVERSPENT: Rule("budget", "more than all of it spent in the window after which `policies.error_budget` halts changes"),
    SURPRISING: Rule("weekly count", "more in the last whole week than the year before lets expect, for so many counts looked at"),
}
HISTORY_WEEKS = 52
# Of a service, in that year: with fewer even three in a week say little, and each series looked at costs all others.
EVENTS_NEEDED = 5
A_FACT = Estimate(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Alert:
    """value and threshold are of the unit; n is how many of `counted` were looked at, from `since` to `until`: days, or naive
    UTC. places: where the records behind it are, as `path:line`. false_alarms: what the rule lets expect in a year in which
    nothing changes.
    """

    rule: str
    subject: str
    found: str
    value: float
    threshold: float
    unit: str
    n: int
    counted: str
    since: date | None
    until: date
    places: tuple[str, ...]
    false_alarms: Estimate = A_FACT
    note: str = ""

    @property
    def cause(self) -> str:
        return f"{self.rule}/{self.subject}"

    @property
    def false_alarm_words(self) -> str:
        value, low, high = self.false_alarms
        if self.false_alarms == A_FACT:
            return "none, it is a fact of the record"
        return f"{value:.2g} a year of all counts together ({low:.2g} if events do not cluster, {high:.2g} at the most)"

    def to_json(self) -> Row:
        return {
            "rule": self.rule, "definition": RULES[self.rule].definition, "cause": self.cause, "found": self.found, "value": self.value,
            "threshold": self.threshold, "unit": self.unit, "n": self.n, "counted": self.counted, "since": self.since,
            "until": self.until, "places": list(self.places), "false_alarms_a_year": self.false_alarms._asdict(),
            "false_alarms": self.false_alarm_words, "note": self.note,
        }


class Quiet(NamedTuple):
    """What was looked at and needs nobody: an alert of this cause has ended."""

    rule: str
    subject: str

    @property
    def cause(self) -> str:
        return f"{self.rule}/{self.subject}"


class Unjudged(NamedTuple):
    rule: str
    subject: str
    why: str


Verdict = Alert | Quiet | Unjudged


@dataclass(frozen=True)
class Judged:
    """Every verdict at the load's as-of, naive UTC."""

    as_of: datetime
    verdicts: tuple[Verdict, ...]

    @property
    def alerts(self) -> list[Alert]:
        return [each for each in self.verdicts if isinstance(each, Alert)]

    @property
    def ended(self) -> set[str]:
        """The causes of which it is known that they are no more, or never were."""
        return {each.cause for each in self.verdicts if isinstance(each, Quiet)}

    @property
    def looked_at(self) -> dict[str, int]:
        """How many could be judged, by rule."""
        rules = [each.rule for each in self.verdicts if not isinstance(each, Unjudged)]
        return {rule: rules.count(rule) for rule in RULES}

    @property
    def unjudged(self) -> list[Unjudged]:
        return [each for each in self.verdicts if isinstance(each, Unjudged)]


def judge(connection: DuckDBPyConnection) -> Judged:
    """Refused: a database without a load (DatabaseError)."""
    scope = read_scope(connection, "incidents", None, None, every_kind=False)
    policy = Alerts(**scope.clock.policies.get("alerts", {}))
    verdicts = [
        *_promises(scope, policy.severities or scope.clock.severities[:1]),
        *_burning(connection),
        *_overspent(connection),
        *_surprising(scope, policy.false_alarms_a_year),
    ]
    return Judged(scope.clock.as_of, tuple(verdicts))


# --- promises


def _promises(scope: Scope, levels: list[str]) -> Iterator[Verdict]:
    rows = fetch(scope.connection, "alerts.promises_to_keep", {"levels": levels})
    if not rows:
        yield Unjudged(OVERDUE, ", ".join(levels), f"no promise of {' or '.join(levels)} is on record")
    for row in rows:
        if row["last_due_on"] is None:
            yield Unjudged(OVERDUE, row["action_id"], f"no day is named for it ({row['last_place']})")
        else:
            yield _overdue(row, scope.clock.as_of_on) if row["is_overdue"] else Quiet(OVERDUE, row["action_id"])


def _overdue(row: Row, as_of_on: date) -> Alert:
    late = row["days_late"]
    found = f"a {row['severity']} promise is {late} day{'s' * (late != 1)} overdue, for {row['last_due_on']}: {row['text']}"
    places = dict.fromkeys((row["first_place"], row["last_place"]))
    return Alert(OVERDUE, row["action_id"], found, late, 0, "days overdue", 1, "promise", row["created_on"], as_of_on, tuple(places))


# --- error budgets


def _burning(connection: DuckDBPyConnection) -> Iterator[Verdict]:
    """The window after which changes halt is the other rule's."""
    clock, places = read_clock(connection), _objective_places(connection)
    if not places:
        yield Unjudged(BURNING, "objectives", "no objective is on record: ops/slo.yml brings them")
    for row in burn_rate_rows(connection):
        if row["window"] != clock.error_budget.halt_after:
            subject, found = f"{row['slo_id']}/{row['window']}", f"the budget of {row['slo_id']} burns at {row['value'] or 0:.3g}"
            found += f" times its pace in the last {row['window']}"
            yield _of_budget(BURNING, subject, row, found, clock.as_of, places, is_due=row["is_burning"])


def _overspent(connection: DuckDBPyConnection) -> Iterator[Verdict]:
    clock, places = read_clock(connection), _objective_places(connection)
    for row in policy_rows(connection):
        if row["rule"] == HALT:
            found = f"{row['value'] or 0:.0%} of the budget of {row['slo_id']} is spent in {row['window']}: the policy halts changes"
            is_due = None if row["value"] is None else row["answer"] == HALT
            yield _of_budget(OVERSPENT, row["slo_id"], row, found, clock.as_of, places, is_due=is_due)


def _of_budget(
    rule: str, subject: str, row: Row, found: str, as_of: datetime, places: dict[str, str], *, is_due: bool | None
) -> Verdict:
    """row: an answer of the budgets, with value, threshold, unit, window, n and note."""
    if is_due is None:
        return Unjudged(rule, subject, row["note"])
    if not is_due:
        return Quiet(rule, subject)
    since = rolling(as_of, row["window"]).starts_at
    return Alert(rule, subject, found, row["value"], row["threshold"], row["unit"], row["n"], "samples", since, as_of,
                 (places[row["slo_id"]],), note=row["note"])  # fmt: skip


def _objective_places(connection: DuckDBPyConnection) -> dict[str, str]:
    return {row["slo_id"]: row["place"] for row in fetch(connection, "alerts.objective_places", {})}


# --- surprising weeks


@dataclass(frozen=True)
class Series:
    """Weekly counts up to the last whole week, which is judged. days: of each week, those on record. begins_on: first of them.
    places: where the last week's events are. kind: `incidents`, `severity`, `service`, `pages`; label: which of them.
    """

    kind: str
    label: str | None
    begins_on: date
    days: Sequence[int]
    counts: Sequence[int]
    places: Sequence[str] = ()

    @property
    def name(self) -> str:
        """`incidents`, `SEV-1`, `service api`, `pages`."""
        return (self.label or self.kind) if self.kind != "service" else f"service {self.label}"

    @property
    def noun(self) -> str:
        return "page" if self.kind == "pages" else "incident"

    @property
    def past(self) -> int:
        return sum(self.counts[:-1])

    @property
    def lack(self) -> str:
        """Of history; empty when there is enough."""
        if len(self.counts) <= WEEKS_NEEDED:
            return f"{len(self.counts) - 1} of the {WEEKS_NEEDED} weeks of history that it takes"
        if self.kind == "service" and self.past < EVENTS_NEEDED:
            return f"{self.past} of the {EVENTS_NEEDED} incidents that it takes in the year before"
        return ""

    @property
    def weeks(self) -> Weeks:
        return Weeks(np.array(self.counts, dtype=np.float64), np.array(self.days, dtype=np.float64) / 7)


def _surprising(scope: Scope, false_alarms_a_year: float) -> Iterator[Verdict]:
    week = scope.clock.period("last", "week")
    series = read_series(scope, week)
    if not any(each.kind == "incidents" for each in series):
        yield Unjudged(SURPRISING, "incidents", "no incident is on record before this week: ops/incidents/*.md bring them")
    if not any(each.kind == "pages" for each in series):
        yield Unjudged(SURPRISING, "pages", "no page is on record before this week: ops/pages.csv brings them")
    rows = fetch(scope.connection, "alerts.left_out_of_week", {"week_on": week.starts_on, "ends_on": week.ends_on})
    left_out = {row["reason"]: row["n"] for row in rows}
    yield from judge_week(series, week, false_alarms_a_year, left_out_note(left_out))


def read_series(scope: Scope, week: Period) -> list[Series]:
    """Those that were on record in the week."""
    starts_on = week.starts_on - timedelta(weeks=HISTORY_WEEKS)
    asked: dict[str, Any] = {**scope.parameters, "severities": scope.clock.severities, "first_on": scope.first_on,
                             "starts_on": starts_on, "ends_on": week.ends_on, "zone": scope.clock.zone}  # fmt: skip
    return [Series(**row) for row in fetch(scope.connection, "alerts.weekly_series", asked)]


def judge_week(series: Iterable[Series], week: Period, false_alarms_a_year: float, left_out: str = "") -> Iterator[Verdict]:
    """left_out: what is not counted among the week's incidents."""
    series = list(series)
    yield from (Unjudged(SURPRISING, each.name, each.lack) for each in series if each.lack)
    looked_at = [each for each in series if not each.lack]
    found = [_look(each, len(looked_at), false_alarms_a_year) for each in looked_at]
    expected = Estimate(*(sum(each.false_alarms[end] or 0.0 for each in found) for end in range(3)))
    for one, surprise in zip(looked_at, found, strict=True):
        note = joined(f"{len(looked_at)} counts looked at", left_out if one.noun == "incident" else "")
        yield _surprise(one, week, surprise, expected, note) if surprise.is_raised else Quiet(SURPRISING, one.name)


def _look(series: Series, looked_at: int, false_alarms_a_year: float) -> Surprise:
    found = surprising(series.weeks, looked_at, false_alarms_a_year)
    assert isinstance(found, Surprise)  # what lacks history is not looked at
    return found


def _surprise(series: Series, week: Period, surprise: Surprise, expected: Estimate, note: str) -> Alert:
    """Its cause is the series in that week, which no later week ends."""
    count, usual = series.counts[-1], 7 * series.past / sum(series.days[:-1])
    found = f"{_events(count, series)} in {week.name}, where {usual:.2g} a week are usual; from {surprise.least} on it is a surprise"
    chance = f"a chance of {surprise.p_value:.2g} by the {len(series.counts) - 1} weeks before it"
    return Alert(SURPRISING, f"{series.name}/{week.name}", found, count, surprise.least, f"{series.noun}s in the week",
                 sum(series.counts), series.noun, series.begins_on, week.ends_on - timedelta(1), tuple(series.places), expected,
                 joined(chance, note))  # fmt: skip


def _events(count: int, series: Series) -> str:
    of = {"severity": f" of {series.label}", "service": f" of {series.label}"}.get(series.kind, "")
    return f"{count} {series.noun}{'s' * (count != 1)}{of}"
