"""Survival and intervals against published examples, exact coverage, and properties."""

from __future__ import annotations

import math
import statistics
import warnings

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
from opsanalytics.stats.spans import Spans
from opsanalytics.stats.survival import (
    common_horizon,
    kaplan_meier,
    log_rank,
    median_survival,
    ninetieth_percentile,
    restricted_geometric_ratio,
    survival_quantile,
)


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


# Weeks in remission: Freireich et al. (1963), Blood 21, 699-716, as tabulated by Gehan (1965), Biometrika 52, 203-223;
# R: MASS::gehan.
MP6 = Spans.from_start([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
PLACEBO = Spans.from_start([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [])
NOTHING = Spans.from_start([], [])


def test_kaplan_meier_of_the_leukemia_data():
    """Survival at 6, 7, 10, 13, 16, 22, 23 weeks: Klein and Moeschberger (2003), Survival Analysis, table 4.1; the
    same numbers are printed by SAS PROC LIFETEST."""
    curve = kaplan_meier(MP6)
    at = dict(zip(curve.times, curve.survival, strict=True))
    assert [round(at[week], 3) for week in (6, 7, 10, 13, 16, 22, 23)] == [
        0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448
    ]


def test_medians_of_the_leukemia_data():
    """23 and 8 weeks: Klein and Moeschberger (2003), section 4.5. Limits by hand, from the log-log band of the next
    test: of 6-MP the lower band is .503 at 10 weeks and .432 at 13, the upper one ends at .680 and never falls to .5.
    """
    assert median_survival(MP6) == (23, 13, None)
    assert median_survival(PLACEBO) == (8, 4, 11)


@pytest.mark.parametrize("spans", [MP6, PLACEBO])
def test_the_log_log_band_is_greenwoods(spans):
    """S ** exp(+-1.96 sqrt(sum d / (n (n - d))) / log S), summed by hand over the ends so far; not defined at S = 0."""
    curve = kaplan_meier(spans)
    greenwood = 0.0
    for time, share, low, high in zip(curve.times, curve.survival, curve.low, curve.high, strict=True):
        n, d = int(np.sum(spans.exit >= time)), int(np.sum(spans.exit[spans.ended] == time))
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
    curve = kaplan_meier(Spans.from_start([9, 1, 6, 6], [1, 8, 10]))
    assert survival_quantile(curve, 1 - share).value == time


def test_a_median_that_is_not_reached_is_none():
    assert median_survival(Spans.from_start([1], [2, 3])).value is None
    assert median_survival(Spans.from_start([], [5])) == (None, None, None)
    assert median_survival(NOTHING) == (None, None, None)


@pytest.mark.parametrize(("entry", "exit_", "end", "message"), [
    ([0], [-1], [1], "at least 0"),
    ([-1], [1], [1], "at least 0"),
    ([0], [np.nan], [0], "at least 0 and finite"),
    ([np.nan], [1], [0], "at least 0"),
    ([0], [np.inf], [0], "finite"),
    ([3], [2], [1], "not before its entry"),
    ([0], [2], [-1], "number of its kind"),
    ([0, 0], [1], [1], "of one length"),
])
def test_impossible_spans_are_refused(entry, exit_, end, message):
    with pytest.raises(ValueError, match=message):
        Spans.of(entry, exit_, end)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=60))
def test_without_censoring_the_median_is_the_ordinary_one(minutes):
    assert median_survival(Spans.from_start(minutes, [])).value == pytest.approx(statistics.median(minutes))


DURATIONS = st.lists(st.floats(0, 1e6), max_size=30)
ITEMS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.booleans()), max_size=40)


def spans_of(items):
    """Items as (entry, how long they were watched, ended)."""
    return Spans.of(*zip(*[(entry, entry + watched, ended) for entry, watched, ended in items], strict=True)) if items else NOTHING


