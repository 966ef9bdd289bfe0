"""How many incidents, and how many a week, with exact Poisson intervals."""

from __future__ import annotations

from opsanalytics.metrics.catalogue import Metric
from opsanalytics.metrics.dimensions import DAY_COLUMNS, NOT_STATED
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import Row, left_out_note, metric_row
from opsanalytics.metrics.scope import Group, Scope
from opsanalytics.stats.intervals import Estimate, poisson_interval


def count_rows(metric: Metric, scope: Scope) -> list[Row]:
    days = days_of_groups(scope)
    rows = []
    for group in count_groups(metric, scope):
        exposure = days.get(group.label, elapsed_days(scope))
        rows += [_row(group, statistic, exposure, scope) for statistic in metric.statistics]
    return rows


def count_groups(metric: Metric, scope: Scope) -> list[Group]:
    """The groups found, and those that are known to have had none: levels of the scale, months without an incident."""
    found = {group.label: group for group in scope.groups(metric.sql)}
    known = scope.severities if scope.grouping.by == "severity" and found else list(days_of_groups(scope))
    rest = [label for label in found if label not in known and label != NOT_STATED]
    labels = sorted([*known, *rest]) if scope.grouping.by in DAY_COLUMNS else [*known, *rest]
    labels += [NOT_STATED] if NOT_STATED in found else []
    return [found.get(label, Group(label, {}, {})) for label in labels]


def days_of_groups(scope: Scope) -> dict[str | None, int]:
    """Days of each week, month or quarter that lie in the period, are begun, and in the record; else nothing."""
    if scope.grouping.by not in DAY_COLUMNS or scope.first_on is None:
        return {}
    label = DAY_COLUMNS[scope.grouping.by]
    rows = fetch(scope.connection, "counts.days_in_groups", scope.parameters, {"label": label})
    return {row["label"]: row["days"] for row in rows}


def elapsed_days(scope: Scope) -> int:
    """Days of the period that have begun; without a period, days since the record's first."""
    if scope.period:
        return scope.period.days_elapsed
    return (scope.as_of_on - scope.first_on).days + 1 if scope.first_on else 0


def _row(group: Group, statistic: str, days: int, scope: Scope) -> Row:
    n = group.counted.get("n", 0)
    unknown = _unknown(scope, days)
    estimate = Estimate(None) if unknown else poisson_interval(n)
    if statistic == "per_week" and not unknown:
        estimate = Estimate(*(None if number is None else number * 7 / days for number in estimate))
    exposure = f"over {days / 7:.3g} weeks" if statistic == "per_week" and not unknown else ""
    return metric_row(
        group.label, statistic, estimate, n, group.counted.get("n_open", 0), group.n_excluded,
        unknown, exposure, _begins(scope), scope.group_note, left_out_note(group.left_out),
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
