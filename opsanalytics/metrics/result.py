"""A metric's answer: tidy rows, as JSON and as a data frame that shows what stands behind each number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

from opsanalytics.metrics.catalogue import Metric
from opsanalytics.metrics.periods import Period

if TYPE_CHECKING:
    from opsanalytics.metrics.frame import MetricFrame
    from opsanalytics.stats.intervals import Estimate

Row = dict[str, Any]
COLUMNS = ("group", "statistic", "value", "low", "high", "unit", "n", "n_open", "n_excluded", "note")


@dataclass(frozen=True)
class MetricResult:
    """rows have the keys of COLUMNS; a value that cannot be computed is None and the note says why.

    excluded: why records of the period were left out, each counted once whatever the groups.
    """

    metric: Metric
    period: Period | None
    by: str | None
    rows: list[Row]
    excluded: dict[str, int]

    @property
    def period_name(self) -> str:
        return self.period.name if self.period else "all"

    def to_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric.name,
            "version": self.metric.version,
            "period": self.period_name,
            "by": self.by,
            "rows": self.rows,
        }

    def frame(self) -> MetricFrame:
        from opsanalytics.metrics.frame import metric_frame

        return metric_frame(self)


def metric_row(
    metric: Metric, group: str | None, statistic: str, estimate: Estimate, n: int, n_open: int, n_excluded: int,
    *notes: str,
) -> Row:
    """One row, numbers rounded to six significant digits, notes joined."""
    value, low, high = (None if number is None else six_digits(number) for number in estimate)
    unit = metric.unit_of(statistic)
    cells = (group, statistic, value, low, high, unit, n, n_open, n_excluded, joined(*notes))
    return dict(zip(COLUMNS, cells, strict=True))


def joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def interval_words(low: float | None, high: float | None, say: Callable[[float], str]) -> str:
    """`12 to 40`, with a word for an end that is not reached; nothing where neither end is known."""
    first, last = (None if end is None or isnan(end) else say(end) for end in (low, high))
    if first is None and last is None:
        return ""
    return f"{first or '?'} to {last or 'not reached'}"


def left_out_note(left_out: dict[str, int]) -> str:
    return "left out: " + ", ".join(f"{n} ({reason})" for reason, n in left_out.items()) if left_out else ""


def six_digits(number: float) -> float:
    """Counts stay whole."""
    return number if isinstance(number, int) else float(f"{number:.6g}")