@given(DURATIONS, DURATIONS)
def test_without_late_entry_it_is_scipys(ended, censored):
    """Shares and band, NaN in the same places; rounding apart."""
    if not ended and not censored:
        return
    curve = kaplan_meier(Spans.from_start(ended, censored))
    theirs = stats.ecdf(stats.CensoredData(uncensored=ended, right=censored)).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # scipy's word for where the band is NaN
        band = theirs.confidence_interval(method="log-log")
    assert list(curve.times) == list(theirs.quantiles)
    np.testing.assert_allclose(curve.survival, theirs.probabilities, atol=1e-12)
    np.testing.assert_allclose(curve.low, band.low.probabilities, rtol=1e-6)
    np.testing.assert_allclose(curve.high, band.high.probabilities, rtol=1e-6)


@given(ITEMS)
def test_late_entry_equals_its_plain_twin(items):
    """At each end, the share goes down by ended / at risk; at risk is what entered before and is still there. The
    follow-up is over where somebody would join fewer than 2."""
    spans = spans_of(items)
    people = [(entry, entry + watched, ended) for entry, watched, ended in items if watched > 0 or entry == 0]

    def at_risk(age):
        return sum((entry < age or entry == 0) and leaves >= age for entry, leaves, _ in people)

    over = min((entry for entry, _, _ in people if entry > 0 and at_risk(entry) < 2), default=math.inf)
    share, expected = 1.0, {}
    for age in sorted({min(leaves, over) for entry, leaves, _ in people if entry < over}):
        share *= 1 - sum(ended and leaves == age and entry < over for entry, leaves, ended in people) / at_risk(age)
        expected[age] = share
    curve = kaplan_meier(spans)
    assert list(curve.times) == list(expected)
    assert list(curve.survival) == pytest.approx(list(expected.values()), abs=1e-12)


def test_late_entry_by_hand():
    """Six patients of Moore, D. F. (2016), Applied Survival Analysis Using R, section 3.5, who entered 2, 5, 3, 3, 2, 5
    after their diagnosis. At 4 four are at risk and one dies, 3/4; at 9 four (those who left at 8 and 4 are gone) and
    one dies, 9/16; at 11 nobody dies. Greenwood: 1/12, then 1/12 + 1/12.
    All entered late, so they are as old as 2 when the first ones are watched: ages here are counted from there.
    """
    curve = kaplan_meier(Spans.of([0, 3, 1, 1, 0, 3], [7, 9, 7, 6, 2, 7], [0, 1, 0, 0, 1, 1]))
    assert dict(zip(curve.times + 2, curve.survival, strict=True)) == {4: 0.75, 8: 0.75, 9: 0.5625, 11: 0}
    assert list(curve.at_risk) == [4, 5, 4, 1]
    low = 0.5625 ** math.exp(1.959964 * math.sqrt(1 / 6) / -math.log(0.5625))
    assert curve.low[2] == pytest.approx(low, rel=1e-6)


# The first six men of Channing House, in months since the first one entered at 751: Hyde, J. (1980), Testing survival
# with incomplete observations, Biostatistics Casebook (R: boot::channing); ages 777, 781, 909, 943+, 843+, 960+.
CHANNING = Spans.of([0, 8, 31, 55, 66, 72], [26, 30, 158, 192, 92, 209], [1, 1, 1, 0, 0, 0])


def test_a_thin_beginning_gives_no_median_instead_of_a_wrong_one():
    """Klein and Moeschberger (2003), section 4.6: one of two men at risk dies at 777 months and the other at 781, so the
    plain product is 0 from 781 on whoever lives to 90. The second joins one man only: there the follow-up is over."""
    ages = floats(26, 30, 158)
    plain = np.cumprod(1 - CHANNING.ends_at(ages) / CHANNING.at_risk(ages))
    assert list(plain) == [0.5, 0, 0]
    assert median_survival(CHANNING) == (None, None, None)
    assert len(CHANNING.counted()) == 1
    company = Spans.of([0, 0, *CHANNING.entry], [40, 60, *CHANNING.exit], [1, 1, *CHANNING.end])
    assert len(company.counted()) == 8  # at 31 two are at risk, at 55 two again


