"""A record file as labelled parts, whatever shape its team writes labels in.

`Severity: SEV-1` as a bare line, `**Severity:** SEV-1`, `- Severity: SEV-1`, a row of a two-column table, a key of the
front matter, `## Severity` over a line, and all of these inside the chapter's template in a code fence: each becomes
the same `Part`. What a label means (its name and shape) is told by the caller's words; this module knows no spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from opsanalytics.markup.blocks import Block, Code, Heading, Item, Items, Line, Paragraph, Rows, parse_blocks
from opsanalytics.markup.front_matter import Content, code_lines, node_content, row_items, split_front_matter
from opsanalytics.markup.strict_yaml import Node
from opsanalytics.markup.words import fold, fold_label, key_words, label_remark

Shape = Literal["value", "text", "list"]
# An emoji or another sign may stand before a label; the whole of it is short, so that prose with a colon is none.
_LABEL = re.compile(
    r"(?P<label>(?:[^\w\s!-~]{1,8}\s?)?[^\W\d_][^:：|]{0,59}?(?:\s?\([^():：]{0,60}\))?)\s?[:：](?P<gap>\s?)(?P<value>.*)$",
    re.DOTALL,
)
_TO_VALUE = re.compile(r"[^:：]*[:：][*_\s]*")
_LINE_LEVEL, _FIELD_LEVEL = 7, 8
_SHORT = 8  # words: a single line with a colon and more than these is a sentence


@dataclass(frozen=True)
class Label:
    """What a label stands for. A `value` is one line; a `text` runs on; the entries of a `list` are no labels."""

    name: str
    shape: Shape


@dataclass(eq=False)
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
        return next((line for line in self.lines() if line.text), None)

    @property
    def text(self) -> str | None:
        """All of it as written, a line each; None when there is nothing."""
        return "\n".join(raw for raw in self._raw_lines() if raw.strip()).strip() or None

    def _raw_lines(self) -> Iterator[str]:
        for entry in self.content:
            if isinstance(entry, Item) and entry.fields:
                yield " | ".join(cell.text for cell in entry.fields.values())
            elif isinstance(entry, Item):
                yield from (line.raw for line in _item_lines(entry))
            else:
                yield entry.line.text if isinstance(entry, Heading) else entry.raw

    def lines(self) -> Iterator[Line]:
        for entry in self.content:
            if isinstance(entry, Line):
                yield entry
            elif isinstance(entry, Heading):
                yield Line(entry.line.text, entry.line.text, entry.line.line, entry.line.column)
            else:
                yield from _item_lines(entry)


def _item_lines(item: Item) -> Iterator[Line]:
    stack = [item]
    while stack:
        entry = stack.pop()
        yield from entry.lines or entry.fields.values()
        stack.extend(reversed(entry.items))


@dataclass
class Document:
    """The parts in order, front matter first. The part before the first label has the label `""`."""

    parts: list[Part]
    title: Line | None

    def named(self, name: str) -> list[Part]:
        return [part for part in self.parts if part.name == name]


def parse_document(text: str, labels: Mapping[str, Label]) -> Document:
    """Raises MarkupError when the front matter cannot be read. `labels` maps a folded label to its meaning."""
    front, body, line = split_front_matter(text)
    reader = _Reader(labels)
    for key, node in front.items():
        reader.parts.append(reader.front_matter_part(key, node))
    reader.read(parse_blocks(body, line))
    return Document([part for part in reader.parts if part.label or part.content], reader.title)


class _Reader:
    """Walks the blocks and opens a part at each label."""

    def __init__(self, labels: Mapping[str, Label]) -> None:
        self.labels = labels
        self.parts: list[Part] = []
        self.title: Line | None = None
        self.section = Part(None, "", 1, 1, level=0)
        self.in_fence = False

    def read(self, blocks: Iterable[Block]) -> None:
        if self.section not in self.parts:
            self.parts.append(self.section)
        for block in blocks:
            match block:
                case Heading():
                    self._heading(block)
                case Paragraph():
                    self._paragraph(block.lines)
                case Items():
                    self._items(block.items)
                case Rows():
                    self._rows(block)
                case Code():
                    self._code(block)

    def front_matter_part(self, key: str, node: Node) -> Part:
        label = self.labels.get(fold_label(key_words(key)))
        name, shape = (label.name, label.shape) if label else (None, None)
        content = node_content(node, is_known=label is not None)
        return Part(name, key, node.line, node.column, content=content, is_field=label is None, shape=shape)

    def _known(self, text: str) -> Label | None:
        return self.labels.get(fold_label(text))

    def _heading(self, block: Heading) -> None:
        line = block.line
        known, value = self._known(line.text), ""
        split = None if known else _LABEL.match(line.text)
        if split and (known := self._known(split["label"])):
            value = split["value"]
        if known:
            self._open(known, line, _FIELD_LEVEL if value else block.level, value)
        elif self.section.name and block.level > self.section.level:
            self.section.content.append(block)
        else:
            if self.title is None and block.level == 1:
                self.title = line
            self.section = Part(None, line.text, line.line, line.column, block.level)
            self.parts.append(self.section)

    def _open(self, label: Label, line: Line, level: int, value: str = "") -> Part:
        """A value keeps to its line, so what follows it belongs to the section it stands in; anything else runs on."""
        remark = label_remark(re.split("[:：]", line.text, maxsplit=1)[0])
        part = Part(label.name, line.text, line.line, line.column, level, remark, shape=label.shape)
        if value := value.strip():
            part.content.append(_value_line(value, line))
        self.parts.append(part)
        if label.shape != "value" or level < _FIELD_LEVEL:
            self.section = part
        return part

    def _paragraph(self, lines: list[Line]) -> None:
        if len(lines) == 1 and (known := self._known(lines[0].text)) and not lines[0].text.endswith(":"):
            self._open(known, lines[0], _LINE_LEVEL)
            return
        section, takes_fields = self.section, self._takes_fields(lines)
        above: Part | None = None
        for line in lines:
            may_be_field = self.section is section and (takes_fields or (line.bold and section.shape is None))
            if found := self._label_of(line):
                above = self._open(found[0], line, _level_of(found[0]), found[1])
            elif may_be_field and (field := self._dimension(line)):
                above = field
            else:
                self._continue(line, above)

    def _continue(self, line: Line, above: Part | None) -> None:
        """A line without a label goes on with the field right above it, or else belongs to the section."""
        (self.section if above is None or above.shape != "value" else above).content.append(line)

    def _takes_fields(self, lines: list[Line]) -> bool:
        """Whether values under labels of the team's own are fields here: beside a label that is known, and where all
        lines are such, before any section has begun or below the entries of a list."""
        if self.section.name is None and any(self._label_of(line) for line in lines):
            return True
        begins = self.section.name is None and self.section.level <= 1
        leaves_list = self.section.shape == "list" and bool(self.section.items)
        is_short = len(lines) > 1 or len(lines[0].text.split()) <= _SHORT
        return (begins or leaves_list) and is_short and all(_is_dimension(line.text) for line in lines)

    def _label_of(self, line: Line) -> tuple[Label, str] | None:
        if whole := self._known(line.text):
            return whole, ""
        split = _LABEL.match(line.text)
        known = self._known(split["label"]) if split else None
        return (known, split["value"]) if split and known else None

    def _dimension(self, line: Line) -> Part | None:
        """A labelled value that the words do not know: a dimension of the team's own."""
        split = _LABEL.match(line.text) if _is_dimension(line.text) else None
        if not split:
            return None
        content: list[Content] = [_value_line(split["value"].strip(), line)]
        part = Part(None, split["label"], line.line, line.column, content=content, is_field=True, shape="value")
        self.parts.append(part)
        return part

    def _items(self, items: list[Item]) -> None:
        firsts = [item.first for item in items]
        labelled = self.section.shape is None and (
            any(self._label_of(line) for line in firsts) or all(_is_dimension(line.text) for line in firsts)
        )
        for item in items:
            if not (labelled and self._labelled_item(item)):
                self._item(item)

    def _labelled_item(self, item: Item) -> bool:
        section, found = self.section, self._label_of(item.first)
        part = self._open(found[0], item.first, _FIELD_LEVEL, found[1]) if found else self._dimension(item.first)
        if part:
            part.content += [*item.lines[1:], *item.items]
        self.section = section
        return part is not None

    def _item(self, item: Item) -> None:
        """A label at the margin right under a list is a lazy continuation to Markdown, and a new part to its writer."""
        last = _last_item(item)
        stray = (at for at, line in enumerate(last.lines) if at and line.column == 1 and self._label_of(line))
        at = next(stray, len(last.lines))
        last.lines, rest = last.lines[:at], last.lines[at:]
        self.section.content.append(item)
        if rest:
            self._paragraph(rest)

    def _rows(self, table: Rows) -> None:
        every = [table.header, *table.rows]
        known = sum(1 for row in every if len(row) == 2 and self._known(row[0].text))
        if self.section.shape != "list" and known and known * 2 >= len(every) - 1:
            for row in every:
                self._field_row(row)
            return
        remarks = (label_remark(cell.text) for cell in table.header)
        self.section.remark = self.section.remark or next(filter(None, remarks), None)
        self.section.content += row_items(table)

    def _field_row(self, row: list[Line]) -> None:
        label, value = row
        known = self._known(label.text)
        if value.text and (known or (fold(label.text), fold(value.text)) not in _TABLE_HEADS):
            self.parts.append(Part(known.name if known else None, label.text, value.line, value.column,
                                   remark=label_remark(label.text), content=[value], is_field=known is None,
                                   shape=known.shape if known else "value"))  # fmt: skip

    def _code(self, code: Code) -> None:
        """A fence is quoted matter, never a record, unless the whole template is written inside one."""
        lines = [line for line in code.text.split("\n") if line.strip()]
        labelled = [line for line in lines if self._label_of(Line(line.strip().lstrip("#*_-> "), line, 0, 1))]
        if not self.in_fence and len(labelled) >= 3 and labelled[0] in lines[:2]:
            self.in_fence = True
            self.read(parse_blocks(code.text, code.line))
            self.in_fence = False
        elif self.section.shape == "text":
            self.section.content += code_lines(code)


_TABLE_HEADS = frozenset({("field", "value"), ("key", "value"), ("item", "value"), ("property", "value")})


def _value_line(value: str, line: Line) -> Line:
    """The value behind the label of a line, with its own column."""
    label = _TO_VALUE.match(line.raw)
    if not label:
        return Line(value, value, line.line, line.column)
    raw = line.raw[label.end() :]
    return Line(value, value if raw.strip("*_` ") == value else raw, line.line, label.end() + 1)


def _last_item(item: Item) -> Item:
    while item.items:
        item = item.items[-1]
    return item


def _level_of(label: Label) -> int:
    return _FIELD_LEVEL if label.shape == "value" else _LINE_LEVEL


def _is_dimension(text: str) -> bool:
    split = _LABEL.match(text)
    return bool(split and split["gap"] and split["value"].strip() and len(split["label"].split()) <= 4)
