"""Run lengths of the control charts: how many points until the first signal, when nothing changed and when something did.
RUNS series a case; the means of run lengths have a standard error of about their own size / sqrt(RUNS). What was measured
is printed.
"""

from __future__ import annotations

import numpy as np
import pytest

from opsanalytics.stats.charts import ControlChart, ewma_chart, laney_u_chart
from opsanalytics.stats.rates import Weeks

RUNS = 4000
pytestmark = pytest.mark.long


def run_length(chart: ControlChart, start: int, end: int) -> int:
    """Points from `start` on up to the first signal; all of them where there is none before `end`."""
    signals = chart.signals[chart.signals >= start]
    return int(signals[0]) - start + 1 if len(signals) else end - start


def show(what: str, lengths: np.ndarray, end: int) -> None:
    quantiles = np.quantile(lengths, [0.1, 0.5, 0.9])
    words = [f"{quantile:.0f}" if quantile < end else f"over {end - 1}" for quantile in quantiles]
    print(f"{what}: half signal by point {words[1]}, the first tenth by {words[0]}, nine tenths by {words[2]}")


STANDARD = np.exp(np.array([-1, 1]) / np.sqrt(2))


@pytest.mark.parametrize(("weight", "width", "shift", "published"), [
    (0.1, 2.814, 0, 500), (0.1, 2.814, 0.5, 31.3), (0.1, 2.814, 1, 10.3), (0.1, 2.814, 2, 4.4),
    (0.5, 3.071, 0, 500), (0.5, 3.071, 0.5, 88.8), (0.5, 3.071, 1, 17.5), (0.5, 3.071, 2, 3.63),
    (0.03, 2.437, 0.5, 29.3), (0.03, 2.437, 1, 12.6), (0.03, 2.437, 2, 5.99),
])
def test_average_run_lengths_of_lucas_and_saccucci(weight, width, shift, published):
    """Lucas and Saccucci (1990), Technometrics 32, 1-12, table 3, as quoted in R package spc (Knoth) and in Montgomery,
    Introduction to Statistical Quality Control, table 9.11. Their limits do not widen: 300 points on the centre come first.
    """
    generator, quiet, end = np.random.default_rng(21), 300, 300 + 10 * int(published)
    lengths = [
        run_length(ewma_chart(STANDARD, np.exp(_after(quiet, generator.standard_normal(end - quiet) + shift)), weight, width),
                   quiet, end)
        for _ in range(RUNS)
    ]
    average, error = np.mean(lengths), np.std(lengths) / np.sqrt(RUNS)
    print(f"EWMA, weight {weight}, shift {shift}: {average:.1f} +- {error:.1f}, published {published}")
    assert average == pytest.approx(published, abs=3.5 * error + 0.05)


def _after(quiet: int, deviations: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros(quiet), deviations])


@pytest.mark.parametrize(("shift", "published"), [(0.5, 32.5), (1, 9.0), (1.5, 4.5), (2, 2.8)])
def test_average_run_lengths_with_limits_that_widen(shift, published):
    """Steiner (1999), Journal of Quality Technology 31, 75-86, table 2, weight 0.05 and width 3, as quoted in spc."""
    generator, end = np.random.default_rng(22), 40 * int(published)
    lengths = [
        run_length(ewma_chart(STANDARD, np.exp(generator.standard_normal(end) + shift), 0.05, 3), 0, end)
        for _ in range(RUNS)
    ]
    average, error = np.mean(lengths), np.std(lengths) / np.sqrt(RUNS)
    print(f"EWMA with limits that widen, shift {shift}: {average:.2f} +- {error:.2f}, published {published}")
    assert average == pytest.approx(published, abs=3.5 * error + 0.05)


@pytest.mark.parametrize(("n", "half_by", "tenth_by"), [(30, 100, 14), (60, 140, 18), (100, 180, 22)])
def test_run_lengths_of_lognormal_durations_by_baseline(n, half_by, tenth_by):
    """Centre and spread estimated from n incidents. A known one would signal at 340 as often as not. Jones, Champ and
    Rigdon (2001), Technometrics 43, 156-167, on why a short baseline signals too soon. A doubling is 0.69 of a spread of 1.
    """
    generator, end = np.random.default_rng(23), 1000
    stable = _lognormal_run_lengths(generator, n, 1, end)
    show(f"EWMA, baseline of {n}, nothing changed", stable, end)
    assert np.median(stable) >= half_by and np.quantile(stable, 0.1) >= tenth_by
    for factor, soon in ((1.5, 45), (2, 14), (4, 5)):
        changed = _lognormal_run_lengths(generator, n, factor, end)
        show(f"EWMA, baseline of {n}, minutes times {factor}", changed, end)
        assert np.median(changed) <= soon


