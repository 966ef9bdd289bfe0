"""The tables beside `incidents` that one incident file fills: events, services, people, links, lessons, checks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from itertools import groupby

from opsanalytics.markup.elements import Item, Line
from opsanalytics.markup.parts import Content, Part
from opsanalytics.markup.words import fold, fold_label, with_hyphens
from opsanalytics.readers.record import Origin, Record, item_text, label_key
from opsanalytics.readers.timeline import Entry
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import Row

INSTANTS = (
    "started_at", "impact_started_at", "detected_at", "reported_at", "declared_at", "acknowledged_at", "mitigated_at",
    "impact_ended_at", "resolved_at", "closed_at", "postmortem_scheduled_at", "postmortem_held_at",
    "postmortem_published_at",
)  # fmt: skip
ROLES = ("coordinator", "comms_lead", "technical_lead")
LINKS = ("repeat_of", "duplicate_of", "caused_by")
CHECKS = ("status_doc", "internal_updates", "external_approved", "postmortem_scheduled")
_MEASURED = {
    "started_on": ("started_on",), "started_at": ("started_on",), "duration": ("stated_duration_minutes",),
    **{name: (name,) for name in INSTANTS[1:]},
}  # fmt: skip
_PEOPLE = re.compile(r"(?:\s?[,;]\s?|\s(?:and|&)\s)(?![^()]*\))")
_REMARK = re.compile(r"\s?\(|:\s|\s[-–—]\s")
_LONG_VALUES = ("affected_users",)
_AND = re.compile(r"\s?[,;]\s?")


class IncidentRows:
    """Writes the rows of one incident, whose own row stands."""

    def __init__(self, record: Record, row: Row, scheduled_hours: float) -> None:
        self.record = record
        self.row = row
        self.reading = record.reading
        self.words = record.words
        self.scheduled_hours = scheduled_hours

    def write(self, entries: list[Entry]) -> None:
        self._write_events(entries)
        self._write_services()
        self._write_responders()
        self._write_links()
        self._write_lessons()
        origin = Origin("incident", self.row["incident_id"], self.row.get("started_on"))
        self.record.write_actions("follow_ups", origin, people=self._people())
        self._write_factors()
        if self.row["kind"] == "incident":
            self._write_checks()
        self._write_fields(entries)

    def _add(self, table: str, line: int, **values: object) -> None:
        self.reading.add(table, line, incident_id=self.row["incident_id"], **values)

    def _write_events(self, entries: list[Entry]) -> None:
        for position, entry in enumerate(entries, 1):
            self._add("incident_events", entry.line.line, position=position, occurred_at=entry.occurred_at,
                      offset_minutes=entry.offset, phase=entry.phase, text=entry.text or None)  # fmt: skip
            if entry.literal:
                event_id = f"{self.row['incident_id']}#{position}"
                self.record.write_field(entry.line.line, "incident_event", event_id, "occurred_at_raw", entry.literal)

    def _write_services(self) -> None:
        seen = set()
        for line, name in self._service_names():
            service = " ".join(with_hyphens(name).casefold().split())
            if service and service not in seen:
                seen.add(service)
                self._add("incident_services", line.line, service=service, service_raw=name)

    def _service_names(self) -> Iterator[tuple[Line, str]]:
        for part in self.record.document.named("services"):
            for line in part.lines():
                names = [_REMARK.split(line.text)[0]] if part.items else _AND.split(line.text)
                yield from ((line, name) for name in names if not self.record.is_unfilled(name))
        for part in self.record.document.named("affected_users"):
            for line in part.lines():
                names = re.split(r"\s?[,;]\s?|\sand\s", line.text.rstrip("."))
                yield from ((line, name) for name in names if self._is_service_name(name))

    def _is_service_name(self, name: str) -> bool:
        return (len(name.split()) <= 2 and not name[:1].isdigit() and "%" not in name
                and not self.record.is_unfilled(name) and not self.words.mentions("people", "people", name))  # fmt: skip

    def _write_responders(self) -> None:
        for role in ROLES:
            if line := self.record.value(role):
                self._add_people((line, person, role) for person in _PEOPLE.split(line.text))
        for part in self.record.document.named("responders"):
            for content in part.content:
                self._write_responder(content)

    def _add_people(self, people: Iterable[tuple[Line, str, str | None]], **stay: datetime | None) -> None:
        for line, person, role in people:
            if not self.record.is_unfilled(person):
                self._add("incident_responders", line.line, person=person.lstrip("@"), role=role, **stay)

    def _write_responder(self, content: Content) -> None:
        if isinstance(content, Item) and content.fields:
            self._write_responder_of_row(content)
            return
        for line in Part(None, "", 1, 1, content=[content]).lines():
            self._add_people((line, *self._person_and_role(name)) for name in _PEOPLE.split(line.text))

    def _write_responder_of_row(self, item: Item) -> None:
        columns = self.words.group("responder_columns")
        cells = {columns.get(name, name): cell for name, cell in item.fields.items()}
        person, role = cells.get("person") or item.first, cells.get("role")
        joined_at = self._moment(cells.get("joined"), self.row.get("started_at"))
        left_at = self._moment(cells.get("left"), joined_at or self.row.get("started_at"))
        said = (role.text or None) if role and role is not person else None
        self._add_people([(person, person.text, said)], joined_at=joined_at, left_at=left_at)

    def _moment(self, cell: Line | None, after: datetime | None) -> datetime | None:
        """A time of day is on the day of `after`, or on the next."""
        stamp = self.record.times.stamp(cell) if cell and not self.record.is_unfilled(cell.text) else None
        if cell is None or stamp is None:
            return None
        if stamp.clock and (stamp.day or after):
            return self.record.times.instant(stamp, cell, after=after)
        missing = "time of day" if stamp.day else "day"
        self.reading.say("OPS111", cell.line, cell.column, f"`{cell.text}` has no {missing}")
        return None

    def _person_and_role(self, text: str) -> tuple[str, str | None]:
        """`Ana (scribe)`, `Ana - scribe`, `Scribe: Ana` or `Ana: incident commander`."""
        before, colon, behind = text.partition(": ")
        if colon:
            is_role = self.words.group("labels").get(fold_label(behind)) in ROLES
            return (before, behind) if is_role else (behind, before)
        person, *role = _REMARK.split(text, maxsplit=1)
        return person, "".join(role).rstrip(")") or None

    def _people(self) -> set[str]:
        """Who the file knows by name, folded, with their first names: everybody who was there or writes about it."""
        columns = self.words.group("people_labels")
        others = (part for key, part in self.record.document.keyed if part.name is None and key in columns)
        names = [name for part in others for line in part.lines() for name in _PEOPLE.split(line.text)]
        names += [row["person"] for row in self.reading.rows.get("incident_responders", ())]
        whole = {fold(self._person_and_role(name)[0].replace("@", "")) for name in names}
        return whole | {name.split()[0] for name in whole if name}

    def _write_links(self) -> None:
        for relation in LINKS:
            line = self.record.value(relation)
            for raw in _AND.split(line.text) if line else ():
                self.reading.add("incident_links", line.line if line else 1, from_id=self.row["incident_id"],
                                 relation=relation, to_id=None, to_raw=raw)  # fmt: skip

    def _write_lessons(self) -> None:
        for position, (line, text) in enumerate(self._entries("lessons"), 1):
            self.reading.add("lessons", line, origin_kind="incident", origin_id=self.row["incident_id"],
                             position=position, text=text)  # fmt: skip

    def _write_factors(self) -> None:
        classes = dict(self._take_classes())
        for line, text in self._entries("factors"):
            self._add("incident_factors", line, factor=text, **classes.get(line, {}))

    def _take_classes(self) -> Iterator[tuple[int, Row]]:
        """By the line of a factor in a table, out of a column of their own."""
        columns = self.words.group("factor_columns")
        for item in (item for part in self.record.document.named("factors") for item in part.items):
            for name in [name for name in item.fields if columns.get(fold(name)) == "class"]:
                cell = item.fields.pop(name)
                if not self.record.is_unfilled(cell.text):
                    yield item.line, {"class": cell.text}

    def _entries(self, name: str) -> Iterator[tuple[int, str]]:
        entries = (entry for part in self.record.document.named(name) for entry in _entries_of(part))
        return ((line, text) for line, text in entries if not self.record.is_unfilled(text))

    def _write_checks(self) -> None:
        """The four checks of the chapter always, since silence is an answer too; then what else the list has."""
        said = {_check_name(item.text, self.words): item for part in self.record.document.named("checklist") for item in part.items}
        rank = self.row.get("severity_rank")
        required = None if rank is None else rank <= 2
        for name in (*CHECKS, *(name for name in said if name not in CHECKS)):
            item = said.get(name)
            passed, applies = self._passed(name, item)
            needed = (required and self.row.get("customer_comms") is not None) if name == "external_approved" else required
            self._add("incident_checks", item.line if item else 1, check_name=name, required=needed if applies else False,
                      passed=passed, evidence=item.text if item else None)  # fmt: skip

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

    def _write_fields(self, entries: list[Entry]) -> None:
        """What no column takes: dimensions of the team's own, sections with other headings, prose beside a list, and known
        labels whose words no column could use or hold in full."""
        first_event = min((entry.line.line for entry in entries), default=None)
        for part in self.record.document.parts:
            value = self._leftover(part, first_event)
            if value and not self._says_nothing(part, value):
                label = "" if part.name is None and part is self._title_part else label_key(part)
                line = part.first.line if part.first and not label else part.line
                self.record.write_field(line, "incident", self.row["incident_id"], label, value)

    def _says_nothing(self, part: Part, value: str) -> bool:
        is_short = "\n" not in value and self.record.is_unfilled(value.rstrip("."))
        return is_short or not (part.name or self.record.has_content(part))

    @cached_property
    def _title_part(self) -> Part | None:
        title = self.record.document.title
        return next((part for part in self.record.document.parts if title and part.line == title.line), None)

    def _leftover(self, part: Part, first_event: int | None) -> str | None:
        if part.is_field:
            return _field_value(part)
        if part.shape == "value":
            return _field_value(part) if self._is_unused(part) or self._is_second(part) else None
        if part.shape == "list":
            return _prose(part, first_event)
        return part.text if part.name is None else None

    def _is_second(self, part: Part) -> bool:
        """Whether another part of the same name was taken, which says something else."""
        taken = self.record.parts.get(part.name or "")
        if taken is None or taken is part:
            return False
        first, line = taken.first, part.first
        return bool(first and line and first.text != line.text and not self.record.is_flag(line.text))

    def _is_unused(self, part: Part) -> bool:
        """Whether a column holds less than what is said here."""
        line, name = part.first, part.name or ""
        if line is None or self.record.is_unfilled(line.text) or name in _LONG_VALUES:
            return False
        if sum(1 for each in part.lines() if each.text) > 1:
            return True
        if name in ("kind", "detected_by", "status"):
            return fold(line.text) not in self.words.group(name)
        if name not in _MEASURED or self.record.is_flag(line.text):
            return False
        return all(self.row.get(column) is None for column in _MEASURED[name])


@lru_cache(maxsize=1024)
def _check_name(text: str, words: Vocabulary) -> str:
    found = next((name for name in CHECKS if words.mentions("checks", name, text)), None)
    return found or words.group("checks").get(fold_label(text)) or fold_label(text.partition(":")[0])[:60].replace(" ", "_")


def _prose(part: Part, first_event: int | None) -> str | None:
    """The lines of a list's section that are no entry of it."""
    if part.name in ("services", "responders") or (part.name in ("lessons", "factors") and not part.items):
        return None
    stop = first_event if part.name == "timeline" else None
    lines = (content for content in part.content if isinstance(content, Line))
    return "\n".join(line.raw for line in lines if line.text and (stop is None or line.line < stop)) or None


def _entries_of(part: Part) -> Iterator[tuple[int, str]]:
    """Line and text of the list entries, with those below them, where there are any; else of the paragraphs."""
    for item in part.items:
        yield item.line, item_text(item)
    lines = [content for content in part.content if isinstance(content, Line) and content.text and not part.items]
    for _, run in groupby(enumerate(lines), key=lambda place: place[1].line - place[0]):
        together = [line for _, line in run]
        yield together[0].line, " ".join(line.text for line in together)


def _field_value(part: Part) -> str:
    if not part.items:
        return part.text or ""
    return ", ".join(f"{name}: {line.text}" if name else line.text for name, line in _named_lines(part) if line.text)


def _named_lines(part: Part) -> Iterator[tuple[str, Line]]:
    for item in part.items:
        yield from item.fields.items()
        yield from (("", line) for line in Part(None, "", 1, 1, content=[item]).lines() if not item.fields)

