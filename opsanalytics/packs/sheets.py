"""`data.xlsx`: what the tables are, then a sheet a table, to paste from.

Text of the record stays text: no formula, link or number is made of it, also when a cell is edited. What a workbook cannot
hold is cut, and its cell, its sheet and the first sheet say so. The same tables give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from math import isfinite
from pathlib import Path

import duckdb
from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from opsanalytics.figures import plural
from opsanalytics.tables import FORMULA_STARTS, TABLES

# A zip entry and a workbook carry dates; a fixed one gives the same bytes for the same tables.
CREATED = datetime(2000, 1, 1)
SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd hh:mm"}
LONGEST_CELL = 32_767  # in UTF-16 units, of which an emoji takes two
LARGEST_NUMBER = 10**15  # a sheet keeps fifteen digits
LAST_ROW = 1_048_575  # below the head
CUT = " … (cut: a cell ends here)"
CUT_ROWS = "(cut: a sheet ends here; the other rows are in the database)"
WIDEST = 60
ABOUT = "about"
CONVENTIONS = (
    "An empty cell is what the record does not state; it is not zero.",
    "Instants end in _at and are UTC; days end in _on and are cut in the workspace's zone; durations end in _minutes; shares are 0 to 1.",
    "Text stays text: nothing of the record is a formula or a link.",
)


@dataclass(frozen=True)
class _Formats:
    bold: Format
    day: Format
    quoted: Format  # a text that would become a formula when its cell is edited

def write_sheets(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[str], file: Path, heading: Sequence[str]
) -> None:
    """heading: company, period, as-of and commit, the first lines of the first sheet. What the workbook is put together
    from lies beside it for the moment, since it is the record's own text."""
    try:
        _write_book(connection, tables, file, heading)
    except FileCreateError as error:
        raise error.args[0] from None


def _write_book(connection: duckdb.DuckDBPyConnection, tables: Sequence[str], file: Path, heading: Sequence[str]) -> None:
    with Workbook(str(file), {**SAFE, "tmpdir": str(file.parent)}) as book:
        book.set_properties({"created": CREATED})
        formats = _Formats(book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"}),
                           book.add_format({"quote_prefix": True}))
        about = book.add_worksheet(ABOUT)
        cut = [line for table in tables for line in _write_table(connection, table, book.add_worksheet(table), formats)]
        _write_about(about, tables, [*heading, *CONVENTIONS, *cut], formats)


def _write_about(sheet: Worksheet, tables: Sequence[str], lines: Sequence[str], formats: _Formats) -> None:
    """What holds for all sheets, and below it what each column means, as a table to filter."""
    for place, line in enumerate(lines):
        _write_cell(sheet, place, 0, line, formats)
    rows = [(table, column.name, column.kind, _meaning(column.meaning, column.allowed))
            for table in tables if table in TABLES for column in TABLES[table].columns]
    head = len(lines) + 1
    sheet.write_row(head, 0, ("table", "column", "type", "meaning"), formats.bold)
    for place, row in enumerate(rows, head + 1):
        sheet.write_row(place, 0, row)
    sheet.autofilter(head, 0, head + max(len(rows), 1), 3)
    for column, width in enumerate((24, 28, 12, 100)):
        sheet.set_column(column, column, width)


def _meaning(meaning: str, allowed: Sequence[str]) -> str:
    return f"{meaning}: {', '.join(allowed)}" if allowed else meaning


def _write_table(connection: duckdb.DuckDBPyConnection, table: str, sheet: Worksheet, formats: _Formats) -> list[str]:
    """What had to be cut, in words."""
    result = connection.execute(f'select * from "{table}" limit {LAST_ROW + 1}')
    names = [column[0] for column in result.description or ()]
    rows = result.fetchall()
    is_cut = len(rows) > LAST_ROW
    if is_cut:
        rows[LAST_ROW - 1 :] = [(CUT_ROWS,)]
    sheet.write_row(0, 0, names, formats.bold)
    cut_cells = sum(_write_cell(sheet, place, column, value, formats)
                    for place, row in enumerate(rows, 1) for column, value in enumerate(row))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(names) - 1)
    for column, name in enumerate(names):
        sheet.set_column(column, column, _width(name, (row[column] for row in rows[:200] if len(row) > column)))
    return [*([f"{table}: the sheet ends after {LAST_ROW - 1:,} rows; the others are in the database."] if is_cut else []),
            *([f"{table}: {plural(cut_cells, 'cell')} cut at {LONGEST_CELL:,} characters."] if cut_cells else [])]


def _write_cell(sheet: Worksheet, row: int, column: int, value: object, formats: _Formats) -> bool:
    """Whether it was cut."""
    match value:
        case None:
            return False
        case bool():
            sheet.write_boolean(row, column, value)
        case int() | float() if not isfinite(value):
            return False
        case int() | float() if abs(value) < LARGEST_NUMBER:
            sheet.write_number(row, column, value)
        case datetime() if value.year >= 1900:
            sheet.write_datetime(row, column, value)
        case date() if value.year >= 1900:
            sheet.write_datetime(row, column, value, formats.day)
        case _:
            return _write_text(sheet, row, column, _text(value), formats)
    return False


def _write_text(sheet: Worksheet, row: int, column: int, text: str, formats: _Formats) -> bool:
    shown = _cut(text)
    sheet.write_string(row, column, shown, formats.quoted if shown.startswith(FORMULA_STARTS) else None)
    return shown is not text


def _cut(text: str) -> str:
    units = text.encode("utf-16-le") if len(text) > LONGEST_CELL // 2 else b""
    if len(units) <= 2 * LONGEST_CELL:
        return text
    return units[: 2 * (LONGEST_CELL - len(CUT))].decode("utf-16-le", errors="ignore") + CUT


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _width(name: str, values: Iterable[object]) -> int:
    lengths = (len(_text(value)) for value in values if value is not None)
    return min(max(chain([len(name) + 3], lengths)) + 1, WIDEST)