def test_what_nobody_saw_begin_has_no_median():
    assert median_survival(Spans.of([5, 5, 6], [9, 10, 11], [1, 1, 1])) == (None, None, None)


def test_an_item_that_leaves_as_it_enters_late_adds_nothing():
    with_it = Spans.of([0, 0, 0, 2], [1, 2, 3, 2], [1, 1, 1, 1])
    assert median_survival(with_it) == median_survival(Spans.from_start([1, 2, 3], []))


@given(ITEMS)
def test_an_interval_holds_its_median(items):
    value, low, high = median_survival(spans_of(items))
    assert low is None or value is None or low <= value
    assert high is None or (value is not None and value <= high)


@given(DURATIONS, DURATIONS)
def test_waiting_longer_never_shortens_the_median(ended, censored):
    value = median_survival(Spans.from_start(ended, censored)).value
    later = median_survival(Spans.from_start(ended, [duration + 1 for duration in censored])).value
    assert value is None or later is None or later >= value


def test_log_rank_of_the_leukemia_data():
    """16.79: Kleinbaum, D. G. and Klein, M. (2012), Survival Analysis, 3rd ed., chapter 2; the sign is not asked for."""
    chi2, p = log_rank(MP6, PLACEBO)
    assert (round(chi2, 2), p < 0.0001) == (16.79, True)
    assert log_rank(PLACEBO, MP6).chi2 == pytest.approx(chi2)


def test_log_rank_of_the_aml_data():
    """3.4 on one degree of freedom, p = 0.07: Therneau, T., R's survival, `survdiff(Surv(time, status) ~ x, aml)`; the
    data of Miller, R. G. (1981), Survival Analysis."""
    maintained = Spans.from_start([9, 13, 18, 23, 31, 34, 48], [13, 28, 45, 161])
    nonmaintained = Spans.from_start([5, 5, 8, 8, 12, 23, 27, 30, 33, 43, 45], [16])
    chi2, p = log_rank(maintained, nonmaintained)
    assert (round(chi2, 1), round(p, 2)) == (3.4, 0.07)


def test_log_rank_with_late_entry_by_hand():
    """The data of Moore (2016), section 5.7: (entry, exit, died) 3-9*, 11-18, 7-22* and 3-13*, 10-29, 5-30*.
    At 9, 13, 22, 30 of the first sample 2 of 4, 2 of 5, 1 of 3, 0 of 1 are at risk; it has the deaths at 9 and 22.
    Expected 1/2 + 2/5 + 1/3, variance 1/4 + 6/25 + 2/9.
    """
    first, second = Spans.of([3, 11, 7], [9, 18, 22], [1, 0, 1]), Spans.of([3, 10, 5], [13, 29, 30], [1, 0, 1])
    expected, variance = 1 / 2 + 2 / 5 + 1 / 3, 1 / 4 + 6 / 25 + 2 / 9
    assert log_rank(first, second).chi2 == pytest.approx((2 - expected) ** 2 / variance)


@given(DURATIONS, DURATIONS, DURATIONS, DURATIONS)
def test_without_late_entry_log_rank_is_scipys(ended, censored, others_ended, others_censored):
    chi2, p = log_rank(Spans.from_start(ended, censored), Spans.from_start(others_ended, others_censored))
    if chi2 is None:
        return
    theirs = stats.logrank(
        stats.CensoredData(uncensored=ended, right=censored),
        stats.CensoredData(uncensored=others_ended, right=others_censored),
    )
    assert (chi2, p) == pytest.approx((theirs.statistic**2, theirs.pvalue), abs=1e-9)


