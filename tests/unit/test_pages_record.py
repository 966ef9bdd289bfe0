"""The stories of retrospectives, decisions, rituals, objectives and single incidents, on tables small enough to read."""

import json
import re
from datetime import date, datetime

import pandas as pd
import pytest

from opsanalytics.figures import Place
from opsanalytics.metrics.checklist import answers
from opsanalytics.metrics.periods import parse_period
from opsanalytics.packs import (
    decisions,
    ledger,
    objectives,
    overview,
    promises,
    retro_overview,
    retros,
    rituals,
    stories,
)
from opsanalytics.packs.record import Record
from opsanalytics.record_figures import ORIGINS, Bullet, Story, promised_days, since_t0, stacked, timeboxes, timeline
from opsanalytics.warehouse.schema import in_memory
from opsanalytics.workbench import display as show
from opsanalytics.workbench.display import cell

AS_OF = datetime(2026, 11, 22, 12)
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
LOAD = {"load_id": 1, "loaded_at": AS_OF, "workspace": "x", "as_of": AS_OF, "files_seen": 0, "files_loaded": 0, "files_rejected": 0,
        "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": "UTC", "fiscal_year_start": 1, "policies": "{}",
        "severities": ["SEV-1", "SEV-2", "SEV-3"]}  # fmt: skip


def record_of(period="2026-10", **tables) -> Record:
    rows = {name: [{"source_path": "x.md", "source_line": 1} | row for row in found] for name, found in tables.items()}
    return Record(in_memory({"loads": [LOAD], **rows}), parse_period(period, as_of_on=AS_OF.date(), kind="month"))


def plain(sentences: list) -> str:
    return " ".join("".join(part if isinstance(part, str) else part[0] for part in sentence) for sentence in sentences)


def session(day: str, **more) -> dict:
    return {"session_id": f"r/{day}", "ritual": "retrospective", "held_on": day, "status": "held"} | more


def action(day: str, text: str, status: str = "open", **more) -> dict:
    return {"action_id": f"{day}#{text}", "origin_kind": "ritual", "origin_id": f"r/{day}", "position": 1, "text": text,
            "status": status, "created_on": day, "source_path": f"r/{day}.md"} | more  # fmt: skip


