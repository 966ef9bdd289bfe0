"""Sessions of rituals: who was there, what was noted, decided and promised, in the chapter's seven formats and their like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import PurePosixPath

from opsanalytics.markup.elements import Line
from opsanalytics.markup.parts import Document, Label, Part
from opsanalytics.markup.words import fold, fold_label
from opsanalytics.readers.attendance import ATTENDANCE, Roll, is_inline, is_roll_table
from opsanalytics.readers.fields import Fields, first_parts
from opsanalytics.readers.notes import Notes
from opsanalytics.readers.objectives import write_objectives
from opsanalytics.readers.promises import write_promises
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.record import Record, labels_of
from opsanalytics.readers.session_header import SHAPES, VALUES, header_parts
from opsanalytics.readers.session_time import SessionTime
from opsanalytics.readers.sittings import Sitting, is_heading, session_day, split_sittings
from opsanalytics.readers.speakers import Speakers
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import Row
from opsanalytics.tree import Globs

_OF_ALL = frozenset({"ritual", "time", "started_at", "ended_at", "duration", "facilitator"})
_JOINT = re.compile(r"\s?(?:—|->|→)\s?")
_REMARK = re.compile(r"\([^()]*\)")
_SAYING = ("action_items", "ritual_notes", "record_fields", "objectives")
_NUMBERED = re.compile(r"(?P<word>[^\W\d_]+)(?:[\s_-]?\d{1,2})?")


def parse_ritual(path: str, text: str, context: Context) -> Reading:
    """The sessions of one file. Raises MarkupError when it cannot be parsed at all."""
    reading = Reading(path)
    for session in _Session(reading, text, context).each():
        session.read()
    return reading


def ritual_name(text: str, words: Vocabulary) -> str:
    """The one spelling of a ritual's name: a known one, or the team's own with dashes."""
    return words.look_up("ritual_names", text) or fold(text).replace(" ", "-")


class _Session(Record):
    """A file of minutes; where it is of several sessions, each is a copy that sees its own parts."""

    def __init__(self, reading: Reading, text: str, context: Context) -> None:
        categories = context.words.group("note_categories")
        labels = {fold_label(word): Label(category, "list") for word, category in categories.items()}
        super().__init__(reading, text, context, {**labels, **labels_of(context.words, "ritual_labels", SHAPES)})
        self.context = context
        self.file_title = self.heading
        self.sitting: Sitting | None = None
        self.see(self.document)

    def each(self) -> Iterator[_Session]:
        """The sessions in the order of the file. What stands above the first belongs to it; hours and who leads, to all."""
        above, sittings = split_sittings(self)
        of_all = [part for name, part in first_parts(self.header).items() if name in _OF_ALL and part in above]
        counts: Counter[date] = Counter()
        for sitting in sittings:
            counts[sitting.day] += 1
            parts = [*(of_all if sum(counts.values()) > 1 else above), *sitting.parts]
            yield self._of(sitting, parts, counts[sitting.day])
        if not sittings:
            yield self

    def _of(self, sitting: Sitting, parts: list[Part], number: int) -> _Session:
        session, heading = copy(self), sitting.heading
        session.sitting = sitting
        session.path_id = f"{self.path_id}#{sitting.day}" + (f"~{number}" if number > 1 else "")
        session.see(Document(parts, Line(heading.label, heading.label, heading.line, heading.column)))
        return session

    def see(self, document: Document) -> None:
        """Reads another stretch of the file as if it were the whole."""
        Fields.__init__(self, document, self.words)
        self.titles = {self.heading, self.file_title, *self._dated_headings()}
        self.header = list(header_parts(document.parts, self.titles, self.words))
        own = [part for part in self.header if part.line >= self.line and part.content]
        self.parts = first_parts([*own, *self.header])
        self.roll = Roll(self)
        self.taken: set[str] = set()
        self.row: Row = {"session_id": self.path_id}

    def _dated_headings(self) -> Iterator[str]:
        yield from (part.label for part in self.document.parts if is_heading(part) and session_day(self, part.label))

    def read(self) -> None:
        time = SessionTime(self, self.header, self.sitting.day if self.sitting else None)
        self.row |= {"ritual": self._ritual(), "title": self._title(), **time.read()}
        self.row |= {"facilitator": self.text("facilitator"), "status": self._status()}
        if self.sitting and self.row["status"] == "cancelled":
            self.row |= {"started_at": None, "duration_minutes": None}
        self.taken = {"title", "facilitator", *time.taken, *self.taken}
        self.reading.add("ritual_sessions", self.line, **self.row)
        self._write_content()
        if self.row["held_on"] is None and self._is_template():
            self.reading.rows.clear()
            self.reading.findings.clear()
            self.reading.ignored = "a template that nobody filled in"

    def _title(self) -> str:
        heading = "" if fold_label(self.heading) in self.words.group("ritual_header") else self.heading
        return self.text("title") or heading or self.file_title or self.path_id

    @property
    def line(self) -> int:
        return self.sitting.heading.line if self.sitting else 1

    def is_unfilled(self, text: str) -> bool:
        """Also `Member 1` and `TODO`, which stand for what is to be filled in, and `Action — Owner — Due`."""
        pieces = _JOINT.split(text.strip(" :"))
        stand_in = _NUMBERED.fullmatch(pieces[0]) if len(pieces) == 1 else None
        is_stand_in = bool(stand_in and self.words.look_up("stand_ins", stand_in["word"]))
        return is_stand_in or super().is_unfilled(text) or (len(pieces) > 1 and all(map(self._is_column, pieces)))

    def _is_column(self, text: str) -> bool:
        return any(fold(text) in self.words.group(group) for group in ("action_columns", "key_result_columns"))

    def _is_template(self) -> bool:
        """Named for one, or with blanks to fill in and nothing in it."""
        rows, day = self.reading.rows, self.value("held_on")
        is_said = any(rows.get(table) for table in _SAYING) or any(row["present"] for row in rows.get("ritual_attendance", ()))
        is_dated = day is not None and any(sign.isdigit() for sign in day.text)
        has_blanks = any(part.name or part.content for part in self.document.parts)
        return self.is_named_template() or (has_blanks and not is_said and not is_dated and self.row["status"] == "held")

    # --- which ritual

    def _ritual(self) -> str:
        """What ops.yml says, else the folder below `rituals`, else a known word in folder, file or title, else the folder."""
        path = PurePosixPath(self.reading.path)
        for name, globs in self.context.rituals:
            if _globs(globs).match(self.reading.path):
                return ritual_name(name, self.words)
        folders = list(path.parts[:-1])
        if "rituals" in folders[:-1]:
            return ritual_name(folders[folders.index("rituals") + 1], self.words)
        said = (*reversed(folders), path.stem, _REMARK.sub("", self.text("ritual") or ""), self.heading, self.file_title)
        known = next(filter(None, map(self._known_ritual, said)), None)
        own = next((folder for folder in reversed(folders) if not re.search(r"\d", folder)), "ritual")
        return known or ritual_name(own, self.words)

    def _known_ritual(self, text: str) -> str | None:
        rituals = dict.fromkeys(self.words.group("ritual_names").values())
        return next((name for name in rituals if self.words.mentions("ritual_names", name, text)), None)

    def _status(self) -> str:
        line = self.value("status")
        status = self.words.look_up("session_status", line.text) if line else None
        self.taken |= {"status"} if status else set()
        if line and status is None:
            self.reading.say("OPS123", line.line, line.column, f"`{line.text[:40]}` is no known status of a session")
        is_cancelled = line is None and self.words.mentions("session_status", "cancelled", self.heading)
        return status or ("cancelled" if is_cancelled else "held")

    # --- rows

    def _write_content(self) -> None:
        before = Counter({table: len(rows) for table, rows in self.reading.rows.items()})
        self._write_attendance()
        write_promises(self, self.roll, self.row["held_on"])
        if write_objectives(self, within="objectives"):
            self.taken |= {"period", "owner"}
        self._write_leftovers()
        self._write_notes(row["source_line"] for table, rows in self.reading.rows.items() for row in rows[before[table] :])
        is_empty = all(len(rows) == before[table] for table, rows in self.reading.rows.items())
        if is_empty and self.row["held_on"] and "status" not in self.taken and self.row["status"] == "held":
            self.reading.say("OPS128", self.line, 1, "nothing is said of this session but its day")

    def _write_attendance(self) -> None:
        """From the header, from headings of their own wherever they stand, and from tables that tell who was there."""
        parts = [part for part in self.document.parts if part.line >= self.line]
        tables = [replace(part, name="roster") for part in parts if part.name is None and is_roll_table(part, self.words)]
        self.roll.call([*self._lists_of_people(parts), *tables])
        for person in self.roll.people:
            self.reading.add("ritual_attendance", person.line.line, session_id=self.path_id, person=person.name,
                             present=person.present)  # fmt: skip

    def _lists_of_people(self, parts: Iterable[Part]) -> Iterator[Part]:
        """Those of the header, under headings of their own, and below these; members below `Present` are those who were."""
        header, above = set(self.header), list[Part]()
        for part in parts:
            above = [each for each in above if each.level < part.level]
            outer = above[-1].name if above and above[-1].name in ATTENDANCE else None
            if part.name in ATTENDANCE and not _is_team(part) and (outer or is_heading(part) or part in header):
                yield replace(part, name=outer if outer and part.name == "roster" else part.name)
            above += [part] if is_heading(part) else []

    def _write_leftovers(self) -> None:
        """Values of the header that no column took."""
        left = [part for part in self.header if self._is_left(part)]
        self.write_fields((replace(part, is_field=True) for part in left), "ritual", self.path_id)

    def _is_left(self, part: Part) -> bool:
        if part.name in ATTENDANCE:
            return not is_heading(part) and is_inline(part) and part.line not in self.roll.lines
        is_blank = not part.text or part.text.endswith(":") or (part.line < self.line and part.name in _OF_ALL)
        return not is_blank and (part.is_field or (part.name in VALUES and not self._is_taken(part)))

    def _is_taken(self, part: Part) -> bool:
        return part.name in self.taken and self.parts.get(part.name or "") is part

    def _write_notes(self, lines: Iterable[int]) -> None:
        """What is on none of these lines, which became rows."""
        told = {*lines, *self.roll.lines, *(line.line for name in self.taken if (line := self.value(name)))}
        taken = {part for part in self.header if part.is_field or (part.shape == "value" and not is_heading(part))}
        taken |= {part for part in self.header if part.name in ATTENDANCE and self._is_left(part)}
        taken |= {part for part in self.document.parts if part.name == "owner" and "owner" in self.taken}
        speakers = Speakers(self.roll, self.words, is_standup=self.row["ritual"] == "standup")
        notes = Notes(self, speakers, self.titles, told, taken)
        for position, note in enumerate(notes.read(self.document.parts), 1):
            self.reading.add("ritual_notes", note.line, session_id=self.path_id, position=position,
                             category=note.category, person=note.person, text=note.text,
                             links_raw=self.links(note.line))  # fmt: skip


def _is_team(part: Part) -> bool:
    """`Team: Platform` names no person."""
    return part.name == "roster" and is_inline(part)


@lru_cache(maxsize=64)
def _globs(patterns: tuple[str, ...]) -> Globs:
    return Globs(patterns)
