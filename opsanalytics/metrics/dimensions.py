"""What a metric can be grouped by: the checked list of columns, and the record's own fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opsanalytics.errors import UsageError
from opsanalytics.metrics.queries import fetch, query_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

INCIDENT_COLUMNS = {
    "severity": "severity",
    "detected_by": "detected_by",
    "status": "status",
    "kind": "kind",
    "hour_class": "hour_class",
    "week": "strftime(started_on, '%G-W%V')",
    "month": "month",
    "quarter": "quarter",
}
PROMISE_COLUMNS = {
    "severity": "severity",
    "owner": "owner",
    "section": "section",
    "status": "status",
    "week": "strftime(created_on, '%G-W%V')",
    "month": "strftime(created_on, '%Y-%m')",
    "quarter": "created_quarter",
    "detected_by": "from_incident.detected_by",
    "kind": "from_incident.kind",
    "hour_class": "from_incident.hour_class",
}
DAY_COLUMNS = {"week": "strftime(day_on, '%G-W%V')", "month": "strftime(day_on, '%Y-%m')", "quarter": "quarter"}
COLUMNS = {"incidents": INCIDENT_COLUMNS, "promises": PROMISE_COLUMNS}

_SERVICE_NOTES = {
    "incidents": "an incident counts once for each of its services",
    "promises": "a follow-up counts once for each service of its incident",
}

NOT_STATED = "(not stated)"


@dataclass(frozen=True)
class Grouping:
    """sql gives id, label and label_rank of every record; note says what the reader must know of the groups."""

    by: str | None
    sql: str
    parameters: dict[str, str] = field(default_factory=dict)
    note: str = ""


def find_grouping(connection: DuckDBPyConnection, records: str, by: str | None) -> Grouping:
    """The records are `incidents` or `promises`. Refused with UsageError: a name that is neither column nor record field."""
    columns = COLUMNS[records]
    if by is None:
        return _by_column(records, by, "null", "0")
    if by in columns:
        return _by_column(records, by, columns[by], "severity_rank" if by == "severity" else "0")
    if by == "service":
        return Grouping(by, query_text(f"dimensions.{records}_by_service", {}), note=_SERVICE_NOTES[records])
    fields = [row["name"] for row in fetch(connection, "dimensions.field_names", {})]
    if by in fields:
        return Grouping(by, query_text(f"dimensions.{records}_by_field", {}), {"field": by})
    raise UsageError(f"cannot group {records} by `{by}`; valid: {', '.join([*columns, 'service', *fields])}")


def _by_column(records: str, by: str | None, label: str, label_rank: str) -> Grouping:
    sql = query_text(f"dimensions.{records}_by_column", {"label": label, "label_rank": label_rank})
    return Grouping(by, sql)
