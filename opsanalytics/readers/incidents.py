"""Incident files: the chapter's template, postmortems with headings, and status-page entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from unicodedata import normalize

from opsanalytics.markup.blocks import Item, Line
from opsanalytics.markup.document import Document, Part, Shape, parse_document
from opsanalytics.markup.words import fold_label
from opsanalytics.readers.actions import read_actions
from opsanalytics.readers.reading import Context, FileTimes, Reading
from opsanalytics.readers.times import Stamp, parse_duration
from opsanalytics.readers.timeline import Entry, read_timeline
from opsanalytics.tables import Row

INSTANTS = (
    "started_at", "impact_started_at", "detected_at", "reported_at", "declared_at", "acknowledged_at", "mitigated_at",
    "impact_ended_at", "resolved_at", "closed_at", "postmortem_scheduled_at", "postmortem_held_at",
    "postmortem_published_at",
)  # fmt: skip
ROLES = ("coordinator", "comms_lead", "technical_lead")
TEXTS = ("impact", "root_cause", "mitigations", "evidence", "customer_comms")
LINKS = ("repeat_of", "duplicate_of", "caused_by")
LISTS = ("timeline", "follow_ups", "lessons", "checklist", "factors", "responders", "services")
VALUES = ("incident_id", "title", "kind", "severity", "status", "resolved", "started_on", "zone", "detected_by",
          "affected_users", "duration", "caused_by_deployment", "excluded_reason")  # fmt: skip
CHECKS = ("status_doc", "internal_updates", "external_approved", "postmortem_scheduled")
SHAPES: dict[str, Shape] = {
    **dict.fromkeys((*VALUES, *INSTANTS, *ROLES, *LINKS), "value"),
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(LISTS, "list"),
}
_ENDS = ("mitigated_at", "impact_ended_at", "resolved_at", "closed_at")
_PLACEHOLDER = re.compile(r"[<{\[](?!\s*[x ]?\s*\])[^<>{}\[\]]*[>}\]]|[A-Z]+-Y{4}M{2}D{2}-X+|…|\.\.\.|Y{4}-M{2}-D{2}.*")
_SENTENCE = re.compile(r".*?[.!?](?=\s|$)|.+", re.DOTALL)
_CLOSE = timedelta(minutes=1)


def parse_incident(path: str, text: str, context: Context) -> Reading:
    """One incident file. Raises MarkupError when it cannot be parsed at all."""
    reading = Reading(path)
    document = parse_document(text, context.words.labels(SHAPES))
    _Incident(reading, document, context).read()
    return reading


class _Incident:
    def __init__(self, reading: Reading, document: Document, context: Context) -> None:
        self.reading = reading
        self.document = document
        self.context = context
        self.words = context.words
        self.times = FileTimes(reading, context)
        self.parts = self._first_parts()
        self.row: Row = {}
        self.lines: dict[str, Line] = {}

    def read(self) -> None:
        if self._is_blank_template():
            self.reading.ignored = "a template that nobody filled in"
            return
        self._read_zone()
        self._read_start()
        self._read_instants()
        entries = self._read_timeline()
        self._read_identity()
        self._read_words()
        self._check_order()
        self._write(entries)

    def _first_parts(self) -> dict[str, Part]:
        """The first part of each name that says something. `resolved: true` is a state, and no time."""
        parts: dict[str, Part] = {}
        for part in self.document.parts:
            is_flag = part.name in INSTANTS and part.first is not None and self._is_flag(part.first.text)
            if part.name and not is_flag and (part.name not in parts or not parts[part.name].content):
                parts[part.name] = part
        return parts

    def _value(self, name: str) -> Line | None:
        """The line that a label holds, unless the template's own words still stand there."""
        part = self.parts.get(name)
        line = part.first if part else None
        return None if line is None or self._is_unfilled(line.text) else line

    def _text(self, name: str) -> str | None:
        line = self._value(name)
        return line.text if line else None

    def _is_unfilled(self, text: str) -> bool:
        return self.words.is_unknown(text) or bool(_PLACEHOLDER.fullmatch(text.strip())) or text.count(" | ") >= 2

    def _is_blank_template(self) -> bool:
        """The id is still a placeholder, or the file is named a template, and there is no start."""
        started = self._value("started_at") or self._value("started_on")
        id_part = self.parts.get("incident_id")
        id_line = id_part.first if id_part else None
        unfilled_id = id_line is not None and self._is_unfilled(id_line.text)
        named_template = "template" in PurePosixPath(self.reading.path).stem.casefold()
        only_labels = bool(self.parts) and not any(self._has_content(part) for part in self.parts.values())
        return started is None and (unfilled_id or named_template or only_labels)

    def _has_content(self, part: Part) -> bool:
        return any(line.text and not self._is_unfilled(line.text) for line in part.lines())

    # --- times

    def _read_zone(self) -> None:
        for name in ("zone", "started_at"):
            part = self.parts.get(name)
            if part:
                self.times.state_zone(part.remark if name == "started_at" else part.first and part.first.text)
        for part in self.document.parts:
            if found := re.search(r"\b[Aa]ll times (?:are |is )?(?:in )?([A-Za-z]+(?:/\w+)?)", f"{part.label}\n{part.text}"):
                self.times.state_zone(found[1])

    def _read_start(self) -> None:
        """A day alone is a start whose hour nobody wrote: `started_on` is known, `started_at` is not."""
        for name in ("started_on", "started_at"):
            line = self._value(name)
            stamp = self.times.stamp(line) if line else None
            if line and stamp:
                self._take_start(stamp, line)
        if not self.row.get("started_at") and not any(f.code == "OPS111" for f in self.reading.findings):
            part = self.parts.get("started_at") or self.parts.get("started_on")
            at = (part.line, part.column) if part else (1, 1)
            what = "the start has a day and no time of day" if self.row.get("started_on") else "no start time"
            self.reading.say("OPS121", *at, what)

    def _take_start(self, stamp: Stamp, line: Line) -> None:
        self.times.day = stamp.day or self.times.day
        self.row.setdefault("started_on", self.times.day)
        if stamp.clock and self.times.day:
            self._set("started_at", self.times.instant(stamp, line), line)
        elif stamp.clock:
            self.reading.say("OPS111", line.line, line.column, "a time of day without a day")
        if started := self.row.get("started_at"):
            self.row["started_on"] = self.times.local_day(started)

    def _set(self, name: str, instant: datetime | None, line: Line) -> None:
        if instant is not None:
            self.row[name], self.lines[name] = instant, line

    def _read_instants(self) -> None:
        for name in INSTANTS[1:]:
            line = self._value(name)
            if line and (stamp := self.times.stamp(line)):
                if stamp.clock is None:
                    self.reading.say("OPS111", line.line, line.column, f"`{line.text}` has no time of day")
                elif stamp.day or self.times.day:
                    self._set(name, self.times.instant(stamp, line, after=self.row.get("started_at")), line)
                else:
                    self.reading.say("OPS111", line.line, line.column, "a time of day without a day")

    def _is_flag(self, text: str) -> bool:
        return self.words.look_up("yes", text) is not None or self.words.look_up("no", text) is not None

    def _read_timeline(self) -> list[Entry]:
        entries: list[Entry] = []
        for part in self.document.named("timeline"):
            entries += read_timeline(part, self.times, self.words, t0=self.row.get("detected_at"))
        for entry in entries:
            name = "detected_at" if entry.phase == "detection" else entry.names
            if name in INSTANTS and entry.occurred_at:
                self._take_event(name, entry)
        return entries

    def _take_event(self, name: str, entry: Entry) -> None:
        """A field of the file wins over its timeline; the last `resolved` entry is the one that held."""
        assert entry.occurred_at is not None
        known = self.row.get(name)
        from_field = name in self.parts and name in self.lines and self.lines[name] is self._value(name)
        if known is None or (name == "resolved_at" and not from_field):
            self._set(name, entry.occurred_at, entry.line)
            if name == "started_at":
                self.row["started_on"] = self.times.local_day(entry.occurred_at)
        elif from_field and abs(known - entry.occurred_at) > _CLOSE:
            self.reading.say("OPS115", entry.line.line, entry.line.column,
                             f"the timeline says {_clock(entry.occurred_at)}, the field in line {self.lines[name].line} "
                             f"says {_clock(known)}")  # fmt: skip

    def _check_order(self) -> None:
        started = self.row.get("started_at")
        for name in _ENDS:
            if started and self.row.get(name) and self.row[name] < started:
                self._say_backwards("OPS112", name, "started_at")
        for name in ("detected_at", "acknowledged_at"):
            if started and self.row.get(name) and self.row[name] < started:
                self._say_backwards("OPS115", name, "started_at")
        resolved = self.row.get("resolved_at")
        for name in ("detected_at", "acknowledged_at", "mitigated_at"):
            if resolved and started and self.row.get(name) and started <= resolved < self.row[name]:
                self._say_backwards("OPS112", "resolved_at", name)
                break

    def _say_backwards(self, code: str, later: str, earlier: str) -> None:
        line, end, start = self.lines[later], self.row[later], self.row[earlier]
        same_day = end.date() == start.date()
        ends, starts = (f"{at:%H:%M}" if same_day else _clock(at) for at in (end, start))
        self.reading.say(code, line.line, line.column, f"{_spoken(later)} {ends} is before {_spoken(earlier)} {starts}")

    # --- identity and words

    def _read_identity(self) -> None:
        stem = PurePosixPath(self.reading.path).stem
        title, own_id = self._title_line()
        self.row["incident_id"] = self._text("incident_id") or own_id or str(PurePosixPath(self.reading.path).with_suffix(""))
        impact = self.parts["impact"].text if "impact" in self.parts else None
        sentence = _SENTENCE.match(" ".join((impact or "").split()))
        self.row["title"] = title or (sentence[0] if impact and sentence else None) or self.row["incident_id"]
        self.stem = stem

    def _title_line(self) -> tuple[str | None, str | None]:
        """The title, and the id that an H1 opens with when the file is named for it."""
        if given := self._text("title"):
            return given, None
        heading = self.document.title.text if self.document.title else ""
        found = re.match(r"\[?([A-Za-z]+-?\d[\w-]*)\]?\s*(?:[:–—|-]\s*)?", heading)
        stem = PurePosixPath(self.reading.path).stem
        if found and stem.casefold().startswith(found[1].casefold()):
            return heading[found.end() :].strip() or None, found[1]
        return heading or None, None

    def _read_words(self) -> None:
        row = self.row
        self._read_severity()
        row["kind"] = self._kind()
        row["status"] = self._status()
        row["detected_by"] = self._detected_by()
        row["zone"] = self._text("zone") or self.times.zone_text
        for name in (*ROLES, "caused_by_deployment", "excluded_reason"):
            row[name] = self._text(name)
        for name in (*TEXTS, "affected_users"):
            part = self.parts.get(name)
            row[name] = part.text if part and self._has_content(part) else None
        duration = self._text("duration")
        row["stated_duration_minutes"] = parse_duration(duration) if duration else None

    def _read_severity(self) -> None:
        line = self._value("severity")
        if not line:
            return
        scale, words = self.context.severities, self.words
        self.row["severity_raw"] = line.text
        level = _on_scale(line.text, scale) or words.look_up("severity", line.text)
        if level in scale:
            self.row["severity"], self.row["severity_rank"] = level, scale.index(level) + 1
        elif words.look_up("severity_kinds", line.text) is None:
            self.reading.say("OPS122", line.line, line.column,
                             f"`{line.text[:40]}` is not on the severity scale ({', '.join(scale)})")  # fmt: skip

    def _kind(self) -> str:
        """What a field says, else what the title and the file name say, else what the severity word says."""
        if (stated := self._text("kind")) and (kind := self.words.look_up("kind", stated)):
            return kind
        mentions = f"{self.row['title']} {self.stem}"
        for kind in ("maintenance", "drill"):
            if self.words.mentions("title_kinds", kind, mentions):
                return kind
        if self._mentions_change(mentions):
            return "maintenance"
        return self.words.look_up("severity_kinds", self.row.get("severity_raw") or "") or "incident"

    def _mentions_change(self, mentions: str) -> bool:
        is_outage = self.words.mentions("title_kinds", "outage", self.row["title"])
        return not is_outage and self.words.mentions("title_kinds", "change", mentions)

    def _status(self) -> str:
        line = self._value("status")
        status = self.words.look_up("status", line.text) if line else None
        if line and status is None:
            self.reading.say("OPS123", line.line, line.column, f"`{line.text[:40]}` is no known status")
        if status in ("cancelled", "merged") or self._text("duplicate_of"):
            return "cancelled" if status == "cancelled" else "merged"
        if status is None and any(self._flag(name) for name in ("resolved", "resolved_at")):
            status = "resolved"
        if self.row.get("resolved_at"):
            return "resolved"
        return status or ("mitigated" if self.row.get("mitigated_at") else "open")

    def _flag(self, name: str) -> bool:
        return any(part.first and self.words.look_up("yes", part.first.text) for part in self.document.named(name))

    def _detected_by(self) -> str | None:
        line = self._value("detected_by")
        if not line:
            return None
        said = self.words.look_up("detected_by", line.text)
        named = {who for who in ("monitor", "customer", "on-call", "other")
                 if self.words.mentions("detected_by", who, line.text)}  # fmt: skip
        if said or len(named) == 1:
            return said or named.pop()
        self.reading.say("OPS123", line.line, line.column, f"`{line.text[:40]}` does not tell monitor, customer, on-call or other")
        return None

    # --- rows

    def _write(self, entries: list[Entry]) -> None:
        self.reading.add("incidents", 1, **self.row)
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
            service = " ".join(normalize("NFKC", name).casefold().split())
            if service and service not in seen:
                seen.add(service)
                self._add("incident_services", line.line, service=service, service_raw=name)

    def _service_names(self) -> Iterator[tuple[Line, str]]:
        for part in self.document.named("services"):
            for line in part.lines():
                names = [line.text] if part.items else re.split(r"\s*[,;]\s*", line.text)
                yield from ((line, name) for name in names if not self._is_unfilled(name))
        users = self._value("affected_users")
        for name in re.split(r"\s*[,;]\s*|\s+and\s+", users.text.rstrip(".")) if users else ():
            if self._is_service_name(name) and users:
                yield users, name

    def _is_service_name(self, name: str) -> bool:
        return (len(name.split()) <= 2 and not name[:1].isdigit() and "%" not in name
                and not self._is_unfilled(name) and not self.words.mentions("people", "people", name))  # fmt: skip

    def _write_responders(self) -> None:
        for role in ROLES:
            if line := self._value(role):
                self._add("incident_responders", line.line, person=line.text, role=role)
        for line in (line for part in self.document.named("responders") for line in part.lines()):
            for name in re.split(r"\s*[,;]\s*", line.text):
                person, _, role = name.partition(" (")
                if not self._is_unfilled(person):
                    self._add("incident_responders", line.line, person=person, role=role.rstrip(")") or None)

    def _write_links(self) -> None:
        for relation in LINKS:
            line = self._value(relation)
            for raw in re.split(r"\s*[,;]\s*", line.text) if line else ():
                self.reading.add("incident_links", line.line if line else 1, from_id=self.row["incident_id"],
                                 relation=relation, to_id=None, to_raw=raw)  # fmt: skip

    def _write_lessons(self) -> None:
        lines = [line for part in self.document.named("lessons") for line in _entry_lines(part)]
        for position, line in enumerate((line for line in lines if not self._is_unfilled(line.text)), 1):
            self.reading.add("lessons", line.line, origin_kind="incident", origin_id=self.row["incident_id"],
                             position=position, text=line.text)  # fmt: skip

    def _write_actions(self) -> None:
        origin = self.row["incident_id"]
        position = 0
        for part in self.document.named("follow_ups"):
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
        for line in (line for part in self.document.named("factors") for line in _entry_lines(part)):
            if not self._is_unfilled(line.text):
                self._add("incident_factors", line.line, factor=line.text)

    def _write_checks(self) -> None:
        """The four checks of the chapter always, since silence is an answer too; then what else the list has."""
        said = {self._check_name(item): item for part in self.document.named("checklist") for item in part.items}
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
            return scheduled - resolved <= timedelta(hours=self.context.postmortem_scheduled_hours), True
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
        for part in self.document.parts:
            kept_raw = part.name in ("kind", "detected_by", "status", "duration") and self._is_unused(part)
            if (part.is_field or kept_raw) and part.text and not self._is_unfilled(part.text):
                self.reading.add("record_fields", part.line, record_kind="incident", record_id=self.row["incident_id"],
                                 name=fold_label(_key(part)).replace(" ", "_"), value=_field_value(part))  # fmt: skip

    def _is_unused(self, part: Part) -> bool:
        line = part.first
        if line is None or self._is_unfilled(line.text):
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
    if part.items:
        return ", ".join(line.text for line in part.lines() if line.text)
    return part.text or ""


def _key(part: Part) -> str:
    return re.split("[:：]", part.label, maxsplit=1)[0]


def _on_scale(text: str, scale: tuple[str, ...]) -> str | None:
    """The level that the text opens with: `SEV 2`, `sev2` and `SEV-2 (payments)` are all SEV-2 of a scale that has it."""
    squeezed = {re.sub(r"\W|_", "", normalize("NFKC", level).casefold()): level for level in scale}
    pieces = (text, re.split(r"[(:;,|]|\s[-–—]\s", text, maxsplit=1)[0])
    return next((squeezed[key] for piece in pieces
                 if (key := re.sub(r"\W|_", "", normalize("NFKC", piece).casefold())) in squeezed), None)  # fmt: skip


def _spoken(name: str) -> str:
    return name.removesuffix("_at").replace("_", " ")


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
