"""Holds what the readers make of real files against what a person read in them, field by field."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from opsanalytics.kinds import KINDS
from opsanalytics.readers import read_record
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.settings import parse_settings
from opsanalytics.tables import Row
from opsanalytics.workspace import Workspace

DECISION_TEXTS = ("context", "options", "decision", "consequences")
RELATIONS = ("supersedes", "superseded_by", "amends", "relates")


@dataclass(frozen=True)
class Verdict:
    """`missed`: the file says it and nothing was read. `guessed`: the file is silent and a value stands there."""

    path: str
    field: str
    outcome: str
    label: Any
    read: Any


def score(kind: str, files: Path, labels: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[Verdict]:
    """A verdict for every judged field of every labelled file."""
    for path, said in labels.items():
        repository, _, inside = path.partition("/")
        workspace = Workspace(files, parse_settings(yaml.safe_dump(settings.get(repository, {})).encode())[0])
        context = workspace.context
        reading = read_record(KINDS[kind], inside, (files / path).read_bytes(), context)
        if kind == "decisions":
            reading.rows["decision_links"] = [link for link in reading.rows["decision_links"] if _stands(link, files / path)]
        for name, label, read in _pairs(kind, said, reading, context):
            yield Verdict(path, name, _outcome(label, read), label, read)


def _stands(link: Row, path: Path) -> bool:
    """A load keeps a mere mention when it is of another decision; alone, a file can only tell that there is such a file."""
    target = re.search(r"\]\(([^)#\s]+)", link["to_raw"])
    return not link.get("is_mention") or bool(target and (path.parent / target[1]).is_file())


def _pairs(kind: str, said: Mapping[str, Any], reading: Reading, context: Context) -> Iterator[tuple[str, Any, Any]]:
    is_read = bool(reading.rows[KINDS[kind].table])
    if said.get("ignored") or not is_read:
        yield "ignored", bool(said.get("ignored")), not is_read
        return
    if kind == "rituals":
        yield from _session_pairs(said, reading, context)
        return
    facts = {"incidents": _incident, "decisions": _decision}[kind](reading)
    judged = {**said, "number": _number(said["number"])} if said.get("number") else said
    yield from ((name, label, facts[name]) for name, label in judged.items() if name != "ignored")


def _number(text: str) -> str:
    """`ADR-012` and `12` are one number."""
    return re.sub(r"^(?:[A-Za-z]+[-_ ]?)?0*(?=\d)", "", text)


def _outcome(label: Any, read: Any) -> str:
    label, read = _plain(label), _plain(read)
    if label == read:
        return "right"
    return "guessed" if label is None else "missed" if read is None else "wrong"


def _plain(value: Any) -> Any:
    """None and no entries are the same silence; instants to the minute."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return str(value)
    if isinstance(value, str):
        return " ".join(value.casefold().split())[:16] if value[:4].isdigit() and ":" in value else value.casefold().strip()
    return None if value in (0, False) else value


def _incident(reading: Reading) -> dict[str, Any]:
    (row,) = reading.rows["incidents"]
    times = ("started_on", "started_at", "detected_at", "acknowledged_at", "mitigated_at", "resolved_at")
    said = {name: row.get(name) for name in ("kind", "severity_raw", "status", "stated_duration_minutes", *times)}
    counts = {"events": "incident_events", "lessons": "lessons", "services": "incident_services"}
    return {**said, **{name: len(reading.rows[table]) for name, table in counts.items()}, **_actions(reading.rows["action_items"])}


def _actions(rows: list[Row]) -> dict[str, int]:
    return {
        "actions": len(rows),
        "actions_done": sum(row["status"] == "done" for row in rows),
        "actions_with_owner": sum(row["owner"] is not None for row in rows),
        "actions_with_due": sum(row["due_on"] is not None for row in rows),
    }


def _decision(reading: Reading) -> dict[str, Any]:
    (row,) = reading.rows["decisions"]
    relations = Counter(link["relation"] for link in reading.rows["decision_links"])
    makers = row.get("decision_makers")
    return {
        **{name: row.get(name) for name in ("status", "decided_on", "proposed_on", "updated_on", "template")},
        "number": row["number"] and _number(row["number"]),
        **{name: relations[name] for name in RELATIONS},
        **{f"has_{name}": bool(row.get(name)) for name in DECISION_TEXTS},
        "makers": makers and len([each for each in makers.split(",") if each.strip()]),
    }


def _session_pairs(said: Mapping[str, Any], reading: Reading, context: Context) -> Iterator[tuple[str, Any, Any]]:
    labels = said.get("sessions") or [said]
    rows = sorted(reading.rows["ritual_sessions"], key=lambda row: row["source_line"])
    if "sessions" in said or len(rows) > 1:
        yield "sessions", len(labels), len(rows)
    read = [_session(row, reading, context) for row in rows]
    by_day = {each["held_on"]: each for each in read}
    for at, label in enumerate(labels):
        facts = by_day.get(label.get("held_on")) or (read[at] if at < len(read) else {})
        yield from ((name, value, facts.get(name)) for name, value in label.items() if name != "ignored")


def _session(row: Row, reading: Reading, context: Context) -> dict[str, Any]:
    people = [each for each in reading.rows["ritual_attendance"] if each["session_id"] == row["session_id"]]
    promised = [each for each in reading.rows["action_items"] if each["origin_id"] == row["session_id"]]
    return {
        "ritual": row["ritual"],
        "held_on": row["held_on"],
        "started_at": _local(row.get("started_at"), context),
        "duration_minutes": row.get("duration_minutes"),
        "facilitator": bool(row.get("facilitator")),
        "present": sum(each["present"] is True for each in people),
        "absent": sum(each["present"] is False for each in people),
        **_actions(promised),
    }


def _local(instant: datetime | None, context: Context) -> str | None:
    zone = context.zone or ZoneInfo("UTC")
    return instant and f"{instant.replace(tzinfo=UTC).astimezone(zone):%H:%M}"
