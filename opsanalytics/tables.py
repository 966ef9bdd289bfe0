"""The table contract: the one place where a column is defined.

The DuckDB schema, the typed insert, the data dictionary in the docs and the checks are all made from `TABLES`.
Instants are UTC and end in `_at`; calendar days end in `_on`; durations are minutes and end in `_minutes`; shares are
0..1. NULL means that the file does not say. Names are contract: add freely, rename never without a changelog line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]

INCIDENT_KINDS = ("incident", "maintenance", "notice", "drill", "false-alarm")
INCIDENT_STATUSES = ("open", "mitigated", "resolved", "cancelled", "merged")
DETECTORS = ("monitor", "customer", "on-call", "other")
PHASES = ("detection", "diagnosis", "mitigation", "resolved", "update")
ACTION_STATUSES = ("open", "done", "dropped", "gone")
LEVELS = ("error", "warning", "info")
FILE_STATUSES = ("loaded", "rejected", "ignored")

TYPES = {
    "text": "VARCHAR",
    "texts": "VARCHAR[]",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "instant": "TIMESTAMP",
    "day": "DATE",
}


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    meaning: str
    required: bool = False
    allowed: tuple[str, ...] = ()

    @property
    def sql_type(self) -> str:
        return TYPES[self.kind]


@dataclass(frozen=True)
class Table:
    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def _column(name: str, kind: str, meaning: str, *allowed: str, required: bool = False) -> Column:
    return Column(name, kind, meaning, required, allowed)


_SOURCE = (
    _column("source_path", "text", "file that says so, relative to the workspace, `/` between parts", required=True),
    _column("source_line", "integer", "line in that file, from 1", required=True),
)


def _record_table(name: str, meaning: str, *columns: Column, key: tuple[str, ...] = ()) -> Table:
    return Table(name, meaning, columns + _SOURCE, key)


_incident_id = _column("incident_id", "text", "the incident", required=True)

RECORD_TABLES = (
    _record_table(
        "incidents",
        "One row an incident file.",
        _column("incident_id", "text", "the file's own id, else its path without the extension", required=True),
        _column("title", "text", "front matter's, else first H1, else first sentence of the impact, else the id"),
        _column("kind", "text", "what sort of record it is", *INCIDENT_KINDS, required=True),
        _column("severity", "text", "on the workspace's scale"),
        _column("severity_rank", "integer", "1 is worst"),
        _column("severity_raw", "text", "as written"),
        _column("status", "text", "without a resolved time an incident is open", *INCIDENT_STATUSES, required=True),
        _column("started_on", "day", "day of the start, in the workspace's zone; known also when the hour is not"),
        _column("started_at", "instant", "start of the incident"),
        _column("impact_started_at", "instant", "start of the impact, where the file tells it apart"),
        _column("detected_at", "instant", "T0 of the timeline"),
        _column("reported_at", "instant", "first report by a person"),
        _column("declared_at", "instant", "declared an incident"),
        _column("acknowledged_at", "instant", "somebody took the page"),
        _column("mitigated_at", "instant", "impact contained"),
        _column("impact_ended_at", "instant", "end of the impact, where the file tells it apart"),
        _column("resolved_at", "instant", "resolved"),
        _column("closed_at", "instant", "record closed"),
        _column("zone", "text", "zone as the file states it"),
        _column("detected_by", "text", "who saw it first", *DETECTORS),
        _column("coordinator", "text", "incident coordinator"),
        _column("comms_lead", "text", "communications lead"),
        _column("technical_lead", "text", "technical lead"),
        _column("affected_users", "text", "affected systems and users, as written"),
        _column("impact", "text", "impact summary"),
        _column("root_cause", "text", "root cause"),
        _column("mitigations", "text", "mitigations applied"),
        _column("evidence", "text", "logs, pull requests, dashboards"),
        _column("customer_comms", "text", "what customers were told"),
        _column("stated_duration_minutes", "number", "a duration written in words"),
        _column("postmortem_scheduled_at", "instant", "when the postmortem is to be held"),
        _column("postmortem_held_at", "instant", "when it was held"),
        _column("postmortem_published_at", "instant", "when it was published"),
        _column("caused_by_deployment", "text", "deployment that the file names as the cause"),
        _column("excluded_reason", "text", "why the file asks to be left out of metrics"),
        key=("incident_id",),
    ),
    _record_table(
        "incident_services",
        "One row a service that an incident touched.",
        _incident_id,
        _column("service", "text", "name, case-folded and trimmed", required=True),
        _column("service_raw", "text", "as written"),
    ),
    _record_table(
        "incident_events",
        "One row a timeline entry.",
        _incident_id,
        _column("position", "integer", "order in the file, from 1", required=True),
        _column("occurred_at", "instant", "when; NULL when neither a time nor a dated T0 is written"),
        _column("offset_minutes", "number", "minutes from T0, as written"),
        _column("phase", "text", "phase that the entry names", *PHASES),
        _column("text", "text", "the entry without its time and phase"),
    ),
    _record_table(
        "incident_checks",
        "One row a check of the communications checklist and an incident of kind `incident`.",
        _incident_id,
        _column("check_name", "text", "`status_doc` `internal_updates` `external_approved` `postmortem_scheduled`, "
                "or the entry's own words", required=True),
        _column("required", "boolean", "asked for at this severity; NULL when the severity is unknown"),
        _column("passed", "boolean", "NULL when the file does not say"),
        _column("evidence", "text", "the entry as written"),
    ),
    _record_table(
        "incident_responders",
        "One row a person and role in an incident.",
        _incident_id,
        _column("person", "text", "name as written", required=True),
        _column("role", "text", "`coordinator` `comms_lead` `technical_lead` or as written"),
        _column("joined_at", "instant", "when the person joined"),
        _column("left_at", "instant", "when the person left"),
    ),
    _record_table(
        "incident_links",
        "One row a link from an incident to another.",
        _column("from_id", "text", "the incident that names the other", required=True),
        _column("relation", "text", "kind of link", "repeat_of", "duplicate_of", "caused_by", required=True),
        _column("to_id", "text", "the other incident; NULL when there is no such file"),
        _column("to_raw", "text", "as written"),
    ),
    _record_table(
        "incident_factors",
        "One row a contributing factor.",
        _incident_id,
        _column("factor", "text", "the factor", required=True),
        _column("class", "text", "class that the file gives it"),
    ),
    _record_table(
        "lessons",
        "One row a lesson learned.",
        _column("origin_kind", "text", "kind of record", required=True),
        _column("origin_id", "text", "id of the record", required=True),
        _column("position", "integer", "order in the file, from 1", required=True),
        _column("text", "text", "the lesson", required=True),
    ),
    _record_table(
        "action_items",
        "One row a promise: a follow-up with its owner, due day and state.",
        _column("action_id", "text", "origin's id, `#` and its position", required=True),
        _column("origin_kind", "text", "kind of record that made the promise", "incident", required=True),
        _column("origin_id", "text", "id of that record", required=True),
        _column("section", "text", "heading that it stands under"),
        _column("position", "integer", "order in the record, from 1", required=True),
        _column("text", "text", "what was promised", required=True),
        _column("owner", "text", "who promised"),
        _column("status", "text", "state", *ACTION_STATUSES, required=True),
        _column("created_on", "day", "day of the promise"),
        _column("created_on_source", "text", "where that day comes from", "text", "origin"),
        _column("due_on", "day", "day it was promised for"),
        _column("done_on", "day", "day it was done"),
        _column("done_on_source", "text", "where that day comes from", "text"),
        _column("carried_from", "text", "action that it continues"),
        key=("action_id",),
    ),
    _record_table(
        "record_fields",
        "One row a labelled value that no column takes: a dimension of your own, such as `Chain: base`.",
        _column("record_kind", "text", "kind of record", required=True),
        _column("record_id", "text", "id of the record", required=True),
        _column("name", "text", "label, case-folded, words joined by `_`", required=True),
        _column("value", "text", "value as written"),
    ),
)

LOAD_TABLES = (
    Table(
        "source_files",
        "One row a file that a glob of a record kind matches: seen = loaded + rejected + ignored.",
        (
            _column("path", "text", "relative to the workspace", required=True),
            _column("record_kind", "text", "kind whose glob matched", required=True),
            _column("sha256", "text", "hash of the content; NULL when it could not be read"),
            _column("bytes", "integer", "size"),
            _column("status", "text", "what became of it", *FILE_STATUSES, required=True),
            _column("records", "integer", "rows of the main table of that kind", required=True),
            _column("reason", "text", "why it was rejected or ignored"),
        ),
        key=("path", "record_kind"),
    ),
    Table(
        "findings",
        "One row a finding of the load; what `check` prints.",
        (
            _column("path", "text", "file", required=True),
            _column("line", "integer", "line, from 1", required=True),
            _column("col", "integer", "column in characters, from 1", required=True),
            _column("code", "text", "code, documented in the findings reference", required=True),
            _column("level", "text", "how bad", *LEVELS, required=True),
            _column("message", "text", "what was found", required=True),
            _column("hint", "text", "what to do"),
        ),
    ),
    Table(
        "loads",
        "One row a load: this one and the ones it remembers.",
        (
            _column("load_id", "integer", "counts up, newest is highest", required=True),
            _column("loaded_at", "instant", "when the load ran", required=True),
            _column("workspace", "text", "folder that was read", required=True),
            _column("git_commit", "text", "commit of the workspace; NULL outside git"),
            _column("dirty", "boolean", "records differ from that commit; NULL outside git"),
            _column("as_of", "instant", "the clock of the load: open and overdue are meant at this instant", required=True),
            _column("files_seen", "integer", "files that a glob matched", required=True),
            _column("files_loaded", "integer", "files that became records", required=True),
            _column("files_rejected", "integer", "files that could not be read", required=True),
            _column("files_ignored", "integer", "files that a rule left out", required=True),
            _column("tool_version", "text", "version of opsanalytics", required=True),
            _column("fingerprint", "text", "hash of everything that the load depends on", required=True),
            _column("company", "text", "name for headers"),
            _column("zone", "text", "zone in which days and periods are cut", required=True),
            _column("fiscal_year_start", "integer", "month in which the fiscal year starts", required=True),
            _column("policies", "text", "the policies of ops.yml, as JSON", required=True),
            _column("severities", "texts", "scale, worst first", required=True),
        ),
        key=("load_id",),
    ),
)

TABLES = {table.name: table for table in RECORD_TABLES + LOAD_TABLES}
