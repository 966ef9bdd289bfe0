"""Onboarding plans: the first week's checklist and the thirty, sixty and ninety days, each entry a promise."""

from __future__ import annotations

import re

from opsanalytics.markup.document import Shape
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.record import Origin, Record, labels_of

SECTIONS = ("first_week", "days_30", "days_60", "days_90")
SHAPES: dict[str, Shape] = {
    **dict.fromkeys(("title", "role", "person", "manager", "mentor", "started_on"), "value"),
    **dict.fromkeys(SECTIONS, "list"),
    "other": "text",
}


def parse_onboarding(path: str, text: str, context: Context) -> Reading:
    """One plan. Raises MarkupError when it cannot be parsed at all."""
    reading = Reading(path)
    record = Record(reading, text, context, labels_of(context.words, "onboarding_labels", SHAPES))
    if record.is_named_template() or not any(record.has_content(part) for part in record.parts.values()):
        reading.ignored = "no onboarding plan in it"
        return reading
    started_on = record.day("started_on")
    reading.add("onboarding_plans", 1, plan_id=record.path_id, started_on=started_on, **_people(record))
    position = 0
    for section in SECTIONS:
        position = record.write_actions(section, Origin("onboarding", record.path_id, started_on), position)
    record.write_fields(record.document.parts, "onboarding", record.path_id)
    return reading


def _people(record: Record) -> dict[str, str | None]:
    """`Role: Engineer | Manager: Ana` on one line, as the chapter has it, or a line each."""
    said = {name: record.text(name) for name in ("role", "person", "manager", "mentor")}
    role, _, rest = (said["role"] or "").partition("|")
    if manager := re.match(r"\s*[Mm]anager\s*:\s*(.+)", rest):
        said["manager"] = said["manager"] or manager[1].strip()
    said["role"] = role.strip() or None
    return {name: None if value is None or record.is_unfilled(value) else value for name, value in said.items()}
