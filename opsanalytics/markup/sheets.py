"""Comma-, semicolon- and tab-separated values as lines with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator

from opsanalytics.markup.blocks import Line
from opsanalytics.markup.strict_yaml import MarkupError

MAX_CELLS = 1_000_000
DELIMITERS = ",;\t"
_QUOTED = r'[ ]*"(?P<quoted>(?:[^"]++|"")*+)"[ ]*'
_SAID = re.compile(r"sep=([,;\t])[ \t]*\n", re.IGNORECASE)


def parse_sheet(text: str) -> list[list[Line]]:
    """The rows, the header first, without blank ones. The header tells the delimiter, unless a first line `sep=;` does.

    Raises MarkupError where a quote is not closed, and above a million cells.
    """
    said = _SAID.match(text)
    delimiter = said[1] if said else _delimiter(text)
    rows: list[list[Line]] = [[]]
    for number, (cell, ends_row) in enumerate(_cells(text, delimiter, said.end() if said else 0)):
        if number >= MAX_CELLS:
            raise MarkupError(f"more than {MAX_CELLS} cells", cell.line, cell.column)
        rows[-1].append(cell)
        if ends_row:
            rows.append([])
    return [row for row in rows if any(cell.text for cell in row)]


def _delimiter(text: str) -> str:
    """The one that parts the first line into most cells."""
    header = re.sub(r'"[^"\n]*"', "", text.lstrip("\n").partition("\n")[0])
    return max(DELIMITERS, key=header.count)


def _cells(text: str, delimiter: str, at: int) -> Iterator[tuple[Line, bool]]:
    """Each cell, and whether it is the last of its row."""
    pattern = re.compile(rf"(?:{_QUOTED}(?=[{delimiter}\n]|\Z)|(?P<bare>[^{delimiter}\n]*+))")
    line, line_start = 1 + text.count("\n", 0, at), at
    while at <= len(text):
        found = pattern.match(text, at)
        assert found
        written, column = found["bare"] or "", at - line_start + 1
        if written.lstrip().startswith('"'):
            raise MarkupError("a quote that is not closed before the value ends", line, column)
        value = written if found["quoted"] is None else found["quoted"].replace('""', '"')
        ends_row = text[found.end() : found.end() + 1] != delimiter
        yield Line(value.strip(), found[0], line, column), ends_row
        line += text.count("\n", at, found.end() + 1)
        at = found.end() + 1
        line_start = text.rfind("\n", 0, at) + 1 if ends_row or found["quoted"] else line_start
