"""A timeline: its entries in order, each with an instant, an offset from T0 and a phase as far as the file says."""

from __future__ import annotations

import re
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
_TEMPLATE_LETTER = re.compile(r"[Tt]\s?\+\s?[XYZxyz]\b")
_CLOSE = timedelta(minutes=1)
_UNREADABLE = Stamp()


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

    @property
    def is_placed(self) -> bool:
        """Whether it says when, were it only in a way that cannot be read."""
        return self.offset is not None or self.stamp is not None

    @property
    def says_something(self) -> bool:
        return bool(self.text or self.occurred_at or self.names or self.offset is not None)


def read_timeline(
    part: Part, times: FileTimes, words: Vocabulary, *, started: datetime | None = None, t0: datetime | None = None
) -> list[Entry]:
    """The entries that say something, dated as far as they can be. `t0` is a detection that the file states elsewhere."""
    entries = [entry for entry in _entries(part, times, words) if entry.text or entry.stamp or (entry.offset and entry.names)]
    _date_entries(entries, times, started)
    detections = sorted((entry for entry in entries if entry.phase == "detection"), key=lambda entry: entry.offset != 0)
    origin = next((entry.occurred_at for entry in detections if entry.occurred_at), t0)
    _place_offsets(entries, origin, times)
    return [entry for entry in entries if entry.says_something]


def _entries(part: Part, times: FileTimes, words: Vocabulary) -> list[Entry]:
    """List entries, rows, and the lines and headings that open with a time; what stands below such a line or heading
    and opens with none goes on with it."""
    entries: list[Entry] = []
    above: Entry | None = None
    under_heading = False
    for content in part.content:
        entry = _entry(content, times, words)
        if isinstance(content, Heading):
            above = entry if entry.is_placed and not _is_day(entry) else None
            under_heading = above is not None
            entries += [entry] if entry.is_placed else []
        elif entry.is_placed or (isinstance(content, Item) and not under_heading):
            entries.append(entry)
            above = entry if isinstance(content, Line) else above if under_heading else None
        elif above:
            above.text = f"{above.text} {content.text}".strip()
    return entries


def _is_day(entry: Entry) -> bool:
    return bool(entry.stamp and entry.stamp.day and not entry.stamp.clock)


def _entry(content: Line | Item | Heading, times: FileTimes, words: Vocabulary) -> Entry:
    if isinstance(content, Item) and content.fields:
        return _row_entry(content, times, words)
    if isinstance(content, Item):
        return _line_entry(content.first, content.text, times, words)
    if isinstance(content, Line):
        return _line_entry(content, content.text, times, words)
    entry = _line_entry(content.line, content.line.text, times, words)
    if _is_day(entry):
        entry.text, entry.names = "", None
    return entry


def _line_entry(line: Line, text: str, times: FileTimes, words: Vocabulary) -> Entry:
    entry = Entry(line, _strip(text))
    if letter := _TEMPLATE_LETTER.match(entry.text):
        entry.text = _strip(entry.text[letter.end() :])
    for take in (_take_offset, _take_stamp, _take_offset, _take_phase, _take_offset, _take_stamp):
        take(entry, times, words)
    return entry


def _row_entry(item: Item, times: FileTimes, words: Vocabulary) -> Entry:
    cells = {words.group("timeline_columns").get(name, name): cell for name, cell in item.fields.items()}
    placing = [cells.pop(name) for name in ("day", "when", "offset") if name in cells] or [next(iter(item.fields.values()))]
    said = [cells.pop(name) for name in ("phase", "text") if name in cells]
    rest = said or [cell for cell in cells.values() if cell is not placing[0]]
    when, what = (joint.join(cell.text for cell in some if cell.text) for joint, some in ((" ", placing), (": ", rest)))
    return _line_entry(placing[0], f"{when} — {what}", times, words)


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
        entry.stamp, rest = _UNREADABLE, entry.text
    entry.text = entry.text if entry.stamp is None else _strip(rest)


def _take_phase(entry: Entry, times: FileTimes, words: Vocabulary) -> None:
    found = _PHASE.match(entry.text)
    if found and (names := words.look_up("phases", found["word"])):
        entry.names = names
        entry.text = _strip(f"{found['inside'] or ''} {entry.text[found.end() :]}")
    elif verb := re.match(r"\w+", entry.text):
        entry.names = words.group("phase_verbs").get(verb[0].casefold())


def _date_entries(entries: list[Entry], times: FileTimes, started: datetime | None) -> None:
    """Absolute times, with the day carried on from the entry before, else from the start, and over midnight."""
    last, after = None, started
    for entry in entries:
        stamp = entry.stamp or _UNREADABLE
        times.take_day(stamp)
        if stamp.day and not stamp.clock:
            last = after = None
        elif stamp.clock and times.day:
            entry.occurred_at = times.instant(stamp, entry.line, after=after, may_precede=last is None)
            _check_sequence(entry, last, times)
            last, after = (entry, entry.occurred_at) if entry.occurred_at else (last, after)
        elif stamp.clock:
            times.reading.say("OPS111", entry.line.line, entry.line.column, "a time of day, and no day anywhere before it")


def _check_sequence(entry: Entry, last: Entry | None, times: FileTimes) -> None:
    """Said in the times as written, which is what the reader of the message sees in the file."""
    if last and last.occurred_at and entry.occurred_at and entry.occurred_at < last.occurred_at:
        here, before = (each.stamp.clock.isoformat("auto").removesuffix(":00") if each.stamp and each.stamp.clock else ""
                        for each in (entry, last))  # fmt: skip
        times.reading.say("OPS115", entry.line.line, entry.line.column, f"{here} comes after {before} in the timeline")


def _place_offsets(entries: list[Entry], origin: datetime | None, times: FileTimes) -> None:
    """`T+X` counts from T0; an absolute time on the same line wins, and a contradiction is found."""
    lost = next((entry for entry in entries if entry.offset is not None and not entry.occurred_at), None)
    if origin is None and lost:
        times.reading.say("OPS116", lost.line.line, lost.line.column, "offsets from T0, but T0 has no time")
    for entry in entries if origin else ():
        if entry.offset is None:
            continue
        assert origin is not None
        placed = origin + timedelta(minutes=entry.offset)
        if entry.occurred_at is None:
            entry.occurred_at = placed
        elif abs(entry.occurred_at - placed) > _CLOSE:
            times.reading.say("OPS115", entry.line.line, entry.line.column,
                              f"{entry.occurred_at:%H:%M} is not T+{entry.offset:g}, which is {placed:%H:%M}")  # fmt: skip
