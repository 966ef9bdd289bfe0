"""The table contract as a DuckDB schema, and typed inserts of record rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import duckdb

from opsanalytics.tables import TABLES, Column, Table

if TYPE_CHECKING:
    import pandas as pd  # a load that writes nothing does without

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
    keep_views(connection)


def keep_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Those that are kept, of what the tables say now."""
    for name in KEPT:
        keep_view(connection, name)


def keep_view(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(f"create table kept as {_view_sql(name)}")
    was = "table" if connection.execute("select 1 from duckdb_tables() where table_name = ?", [name]).fetchone() else "view"
    connection.execute(f"drop {was} {name}; alter table kept rename to {name}")


def keep_rows(connection: duckdb.DuckDBPyConnection, name: str, key: str, values: Sequence[str]) -> None:
    """The rows of a view that is kept which have one of these values, of what the tables say now."""
    # DuckDB hands a range on to what the view is made of, but no list.
    chosen, asked = f"{key} in ({', '.join('?' for _ in values)}) and {key} between ? and ?", [*values, min(values), max(values)]
    connection.execute(f"delete from {name} where {chosen}", asked)
    connection.execute(f"insert into {name} select * from ({_view_sql(name)}) where {chosen}", asked)


def _view_sql(name: str) -> str:
    return views_sql().partition(f"create view {name} as")[2].partition(";")[0]


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
    """Appends rows column by column: one statement a table, whatever the number of rows.

    Values are str, int, float, bool, list of str, aware or naive UTC datetime, date or None; a missing key is NULL. DuckDB refuses
    what does not fit its column.
    """
    batch = list(rows)
    columns = {column: _values(column, [row.get(column.name) for row in batch]) for column in table.columns}
    if len(batch) > _FEW:
        _insert_frame(connection, table, columns)
    elif batch:
        taken = ", ".join(f"unnest(?::{column.sql_type}[])" for column in columns)
        connection.execute(f"insert into {table.name} select {taken}", list(columns.values()))
    return len(batch)


_FEW = 200  # rows; a frame of less takes longer to make than to do without


def _insert_frame(connection: duckdb.DuckDBPyConnection, table: Table, columns: Mapping[Column, list[Any]]) -> None:
    import pandas as pd

    frame = pd.DataFrame({column.name: _series(column, values) for column, values in columns.items()})
    connection.register("batch", frame)
    connection.execute(f"insert into {table.name} select {', '.join(map(_taken, columns))} from batch")
    connection.unregister("batch")


def _taken(column: Column) -> str:
    return f"""from_json_strict("{column.name}", '["VARCHAR"]')""" if column.kind == "texts" else f'"{column.name}"'


# By kind: what its values are, and how pandas keeps them, so that DuckDB guesses no type from a sample.
_KEPT_AS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "integer": (int, "Int64"), "number": ((int, float), "Float64"), "boolean": (bool, "boolean"),
    "instant": (datetime, "datetime64[us]"), "day": (date, "datetime64[s]"), "texts": (list, "str"),
}  # fmt: skip


def _values(column: Column, values: list[Any]) -> list[Any]:
    """As what they are; of other types as text, which DuckDB casts or refuses."""
    if column.kind == "instant":
        values = [each.replace(tzinfo=None) if isinstance(each, datetime) else each for each in values]
    fits, _ = _KEPT_AS.get(column.kind, (str, "str"))
    if all(issubclass(each, fits) for each in _types(values)):
        return values
    return [None if each is None else str(each) for each in values]


def _series(column: Column, values: list[Any]) -> pd.Series[Any]:
    import pandas as pd

    if column.kind == "texts":
        values = [None if each is None else json.dumps(each) for each in values]
    _, kept_as = _KEPT_AS.get(column.kind, (str, "str"))
    return pd.Series(values, dtype="str" if str in _types(values) else kept_as)


def _types(values: Iterable[Any]) -> set[type]:
    return set(map(type, values)) - {type(None)}
