"""Durations of which some have not ended and some were under way before anybody watched.

Kaplan-Meier with late entry, its band, its quantiles, the log-rank test, and the ratio of two geometric means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from opsanalytics.stats.intervals import LEVEL, Estimate, Floats, log_symmetric, quantile_interval
from opsanalytics.stats.spans import Spans

# Products of survival steps meet 0.5 only up to rounding; R's survfit uses the same tolerance.
_TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))
# Below this no distribution-free interval of the 0.9 quantile exists: 1 - 0.9 ** 35 < 0.975.
P90_NEEDS = 36


@dataclass(frozen=True)
class SurvivalCurve:
    """Share still going on at and after each time, up to the next: a step function that starts at 1.

    All arrays have shape (k,), one entry a distinct time of an end or a censoring, ascending, in the unit of the data.
    low and high are the pointwise band, NaN where it is not defined (where the share is 0, and before the first end).
    at_risk and ends: how many were watched just before the time, and how many of them ended at it.
    """

    times: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: Floats
    ends: Floats


class LogRank(NamedTuple):
    """The statistic, chi-square on one degree of freedom, and its p; None when there is nothing to compare."""

    chi2: float | None
    p: float | None


def kaplan_meier(spans: Spans, level: float = LEVEL) -> SurvivalCurve:
    """The product-limit estimate with its log-log band, of the items that count (`Spans.counted`).

    An item is at risk at an age when it entered before it and was still watched at it: one that was censored at the
    very time of an end is at risk there, one that entered at it is not.
    Kaplan, E. L. and Meier, P. (1958), JASA 53, 457-481; late entry: Tsai, W.-Y., Jewell, N. P. and Wang, M.-C. (1987),
    Biometrika 74, 883-886; band on the log-log scale with Greenwood's variance: Kalbfleisch, J. D. and Prentice, R. L.
    (1980), The Statistical Analysis of Failure Time Data.
    """
    counted = spans.counted()
    times = np.unique(counted.exit)
    at_risk, ends = counted.at_risk(times), counted.ends_at(times)
    survival = np.cumprod(1 - ends / at_risk, dtype=np.float64)
    low, high = log_log_band(survival, survival**2 * np.cumsum(greenwood_terms(at_risk, ends)), level)
    return SurvivalCurve(times, survival, low, high, at_risk, ends)


def log_log_band(shares: Floats, variances: Floats, level: float) -> tuple[Floats, Floats]:
    """Limits of shares on the scale of log(-log), NaN where a share is 0 or 1."""
    inner = np.where((shares > _TOLERANCE) & (shares < 1 - _TOLERANCE), shares, np.nan)
    spread = special.ndtri((1 + level) / 2) * np.sqrt(variances) / (inner * -np.log(inner))
    with np.errstate(over="ignore"):  # a limit may be as good as 0
        return inner ** np.exp(spread), inner ** np.exp(-spread)


def greenwood_terms(at_risk: Floats, ends: Floats) -> Floats:
    """Each time's part of the variance of the log share; 0 where all end, after which there is nothing to estimate."""
    left = at_risk - ends
    return np.divide(ends, at_risk * left, out=np.zeros_like(left), where=left > 0)


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


def median_survival(spans: Spans, level: float = LEVEL) -> Estimate:
    """The Kaplan-Meier median with its Brookmeyer-Crowley interval; None when it is not reached or there is no data."""
    return survival_quantile(kaplan_meier(spans, level), 0.5)


def ninetieth_percentile(spans: Spans, level: float = LEVEL) -> Estimate:
    """The Kaplan-Meier 0.9 quantile. With nothing censored or late its limits are order statistics, which exist from
    n = 36; else they are those of the band, and not given below that n either.
    """
    counted = spans.counted()
    estimate = survival_quantile(kaplan_meier(spans, level), 0.9)
    if counted.is_complete:
        return Estimate(estimate.value, *quantile_interval(counted.exit, 0.9, level))
    return estimate if len(counted) >= P90_NEEDS else Estimate(estimate.value)


