"""What was noted in a session: each entry, row and paragraph that nothing else took, under its heading."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, zip_longest

from opsanalytics.markup.elements import Heading, Item, Line
from opsanalytics.markup.parts import Content, Part
from opsanalytics.markup.words import fold_label
from opsanalytics.readers.attendance import ATTENDANCE, is_inline
from opsanalytics.readers.record import Record, item_text, label_key
from opsanalytics.readers.speakers import Lead, Speakers, is_title_line

PROMISES = ("improvements", "actions")


@dataclass(frozen=True)
class Note:
    line: int
    category: str
    person: str | None
    text: str


@dataclass
class Notes:
    """The notes of one session. `titles` are the headings of the session itself, `told` the lines and `taken` the parts
    that became rows elsewhere."""

    record: Record
    speakers: Speakers
    titles: Container[str]
    told: Container[int]
    taken: Container[Part]
    _above: list[Part] = field(default_factory=list)
    _leads: dict[Part, Lead] = field(default_factory=dict)
    _used: set[int] = field(default_factory=set)

    def read(self, parts: Sequence[Part]) -> Iterator[Note]:
        self._leads = dict(self.speakers.leads_of(parts))
        self._used = {lead.line for lead in self._leads.values()}
        for part, after in zip_longest(parts, parts[1:]):
            if part.level <= 6:
                self._above = [*(each for each in self._above if each.level < part.level), part]
            if part not in self.taken:
                yield from self._of_part(part)
            if self._is_bare_topic(part, after):
                yield Note(part.line, self._category(self._above[-2]), None, part.label)

    def _is_bare_topic(self, part: Part, after: Part | None) -> bool:
        """A heading with nothing under it, below one such as `Agenda`."""
        is_bare = part.name is None and part.level <= 6 and not part.content and (after is None or after.level <= part.level)
        return is_bare and len(self._above) > 1 and fold_label(self._above[-2].label) in self.record.words.group("ritual_body")

    def _of_part(self, part: Part) -> Iterator[Note]:
        category, person = self._category(part), self._person(part)
        is_value = part.level > 6 and (part.is_field or part.shape == "value")
        if is_value or (part.name in ATTENDANCE and is_inline(part) and part.line not in self.told):
            if part.text and not self.record.is_unfilled(part.text):
                yield Note(part.line, category, person, f"{label_key(part)}: {part.text}")
        elif part.name in PROMISES:
            yield from self._of_promises(part, category)
        else:
            yield from self._of_entries(part, category, person)

    # --- what heading, and whose

    def _category(self, part: Part) -> str:
        """A known kind of note, else the heading as the team has it; `note` for what stands under the title."""
        if part.name in self._kinds:
            return str(part.name)
        if part.level > 6 and (part.is_field or part.shape == "value" or part.name in ATTENDANCE):
            return self._category(self._above[-1]) if self._above else "note"
        return "note" if part.label in self.titles else fold_label(label_key(part)) or "note"

    @cached_property
    def _kinds(self) -> frozenset[str]:
        return frozenset(self.record.words.group("note_categories").values())

    def _person(self, part: Part) -> str | None:
        """By the name that the part stands under: an entry, a line, or the nearest heading of the team's own."""
        if lead := self._leads.get(part):
            return lead.name
        headings = [each for each in self._above if each.name is None and each.label not in self.titles]
        return self.speakers.person(headings[-1].label, part.name) if headings else None

    # --- entries

    def _of_promises(self, part: Part, category: str) -> Iterator[Note]:
        """An improvement is noted too; of other promises, what is written between them."""
        for item in part.items if part.name == "improvements" else ():
            if item.line in self.told:
                yield Note(item.line, "improvement", None, item_text(item))
        for lines in (entry for entry in _entries(part.content) if isinstance(entry, list)):
            if not (len(lines) == 1 and is_title_line(lines[0])) and not self._says_nothing(lines):
                yield Note(lines[0].line, category, None, _joined(lines))

    def _of_entries(self, part: Part, category: str, person: str | None) -> Iterator[Note]:
        leads = dict(self.speakers.leads(part.content))
        for entry in _entries(part.content):
            if isinstance(entry, Heading):
                person = self.speakers.person(entry.line.text, part.name) or person
                continue
            line = entry.line if isinstance(entry, Item) else entry[0].line
            lead = leads[line]
            if lead and lead.line == line and self._leads_on(lead, category):
                continue
            name = lead.name if lead and lead.is_known and lead.line != line else person
            if isinstance(entry, Item):
                yield from self._of_item(entry, category, name)
            elif not self._says_nothing(entry):
                yield self._note(line, category, name, _joined(entry))

    def _leads_on(self, lead: Lead, category: str) -> bool:
        """Whether a name alone is no note: what stands under it is, or nobody answered."""
        return lead.line in self._used or (lead.is_known and (self.speakers.is_standup or self.speakers.is_own(category)))

    def _says_nothing(self, lines: list[Line]) -> bool:
        return lines[0].line in self.told or self.record.is_unfilled(_joined(lines))

    def _of_item(self, item: Item, category: str, person: str | None) -> Iterator[Note]:
        if item.fields and (columns := self._answers(item)):
            yield from self._of_row(item, columns)
        elif item.line in self.told:
            rest = [line for line in item.lines[1:] if item.line in self.speakers.roll.lines]
            if rest and not self._says_nothing(rest):
                yield Note(rest[0].line, category, person, _joined(rest))
            for nested in item.items:
                yield from self._of_item(nested, category, person)
        elif item.items and (named := self.speakers.person(item.text, self._asked(item, category))):
            for nested in item.items:
                yield from self._answered(nested, category, named)
        elif (text := item_text(item)) and not self.record.is_unfilled(text):
            box = "" if item.checked is None else "[x] " if item.checked else "[ ] "
            yield self._note(item.line, category, person, text, box)

    def _asked(self, item: Item, category: str) -> str | None:
        """The kind of note below an entry: its heading's, or that of a standup's question."""
        return category if self.speakers.is_own(category) else self._kind(item.items[0].text.partition(":")[0])

    def _kind(self, label: str) -> str | None:
        return self.record.words.group("note_categories").get(fold_label(label))

    def _answered(self, item: Item, category: str, person: str) -> Iterator[Note]:
        """`Today: the queue`, below a name; or the question, with its answers below."""
        label, _, rest = item.text.partition(":")
        kind = self._kind(label)
        if kind and not rest.strip():
            for nested in item.items:
                yield from self._of_item(nested, kind, person)
        elif kind and not self.record.is_unfilled(rest.strip()):
            yield Note(item.line, kind, person, "\n".join([rest.strip(), *map(item_text, item.items)]))
        elif not kind:
            yield from self._of_item(item, category, person)

    def _note(self, line: int, category: str, person: str | None, text: str, box: str = "") -> Note:
        if person is None:
            person, text = self.speakers.split(text, category)
        return Note(line, category, person, box + text)

    def _answers(self, item: Item) -> dict[str, str]:
        """The columns of a table that ask a standup's questions, by the kind of note in them."""
        found = {name: kind for name in item.fields if (kind := self._kind(name))}
        return found if any(map(self.speakers.is_own, found.values())) else {}

    def _of_row(self, item: Item, columns: dict[str, str]) -> Iterator[Note]:
        """A note a cell; whose, tells the column of names, else the first."""
        people = self.record.words.group("attendance_columns")
        name = next((name for name in item.fields if people.get(name) == "person"), next(iter(item.fields)))
        person = self.speakers.person(item.fields[name].text, "today") if name not in columns else None
        for at, cell in item.fields.items():
            if cell.text and not self.record.is_unfilled(cell.text) and not (at == name and person):
                yield Note(cell.line, columns.get(at, at), person, cell.text)


def _entries(content: Sequence[Content]) -> Iterator[Heading | Item | list[Line]]:
    """Lines that follow each other are one paragraph."""
    for is_text, group in groupby(enumerate(content), lambda pair: isinstance(pair[1], Line) and pair[1].line - pair[0]):
        found = [entry for _, entry in group]
        if is_text is False:
            yield from (entry for entry in found if not isinstance(entry, Line))
        elif lines := [entry for entry in found if isinstance(entry, Line) and entry.text]:
            yield lines


def _joined(lines: list[Line]) -> str:
    return " ".join(line.text for line in lines)
