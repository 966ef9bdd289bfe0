"""`ops/cadence.yml`: which rituals are promised, when, and for how long. Read strictly: every mistake has its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime

from dateutil.rrule import rrulestr

from opsanalytics.markup.strict_yaml import MarkupError, Node, parse_yaml
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.rituals import ritual_name
from opsanalytics.tables import Row

SETTINGS = ("rituals", "holidays")
RITUAL_SETTINGS = ("title", "rrule", "timebox_minutes", "owner", "starts_on")
_RULE = re.compile(r"FREQ=(?:DAILY|WEEKLY|MONTHLY|YEARLY)(?:;[A-Z]{4,12}=[A-Z0-9,+-]{1,80}){0,12};?")
_HOLLOW = re.compile(r"INTERVAL=[+-]?0+(?!\d)|INTERVAL=-")


def parse_cadence(path: str, text: str, context: Context) -> Reading:
    """The promised rituals. Each row carries the holidays as `holidays`, which no column takes: the slots do."""
    reading = Reading(path)
    root = parse_yaml(text)
    if not isinstance(root.value, dict):
        raise MarkupError("the cadence must be `rituals:` and `holidays:`", root.line, root.column)
    cadence = _Cadence(reading, context)
    cadence.read(root)
    if not reading.rows["rituals"]:
        reading.ignored = "no ritual is promised"
    return reading


def parse_rule(text: str) -> str | None:
    """An RFC 5545 rule by days, in one spelling; None when it is none."""
    rule = re.sub(r"\s", "", text).upper().removeprefix("RRULE:").rstrip(";")
    rule = re.sub(r"(UNTIL=\d{8}(?:T\d{6})?)Z", r"\1", rule)
    parts = [part.partition("=")[0] for part in rule.rstrip(";").split(";")]
    if not _RULE.fullmatch(rule) or _HOLLOW.search(rule) or len(set(parts)) < len(parts):
        return None
    try:
        rrulestr(rule, dtstart=datetime(2026, 1, 1))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        return None
    return rule


class _Cadence:
    def __init__(self, reading: Reading, context: Context) -> None:
        self.reading = reading
        self.context = context

    def read(self, root: Node) -> None:
        self._refuse_others(root, SETTINGS)
        holidays = tuple(self._holidays(root.value.get("holidays")))
        rituals = root.value.get("rituals")
        if rituals is None or not isinstance(rituals.value, dict):
            self._say(rituals or root, "`rituals` must hold a mapping, such as `triage: {rrule: ...}`")
            return
        for name, node in rituals.value.items():
            if isinstance(node.value, dict):
                self._add(name, node, holidays)
            else:
                self._say(node, f"`{name}` must hold {', '.join(RITUAL_SETTINGS)}")

    def _add(self, name: str, node: Node, holidays: tuple[date, ...]) -> None:
        ritual = ritual_name(name, self.context.words)
        if ritual in {row["ritual"] for row in self.reading.rows["rituals"]}:
            self._say(node, f"`{name}` is promised twice")
            return
        self._refuse_others(node, RITUAL_SETTINGS)
        row: Row = {"ritual": ritual, "title": self._text(node, "title") or name, "owner": self._text(node, "owner")}
        row["rrule"] = self._rule(node.value.get("rrule"), node, name)
        row["timebox_minutes"] = self._minutes(node.value.get("timebox_minutes"))
        row["starts_on"] = self._day(node.value["starts_on"]) if "starts_on" in node.value else None
        self.reading.add("rituals", node.line, **row, holidays=holidays)

    def _say(self, node: Node, message: str) -> None:
        self.reading.say("OPS126", node.line, node.column, message)

    def _refuse_others(self, node: Node, known: tuple[str, ...]) -> None:
        for key, value in node.value.items():
            if key not in known:
                self._say(value, f"`{key[:40]}` is no setting; there are {', '.join(known)}")

    def _text(self, node: Node, name: str) -> str | None:
        value = node.value.get(name)
        if value is not None and value.value is not None and not isinstance(value.value, str):
            self._say(value, f"`{name}` must be a word")
            return None
        return value.value if value else None

    def _rule(self, value: Node | None, node: Node, name: str) -> str | None:
        if value is None or value.value is None:
            self._say(node, f"`{name}` has no rrule, so that nothing is promised")
            return None
        rule = parse_rule(value.value) if isinstance(value.value, str) else None
        if rule is None:
            self._say(value, f"`{str(value.plain())[:60]}` is no rule by days; write one such as FREQ=WEEKLY;BYDAY=MO,TH")
        return rule

    def _minutes(self, value: Node | None) -> float | None:
        if value is None or value.value is None:
            return None
        found = isinstance(value.value, str) and re.fullmatch(r"\d{1,5}(?:\.\d{1,3})?", value.value)
        if not found or float(value.value) == 0:
            self._say(value, f"`{str(value.plain())[:40]}` is no number of minutes")
            return None
        return float(value.value)

    def _day(self, value: Node) -> date | None:
        if value.value is None:
            return None
        try:
            return date.fromisoformat(value.value if isinstance(value.value, str) and len(value.value) == 10 else "")
        except ValueError:
            self._say(value, f"`{str(value.plain())[:40]}` is no day; write it as 2026-01-05")
            return None

    def _holidays(self, value: Node | None) -> Iterator[date]:
        if value is None or value.value is None:
            return
        if not isinstance(value.value, list):
            self._say(value, "`holidays` must be a list of days, such as [2026-12-25]")
            return
        yield from filter(None, map(self._day, value.value))
