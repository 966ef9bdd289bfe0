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
DECISION_STATUSES = ("draft", "proposed", "accepted", "rejected", "deprecated", "superseded")
RFC_STATUSES = ("draft", "open", "accepted", "implemented", "rejected", "withdrawn", "deferred", "superseded", "deprecated")
SESSION_STATUSES = ("held", "cancelled")
DIRECTIONS = ("up", "down")
KEY_RESULT_STATUSES = ("hit", "missed", "not measured")
HORIZONS = ("now", "next", "later", "done")
ROADMAP_STATUSES = ("open", "done", "dropped")
ACTION_STATUSES = ("open", "done", "dropped", "gone")
ACTION_EVENTS = ("created", "done", "reopened", "reworded", "moved", "dropped", "gone")
HISTORY_STANDINGS = ("whole", "cut", "refused", "none")
FILE_CHANGES = ("added", "changed", "renamed", "deleted")
WINDOW_KINDS = ("rolling", "calendar")
BUDGETING_METHODS = ("occurrences", "timeslices", "ratio_timeslices")
DEPLOYMENT_STATUSES = ("succeeded", "failed", "rolled-back", "cancelled", "running")
PAGE_URGENCIES = ("high", "low")
LEVELS = ("error", "warning", "info")
FILE_STATUSES = ("loaded", "rejected", "ignored")

