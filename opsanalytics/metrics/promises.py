"""Promises of any origin, each once: how soon they leave the open list, which share of them by being done, what is still
open, and what comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from opsanalytics.metrics.catalogue import Metric
from opsanalytics.metrics.durations import STATISTICS as OF_DURATIONS
from opsanalytics.metrics.durations import Answer, Sample
from opsanalytics.metrics.result import Row, joined, left_out_note, metric_row
from opsanalytics.metrics.scope import Group, Scope
from opsanalytics.stats.competing import shares_at
from opsanalytics.stats.intervals import Estimate, proportion_interval
from opsanalytics.stats.spans import Spans

# The ways to leave the open list, numbered from 1 in the spans.
WAYS = ("done", "dropped", "gone")
DONE = 1


def promise_rows(metric: Metric, scope: Scope) -> list[Row]:
    """Rows group by group, in the order of the catalogue's statistics."""
    queries = dict.fromkeys(STATISTICS[statistic].query for statistic in metric.statistics)
    found = {query: {group.label: group for group in scope.groups(query)} for query in queries}
    return [
        _row(metric, found[STATISTICS[statistic].query].get(label, Group(label, {}, {})), statistic, scope)
        for label in found[metric.sql]
        for statistic in metric.statistics
    ]


def cohort(scope: Scope) -> Spans:
    """The promises first made in the period, whatever the groups, from their first day to their end, one of WAYS, or so far."""
    [group] = scope.ungrouped.groups("promises.days_of_cohort")
    return _spans(group)


def _spans(group: Group) -> Spans:
    exits = group.counted.get("exit", [])
    return Spans.of(group.counted.get("entry", np.zeros(len(exits))), exits, group.counted.get("ways", []))


def _row(metric: Metric, group: Group, statistic: str, scope: Scope) -> Row:
    asked = STATISTICS[statistic]
    answer = asked.answer(group) if group.counted else Answer(
        Estimate(None), 0, f"no {scope.noun} {asked.needs} in {scope.period_words}"
    )
    return metric_row(
        metric, group.label, statistic, answer.estimate, answer.n, group.counted.get("n_open", 0), group.n_excluded,
        answer.note, scope.group_note, left_out_note(group.left_out),
    )


# --- statistics

def _median_days(group: Group) -> Answer:
    spans = _spans(group)
    return _noted(OF_DURATIONS["median"](_sample(spans)), _given_up(spans.counted(), "until that day"))


def _closed_only_days(group: Group) -> Answer:
    spans = _spans(group)
    own = spans.where(np.equal(spans.entry, 0))
    return _noted(OF_DURATIONS["closed_only_median"](_sample(spans)), _given_up(own, "and not asked"))


def _sample(spans: Spans) -> Sample:
    """For statistics of durations: to be closed is to be done."""
    return Sample(spans, "days", "is done")


def _given_up(spans: Spans, words: str) -> str:
    return _some(int(np.sum(spans.end > DONE)), f"dropped or gone, {words}")


def _noted(answer: Answer, note: str) -> Answer:
    return replace(answer, note=joined(answer.note, note))


def _share_done(group: Group, *, by_day: int) -> Answer:
    spans = _spans(group)
    share = shares_at(spans, by_day, len(WAYS))[DONE]
    if share.value is None:
        return Answer(share, len(spans), f"not known: none was watched for {by_day} days, the longest for {spans.exit.max():.0f}")
    done = int(np.sum((spans.end == DONE) & (spans.exit <= by_day)))
    young = int(np.sum(~spans.ended & (spans.exit < by_day)))
    if not young:
        share = proportion_interval(done, len(spans))
    certain = f"a share of {share.value:.0f} has no interval here" if share.low is None else ""
    return Answer(share, len(spans), joined(f"{done} of {len(spans)} done by then", _some(young, "open and younger"), certain))


def _within_sla(group: Group) -> Answer:
    n, n_done = group.counted["n"], group.counted["n_done"]
    return Answer(proportion_interval(n_done, n), n, f"{n_done} of {n} in time")


def _count(group: Group, *, column: str, undated_words: str = "") -> Answer:
    note = joined("a count of the record, so without an interval", undated_words and _some(group.counted["n_undated"], undated_words))
    return Answer(Estimate(group.counted[column]), group.counted["n"], note)


def _carried(group: Group) -> Answer:
    n, n_carried = group.counted["n"], group.counted["n_carried"]
    return Answer(proportion_interval(n_carried, n), n, f"{n_carried} of {n} written again in a later record")


def _some(count: int, words: str) -> str:
    return f"{count} {words}" if count else ""


class Statistic(NamedTuple):
    """The query of its groups, what answers for one of them, and what a promise needs to be asked."""

    query: str
    answer: Callable[[Group], Answer]
    needs: str = "with these days"


STATISTICS = {
    "median_days_to_close": Statistic("promises.days_to_close", _median_days),
    "closed_only_median_days": Statistic("promises.days_to_close", _closed_only_days),
    "share_done_30d": Statistic("promises.days_of_cohort", partial(_share_done, by_day=30)),
    "share_done_90d": Statistic("promises.days_of_cohort", partial(_share_done, by_day=90)),
    "done_within_sla": Statistic("promises.done_within_sla", _within_sla, "whose days are over"),
    "open": Statistic("promises.standings", partial(_count, column="n_open")),
    "overdue": Statistic("promises.standings", partial(
        _count, column="n_overdue", undated_words="of the open without a due day")),
    "carried_over": Statistic("promises.standings", _carried),
}
