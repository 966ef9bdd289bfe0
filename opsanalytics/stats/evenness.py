"""How uneven a load is that chance alone deals out evenly."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import scipy

from opsanalytics.stats.intervals import LEVEL, Floats


def largest_by_chance(n: int, people: int, level: float = LEVEL) -> int:
    """The most that any one gets, in at least that share of all draws, when each of n falls to each of people alike.

    Counts of a multinomial are Poisson counts given their sum: Levin, B. (1981), A representation for multinomial
    cumulative distribution functions, Annals of Statistics 9, 1123-1126.
    Refused with ValueError: n below 0, nobody.
    """
    if n < 0 or people < 1:
        raise ValueError("at least one of whom, and n at least 0")
    candidates = range(-(-n // people), n)
    return candidates.start + bisect_left(candidates, level, key=lambda most: _share_up_to(most, n, people))


def _share_up_to(most: int, n: int, people: int) -> float:
    """Of all draws, those in which nobody gets more; it grows with most."""
    single = scipy.stats.poisson.pmf(np.arange(most + 1), n / people)
    sums: Floats = np.ones(1)
    for _ in range(people):
        sums = np.convolve(sums, single)[: n + 1]
    return float(sums[n] / scipy.stats.poisson.pmf(n, n)) if len(sums) > n else 0.0
