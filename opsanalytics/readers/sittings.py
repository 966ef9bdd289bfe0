"""The days that minutes state, and where one file holds several sessions: there its headings of one level are days."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from opsanalytics.markup.parts import Part
from opsanalytics.markup.words import fold, fold_label
from opsanalytics.readers.days import stem_day, written_day
from opsanalytics.readers.record import Record
from opsanalytics.readers.times import TimeError
from opsanalytics.readers.vocabulary import Vocabulary

_WORDS = re.compile(r"[^\W\d_]{3,}")
_CLOCK = re.compile(r"\d[\d:.]*\s?[ap]\.?m\b\.?", re.IGNORECASE)
_SIX_FIGURES = re.compile(r"(?<!\d)\d{6}(?!\d)")
_LONGEST = 200


@dataclass(frozen=True)
class StatedDay:
    """A day in a text, and its place there."""

    day: date
    start: int
    end: int


def days_in(record: Record, text: str) -> list[StatedDay]:
    """Every day that stands in a title, a file's name or a sentence and can be read."""
    clockwork, text, at = record.times.clockwork, text[:_LONGEST], 0
    days = []
    while found := clockwork.grammar.any_day.search(text[at:]):
        start, at = at + found.start(), at + found.end()
        try:
            days.append(StatedDay(clockwork.settle(written_day(found, clockwork.grammar.months)), start, at))
        except TimeError:
            continue
        at += text[at : at + 1] in ("-", "_")
    return days


def days_of_name(record: Record) -> set[date]:
    """Those that the file is named for: two where it is named for a sprint, `102526-110826-notes`."""
    if found := {each.day for each in days_in(record, record.stem)}:
        return found
    clockwork = record.times.clockwork
    written = filter(None, (stem_day(figures) for figures in _SIX_FIGURES.findall(record.stem)))
    days = set()
    for each in written:
        try:
            days.add(clockwork.settle(each))
        except TimeError:
            continue
    return days or set(filter(None, [record.day_of_name()]))


@dataclass
class Sitting:
    """One session's part of a file: its day, the heading that states it, and all down to the next such heading."""

    day: date
    heading: Part
    parts: list[Part]


def split_sittings(record: Record) -> tuple[list[Part], list[Sitting]]:
    """What stands above the first, and each of them; none where the file is of one session."""
    parts = record.document.parts
    dated = _of_one_level(_dated(record)) or _of_one_level(_labelled(record))
    starts = [at for at, _ in dated]
    ends = [*starts[1:], len(parts)]
    sittings = [Sitting(day, parts[at], parts[at:end]) for (at, day), end in zip(dated, ends, strict=False)]
    return parts[: starts[0]] if starts else parts, sittings


def _of_one_level(dated: Iterable[tuple[int, date, int]]) -> list[tuple[int, date]]:
    """Those of the outermost level that has two."""
    found = list(dated)
    counts = Counter(level for _, _, level in found)
    level = min((level for level, count in counts.items() if count > 1), default=None)
    return [(at, day) for at, day, each in found if each == level]


def _dated(record: Record) -> Iterator[tuple[int, date, int]]:
    """Headings that are days; where the file's own title or name is a day, only those that are nothing but one."""
    strict = bool(days_of_name(record) or days_in(record, record.heading))
    for at, part in enumerate(record.document.parts):
        if is_heading(part) and part.label and (day := session_day(record, part.label, strict=strict)):
            yield at, day, part.level


def _labelled(record: Record) -> Iterator[tuple[int, date, int]]:
    """Headings such as `Meeting 1`, each over a line `Date:`; none where such a line stands above the first."""
    heading: tuple[int, Part] | None = None
    for at, part in enumerate(record.document.parts):
        if is_heading(part):
            heading = (at, part) if _is_heading_of_session(part.label, record.words) else None
        elif part.name == "held_on" and part.first and (days := days_in(record, part.first.text)):
            if heading is None:
                return
            yield heading[0], days[0].day, heading[1].level


def _is_heading_of_session(text: str, words: Vocabulary) -> bool:
    told = [word for word in _WORDS.findall(text) if not _is_of_a_session(word, words)]
    is_meant = fold_label(text) in words.group("ritual_header") or (not told and bool(_WORDS.search(text)))
    return is_meant and not words.mentions("other_days", "other_days", text)


def is_heading(part: Part) -> bool:
    return 1 <= part.level <= 6 and not part.is_field


def session_day(record: Record, text: str, *, strict: bool = True) -> date | None:
    """The day of a heading that is that of a session: `2026-09-04`, `Week 3 - 4 September 2026`, and, where it need not
    be strict, `2026-09-04: moving the queue`."""
    found = days_in(record, text)
    if len({each.day for each in found}) != 1 or says_other_day(text, found[0].start, record.words):
        return None
    begins = not text[: found[0].start].strip(" *_([")
    rest = _CLOCK.sub(" ", text[: found[0].start] + " " + text[found[-1].end :])
    is_plain = all(_is_of_a_session(word, record.words) for word in _WORDS.findall(rest))
    return found[0].day if is_plain or (begins and not strict) else None


def _is_of_a_session(word: str, words: Vocabulary) -> bool:
    folded = fold(word)
    return any(folded in words.group(group) for group in ("session_words", "ritual_names", "weekdays", "zones"))


def says_other_day(text: str, at: int, words: Vocabulary) -> bool:
    """Whether the words before a day say that it is another's: the next meeting's, or when something is due."""
    return words.mentions("other_days", "other_days", text[:at])
