"""One metric over a period and groups, from the facts to tidy rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from opsanalytics.metrics.catalogue import Metric, find_metric
from opsanalytics.metrics.counts import count_rows
from opsanalytics.metrics.dimensions import each_record
from opsanalytics.metrics.durations import duration_groups, duration_rows
from opsanalytics.metrics.periods import Period
from opsanalytics.metrics.promises import promise_rows
from opsanalytics.metrics.result import MetricResult, Row, metric_row
from opsanalytics.metrics.scope import Group, Scope, read_scope
from opsanalytics.metrics.tallies import tally_groups, tally_rows
from opsanalytics.stats.intervals import Estimate

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# The engine of each family: several families of queries are told by the same statistics.
FAMILY_ROWS = {
    "counts": count_rows,
    "durations": duration_rows,
    "promises": promise_rows,
    **dict.fromkeys(("rituals", "decisions", "objectives"), tally_rows),
}


def compute(
    connection: DuckDBPyConnection,
    name: str,
    *,
    period: Period | None = None,
    by: str | None = None,
    every_kind: bool = False,
) -> MetricResult:
    """The metric's rows; without a period, over the whole record.

    every_kind takes in what the metric leaves out by kind, and each row's note says so: maintenance, notices and
    drills, which `by="kind"` shows apart; the actions of every ritual, which `by="ritual"` does.

    Refused: an unknown metric or `by` (UsageError), a database without a load (DatabaseError).
    """
    metric = find_metric(name)
    scope = read_scope(connection, metric.records, period, by, every_kind)
    rows = FAMILY_ROWS[_family(metric)](metric, scope) or _empty_rows(metric, scope)
    return MetricResult(metric, period, by, rows, _left_out(metric, scope))


def compute_each(connection: DuckDBPyConnection, name: str, *, period: Period) -> list[Row]:
    """What the metric is of every record alone: `group` is its id."""
    metric = find_metric(name)
    scope = read_scope(connection, metric.records, period, None, every_kind=False)
    return FAMILY_ROWS[_family(metric)](metric, replace(scope, grouping=each_record(metric.records)))


def _family(metric: Metric) -> str:
    return metric.sql.partition(".")[0]


def _left_out(metric: Metric, scope: Scope) -> dict[str, int]:
    groups = _main_groups(metric, scope if scope.is_partition else scope.ungrouped)
    total = sum((Counter(group.left_out) for group in groups), Counter[str]())
    return dict(sorted(total.items()))


def _main_groups(metric: Metric, scope: Scope) -> list[Group]:
    """The groups as the metric's first statistic sees them."""
    if _family(metric) == "durations":
        return duration_groups(metric, scope)
    if FAMILY_ROWS[_family(metric)] is tally_rows:
        return tally_groups(metric, scope, metric.statistics[0])
    return scope.groups(metric.sql)


def _empty_rows(metric: Metric, scope: Scope) -> list[Row]:
    note = f"nothing to group in {scope.period_words}"
    return [metric_row(metric, None, statistic, Estimate(None), 0, 0, 0, note) for statistic in metric.statistics]
