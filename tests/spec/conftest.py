"""What is no table in Markdown is asked of the same bench, with tables as text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from bench import ask, lay_load, lay_table, open_bench, written_cells

from opsanalytics.metrics.result import MetricResult

Answer = Callable[..., MetricResult]


@pytest.fixture
def answer() -> Answer:
    """answer(metric, by=..., period=..., policies=..., incidents="...", action_items="...", ...)"""

    def asked(metric: str, *, by: str | None = None, period: str | None = None, policies: str = "{}",
              every_kind: bool = False, **tables: str) -> MetricResult:
        connection = open_bench()
        lay_load(connection, json.loads(policies))
        for table, text in tables.items():
            lay_table(connection, table, written_cells(text))
        return ask(connection, metric, period=period, by=by, every_kind=every_kind)

    return asked


@pytest.fixture
def table() -> Callable[..., Any]:
    """The asked columns of an answer's rows, those of one statistic; a single column gives plain values."""

    def pick(result: MetricResult, statistic: str, *columns: str) -> list[Any]:
        rows = [row for row in result.rows if row["statistic"] == statistic]
        return [row[columns[0]] if len(columns) == 1 else tuple(row[column] for column in columns) for row in rows]

    return pick
