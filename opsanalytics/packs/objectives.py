"""What we promised: the objectives of the period, a row each, with their key results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from opsanalytics.figures import Number, known, plural
from opsanalytics.metrics.periods import Period
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record
from opsanalytics.record_figures import OUTCOMES, Bullet, each

METRIC = "key_results"


def bullets(record: Record) -> Sequence[Bullet]:
    """In the order of the files; empty where the period, and the one before it, has no objective."""
    rows = _rows(record, _period(record))
    return [Bullet(row.objective, row.text, _done(row), _figures(row), row.outcome) for row in each(rows)]


def _period(record: Record) -> Period:
    """The period, or the one before it while this one has no objective of its own yet."""
    if _rows(record, record.period).empty and record.before is not None:
        return record.before
    return record.period


def _rows(record: Record, period: Period) -> pd.DataFrame:
    """The key results of objectives that are meant for the period."""
    rows = record.table("key_result_facts")
    return rows[rows["period"] == period.name].sort_values(["source_path", "source_line", "key_result_id"])


def _done(row: Any) -> float | None:
    """The share of the way from baseline to target; without a baseline, of the target."""
    start = row.baseline if known(row.baseline) else 0.0
    if not known(row.actual) or not known(row.target) or row.target == start:
        return None
    return float((row.actual - start) / (row.target - start))


def _figures(row: Any) -> str:
    """`34 to 7 days, now 12`."""
    mark = f" {row.unit}" if isinstance(row.unit, str) else ""
    way = " to ".join(_plain(value) for value in (row.baseline, row.target) if known(value))
    return ", ".join(filter(None, (way + mark if way else "", f"now {_plain(row.actual)}{mark}" if known(row.actual) else "")))


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,g}"


def finding(record: Record) -> str:
    period = _period(record)
    counts = _rows(record, period)["outcome"].value_counts()
    if counts.empty:
        return ""
    parts = [f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if outcome in counts]
    said = f"{'all ' if counts.sum() > 1 else ''}{parts[0].partition(' ')[2]}" if len(parts) == 1 else ", ".join(parts)
    return f"What we promised for {spans.said(period)}: {plural(int(counts.sum()), 'key result')}, {said}"


def caption(record: Record) -> str:
    return ("A bar is the way from where it began to the target, filled as far as it was last measured; one that nobody measured "
            "has no filling. An outcome is known when the period is over.")


def numbers(record: Record) -> list[Number]:
    period = _period(record)
    found = [record.number(f"key_results.{name}", METRIC, name, period) for name in ("hit", "missed", "not_measured", "running")]
    return [number for number in found if number.value is not None]
