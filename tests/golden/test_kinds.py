"""Golden records of every other kind: each folder holds a file as a team would write it, and the rows it must become.

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
from opsanalytics.readers import PARSERS, read_record
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.settings import parse_settings
from opsanalytics.workspace import Workspace

HERE = Path(__file__).parent
NAMES = ("decisions", "rituals", "rfcs", "roadmap", "runbooks", "objectives", "onboarding", "cadence", "slos", "sli_samples", "services",
         "deployments", "pages", "people", "oncall", "annotations")  # fmt: skip
SHAPES = sorted(folder for name in NAMES for folder in (HERE / name).iterdir() if folder.is_dir())
EXPECTED, SETTINGS = "expected.json", "ops.yml"
IMPLIED = ("source_path", "session_id", "origin_id", "record_id", "from_id", "origin_kind", "record_kind", "created_on_source")


@pytest.mark.parametrize("folder", SHAPES, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_file_of_this_shape_becomes_these_rows_and_findings(folder: Path):
    actual = as_text(read(folder))
    if os.environ.get("UPDATE_GOLDEN"):
        (folder / EXPECTED).write_text(actual, encoding="utf-8")
    assert json.loads((folder / EXPECTED).read_text(encoding="utf-8")) == json.loads(actual)


def test_every_kind_has_shapes():
    assert {folder.parent.name for folder in SHAPES} == set(NAMES)
    assert len(SHAPES) >= 20


def read(folder: Path) -> Reading:
    """The file's place below its folder is its place in the workspace."""
    record = next(path for path in sorted(folder.rglob("*.*")) if path.is_file() and path.name not in (EXPECTED, SETTINGS))
    path = record.relative_to(folder).as_posix()
    return read_record(KINDS[folder.parent.name], path, record.read_bytes(), context_of(folder))


def context_of(folder: Path) -> Context:
    settings = folder / SETTINGS
    return Workspace(folder, parse_settings(settings.read_bytes() if settings.exists() else b"zone: UTC")[0]).context


def as_text(reading: Reading) -> str:
    """A row a line, without what is NULL and what the file's own row says already."""
    tables = {table: [slim(row) for row in rows] for table, rows in reading.rows.items()}
    said = {"ignored": [reading.ignored]} if reading.ignored else {}
    findings = [f"{found.line}:{found.col} {found.code} {found.message}" for found in reading.findings]
    lines = {name: rows for name, rows in {**tables, "findings": findings, **said}.items() if rows}
    body = ",\n".join(f'"{name}": [\n  ' + ",\n  ".join(map(as_line, rows)) + "\n]" for name, rows in lines.items())
    return f"{{\n{body}\n}}\n"


def as_line(row: Any) -> str:
    return json.dumps(row, default=str, ensure_ascii=False)


def slim(row: dict[str, Any]) -> dict[str, Any]:
    return {name: in_words(value) for name, value in row.items() if value is not None and name not in IMPLIED}


def in_words(value: Any) -> Any:
    if isinstance(value, tuple):
        return [str(each) for each in value]
    return f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(":00") if isinstance(value, datetime) else str(value) if isinstance(value, date) else value


def test_each_kind_has_its_reader() -> None:
    assert list(PARSERS) == list(KINDS)