# What makes a spreadsheet take a text for a formula, full-width signs too where it knows them.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

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
        _column("status", "text", "as the file says; where it does not, without a resolved time it is open", *INCIDENT_STATUSES, required=True),
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
        _column("action_id", "text", "origin's id, `#` and a number that it keeps when it is reworded, moved or reordered: its "
                "place among all that the record ever promised; outside git its position", required=True),
        _column("origin_kind", "text", "kind of record that made the promise", "incident", "ritual", "decision",
                "onboarding", required=True),
        _column("origin_id", "text", "id of that record", required=True),
        _column("section", "text", "heading that it stands under"),
        _column("position", "integer", "order in the record, from 1; of a line that is not there any more its last one",
                required=True),
        _column("text", "text", "what was promised", required=True),
        _column("owner", "text", "who promised"),
        _column("status", "text", "state; `gone` when its line vanished while it was open. `source_line` of a line that is not "
                "there any more is its last one, and `action_events` names the commit", *ACTION_STATUSES, required=True),
        _column("created_on", "day", "day of the promise"),
        _column("created_on_source", "text", "where that day comes from: `history` is the first commit that has it; `import` "
                "a commit that brought ten old records or more, which dates nothing", "text", "history", "origin", "import"),
        _column("due_on", "day", "day it was promised for"),
        _column("done_on", "day", "day it was done"),
        _column("done_on_source", "text", "where that day comes from: `history` is the commit that ticked it", "text", "history"),
        _column("carried_from", "text", "the last earlier writing of the same promise, in whichever record"),
        key=("action_id",),
    ),
    _record_table(
        "action_sightings",
        "One row a later record that has a promise again, as an action item of its own or as a note.",
        _column("action_id", "text", "the promise, by its first writing", required=True),
        _column("seen_kind", "text", "kind of the later record", "incident", "ritual", "decision", required=True),
        _column("seen_id", "text", "id of the later record", required=True),
        _column("seen_on", "day", "day of the later record"),
        _column("seen_action_id", "text", "the action item that has it there; NULL for a note"),
        _column("text", "text", "as it is said there", required=True),
        _column("score", "number", "how alike the words are, 0..1; 1 for an id", required=True),
        _column("linked_by", "text", "what it is known by: the promise's id or ticket, a link to its file, or the words",
                "id", "link", "text", required=True),
        key=("action_id", "seen_kind", "seen_id"),
    ),
    _record_table(
        "action_events",
        "One row an event in the life of a promise, as commits tell it; `source_path` and `source_line` are the promise's.",
        _column("action_id", "text", "the promise", required=True),
        _column("occurred_at", "instant", "when it was committed, on the first-parent line of HEAD", required=True),
        _column("event", "text", "what happened; `reopened` also when a line that had vanished came back", *ACTION_EVENTS,
                required=True),
        _column("git_commit", "text", "the commit", required=True),
    ),
    Table(
        "record_changes",
        "One row a change of a column of an incident, a decision, a session, an RFC or an onboarding plan, as commits tell it; and "
        "one row for each time that a record came, whatever it said then, or went.",
        (
            _column("record_kind", "text", "kind of record", "incident", "decision", "ritual", "rfc", "onboarding", required=True),
            _column("record_id", "text", "the record, by the id that it has now, or had last", required=True),
            _column("name", "text", "the column of the record's own table, without `_raw` ones and `severity_rank`; `record` when "
                    "the record itself came or went", required=True),
            _column("was", "text", "before, as the column prints; NULL when it was empty. A text above 80 letters is told by its "
                    "beginning and a hash of all of it"),
            _column("became", "text", "after, in the same way; of `record` its id"),
            _column("changed_at", "instant", "when it was committed, on the first-parent line of HEAD; NULL for a record that came "
                    "with an import or the first commit of a shallow clone: these date nothing"),
            _column("git_commit", "text", "the commit", required=True),
            _column("source_path", "text", "file that has the record now, or had it last", required=True),
        ),
    ),
    _record_table(
        "decisions",
        "One row a decision file.",
        _column("decision_id", "text", "the file's own id, else its path without the extension", required=True),
        _column("number", "text", "number that the file or its name gives, as written"),
        _column("title", "text", "front matter's, else first H1 without its number, else the id"),
        _column("status", "text", "what became of it; NULL when the file does not say", *DECISION_STATUSES),
        _column("status_raw", "text", "as written"),
        _column("template", "text", "template that its headings follow", "chapter", "nygard", "madr"),
        _column("proposed_on", "day", "day it was proposed"),
        _column("decided_on", "day", "day it was decided"),
        _column("updated_on", "day", "day it was last changed, as MADR's `date` has it"),
        _column("owner", "text", "who owns it"),
        _column("decision_makers", "text", "who decided"),
        _column("context", "text", "why there was something to decide"),
        _column("options", "text", "what was considered"),
        _column("decision", "text", "what was decided"),
        _column("consequences", "text", "what follows from it"),
        _column("review_on", "day", "day it is to be looked at again"),
        key=("decision_id",),
    ),
    _record_table(
        "decision_links",
        "One row a link from a decision to another.",
        _column("from_id", "text", "the decision that names the other", required=True),
        _column("relation", "text", "kind of link, from the one that names", "supersedes", "superseded_by", "amends",
                "relates", required=True),
        _column("to_id", "text", "the other decision; NULL when there is no such file"),
        _column("to_raw", "text", "as written"),
    ),
    _record_table(
        "rfcs",
        "One row an RFC.",
        _column("rfc_id", "text", "the file's own id, else its path without the extension", required=True),
        _column("title", "text", "front matter's, else the first H1 unless it is a section, else the feature's name, else the id"),
        _column("status", "text", "where it stands: `open` is under review, `implemented` also what a released RFC is; NULL when "
                "the file does not say", *RFC_STATUSES),
        _column("status_raw", "text", "as written"),
        _column("author", "text", "who wrote it, as written"),
        _column("opened_on", "day", "day it was put forward, a plain `Date` too; the month in a file's name is no day"),
        _column("review_ends_on", "day", "last day of its review"),
        _column("decided_on", "day", "day it was accepted or rejected"),
        key=("rfc_id",),
    ),
    _record_table(
        "rituals",
        "One row a ritual that the cadence promises.",
        _column("ritual", "text", "`standup` `triage` `ship-review` `oncall-sync` `product-council` `retrospective` "
                "`planning`, or the team's own", required=True),
        _column("title", "text", "name for people"),
        _column("rrule", "text", "when it is promised, as an RFC 5545 rule"),
        _column("timebox_minutes", "number", "how long it may take"),
        _column("owner", "text", "who keeps it"),
        _column("starts_on", "day", "first day that it is promised for"),
        key=("ritual",),
    ),
    Table(
        "ritual_slots",
        "One row a day for which the cadence promised a ritual, up to the load's as-of, with the session that kept it.",
        (
            _column("ritual", "text", "which ritual", required=True),
            _column("promised_on", "day", "day by the rule", required=True),
            _column("session_id", "text", "the session held for it; NULL when there is none"),
            _column("outcome", "text", "what became of the promise", "held", "cancelled", "missed", required=True),
        ),
        key=("ritual", "promised_on"),
    ),
    _record_table(
        "ritual_sessions",
        "One row a session of a ritual.",
        _column("session_id", "text", "its path without the extension, with `#` and its day where the file holds several",
                required=True),
        _column("ritual", "text", "which ritual", required=True),
        _column("title", "text", "first heading"),
        _column("held_on", "day", "day of the session"),
        _column("started_at", "instant", "when it began"),
        _column("duration_minutes", "number", "how long it took"),
        _column("facilitator", "text", "who led it"),
        _column("status", "text", "a cancelled one was not held", *SESSION_STATUSES, required=True),
        key=("session_id",),
    ),
    _record_table(
        "ritual_attendance",
        "One row a person and session.",
        _column("session_id", "text", "the session", required=True),
        _column("person", "text", "name as written", required=True),
        _column("present", "boolean", "NULL when the file does not say", required=False),
    ),
    _record_table(
        "ritual_notes",
        "One row a note of a session.",
        _column("session_id", "text", "the session", required=True),
        _column("position", "integer", "order in the file, from 1", required=True),
        _column("category", "text", "`yesterday` `today` `risk` `helped` `hurt` `improvement` `decision` `approval` "
                "`shipped` `blocked` `toil` `inbox` `resourcing`, or the heading as written", required=True),
        _column("person", "text", "whose note it is"),
        _column("text", "text", "the note", required=True),
    ),
    _record_table(
        "objectives",
        "One row an objective, from a planning session or `ops/objectives`.",
        _column("objective_id", "text", "its file's path without the extension, `#` and its position", required=True),
        _column("period", "text", "period it is meant for, such as 2026-Q3"),
        _column("position", "integer", "order in the file, from 1", required=True),
        _column("text", "text", "the objective", required=True),
        _column("owner", "text", "who answers for it"),
        key=("objective_id",),
    ),
    _record_table(
        "key_results",
        "One row a measurable key result.",
        _column("key_result_id", "text", "its objective's id, `.` and its position", required=True),
        _column("objective_id", "text", "the objective", required=True),
        _column("position", "integer", "order under the objective, from 1", required=True),
        _column("text", "text", "what is measured", required=True),
        _column("unit", "text", "unit of the figures, as written"),
        _column("baseline", "number", "where it began"),
        _column("target", "number", "where it is to be"),
        _column("actual", "number", "where it is; NULL when nobody measured"),
        _column("direction", "text", "side of the target that is better, by its sign or as seen from the baseline; NULL when neither tells",
                *DIRECTIONS),
        _column("status", "text", "as the file says, else `hit` when the actual reaches the target; NULL otherwise",
                *KEY_RESULT_STATUSES),
        key=("key_result_id",),
    ),
    _record_table(
        "roadmap_items",
        "One row an item of a roadmap: an entry, a table row, or a heading or bold line that is one itself.",
        _column("item_id", "text", "its file's path without the extension, `#` and its position", required=True),
        _column("horizon", "text", "heading or column that it stands under; NULL under a quarter, a version or no such heading: "
                "that heading is its field `section`", *HORIZONS),
        _column("position", "integer", "order in the file, from 1", required=True),
        _column("title", "text", "what is to be done", required=True),
        _column("dri", "text", "who answers for it"),
        _column("due_on", "day", "day it is due; a quarter or month is its field `due_on`"),
        _column("status", "text", "`done` also when it is struck through or stands under a heading for what is done",
                *ROADMAP_STATUSES, required=True),
        key=("item_id",),
    ),
    _record_table(
        "runbooks",
        "One row a runbook.",
        _column("runbook_id", "text", "its path without the extension", required=True),
        _column("service", "text", "service that it says it is for; else the known service that the file or its folder is named for"),
        _column("title", "text", "front matter's, else the first H1, else the id"),
        _column("pager", "text", "whom to call, or how, as written"),
        _column("has_playbook", "boolean", "it says what to do: a section such as Diagnosis, Mitigation or Steps that is not empty, "
                "commands, or numbered steps", required=True),
        _column("has_rollback", "boolean", "it has a section on rolling back that is not empty", required=True),
        _column("reviewed_on", "day", "day it was last reviewed"),
        _column("review_every_days", "integer", "days between reviews; a month is a twelfth of 365.25 days, rounded"),
        key=("runbook_id",),
    ),
    _record_table(
        "onboarding_plans",
        "One row a 30/60/90 plan; its entries are action items with their section.",
        _column("plan_id", "text", "its path without the extension", required=True),
        _column("role", "text", "role that the plan is for"),
        _column("person", "text", "whose plan it is"),
        _column("manager", "text", "manager"),
        _column("mentor", "text", "mentor or mentors, as written"),
        _column("started_on", "day", "first day"),
        key=("plan_id",),
    ),
    _record_table(
        "slos",
        "One row a service level objective; a document with several objectives has a row for each.",
        _column("slo_id", "text", "the file's own id, else service and name joined by `-`, else its path, `#` and its "
                "position; behind `/` or `#` the objective, where a document has several", required=True),
        _column("service", "text", "service that it is promised for"),
        _column("name", "text", "name for people"),
        _column("indicator", "text", "what is measured, in one line: the queries or their ratio"),
        _column("target", "number", "share of good events that is promised, 0..1: a number up to 1 is a share, one above "
                "it a percentage"),
        _column("time_window", "text", "`28d` `1M` `1Q` `1Y`; whole weeks and days of hours are days"),
        _column("window_kind", "text", "as the file says, else days roll, and months, quarters and years are the calendar's",
                *WINDOW_KINDS),
        _column("budgeting_method", "text", "what the budget counts", *BUDGETING_METHODS),
        _column("time_slice_target", "number", "share of good events that makes a time slice good, 0..1"),
        _column("time_slice_window", "text", "length of a time slice, such as `1m`"),
        key=("slo_id",),
    ),
    _record_table(
        "sli_samples",
        "One row a measurement: good and all events of an objective in a stretch of time. What a file measures more often than "
        "hourly is summed by hours of UTC, and an hour with a hole has a row on each side of it. An objective whose time slices "
        "are shorter, or no whole hours, keeps its samples.",
        _column("slo_id", "text", "the objective; as written when there is no such one", required=True),
        _column("bucket_at", "instant", "start of the stretch; a day alone starts at midnight in the workspace's zone"),
        _column("bucket_minutes", "number", "its length; where the file states none, the step between an objective's "
                "stamps, if it is one and the same"),
        _column("good", "number", "good events"),
        _column("total", "number", "all events"),
    ),
    _record_table(
        "services",
        "One row a service.",
        _column("service", "text", "name as written", required=True),
        _column("aliases", "texts", "other names of it"),
        _column("team", "text", "team that owns it"),
        _column("tier", "text", "how much it matters, as written"),
        _column("active_from", "day", "first day in use"),
        _column("retired_on", "day", "day it was switched off"),
        key=("service",),
    ),
    _record_table(
        "deployments",
        "One row a deployment.",
        _column("deployment_id", "text", "the file's own id, else its path, `#` and its position", required=True),
        _column("service", "text", "service that was deployed"),
        _column("environment", "text", "where to, as written"),
        _column("finished_at", "instant", "when it was over"),
        _column("status", "text", "how it ended", *DEPLOYMENT_STATUSES),
        key=("deployment_id",),
    ),
    _record_table(
        "pages",
        "One row a page: somebody was called.",
        _column("page_id", "text", "the file's own id, else its path, `#` and its position", required=True),
        _column("paged_at", "instant", "when it was sent"),
        _column("acknowledged_at", "instant", "when somebody took it"),
        _column("person", "text", "who was called"),
        _column("service", "text", "service that it was about"),
        _column("urgency", "text", "how urgent it was", *PAGE_URGENCIES),
        _column("incident_id", "text", "the incident that it belongs to; NULL when there is no such file"),
        key=("page_id",),
    ),
    _record_table(
        "oncall_shifts",
        "One row a person's stretch on call; a rotation's are written out to its end, else to one round after the load.",
        _column("shift_id", "text", "the file's own id, else its path, `#` and its position or the rotation's service and "
                "the day", required=True),
        _column("person", "text", "who is on call"),
        _column("service", "text", "service that is covered; NULL when the file names none"),
        _column("starts_at", "instant", "start; a day alone starts at midnight in the workspace's zone"),
        _column("ends_at", "instant", "end, at which the next one starts"),
        key=("shift_id",),
    ),
    _record_table(
        "people",
        "One row a person of the record.",
        _column("person", "text", "short name that the record uses, else the full one", required=True),
        _column("name", "text", "full name"),
        _column("aliases", "texts", "other names, handles and addresses"),
        _column("team", "text", "team"),
        _column("zone", "text", "zone that the person works in"),
        _column("role", "text", "role"),
        key=("person",),
    ),
    _record_table(
        "annotations",
        "One row a remark that is drawn on every time axis, from `ops.yml` or `ops/annotations.yml`.",
        _column("starts_on", "day", "first day"),
        _column("ends_on", "day", "last day; NULL when it is one day, or not over"),
        _column("text", "text", "the remark", required=True),
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
        "file_versions",
        "One row a version of a record file on the first-parent line of the commit that was read, oldest first.",
        (
            _column("position", "integer", "order in history, from 1", required=True),
            _column("path", "text", "relative to the workspace; of a deleted file the one that it had", required=True),
            _column("record_kind", "text", "kind whose glob matched", required=True),
            _column("git_commit", "text", "commit that made this version", required=True),
            _column("committed_at", "instant", "when, by the committer's clock"),
            _column("change", "text", "what the commit did", *FILE_CHANGES, required=True),
            _column("blob_id", "text", "git's id of the content; NULL for a deleted file"),
            _column("renamed_from", "text", "path before a rename"),
            _column("recorded_on", "day", "the record's own day, as this version has it"),
            _column("snapshot", "text", "its action items and records as JSON, so that the next load need not read it again; "
                    "`null` when it cannot be parsed"),
        ),
        key=("position",),
    ),
    Table(
        "history_state",
        "One row: how far back git tells of the record.",
        (
            _column("standing", "text", "`cut` is a shallow clone, `refused` a repository that git does not read, `none` a "
                    "folder outside git", *HISTORY_STANDINGS, required=True),
            _column("git_commit", "text", "commit up to which `file_versions` reaches; NULL when git tells nothing"),
            _column("cut_at", "text", "commit that a shallow clone begins with"),
            _column("reader", "text", "hash of what reading a version depends on"),
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
            _column("dirty", "boolean", "records or settings differ from that commit; NULL outside git"),
            _column("as_of", "instant", "the clock of the load: open and overdue are meant at this instant", required=True),
            _column("files_seen", "integer", "files that a glob matched", required=True),
            _column("files_loaded", "integer", "files that became records", required=True),
            _column("files_rejected", "integer", "files that could not be read", required=True),
            _column("files_ignored", "integer", "files that a rule left out", required=True),
            _column("tool_version", "text", "version of opsanalytics", required=True),
            _column("fingerprint", "text", "hash of everything that the load depends on", required=True),
            _column("company", "text", "name for headers"),
            _column("record_address", "text", "where a line of a record is on the forge of ops.yml, `{path}` and `{line}` to be filled in; "
                    "NULL without a forge or a commit"),
            _column("zone", "text", "zone in which days and periods are cut", required=True),
            _column("fiscal_year_start", "integer", "month in which the fiscal year starts", required=True),
            _column("policies", "text", "the policies of ops.yml, as JSON", required=True),
            _column("severities", "texts", "scale, worst first", required=True),
        ),
        key=("load_id",),
    ),
)

TABLES = {table.name: table for table in RECORD_TABLES + LOAD_TABLES}
