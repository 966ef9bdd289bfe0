"""Times as teams write them: a closed list of forms, read exactly or refused with the reason.

Nothing is repaired in silence: a day that does not exist, an hour that a clock change skips or repeats, a date whose
day and month could be swapped, an abbreviation of two zones, `24:00` and leap seconds are refused, with what to write
instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import NamedTuple

from opsanalytics.readers.days import YMD, WrittenDay, make_day, stem_day, written_day
from opsanalytics.readers.evidence import Evidence
from opsanalytics.readers.grammar import MINUS, Grammar, grammar_of
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.readers.zones import TimeError, zone_named

__all__ = ["Clockwork", "Stamp", "TimeError", "to_utc"]

_QUOTES = "\"'`“”«» "
_LONGEST = 300
_T = re.compile(r"T(?=\d{1,2}:)", re.IGNORECASE)
_SPACE = re.compile(r"\s+(?=\w)")
_CTIME = re.compile(r"\s+\d{1,2}:\d\d(?::\d\d)?(?:\s+[A-Z]{2,5})?\s+(?P<year>[12]\d{3})(?!\d)")
_CTIME_YEAR = re.compile(r"\s+[12]\d{3}(?!\d)(?=\W|$)")


class Stamp(NamedTuple):
    """What a text says of a time: a day, a time of day, a zone; each None when it does not say. `until` is the end of a
    span of time, `label_zone` the zone behind the text's label."""

    day: date | None = None
    clock: time | None = None
    zone: tzinfo | None = None
    zone_text: str | None = None
    is_approximate: bool = False
    until: Stamp | None = None
    label_zone: tzinfo | None = None

    @property
    def is_exact(self) -> bool:
        return not self.is_approximate and self.until is None

    def on(self, day: date | None) -> Stamp:
        return self if self.day else self._replace(day=day)

    def zoned(self, zone: tzinfo | None) -> Stamp:
        return self if self.zone or zone is None else self._replace(zone=zone)

    def labelled(self, zone: tzinfo | None) -> Stamp:
        """A span of time, at both ends."""
        return self.zoned(zone)._replace(label_zone=zone, until=self.until and self.until.labelled(zone))


