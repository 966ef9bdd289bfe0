"""What the next month and the next quarter will bring, and the rota that meets it.

History is whole calendar months in the workspace's zone: of incidents from the record's first day on, of pages and of
hours interrupted from the first page to the last. The month that is not over is no history. It is not forecast either, nor
is any other month before the period that is: they are the lead, which every origin of the backtest has too, so that its
hits are those of forecasts made as early as this one.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from dateutil.relativedelta import relativedelta

from opsanalytics.metrics.clock import Clock, read_clock
from opsanalytics.metrics.oncall import month_rows
from opsanalytics.metrics.periods import Period, following
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import Row, joined
from opsanalytics.stats.forecasts import Forecast, Model, TooLittleHistory, forecast, periods_needed
from opsanalytics.stats.intervals import Estimate, Floats
from opsanalytics.stats.predictive import Quantity
from opsanalytics.stats.rates import Weeks

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SEASON = 12
KINDS = ("month", "quarter")
INCIDENTS, PAGES, HOURS = "incidents", "pages", "hours interrupted"
FOUND = ("value", "low", "high", "model", "hits", "origins", "hit_low", "hit_high", *map(str, Model))
DAY = timedelta(days=1)


@dataclass(frozen=True)
class History:
    """What came in each of some consecutive whole months, oldest first, and their days. ends_on: the first day after the last of them, and
    without any that of the month that is not over. group: a severity; None for all.
    """

    what: str
    group: str | None
    months_on: tuple[date, ...]
    came: Floats
    days: Floats
    ends_on: date
    note: str = ""

    @property
    def unit(self) -> str:
        return "hours" if self.what == HOURS else self.what

    @property
    def quantity(self) -> Quantity:
        return Quantity.AMOUNT if self.what == HOURS else Quantity.COUNT


@dataclass(frozen=True)
class Outlook:
    """A history and what it says of a period to come; None where it ended too long before it."""

    history: History
    period: Period
    answer: Forecast | TooLittleHistory | None

    @property
    def lead(self) -> int:
        return _months_between(self.history.ends_on, self.period.starts_on)

    @property
    def note(self) -> str:
        """What the reader must know of the forecast, or why there is none."""
        return joined(self.history.note, self._lack())

    def _lack(self) -> str:
        if not self.history.months_on and self.history.note:
            return ""
        if self.answer is None:
            return f"the history ends {self.lead} months before {self.period.name}, more than a year before its end"
        if isinstance(self.answer, TooLittleHistory):
            n = self.answer.periods
            return f"{n} whole month{'' if n == 1 else 's'} of history, {self.answer.needed} needed"
        return ""


# --- what is to come


def outlooks(connection: DuckDBPyConnection) -> list[Outlook]:
    """Of incidents, all and by each severity that there was, of pages and of hours interrupted: the next month's and the next
    quarter's after the as-of.
    """
    clock = read_clock(connection)
    return _outlooks(clock, [*_incidents(connection, clock), *_load(connection, clock)])


def next_outlooks(connection: DuckDBPyConnection, kind: str) -> list[Outlook]:
    """Of all incidents, of pages and of hours interrupted: those of the next period of the kind, a name of KINDS."""
    clock = read_clock(connection)
    totals = [each for each in (*_incidents(connection, clock), *_load(connection, clock)) if each.group is None]
    period = following(clock.period("this", kind))
    return [Outlook(history, period, _answer(history, period)) for history in totals]


def roster_row(connection: DuckDBPyConnection, outlook: Outlook) -> Row:
    """A row of `roster_rows`: the outlook's period, of hours interrupted."""
    return _roster_row(connection, read_clock(connection), outlook.period, _estimate(outlook))


def forecast_rows(connection: DuckDBPyConnection) -> list[Row]:
    """One row an outlook. low and high: the 80 % interval. hit_low and hit_high: 95 %, of the share of origins at which such
    an interval was right. A model's column is its mean interval score in the backtest, in the unit; the less the better.
    """
    return [_forecast_row(each) for each in outlooks(connection)]


