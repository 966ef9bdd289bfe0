"""Requests for comments: the chapter's, those in the manner of Rust and Ember, and headers like a PEP's."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cached_property

from opsanalytics.markup.blocks import Line
from opsanalytics.markup.document import Part, Shape
from opsanalytics.markup.words import fold_label
from opsanalytics.readers.fields import first_parts
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.record import Record, header_parts, label_key, labels_of
from opsanalytics.readers.times import Stamp, TimeError
from opsanalytics.tables import Row

DAYS = ("opened_on", "review_ends_on", "decided_on")
VALUES = ("rfc_id", "title", "feature", "status", "author", "review_window", *DAYS)
SHAPES: dict[str, Shape] = {**dict.fromkeys(VALUES, "value"), "decision_log": "list"}
_OWN_ID = re.compile(r"\[?(?P<id>RFC(?:[\s#-]{0,3}(?P<number>\d{1,6}))?)\]?(?:\s?[:–—|.-]\s?|\s)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_DAY_OF_STATUS = {"open": "opened_on", "accepted": "decided_on", "rejected": "decided_on"}
_PIECES = re.compile(r"\s?[:–—|]\s|\s-\s|,\s")


def parse_rfc(path: str, text: str, context: Context) -> Reading:
    """One RFC. Raises MarkupError when it cannot be parsed at all."""
    reading = Reading(path)
    _Rfc(reading, text, context).read()
    return reading


class _Rfc(Record):
    def __init__(self, reading: Reading, text: str, context: Context) -> None:
        super().__init__(reading, text, context, labels_of(context.words, "rfc_labels", SHAPES))
        self.header = list(header_parts(self.document.parts, self._is_section))
        self._name_figures()
        headings = (part for part in self.document.parts if part.level <= 6 and part.shape == "value")
        self.parts = first_parts([*self.header, *headings])
        self.row: Row = {}

    def _is_section(self, part: Part) -> bool:
        return part.level <= 6 and fold_label(part.label) in self.words.group("rfc_sections")

    def _name_figures(self) -> None:
        """`Accepted: 2026-03-02`, where the value opens with a figure."""
        labels = self.words.group("rfc_figures")
        for part in self.header:
            name = labels.get(fold_label(label_key(part))) if part.name is None and part.is_field else None
            if name and part.first and part.first.text[:1].isdigit():
                part.name, part.is_field = name, False

    def read(self) -> None:
        if reason := self._is_none():
            self.reading.ignored = reason
            return
        self._read_status()
        self._read_days()
        self.row |= self._identity()
        self.row["author"] = self._author()
        self.reading.add("rfcs", 1, **self.row)
        self.write_fields((part for part in self.header if part.name is None), "rfc", self.row["rfc_id"])

    # --- what is no RFC

    def _is_none(self) -> str | None:
        if self._is_template():
            return "a template that nobody filled in"
        return None if self._is_rfc() else "no RFC in it"

    def _is_template(self) -> bool:
        """It is named for nothing else, or named so or titled with a placeholder and says nothing of its own."""
        title = self.document.title
        may_be = self.is_named_template() or (title is not None and self.is_unfilled(title.text))
        says = any(self.value(name) for name in ("status", "author", *DAYS))
        return self.is_plain_template("rfcs") or (may_be and not says)

    def _is_rfc(self) -> bool:
        """It has a label or a section of one, or a number or month for a name, and is more than a heading."""
        parts = self.document.parts
        is_known = any(part.name not in (None, "title") or self._is_section(part) for part in parts)
        is_named = bool(_NUMBER.match(self.stem)) or bool(_OWN_ID.match(self.heading))
        return (is_known or is_named) and any(map(self.has_content, parts))

    # --- identity

    def _identity(self) -> Row:
        """The id that the file states, or that its H1 opens with when the file is not named for another number."""
        own = _OWN_ID.match(self._title)
        is_own = own is not None and own["number"] is not None and self._bears(own["number"])
        rfc_id = self.text("rfc_id") or (own["id"] if own and is_own else None) or self.path_id
        title = self._title[own.end() :].strip() if own and (is_own or not own["number"]) else self._title
        return {"rfc_id": rfc_id, "title": self.text("title") or title or self.text("feature") or rfc_id}

    def _bears(self, number: str) -> bool:
        named = _NUMBER.findall(self.stem)
        return not named or int(number) in map(int, named)

    @cached_property
    def _title(self) -> str:
        """The first H1, unless it is a section: the body may be cut by headings of its level."""
        title = next((part.label for part in self.document.parts if part.level == 1), "")
        is_section = fold_label(title) in self.words.group("rfc_sections")
        return "" if is_section or self.is_unfilled(title) else title

    def _author(self) -> str | None:
        """All of them, where they go on in the next line too."""
        lines = self.parts["author"].lines() if self.value("author") else ()
        return ", ".join(line.text.strip(" ,") for line in lines if line.text) or None

    # --- status and days

    def _read_status(self) -> None:
        line = self._status_line()
        if line is None or self.words.is_choice("rfc_status", line.text):
            return
        self.row["status_raw"] = line.text
        self.row["status"] = self.words.look_up_opening("rfc_status", line.text)
        if self.row["status"] is None:
            self.reading.say("OPS123", line.line, line.column, f"`{line.text[:40]}` is no known status of an RFC")
        elif name := _DAY_OF_STATUS.get(self.row["status"]):
            self.row[name] = self._day_of_status(line.text)

    def _day_of_status(self, text: str) -> date | None:
        """Of `Accepted on 2026-03-05`, and not of `Accepted until 2027-01-01`."""
        found = self.times.clockwork.grammar.any_day.search(text)
        before = self.words.pattern("time_words", "on").sub("", text[: found.start()]) if found else ""
        is_alone = fold_label(before.strip(" (,:–—-*")) in self.words.group("rfc_status")
        return self.day_in(text) if is_alone else None

    def _status_line(self) -> Line | None:
        """Of a list of boxes the last that is ticked."""
        part = self.parts.get("status")
        boxes = [item for item in part.items if item.checked is not None] if part else []
        if boxes:
            return next((item.first for item in reversed(boxes) if item.checked), None)
        return self.value("status")

    def _read_days(self) -> None:
        for name in DAYS:
            self.row[name] = self.opening_day(name) or self.row.get(name)
        self.row["review_ends_on"] = self.row["review_ends_on"] or self._end_of_review()
        self.row["decided_on"] = self.row["decided_on"] or self._day_of_decision()
        for name in ("review_ends_on", "decided_on"):
            self._check_order(name)

    def _end_of_review(self) -> date | None:
        """The end of `2026-03-02 to 2026-03-16` and of `until 2026-03-16`; how long it lasts alone is a field."""
        line = self.value("review_window")
        if line is None:
            return None
        until = self.words.pattern("time_words", "to").match(line.text)
        stamp = self._span(replace(line, text=line.text[until.end() :].strip() if until else line.text))
        end = stamp if until else stamp.until if stamp else None
        if end is None:
            self.parts["review_window"].name, self.parts["review_window"].is_field = None, True
        return end.day if end else None

    def _span(self, line: Line) -> Stamp | None:
        with suppress(TimeError):
            return self.times.clockwork.span(line.text)
        return self.times.span(line) if self.times.clockwork.grammar.day.match(line.text) else None

    def _day_of_decision(self) -> date | None:
        """Of the last entry of the decision log that tells a day and that the RFC was accepted or rejected."""
        lines = [line for part in self.document.named("decision_log") for line in part.lines()]
        days = (self.day_in(line.text) for line in reversed(lines) if self._tells_decision(line.text))
        return next(filter(None, days), None)

    def _tells_decision(self, text: str) -> bool:
        said = (self.words.look_up_opening("rfc_status", piece) for piece in _PIECES.split(text))
        return any(_DAY_OF_STATUS.get(status or "") == "decided_on" for status in said)

    def _check_order(self, name: str) -> None:
        opened, later, line = self.row["opened_on"], self.row[name], self.value(name)
        if opened and later and later < opened:
            at = (line.line, line.column) if line else (1, 1)
            what = name.removesuffix("_on").replace("_", " ")
            self.reading.say("OPS112", *at, f"{what} {later} is before opened {opened}")
