"""What the chapter asks of severe incidents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from opsanalytics.findings import Finding
from opsanalytics.linter.lint import Lint, at_label, at_row
from opsanalytics.tables import Row

_SCHEDULED = "postmortem_scheduled"


def missed_checks(record: Lint) -> Iterator[Finding]:
    """Of resolved incidents that keep the checklist: what a file does not mention, nobody can tell."""
    resolved = {row["incident_id"] for row in record.of("incidents") if row["status"] == "resolved"}
    for row in record.of("incident_checks"):
        if row["incident_id"] in resolved and row["required"] and row["passed"] is False and row["check_name"] != _SCHEDULED:
            yield at_row("OPS141", row, f"`{row['check_name'].replace('_', ' ')}` is not done")


def postmortems_not_scheduled(record: Lint) -> Iterator[Finding]:
    """Once the hours to schedule it have passed, of incidents that keep the checklist or say when the postmortem is."""
    checks = {row["incident_id"]: row for row in record.of("incident_checks") if row["check_name"] == _SCHEDULED}
    hours = record.context.postmortem_scheduled_hours
    for row in record.of("incidents"):
        check = checks.get(row["incident_id"])
        if check and not check["passed"] and check["required"] and _hours_passed(row, record):
            resolved = f"resolved {row['resolved_at']:%Y-%m-%d %H:%M}"
            if stated := record.label(row, "postmortem_scheduled_at"):
                said = f"the postmortem is scheduled more than {hours:g} hours after {resolved}"
                yield at_label("OPS142", row["source_path"], stated, said)
            elif check["evidence"]:
                yield at_row("OPS142", check, f"{resolved}, and no postmortem is scheduled")


def _hours_passed(row: Row, record: Lint) -> bool:
    """Since the end, without a postmortem that was held all the same: once the day is over on which they had."""
    limit = timedelta(hours=record.context.postmortem_scheduled_hours)
    resolved, held = row.get("resolved_at"), row.get("postmortem_held_at") or row.get("postmortem_published_at")
    if not resolved or row["status"] != "resolved":
        return False
    return held - resolved > limit if held else record.day(resolved + limit) < record.today
