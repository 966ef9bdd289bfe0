"""Promises of any origin, each once: how soon they are done, which share of them, what is still open, and what comes back."""

from __future__ import annotations

import numpy as np

from opsanalytics.metrics.catalogue import Metric
from opsanalytics.metrics.durations import closed_only_note, unreached_note
from opsanalytics.metrics.result import Row, left_out_note, metric_row
from opsanalytics.metrics.scope import Group, Scope
from opsanalytics.stats.intervals import Estimate, median_with_interval, proportion_interval
from opsanalytics.stats.survival import median_survival

WITHIN_DAYS = {"share_done_30d": 30, "share_done_90d": 90, "done_within_sla": None}


def promise_rows(metric: Metric, scope: Scope) -> list[Row]:
    """Rows group by group, in the order of the catalogue's statistics."""
    timed = [row for group in scope.groups(metric.sql) for row in _timed_rows(metric, group, scope)]
    shares = [
        _share_row(metric, group, statistic, scope)
        for statistic, days in WITHIN_DAYS.items()
        for group in scope.groups("promises.done_within", within_days=days)
    ]
    groups = scope.groups("promises.standings")
    standing = [row for group in groups for row in _standing_rows(metric, group, scope)]
    carried = [_carried_row(metric, group, scope) for group in groups if "carried_over" in metric.statistics]
    order = {row["group"]: position for position, row in enumerate(standing)}
    return sorted(
        [*timed, *shares, *standing, *carried],
        key=lambda row: (order[row["group"]], metric.statistics.index(row["statistic"])),
    )


def _timed_rows(metric: Metric, group: Group, scope: Scope) -> list[Row]:
    ended, done, censored = (
        np.asarray(group.counted.get(key, []), dtype=np.float64) for key in ("ended", "done", "censored")
    )
    survival = median_survival(ended, censored)
    closed = median_with_interval(done)
    if len(ended) + len(censored):
        survival_note = unreached_note("median", survival)
        closed_note = closed_only_note(closed) if len(done) else "none is done"
    else:
        survival_note = closed_note = _none(scope)
    tail = (scope.group_note, left_out_note(group.left_out))
    counts = (len(censored), group.n_excluded)
    return [
        metric_row(metric, group.label, "median_days_to_close", survival, len(ended) + len(censored), *counts,
                   survival_note, _some(group, "n_given_up", "dropped or gone, until that day"), *tail),
        metric_row(metric, group.label, "closed_only_median_days", closed, len(done), *counts, closed_note,
                   _some(group, "n_given_up", "dropped or gone, and not asked"), *tail),
    ]


def _share_row(metric: Metric, group: Group, statistic: str, scope: Scope) -> Row:
    n, n_done = group.counted.get("n", 0), group.counted.get("n_done", 0)
    note = f"{n_done} of {n} in time" if n else f"no {scope.noun} in {scope.period_words} whose days are over"
    return metric_row(
        metric, group.label, statistic, proportion_interval(n_done, n), n, group.counted.get("n_open", 0),
        group.n_excluded, note, scope.group_note, left_out_note(group.left_out),
    )


def _standing_rows(metric: Metric, group: Group, scope: Scope) -> list[Row]:
    n, n_open = group.counted.get("n", 0), group.counted.get("n_open", 0)
    undated = _some(group, "n_undated", "of the open without a due day")
    answers = {"open": (n_open, ""), "overdue": (group.counted.get("n_overdue", 0), undated)}
    note = "a count of the record, so without an interval" if n else _none(scope)
    return [
        metric_row(metric, group.label, statistic, Estimate(count if n else None), n, n_open, group.n_excluded,
                   note, more, scope.group_note, left_out_note(group.left_out))
        for statistic, (count, more) in answers.items()
    ]


def _carried_row(metric: Metric, group: Group, scope: Scope) -> Row:
    n, n_carried = group.counted.get("n", 0), group.counted.get("n_carried", 0)
    note = f"{n_carried} of {n} written again in a later record" if n else _none(scope)
    return metric_row(
        metric, group.label, "carried_over", proportion_interval(n_carried, n), n, group.counted.get("n_open", 0),
        group.n_excluded, note, scope.group_note, left_out_note(group.left_out),
    )


def _some(group: Group, column: str, words: str) -> str:
    count = group.counted.get(column, 0)
    return f"{count} {words}" if count else ""


def _none(scope: Scope) -> str:
    return f"no {scope.noun} with these days in {scope.period_words}"
