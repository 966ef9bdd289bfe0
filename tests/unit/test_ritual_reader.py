"""Sessions: which ritual a file is of, what is carried over, and that no text breaks the reader."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.errors import WorkspaceError
from opsanalytics.kinds import KINDS
from opsanalytics.ledger import keep_ledger
from opsanalytics.markup.strict_yaml import MarkupError
from opsanalytics.readers import read_record
from opsanalytics.readers.cadence import parse_cadence, parse_rule
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.rituals import parse_ritual
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.settings import parse_settings

CONTEXT = Context(Vocabulary())


def read(path: str, text: str, context: Context = CONTEXT) -> Reading:
    return read_record(KINDS["rituals"], path, text.encode(), context)


def session(path: str, text: str = "Date: 2026-09-01\n", context: Context = CONTEXT) -> dict[str, Any]:
    return read(path, text, context).rows["ritual_sessions"][0]


@pytest.mark.parametrize(
    ("path", "title", "ritual"),
    [
        ("ops/rituals/triage/2026-09-01.md", "Retro", "triage"),
        ("ops/rituals/retro/2026-09-01.md", "", "retrospective"),
        ("ops/rituals/Cake Friday/2026/36.md", "", "cake-friday"),
        ("rituals/standup/a.md", "", "standup"),
        ("retros/2026-09.md", "", "retrospective"),
        ("meetings/2026-09-01-planning.md", "", "planning"),
        ("meetings/2026-09-01.md", "Infra/On‑Call Sync", "oncall-sync"),
        ("meetings/standups/planning-poker.md", "", "standup"),
        ("meetings/Week 8/2026-09-01.md", "Notes", "meetings"),
    ],
)
def test_the_ritual_is_told_by_folder_file_and_title(path: str, title: str, ritual: str):
    assert session(path, f"# {title}\n\nDate: 2026-09-01\n")["ritual"] == ritual


def test_ops_yml_tells_the_ritual_first():
    context = Context(Vocabulary(), rituals=(("Weekly Cake", ("meetings/cake/*.md",)), ("retro", ("meetings/*.md",))))
    assert session("meetings/cake/standup.md", context=context)["ritual"] == "weekly-cake"
    assert session("meetings/standup.md", context=context)["ritual"] == "retrospective"


@pytest.mark.parametrize(
    "settings_text",
    ["records: {rituals: {standup: notes.md}}", "records: {rituals: {standup: [/etc/*.md]}}", "records: {rituals: {' ': [a]}}",
     "records: {rituals: {}}", "records: {rituals: 7}"],
)  # fmt: skip
def test_globs_by_ritual_that_cannot_be_used_are_refused_with_their_line(settings_text: str):
    with pytest.raises(WorkspaceError, match=r"ops\.yml:1:\d+ records"):
        parse_settings(settings_text.encode())


@pytest.mark.parametrize(
    ("name", "text", "day"),
    [
        ("x", "Date: 1 September 2026", "2026-09-01"), ("2026-09-02", "Date: 2026-09-01", "2026-09-01"),
        ("x", "# Sync of September 1, 2026", "2026-09-01"), ("2026-09-02", "# Sync 2026-09-01", "2026-09-01"),
        ("2026-09-01", "# Sync", "2026-09-01"), ("20260901-sync", "# Sync", "2026-09-01"), ("sync_2026-09-01", "# S", "2026-09-01"),
        ("x", "# Sync", "None"), ("2026-09-31", "# Sync", "None"), ("x", "# Sync\n\n## Next meeting\nDate: 2026-09-01", "None"),
    ],
)  # fmt: skip
def test_the_day_is_the_date_else_the_titles_else_the_files(name: str, text: str, day: str):
    assert str(session(f"ops/rituals/triage/{name}.md", text)["held_on"]) == day


@pytest.mark.parametrize(
    ("name", "text", "day"),
    [
        ("112626-weekly", "# S", "2026-11-26"), ("102526-110826-ui", "# S", "None"), ("x", "# S (May 17th, 2026)", "2026-05-17"),
        ("060926-x", "# 5/31/26 - 6/7/26", "2026-06-09"), ("x", "# S\n\nTime: 11/26/26 7pm - 8pm", "2026-11-26"),
        ("x", "# S\n\nOn Nov 26, 2026 we met.", "2026-11-26"), ("x", "# S\n\nThe next meeting is on Nov 26, 2026.", "None"),
        ("x", "# S\n\nNext meeting: 2026-11-26", "None"), ("x", "# Notes\n\n# 11/26/26\n- a", "2026-11-26"),
    ],
)  # fmt: skip
def test_with_the_month_first_days_are_found_in_names_titles_and_sentences(name: str, text: str, day: str):
    context = Context(Vocabulary(), date_order="MDY")
    assert str(session(f"meetings/{name}.md", f"{text}\n\n## Notes\n- a\n", context)["held_on"]) == day


def test_each_dated_heading_is_a_session_of_its_own():
    text = "# Sync\n\nHost: Ana\n\n## 2026-09-08\nPresent: Bo\n\n## 2026-09-01\n- a\n\n## 1 September 2026\n- b\n"
    rows = read("meetings/sync.md", text).rows
    assert [(row["session_id"], row["facilitator"], row["source_line"]) for row in rows["ritual_sessions"]] == [
        ("meetings/sync#2026-09-08", "Ana", 5), ("meetings/sync#2026-09-01", "Ana", 8), ("meetings/sync#2026-09-01~2", "Ana", 11),
    ]  # fmt: skip
    assert [(row["session_id"][-2:], row["text"]) for row in rows["ritual_notes"]] == [("01", "a"), ("~2", "b")]


@pytest.mark.parametrize(
    "text",
    ["# Sync 2026-09-08\n\n## 2026-09-08\n- a", "# Sync\n\n## 2026-09-08\n- a\n\n## Next meeting 2026-09-15\n- b",
     "# Sync\n\n## Incident of 2026-09-01\n- a\n\n## Incident of 2026-09-02\n- b",
     "# Sync 2026-09-08\n\n## 2026-09-01: queue down\n- a\n\n## 2026-09-02: queue up\n- b"],
)  # fmt: skip
def test_headings_about_other_days_are_no_sessions(text: str):
    rows = read("meetings/sync.md", text).rows
    assert [row["session_id"] for row in rows["ritual_sessions"]] == ["meetings/sync"]
    assert next(row["text"] for row in rows["ritual_notes"]) == "a"


@pytest.mark.parametrize(
    ("said", "started", "minutes"),
    [
        ("Time: 10:00 - 10:45", "10:00", 45), ("Date: 2026-09-01, 2:10 - 2:30pm", "14:10", 20), ("Time (UTC): 9am to noon", "09:00", 180),
        ("Started: 9:30\nEnded: 10:15", "09:30", 45), ("Started: 10:15\nEnded: 9:30", "10:15", None), ("Duration: 50 min", None, 50),
        ("Date: 2026-09-01 week 8 10:00am - 1:00pm", "10:00", 180), ("Time: noonish", None, None),
    ],
)  # fmt: skip
def test_hours_are_read_where_they_are_stated(said: str, started: str | None, minutes: float | None):
    row = session("meetings/2026-09-01.md", f"# Sync\n\n{said}\n\n## Notes\n- a\n")
    assert (row["started_at"] and f"{row['started_at']:%H:%M}", row["duration_minutes"]) == (started, minutes)


RETRO = "# Retro\n\nDate: {day}\n\n## Top 3 improvements\n{actions}\n"


def retros(**actions: str) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {"ritual_sessions": [], "action_items": []}
    for month, said in actions.items():
        text = RETRO.format(day=f"2026-{month[1:]}-25", actions=said)
        for table, found in read(f"ops/rituals/retrospective/2026-{month[1:]}-25.md", text).rows.items():
            rows.setdefault(table, []).extend(found)
    return rows


def carried(rows: dict[str, list[dict[str, Any]]]) -> dict[str, str | None]:
    return {row["action_id"][-7:]: row["carried_from"] and row["carried_from"][-7:] for row in rows["action_items"]}


def test_an_action_that_repeats_one_of_the_latest_earlier_session_is_carried_from_it():
    rows = retros(m07="- [ ] Quieten alerts — Ana", m08="- [x] quieten  Alerts — Bo — 2026-09-01", m09="- [ ] Quieten alerts")
    assert keep_ledger(rows, Vocabulary()) == []
    assert carried(rows) == {"07-25#1": None, "08-25#1": "07-25#1", "09-25#1": "08-25#1"}


def test_one_that_was_left_out_once_is_carried_only_where_it_says_so():
    rows = retros(m07="- [ ] A thing\n- [ ] B thing", m08="- [ ] C thing", m09="- [ ] A thing\n- [ ] B thing (carried over)")
    assert keep_ledger(rows, Vocabulary()) == []
    assert carried(rows)["09-25#1"] is None
    assert carried(rows)["09-25#2"] == "07-25#2"


def test_one_that_says_it_was_carried_and_was_not_is_found():
    rows = retros(m09="- [ ] A thing (carried from 2026-08-28) — Ana — 2026-10-01")
    assert [str(each) for each in keep_ledger(rows, Vocabulary())] == [
        "ops/rituals/retrospective/2026-09-25.md:6:1 OPS124 `A thing` is carried from 2026-08-28: no earlier session has that action"
    ]
    assert (rows["action_items"][0]["text"], rows["action_items"][0]["owner"]) == ("A thing", "Ana")


def test_other_rituals_and_sessions_without_a_day_carry_nothing():
    rows = retros(m08="- [ ] A thing")
    for path, text in (("triage/2026-09-25", "## Assigned\n- [ ] A thing\n"), ("retrospective/autumn", "## Actions\n- [ ] A thing\n")):
        for table, found in read(f"ops/rituals/{path}.md", text).rows.items():
            rows.setdefault(table, []).extend(found)
    keep_ledger(rows, Vocabulary())
    assert [row.get("carried_from") for row in rows["action_items"]] == [None, None, None]


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY;BYDAY=MO,TH", "RRULE:FREQ=DAILY", "freq=monthly; byday=-1FR", "FREQ=YEARLY;UNTIL=20271231T000000Z"])
def test_rules_by_days_are_read(rule: str):
    assert parse_rule(rule)


@pytest.mark.parametrize("rule", ["", "weekly", "FREQ=HOURLY", "FREQ=SECONDLY", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1",
                                  "FREQ=WEEKLY;BYDAY=XX", "DTSTART:20260101\nRRULE:FREQ=DAILY", "FREQ=DAILY;WHATEVER=1"])  # fmt: skip
def test_other_rules_are_refused(rule: str):
    assert parse_rule(rule) is None


HOSTILE = st.lists(st.sampled_from([
    "# ", "## Ana\n", "- Yesterday: ", "## Present\n", "- [x] ", "- [ ] ", "Date: ", "2026-99-99", "Started: 25:61", "Duration: ",
    "\n", "## Objectives\n", "### X — Y\n", "- a — 1 -> ", "→", "Ended: 09:00\n", "Started: 09:00\n", "| a | b |\n|---|---|\n| c | d |\n",
    "## 2026-09-01\n", "## 2026-09-02\n", "**Ana**\n\n", "| Name | Present |\n|---|---|\n| Ana | x |\n", "Absent: Ana\n", "  - Bo\n", "10:00 - 11pm",
    "## Top 3 improvements\n", "(carried over)", "---\n", "present: [", "\u202e", "1e999", "\U0001f600", "## Last time\n", "\r", "@", ";",
]), max_size=40).map("".join) | st.text(max_size=300)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(HOSTILE)
def test_whatever_the_text_nothing_but_a_markup_error_is_raised(text: str):
    try:
        reading = parse_ritual("ops/rituals/standup/2026-09-25.md", text, CONTEXT)
    except MarkupError:
        return
    keep_ledger(reading.rows, Vocabulary())
    ids = [row["session_id"] for row in reading.rows["ritual_sessions"]]
    assert reading.ignored or (ids and len(set(ids)) == len(ids))


YAML = st.lists(st.sampled_from([
    "rituals:", "\n  triage:", " {", "}", "rrule: ", '"FREQ=', "DAILY", ";BYDAY=MO", ";UNTIL=2026", '"', ", ", "timebox_minutes: ", "-1", "1e9",
    "\nholidays: [", "]", "2026-01-01", "0", "&a", "*a", "starts_on: ", "\n", "null",
]), max_size=25).map("".join) | st.text(max_size=200)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(YAML)
def test_whatever_the_cadence_nothing_but_a_markup_error_is_raised(text: str):
    try:
        reading = parse_cadence("ops/cadence.yml", text, CONTEXT)
    except MarkupError:
        return
    assert reading.ignored or reading.rows["rituals"]


@settings(max_examples=100, deadline=None)
@given(st.text("FREQ=DAILYWEKMOTHUSBPNVX;,-0123456789", max_size=40))
def test_a_rule_is_read_or_refused(text: str):
    assert parse_rule(f"FREQ=WEEKLY;{text}") is None or parse_rule(text) is None
