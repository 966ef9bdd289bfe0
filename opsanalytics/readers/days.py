"""Days as written: the one that a text means, or the several that its numbers may mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from opsanalytics.readers.zones import TimeError

DMY, MDY, YMD = "DMY", "MDY", "YMD"
_YEARS = range(1000, 3000)
_FIGURES = re.compile(r"\d+")
_STEM = re.compile(r"(\d\d)(\d\d)(\d\d)(?![^\W_])")
_LEAP_YEAR = 2024
Reading = tuple[int | None, int, int]


class WrittenDay(NamedTuple):
    """Year (None where none is written), month and day, by each order of the numbers that makes a day."""

    text: str
    readings: Mapping[str, Reading]

    @property
    def is_sure(self) -> bool:
        return len(set(self.readings.values())) == 1

    def in_order(self, order: str | None) -> WrittenDay:
        """Read in an order, where it makes a day in that."""
        return self._replace(readings={order: self.readings[order]}) if order in self.readings and order else self


def written_day(found: re.Match[str], months: Mapping[str, int]) -> WrittenDay:
    """What a match of `Grammar.day` says. Raises TimeError when there is no such day."""
    if found["iso"] or found["basic"]:
        return _one(found[0], *_iso(found))
    if found["n1"]:
        return _in_numbers(
            found[0], found["n1"], found["n2"], found["y3"] or found["y3s"], may_be_iso=found["sep"] in "-_"
        )
    if found["n3"]:
        month, day = int(found["n3"]), int(found["n4"])
        return _possible(found[0], {MDY: (None, month, day), DMY: (None, day, month)})
    if found["m1"]:
        year = found["y1"] or (found["y1s"] and f"20{found['y1s']}")
        return _one(found[0], int(year) if year else None, _month(found["m1"], months), int(found["d1"]))
    return _one(found[0], int(found["y2"]) if found["y2"] else None, _month(found["m2"], months), int(found["d2"]))


def stem_day(stem: str) -> WrittenDay | None:
    """`112622-weekly`: six figures at the start of a file's name."""
    found = _STEM.match(stem)
    try:
        return _in_numbers(found[0], found[1], found[2], found[3], may_be_iso=True) if found else None
    except TimeError:
        return None


def make_day(year: int, month: int, day: int, text: str) -> date:
    if year not in _YEARS:
        raise TimeError(f"the year {year} is out of range")
    try:
        return date(year, month, day)
    except ValueError:
        raise TimeError(f"there is no day {text}") from None


def _iso(found: re.Match[str]) -> tuple[int, int, int]:
    text = found["iso"] or f"{found['basic'][:4]}-{found['basic'][4:6]}-{found['basic'][6:]}"
    year, month, day = _FIGURES.findall(text)
    if len(year) > 4:
        raise TimeError(f"the year {year} has more than four digits")
    return int(year), int(month), int(day)


def _in_numbers(text: str, first: str, second: str, last: str, *, may_be_iso: bool) -> WrittenDay:
    """With two digits of a year, `21-03-22` may be one that begins with it."""
    year, one, two = int(last) + (2000 if len(last) == 2 else 0), int(first), int(second)
    readings: dict[str, Reading] = {MDY: (year, one, two), DMY: (year, two, one)}
    if may_be_iso and len(last) == 2 and len(first) == 2:
        readings[YMD] = (2000 + one, two, int(last))
    return _possible(text, readings)


def _possible(text: str, readings: Mapping[str, Reading]) -> WrittenDay:
    possible = {order: reading for order, reading in readings.items() if _is_day(*reading)}
    if not possible:
        raise TimeError(f"there is no day {text}")
    return WrittenDay(text, possible)


def _one(text: str, year: int | None, month: int, day: int) -> WrittenDay:
    make_day(_LEAP_YEAR if year is None else year, month, day, text)
    return WrittenDay(text, {YMD: (year, month, day)})


def _is_day(year: int | None, month: int, day: int) -> bool:
    try:
        return bool(make_day(year or _LEAP_YEAR, month, day, ""))
    except TimeError:
        return False


def _month(name: str, months: Mapping[str, int]) -> int:
    return months[name.casefold()]
