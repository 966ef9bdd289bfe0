"""What each file told the load that made a database, kept in it: a later load opens only the files that are not as they were.

A file is as it was when its size, its time and its place on the disk are those that the load saw. Of a file that was written just
before that load no time is kept, since it may have been written again within the same tick of the clock. A database without this
memory is loaded whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

import opsanalytics
from opsanalytics import __version__
from opsanalytics.errors import DatabaseError
from opsanalytics.tables import TABLES
from opsanalytics.tree import Mark, Source
from opsanalytics.warehouse.connect import locked
from opsanalytics.workspace import Workspace

Key = tuple[str, str]  # kind, path

REMEMBERED_LOADS = 50
_CLOCK_TICK_NS = 2_000_000_000  # the coarsest that a file system has
_BY_THE_CLOCK = frozenset({"oncall"})  # kinds whose readers ask what time it is
_COLUMNS = "record_kind, path, sha256, blob_id, bytes, problem, is_refused, targets, mtime_ns, inode"
_SCHEMA = """
create schema memory;
create table memory.files (
    reader varchar, record_kind varchar, path varchar, sha256 varchar, blob_id varchar, bytes bigint, problem varchar,
    is_refused boolean, targets varchar, mtime_ns bigint, inode ubigint, packed blob using compression zstd
)"""


class Told(NamedTuple):
    """What one file tells a load. `packed` is what was read of the file, None when it was not; then `problem` says why, as it does of a `Source`."""

    path: str
    mark: Mark | None
    sha256: str | None
    blob_id: str | None
    size: int | None
    problem: str | None
    is_refused: bool
    targets: tuple[str, ...] = ()  # what its text links to
    packed: bytes | None = None

    def is_settled(self, began_ns: int) -> bool:
        """Whether its time was over when the load began: what is written in the same tick of the clock shows no other."""
        return self.mark is not None and self.mark.mtime_ns < began_ns - _CLOCK_TICK_NS

    def with_contents(self, packed: bytes | None) -> Told | None:
        """None where there is something to be read, and it is not there."""
        is_whole = self.packed is not None or self.sha256 is None or self.problem is not None
        return self if is_whole else self._replace(packed=packed) if packed is not None else None


Files = dict[str, list[Told]]  # by kind


@dataclass(frozen=True)
class Memory:
    """`files` are without what was read of them, which is fetched once it is needed."""

    database: Path | None = None
    files: Mapping[Key, Told] = field(default_factory=dict)

    def of(self, kind: str, source: Source) -> Told | None:
        """What is known of a file that need not be read, or not be parsed, again."""
        known = self.files.get((kind, source.path))
        if known is None or (source.mark and known.mark == source.mark):
            return known
        return known._replace(mark=source.mark) if known.sha256 and known.sha256 == source.read().sha256 else None

    def packed(self, paths: Collection[str] | None = None) -> dict[Key, bytes]:
        """Of all files, or of some."""
        if self.database is None or paths == []:
            return {}
        asked = "select record_kind, path, packed from memory.files where packed is not null"
        with locked(self.database) as connection:
            rows = connection.execute(asked).fetchall() if paths is None else connection.execute(f"{asked} and path in ?", [list(paths)]).fetchall()
        return {(kind, path): packed for kind, path, packed in rows}


def recall(databases: Iterable[Path], reader: str) -> Memory:
    """Of the first database that has one, made by the same readers."""
    for database in databases:
        with suppress(DatabaseError, duckdb.Error), locked(database) as connection:
            # The reader is compared here, because DuckDB imports pandas to bind a value.
            if connection.execute("select reader from memory.files limit 1").fetchone() == (reader,):
                rows = connection.execute(f"select {_COLUMNS} from memory.files").fetchall()
                return Memory(database, {(row[0], row[1]): _told(*row[1:]) for row in rows})
    return Memory()


def _told(path: str, sha256: str | None, blob_id: str | None, size: int | None, problem: str | None, is_refused: bool,
          targets: str | None, mtime_ns: int | None, inode: int | None) -> Told:  # fmt: skip
    mark = None if size is None or mtime_ns is None or inode is None else Mark(size, mtime_ns, inode)
    return Told(path, mark, sha256, blob_id, size, problem, is_refused, tuple(json.loads(targets)) if targets else ())


def create_memory(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(_SCHEMA)


def remember(connection: duckdb.DuckDBPyConnection, told: Mapping[str, Sequence[Told]], reader: str, began_ns: int) -> None:
    """`began_ns` is when the load began to look at the files."""
    with _batch(connection, [_row(kind, each, began_ns) for kind, files in told.items() for each in files if each.sha256]):
        connection.execute(f"insert into memory.files select ? as reader, {_COLUMNS}, nullif(packed, ''::blob) from batch", [reader])


def remember_marks(connection: duckdb.DuckDBPyConnection, told: Iterable[tuple[str, Told]], began_ns: int) -> None:
    """Of files that say what they said."""
    if rows := [_row(kind, each, began_ns) for kind, each in told if each.sha256]:
        with _batch(connection, rows):
            connection.execute("""
                update memory.files set mtime_ns = batch.mtime_ns, inode = batch.inode from batch
                where files.record_kind = batch.record_kind and files.path = batch.path and files.sha256 = batch.sha256""")


@contextmanager
def _batch(connection: duckdb.DuckDBPyConnection, rows: Sequence[tuple[Any, ...]]) -> Iterator[None]:
    """The rows as a table of that name."""
    import pandas as pd

    columns = zip(*rows, strict=True) if rows else [()] * len(_NAMES)
    frame = pd.DataFrame({name: pd.Series(column, dtype=_DTYPES.get(name, "str")) for name, column in zip(_NAMES, columns, strict=True)})
    connection.register("batch", frame)
    yield
    connection.unregister("batch")


_NAMES = (*_COLUMNS.split(", "), "packed")
_DTYPES = {"bytes": "Int64", "is_refused": "boolean", "mtime_ns": "Int64", "inode": "UInt64", "packed": "object"}


def _row(kind: str, told: Told, began_ns: int) -> tuple[Any, ...]:
    mark = told.mark if told.is_settled(began_ns) else None
    packed = b"" if kind in _BY_THE_CLOCK or told.packed is None else told.packed
    return (kind, told.path, told.sha256, told.blob_id, told.size, told.problem, told.is_refused,
            json.dumps(told.targets) if told.targets else None, mark and mark.mtime_ns, mark and mark.inode, packed)  # fmt: skip


def reader_of(workspace: Workspace) -> str:
    """What the reading of a file depends on beside its bytes."""
    columns = {table.name: table.column_names for table in TABLES.values()}
    said = [__version__, code(), columns, str(workspace.root), workspace.config_text]
    return sha256(json.dumps(said).encode()).hexdigest()


def code() -> list[tuple[str, int, int]]:
    """What changes with the program's own files, as they lie on the disk: in a checkout its version tells nothing."""
    folder = Path(opsanalytics.__file__).parent
    paths = [f"{at}/{name}" for at, _, names in os.walk(folder) if not at.endswith("__pycache__") for name in names]
    return sorted((path, about.st_size, about.st_mtime_ns) for path, about in zip(paths, map(os.stat, paths), strict=True))
