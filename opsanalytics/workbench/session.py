"""What `import opsanalytics as ops` gives to a notebook: the tables, SQL and the metrics, one call away.

A notebook runs arbitrary Python and joins frames and CSV files of its own, so this connection is not the locked one:
it is an in-memory database with the warehouse attached read-only. It sees one generation of the warehouse until
`refresh()`, and never stands in the way of a load.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from opsanalytics.errors import DatabaseError, QueryError, UsageError
from opsanalytics.folder import DATABASE, find_workspace
from opsanalytics.metrics.clock import read_clock
from opsanalytics.metrics.periods import Period

if TYPE_CHECKING:
    import pandas

    from opsanalytics.metrics.frame import MetricFrame

DATABASE_VARIABLE = "OPSANALYTICS_DATABASE"


@dataclass
class _Session:
    database: Path
    connection: duckdb.DuckDBPyConnection
    generation: tuple[int, int]
    has_warned: bool = False

    @cached_property
    def record_address(self) -> str | None:
        found = self.connection.execute("select record_address from latest_load").fetchone()
        return found[0] if found else None


_sessions: list[_Session] = []


def connect() -> duckdb.DuckDBPyConnection:
    """The session's connection: every table and view of the warehouse by its name, and room for your own tables.

    Warns once when a newer load stands on disk; `refresh()` takes it in. Raises DatabaseError when there is none.
    """
    return _current().connection


def _current() -> _Session:
    database = find_database()
    if _sessions and _sessions[0].database != database:
        _sessions.pop().connection.close()
    if not _sessions:
        _sessions.append(_open(database))
    session = _sessions[0]
    if session.generation != _generation(database) and not session.has_warned:
        session.has_warned = True
        warnings.warn("a newer load stands on disk; ops.refresh() shows it", UserWarning, stacklevel=3)
    return session


def refresh() -> None:
    """Attaches the newest generation of the warehouse. Tables of your own stay."""
    if not _sessions:
        connect()
        return
    session = _sessions.pop()
    generation = _generation(session.database)
    session.connection.execute("use memory; detach ops")
    _attach(session.connection, session.database)
    _sessions.append(replace(session, generation=generation, has_warned=False))


def sql(text: str, values: list[Any] | None = None) -> pandas.DataFrame:
    """The result of a statement as a data frame. Data frames in sight are tables: `select * from my_frame`.

    Raises QueryError with DuckDB's words.
    """
    try:
        return connect().execute(text, values or []).df()
    except duckdb.Error as error:
        raise QueryError(str(error)) from None


def table(name: str) -> pandas.DataFrame:
    """A whole table or view of the warehouse. Instants are naive UTC; a missing value is what the file does not say."""
    names = [row[0] for row in connect().execute(
        "select table_name from information_schema.tables where table_catalog = 'ops' and table_schema = 'main' order by table_name").fetchall()]  # fmt: skip
    if name not in names:
        raise UsageError(f"there is no table `{name}`; there are {', '.join(names)}")
    return connect().execute(f'select * from ops."{name}"').df()


def remarks() -> pandas.DataFrame:
    """The record's remarks for time axes: `starts_on`, `ends_on`, `text`; none before anything was read of it."""
    import pandas

    if not _sessions:
        return pandas.DataFrame(columns=["starts_on", "ends_on", "text"])
    return _sessions[0].connection.execute("select starts_on, ends_on, text from annotations where starts_on is not null").df()


def record_address() -> str | None:
    """Where a line of a record is on the forge, `{path}` and `{line}` to be filled in; None without a forge, and before anything
    was read of the record."""
    return _sessions[0].record_address if _sessions else None


def metric(name: str, period: str | Period | None = None, by: str | None = None) -> MetricFrame:
    """A metric of the catalogue as a data frame: group, statistic, value, low, high, unit, n, n_open, n_excluded, note.

    `period` is `2026-Q3`, `2026-10`, `last-90d`, `this`, ...; without one, all of the record counts.
    """
    from opsanalytics.metrics.compute import compute

    chosen = _parse(period) if isinstance(period, str) else period
    return compute(connect(), name, period=chosen, by=by).frame()


def period(text: str = "this", kind: str = "quarter") -> Period:
    """A period by its name, as seen from the load's as-of, cut in the workspace's zone."""
    return _parse(text, kind)


def _parse(text: str, kind: str = "quarter") -> Period:
    return read_clock(connect()).period(text, kind)


def find_database() -> Path:
    """The database that the environment names, else that of the workspace the notebook lies in."""
    named = os.environ.get(DATABASE_VARIABLE)
    database = Path(named).resolve() if named else find_workspace(Path.cwd()) / DATABASE
    if not database.is_file():
        raise DatabaseError(f"{database}: no database there; run `opsanalytics load` in the workspace first")
    return database


def _open(database: Path) -> _Session:
    connection = duckdb.connect(config={"python_scan_all_frames": "true"})
    connection.execute("set TimeZone = 'UTC'")
    generation = _generation(database)
    _attach(connection, database)
    return _Session(database, connection, generation)


def _attach(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    quoted = str(database).replace("'", "''")
    try:
        connection.execute(f"attach '{quoted}' as ops (read_only)")
    except duckdb.Error as error:
        raise DatabaseError(f"{database}: not a database of this program ({error})") from None
    connection.execute("set search_path = 'memory.main,ops.main'")


def _generation(database: Path) -> tuple[int, int]:
    """A load puts a new file in the place of the old one."""
    about = database.stat()
    return about.st_ino, about.st_mtime_ns
