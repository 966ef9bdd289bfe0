"""The stories of record quality, on tables small enough to read."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from test_pages_record import AS_OF, LOAD, action, decision, incident, record_of, session

from opsanalytics.figures import Place
from opsanalytics.findings import RULES, rule_page
from opsanalytics.packs import edits, health, quality, readiness
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
    assert [(str(row["code"]), row["findings"], row["files"], str(row["the first"])) for _, row in rows.iterrows()] == [
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
    assert quality.contradictions(worn)["where"].map(str).tolist() == ["a.md:6", "b.md:9"]
    assert quality.incomplete_finding(worn) == "Sections are missing or empty in 2 of 4 incidents and 1 of 1 decisions"
    assert quality.incomplete(worn).to_numpy().tolist() == [
        ["incidents", "`root cause` is empty", 2, Place("a.md", 3)], ["decisions", "no section for options", 1, Place("d.md", 1)],
        ["incidents", "`impact` is empty", 1, Place("a.md", 5)]]  # fmt: skip


def test_mending_begins_with_errors_and_at_the_gravest_line(worn):
    assert quality.worst(worn).to_numpy().tolist() == [
        [1, 1, "resolved before started", Place("b.md", 9)], [1, 0, "both sides of a merge", Place("broken.md", 7)],
        [0, 3, "`root cause` is empty", Place("a.md", 3)], [0, 1, "no section for options", Place("d.md", 1)]]  # fmt: skip
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
    record = replace(record)
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


# --- what commits tell

WHOLE, CUT = [{"standing": "whole"}], [{"standing": "cut", "cut_at": "first"}]


def change(name: str, day: str, was: str | None, became: str | None, at: str | None = "12:00", **more) -> dict:
    """Of incident `a`."""
    return {"record_kind": "incident", "record_id": "a", "name": name, "was": was, "became": became, "git_commit": f"c{day}",
            "changed_at": at and f"{day} {at}"} | more  # fmt: skip


def came(incident_id: str, day: str, at: str | None = "12:00", **more) -> dict:
    return change("record", day, None, incident_id, at, record_id=incident_id, **more)


def test_the_reporting_lag_counts_from_the_start_to_the_first_commit():
    starts = {name: datetime(2026, 10, 1, 11) for name in ("a", "b", "c", "d", "e", "f", "g", "h")}
    ends = {"a": datetime(2026, 10, 1, 11, 30), "b": datetime(2026, 10, 1, 13), "c": None}
    record = record_of(
        history_state=WHOLE,
        incidents=[incident(name, 60, started_on="2026-10-01", started_at=start, resolved_at=ends.get(name, start)) for name, start in starts.items()]
        + [incident("no hour", 60, started_on="2026-10-01", started_at=None)],
        record_changes=[came("a", "2026-10-01"), came("b", "2026-10-01"), came("c", "2026-10-08", "11:00"), came("d", "2026-10-08", "11:01"),
                        came("e", "2026-10-12", None), came("f", "2026-09-30"), came("no hour", "2026-10-01"), came("h", "2026-10-01"),
                        change("record", "2026-10-02", "h", None, record_id="h"), came("h", "2026-10-20")])  # fmt: skip
    chart = health.lag(record)
    assert chart.finding == "Half of 5 incidents were first committed within 1 h of the start, 1 more than a week after it"
    assert chart.twin.to_numpy().tolist() == [
        ["within an hour", 1, 2, 0], ["within a day", 0, 0, 0], ["within a week", 0, 0, 1], ["within a month", 0, 1, 0], ["later", 0, 0, 0]]  # fmt: skip
    assert [(number.id, number.value, number.low, number.n) for number in chart.numbers] == [
        ("reporting_lag.median", 60, None, 5), ("reporting_lag.late", 0.2, pytest.approx(0.005051, abs=1e-5), 5),
        ("reporting_lag.while_open", 0.25, pytest.approx(0.006309, abs=1e-5), 4)]  # fmt: skip
    assert "left out (1 committed before the start, 1 from an import, 1 not committed yet, 1 without an hour of the start)" in chart.caption
    assert health.standing(record) == "Commits tell the first day of 7 of 8 committed records; left out: 1 from an import."


def test_every_kind_of_record_is_held_against_its_own_day():
    def ritual(day: str) -> dict:
        return came(f"r/{day}", "2026-10-12", record_kind="ritual")

    record = record_of(
        history_state=WHOLE, decisions=[decision("d", "accepted", None, "2026-10-20"), decision("bare", "accepted", None)],
        ritual_sessions=[session("2026-10-01"), session("2026-10-05")],
        record_changes=[ritual("2026-10-01"), ritual("2026-10-05"), came("d", "2026-10-12", record_kind="decision")])  # fmt: skip
    assert health.filed(record).to_numpy().tolist() == [["decision", 1, "-8 days", 0, "0 %", 1], ["ritual", 2, "9 days", 1, "50 %", 0]]
    assert health.filed_finding(record) == "1 of 3 records was first committed more than a week after their own day"


def test_what_was_said_otherwise_after_publication_is_an_edit_and_what_was_filled_in_is_none():
    long = f"{'a queue of carriers ' * 3}… #0a1b2c3d"
    record = record_of(
        history_state=WHOLE, incidents=[incident("a", 60), incident("b", 60), incident("open", None, status="open")],
        action_items=[action("2026-10-03", "f", origin_kind="incident", origin_id="a")],
        action_events=[{"action_id": "2026-10-03#f", "occurred_at": "2026-10-09 12:00", "event": event, "git_commit": "c9"}
                       for event in ("reworded", "done")],
        record_changes=[
            came("a", "2026-10-01"), came("b", "2026-10-01"), came("open", "2026-10-01"),
            change("resolved_at", "2026-10-02", "2026-10-02 10:00:00", "2026-10-02 10:30:00", "10:00"),
            change("status", "2026-10-02", "open", "resolved"), change("root_cause", "2026-10-03", None, long),
            change("started_at", "2026-10-05", "2026-10-01 23:00:00", "2026-10-02 01:00:00"),
            change("started_on", "2026-10-05", "2026-10-01", "2026-10-02"), change("root_cause", "2026-10-06", long, "the queue"),
            change("title", "2026-10-06", "Slow", None), change("excluded_reason", "2026-10-07", None, "a test"),
            change("title", "2026-10-09", "x", "y", record_id="open")])  # fmt: skip
    assert edits.edited_finding(record) == "1 of 2 published incidents was changed afterwards"
    assert edits.edited(record)[["what was changed", "after", "on", "commit"]].to_numpy().tolist() == [
        ["a follow-up was reworded", "7 days", date(2026, 10, 9), "c9"],
        ["excluded reason nothing → a test", "5 days", date(2026, 10, 7), "c2026-10-0"],
        ["root cause rewritten; title Slow → nothing", "4 days", date(2026, 10, 6), "c2026-10-0"],
        ["started 2026-10-01 23:00 → 2026-10-02 01:00", "3 days", date(2026, 10, 5), "c2026-10-0"]]  # fmt: skip
    assert edits.edited_numbers(record)[0].value == 0.5


def test_an_incident_is_published_by_its_postmortem_where_the_file_states_one():
    def edited(**more) -> list[str]:
        told = [came("a", "2026-10-01"), change("title", "2026-10-05", "v", "w"), change("title", "2026-10-09", "x", "y")]
        record = record_of(history_state=WHOLE, incidents=[incident("a", 60, **more)], record_changes=[*told, *said])
        return [str(day) for day in edits.edited(record).get("on", [])]

    said: list[dict] = []
    assert edited() == ["2026-10-09", "2026-10-05"]
    assert edited(postmortem_published_at="2026-10-07 10:00") == ["2026-10-09"]
    said = [change("postmortem_published_at", "2026-10-09", None, "2026-10-02 10:00:00")]
    assert edited(postmortem_published_at="2026-10-02 10:00") == []


def test_severities_changed_after_the_resolution_are_raised_or_lowered():
    resolved = {"started_at": datetime(2026, 10, 1, 10), "resolved_at": datetime(2026, 10, 1, 11)}
    record = record_of(
        history_state=WHOLE, incidents=[incident("a", 60, **resolved), incident("b", 60, **resolved), incident("c", 60, **resolved)],
        record_changes=[
            came("a", "2026-10-01"), came("b", "2026-10-01"), came("c", "2026-10-01"),
            change("severity", "2026-10-01", "SEV-3", "SEV-2", "10:59"), change("severity", "2026-10-04", "SEV-2", "SEV-1"),
            change("severity", "2026-10-06", "SEV-1", "SEV-3"), change("severity", "2026-10-06", None, "SEV-3", record_id="b"),
            change("severity", "2026-10-05", "P2", "SEV-3", record_id="c")])  # fmt: skip
    assert edits.severities_finding(record) == "The severity of 2 of 3 resolved incidents was changed after the fact: 1 raised and 1 lowered and 1 changed"
    assert edits.severities(record)[["incident", "", "after"]].to_numpy().tolist() == [
        ["a", "lowered", "5 days"], ["c", "changed", "4 days"], ["a", "raised", "3 days"]]  # fmt: skip
    assert [(number.id, number.value) for number in edits.severities_numbers(record)] == [("severity_raised", 1), ("severity_lowered", 1)]


def test_follow_ups_are_late_when_their_line_came_a_week_after_the_resolution():
    def follow_up(text: str, origin: str = "a") -> dict:
        return action("2026-10-03", text, origin_kind="incident", origin_id=origin)

    resolved = {"started_at": datetime(2026, 10, 1, 10), "resolved_at": datetime(2026, 10, 1, 11)}
    added = {"in time": "2026-10-08 11:00", "late": "2026-10-08 11:01", "unended": "2026-10-30"}
    record = record_of(
        history_state=WHOLE, incidents=[incident("a", 60, **resolved), incident("b", None, resolved_at=None)],
        action_items=[follow_up("in time"), follow_up("late"), follow_up("undated"), follow_up("unended", "b")],
        action_events=[{"action_id": f"2026-10-03#{text}", "occurred_at": at, "event": "created", "git_commit": "c"} for text, at in added.items()])  # fmt: skip
    assert edits.late_follow_ups_finding(record) == "1 of 2 follow-ups was added more than a week after the incident was resolved"
    assert edits.late_follow_ups(record)[["follow-up", "after", "on"]].to_numpy().tolist() == [["late", "7 days", date(2026, 10, 8)]]
    assert edits.late_follow_ups_caption(record).startswith(
        "2 follow-ups of incidents, 2 left out (1 of an incident without a resolved time, 1 with no dated commit), by the commit")  # fmt: skip


def test_times_on_a_quarter_of_an_hour_are_held_against_chance():
    record = record_of(incidents=[incident(str(minute), 7, started_at=datetime(2026, 10, 1, 9, minute)) for minute in (0, 7, 30, 45)])
    assert health.round_times(record).to_numpy().tolist()[0] == ["start", 4, "75 %", "19 % to 99 %", "7 %"]
    assert health.round_times_finding(record).startswith("75 % of 4 start times and")


@pytest.mark.parametrize(("state", "told", "known"), [
    ([{"standing": "none"}], "The record is not in a git repository: nothing tells when it was written or changed.", ""),
    ([{"standing": "refused"}], "Git does not read this repository (OPS106): nothing tells when the record was written or changed.", ""),
    (CUT, ("Commits tell the first day of 0 of 1 committed record; left out: 1 from before the shallow clone begins. The clone is "
           "shallow: what was written or changed before it begins is not seen; git fetch --unshallow brings it."), ": 1 from before the shallow clone begins"),
    (WHOLE, "Commits tell the first day of 0 of 1 committed record; left out: 1 from an import.", ": 1 from an import"),
])  # fmt: skip
def test_where_commits_tell_nothing_the_page_says_why(state, told, known):
    changes = [came("a", "2026-10-01", None, git_commit="first")] if known else []
    items = [action("2026-10-03", "f", origin_kind="incident", origin_id="a")]
    record = record_of(history_state=state, incidents=[incident("a", 60)], record_changes=changes, action_items=items)
    assert health.standing(record) == told
    assert health.lag(record).finding == f"How soon incidents are written down is not known{known}"
    assert health.filed_finding(record) == ""
    assert edits.edited_finding(record) == (f"Whether a published incident was changed afterwards is not known{known}" if known else "")
    assert edits.severities_finding(record) == (f"Whether a severity was changed after the fact is not known{known}" if known else "")
    assert edits.late_follow_ups_finding(record) == ("How late follow-ups were added is not known: 1 with no dated commit" if known else "")
    numbers = (edits.edited_numbers, edits.severities_numbers, edits.late_follow_ups_numbers, health.filed_numbers, health.lag_numbers)
    assert [each(record) for each in numbers] == [[]] * len(numbers)


def test_a_record_whose_older_versions_git_has_not_came_no_one_knows_when():
    version = {"position": 1, "path": "x.md", "record_kind": "incidents", "git_commit": "c0", "change": "added", "blob_id": "b"}
    record = record_of(history_state=WHOLE, incidents=[incident("a", 60)], record_changes=[came("a", "2026-10-01", None)],
                       file_versions=[version, version | {"position": 2, "blob_id": "c", "change": "changed", "snapshot": "{}"}])  # fmt: skip
    assert health.standing(record).endswith("left out: 1 without all older versions in git.")


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
    silent = (health.filed_finding, health.round_times_finding, edits.edited_finding, edits.severities_finding, edits.late_follow_ups_finding)
    assert [finding(record) for finding in silent] == [""] * len(silent)
    listed = (health.filed, health.round_times, edits.edited, edits.severities, edits.late_follow_ups)
    assert [len(rows(record)) for rows in listed] == [0] * len(listed)
    assert health.lag(record).figure is None
