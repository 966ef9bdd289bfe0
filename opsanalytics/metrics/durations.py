"""Durations in minutes or days: their statistics, those that have not ended counted as censored, and those that were
open from before the period from the age at which they came into it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from opsanalytics.metrics.catalogue import Metric
from opsanalytics.metrics.queries import fetch_arrays, run
from opsanalytics.metrics.result import Row, joined, left_out_note, metric_row
from opsanalytics.metrics.scope import Group, Scope
from opsanalytics.stats.intervals import Estimate, Floats, geometric_mean_interval, median_with_interval
from opsanalytics.stats.spans import COMPANY, Spans
from opsanalytics.stats.survival import P90_NEEDS, median_survival, ninetieth_percentile

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


@dataclass(frozen=True)
class Sample:
    """Durations as far as they lay in the period; what was open from before enters late.

    An item is closed when it ended in the first way: `closed_words` say of one that it did.
    """

    spans: Spans
    unit: str
    closed_words: str = "has ended"

    @property
    def n_late(self) -> int:
        return int(np.count_nonzero(self.spans.entry))

    @property
    def closed(self) -> Floats:
        """Of those that started in the period and were closed by its end: late ones are longer than most."""
        return self.spans.where(np.equal(self.spans.end, 1) & np.equal(self.spans.entry, 0)).exit


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
    return scope.groups(metric.sql, identifiers, read=fetch_arrays, **words)


def duration_items(metric: Metric, scope: Scope) -> pd.DataFrame:
    """The incidents behind the metric, whatever the groups: incident_id, entry_minutes (before the period), minutes,
    is_censored, reason (NULL: counted).
    """
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
    sample = Sample(Spans.of(*(group.counted.get(key, []) for key in ("entry", "exit", "ended"))), metric.unit)
    answer = STATISTICS[statistic](sample) if len(sample.spans) else Answer(
        Estimate(None), 0, f"no {scope.noun} with these times in {scope.period_words}"
    )
    sources = _sources(group) if metric.clock_end == "restored_at" else ""
    return metric_row(
        metric, group.label, statistic, answer.estimate, answer.n, int(np.sum(~sample.spans.ended)), group.n_excluded,
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
    return _survival_answer("median", median_survival(sample.spans), sample)


def _p90(sample: Sample) -> Answer:
    n = len(sample.spans.counted())
    if n >= P90_NEEDS:
        return _survival_answer("p90", ninetieth_percentile(sample.spans), sample)
    few = f"fewer than {P90_NEEDS}, too few for a p90 with an interval; longest seen {sample.spans.exit.max():.6g} {sample.unit}"
    return Answer(Estimate(None), n, joined(few, _late_note(sample)))


def _mean(sample: Sample) -> Answer:
    if not len(sample.closed):
        return _none_closed(sample)
    note = "closed ones only; no interval: durations are too skewed for one of their mean to hold"
    return Answer(Estimate(float(sample.closed.mean())), len(sample.closed), joined(note, _without_late(sample)))


def _geometric_mean(sample: Sample) -> Answer:
    positive = sample.closed[sample.closed > 0]
    zeros = len(sample.closed) - len(positive)
    note = joined(f"{zeros} of zero {sample.unit} left out here" if zeros else "", _without_late(sample))
    if not len(positive):
        return Answer(Estimate(None), 0, note) if zeros else _none_closed(sample)
    alone = "one value has no interval" if len(positive) == 1 else ""
    return Answer(geometric_mean_interval(positive), len(positive), joined("closed ones only", note, alone))


def _closed_only_median(sample: Sample) -> Answer:
    if not len(sample.closed):
        return _none_closed(sample)
    estimate = median_with_interval(sample.closed)
    return Answer(estimate, len(sample.closed), joined(closed_only_note(estimate), _without_late(sample)))


STATISTICS: dict[str, Callable[[Sample], Answer]] = {
    "median": _median,
    "p90": _p90,
    "mean": _mean,
    "geometric_mean": _geometric_mean,
    "closed_only_median": _closed_only_median,
}


def _survival_answer(statistic: str, estimate: Estimate, sample: Sample) -> Answer:
    n = len(sample.spans.counted())
    is_cut_short = estimate.value is None and n < len(sample.spans)
    note = f"{statistic} not reached" if is_cut_short else unreached_note(statistic, estimate)
    return Answer(estimate, n, joined(note, _late_note(sample)))


def _late_note(sample: Sample) -> str:
    """How many came in late, and where the risk set is too small to go on with."""
    if not sample.n_late:
        return ""
    n, counted = len(sample.spans), len(sample.spans.counted())
    came = f"{sample.n_late} {'was' if sample.n_late == 1 else 'were'} open from before"
    if counted == n:
        return came
    age = f"{np.sort(sample.spans.entry)[counted]:.6g} {sample.unit}"
    if not counted:
        return f"{came}, none began in the period: of the first {age} nothing is known"
    return f"{came}, {n - counted} not counted: read up to {age} only, where fewer than {COMPANY} of that age were watched"


def _without_late(sample: Sample) -> str:
    return f"{sample.n_late} open from before left out here" if sample.n_late else ""


def _none_closed(sample: Sample) -> Answer:
    note = f"none{' that began in the period' if sample.n_late else ''} {sample.closed_words}"
    return Answer(Estimate(None), 0, joined(note, _without_late(sample)))


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

