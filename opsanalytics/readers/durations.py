"""Durations and offsets in minutes, from words, signs and ISO 8601."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from math import isclose

from opsanalytics.readers.grammar import any_of
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.readers.zones import TimeError

_MINUTES = {"w": 10080.0, "d": 1440.0, "h": 60.0, "m": 1.0, "s": 1 / 60}
_LONGEST = 120
Found = tuple[float, int, float]  # minutes, where they end in the text, and the step of their last unit
_NUMBER = r"\d{1,7}(?:[.,]\d{1,7})?"
_CLOCK = re.compile(r"(?P<h>\d{1,3}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?![\d:])(?:\s?h(?![^\W\d_]))?", re.IGNORECASE)
_ISO = re.compile(r"P(?=\w)(?:(?P<w>\d{1,4})W)?(?:(?P<d>\d{1,5})D)?(?:T(?=\d)(?:(?P<h>\d{1,5})H)?(?:(?P<m>\d{1,7})M)?(?:(?P<s>\d{1,9})S)?)?(?!\w)",
                  re.IGNORECASE)  # fmt: skip
_END = re.compile(r"\s*(?:$|[.,;()\[\]!?*]|[-–—]\s(?!~?\d))")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_MINUTES_BEHIND_HOURS = re.compile(r"(?<=\dh)(\d{1,2})(?!\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Duration:
    """Minutes, a day being 24 hours. `is_working_time` tells that the file counts support hours and no elapsed time.
    `step` is what the last unit counts, in minutes: a minute in `1h 35m`, an hour in `5 hours`, half of one in `2.5 h`."""

    minutes: float
    is_working_time: bool = False
    is_approximate: bool = False
    step: float = field(default=1, compare=False)


def parse_duration(text: str, words: Vocabulary, unit: str | None = None) -> Duration:
    """`5 hours 3 minutes`, `1d 5h`, `1h35`, `1:35`, `half an hour`, `PT1H30M`; a bare number only where `unit` tells what
    it counts. Raises TimeError: a bound such as `up to 2 hours` and a choice such as `2-3 hours` are no duration."""
    return _reader_of(words).read(" ".join(text[:_LONGEST].split()), unit)


class _Reader:
    """The patterns that the words of one vocabulary make."""

    def __init__(self, words: Vocabulary) -> None:
        said = words.group("duration_words")
        bound, about, working, joint = (any_of(word for word, of in said.items() if of == part)
                                        for part in ("bound", "about", "working", "joint"))  # fmt: skip
        self.units = words.group("duration_units")
        self.numbers = words.group("number_words")
        number, unit = any_of(self.numbers), any_of(self.units)
        half = rf"(?:\s(?:{joint})\s(?P<{{}}>0\.5))?"
        self.bound = re.compile(rf"[<>≤≥]|(?:{bound})\s", re.IGNORECASE)
        self.about = re.compile(rf"(?:[~≈∼]+|(?:{about})(?!\w)\.?)\s?", re.IGNORECASE)
        self.working = re.compile(rf"(?P<digit>\d\s)?(?<!\w)(?:{working})(?!\w)", re.IGNORECASE)
        self.number = re.compile(rf"(?<![\w.,])(?P<tens>{number})(?:[\s-](?P<ones>{number}))?(?![\w-])", re.IGNORECASE)
        days = any_of(word for word, of in self.units.items() if of == "d")
        self.half_day = re.compile(rf"0[.,]5\s?(?:{days})(?!\w)", re.IGNORECASE)
        self.piece = re.compile(
            rf"(?P<number>{_NUMBER}|(?=½))\s?(?P<sign>½)?{half.format('more')}\s?(?P<unit>{unit})(?![^\W\d_])\.?"
            rf"{half.format('then')}(?:\s?(?:[,+&]|(?:{joint})(?!\w))?\s?)",
            re.IGNORECASE,
        )

    def read(self, text: str, unit: str | None) -> Duration:
        if self.bound.match(text):
            raise TimeError(f"`{text[:60]}` is a bound and no duration")
        about = self.about.match(text)
        rest = self._in_figures(text[about.end() :] if about else text)
        if self.half_day.match(rest):
            raise TimeError(f"`{text[:60]}` may be of a working day; write the hours")
        minutes, end, step = _clock_or_iso(rest) or self._in_words(rest) or self._bare(rest, unit) or (0.0, 0, 0.0)
        if not end or not _END.match(rest, end):
            raise TimeError(f"cannot read the duration `{text[:60]}`")
        return Duration(minutes, bool(self.working.search(text)), bool(about), step)

    def _in_figures(self, text: str) -> str:
        """`two business days` as `2 days`, `forty-five minutes` as `45 minutes`."""
        text = self.number.sub(self._figure, _THOUSANDS.sub("", text))
        text = self.working.sub(
            lambda found: found["digit"] + re.split(r"[\s-]", found[0])[-1] if found["digit"] else "", text
        )
        return _MINUTES_BEHIND_HOURS.sub(r"\1m", text)

    def _figure(self, found: re.Match[str]) -> str:
        tens, ones = (self._value(found[part]) for part in ("tens", "ones"))
        if tens and ones:
            return f"{tens + ones:g}" if tens >= 20 and ones < 10 else f"{tens:g} {ones:g}"
        return f"{tens:g}"

    def _value(self, word: str | None) -> float | None:
        return float(self.numbers[" ".join(re.split(r"[\s-]", word.casefold()))]) if word else None

    def _in_words(self, text: str) -> Found | None:
        minutes, end, step = 0.0, 0, 0.0
        while found := self.piece.match(text, end):
            number = float((found["number"] or "0").replace(",", "."))
            halves = sum(0.5 for part in ("sign", "more", "then") if found[part])
            of_unit = _MINUTES[self.units[found["unit"].casefold()]]
            minutes += (number + halves) * of_unit
            end, step = found.end(), _step_of(number + halves) * of_unit
        return (minutes, end, step) if end else None

    def _bare(self, text: str, unit: str | None) -> Found | None:
        number = re.match(rf"{_NUMBER}(?!\w)", text)
        counted = next(
            (self.units[word] for word in re.findall(r"[^\W\d_]+", (unit or "").casefold()) if word in self.units), None
        )
        if not number or not counted:
            return None
        count = float(number[0].replace(",", "."))
        return count * _MINUTES[counted], number.end(), _step_of(count) * _MINUTES[counted]


@lru_cache(maxsize=64)
def _reader_of(words: Vocabulary) -> _Reader:
    return _Reader(words)


def _clock_or_iso(text: str) -> Found | None:
    found = _CLOCK.match(text) or _ISO.match(text)
    if not found or not any(found.groups()):
        return None
    said = {unit: float(number) for unit, number in found.groupdict().items() if number}
    return sum(number * _MINUTES[unit] for unit, number in said.items()), found.end(), _MINUTES[list(said)[-1]]


def _step_of(number: float) -> float:
    """The smallest part of a unit that a number counts: 1 of `5`, a half of `2.5`, a quarter of `0.25`."""
    return next((step for step in (1, 0.5, 0.25, 0.1) if isclose(number / step, round(number / step))), 0.01)


_UNIT = r"(?:d(?:ays?)?|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?)(?![a-z])"
_OFFSET = re.compile(
    rf"""[Tt]\s?(?: \+?\s?(?P<zero>0)
                 | (?P<sign>[+\-–‐‑−])\s?(?: (?P<hours>\d{{1,4}}):(?P<minutes>\d{{2}})
                                         | (?P<words>\d{{1,7}}(?:\.\d{{1,3}})?\s?{_UNIT}(?:\s?\d{{1,7}}\s?{_UNIT})*(?:\d{{1,2}})?)
                                         | (?P<bare>\d{{1,7}}(?:\.\d{{1,3}})?)))(?!\w|[:.]\d)""",
    re.VERBOSE | re.IGNORECASE,
)
_STEP = re.compile(r"([\d.]+)\s?([dhm]?)[a-z]*\s?", re.IGNORECASE)


def leading_offset(text: str) -> tuple[float | None, str]:
    """`T0`, `T+95`, `T+95m`, `T+1h35` or `T+1:35` at the start, in minutes, and the rest; `(None, text)` else."""
    found = _OFFSET.match(text)
    if not found:
        return None, text
    if found["hours"]:
        minutes = int(found["hours"]) * 60.0 + int(found["minutes"])
    elif found["words"]:
        minutes = sum(float(number) * _MINUTES[unit.lower() or "m"] for number, unit in _STEP.findall(found["words"]))
    else:
        minutes = float(found["bare"] or 0)
    return (minutes if found["sign"] in (None, "+") else -minutes), text[found.end() :]
