"""Golden records: each folder of `incidents/` holds a file as a team would write it, and the rows it must become.

A new shape is a new folder. `UPDATE_GOLDEN=1 pytest tests/golden` writes what is read now, for your eyes to judge.
"""

from __future__ import annotations

import json
import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from opsanalytics.kinds import KINDS
from opsanalytics.readers import read_record
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.settings import parse_settings
from opsanalytics.workspace import Workspace

SHAPES = sorted(folder for folder in Path(__file__).with_name("incidents").iterdir() if folder.is_dir())
EXPECTED, SETTINGS = "expected.json", "ops.yml"
IMPLIED = ("source_path", "incident_id", "origin_id", "record_id", "from_id", "origin_kind", "record_kind")


@pytest.mark.parametrize("folder", SHAPES, ids=lambda folder: folder.name)
def test_a_file_of_this_shape_becomes_these_rows_and_findings(folder: Path):
    actual = as_text(read(folder))
    if os.environ.get("UPDATE_GOLDEN"):
        (folder / EXPECTED).write_text(actual, encoding="utf-8")
    assert json.loads((folder / EXPECTED).read_text(encoding="utf-8")) == json.loads(actual)


def test_no_shape_gets_lost():
    assert len(SHAPES) >= 85


def read(folder: Path) -> Reading:
    record = next(path for path in folder.iterdir() if path.name not in (EXPECTED, SETTINGS))
    return read_record(KINDS["incidents"], f"ops/incidents/{record.name}", record.read_bytes(), context_of(folder))


def context_of(folder: Path) -> Context:
    settings = folder / SETTINGS
    return Workspace(folder, parse_settings(settings.read_bytes() if settings.exists() else b"")[0]).context


def as_text(reading: Reading) -> str:
    """A row a line, without what is NULL and what the incident's own row says already."""
    tables = {table: [slim(row) for row in rows] for table, rows in reading.rows.items()}
    if "incident_checks" in tables:
        tables["incident_checks"] = [row for row in tables["incident_checks"] if "evidence" in row]
    said = {"ignored": [reading.ignored]} if reading.ignored else {}
    findings = [f"{found.line}:{found.col} {found.code} {found.message}" for found in reading.findings]
    lines = {name: rows for name, rows in {**tables, "findings": findings, **said}.items() if rows}
    body = ",\n".join(f"{json.dumps(name)}: [\n{_rows(rows)}\n]" for name, rows in lines.items())
    return f"{{\n{body}\n}}\n"


def _rows(rows: list[Any]) -> str:
    return ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)


def slim(row: dict[str, Any]) -> dict[str, Any]:
    is_incident = "title" in row
    return {name: in_words(value) for name, value in row.items()
            if value is not None and (name not in IMPLIED or (is_incident and name == "incident_id"))}  # fmt: skip


def in_words(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
    return str(value) if isinstance(value, date) else value
