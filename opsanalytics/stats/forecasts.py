"""What the periods to come will bring, the day a budget runs out, and a week its own history did not let expect.

Weeks stand for periods of any length. Limits leave a tenth on each side, at most a tenth where whole numbers are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import starmap
from math import ceil, floor
from typing import Any, NamedTuple

import numpy as np

from opsanalytics.stats.intervals import Estimate, Floats, proportion_interval
from opsanalytics.stats.predictive import Quantity, Spread, expected
from opsanalytics.stats.rates import Weeks, dispersion

LEVEL = 0.8
ORIGINS_NEEDED = 3
DAYS_NEEDED = 56
WEEKS_NEEDED = 26
WEEKS_A_YEAR = 365.25 / 7

_TAIL = (1 - LEVEL) / 2


class TooLittleHistory(NamedTuple):
    """How many periods there are, and how many there would have to be."""

    periods: int
    needed: int


class Model(StrEnum):
    """Whose rate goes on: that of the same periods a season ago, of all periods, or of the last season's."""

    SEASONAL_NAIVE = "seasonal-naive"
    GAMMA_POISSON = "Gamma-Poisson"
    RECENT_GAMMA_POISSON = "Gamma-Poisson of the last season"


class Attempt(NamedTuple):
    """What was forecast of past periods, the first of them at the place `start` of the history, and what came."""

    start: int
    model: Model
    low: int
    high: int
    came: float

    @property
    def is_hit(self) -> bool:
        return self.low <= self.came <= self.high


@dataclass(frozen=True)
class Forecast:
    """estimate: the median with its 80 % interval, in whole units: amounts too, rounded outwards. scores: the mean interval
    score of every model in the backtest, the chosen one's the least. backtest: each origin's forecast, oldest first, by
    the model that the other origins would have chosen; the winner's own hits would flatter it.
    """

    estimate: Estimate
    model: Model
    scores: dict[Model, float]
    backtest: tuple[Attempt, ...]

    @property
    def hits(self) -> int:
        return sum(attempt.is_hit for attempt in self.backtest)

    @property
    def origins(self) -> int:
        return len(self.backtest)

    @property
    def hit_rate(self) -> Estimate:
        """With Clopper and Pearson's 95 % interval."""
        return proportion_interval(self.hits, self.origins)


def forecast(
    history: Weeks, ahead: Floats, season: int, quantity: Quantity = Quantity.COUNT, lead: int = 0
) -> Forecast | TooLittleHistory:
    """The sum over the periods to come, by the model that would have done best so far.

    ahead: the exposures of the periods to come, shape (h,). season: after how many periods they are alike, 52 weeks or
    12 months. lead: how many periods lie between the history and what is ahead, such as a month that is not over. The
    backtest forecasts h periods at a time, back from the last, each from what there was `lead` periods before it, as long
    as that is a season and h periods; the least mean interval score is chosen. Coverage, and what a change of the level
    does to it: tests/simulations.
    Refused with ValueError: nothing ahead, or more than a season with the lead; a season of one period.
    """
    horizon, periods = len(ahead), len(history.counts)
    if lead < 0 or not 1 <= horizon <= season - lead or season < 2:
        raise ValueError(f"what is ahead is 1 period to a season of at least 2, not {horizon} of {season} after {lead}")
    if periods < (needed := periods_needed(season, horizon, lead)):
        return TooLittleHistory(periods, needed)
    starts = range(season + lead + horizon + (periods - season - lead) % horizon, periods, horizon)
    trials = [_trial(history, slice(start, start + horizon), lead, season, quantity) for start in starts]
    model = _best(trials)
    outlook = _outlook(model, history, ahead, lead, season, quantity)
    estimate = Estimate(round(outlook.median()), *_limits(outlook))
    return Forecast(estimate, model, _scores(trials), _backtest(trials))


def periods_needed(season: int, horizon: int, lead: int = 0) -> int:
    """A season, the lead, and the horizon once for the first errors and for each origin that a backtest takes."""
    return season + lead + (1 + ORIGINS_NEEDED) * horizon


def interval_score(low: float, high: float, value: float, level: float = LEVEL) -> float:
    """Its width, and 2 / (1 - level) times what the value lies outside; the less the better.

    Gneiting, T. and Raftery, A. E. (2007), Strictly proper scoring rules, JASA 102, 359-378, section 6.2.
    """
    return high - low + 2 / (1 - level) * (max(low - value, 0.0) + max(value - high, 0.0))


_Trial = dict[Model, Attempt]


def _trial(history: Weeks, then: slice, lead: int, season: int, quantity: Quantity) -> _Trial:
    """Every model's forecast of the periods `then`, held against them."""
    origin = then.start - lead
    past = Weeks(history.counts[:origin], history.exposures[:origin])
    ahead, came = history.exposures[then], float(history.counts[then].sum())
    outlooks = {model: _outlook(model, past, ahead, lead, season, quantity) for model in Model}
    return {model: Attempt(then.start, model, *_limits(outlook), came) for model, outlook in outlooks.items()}


def _limits(outlook: Any) -> tuple[int, int]:
    return floor(outlook.ppf(_TAIL)), ceil(outlook.isf(_TAIL))


def _scores(trials: list[_Trial]) -> dict[Model, float]:
    return {model: float(np.mean([interval_score(*trial[model][2:]) for trial in trials])) for model in Model}


def _best(trials: list[_Trial]) -> Model:
    """The first of equals."""
    scores = _scores(trials)
    return min(scores, key=scores.__getitem__)


