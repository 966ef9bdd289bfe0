"""Verdicts on two periods, from the interval of a ratio after / before; a page's verdicts are decided together.

A comparison is what gives the ratio at any level, and the ratios that its test would have shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np
import scipy
from scipy import special

from opsanalytics.stats.intervals import (
    LEVEL,
    Estimate,
    Floats,
    geometric_mean_ratio,
    share_ratio,
    t_quantile,
    z_quantile,
)
from opsanalytics.stats.rates import Weeks, dispersion, poisson_rate_ratio, weekly_rate_ratio

POWER = 0.8
HEADLINES = 5


class Verdict(StrEnum):
    """There is no "no change": data can only show that a change is small, or not show it."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "practically the same"
    UNKNOWN = "can't tell"


class Visible(NamedTuple):
    """The fall and the rise nearest to 1, as ratios, that the test would have called with 80 % power; None where not
    even the end of it, or a hundredfold, would have been called that often.
    """

    fall: float | None
    rise: float | None


@dataclass(frozen=True)
class Comparison:
    """ratio, visible: of a two-sided level between 0 and 1."""

    ratio: Callable[[float], Estimate]
    visible: Callable[[float], Visible]
    lower_is_better: bool


class Judgement(NamedTuple):
    """ratio: with its uncorrected interval. level: Holm's, at which it was decided. visible: of `can't tell` only."""

    verdict: Verdict
    ratio: Estimate
    level: float
    visible: Visible | None


def compare_durations(before: Floats, after: Floats, *, lower_is_better: bool = True) -> Comparison:
    """By the ratio of geometric means. Refused with ValueError: a duration of 0 or less."""
    return compare_on_logs(partial(geometric_mean_ratio, before, after), lower_is_better=lower_is_better)


def compare_on_logs(ratio: Callable[[float], Estimate], *, lower_is_better: bool) -> Comparison:
    """By any ratio whose interval is value */ exp(quantile * standard error), such as one of censored durations."""
    return Comparison(ratio, partial(_visible_on_logs, ratio), lower_is_better)


def compare_weeks(before: Weeks, after: Weeks, *, lower_is_better: bool = True) -> Comparison:
    """By the ratio of the rates of counts that may cluster."""
    return Comparison(
        partial(weekly_rate_ratio, before, after), partial(_visible_of_weeks, before, after), lower_is_better
    )


def compare_counts(
    before: int, before_exposure: float, after: int, after_exposure: float, *, lower_is_better: bool = True
) -> Comparison:
    """By the exact ratio of the rates of Poisson counts."""
    return Comparison(
        partial(poisson_rate_ratio, before, before_exposure, after, after_exposure),
        partial(_visible_of_counts, before, after_exposure / before_exposure),
        lower_is_better,
    )


def compare_shares(before: int, n_before: int, after: int, n_after: int, *, lower_is_better: bool) -> Comparison:
    """By the ratio of the shares."""
    return Comparison(
        partial(share_ratio, before, n_before, after, n_after),
        partial(_visible_of_shares, before, n_before, n_after),
        lower_is_better,
    )


def judge(comparisons: Sequence[Comparison], margin: float, level: float = LEVEL) -> list[Judgement]:
    """The verdicts of one page, in its order: the chance of any `better` or `worse` where nothing changed is at most
    1 - level, however many there are.

    margin: 0..1; a ratio whose interval lies within margin and 1 / margin is practically the same, on whichever side
    of 1. Holm, S. (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6, 65-70.
    Refused with ValueError: more than five comparisons, a margin or level that is not between 0 and 1.
    """
    if len(comparisons) > HEADLINES:
        raise ValueError(f"a page has at most {HEADLINES} verdicts, not {len(comparisons)}")
    if not (0 < margin < 1 and 0 < level < 1):
        raise ValueError("a margin and a level lie between 0 and 1")
    levels = _holm_levels(comparisons, level)
    return [_judgement(one, margin, level, at) for one, at in zip(comparisons, levels, strict=True)]


def _holm_levels(comparisons: Sequence[Comparison], level: float) -> list[float]:
    """Everything undecided is tested at 1 - (1 - level) / how many are undecided, until nothing more is decided: that
    rejects what Holm's ordered p-values reject.
    """
    levels = [level] * len(comparisons)
    undecided = set(range(len(comparisons)))
    while undecided:
        strict = 1 - (1 - level) / len(undecided)
        for index in undecided:
            levels[index] = strict
        decided = {index for index in undecided if _change(comparisons[index].ratio(strict))}
        if not decided:
            break
        undecided -= decided
    return levels


def _change(ratio: Estimate) -> int:
    """-1 where the whole interval is below 1, 1 where it is above, else 0."""
    if ratio.high is not None and ratio.high < 1:
        return -1
    return 1 if ratio.low is not None and ratio.low > 1 else 0