def backtest_rows(connection: DuckDBPyConnection) -> list[Row]:
    """One row an outlook and origin, oldest first: which months were forecast, what was, and what came."""
    return [
        {"what": each.history.what, "group": each.history.group, "period": each.period.name, **attempt}
        for each in outlooks(connection)
        for attempt in attempts(each)
    ]


def attempts(outlook: Outlook) -> list[Row]:
    """Origins, oldest first. from_on, to_on: first and last day of what was forecast."""
    if not isinstance(outlook.answer, Forecast):
        return []
    months, horizon = outlook.history.months_on, _months_between(outlook.period.starts_on, outlook.period.ends_on)
    return [
        {"from_on": months[each.start], "to_on": _after(months[each.start], horizon) - DAY, "model": str(each.model),
         "low": each.low, "high": each.high, "came": each.came, "is_hit": each.is_hit}
        for each in outlook.answer.backtest
    ]


def _outlooks(clock: Clock, histories: Iterable[History]) -> list[Outlook]:
    periods = [following(clock.period("this", kind)) for kind in KINDS]
    return [Outlook(history, period, _answer(history, period)) for history in histories for period in periods]


def _answer(history: History, period: Period) -> Forecast | TooLittleHistory | None:
    ahead = np.array([_days_in(month_on) for month_on in _months(period)], dtype=np.float64)
    lead, n = _months_between(history.ends_on, period.starts_on), len(history.months_on)
    if lead + len(ahead) > SEASON:
        return None
    if n < (needed := periods_needed(SEASON, len(ahead), lead)):
        return TooLittleHistory(n, needed)
    return forecast(Weeks(history.came, history.days), ahead, SEASON, history.quantity, lead)


def _forecast_row(outlook: Outlook) -> Row:
    history = outlook.history
    return {
        "what": history.what, "group": history.group, "period": outlook.period.name, "unit": history.unit,
        **dict.fromkeys(FOUND), **(_found(outlook.answer) if isinstance(outlook.answer, Forecast) else {}),
        "from_on": history.months_on[0] if history.months_on else None,
        "to_on": history.ends_on - DAY if history.months_on else None,
        "n": len(history.months_on), "lead": outlook.lead, "note": outlook.note,
    }


def _found(answer: Forecast) -> Row:
    rate = answer.hit_rate
    numbers = (*answer.estimate, str(answer.model), answer.hits, answer.origins, rate.low, rate.high)
    return dict(zip(FOUND, (*numbers, *(answer.scores[model] for model in Model)), strict=True))


# --- histories


def _incidents(connection: DuckDBPyConnection, clock: Clock) -> Iterator[History]:
    rows = fetch(connection, "capacity.incident_months", {})
    scale = fetch(connection, "capacity.severity_scale", {})[0]
    note = _quiet_note(rows, scale["newest_on"])
    for group in (None, *scale["severities"]):
        counts = [len(row["severities"]) if group is None else row["severities"].count(group) for row in rows]
        if group is None or any(counts):
            yield _history(INCIDENTS, group, rows, counts, clock, note)


def _quiet_note(rows: Sequence[Row], newest_on: date | None) -> str:
    if newest_on is None:
        return "no incident is on record: ops/incidents/*.md bring them"
    if rows and newest_on < rows[-1]["month_on"]:
        return f"no file of an incident begins after {newest_on}: the months since count as quiet"
    return ""


def _load(connection: DuckDBPyConnection, clock: Clock) -> Iterator[History]:
    rows = month_rows(connection)
    for what, column in ((PAGES, "pages"), (HOURS, "hours")):
        known = _last_run([row for row in rows if row["days_covered"] == row["days"] and row[column] is not None], clock)
        yield _history(what, None, known, [row[column] for row in known], clock, _pages_note(rows, known, what))


