"""What single durations do to a summary of all: "without INC-... the mean falls 46 %"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from opsanalytics.stats.intervals import Floats


class Influence(NamedTuple):
    """What each statistic changes by when the item is left out, as a share of it: -0.46 is a fall of 46 %."""

    item: str
    mean: float
    geometric_mean: float
    median: float


def influences(items: Sequence[str], durations: Floats) -> list[Influence]:
    """Every item's, the largest change of the mean first; none of a single item, without which nothing is left.

    durations: shape (n,), those of the items, all above 0.
    Cook, R. D. and Weisberg, S. (1982), Residuals and Influence in Regression, section 3.2 (the sample influence curve).
    Refused with ValueError: a duration of 0 or less, another number of items than of durations.
    """
    if len(items) != len(durations):
        raise ValueError(f"{len(items)} items, but {len(durations)} durations")
    if np.any(durations <= 0):
        raise ValueError("a geometric mean needs values above 0")
    if len(durations) < 2:
        return []
    logs = np.log(durations)
    means = _means_without(durations) / durations.mean() - 1
    geometric_means = np.exp(_means_without(logs) - logs.mean()) - 1
    medians = _medians_without(durations) / np.median(durations) - 1
    return [
        Influence(items[index], float(means[index]), float(geometric_means[index]), float(medians[index]))
        for index in np.argsort(-np.abs(means), kind="stable")
    ]


def _means_without(values: Floats) -> Floats:
    """Shape (n,): the mean of the others."""
    without: Floats = (values.sum() - values) / (len(values) - 1)
    return without


def _medians_without(values: Floats) -> Floats:
    """Shape (n,): the median of the others, found by its one or two ranks among all."""
    order = np.argsort(values, kind="stable")
    ordered, ranks = values[order], np.argsort(order, kind="stable")
    others = len(values) - 1
    lower, upper = (ordered[rank + (ranks <= rank)] for rank in ((others - 1) // 2, others // 2))
    middle: Floats = (lower + upper) / 2
    return middle
