"""Control charts against published series and arithmetic by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from opsanalytics.stats.charts import ewma_chart, laney_u_chart
from opsanalytics.stats.rates import Weeks

THREE_SIGMA = 0.0013498980


def weeks(*counts: int, exposure: float = 1) -> Weeks:
    return Weeks(np.array(counts, dtype=np.float64), np.full(len(counts), exposure))


def test_a_u_chart_by_hand():
    """Mean 5; z scores (-1, 3, -3, 1) / sqrt(5) differ by 4, 6, 4, on average 14 / 3; over 1.128 that is sigma_z 1.850."""
    chart = laney_u_chart(weeks(4, 8, 2, 6), 4)
    assert (list(chart.points), chart.centre) == ([4, 8, 2, 6], 5)
    assert chart.spread == pytest.approx(14 / 3 / math.sqrt(5) / 1.128)


def test_the_limits_leave_out_what_three_sigma_leave_out_of_a_normal_variable():
    """Summed by the negative binomial's own formula, of mean 5 and variance sigma_z ** 2 * 5."""
    chart = laney_u_chart(weeks(4, 8, 2, 6), 4)
    size = 5 / (chart.spread**2 - 1)
    above = 1 - sum(_negative_binomial(count, size, 1 / chart.spread**2) for count in range(int(chart.high[0]) + 1))
    at_least = above + _negative_binomial(int(chart.high[0]), size, 1 / chart.spread**2)
    assert above <= THREE_SIGMA < at_least
    assert chart.low[0] == 0


def _negative_binomial(count: int, size: float, chance: float) -> float:
    logs = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
    return math.exp(logs + size * math.log(chance) + count * math.log(1 - chance))


def test_of_many_events_the_limits_are_laneys():
    """Laney (2002): centre +- 3 sigma_z sqrt(centre / exposure), here with 80,000 events in a week of 2 units."""
    counts = np.array([80_000, 81_000, 79_500, 80_600, 79_100], dtype=np.float64)
    chart = laney_u_chart(Weeks(counts, np.full(5, 2.0)), 5)
    half = 3 * chart.spread * math.sqrt(chart.centre / 2)
    assert chart.spread > 3
    assert (chart.low[0], chart.high[0]) == pytest.approx((chart.centre - half, chart.centre + half), rel=2e-3)


def test_weeks_as_even_as_poissons_or_evener_have_poissons_limits():
    chart = laney_u_chart(weeks(5, 5, 5, 5, 17), 4)
    assert (chart.spread, chart.high[0]) == (0, stats.poisson.isf(THREE_SIGMA, 5))
    assert list(chart.signals) == [4]


def test_a_part_of_a_week_has_limits_of_its_own():
    chart = laney_u_chart(Weeks(np.array([5.0, 5.0, 2.0]), np.array([1.0, 1.0, 0.4])), 3)
    assert list(chart.points) == [5, 5, 5]
    assert chart.high[2] > chart.high[0]


def test_what_comes_after_the_baseline_does_not_move_it():
    chart = laney_u_chart(weeks(4, 8, 2, 6, 40, 60), 4)
    assert (chart.centre, list(chart.signals)) == (5, [4, 5])


# NIST/SEMATECH e-Handbook of Statistical Methods, section 6.3.2.4: target 50, s 2.0539, weight 0.3, 3 sigma.
NIST = np.array([52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5,
                 49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])
NIST_EWMA = [50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33,
             50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99]


def test_an_ewma_chart_of_the_handbook():
    """As logs of durations, and a baseline of two that has its target and its s; limits 47.4115 and 52.5884."""
    baseline = np.exp(50 + 2.0539 / math.sqrt(2) * np.array([-1, 1]))
    chart = ewma_chart(baseline, np.exp(NIST), weight=0.3, width=3)
    assert np.log(chart.points) == pytest.approx(NIST_EWMA, abs=0.0051)
    assert np.log([chart.low[-1], chart.centre, chart.high[-1]]) == pytest.approx([47.4115, 50, 52.5884], abs=1e-4)
    assert (chart.spread, list(chart.signals)) == (pytest.approx(2.0539), [])


def test_the_first_point_has_the_limits_of_one_value_by_its_weight():
    chart = ewma_chart(np.exp([-1.0, 0.0, 1.0]), np.exp([10.0]))
    assert np.log([chart.low[0], chart.high[0], chart.points[0]]) == pytest.approx([-0.2814, 0.2814, 1])
    assert list(chart.signals) == [0]
    assert len(ewma_chart(np.exp([-1.0, 0.0, 1.0]), np.array([])).points) == 0


@pytest.mark.parametrize(("refused", "message"), [
    (lambda: laney_u_chart(weeks(0, 0, 3), 2), "no events"),
    (lambda: laney_u_chart(weeks(1, 2, 3), 1), "two weeks"),
    (lambda: ewma_chart(np.array([1.0, 2.0]), np.array([0.0])), "0 or less"),
    (lambda: ewma_chart(np.array([1.0, -2.0]), np.array([1.0])), "0 or less"),
    (lambda: ewma_chart(np.array([2.0, 2.0]), np.array([1.0])), "that differ"),
    (lambda: ewma_chart(np.array([2.0]), np.array([1.0])), "at least two"),
    (lambda: ewma_chart(np.array([1.0, 2.0]), np.array([1.0]), weight=0), "above 0"),
])
def test_impossible_arguments_are_refused(refused, message):
    with pytest.raises(ValueError, match=message):
        refused()
