"""Building a database beside the old one, checking it, and swapping it in.

A run that dies at any moment leaves the old file as it was, and a temporary one that the next load removes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copyfile

import duckdb
from filelock import FileLock, Timeout

from opsanalytics.errors import BusyError, DatabaseError, DestinationError
from opsanalytics.kinds import KINDS, Kind
from opsanalytics.tables import RECORD_TABLES, TABLES

_QUIET = "set enable_progress_bar = false"  # after two seconds it goes to stdout, into the JSON of `load --json`


@contextmanager
def loading(database: Path, *, own_folder: bool) -> Iterator[None]:
    """Holds the lock of a database and clears away what a killed load left. Raises BusyError at once when it is held."""
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        if own_folder:
            _keep_out_of_git(database)
        lock = FileLock(f"{database}.lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise BusyError(f"{database}: another load is running; wait for it, or read with --no-load") from None
    except OSError as error:
        raise DestinationError(f"{database}: cannot write there: {error.strerror}") from None
    try:
        for leftover in database.parent.glob(f".{database.name}.building-*"):
            leftover.unlink(missing_ok=True)
        yield
    finally:
        lock.release()


def _keep_out_of_git(database: Path) -> None:
    """So that a load leaves the repository clean, whatever else lives in that folder."""
    ignore = database.parent / ".gitignore"
    if not ignore.exists():
        ignore.write_text(f"/.gitignore\n/{database.name}*\n/.{database.name}*\n", encoding="utf-8")


def build_database(database: Path, write: Callable[[duckdb.DuckDBPyConnection], None], *, from_copy: bool = False) -> None:
    """Writes a new generation beside the old one, from nothing or from a copy of it, and puts it in its place. The lock must be held."""
    beside = database.with_name(f".{database.name}.building-{os.getpid()}")
    try:
        if from_copy:
            copyfile(database, beside)
        _write(beside, write)
        _check(beside)
        _settle(beside)
        os.replace(beside, database)
        _sync(database.parent)
    except (OSError, duckdb.Error) as error:
        stand = "the old tables stand" if database.exists() else "there are no tables yet"
        raise DestinationError(f"{database}: cannot be written ({error}); {stand}") from None
    finally:
        for leftover in (beside, beside.with_name(beside.name + ".wal")):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)


def _write(path: Path, write: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
    with duckdb.connect(str(path), config={"storage_compatibility_version": "v1.2.0"}) as connection:  # the first with zstd
        connection.execute(_QUIET)
        connection.execute("begin")
        write(connection)
        connection.execute("commit")
        connection.execute("checkpoint")


def _check(path: Path) -> None:
    """Reads the new file as a reader would, and asks it whether it is whole."""
    if path.with_name(path.name + ".wal").exists():
        raise DatabaseError(f"{path}: not written to the end")
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute(_QUIET)
        if broken := _broken(connection, invariants()):
            name, sql = broken[0]
            row = connection.execute(sql).fetchone()
            raise DatabaseError(f"the new tables contradict themselves ({name}: {row}); the old ones stand. "
                                "This is a mistake in opsanalytics: please report it")  # fmt: skip


def _broken(connection: duckdb.DuckDBPyConnection, checks: Mapping[str, str]) -> list[tuple[str, str]]:
    """Those that find something. They are asked at once, which takes half the time."""
    named = list(checks.items())
    asked = " union all ".join(f"select {number} where exists ({sql})" for number, (_, sql) in enumerate(named))
    return [named[number] for (number,) in sorted(connection.execute(asked).fetchall())]


def invariants() -> dict[str, str]:
    """What holds in every database, as SQL that finds the exceptions."""
    checks = {
        "every file is counted once": """
            select * from loads where load_id = (select max(load_id) from loads)
            and (files_seen <> files_loaded + files_rejected + files_ignored
                 or files_seen <> (select count(*) from source_files))""",
        "a loaded file has a record": "select path from source_files where (status = 'loaded') <> (records > 0)",
        "a rejected file has a finding": """
            select path from source_files where status = 'rejected'
            and not exists (from findings where findings.path = source_files.path and code = 'OPS101')""",
    }
    for kind in KINDS.values():
        checks[f"every record of {kind.name} is counted"] = _count_sql(kind)
    for table in RECORD_TABLES:
        for name, main in _OWNERS.items():
            if name in table.column_names and table.name != main:
                checks[f"{table.name}.{name} is one of {main}"] = (
                    f'select "{name}" from {table.name} where "{name}" is not null and "{name}" not in (select "{_key(main)}" from {main})'
                )
    for table in TABLES.values():
        for column in (column for column in table.columns if column.allowed):
            words = ", ".join(f"'{word}'" for word in column.allowed)
            checks[f"{table.name}.{column.name} is one of {words}"] = (
                f'select "{column.name}" from {table.name} where "{column.name}" not in ({words})'
            )
    return checks


# The columns that name a record of another table, and that table.
_OWNERS = {"incident_id": "incidents", "session_id": "ritual_sessions", "objective_id": "objectives"}


def _key(table: str) -> str:
    return TABLES[table].key[0]


def _count_sql(kind: Kind) -> str:
    """Of a table that several kinds fill, the rows of the kind's own files: a planning session makes objectives too."""
    of_kind = f"select path from source_files where record_kind = '{kind.name}'"
    others = "select path from source_files where record_kind = 'rituals'" if kind.name == "objectives" else "select null where false"
    return f"""
        select '{kind.table}'
        where (select count(*) from {kind.table} where source_path in ({of_kind}) and source_path not in ({others}))
        <> (select coalesce(sum(records), 0) from source_files where record_kind = '{kind.name}' and path not in ({others}))"""


def _settle(path: Path) -> None:
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
