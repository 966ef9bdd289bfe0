"""Markdown as blocks with lines and columns: the one place that knows pyromark.

pyromark gives byte ranges; a range is turned into a line and a column (both from 1, columns in characters) here. Raw
HTML is read for its headings, tables, list entries and text; its other tags are layout.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any
from weakref import proxy

import pyromark

from opsanalytics.markup.elements import Block, Code, Heading, Item, Items, Line, Paragraph, Rows, place_of
from opsanalytics.markup.html import Tag, ended_tags, html_pieces
from opsanalytics.markup.layout import BREAKS, HtmlLayout
from opsanalytics.markup.residue import FILLER, step_over_residue
from opsanalytics.markup.source import Places, Source
from opsanalytics.markup.words import NO_WIDTH, plain

__all__ = ["Block", "Code", "Heading", "Item", "Items", "Line", "Paragraph", "Rows", "parse_blocks"]

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_TASKLISTS | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_FOOTNOTES
)  # fmt: skip
_WORDS = re.compile(rf"[^\s{FILLER}{NO_WIDTH}]")
_TASK = re.compile(r"(?:[-*+]\s?)?\[(?:\s?(?P<mark>[xX✓✔])\s?\]\s{0,9}|\s{0,3}\]\s{1,9})(?=[^\s(\[:])")
_DEEPEST = 50  # what is nested deeper stands beside each other there: readers go down by calling themselves
_BOLD, _STRUCK = ("b", "strong"), ("s", "del", "strike")


def parse_blocks(text: str, first_line: int = 1) -> list[Block]:
    """The blocks of CommonMark text with tables and task lists. Comments, footnotes and residue are stepped over."""
    text = step_over_residue(text)
    builder = Builder(Source(text, first_line), ended_tags(text))
    builder.take(pyromark.events_with_range(text, options=_OPTIONS))
    return builder.end()


class Builder:
    def __init__(self, source: Source, ended: frozenset[str]) -> None:
        self.source = source
        self.ended = ended
        self.blocks: list[Block] = []
        self.open_items: list[Item] = []
        self.lines: list[Line] = []
        self.words: list[str] = []
        self.fresh = True
        self.start = self.after = 0  # the bytes at which the words of a line start, and the break above it ends
        self.gap: tuple[int, int] | None = None  # the bytes of a <br> and its like, which part a line
        self.strong = self.strikes = self.lead = self.struck = 0
        self.heading = 0
        self.table: Rows | None = None
        self.row: list[Line] = []
        self.code: Code | None = None
        self.quoted: list[tuple[str, int]] = []  # pieces of code, each with its byte
        self.footnotes = 0
        self.html: list[tuple[str, int]] = []
        self.layout = HtmlLayout(proxy(self))  # a load collects no cycles, and would keep every text until it ends

    def end(self) -> list[Block]:
        self.layout.close()
        self.close_text()
        return self.blocks

    def take(self, events: Iterable[tuple[Any, Any]]) -> None:
        for event, where in events:
            if isinstance(event, str):
                self.fresh = self.fresh or event in ("SoftBreak", "HardBreak")
                continue
            [(kind, value)] = event.items()
            if kind in ("Start", "End"):
                self._edge(kind, value, where["start"])
            elif kind == "Text" and not self.footnotes:
                self.text(value, where["start"])
            elif not self.footnotes:
                self._inline(kind, value, where["start"], where["end"])

    def _inline(self, kind: str, value: Any, start: int, end: int) -> None:
        if kind == "Code":
            self.text(value.lstrip() if self.fresh else value, self.source.code_start(start))
        elif kind == "Html":
            self.html.append((value, start))
        elif kind == "InlineHtml":
            self._inline_html(value, start, end)
        elif kind == "TaskListMarker" and self.open_items:
            self.open_items[-1].checked = value

    def _edge(self, kind: str, value: Any, start: int) -> None:
        """Where something begins or ends: a name, or a name with its details."""
        name = value if isinstance(value, str) else next(iter(value))
        method = _method(kind, name)
        if name == "FootnoteDefinition":
            self.footnotes += 1 if kind == "Start" else -1
        elif method and not self.footnotes and (not self.layout.depth or self.layout.lets_in(method.__name__)):
            method(self, value, start)

    # --- text

    def text(self, value: str, start: int) -> None:
        if self.code is not None:
            self.quoted.append((value, start))
            return
        if self.fresh:
            words = _WORDS.search(value)
            if words is None:
                return
            if gap := words.start():
                start, value = start + len(value[:gap].encode()), value[gap:]
            self._open_line(start)
        if self.strong > 0 and self.lead == len(self.words):
            self.lead += 1
        if self.strikes > 0 and self.struck == len(self.words):
            self.struck += 1
        self.words.append(value)

    def _open_line(self, start: int) -> None:
        if self.words:
            self._close_line()
        self.start, self.after = start, self.gap[1] if self.gap else 0
        self.fresh, self.gap = False, None

    def _close_line(self) -> None:
        """A line that is parted has of its source what stands between the breaks."""
        line, joined = self.source.line(self.start, self.after, self.gap[0] if self.gap else None), "".join(self.words)
        line.text = _plain(joined)
        if self.lead:
            line.lead = _plain("".join(self.words[: self.lead]))
        if self.struck:
            line.struck = _is_all("".join(self.words[: self.struck]), joined)
        if self.table and not self.layout.is_between_cells:
            line.raw = ""
        self.lines.append(line)
        self.words, self.lead, self.struck = [], 0, 0

    def flush(self) -> list[Line]:
        if self.words:
            self._close_line()
        self.fresh, self.gap, self.strong, self.strikes = True, None, 0, 0
        lines, self.lines = self.lines, []
        return lines

    def close_text(self) -> None:
        """Text that is collected belongs to the innermost open list entry, else to a block of its own."""
        lines = self.flush()
        if lines and self.open_items:
            self.open_items[-1].lines += lines
        elif lines:
            self.blocks.append(_tasks(lines) or Paragraph(lines))

    def start_strong(self, detail: Any, start: int) -> None:
        self.strong += 1

    def end_strong(self, detail: Any, start: int) -> None:
        self.strong -= 1

    def start_strikethrough(self, detail: Any, start: int) -> None:
        self.strikes += 1

    def end_strikethrough(self, detail: Any, start: int) -> None:
        self.strikes -= 1

    # --- paragraphs, headings and lists

    def start_paragraph(self, detail: Any, start: int) -> None:
        self.close_text()

    def end_paragraph(self, detail: Any, start: int) -> None:
        self.close_text()

    def start_heading(self, detail: Any, start: int) -> None:
        self.close_text()
        self.heading = int(detail["Heading"]["level"].lstrip("H"))

    def end_heading(self, detail: Any, start: int) -> None:
        lines = self.flush()
        if lines and self.open_items:
            self.open_items[-1].lines += lines
        elif lines:
            self.blocks.append(Heading(self.heading, _joined(lines)))

    def start_list(self, detail: Any, start: int) -> None:
        self.close_text()
        if not self.open_items:
            self.blocks.append(Items([]))

    def end_list(self, detail: Any, start: int) -> None:
        self.fresh = True

    def start_item(self, detail: Any, start: int) -> None:
        self.close_text()
        self.open_items.append(Item())

    def end_item(self, detail: Any, start: int) -> None:
        self.close_text()
        item = self.open_items.pop()
        if item.lines:
            _take_task(item)
            item.struck = item.lines[0].struck
        elif item.items or item.code:
            below = (item.items or item.code)[0]
            item.lines.append(Line("", "", below.line, below.column))
        else:
            return
        outer = self.open_items[:_DEEPEST][-1] if self.open_items else self.blocks[-1]
        if isinstance(outer, (Item, Items)):
            outer.items.append(item)

    # --- tables and code

    def start_table(self, detail: Any, start: int) -> None:
        self.close_text()
        self.table = Rows([], [])

    def end_table(self, detail: Any, start: int) -> None:
        if self.table and self.open_items:
            self.open_items[-1].items += self.table.entries()
        elif self.table and (self.table.header or self.table.rows):
            self.blocks.append(self.table)
        self.table = None

    def end_tablecell(self, detail: Any, start: int) -> None:
        if lines := self.flush():
            first, text = lines[0], " ".join(line.text for line in lines)
            is_struck = all(line.struck for line in lines)
            self.row.append(Line(text, text, first.line, first.column, first.lead, is_struck, first.column))
        else:
            self.row.append(Line("", "", *self.source.place(start)))

    def end_tablehead(self, detail: Any, start: int) -> None:
        if self.table:
            self.table.header, self.row = self.row, []

    def end_tablerow(self, detail: Any, start: int) -> None:
        if self.table:
            self.table.rows.append(self.row)
            self.row = []

    def start_codeblock(self, detail: Any, start: int) -> None:
        is_fenced = detail["CodeBlock"] != "Indented"
        self.open_code(self.source.place(start)[0] + int(is_fenced))

    def open_code(self, line: int) -> None:
        self.close_text()
        self.code, self.quoted = Code("", line), []

    def end_codeblock(self, detail: Any, start: int) -> None:
        code, self.code = self.code, None
        if code is None:
            return
        code.text = "".join(value for value, _ in self.quoted).replace(FILLER, " ")
        code.lines = list(self._code_lines(code)) if code.text else []
        if self.open_items:
            self.open_items[-1].code += code.lines
        else:
            self.blocks.append(code)

    def _code_lines(self, code: Code) -> Iterator[Line]:
        places, begins = Places(self.quoted), 0
        for number, raw in enumerate(code.text.rstrip("\n").split("\n"), code.line):
            if text := raw.strip():
                yield Line(text, raw, *self.source.place(places.byte(begins + raw.index(text))))
            else:
                yield Line("", raw, number, 1)
            begins += len(raw) + 1

    # --- raw HTML

    def _inline_html(self, value: str, start: int, end: int) -> None:
        for piece in html_pieces(value, self.ended):
            if isinstance(piece, Tag):
                self._tag(piece, start, end)
            else:
                self.text(piece.words, start)

    def start_htmlblock(self, detail: Any, start: int) -> None:
        self.html = []

    def end_htmlblock(self, detail: Any, start: int) -> None:
        """The block comes in lines, each with the byte at which it stands in the source."""
        places = Places(self.html)
        for piece in html_pieces("".join(value for value, _ in self.html), self.ended):
            begin = places.byte(piece.start)
            if isinstance(piece, Tag):
                self._tag(piece, begin, places.byte(piece.end), in_block=True)
            else:
                self.fresh = self.fresh or piece.breaks
                self.text(*((f"\n{piece.words}", begin - 1) if self.code and piece.breaks else (piece.words, begin)))
        self.layout.end_block()

    def _tag(self, tag: Tag, start: int, end: int, *, in_block: bool = False) -> None:
        if tag.name in _BOLD:
            self.strong += -1 if tag.is_end else 1
        elif tag.name in _STRUCK:
            self.strikes += -1 if tag.is_end else 1
        elif tag.name in BREAKS:
            gap = (self.gap[0] if self.gap else start, end)
            self.fresh, self.gap = True, gap
            self.layout.take(tag, start, end, in_block=in_block)
            self.gap = gap


@cache
def _method(kind: str, name: str) -> Callable[[Builder, Any, int], None] | None:
    """Links, emphasis and the like have none: their text comes by itself."""
    return getattr(Builder, f"{kind}_{name}".lower(), None)


def _plain(text: str) -> str:
    return plain(text.replace(FILLER, ""))


def _joined(lines: list[Line]) -> Line:
    """Several lines as one, each piece of the first source line at its own column."""
    first, *others = lines
    text, raw = first.text, first.raw
    for line in others:
        column = line.raw_column - first.raw_column if line.line == first.line else 0
        raw = f"{raw.ljust(column)}{'' if column or not raw else ' '}{line.raw}"
        text = f"{text} {line.text}"
    return Line(text, raw, first.line, first.column, raw_column=first.raw_column)


def _is_all(opening: str, text: str) -> bool:
    """Whether what opens a line is what it says, and what follows a remark: an owner, a reason in parentheses."""
    rest = text[len(opening) :].strip()
    return not rest[:1].isalnum() or len(opening) > len(rest)


def _tasks(lines: list[Line]) -> Items | None:
    """`[x] text` with no list around it: an entry a line, unless a line goes on with the one above."""
    if not _TASK.match(lines[0].text):
        return None
    items: list[Item] = []
    for line in lines:
        if _TASK.match(line.text):
            items.append(Item([line]))
        else:
            items[-1].lines.append(line)
    for item in items:
        _take_task(item)
        item.struck = item.lines[0].struck
    return Items(items)


def _take_task(item: Item) -> None:
    """A mark that Markdown does not know: `[ x ]`, `[]`, `[✓]`, or one without a list."""
    line = item.lines[0]
    if item.checked is None and (found := _TASK.match(line.text)):
        item.checked = bool(found["mark"])
        line.text = line.text[found.end() :]
        mark_end = line.raw.find("]", line.column - line.raw_column) + 1
        line.column = line.raw_column + place_of(line.text, line.raw, mark_end)
