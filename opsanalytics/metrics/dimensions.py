"""What a metric can be grouped by: the checked list of columns of its records, and the record's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opsanalytics.errors import UsageError
from opsanalytics.metrics.queries import fetch, query_text
from opsanalytics.tables import DECISION_STATUSES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Records:
    """What is counted. facts has one row a record, record_id names it; origin_id names the file that it stands in.

    columns gives the SQL of each label, ranks that of its order where it is not the alphabet's. origin_kind is the kind
    of file, empty when such a file has no fields of its own; ritual narrows promises to those of one. service_note says
    that a record has several services, empty when it has none. Grouped by `widened_by`, or asked for every kind, the
    population is wider than the metric's, and widened_note says so.
    """

    noun: str
    facts: str
    record_id: str
    origin_id: str
    origin_kind: str
    columns: Mapping[str, str]
    ranks: Mapping[str, str] = field(default_factory=dict)
    ritual: str | None = None
    service_note: str = ""
    widened_by: str = ""
    widened_note: str = ""

    @property
    def plural(self) -> str:
        return f"{self.noun}s"


def _days(column: str, quarter: str = "") -> dict[str, str]:
    """Labels of a day; `quarter` is the column of the facts that has it, where they have one."""
    return {
        "week": f"strftime({column}, '%G-W%V')",
        "month": f"strftime({column}, '%Y-%m')",
        "quarter": quarter or f"fiscal_quarter({column}, (select fiscal_year_start from latest_load))",
    }


def _same(*columns: str) -> dict[str, str]:
    return {column: column for column in columns}


_SEVERITY = {"severity": "severity_rank"}
_DECISION = {"status": f"list_position({list(DECISION_STATUSES)}, status)"}
_DECISION_COLUMNS = _same("status", "owner", "template")

RECORDS = {
    "incidents": Records(
        "incident", "incident_times", "incident_id", "incident_id", "incident",
        {**_same("severity", "detected_by", "status", "kind", "hour_class"), **_days("started_on", "quarter")}, _SEVERITY,
        service_note="an incident counts once for each of its services",
        widened_by="kind", widened_note="every kind of record, not only incidents",
    ),
    "follow_ups": Records(
        "follow-up", "promise_facts", "action_id", "origin_id", "incident",
        {**_same("severity", "owner", "section", "status", "detected_by", "hour_class"), "kind": "origin_incident_kind",
         **_days("created_on", "created_quarter")}, _SEVERITY,
        service_note="a follow-up counts once for each service of its incident",
    ),
    "ritual_actions": Records(
        "retro action", "promise_facts", "action_id", "origin_id", "ritual",
        {**_same("ritual", "owner", "section", "status"), **_days("created_on", "created_quarter")}, ritual="retrospective",
        widened_by="ritual", widened_note="actions of every ritual, not only of retrospectives",
    ),
    "ritual_days": Records(
        "promised ritual day", "({ritual_day_facts})", "ritual_day_id", "ritual_day_id", "",
        {**_same("ritual"), **_days("promised_on")},
    ),
    "sessions": Records(
        "session", "ritual_facts", "session_id", "session_id", "ritual", {**_same("ritual"), **_days("held_on", "quarter")},
    ),
    "decisions": Records(
        "decision", "decision_facts", "decision_id", "decision_id", "decision",
        {**_DECISION_COLUMNS, **_days("counted_on", "quarter")}, _DECISION,
    ),
    "proposals": Records(
        "proposal", "decision_facts", "decision_id", "decision_id", "decision",
        {**_DECISION_COLUMNS, **_days("proposed_on")}, _DECISION,
    ),
    "key_results": Records(
        "key result", "key_result_facts", "key_result_id", "key_result_id", "",
        _same("period", "objective", "objective_owner"),
    ),
}
DAY_COLUMNS = {"week": "strftime(day_on, '%G-W%V')", "month": "strftime(day_on, '%Y-%m')", "quarter": "quarter"}

NOT_STATED = "(not stated)"


@dataclass(frozen=True)
class Grouping:
    """sql gives id, label and label_rank of every record; note says what the reader must know of the groups."""

    by: str | None
    sql: str
    parameters: dict[str, str] = field(default_factory=dict)
    note: str = ""


def find_grouping(connection: DuckDBPyConnection, name: str, by: str | None) -> Grouping:
    """The name is one of RECORDS. Refused with UsageError: a `by` that is neither column nor field of those records."""
    records = RECORDS[name]
    if by is None:
        return Grouping(by, _sql(records, "by_column", label="null", label_rank="0"))
    if by in records.columns:
        rank = records.ranks.get(by, "0")
        return Grouping(by, _sql(records, "by_column", label=records.columns[by], label_rank=rank))
    if by == "service" and records.service_note:
        return Grouping(by, _sql(records, "by_service"), note=records.service_note)
    fields = _field_names(connection, records)
    if by in fields:
        return Grouping(by, _sql(records, "by_field"), {"field": by})
    service = ["service"] if records.service_note else []
    valid = ", ".join([*records.columns, *service, *fields])
    raise UsageError(f"cannot group {records.plural} by `{by}`; valid: {valid}")


def each_record(name: str) -> Grouping:
    """Every record a group of its own, by its id."""
    records = RECORDS[name]
    return Grouping(records.record_id, _sql(records, "by_column", label=records.record_id, label_rank="0"))


def _field_names(connection: DuckDBPyConnection, records: Records) -> list[str]:
    rows = fetch(connection, "dimensions.field_names", {"origin_kind": records.origin_kind})
    return [row["name"] for row in rows]


def _sql(records: Records, query: str, **identifiers: str) -> str:
    names = {key: getattr(records, key) for key in ("facts", "record_id", "origin_id", "origin_kind")}
    return query_text(f"dimensions.{query}", {**names, **identifiers})
