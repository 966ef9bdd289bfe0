"""How many incidents, and how many a week, with exact Poisson intervals."""

from __future__ import annotations

from opsanalytics.metrics.catalogue import Metric
from opsanalytics.metrics.dimensions import DAY_COLUMNS, NOT_STATED
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import Row, left_out_note, metric_row
from opsanalytics.metrics.scope import Group, Scope
from opsanalytics.stats.intervals import Estimate, poisson_interval
from opsanalytics.stats.rates import poisson_rate


def count_rows(metric: Metric, scope: Scope) -> list[Row]:
    days = exposure(scope)
    return [
        _row(metric, group, statistic, days.get(group.label, days[None]), scope)
        for group in count_groups(metric, scope)
        for statistic in metric.statistics
    ]


def count_groups(metric: Metric, scope: Scope) -> list[Group]:
    """The groups found, and those that are known to have had none: levels of the scale, months without an incident."""
    found = {group.label: group for group in scope.groups(metric.sql)}
    known = scope.clock.severities if scope.grouping.by == "severity" and found else [label for label in exposure(scope) if label]
    rest = [label for label in found if label not in known and label != NOT_STATED]
    labels = sorted([*known, *rest], key=str) if scope.grouping.by in DAY_COLUMNS else [*known, *rest]
    labels += [NOT_STATED] if NOT_STATED in found else []
    return [found.get(label, Group(label, {}, {})) for label in labels]


def exposure(scope: Scope) -> dict[str | None, int]:
    """Days of each week, month or quarter that is grouped by, and under None of all together: those of the period that
    have begun, from the record's first day on. A rate is over these and no others.
    """
    if scope.first_on is None:
        return {None: 0}
    label = DAY_COLUMNS.get(scope.grouping.by or "", "null")
    rows = fetch(scope.connection, "counts.exposure", scope.parameters, {"label": label})
    days = {row["label"]: row["days"] for row in rows}
    return days | {None: sum(days.values())}


def _row(metric: Metric, group: Group, statistic: str, days: int, scope: Scope) -> Row:
    n = group.counted.get("n", 0)
    unknown = _unknown(scope, days)
    is_rate = statistic == "per_week" and not unknown
    estimate = Estimate(None) if unknown else poisson_rate(n, days / 7) if is_rate else poisson_interval(n)
    return metric_row(
        metric, group.label, statistic, estimate, n, group.counted.get("n_open", 0), group.n_excluded, unknown,
        f"over {days / 7:.3g} weeks" if is_rate else "", _begins(scope), scope.group_note, left_out_note(group.left_out),
    )


def _unknown(scope: Scope, days: int) -> str:
    """Why a count would say nothing, where no incident is a gap in the record and not a quiet time."""
    if scope.first_on is None:
        return "no incidents in the record"
    if scope.period and scope.period.ends_on <= scope.first_on:
        return f"the record begins on {scope.first_on}, after {scope.period.name}"
    return "" if days > 0 else f"{scope.period_words} has not begun"


def _begins(scope: Scope) -> str:
    inside = scope.period and scope.first_on and scope.period.starts_on < scope.first_on < scope.period.ends_on
    return f"the record begins on {scope.first_on}" if inside else ""
