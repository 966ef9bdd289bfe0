"""A timeline: its entries in order, each with an instant, an offset from T0 and a phase as far as the file says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise

from opsanalytics.markup.elements import Heading, Item, Line
from opsanalytics.markup.parts import Content, Part
from opsanalytics.readers.durations import leading_offset
from opsanalytics.readers.reading import FileTimes
from opsanalytics.readers.times import Stamp, TimeError
from opsanalytics.readers.vocabulary import Vocabulary

PHASE_OF = {
    "detected_at": "detection",
    "diagnosis": "diagnosis",
    "mitigated_at": "mitigation",
    "resolved_at": "resolved",
}
_JOINT = re.compile(r"[\s:–—,;|*\])-]+")
_PHASE = re.compile(r"^(?P<word>[^\W\d_][\w /'-]{0,30}?)\s*(?:\((?P<inside>[^()]*)\)\s*)?(?::|[–—]|\s-\s|$)")
_TEMPLATE_LETTER = re.compile(r"[Tt]\s?\+\s?[XYZxyz]\b")
_LIKE_A_TIME = re.compile(r"\d{1,2}:\d[\d:]*(?=\s|$)")
_CLOSE, _HALF_DAY, _NEAR = timedelta(minutes=1), timedelta(hours=12), timedelta(hours=6)
_ONE_DAY = timedelta(days=1)
_UNREADABLE = Stamp()


@dataclass(slots=True)
class Entry:
    """One entry. `names` is the instant or phase that it names: a column of incidents, `diagnosis` or `update`.
    `literal` is its time as written, where that is a span or not exact."""

    line: Line
    text: str
    offset: float | None = None
    day_number: int | None = None
    stamp: Stamp | None = None
    literal: str | None = None
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
        return self.offset is not None or self.stamp is not None or self.day_number is not None

    @property
    def is_filled(self) -> bool:
        """Whether it is more than the letters of a template."""
        return bool(self.text or self.stamp or self.day_number or (self.offset and self.names))

    @property
    def is_day(self) -> bool:
        """Whether it names a day for the entries below it, and no time of its own."""
        has_day = self.day_number is not None or bool(self.stamp and self.stamp.day)
        return has_day and not (self.stamp and self.stamp.clock)

    @property
    def says_something(self) -> bool:
        return bool(self.text or self.occurred_at or self.names or self.offset is not None)


def read_timeline(
    part: Part, times: FileTimes, words: Vocabulary, *, started: datetime | None = None, t0: datetime | None = None
) -> list[Entry]:
    """The entries that say something, dated as far as they can be. `t0` is a detection that the file states elsewhere."""
    entries = [entry for entry in _entries(part, times, words) if entry.is_filled]
    _number_days(entries, times)
    _state_zone(entries, times.state_zone(part.remark))
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
    for content in _unfolded(part.content, times):
        entry = _entry(content, times, words)
        if isinstance(content, Heading):
            above = entry if entry.is_placed and not entry.is_day else None
            under_heading = above is not None
            entries += [entry] if entry.is_placed else []
        elif entry.is_placed or (isinstance(content, Item) and not under_heading):
            entries.append(entry)
            above = entry if isinstance(content, Line) else above if under_heading else None
        elif above:
            above.text = _strip(f"{above.text} {content.text}")
    return entries


def _unfolded(contents: Iterable[Content], times: FileTimes) -> Iterator[Content]:
    """Entries below an entry follow it, where one of them says when; else they are part of its text."""
    for content in contents:
        below = content.items if isinstance(content, Item) else []
        if not isinstance(content, Item) or not below:
            yield content
        elif any(_says_when(item, times) for item in _with_nested(below)):
            yield from (replace(content, items=[]), *_unfolded(below, times))
        else:
            yield replace(
                content, lines=[*content.lines, *(line for item in _with_nested(below) for line in item.lines)]
            )


def _with_nested(items: Iterable[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _with_nested(item.items)


def _says_when(item: Item, times: FileTimes) -> bool:
    text = item.first.text.lstrip("([")
    try:
        stamp, _ = times.clockwork.leading_stamp(text)
    except TimeError:
        return True
    return bool(stamp and stamp.clock) or leading_offset(text)[0] is not None


def _entry(content: Line | Item | Heading, times: FileTimes, words: Vocabulary) -> Entry:
    if isinstance(content, Item) and content.fields:
        return _row_entry(content, times, words)
    if isinstance(content, Item):
        return _line_entry(content.first, content.text, times, words)
    if isinstance(content, Line):
        return _line_entry(content, content.text, times, words)
    entry = _line_entry(content.line, content.line.text, times, words)
    if entry.is_day:
        entry.text, entry.names = "", None
    return entry


def _line_entry(line: Line, text: str, times: FileTimes, words: Vocabulary) -> Entry:
    entry = Entry(line, _strip(text))
    if letter := _TEMPLATE_LETTER.match(entry.text):
        entry.text = _strip(entry.text[letter.end() :])
    for take in (_take_day_number, _take_offset, _take_stamp, _take_offset, _take_phase, _take_offset, _take_stamp):
        take(entry, times, words)
    return entry


def _row_entry(item: Item, times: FileTimes, words: Vocabulary) -> Entry:
    cells = {_column(name, words): cell for name, cell in item.fields.items()}
    placing = [cells.pop(name) for name in ("day", "when", "offset") if name in cells] or [
        next(iter(item.fields.values()))
    ]
    said = [cells.pop(name) for name in ("phase", "text") if name in cells]
    rest = said or [cell for cell in cells.values() if cell is not placing[0]]
    when, what = (joint.join(cell.text for cell in some if cell.text) for joint, some in ((" ", placing), (": ", rest)))
    entry = _line_entry(placing[0], f"{when} — {what}", times, words)
    _state_zone([entry], next((zone for name in item.fields if (zone := _zone_of_column(name, times))), None))
    is_headed = len(cells) + len(said) < len(item.fields)
    if when and not entry.is_placed and (when[0].isdigit() or (is_headed and any(map(str.isdigit, when)))):
        _refuse(entry, f"cannot read the time `{when[:60]}`", times)
    return entry


def _column(name: str, words: Vocabulary) -> str:
    """What a column holds, also when its heading names a zone: `Time CET`."""
    columns, zones = words.group("timeline_columns"), words.group("zones")
    bare = " ".join(word for word in name.split() if word not in zones)
    return columns.get(name) or columns.get(bare) or (name if bare else "when")


def _zone_of_column(name: str, times: FileTimes) -> tzinfo | None:
    words = times.clockwork.words
    zoned = [word.upper() for word in name.split() if word in words.group("zones")]
    return times.clockwork.zone(zoned[0]) if zoned and _column(name, words) in ("day", "when") else None


def _strip(text: str) -> str:
    text = text.strip()
    joint = _JOINT.match(text)
    return text[joint.end() :] if joint else text


def _take_day_number(entry: Entry, times: FileTimes, words: Vocabulary) -> None:
    if found := times.clockwork.grammar.day_number.match(entry.text):
        entry.day_number, entry.text = int(found["number"]), entry.text[found.end() :]


def _take_offset(entry: Entry, times: FileTimes, words: Vocabulary) -> None:
    if entry.offset is None:
        entry.offset, rest = leading_offset(entry.text.lstrip("(["))
        entry.text = entry.text if entry.offset is None else _strip(rest)


def _take_stamp(entry: Entry, times: FileTimes, words: Vocabulary) -> None:
    if entry.stamp is not None:
        return
    text = entry.text.lstrip("([")
    try:
        stamp, rest = times.clockwork.leading_stamp(text)
    except TimeError as error:
        _refuse(entry, str(error), times)
        entry.stamp = _UNREADABLE
        return
    if (unread := _LIKE_A_TIME.match(rest)) and not (stamp and stamp.clock):
        _refuse(entry, f"cannot read the time `{unread[0]}`", times)
        stamp = stamp or _UNREADABLE
    if stamp:
        entry.stamp, entry.text = stamp, _strip(rest)
        entry.literal = None if stamp.is_exact else text.removesuffix(rest).strip()


def _refuse(entry: Entry, why: str, times: FileTimes) -> None:
    times.reading.say("OPS111", entry.line.line, entry.line.column, why)


def _take_phase(entry: Entry, times: FileTimes, words: Vocabulary) -> None:
    found = _PHASE.match(entry.text)
    if found and (names := words.look_up("phases", found["word"])):
        entry.names = names
        entry.text = _strip(f"{found['inside'] or ''} {entry.text[found.end() :]}")
    elif verb := re.match(r"\w+", entry.text):
        entry.names = words.group("phase_verbs").get(verb[0].casefold())


def _number_days(entries: list[Entry], times: FileTimes) -> None:
    """`Day 1` is the day that the timeline begins with."""
    for entry in entries:
        if entry.day_number is not None and times.day:
            entry.stamp = (entry.stamp or Stamp()).on(times.day + (entry.day_number - 1) * _ONE_DAY)


def _state_zone(entries: list[Entry], zone: tzinfo | None) -> None:
    for entry in entries:
        entry.stamp = entry.stamp and entry.stamp.zoned(zone)


def _date_entries(entries: list[Entry], times: FileTimes, started: datetime | None) -> None:
    """Absolute times, with the day carried on from the entry before, else from the start, and over midnight. Where the
    newest stands first, the day is carried down the file when the first entry has one, else up from the oldest."""
    days = _days(entries)
    if not _is_newest_first(entries, days):
        _date_forwards(entries, times, started)
    elif next(day for entry, day in zip(entries, days, strict=True) if entry.stamp and entry.stamp.clock):
        _date_backwards(entries, times)
    else:
        _date_forwards(entries[::-1], times, started)


def _days(entries: list[Entry]) -> list[date | None]:
    """The day that each entry states, or the last one above it does."""
    days: list[date | None] = []
    for entry in entries:
        own = entry.stamp.day if entry.stamp else None
        days.append(own or (days[-1] if days else None))
    return days


def _is_newest_first(entries: list[Entry], days: list[date | None]) -> bool:
    """Whether three or more entries run backwards in time, and none forwards."""
    timed = [(entry.stamp, day) for entry, day in zip(entries, days, strict=True) if entry.stamp and entry.stamp.clock]
    gaps = [_gap(*above, *below) for above, below in pairwise(timed)]
    return sum(1 for gap in gaps if gap and gap < timedelta()) >= 2 and all(
        gap is not None and gap <= timedelta() for gap in gaps
    )


def _gap(above: Stamp, day_above: date | None, below: Stamp, day_below: date | None) -> timedelta | None:
    """From one entry to the one below it; None when it is too long to tell in which direction a day was passed."""
    if above.clock is None or below.clock is None or (day_above is None) != (day_below is None):
        return None
    some_day = date(2000, 1, 2)
    gap = datetime.combine(day_below or some_day, below.clock) - datetime.combine(day_above or some_day, above.clock)
    if below.day or day_above != day_below:
        return gap
    gap = gap - _ONE_DAY if gap > _HALF_DAY else gap + _ONE_DAY if gap < -_HALF_DAY else gap
    return gap if abs(gap) <= _NEAR else None


def _date_forwards(entries: list[Entry], times: FileTimes, started: datetime | None) -> None:
    last, after = None, started
    for entry in entries:
        stamp = entry.stamp or _UNREADABLE
        times.take_day(stamp)
        if entry.is_day:
            last = after = None
        elif stamp.clock and times.day:
            entry.occurred_at = times.instant(stamp, entry.line, after=after, may_precede=last is None)
            _check_sequence(entry, last, times)
            last, after = (entry, entry.occurred_at) if entry.occurred_at else (last, after)
        elif stamp.clock:
            _refuse(entry, "a time of day, and no day anywhere before it", times)


def _date_backwards(entries: list[Entry], times: FileTimes) -> None:
    before = None
    for entry in entries:
        stamp = entry.stamp or _UNREADABLE
        times.take_day(stamp)
        if entry.is_day:
            before = None
        elif stamp.clock:
            entry.occurred_at = times.instant(stamp, entry.line, before=before)
            before = entry.occurred_at or before


def _check_sequence(entry: Entry, last: Entry | None, times: FileTimes) -> None:
    """Said in the times as written, which is what the reader of the message sees in the file."""
    slack = _CLOSE if last and (entry.literal or last.literal) else timedelta()
    if last and last.occurred_at and entry.occurred_at and entry.occurred_at < last.occurred_at - slack:
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
