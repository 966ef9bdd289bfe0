"""Rates, their ratios and their dispersion against published numbers and arithmetic by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsanalytics.stats.rates import (
    Weeks,
    dispersion,
    poisson_rate,
    poisson_rate_ratio,
    weekly_rate,
    weekly_rate_ratio,
)


def weeks(*counts: int, exposure: float = 1) -> Weeks:
    return Weeks(np.array(counts, dtype=np.float64), np.full(len(counts), float(exposure)))


def test_an_exact_rate():
    """10 events: 4.795 to 18.390; none: 0 to 3.689. Garwood (1936) as tabulated in Ulm (1990), Am. J. Epidemiology 131,
    373-375; over 4 weeks.
    """
    assert poisson_rate(10, 4) == pytest.approx((10 / 4, 4.795 / 4, 18.390 / 4), abs=2e-4)
    assert poisson_rate(0, 4) == pytest.approx((0, 0, 3.689 / 4), abs=2e-4)


def test_exact_rate_ratios():
    """Breast cancer after fluoroscopy, 41 cases in 28010 person-years and 15 in 19017 (Boice and Monson, 1977): 1.855759,
    1.005684 to 3.6093, Stata's `iri 41 15 28010 19017`. 2 in 17877 and 9 in 16660: 0.2070942, 0.02177406 to 1.000549,
    R package rateratio.test (Fay).
    """
    assert poisson_rate_ratio(15, 19017, 41, 28010) == pytest.approx((1.855759, 1.005684, 3.6093), abs=5e-6)
    assert poisson_rate_ratio(9, 16660, 2, 17877) == pytest.approx((0.2070942, 0.02177406, 1.000549), abs=5e-7)


def test_a_ratio_to_nothing_is_open_above():
    """With none of 3 before, the exact lower limit of the share after is 0.025 ** (1 / 3)."""
    share = 0.025 ** (1 / 3)
    assert poisson_rate_ratio(0, 1, 3, 1) == (None, pytest.approx(share / (1 - share)), None)
    assert poisson_rate_ratio(3, 1, 0, 1) == (0, 0, pytest.approx((1 - share) / share))
    assert poisson_rate_ratio(0, 1, 0, 1) == (None, None, None)


def test_the_dispersion_of_the_horse_kicks():
    """Deaths in 200 corps-years: 109 with none, then 65, 22, 3, 1. Bortkiewicz (1898), as in Fisher (1925), Statistical
    Methods for Research Workers, table 4: mean 0.61, variance 0.6109.
    """
    found = dispersion(weeks(*[0] * 109, *[1] * 65, *[2] * 22, *[3] * 3, 4))
    assert (found.index, found.degrees) == (pytest.approx(0.6109 / 0.61, abs=2e-4), 199)
    assert 0.4 < found.p_value < 0.5


def test_dispersion_by_hand():
    """Mean 2: (0 + 4 + 9 + 1) / 2 = 7 on 3 degrees; the tail of chi-squared there is erfc(sqrt(7 / 2)) +
    sqrt(14 / pi) * exp(-7 / 2). A second series keeps its own mean, one without an event adds nothing.
    """
    found = dispersion(weeks(2, 0, 5, 1))
    tail = math.erfc(math.sqrt(3.5)) + math.sqrt(14 / math.pi) * math.exp(-3.5)
    assert (found.index, found.p_value) == (pytest.approx(7 / 3), pytest.approx(tail))
    assert dispersion(weeks(2, 0, 5, 1), weeks(10, 10), weeks(0, 0)).index == pytest.approx(7 / 4)
    assert dispersion(weeks(0, 0)).index is None


def test_a_part_of_a_week_expects_less():
    """6 in 3 weeks: 4 are expected of the two that are one entry, 2 of the other, as there were."""
    halves = Weeks(np.array([4.0, 2.0]), np.array([2.0, 1.0]))
    assert (halves.rate, dispersion(halves).index) == (2, 0)


def test_a_clustered_rate_by_hand():
    """8 events, index 7 / 3, t of 3 degrees 3.182446: 2 */ exp(3.182446 * sqrt(7 / 24)). Even weeks: index 1, not less."""
    assert weekly_rate(weeks(2, 0, 5, 1)) == pytest.approx(
        (2, 2 * math.exp(-3.182446 * math.sqrt(7 / 24)), 2 * math.exp(3.182446 * math.sqrt(7 / 24))), rel=1e-6
    )
    assert weekly_rate(weeks(2, 2, 2, 2)).high == pytest.approx(2 * math.exp(3.182446 * math.sqrt(1 / 8)), rel=1e-6)
    assert weekly_rate(weeks(0, 0)) == poisson_rate(0, 2)


def test_unclustered_weeks_give_wilsons_share():
    """81 of 263: 0.2553 to 0.3662, Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3; of as many
    weeks that t is normal.
    """
    before, after = weeks(*[0] * 4818, *[1] * 182), weeks(*[0] * 4919, *[1] * 81)
    ratio = weekly_rate_ratio(before, after)
    assert [number / (1 + number) for number in ratio] == pytest.approx([81 / 263, 0.2553, 0.3662], abs=1e-4)


def test_clusters_of_three_widen_the_ratio_as_a_third_of_the_events_would():
    """Index 3: 30 and 15 events say as much about the ratio as 10 and 5 that came alone, whose index is set to 1."""
    clustered = weekly_rate_ratio(weeks(*[3] * 10, *[0] * 990), weeks(*[3] * 5, *[0] * 995))
    alone = weekly_rate_ratio(weeks(*[1] * 10, *[0] * 990), weeks(*[1] * 5, *[0] * 995))
    assert clustered == pytest.approx(alone, rel=0.01)


COUNTS = st.lists(st.integers(0, 12), min_size=2, max_size=20).map(lambda counts: weeks(*counts))


@given(COUNTS, COUNTS, st.floats(0.5, 0.999))
def test_a_ratio_of_rates_turned_round_is_its_inverse(before, after, level):
    ratio, turned = weekly_rate_ratio(before, after, level), weekly_rate_ratio(after, before, level)
    exact = poisson_rate_ratio(int(before.count), before.exposure, int(after.count), after.exposure, level)
    assert ratio.value == pytest.approx(exact.value)
    if before.count and after.count:
        assert (turned.value, turned.low, turned.high) == pytest.approx((1 / ratio.value, 1 / ratio.high, 1 / ratio.low))
        assert ratio.low <= ratio.value <= ratio.high
    elif before.count + after.count:
        assert (ratio.low == 0) == (turned.high is None) == (after.count == 0)


@pytest.mark.parametrize(("refused", "message"), [
    (lambda: poisson_rate(-1, 1), "at least 0"),
    (lambda: poisson_rate(1, 0), "above 0"),
    (lambda: poisson_rate_ratio(1, 1, -1, 1), "at least 0"),
    (lambda: poisson_rate_ratio(1, 0, 1, 1), "above 0"),
    (lambda: weeks(1), "two weeks"),
    (lambda: Weeks(np.array([1.0, 2.0]), np.array([1.0])), "two weeks"),
    (lambda: weeks(1, -1), "at least 0"),
    (lambda: Weeks(np.array([1.0, np.nan]), np.ones(2)), "at least 0"),
    (lambda: weeks(1, 2, exposure=0), "above 0"),
])
def test_impossible_arguments_are_refused(refused, message):
    with pytest.raises(ValueError, match=message):
        refused()
