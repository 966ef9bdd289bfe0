"""Named SQL: `-- name: x` starts a query, comments below it document it, `{y}` takes in the query of that name.

Values are bound as `$parameters`; `{identifiers}` come from the checked lists of `dimensions` and `durations` only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from opsanalytics.errors import QueryError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FAMILIES = (
    "dimensions", "counts", "durations", "promises", "rituals", "decisions", "objectives", "definitions", "comparisons",
    "restatements", "budgets", "oncall", "capacity", "alerts", "checklist", "outcomes",
)  # fmt: skip


@cache
def named_queries() -> dict[str, str]:
    """Every query of the families, by `family.name`."""
    return {
        f"{family}.{name}": text.strip()
        for family in FAMILIES
        for name, text in _split((files("opsanalytics.metrics") / f"{family}.sql").read_text(encoding="utf-8"))
    }


def query_text(name: str, identifiers: Mapping[str, str]) -> str:
    """The query with its identifiers and the queries that it takes in."""
    queries = named_queries()
    parts = {**{key.partition(".")[2]: text for key, text in queries.items()}, **identifiers}
    text = queries[name]
    while places := re.findall(r"\{(\w+)\}", text):
        for place in places:
            text = text.replace(f"{{{place}}}", parts[place])
    return text


def fetch(
    connection: DuckDBPyConnection,
    name: str,
    parameters: Mapping[str, Any],
    identifiers: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Rows as dicts."""
    cursor = run(connection, name, parameters, identifiers)
    columns = [column[0] for column in cursor.description or []]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def fetch_arrays(
    connection: DuckDBPyConnection,
    name: str,
    parameters: Mapping[str, Any],
    identifiers: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """As `fetch`, of texts, numbers and lists only; the lists are numpy arrays, of a million numbers if need be."""
    columns = run(connection, name, parameters, identifiers).fetchnumpy()
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def run(
    connection: DuckDBPyConnection,
    name: str,
    parameters: Mapping[str, Any],
    identifiers: Mapping[str, str] | None = None,
) -> DuckDBPyConnection:
    """The executed query. Parameters that it does not name are left out, because DuckDB refuses them."""
    import duckdb

    text = query_text(name, identifiers or {})
    bound = {key: parameters[key] for key in set(re.findall(r"\$(\w+)", text))}
    try:
        return connection.execute(text, bound)
    except duckdb.Error as error:
        raise QueryError(f"metric query {name}: {error}; load again with this version of opsanalytics") from error


def _split(text: str) -> list[tuple[str, str]]:
    parts = re.split(r"^-- name: (\w+)$", text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))
