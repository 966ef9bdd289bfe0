"""What the dates of a file say of each other: whether day or month comes first, and of which year a date without one is.

All of it is read from a path and a text, and nothing from the clock.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import PurePosixPath

from opsanalytics.readers.days import DMY, MDY, WrittenDay, make_day, stem_day, written_day
from opsanalytics.readers.grammar import grammar_of
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.readers.zones import TimeError, iana_name

_TITLE = re.compile(r"^#\s.*|^title:.*", re.MULTILINE)
_YEAR = re.compile(r"(?<![\w.,-])(?:19|20)\d\d(?![\w.,-]*\d)")
_MONTH_OF_NAME = re.compile(r"(?<![\d.])(?:19|20)\d\d(?=[-_](?:0[1-9]|1[0-2])(?![-_]?\d))")
_HEAD = 1000
_NEAR = 4  # months


@dataclass(frozen=True, eq=False)
class Evidence:
    """One file's dates, looked through once somebody asks."""

    words: Vocabulary
    path: str = ""
    text: str = field(default="", repr=False)
    _years: dict[tuple[int, int, str | None], int | None] = field(default_factory=dict, repr=False)

    @cached_property
    def orders(self) -> frozenset[str]:
        """`DMY` and `MDY`, as far as days beyond the twelfth show them. What may be a version or an address shows none."""
        shown = [each for found, each in self._written if found["y3"] or found["sep"] == "/"]
        shown += filter(None, [stem_day(PurePosixPath(self.path).stem)])
        return frozenset(order for each in shown if len(each.readings) == 1 for order in each.readings) & {DMY, MDY}

    @cached_property
    def days(self) -> frozenset[date]:
        """The days that are written beyond doubt, in the text and in the path."""
        written = (*self._named, *(each for _, each in self._written))
        return frozenset(day for each in written if each.is_sure for day in _dated(each))

    def year_of(self, month: int, day: int, date_order: str | None = None) -> int | None:
        """The year that the file's path and title give, else its head, else all of its days: the one that brings the
        date near to them. None when they differ, or there are none."""
        key = month, day, date_order
        if key not in self._years:
            self._years[key] = self._year_near(*key)
        return self._years[key]

    def _year_near(self, month: int, day: int, date_order: str | None) -> int | None:
        head = [each for found, each in self._written if found.start() < _HEAD]
        for written in (self._named, head, [each for _, each in self._written]):
            years = _years_near(written, month, day, date_order)
            if not years and written is self._named:
                years = {int(found) for found in self._years_of_name()}
            if years:
                return years.pop() if len(years) == 1 else None
        return None

    def _years_of_name(self) -> list[str]:
        """Of a year that stands alone in the path or title, or of a path named for a month: `2026-04-minutes`."""
        return _YEAR.findall(f"{self.path} {self._title}") or _MONTH_OF_NAME.findall(self.path)

    @cached_property
    def _title(self) -> str:
        found = _TITLE.search(self.text[: _HEAD * 4])
        return found[0] if found else ""

    @cached_property
    def _named(self) -> list[WrittenDay]:
        """The days of the path and of the title."""
        path = PurePosixPath(self.path)
        days = [each for part in (*path.parts, self._title) for _, each in self._days_in(part)]
        return [*days, *filter(None, [stem_day(path.stem)])]

    @cached_property
    def _written(self) -> list[tuple[re.Match[str], WrittenDay]]:
        return list(self._days_in(self.text))

    def _days_in(self, text: str) -> Iterator[tuple[re.Match[str], WrittenDay]]:
        grammar = grammar_of(self.words)
        for found in grammar.any_day.finditer(text):
            try:
                yield found, written_day(found, grammar.months)
            except TimeError:
                continue


def _dated(written: WrittenDay) -> list[date]:
    """Every day with a year that it may be."""
    return [make_day(year, month, day, "") for year, month, day in written.readings.values() if year]


def _years_near(written: Iterable[WrittenDay], month: int, day: int, date_order: str | None) -> set[int | None]:
    """The years that days give a date without one: those beyond doubt, else those that may be swapped."""
    sure: set[int | None] = set()
    unsure: set[int | None] = set()
    for each in (each.in_order(date_order) for each in written):
        (sure if each.is_sure else unsure).update(_nearest_year(known, month, day) for known in _dated(each))
    return sure or (unsure if len(unsure) == 1 else set())


def _nearest_year(known: date, month: int, day: int) -> int | None:
    """The year that brings a date near a known day: 2 January is next year's to the 30th of December, and in March
    nobody knows which October is meant."""
    months = 12 * known.year + known.month - month + (known.day - day) / 31
    year = round(months / 12)
    return year if abs(months - 12 * year) <= _NEAR else None


def date_order_of(files: Iterable[tuple[str, str]], words: Vocabulary) -> str | None:
    """`DMY` or `MDY`, when the dates of all files (path, text) show one of them and never the other."""
    orders = {order for path, text in files for order in Evidence(words, path, text).orders}
    return orders.pop() if len(orders) == 1 else None


def zone_of(files: Iterable[tuple[str, str]], words: Vocabulary) -> str | None:
    """The IANA zone that most files (path, text) state, behind a time or in a sentence; None where two are as frequent."""
    ranks = Counter(zone for _, text in files for zone in _zones_in(text, words)).most_common(2)
    is_tie = len(ranks) == 2 and ranks[0][1] == ranks[1][1]
    return ranks[0][0] if ranks and not is_tie else None


def _zones_in(text: str, words: Vocabulary) -> set[str]:
    grammar = grammar_of(words)
    found = (*grammar.zone_behind.finditer(text), *grammar.zones_of_all(text))
    return {zone for each in found if (zone := iana_name(each["zone"], words))}
