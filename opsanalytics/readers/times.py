"""Times as teams write them: a closed list of forms, read exactly or refused with the reason.

Nothing is repaired in silence: a day that does not exist, an hour that a clock change skips or repeats, a date whose
day and month could be swapped, `24:00` and leap seconds are refused, with what to write instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opsanalytics.readers.vocabulary import Vocabulary

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), 1)
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ABOUT = re.compile(r"(?:~|≈|about|around|approximately|approx\.?|circa|ca\.?)\s*", re.IGNORECASE)
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+(?=\w)", re.IGNORECASE)
_SEPARATOR = "[-/.‐‑‒–−]"
_DAY = re.compile(
    rf"""(?: (?P<iso>\d{{4,9}}{_SEPARATOR}\d{{1,2}}{_SEPARATOR}\d{{1,2}})
           | (?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m1>{_MONTH})\.?,?\s+(?P<y1>\d{{4}})
           | (?P<m2>{_MONTH})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y2>\d{{4}})
           | (?P<n1>\d{{1,2}})[/.](?P<n2>\d{{1,2}})[/.](?P<y3>\d{{4}})
         )(?!\d)""",
    re.IGNORECASE | re.VERBOSE,
)
_BETWEEN = re.compile(r"(?:\s*[Tt](?=\d)|\s*,?\s+(?:at\s+|around\s+|about\s+)?~?|\s*@\s*|,)(?=\d)")
_CLOCK = re.compile(r"(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?(?!\d)(?:\s*(?P<half>[ap])\.?m\b\.?)?",
                    re.IGNORECASE)  # fmt: skip
_ZONE = re.compile(
    r"""\s?(?: \((?P<in>[A-Za-z][\w/+:-]{0,40})\)
           | (?P<bare>[+\-‐‑−]\d{1,2}:?\d{2}(?!\d) | [+\-‐‑−]\d{1,2}(?![\d:-])
                    | (?:UTC|GMT)[+\-‐‑−]\d{1,2}(?::?\d{2})?(?!\d) | [A-Za-z]+/[\w/+-]{1,40} | [A-Za-z]{1,5}\b))""",
    re.VERBOSE | re.IGNORECASE,
)
_MINUSES = dict.fromkeys(map(ord, "‐‑−"), "-")
_UTC_AND = re.compile(r"^(?:UTC|GMT)(?=[+-])", re.IGNORECASE)
_AREAS = frozenset(
    ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Etc", "Europe", "Indian", "Pacific", "US")
)
_YEARS = range(1000, 3000)


class TimeError(ValueError):
    """A time that is no instant; the text says why and what to write."""


@dataclass(frozen=True)
class Stamp:
    """What a text says of a time: a day, a time of day, a zone; each None when it does not say."""

    day: date | None = None
    clock: time | None = None
    zone: tzinfo | None = None
    zone_text: str | None = None

    def on(self, day: date | None) -> Stamp:
        return self if self.day else replace(self, day=day)


@dataclass(frozen=True)
class Clockwork:
    """How one workspace, and one file in it, reads times."""

    words: Vocabulary
    date_order: str | None = None

    def stamp(self, text: str) -> Stamp:
        """A text that is one time and nothing more (a remark behind it apart). Raises TimeError."""
        stamp, rest = self.leading_stamp(text)
        if stamp is None or (rest and (rest[0].isalnum() or rest[0] == ":")):
            raise TimeError(f"cannot read the time `{text.strip()[:60]}`")
        return stamp

    def leading_stamp(self, text: str) -> tuple[Stamp | None, str]:
        """A time at the start of the text, and the rest; `(None, text)` when it does not start with one."""
        rest = _skip(_WEEKDAY, _skip(_ABOUT, text.lstrip()))
        found = _DAY.match(rest)
        day = self._day(found) if found else None
        if found:
            rest = rest[found.end() :]
            between = _BETWEEN.match(rest)
            clock = _CLOCK.match(rest, between.end()) if between else None
        else:
            rest = re.sub(r"^[Tt](?=\d{1,2}:)", "", rest)
            clock = _CLOCK.match(rest)
        if not clock:
            return (Stamp(day), rest.lstrip()) if day else (None, text)
        zone, name, rest = self._zone(rest[clock.end() :], follows_day=day is not None)
        return Stamp(day, _clock(clock), zone, name), rest.lstrip()

    def leading_day(self, text: str) -> tuple[date | None, str]:
        """A day at the start of the text, with or without a time of day, and the rest; `(None, text)` when it does not
        start with one. Raises TimeError."""
        if not _DAY.match(_skip(_WEEKDAY, _skip(_ABOUT, text))):
            return None, text
        stamp, rest = self.leading_stamp(text)
        return (stamp.day, rest) if stamp else (None, text)

    def zone(self, name: str) -> tzinfo | None:
        """A zone by its abbreviation, IANA name or offset; None when it is none."""
        name = name.translate(_MINUSES)
        name = self.words.group("zones").get(name.casefold(), name)
        return _offset(_UTC_AND.sub("", name)) or (_iana(name) if "/" in name else None)

    def _zone(self, rest: str, *, follows_day: bool) -> tuple[tzinfo | None, str | None, str]:
        """`10:57-11:03` is a span and no offset: one with a minus counts only behind a day."""
        found = _ZONE.match(rest)
        name = (found["in"] or found["bare"]) if found else None
        if not found or not name or (name[0] in "-‐‑−" and not follows_day):
            return None, None, rest
        zone = self.zone(name)
        if zone is None and name.partition("/")[0] in _AREAS:
            raise TimeError(f"no zone is named `{name}`")
        return (zone, name, rest[found.end() :]) if zone else (None, None, rest)

    def _day(self, found: re.Match[str]) -> date:
        if found["iso"]:
            parts = re.split(_SEPARATOR, found["iso"])
            if len(parts[0]) > 4:
                raise TimeError(f"the year {parts[0]} has more than four digits")
            year, month, day = map(int, parts)
            return _date(year, month, day, found[0])
        if found["n1"]:
            return self._numeric_day(int(found["n1"]), int(found["n2"]), int(found["y3"]), found[0])
        order = ("y1", "m1", "d1") if found["m1"] else ("y2", "m2", "d2")
        year_text, name, number = (found[part] for part in order)
        return _date(int(year_text), _MONTHS[name.casefold()], int(number), found[0])

    def _numeric_day(self, first: int, second: int, year: int, text: str) -> date:
        if first > 12 or first == second or (self.date_order == "DMY" and second <= 12):
            return _date(year, second, first, text)
        if second > 12 or self.date_order == "MDY":
            return _date(year, first, second, text)
        raise TimeError(f"`{text}` may be day or month first; set date_order in ops.yml or write {year}-MM-DD")


def to_utc(stamp: Stamp, zone: tzinfo) -> datetime:
    """The instant of a stamp that has a day and a time of day, as naive UTC. Raises TimeError where a clock change
    skips or repeats it."""
    if stamp.day is None or stamp.clock is None:
        raise TimeError("a day and a time of day are needed")
    local = datetime.combine(stamp.day, stamp.clock, stamp.zone or zone)
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first != second:
        back = first.astimezone(local.tzinfo).replace(tzinfo=None)
        what = "occurs twice" if back == local.replace(tzinfo=None) else "does not exist"
        raise TimeError(f"{local:%Y-%m-%d %H:%M} {what} in {local.tzinfo} (the clocks change); write the offset")
    return first.replace(tzinfo=None)


_UNITS = {"d": 1440, "h": 60, "m": 1, "s": 1 / 60}
_DURATION = re.compile(r"(?P<number>\d{1,7}(?:[.,]\d{1,7})?)\s*(?P<unit>d|h|m|s)(?:ays?|ours?|rs?|inutes?|ins?|econds?|ecs?)?(?![a-z])\.?(?:\s*(?:,|and)?\s*)",
                       re.IGNORECASE)  # fmt: skip


def parse_duration(text: str) -> float | None:
    """Minutes of a duration in words (`5 hours 3 minutes`, `1d 5h`, `148 minutes`, `1h35`); None when it is none."""
    text = re.sub(r"(?<=\dh)(\d{1,2})$", r"\1m", _skip(_ABOUT, text.strip()[:100]).rstrip("."))
    minutes, end = 0.0, 0
    while found := _DURATION.match(text, end):
        minutes += float(found["number"].replace(",", ".")) * _UNITS[found["unit"].lower()]
        end = found.end()
    rest = text[end:].lstrip()
    return minutes if end and (not rest or rest[0] in "(,;—–-") else None


_UNIT = r"(?:d(?:ays?)?|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?)(?![a-z])"
_OFFSET = re.compile(
    rf"""[Tt]\s?(?: \+?\s?(?P<zero>0)
                 | (?P<sign>[+\-–‐‑−])\s?(?: (?P<hours>\d{{1,4}}):(?P<minutes>\d{{2}})
                                         | (?P<words>\d{{1,7}}(?:\.\d{{1,3}})?\s?{_UNIT}(?:\s?\d{{1,7}}\s?{_UNIT})*(?:\d{{1,2}})?)
                                         | (?P<bare>\d{{1,7}}(?:\.\d{{1,3}})?)))(?!\w|[:.]\d)""",
    re.VERBOSE | re.IGNORECASE,
)


def leading_offset(text: str) -> tuple[float | None, str]:
    """`T0`, `T+95`, `T+95m`, `T+1h35` or `T+1:35` at the start, in minutes, and the rest; `(None, text)` else."""
    found = _OFFSET.match(text)
    if not found:
        return None, text
    if found["zero"]:
        minutes = 0.0
    elif found["hours"]:
        minutes = int(found["hours"]) * 60.0 + int(found["minutes"])
    else:
        minutes = float(found["bare"]) if found["bare"] else parse_duration(found["words"]) or 0.0
    return (minutes if found["sign"] in (None, "+") else -minutes), text[found.end() :]


def _skip(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return text[found.end() :] if found else text


def _date(year: int, month: int, day: int, text: str) -> date:
    if year not in _YEARS:
        raise TimeError(f"the year {year} is out of range")
    try:
        return date(year, month, day)
    except ValueError:
        raise TimeError(f"there is no day {text}") from None


def _clock(found: re.Match[str]) -> time:
    hour, minute, second = int(found["h"]), int(found["m"]), int(found["s"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise TimeError(f"there is no time {found[0].strip()}")
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    if hour == 24:
        raise TimeError("24:00 is written 00:00 of the next day")
    if second == 60:
        raise TimeError("leap seconds are not read; write :59")
    try:
        return time(hour, minute, second, int((found["f"] or "0").ljust(6, "0")[:6]))
    except ValueError:
        raise TimeError(f"there is no time {found[0].strip()}") from None


def _offset(text: str) -> tzinfo | None:
    """`+02:00`, `+0200` or `+02`: offsets in use are whole quarters of an hour within fourteen hours."""
    found = re.fullmatch(r"([+-])(\d{1,2}):?(\d{2})?", text)
    minutes = int(found[2]) * 60 + int(found[3] or 0) if found else 1
    if not found or minutes % 15 or minutes > 14 * 60:
        return None
    return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes)) if minutes else UTC


@lru_cache(maxsize=256)
def _iana(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