def _lognormal_run_lengths(generator: np.random.Generator, n: int, factor: float, end: int) -> np.ndarray:
    return np.array([
        run_length(ewma_chart(generator.lognormal(4, 1, n), factor * generator.lognormal(4, 1, end)), 0, end)
        for _ in range(RUNS)
    ])


def clustered(generator: np.random.Generator, means: np.ndarray, index: float) -> Weeks:
    """Negative binomial weeks, Poisson where the index of dispersion is 1."""
    counts = (
        generator.poisson(means) if index == 1 else generator.negative_binomial(means / (index - 1), 1 / index)
    )
    return Weeks(counts.astype(np.float64), np.ones(len(means)))


HALF_YEAR = 26


@pytest.mark.parametrize(("mean", "index", "stated"), [
    (1, 2, 0.10), (1, 3, 0.16), (1.5, 2, 0.07), (1.5, 3, 0.10), (3, 1, 0.02), (3, 2, 0.05), (3, 3, 0.06), (6, 3, 0.05),
])
def test_a_stable_clustered_half_year_seldom_signals(mean, index, stated):
    """A look back, the 26 weeks their own baseline. Beside it, how many do by Laney's own limits, of three sigma_z."""
    generator = np.random.default_rng(24)
    charts = [_half_year(generator, mean, index) for _ in range(RUNS)]
    signalling = np.mean([len(chart.signals) > 0 for chart in charts])
    laneys = np.mean([np.any(chart.points > _laneys_limit(chart)) for chart in charts])
    print(f"u', 26 weeks of {mean}, index {index}: {signalling:.1%} signal, {laneys:.1%} by three sigma")
    assert signalling <= stated


@pytest.mark.parametrize(("mean", "index", "stated"), [
    (0.5, 1, 0.03), (1, 1, 0.03), (1, 2, 0.15), (1, 3, 0.2), (1.5, 2, 0.1), (3, 1, 0.03), (3, 2, 0.06), (3, 3, 0.08), (6, 3, 0.06),
])
@pytest.mark.parametrize("weeks", [13, 52, 104])
def test_a_stable_look_back_by_half_years(weeks, mean, index, stated):
    """As the pages draw it: all the weeks shown are their own baseline, from a quarter to two years."""
    generator = np.random.default_rng(26)
    signalling = [np.any(_within(_look_back(generator, weeks, mean, index).signals, start))
                  for _ in range(RUNS // 4) for start in range(0, max(weeks - HALF_YEAR, 0) + 1, HALF_YEAR)]
    print(f"u', look back over {weeks} weeks of {mean}, index {index}: {np.mean(signalling):.1%} of half-years signal")
    assert np.mean(signalling) <= stated


def _within(signals: np.ndarray, start: int) -> np.ndarray:
    return (signals >= start) & (signals < start + HALF_YEAR)


def _look_back(generator: np.random.Generator, n: int, mean: float, index: float) -> ControlChart:
    while not (weeks := clustered(generator, np.full(n, float(mean)), index)).count:
        pass
    return laney_u_chart(weeks, n)


def _half_year(generator: np.random.Generator, mean: float, index: float) -> ControlChart:
    return _look_back(generator, HALF_YEAR, mean, index)


def _laneys_limit(chart: ControlChart) -> float:
    return chart.centre + 3 * chart.spread * np.sqrt(chart.centre)


@pytest.mark.parametrize(("mean", "index"), [(1.5, 2), (3, 1), (3, 2), (3, 3), (6, 2)])
def test_run_lengths_of_a_u_chart_after_a_half_year(mean, index):
    """26 weeks of baseline, then weeks as before, twice, or four times as many incidents; two years are looked at."""
    generator, end = np.random.default_rng(25), HALF_YEAR + 104
    medians = []
    for factor in (1, 2, 4):
        means = np.concatenate([np.full(HALF_YEAR, float(mean)), np.full(104, factor * float(mean))])
        series = (clustered(generator, means, index) for _ in range(RUNS))
        lengths = np.array([
            run_length(laney_u_chart(weeks, HALF_YEAR), HALF_YEAR, end) for weeks in series
            if weeks.counts[:HALF_YEAR].any()
        ])
        show(f"u', 26 weeks of {mean}, index {index}, then times {factor}", lengths, 104)
        medians.append(np.median(lengths))
    assert medians[0] >= 100
    assert medians[2] <= 5 < medians[0]
