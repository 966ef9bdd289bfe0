"""What a session promised: its action items, also where they stand below the name of who takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from opsanalytics.markup.elements import Item, Line
from opsanalytics.markup.parts import Content, Document, Part
from opsanalytics.readers.attendance import Roll
from opsanalytics.readers.notes import PROMISES
from opsanalytics.readers.record import Origin, Record


def write_promises(record: Record, roll: Roll, held_on: date | None) -> None:
    """Owners are people of the roll, where a name alone tells: over a list, or before a colon."""
    before = len(record.reading.rows.get("action_items", ())), len(record.reading.rows.get("record_fields", ()))
    parts = [replace(part, content=list(_grouped(part, roll))) if part.name in PROMISES else part for part in record.document.parts]
    record.document = Document(parts, record.document.title)
    origin, count = Origin("ritual", record.path_id, held_on), 0
    for name in PROMISES:
        count = record.write_actions(name, origin, count, roll.names())
    _take_owners(record, roll, *before)


def _grouped(part: Part, roll: Roll) -> Iterator[Content]:
    """A name over tasks is a group of them; a line that begins with one is a task, and so is what stands behind the label."""
    for entry in part.content:
        if isinstance(entry, Item) and entry.items and not entry.fields and roll.called(entry.text):
            yield replace(entry, lines=[replace(entry.first, text=f"{entry.text.rstrip(':')}:")])
        elif isinstance(entry, Line) and (entry.line == part.line or _is_task(entry, roll)):
            yield Item(lines=[entry])
        else:
            yield entry


def _is_task(line: Line, roll: Roll) -> bool:
    name, colon, task = line.text.partition(":")
    return bool(colon and task.strip() and roll.called(name))


def _take_owners(record: Record, roll: Roll, actions_before: int, fields_before: int) -> None:
    """Of promises in a group that is a person's."""
    actions = record.reading.rows.get("action_items", [])[actions_before:]
    ownerless = {row["action_id"]: row for row in actions if row["owner"] is None}
    fields = record.reading.rows.get("record_fields", [])
    kept = []
    for row in fields[fields_before:]:
        if row["name"] == "group" and row["record_id"] in ownerless and roll.called(row["value"]):
            ownerless[row["record_id"]]["owner"] = row["value"].lstrip("@")
        else:
            kept.append(row)
    fields[fields_before:] = kept
