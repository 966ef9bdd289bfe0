"""Aalen-Johansen against published examples, its plain twin, and what must hold for any data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsanalytics.stats.competing import cumulative_incidence, shares_at
from opsanalytics.stats.spans import Spans
from opsanalytics.stats.survival import kaplan_meier

NOTHING = Spans.from_start([], [])
# R's survival package, tests/testci.R (therneau/survival): time, and status * event.
EIGHT = Spans.of(np.zeros(8), [1, 2, 2, 3, 3, 3, 5, 6], [0, 1, 0, 2, 0, 2, 0, 2])
ITEMS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 3)), max_size=40)


def spans_of(items):
    """Items as (entry, how long they were watched, end)."""
    return Spans.of(*zip(*[(entry, entry + watched, end) for entry, watched, end in items], strict=True)) if items else NOTHING


def test_incidence_of_the_eight_of_rs_own_test():
    """By hand in tests/testci.R: at 2, 1 of 7 ends in the first way; at 3, 2 of 5 in the second, 6/7 * 2/5 = 12/35; at 6,
    the last: 1/7 and 6/7."""
    first, second = cumulative_incidence(EIGHT, 1), cumulative_incidence(EIGHT, 2)
    assert list(first.times) == [1, 2, 3, 5, 6]
    assert list(first.incidence) == pytest.approx([0, 1 / 7, 1 / 7, 1 / 7, 1 / 7])
    assert list(second.incidence) == pytest.approx([0, 0, 12 / 35, 12 / 35, 6 / 7])


def test_variance_of_the_eight_of_rs_own_test():
    """By hand in tests/testci.R, sums over the subjects of their squared influences. First way: 1 subject with
    (6/7) / 7, six with (1/7) / 7. Second, at 3, five at risk of whom two end: (6/7) (3/5) / 5 each, three times
    (6/7) (2/5) / 5; besides, all that were at risk at 2 moved the 6/7, by 2/5 of their influence there."""
    first, second = cumulative_incidence(EIGHT, 1), cumulative_incidence(EIGHT, 2)
    at_2 = (6 / 49) ** 2 + 6 * (1 / 49) ** 2
    ended, others = 1 / 49 * 2 / 5 + 6 / 7 * 3 / 25, 1 / 49 * 2 / 5 - 6 / 7 * 2 / 25
    at_3 = (6 / 49 * 2 / 5) ** 2 + (1 / 49 * 2 / 5) ** 2 + 2 * ended**2 + 3 * others**2
    assert list(first.variance) == pytest.approx([0, at_2, at_2, at_2, at_2])
    assert list(second.variance) == pytest.approx([0, 0, at_3, at_3, at_2])


def test_incidence_of_breast_cancer_deaths():
    """Satagopan, J. M. et al. (2004), A note on competing risks in survival data analysis, British Journal of Cancer 91,
    1229-1235, table 2: 305 patients, of whom the first nine left at 7, 10*, 14, 16*, 18+, 23*, 24, 26+, 27* (* of the
    cancer, + of something else). Overall survival 99.7, 99.3, 99.0, 98.7, 98.3, 98.0 %; incidence in steps of 0.3 %."""
    end = [0, 1, 0, 1, 2, 1, 0, 2, 1]
    patients = Spans.of(np.zeros(305), [7, 10, 14, 16, 18, 23, 24, 26, 27, *[60] * 296], end + [0] * 296)
    deaths = [10, 16, 18, 23, 26, 27]
    survival = [round(100 * shares_at(patients, month, 2)[0].value, 1) for month in deaths]
    assert survival == [99.7, 99.3, 99.0, 98.7, 98.3, 98.0]
    steps = np.diff([0, *(shares_at(patients, month, 2)[1].value for month in (10, 16, 23, 27))])
    assert [round(100 * step, 1) for step in steps] == [0.3, 0.3, 0.3, 0.3]
    kaplan_meiers = kaplan_meier(Spans(patients.entry, patients.exit, np.where(patients.end == 1, 1, 0)))
    assert shares_at(patients, 27, 2)[1].value < 1 - kaplan_meiers.survival[kaplan_meiers.times == 27][0]


def test_shares_with_late_entry_by_hand():
    """Done (1) at 2 and 6, dropped (2) at 4, gone (3) at 6; one open at 8; two entered late, at 1 and 3.
    At 2: 4 at risk (three from the start, one since 1), 1/4 done. At 4: 4 again, 3/4 * 1/4 dropped. At 6: 3 at risk,
    9/16 * 1/3 done and as much gone."""
    items = Spans.of([0, 0, 0, 1, 3], [2, 4, 6, 6, 8], [1, 2, 1, 3, 0])
    going_on, done, dropped, gone = (estimate.value for estimate in shares_at(items, 7, 3))
    assert (going_on, done, dropped, gone) == pytest.approx((3 / 16, 1 / 4 + 3 / 16, 3 / 16, 3 / 16))


@given(ITEMS, st.integers(0, 26))
def test_shares_sum_to_1_wherever_they_are_known(items, age):
    shares = [estimate.value for estimate in shares_at(spans_of(items), age, 3)]
    assert shares == [None] * 4 or sum(shares) == pytest.approx(1)


@given(ITEMS, st.integers(0, 26))
def test_a_share_lies_within_its_limits(items, age):
    for value, low, high in shares_at(spans_of(items), age, 3):
        assert low is None or 0 <= low <= value + 1e-9
        assert high is None or value - 1e-9 <= high <= 1


@given(ITEMS)
def test_with_one_way_to_end_it_is_1_minus_kaplan_meier(items):
    spans = spans_of([(entry, watched, min(end, 1)) for entry, watched, end in items])
    curve, incidence = kaplan_meier(spans), cumulative_incidence(spans, 1)
    np.testing.assert_allclose(incidence.incidence, 1 - curve.survival, atol=1e-12)
    np.testing.assert_allclose(incidence.low, 1 - curve.high, atol=1e-6)
    np.testing.assert_allclose(incidence.high, 1 - curve.low, atol=1e-6)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 3)), min_size=1, max_size=40), st.integers(0, 12))
def test_with_nothing_open_a_share_is_a_plain_share(items, age):
    """And its variance is the binomial one."""
    spans = Spans.of(np.zeros(len(items)), *zip(*items, strict=True))
    share = sum(leaves <= age and end == 1 for leaves, end in items) / len(items)
    assert shares_at(spans, age, 3)[1].value == pytest.approx(share)
    curve = cumulative_incidence(spans, 1)
    last = np.searchsorted(curve.times, age, "right") - 1
    assert (curve.variance[last] if last >= 0 else 0) == pytest.approx(share * (1 - share) / len(items), abs=1e-12)


@given(ITEMS)
def test_the_variance_equals_its_plain_twin(items):
    """The three sums of Gaynor et al. (1993) for each time, as they stand there."""
    spans = spans_of(items)
    curve, incidence = kaplan_meier(spans), cumulative_incidence(spans, 2)
    ways = spans.counted().ends_at(curve.times, 2)
    before = [1.0, *curve.survival]
    for t, variance in enumerate(incidence.variance):
        total = 0.0
        for i in range(t + 1):
            n, d, k = curve.at_risk[i], curve.ends[i], ways[i]
            rest = incidence.incidence[t] - incidence.incidence[i]
            total += rest**2 * d / (n * (n - d)) if n > d else 0
            total += before[i] ** 2 * (n - k) / n**3 * k - 2 * rest * before[i] * k / n**2
        assert variance == pytest.approx(total, abs=1e-12)


def test_one_item_all_open_or_none_has_an_answer():
    assert shares_at(NOTHING, 3, 2) == ((None, None, None),) * 3
    assert shares_at(Spans.from_start([], [5, 6]), 5, 1) == ((1, None, None), (0, None, None))
    assert shares_at(Spans.from_start([], [5, 6]), 7, 1) == ((None, None, None),) * 2
    assert shares_at(Spans.from_start([2], []), 90, 1) == ((0, None, None), (1, None, None))
    assert len(cumulative_incidence(NOTHING, 1).times) == 0


def test_impossible_arguments_are_refused():
    for age in (-1, math.nan):
        with pytest.raises(ValueError, match="at least 0"):
            shares_at(EIGHT, age, 2)
    with pytest.raises(ValueError, match=r"0\.\.1, not 2"):
        shares_at(EIGHT, 3, 1)
    with pytest.raises(ValueError, match="at least 1"):
        cumulative_incidence(EIGHT, 0)