def _pages_note(rows: Sequence[Row], known: Sequence[Row], what: str) -> str:
    if not rows:
        return "no page is on record: ops/pages.csv brings them"
    of_nobody = sum(int(row["pages_of_nobody"]) for row in known)
    return f"{of_nobody} pages of nobody fall into no hour" if of_nobody and what == HOURS else ""


def _last_run(rows: Sequence[Row], clock: Clock) -> list[Row]:
    """The months that follow one another without a gap up to the last that is over."""
    over = [row for row in rows if _after(row["month_on"], 1) <= clock.as_of_on]
    gaps = [at for at in range(1, len(over)) if _after(over[at - 1]["month_on"], 1) < over[at]["month_on"]]
    return over[gaps[-1] if gaps else 0 :]


def _history(what: str, group: str | None, rows: Sequence[Row], came: Iterable[float], clock: Clock, note: str) -> History:
    months_on = tuple(row["month_on"] for row in rows)
    ends_on = _after(months_on[-1], 1) if rows else clock.as_of_on.replace(day=1)
    days = np.array([row["days"] for row in rows], dtype=np.float64)
    return History(what, group, months_on, np.array([*came], dtype=np.float64), days, ends_on, note)


# --- the rota


def roster_rows(connection: DuckDBPyConnection) -> list[Row]:
    """The last three whole months, then the next month and quarter, a row each; none without a shift. value: hours
    interrupted, as they were, or as they are forecast with low and high. hours: those of the shifts in the period, each
    person's own; they and people, shifts and hours_a_shift, in the median, are None where nobody is on the rota.
    """
    clock = read_clock(connection)
    hours, last = next(each for each in _load(connection, clock) if each.what == HOURS), _last_months(clock)
    expected = [(last, _as_they_were(hours, last)), *((each.period, _estimate(each)) for each in _outlooks(clock, [hours]))]
    rows = [_roster_row(connection, clock, period, estimate) for period, estimate in expected]
    return rows if any(row["shifts"] for row in rows) else []


def _roster_row(connection: DuckDBPyConnection, clock: Clock, period: Period, hours: Estimate) -> Row:
    ends_at = period.ends_at(clock.zone)
    asked = {"starts_at": period.starts_at(clock.zone), "ends_at": ends_at}
    rota = next(iter(fetch(connection, "capacity.roster", asked)), {})
    until_at = rota.pop("until_at", None)
    note = f"the rota is written up to {until_at:%Y-%m-%d %H:%M} UTC" if until_at and until_at < ends_at else ""
    return {"period": period.name, **dict.fromkeys(("people", "shifts", "hours_a_shift", "hours")), **rota,
            "value": hours.value, "low": hours.low, "high": hours.high, "note": note}


def _last_months(clock: Clock) -> Period:
    ends_on = clock.as_of_on.replace(day=1)
    return clock.period(f"{_after(ends_on, -3)}..{ends_on - DAY}", "month")


def _as_they_were(history: History, period: Period) -> Estimate:
    """Where each of the period's months is known."""
    known = dict(zip(history.months_on, history.came, strict=True))
    months = _months(period)
    return Estimate(sum(known[month_on] for month_on in months)) if known.keys() >= {*months} else Estimate(None)


def _estimate(outlook: Outlook) -> Estimate:
    return outlook.answer.estimate if isinstance(outlook.answer, Forecast) else Estimate(None)


# --- months


def _months(period: Period) -> list[date]:
    """The first day of each."""
    return [_after(period.starts_on, number) for number in range(_months_between(period.starts_on, period.ends_on))]


def _after(day_on: date, months: int) -> date:
    later: date = day_on + relativedelta(months=months)
    return later


def _months_between(first_on: date, last_on: date) -> int:
    return (last_on.year - first_on.year) * 12 + last_on.month - first_on.month


def _days_in(month_on: date) -> int:
    return monthrange(month_on.year, month_on.month)[1]
