"""When a session was held and how long it took, from its labels, its headings, the file's name or its first words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import PurePosixPath

from opsanalytics.markup.elements import Line
from opsanalytics.markup.parts import Part
from opsanalytics.readers.days import stem_day
from opsanalytics.readers.record import Record
from opsanalytics.readers.sittings import days_in, days_of_name, is_heading, says_other_day, session_day
from opsanalytics.readers.times import Clockwork, Stamp, TimeError
from opsanalytics.tables import Row

_NUMBER = re.compile(r"(?<![\w.:/-])\d")
_MONTH_AND_DAY = re.compile(r"(?<!\d)(\d{2})[-_.]?(\d{2})(?!\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")


class SessionTime:
    """Of the session whose header has these parts. `taken` are the labels whose value was read."""

    def __init__(self, record: Record, header: Iterable[Part], day: date | None = None) -> None:
        self.record = record
        self.header = list(header)
        self.times = record.times
        self.heading_day = day
        self.place = (1, 1)
        self.taken: set[str] = set()
        self.start: tuple[Stamp, Line] | None = None
        self.end: tuple[Stamp, Line] | None = None

    def read(self) -> Row:
        self.times.state_zone_of_all()
        labelled = self._read_labels()
        day = self.heading_day or labelled or self._day_of_headings() or self._day_of_name() or self._day_of_text()
        if day is None:
            self._say_no_day()
        else:
            self._read_hours_of_text(day)
            self._compare(day)
        self.times.day = day
        started = self._instant(self.start)
        minutes = self._minutes(started)
        self.taken -= ({"started_at", "time"} if started is None else set()) | (
            {"ended_at"} if minutes is None else set()
        )
        return {"held_on": day, "started_at": started, "duration_minutes": minutes}

    # --- labels

    def _read_labels(self) -> date | None:
        days = [self._read_label(name) for name in ("held_on", "time", "started_at", "ended_at")]
        return next(filter(None, days), None)

    def _read_label(self, name: str) -> date | None:
        line = self.record.value(name)
        self.place = (line.line, line.column) if line and name == "held_on" else self.place
        stamp = self._span(line) if line else None
        if not line or not stamp:
            return None
        self.taken.add(name)
        stamp = stamp.labelled(self.times.state_zone(self.record.parts[name].remark))
        if name == "ended_at":
            self.end = (stamp, line) if stamp.clock else self.end
            return None
        self._take_clock(stamp, line)
        return stamp.day

    def _take_clock(self, stamp: Stamp, line: Line) -> None:
        if stamp.clock and not self.start:
            self.start, self.end = (stamp, line), (stamp.until, line) if stamp.until else None

    def _span(self, line: Line) -> Stamp | None:
        try:
            return self.times.clockwork.span(line.text)
        except TimeError as error:
            stamp = _loose_span(line.text, self.times.clockwork) or _first_hours(line.text, self.times.clockwork)
            if stamp is None:
                self.record.reading.say("OPS111", line.line, line.column, str(error))
            return stamp

    # --- the day elsewhere

    def _day_of_headings(self) -> date | None:
        """The title's, or that of the one heading that is a day."""
        title = {each.day for each in days_in(self.record, self.record.heading)}
        if len(title) == 1:
            return title.pop()
        headings = [part for part in self.record.document.parts if is_heading(part) and part.name is None]
        days = {day for part in headings if (day := session_day(self.record, part.label))}
        return days.pop() if len(days) == 1 else None

    def _day_of_name(self) -> date | None:
        days = days_of_name(self.record)
        return days.pop() if len(days) == 1 else None if days else self._day_of_folders()

    def _day_of_folders(self) -> date | None:
        """Of `2026/09/04.md`, and of `2026/sync-09-04.md` where months come first."""
        path = PurePosixPath(self.record.reading.path).with_suffix("").parts
        years = [folder for folder in path[:-1] if _YEAR.fullmatch(folder)]
        ends = _MONTH_AND_DAY.findall(self.record.stem) or _MONTH_AND_DAY.findall("-".join(path[-2:]))
        if len(years) != 1 or len(ends) != 1 or self.times.clockwork.date_order == "DMY":
            return None
        found = days_in(self.record, "-".join((years[0], *ends[0])))
        return found[0].day if found else None

    def _day_of_text(self) -> date | None:
        """Of the first sentence that states one, and not another session's."""
        return next((day for _, day, _ in self._sentences()), None)

    def _sentences(self) -> Iterator[tuple[Line, date, int]]:
        """Those at the top that state one day, with the place of the day in each."""
        lines = (entry for part in self.header if part.name is None and not part.is_field for entry in part.content)
        for line in (entry for entry in lines if isinstance(entry, Line)):
            found = days_in(self.record, line.text)
            if len({each.day for each in found}) == 1 and not says_other_day(
                line.text, found[0].start, self.record.words
            ):
                yield line, found[0].day, found[0].start

    def _read_hours_of_text(self, day: date) -> None:
        line, at = next(((line, at) for line, said, at in self._sentences() if said == day), (None, 0))
        try:
            stamp, _ = self.times.clockwork.leading_stamp(line.text[at:]) if line else (None, "")
        except TimeError:
            return
        if stamp and line:
            self._take_clock(stamp, line)

    def _say_no_day(self) -> None:
        """Nothing more of a line `Date:` that was found to be unreadable."""
        named = " and ".join(map(str, sorted(days_of_name(self.record))))
        where = f"the file is named for {named}, and nothing in it says which" if named else self._why_not_named()
        if "held_on" in self.taken or not self.record.value("held_on"):
            self.record.reading.say("OPS125", *self.place, f"no day: {where}")

    def _why_not_named(self) -> str:
        written = stem_day(self.record.stem)
        try:
            if written:
                self.times.clockwork.settle(written)
        except TimeError as error:
            return str(error)
        return "neither a line `Date:` nor the title nor the file's name gives one"

    def _compare(self, day: date) -> None:
        """With the day that a file of one session is named for."""
        named = set() if self.heading_day else days_of_name(self.record)
        if named and day not in named:
            said = f"held on {day}, but the file is named for {' and '.join(map(str, sorted(named)))}"
            self.record.reading.say("OPS127", *self.place, said)

    # --- hours

    def _instant(self, said: tuple[Stamp, Line] | None, after: datetime | None = None) -> datetime | None:
        stamp, line = said or (None, None)
        if not stamp or not line or not stamp.clock or not (stamp.day or self.times.day):
            return None
        return self.times.instant(stamp, line, after=after)

    def _minutes(self, started: datetime | None) -> float | None:
        stated = self.record.value("duration")
        if stated:
            duration = self.times.duration(stated, self.record.parts["duration"].label)
            self.taken |= {"duration"} if duration else set()
            return duration.minutes if duration else None
        ended = self._instant(self.end, after=started) if started else None
        if not started or not ended or not self.end:
            return None
        if ended < started:
            line = self.end[1]
            self.record.reading.say(
                "OPS112", line.line, line.column, f"ended {ended:%H:%M} is before started {started:%H:%M}"
            )
            return None
        return (ended - started).total_seconds() / 60


def _loose_span(text: str, clockwork: Clockwork) -> Stamp | None:
    """A day with words behind it, and the hours behind those: `11/19/22 Week 8 10:00am - 1:00pm`."""
    try:
        stamp, rest = clockwork.leading_stamp(text)
    except TimeError:
        return None
    if stamp is None or stamp.day is None or stamp.clock:
        return stamp
    hours = _first_hours(rest, clockwork)
    return hours._replace(day=stamp.day) if hours else stamp


def _first_hours(text: str, clockwork: Clockwork) -> Stamp | None:
    for number in _NUMBER.finditer(text[:100]):
        try:
            stamp, _ = clockwork.leading_stamp(text[number.start() :])
        except TimeError:
            continue
        if stamp and stamp.clock and not stamp.day:
            return stamp
    return None
