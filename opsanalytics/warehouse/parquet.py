"""Parquet as the text that readers of rows take: readers know CSV, and DuckDB knows Parquet."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from opsanalytics.markup.sheets import MAX_CELLS
from opsanalytics.tree import Source

SUFFIX = ".parquet"


def as_text(source: Source) -> Source:
    """A Parquet file as CSV, instants with their offset; any other file as it is. One that cannot be read is refused."""
    if source.data is None or not source.path.endswith(SUFFIX):
        return source
    with TemporaryDirectory() as folder:  # DuckDB reads Parquet by its path, and a commit's files have none
        path = Path(folder) / "rows.parquet"
        path.write_bytes(source.data)
        try:
            return source._replace(data=_csv(path))
        except duckdb.Error as error:
            why = str(error).splitlines()[0].replace(str(path), source.path)
            return source._replace(data=None, problem=f"no Parquet that can be read: {why}", is_refused=True)


def _csv(path: Path) -> bytes:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set timezone = 'UTC'")
        query = "select cast(columns(*) as varchar) from read_parquet(?, binary_as_string := true) limit ?"
        found = connection.execute(query, [str(path), MAX_CELLS])
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerows([[column[0] for column in found.description], *found.fetchall()])
    return text.getvalue().encode()
