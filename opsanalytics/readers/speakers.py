"""Whose note it is: a name over notes, as a heading, a line or an entry, or before a colon."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from opsanalytics.markup.elements import Heading, Item, Line
from opsanalytics.markup.parts import Content, Part
from opsanalytics.markup.words import fold_label
from opsanalytics.readers.attendance import Roll
from opsanalytics.readers.people import is_name
from opsanalytics.readers.vocabulary import Vocabulary

_ROLE = re.compile(r"\s?\([^()]{0,80}\)")
_LONGEST_TITLE = 6  # words


@dataclass(frozen=True)
class Lead:
    """A name that what follows stands under. It is known when one who was there bears it."""

    name: str
    line: int
    column: int
    is_known: bool


@dataclass(frozen=True)
class Speakers:
    roll: Roll
    words: Vocabulary
    is_standup: bool

    def is_own(self, category: str | None) -> bool:
        """Whether notes of a category are what somebody says of their own work."""
        return category in self.words.group("personal_notes")

    def person(self, text: str, category: str | None) -> str | None:
        """One who was there; where nobody is listed, any name over answers to a standup's questions."""
        bare = _ROLE.sub("", text).strip(" :#*").lstrip("@")
        if self.roll.people:
            return bare if self.roll.called(bare) else None
        is_other = fold_label(bare) in self.words.group("ritual_body")
        return bare if self.is_own(category) and not is_other and is_name(bare, self.words) else None

    def split(self, text: str, category: str) -> tuple[str | None, str]:
        """`Ana: ...` says whose answer it is, in a standup and to its questions."""
        name, colon, rest = text.partition(":")
        if not (colon and rest.strip() and (self.is_standup or self.is_own(category))):
            return None, text
        person = self.person(name, category if self.is_own(category) else "today")
        return (person, rest.strip()) if person else (None, text)

    def leads(self, content: Sequence[Content]) -> Iterator[tuple[int, Lead | None]]:
        """For each entry its line, and the name that it stands under or is."""
        lead: Lead | None = None
        for entry in content:
            line = entry.line.line if isinstance(entry, Heading) else entry.line
            own = self._lead(entry)
            ends = isinstance(entry, Heading) or (isinstance(entry, Item) and lead and entry.column <= lead.column)
            lead = own or (None if ends else lead)
            yield line, lead

    def _lead(self, entry: Content) -> Lead | None:
        if isinstance(entry, Heading) or (isinstance(entry, Item) and (entry.items or entry.fields)):
            return None
        is_title = isinstance(entry, Item) or is_title_line(entry)
        name = self.person(entry.text, "today") if is_title else None
        is_known = bool(self.roll.people)
        if not name or (isinstance(entry, Item) and not is_known):
            return None
        return Lead(name, entry.line, entry.column if isinstance(entry, Item) else 0, is_known)

    def leads_of(self, parts: Sequence[Part]) -> Iterator[tuple[Part, Lead]]:
        """Labelled parts that stand under a name."""
        lines, leads = list[int](), list[Lead | None]()
        for part in parts:
            if part.level <= 6:
                found = list(self.leads(part.content))
                lines, leads = [line for line, _ in found], [lead for _, lead in found]
                continue
            at = bisect_left(lines, part.line) - 1
            lead = leads[at] if at >= 0 else None
            if lead and part.column > lead.column and (lead.is_known or self.is_own(part.name)):
                yield part, lead


def is_title_line(line: Line) -> bool:
    """A line over a list, such as `High priority:`."""
    return (line.bold or line.text.endswith(":")) and len(line.text.split()) <= _LONGEST_TITLE
