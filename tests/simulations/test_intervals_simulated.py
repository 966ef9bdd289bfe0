"""How often the intervals hold the truth. Exact methods: summed over all that can happen, without Monte-Carlo error.
The others: RUNS samples a case, so that two standard errors are 0.7 points at 95 %. What was measured is printed.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from opsanalytics.stats.intervals import (
    Estimate,
    geometric_mean_interval,
    geometric_mean_ratio,
    poisson_interval,
    proportion_interval,
    share_ratio,
)
from opsanalytics.stats.rates import Weeks, poisson_rate_ratio, weekly_rate, weekly_rate_ratio

RUNS = 4000
SIZES = [10, 30, 100]
pytestmark = pytest.mark.long


def holds(estimate: Estimate, truth: float) -> bool:
    _, low, high = estimate
    return (low is None or low <= truth) and (high is None or truth <= high)


def likely(law, least: float = 1e-5) -> list[tuple[int, float]]:
    """The counts that happen at all, each with its probability; what is left out counts as not covered."""
    counts = np.arange(int(law.ppf(1e-9)), int(law.isf(1e-9)) + 1)
    return [(int(count), float(law.pmf(count))) for count in counts if law.pmf(count) > least]


def show(what: str, covered: float) -> None:
    print(f"{what}: {covered:.1%}")


@pytest.mark.parametrize("n", SIZES)
def test_proportions_cover_at_least_95_percent(n):
    for share in (0.05, 0.2, 0.5, 0.9):
        covered = sum(p for k, p in likely(stats.binom(n, share), 0) if holds(proportion_interval(k, n), share))
        show(f"Clopper-Pearson, {share:.0%} of {n}", covered)
        assert 0.95 <= covered


@pytest.mark.parametrize("expected", [1, *SIZES])
def test_poisson_rates_cover_at_least_95_percent(expected):
    covered = sum(p for k, p in likely(stats.poisson(expected), 0) if holds(poisson_interval(k), expected))
    show(f"Garwood, {expected} expected", covered)
    assert 0.95 <= covered


@pytest.mark.parametrize("expected", SIZES)
@pytest.mark.parametrize("ratio", [1, 0.5])
def test_ratios_of_poisson_rates_cover_at_least_95_percent(expected, ratio):
    """After a period twice as long: exposures 26 and 13."""
    covered = sum(
        p * q
        for (before, p), (after, q) in product(likely(stats.poisson(2 * expected)), likely(stats.poisson(ratio * expected)))
        if holds(poisson_rate_ratio(before, 26, after, 13), ratio)
    )
    show(f"exact rate ratio {ratio}, {expected} expected", covered)
    assert 0.95 <= covered


@pytest.mark.parametrize("n", SIZES)
def test_ratios_of_shares_cover_95_percent_on_average(n):
    """Score intervals cover 95 % over the shares, not at each: counts are few, and at 10 a side one case is much."""
    cases = [(0.3, 0.3), (0.3, 0.6), (0.5, 0.5), (0.5, 0.8), (0.7, 0.7), (0.7, 0.85), (0.85, 0.85), (0.9, 0.45)]
    covered = [_coverage_of_shares(n, *case) for case in cases]
    for case, share in zip(cases, covered, strict=True):
        show(f"Miettinen-Nurminen, {case[0]:.0%} and {case[1]:.0%} of {n}", share)
    show(f"Miettinen-Nurminen, on average at {n}", float(np.mean(covered)))
    assert 0.93 <= np.mean(covered) <= 0.97
    assert 0.93 <= min(covered)


def _coverage_of_shares(n: int, before: float, after: float) -> float:
    return sum(
        p * q
        for (k, p), (m, q) in product(likely(stats.binom(n, before)), likely(stats.binom(n, after)))
        if holds(share_ratio(k, n, m, n), after / before)
    )


def clustered(generator: np.random.Generator, mean: float, size: float, shape: tuple[int, int]) -> np.ndarray:
    """Weekly counts, negative binomial: index of dispersion 1 + mean / size; Poisson where the size is infinite."""
    if math.isinf(size):
        return generator.poisson(mean, shape).astype(np.float64)
    return generator.negative_binomial(size, size / (size + mean), shape).astype(np.float64)


def size_of(mean: float, index: float) -> float:
    return mean / (index - 1) if index > 1 else math.inf


def in_weeks(counts: np.ndarray) -> Weeks:
    return Weeks(counts, np.ones(len(counts)))


@pytest.mark.parametrize("n_weeks", [10, 13, 26, 30, 52, 100])
def test_rates_of_clustered_weeks_are_covered(n_weeks):
    """Poisson weeks are covered too often, because the index is never taken to be below 1. The worst that was found
    beside these: 0.7 a week with an index of 3, covered 93 to 98 %.
    """
    generator = np.random.default_rng(7)
    for mean, index in product((1.5, 3), (1, 2, 3)):
        samples = clustered(generator, mean, size_of(mean, index), (RUNS, n_weeks))
        covered = np.mean([holds(weekly_rate(in_weeks(sample)), mean) for sample in samples])
        show(f"rate, {n_weeks} weeks of {mean}, index {index}", covered)
        assert (0.95 <= covered <= 0.99) if index == 1 else (0.93 <= covered <= 0.97)


@pytest.mark.parametrize(("n_before", "n_after"), [(10, 10), (13, 13), (30, 30), (52, 52), (52, 13), (100, 100)])
def test_ratios_of_clustered_rates_are_covered(n_before, n_after):
    """Also where the rate halves and the clusters stay, so that the index differs between the sides."""
    generator = np.random.default_rng(8)
    for mean, index, ratio in product((1.5, 3), (1, 2, 3), (1, 0.5)):
        size = size_of(mean, index)
        before = clustered(generator, mean, size, (RUNS, n_before))
        after = clustered(generator, mean * ratio, size, (RUNS, n_after))
        covered = np.mean([
            holds(weekly_rate_ratio(in_weeks(one), in_weeks(other)), ratio)
            for one, other in zip(before, after, strict=True)
        ])
        show(f"rate ratio {ratio}, {n_before} and {n_after} weeks of {mean}, index {index}", covered)
        assert 0.93 <= covered <= 0.98


@pytest.mark.parametrize("n", SIZES)
def test_ratios_of_geometric_means_of_lognormal_minutes_are_covered(n):
    """The second with another spread and half as many after, which Welch's interval allows for."""
    generator = np.random.default_rng(9)
    for spread, n_after in ((1.0, n), (1.5, max(n // 2, 5))):
        before, after = generator.lognormal(4, 1, (RUNS, n)), generator.lognormal(3.5, spread, (RUNS, n_after))
        covered = np.mean([
            holds(geometric_mean_ratio(one, other), math.exp(-0.5)) for one, other in zip(before, after, strict=True)
        ])
        show(f"ratio of geometric means, lognormal, {n} and {n_after}, spread 1 and {spread}", covered)
        assert 0.93 <= covered <= 0.97


@pytest.mark.parametrize("n", SIZES)
def test_geometric_means_under_a_pareto_tail_are_stated(n):
    """Pareto minutes of index 1.2, whose mean hardly exists: their logs are exponential, with mean 1 / 1.2. One sample's
    geometric mean is covered less, a ratio's as it should be, because the skewness of both sides cancels out.
    """
    generator = np.random.default_rng(10)
    before, after = 1 + generator.pareto(1.2, (2, RUNS, n))
    alone = np.mean([holds(geometric_mean_interval(sample), math.exp(1 / 1.2)) for sample in before])
    ratio = np.mean([holds(geometric_mean_ratio(one, other), 1) for one, other in zip(before, after, strict=True)])
    show(f"geometric mean, Pareto, {n}", alone)
    show(f"ratio of geometric means, Pareto, {n}", ratio)
    assert {10: 0.88, 30: 0.91, 100: 0.93}[n] <= alone <= 0.97
    assert 0.93 <= ratio <= 0.97
