"""Items that end in one of several ways: the share of each way by an age, by Aalen and Johansen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from opsanalytics.stats.intervals import LEVEL, Estimate, Floats
from opsanalytics.stats.spans import Spans
from opsanalytics.stats.survival import SurvivalCurve, greenwood_terms, kaplan_meier, log_log_band


@dataclass(frozen=True)
class IncidenceCurve:
    """Share that has ended in one way at and after each time, up to the next: a step function that starts at 0.

    All arrays have shape (k,), at the times of the Kaplan-Meier curve of the same items. low and high are the pointwise
    band, NaN where it is not defined (where the share is 0 or 1). variance: of the share.
    """

    times: Floats
    incidence: Floats
    variance: Floats
    low: Floats
    high: Floats


def cumulative_incidence(spans: Spans, kind: int, level: float = LEVEL) -> IncidenceCurve:
    """The share that ends in the way numbered `kind`, the others ending otherwise; late entry as in `kaplan_meier`.

    With its delta-method variance, and the band on the scale of log(-log(1 - share)): with one way to end it is 1 minus
    the Kaplan-Meier curve and its band.
    Aalen, O. and Johansen, S. (1978), Scandinavian Journal of Statistics 5, 141-150; variance: Gaynor, J. J. et al.
    (1993), JASA 88, 400-409.
    Refused with ValueError: kind 0, which is no end.
    """
    if kind < 1:
        raise ValueError(f"a kind of end is at least 1, not {kind}")
    curve = kaplan_meier(spans, level)
    ends = spans.counted().ends_at(curve.times, kind)
    before = np.concatenate([[1.0], curve.survival])[:-1]
    incidence = np.cumsum(before * ends / curve.at_risk, dtype=np.float64)
    variance = _gaynor(curve, incidence, before, ends)
    low, high = log_log_band(1 - incidence, variance, level)
    return IncidenceCurve(curve.times, incidence, variance, 1 - high, 1 - low)


def shares_at(spans: Spans, age: float, kinds: int, level: float = LEVEL) -> tuple[Estimate, ...]:
    """What has become of the items by an age: the share still going on, then those of the ways 1..kinds; they sum to 1.

    All None when the follow-up ends before that age with some going on. A share of 0 or 1 has no limits.
    Refused with ValueError: a negative age, an end that is none of these ways.
    """
    if not age >= 0:
        raise ValueError(f"an age is at least 0, not {age}")
    if np.any(spans.end > kinds):
        raise ValueError(f"an end is 0..{kinds}, not {spans.end.max()}")
    curve = kaplan_meier(spans, level)
    if not _is_known(curve, age):
        return (Estimate(None),) * (kinds + 1)
    incidences = [cumulative_incidence(spans, kind, level) for kind in range(1, kinds + 1)]
    return (
        _at(age, curve.times, 1.0, curve.survival, curve.low, curve.high),
        *(_at(age, of.times, 0.0, of.incidence, of.low, of.high) for of in incidences),
    )


def _is_known(curve: SurvivalCurve, age: float) -> bool:
    return len(curve.times) > 0 and bool(age <= curve.times[-1] or curve.survival[-1] == 0)


def _at(age: float, times: Floats, start: float, *steps: Floats) -> Estimate:
    """The steps' values at an age; the start, without limits, before the first."""
    last = np.searchsorted(times, age, "right") - 1
    if last < 0:
        return Estimate(start)
    value, low, high = (float(step[last]) for step in steps)
    return Estimate(value, None if np.isnan(low) else low, None if np.isnan(high) else high)


def _gaynor(curve: SurvivalCurve, incidence: Floats, before: Floats, ends: Floats) -> Floats:
    """Sums over the times so far of (I(t) - I)^2 g + before^2 p (1 - p) / n - 2 (I(t) - I) before p / n, p = ends / n."""
    share = ends / curve.at_risk
    greenwood = greenwood_terms(curve.at_risk, curve.ends)
    crossed = before * share / curve.at_risk
    squares = incidence**2 * np.cumsum(greenwood) - 2 * incidence * np.cumsum(incidence * greenwood)
    squares += np.cumsum(incidence**2 * greenwood) + np.cumsum(before * crossed * (1 - share))
    products = incidence * np.cumsum(crossed) - np.cumsum(incidence * crossed)
    return np.maximum(squares - 2 * products, 0)
