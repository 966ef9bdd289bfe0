"""`manifest.json`: from what a pack was made and what is in it. Written last: a pack without one is not whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

import duckdb

from opsanalytics import __version__
from opsanalytics.errors import UsageError
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.periods import Period
from opsanalytics.packs.catalogue import Pack
from opsanalytics.tables import LEVELS, TABLES

NAME = "manifest.json"


def write_manifest(
    folder: Path, pack: Pack, period: Period, parameters: Mapping[str, Any], connection: duckdb.DuckDBPyConnection,
    slot: Mapping[str, Any] | None = None,
) -> None:
    made = {
        "pack": pack.name,
        "period": {"name": period.name, "starts_on": period.starts_on, "ends_on": period.ends_on,
                   "days_elapsed": period.days_elapsed, "days": period.days},
        **_load(connection),
        "parameters": dict(parameters),
        "slot": slot,
        "metrics": {name: metric.version for name, metric in METRICS.items()},
        "tool_version": __version__,
        "rows": {name: _count(connection, name) for name in TABLES},
        "findings": _findings(connection),
        "files": _hashes(folder),
    }
    text = json.dumps(made, indent=1, ensure_ascii=False, default=str)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Manifest:
    """What a pack was made of. as_of: naive UTC; dirty: whether its records were not all in the commit; files: the hash of
    each, by its path in the pack.
    """

    pack: str
    workspace: str
    git_commit: str | None
    dirty: bool | None
    as_of: datetime
    parameters: Mapping[str, Any]
    metrics: Mapping[str, int]
    tool_version: str
    files: Mapping[str, str]

    def altered(self, folder: Path) -> tuple[str, ...]:
        """The files that are gone, or no longer what they were."""
        now = _hashes(folder)
        return tuple(path for path, written in self.files.items() if now.get(path) != written)


def read_manifest(folder: Path) -> Manifest:
    """Refused with UsageError: a folder that is no pack."""
    try:
        said = json.loads((folder / NAME).read_text(encoding="utf-8"))
        said["as_of"] = datetime.fromisoformat(said["as_of"])
        return Manifest(**{each.name: said[each.name] for each in fields(Manifest)})
    except (OSError, ValueError, TypeError, KeyError) as error:
        why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        raise UsageError(f"{folder / NAME}: cannot be read ({why}); name the folder of a pack") from None


def _hashes(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): _sha256(path)
            for path in sorted(folder.rglob("*")) if path.is_file() and path.name != NAME}


def _load(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    columns = ("workspace", "git_commit", "dirty", "as_of", "zone")
    row = connection.execute(f"select {', '.join(columns)} from latest_load").fetchone()
    return dict(zip(columns, row or [None] * len(columns), strict=True))


def _findings(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    counts = dict(connection.execute("select level, count(*) from findings group by level").fetchall())
    return {level: counts.get(level, 0) for level in LEVELS}


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f'select count(*) from "{table}"').fetchone()
    return int(row[0]) if row else 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