def _judgement(comparison: Comparison, margin: float, level: float, holm_level: float) -> Judgement:
    verdict = _verdict(comparison.ratio(holm_level), margin, lower_is_better=comparison.lower_is_better)
    visible = comparison.visible(holm_level) if verdict is Verdict.UNKNOWN else None
    return Judgement(verdict, comparison.ratio(level), holm_level, visible)


def _verdict(ratio: Estimate, margin: float, *, lower_is_better: bool) -> Verdict:
    if ratio.low is not None and ratio.high is not None and margin <= ratio.low and ratio.high <= 1 / margin:
        return Verdict.SAME
    change = _change(ratio)
    if change == 0:
        return Verdict.UNKNOWN
    return Verdict.BETTER if (change < 0) == lower_is_better else Verdict.WORSE


def _visible_on_logs(ratio: Callable[[float], Estimate], level: float) -> Visible:
    """Half of the interval at the test's level and half of that at 60 %, whose quantile is that of 80 % power."""
    halves = [_half_on_logs(ratio(at)) for at in (level, 2 * POWER - 1)]
    if None in halves:
        return Visible(None, None)
    change = sum(half for half in halves if half is not None)
    return Visible(exp(-change), exp(change))


def _half_on_logs(ratio: Estimate) -> float | None:
    return log(ratio.high / ratio.low) / 2 if ratio.low and ratio.high else None


def _visible_of_weeks(before: Weeks, after: Weeks, level: float) -> Visible:
    """By the rate before, and the spread of both."""
    spread = dispersion(before, after)
    if spread.index is None or not before.count:
        return Visible(None, None)
    events, odds = before.count / max(spread.index, 1), after.exposure / before.exposure
    return _visible(partial(_power_of_weeks, events, odds, spread.degrees, level))


def _power_of_weeks(events: float, odds: float, degrees: int, level: float, ratio: float) -> float:
    """Of the score test of the share that came after; events: before, over the index of dispersion."""
    n, null, share = events * (1 + odds * ratio), odds / (1 + odds), odds * ratio / (1 + odds * ratio)
    reach = t_quantile(level, degrees) * sqrt(null * (1 - null) / n)
    return float(special.stdtr(degrees, (abs(share - null) - reach) / sqrt(share * (1 - share) / n)))


def _visible_of_counts(before: int, odds: float, level: float) -> Visible:
    """By the rate before."""
    return _visible(partial(_power_of_counts, before, odds, level)) if before else Visible(None, None)


def _power_of_counts(before: int, odds: float, level: float, ratio: float) -> float:
    """Of the exact test, summed over what the sum of both counts may be."""
    expected = before * (1 + odds * ratio)
    reach = 6 * sqrt(expected) + 6
    sums = np.arange(max(0, int(expected - reach)), int(expected + reach) + 1)
    null, share, tail = odds / (1 + odds), odds * ratio / (1 + odds * ratio), (1 - level) / 2
    if ratio < 1:
        called = scipy.stats.binom.cdf(scipy.stats.binom.ppf(tail, sums, null) - 1, sums, share)
    else:
        called = scipy.stats.binom.sf(scipy.stats.binom.isf(tail, sums, null), sums, share)
    return float(np.sum(scipy.stats.poisson.pmf(sums, expected) * called))


def _visible_of_shares(before: int, n_before: int, n_after: int, level: float) -> Visible:
    """By the share before; a share rises to 1 at most."""
    if min(before, n_before, n_after) == 0:
        return Visible(None, None)
    return _visible(partial(_power_of_shares, before / n_before, n_before, n_after, level), n_before / before)


def _power_of_shares(before: float, n_before: int, n_after: int, level: float, ratio: float) -> float:
    """Fleiss, J. L. (1981), Statistical Methods for Rates and Proportions, 2nd ed., section 3.2, with n / (n - 1)."""
    after, n = before * ratio, n_before + n_after
    pooled = (before * n_before + after * n_after) / n
    null = sqrt(pooled * (1 - pooled) * (1 / n_before + 1 / n_after) * n / (n - 1))
    error = sqrt(before * (1 - before) / n_before + after * (1 - after) / n_after)
    reached = abs(after - before) - z_quantile(level) * null
    return float(special.ndtr(reached / error)) if error else float(reached > 0)


_NONE_LEFT, _HUNDREDFOLD = 0.001, 100.0


def _visible(power: Callable[[float], float], highest: float = _HUNDREDFOLD) -> Visible:
    return Visible(_nearest(power, _NONE_LEFT), _nearest(power, min(highest, _HUNDREDFOLD)))


def _nearest(power: Callable[[float], float], furthest: float) -> float | None:
    """The ratio between 1 and the furthest at which the power is reached."""
    if furthest == 1 or power(furthest) < POWER:
        return None
    return exp(scipy.optimize.brentq(lambda log_ratio: power(exp(log_ratio)) - POWER, 0, log(furthest), xtol=1e-5))
