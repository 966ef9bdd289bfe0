"""Exact and t intervals. Every function answers an `Estimate`; the level is two-sided and 95 % unless told.

A limit or value that the data cannot give is None, never NaN. Exact methods cover at least their level, often more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

LEVEL = 0.95


class Estimate(NamedTuple):
    """A value and its interval, in the unit of the data; None for what cannot be computed."""

    value: float | None
    low: float | None = None
    high: float | None = None


def poisson_interval(count: int, level: float = LEVEL) -> Estimate:
    """The expected number of events when `count` were seen: Garwood's exact interval.

    Garwood, F. (1936), Fiducial limits for the Poisson distribution, Biometrika 28, 437-442.
    Refused with ValueError: a negative count.
    """
    if count < 0:
        raise ValueError(f"a count is at least 0, not {count}")
    tail = (1 - level) / 2
    low = stats.chi2.ppf(tail, 2 * count) / 2 if count else 0.0
    high = stats.chi2.isf(tail, 2 * count + 2) / 2
    return Estimate(count, float(low), float(high))


def proportion_interval(successes: int, n: int, level: float = LEVEL) -> Estimate:
    """A share 0..1 with the exact interval of Clopper and Pearson; of nothing, no value.

    Clopper, C. and Pearson, E. S. (1934), Biometrika 26, 404-413.
    Refused with ValueError: successes outside 0..n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes are 0..{n}, not {successes}")
    if n == 0:
        return Estimate(None)
    interval = stats.binomtest(successes, n).proportion_ci(level, method="exact")
    return Estimate(successes / n, float(interval.low), float(interval.high))


def quantile_interval(values: Floats, probability: float, level: float = LEVEL) -> tuple[float | None, float | None]:
    """Distribution-free limits of a quantile: two order statistics, chosen by the binomial law of their ranks.

    values: shape (n,), any order, nothing censored. A limit that would lie beyond the sample is None: the upper one of
    the 0.9 quantile below n = 36, both of the median below n = 6.
    David, H. A. and Nagaraja, H. N. (2003), Order Statistics, 3rd ed., section 7.1.
    Refused with ValueError: a probability outside 0..1.
    """
    if not 0 < probability < 1:
        raise ValueError(f"a probability lies between 0 and 1, not {probability}")
    ordered, n = np.sort(values), len(values)
    if n == 0:
        return None, None
    below = stats.binom(n, probability)
    tail = (1 - level) / 2
    low, high = int(below.ppf(tail)), int(below.isf(tail)) + 1
    return (
        float(ordered[low - 1]) if low >= 1 else None,
        float(ordered[high - 1]) if high <= n else None,
    )


def median_with_interval(values: Floats, level: float = LEVEL) -> Estimate:
    """The ordinary median with its distribution-free interval; below n = 6 without one.

    values: shape (n,), nothing censored.
    """
    if len(values) == 0:
        return Estimate(None)
    low, high = quantile_interval(values, 0.5, level)
    return Estimate(float(np.median(values)), low, high)


def geometric_mean_interval(values: Floats, level: float = LEVEL) -> Estimate:
    """The exponential of the mean of the logs with its t interval: exact when the values are lognormal.

    values: shape (n,), all above 0. One value has no interval.
    Refused with ValueError: a value of 0 or less.
    """
    if np.any(values <= 0):
        raise ValueError("a geometric mean needs values above 0")
    if len(values) == 0:
        return Estimate(None)
    logs = np.log(values)
    centre = float(np.exp(logs.mean()))
    if len(values) == 1:
        return Estimate(centre)
    half = stats.t.isf((1 - level) / 2, len(logs) - 1) * logs.std(ddof=1) / np.sqrt(len(logs))
    return Estimate(centre, float(np.exp(logs.mean() - half)), float(np.exp(logs.mean() + half)))