@dataclass(frozen=True)
class Clockwork:
    """How one workspace, and one file in it, reads times. What the file shows of its dates goes before `date_order`."""

    words: Vocabulary
    date_order: str | None = None
    home: tzinfo | None = None
    evidence: Evidence | None = None

    @cached_property
    def grammar(self) -> Grammar:
        return grammar_of(self.words)

    def stamp(self, text: str) -> Stamp:
        """A text that is one time and nothing more (a remark behind it apart). Raises TimeError."""
        stamp = self.span(text)
        if stamp.until:
            raise TimeError(f"`{text.strip()[:60]}` is a span of time, and one time is needed")
        return stamp

    def span(self, text: str) -> Stamp:
        """As `stamp`, of a text that may name an end too: `9:00 - 10:30 UTC`, `11/26/22, 9am, 10am`. Raises TimeError."""
        cursor = _Cursor(text.strip().strip(_QUOTES), self)
        stamp, rest = cursor.take_span(self.grammar.until_or_comma), cursor.rest.lstrip()
        if stamp is None or (rest and (rest[0].isalnum() or rest[0] in ":/")):
            raise TimeError(f"cannot read the time `{text.strip()[:60]}`")
        return stamp

    def leading_stamp(self, text: str) -> tuple[Stamp | None, str]:
        """A time, or a span of it, at the start of the text, and the rest; `(None, text)` when it does not start with
        one. Raises TimeError."""
        if not self.grammar.may_open(text.lstrip()):
            return None, text
        cursor = _Cursor(text.lstrip(), self)
        stamp = cursor.take_span(self.grammar.until)
        return (stamp, cursor.rest.lstrip()) if stamp else (None, text)

    def leading_day(self, text: str) -> tuple[date | None, str]:
        """A day at the start of the text, with or without a time of day, and the rest; `(None, text)` when it does not
        start with one. Raises TimeError."""
        if not self.grammar.may_open(text.lstrip()):
            return None, text
        cursor = _Cursor(text.lstrip(), self)
        cursor.take_marks()
        found = self.grammar.day.match(cursor.rest)
        if not found:
            return None, text
        if found.end() == len(cursor.rest) and (day := cursor.take_day()):
            return day, ""
        stamp, rest = self.leading_stamp(text)
        return (stamp.day, rest) if stamp else (None, text)

    def day_in(self, text: str) -> date | None:
        """The first day that stands anywhere in a title and can be read."""
        return next((day for day in self._settled(self._written_days(text)) if isinstance(day, date)), None)

    def day_of_stem(self, stem: str) -> date | None:
        """As `day_in`, of a file's name, which may begin with six figures: `112622-weekly`."""
        days = self._settled((*self._written_days(stem), *filter(None, [stem_day(stem)])))
        return next((day for day in days if isinstance(day, date)), None)

    def zone(self, name: str) -> tzinfo | None:
        """A zone by its abbreviation, IANA name or offset; None when it is none. Raises TimeError when it may be two."""
        return zone_named(name, self.words, self.home)

    def settle(self, written: WrittenDay) -> date:
        """The day that is meant: by the order that the file's other dates show, else the one that the file names elsewhere
        beyond doubt, else by `date_order`. Raises TimeError when they leave it open."""
        if written.is_sure:
            return self._dated(written, next(iter(written.readings)))
        orders = self.evidence.orders if self.evidence else frozenset()
        if len(orders & written.readings.keys()) == len(orders) == 1:
            return self._dated(written, next(iter(orders)))
        days = self._days(written)
        same = {day for day in days.values() if self.evidence and day in self.evidence.days}
        if len(same) == 1:
            return same.pop()
        if self.date_order in days and not orders:
            return days[self.date_order]
        raise TimeError(_in_doubt(written, days, shows_both=len(orders) > 1))

    def _days(self, written: WrittenDay) -> dict[str | None, date]:
        """The readings that have a year."""
        days: dict[str | None, date] = {}
        for order in written.readings:
            with suppress(TimeError):
                days[order] = self._dated(written, order)
        return days

    def _dated(self, written: WrittenDay, order: str) -> date:
        year, month, day = written.readings[order]
        if year is None and self.evidence:
            year = self.evidence.year_of(month, day, self.date_order)
        if year is None:
            raise TimeError(f"`{written.text}` has no year, and nothing in the file tells it; write YYYY-MM-DD")
        return make_day(year, month, day, written.text)

    def _written_days(self, text: str) -> Iterator[WrittenDay]:
        for found in self.grammar.any_day.finditer(text[:_LONGEST]):
            try:
                yield written_day(found, self.grammar.months)
            except TimeError:
                continue

    def _settled(self, written: Iterable[WrittenDay]) -> Iterator[date | TimeError]:
        for each in written:
            try:
                yield self.settle(each)
            except TimeError as error:
                yield error


