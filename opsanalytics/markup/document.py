"""A record file as labelled parts, whatever shape its team writes labels in.

`Severity: SEV-1` as a bare line, `**Severity:** SEV-1`, `- Severity: SEV-1`, a row of a two-column table, a key of the
front matter, `## Severity` over a line, and all of these inside the chapter's template in a code fence: each becomes
the same `Part`. What a label means (its name and shape) is told by the caller's words; this module knows no spelling.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from opsanalytics.markup.blocks import Block, Code, Heading, Item, Items, Line, Paragraph, Rows, parse_blocks
from opsanalytics.markup.strict_yaml import MarkupError, Node, parse_yaml
from opsanalytics.markup.words import fold, fold_label, key_words, label_remark

Shape = Literal["value", "text", "list"]
_LABEL = re.compile(r"(?P<label>[^\W\d_][^:：|]{0,59}?(?:\s*\([^()]*\))?)\s*[:：](?P<gap>\s*)(?P<value>.*)$", re.DOTALL)
_LINE_LEVEL, _FIELD_LEVEL = 7, 8
_FRONT_MATTER = re.compile(r"(?P<fence>---|\+\+\+)[ \t]*\n(?P<body>.*?)(?:^|\n)(?P=fence)[ \t]*(?:\n|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Label:
    """What a label stands for. A `value` is one line; a `text` runs on; the entries of a `list` are no labels."""

    name: str
    shape: Shape


@dataclass
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
    content: list[Line | Item | Heading] = field(default_factory=list)
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
        return "\n".join(line.raw for line in self.lines() if line.raw).strip() or None

    def lines(self) -> Iterator[Line]:
        for entry in self.content:
            if isinstance(entry, Line):
                yield entry
            elif isinstance(entry, Heading):
                yield entry.line
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
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front, body, line = _split_front_matter(text)
    reader = _Reader(labels)
    for key, node in front.items():
        reader.parts.append(reader.front_matter_part(key, node))
    reader.read(parse_blocks(body, line))
    return Document([part for part in reader.parts if part.label or part.content], reader.title)


def _split_front_matter(text: str) -> tuple[dict[str, Node], str, int]:
    if not text.startswith(("---\n", "+++\n")):
        return {}, text, 1
    found = _FRONT_MATTER.match(text)
    if not found:
        raise MarkupError(f"front matter opens with {text[:3]} and is never closed", 1)
    rest_line = text.count("\n", 0, found.end()) + 1
    root = parse_yaml(found["body"], 2) if found["fence"] == "---" else _parse_toml(found["body"])
    if root.value is not None and not isinstance(root.value, dict):
        raise MarkupError("front matter must be `key: value` lines", root.line, root.column)
    return root.value or {}, text[found.end() :], rest_line


def _parse_toml(body: str) -> Node:
    try:
        tree = tomllib.loads(body)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = (int(at[1]) + 1, int(at[2])) if at else (2, 1)
        raise MarkupError(f"not valid TOML: {str(error).split(' (at')[0]}", line, column) from None
    return Node({key: _toml_node(value, _toml_line(body, key)) for key, value in tree.items()}, 2, 1)


def _toml_line(body: str, key: str) -> int:
    found = re.search(rf"^\s*\[*[\"']?{re.escape(key)}[\"']?\s*[=.\]]", body, re.MULTILINE)
    return 2 + body.count("\n", 0, found.start()) if found else 2


def _toml_node(value: Any, line: int) -> Node:
    if isinstance(value, dict):
        return Node({key: _toml_node(each, line) for key, each in value.items()}, line, 1)
    if isinstance(value, list):
        return Node([_toml_node(each, line) for each in value], line, 1)
    if isinstance(value, bool):
        return Node(str(value).lower(), line, 1)
    return Node(value if isinstance(value, str) else str(value), line, 1)


class _Reader:
    """Walks the blocks and opens a part at each label."""

    def __init__(self, labels: Mapping[str, Label]) -> None:
        self.labels = labels
        self.parts: list[Part] = []
        self.title: Line | None = None
        self.section = Part(None, "", 1, 1, level=0)

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
        content = list(_node_content(node))
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
            raw = line.raw[line.raw.rfind(value) :] if value in line.raw else value
            part.content.append(Line(value, raw, line.line, line.column + line.text.rfind(value)))
        self.parts.append(part)
        if label.shape != "value" or level < _FIELD_LEVEL:
            self.section = part
        return part

    def _paragraph(self, lines: list[Line]) -> None:
        if len(lines) == 1 and (known := self._known(lines[0].text)) and not lines[0].text.endswith(":"):
            self._open(known, lines[0], _LINE_LEVEL)
            return
        in_fields = self.section.name is None and (
            any(self._label_of(line) for line in lines) or self._opens_record(lines)
        )
        above: Part | None = None
        for line in lines:
            if found := self._label_of(line):
                above = self._open(found[0], line, _level_of(found[0]), found[1])
            elif (in_fields or line.bold) and self.section.shape is None and (field := self._dimension(line)):
                above = field
            else:
                self._continue(line, above)

    def _continue(self, line: Line, above: Part | None) -> None:
        """A line without a label goes on with the field right above it, or else belongs to the section."""
        (self.section if above is None or above.shape != "value" else above).content.append(line)

    def _opens_record(self, lines: list[Line]) -> bool:
        """A paragraph of nothing but labelled values, before any section has begun."""
        return self.section.level <= 1 and all(_is_dimension(line.text) for line in lines)

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
        text = split["value"].strip()
        value = Line(text, text, line.line, line.column + split.start("value"))
        part = Part(None, split["label"], line.line, line.column, content=[value], is_field=True, shape="value")
        self.parts.append(part)
        return part

    def _items(self, items: list[Item]) -> None:
        labelled = self.section.shape is None and any(self._label_of(item.first) for item in items)
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
        names = [fold_label(cell.text) for cell in table.header]
        self.section.remark = self.section.remark or next(filter(None, (label_remark(cell.text) for cell in table.header)), None)
        for row in table.rows:
            self.section.content.append(Item(fields=dict(zip(names, row, strict=False))))

    def _field_row(self, row: list[Line]) -> None:
        label, value = row
        known = self._known(label.text)
        if value.text and (known or (fold(label.text), fold(value.text)) not in _TABLE_HEADS):
            content: list[Line | Item | Heading] = [Line(value.text, value.text, value.line, value.column)]
            name, shape = (known.name, known.shape) if known else (None, "value")
            self.parts.append(Part(name, label.text, value.line, value.column, remark=label_remark(label.text),
                                   content=content, is_field=known is None, shape=shape))  # fmt: skip

    def _code(self, code: Code) -> None:
        """A fence is quoted matter, never a record, unless the whole template is written inside one."""
        lines = [line for line in code.text.splitlines() if line.strip()]
        labelled = [line for line in lines if self._label_of(Line(line.strip(), line, 0, 1))]
        if lines and len(labelled) >= 3 and self._label_of(Line(lines[0].strip(), lines[0], 0, 1)):
            self.read(parse_blocks(code.text, code.line))
        elif self.section.shape == "text":
            for at, text in enumerate(code.text.splitlines()):
                self.section.content.append(Line(text, text, code.line + at, 1))


_TABLE_HEADS = frozenset({("field", "value"), ("key", "value"), ("item", "value"), ("property", "value")})


def _last_item(item: Item) -> Item:
    while item.items:
        item = item.items[-1]
    return item


def _level_of(label: Label) -> int:
    return _FIELD_LEVEL if label.shape == "value" else _LINE_LEVEL


def _is_dimension(text: str) -> bool:
    split = _LABEL.match(text)
    return bool(split and split["gap"] and split["value"].strip() and len(split["label"].split()) <= 4)


def _node_content(node: Node) -> Iterator[Line | Item]:
    """Front matter under a key: a scalar is a line; list entries, and mappings in a list, are items."""
    if isinstance(node.value, str):
        for at, text in enumerate(node.value.splitlines() or [""]):
            yield Line(text.strip(), text, node.line + at, node.column)
    elif isinstance(node.value, list):
        yield from (_node_item(entry) for entry in node.value if entry.value is not None)
    elif isinstance(node.value, dict):
        yield _node_item(node)


def _node_item(node: Node) -> Item:
    if isinstance(node.value, dict):
        return Item(fields={fold_label(key_words(key)): _node_line(value) for key, value in node.value.items()})
    return Item(lines=[_node_line(node)])


def _node_line(node: Node) -> Line:
    plain = node.plain()
    text = plain if isinstance(plain, str) else ", ".join(map(str, plain)) if isinstance(plain, list) else str(plain or "")
    return Line(text.strip(), text, node.line, node.column)
