"""The stories of record quality, on tables small enough to read."""

from datetime import datetime

import pytest
from test_pages_record import AS_OF, LOAD, action, decision, incident, record_of, session

from opsanalytics.findings import RULES, rule_page
from opsanalytics.packs import quality, readiness
from opsanalytics.tables import TABLES
from opsanalytics.warehouse.schema import insert_rows
from opsanalytics.workbench import display as show


def file(path: str, status: str = "loaded", kind: str = "incidents", **more) -> dict:
    return {"path": path, "record_kind": kind, "status": status, "records": int(status == "loaded")} | more


def found(code: str, path: str, line: int = 1, message: str = "found") -> dict:
    return {"path": path, "line": line, "col": 1, "code": code, "level": RULES[code].level, "message": message}


@pytest.fixture
def worn():
    """Five incident files, a decision and an index page."""
    return record_of(
        source_files=[
            file("a.md"), file("b.md"), file("c.md"), file("whole.md"), file("broken.md", "rejected", reason="both sides of a merge"),
            file("README.md", "ignored", "decisions", reason="an index page"), file("d.md", kind="decisions")],
        findings=[
            found("OPS101", "broken.md", 7, "both sides of a merge"), found("OPS112", "b.md", 9, "resolved before started"),
            found("OPS131", "b.md", 4, "`root cause` is empty"), found("OPS131", "a.md", 3, "`root cause` is empty"),
            found("OPS131", "a.md", 5, "`impact` is empty"), found("OPS115", "a.md", 6, "12:00 comes after 11:00"),
            found("OPS138", "c.md"), found("OPS171", "c.md"),
            found("OPS131", "d.md", 1, "no section for options")])  # fmt: skip


def test_every_file_is_counted_once_by_its_kind(worn):
    assert quality.files_finding(worn) == "7 files seen = 5 loaded + 1 rejected + 1 ignored"
    assert quality.files(worn).to_numpy().tolist() == [
        ["incidents", 5, 4, 1, 0, 4], ["decisions", 2, 1, 0, 1, 1], ["all kinds", 7, 5, 1, 1, 5]]  # fmt: skip
    assert quality.left_out(worn).to_numpy().tolist() == [
        ["rejected", "both sides of a merge", 1, "broken.md"], ["ignored", "an index page", 1, "README.md"]]  # fmt: skip


def test_findings_stand_by_level_and_number_without_those_of_style(worn):
    rows = quality.by_code(worn)
    assert quality.by_code_finding(worn) == "8 findings: 2 errors, 5 warnings, 1 remark"
    assert [(str(row["code"]), row["findings"], row["files"], row["the first"]) for _, row in rows.iterrows()] == [
        ("OPS101", 1, 1, "broken.md:7"), ("OPS112", 1, 1, "b.md:9"), ("OPS131", 4, 3, "a.md:3"), ("OPS115", 1, 1, "a.md:6"),
        ("OPS138", 1, 1, "c.md:1")]  # fmt: skip


def test_a_code_leads_to_the_page_of_its_rule(worn, monkeypatch):
    bundles = []
    monkeypatch.setattr(show, "display", lambda bundle, raw: bundles.append(bundle))
    show.table(quality.by_code(worn))
    assert f'<td><a href="{rule_page("OPS112")}">OPS112</a></td>' in bundles[0]["text/html"]


def test_files_are_clean_when_nothing_is_graver_than_a_remark(worn):
    assert quality.by_kind_finding(worn) == "33 % of 6 files have neither an error nor a warning"
    assert quality.by_kind(worn).to_numpy().tolist() == [["incidents", 5, 2, "40 %", 6], ["decisions", 1, 0, "0 %", 1]]


def test_contradictions_and_missing_sections_are_told_with_their_place(worn):
    assert quality.contradictions_finding(worn) == "2 contradictions of times and durations in 2 files"
    assert quality.contradictions(worn)["where"].tolist() == ["a.md:6", "b.md:9"]
    assert quality.incomplete_finding(worn) == "Sections are missing or empty in 2 of 4 incidents and 1 of 1 decisions"
    assert quality.incomplete(worn).to_numpy().tolist() == [
        ["incidents", "`root cause` is empty", 2, "a.md:3"], ["decisions", "no section for options", 1, "d.md:1"],
        ["incidents", "`impact` is empty", 1, "a.md:5"]]  # fmt: skip


def test_mending_begins_with_errors_and_at_the_gravest_line(worn):
    assert quality.worst(worn).to_numpy().tolist() == [
        [1, 1, "resolved before started", "b.md:9"], [1, 0, "both sides of a merge", "broken.md:7"],
        [0, 3, "`root cause` is empty", "a.md:3"], [0, 1, "no section for options", "d.md:1"]]  # fmt: skip
    assert quality.worst_finding(worn) == "The 4 files to begin with, of 4 with an error or a warning"


def test_only_the_worst_twenty_files_are_listed():
    record = record_of(findings=[found("OPS112", f"{number:02}.md") for number in range(30)])
    assert len(quality.worst(record)) == 20
    assert quality.worst_finding(record) == "The 20 files to begin with, of 30 with an error or a warning"


