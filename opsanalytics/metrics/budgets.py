"""Error budgets: what every objective still allows, how fast it is spent, and past months.

What a budget counts follows OpenSLO (v1, SLO, budgetingMethod; examples/budgetting-method): `occurrences` good events of
all, `timeslices` good slices of all, a slice being good from its own target on, `ratio_timeslices` the mean of the slices'
ratios. The budget is 1 - target of what was seen in the window so far, as Pyrra has it (slo/promql.go, QueryErrorBudget);
the burn rate is how many times that share went wrong (Site Reliability Workbook, 2018, chapter 5).

Samples are counted whole. A window that slides has those that end in it, so that the last hour is the last one measured; a
month or quarter has those that lie in it by the greater part; an incident's weeks have those that begin in them. A gap is time for which a whole sample is missing: it is
shown and never filled. INSUFFICIENT_DATA is the answer without a sample, without an event in one, with samples too long to
tell what is asked, and where more than a quarter is a gap: the completeness of 75 % that 40 CFR part 50, appendix N, asks of
a quarter. Everything here is counted and not sampled, so no number has an interval.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any, Literal

from dateutil.relativedelta import relativedelta

from opsanalytics.metrics.clock import Clock, read_clock
from opsanalytics.metrics.periods import Period, trailing
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import Row, joined

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MET, MISSED, INSUFFICIENT = "met", "missed", "INSUFFICIENT_DATA"
MAX_GAP = 0.25
# The rates that page or open a ticket: 2 % of a month's budget in an hour, 5 % in six, 10 % in one day and in three
# (Site Reliability Workbook, chapter 5, and Sloth's alerts after it). Above 1 over four weeks the budget is overspent.
BURN_RATES = {"1h": 14.4, "6h": 6.0, "1d": 3.0, "3d": 1.0, "28d": 1.0}
SHARE, PACE = "share of the budget", "times the budget's pace"
CALENDAR = {"7d": "week", "1M": "month", "3M": "quarter", "1Q": "quarter", "12M": "year", "1Y": "year"}
_ROLLING = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "M": "months", "Y": "years"}
MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Stretch:
    """Instants in naive UTC, the end not after the as-of. side: what of a sample must lie in it for it to count."""

    name: str
    starts_at: datetime
    ends_at: datetime
    side: Literal["start", "middle", "end"]

    @property
    def words(self) -> str:
        return f"the last {self.name}" if self.side == "end" else self.name

    @property
    def minutes(self) -> float:
        return (self.ends_at - self.starts_at) / MINUTE


@dataclass(frozen=True)
class Objective:
    """A row of slos. first_at, last_at: from when to when there are samples of it, the last of them from last_begins_at on;
    None without one.
    """

    slo_id: str
    service: str | None
    name: str | None
    target: float | None
    time_window: str | None
    window_kind: str | None
    method: str
    slice_target: float | None
    slice_window: str | None
    first_at: datetime | None
    last_at: datetime | None
    last_begins_at: datetime | None

    @property
    def slice_seconds(self) -> int | None:
        """None: every sample is a slice, or events are counted."""
        if self.slice_window is None or self.method == "occurrences":
            return None
        slice_ends_at: datetime = _EPOCH + _delta(self.slice_window)
        return round((slice_ends_at - _EPOCH).total_seconds())

    @property
    def unit(self) -> str:
        return "events" if self.method == "occurrences" else "time slices"


@dataclass(frozen=True)
class Spending:
    """What an objective's samples say of a stretch; None when there is no such stretch. good and total are of its unit."""

    objective: Objective
    stretch: Stretch | None
    good: float = 0
    total: float = 0
    n: int = 0
    minutes: float = 0
    shortest_minutes: float = 0
    longest_minutes: float = 0

    @property
    def gap(self) -> float:
        """Share of the stretch for which whole samples are missing, each as long as the shortest there is."""
        if not self.n or self.stretch is None:
            return 1.0
        missing = max(self.stretch.minutes - self.minutes, 0) // self.shortest_minutes * self.shortest_minutes
        return missing / (missing + self.minutes)

    @property
    def is_after_first_sample(self) -> bool:
        first_at = self.objective.first_at
        return bool(first_at and self.stretch and first_at <= self.stretch.starts_at)

    @property
    def reason(self) -> str:
        """Why there is no answer; empty when there is one."""
        objective, stretch = self.objective, self.stretch
        if stretch is None:
            return f"nothing says when a calendar window of {objective.time_window} begins"
        if objective.target is None:
            return "the objective states no target"
        if objective.method == "timeslices" and objective.slice_target is None:
            return "the objective counts time slices and states no time_slice_target"
        return self._lack(stretch)

    def _lack(self, stretch: Stretch) -> str:
        slice_minutes = (self.objective.slice_seconds or 0) / 60
        if not self.n:
            return f"no sample in {stretch.words}{seen_words(self.objective)}"
        if self.longest_minutes > stretch.minutes:
            return f"samples of {_long(self.longest_minutes)} cannot tell of {stretch.words}"
        if slice_minutes and self.longest_minutes > slice_minutes:
            return f"samples of {_long(self.longest_minutes)} cannot tell slices of {self.objective.slice_window} apart"
        if self.gap > MAX_GAP:
            return f"no samples for {self.gap:.1%} of {stretch.words}{seen_words(self.objective)}"
        return "" if self.total else "its samples have no events"

    @property
    def compliance(self) -> float | None:
        return None if self.reason else self.good / self.total

    @property
    def answer(self) -> str:
        if self.compliance is None or self.objective.target is None:
            return INSUFFICIENT
        return MET if round(self.compliance - self.objective.target, 12) >= 0 else MISSED

    @property
    def allowed(self) -> float | None:
        """Bad events that the target allows of those seen; None where there is no budget to speak of."""
        target = self.objective.target
        return None if self.reason or target is None or target >= 1 else self.total * (1 - target)

    @property
    def spent(self) -> float | None:
        """Share of the budget, above 1 when it is overspent. It is the burn rate, too: both are bad over allowed."""
        return None if self.allowed is None else round((self.total - self.good) / self.allowed, 12)

    @property
    def note(self) -> str:
        """What the reader must know of the number, or of its absence."""
        return self.note_of("it")

    def note_of(self, stretch: str) -> str:
        """`note`, with these words for the stretch that has the gap."""
        if self.reason:
            return self.reason
        gap = f"no samples for {self.gap:.1%} of {stretch}" if self.gap else ""
        return joined("a target of 100 % leaves no budget" if self.allowed is None else "", gap)


