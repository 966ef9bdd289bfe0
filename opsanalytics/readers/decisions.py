"""Decision files: the chapter's log, and Nygard's and MADR's records as far as they say it in the same words."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from typing import NamedTuple

from opsanalytics.markup.blocks import Line
from opsanalytics.markup.document import Part, Shape
from opsanalytics.markup.words import fold_label
from opsanalytics.readers.decision_links import (
    OWN_ID,
    RELATIONS,
    bare_number,
    mentioned_files,
    relation_in,
    spoken_links,
)
from opsanalytics.readers.fields import first_parts
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.record import Origin, Record, joined, labels_of
from opsanalytics.tables import Row

DAYS = ("proposed_on", "decided_on", "updated_on", "review_on")
TEXTS = ("context", "options", "decision", "consequences")
SHAPES: dict[str, Shape] = {
    **dict.fromkeys(("decision_id", "title", "status", "date", "owner", "decision_makers", *DAYS, *RELATIONS), "value"),
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(("links", "follow_ups"), "list"),
}
_NUMBERED = re.compile(r"(?P<number>\d{1,4})(?:[.:)]|\s[–—-])\s")
_STEM_NUMBER = re.compile(r"(?P<number>\d{4}-\d{2,4}(?=-[^\d-])|\d{2,4}(?=-[^\d])|[A-Za-z]{2,8}-?\d{1,6}(?=[-_.]|$))")
_BRACKETS = re.compile(r"(?P<label>[^\[\]]{1,40})\s\[(?P<value>[^\[\]]{1,80})\]$")
LIFE = ("draft", "proposed", "rejected", "accepted", "deprecated", "superseded")
_DAY_OF_STEP = {"proposed": "proposed_on", "accepted": "decided_on", "rejected": "decided_on"}


def parse_decision(path: str, text: str, context: Context) -> Reading:
    """One decision file. Raises MarkupError when it cannot be parsed at all."""
    reading = Reading(path)
    _Decision(reading, text, context).read()
    return reading


class Step(NamedTuple):
    """A status that a line tells, and its day when it tells that too."""

    line: Line
    status: str
    day: date | None


class _Decision(Record):
    def __init__(self, reading: Reading, text: str, context: Context) -> None:
        super().__init__(reading, text, context, labels_of(context.words, "decision_labels", SHAPES))
        self._name_parts()
        self.parts = first_parts(self.document.parts)
        self.row: Row = {}

    def _name_parts(self) -> None:
        """What only a decision's own words tell: days under a status word, `Status [Accepted]`, `## Superseded`."""
        days, labels = self.words.group("decision_days"), self.words.group("decision_labels")
        for key, part in self.document.keyed:
            if part.name is None and part.is_field and key in days:
                part.name, part.is_field = days[key], False
            elif part.name is None and not part.is_field and part is not self._title_part:
                self._name_status(part, labels)

    def _name_status(self, part: Part, labels: dict[str, str]) -> None:
        found = _BRACKETS.match(part.label)
        says_status = found and labels.get(fold_label(found["label"])) == "status"
        value = found["value"] if found and says_status else part.label
        if says_status or self.words.group("decision_status").get(fold_label(part.label)):
            part.name = "status"
            part.content.insert(0, Line(value, value, part.line, part.column))

    @cached_property
    def _title_part(self) -> Part | None:
        title = self.document.title
        return next((part for part in self.document.parts if title and part.label == title.text), None)

    def read(self) -> None:
        if self._is_template():
            self.reading.ignored = "an index page" if self._is_index() else "a template that nobody filled in"
            return
        self._read_identity()
        self._read_status()
        self._read_days()
        self.row["owner"] = self.text("owner")
        makers = self.parts.get("decision_makers")
        self.row["decision_makers"] = joined(makers) if makers and self.value("decision_makers") else None
        for name in TEXTS:
            self.row[name] = self.long_text(name)
        self._write()

    def _is_template(self) -> bool:
        """Neither a status nor a day is filled in, and it is named a template, offers a choice of statuses, has a
        placeholder for a title, or is blank."""
        status = self.value("status")
        is_offered = status is not None and self._is_choice(status.text)
        said = (status and not is_offered) or any(self.value(name) for name in ("date", *DAYS))
        if said or is_offered or self.is_named_template():
            return not said
        is_placeholder = bool(self.heading) and self.is_unfilled(self.heading)
        parts = [part for part in self.document.parts if part is not self._title_part]
        return (is_placeholder and not any(map(self.long_text, TEXTS))) or not any(map(self.has_content, parts))

    def _is_index(self) -> bool:
        """A list of links to other files and little else."""
        lines = [self.raw(line) for part in self.document.parts for line in part.lines() if line.text]
        return sum("](" in line for line in lines) * 2 > len(lines)

    # --- identity

    def _read_identity(self) -> None:
        own_id, number, title = self._heading_parts()
        stem = _STEM_NUMBER.match(self.stem)
        self.row["decision_id"] = self.text("decision_id") or own_id or self.path_id
        self.row["number"] = self.text("decision_id") or own_id or (stem["number"] if stem else number)
        self.row["title"] = self.text("title") or title or self.row["decision_id"]

    def _heading_parts(self) -> tuple[str | None, str | None, str | None]:
        """The id that an H1 opens with when the file is named for it, a plain number, and the title itself."""
        heading = self.heading
        if heading.startswith("[") and heading.endswith("]"):
            heading = heading[1:-1].strip()
        own, stem = OWN_ID.match(heading), _STEM_NUMBER.match(self.stem)
        if own and self.stem.casefold().startswith(own["id"].casefold()):
            return own["id"], None, heading[own.end() :].strip() or None
        if own and stem and bare_number(own["id"]) == bare_number(stem["number"]):
            return None, None, heading[own.end() :].strip() or None
        numbered = _NUMBERED.match(heading)
        return (
            None,
            numbered["number"] if numbered else None,
            heading[numbered.end() if numbered else 0 :].strip() or None,
        )

    # --- words and days

    def _read_status(self) -> None:
        """The furthest step that the first status with a known word tells; of dated steps the latest."""
        lines = [part.first for part in self.document.named("status") if part.first]
        said = [line for line in lines if not self.words.is_unknown(line.text) and not self.is_unfilled(line.text)]
        steps = next(filter(None, map(self._steps, self.document.named("status"))), [])
        if steps:
            self._take_steps(steps)
        elif said:
            line = said[0]
            self.row["status_raw"] = line.text
            self.reading.say("OPS123", line.line, line.column, f"`{line.text[:40]}` is no known status of a decision")

    def _steps(self, part: Part) -> list[Step]:
        """`Proposed`, and below it `2026-01-09 accepted`: what opens with a status word, and is no sentence of another matter."""
        steps: list[Step] = []
        for line in part.lines():
            text = re.sub("~~[^~]+~~", "", self.raw(line)) if "~~" in self.raw(line) else line.text
            relation, _ = relation_in(text, self.words) or (None, 0)
            status, day = self._status_of(text), self.day_in(line.text)
            is_of_another = status == "superseded" and relation not in (None, "superseded_by")
            is_bare = bool(day or relation or self.words.look_up("decision_status", text))
            if status and not is_of_another and (is_bare or not steps):
                steps.append(Step(line, status, day))
        return steps

    def _take_steps(self, steps: list[Step]) -> None:
        latest = max(steps, key=lambda step: (step.day or date.min, LIFE.index(step.status)))
        self.row["status_raw"], self.row["status"] = latest.line.text, latest.status
        for step in steps:
            if name := _DAY_OF_STEP.get(step.status):
                self.row.setdefault(name, step.day)

    def _status_of(self, text: str) -> str | None:
        """The words that a status opens with: `Superseded by 0012`, `[Accepted]` and `Accepted.` say one."""
        return None if self._is_choice(text) else self.words.look_up_opening("decision_status", text)

    def _is_choice(self, text: str) -> bool:
        return self.words.is_choice("decision_status", text)

    def _read_days(self) -> None:
        """A plain `Date` is the day of the last change in MADR; elsewhere it is the day that its status came about."""
        self.row["template"] = self._template()
        for name in DAYS:
            self.row[name] = self.day(name) or self.row.get(name)
        if day := self.day("date"):
            is_settled = self.row.get("status") in ("accepted", "rejected")
            name = "updated_on" if self.row["template"] == "madr" else "decided_on" if is_settled else "proposed_on"
            self.parts["date"].is_field = self.row[name] not in (None, day)  # a day that no column takes
            self.row[name] = self.row[name] or day
        self._check_days()

    def _check_days(self) -> None:
        proposed, decided, line = self.row["proposed_on"], self.row["decided_on"], self.value("decided_on")
        if proposed and decided and decided < proposed:
            at = (line.line, line.column) if line else (1, 1)
            self.reading.say("OPS112", *at, f"decided {decided} is before proposed {proposed}")

    def _template(self) -> str | None:
        templates = self.words.group("decision_templates")
        said = {key: templates[key] for key, _ in self.document.keyed if key in templates}
        of_nygard = [key for key, template in said.items() if template == "nygard"]
        if "madr" in said.values():
            return "madr"
        if "chapter" in said.values() and of_nygard:
            return "chapter"
        return "nygard" if len(of_nygard) >= 2 else None

    # --- rows

    def _write(self) -> None:
        decision_id = self.row["decision_id"]
        self.reading.add("decisions", 1, **self.row)
        self._write_links(decision_id)
        day = self.row["decided_on"] or self.row["proposed_on"]
        self.write_actions("follow_ups", Origin("decision", decision_id, day))
        self.write_fields(self.document.parts, "decision", decision_id)

    def _write_links(self, decision_id: str) -> None:
        spoken = list(spoken_links(self))
        for links, is_mention in ((spoken, False), (mentioned_files(self, spoken), True)):
            for line, relation, raw in links:
                self.reading.add("decision_links", line.line, from_id=decision_id, relation=relation, to_id=None, to_raw=raw,
                                 is_mention=is_mention or None)  # fmt: skip
