"""Counts with their exposure: how many a week, and how one period's rate compares with another's.

Incidents cluster: weekly counts vary more than Poisson's. Where the weeks are known their own spread is used, never less
than Poisson's. The test of it decides nothing: over a quarter it misses an index of 1.5 more often than not. Weeks are
taken to be independent of each other. Exposure is in any unit, the same on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import special

from opsanalytics.stats.intervals import (
    LEVEL,
    Estimate,
    Floats,
    log_symmetric,
    poisson_interval,
    proportion_interval,
    t_quantile,
)


@dataclass(frozen=True)
class Weeks:
    """counts, exposures: shape (k,), one entry a week, those without an event too; a part of a week has less exposure.

    Refused with ValueError: fewer than two weeks, negative counts, no exposure, arrays that differ in length.
    """

    counts: Floats
    exposures: Floats

    def __post_init__(self) -> None:
        if len(self.counts) < 2 or len(self.counts) != len(self.exposures):
            raise ValueError("at least two weeks, each with its exposure")
        if not np.all(self.counts >= 0):
            raise ValueError("a count is at least 0")
        if not np.all(self.exposures > 0):
            raise ValueError("an exposure is above 0")

    @property
    def count(self) -> float:
        return float(self.counts.sum())

    @property
    def exposure(self) -> float:
        return float(self.exposures.sum())

    @property
    def rate(self) -> float:
        return self.count / self.exposure


@dataclass(frozen=True)
class Dispersion:
    """index: variance over mean, 1 for Poisson counts and above it for clustered ones. p_value: of that index or more,
    were they Poisson. Both None without an event.
    """

    index: float | None
    p_value: float | None
    degrees: int


def dispersion(*series: Weeks) -> Dispersion:
    """Fisher's index of dispersion, pooled over series of which each keeps its own rate.

    Fisher, R. A., Thornton, H. G. and Mackenzie, W. A. (1922), Annals of Applied Biology 9, 325-359.
    """
    eventful = [weeks for weeks in series if weeks.count]
    degrees = sum(len(weeks.counts) - 1 for weeks in eventful)
    if not degrees:
        return Dispersion(None, None, 0)
    chi_squared = sum(_chi_squared(weeks) for weeks in eventful)
    return Dispersion(chi_squared / degrees, float(special.chdtrc(degrees, chi_squared)), degrees)


def poisson_rate(count: int, exposure: float, level: float = LEVEL) -> Estimate:
    """Events per unit of exposure with Garwood's exact interval, for a total whose weeks are not known.

    Refused with ValueError: a negative count, no exposure.
    """
    if exposure <= 0:
        raise ValueError("an exposure is above 0")
    value, low, high = (float(number or 0) / exposure for number in poisson_interval(count, level))
    return Estimate(value, low, high)


def weekly_rate(weeks: Weeks, level: float = LEVEL) -> Estimate:
    """Events per unit of exposure with the quasi-Poisson interval: t on the log scale, variance = index * mean, the
    index at least 1. Without an event, Garwood's.

    Negative binomial weeks of equal exposure have just this variance. Measured: tests/simulations.
    McCullagh, P. and Nelder, J. A. (1989), Generalized Linear Models, 2nd ed., section 6.2.
    """
    spread = dispersion(weeks)
    if spread.index is None:
        return poisson_rate(0, weeks.exposure, level)
    half = t_quantile(level, spread.degrees) * sqrt(max(spread.index, 1) / weeks.count)
    return log_symmetric(weeks.rate, half)


def poisson_rate_ratio(
    before: int, before_exposure: float, after: int, after_exposure: float, level: float = LEVEL
) -> Estimate:
    """Rate after / rate before of Poisson counts, exact: given the sum of both, `after` is binomial.

    Przyborowski, J. and Wilenski, H. (1940), Biometrika 31, 313-323; the limits are Clopper and Pearson's.
    None: the value and the upper limit where there was nothing before, all three where there never was anything.
    Refused with ValueError: a negative count, no exposure.
    """
    if min(before, after) < 0 or min(before_exposure, after_exposure) <= 0:
        raise ValueError("a count is at least 0 and an exposure above 0")
    if before + after == 0:
        return Estimate(None)
    share = proportion_interval(after, before + after, level)
    return _ratio_of_share(share, after_exposure / before_exposure)


def weekly_rate_ratio(before: Weeks, after: Weeks, level: float = LEVEL) -> Estimate:
    """Rate after / rate before of weeks that may cluster: the score interval of the share that came after, as Wilson's,
    with the variance multiplied by the pooled index of dispersion, at least 1, and its t quantile.

    Wilson, E. B. (1927), JASA 22, 209-212. Measured: tests/simulations. The t interval of the log ratio is no better, and
    there is none where one side has no event. None: as `poisson_rate_ratio`.
    """
    spread = dispersion(before, after)
    if spread.index is None:
        return Estimate(None)
    share, n = after.count / (before.count + after.count), (before.count + after.count) / max(spread.index, 1)
    t_squared = t_quantile(level, spread.degrees) ** 2
    centre = (share + t_squared / (2 * n)) / (1 + t_squared / n)
    half = sqrt(t_squared * (share * (1 - share) / n + t_squared / (4 * n * n))) / (1 + t_squared / n)
    return _ratio_of_share(Estimate(share, centre - half, centre + half), after.exposure / before.exposure)


def _ratio_of_share(share: Estimate, exposure_ratio: float) -> Estimate:
    """The share of events that came after, as the ratio of the rates; at a share of 1 the ratio has no end."""
    value, low, high = (
        None if part is None or part >= 1 - _ROUNDING else (part if part > _ROUNDING else 0.0) / (1 - part) / exposure_ratio
        for part in share
    )
    return Estimate(value, low, high)


_ROUNDING = 1e-12


def _chi_squared(weeks: Weeks) -> float:
    expected = weeks.rate * weeks.exposures
    return float(np.sum((weeks.counts - expected) ** 2 / expected))
