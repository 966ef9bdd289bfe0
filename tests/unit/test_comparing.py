"""Verdicts: the rule, Holm's levels, and the smallest visible change, by arithmetic shown here."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from opsanalytics.stats.comparing import (
    Comparison,
    Verdict,
    Visible,
    compare_counts,
    compare_durations,
    compare_on_logs,
    compare_shares,
    compare_weeks,
    judge,
)
from opsanalytics.stats.intervals import Estimate, log_symmetric
from opsanalytics.stats.rates import Weeks

MARGIN = 0.9
NOTHING = Visible(None, None)


def normal(log_ratio: float, error: float, *, lower_is_better: bool = True) -> Comparison:
    """A ratio whose log is normal with this standard error."""
    return compare_on_logs(partial(_normal_ratio, log_ratio, error), lower_is_better=lower_is_better)


def _normal_ratio(log_ratio: float, error: float, level: float) -> Estimate:
    return log_symmetric(math.exp(log_ratio), stats.norm.isf((1 - level) / 2) * error)


def of_p_value(p_value: float) -> Comparison:
    """A fall that a two-sided normal test finds with this p-value."""
    return normal(-stats.norm.isf(p_value / 2), 1)


def interval(low: float | None, high: float | None, *, lower_is_better: bool = True) -> Comparison:
    return Comparison(lambda level: Estimate(1, low, high), lambda level: NOTHING, lower_is_better)


@pytest.mark.parametrize(("low", "high", "fewer", "more"), [
    (0.3, 0.8, Verdict.BETTER, Verdict.WORSE),
    (0.0, 0.99, Verdict.BETTER, Verdict.WORSE),
    (1.01, 4, Verdict.WORSE, Verdict.BETTER),
    (1.01, None, Verdict.WORSE, Verdict.BETTER),
    (0.95, 1.05, Verdict.SAME, Verdict.SAME),
    (0.9, 1 / 0.9, Verdict.SAME, Verdict.SAME),
    (0.92, 0.98, Verdict.SAME, Verdict.SAME),
    (0.89, 1.05, Verdict.UNKNOWN, Verdict.UNKNOWN),
    (0.5, 1, Verdict.UNKNOWN, Verdict.UNKNOWN),
    (0.5, None, Verdict.UNKNOWN, Verdict.UNKNOWN),
    (None, None, Verdict.UNKNOWN, Verdict.UNKNOWN),
])
def test_the_verdict_is_where_the_interval_lies(low, high, fewer, more):
    verdicts = [judge([interval(low, high, lower_is_better=lower)], MARGIN)[0].verdict for lower in (True, False)]
    assert verdicts == [fewer, more]


def test_verdicts_are_words():
    assert [str(verdict) for verdict in Verdict] == ["better", "worse", "practically the same", "can't tell"]


def test_holms_procedure_by_hand():
    """0.005 <= 0.05 / 4 and 0.01 <= 0.05 / 3 are rejected, 0.03 > 0.05 / 2 ends it; each alone would be. Four together by
    Bonferroni would leave 0.013 undecided, which is above 0.05 / 4 and below 0.05 / 3.
    """
    judged = judge([of_p_value(p) for p in (0.01, 0.04, 0.03, 0.005)], MARGIN)
    assert [one.verdict for one in judged] == [Verdict.BETTER, Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.BETTER]
    assert [one.level for one in judged][1:3] == [0.975, 0.975]
    judged = judge([of_p_value(p) for p in (0.013, 0.2, 0.3, 0.005)], MARGIN)
    assert [one.verdict for one in judged] == [Verdict.BETTER, Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.BETTER]
    assert judge([of_p_value(0.04)], MARGIN)[0].verdict == Verdict.BETTER


P_VALUES = st.floats(1e-6, 1).filter(lambda p: min(abs(p - 0.05 / rank) for rank in range(1, 6)) > 1e-9)


@given(st.lists(P_VALUES, max_size=5))
def test_testing_by_intervals_rejects_what_holms_ordered_p_values_reject(p_values):
    ordered, rejected = sorted(range(len(p_values)), key=p_values.__getitem__), set()
    for rank, index in enumerate(ordered):
        if p_values[index] >= 0.05 / (len(p_values) - rank):
            break
        rejected.add(index)
    judged = judge([of_p_value(p) for p in p_values], MARGIN)
    assert {index for index, one in enumerate(judged) if one.verdict == Verdict.BETTER} == rejected


def test_a_halving_at_60_a_side_is_called_4_times_in_5():
    """A quick look of 200 samples, where 19 in 20 are; tests/simulations looks longer."""
    generator = np.random.default_rng(1)
    samples = generator.lognormal(4, 1, (200, 2, 60)) * [[1], [0.5]]
    verdicts = [judge([compare_durations(before, after)], MARGIN)[0].verdict for before, after in samples]
    assert verdicts.count(Verdict.BETTER) >= 160


def test_the_printed_interval_is_uncorrected():
    judged = judge([of_p_value(0.03), of_p_value(0.04)], MARGIN)[0]
    assert judged.verdict == Verdict.UNKNOWN
    assert judged.ratio == of_p_value(0.03).ratio(0.95)
    assert judged.ratio.high < 1


def test_the_smallest_visible_change_stands_beside_cant_tell_only():
    judged = judge([normal(0, 0.2), normal(-2, 0.2), normal(0, 0.01)], MARGIN)
    assert [(one.verdict, one.visible is not None) for one in judged] == [
        (Verdict.UNKNOWN, True), (Verdict.BETTER, False), (Verdict.SAME, False)
    ]


def test_the_visible_change_of_durations_by_hand():
    """60 a side, standard deviation 1.0 of the logs: t of 118 degrees is 1.9803 at 97.5 % and 0.8446 at 80 %, times
    sqrt(2 / 60): 0.5158. A halving, 0.6931, is beyond it.
    """
    logs = stats.norm.ppf(np.arange(1, 61) / 61)
    minutes = np.exp(3 + logs / logs.std(ddof=1))
    visible = compare_durations(minutes, minutes).visible(0.95)
    assert visible == pytest.approx((math.exp(-0.5158), math.exp(0.5158)), abs=2e-4)


def test_the_visible_change_of_counts_by_hand():
    """With none after, 0.5 ** n is at most 0.025 from n = 6 on; P(6 or more) reaches 80 % at a mean of 7.906, half of
    the 80 % point 15.812 of chi-squared on 12 degrees. So of 7 not even an end would show.
    """
    assert compare_counts(7, 13, 5, 13).visible(0.95).fall is None
    assert 0 < compare_counts(8, 13, 5, 13).visible(0.95).fall < 0.01
    assert compare_counts(0, 13, 2, 13).visible(0.95) == NOTHING


def test_the_visible_change_of_a_share_by_hand():
    """From 1/2 to 3/4 with 58 a side: 1.95996 * sqrt(2 * 0.625 * 0.375) + 0.84162 * sqrt(0.25 + 0.1875) = 1.8986, and
    (1.8986 / 0.25) ** 2 = 57.7 (Fleiss 1981, formula 3.2; 58 by R's power.prop.test). 0.99 cannot rise by a tenth.
    """
    assert compare_shares(29, 58, 29, 58, lower_is_better=False).visible(0.95).rise == pytest.approx(1.5, abs=0.01)
    assert compare_shares(99, 100, 99, 100, lower_is_better=False).visible(0.95).rise is None
    assert compare_shares(9, 9, 9, 9, lower_is_better=False).visible(0.95).rise is None
    assert compare_shares(0, 9, 2, 9, lower_is_better=False).visible(0.95) == NOTHING


def test_clusters_hide_what_single_events_show():
    """Index 2 of 60 events hides what 30 single ones would."""
    ones, pairs = np.tile([1.0, 1.0, 0.0], 30), np.tile([2.0, 0.0, 0.0], 30)
    fall = [_weekly(counts).visible(0.95).fall for counts in (ones, pairs)]
    assert fall[1] < fall[0] < 1
    assert _weekly(np.zeros(9)).visible(0.95) == NOTHING


def _weekly(counts: np.ndarray) -> Comparison:
    weeks = Weeks(counts, np.ones(len(counts)))
    return compare_weeks(weeks, weeks)


def test_too_little_is_cant_tell_with_nothing_visible():
    judged = judge([compare_durations(np.array([10.0]), np.array([5.0, 20.0]))], MARGIN)
    assert judged[0] == (Verdict.UNKNOWN, (pytest.approx(1), None, None), 0.95, NOTHING)
    assert judge([], MARGIN) == []


@pytest.mark.parametrize(("refused", "message"), [
    (lambda: judge([of_p_value(0.5)] * 6, MARGIN), "at most 5"),
    (lambda: judge([], 1), "between 0 and 1"),
    (lambda: judge([], MARGIN, 1), "between 0 and 1"),
])
def test_impossible_arguments_are_refused(refused, message):
    with pytest.raises(ValueError, match=message):
        refused()
