"""Durations of which some have not ended: Kaplan-Meier, its band and its quantiles."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import stats

from opsanalytics.stats.intervals import LEVEL, Estimate, Floats, quantile_interval

# Products of survival steps meet 0.5 only up to rounding; R's survfit uses the same tolerance.
_TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))


@dataclass(frozen=True)
class SurvivalCurve:
    """Share still going on at and after each time, up to the next: a step function that starts at 1.

    All arrays have shape (k,), one entry a distinct time of an end or a censoring, ascending, in the unit of the data.
    low and high are the pointwise band, NaN where it is not defined (where the share is 0).
    """

    times: Floats
    survival: Floats
    low: Floats
    high: Floats


def kaplan_meier(ended: Floats, censored: Floats, level: float = LEVEL) -> SurvivalCurve:
    """The Kaplan-Meier estimate with its log-log band, by `scipy.stats.ecdf`.

    ended: shape (n,), durations that ended. censored: shape (m,), durations so far of those still going on; one that
    was censored at the very time of an end is still at risk there. No late entry.
    Kaplan, E. L. and Meier, P. (1958), JASA 53, 457-481; band on the log-log scale with Greenwood's variance:
    Kalbfleisch, J. D. and Prentice, R. L. (1980), The Statistical Analysis of Failure Time Data.
    Refused with ValueError: a negative or missing duration, or no duration at all.
    """
    durations = np.concatenate([ended, censored])
    if len(durations) == 0:
        raise ValueError("no durations")
    if not np.all(durations >= 0):
        raise ValueError("a duration is at least 0")
    survival = stats.ecdf(stats.CensoredData(uncensored=ended, right=censored)).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the band is undefined where the share is 0, and NaN says so
        band = survival.confidence_interval(level, method="log-log")
    return SurvivalCurve(
        survival.quantiles, survival.probabilities, band.low.probabilities, band.high.probabilities,
    )


def survival_quantile(curve: SurvivalCurve, probability: float) -> Estimate:
    """The time by which that share has ended, with the interval of Brookmeyer and Crowley on the log-log scale.

    The limits are the times at which the band crosses: None where it never does. Where the curve is flat at exactly
    the asked share, the middle of the flat, which ends at the last follow-up when nothing ended later: so does R's
    survfit, and with nothing censored the median is the ordinary one.
    Brookmeyer, R. and Crowley, J. (1982), A confidence interval for the median survival time, Biometrics 38, 29-41.
    """
    level = 1 - probability
    return Estimate(
        _crossing(curve.times, curve.survival, level),
        _crossing(curve.times, curve.low, level),
        _crossing(curve.times, curve.high, level),
    )


def median_survival(ended: Floats, censored: Floats, level: float = LEVEL) -> Estimate:
    """The Kaplan-Meier median with its Brookmeyer-Crowley interval; None when it is not reached or there is no data."""
    if len(ended) + len(censored) == 0:
        return Estimate(None)
    return survival_quantile(kaplan_meier(ended, censored, level), 0.5)


def ninetieth_percentile(ended: Floats, censored: Floats, level: float = LEVEL) -> Estimate:
    """The Kaplan-Meier 0.9 quantile. With nothing censored its limits are order statistics, which exist from n = 36;
    with censoring they are those of the band.
    """
    if len(ended) + len(censored) == 0:
        return Estimate(None)
    estimate = survival_quantile(kaplan_meier(ended, censored, level), 0.9)
    if len(censored) == 0:
        low, high = quantile_interval(ended, 0.9, level)
        return Estimate(estimate.value, low, high)
    return estimate


def _crossing(times: Floats, shares: Floats, level: float) -> float | None:
    """First time at which the steps are at or below the level; the middle of the steps that are exactly at it."""
    reached = np.flatnonzero(shares <= level + _TOLERANCE)
    if len(reached) == 0:
        return None
    first = reached[0]
    if shares[first] < level - _TOLERANCE:
        return float(times[first])
    lower = np.flatnonzero(shares < level - _TOLERANCE)
    flat_ends_at = times[lower[0]] if len(lower) else times[-1]
    return float((times[first] + flat_ends_at) / 2)
