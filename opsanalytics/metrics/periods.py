"""Periods: days cut in the workspace's zone, named so that the name says the same on every day."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from opsanalytics.clocks import midnight
from opsanalytics.errors import UsageError

VALID_FORMS = (
    "2026-Q3", "2026-10", "2026-W41", "2026", "2026-09-03..2026-10-02", "last-90d", "this", "last", "all",
)
KINDS = ("week", "month", "quarter", "year")

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
# One day after date.min, so that its midnight is an instant in every zone.
_FIRST_DAY = date(1, 1, 2)


@dataclass(frozen=True)
class Period:
    """Days from `starts_on` up to and without `ends_on`, seen on the day `as_of_on`.

    kind is `week`, `month`, `quarter`, `year`, `day-range` or `all`. A fiscal quarter or year is named by the
    calendar year in which the fiscal year ends. `parse_period(period.name, ...)` gives the period back.
    """

    name: str
    kind: str
    starts_on: date
    ends_on: date
    as_of_on: date
    fiscal_year_start: int = 1

    @property
    def is_complete(self) -> bool:
        """Every one of its days is over; the as-of day itself is not over yet."""
        return self.ends_on <= self.as_of_on

    @property
    def days(self) -> int:
        return (self.ends_on - self.starts_on).days

    @property
    def days_elapsed(self) -> int:
        """Days begun by the as-of day, which counts as one; 0 when the period is still to come."""
        return min(max((self.as_of_on - self.starts_on).days + 1, 0), self.days)

    @property
    def progress(self) -> str:
        """How far a period is that is not complete: `day 53 of 92`, or `not begun`. Days that somebody asked for up to the as-of are as far as
        they go.
        """
        if not self.days_elapsed:
            return "not begun"
        goes_on = not self.is_complete and (self.kind in KINDS or self.days_elapsed < self.days)
        return f"day {self.days_elapsed} of {self.days}" if goes_on else ""

    @property
    def label(self) -> str:
        """The name, and how far the period is: `2026-Q4, day 53 of 92`."""
        if self.kind == "all":
            return f"all, up to {self.as_of_on}"
        return ", ".join(filter(None, (self.name, self.progress)))

    def starts_at(self, zone: str) -> datetime:
        """First instant of the period, as naive UTC like every instant in the tables, for days cut in `zone`."""
        return midnight(max(self.starts_on, _FIRST_DAY), ZoneInfo(zone))

    def ends_at(self, zone: str) -> datetime:
        """First instant after the period, likewise."""
        return midnight(self.ends_on, ZoneInfo(zone))


def parse_period(text: str, *, as_of_on: date, fiscal_year_start: int = 1, kind: str = "quarter") -> Period:
    """Reads a period as written by a user; `this` and `last` are of the given kind, `last` the last complete one.

    >>> parse_period("2026-Q4", as_of_on=date(2026, 11, 22)).label
    '2026-Q4, day 53 of 92'
    >>> parse_period("last", as_of_on=date(2026, 11, 22)).name
    '2026-Q3'

    Refused with UsageError: any other text, a day that does not exist, a range that runs backwards.
    """
    if kind not in KINDS:
        raise UsageError(f"`{kind}` is not a kind of period; valid: {', '.join(KINDS)}")
    shape = _Shape(as_of_on, fiscal_year_start, kind)
    for pattern, build in _FORMS:
        if match := re.fullmatch(pattern, text.strip(), re.IGNORECASE):
            try:
                return build(shape, *match.groups())
            except (ValueError, OverflowError) as error:
                raise UsageError(f"period `{text}`: {error}; {_valid()}") from None
    raise UsageError(f"`{text}` is not a period; {_valid()}")


def previous(period: Period) -> Period:
    """The period of the same kind, or as many days, just before."""
    if period.kind == "all":
        raise UsageError("the period `all` has none before it")
    shape = _Shape(period.as_of_on, period.fiscal_year_start, period.kind)
    if period.kind == "day-range":
        return shape.day_range(period.starts_on - timedelta(period.days), period.starts_on)
    return shape.containing(period.starts_on - timedelta(1))


def following(period: Period) -> Period:
    """The week, month, quarter or year just after."""
    return _Shape(period.as_of_on, period.fiscal_year_start, period.kind).containing(period.ends_on)


def trailing(period: Period, n: int) -> tuple[Period, ...]:
    """The n periods of the same kind that end with this one, oldest first; `all`, and one of the year 1, stand alone."""
    periods = [period]
    with suppress(ValueError, OverflowError):  # the calendar begins with the year 1
        while len(periods) < n and period.kind != "all":
            periods.append(previous(periods[-1]))
    return tuple(reversed(periods))


@dataclass(frozen=True)
class _Shape:
    """What a period's text leaves open."""

    as_of_on: date
    fiscal_year_start: int
    kind: str

    def containing(self, day_on: date) -> Period:
        """The period of this kind in which the day lies."""
        if self.kind == "week":
            return self._week(day_on - timedelta(day_on.weekday()))
        step = _MONTHS[self.kind]
        first_month = self.fiscal_year_start if step > 1 else 1
        months = day_on.year * 12 + day_on.month - 1
        return self.starting_month(months - (day_on.month - first_month) % step)

    def _week(self, monday: date) -> Period:
        year, week, _ = monday.isocalendar()
        return self.period(f"{year:04}-W{week:02}", monday, monday + timedelta(7))

    def starting_month(self, first: int) -> Period:
        """`first` counts months from January of year 0."""
        starts_on, ends_on = _first_day(first), _first_day(first + _MONTHS[self.kind])
        into_year = (starts_on.month - self.fiscal_year_start) % 12
        ends_in = _first_day(first - into_year + 11).year
        names = {"month": f"{starts_on.year:04}-{starts_on.month:02}", "quarter": f"{ends_in:04}-Q{into_year // 3 + 1}",
                 "year": f"{ends_in:04}"}
        return self.period(names[self.kind], starts_on, ends_on)

    def day_range(self, starts_on: date, ends_on: date) -> Period:
        name = f"{starts_on}..{ends_on - timedelta(1)}"
        return replace(self.period(name, starts_on, ends_on), kind="day-range")

    def period(self, name: str, starts_on: date, ends_on: date) -> Period:
        return Period(name, self.kind, starts_on, ends_on, self.as_of_on, self.fiscal_year_start)

    def of_kind(self, kind: str) -> _Shape:
        return replace(self, kind=kind)

    # One method for each written form.

    def year(self, year: str) -> Period:
        first = int(year) * 12 + self.fiscal_year_start - 1 - (12 if self.fiscal_year_start > 1 else 0)
        return self.of_kind("year").starting_month(first)

    def quarter(self, year: str, quarter: str) -> Period:
        first = self.year(year).starts_on
        return self.of_kind("quarter").starting_month(first.year * 12 + first.month - 1 + (int(quarter) - 1) * 3)

    def month(self, year: str, month: str) -> Period:
        return self.of_kind("month").containing(date(int(year), int(month), 1))

    def week(self, year: str, week: str) -> Period:
        return self.of_kind("week").containing(date.fromisocalendar(int(year), int(week), 1))

    def between(self, first: str, last: str) -> Period:
        starts_on, last_on = date.fromisoformat(first), date.fromisoformat(last)
        if last_on < starts_on:
            raise ValueError("the last day is before the first")
        return self.day_range(starts_on, last_on + timedelta(1))

    def last_days(self, days: str) -> Period:
        """That many days up to and with the as-of day."""
        if int(days) < 1:
            raise ValueError("at least one day")
        ends_on = self.as_of_on + timedelta(1)
        return self.day_range(ends_on - timedelta(int(days)), ends_on)

    def this(self) -> Period:
        return self.containing(self.as_of_on)

    def last(self) -> Period:
        return previous(self.this())

    def all(self) -> Period:
        return self.of_kind("all").period("all", _FIRST_DAY, self.as_of_on + timedelta(1))


_DAY = r"(\d{4}-\d{2}-\d{2})"
_FORMS: tuple[tuple[str, Callable[..., Period]], ...] = (
    (r"(\d{4})", _Shape.year),
    (r"(\d{4})-Q([1-4])", _Shape.quarter),
    (r"(\d{4})-(\d{2})", _Shape.month),
    (r"(\d{4})-W(\d{2})", _Shape.week),
    (rf"{_DAY}\.\.{_DAY}", _Shape.between),
    (r"last-(\d+)d", _Shape.last_days),
    (r"this", _Shape.this),
    (r"last", _Shape.last),
    (r"all", _Shape.all),
)


def _first_day(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)


def _valid() -> str:
    return f"valid forms: {', '.join(VALID_FORMS)}"
