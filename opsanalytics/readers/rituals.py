"""Sessions of rituals: who was there, what was noted, decided and promised, in the chapter's seven formats and their like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from pathlib import PurePosixPath

from opsanalytics.findings import Finding, finding
from opsanalytics.markup.blocks import Item, Line
from opsanalytics.markup.document import Label, Part, Shape
from opsanalytics.markup.words import fold, fold_label
from opsanalytics.readers.objectives import write_objectives
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.record import Origin, Record, body_parts, first_parts, item_text, label_key, labels_of
from opsanalytics.readers.times import Stamp, parse_duration
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import Row
from opsanalytics.tree import Globs

HEADER = ("title", "ritual", "held_on", "started_at", "ended_at", "duration", "facilitator", "status", "period", "owner")
LISTS = ("present", "absent", "actions", "improvements", "objectives", "key_results")
SHAPES: dict[str, Shape] = {**dict.fromkeys(HEADER, "value"), **dict.fromkeys(LISTS, "list")}
_PROMISES = ("improvements", "actions")
_SAID = frozenset(HEADER) - {"owner", "period"}  # behind the header these are notes like any other: a next meeting's date
_NAME = re.compile(r"@?[^\W\d_][\w.'’-]*(?:\s[^\W\d_a-z][\w.'’-]*){0,3}")
_ROLE = re.compile(r"\s?\([^()]{0,80}\)")
_HANDLE = re.compile(r"(?<=\S)\s@[\w-]+|\s?\S{1,80}@\S{1,80}\.\S{1,20}")
_AFTER_NAME = re.compile(r"\s[—–-]\s.*|\s?[—–:].*", re.DOTALL)
_AND = re.compile(r"\s?[,;]\s?|\s(?:and|&)\s")


def parse_ritual(path: str, text: str, context: Context) -> Reading:
    """One session. Raises MarkupError when it cannot be parsed at all."""
    reading = Reading(path)
    _Session(reading, text, context).read()
    return reading


def ritual_name(text: str, words: Vocabulary) -> str:
    """The one spelling of a ritual's name: a known one, or the team's own with dashes."""
    return words.look_up("ritual_names", text) or fold(text).replace(" ", "-")


class _Session(Record):
    def __init__(self, reading: Reading, text: str, context: Context) -> None:
        categories = context.words.group("note_categories")
        labels = {fold_label(word): Label(category, "list") for word, category in categories.items()}
        super().__init__(reading, text, context, {**labels, **labels_of(context.words, "ritual_labels", SHAPES)})
        self.context = context
        self.categories = frozenset(categories.values())
        self.header = list(self._header())
        self.parts = first_parts(self.header)
        self.row: Row = {"session_id": self.path_id}

    def _header(self) -> Iterator[Part]:
        """What is said of the session itself: all before the first note, promise or agenda."""
        body = self.words.group("ritual_body")
        for part in body_parts(self.document.parts, (*self.categories, *_PROMISES, "objectives", "key_results")):
            is_title = part.level <= 1 or part.label == self.heading
            if part.name is None and not (part.is_field or is_title) and fold_label(part.label) in body:
                return
            yield part

    def read(self) -> None:
        self.row["ritual"] = self._ritual()
        self.row["title"] = self.text("title") or self.heading or self.path_id
        self._read_day()
        if self.is_named_template() and self.row["held_on"] is None:
            self.reading.findings.clear()
            self.reading.ignored = "a template that nobody filled in"
            return
        self._read_times()
        self.row["facilitator"] = self.text("facilitator")
        self.row["status"] = self._status()
        self.reading.add("ritual_sessions", 1, **self.row)
        self._write_attendance()
        self._write_promises()
        self._write_notes()
        write_objectives(self, within="objectives")
        self.write_fields(self.header, "ritual", self.path_id)

    # --- which ritual, when

    def _ritual(self) -> str:
        """What ops.yml says, else the folder below `rituals`, else a known word in folder, file or title, else the folder."""
        path = PurePosixPath(self.reading.path)
        for name, globs in self.context.rituals:
            if _globs(globs).match(self.reading.path):
                return ritual_name(name, self.words)
        folders = list(path.parts[:-1])
        if "rituals" in folders[:-1]:
            return ritual_name(folders[folders.index("rituals") + 1], self.words)
        said = (*reversed(folders), path.stem, self.text("ritual") or "", self.heading)
        known = next(filter(None, map(self._known_ritual, said)), None)
        own = next((folder for folder in reversed(folders) if not re.search(r"\d", folder)), "ritual")
        return known or ritual_name(own, self.words)

    def _known_ritual(self, text: str) -> str | None:
        rituals = dict.fromkeys(self.words.group("ritual_names").values())
        return next((name for name in rituals if self.words.mentions("ritual_names", name, text)), None)

    def _read_day(self) -> None:
        line = self.value("held_on")
        stamp = self.times.stamp(line) if line else None
        day = stamp.day if stamp else None
        self.row["held_on"] = day or self.day_in(self.heading) or self.day_in(self.stem)
        if self.row["held_on"] is None and not self.reading.findings:
            at = (line.line, line.column) if line else (1, 1)
            self.reading.say("OPS125", *at, "no day: neither a line `Date:` nor the title nor the file's name gives one")
        self.times.day = self.row["held_on"]
        if line and stamp and stamp.clock:
            self._set_start(stamp, line)

    def _set_start(self, stamp: Stamp, line: Line) -> None:
        if stamp.clock and (stamp.day or self.times.day):
            self.row["started_at"] = self.times.instant(stamp, line)

    def _read_times(self) -> None:
        line = self.value("started_at")
        if line and (stamp := self.times.stamp(line)):
            self._set_start(stamp, line)
        duration = self.value("duration")
        self.row["duration_minutes"] = parse_duration(duration.text) if duration else self._minutes_to_end()
        if duration and self.row["duration_minutes"] is None:
            self.reading.say("OPS111", duration.line, duration.column, f"cannot read the duration `{duration.text[:40]}`")

    def _minutes_to_end(self) -> float | None:
        line, started = self.value("ended_at"), self.row.get("started_at")
        stamp = self.times.stamp(line) if line and started else None
        ended = self.times.instant(stamp, line, after=started) if line and stamp and stamp.clock else None
        if not isinstance(started, datetime) or ended is None:
            return None
        if ended < started and line:
            self.reading.say("OPS112", line.line, line.column, f"ended {ended:%H:%M} is before started {started:%H:%M}")
            return None
        return (ended - started).total_seconds() / 60

    def _status(self) -> str:
        line = self.value("status")
        status = self.words.look_up("session_status", line.text) if line else None
        if line and status is None:
            self.reading.say("OPS123", line.line, line.column, f"`{line.text[:40]}` is no known status of a session")
        is_cancelled = line is None and self.words.mentions("session_status", "cancelled", self.heading)
        return status or ("cancelled" if is_cancelled else "held")

    # --- who

    def _write_attendance(self) -> None:
        seen = set()
        for line, name, present in self._people():
            if fold(name) not in seen:
                seen.add(fold(name))
                self.reading.add("ritual_attendance", line.line, session_id=self.path_id, person=name, present=present)

    def _people(self) -> Iterator[tuple[Line, str, bool | None]]:
        """From the header, and from headings of their own wherever they stand."""
        header = set(map(id, self.header))
        for part in self.document.parts:
            if part.name in ("present", "absent") and (part.level <= 6 or id(part) in header):
                yield from self._people_of(part)

    def _people_of(self, part: Part) -> Iterator[tuple[Line, str, bool | None]]:
        """Names behind the label itself, else the entries below it; in a checklist the ticked ones were there."""
        if isinstance(first := part.content[0] if part.content else None, Line) and first.line == part.line:
            yield from ((first, name, part.name == "present") for name in self._names(first.text))
            return
        is_ticked = any(item.checked for item in part.items)
        for entry in part.content:
            if isinstance(entry, Item):
                ticked = entry.checked if is_ticked else None
                said = part.name == "present" if entry.checked is None else ticked
                yield from ((entry.first, name, said) for name in self._names(entry.first.text))
            elif isinstance(entry, Line) and not part.items:
                yield from ((entry, name, part.name == "present") for name in self._names(entry.text))

    def _names(self, text: str) -> Iterator[str]:
        """`Ana Diaz @ana (TSC) - guest` is Ana Diaz."""
        for piece in _AND.split(_ROLE.sub("", text)):
            name = _AFTER_NAME.sub("", _HANDLE.sub("", piece)).strip(" .*").lstrip("@")
            if name and len(name.split()) <= 4 and len(name) <= 60 and "/" not in name and not self.is_unfilled(name):
                yield name

    # --- what was noted and promised

    def _write_notes(self) -> None:
        for position, note in enumerate(self._notes(), 1):
            self.reading.add("ritual_notes", note.line, session_id=self.path_id, position=position,
                             category=note.category, person=note.person, text=note.text)  # fmt: skip

    def _notes(self) -> Iterator[Note]:
        above: list[Part] = []
        header = set(map(id, self.header))
        for part in self.document.parts:
            if part.level <= 6:
                above = [*(each for each in above if each.level < part.level), part]
            if part.name in self.categories or part.name == "improvements":
                yield from self._notes_of(part, self._person(above, part))
            elif part.name is None and not part.is_field:
                yield from self._own_notes(part)
            elif (part.is_field or part.name in _SAID) and id(part) not in header and above and above[-1].name is None:
                yield Note(part.line, self._own_category(above[-1]), None, f"{label_key(part)}: {part.text}")

    def _person(self, above: Iterable[Part], part: Part) -> str | None:
        """In a standup, whose heading the notes stand under."""
        if self.row["ritual"] != "standup":
            return None
        headings = [each for each in above if each.name is None and each is not part and each.label != self.heading]
        name = _ROLE.sub("", headings[-1].label).strip(" :#") if headings else ""
        return name.lstrip("@") if _NAME.fullmatch(name) else None

    def _notes_of(self, part: Part, person: str | None) -> Iterator[Note]:
        category = "improvement" if part.name == "improvements" else part.name or ""
        promised = {row["source_line"] for row in self.reading.rows["action_items"]}
        for line, text, item in _texts(part):
            if self.is_unfilled(text) or (category == "improvement" and line not in promised):
                continue
            who, said = self._speaker(text) if person is None else (person, text)
            if category == "last-time" and item and item.checked is not None:
                said = f"[{'x' if item.checked else ' '}] {said}"
            yield Note(line, category, who, said)

    def _speaker(self, text: str) -> tuple[str | None, str]:
        """In a standup kept by question, `Ana: ...` says whose answer it is."""
        name, colon, rest = text.partition(":")
        if self.row["ritual"] == "standup" and colon and rest.strip() and _NAME.fullmatch(name.strip()):
            return name.strip().lstrip("@"), rest.strip()
        return None, text

    def _own_notes(self, part: Part) -> Iterator[Note]:
        for item in part.items:
            if (text := item_text(item)) and not self.is_unfilled(text):
                yield Note(item.line, self._own_category(part), None, text)

    def _own_category(self, part: Part) -> str:
        return "note" if not part.label or part.label == self.heading else fold_label(part.label) or "note"

    def _write_promises(self) -> None:
        origin, count = Origin("ritual", self.path_id, self.row["held_on"]), 0
        for name in _PROMISES:
            count = self.write_actions(name, origin, count)


@dataclass(frozen=True)
class Note:
    line: int
    category: str
    person: str | None
    text: str


def _texts(part: Part) -> Iterator[tuple[int, str, Item | None]]:
    """The notes of a part: each list entry or row, and each paragraph."""
    for _, group in groupby(enumerate(part.content), lambda pair: _paragraph_key(*pair)):
        entries = [entry for _, entry in group]
        if isinstance(item := entries[0], Item):
            yield item.line, item_text(item), item
        elif lines := [entry for entry in entries if isinstance(entry, Line) and entry.text]:
            yield lines[0].line, " ".join(line.text for line in lines), None


def _paragraph_key(at: int, entry: object) -> tuple[str, int]:
    """Lines that follow each other make one note; every other entry one of its own."""
    return ("text", entry.line - at) if isinstance(entry, Line) else ("entry", at)


@lru_cache(maxsize=64)
def _globs(patterns: tuple[str, ...]) -> Globs:
    return Globs(patterns)


# --- all sessions together


def carry_over(rows: dict[str, list[Row]]) -> list[Finding]:
    """Fills `carried_from` of every action of a session that repeats one of the latest earlier session of its ritual, or
    says that it was carried over; a finding where it says so and there is no such action."""
    sessions = {row["session_id"]: row for row in rows.get("ritual_sessions", [])}
    promised: dict[str, list[Row]] = {}
    for action in (row for row in rows.get("action_items", []) if row["origin_kind"] == "ritual"):
        promised.setdefault(action["origin_id"], []).append(action)
    findings = []
    for earlier, session_id in _with_earlier(sessions.values(), promised):
        before = [{fold(action["text"]): action["action_id"] for action in reversed(promised[each])} for each in earlier]
        for action in promised[session_id]:
            looked_at = before if action.get("carried_raw") else before[:1]
            action["carried_from"] = next((found[text] for found in looked_at if (text := fold(action["text"])) in found), None)
            if action.get("carried_raw") and action["carried_from"] is None:
                said = f"`{action['text'][:60]}` is {action['carried_raw'][:40]}: no earlier session has that action"
                findings.append(finding("OPS124", action["source_path"], action["source_line"], 1, said))
    return findings


def _with_earlier(sessions: Iterable[Row], promised: dict[str, list[Row]]) -> Iterator[tuple[list[str], str]]:
    """Each session that promised something, with the earlier ones of its ritual that did, latest first."""
    dated = [row for row in sessions if row["held_on"] and row["session_id"] in promised]
    by_ritual = sorted(dated, key=lambda row: (row["ritual"], row["held_on"], row["session_id"]))
    for _, group in groupby(by_ritual, lambda row: row["ritual"]):
        kept = list(group)
        for row in kept:
            earlier = [each["session_id"] for each in kept if each["held_on"] < row["held_on"]]
            yield earlier[::-1], row["session_id"]
