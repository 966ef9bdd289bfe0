"""The day an error budget runs out, at the pace of the last 91 days.

Looked at is the window at the as-of until it ends. A calendar window has one budget to its end: 1 - target of the events it
has seen and those to come at their pace. A rolling one gives back with every day what the day that leaves it had spent, and
is looked at as long as it is; after that it holds none of the days that are known. Days are of 24 hours, back and on from
the as-of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import chain, islice
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from opsanalytics.metrics.budgets import (
    CALENDAR,
    INSUFFICIENT,
    MINUTE,
    Spending,
    measure,
    own_window,
    read_objectives,
    rolling,
)
from opsanalytics.metrics.clock import Clock, read_clock
from opsanalytics.metrics.periods import Period
from opsanalytics.metrics.result import Row, joined
from opsanalytics.stats.forecasts import TooLittleHistory, runs_out
from opsanalytics.stats.intervals import Estimate, Floats

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PACE_DAYS = 91
DAY = timedelta(days=1)
RUNS_OUT, MAY_RUN_OUT, NOT_BEFORE = "runs out", "may run out", "not before"
SPENT, NO_BUDGET, TOO_LITTLE = "spent", "no budget", "too little history"
Days = Sequence[Spending]


class End(NamedTuple):
    """left: share of the window's budget. days: as `runs_out` gives them, 1 the first from the as-of on."""

    answer: str
    note: str
    left: float | None = None
    days: Estimate = Estimate(None)


def budget_end_rows(connection: DuckDBPyConnection) -> list[Row]:
    """One row an objective. value: the day by which its budget is spent, in the median, low and high with 80 %; None after
    `until_on`, the last day that is looked at. left: share of the budget, in a calendar window of that of all of it and not
    of what was seen so far alone. n: days of the last 91 that are measured.
    """
    clock = read_clock(connection)
    windows = measure(connection, clock, [(each, own_window(each, clock)) for each in read_objectives(connection, clock)])
    return [_row(window, days, clock) for window, days in zip(windows, _days_back(connection, clock, windows), strict=True)]


def _days_back(connection: DuckDBPyConnection, clock: Clock, windows: Sequence[Spending]) -> list[Days]:
    """Those of each objective, the newest first, as many as its pace or its window takes."""
    asked = [[(each.objective, rolling(clock.as_of - number * DAY, "1d")) for number in range(_n_days(each))] for each in windows]
    found = iter(measure(connection, clock, chain.from_iterable(asked)))
    return [list(islice(found, len(days))) for days in asked]


def _n_days(window: Spending) -> int:
    return 0 if window.stretch is None else max(PACE_DAYS, _length(window))


def _row(window: Spending, days: Days, clock: Clock) -> Row:
    objective, stretch = window.objective, window.stretch
    until_on = _until(window, clock) if stretch else None
    end = _end(window, days, clock)
    dates = [day and min(clock.as_of_on + day * DAY, until_on) for day in end.days]  # type: ignore[type-var]
    return {
        "slo_id": objective.slo_id, "service": objective.service, "name": objective.name,
        "window": stretch.name if stretch else objective.time_window, "answer": end.answer,
        **dict(zip(("value", "low", "high"), dates, strict=True)), "until_on": until_on,
        "left": end.left, "n": len(_measured(days)), "note": end.note,
    }


def _end(window: Spending, days: Days, clock: Clock) -> End:
    if reason := joined(window.reason, _slice_lack(window)):
        return End(INSUFFICIENT, reason)
    if window.allowed is None:
        return End(NO_BUDGET, window.note)
    left = _share_left(window, days, clock)
    found = runs_out(_bad(_measured(days)[::-1]), _left(window, days, clock))
    if isinstance(found, TooLittleHistory) and not (_is_rolling(window) and left <= 0):
        return End(TOO_LITTLE, f"{found.periods} of the last {PACE_DAYS} days are measured, {found.needed} needed")
    if isinstance(found, TooLittleHistory) or left <= 0:
        return End(SPENT, window.note, left)
    return End(_words(found), window.note, left, found)


def _slice_lack(window: Spending) -> str:
    cut = (window.objective.slice_seconds or 0) >= DAY.total_seconds()
    return f"slices of {window.objective.slice_window} cannot be followed day by day" if cut else ""


def _words(found: Estimate) -> str:
    if found.value is not None:
        return RUNS_OUT
    return NOT_BEFORE if found.low is None else MAY_RUN_OUT


# --- what would be left


def _left(window: Spending, days: Days, clock: Clock) -> Floats:
    """Bad events at the end of each day to come, if nothing more went wrong."""
    if _is_rolling(window):
        return _rolling_left(window, days)
    return np.full(ceil(_to_come(window, clock)), _allowed(window, days, clock) - (window.total - window.good))


def _share_left(window: Spending, days: Days, clock: Clock) -> float:
    return round(1 - (window.total - window.good) / _allowed(window, days, clock), 12)


def _allowed(window: Spending, days: Days, clock: Clock) -> float:
    to_come = 0 if _is_rolling(window) else _to_come(window, clock)
    return _allowed_share(window) * (window.total + to_come * _pace(days))


def _allowed_share(window: Spending) -> float:
    return 1 - (window.objective.target or 0)


def _pace(days: Days) -> float:
    """Events a day."""
    measured = _measured(days)
    return sum(day.total for day in measured) / max(len(measured), 1)


def _rolling_left(window: Spending, days: Days) -> Floats:
    length = _length(window)
    to_come = np.arange(1, length + 1)
    total, bad = (np.concatenate(([0.0], values.cumsum()))[length - to_come] for values in (_total(days), _bad(days)))
    return np.asarray(_allowed_share(window) * (total + to_come * _pace(days)) - bad, dtype=np.float64)


def _measured(days: Days) -> list[Spending]:
    return [day for day in days[:PACE_DAYS] if not day.reason]


def _total(days: Days) -> Floats:
    return np.array([day.total for day in days], dtype=np.float64)


def _bad(days: Days) -> Floats:
    return np.array([day.total - day.good for day in days], dtype=np.float64)


# --- windows


def _is_rolling(window: Spending) -> bool:
    return window.stretch is not None and window.stretch.side == "end"


def _length(window: Spending) -> int:
    """Days of it so far, a begun one too."""
    return ceil(window.stretch.minutes * MINUTE / DAY) if window.stretch else 0


def _to_come(window: Spending, clock: Clock) -> float:
    """Days."""
    return (_calendar(window, clock).ends_at(clock.zone) - clock.as_of) / DAY


def _until(window: Spending, clock: Clock) -> date:
    return clock.as_of_on + _length(window) * DAY if _is_rolling(window) else _calendar(window, clock).ends_on - DAY


def _calendar(window: Spending, clock: Clock) -> Period:
    return clock.period("this", CALENDAR[window.objective.time_window or clock.error_budget.halt_after])
