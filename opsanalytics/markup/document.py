"""A record file as labelled parts, whatever shape its team writes labels in.

`Severity: SEV-1` as a bare line, `**Severity:** SEV-1`, `- Severity: SEV-1`, a row of a two-column table, a key of the
front matter, `## Severity` over a line, and all of these inside the chapter's template in a code fence: each becomes
the same `Part`. What a label means (its name and shape) is told by the caller's words; this module knows no spelling.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from opsanalytics.markup.blocks import parse_blocks
from opsanalytics.markup.elements import Block, Code, Heading, Item, Items, Line, Paragraph, Rows
from opsanalytics.markup.front_matter import node_content, split_front_matter
from opsanalytics.markup.labels import SHORT, Labelled, LabelWords, is_labelled, without_colon
from opsanalytics.markup.parts import Content, Document, Label, Part, Shape
from opsanalytics.markup.strict_yaml import Node
from opsanalytics.markup.tables import labelled_cells
from opsanalytics.markup.words import before_colon, key_words, label_remark

__all__ = ["Document", "Label", "Part", "Shape", "parse_document"]

_LINE_LEVEL, _FIELD_LEVEL = 7, 8
_NO_HEADS: Mapping[str, str] = {}


def parse_document(text: str, labels: Mapping[str, Label], table_heads: Mapping[str, str] = _NO_HEADS) -> Document:
    """Raises MarkupError when the front matter cannot be read. `labels` maps a folded label to its meaning,
    `table_heads` a folded word to `label` or `value`, the column of a table that it heads."""
    front, body, line = split_front_matter(text)
    reader = _Reader(LabelWords(labels, table_heads))
    for key, node in front.items():
        reader.parts.append(reader.front_matter_part(key, node))
    reader.read(parse_blocks(body, line))
    return Document([part for part in reader.parts if part.label or part.content], reader.title)


class _Reader:
    """Walks the blocks and opens a part at each label."""

    def __init__(self, words: LabelWords) -> None:
        self.words = words
        self.parts: list[Part] = []
        self.title: Line | None = None
        self.section = Part(None, "", 1, 1, level=0)
        self.opener: Line | None = None  # of a section that a line opened and no heading
        self.empty: Part | None = None  # a bold label at the end of the paragraph before, without its value
        self.loosely = self.body_has_label = False

    def read(self, blocks: Iterable[Block]) -> None:
        if self.section not in self.parts:
            self.parts.append(self.section)
        for block in blocks:
            empty, self.empty = self.empty, None
            match block:
                case Heading():
                    self._heading(block)
                case Paragraph() if empty and self._is_value(block.lines):
                    empty.content += block.lines
                case Paragraph():
                    self._paragraph(block.lines)
                case Items():
                    self._items(block.items)
                case Rows():
                    self._rows(block)
                case Code():
                    self._code(block)

    def front_matter_part(self, key: str, node: Node) -> Part:
        label = self.words.known(key_words(key))
        name, shape = (label.name, label.shape) if label else (None, None)
        content = node_content(node, is_known=label is not None)
        return Part(name, key, node.line, node.column, content=content, is_field=label is None, shape=shape)

    # --- headings and what opens a part

    def _heading(self, block: Heading) -> None:
        line = block.line
        if found := self.words.read(line):
            self._open(found, line, _FIELD_LEVEL if found.value else block.level)
        elif self.section.name and block.level > self.section.level:
            self.section.content.append(block)
        else:
            if self.title is None and block.level == 1:
                self.title = line
            self._open_own(line, block.level)

    def _open(self, found: Labelled, line: Line, level: int) -> Part:
        """A value keeps to its line, so what follows it belongs to the section it stands in; anything else runs on."""
        label = found.label
        remark = label_remark(before_colon(line.text)) if "(" in line.text else None
        part = Part(label.name, line.text, line.line, line.column, level, remark, shape=label.shape)
        if found.value:
            part.content.append(found.value)
        self.parts.append(part)
        self.body_has_label = True
        if label.shape != "value" or level < _FIELD_LEVEL:
            self.section, self.opener = part, line if level == _LINE_LEVEL else None
        return part

    def _open_own(self, line: Line, level: int) -> None:
        self.section = Part(None, line.text, line.line, line.column, level)
        self.parts.append(self.section)

    def _own_field(self, line: Line) -> Part | None:
        found = self.words.read_own(line)
        if not found:
            return None
        label, value = found
        part = Part(None, label, line.line, line.column, content=[value], is_field=True, shape="value")
        self.parts.append(part)
        return part

    # --- paragraphs

    def _paragraph(self, lines: list[Line]) -> None:
        if len(lines) == 1 and self._opens_section(lines[0]):
            return
        pieces = [(piece, at > 0) for line in lines for at, piece in enumerate(self.words.pieces(line))]
        lines = [piece for piece, _ in pieces]
        self.loosely = self.section.shape != "list" and self.words.are_all(lines)
        known = [self._read(line) for line in lines]
        section, takes_fields = self.section, self._takes_fields(lines, is_beside_known=any(known))
        above: Part | None = None
        for (line, is_cut), found in zip(pieces, known, strict=True):
            may_be_field = self.section is section and (takes_fields or (line.bold and section.shape is None))
            if found:
                above = self._open(found, line, _level_of(found.label))
            elif (may_be_field or is_cut or self._ends_bold_text(line)) and (field := self._own_field(line)):
                above = field
            else:
                self._continue(line, above)
        if above and above.shape == "value" and not above.content and lines[-1].bold:
            self.empty = above

    def _ends_bold_text(self, line: Line) -> bool:
        """Whether a bold label stands where a text runs on that a bold label opened."""
        return bool(line.lead and self.section.shape == "text" and self.opener and self.opener.lead)

    def _opens_section(self, line: Line) -> bool:
        """A line of its own: a label that is known, or one of the team's own in the manner of the section's opening."""
        known = self.words.known(line.text)
        if known and not line.text.endswith(":"):
            self._open(Labelled(known, None), line, _LINE_LEVEL)
            return True
        if known or not self._is_sibling(line):
            return False
        self._open_own(line, _LINE_LEVEL)
        return True

    def _is_sibling(self, line: Line) -> bool:
        """Whether a line ends a section that a line like it opened."""
        if not self.opener or not self.section.name or self.section.level != _LINE_LEVEL:
            return False
        if self.opener.lead:
            return line.lead == line.text and len(self.opener.lead) >= len(self.opener.text.rstrip(": ")) - 1
        is_bare = line.text.endswith(":") and len(line.text.split()) <= SHORT
        return is_bare and not line.lead and self.section.shape == "list" and self.opener.text.endswith(":")

    def _is_value(self, lines: list[Line]) -> bool:
        """Whether a paragraph can be the value of the bold label above it: a few words that are no sentence."""
        line = lines[0]
        is_short = len(lines) == 1 and len(line.text.split()) <= SHORT and line.text[-1] not in ".:?!"
        return is_short and not line.bold and not self.words.read(line) and not is_labelled(line.text)

    def _continue(self, line: Line, above: Part | None) -> None:
        """A line without a label goes on with the field right above it, or else belongs to the section."""
        if above and above.shape == "value":
            above.content.append(line if above.content else without_colon(line))
        else:
            self.section.content.append(line)

    def _takes_fields(self, lines: list[Line], *, is_beside_known: bool) -> bool:
        """Whether values under labels of the team's own are fields here: beside a label that is known, and where all
        lines are such, before any section has begun or below the entries of a list."""
        if self.section.name is None and is_beside_known:
            return True
        begins = self.section.name is None and self.section.level <= 1
        leaves_list = self.section.shape == "list" and bool(self.section.items)
        is_short = len(lines) > 1 or len(lines[0].text.split()) <= SHORT
        return (begins or leaves_list) and is_short and all(is_labelled(line.text) for line in lines)

    def _read(self, line: Line) -> Labelled | None:
        return self.words.read(line, loosely=self.loosely)

    # --- lists

    def _items(self, items: list[Item]) -> None:
        firsts = [item.first for item in items]
        self.loosely = self.section.shape != "list" and self.words.are_all(firsts)
        if self.section.shape == "text" and self._are_fields(firsts):
            for item in items:
                self._field_in_text(item.first)
        labelled = self.section.shape is None and (
            any(self._read(line) for line in firsts) or all(is_labelled(line.text) for line in firsts)
        )
        for item in items:
            if not (labelled and self._labelled_item(item)):
                self._item(item)

    def _are_fields(self, lines: list[Line]) -> bool:
        """Whether every entry under a text is a labelled value, and one of them is known."""
        found = [self._read(line) for line in lines]
        is_known = any(each and each.value and each.label.shape == "value" for each in found)
        return is_known and all(each or is_labelled(line.text) for each, line in zip(found, lines, strict=True))

    def _field_in_text(self, line: Line) -> None:
        if (found := self._read(line)) and found.value and found.label.shape == "value":
            self._open(found, line, _FIELD_LEVEL)

    def _labelled_item(self, item: Item) -> bool:
        section, part = self.section, None
        for line in self.words.pieces(item.first):
            found = self._read(line)
            part = self._open(found, line, _FIELD_LEVEL) if found else self._own_field(line) or part
        if part:
            part.content += [*item.lines[1:], *item.items, *(item.code if part.shape == "text" else ())]
        self.section = section
        return part is not None

    def _item(self, item: Item) -> None:
        """A label at the margin right under a list is a lazy continuation to Markdown, and a new part to its writer."""
        if self.section.shape is None and item.items and self._are_fields([below.first for below in item.items]):
            self.section.content.append(replace(item, items=[]))
            for below in item.items:
                self._labelled_item(below)
            return
        last = _last_item(item)
        self.section.content.append(item)
        for at, line in enumerate(last.lines):
            if at and line.column == 1 and self._read(line):
                last.lines, rest = last.lines[:at], last.lines[at:]
                self._paragraph(rest)
                break

    # --- tables and code

    def _rows(self, table: Rows) -> None:
        if self.section.level == _LINE_LEVEL and self.section.items and not self.section.items[-1].fields:
            self._leave_section(table)
        is_list, at_top = self.section.shape == "list", self.section.name is None and self.section.level <= 1
        cells = [] if is_list else labelled_cells(table, self.words, at_top=at_top)
        for label, values in cells:
            self._field_row(label, values)
        if not cells or self.section.shape == "text":
            remarks = (label_remark(cell.text) for cell in table.header)
            self.section.remark = self.section.remark or next(filter(None, remarks), None)
            self.section.content += table.entries()

    def _leave_section(self, table: Rows) -> None:
        """A table below the list that a line opened is another matter."""
        first = (table.header or table.rows[0])[0]
        self.section = Part(None, "", first.line, first.column, _LINE_LEVEL)
        self.parts.append(self.section)

    def _field_row(self, label: Line, values: list[Line]) -> None:
        value, known = values[0], self.words.known(label.text)
        if value.text and (known or not self.words.is_head(label, value)):
            self.body_has_label = self.body_has_label or known is not None
            content: list[Content] = [value, *(cell for cell in values[1:] if cell.text)]
            self.parts.append(Part(known.name if known else None, label.text, value.line, value.column,
                                   remark=label_remark(label.text), content=content, is_field=known is None,
                                   shape=known.shape if known else "value"))  # fmt: skip

    def _code(self, code: Code) -> None:
        """A fence is quoted matter, never a record, unless the template is written inside one and no label before it."""
        lines = [line for line in code.text.split("\n") if line.strip()]
        labelled = [line for line in lines if self.words.read(Line(line.strip().lstrip("#*_-> "), line, 0, 1))]
        if not self.body_has_label and len(labelled) >= 3 and labelled[0] in lines[:2]:
            self.body_has_label = True
            self.read(parse_blocks(code.text, code.line))
        elif self.section.shape in ("text", None):
            self.section.content += code.lines


def _last_item(item: Item) -> Item:
    while item.items:
        item = item.items[-1]
    return item


def _level_of(label: Label) -> int:
    return _FIELD_LEVEL if label.shape == "value" else _LINE_LEVEL
