"""Markdown as blocks with lines and columns: the one place that knows pyromark.

pyromark gives byte ranges; a range is turned into a line and a column (both from 1, columns in characters) here.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

import pyromark

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_TASKLISTS | pyromark.Options.ENABLE_STRIKETHROUGH
)


@dataclass
class Line:
    """One line of inline text. `text` has no markup and single spaces; `raw` is the source line; `bold` when it opens
    with bold words."""

    text: str
    raw: str
    line: int
    column: int
    bold: bool = False


@dataclass
class Heading:
    level: int
    line: Line


@dataclass
class Paragraph:
    lines: list[Line]


@dataclass
class Item:
    """A list entry or a table row. `fields` is a row's cells by folded header, or a mapping's values by folded key."""

    lines: list[Line] = field(default_factory=list)
    checked: bool | None = None
    struck: bool = False
    items: list[Item] = field(default_factory=list)
    fields: dict[str, Line] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines if line.text)

    @property
    def line(self) -> int:
        return self.first.line

    @property
    def column(self) -> int:
        return self.first.column

    @property
    def first(self) -> Line:
        return self.lines[0] if self.lines else next(iter(self.fields.values()))


@dataclass
class Items:
    items: list[Item]


@dataclass
class Rows:
    """A table; a short row is filled with empty cells, as Markdown has it."""

    header: list[Line]
    rows: list[list[Line]]


@dataclass
class Code:
    text: str
    line: int


Block = Heading | Paragraph | Items | Rows | Code


def parse_blocks(text: str, first_line: int = 1) -> list[Block]:
    """The blocks of CommonMark text with tables and task lists; raw HTML is stepped over."""
    builder = _Builder(text, first_line)
    for event, where in pyromark.events_with_range(text, options=_OPTIONS):
        builder.take(event, where["start"], where["end"])
    return builder.blocks


class _Builder:
    def __init__(self, text: str, first_line: int) -> None:
        self.data = text.encode()
        self.starts = [0, *(at + 1 for at, byte in enumerate(self.data) if byte == 10)]
        self.first_line = first_line
        self.blocks: list[Block] = []
        self.open_items: list[Item] = []
        self.lines: list[Line] = []
        self.words: list[str] = []
        self.fresh = True
        self.place = (0, 0, 1, "")
        self.heading = 0
        self.table: Rows | None = None
        self.row: list[Line] = []
        self.code: Code | None = None
        self.html = 0
        self.strikes = 0

    def take(self, event: Any, start: int, end: int) -> None:
        if isinstance(event, str):
            self._mark(event)
            return
        kind, value = next(iter(event.items()))
        if kind in ("Start", "End"):
            name, detail = (value, None) if isinstance(value, str) else next(iter(value.items()))
            getattr(self, f"_{kind.lower()}_{name.lower()}", self._pass)(detail, start, end)
        elif kind in ("Text", "Code"):
            self._text(value, start, end)
        elif kind == "InlineHtml" and value[:3].lower() == "<br":
            self._text(" ", start, end)
        elif kind == "TaskListMarker" and self.open_items:
            self.open_items[-1].checked = value

    def _pass(self, detail: Any, start: int, end: int) -> None:
        """Links, emphasis and the like: their text comes by itself."""

    def _mark(self, event: str) -> None:
        if event in ("SoftBreak", "HardBreak"):
            self.fresh = True

    def _text(self, value: str, start: int, end: int) -> None:
        if self.code is not None:
            self.words.append(value)
        elif self.html:
            return
        else:
            if self.fresh or not self.lines:
                self._open_line(start)
            self.words.append(value)

    def _open_line(self, start: int, *, bold: bool = False) -> None:
        self._close_line()
        self.lines.append(self._line_at(start, bold=bold))
        self.fresh = False

    def _close_line(self) -> None:
        if self.lines:
            self.lines[-1].text = " ".join("".join(self.words).split())
        self.words = []

    def _line_at(self, start: int, *, bold: bool = False) -> Line:
        """The line that the byte at `start` stands in, without its text yet. Bytes are asked for in their order, and
        what lies before is counted once, so that a line of a megabyte costs no more than a megabyte of lines."""
        number, counted, column, raw = self.place
        if number >= len(self.starts) - 1 or start < self.starts[number + 1]:
            if start < counted:
                counted, column = self.starts[number], 1
        else:
            number = bisect_right(self.starts, start) - 1
            counted, column, raw = self.starts[number], 1, ""
        column += len(self.data[counted:start].decode(errors="replace"))
        raw = raw or self._raw_line(number)
        self.place = number, start, column, raw
        return Line("", raw, self.first_line + number, column, bold)

    def _raw_line(self, number: int) -> str:
        stop = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.data)
        return self.data[self.starts[number] : stop].decode().rstrip()

    def _flush(self) -> list[Line]:
        self._close_line()
        lines, self.lines, self.fresh = self.lines, [], True
        return lines

    def _close_text(self) -> None:
        """Text that is collected belongs to the innermost open list entry, else to a paragraph of its own."""
        lines = self._flush()
        if lines and self.open_items:
            self.open_items[-1].lines += lines
        elif lines:
            self.blocks.append(Paragraph(lines))

    def _start_heading(self, detail: Any, start: int, end: int) -> None:
        self._close_text()
        level = detail.get("level", "H1") if isinstance(detail, dict) else "H1"
        self.heading = int(str(level).lstrip("Hh"))

    def _end_heading(self, detail: Any, start: int, end: int) -> None:
        lines = self._flush()
        if lines and not self.open_items:
            joined = " ".join(line.text for line in lines)
            self.blocks.append(Heading(self.heading, Line(joined, lines[0].raw, lines[0].line, lines[0].column)))

    def _start_paragraph(self, detail: Any, start: int, end: int) -> None:
        self._close_text()

    def _end_paragraph(self, detail: Any, start: int, end: int) -> None:
        self._close_text()

    def _start_strong(self, detail: Any, start: int, end: int) -> None:
        if self.fresh or not self.lines:
            self._open_line(start, bold=True)

    def _start_strikethrough(self, detail: Any, start: int, end: int) -> None:
        if self.open_items and not self.lines and not self.open_items[-1].lines:
            self.open_items[-1].struck = True

    def _start_list(self, detail: Any, start: int, end: int) -> None:
        self._close_text()
        if not self.open_items:
            self.blocks.append(Items([]))

    def _end_list(self, detail: Any, start: int, end: int) -> None:
        self.fresh = True

    def _start_item(self, detail: Any, start: int, end: int) -> None:
        self._close_text()
        self.open_items.append(Item())

    def _end_item(self, detail: Any, start: int, end: int) -> None:
        self._close_text()
        item = self.open_items.pop()
        if not item.lines and not item.items:
            return
        if not item.lines:
            item.lines.append(Line("", "", item.items[0].line, item.items[0].column))
        outer = self.open_items[-1] if self.open_items else self.blocks[-1]
        if isinstance(outer, Item | Items):
            outer.items.append(item)

    def _start_table(self, detail: Any, start: int, end: int) -> None:
        self._close_text()
        self.table = Rows([], [])

    def _end_table(self, detail: Any, start: int, end: int) -> None:
        if self.table and not self.open_items:
            self.blocks.append(self.table)
        self.table = None

    def _end_tablecell(self, detail: Any, start: int, end: int) -> None:
        lines = self._flush() or [self._line_at(start)]
        text = " ".join(line.text for line in lines)
        self.row.append(Line(text, text, lines[0].line, lines[0].column))

    def _end_tablehead(self, detail: Any, start: int, end: int) -> None:
        if self.table:
            self.table.header, self.row = self.row, []

    def _end_tablerow(self, detail: Any, start: int, end: int) -> None:
        if self.table:
            self.table.rows.append(self.row)
            self.row = []

    def _start_codeblock(self, detail: Any, start: int, end: int) -> None:
        self._close_text()
        fenced = isinstance(detail, dict) and "Fenced" in detail
        self.code = Code("", self._line_at(start).line + int(fenced))

    def _end_codeblock(self, detail: Any, start: int, end: int) -> None:
        if self.code and not self.open_items:
            self.code.text = "".join(self.words)
            self.blocks.append(self.code)
        self.code, self.words = None, []

    def _start_htmlblock(self, detail: Any, start: int, end: int) -> None:
        self._close_text()
        self.html += 1

    def _end_htmlblock(self, detail: Any, start: int, end: int) -> None:
        self.html -= 1
