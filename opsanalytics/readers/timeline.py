"""A timeline: its entries in order, each with an instant, an offset from T0 and a phase as far as the file says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from opsanalytics.markup.blocks import Heading, Item, Line
from opsanalytics.markup.document import Part
from opsanalytics.readers.reading import FileTimes
from opsanalytics.readers.times import Stamp, TimeError, leading_offset
from opsanalytics.readers.vocabulary import Vocabulary

PHASE_OF = {
    "detected_at": "detection",
    "diagnosis": "diagnosis",
    "mitigated_at": "mitigation",
    "resolved_at": "resolved",
}
_JOINT = re.compile(r"^[\s:–—,;|*\])-]+")
_PHASE = re.compile(r"^(?P<word>[^\W\d_][\w /'-]{0,30}?)\s*(?:\((?P<inside>[^()]*)\)\s*)?(?::|[–—]|\s-\s|$)")
_CLOSE = timedelta(minutes=1)


@dataclass
class Entry:
    """One entry. `names` is the instant or phase that it names: a column of incidents, `diagnosis` or `update`."""

    line: Line
    text: str
    offset: float | None = None
    stamp: Stamp | None = None
    names: str | None = None
    occurred_at: datetime | None = None

    @property
    def phase(self) -> str | None:
        if self.offset == 0 and self.names is None:
            return "detection"
        return PHASE_OF.get(self.names, "update") if self.names else None


def read_timeline(part: Part, times: FileTimes, words: Vocabulary, *, t0: datetime | None = None) -> list[Entry]:
    """The entries that say something, dated as far as they can be. `t0` is a detection that the file states elsewhere."""
    times.state_zone(part.remark)
    entries = [entry for entry in _entries(part, times, words) if _says_something(entry)]
    _date_entries(entries, times)
    origin = next((entry.occurred_at for entry in entries if entry.offset == 0 and entry.occurred_at), t0)
    _place_offsets(entries, origin, times)
    return entries


def _says_something(entry: Entry) -> bool:
    return bool(entry.text or entry.stamp or (entry.offset and entry.names))


def _entries(part: Part, times: FileTimes, words: Vocabulary) -> Iterator[Entry]:
    for content in part.content:
        if isinstance(content, Heading):
            yield from _heading_entry(content, times, words)
        elif isinstance(content, Item) and content.fields:
            yield _row_entry(content, times, words)
        elif isinstance(content, Item):
            yield _line_entry(content.first, content.text, times, words)
        elif _opens_entry(content.text, times):
            yield _line_entry(content, content.text, times, words)


def _heading_entry(heading: Heading, times: FileTimes, words: Vocabulary) -> Iterator[Entry]:
    """A heading that is a day dates what follows; one with a time of day is an entry."""
    entry = _line_entry(heading.line, heading.line.text, times, words)
    if entry.stamp and entry.stamp.day and not entry.stamp.clock:
        entry.text, entry.names = "", None
    if entry.stamp:
        yield entry


def _opens_entry(text: str, times: FileTimes) -> bool:
    try:
        return leading_offset(text)[0] is not None or times.clockwork.leading_stamp(text.lstrip("[("))[0] is not None
    except TimeError:
        return True


def _line_entry(line: Line, text: str, times: FileTimes, words: Vocabulary) -> Entry:
    entry = Entry(line, _strip(text))
    if re.match(r"[Tt]\s*\+\s*[XYZxyz]\b", entry.text):
        entry.text = _strip(entry.text.split("+", 1)[1].strip()[1:])
    for take in (_take_offset, _take_stamp, _take_offset, _take_phase, _take_offset, _take_stamp):
        take(entry, times, words)
    return entry


def _row_entry(item: Item, times: FileTimes, words: Vocabulary) -> Entry:
    cells = {words.group("timeline_columns").get(name, name): cell for name, cell in item.fields.items()}
    when = cells.pop("when", None) or cells.pop("offset", None) or next(iter(item.fields.values()))
    said = [cells.pop(name).text for name in ("phase", "text") if name in cells]
    rest = said or [cell.text for cell in cells.values() if cell is not when]
    return _line_entry(when, f"{when.text} — {': '.join(filter(None, rest))}", times, words)


def _strip(text: str) -> str:
    return _JOINT.sub("", text.strip())


def _take_offset(entry: Entry, times: FileTimes, words: Vocabulary) -> None:
    if entry.offset is None:
        entry.offset, rest = leading_offset(entry.text.lstrip("(["))
        entry.text = entry.text if entry.offset is None else _strip(rest)


def _take_stamp(entry: Entry, times: FileTimes, words: Vocabulary) -> None:
    if entry.stamp is not None:
        return
    try:
        entry.stamp, rest = times.clockwork.leading_stamp(entry.text.lstrip("(["))
    except TimeError as error:
        times.reading.say("OPS111", entry.line.line, entry.line.column, str(error))
        return
    entry.text = entry.text if entry.stamp is None else _strip(rest)


def _take_phase(entry: Entry, times: FileTimes, words: Vocabulary) -> None:
    found = _PHASE.match(entry.text)
    if found and (names := words.look_up("phases", found["word"])):
        entry.names = names
        entry.text = _strip(f"{found['inside'] or ''} {entry.text[found.end() :]}")
    elif verb := re.match(r"\w+", entry.text):
        entry.names = words.group("phase_verbs").get(verb[0].casefold())


def _date_entries(entries: list[Entry], times: FileTimes) -> None:
    """Absolute times, with the day carried on from the entry before, and over midnight."""
    before: datetime | None = None
    for entry in entries:
        if entry.stamp and entry.stamp.day and not entry.stamp.clock:
            times.day, before = entry.stamp.day, None
        elif entry.stamp and (entry.stamp.day or before or times.day):
            entry.occurred_at = times.instant(entry.stamp, entry.line, after=before)
            if before and entry.occurred_at and entry.occurred_at < before:
                times.reading.say("OPS115", entry.line.line, entry.line.column,
                                  f"{entry.occurred_at:%H:%M} comes after {before:%H:%M} in the timeline")  # fmt: skip
            before = entry.occurred_at or before
        elif entry.stamp:
            times.reading.say("OPS111", entry.line.line, entry.line.column, "a time of day, and no day anywhere before it")
    entries[:] = [entry for entry in entries if entry.text or entry.names or entry.offset is not None or entry.occurred_at]


def _place_offsets(entries: list[Entry], origin: datetime | None, times: FileTimes) -> None:
    """`T+X` counts from T0; an absolute time on the same line wins, and a contradiction is found."""
    lost = next((entry for entry in entries if entry.offset is not None and not entry.occurred_at), None)
    if origin is None:
        if lost:
            times.reading.say("OPS116", lost.line.line, lost.line.column, "offsets from T0, but T0 has no time")
        return
    for entry in entries:
        if entry.offset is None:
            continue
        placed = origin + timedelta(minutes=entry.offset)
        if entry.occurred_at is None:
            entry.occurred_at = placed
        elif abs(entry.occurred_at - placed) > _CLOSE:
            times.reading.say("OPS115", entry.line.line, entry.line.column,
                              f"{entry.occurred_at:%H:%M} is not T+{entry.offset:g}, which is {placed:%H:%M}")  # fmt: skip
