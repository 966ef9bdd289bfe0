"""Measurements: good and all events of a service level objective, in stretches of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import reduce
from itertools import groupby, pairwise
from typing import Any

from opsanalytics.clocks import instant_of, wall_time
from opsanalytics.findings import Finding, finding
from opsanalytics.markup.words import fold
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.row_kinds import SAMPLES
from opsanalytics.tables import Row

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

def parse_samples(path: str, text: str, context: Context) -> Reading:
    """The measurements of a file; a length that no row states is the step between the stamps of its objective."""
    reading = SAMPLES.parse(path, text, context)
    rows = reading.rows.get(SAMPLES.table, [])
    unknown: dict[str, list[Row]] = {}
    for row in rows:
        if row.get("bucket_minutes") is None and row.get("bucket_at"):
            unknown.setdefault(row["slo_id"], []).append(row)
    for slo_id, missing in unknown.items():
        stamps = sorted({row["bucket_at"] for row in rows if row["slo_id"] == slo_id and row.get("bucket_at")})
        _fill_in(reading, missing, stamps, context.zone or UTC)
    return reading


def _fill_in(reading: Reading, missing: list[Row], stamps: list[datetime], zone: tzinfo) -> None:
    ends = _by_day(stamps, zone) or _by_step(stamps)
    for row in missing:
        if ends:
            row["bucket_minutes"] = (ends[row["bucket_at"]] - row["bucket_at"]) / MINUTE
    if not ends:
        odd = next((row for row in missing if row["bucket_at"] == _odd_one(stamps)), missing[0])
        said = f"`{missing[0]['slo_id']}` states no bucket_minutes, and its stamps do not follow one step"
        reading.say("OPS137", odd["source_line"], 1, said)


def _by_day(stamps: list[datetime], zone: tzinfo) -> dict[datetime, datetime] | None:
    """The end of each stretch, where they are all so many local days long: days have 23 or 25 hours, too."""
    local = [wall_time(stamp, zone) for stamp in stamps]
    steps = {after - before for before, after in pairwise(local)}
    if len(steps) != 1 or (step := steps.pop()).seconds or not step.days:
        return None
    ends = [instant_of(each + step, zone) for each in local]
    return dict(zip(stamps, ends, strict=True))


def _by_step(stamps: list[datetime]) -> dict[datetime, datetime] | None:
    steps = {after - before for before, after in pairwise(stamps)}
    if len(steps) != 1:
        return None
    step = steps.pop()
    return {stamp: stamp + step for stamp in stamps}


def _odd_one(stamps: list[datetime]) -> datetime | None:
    """The first stamp that follows the one before by another step than the second follows the first."""
    steps = [after - before for before, after in pairwise(stamps)]
    return next((stamp for stamp, step in zip(stamps[1:], steps, strict=True) if step != steps[0]), None)


def resolve_samples(rows: dict[str, list[Row]]) -> Iterator[Finding]:
    """Gives each measurement the id of the objective that its file names in one way or another: `api-availability`,
    `api/availability`, or the name alone where only one has it."""
    known = _known(rows["slos"])
    strange: dict[tuple[str, str], Row] = {}
    for row in rows["sli_samples"]:
        found = known.get(_spelled(row["slo_id"]))
        if found is None and rows["slos"]:
            strange.setdefault((row["source_path"], row["slo_id"]), row)
        row["slo_id"] = found or row["slo_id"]
    for (path, slo_id), row in strange.items():
        yield finding("OPS124", path, row["source_line"], 1, f"measures `{slo_id[:60]}`: there is no such objective")


def _known(slos: Iterable[Row]) -> dict[str, str]:
    """Objectives by every spelling that only one of them answers to; an id goes before a name."""
    spellings: dict[str, set[str]] = {}
    for slo in slos:
        for name in {_spelled(slo.get("name") or ""), _spelled(f"{slo.get('service')} {slo.get('name')}")}:
            spellings.setdefault(name, set()).add(slo["slo_id"])
    unique = {name: ids.pop() for name, ids in spellings.items() if len(ids) == 1}
    return unique | {_spelled(slo["slo_id"]): slo["slo_id"] for slo in slos}


def _spelled(slo_id: str) -> str:
    return " ".join(fold(slo_id).replace("/", " ").replace(":", " ").replace(".", " ").split())


# --- by the hour

def sum_to_hours(rows: dict[str, list[Row]]) -> None:
    """Adds up what a file measured in stretches of less than an hour, by hours of UTC. A hole ends a stretch: an hour that was
    measured in part is as long as what was measured. Kept as they are: what lies in more than one hour, what nothing can be
    counted of, and all of an objective whose time slices hours would blur.
    """
    blurred = {slo["slo_id"] for slo in rows["slos"] if _is_blurred(slo)}
    hours: dict[Any, list[Row]] = {}
    for place, row in enumerate(rows["sli_samples"]):
        hour = None if row["slo_id"] in blurred else _hour(row)
        hours.setdefault((row["source_path"], row["slo_id"], hour) if hour else place, []).append(row)
    rows["sli_samples"] = [stretch for hour in hours.values() for stretch in _stretches(hour)]


def _is_blurred(slo: Row) -> bool:
    """Its slices are the samples themselves, or no whole hours."""
    slice_window = slo.get("time_slice_window")
    return slo.get("budgeting_method") in ("timeslices", "ratio_timeslices") and (slice_window is None or slice_window[-1] in "sm")


def _hour(row: Row) -> datetime | None:
    """The hour that it lies in, of which it is a part; None when there is none, or nothing can be counted of it."""
    at, minutes, good, total = (row.get(name) for name in ("bucket_at", "bucket_minutes", "good", "total"))
    if at is None or good is None or total is None or not 0 <= good <= total or not 0 < (minutes or 0) < HOUR / MINUTE:
        return None
    hour: datetime = at.replace(minute=0, second=0, microsecond=0)
    return hour if _ends_at(row) <= hour + HOUR else None


def _stretches(rows: list[Row]) -> list[Row]:
    """Parts of the same stretch together, then those of which one begins where the other ends."""
    if len(rows) == 1:
        return rows
    found: list[Row] = []
    for (at, _), parts in groupby(sorted(rows, key=_stretch), key=_stretch):
        part = reduce(_sum, parts)
        if found and _ends_at(found[-1]) == at:
            found[-1] = _sum(found[-1], part) | {"bucket_minutes": found[-1]["bucket_minutes"] + part["bucket_minutes"]}
        else:
            found.append(part)
    return found


def _stretch(row: Row) -> tuple[datetime, float]:
    return row["bucket_at"], row["bucket_minutes"]


def _ends_at(row: Row) -> datetime:
    ends_at: datetime = row["bucket_at"] + row["bucket_minutes"] * MINUTE
    return ends_at


def _sum(one: Row, other: Row) -> Row:
    return one | {"good": one["good"] + other["good"], "total": one["total"] + other["total"]}
