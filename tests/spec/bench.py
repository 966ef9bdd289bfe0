"""The manual's bench: a database of tiny tables, and what is asked of it.

Every example is seen on Sunday 2026-11-22 at noon UTC, in the zone UTC, with the scale SEV-1 SEV-2 SEV-3.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import duckdb

from opsanalytics.metrics.compute import compute
from opsanalytics.metrics.periods import Period, parse_period
from opsanalytics.metrics.result import MetricResult
from opsanalytics.tables import TABLES, Row
from opsanalytics.warehouse.schema import create_schema, insert_rows

AS_OF = datetime(2026, 11, 22, 12)
DEFAULTS: dict[str, Row] = {
    "incidents": {"kind": "incident", "status": "resolved"},
    "action_items": {"origin_kind": "incident", "position": 1, "text": "x", "status": "open"},
    "action_events": {"git_commit": "c"},
    "record_fields": {"record_kind": "incident"},
    "ritual_slots": {"outcome": "held"},
    "ritual_sessions": {"status": "held"},
    "ritual_notes": {"position": 1, "category": "decision", "text": "x"},
    "objectives": {"position": 1, "text": "x"},
    "key_results": {"position": 1, "text": "x"},
    "sli_samples": {"bucket_minutes": 60},
    "roadmap_items": {"position": 1, "status": "open"},
}
Cells = Mapping[str, str]


def open_bench() -> duckdb.DuckDBPyConnection:
    """Empty tables, loaded once, without policies."""
    connection = duckdb.connect()
    create_schema(connection)
    lay_load(connection, {})
    return connection


def lay_load(connection: duckdb.DuckDBPyConnection, policies: Mapping[str, Any], zone: str = "UTC") -> None:
    connection.execute("delete from loads")
    insert_rows(connection, TABLES["loads"], [{
        "load_id": 1, "loaded_at": AS_OF, "workspace": "example", "as_of": AS_OF, "files_seen": 0, "files_loaded": 0,
        "files_rejected": 0, "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": zone,
        "fiscal_year_start": 1, "policies": json.dumps(policies), "severities": ["SEV-1", "SEV-2", "SEV-3"],
    }])


def lay_table(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Cells]) -> None:
    """The table holds these rows alone; an empty cell is NULL, a bare clock time is of 2026-10-01.

    Refused with ValueError: a column that the table does not have.
    """
    rows = list(rows)
    if strange := {name for cells in rows for name in cells} - set(TABLES[table].column_names):
        raise ValueError(f"{table} has no column {', '.join(sorted(strange))}")
    connection.execute(f"delete from {table}")
    insert_rows(connection, TABLES[table], [_row(table, cells) for cells in rows])


def written_cells(text: str) -> list[Cells]:
    """A table as text, cells between bars."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [dict(zip(lines[0], cells, strict=True)) for cells in lines[1:]]


def ask(connection: duckdb.DuckDBPyConnection, metric: str, *, period: str | None = None, by: str | None = None,
        every_kind: bool = False) -> MetricResult:
    return compute(connection, metric, period=period_of(period), by=by, every_kind=every_kind)


def period_of(text: str | None) -> Period | None:
    return parse_period(text, as_of_on=AS_OF.date()) if text else None


def _row(table: str, cells: Cells) -> Row:
    row: Row = {**DEFAULTS.get(table, {}), "source_path": "x.md", "source_line": 1}
    row |= {name: _instant(value) if name.endswith("_at") else value for name, value in cells.items() if value}
    if "started_at" in row:
        row.setdefault("started_on", str(row["started_at"])[:10])
    if "severity" in row:
        row["severity_rank"] = int(row["severity"][-1])
    if "aliases" in row:
        row["aliases"] = str(row["aliases"]).split(", ")
    if table == "action_items":
        row["action_id"] = f"{row['origin_id']}#{row['text']}"
    return row


def _instant(text: str) -> str:
    return f"2026-10-01 {text}:00" if len(text) == 5 else f"{text}:00"
