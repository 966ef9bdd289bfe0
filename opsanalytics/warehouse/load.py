"""Files -> tables: look at the tree, read what changed, and put a new database in the place of the old one."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
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
from opsanalytics.warehouse.memory import REMEMBERED_LOADS, create_memory, remember, remember_marks
from opsanalytics.warehouse.moment import Moment, as_set_then, git_says, stand
from opsanalytics.warehouse.sight import Progress, Sight, look, silent
from opsanalytics.workspace import Workspace

if TYPE_CHECKING:
    from opsanalytics.warehouse.patch import Patch

_MANY = 100  # files, which take longer to open than a database to copy


@dataclass(frozen=True)
class LoadResult:
    """A load by its row, and what the tables that stand say of it once somebody asks."""

    database: Path
    row: Row
    is_rewritten: bool

    @property
    def files(self) -> dict[str, int]:
        return {state: self.row[f"files_{state}"] for state in ("seen", "loaded", "rejected", "ignored")}

    @property
    def git_commit(self) -> str | None:
        commit: str | None = self.row["git_commit"]
        return commit

    @cached_property
    def rows(self) -> dict[str, int]:
        """By table of records."""
        counted = " union all ".join(f"select '{table.name}' as name, count(*) as rows from {table.name}" for table in RECORD_TABLES)
        return {row["name"]: row["rows"] for row in read_rows(self.database, counted)}

    @cached_property
    def findings(self) -> list[Row]:
        return findings(self.database)

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
    When nothing changed since the last load of the same day they are left as they are, unless `full`. Raises BusyError
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
            last = latest[-1] if latest and not full else None
            is_same = last is not None and last["fingerprint"] == sight.fingerprint
            patch = _patch(database, last, sight) if last and not is_same else None
        if last and is_same:
            _know_again(database, sight)
            return LoadResult(database, last, False)
        if patch:
            progress("writing what was edited")
            build_database(database, patch.write, from_copy=True)
            return LoadResult(database, patch.load_row, True)
        return _rewritten(database, latest, sight, memories, progress)


def _know_again(database: Path, sight: Sight) -> None:
    """Where many files are as they were but for their marks, each load would open all of them. A copy that was only touched, or
    one that was written just before its first load, is so."""
    known = [(kind, told) for kind, told in sight.news if told.is_settled(sight.began_ns)]
    if len(known) >= _MANY and sight.memory.database == database:
        with suppress(DestinationError):
            build_database(database, lambda connection: remember_marks(connection, known, sight.began_ns), from_copy=True)


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
    return LoadResult(database, row, True)


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
