"""Held against promised: the days for which the cadence promised a ritual, and the session that kept each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from dateutil.rrule import rrulestr

from opsanalytics.tables import Row

# A year holds every gap of a rule by days, weeks, months or quarters; what is rarer has gaps of a year.
_BEYOND = timedelta(days=400)


def promised_slots(rituals: Iterable[Row], sessions: Iterable[Row], as_of: datetime) -> Iterator[Row]:
    """One row a promised day up to the as-of, which is local time; the as-of's own day counts once it is kept or over.

    A session keeps the promised day that is nearest, the earlier one of two equally near, if it lies within half the
    gap between promised days on that side. Of two sessions for one day a held one counts, then the nearer. A session
    near a holiday keeps nothing, and a holiday promises nothing.
    """
    by_ritual: dict[str, list[Row]] = {}
    for session in sessions:
        if session["held_on"] and session["held_on"] <= as_of.date():
            by_ritual.setdefault(session["ritual"], []).append(session)
    for ritual in rituals:
        if ritual.get("rrule"):
            yield from _slots(ritual, by_ritual.get(ritual["ritual"], []), as_of)


def _slots(ritual: Row, sessions: list[Row], as_of: datetime) -> Iterator[Row]:
    starts_on = ritual.get("starts_on") or min((session["held_on"] for session in sessions), default=None)
    days = promised_days(ritual["rrule"], starts_on, as_of.date() + _BEYOND) if starts_on else []
    kept = _kept_by(sessions, days)
    for day in days:
        session = kept.get(day)
        is_due = day < as_of.date() or (day == as_of.date() and (session or _is_over(as_of)))
        if is_due and day not in ritual.get("holidays", ()):
            yield {"ritual": ritual["ritual"], "promised_on": day, "session_id": session and session["session_id"],
                   "outcome": session["status"] if session else "missed"}  # fmt: skip


def promised_days(rule: str, starts_on: date, until: date) -> list[date]:
    """The days of a rule from its start on, in order, each once."""
    first = datetime.combine(starts_on, time())
    last = datetime.combine(until, time.max)
    return sorted({moment.date() for moment in rrulestr(rule, dtstart=first).between(first, last, inc=True)})


def _kept_by(sessions: Iterable[Row], days: list[date]) -> dict[date, Row]:
    """The session of each promised day that has one."""
    kept: dict[date, Row] = {}
    for session in sessions:
        day = _nearest(session["held_on"], days)
        if day and (day not in kept or _merit(session, day) < _merit(kept[day], day)):
            kept[day] = session
    return kept


def _merit(session: Row, day: date) -> tuple[bool, timedelta, str]:
    return session["status"] != "held", abs(session["held_on"] - day), session["session_id"]


def _nearest(held_on: date, days: list[date]) -> date | None:
    at = bisect_left(days, held_on)
    near = list(days[max(0, at - 1) : at + 1])
    day = min(near, key=lambda each: (abs(each - held_on), each), default=None)
    if day is None or day == held_on:
        return day
    gap = _gap(days, day, after=held_on > day)
    return day if gap and abs(day - held_on) * 2 <= gap else None


def _gap(days: list[date], day: date, *, after: bool) -> timedelta | None:
    """The gap between promised days on the session's side; at either end the gap on the other side stands for it."""
    at = days.index(day)
    behind = days[at + 1] - day if at + 1 < len(days) else None
    before = day - days[at - 1] if at else None
    return (behind or before) if after else (before or behind)


def _is_over(as_of: datetime) -> bool:
    return as_of.time() >= time(23, 59)
