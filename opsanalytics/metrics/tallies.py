"""Shares, counts, sums and plain medians of what is not timed to an end: rituals, decisions, key results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from opsanalytics.metrics.catalogue import Metric
from opsanalytics.metrics.durations import Answer
from opsanalytics.metrics.result import Row, joined, left_out_note, metric_row
from opsanalytics.metrics.scope import Group, Scope
from opsanalytics.stats.intervals import Estimate, median_with_interval, proportion_interval

Counted = dict[str, Any]


def tally_rows(metric: Metric, scope: Scope) -> list[Row]:
    """Rows group by group, in the order of the catalogue's statistics."""
    groups = [tally_groups(metric, scope, statistic) for statistic in metric.statistics]
    return [
        _row(metric, group, statistic, scope)
        for same in zip(*groups, strict=True)
        for group, statistic in zip(same, metric.statistics, strict=True)
    ]


def tally_groups(metric: Metric, scope: Scope, statistic: str) -> list[Group]:
    """The groups as that statistic sees them: a record that cannot answer it is left out of it."""
    return scope.groups(metric.sql, statistic=statistic)


def _row(metric: Metric, group: Group, statistic: str, scope: Scope) -> Row:
    n_open = group.counted.get("n_open", 0)
    answer = STATISTICS[statistic](group.counted) if group.counted else Answer(
        Estimate(None), 0, f"no {scope.noun} to answer this in {scope.period_words}"
    )
    return metric_row(
        metric, group.label, statistic, answer.estimate, answer.n, n_open, group.n_excluded,
        answer.note, scope.group_note, left_out_note(group.left_out),
    )


# --- statistics

def _share(counted: Counted, *, column: str, word: str) -> Answer:
    n, found = counted["n"], counted[column]
    return Answer(proportion_interval(found, n), n, f"{found} of {n} {word}")


def _complete(counted: Counted) -> Answer:
    answer = _share(counted, column="n_complete", word="complete")
    parts: Counter[str] = Counter(sorted(counted["missing_parts"]))
    missing = ", ".join(f"{part} {n}" for part, n in parts.most_common())
    return Answer(answer.estimate, answer.n, joined(answer.note, f"missing: {missing}" if missing else ""))


def _count(counted: Counted, *, column: str) -> Answer:
    return Answer(Estimate(counted[column]), counted["n"], "a count of the record, so without an interval")


def _sum(counted: Counted, *, column: str) -> Answer:
    return Answer(Estimate(counted[column]), counted["n"], "a sum over the record, so without an interval")


def _per_session(counted: Counted, *, column: str) -> Answer:
    total, n = counted[column], counted["n"]
    return Answer(Estimate(total / n), n, f"{total} in {n} sessions, a mean of the record, so without an interval")


def _median_minutes(counted: Counted) -> Answer:
    estimate = median_with_interval(np.asarray(counted["minutes"], dtype=np.float64))
    few = "fewer than 6, too few for an interval" if estimate.low is None else ""
    return Answer(estimate, counted["n"], few)


STATISTICS: dict[str, Callable[[Counted], Answer]] = {
    "share_held": partial(_share, column="n_held", word="held"),
    "held": partial(_count, column="n_held"),
    "missed": partial(_count, column="n_missed"),
    "cancelled": partial(_count, column="n_cancelled"),
    "median": _median_minutes,
    "share_within_timebox": partial(_share, column="n_within", word="within the timebox"),
    "person_hours": partial(_sum, column="person_hours"),
    "actions_per_session": partial(_per_session, column="actions"),
    "decisions_per_session": partial(_per_session, column="decisions"),
    "actions": partial(_sum, column="actions"),
    "decisions": partial(_sum, column="decisions"),
    "count": partial(_count, column="n"),
    "share_complete": _complete,
    "share_hit": partial(_share, column="n_hit", word="hit"),
    "hit": partial(_count, column="n_hit"),
    "not_measured": partial(_count, column="n_not_measured"),
    "running": partial(_count, column="n_open"),
}
