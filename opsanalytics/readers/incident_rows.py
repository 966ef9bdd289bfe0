"""The tables beside `incidents` that one incident file fills: events, services, people, links, lessons, checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from opsanalytics.markup.blocks import Item, Line
from opsanalytics.markup.document import Part
from opsanalytics.markup.words import fold_label, with_hyphens
from opsanalytics.readers.actions import read_actions
from opsanalytics.readers.fields import Fields
from opsanalytics.readers.reading import FileTimes
from opsanalytics.readers.timeline import Entry
from opsanalytics.tables import Row

ROLES = ("coordinator", "comms_lead", "technical_lead")
LINKS = ("repeat_of", "duplicate_of", "caused_by")
CHECKS = ("status_doc", "internal_updates", "external_approved", "postmortem_scheduled")
_AND = re.compile(r"\s?[,;]\s?")


class IncidentRows:
    """Writes the rows of one incident, whose own row stands."""

    def __init__(self, row: Row, fields: Fields, times: FileTimes, scheduled_hours: float) -> None:
        self.row = row
        self.fields = fields
        self.times = times
        self.reading = times.reading
        self.words = fields.words
        self.scheduled_hours = scheduled_hours

    def write(self, entries: list[Entry]) -> None:
        self._write_events(entries)
        self._write_services()
        self._write_responders()
        self._write_links()
        self._write_lessons()
        self._write_actions()
        self._write_factors()
        if self.row["kind"] == "incident":
            self._write_checks()
        self._write_fields()

    def _add(self, table: str, line: int, **values: object) -> None:
        self.reading.add(table, line, incident_id=self.row["incident_id"], **values)

    def _write_events(self, entries: list[Entry]) -> None:
        for position, entry in enumerate(entries, 1):
            self._add("incident_events", entry.line.line, position=position, occurred_at=entry.occurred_at,
                      offset_minutes=entry.offset, phase=entry.phase, text=entry.text or None)  # fmt: skip

    def _write_services(self) -> None:
        seen = set()
        for line, name in self._service_names():
            service = " ".join(with_hyphens(name).casefold().split())
            if service and service not in seen:
                seen.add(service)
                self._add("incident_services", line.line, service=service, service_raw=name)

    def _service_names(self) -> Iterator[tuple[Line, str]]:
        for part in self.fields.document.named("services"):
            for line in part.lines():
                names = [line.text] if part.items else _AND.split(line.text)
                yield from ((line, name) for name in names if not self.fields.is_unfilled(name))
        for part in self.fields.document.named("affected_users"):
            for line in part.lines():
                names = re.split(r"\s?[,;]\s?|\sand\s", line.text.rstrip("."))
                yield from ((line, name) for name in names if self._is_service_name(name))

    def _is_service_name(self, name: str) -> bool:
        return (len(name.split()) <= 2 and not name[:1].isdigit() and "%" not in name
                and not self.fields.is_unfilled(name) and not self.words.mentions("people", "people", name))  # fmt: skip

    def _write_responders(self) -> None:
        for role in ROLES:
            if line := self.fields.value(role):
                self._add("incident_responders", line.line, person=line.text, role=role)
        for line in (line for part in self.fields.document.named("responders") for line in part.lines()):
            for name in _AND.split(line.text):
                person, _, role = name.partition(" (")
                if not self.fields.is_unfilled(person):
                    self._add("incident_responders", line.line, person=person, role=role.rstrip(")") or None)

    def _write_links(self) -> None:
        for relation in LINKS:
            line = self.fields.value(relation)
            for raw in _AND.split(line.text) if line else ():
                self.reading.add("incident_links", line.line if line else 1, from_id=self.row["incident_id"],
                                 relation=relation, to_id=None, to_raw=raw)  # fmt: skip

    def _write_lessons(self) -> None:
        lines = [line for part in self.fields.document.named("lessons") for line in _entry_lines(part)]
        for position, line in enumerate((line for line in lines if not self.fields.is_unfilled(line.text)), 1):
            self.reading.add("lessons", line.line, origin_kind="incident", origin_id=self.row["incident_id"],
                             position=position, text=line.text)  # fmt: skip

    def _write_actions(self) -> None:
        origin = self.row["incident_id"]
        position = 0
        for part in self.fields.document.named("follow_ups"):
            for action in read_actions(part, self.times, self.words):
                position += 1
                self.reading.add(
                    "action_items", action.line.line, action_id=f"{origin}#{position}", origin_kind="incident",
                    origin_id=origin, section=fold_label(part.label), position=position, text=action.text,
                    owner=action.owner, status=action.status, created_on=self.row.get("started_on"),
                    created_on_source="origin" if self.row.get("started_on") else None, due_on=action.due_on,
                    done_on=action.done_on, done_on_source="text" if action.done_on else None,
                )  # fmt: skip

    def _write_factors(self) -> None:
        for line in (line for part in self.fields.document.named("factors") for line in _entry_lines(part)):
            if not self.fields.is_unfilled(line.text):
                self._add("incident_factors", line.line, factor=line.text)

    def _write_checks(self) -> None:
        """The four checks of the chapter always, since silence is an answer too; then what else the list has."""
        said = {self._check_name(item): item for part in self.fields.document.named("checklist") for item in part.items}
        rank = self.row.get("severity_rank")
        required = None if rank is None else rank <= 2
        for name in (*CHECKS, *(name for name in said if name not in CHECKS)):
            item = said.get(name)
            passed, applies = self._passed(name, item)
            needed = (required and self.row.get("customer_comms") is not None) if name == "external_approved" else required
            self._add("incident_checks", item.line if item else 1, check_name=name, required=needed if applies else False,
                      passed=passed, evidence=item.text if item else None)  # fmt: skip

    def _check_name(self, item: Item) -> str:
        words = self.words.group("checks")
        found = next((name for name in CHECKS if self.words.mentions("checks", name, item.text)), None)
        return found or words.get(fold_label(item.text)) or fold_label(item.text.split(":")[0])[:60].replace(" ", "_")

    def _passed(self, name: str, item: Item | None) -> tuple[bool | None, bool]:
        """Whether it was kept (None: the file does not say), and whether it applies at all."""
        scheduled, resolved = self.row.get("postmortem_scheduled_at"), self.row.get("resolved_at")
        if name == "postmortem_scheduled" and scheduled and resolved:
            return scheduled - resolved <= timedelta(hours=self.scheduled_hours), True
        if item is None:
            return None, True
        answer = item.text.rpartition(":")[2].strip() if ":" in item.text else ""
        if answer.casefold() in ("n/a", "not applicable", "na"):
            return None, False
        if item.checked is not None:
            return item.checked, True
        if answer and self.words.look_up("yes", answer):
            return True, True
        return (False if answer and self.words.look_up("no", answer) else None), True

    def _write_fields(self) -> None:
        """What no column takes: dimensions of the team's own, and known labels whose words no column could use."""
        for part in self.fields.document.parts:
            kept_raw = part.name in ("kind", "detected_by", "status", "duration") and self._is_unused(part)
            again = part.shape == "value" and self._is_second(part)
            if (part.is_field or kept_raw or again) and part.text and not self.fields.is_unfilled(part.text):
                self.reading.add("record_fields", part.line, record_kind="incident", record_id=self.row["incident_id"],
                                 name=fold_label(_key(part)).replace(" ", "_"), value=_field_value(part))  # fmt: skip

    def _is_second(self, part: Part) -> bool:
        """Whether another part of the same name was taken, which says something else."""
        taken, line = self.fields.parts.get(part.name or ""), part.first
        return bool(taken and taken is not part and taken.first and line and taken.first.text != line.text
                    and not self.fields.is_flag(line.text))  # fmt: skip

    def _is_unused(self, part: Part) -> bool:
        line = part.first
        if line is None or self.fields.is_unfilled(line.text):
            return False
        return {
            "kind": lambda: self.words.look_up("kind", line.text) is None,
            "detected_by": lambda: self.row["detected_by"] is None,
            "status": lambda: self.words.look_up("status", line.text) is None,
            "duration": lambda: self.row["stated_duration_minutes"] is None,
        }[part.name or ""]()


def _entry_lines(part: Part) -> Iterator[Line]:
    """List entries where there are any, else the lines of the text."""
    for item in part.items:
        yield Line(item.text, item.text, item.line, item.column)
    if not part.items:
        yield from (line for line in part.lines() if line.text)


def _field_value(part: Part) -> str:
    if not part.items:
        return part.text or ""
    return ", ".join(f"{name}: {line.text}" if name else line.text for name, line in _named_lines(part) if line.text)


def _named_lines(part: Part) -> Iterator[tuple[str, Line]]:
    for item in part.items:
        yield from item.fields.items()
        yield from (("", line) for line in Part(None, "", 1, 1, content=[item]).lines() if not item.fields)


def _key(part: Part) -> str:
    return re.split("[:：]", part.label, maxsplit=1)[0]
