"""`csv/<table>.csv`: a file a table, in UTF-8 with the byte order mark by which Excel knows it; DuckDB and pandas skip it.

A value that the record does not state is empty. Days and instants (UTC) are ISO 8601 with a space, which spreadsheets
take for dates; lists are JSON. A text that a spreadsheet would take for a formula has an apostrophe before it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import duckdb

from opsanalytics.tables import FORMULA_STARTS


def write_csv_files(connection: duckdb.DuckDBPyConnection, tables: Iterable[str], folder: Path) -> None:
    folder.mkdir()
    for table in tables:
        result = connection.execute(f'select * from "{table}"')
        with (folder / f"{table}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(column[0] for column in result.description or ())
            writer.writerows(map(_cell, row) for row in result.fetchall())


def _cell(value: object) -> object:
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat(" ")
        case list():
            value = json.dumps(value, ensure_ascii=False, default=str)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
