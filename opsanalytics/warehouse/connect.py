"""Connections to a database that stands: always read-only, and short, so that a reader sees exactly one generation.

In one process DuckDB hands the old file out again while any connection to it is open.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from opsanalytics.errors import BusyError, DatabaseError, QueryError

# `read_only` alone still lets COPY TO write files and read_text read them.
_LOCK: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "lock_configuration": "true",
}


@contextmanager
def locked(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The one connection for SQL that somebody else wrote: it reads this database and touches nothing besides."""
    if not database.is_file():
        raise DatabaseError(f"{database}: no database there; run `opsanalytics load` first")
    try:
        connection = duckdb.connect(str(database), read_only=True, config=_LOCK)
    except duckdb.ConnectionException:
        raise BusyError(f"{database}: this process has it open in another way; close that connection first") from None
    except duckdb.Error as error:
        if isinstance(error, duckdb.IOException) and "lock" in str(error):
            raise BusyError(f"{database}: another program has it open for writing; close it there") from None
        raise DatabaseError(f"{database}: not a database of this program ({_first_line(error)}); "
                            "move it away and run `opsanalytics load`") from None  # fmt: skip
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def held_open(database: Path) -> Iterator[None]:
    """Opens a database once for several questions, where it is one: to open a large one takes longer than to ask it."""
    with ExitStack() as stack:
        with suppress(DatabaseError):
            stack.enter_context(locked(database))
        yield


def read_table(
    database: Path, sql: str, values: list[Any] | dict[str, Any] | None = None
) -> tuple[list[str], list[dict[str, Any]]]:
    """The names of the columns and the rows of one statement. Raises QueryError when it is refused."""
    with locked(database) as connection:
        try:
            cursor = connection.execute(sql, values or [])
            if cursor is None:
                raise QueryError("there is no statement; write SQL such as: select * from incident_facts limit 5")
            names = _apart([column[0] for column in cursor.description or ()])
            return names, [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except duckdb.Error as error:
            raise QueryError(str(error)) from None


def _apart(names: list[str]) -> list[str]:
    """Two columns of one name are told apart as `n` and `n_2`."""
    return [f"{name}_{names[: at + 1].count(name)}" if name in names[:at] else name for at, name in enumerate(names)]


def check_loaded(connection: duckdb.DuckDBPyConnection) -> None:
    """Raises DatabaseError when the file is of another program or holds no load."""
    try:
        found = connection.execute("select load_id from latest_load").fetchone()
    except duckdb.Error:
        raise DatabaseError("this is no database of opsanalytics; run `opsanalytics load`") from None
    if found is None:
        raise DatabaseError("the database holds no load; run `opsanalytics load`")


def read_rows(database: Path, sql: str, values: list[Any] | dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The rows of one statement as dictionaries, in the order of its columns."""
    return read_table(database, sql, values)[1]


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
