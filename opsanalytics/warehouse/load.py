"""Files -> tables: look at the tree, read what changed, and put a new database in the place of the old one."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from duckdb import DuckDBPyConnection

from opsanalytics.errors import DatabaseError, DestinationError, QueryError, RepositoryError
from opsanalytics.findings import Finding
from opsanalytics.repository import Repository, find_repository
from opsanalytics.tables import RECORD_TABLES, TABLES, Row
from opsanalytics.warehouse.answers import findings
from opsanalytics.warehouse.build import build_database, loading
from opsanalytics.warehouse.connect import held_open, read_rows, read_table
from opsanalytics.warehouse.memory import REMEMBERED_LOADS, create_memory, remember
from opsanalytics.warehouse.moment import Moment, as_set_then, git_says, stand
from opsanalytics.warehouse.sight import Progress, Sight, look, silent
from opsanalytics.workspace import Workspace

if TYPE_CHECKING:
    from opsanalytics.warehouse.patch import Patch


@dataclass(frozen=True)
class LoadResult:
    database: Path
    files: dict[str, int]
    rows: dict[str, int]
    findings: list[Row]
    git_commit: str | None
    is_rewritten: bool

    def to_json(self) -> dict[str, Any]:
        return {"files": self.files, "rows": self.rows, "database": str(self.database), "git_commit": self.git_commit}


@contextmanager
def _without_collection() -> Iterator[None]:
    """The rows of a load live until it ends, and Python would look through all of them again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_without_collection()
def load(
    workspace: Workspace,
    *,
    database: Path | None = None,
    as_of: str | None = None,
    full: bool = False,
    now: datetime | None = None,
    moment: Moment | None = None,
    progress: Progress = silent,
) -> LoadResult:
    """Makes the tables of a workspace stand in its database; the old ones stand until the new ones do.

    `as_of` is a day (its end in the workspace's zone) or a commit; `now` is naive UTC; `moment` says both, to the second.
    When nothing changed since the last load of the same day the file is left as it is, unless `full`. Raises BusyError
    when another load runs.
    """
    database = database or workspace.database
    repository, refusal = _repository(workspace, as_of or (moment.commit if moment else None))
    if moment:
        then, moment = as_set_then(workspace, repository, moment)
    else:
        then, moment = stand(workspace, repository, as_of, now or datetime.now(UTC).replace(tzinfo=None))
    with loading(database, own_folder=database == workspace.database):
        memories = () if full else (database, workspace.database)
        with held_open(database):
            latest = _remembered(database, is_ours=database == workspace.database)
            sight = look(then, repository, moment, memories, progress, refusal)
            if not full and latest and latest[-1]["fingerprint"] == sight.fingerprint:
                return _standing(database, latest[-1])
            patch = _patch(database, latest[-1], sight) if latest and not full else None
        if patch:
            progress("writing what was edited")
            build_database(database, patch.write, from_copy=True)
            return replace(_standing(database, patch.load_row), is_rewritten=True)
        return _rewritten(database, latest, sight, memories, progress)


def _patch(database: Path, latest: Row, sight: Sight) -> Patch | None:
    from opsanalytics.warehouse.patch import patch_of

    return patch_of(database, latest, sight)


def _rewritten(database: Path, latest: list[Row], sight: Sight, memories: Collection[Path], progress: Progress) -> LoadResult:
    from opsanalytics.warehouse.schema import fill
    from opsanalytics.warehouse.settle import read_whole, tables

    sight = sight.with_contents(progress)
    records, row = read_whole(sight, memories, progress)
    row["load_id"] = latest[-1]["load_id"] + 1 if latest else 1
    rows = tables(records, [*latest[1 - REMEMBERED_LOADS :], row])

    def write(connection: DuckDBPyConnection) -> None:
        fill(connection, rows)
        create_memory(connection)
        remember(connection, sight.files, sight.reader, sight.began_ns)

    progress("writing the tables")
    build_database(database, write)
    return LoadResult(database, records.counts(), {table.name: len(rows.get(table.name, ())) for table in RECORD_TABLES},
                      rows["findings"], row["git_commit"], True)  # fmt: skip


def _repository(workspace: Workspace, as_of: str | None) -> tuple[Repository | None, list[Finding]]:
    """When git refuses, the files are read all the same and that is found; only `as_of` cannot do without."""
    try:
        return find_repository(workspace.root), []
    except RepositoryError as error:
        if as_of:
            raise
        return None, [git_says(error)]


def _remembered(database: Path, *, is_ours: bool) -> list[Row]:
    """Earlier loads, oldest first. The workspace's own database is made anew when it is of no use, since everything in
    it can be; any other file that is no database of this program is refused with DestinationError."""
    if not database.exists():
        return []
    try:
        names, rows = read_table(database, "select * from loads order by load_id")
        if set(TABLES["loads"].column_names) <= set(names):
            return rows
    except (DatabaseError, QueryError):
        pass
    if not is_ours:
        raise DestinationError(f"{database}: is there already and no database of this program; nothing was written")
    return []


def _standing(database: Path, load_row: Row) -> LoadResult:
    """The answer that the standing tables give."""
    tables: Iterable[str] = (table.name for table in RECORD_TABLES)
    counted = " union all ".join(f"select '{name}' as name, count(*) as rows from {name}" for name in tables)
    rows = {row["name"]: row["rows"] for row in read_rows(database, counted)}
    files = {state: load_row[f"files_{state}"] for state in ("seen", "loaded", "rejected", "ignored")}
    return LoadResult(database, files, rows, findings(database), load_row["git_commit"], False)