# --- the answers


def budget_rows(connection: DuckDBPyConnection) -> list[Row]:
    """One row an objective, in its own window at the load's as-of; value is the share of its budget that is left, below
    0 when it is overspent. Without a stated window it is that of the policy's `halt_after`, and the note says so.
    """
    clock = read_clock(connection)
    asked = [(each, own_window(each, clock)) for each in read_objectives(connection, clock)]
    return [_budget_row(each, clock) for each in measure(connection, clock, asked)]


def last_budget_rows(connection: DuckDBPyConnection) -> list[Row]:
    """The budgets as they were when their samples ended: one row an objective that has any, in its own window up to the end
    of the last one.
    """
    clock = read_clock(connection)
    asked = [(each, _last_window(each, clock)) for each in read_objectives(connection, clock) if each.last_at]
    return [_budget_row(each, clock) for each in measure(connection, clock, asked)]


def day_rows(connection: DuckDBPyConnection, days: Sequence[date]) -> list[Row]:
    """One row an objective and day; value is the share of the budget that was spent in the policy's `halt_after` up to the
    end of the day, in the workspace's zone, or up to the as-of.
    """
    clock = read_clock(connection)
    ends = {on: min(clock.day(on).ends_at(clock.zone), clock.as_of) for on in days}
    asked = [(each, on, rolling(ends[on], clock.error_budget.halt_after)) for each in read_objectives(connection, clock) for on in days]
    found = measure(connection, clock, [(each, stretch) for each, _, stretch in asked])
    return [_row(each, on=on, value=each.spent, unit=SHARE, note=each.note) for (_, on, _), each in zip(asked, found, strict=True)]


def burn_rate_rows(connection: DuckDBPyConnection) -> list[Row]:
    """One row an objective and stretch of BURN_RATES up to the load's as-of. is_burning: faster than its threshold."""
    clock = read_clock(connection)
    stretches = [rolling(clock.as_of, text) for text in BURN_RATES]
    found = measure(connection, clock, [(each, stretch) for each in read_objectives(connection, clock) for stretch in stretches])
    return [
        _row(each, value=each.spent, unit=PACE, threshold=threshold, note=each.note,
             is_burning=None if each.spent is None else each.spent > threshold)
        for each, threshold in zip(found, cycle(BURN_RATES.values()), strict=False)
    ]


def month_rows(connection: DuckDBPyConnection) -> list[Row]:
    """One row an objective and calendar month, in the workspace's zone, from that of its first sample to the last one
    that is over; value is the share of the month's budget that was spent. An objective without such a month has none.
    """
    clock = read_clock(connection)
    months = _past_months(connection, clock)
    return [
        _row(each, answer=each.answer, value=each.spent, unit=SHARE, compliance=each.compliance, note=each.note)
        for each in measure(connection, clock, months)
        if each.n or each.is_after_first_sample
    ]


# --- measuring


def read_objectives(connection: DuckDBPyConnection, clock: Clock) -> list[Objective]:
    """In the order of their services."""
    return [Objective(**row) for row in fetch(connection, "budgets.objectives", {"as_of": clock.as_of})]


def measure(
    connection: DuckDBPyConnection, clock: Clock, asked: Iterable[tuple[Objective, Stretch | None]]
) -> list[Spending]:
    """What each objective's samples say of each stretch, in the order asked, by one query."""
    asked = list(asked)
    known = {number: (objective, stretch) for number, (objective, stretch) in enumerate(asked) if stretch}
    counts = {row.pop("number"): row for row in fetch(connection, "budgets.budget_counts", stretch_parameters(clock, known))}
    return [Spending(*pair, **counts.get(number, {})) for number, pair in enumerate(asked)]


