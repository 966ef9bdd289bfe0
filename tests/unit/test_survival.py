"""Survival and intervals against published examples, exact coverage, and properties."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from opsanalytics.stats.intervals import (
    geometric_mean_interval,
    median_with_interval,
    poisson_interval,
    proportion_interval,
    quantile_interval,
)
from opsanalytics.stats.survival import kaplan_meier, median_survival, ninetieth_percentile, survival_quantile


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


# Weeks in remission: Freireich et al. (1963), Blood 21, 699-716, as tabulated by Gehan (1965), Biometrika 52, 203-223;
# R: MASS::gehan.
MP6_ENDED = floats(6, 6, 6, 7, 10, 13, 16, 22, 23)
MP6_CENSORED = floats(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
PLACEBO = floats(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)


def test_kaplan_meier_of_the_leukemia_data():
    """Survival at 6, 7, 10, 13, 16, 22, 23 weeks: Klein and Moeschberger (2003), Survival Analysis, table 4.1; the
    same numbers are printed by SAS PROC LIFETEST."""
    curve = kaplan_meier(MP6_ENDED, MP6_CENSORED)
    at = dict(zip(curve.times, curve.survival, strict=True))
    assert [round(at[week], 3) for week in (6, 7, 10, 13, 16, 22, 23)] == [
        0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448
    ]


def test_medians_of_the_leukemia_data():
    """23 and 8 weeks: Klein and Moeschberger (2003), section 4.5. Limits by hand, from the log-log band of the next
    test: of 6-MP the lower band is .503 at 10 weeks and .432 at 13, the upper one ends at .680 and never falls to .5.
    """
    assert median_survival(MP6_ENDED, MP6_CENSORED) == (23, 13, None)
    assert median_survival(PLACEBO, floats()) == (8, 4, 11)


@pytest.mark.parametrize(("ended", "censored"), [(MP6_ENDED, MP6_CENSORED), (PLACEBO, floats())])
def test_the_log_log_band_is_greenwoods(ended, censored):
    """S ** exp(+-1.96 sqrt(sum d / (n (n - d))) / log S), summed by hand over the ends so far; not defined at S = 0."""
    curve = kaplan_meier(ended, censored)
    greenwood = 0.0
    for time, share, low, high in zip(curve.times, curve.survival, curve.low, curve.high, strict=True):
        n, d = int(np.sum(ended >= time) + np.sum(censored >= time)), int(np.sum(ended == time))
        if n == d:
            assert (share, np.isnan(low), np.isnan(high)) == (0, True, True)
            continue
        greenwood += d / (n * (n - d))
        spread = 1.959964 * math.sqrt(greenwood) / math.log(share)
        assert (low, high) == pytest.approx((share ** math.exp(-spread), share ** math.exp(spread)), rel=1e-6)


@pytest.mark.parametrize(("share", "time"), [
    (13 / 14, 1), (6 / 7, 3.5), (2 / 3, 6), (1 / 2, 9), (9 / 35, 9.5), (0.1, None)
])
def test_a_flat_stretch_gives_its_middle(share, time):
    """Expected values of R's survival package, tests/quantile.R (therneau/survival), also for a flat that ends at
    the last follow-up (9.5)."""
    curve = kaplan_meier(floats(9, 1, 6, 6), floats(1, 8, 10))
    assert survival_quantile(curve, 1 - share).value == time


def test_a_median_that_is_not_reached_is_none():
    assert median_survival(floats(1), floats(2, 3)).value is None
    assert median_survival(floats(), floats(5)) == (None, None, None)
    assert median_survival(floats(), floats()) == (None, None, None)


def test_refused_are_no_durations_and_impossible_ones():
    with pytest.raises(ValueError, match="no durations"):
        kaplan_meier(floats(), floats())
    with pytest.raises(ValueError, match="at least 0"):
        kaplan_meier(floats(-1), floats())
    with pytest.raises(ValueError, match="at least 0"):
        kaplan_meier(floats(1), floats(np.nan))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=60))
def test_without_censoring_the_median_is_the_ordinary_one(minutes):
    assert median_survival(floats(*minutes), floats()).value == pytest.approx(statistics.median(minutes))


DURATIONS = st.lists(st.floats(0, 1e6), max_size=30)


@given(DURATIONS, DURATIONS)
def test_kaplan_meier_equals_its_plain_twin(ended, censored):
    """At each end, the share goes down by ended / at risk; at risk is everything that lasts at least as long."""
    if not ended and not censored:
        return
    curve = kaplan_meier(floats(*ended), floats(*censored))
    expected, share = [], 1.0
    for time in sorted({*ended, *censored}):
        share *= 1 - ended.count(time) / sum(duration >= time for duration in ended + censored)
        expected.append((time, share))
    assert list(curve.times) == [time for time, _ in expected]
    assert list(curve.survival) == pytest.approx([share for _, share in expected], abs=1e-12)


@given(DURATIONS, DURATIONS)
def test_an_interval_holds_its_median_and_waiting_longer_never_shortens_it(ended, censored):
    value, low, high = median_survival(floats(*ended), floats(*censored))
    assert low is None or value is None or low <= value
    assert high is None or (value is not None and value <= high)
    later = median_survival(floats(*ended), floats(*[duration + 1 for duration in censored])).value
    assert value is None or later is None or later >= value


def test_the_p90_has_limits_from_36_on():
    """P(X < largest of 35) > 0.975 fails: 1 - 0.9 ** 35 = 0.97497; with 36 it is 0.97748."""
    assert quantile_interval(floats(*range(35)), 0.9)[1] is None
    assert quantile_interval(floats(*range(1, 37)), 0.9) == (29, 36)
    assert ninetieth_percentile(floats(*range(1, 37)), floats()) == (33, 29, 36)
    assert ninetieth_percentile(floats(*range(1, 37)), floats(40)).high is None


def test_the_median_has_limits_from_6_on():
    """Both tails of n = 6 hold 1/64 each: 96.9 %. Conover (1999), Practical Nonparametric Statistics, section 3.2."""
    assert median_with_interval(floats(1, 2, 3, 4, 5)) == (3, None, None)
    assert median_with_interval(floats(1, 2, 3, 4, 5, 6)) == (3.5, 1, 6)
    assert median_with_interval(floats()) == (None, None, None)


@pytest.mark.parametrize("n", [6, 10, 30, 36, 100])
@pytest.mark.parametrize("probability", [0.5, 0.9])
def test_order_statistics_cover_at_least_95_percent(n, probability):
    """Exactly, by the ranks: a limit that does not exist covers its side."""
    low, high = quantile_interval(floats(*range(1, n + 1)), probability)
    below = stats.binom(n, probability)
    covered = below.cdf(n if high is None else high - 1) - (0 if low is None else below.cdf(low - 1))
    assert covered >= 0.95


@pytest.mark.parametrize("mean", [0.5, 2, 5, 12.3, 40])
def test_poisson_intervals_cover_at_least_95_percent(mean):
    counts = range(int(mean + 12 * math.sqrt(mean) + 10))
    covered = sum(
        stats.poisson.pmf(count, mean) for count in counts if _holds(poisson_interval(count), mean)
    )
    assert covered >= 0.95


@pytest.mark.parametrize("n", [10, 30, 100])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.85])
def test_proportion_intervals_cover_at_least_95_percent(n, share):
    covered = sum(stats.binom.pmf(k, n, share) for k in range(n + 1) if _holds(proportion_interval(k, n), share))
    assert covered >= 0.95


@pytest.mark.parametrize("n", [10, 30, 100])
def test_geometric_means_of_lognormal_minutes_are_covered_19_times_in_20(n):
    """Exact in theory, so 2000 samples lie within 3.5 standard errors of 95 % (seeded)."""
    generator = np.random.default_rng(20261122)
    samples = generator.lognormal(4, 1.2, size=(2000, n))
    covered = np.mean([_holds(geometric_mean_interval(sample), math.exp(4)) for sample in samples])
    assert abs(covered - 0.95) < 3.5 * math.sqrt(0.95 * 0.05 / 2000)


@pytest.mark.parametrize(("n", "expected"), [(10, 0.947), (30, 0.954), (100, 0.956)])
def test_brookmeyer_crowley_medians_cover_as_measured(n, expected):
    """design/metrics.md: .947, .954, .956. Ranks decide, so any continuous law does; 1500 samples (seeded)."""
    generator = np.random.default_rng(20261122)
    covered = np.mean([_holds(median_survival(sample, floats()), 0.5) for sample in generator.random((1500, n))])
    assert abs(covered - expected) < 3.5 * math.sqrt(0.95 * 0.05 / 1500)


def test_poisson_reference_values():
    """Exact limits of 0, 1, 10 events: Garwood (1936) as tabulated in Ulm (1990), Am. J. Epidemiology 131, 373-375."""
    limits = [tuple(round(number, 3) for number in poisson_interval(count)[1:]) for count in (0, 1, 10)]
    assert limits == [(0.0, 3.689), (0.025, 5.572), (4.795, 18.390)]


def test_proportion_reference_values():
    """81 of 263 and 0 of 20: Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 5."""
    assert [round(number, 4) for number in proportion_interval(81, 263)[1:]] == [0.2527, 0.3676]
    assert [round(number, 4) for number in proportion_interval(0, 20)[1:]] == [0.0, 0.1684]
    assert proportion_interval(0, 0) == (None, None, None)


def test_one_value_has_no_interval_and_zero_no_logarithm():
    assert geometric_mean_interval(floats(7)) == (pytest.approx(7), None, None)
    assert geometric_mean_interval(floats()) == (None, None, None)
    with pytest.raises(ValueError, match="above 0"):
        geometric_mean_interval(floats(1, 0))


@pytest.mark.parametrize(("refused", "message"), [
    (lambda: poisson_interval(-1), "at least 0"),
    (lambda: proportion_interval(3, 2), r"0\.\.2"),
    (lambda: quantile_interval(floats(1), 1.0), "between 0 and 1"),
])
def test_impossible_arguments_are_refused(refused, message):
    with pytest.raises(ValueError, match=message):
        refused()


def _holds(estimate, truth):
    _, low, high = estimate
    return (low is None or low <= truth) and (high is None or truth <= high)
