"""Sections that the chapter asks for and that a file leaves out, or leaves empty."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from opsanalytics.findings import Finding
from opsanalytics.linter.lint import Lint, at_label, at_row
from opsanalytics.markup.words import fold
from opsanalytics.readers.reading import Stated
from opsanalytics.tables import Row

# What makes a file a postmortem, where a post on a status page has at most a timeline.
POSTMORTEM = frozenset({"impact", "root_cause", "factors", "mitigations", "lessons", "follow_ups"})
# Section -> the labels that answer for it.
INCIDENT = {"impact": ("impact", "affected_users", "summary"), "timeline": ("timeline",)}
MOMENTS = ("detected_at", "declared_at", "acknowledged_at", "mitigated_at")  # labels that tell what a timeline does
RESOLVED = {"root cause": ("root_cause", "factors"), "follow-ups": ("follow_ups",)}
DECISION = {"context": ("context",)}
DECIDED = {"decision": ("decision",)}
OF_TEMPLATE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "chapter": {"options": ("options",), "owner": ("owner", "decision_makers")},
    "madr": {"options": ("options",)},
}

Sections = Mapping[str, tuple[str, ...]]


def missing_sections(record: Lint) -> Iterator[Finding]:
    columns = record.context.words.group("action_columns")
    filled = {path: [_as_filled(each, columns) for each in stated] for path, stated in record.stated.items()}
    for row in record.of("incidents"):
        stated = filled.get(row["source_path"], [])
        if row["kind"] == "incident" and any(each.name in POSTMORTEM for each in stated):
            required = {**INCIDENT, **(RESOLVED if row["status"] == "resolved" else {})}
            if sum(1 for name in MOMENTS if row.get(name)) >= 2:
                del required["timeline"]
            yield from _missing(row, required, stated)
    for row in record.of("decisions"):
        is_decided = row.get("status") not in ("draft", "proposed")
        required = {**DECISION, **(DECIDED if is_decided else {}), **OF_TEMPLATE.get(row.get("template") or "", {})}
        yield from _missing(row, required, filled.get(row["source_path"], []))


def _as_filled(stated: Stated, columns: Mapping[str, str]) -> Stated:
    """Without the template's own `Action — Owner — Due`."""
    is_template = stated.name == "follow_ups" and {fold(piece) for piece in re.split(r"\s[—–|-]\s", stated.text)} <= columns.keys()
    return replace(stated, text="") if is_template else stated


def _missing(row: Row, required: Sections, stated: Sequence[Stated]) -> Iterator[Finding]:
    """Each empty section at its label, and all that have none together at the beginning of the file."""
    absent = []
    for section, names in required.items():
        labels = [each for each in stated if each.name in names]
        if not labels:
            absent.append(section)
        elif not any(each.text for each in labels):
            yield at_label("OPS131", row["source_path"], labels[0], f"`{section}` is empty")
    if absent:
        yield at_row("OPS131", row, f"no section for {' and '.join(filter(None, [', '.join(absent[:-1]), absent[-1]]))}")
