"""Measurements: good and all events of a service level objective, in stretches of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

from opsanalytics.findings import Finding, finding
from opsanalytics.markup.words import fold
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.row_kinds import SAMPLES
from opsanalytics.tables import Row


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
            row["bucket_minutes"] = (ends[row["bucket_at"]] - row["bucket_at"]) / timedelta(minutes=1)
    if not ends:
        odd = next((row for row in missing if row["bucket_at"] == _odd_one(stamps)), missing[0])
        said = f"`{missing[0]['slo_id']}` states no bucket_minutes, and its stamps do not follow one step"
        reading.say("OPS137", odd["source_line"], 1, said)


def _by_day(stamps: list[datetime], zone: tzinfo) -> dict[datetime, datetime] | None:
    """The end of each stretch, where they are all so many local days long: days have 23 or 25 hours, too."""
    local = [stamp.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) for stamp in stamps]
    steps = {after - before for before, after in pairwise(local)}
    if len(steps) != 1 or (step := steps.pop()).seconds or not step.days:
        return None
    ends = [(each + step).replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) for each in local]
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