class _Cursor:
    """Walks along a text that begins with a time; what it has not taken is `rest`."""

    def __init__(self, text: str, clockwork: Clockwork) -> None:
        self.rest = text
        self.clockwork = clockwork
        self.grammar = clockwork.grammar
        self.found: re.Match[str] | None = None  # the time of day as written
        self.is_approximate = self.has_t = self.is_ctime = False

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        if found := pattern.match(self.rest):
            self.rest = self.rest[found.end() :]
        return found

    def take_marks(self) -> None:
        """`around`, `On`, `Friday,`."""
        marks = None if self.rest[:1].isdigit() else self.take(self.grammar.marks)
        self.is_approximate |= bool(marks and marks["sign"])

    def take_span(self, joint: re.Pattern[str]) -> Stamp | None:
        """`2:10 - 2:30pm UTC`: the zone, and the half of the day, that only one end names hold for both."""
        self.take(self.grammar.start)
        start, first, rest = self.take_stamp(), self.found, self.rest
        if start is None or not self.take(joint):
            return start
        end, second = self.take_stamp(), self.found
        if end is None or (start.clock is None) != (end.clock is None):
            self.rest = rest
            return start
        if first and second:
            clocks = _clocks_of_span(first, second)
            start, end = start._replace(clock=clocks[0]), end._replace(clock=clocks[1])
            start = start.on(end.day) if clocks[0] <= clocks[1] else start
        zone, zone_text = start.zone or end.zone, start.zone_text or end.zone_text
        return start._replace(zone=zone, zone_text=zone_text, until=end.zoned(start.zone))

    def take_stamp(self) -> Stamp | None:
        self.found = None
        self.is_approximate = self.has_t = self.is_ctime = False
        self.take_marks()
        day = self.take_day()
        clock = self._take_clock_behind_day() if day else self._take_clock(self.grammar.clocks)
        if day is None and clock is None:
            return None
        if not self.rest:
            return Stamp(day, clock, is_approximate=self.is_approximate)
        zone, name = self._take_zone(clock, is_behind_day=day is not None) if clock else (None, None)
        if self.is_ctime:
            self.take(_CTIME_YEAR)
        day = day or self._take_day_behind()
        is_approximate = bool(self.take(self.grammar.ish)) or self.is_approximate
        return Stamp(day, clock, zone, name, is_approximate)

    def take_day(self) -> date | None:
        found = self.grammar.day.match(self.rest)
        if not found or _is_a_verb(found):
            return None
        written = written_day(found, self.grammar.months)
        self.rest = self.rest[found.end() :]
        year, month, day = written.readings.get(YMD, (0, 0, 0))
        if year is None and (ctime := _CTIME.match(self.rest)):
            self.is_ctime = True
            written = written._replace(readings={YMD: (int(ctime["year"]), month, day)})
        self.take(self.grammar.weekday_behind)
        return self.clockwork.settle(written)

    def _take_clock_behind_day(self) -> time | None:
        rest = self.rest
        between = self.take(self.grammar.between)
        if not between:
            return None
        self.take_marks()
        self.has_t = bool(between["t"])
        patterns = self.grammar.clocks_behind_day
        clock = self._take_clock((*patterns, self.grammar.basic_clock) if self.has_t else patterns)
        if clock is None:
            self.rest = rest
        return clock

    def _take_clock(self, patterns: Iterable[re.Pattern[str]]) -> time | None:
        self.take(_T)
        if noon := self.take(self.grammar.noon):
            if noon["midnight"]:
                raise TimeError(f"`{noon[0]}` may begin the day or end it; write 00:00 and the day")
            return time(12)
        self.found = next(filter(None, map(self.take, patterns if self.rest[:1].isdigit() else ())), None)
        self.take(self.grammar.hours)
        return _clock(self.found) if self.found else None

    def _take_zone(self, clock: time, *, is_behind_day: bool) -> tuple[tzinfo | None, str | None]:
        """`10:57-11:03` is a span and no offset: one with a minus counts only behind a day."""
        found = self.grammar.zone.match(self.rest)
        name = (found["in"] or found["inside"] or found["bare"]) if found else None
        if not found or not name or (name[0] in MINUS and not (is_behind_day and self._is_offset(clock, found[0]))):
            return None, None
        zone = self.clockwork.zone(name)
        if zone is None and re.fullmatch(rf"[{MINUS}+]\d{{1,2}}:?\d\d", name):
            raise TimeError(f"no zone has the offset `{name}`")
        if zone:
            self.rest = self.rest[found.end() :]
        return (zone, name) if zone else (None, None)

    def _is_offset(self, clock: time, text: str) -> bool:
        """Behind a `T`, a space or seconds, or backwards as a span, `-05:00` is an offset; where it may be the end of a
        span too it is refused."""
        end = re.fullmatch(rf"[{MINUS}](\d{{1,2}}):(\d\d)", text)
        is_short = self.found is not None and self.found[0].count(":") == 1
        if not end or self.has_t or not is_short:
            return True
        if self.found and _half(self.found):
            return False
        if (int(end[1]), int(end[2])) <= (clock.hour, clock.minute):
            return True
        if end[2] != "00":
            return False
        raise TimeError(f"`{clock:%H:%M}{text}` may be a span or an offset; write ` to ` or a `T` before the time")

    def _take_day_behind(self) -> date | None:
        """`14:02 on 4 March 2026`; after a space alone the day must be all that is left."""
        rest = self.rest
        joint = self.take(self.grammar.on) or self.take(_SPACE)
        if joint is None:
            return None
        self.take(self.grammar.weekday)
        day = self.take_day()
        if "(" in joint[0]:
            self.rest = self.rest.removeprefix(")")
        if day is None or (joint.re is _SPACE and self.rest.strip()):
            self.rest = rest
            return None
        return day


