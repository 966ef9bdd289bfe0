"""Runbooks: for which service, whom to call, and whether they say what to do and how to roll back, under any headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from opsanalytics.markup.blocks import Block, Code, Item, Line, Paragraph, parse_blocks
from opsanalytics.markup.document import Shape
from opsanalytics.markup.front_matter import split_front_matter
from opsanalytics.markup.words import fold, fold_label
from opsanalytics.readers.fields import first_parts
from opsanalytics.readers.outline import Section, entries_of, outline
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.record import Record, header_parts, labels_of
from opsanalytics.readers.stretches import days_of

VALUES = ("title", "service", "pager", "reviewed_on", "review_every", "review_every_days")
SHAPES: dict[str, Shape] = dict.fromkeys(VALUES, "value")
_CAPTION_LEVEL = 7
_LONGEST_LABEL, _LONGEST_SERVICE = 5, 5  # words
_FEWEST_LINKS = 3  # of a page that is an index
_LINK_ENTRY = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+[*_`]*\[[^\[\]]+\][(\[]")
_NUMBERED = re.compile(r"[\s>]*\d+[.)]\s")
_MARKS = re.compile(r"^[\s>]*(?:[-*+]|\d+[.)])?\s*(?:\[[ xX]\])?|[*_`]+")


def parse_runbook(path: str, text: str, context: Context) -> Reading:
    """One runbook. Raises MarkupError when it cannot be parsed at all."""
    reading = Reading(path)
    _Runbook(reading, text, context).read()
    return reading


class _Runbook(Record):
    def __init__(self, reading: Reading, text: str, context: Context) -> None:
        super().__init__(reading, text, context, labels_of(context.words, "runbook_labels", SHAPES))
        self.header = list(header_parts(self.document.parts))
        self.labelled = [*self.header, *(part for part in self.document.parts[len(self.header) :] if part.level <= 6)]
        self.parts = first_parts(self.labelled)
        _, body, line = split_front_matter(text)
        self.root = outline(parse_blocks(body, line), self._caption_level)
        self.titles = sum(each.level == 1 for each in self.root.sections)

    def read(self) -> None:
        if reason := self._is_none():
            self.reading.ignored = reason
            return
        self.reading.add(
            "runbooks", 1, runbook_id=self.path_id, service=self._service(), title=self.text("title") or self.heading or self.path_id,
            pager=self._pager(), has_playbook=self._says("playbook") or self._has_steps(), has_rollback=self._says("rollback"),
            reviewed_on=self.opening_day("reviewed_on"), review_every_days=self._review_every(),
        )  # fmt: skip
        self.write_fields((part for part in self.header if part.name is None), "runbook", self.path_id)

    def _is_none(self) -> str | None:
        said = [raw for raw in self.root.raws() if self._is_said(raw)]
        links = sum(bool(_LINK_ENTRY.match(raw)) for raw in said)
        is_unnamed = bool(self.heading) and self.is_unfilled(self.heading) and not self.value("title")
        if self.is_plain_template("runbooks") or is_unnamed:
            return "a template that nobody filled in"
        if links >= _FEWEST_LINKS and links * 2 > len(said):
            return "an index page"
        return None if said else "no runbook in it"

    def _is_said(self, raw: str) -> bool:
        """Whether a line says something, and nobody has yet to write it."""
        text = _MARKS.sub("", raw).strip()
        return bool(text) and not self.is_unfilled(text) and fold(text) not in self.words.group("stand_ins")

    # --- values

    def _service(self) -> str | None:
        """A few words; a sentence under a heading is none."""
        text = self.text("service")
        return text if text and len(text.split()) <= _LONGEST_SERVICE and text[-1] not in ".!?" else None

    def _pager(self) -> str | None:
        """All of it: whom to call, and whom after that."""
        return "\n".join(part.text for part in self.labelled if part.name == "pager" and part.text and self.has_content(part)) or None

    def _review_every(self) -> int | None:
        days = self.text("review_every_days")
        line = self.value("review_every_days" if days else "review_every")
        try:
            return days_of(f"{line.text} d" if line.text.isdigit() and days else line.text, self.words) if line else None
        except ValueError as error:
            assert line
            self.reading.say("OPS135", line.line, line.column, str(error))
            return None

    # --- what it holds

    def _caption_level(self, line: Line, before: Block | None) -> int:
        """A bold line, or one that ends in a colon, with a word for what stands under it."""
        is_caption = line.lead == line.text or line.text.endswith(":")
        return _CAPTION_LEVEL if is_caption and any(self._tells(line.text, what) for what in ("playbook", "rollback")) else 0

    def _tells(self, label: str, what: str) -> bool:
        return self.words.mentions("runbook_sections", what, fold_label(label))

    def _says(self, what: str) -> bool:
        """A section, or a labelled line or row, that is called so and not empty."""
        sections = (section for section in self.root.walk() if self._is_part(section) and self._tells(section.text, what))
        if any(self._is_said(raw) for section in sections for raw in section.raws()):
            return True
        return any(self._tells(label, what) and self._is_said(value) for label, value in _labelled(self.root))

    def _is_part(self, section: Section) -> bool:
        """The title is about the whole."""
        return section.line is not None and (section.level > 1 or self.titles > 1)

    def _has_steps(self) -> bool:
        """Commands, or two entries with numbers or boxes."""
        blocks = [block for section in self.root.walk() for block in section.blocks]
        lists = (entries_of(block) for block in blocks)
        return any(isinstance(block, Code) for block in blocks) or any(sum(map(_is_step, items)) >= 2 or _has_code(items) for items in lists)


def _is_step(item: Item) -> bool:
    return item.checked is not None or (not item.fields and bool(_NUMBERED.match(item.first.raw)))


def _has_code(items: list[Item]) -> bool:
    return any(item.code or _has_code(item.items) for item in items)


def _labelled(root: Section) -> Iterator[tuple[str, str]]:
    """`Rollback: x` on a line, and a row of a table with `Rollback` for its first cell."""
    for section in root.walk():
        for block in section.blocks:
            for item in entries_of(block):
                cells = [cell.text for cell in item.fields.values()]
                yield from [(cells[0], " ".join(cells[1:]))] if cells else map(_split_label, [item.text])
            if isinstance(block, Paragraph):
                yield from (_split_label(line.text) for line in block.lines)


def _split_label(text: str) -> tuple[str, str]:
    label, _, value = text.partition(":")
    return (label, value) if len(label.split()) <= _LONGEST_LABEL else ("", "")
