"""Ratios of geometric means and of shares against published limits, and their properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsanalytics.stats.intervals import geometric_mean_ratio, share_ratio


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


# Hours of sleep gained with two drugs: Student (1908), Biometrika 6, 1-25; R: `sleep`.
DRUG_1 = floats(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
DRUG_2 = floats(1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)


def test_the_ratio_of_geometric_means_is_welchs_difference_of_logs():
    """1.58 hours, -0.2054832 to 3.3654832: R's `t.test(extra ~ group, data = sleep)`, printed for group 1 less group 2."""
    ratio = geometric_mean_ratio(np.exp(DRUG_1), np.exp(DRUG_2))
    assert [math.log(number) for number in ratio] == pytest.approx([1.58, -0.2054832, 3.3654832], abs=1e-7)


@pytest.mark.parametrize(("before", "after", "value", "low", "high"), [
    ((12, 28), (4, 24), 0.389, 0.143, 0.9749),
    ((40, 90), (30, 100), 0.675, 0.4605492931, 0.9820955908),
])
def test_ratios_of_shares(before, after, value, low, high):
    """Limits of Miettinen and Nurminen. 4 of 24 and 12 of 28: vignette of the R package PF (Siev), prevented fraction
    0.611, 0.0251 to 0.857, which is 1 - ratio. 30 of 100 and 40 of 90: test/tests.jl of MetidaFreq.jl.
    """
    assert share_ratio(*before, *after) == (
        pytest.approx(value, abs=5e-4), pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-5)
    )


def test_a_share_of_nothing_has_no_ratio():
    assert share_ratio(0, 10, 0, 10) == (None, None, None)
    assert share_ratio(0, 0, 3, 10) == (None, None, None)
    value, low, high = share_ratio(0, 10, 3, 10)
    assert (value, high) == (None, None) and low > 0
    value, low, high = share_ratio(3, 10, 0, 10)
    assert (value, low) == (0, 0) and high > 0


def test_all_of_both_is_a_ratio_of_1():
    """By hand: with p after = 1 and p before = 1 / r the score is (1 - r) / sqrt(r * r * (1 - 1 / r) / r / n * 2n / (2n - 1)),
    whose square is (r - 1) * n * (2n - 1) / 2n = 1.96 ** 2 at n = 10: r = 1.4044.
    """
    value, low, high = share_ratio(10, 10, 10, 10)
    assert value == 1
    assert high == pytest.approx(1 + 1.959964**2 / 9.5, abs=1e-6)
    assert low == pytest.approx(1 / high)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 30), st.integers(1, 30), st.floats(0.5, 0.999))
def test_a_ratio_of_shares_turned_round_is_its_inverse(before, after, n_before, n_after, level):
    before, after = min(before, n_before), min(after, n_after)
    ratio = share_ratio(before, n_before, after, n_after, level)
    turned = share_ratio(after, n_after, before, n_before, level)
    if before and after:
        assert (turned.value, turned.low, turned.high) == pytest.approx(
            (1 / ratio.value, 1 / ratio.high, 1 / ratio.low), rel=1e-6
        )
        assert ratio.low <= ratio.value <= ratio.high
    elif after:
        assert (turned.value, turned.low, turned.high) == (0, 0, pytest.approx(1 / ratio.low, rel=1e-6))


MINUTES = st.lists(st.floats(0.01, 1e5), min_size=2, max_size=20).map(lambda values: floats(*values))


@given(MINUTES, MINUTES)
def test_a_ratio_of_geometric_means_turned_round_is_its_inverse_in_any_unit(before, after):
    value, low, high = geometric_mean_ratio(before, after)
    hours = geometric_mean_ratio(after / 60, before / 60)
    assert hours.value == pytest.approx(1 / value)
    if low is not None and hours.low is not None:
        assert (hours.low, hours.high) == (pytest.approx(1 / high, rel=1e-4), pytest.approx(1 / low, rel=1e-4))


def test_too_little_has_no_interval():
    assert geometric_mean_ratio(floats(), floats(1, 2)) == (None, None, None)
    assert geometric_mean_ratio(floats(10), floats(5, 20)) == (pytest.approx(1), None, None)
    assert geometric_mean_ratio(floats(10, 10), floats(5, 5)) == (pytest.approx(0.5), None, None)


@pytest.mark.parametrize(("refused", "message"), [
    (lambda: geometric_mean_ratio(floats(1, 0), floats(1, 2)), "above 0"),
    (lambda: geometric_mean_ratio(floats(1, 2), floats(-1, 2)), "above 0"),
    (lambda: share_ratio(3, 2, 1, 2), r"0\.\.n"),
    (lambda: share_ratio(1, 2, -1, 2), r"0\.\.n"),
])
def test_impossible_arguments_are_refused(refused, message):
    with pytest.raises(ValueError, match=message):
        refused()
