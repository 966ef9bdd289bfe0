"""Durations in minutes or days: their statistics, those that have not ended counted as censored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from opsanalytics.metrics.catalogue import Metric
from opsanalytics.metrics.queries import run
from opsanalytics.metrics.result import Row, joined, left_out_note, metric_row
from opsanalytics.metrics.scope import Group, Scope
from opsanalytics.stats.intervals import Estimate, Floats, geometric_mean_interval, median_with_interval
from opsanalytics.stats.survival import median_survival, ninetieth_percentile

if TYPE_CHECKING:
    import pandas as pd

# Whether a record without that time is still waiting for it; an incident `mitigated` with no time written is not.
STILL_OPEN = {
    "detected_at": "false",
    "acknowledged_at": "false",
    "mitigated_at": "is_open and status = 'open'",
    "restored_at": "is_open and status = 'open'",
    "resolved_at": "is_open",
    "decided_on": "is_open",
}
# Below this no distribution-free interval of the 0.9 quantile exists: 1 - 0.9 ** 35 < 0.975.
P90_NEEDS = 36


@dataclass(frozen=True)
class Sample:
    """Durations of the ended, and durations so far of those that were not at the end of the clock."""

    ended: Floats
    censored: Floats

    @property
    def n(self) -> int:
        return len(self.ended) + len(self.censored)

    @property
    def longest(self) -> float:
        return float(max(self.ended.max(initial=0), self.censored.max(initial=0)))


@dataclass(frozen=True)
class Answer:
    estimate: Estimate
    n: int
    note: str = ""


def duration_rows(metric: Metric, scope: Scope) -> list[Row]:
    return [
        _row(group, statistic, metric, scope)
        for group in duration_groups(metric, scope)
        for statistic in metric.statistics
    ]


def duration_groups(metric: Metric, scope: Scope) -> list[Group]:
    identifiers, words = _clock(metric)
    return scope.groups(metric.sql, identifiers, **words)


def duration_items(metric: Metric, scope: Scope) -> pd.DataFrame:
    """The incidents behind the metric, whatever the groups: incident_id, minutes, is_censored, reason (NULL: counted)."""
    identifiers, words = _clock(metric)
    return run(scope.connection, "durations.duration_items", {**scope.parameters, **words}, identifiers).df()


def _clock(metric: Metric) -> tuple[dict[str, str], dict[str, str]]:
    """The metric's two times as identifiers, and as words for the reasons."""
    identifiers = {
        "clock_start": metric.clock_start,
        "clock_end": metric.clock_end,
        "still_open": STILL_OPEN[metric.clock_end],
    }
    words = {"start_word": metric.clock_start.removesuffix("_at"), "end_word": metric.clock_end.removesuffix("_at")}
    return identifiers, words


def _row(group: Group, statistic: str, metric: Metric, scope: Scope) -> Row:
    sample = Sample(*(np.asarray(group.counted.get(key, []), dtype=np.float64) for key in ("ended", "censored")))
    answer = STATISTICS[statistic](sample) if sample.n else Answer(
        Estimate(None), 0, f"no {scope.noun} with these times in {scope.period_words}"
    )
    sources = _sources(group) if metric.clock_end == "restored_at" else ""
    return metric_row(
        metric, group.label, statistic, answer.estimate, answer.n, len(sample.censored), group.n_excluded,
        answer.note, sources, scope.group_note, left_out_note(group.left_out),
    )


def _sources(group: Group) -> str:
    """Which time ended the restored ones, as shares."""
    counts = {word: group.counted.get(f"from_{word.replace(' ', '_')}", 0) for word in _SOURCES}
    total = sum(counts.values())
    shares = [f"{word} {n / total:.0%}" for word, n in counts.items() if n]
    return f"restored by {', '.join(shares)}" if shares else ""


_SOURCES = ("impact end", "mitigated", "resolved")


def _median(sample: Sample) -> Answer:
    estimate = median_survival(sample.ended, sample.censored)
    return Answer(estimate, sample.n, unreached_note("median", estimate))


def _p90(sample: Sample) -> Answer:
    if sample.n < P90_NEEDS:
        note = f"fewer than {P90_NEEDS}, too few for a p90 with an interval; longest seen {sample.longest:.6g} minutes"
        return Answer(Estimate(None), sample.n, note)
    estimate = ninetieth_percentile(sample.ended, sample.censored)
    return Answer(estimate, sample.n, unreached_note("p90", estimate))


def _mean(sample: Sample) -> Answer:
    if not len(sample.ended):
        return Answer(Estimate(None), 0, _NONE_ENDED)
    note = "closed ones only; no interval: durations are too skewed for one of their mean to hold"
    return Answer(Estimate(float(sample.ended.mean())), len(sample.ended), note)


def _geometric_mean(sample: Sample) -> Answer:
    positive = sample.ended[sample.ended > 0]
    zeros = len(sample.ended) - len(positive)
    note = f"{zeros} of zero minutes left out here" if zeros else ""
    if not len(positive):
        return Answer(Estimate(None), 0, note or _NONE_ENDED)
    alone = "one value has no interval" if len(positive) == 1 else ""
    return Answer(geometric_mean_interval(positive), len(positive), joined("closed ones only", note, alone))


def _closed_only_median(sample: Sample) -> Answer:
    if not len(sample.ended):
        return Answer(Estimate(None), 0, _NONE_ENDED)
    estimate = median_with_interval(sample.ended)
    return Answer(estimate, len(sample.ended), closed_only_note(estimate))


STATISTICS: dict[str, Callable[[Sample], Answer]] = {
    "median": _median,
    "p90": _p90,
    "mean": _mean,
    "geometric_mean": _geometric_mean,
    "closed_only_median": _closed_only_median,
}

_NONE_ENDED = "none has ended"


def closed_only_note(estimate: Estimate) -> str:
    few = "fewer than 6, too few for an interval" if estimate.low is None else ""
    return joined("what a closed-only report would say", few)


def unreached_note(statistic: str, estimate: Estimate) -> str:
    """What of a survival quantile the data do not reach."""
    if estimate.value is None:
        return f"{statistic} not reached: too many are still open"
    if estimate.low is None:
        return "too few for an interval"
    return "" if estimate.high is not None else "upper limit not reached"