def _backtest(trials: list[_Trial]) -> tuple[Attempt, ...]:
    return tuple(trial[_best(trials[:at] + trials[at + 1 :])] for at, trial in enumerate(trials))


def _outlook(model: Model, past: Weeks, ahead: Floats, lead: int, season: int, quantity: Quantity) -> Any:
    """The distribution of the sum over what is ahead."""
    start, horizon = len(past.counts) - season, len(ahead)
    if model is Model.SEASONAL_NAIVE:
        same = slice(start + lead, start + lead + horizon)
        index = _index_between_seasons(past, season, horizon, quantity)
        return expected(past.counts[same].sum(), past.exposures[same].sum(), ahead.sum(), index, quantity)
    if model is Model.RECENT_GAMMA_POISSON:
        past = Weeks(past.counts[start:], past.exposures[start:])
    return expected(past.count, past.exposure, ahead.sum(), _index(past, horizon, quantity), quantity)


def _index(past: Weeks, size: int, quantity: Quantity) -> float:
    """Of the periods, or of sums over `size` of them, which see what lasts: whichever is more."""
    single = Spread.of(quantity, past).doubted(LEVEL)
    if len(past.counts) < 2 * size:
        return single
    return max(single, dispersion(_sums(past, size)).index or 0.0)


def _index_between_seasons(past: Weeks, season: int, size: int, quantity: Quantity) -> float:
    """As `_index`, of periods and the same a season before."""
    single = Spread.of(quantity, *_pairs(past, season, 1)).doubted(LEVEL)
    return max(single, dispersion(*_pairs(past, season, size)).index or 0.0)


def _pairs(past: Weeks, season: int, size: int) -> list[Weeks]:
    """Sums over `size` periods, each with that a season before."""
    pairs = (
        np.column_stack((_summed(values[:-season], size), _summed(values[season:], size)))
        for values in (past.counts, past.exposures)
    )
    return list(starmap(Weeks, zip(*pairs, strict=True)))


def _sums(weeks: Weeks, size: int) -> Weeks:
    return Weeks(_summed(weeks.counts, size), _summed(weeks.exposures, size))


def _summed(values: Floats, size: int) -> Floats:
    """Over `size` each, back from the last."""
    return np.asarray(values[len(values) % size :].reshape(-1, size).sum(axis=1), dtype=np.float64)


def runs_out(spend: Floats, left: Floats) -> Estimate | TooLittleHistory:
    """The day by which the budget is spent, 1 the first to come: the median and its 80 % interval; None for what lies
    beyond the days looked at.

    spend: of each day so far, shape (n,), in the budget's unit. left: shape (d,), what would be left at the end of each
    day to come if nothing more were spent; of a rolling window it grows, and d is at most the window. Spend is taken by
    weeks of seven days. Coverage: tests/simulations.
    Refused with ValueError: a spend below 0.
    """
    if len(spend) < DAYS_NEEDED:
        return TooLittleHistory(len(spend), DAYS_NEEDED)
    past = Weeks(spend, np.ones(len(spend)))
    index = Spread.of(Quantity.AMOUNT, _sums(past, 7)).doubted(LEVEL)
    spent = expected(past.count, past.exposure, np.arange(1, len(left) + 1), index, Quantity.AMOUNT)
    gone = np.maximum.accumulate(spent.sf(left))
    return Estimate(*(_first_day(gone, share) for share in (0.5, _TAIL, 1 - _TAIL)))


def _first_day(shares: Floats, share: float) -> int | None:
    reached = np.flatnonzero(shares >= share)
    return int(reached[0]) + 1 if len(reached) else None


@dataclass(frozen=True)
class Surprise:
    """p_value: of as many events as the last week's, or more; raised where it is at most the threshold, which is so from
    `least` events on. false_alarms: how many a year that lets expect of this series while nothing changes, with the doubt
    about its spread; at the least, if its events do not cluster; at the most, its share of those promised.
    """

    p_value: float
    threshold: float
    least: int
    false_alarms: Estimate

    @property
    def is_raised(self) -> bool:
        return self.p_value <= self.threshold


def surprising(weeks: Weeks, series: int, false_alarms_a_year: float) -> Surprise | TooLittleHistory:
    """Whether the last of the weeks, once it is over, had more events than those before let expect.

    series: how many are looked at each week. false_alarms_a_year: at most, of all of them together. Bonferroni's
    threshold, not Holm's: what is promised is an expected number, and those add up whatever the series have in common.
    What they come to, and how often a tripled week is raised: tests/simulations.
    Refused with ValueError: no series; no false alarms, or half of all looks.
    """
    if series < 1 or not 0 < (threshold := false_alarms_a_year / (WEEKS_A_YEAR * series)) < 0.5:
        raise ValueError("at least one series, and false alarms at more than none and less than half of the looks")
    if len(weeks.counts) <= WEEKS_NEEDED:
        return TooLittleHistory(len(weeks.counts) - 1, WEEKS_NEEDED)
    past = Weeks(weeks.counts[:-1], weeks.exposures[:-1])
    law, if_single = (
        expected(past.count, past.exposure, weeks.exposures[-1], index, Quantity.COUNT)
        for index in (Spread.of(Quantity.COUNT, past).doubted(1 - 2 * threshold), 1.0)
    )
    least = int(law.isf(threshold)) + 1
    chances = law.sf(least - 1), if_single.sf(least - 1), threshold
    false_alarms = Estimate(*(float(chance) * WEEKS_A_YEAR for chance in chances))
    return Surprise(float(law.sf(weeks.counts[-1] - 1)), threshold, least, false_alarms)
