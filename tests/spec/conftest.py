"""The manual's bench: tiny tables, written as they are read, one metric, one answer.

Every example is seen on Sunday 2026-11-22 at noon UTC, in the zone UTC, with the scale SEV-1 SEV-2 SEV-3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import duckdb
import pytest

from opsanalytics.metrics.compute import compute
from opsanalytics.metrics.periods import parse_period
from opsanalytics.metrics.result import MetricResult
from opsanalytics.tables import TABLES, Row
from opsanalytics.warehouse.schema import create_schema, insert_rows

AS_OF = datetime(2026, 11, 22, 12)
DEFAULTS: dict[str, Row] = {
    "incidents": {"kind": "incident", "status": "resolved"},
    "action_items": {"origin_kind": "incident", "position": 1, "text": "x", "status": "open"},
    "action_events": {"git_commit": "c"},
    "record_fields": {"record_kind": "incident"},
    "incident_services": {},
    "decisions": {},
    "rituals": {},
    "ritual_slots": {"outcome": "held"},
    "ritual_sessions": {"status": "held"},
    "ritual_attendance": {},
    "ritual_notes": {"position": 1, "category": "decision", "text": "x"},
    "objectives": {"position": 1, "text": "x"},
    "key_results": {"position": 1, "text": "x"},
}
Answer = Callable[..., MetricResult]


def written_rows(table: str, text: str) -> list[Row]:
    """A table as text, cells between bars, an empty cell NULL; a bare clock time is of 2026-10-01."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [_row(table, dict(zip(lines[0], cells, strict=True))) for cells in lines[1:]]


def _row(table: str, cells: Mapping[str, str]) -> Row:
    row: Row = {**DEFAULTS[table], "source_path": "x.md", "source_line": 1}
    row |= {name: _instant(value) if name.endswith("_at") else value for name, value in cells.items() if value}
    if "started_at" in row:
        row.setdefault("started_on", str(row["started_at"])[:10])
    if "severity" in row:
        row["severity_rank"] = int(row["severity"][-1])
    if table == "action_items":
        row["action_id"] = f"{row['origin_id']}#{row['text']}"
    return row


def _instant(text: str) -> str:
    return f"2026-10-01 {text}:00" if len(text) == 5 else f"{text}:00"


@pytest.fixture
def answer() -> Answer:
    """answer(metric, by=..., period=..., policies=..., incidents="...", action_items="...", ...)"""

    def ask(metric: str, *, by: str | None = None, period: str | None = None, policies: str = "{}",
            every_kind: bool = False, **tables: str) -> MetricResult:
        connection = duckdb.connect()
        create_schema(connection)
        insert_rows(connection, TABLES["loads"], [load_row(policies)])
        for table, text in tables.items():
            insert_rows(connection, TABLES[table], written_rows(table, text))
        cut = parse_period(period, as_of_on=AS_OF.date()) if period else None
        return compute(connection, metric, period=cut, by=by, every_kind=every_kind)

    return ask


def load_row(policies: str) -> Row:
    return {
        "load_id": 1, "loaded_at": AS_OF, "workspace": "example", "as_of": AS_OF, "files_seen": 0, "files_loaded": 0,
        "files_rejected": 0, "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": "UTC",
        "fiscal_year_start": 1, "policies": policies, "severities": ["SEV-1", "SEV-2", "SEV-3"],
    }


@pytest.fixture
def table() -> Callable[..., Any]:
    """The asked columns of an answer's rows, those of one statistic; a single column gives plain values."""

    def pick(result: MetricResult, statistic: str, *columns: str) -> list[Any]:
        rows = [row for row in result.rows if row["statistic"] == statistic]
        return [row[columns[0]] if len(columns) == 1 else tuple(row[column] for column in columns) for row in rows]

    return pick
