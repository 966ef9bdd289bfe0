"""What readers of every kind of record do alike: find values under labels, and write promises and leftover values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile
from posixpath import basename, splitext

from opsanalytics.markup.blocks import Item, Line
from opsanalytics.markup.document import Label, Part, Shape, parse_document
from opsanalytics.markup.words import before_colon, fold, fold_label
from opsanalytics.readers.actions import Action, read_actions
from opsanalytics.readers.fields import Fields
from opsanalytics.readers.reading import Context, FileTimes, Reading, Stated
from opsanalytics.readers.times import TimeError
from opsanalytics.readers.vocabulary import Vocabulary

_LONGEST_TITLE = 300
_BRACKETED = re.compile(r"\s?[(\[]([^()\[\]]{1,60})[)\]]")
_LINK = re.compile(r"\]\(<?([^()\s<>]{1,500})")


def labels_of(words: Vocabulary, group: str, shapes: Mapping[str, Shape]) -> dict[str, Label]:
    """Folded label -> Label, for the labels that one kind of record has in a group of its own."""
    return {fold_label(word): Label(name, shapes[name]) for word, name in words.group(group).items() if name in shapes}


@dataclass(frozen=True)
class Origin:
    """The record that makes promises: its id, and the day on which it made them."""

    kind: str
    record_id: str
    day: date | None


class Record(Fields):
    """A record file on the way to its rows."""

    def __init__(
        self, reading: Reading, text: str, context: Context, labels: Mapping[str, Label], flags: Collection[str] = ()
    ) -> None:
        super().__init__(parse_document(text, labels, context.words.group("table_heads")), context.words, flags)
        self.reading = reading
        reading.stated = list(self._stated())
        self.times = FileTimes(reading, context, text)
        self.source = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.path_id, _ = splitext(reading.path)
        self.stem = basename(self.path_id)

    def _stated(self) -> Iterator[Stated]:
        summaries = self.words.group("summary_labels")
        for key, part in self.document.keyed:
            if name := part.name or ("summary" if key in summaries else None):
                said = self._first_said(part.lines()) or self._first_said(self._lines_below(part))
                place = said or part
                yield Stated(name, label_key(part), said.text if said else self._first_code(part), place.line, place.column)

    def _first_said(self, lines: Iterable[Line]) -> Line | None:
        for line in lines:
            if not self._is_blank(line.text):
                return line
        return None

    def _first_code(self, part: Part) -> str:
        return next((raw for raw in (part.text or "").split("\n") if not self._is_blank(raw)), "")

    def _lines_below(self, part: Part) -> Iterator[Line]:
        """What stands under the headings below that of the part."""
        parts = self.document.parts
        for below in takewhile(lambda below: below.level > part.level, parts[parts.index(part) + 1 :]):
            yield from below.lines()

    def _is_blank(self, text: str) -> bool:
        """Whether somebody has yet to write here, as behind the colon of `T0 detection:`. `None` and `n/a` are answers."""
        is_unsaid = text.rstrip()[-1:] in ("", ":") or self.is_unfilled(text)
        return is_unsaid and fold(text) not in self.words.group("none_said")

    @property
    def heading(self) -> str:
        """The first H1, also one that is a label: a log of links may be called Links."""
        title = self.document.title
        text = title.text if title else next((part.label for part in self.document.parts if part.level == 1), "")
        return text[:_LONGEST_TITLE]

    def raw(self, line: Line) -> str:
        """A line of the file with its markup, from which a link's address is read."""
        return self.source[line.line - 1] if 0 < line.line <= len(self.source) else line.raw

    def links(self, line: int) -> str | None:
        """Where the links on a line of the file lead, with spaces between."""
        return " ".join(_LINK.findall(self.source[line - 1] if 0 < line <= len(self.source) else "")) or None

    def day(self, name: str) -> date | None:
        line = self.value(name)
        stamp = self.times.stamp(line) if line else None
        return stamp.day if stamp else None

    def opening_day(self, name: str) -> date | None:
        """As `day`, of a line that says more behind the day: `2026-03-02 by Ana`."""
        line = self.value(name)
        day = None
        with suppress(TimeError):
            day = self.times.clockwork.leading_day(line.text)[0] if line else None
        return day or self.day(name)

    def is_named_template(self) -> bool:
        return self.words.mentions("template_names", "template_names", self.stem)

    def is_plain_template(self, kind: str) -> bool:
        """Named for being a template of a kind and for nothing else: `0000-template`, `rfc_template`."""
        if not self.is_named_template():
            return False
        rest = self.words.pattern("template_names", "template_names").sub("", fold(self.stem))
        return all(word.isdigit() or self.words.group("places").get(word) == kind for word in rest.split())

    def day_in(self, text: str) -> date | None:
        """The first day that stands anywhere in a title."""
        return self.times.clockwork.day_in(text)

    def day_of_name(self) -> date | None:
        """The day that the file is named for."""
        return self.times.clockwork.day_of_stem(self.stem)

    def write_actions(self, name: str, origin: Origin, start: int = 0, people: Collection[str] = ()) -> int:
        """The promises under a label; their number so far, to go on counting from."""
        for part in self.document.named(name):
            said, carried = _without_carried(part, self.words)
            for action in read_actions(said, self.times, self.words, people):
                start += 1
                self._write_action(action, part, origin, start, carried.get(action.line.line))
        return start

    def _write_action(self, action: Action, part: Part, origin: Origin, position: int, carried: str | None) -> None:
        action_id = f"{origin.record_id}#{position}"
        self.reading.add(
            "action_items", action.line.line, action_id=action_id, origin_kind=origin.kind, origin_id=origin.record_id,
            section=fold_label(label_key(part)), position=position, text=action.text, owner=action.owner,
            status=action.status, created_on=origin.day, created_on_source="origin" if origin.day else None,
            due_on=action.due_on, done_on=action.done_on, done_on_source="text" if action.done_on else None,
            carried_raw=carried, links_raw=self.links(action.line.line),
        )  # fmt: skip
        for name, value in action.extras.items():
            self.write_field(action.line.line, "action_item", action_id, name, value)

    def write_field(self, line: int, kind: str, record_id: str, label: str, value: str) -> None:
        name = fold_label(label).replace(" ", "_") or "text"
        self.reading.add("record_fields", line, record_kind=kind, record_id=record_id, name=name, value=value)

    def write_fields(self, parts: Iterable[Part], kind: str, record_id: str) -> None:
        """Labelled values of the team's own."""
        for part in parts:
            if part.is_field and part.text and not self.is_unfilled(part.text):
                self.write_field(part.line, kind, record_id, label_key(part), joined(part))


