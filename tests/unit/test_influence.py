"""What one incident does to the mean, the geometric mean and the median of all."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsanalytics.stats.influence import influences


def test_one_long_incident_by_hand():
    """Mean of 10, 20, 30, 400: 115, without the last 20. Geometric: 2400000 ** (1 / 4) and 6000 ** (1 / 3). Median: 25
    and 20.
    """
    found = influences(["a", "b", "c", "d"], np.array([10.0, 20.0, 30.0, 400.0]))
    assert found[0] == ("d", pytest.approx(20 / 115 - 1), pytest.approx(6000 ** (1 / 3) / 2400000**0.25 - 1), pytest.approx(-0.2))
    assert [one.item for one in found] == ["d", "a", "b", "c"]


@given(st.lists(st.floats(0.1, 1e5), min_size=2, max_size=30))
def test_leaving_out_is_computing_without(minutes):
    found = influences([str(index) for index in range(len(minutes))], np.array(minutes))
    assert sorted(int(one.item) for one in found) == list(range(len(minutes)))
    sizes = [abs(one.mean) for one in found]
    assert sizes == sorted(sizes, reverse=True)
    for one in found:
        rest = minutes[: int(one.item)] + minutes[int(one.item) + 1 :]
        for name, changed in (("mean", one.mean), ("geometric_mean", one.geometric_mean), ("median", one.median)):
            statistic = getattr(statistics, name)
            assert changed == pytest.approx(statistic(rest) / statistic(minutes) - 1, abs=1e-8)


def test_without_the_only_one_nothing_is_left():
    assert influences(["a"], np.array([5.0])) == []
    assert influences([], np.array([])) == []


def test_zero_minutes_and_unequal_lists_are_refused():
    with pytest.raises(ValueError, match="above 0"):
        influences(["a", "b"], np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match="1 items, but 2"):
        influences(["a"], np.array([1.0, 2.0]))
