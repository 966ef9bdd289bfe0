"""The table contract as a DuckDB schema, and typed inserts of record rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb

from opsanalytics.tables import TABLES, Table

# Views of which every question of a promise asks, and that take longer to compute than to read.
KEPT = ("promise_writings", "promise_facts")


@cache
def views_sql() -> str:
    return (files("opsanalytics.warehouse") / "views.sql").read_text(encoding="utf-8")


def in_memory(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> duckdb.DuckDBPyConnection:
    """A database of these rows that is nowhere on disk."""
    connection = duckdb.connect()
    fill(connection, rows)
    return connection


def fill(connection: duckdb.DuckDBPyConnection, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Creates the tables with these rows and the views, of which some are kept as tables of what they say now."""
    create_schema(connection)
    for name, table in TABLES.items():
        insert_rows(connection, table, rows.get(name, ()))
    for view in KEPT:
        connection.execute(f"create table kept as from {view}; drop view {view}; alter table kept rename to {view}")


def create_schema(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates every table of the contract, empty, and the views over them."""
    for table in TABLES.values():
        connection.execute(table_sql(table))
    connection.execute(views_sql())


def table_sql(table: Table) -> str:
    """Allowed values are checked by the loader's invariants and not by CHECK, so that they are named in full."""
    columns = [f'"{column.name}" {column.sql_type}{" not null" if column.required else ""}' for column in table.columns]
    keys = [f"primary key ({', '.join(table.key)})"] if table.key else []
    return f"create table {table.name} ({', '.join(columns + keys)})"


def insert_rows(connection: duckdb.DuckDBPyConnection, table: Table, rows: Iterable[Mapping[str, Any]]) -> int:
    """Appends rows as one typed JSON array: one statement a table, whatever the number of rows.

    Values are str, int, float, bool, list of str, aware or naive UTC datetime, date or None; a missing key is NULL.
    """
    batch = [{name: row.get(name) for name in table.column_names} for row in rows]
    if not batch:
        return 0
    shape = json.dumps([{column.name: [column.sql_type[:-2]] if column.sql_type.endswith("[]") else column.sql_type
                         for column in table.columns}])
    # Bound as text: `from_json_strict` refuses a value that does not fit its column, where `from_json` makes it NULL.
    connection.execute(
        f"insert into {table.name} by name select unnest(from_json_strict(?, '{shape}'), recursive := true)",
        [json.dumps(batch, default=_as_json)],
    )
    return len(batch)


def _as_json(value: object) -> str:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no column takes a {type(value).__name__}")
