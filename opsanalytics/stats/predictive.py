"""What comes over an exposure, from what came over another: one law for forecasts, budgets and surprises.

Of a rate a gamma distribution is known, and what comes is negative binomial where it is counted, a gamma variable of the
same mean and variance where it is an amount, such as hours. Where events cluster they weigh less, and what comes varies
more, both by the index of dispersion. Hours are callouts of some length each: their variance too grows with their mean,
and weeks without any count, which logs have no room for.
Gelman, A. et al. (2013), Bayesian Data Analysis, 3rd ed., section 2.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import scipy

from opsanalytics.stats.intervals import t_quantile, z_quantile
from opsanalytics.stats.rates import Weeks, dispersion


class Quantity(StrEnum):
    COUNT = "count"
    AMOUNT = "amount"


# Events are not believed to keep their distance. Of an amount, the index is in its unit.
_LEAST_INDEX = {Quantity.COUNT: 1.0, Quantity.AMOUNT: 1e-9}


class Gamma(NamedTuple):
    """What is known of a rate."""

    shape: float
    rate: float


JEFFREYS = Gamma(0.5, 0.0)


def posterior(count: float, exposure: float, prior: Gamma = JEFFREYS) -> Gamma:
    """What is known of a rate after `count` events in an exposure."""
    return Gamma(prior.shape + count, prior.rate + exposure)


def predictive(known: Gamma, exposure: Any, index: float = 1.0, quantity: Quantity = Quantity.COUNT) -> Any:
    """What comes over an exposure, or over each of several, as a distribution of scipy's."""
    mean = known.shape / known.rate * exposure
    variance = index * mean + mean**2 / known.shape
    if quantity is Quantity.COUNT:
        return scipy.stats.nbinom(mean**2 / (variance - mean), mean / variance)
    return scipy.stats.gamma(mean**2 / variance, scale=variance / mean)


def expected(came: float, exposure: float, ahead: Any, index: float, quantity: Quantity) -> Any:
    """What comes over what is ahead after what came, clustered as the index says, never less than Poisson's."""
    index = max(index, _LEAST_INDEX[quantity])
    return predictive(posterior(came / index, exposure / index), ahead, index, quantity)


@dataclass(frozen=True)
class Spread:
    """An index of dispersion, 0 where nothing happened, and how well it is known."""

    index: float
    degrees: float

    @classmethod
    def of(cls, quantity: Quantity, *series: Weeks) -> Spread:
        """The degrees of freedom are cut to those of normal values whose variance is known as badly: 1 / (1 + k / 2) of
        them where the excess kurtosis is k, about 6 (index - 1) / mean of negative binomial counts and 6 index / mean of
        gamma amounts.
        """
        found = dispersion(*series)
        if found.index is None:
            return cls(0.0, 1.0)
        mean = float(np.mean([weeks.counts.mean() for weeks in series]))
        half_kurtosis = 3 * max(found.index - _LEAST_INDEX[quantity], 0.0) / mean
        return cls(found.index, max(found.degrees / (1 + half_kurtosis), 1.0))

    def doubted(self, level: float) -> float:
        """The index with which a normal quantile reaches as far as t's does with the one found."""
        return self.index * (t_quantile(level, self.degrees) / z_quantile(level)) ** 2
