"""A document as what its readers ask for: parts, each a label with all that stands under it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from opsanalytics.markup.elements import Heading, Item, Line
from opsanalytics.markup.words import before_colon, fold_label

Content = Line | Item | Heading
Shape = Literal["value", "text", "list"]


@dataclass(frozen=True)
class Label:
    """What a label stands for. A `value` is one line; a `text` runs on; the entries of a `list` are no labels."""

    name: str
    shape: Shape


@dataclass(eq=False, slots=True)
class Part:
    """A label with all that stands under it.

    `name` and `shape` are None when the caller's words do not know the label; `is_field` tells that it is a labelled
    value all the same. `remark` is what stands in parentheses behind the label.
    """

    name: str | None
    label: str
    line: int
    column: int
    level: int = 8
    remark: str | None = None
    content: list[Content] = field(default_factory=list)
    is_field: bool = False
    shape: Shape | None = None

    @property
    def items(self) -> list[Item]:
        return [entry for entry in self.content if isinstance(entry, Item)]

    @property
    def first(self) -> Line | None:
        """The first line with words in it."""
        for line in self.lines():
            if line.text:
                return line
        return None

    @property
    def text(self) -> str | None:
        """All of it as written, a line each, code too; None when there is nothing."""
        return "\n".join(raw for raw in self._raw_lines() if raw.strip()).strip() or None

    def _raw_lines(self) -> Iterator[str]:
        for entry in self.content:
            if isinstance(entry, Item):
                for item in _with_nested(entry):
                    yield from _raw_item_lines(item)
            else:
                yield entry.line.text if isinstance(entry, Heading) else entry.raw

    def lines(self) -> Iterator[Line]:
        for entry in self.content:
            if isinstance(entry, Line):
                yield entry
            elif isinstance(entry, Heading):
                yield Line(entry.line.text, entry.line.text, entry.line.line, entry.line.column)
            else:
                for item in _with_nested(entry) if entry.items else (entry,):
                    yield from item.lines or item.fields.values()


def _raw_item_lines(item: Item) -> Iterator[str]:
    if item.fields:
        yield " | ".join(cell.text for cell in item.fields.values())
    else:
        yield from (line.raw for line in (*item.lines, *item.code))


def _with_nested(item: Item) -> Iterator[Item]:
    stack = [item]
    while stack:
        entry = stack.pop()
        yield entry
        stack.extend(reversed(entry.items))


@dataclass(frozen=True)
class Document:
    """The parts in order, front matter first. The part before the first label has the label `""`."""

    parts: list[Part]
    title: Line | None

    def named(self, name: str) -> list[Part]:
        return self._by_name.get(name, [])

    @cached_property
    def keyed(self) -> list[tuple[str, Part]]:
        """Each part with its label, folded and without a value on the same line."""
        return [(fold_label(before_colon(part.label)), part) for part in self.parts]

    @cached_property
    def _by_name(self) -> dict[str | None, list[Part]]:
        found: dict[str | None, list[Part]] = {}
        for part in self.parts:
            found.setdefault(part.name, []).append(part)
        return found
