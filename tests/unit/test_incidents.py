"""One incident file: its identity, its words, its links and checks. Shapes of files are in tests/golden."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

import pyromark
import pytest

from opsanalytics.kinds import KINDS
from opsanalytics.readers import read_record
from opsanalytics.readers.incidents import SHAPES, parse_incident
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.vocabulary import Vocabulary, built_in_words
from opsanalytics.scaffold.records import template
from opsanalytics.tables import TABLES

WORDS = Vocabulary()
START = "Start Time (UTC): 2026-03-04 14:00"


def read(text: str, path: str = "ops/incidents/x.md", **context: Any) -> Reading:
    return parse_incident(path, text, Context(context.pop("words", WORDS), **context))


def incident(text: str, path: str = "ops/incidents/x.md", **context: Any) -> dict[str, Any]:
    (row,) = read(text, path, **context).rows["incidents"]
    return row


def codes(reading: Reading) -> list[str]:
    return [each.code for each in reading.findings]


# --- identity


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("Incident ID: INC-1", "ops/x.md", "INC-1"),
        ("---\nid: INC-2\n---\n", "ops/x.md", "INC-2"),
        ("# INC-20260304-01: Mail is late", "ops/late.md", "INC-20260304-01"),
        ("# INC‑20260304‑01 — Mail is late", "ops/late.md", "INC-20260304-01"),
        ("# PM2026-007 Mail is late", "ops/PM2026-007 - Mail.md", "PM2026-007"),
        ("# PM2026-007 Mail is late", "ops/late.md", "ops/late"),
        ("# HTTP-500 for everybody", "ops/late.md", "ops/late"),
        ("Incident ID: INC‑20260304‑01", "ops/x.md", "INC-20260304-01"),
        ("Incident ID: INC-YYYYMMDD-XX\nStart: 2026-03-04 14:00 UTC", "ops/x.md", "ops/x"),
    ],
)
def test_the_id_is_the_files_own_else_its_path(text: str, path: str, expected: str):
    assert incident(text, path)["incident_id"] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\ntitle: From the front\n---\n# From a heading", "From the front"),
        ("# From a heading\n\n## Impact\nFirst. Second.", "From a heading"),
        ("# INC-20260304-01: Mail is late", "Mail is late"),
        ("## Impact Summary\nMail was late. Nobody noticed.", "Mail was late."),
        ("Severity: SEV-1", "ops/incidents/x"),
        ("# {title}\n\nSeverity: SEV-1", "ops/incidents/x"),
    ],
)
def test_the_title_is_the_front_matters_else_the_headings_else_the_first_sentence_of_the_impact(text: str, expected: str):
    assert incident(text)["title"] == expected


# --- words


@pytest.mark.parametrize(
    ("text", "path", "kind"),
    [
        ("# Mail is late", "x.md", "incident"),
        ("# Planned maintenance of mail", "x.md", "maintenance"),
        ("# Mail moves", "2026-03-04-mail-maintenance.md", "maintenance"),
        ("# Mail server upgrade", "x.md", "maintenance"),
        ("# Mail down after the upgrade", "x.md", "incident"),
        ("# Outage caused by the migration", "x.md", "incident"),
        ("# Scheduled mails are not sent", "x.md", "incident"),
        ("# Tabletop: region lost", "x.md", "drill"),
        ("# Mail moves\n\nKind: maintenance", "x.md", "maintenance"),
        ("# Planned maintenance of mail\n\nKind: incident", "x.md", "incident"),
        ("# Mail\n\nSeverity: notice", "x.md", "notice"),
        ("# Mail\n\nType: game day", "x.md", "drill"),
        ("# Mail\n\nKind: false positive", "x.md", "false-alarm"),
        ("# False alarm: mail is late", "x.md", "false-alarm"),
        ("# Mail is late [EXERCISE]", "x.md", "drill"),
        ("# Mail is late\n\nDrill: yes", "x.md", "drill"),
        ("# Mail is late\n\nDrill: no", "x.md", "incident"),
        ("---\ntitle: Mail moves\ninformational: true\n---\n", "x.md", "notice"),
    ],
)
def test_the_kind_is_what_a_field_says_else_the_title_or_file_name(text: str, path: str, kind: str):
    assert incident(f"{text}\n", path)["kind"] == kind


@pytest.mark.parametrize(
    ("word", "severity", "rank"),
    [
        ("SEV-1", "SEV-1", 1), ("sev2", "SEV-2", 2), ("SEV‑3 (minor)", "SEV-3", 3), ("P1", "SEV-1", 1),
        ("down", "SEV-1", 1), ("disrupted", "SEV-2", 2), ("notice", None, None), ("2", "SEV-2", 2),
        ("**SEV-2** - some users", "SEV-2", 2), ("SEV-4", None, None), ("huge", None, None), ("Sev1", "SEV-1", 1),
        ("SEV-1 (Critical)", "SEV-1", 1), ("P1 - High", "SEV-1", 1), ("P2 Medium", "SEV-2", 2), ("S2/Major", "SEV-2", 2),
        ("🔴 Critical", "SEV-1", 1), ("Critical 🔴", "SEV-1", 1), ("SEV-1/SEV-2", None, None), ("major-outage", "SEV-1", 1),
    ],
)  # fmt: skip
def test_severity_is_a_level_of_the_scale_or_nothing(word: str, severity: str | None, rank: int | None):
    row = incident(f"Severity: {word}")
    assert (row.get("severity"), row.get("severity_rank")) == (severity, rank)
    assert row["severity_raw"] == word.replace("**", "")


@pytest.mark.parametrize(("word", "expected"), [("Critical", "Critical"), ("meltdown", "Critical"), ("LOW", "Low"), ("SEV-1", None)])
def test_a_team_can_have_its_own_scale_and_words(word: str, expected: str | None):
    words = Vocabulary({"severity": {"Critical": ["meltdown"]}})
    reading = read(f"{START}\nSeverity: {word}", words=words, severities=("Critical", "High", "Medium", "Low"))
    assert reading.rows["incidents"][0].get("severity") == expected
    assert codes(reading) == ([] if expected else ["OPS122"])


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Severity: SEV-1", "open"),
        ("Status: investigating", "open"),
        ("Mitigated: 2026-03-04 15:00 UTC", "mitigated"),
        ("Resolved: 2026-03-04 15:00 UTC", "resolved"),
        ("Resolved: 2026-03-04 15:00 UTC\nStatus: open", "resolved"),
        ("Status: Resolved", "resolved"),
        ("Status: cancelled", "cancelled"),
        ("Duplicate of: INC-1", "merged"),
        ("Resolved: yes", "resolved"),
        ("Resolved: no", "open"),
        ("Status: ✅ Resolved", "resolved"),
        ("Status: Resolved ✅", "resolved"),
        ("Status: [Resolved]", "resolved"),
        ("Status: [status]", "open"),
        ("Status: ~~Open~~ Resolved", "resolved"),
        ("Status: Complete, action items in progress", "resolved"),
    ],
)
def test_an_incident_without_a_resolved_time_is_open_unless_it_says_so(text: str, status: str):
    assert incident(f"{START}\n{text}")["status"] == status


@pytest.mark.parametrize(
    ("word", "who", "kept"),
    [
        ("monitor", "monitor", []), ("On‑Call", "on-call", []), ("a customer's mail", "customer", ["a customer's mail"]),
        ("alert from the vendor", None, ["alert from the vendor"]), ("luck", None, ["luck"]),
    ],
)  # fmt: skip
def test_the_detector_is_one_of_four_or_nothing_and_words_that_say_more_are_kept(word: str, who: str | None, kept: list[str]):
    reading = read(f"{START}\nDetected by: {word}")
    assert reading.rows["incidents"][0]["detected_by"] == who
    assert codes(reading) == ([] if who else ["OPS123"])
    assert [row["value"] for row in reading.rows["record_fields"]] == kept


# --- services, people, links


def test_short_names_among_the_affected_are_services_and_the_whole_is_kept():
    reading = read(f"{START}\nAffected Systems/Users: API, check‑out and 900 buyers; customers of the old plan, Search")
    assert [row["service"] for row in reading.rows["incident_services"]] == ["api", "check-out", "search"]
    assert reading.rows["incidents"][0]["affected_users"] == "API, check‑out and 900 buyers; customers of the old plan, Search"


def test_each_role_is_a_responder_and_a_placeholder_is_nobody():
    reading = read(f"{START}\nCoordinator: Ana\nComms Lead: TBD\nTechnical Lead: <name>\nResponders: Bo (database), Cy")
    assert [(row["person"], row["role"]) for row in reading.rows["incident_responders"]] == [
        ("Ana", "coordinator"), ("Bo", "database"), ("Cy", None),
    ]  # fmt: skip


def test_links_name_their_relation_and_the_other_record_as_written():
    reading = read(f"{START}\nRepeat of: INC-1\nCaused by: INC-2, INC-3")
    assert [(row["relation"], row["to_raw"]) for row in reading.rows["incident_links"]] == [
        ("repeat_of", "INC-1"), ("caused_by", "INC-2"), ("caused_by", "INC-3"),
    ]  # fmt: skip


# --- order in time


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("Start: 2026-03-04 10:00 UTC\nResolved: 2026-03-04 09:12 UTC", 2, "resolved 09:12 is before started 10:00"),
        ("Start: 2026-03-04 10:00 UTC\nMitigated: 2026-03-03 09:12 UTC", 2, "mitigated 2026-03-03 09:12 is before started 2026-03-04 10:00"),
        ("Detected: 2026-03-04 10:30 UTC\nStart: 2026-03-04 10:00 UTC\nResolved: 2026-03-04 10:20 UTC", 3, "resolved 10:20 is before detected 10:30"),
        ("Detected: 2026-03-04 10:30 UTC\nResolved: 2026-03-04 10:20 UTC", 2, "resolved 10:20 is before detected 10:30"),
    ],
)
def test_an_end_before_its_beginning_is_kept_as_written_and_found_at_its_place(text: str, line: int, message: str):
    reading = read(text)
    (found,) = (each for each in reading.findings if each.code == "OPS112")
    assert (found.line, found.col, found.message) == (line, text.split("\n")[line - 1].index("2026") + 1, message)
    assert reading.rows["incidents"][0].get("resolved_at") or reading.rows["incidents"][0]["mitigated_at"]


def test_bold_labels_and_indents_do_not_move_the_column_of_a_finding():
    reading = read("**Start:** 2026-03-04 10:00 UTC\n\n- **Resolved**:  2026-03-04 09:12 UTC\n")
    assert [(each.code, each.line, each.col) for each in reading.findings] == [("OPS112", 3, 18)]


def test_one_missing_zone_is_said_once_a_file_and_the_workspaces_zone_settles_it():
    text = "Start: 2026-03-04 10:00\nDetected: 2026-03-04 10:10\nResolved: 2026-03-04 11:00"
    assert codes(read(text)) == ["OPS113"]
    reading = read(text, zone=ZoneInfo("Europe/Paris"))
    assert (codes(reading), f"{reading.rows['incidents'][0]['started_at']:%H:%M}") == ([], "09:00")


# --- the checklist


def checks(text: str, **context: Any) -> dict[str, tuple[bool | None, bool | None]]:
    rows = read(f"{START}\n{text}", **context).rows["incident_checks"]
    return {row["check_name"]: (row["required"], row["passed"]) for row in rows}


def test_the_four_checks_are_there_when_the_file_is_silent():
    assert checks("Severity: SEV-1\nCustomer comms: a post") == {
        "status_doc": (True, None), "internal_updates": (True, None), "external_approved": (True, None),
        "postmortem_scheduled": (True, None),
    }  # fmt: skip


def test_checks_are_not_required_of_small_incidents_and_unknown_without_a_severity():
    assert checks("Severity: SEV-3")["status_doc"] == (False, None)
    assert checks("")["status_doc"] == (None, None)


def test_a_postmortem_counts_as_scheduled_by_its_time_whatever_box_is_ticked():
    late = "Resolved: 2026-03-04 15:00 UTC\nPostmortem scheduled: 2026-03-09 15:00 UTC\n\n## Communications checklist\n- [x] Postmortem scheduled"
    assert checks(late)["postmortem_scheduled"][1] is False
    assert checks(late, postmortem_scheduled_hours=200)["postmortem_scheduled"][1] is True


def test_a_drill_has_no_communications_checks():
    assert checks("Kind: drill\nSeverity: SEV-1") == {}


# --- templates and index pages


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (template("incident").replace("{id}", "INC-YYYYMMDD-XX").replace("{title}", "Title"), "ops/incidents/incident-template.md"),
        (template("incident").replace("{id}", "INC-YYYYMMDD-XX"), "ops/incidents/x.md"),
        (f"```\n{template('incident').replace('{id}', 'INC-YYYYMMDD-XX')}\n```\n", "ops/incidents/x.md"),
        ("# Title\n\n## Summary\n\nWrite one sentence.\n", "ops/incidents/TEMPLATE.md"),
    ],
)
def test_a_template_that_nobody_filled_in_is_no_record(text: str, path: str):
    reading = read(text, path)
    assert (reading.ignored, dict(reading.rows)) == ("a template that nobody filled in", {})


@pytest.mark.parametrize("path", ["ops/incidents/mail-template-broken.md", "ops/incidents/templates-lost.md"])
def test_an_incident_about_templates_is_one(path: str):
    assert incident("# Templates are lost", path)["title"] == "Templates are lost"


def test_a_named_template_that_somebody_filled_in_is_a_record():
    assert incident(START, "ops/incidents/template.md")["started_at"]


@pytest.mark.parametrize("name", ["README.md", "index.qmd", "_index.md"])
def test_an_index_page_is_passed_over(name: str):
    assert read_record(KINDS["incidents"], f"ops/incidents/{name}", b"# All incidents", Context(WORDS)).ignored == "an index page"


def test_a_new_incident_from_the_template_is_a_record_with_no_more_than_was_filled_in():
    text = template("incident").replace("{id}", "INC-20260304-01").replace("{title}", "Mail is late")
    reading = read(text)
    (row,) = reading.rows["incidents"]
    told = {"incident_id": "INC-20260304-01", "title": "Mail is late", "kind": "incident", "status": "open", "zone": "UTC"}
    assert {name: value for name, value in row.items() if value is not None and not name.startswith("source_")} == told
    assert codes(reading) == ["OPS121"]
    assert set(reading.rows) == {"incidents", "incident_checks"}


# --- the vocabulary against the contract


def test_every_label_of_the_vocabulary_is_a_field_that_incidents_have():
    assert set(built_in_words()["labels"]) == set(SHAPES)


def test_every_meaning_in_the_vocabulary_is_one_that_the_table_allows():
    columns = {column.name: column.allowed for column in TABLES["incidents"].columns}
    for name in ("kind", "status", "detected_by"):
        assert set(built_in_words()[name]) <= set(columns[name])


# --- the work of one file


WHOLE = f"""# Mail is late

Incident ID: INC-20260304-01
{START}
Severity: SEV-1

## Timeline
- T0 detection: 14:05 — a customer called
- T+30 resolved: the queue ran dry

## Follow-ups
- [x] Watch the queue — Ana — Due 2026-03-20 (done 2026-03-18)

## Communications checklist
- [x] Status doc created
"""


def test_a_file_is_parsed_as_markdown_once(monkeypatch: pytest.MonkeyPatch):
    parsed: list[str] = []
    parse = pyromark.events_with_range
    monkeypatch.setattr(pyromark, "events_with_range", lambda text, **options: parsed.append(text) or parse(text, **options))
    read(WHOLE)
    assert len(parsed) == 1


def test_patterns_that_depend_on_the_words_are_made_for_the_first_file_only(monkeypatch: pytest.MonkeyPatch):
    read(WHOLE)
    made: list[Any] = []
    monkeypatch.setattr(re, "compile", lambda *pattern: made.append(pattern))
    read(WHOLE.replace("SEV-1", "SEV-2").replace("2026", "2025"))
    assert made == []
