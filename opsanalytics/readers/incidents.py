"""Incident files: the chapter's template, postmortems with headings, and status-page entries."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from unicodedata import normalize

from opsanalytics.markup.elements import Heading, Line
from opsanalytics.markup.parts import Content, Label, Part, Shape
from opsanalytics.markup.words import with_hyphens
from opsanalytics.readers.incident_rows import INSTANTS, LINKS, ROLES, IncidentRows
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.record import Record
from opsanalytics.readers.timeline import Entry, read_timeline
from opsanalytics.readers.times import Stamp
from opsanalytics.readers.updates import Updates
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import Row

TEXTS = ("impact", "root_cause", "mitigations", "evidence", "customer_comms")
LISTS = ("timeline", "follow_ups", "lessons", "checklist", "factors", "responders", "services")
VALUES = ("incident_id", "title", "kind", "severity", "status", "resolved", "started_on", "zone", "detected_by",
          "affected_users", "duration", "caused_by_deployment", "excluded_reason")  # fmt: skip
SHAPES: dict[str, Shape] = {
    **dict.fromkeys((*VALUES, *INSTANTS, *ROLES, *LINKS), "value"),
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(LISTS, "list"),
}
_ENDS = ("mitigated_at", "impact_ended_at", "resolved_at", "closed_at")
_SENTENCE = re.compile(r".*?[.!?](?=\s|$)|.+", re.DOTALL)
_TEMPLATE_ID = re.compile(r"\[?([A-Z]{2,10}-\d{8}-\d{1,6})\]?\s?(?:[:–—|-]\s?)?")
_FILE_ID = re.compile(r"\[?([A-Za-z]+-?\d[\w-]*)\]?\s?(?:[:–—|-]\s?)?")
_TEMPLATE_NAME = re.compile(r"^template(?![^\W_])|(?<![^\W_])template$", re.IGNORECASE)
_CODE = re.compile(r"^[A-Za-z]{1,8}-?\d\b")
_CLOSE = timedelta(minutes=1)


def parse_incident(path: str, text: str, context: Context) -> Reading:
    """One incident file. Raises MarkupError when it cannot be parsed at all."""
    reading = Reading(path)
    _Incident(reading, text, context).read()
    return reading


class _Incident(Record):
    def __init__(self, reading: Reading, text: str, context: Context) -> None:
        super().__init__(reading, text, context, _labels_of(context.words), flags=INSTANTS)
        self.context = context
        self.row: Row = {}
        self.lines: dict[str, Line] = {}
        self.literal: dict[str, tuple[int, str | None]] = {}  # what the file says more exactly than a column

        self.updates = None if self.document.named("timeline") else self._take_updates(text)

    def _take_updates(self, text: str) -> Part | None:
        """The updates of a status page, taken out of the parts that they would otherwise be read as."""
        updates = Updates(self.source, self.times.clockwork, self.words).read(text)
        taken = {line.line for line in updates.lines()} if updates else set()
        if updates:
            for part in self.document.parts:
                part.content = [content for content in part.content if _place(content).line not in taken]
            parts = [part for part in self.document.parts if part.line not in taken or part.level <= 1]
            self.document = replace(self.document, parts=parts)
            self.parts = self.first_parts()
        return updates

    def read(self) -> None:
        if self._is_blank_template():
            self.reading.ignored = "a template that nobody filled in"
            return
        self._read_zone()
        self._read_start()
        self._read_titled_day()
        self._read_instants()
        entries = self._read_timeline()
        self._miss_start()
        self._read_identity()
        self._read_words()
        self._check_order()
        self.reading.add("incidents", 1, **self.row)
        for name, (line, literal) in self.literal.items():
            if literal:
                self.write_field(line, "incident", self.row["incident_id"], f"{name}_raw", literal)
        IncidentRows(self, self.row, self.context.postmortem_scheduled_hours).write(entries)

    def _is_blank_template(self) -> bool:
        """The id is still a placeholder, or the file is named a template, and there is no start."""
        parts = self.parts
        if any(self.value(name) for name in (*INSTANTS, "started_on")):
            return False
        id_line = parts["incident_id"].first if "incident_id" in parts else None
        is_unfilled = id_line is not None and self.is_unfilled(id_line.text)
        is_named_so = bool(_TEMPLATE_NAME.search(self.stem))
        of_own = [part for part in self.document.parts if part.is_field]
        is_blank = bool(parts) and not any(map(self.has_content, (*parts.values(), *of_own)))
        return is_unfilled or is_named_so or is_blank

    # --- times

    def _read_zone(self) -> None:
        """What the file says of its times at large: a field, the remark behind a label, or a sentence."""
        self.times.state_zone(self.text("zone"))
        for name in (*INSTANTS, "timeline"):
            if name in self.parts:
                self.times.state_zone(self.parts[name].remark)
        self.times.state_zone_of_all()

    def _read_start(self) -> None:
        """A day alone is a start whose hour nobody wrote: `started_on` is known, `started_at` is not."""
        for name in ("started_on", "started_at"):
            line = self.value(name)
            stamp = self._stamp(name, line) if line else None
            if line and stamp:
                self._take_start(stamp, line)
        self.is_start_unreadable = any(each.code == "OPS111" for each in self.reading.findings)

    def _read_titled_day(self) -> None:
        """A day with its year in the title is the incident's; times of day go with it, else with that of the name."""
        title = self.text("title") or self.heading
        if self.times.day is None and (day := self.day_in(title)) and str(day.year) in title:
            self.row["started_on"] = day
        self.times.day = self.times.day or self.row.get("started_on") or self.day_of_name()

    def _miss_start(self) -> None:
        if not self.row.get("started_at") and not self.is_start_unreadable:
            part = self.parts.get("started_at") or self.parts.get("started_on")
            at = (part.line, part.column) if part else (1, 1)
            what = "the start has a day and no time of day" if self.row.get("started_on") else "no start time"
            self.reading.say("OPS121", *at, what)

    def _stamp(self, name: str, line: Line) -> Stamp | None:
        """What a line says of a time: of a start also one that names its end. The zone behind its own label counts before
        that of the file."""
        stamp = self.times.span(line) if name in ("started_on", "started_at") else self.times.stamp(line)
        zone = self.times.state_zone(self.parts[name].remark)
        return stamp.labelled(zone) if stamp else None

    def _take_start(self, stamp: Stamp, line: Line) -> None:
        self.times.take_day(stamp)
        self.row.setdefault("started_on", self.times.day)
        if stamp.clock and self.times.day:
            self._set("started_at", self.times.instant(stamp, line), line, None if stamp.is_exact else line.text)
        elif stamp.clock:
            self.reading.say("OPS111", line.line, line.column, "a time of day without a day")
        if started := self.row.get("started_at"):
            self.row["started_on"] = self.times.local_day(started)

    def _set(self, name: str, instant: datetime | None, line: Line, literal: str | None) -> None:
        if instant is not None:
            self.row[name], self.lines[name] = instant, line
            self.literal[name] = (line.line, literal)

    def _read_instants(self) -> None:
        for name in INSTANTS[1:]:
            line = self.value(name)
            if line and (stamp := self._stamp(name, line)):
                if stamp.clock is None:
                    self.reading.say("OPS111", line.line, line.column, f"`{line.text}` has no time of day")
                elif stamp.day or self.times.day:
                    self._set(name, self.times.instant(stamp, line, after=self.row.get("started_at")), line,
                              None if stamp.is_exact else line.text)  # fmt: skip
                else:
                    self.reading.say("OPS111", line.line, line.column, "a time of day without a day")

    def _read_timeline(self) -> list[Entry]:
        entries: list[Entry] = []
        for part in self.document.named("timeline"):
            started, detected = self.row.get("started_at"), self.row.get("detected_at")
            entries += read_timeline(part, self.times, self.words, started=started, t0=detected)
        for entry in sorted((entry for entry in entries if entry.occurred_at), key=attrgetter("occurred_at")):
            self._take_event(entry)
        return entries or self._read_updates()

    def _read_updates(self) -> list[Entry]:
        """What a status page said and when, in the zone of its date. That is not when it happened: a field that says so is
        not contradicted."""
        if self.updates is None:
            return []
        self.updates.remark = self.times.zone_text if self.times.day_zone else None
        entries = read_timeline(self.updates, self.times, self.words, started=self.row.get("started_at"))
        stated = {name for name in INSTANTS if self.row.get(name)}
        for entry in entries:
            if entry.names not in stated:
                self._take_event(entry)
        return entries

    def _take_event(self, entry: Entry) -> None:
        """A field of the file wins over its timeline; the last `resolved` entry is the one that held."""
        name = "detected_at" if entry.phase == "detection" else entry.names
        if name not in INSTANTS or entry.occurred_at is None:
            return
        known = self.row.get(name)
        from_field = name in self.lines and self.lines[name] == self.value(name)
        if known is None or (name == "resolved_at" and not from_field):
            self._set(name, entry.occurred_at, entry.line, entry.literal)
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
        for name in ("detected_at", "declared_at", "acknowledged_at", "mitigated_at"):
            if resolved and self.row.get(name) and (started or resolved) <= resolved < self.row[name]:
                self._say_backwards("OPS112", "resolved_at", name)
                break

    def _say_backwards(self, code: str, later: str, earlier: str) -> None:
        line, end, start = self.lines[later], self.row[later], self.row[earlier]
        same_day = end.date() == start.date()
        ends, starts = (f"{at:%H:%M}" if same_day else _clock(at) for at in (end, start))
        self.reading.say(code, line.line, line.column, f"{_spoken(later)} {ends} is before {_spoken(earlier)} {starts}")

    # --- identity and words

    def _read_identity(self) -> None:
        title, own_id = self._title_line()
        own_id = self.text("incident_id") or own_id
        self.row["incident_id"] = with_hyphens(own_id).strip() if own_id else self.path_id
        said = self.long_text("impact") or self._summary() or ""
        sentence = _SENTENCE.match(" ".join(said.split()))
        self.row["title"] = title or (sentence[0] if sentence else self.row["incident_id"])

    def _summary(self) -> str | None:
        words = self.words.group("summary_labels")
        found = (part for key, part in self.document.keyed if part.name is None and key in words)
        return next((" ".join(line.text for line in part.lines()) for part in found if self.has_content(part)), None)

    def _title_line(self) -> tuple[str | None, str | None]:
        """The title, and the id that an H1 opens with: one like the template's, or one that the file is named for."""
        if given := self.text("title"):
            return given, None
        heading = self.document.title.text if self.document.title else ""
        found = _TEMPLATE_ID.match(with_hyphens(heading)) or _FILE_ID.match(heading)
        if found and (found.re is _TEMPLATE_ID or self.stem.casefold().startswith(found[1].casefold())):
            return heading[found.end() :].strip() or None, found[1]
        return (None if self.is_unfilled(heading) else heading), None

    def _read_words(self) -> None:
        row = self.row
        self._read_severity()
        row["kind"] = self._kind()
        row["status"] = self._status()
        row["detected_by"] = self._detected_by()
        row["zone"] = self.text("zone") or self.times.zone_text
        for name in (*ROLES, "caused_by_deployment", "excluded_reason"):
            row[name] = self.text(name)
        for name in (*TEXTS, "affected_users"):
            row[name] = self.long_text(name)
        row["stated_duration_minutes"] = self._duration()

    def _duration(self) -> float | None:
        """Minutes. What counts support hours and no elapsed time is kept as written beside them."""
        line = self.value("duration")
        duration = self.times.duration(line, self.parts["duration"].label) if line else None
        if line and duration and (duration.is_working_time or duration.is_approximate):
            self.literal["duration"] = (line.line, line.text)
        return duration.minutes if duration else None

    def _read_severity(self) -> None:
        line = self.value("severity")
        if not line:
            return
        scale, words = self.context.severities, self.words
        self.row["severity_raw"] = line.text
        levels = {level for piece in _alternatives(line.text) if (level := self._level(piece))}
        levels = levels or {level for word in _CODE.findall(line.text) if (level := self._level(word))}
        if len(levels) == 1:
            level = levels.pop()
            self.row["severity"], self.row["severity_rank"] = level, scale.index(level) + 1
        elif words.look_up("severity_kinds", line.text) is None:
            self.reading.say("OPS122", line.line, line.column,
                             f"`{line.text[:40]}` is not on the severity scale ({', '.join(scale)})")  # fmt: skip

    def _level(self, text: str) -> str | None:
        scale = self.context.severities
        level = _on_scale(text, scale) or self.words.look_up("severity", text)
        return level if level in scale else None

    def _kind(self) -> str:
        """What a field says, else what the title and the file name say, else what the severity word says. That a page is
        `informational` tells least of all."""
        if (stated := self.text("kind")) and (kind := self.words.look_up("kind", stated)):
            return kind
        flagged = self._flagged_kind()
        if flagged and flagged != "notice":
            return flagged
        mentions = f"{self.row['title']} {self.stem}"
        for kind in ("maintenance", "drill", "false-alarm"):
            if self.words.mentions("title_kinds", kind, mentions):
                return kind
        if self._mentions_change(mentions):
            return "maintenance"
        return self.words.look_up("severity_kinds", self.row.get("severity_raw") or "") or flagged or "incident"

    def _flagged_kind(self) -> str | None:
        """`Drill: yes`, `informational: true`."""
        kinds = self.words.group("kind_flags")
        flags = ((part.first, kinds[key]) for key, part in self.document.keyed if key in kinds)
        return next((kind for first, kind in flags if first and self.words.look_up("yes", first.text)), None)

    def _mentions_change(self, mentions: str) -> bool:
        is_change = self.words.mentions("title_kinds", "change", mentions)
        return is_change and not self.words.mentions("title_kinds", "outage", self.row["title"])

    def _status(self) -> str:
        line = self.value("status")
        status = self.words.look_up("status", line.text) if line else None
        if line and status is None:
            self.reading.say("OPS123", line.line, line.column, f"`{line.text[:40]}` is no known status")
        if status in ("cancelled", "merged") or self.text("duplicate_of"):
            return "cancelled" if status == "cancelled" else "merged"
        if status is None and any(self.is_set(name) for name in ("resolved", "resolved_at")):
            status = "resolved"
        if self.row.get("resolved_at"):
            return "resolved"
        return status or ("mitigated" if self.row.get("mitigated_at") else "open")

    def _detected_by(self) -> str | None:
        line = self.value("detected_by")
        if not line:
            return None
        if said := self.words.look_up("detected_by", line.text):
            return said
        named = {who for who in ("monitor", "customer", "on-call", "other")
                 if self.words.mentions("detected_by", who, line.text)}  # fmt: skip
        if len(named) == 1:
            return named.pop()
        self.reading.say(
            "OPS123", line.line, line.column, f"`{line.text[:40]}` does not tell monitor, customer, on-call or other"
        )
        return None


@lru_cache(maxsize=64)
def _labels_of(words: Vocabulary) -> dict[str, Label]:
    return words.labels(SHAPES)


def _place(content: Content) -> Line:
    return content.line if isinstance(content, Heading) else content if isinstance(content, Line) else content.first


def _alternatives(text: str) -> list[str]:
    """`S2/Major` says one level twice, `SEV-1/SEV-2` says two; anything else is one piece."""
    pieces = [piece.strip() for piece in text.split("/")]
    return [text] if "(" in text or len(pieces) > 3 else pieces


@lru_cache(maxsize=1024)
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