def rolling(ends_at: datetime, text: str) -> Stretch:
    """The stretch of that length before an instant, under the name of its length."""
    return Stretch(text, ends_at - _delta(text), ends_at, "end")


def calendar(period: Period, clock: Clock) -> Stretch:
    """The days of a period as far as they are over, under its name and how far it is."""
    ends_at = period.ends_at(clock.zone)
    return Stretch(period.name if ends_at <= clock.as_of else period.label, period.starts_at(clock.zone), min(ends_at, clock.as_of), "middle")


def stretch_parameters(clock: Clock, asked: dict[int, tuple[Objective, Stretch]]) -> dict[str, Any]:
    objectives, stretches = [pair[0] for pair in asked.values()], [pair[1] for pair in asked.values()]
    return {
        "as_of": clock.as_of, "zone": clock.zone, "numbers": list(asked),
        "slo_ids": [each.slo_id for each in objectives],
        "methods": [each.method for each in objectives],
        "slice_targets": [each.slice_target for each in objectives],
        "slice_seconds": [each.slice_seconds for each in objectives],
        "starts_at": [each.starts_at for each in stretches],
        "ends_at": [each.ends_at for each in stretches],
        "sides": [each.side for each in stretches],
    }


def own_window(objective: Objective, clock: Clock) -> Stretch | None:
    """As `window`, of the objective; without a stated one it is that of the policy's `halt_after`."""
    text = objective.time_window or clock.error_budget.halt_after
    return window(text, objective.window_kind or "rolling", clock)


def _last_window(objective: Objective, clock: Clock) -> Stretch | None:
    """That of its last sample, under a name that says when it ends."""
    if objective.last_at is None or objective.last_begins_at is None:
        return None
    then = clock.back_to(objective.last_begins_at, objective.last_at)
    stretch = own_window(objective, then)
    return replace(stretch, name=f"{stretch.name} to {then.as_of:%Y-%m-%d %H:%M} UTC") if stretch and stretch.side == "end" else stretch


def window(text: str, kind: str, clock: Clock) -> Stretch | None:
    """The window at the as-of. None: a calendar window of a length for which no calendar has a beginning."""
    if kind == "rolling":
        return rolling(clock.as_of, text)
    return calendar(clock.period("this", CALENDAR[text]), clock) if text in CALENDAR else None


def _past_months(connection: DuckDBPyConnection, clock: Clock) -> list[tuple[Objective, Stretch]]:
    last = clock.period("last", "month")
    return [
        (objective, calendar(month, clock))
        for objective in read_objectives(connection, clock)
        if objective.first_at
        for month in trailing(last, _months_between(objective.first_at, last))
    ]


def _months_between(first_at: datetime, last: Period) -> int:
    """At least as many as have a sample, whatever the zone."""
    return (last.starts_on.year - first_at.year) * 12 + last.starts_on.month - first_at.month + 2


def _delta(text: str) -> relativedelta:
    """Of `28d`, `1M`, `1Q`: months and years are the calendar's, a quarter is three months."""
    number, unit = re.fullmatch(r"(\d+)(\w)", text).groups()  # type: ignore[union-attr]
    return relativedelta(months=3 * int(number)) if unit == "Q" else relativedelta(**{_ROLLING[unit]: int(number)})


# --- rows and words


def _row(spending: Spending, **cells: Any) -> Row:
    objective = spending.objective
    return {
        "slo_id": objective.slo_id, "service": objective.service,
        "window": spending.stretch.name if spending.stretch else objective.time_window,
        "low": None, "high": None, "good": spending.good, "total": spending.total, "counted": objective.unit,
        "gap": spending.gap, "n": spending.n, **cells,
    }


def _budget_row(spending: Spending, clock: Clock) -> Row:
    return _row(spending, answer=spending.answer, target=spending.objective.target, value=_left(spending), unit=SHARE,
                compliance=spending.compliance, note=joined(spending.note, _window_note(spending.objective, clock)))


def _left(spending: Spending) -> float | None:
    return None if spending.spent is None else round(1 - spending.spent, 12)


def _window_note(objective: Objective, clock: Clock) -> str:
    return "" if objective.time_window else f"the objective states no window: {clock.error_budget.halt_after} taken"


def seen_words(objective: Objective) -> str:
    if objective.first_at is None:
        return ", nor at any other time"
    return f" (there are samples from {objective.first_at:%Y-%m-%d %H:%M} to {objective.last_at:%Y-%m-%d %H:%M} UTC)"


def _long(minutes: float) -> str:
    size, unit = next((size, unit) for size, unit in ((1440, "d"), (60, "h"), (1, "m")) if minutes >= size or unit == "m")
    return f"{minutes / size:g}{unit}"
