"""Promises that nobody can be asked about: without an owner, or without a day."""

from __future__ import annotations

import re
from collections.abc import Iterator

from opsanalytics.findings import Finding
from opsanalytics.linter.lint import Lint, at_row
from opsanalytics.tables import Row


def promises_without_owner(record: Lint) -> Iterator[Finding]:
    for row in _open(record):
        if row.get("owner") is None and not _names_somebody(row, record):
            yield at_row("OPS132", row, f"nobody owns `{_short(row)}`")


def promises_without_day(record: Lint) -> Iterator[Finding]:
    for row in _open(record):
        if row.get("due_on") is None:
            yield at_row("OPS133", row, f"no day is named for `{_short(row)}`")


def _open(record: Lint) -> Iterator[Row]:
    """Each once: where it was carried over to. A newcomer's checklist is owed by its plan, and within its days."""
    items = record.of("action_items")
    carried = {row.get("carried_from") for row in items}
    for row in (row for row in items if row["action_id"] not in carried and row["origin_kind"] != "onboarding"):
        if row["status"] == "open" and not record.context.words.mentions("promise_words", "kept", row["text"]):
            yield row


def _names_somebody(row: Row, record: Lint) -> bool:
    """`Ana will write to the vendor`: no owner that could be counted by, and a name all the same."""
    name = re.match(r"@?[A-Z][\w.-]*(?: [A-Z][\w.-]*)? (?=\w)", row["text"])
    joint = record.context.words.pattern("promise_words", "somebody")
    return bool(name and joint.match(row["text"], name.end()))


def _short(row: Row) -> str:
    text = " ".join(str(row["text"]).split())
    return text if len(text) <= 60 else f"{text[:59]}…"