@pytest.fixture
def shown(monkeypatch):
    bundles = []
    monkeypatch.setattr(show, "display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def body(bundle) -> str:
    return re.sub(r"<style.*?</style>", "", bundle.get("text/html", ""), flags=re.DOTALL)


# --- retrospectives

@pytest.fixture
def retrospectives() -> Record:
    return record_of(
        ritual_sessions=[session("2026-08-27"), session("2026-09-24"), session("2026-10-29"), session("2026-11-20")],
        action_items=[
            action("2026-08-27", "a"), action("2026-08-27", "b", "done", due_on="2026-09-01", done_on="2026-09-03"),
            action("2026-08-27", "c"),
            action("2026-09-24", "a", carried_from="2026-08-27#a"), action("2026-09-24", "d", "done"),
            action("2026-10-29", "a", carried_from="2026-09-24#a", due_on="2026-11-10"),
            action("2026-10-29", "e", "done", due_on="2026-11-10", done_on="2026-11-09"), action("2026-10-29", "f", "dropped"),
        ])  # fmt: skip


def test_an_improvement_is_done_carried_over_open_or_gone(retrospectives):
    rows = retros.Retros(retrospectives).actions
    assert dict(zip(rows["action_id"], rows["state"], strict=True)) == {
        "2026-08-27#a": "carried over", "2026-08-27#b": "done late", "2026-08-27#c": "gone", "2026-09-24#a": "carried over",
        "2026-09-24#d": "done, late or not is unknown", "2026-10-29#a": "open", "2026-10-29#e": "done in time",
        "2026-10-29#f": "dropped"}  # fmt: skip


def test_the_last_improvements_are_told_one_by_one(retrospectives):
    assert retros.latest_finding(retrospectives) == "Of the 3 improvements of 29 Oct 2026, 1 is done"
    rows = retros.latest(retrospectives)
    assert rows["what became of it"].tolist() == ["open", "done in time", "dropped"]
    assert rows["carried over"].tolist() == ["twice", "–", "–"]
    assert str(rows["where"][rows.index[0]]) == "r/2026-10-29.md:1"


def test_what_came_back_is_told_once_with_its_first_session_and_without_its_owner(retrospectives):
    rows = retros.returning(retrospectives)
    assert rows.iloc[0].to_dict() == {
        "improvement": "a", "first promised": date(2026, 8, 27), "last promised": date(2026, 10, 29), "carried over": "twice",
        "what became of it": "open", "where": Place("r/2026-10-29.md", 1)}  # fmt: skip
    assert len(rows) == 1
    assert retros.returning_finding(retrospectives) == "One improvement came back, carried over twice; it is not done"


def test_outcomes_are_counted_by_month_and_in_all(retrospectives):
    chart = retros.outcomes(retrospectives)
    assert chart.finding == "3 of 6 improvements promised since 27 Aug 2026 are done; 1 went without a word"
    assert chart.twin["month"].tolist() == ["Aug 2026", "Sep 2026", "Oct 2026"]
    assert chart.twin["carried over"].tolist() == [1, 0, 0]
    assert {number.id: number.value for number in chart.numbers}["improvements.gone"] == 1


def test_an_improvement_is_told_once_by_what_became_of_it_in_whichever_record():
    """a was done in a plan, b stands open in one, a standup still speaks of c, and d came from an incident."""
    plan = {"origin_id": "p/2026-10-02"}
    record = record_of(
        ritual_sessions=[session("2026-08-27"), session("2026-09-24"), session("2026-10-02", session_id="p/2026-10-02", ritual="planning")],
        action_items=[
            action("2026-08-01", "d", origin_kind="incident", origin_id="i"), action("2026-08-27", "a", due_on="2026-09-10"),
            action("2026-08-27", "b", due_on="2026-09-10"), action("2026-08-27", "c"), action("2026-09-24", "d", carried_from="2026-08-01#d"),
            action("2026-10-02", "a", "done", done_on="2026-10-03", carried_from="2026-08-27#a", **plan),
            action("2026-10-02", "b", carried_from="2026-08-27#b", **plan)],
        action_sightings=[{"action_id": "2026-08-27#c", "seen_kind": "ritual", "score": 1.0, "linked_by": "id", "text": "c", "seen_id": "s/1",
                           "seen_on": "2026-10-05"}])  # fmt: skip
    told = retros.Retros(record)
    assert dict(zip(told.shown["text"], told.shown["state"], strict=True)) == {"a": "done late", "b": "carried over", "c": "open"}
    assert told.latest[["text", "state", "carried"]].to_numpy().tolist() == [["d", "open", 1]]
    assert retros.returning(record).empty
    assert promises.still_open(record)[["text", "origin"]].to_numpy().tolist() == [["d", "incident"], ["b", "retrospective"], ["c", "retrospective"]]


# --- decisions

def decision(name: str, status: str | None, proposed: str | None, decided: str | None = None, **more) -> dict:
    parts = dict.fromkeys(("context", "options", "decision", "owner"), "x")
    return {"decision_id": name, "title": name, "status": status, "template": "chapter", "proposed_on": proposed,
            "decided_on": decided, **parts} | more  # fmt: skip


def link(source: str, relation: str, target: str | None, line: int = 3) -> dict:
    return {"from_id": source, "relation": relation, "to_id": target, "to_raw": target or "2020-099", "source_line": line}


@pytest.fixture
def log() -> Record:
    return record_of(
        decisions=[decision("old", "superseded", "2026-09-01", "2026-09-05"), decision("new", "accepted", "2026-10-01", "2026-10-05"),
                   decision("slow", "proposed", "2026-10-02", options=None, decision=None),
                   decision("fresh", "proposed", "2026-10-30", decision=None)],
        decision_links=[link("new", "supersedes", "old"), link("new", "relates", None, 4), link("slow", "supersedes", None)])  # fmt: skip


def test_decisions_of_the_month_by_status(log):
    assert decisions.standing(log).finding == "3 decisions in October 2026: 1 accepted, 2 proposed"
    assert decisions.standing(log).twin.to_dict("list")["superseded"] == [1, 0]


def test_a_decision_with_no_day_but_that_of_its_last_change_is_counted_there_and_it_is_said():
    record = record_of(decisions=[decision("a", "accepted", None, updated_on="2026-10-05"), decision("b", "accepted", "2026-10-01")])
    chart = decisions.standing(record)
    assert chart.finding == "2 decisions in October 2026: all accepted"
    assert "else last changed in (1 file with no other day), and" in chart.caption


def test_stale_proposals_are_named(log):
    assert decisions.waiting_finding(log) == "2 proposals wait for their decision, 1 of them for longer than 30 days"
    assert decisions.waiting(log)[["proposal", "waits for", ""]].to_numpy().tolist() == [["slow", "51 days", "stale"], ["fresh", "23 days", ""]]


def test_missing_parts_are_those_of_the_template(log):
    assert decisions.missing(log)[["decision", "missing"]].to_numpy().tolist() == [["slow", "options"]]
    assert decisions.missing_finding(log) == "1 of 3 decisions in October 2026 lacks a part that the template asks for"


def test_decisions_taken_are_as_complete_as_the_checklist_has_them(log):
    """Of the four the two that are proposed have no decision to write down yet."""
    assert decisions.quality_finding(log).endswith("; 100 % of 2 decisions taken are complete")
    numbers = {number.id: (number.value, number.n) for number in decisions.quality_numbers(log)}
    assert (numbers["share_complete"], numbers["share_complete_of_taken"]) == ((0.5, 4), (1, 2))
    [asked] = [answer for answer in answers(log.connection, log.durations_period) if answer.check.key == "decisions_complete"]
    assert (asked.estimate.value, len(asked.counted)) == numbers["share_complete_of_taken"]


def test_what_waits_is_what_waits_on_the_day_that_is_named():
    """A proposal made after the month of the page waits too."""
    record = record_of("2026-10", decisions=[decision("early", "proposed", "2026-10-02"), decision("late", "proposed", "2026-11-20")])
    assert decisions.waiting_finding(record) == "2 proposals wait for their decision, 1 of them for longer than 30 days"
    assert [(number.id, number.value, number.n) for number in decisions.waiting_numbers(record)][:2] == [
        ("proposals_open", 2, 2), ("proposals_stale", 1, 2)]
    assert "on 22 Nov 2026" in decisions.waiting_caption(record)
    assert len(decisions.in_period(record)) == 1


def test_links_that_lead_nowhere_or_one_way_are_found_and_one_to_an_incident_is_not(log):
    rows = decisions.loose_links(log)
    assert rows[["decision", "trouble"]].to_numpy().tolist() == [
        ["new", "the other file does not say so"], ["slow", "there is no such decision"]]  # fmt: skip
    assert decisions.loose_links_finding(log) == (
        "1 supersession that only one file knows of and 1 link to a decision that is not there")


def test_a_supersession_that_both_files_know_is_no_finding():
    record = record_of(
        decisions=[decision("old", "superseded", "2026-09-01"), decision("new", "accepted", "2026-11-20", "2026-11-20")],
        decision_links=[link("old", "superseded_by", "new"), link("new", "supersedes", "old")])  # fmt: skip
    assert decisions.loose_links(record).empty


# --- rituals

@pytest.fixture
def month_of_rituals() -> Record:
    days = [("2026-10-05", "held"), ("2026-10-12", "missed"), ("2026-10-19", "missed"), ("2026-10-26", "cancelled")]
    return record_of(
        rituals=[{"ritual": "triage", "title": "Triage", "timebox_minutes": 30}],
        ritual_slots=[{"ritual": "triage", "promised_on": day, "outcome": outcome} for day, outcome in days],
        ritual_sessions=[session("2026-10-05", ritual="triage", duration_minutes=45), session("2026-10-06", ritual="tea", duration_minutes=5)],
        ritual_attendance=[{"session_id": "r/2026-10-05", "person": name, "present": True} for name in ("ana", "bo")],
        action_items=[action("2026-10-05", "x")])  # fmt: skip


def test_held_against_promised(month_of_rituals):
    chart = rituals.held(month_of_rituals)
    assert chart.finding == "1 of 4 promised sessions were held in October 2026; Triage was missed most often (2)"
    assert chart.twin.to_dict("records") == [{"ritual": "Triage", "promised": 4, "held": 1, "cancelled": 1, "missed": 2}]


def test_minutes_against_the_timebox_and_hours_of_everybody(month_of_rituals):
    chart = rituals.minutes(month_of_rituals)
    assert chart.finding == "0 of 1 session kept the timebox; all rituals together took 1.5 person-hours"
    assert chart.twin.to_dict("records") == [{"held": date(2026, 10, 5), "ritual": "Triage", "minutes": 45.0, "timebox": 30.0}]


def test_a_ritual_without_a_promise_has_its_row_after_those_of_the_cadence(month_of_rituals):
    rows = rituals.table(month_of_rituals)
    assert rows["ritual"].tolist() == ["Triage", "tea"]
    assert rows["actions"].tolist() == [1.0, 0.0]
    assert not {"person", "owner", "facilitator"} & set(rows.columns)


def test_what_a_session_leaves_is_not_rounded_to_a_tenth():
    """Eleven decisions of thirteen sessions are 0.846 each."""
    days = [f"2026-10-{day:02}" for day in range(1, 14)]
    record = record_of(rituals=[{"ritual": "triage", "title": "Triage"}], ritual_sessions=[session(day, ritual="triage") for day in days],
                       ritual_notes=[{"session_id": f"r/{day}", "position": 1, "category": "decision", "text": "x"} for day in days[:11]])  # fmt: skip
    assert rituals.table(record)["decisions"].tolist() == [0.85]
    assert cell(rituals.table(record)["decisions"].iloc[0]) == "0.85"


# --- promises

def test_a_promise_is_followed_from_its_first_writing_to_its_last_sighting():
    sighting = {"action_id": "2026-08-27#a", "seen_kind": "ritual", "score": 0.91, "linked_by": "text", "text": "a, half done"}
    record = record_of(
        ritual_sessions=[session("2026-08-27"), session("2026-09-24")],
        action_items=[action("2026-08-27", "a"), action("2026-09-24", "a", carried_from="2026-08-27#a"), action("2026-09-24", "b")],
        action_sightings=[sighting | {"seen_id": "t/1", "seen_on": "2026-09-02", "source_path": "t/1.md"},
                          sighting | {"seen_id": "r/2026-09-24", "seen_on": "2026-09-24", "text": "a", "linked_by": "id", "score": 1.0,
                                      "seen_action_id": "2026-09-24#a", "source_path": "r/2026-09-24.md"}],
    )  # fmt: skip
    assert ledger.longest_finding(record) == "One promise was carried over, once"
    row = ledger.longest(record).iloc[0]
    assert (row["promise"], row["carried over"], row["seen"], row["last seen"], str(row["where"])) == ("a", "once", 2, date(2026, 9, 24), "r/2026-09-24.md:1")
    assert ledger.ways(record)[["where", "words", "known by", "alike"]].to_numpy().tolist() == [
        [Place("r/2026-08-27.md", 1), "a", "first promised here", "–"], [Place("t/1.md", 1), "a, half done", "its words", "91 %"],
        [Place("r/2026-09-24.md", 1), "a", "its id or ticket", "–"]]  # fmt: skip
    assert [each.value for each in ledger.longest_numbers(record)] == [1, 1]


def test_a_ledger_without_sightings_says_so():
    record = record_of(action_items=[action("2026-08-27", "a")])
    assert ledger.longest(record).empty and ledger.ways(record).empty
    assert ledger.longest_finding(record) == "No promise was seen in a second record by 22 Nov 2026"
    assert ledger.ways_finding(record) == "There is no way to follow"


def test_a_carried_promise_counts_once_and_is_as_old_as_its_first_session(retrospectives):
    rows = promises.still_open(retrospectives)
    assert dict(zip(rows["action_id"], rows["age_days"], strict=True)) == {"2026-08-27#a": 87, "2026-08-27#c": 87}
    assert promises.ages(retrospectives).finding == "2 promises are open, 1 of them overdue; none are older than a quarter"


def test_the_page_says_which_open_promises_are_not_among_its_own(retrospectives):
    """The command line counts a newcomer's items too."""
    checklist = [action("2026-10-05", name, origin_kind="onboarding", origin_id="ana") for name in ("laptop", "keys")]
    record = record_of(ritual_sessions=[session("2026-10-05")], action_items=[action("2026-10-05", "x"), *checklist])
    caption = promises.ages(record).caption
    assert "2 open items of newcomers' checklists are not among them: their plans owe them" in caption
    assert "checklist" not in promises.ages(retrospectives).caption


def test_one_promise_is_overdue_or_not():
    record = record_of("2026-10", action_items=[action("2026-10-05", "x", due_on="2026-10-12")])
    assert plain(retro_overview.answer(record)).endswith("1 promise is open, overdue.")


# --- a period that has not begun

def test_of_a_period_to_come_nothing_is_known_and_no_zero_is_told():
    """Seen on 22 November 2026."""
    record = record_of("2027-01", decisions=[decision("a", "accepted", "2026-10-01")], incidents=[
        {"incident_id": "i", "kind": "incident", "status": "resolved", "severity": "SEV-1", "started_on": "2026-10-05", "started_at": "2026-10-05 10:00:00",
         "resolved_at": "2026-10-05 11:00:00"}])  # fmt: skip
    for page in (retro_overview, overview):
        assert plain(page.answer(record)).startswith("January 2027 has not begun on 22 Nov 2026: nothing is known of it. ")
        assert not {"incidents", "worst_severity"} & {number.id for number in page.answer_numbers(record)}
    assert retro_overview.header(record)[1:4:2] == ("January 2027, not begun", "nothing is known of Jan 2027 yet")
    assert decisions.standing(record).finding == "No decision in January 2027, which has not begun"
    assert stories.well_finding(record).startswith("No incident of January 2027, which has not begun")
    assert overview.tiles(record) == []


def test_a_promise_of_no_known_day_is_open_and_a_newcomers_checklist_is_none():
    record = record_of(action_items=[action("2026-10-29", "a", created_on=None), action("2026-10-29", "b", origin_kind="onboarding")])
    assert promises.still_open(record)["action_id"].tolist() == ["2026-10-29#a"]
    assert promises.ages(record).finding == "One promise is open, not overdue"


# --- objectives

def test_key_results_say_how_far_they_came():
    record = record_of(
        "2026-Q3", objectives=[{"objective_id": "o", "period": "2026-Q3", "position": 1, "text": "Calm"}],
        key_results=[
            {"key_result_id": f"o.{place}", "objective_id": "o", "position": place, "text": text, "baseline": 40, "target": 10,
             "direction": "down", "actual": actual, "unit": "days", "status": status, "source_line": place}
            for place, (text, actual, status) in enumerate([("a", 10, "hit"), ("b", 25, None), ("c", None, None)], 1)])  # fmt: skip
    assert objectives.bullets(record) == [
        Bullet("Calm", "a", 1.0, "40 to 10 days, now 10 days", "hit"), Bullet("Calm", "b", 0.5, "40 to 10 days, now 25 days", "missed"),
        Bullet("Calm", "c", None, "40 to 10 days", "not measured")]  # fmt: skip
    assert objectives.finding(record) == "What we promised for Q3 2026: 3 key results, 1 hit, 1 missed, 1 not measured"


def test_without_objectives_nothing_is_shown(shown):
    show.bullets(objectives.bullets(record_of("2026-Q3")), finding=objectives.finding(record_of("2026-Q3")))
    assert shown == []


# --- incidents

def incident(name: str, minutes: int | None, severity: str = "SEV-2", **more) -> dict:
    start = datetime(2026, 10, 7, 9)
    end = start.replace(hour=9 + minutes // 60, minute=minutes % 60) if minutes else None
    return {"incident_id": name, "title": name, "kind": "incident", "severity": severity, "severity_rank": int(severity[-1]),
            "status": "resolved" if end else "open", "started_on": "2026-10-07", "started_at": start, "detected_at": start.replace(minute=5),
            "resolved_at": end, "mitigated_at": end, "detected_by": "monitor", "impact": "slow"} | more  # fmt: skip


@pytest.fixture
def month_of_incidents() -> Record:
    return record_of(
        incidents=[incident("long", 300), incident("usual", 60), incident("usual-2", 62), incident("odd", 9, detected_by="customer"),
                   incident("again", 58)],
        incident_links=[{"from_id": "again", "relation": "repeat_of", "to_id": None, "to_raw": "INC-1"}],
        lessons=[{"origin_kind": "incident", "origin_id": "long", "position": 1, "text": "Ask first"}],
        incident_events=[
            {"incident_id": "long", "position": 1, "offset_minutes": 0, "phase": "detection", "text": "alert"},
            {"incident_id": "long", "position": 2, "occurred_at": datetime(2026, 10, 7, 13), "phase": "mitigation", "text": "off"},
            {"incident_id": "long", "position": 3, "text": "sometime"}])  # fmt: skip


def test_three_incidents_are_told_each_once(month_of_incidents):
    choice = stories.Choice(month_of_incidents)
    assert (choice.longest, choice.surprising, choice.repeat) == ("long", "odd", "again")


def test_a_story_has_its_timeline_from_t0_and_what_the_file_says(month_of_incidents):
    story = stories.longest(month_of_incidents)
    assert story.chart.finding == "The longest: long (SEV-2), restored after 5 h"
    assert story.events["after T0"].tolist() == ["T-5 min", "T0", "T+3 h 55 min", "–"]
    assert dict(story.facts) == {"Phases": "detection 5 min, diagnosis and mitigation 4 h 55 min, resolution at once",
                                 "Impact": "slow", "Lesson": "Ask first", "Read it": "x.md:1"}  # fmt: skip
    assert story.chart.figure.data[0].x == (-5.0, 295.0)


def test_an_open_incident_is_the_longest_so_far():
    story = stories.longest(record_of(incidents=[incident("going", None), incident("done", 60)]))
    assert story.chart.finding == "The longest: going (SEV-2), open for 46 d 3 h so far"


def test_what_went_well(month_of_incidents):
    assert stories.well_finding(month_of_incidents) == (
        "What went well: 4 of 5 incidents were caught by monitors, the fastest was contained after 9 min")
    assert stories.well(month_of_incidents)["incident"].tolist() == ["odd", "again", "usual"]


def test_one_incident_alone_is_told_once():
    record = record_of(incidents=[incident("only", 60)])
    assert stories.longest(record).chart.finding.startswith("The longest: only")
    assert stories.surprising(record).chart.finding.startswith("No other incident of October 2026")
    assert stories.repeat(record).chart.finding == "No incident of October 2026 says that it repeats an earlier one"


# --- nothing, and hostile text

def test_an_empty_record_is_told_in_words_and_states_no_number():
    record = record_of()
    charts = (retros.outcomes(record), decisions.standing(record), rituals.held(record), rituals.minutes(record), promises.ages(record),
              *(story(record).chart for story in (stories.longest, stories.surprising, stories.repeat)))
    assert [(chart.figure, chart.numbers) for chart in charts] == [(None, ())] * len(charts)
    findings = [chart.finding for chart in charts] + [finding(record) for finding in (
        retros.latest_finding, retros.returning_finding, retros.statistics_finding, decisions.waiting_finding, decisions.quality_finding,
        decisions.missing_finding, decisions.loose_links_finding, decisions.listed_finding, rituals.table_finding, stories.well_finding)]
    assert [text for text in findings if not text.startswith(("No ", "Nothing "))] == []
    assert retro_overview.tiles(record) == []


@pytest.mark.parametrize("chart", [
    stacked(pd.DataFrame(), [], ORIGINS, finding="none", name="x", noun="age"),
    promised_days(pd.DataFrame(), [], finding="none", window=(date(2026, 10, 1), date(2026, 10, 31))),
    timeboxes(pd.DataFrame(), [], finding="none"),
    timeline(pd.DataFrame(), "SEV-1", ["SEV-1"], finding="none", name="x", until=None),
])  # fmt: skip
def test_nothing_to_draw_is_a_sentence_and_no_figure(chart):
    assert (chart.finding, chart.figure) == ("none", None)


@pytest.mark.parametrize(("minutes", "words"), [(0, "T0"), (95, "T+1 h 35 min"), (-4, "T-4 min"), (None, "–"), (float("nan"), "–")])
def test_time_is_told_from_t0(minutes, words):
    assert since_t0(minutes) == words


def test_text_of_the_record_is_escaped_in_stories_and_bullets(shown):
    events = pd.DataFrame([(0.0, HOSTILE, HOSTILE, 1), (5.0, None, HOSTILE, 2)], columns=["minutes", "phase", "text", "number"])
    chart = timeline(events, HOSTILE, ["SEV-1"], finding=HOSTILE, name="x", until=None)
    show.story(Story(chart, [(HOSTILE, HOSTILE)], events))
    show.bullets([Bullet(HOSTILE, HOSTILE, 0.5, HOSTILE, HOSTILE)], finding=HOSTILE, caption=HOSTILE)
    assert [part for part in shown if "<img" in body(part) or "<script" in body(part)] == []
    assert "<img" not in json.dumps(shown[1][show.PLOTLY])


def test_numbers_of_near_events_do_not_stand_on_each_other():
    events = pd.DataFrame([(at, None, "x", n) for n, at in enumerate((0.0, 1.0, 2.0, 60.0), 1)], columns=["minutes", "phase", "text", "number"])
    chart = timeline(events, "SEV-1", ["SEV-1"], finding="f", name="x", until=60.0)
    assert chart.figure.data[3].y == (0.4, 0.9, 1.4, 0.4)
