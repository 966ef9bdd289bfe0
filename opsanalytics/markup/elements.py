"""What Markdown is made of here: lines, entries, tables and the like, each with its place (both counted from 1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from opsanalytics.markup.words import fold_label


@dataclass(slots=True)
class Line:
    """One line of inline text. `text` has no markup and single spaces; `raw` is the source line, or the stretch of it
    from `raw_column` when several lines stand in one; `lead` are the bold words that open it; `struck` when what it says is struck
    through."""

    text: str
    raw: str
    line: int
    column: int
    lead: str = ""
    struck: bool = False
    raw_column: int = 1

    @property
    def bold(self) -> bool:
        return bool(self.lead)


def place_of(text: str, raw: str, start: int) -> int:
    """Where a text begins in what is written from `start` on, behind the marks that open it."""
    at = raw.find(text.split(maxsplit=1)[0], start)
    at = at if at >= 0 else raw.find(text[0], start)
    return at if at >= 0 else start


@dataclass(slots=True)
class Heading:
    level: int
    line: Line


@dataclass(slots=True)
class Paragraph:
    lines: list[Line]


@dataclass(slots=True)
class Item:
    """A list entry or a table row. `fields` is a row's cells by folded header, or a mapping's values by folded key;
    `items` are the entries below, rows of a table in it among them; `code` are the lines of a fence in it."""

    lines: list[Line] = field(default_factory=list)
    checked: bool | None = None
    struck: bool = False
    items: list[Item] = field(default_factory=list)
    fields: dict[str, Line] = field(default_factory=dict)
    code: list[Line] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join([line.text for line in self.lines if line.text])

    @property
    def line(self) -> int:
        return self.first.line

    @property
    def column(self) -> int:
        return self.first.column

    @property
    def first(self) -> Line:
        return self.lines[0] if self.lines else next(iter(self.fields.values()))


@dataclass(slots=True)
class Items:
    items: list[Item]


@dataclass(slots=True)
class Rows:
    """A table. `header` is empty when an HTML table has none. A short row is filled with empty cells, as Markdown has it."""

    header: list[Line]
    rows: list[list[Line]]

    def entries(self) -> list[Item]:
        """A row as an entry whose fields have the names of the header."""
        names = self._names(max((len(row) for row in self.rows), default=0))
        return [_row_entry(dict(zip(names, row, strict=False))) for row in self.rows if row]

    def _names(self, width: int) -> list[str]:
        names: list[str] = []
        for at in range(max(width, len(self.header))):
            name = fold_label(self.header[at].text) if at < len(self.header) else ""
            names.append(name if name and name not in names else f"{name or 'column'} {at + 1}")
        return names


def _row_entry(fields: dict[str, Line]) -> Item:
    said = [cell for cell in fields.values() if cell.text]
    return Item(fields=fields, struck=bool(said) and said[0].struck)


@dataclass(slots=True)
class Code:
    """Quoted matter: a fence, an indented block or <pre>; `line` is the first of its lines."""

    text: str
    line: int
    lines: list[Line] = field(default_factory=list)


Block = Heading | Paragraph | Items | Rows | Code
