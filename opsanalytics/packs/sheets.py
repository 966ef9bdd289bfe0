"""`data.xlsx`: a sheet a table, to paste from. Text of the record stays text: no formula, link or number is made of it."""

from __future__ import annotations

from datetime import date, datetime
from itertools import chain
from math import isfinite
from pathlib import Path

import duckdb
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

# A zip entry and a workbook carry dates; a fixed one gives the same bytes for the same tables.
CREATED = datetime(2000, 1, 1)
SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd hh:mm"}
LONGEST_CELL = 32_767
LAST_ROW = 1_048_575  # below the head
CUT = " … (cut: a cell ends here)"
WIDEST = 60


def write_sheets(connection: duckdb.DuckDBPyConnection, tables: list[str], file: Path) -> None:
    with Workbook(str(file), SAFE) as book:
        book.set_properties({"created": CREATED})
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        for table in tables:
            _write_table(connection, table, book.add_worksheet(table[:31]), bold, day)


def _write_table(connection: duckdb.DuckDBPyConnection, table: str, sheet: Worksheet, bold: Format, day: Format) -> None:
    result = connection.execute(f'select * from "{table}" limit {LAST_ROW + 1}')
    names = [column[0] for column in result.description or ()]
    rows = result.fetchall()
    if len(rows) > LAST_ROW:
        rows[LAST_ROW - 1 :] = [("(cut: a sheet ends here; the other rows are in the database)",)]
    sheet.write_row(0, 0, names, bold)
    for place, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            _write_cell(sheet, place, column, value, day)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(names) - 1)
    for column, name in enumerate(names):
        sheet.set_column(column, column, _width(name, (row[column] for row in rows[:200] if len(row) > column)))


def _write_cell(sheet: Worksheet, row: int, column: int, value: object, day: Format) -> None:
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, (int, float)):
        sheet.write_number(row, column, value)
    elif isinstance(value, datetime) and value.year >= 1900:
        sheet.write_datetime(row, column, value)
    elif isinstance(value, date) and value.year >= 1900:
        sheet.write_datetime(row, column, value, day)
    else:
        text = _text(value)
        sheet.write_string(row, column, text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT)] + CUT)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _width(name: str, values: object) -> int:
    lengths = (len(_text(value)) for value in values if value is not None)  # type: ignore[attr-defined]
    return min(max(chain([len(name) + 3], lengths)) + 1, WIDEST)