def log_rank(first: Spans, second: Spans) -> LogRank:
    """Whether two samples end at the same rate at every age. Late entries count however few they join.

    Mantel, N. (1966), Cancer Chemotherapy Reports 50, 163-170, with the hypergeometric variance; late entry by the risk
    sets: Klein and Moeschberger (2003), section 7.3.
    """
    times = np.unique(np.concatenate([sample.exit[sample.ended] for sample in (first, second)]))
    times = times[(first.at_risk(times) > 0) & (second.at_risk(times) > 0)]
    at_risk = first.at_risk(times) + second.at_risk(times)
    ends = first.ends_at(times) + second.ends_at(times)
    share = first.at_risk(times) / at_risk
    variance = np.sum(ends * share * (1 - share) * (at_risk - ends) / (at_risk - 1))
    if variance == 0:
        return LogRank(None, None)
    chi2 = float(np.sum(first.ends_at(times) - ends * share) ** 2 / variance)
    return LogRank(chi2, float(special.chdtrc(1, chi2)))


def restricted_geometric_ratio(before: Spans, after: Spans, level: float = LEVEL) -> Estimate:
    """The geometric mean of after over that of before, of durations cut at the horizon that both samples reach.

    The mean log is the area under the Kaplan-Meier curve along log time, up to `common_horizon`, which a caption should
    name; its variance is that of Kaplan and Meier (1958, section 6) with their correction d / (d - 1), d ends. With
    nothing cut it is the ratio of the geometric means with the interval of Welch's t test on the logs.
    None when a sample has no end up to the horizon, without limits when it has one only.
    Restricted means up to the last follow-up of both: Tian, L. et al. (2020), Biometrics 76, 1157-1166.
    Refused with ValueError: an end at 0.
    """
    horizon = common_horizon(before, after)
    if horizon is None:
        return Estimate(None)
    (mean_1, variance_1, n_1), (mean_2, variance_2, n_2) = (_mean_log(sample, horizon) for sample in (before, after))
    if min(n_1, n_2) == 0:
        return Estimate(None)
    ratio, variance = float(np.exp(mean_2 - mean_1)), variance_1 + variance_2
    if min(n_1, n_2) == 1 or variance == 0:
        return Estimate(ratio)
    freedom = variance**2 / (variance_1**2 / (n_1 - 1) + variance_2**2 / (n_2 - 1))
    return log_symmetric(ratio, float(special.stdtrit(freedom, (1 + level) / 2) * np.sqrt(variance)))


def common_horizon(before: Spans, after: Spans) -> float | None:
    """The age up to which both samples say what share goes on: the earlier of their last follow-ups.

    A sample all of which ended says it for every age, so two such have a horizon beyond their largest value. None when
    a sample has nothing that counts.
    """
    curves = [kaplan_meier(sample) for sample in (before, after)]
    if not all(len(curve.times) for curve in curves):
        return None
    open_ended = [curve.times[-1] for curve in curves if curve.survival[-1] > 0]
    return float(min(open_ended or [max(curve.times[-1] for curve in curves)]))


def _mean_log(spans: Spans, horizon: float) -> tuple[float, float, int]:
    """Restricted mean of the logs, its variance, and the number of ends it rests on."""
    curve = kaplan_meier(spans)
    kept = (curve.ends > 0) & (curve.times <= horizon)
    times, survival, at_risk, ends = (
        values[kept] for values in (curve.times, curve.survival, curve.at_risk, curve.ends)
    )
    if np.any(times <= 0):
        raise ValueError("a geometric mean needs durations above 0")
    areas = survival * np.diff(np.log([*times, horizon]))
    later = np.cumsum(areas[::-1])[::-1]
    n = int(ends.sum())
    variance = np.sum(later**2 * greenwood_terms(at_risk, ends)) * n / max(n - 1, 1)
    return float(np.log(times[0]) + later[0]) if n else np.nan, float(variance), n


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
