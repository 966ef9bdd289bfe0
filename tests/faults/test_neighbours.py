"""One bad file never changes another file's rows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from outcomes import RECORDS, WORDS, content, read_cases

from opsanalytics.findings import Finding
from opsanalytics.readers.reading import Context
from opsanalytics.tables import RECORD_TABLES, TABLES
from opsanalytics.tree import Source
from opsanalytics.warehouse.connect import read_rows
from opsanalytics.warehouse.load import load
from opsanalytics.warehouse.records import Records
from opsanalytics.warehouse.settle import gather
from opsanalytics.workspace import read_workspace

GOLDEN = Path(__file__).parent.parent / "golden"
BAD = {name: content(case) for name, case in read_cases().items() if "rejected" in case.get("all", {})}


def good_files(kind: str) -> list[Source]:
    paths = sorted((GOLDEN / kind).rglob("*.md"))
    chosen = paths[:: len(paths) // 3]
    return [Source(f"ops/{kind}/{number}-{path.name}", path.read_bytes()) for number, path in enumerate(chosen)]


def gathered(bad: dict[str, bytes]) -> Records:
    """Good files of each kind, with bad ones between them."""
    sources = {}
    for kind in RECORDS:
        spoilt = [Source(f"ops/{kind}/m{number}.md", data) for number, data in enumerate(bad.values())]
        sources[kind] = sorted([*good_files(kind), *spoilt], key=lambda source: source.path)
    return gather(sources, Context(WORDS))


@pytest.fixture(scope="module")
def alone() -> Records:
    return gathered({})


@pytest.mark.parametrize("name", [name for name, data in BAD.items() if len(data) < 100_000])
def test_a_bad_file_changes_no_other_files_rows(alone: Records, name: str) -> None:
    beside = gathered({name: BAD[name]})
    assert beside.rows == alone.rows
    assert {path for path, _ in of_others(alone, beside)} == set()
    assert beside.counts()["rejected"] == alone.counts()["rejected"] + len(RECORDS)


def of_others(alone: Records, beside: Records) -> set[tuple[str, Finding]]:
    """What is found of good files with the bad one there, and was not before, or no more."""
    good = {row["path"] for row in alone.files}
    return {(each.path, each) for each in set(alone.findings) ^ set(beside.findings) if each.path in good}


def load_rows(root: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of good files in the tables of a real load, but for the number that a load has."""
    result = load(read_workspace(root), now=datetime(2026, 10, 2, 12))
    assert result.files["seen"] == sum(result.files[state] for state in ("loaded", "rejected", "ignored"))
    asked = {table.name: f"select * from {table.name} order by all" for table in RECORD_TABLES}
    return {
        name: read_rows(result.database, sql)
        for name, sql in asked.items()
        if "source_path" in TABLES[name].column_names
    }


def test_all_bad_files_at_once_change_no_row_of_a_load(tmp_path: Path) -> None:
    for kind in RECORDS:
        (tmp_path / "ops" / kind).mkdir(parents=True)
        for source in good_files(kind):
            (tmp_path / source.path).write_bytes(source.data or b"")
    alone = load_rows(tmp_path)
    for kind in RECORDS:
        for number, data in enumerate(BAD.values()):
            (tmp_path / "ops" / kind / f"{number}.md").write_bytes(data)
    assert load_rows(tmp_path) == alone
    assert all(
        rows for name, rows in alone.items() if name in ("incidents", "decisions", "ritual_sessions", "action_items")
    )