def _in_doubt(written: WrittenDay, days: Mapping[str | None, date], *, shows_both: bool) -> str:
    why, set_order = (
        (", and other dates of the file show both", "") if shows_both else ("", "set date_order in ops.yml or ")
    )
    year = next((day.year for day in days.values()), "YYYY")
    return f"`{written.text}` may be day or month first{why}; {set_order}write {year}-MM-DD"


def _is_a_verb(found: re.Match[str]) -> bool:
    """`5 may have failed`: without a year, a month is written with a capital."""
    name = found["m1"] or found["m2"]
    return bool(name and name.islower() and not (found["y1"] or found["y1s"] or found["y2"]))


def _clocks_of_span(first: re.Match[str], second: re.Match[str]) -> tuple[time, time]:
    """The half of the day that one end names is that of the other, unless the span would run backwards by it."""
    named = _half(first) or _half(second)
    for half in (named, "a" if named == "p" else "p"):
        start, end = _clock(first, half if named else None), _clock(second, half if named else None)
        if start <= end or not named:
            return start, end
    return _clock(first, named), _clock(second, named)


def _half(found: re.Match[str]) -> str | None:
    half = found.groupdict().get("half")
    return half.lower() if half else None


def _clock(found: re.Match[str], half_of_span: str | None = None) -> time:
    parts = found.groupdict()
    hour, minute, second = (int(parts.get(part) or 0) for part in "hms")
    half = _half(found) or (half_of_span if 1 <= hour <= 12 else None)
    if half:
        if not 1 <= hour <= 12:
            raise TimeError(f"there is no time {found[0].strip()}")
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour == 24:
        raise TimeError("24:00 is written 00:00 of the next day")
    if second == 60:
        raise TimeError("leap seconds are not read; write :59")
    try:
        return time(hour, minute, second, int((parts.get("f") or "0").ljust(6, "0")[:6]))
    except ValueError:
        raise TimeError(f"there is no time {found[0].strip()}") from None


def to_utc(stamp: Stamp, zone: tzinfo) -> datetime:
    """The instant of a stamp that has a day and a time of day, as naive UTC. Raises TimeError where a clock change
    skips or repeats it, and where its label names another zone."""
    if stamp.day is None or stamp.clock is None:
        raise TimeError("a day and a time of day are needed")
    local = datetime.combine(stamp.day, stamp.clock, stamp.zone or zone)
    if stamp.label_zone and local.utcoffset() not in _offsets(local, stamp.label_zone):
        raise TimeError(f"`{stamp.zone_text}` contradicts the zone of the label, {stamp.label_zone}; write one of them")
    first = local.astimezone(UTC)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        back = first.astimezone(local.tzinfo).replace(tzinfo=None)
        what = "occurs twice" if back == local.replace(tzinfo=None) else "does not exist"
        raise TimeError(f"{local:%Y-%m-%d %H:%M} {what} in {local.tzinfo} (the clocks change); write the offset")
    return first.replace(tzinfo=None)


def _offsets(local: datetime, zone: tzinfo) -> set[timedelta | None]:
    """What a zone's clocks are set to at a time of day: two where they repeat it."""
    return {local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