def test_loads_that_are_remembered_are_compared():
    record = record_of()
    assert quality.history_finding(record) == "No earlier load is remembered to compare with"
    later = LOAD | {"load_id": 2, "loaded_at": datetime(2026, 11, 23), "as_of": AS_OF, "files_seen": 4, "files_loaded": 3, "files_rejected": 1}
    insert_rows(record.connection, TABLES["loads"], [later])
    assert quality.history_finding(record) == "1 of 4 files rejected, 0 of 0 at the first of 2 loads, on 22 Nov 2026"
    assert quality.history(record)["share rejected"].tolist() == ["25 %", "0 %"]


# --- what the record can carry

def test_fields_are_judged_by_how_many_records_state_them():
    record = record_of(
        incidents=[incident("a", 60), incident("b", None, detected_by=None), incident("c", None, detected_by=None, status="cancelled")],
        decisions=[decision("d", "accepted", "2026-10-01"), decision("e", "superseded", "2026-10-01", "2026-10-02")],
        action_items=[action("2026-10-01", "f", done_on="2026-10-02"), action("2026-10-02", "g", "done", origin_kind="onboarding")])  # fmt: skip
    rows = readiness.fields(record).twin.set_index(["what", "field"])
    assert rows.loc[("incidents", "resolved time"), ["stated", "of", "share", "verdict"]].tolist() == [1, 2, "50 %", "usable"]
    assert rows.loc[("settled decisions", "day it was decided"), ["stated", "of", "verdict"]].tolist() == [0, 1, "not"]
    assert rows.loc[("promises", "owner"), "of"] == 1
    assert ("done promises", "day it was done") not in rows.index
    assert bool((rows["stated"] <= rows["of"]).all())


def test_a_promise_without_owner_or_day_counts_by_its_last_writing():
    record = record_of(action_items=[
        action("2026-09-24", "a"), action("2026-10-29", "a", carried_from="2026-09-24#a", owner="bo"),
        action("2026-10-29", "b", origin_kind="incident", due_on="2026-11-10"), action("2026-10-29", "c", "done"),
        action("2026-10-29", "d", origin_kind="onboarding")])  # fmt: skip
    assert readiness.promises_finding(record) == "1 of 2 open promises has no owner, 1 has no day"
    assert readiness.promises(record).to_numpy().tolist() == [["incident", 1, 1, 0], ["ritual", 1, 0, 1]]


def runbook(name: str, **more) -> dict:
    return {"runbook_id": name, "title": name, "has_playbook": True, "has_rollback": False} | more


def test_runbooks_past_their_review_and_services_without_one():
    record = record_of(
        services=[{"service": "Checkout", "aliases": ["shop"]}, {"service": "mail"}, {"service": "fax", "retired_on": "2026-11-22"}],
        runbooks=[runbook("stale", service="shop", reviewed_on="2026-08-23", review_every_days=90),
                  runbook("last day", service="shop", reviewed_on="2026-08-24", review_every_days=90), runbook("silent"),
                  runbook("never", reviewed_on="2026-08-24", review_every_days=10**12)])  # fmt: skip
    assert readiness.runbooks_finding(record) == "1 of 4 runbooks is past the review day; 1 of 2 services has no runbook"
    assert readiness.runbooks(record)[["service", "trouble"]].to_numpy().tolist() == [["shop", "not reviewed in time"], ["mail", "no runbook"]]
    assert readiness.runbooks_caption(record).endswith("1 of 4 runbooks does not state both, and cannot be judged.")


def test_presence_that_nobody_wrote_down_is_not_nobody():
    record = record_of(
        ritual_sessions=[session("2026-10-01", duration_minutes=30), session("2026-10-02", duration_minutes=30),
                         session("2026-10-03", duration_minutes=30)],
        ritual_attendance=[{"session_id": "r/2026-10-01", "person": "ana", "present": None},
                           {"session_id": "r/2026-10-02", "person": "ana", "present": False},
                           {"session_id": "r/2026-10-03", "person": "ana", "present": True},
                           {"session_id": "r/2026-10-03", "person": "bo", "present": None}])  # fmt: skip
    rows = record.table("ritual_facts").sort_values("held_on")
    assert rows["person_minutes"].fillna(-1).tolist() == [-1, 0, 30]


def test_an_empty_record_is_told_in_words():
    record = record_of()
    findings = [finding(record) for finding in (
        quality.files_finding, quality.left_out_finding, quality.by_code_finding, quality.by_kind_finding, quality.contradictions_finding,
        quality.incomplete_finding, quality.worst_finding, quality.history_finding, readiness.promises_finding, readiness.runbooks_finding)]
    assert [text for text in (*findings, readiness.fields(record).finding) if not text.startswith("No ")] == []
    tables = [table(record) for table in (
        quality.files, quality.left_out, quality.by_code, quality.by_kind, quality.contradictions, quality.incomplete, quality.worst,
        quality.history, readiness.promises, readiness.runbooks)]
    assert [len(rows) for rows in tables] == [0] * len(tables)
    assert (readiness.fields(record).figure, readiness.runbooks_numbers(record), quality.by_kind_numbers(record)) == (None, [], [])