def label_key(part: Part) -> str:
    """The label without a value on the same line."""
    return before_colon(part.label)


def joined(part: Part) -> str:
    return ", ".join(line.text for line in part.lines() if line.text)


def item_text(item: Item) -> str:
    """A list entry with the entries under it, a line each; the cells of a table row."""
    texts, stack = [], [item]
    while stack:
        entry = stack.pop()
        texts.append(" — ".join(cell.text for cell in entry.fields.values() if cell.text) if entry.fields else entry.text)
        stack.extend(reversed(entry.items))
    return "\n".join(filter(None, texts))


def _without_carried(part: Part, words: Vocabulary) -> tuple[Part, dict[int, str]]:
    """The part without `(carried over)` and its like, and what each line said of that, by line number."""
    carried: dict[int, str] = {}
    content = [_item_without(entry, words, carried) if isinstance(entry, Item) else entry for entry in part.content]
    return replace(part, content=content) if carried else part, carried


def _item_without(item: Item, words: Vocabulary, carried: dict[int, str]) -> Item:
    lines = [_line_without(line, words, carried, item.line) for line in item.lines]
    fields = {name: _line_without(cell, words, carried, item.line) for name, cell in item.fields.items()}
    return replace(item, lines=lines, fields=fields) if item.line in carried else item


def _line_without(line: Line, words: Vocabulary, carried: dict[int, str], at: int) -> Line:
    for found in _BRACKETED.finditer(line.text) if "(" in line.text or "[" in line.text else ():
        if _says_carried(found[1], words):
            carried[at] = found[1]
            return replace(line, text=f"{line.text[: found.start()]}{line.text[found.end() :]}".strip())
    return line


def _says_carried(text: str, words: Vocabulary) -> bool:
    said = fold(text)
    return any(said == word or said.startswith(f"{word} ") for word in words.group("carried"))


def header_parts(parts: Iterable[Part], is_body: Callable[[Part], bool] = lambda part: False) -> Iterator[Part]:
    """The parts down to the first heading that is of the body, or has text of its own and is not the title."""
    is_titled = False
    for part in parts:
        if part.level in range(1, 7) and part.shape is None:
            if is_body(part) or (is_titled and part.content):
                return
            is_titled = True
        yield part