def test_log_rank_of_nothing_to_compare_has_no_answer():
    for other in (NOTHING, Spans.from_start([], [3]), Spans.from_start([1], [])):
        assert log_rank(NOTHING, other) == (None, None)
    assert log_rank(Spans.from_start([1, 2], []), Spans.of([5], [6], [1])) == (None, None)


POSITIVE = st.lists(st.floats(0.1, 1e5), min_size=2, max_size=20, unique=True)


@given(POSITIVE, POSITIVE)
def test_with_nothing_cut_the_ratio_is_that_of_geometric_means(before, after):
    """Its interval is Welch's of the logs, by scipy."""
    ratio = restricted_geometric_ratio(Spans.from_start(before, []), Spans.from_start(after, []))
    logs, others = np.log(after), np.log(before)
    limits = stats.ttest_ind(logs, others, equal_var=False).confidence_interval()
    assert np.log(ratio) == pytest.approx([logs.mean() - others.mean(), limits.low, limits.high], rel=1e-4, abs=1e-6)


def test_a_censored_ratio_by_hand():
    """Before: 1, 2, 4 and one open at 4: followed to 4. After: 1, 1 and two open at 8. Horizon 4.
    Mean log2 before is 0/4 + 1/4 + 2/2 = 5/4; after 0/2 + 2/2 = 1: the ratio is 2 ** (-1/4).
    Areas right of the ends, in log2: before 3/4 + 1/2, 1/2, 0; after 1. Greenwood: before 1/12, 1/6; after 1/4 (2 of 4).
    Variances with d / (d - 1): before (25/16 / 12 + 1/4 / 6) * 3/2, after 1/4 * 2.
    """
    before, after = Spans.from_start([1, 2, 4], [4]), Spans.from_start([1, 1], [8, 8])
    variances = (25 / 16 / 12 + 1 / 4 / 6) * 3 / 2, 1 / 4 * 2
    freedom = sum(variances) ** 2 / (variances[0] ** 2 / 2 + variances[1] ** 2 / 1)
    half = stats.t.ppf(0.975, freedom) * math.sqrt(sum(variances))
    assert common_horizon(before, after) == 4
    assert restricted_geometric_ratio(before, after) == pytest.approx([2 ** (-0.25 + way * half) for way in (0, -1, 1)])


def test_a_ratio_says_what_it_cannot():
    some = Spans.from_start([1, 2], [3])
    for other in (NOTHING, Spans.from_start([], [4])):
        assert restricted_geometric_ratio(some, other) == (None, None, None)
        assert restricted_geometric_ratio(other, some) == (None, None, None)
    assert restricted_geometric_ratio(Spans.from_start([4], []), Spans.from_start([2], [])) == (pytest.approx(0.5), None, None)
    assert common_horizon(some, NOTHING) is None
    with pytest.raises(ValueError, match="above 0"):
        restricted_geometric_ratio(some, Spans.from_start([0, 1], []))


def test_one_item_or_none_has_an_answer():
    assert median_survival(Spans.from_start([7], [])) == (7, None, None)
    assert ninetieth_percentile(NOTHING) == (None, None, None)
    assert len(kaplan_meier(NOTHING).times) == 0


def test_the_p90_has_limits_from_36_on():
    """P(X < largest of 35) > 0.975 fails: 1 - 0.9 ** 35 = 0.97497; with 36 it is 0.97748."""
    assert quantile_interval(floats(*range(35)), 0.9)[1] is None
    assert quantile_interval(floats(*range(1, 37)), 0.9) == (29, 36)
    assert ninetieth_percentile(Spans.from_start(range(1, 37), [])) == (33, 29, 36)
    assert ninetieth_percentile(Spans.from_start(range(1, 37), [40])).high is None
    assert ninetieth_percentile(Spans.from_start(range(1, 35), [40])) == (32, None, None)


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
    covered = np.mean([_holds(median_survival(Spans.from_start(sample, [])), 0.5) for sample in generator.random((1500, n))])
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
