"""Exact, t and score intervals. Every function answers an `Estimate`; the level is two-sided and 95 % unless told.

A limit or value that the data cannot give is None, never NaN. Exact methods cover at least their level, often more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import ceil, exp, log, sqrt
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

LEVEL = 0.95


class Estimate(NamedTuple):
    """A value and its interval, in the unit of the data; None for what cannot be computed."""

    value: float | None
    low: float | None = None
    high: float | None = None


def log_symmetric(value: float, half: float) -> Estimate:
    """`value */ exp(half)`: the interval of something above 0 that is symmetric on the log scale."""
    return Estimate(value, value * exp(-half), value * exp(half) if half < _LARGEST_EXPONENT else None)


_LARGEST_EXPONENT = 600.0


def z_quantile(level: float) -> float:
    """Between minus it and it lies this share of a standard normal variable."""
    return float(special.ndtri((1 + level) / 2))


def t_quantile(level: float, degrees: float) -> float:
    """Between minus it and it lies this share of Student's t."""
    return float(special.stdtrit(degrees, (1 + level) / 2))


def poisson_interval(count: int, level: float = LEVEL) -> Estimate:
    """The expected number of events when `count` were seen: Garwood's exact interval.

    Garwood, F. (1936), Fiducial limits for the Poisson distribution, Biometrika 28, 437-442.
    Refused with ValueError: a negative count.
    """
    if count < 0:
        raise ValueError(f"a count is at least 0, not {count}")
    tail = (1 - level) / 2
    low = special.gammaincinv(count, tail) if count else 0.0
    high = special.gammainccinv(count + 1, tail)
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
    tail, failures = (1 - level) / 2, n - successes
    low = special.betaincinv(successes, failures + 1, tail) if successes else 0.0
    high = special.betainccinv(successes + 1, failures, tail) if failures else 1.0
    return Estimate(successes / n, float(low), float(high))


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
    tail = (1 - level) / 2
    low, high = _binomial_quantile(tail, n, probability), _binomial_quantile(1 - tail, n, probability) + 1
    return (
        float(ordered[low - 1]) if low >= 1 else None,
        float(ordered[high - 1]) if high <= n else None,
    )


def _binomial_quantile(share: float, n: int, probability: float) -> int:
    """The smallest count that at least this share of the law does not exceed."""
    count: int = ceil(special.bdtrik(share, n, probability))
    return count - 1 if count and special.bdtr(count - 1, n, probability) >= share else count


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
    return log_symmetric(centre, t_quantile(level, len(logs) - 1) * float(logs.std(ddof=1)) / sqrt(len(logs)))


def geometric_mean_ratio(before: Floats, after: Floats, level: float = LEVEL) -> Estimate:
    """Geometric mean after / before with Welch's t interval of the logs; the spreads may differ.

    before, after: shapes (n,) and (m,), all above 0. A side of one value, or no spread at all, gives no interval.
    Welch, B. L. (1947), Biometrika 34, 28-35.
    Refused with ValueError: a value of 0 or less.
    """
    if np.any(before <= 0) or np.any(after <= 0):
        raise ValueError("a geometric mean needs values above 0")
    if min(len(before), len(after)) == 0:
        return Estimate(None)
    logs_before, logs_after = np.log(before), np.log(after)
    value = float(np.exp(logs_after.mean() - logs_before.mean()))
    if min(len(before), len(after)) == 1 or np.ptp(logs_before) + np.ptp(logs_after) == 0:
        return Estimate(value)
    return log_symmetric(value, _welch_half(logs_before, logs_after, level))


def _welch_half(one: Floats, other: Floats, level: float) -> float:
    """Half the width of the interval of a difference of means."""
    parts = np.array([sample.var(ddof=1) / len(sample) for sample in (one, other)])
    degrees = parts.sum() ** 2 / (parts**2 / [len(one) - 1, len(other) - 1]).sum()
    return t_quantile(level, float(degrees)) * float(np.sqrt(parts.sum()))


def share_ratio(before: int, n_before: int, after: int, n_after: int, level: float = LEVEL) -> Estimate:
    """Share after / share before with the score interval of Miettinen and Nurminen.

    before, after: how many of n_before and n_after. None: the value and the upper limit where none was before, all
    three where none was on either side or a side is empty.
    Miettinen, O. and Nurminen, M. (1985), Comparative analysis of two rates, Statistics in Medicine 4, 213-226.
    Refused with ValueError: counts outside 0..n.
    """
    if not (0 <= before <= n_before and 0 <= after <= n_after):
        raise ValueError("a count is 0..n")
    if before + after == 0 or min(n_before, n_after) == 0:
        return Estimate(None)
    score, z = partial(_share_score, before, n_before, after, n_after), z_quantile(level)
    return Estimate(
        after / n_after / (before / n_before) if before else None,
        _ratio_where(lambda ratio: score(ratio) - z) if after else 0.0,
        _ratio_where(lambda ratio: score(ratio) + z) if before else None,
    )


def _share_score(before: int, n_before: int, after: int, n_after: int, ratio: float) -> float:
    """How many standard errors the share after is above `ratio` times the share before, by the likeliest shares that
    have this ratio; it falls as the ratio grows.
    """
    n = n_before + n_after
    half_b = (n_after * ratio + after + n_before + before * ratio) / 2
    share = (before + after) / (half_b + sqrt(max(half_b * half_b - n * ratio * (before + after), 0.0)))
    variance = ratio * share * (1 - ratio * share) / n_after + ratio * ratio * share * (1 - share) / n_before
    excess = after / n_after - ratio * before / n_before
    return excess / sqrt(variance * n / (n - 1)) if variance > 0 else 0.0


def _ratio_where(falling: Callable[[float], float]) -> float:
    """The positive ratio at which the function crosses 0."""
    return exp(scipy.optimize.brentq(lambda log_ratio: falling(exp(log_ratio)), -log(_FURTHEST), log(_FURTHEST)))


_FURTHEST = 1e9
