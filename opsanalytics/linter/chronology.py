"""Days that a slip of the pen put into another month or year, and those that are still to come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath

from opsanalytics.clocks import midnight
from opsanalytics.findings import Finding
from opsanalytics.linter.lint import Lint, at_label, at_row
from opsanalytics.readers.reading import Stated
from opsanalytics.readers.times import Clockwork
from opsanalytics.tables import Row

INSTANTS = ("started_at", "impact_started_at", "detected_at", "reported_at", "declared_at", "acknowledged_at",
            "mitigated_at", "impact_ended_at", "resolved_at")  # fmt: skip
_FAR, _NEAR = 20, 2  # days
_PLANNED = ("maintenance", "drill", "notice")
_DATED_ID = re.compile(r"[A-Za-z]{2,10}-(?P<day>\d{8})-\d{1,6}")


def dates_far_from_their_neighbours(record: Lint) -> Iterator[Finding]:
    """A date that all its neighbours contradict, and that would fit in their month or year."""
    for row in record.of("incidents"):
        stated = {each.name: each for each in record.stated.get(row["source_path"], ()) if each.text}
        events = record.events.get(row["incident_id"], [])
        yield from _slip_of_start(record, row, stated, [event["occurred_at"].date() for event in events])
        yield from _slips_among_fields(row, stated)
        yield from _slips_in_timeline(row, events)


def times_to_come(record: Lint) -> Iterator[Finding]:
    """What has happened has not happened on a later day than the load's. As of a day its clock stands at the last second, and
    outside git the files are of days behind it: then nobody can tell."""
    tomorrow_at = midnight(record.today + timedelta(days=1), record.context.zone)
    if record.now + timedelta(seconds=1) == tomorrow_at:
        return
    for row in (row for row in record.of("incidents") if row["kind"] not in _PLANNED):
        for name in INSTANTS:
            if row.get(name) and row[name] >= tomorrow_at:
                yield _still_to_come(record, row, name, record.day(row[name]))
        if not row.get("started_at") and row.get("started_on") and row["started_on"] > record.today:
            yield _still_to_come(record, row, "started_on", row["started_on"])


def _still_to_come(record: Lint, row: Row, name: str, day: date) -> Finding:
    message = f"{name.rpartition('_')[0].replace('_', ' ')} {day}, which is still to come"
    labels = ("started_at", "started_on") if name.startswith("started") else (name,)
    if stated := next(filter(None, (record.label(row, label) for label in labels)), None):
        return at_label("OPS111", row["source_path"], stated, message)
    events = record.events.get(row["incident_id"], ())
    return at_row("OPS111", next((each for each in events if each["occurred_at"] == row.get(name)), row), message)


def _slip_of_start(record: Lint, row: Row, stated: dict[str, Stated], days: list[date]) -> Iterator[Finding]:
    """Against the day that the incident is named for, and against its whole timeline."""
    started, place = row.get("started_on"), stated.get("started_at") or stated.get("started_on")
    if not started or not place:
        return
    if named := _other_day_of_name(record, row, started):
        yield at_label("OPS134", row["source_path"], place, f"{started}, but the incident is named for {named}")
    elif len(days) >= 2 and all(_is_slip(started, day) for day in days):
        message = f"{started}, but all of the timeline is of {_month(days[0], started)}"
        yield at_label("OPS134", row["source_path"], place, message)


def _other_day_of_name(record: Lint, row: Row, started: date) -> date | None:
    """An id that holds a day holds that of the start; a file may be named for the day on which it was written."""
    if numbered := _DATED_ID.fullmatch(row["incident_id"]):
        named = _day(numbered["day"])
        return named if named and abs(named - started).days > _FAR else None
    clockwork = Clockwork(record.context.words, record.context.date_order)
    named = clockwork.day_of_stem(PurePosixPath(row["source_path"]).stem)
    return named if named and _is_slip(started, named) else None


def _slips_among_fields(row: Row, stated: dict[str, Stated]) -> Iterator[Finding]:
    times = {name: row[name] for name in INSTANTS if row.get(name) and name in stated}
    for name, at in times.items():
        others = [other for each, other in times.items() if each != name]
        if _fits_nowhere(at, others):
            message = f"{name.removesuffix('_at').replace('_', ' ')} {at:%Y-%m-%d}, but all other times are of {_month(others[0], at)}"
            yield at_label("OPS134", row["source_path"], stated[name], message)


def _slips_in_timeline(row: Row, events: list[Row]) -> Iterator[Finding]:
    times = [event["occurred_at"] for event in events]
    for place, event in enumerate(events):
        others = [*times[max(place - 1, 0) : place], *times[place + 1 : place + 2], *filter(None, [row.get("started_at")])]
        if _fits_nowhere(times[place], others):
            message = f"{times[place]:%Y-%m-%d}, but the entries beside it are of {_month(others[0], times[place])}"
            yield at_row("OPS134", event, message)


def _fits_nowhere(at: datetime, others: list[datetime]) -> bool:
    return len(others) >= 2 and all(_is_slip(at.date(), other.date()) for other in others)


def _is_slip(day: date, other: date) -> bool:
    """Far apart, and near when one has the month, or the year, of the other."""
    if abs(day - other).days <= _FAR:
        return False
    return any(abs(moved - other).days <= _NEAR for moved in _moved(day, other))


def _moved(day: date, other: date) -> Iterator[date]:
    for month in {day.month, other.month}:
        with suppress(ValueError):
            yield day.replace(other.year, month)


def _day(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None


def _month(other: date, day: date) -> str:
    """What to call another date's month, or year where that differs."""
    return f"{other:%Y}" if other.year != day.year else f"{other:%Y-%m}"
