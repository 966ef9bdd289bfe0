"""Who was at a session: lists, checklists, tables and lines of names, each person once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile

from opsanalytics.markup.elements import Heading, Item, Line
from opsanalytics.markup.parts import Part
from opsanalytics.markup.words import fold, fold_label
from opsanalytics.readers.people import SAYS, Mention, people_in
from opsanalytics.readers.record import Record
from opsanalytics.readers.vocabulary import Vocabulary

ATTENDANCE = ("present", "absent", "roster")
_NAMESAKES = 50  # of so many one alone is never meant
_STRUCK = re.compile(r"~~(.+?)~~")
Found = Iterator[tuple[Line, Mention]]


@dataclass
class Person:
    """`present` is None when the minutes do not say."""

    line: Line
    name: str
    present: bool | None


@dataclass
class Roll:
    """The people of one session. `lines` are all that gave a name, a second mention too."""

    record: Record
    people: list[Person] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)
    _by_name: dict[str, Person] = field(default_factory=dict)
    _by_first_name: dict[str, list[Person]] = field(default_factory=dict)

    def call(self, parts: Iterable[Part]) -> None:
        """Takes the people of some parts. Members of whom nobody is ticked count only where nothing else tells who came."""
        lists = [_List(part, self.record) for part in parts]
        for each in (each for each in lists if each.tells):
            self._take(each)
        for each in (each for each in lists if not each.tells) if not self.people else ():
            self._take(each)

    def _take(self, called: _List) -> None:
        for line, mention in called.people():
            self._note(line, mention)
        self.lines |= called.lines

    def _note(self, line: Line, mention: Mention) -> None:
        keys = [fold(name) for name in (mention.name, mention.handle) if name]
        known = next((self._by_name[key] for key in keys if key in self._by_name), None)
        if known is None:
            known = Person(line, mention.name, mention.present)
            self.people.append(known)
            self._by_first_name.setdefault(fold(known.name).split()[0], []).append(known)
        else:
            self._merge(known, line, mention.present)
        self._by_name |= dict.fromkeys(keys, known)

    def _merge(self, known: Person, line: Line, present: bool | None) -> None:
        """Who is listed as present was seen; regrets are given before."""
        if None not in (known.present, present) and known.present != present:
            said = f"`{known.name}` is listed as present and as absent, here and in line {known.line.line}; taken as present"
            self.record.reading.say("OPS127", line.line, line.column, said)
        known.present = known.present or (known.present if present is None else present)

    def names(self) -> set[str]:
        """Folded: whole names, handles, and first names that one person alone has."""
        return {*self._by_name, *(first for first, people in self._by_first_name.items() if len(people) == 1)}

    def called(self, name: str) -> str | None:
        """The one person whom a name, a handle or the beginning of a name means: `Brian S.` is Brian Seo."""
        words = fold(name.strip(" :@.")).split()
        if known := self._by_name.get(" ".join(words)):
            return known.name
        namesakes = self._by_first_name.get(words[0], []) if words else []
        if len(namesakes) > _NAMESAKES:
            return None
        found = [each.name for each in namesakes if _begins(fold(each.name).split(), words)]
        return found[0] if len(found) == 1 else None


def _begins(name: list[str], words: list[str]) -> bool:
    """Only a last word that is not the first may be cut short."""
    at = len(words) - 1
    return len(name) > at and name[:at] == words[:at] and (name[at] == words[at] or (at > 0 and name[at].startswith(words[at])))


def is_inline(part: Part) -> bool:
    """Whether something stands behind the label on its own line."""
    return bool(part.content) and isinstance(first := part.content[0], Line) and first.line == part.line


def is_roll_table(part: Part, words: Vocabulary) -> bool:
    """Whether a part is a table with a column of people and one that says whether they were there."""
    return {"person", "present"} <= set(_columns(part, words))


def _columns(part: Part, words: Vocabulary) -> dict[str, str]:
    """The header that each column of a table stands under, by what it holds."""
    known = words.group("attendance_columns")
    fields = next((item.fields for item in part.items if item.fields), {})
    return {known[name]: name for name in reversed(fields) if name in known}


class _List:
    """One list of those present, of those absent, or of all members."""

    def __init__(self, part: Part, record: Record) -> None:
        self.part = part
        self.record = record
        self.words = record.words
        self.default = SAYS.get(part.name or "")
        self.columns = _columns(part, self.words)
        self.is_table = "present" in self.columns or all(item.fields for item in part.items)
        entries = list(_with_nested(part.items))
        self.is_ticked = any(item.checked for item in entries)
        self.one_each = len(entries) > 1
        self.lines: set[int] = set()

    @property
    def tells(self) -> bool:
        return self.default is not None or self.is_ticked or "present" in self.columns

    def people(self) -> Found:
        """Down to a heading under which other things than people stand."""
        title: Line | None = None
        for at, entry in enumerate(self.part.content):
            if isinstance(entry, Heading):
                if not self._goes_on(entry, at):
                    return
                continue
            found = list(self._of(entry, self.default))
            self.lines |= {line.line for line, _ in found} | ({title.line} if title and found else set())
            title = entry if isinstance(entry, Line) and not found else title
            yield from found
            if found and is_inline(self.part) and not self._runs_on(at):
                return

    def _runs_on(self, at: int) -> bool:
        """Whether the next entry is the next line of the same names."""
        here, after = self.part.content[at : at + 2] if at + 1 < len(self.part.content) else (None, None)
        return isinstance(here, Line) and isinstance(after, Line) and after.line == here.line + 1

    def _goes_on(self, heading: Heading, at: int) -> bool:
        """Whether what stands under a heading among people is nothing but people."""
        if fold_label(heading.line.text) in self.words.group("ritual_body"):
            return False
        below = (self.part.content[place] for place in range(at + 1, len(self.part.content)))
        entries = [entry for entry in takewhile(lambda entry: not isinstance(entry, Heading), below) if isinstance(entry, Item)]
        return bool(entries) and all(list(self._of(item, None)) for item in entries)

    def _of(self, entry: Line | Item, default: bool | None) -> Found:
        if isinstance(entry, Line):
            yield from self._of_line(entry)
        elif entry.fields:
            yield from self._of_row(entry) if self.is_table else ()
        elif entry.items and (group := self._group(entry)):
            self.lines.add(entry.line)
            for nested in entry.items:
                yield from self._of(nested, SAYS.get(group, default))
        else:
            yield from self._of_entry(entry, default)

    def _of_line(self, line: Line) -> Found:
        """Names behind the label itself; a line below it only where it is all names, and no list follows."""
        is_inline = line.line == self.part.line
        mentions = people_in(line.text, self.words) if is_inline or not self.part.items else []
        if is_inline or len(mentions) > line.text.count(","):
            struck = _STRUCK.findall(self.record.raw(line))
            for each in mentions:
                is_struck = any(each.name in text for text in struck)
                yield line, replace(each, present=self.default if each.present is None and not is_struck else bool(each.present))

    def _group(self, item: Item) -> str | None:
        """What the entries below one are, when it names no person: `Absent`, `Board members:`."""
        meaning = self.words.group("ritual_labels").get(fold_label(item.text))
        is_title = item.text.endswith(":") or not people_in(item.text, self.words)
        return meaning or ("group" if is_title else None)

    def _of_entry(self, item: Item, default: bool | None) -> Found:
        for each in people_in(item.first.text, self.words, first_only=self.one_each or item.checked is not None):
            yield item.first, replace(each, present=self._said(item, default) if each.present is None else each.present)
        label, _, rest = item.text.partition(":")
        if self.words.group("ritual_labels").get(fold_label(label)) in ATTENDANCE and self.words.is_unknown(rest.strip()):
            self.lines.add(item.line)

    def _said(self, item: Item, default: bool | None) -> bool | None:
        """A box among those absent that is not ticked says nothing, nor do boxes of which none is."""
        if item.struck or item.checked is None:
            return False if item.struck else default
        if default is False:
            return False if item.checked else None
        return item.checked if self.is_ticked else None

    def _of_row(self, item: Item) -> Found:
        name = self.columns.get("person", next(iter(item.fields)))
        for each in people_in(item.fields[name].text, self.words, first_only=True) if name in item.fields else ():
            yield item.fields[name], replace(each, present=self._cell(item) if each.present is None else each.present)

    def _cell(self, item: Item) -> bool | None:
        """In a column where presence is ticked and absence never written, a blank is absence."""
        cell = item.fields.get(self.columns.get("present", ""))
        if cell is None:
            return self.default if "present" not in self.columns else None
        said = self.words.look_up("attendance_words", cell.text)
        if said or not cell.text:
            return SAYS[said] if said else False if self._only_ticks else None
        if not self.words.is_unknown(cell.text):
            self.record.reading.say("OPS123", cell.line, cell.column, f"`{cell.text[:40]}` does not say whether somebody was there")
        return None

    @cached_property
    def _only_ticks(self) -> bool:
        cells = (item.fields.get(self.columns["present"]) for item in self.part.items)
        return {self.words.look_up("attendance_words", cell.text) for cell in cells if cell and cell.text} == {"present"}


def _with_nested(items: Iterable[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _with_nested(item.items)
