"""The tags of raw HTML that stand for something: headings, tables, list entries, code, and what is folded away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsanalytics.markup.elements import Item, Items, Line
from opsanalytics.markup.html import Tag

if TYPE_CHECKING:
    from opsanalytics.markup.blocks import Builder

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BREAKS = frozenset({"address", "article", "aside", "blockquote", "br", "caption", "center", "dd", "details", "div", "dl",
                    "dt", "figcaption", "figure", "footer", "form", "header", "hr", "li", "main", "nav", "ol", "p", "pre",
                    "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", *_HEADINGS})  # fmt: skip


class HtmlLayout:
    """Opens and closes in a builder what tags open and close. Markdown may stand between them."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.depth = 0  # of tables; what is inside the cell of one is its text
        self.in_cell = self.in_entry = self.in_head = self.is_head = False
        self.cell_start = 0

    @property
    def is_between_cells(self) -> bool:
        return self.depth > 0 and not self.in_cell

    def lets_in(self, name: str) -> bool:
        """Inside a cell Markdown's own blocks are no more than breaks; a heading ends what was never closed."""
        if self.depth and name == "start_heading":
            self.close()
        if not self.in_cell or name.endswith(("_strong", "_strikethrough", "_htmlblock")):
            return True
        self.builder.fresh = True
        return False

    def take(self, tag: Tag, start: int, end: int, *, in_block: bool) -> None:
        if tag.name == "table":
            self._table(tag)
        elif self.depth:
            self._part_of_table(tag, start)
        elif in_block and tag.name != "br":
            self._block(tag, end)

    def end_block(self) -> None:
        if not self.in_cell:
            self._end_entry()
            self._end_code()
            self.builder.close_text()
        self.builder.fresh = True

    def close(self) -> None:
        """Ends a table that is open."""
        if self.depth:
            self._end_row()
            self.builder.end_table(None, 0)
        self.depth = 0

    def _table(self, tag: Tag) -> None:
        if tag.is_end and self.depth == 1:
            self.close()
        elif tag.is_end:
            self.depth = max(0, self.depth - 1)
        elif self.depth or self.builder.table is None:
            self.depth += 1
            if self.depth == 1:
                self.builder.start_table(None, 0)

    def _part_of_table(self, tag: Tag, start: int) -> None:
        if self.depth > 1:
            return
        if tag.name == "thead":
            self.in_head = not tag.is_end
        elif tag.name == "tr":
            self._end_row()
        elif tag.name in ("td", "th"):
            self._end_cell()
            if not tag.is_end:
                self._start_cell(tag, start)

    def _start_cell(self, tag: Tag, start: int) -> None:
        self.builder.close_text()
        self.is_head = tag.name == "th" and (self.is_head or not self.builder.row)
        self.in_cell, self.cell_start = True, start

    def _end_cell(self) -> None:
        if self.in_cell:
            self.builder.end_tablecell(None, self.cell_start)
        self.in_cell = False

    def _end_row(self) -> None:
        """A header is what is marked as one, or written in bold words throughout."""
        self._end_cell()
        builder, table = self.builder, self.builder.table
        if table and builder.row and not (table.header or table.rows) and self._is_header(builder.row):
            builder.end_tablehead(None, 0)
        elif builder.row:
            builder.end_tablerow(None, 0)
        self.is_head = False

    def _is_header(self, row: list[Line]) -> bool:
        return self.is_head or self.in_head or all(cell.text and cell.lead == cell.text for cell in row)

    def _block(self, tag: Tag, end: int) -> None:
        if tag.name in _HEADINGS and tag.is_end:
            self.builder.end_heading(None, end)
            return
        self._end_code()
        self.builder.close_text()
        if tag.name in ("li", "ul", "ol"):
            self._end_entry()
        if tag.name in _HEADINGS:
            self.builder.heading = int(tag.name[1])
        elif tag.name == "li" and not tag.is_end and not self.builder.open_items:
            self._start_entry()
        elif tag.name == "summary" and not tag.is_end:
            self.builder.strong = 1
        elif tag.name == "pre" and not tag.is_end:
            self.builder.open_code(self.builder.source.place(end)[0])

    def _start_entry(self) -> None:
        if not (self.builder.blocks and isinstance(self.builder.blocks[-1], Items)):
            self.builder.blocks.append(Items([]))
        self.builder.open_items.append(Item())
        self.in_entry = True

    def _end_entry(self) -> None:
        if self.in_entry:
            self.builder.end_item(None, 0)
        self.in_entry = False

    def _end_code(self) -> None:
        if self.builder.code:
            self.builder.end_codeblock(None, 0)
