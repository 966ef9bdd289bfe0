"""Timelines: entries in order, each with an instant, an offset from T0 and a phase as far as the file says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.readers.incidents import parse_incident
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.vocabulary import Vocabulary

CONTEXT = Context(Vocabulary())
START = datetime(2026, 3, 4, 14, 0)


def read(timeline: str, head: str = "Start Time (UTC): 2026-03-04 14:00") -> Reading:
    return parse_incident("x.md", f"{head}\n\n## Timeline\n\n{timeline}\n", CONTEXT)


def events(timeline: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(event[column] for column in columns) for event in read(timeline).rows["incident_events"]]


def minutes(reading: Reading) -> list[float | None]:
    """Minutes from the start at which each event occurred."""
    times = [event["occurred_at"] for event in reading.rows["incident_events"]]
    return [None if at is None else (at - START) / timedelta(minutes=1) for at in times]


@pytest.mark.parametrize(
    "timeline",
    [
        "- T0 detection: 14:05\n- T+10 diagnosis: a\n- T+20 mitigation: b\n- T+30 resolved: c",
        "- 14:05 detected\n- 14:15 diagnosis: a\n- 14:25 mitigated: b\n- 14:35 resolved: c",
        "1. **14:05** Detected\n2. **14:15** Diagnosis: a\n3. **14:25** Mitigation: b\n4. **14:35** Resolved: c",
        "| Time | Event |\n|---|---|\n| 14:05 | Detected |\n| 14:15 | Diagnosis: a |\n| 14:25 | Mitigation: b |\n| 14:35 | Resolved: c |",
        "### 14:05 Detected\n### 14:15 Diagnosis\na\n### 14:25 Mitigation\nb\n### 14:35 Resolved\nc",
        "T0 detection: 14:05\nT+10 diagnosis: a\nT+20 mitigation: b\nT+30 resolved: c",
        "- 2026-03-04 14:05 UTC - Detected\n- 2026-03-04T14:15Z - Cause found: a\n- 2026-03-04 15:25 CET - Contained: b\n- 14:35 UTC - Fixed: c",
        "- Detection (T0): 14:05\n- Diagnosis (T+10): a\n- Mitigation (T+20): b\n- Resolution (T+30): c",
    ],
)
def test_the_same_story_in_any_shape_is_the_same_timeline(timeline: str):
    reading = read(timeline)
    (incident,) = reading.rows["incidents"]
    assert minutes(reading) == [5, 15, 25, 35]
    assert [event["phase"] for event in reading.rows["incident_events"]] == ["detection", "diagnosis", "mitigation", "resolved"]
    assert [event["text"] for event in reading.rows["incident_events"]][1:] == ["a", "b", "c"]
    ends = [incident[name] - START for name in ("detected_at", "mitigated_at", "resolved_at")]
    assert ends == [timedelta(minutes=each) for each in (5, 25, 35)]
    assert reading.findings == []


def test_an_absolute_time_wins_over_the_offset_beside_it_and_the_contradiction_is_found():
    reading = read("- T0 detection: 14:05\n- T+10 diagnosis: 14:45\n- T+50 (14:55) resolved")
    assert minutes(reading) == [5, 45, 55]
    assert [(each.code, each.line) for each in reading.findings] == [("OPS115", 6)]


def test_offsets_without_a_time_of_t0_are_kept_and_no_time_is_made_of_the_start():
    reading = read("- T0 detection: an alarm\n- T+10 resolved")
    (incident,) = reading.rows["incidents"]
    assert [event["offset_minutes"] for event in reading.rows["incident_events"]] == [0, 10]
    assert minutes(reading) == [None, None]
    assert (incident.get("detected_at"), incident.get("resolved_at"), incident["status"]) == (None, None, "open")
    assert [each.code for each in reading.findings] == ["OPS116"]


def test_a_detection_is_no_start():
    reading = read("- T0 detection: 2026-03-04 14:05 UTC", head="Severity: SEV-1")
    assert reading.rows["incidents"][0].get("started_at") is None
    assert [each.code for each in reading.findings] == ["OPS121"]


def test_a_field_wins_over_the_timeline_and_a_contradiction_is_found():
    reading = read("- 14:10 detected\n- 15:30 resolved", head="Start: 2026-03-04 14:00 UTC\nResolved: 2026-03-04 15:00 UTC")
    assert reading.rows["incidents"][0]["resolved_at"] == datetime(2026, 3, 4, 15)
    assert [(each.code, each.line) for each in reading.findings] == [("OPS115", 7)]


def test_the_last_resolution_of_a_timeline_is_the_one_that_held():
    reading = read("- 14:10 resolved\n- 14:20 reopened\n- 14:50 resolved")
    assert reading.rows["incidents"][0]["resolved_at"] == datetime(2026, 3, 4, 14, 50)


def test_what_stands_below_a_heading_with_a_time_belongs_to_it():
    story = "### 14:05 Detected\nThe alarm rang.\n\n- Ana looked\n- Bo called\n\n### 14:20\n- 14:25 rollback"
    assert events(story, "text") == [("The alarm rang. Ana looked Bo called",), (None,), ("rollback",)]


def test_prose_before_the_first_entry_is_no_entry():
    assert events("It was a long day.\n\n- 14:05 detected", "phase", "text") == [("detection", None)]


def test_an_entry_without_a_time_stays_in_its_place():
    assert events("- 14:05 detected\n- everybody looks\n- 14:20 resolved", "position", "text") == [
        (1, None), (2, "everybody looks"), (3, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        ("- 23:50 a\n- 00:10 b\n- 01:00 c", [590, 610, 660]),
        ("- 13:50 a deploy before the start\n- 14:05 detected", [-10, 5]),
        ("- 2026-03-05\n- 09:00 a", [1140]),
        ("#### 2026-03-05\n- 09:00 a\n#### 2026-03-06\n- 09:00 b", [1140, 2580]),
    ],
)
def test_times_of_day_are_placed_on_the_right_day(timeline: str, expected: list[float]):
    assert [each for each in minutes(read(timeline)) if each is not None] == expected


def test_times_that_go_back_are_found_in_the_times_as_written():
    reading = read("- 15:00 CET a\n- 14:50 CET b", head="Start: 2026-03-04 14:00 CET")
    assert [each.message for each in reading.findings] == ["14:50 comes after 15:00 in the timeline"]


def test_a_time_of_day_with_no_day_anywhere_is_found_and_stays_null():
    reading = read("- 14:05 detected", head="Severity: SEV-1")
    assert minutes(reading) == [None]
    assert "OPS111" in [each.code for each in reading.findings]


def test_the_letters_of_the_template_say_nothing():
    assert events("- T0 detection:\n- T+X diagnosis:\n- T+Y mitigation:\n- T+Z resolved:", "text") == []


# --- newest first


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        ("- 15:00 c\n- 14:30 b\n- 14:10 a", [60, 30, 10]),
        ("- 01:00 c\n- 00:10 b\n- 23:50 a", [660, 610, 590]),
        ("- 2026-03-05 01:00 c\n- 00:10 b\n- 23:50 a\n- 2026-03-04 23:00 z", [660, 610, 590, 540]),
        ("- 2026-03-06 10:00 c\n- 2026-03-05 09:00 b\n- 2026-03-04 15:00 a", [2640, 1140, 60]),
        ("#### 2026-03-05\n- 10:00 c\n- 09:00 b\n#### 2026-03-04\n- 15:00 a", [1200, 1140, 60]),
        ("- 15:00 c\n- 15:00 d\n- 14:30 b\n- 14:10 a", [60, 60, 30, 10]),
    ],
)
def test_a_timeline_may_run_backwards_and_nothing_is_wrong_with_it(timeline: str, expected: list[float]):
    reading = read(timeline)
    assert [each for each in minutes(reading) if each is not None] == expected
    assert reading.findings == []


def test_the_resolution_of_a_timeline_that_runs_backwards_is_the_latest():
    reading = read("- 15:00 resolved\n- 14:40 resolved\n- 14:20 identified\n- 14:05 detected")
    (incident,) = reading.rows["incidents"]
    assert (incident["detected_at"], incident["resolved_at"]) == (START + timedelta(minutes=5), START + timedelta(hours=1))
    assert [event["position"] for event in reading.rows["incident_events"]] == [1, 2, 3, 4]


@pytest.mark.parametrize("timeline", ["- 15:00 b\n- 14:50 a", "- 15:00 b\n- 14:50 a\n- 14:55 c", "- 15:00 c\n- 14:50 b\n- 05:00 a"])
def test_a_timeline_that_does_not_run_one_way_contradicts_itself(timeline: str):
    assert "OPS115" in [each.code for each in read(timeline).findings]


# --- forms of entries


@pytest.mark.parametrize(
    "entry",
    [
        "- 14:20 - cache cleared", "- [14:20] cache cleared", "- **14:20** cache cleared", "- 14:20: cache cleared",
        "- `14:20` cache cleared", "* 14:20 UTC — cache cleared", "1. (14:20) cache cleared", "- 2:20 PM: cache cleared",
        "- Day 1 14:20 cache cleared", "- Day 1, 14:20: cache cleared", "- 14:20 UTC (T+5) cache cleared", "- at 14:20 cache cleared",
        "- 4 March, 14:20: cache cleared", "- Mar 4 14:20 cache cleared", "- 15:20 CET: cache cleared", "14:20\n: cache cleared",
        "- 4 March\n  - 14:20 cache cleared", "- 2026-03-04:\n  - 14:20 - cache cleared", "- 2026-03-04\n  1. 14:20 cache cleared",
        "### 14:20 ###\ncache cleared", "### 2026-03-04 2:20 PM cache cleared", "**14:20 UTC**\n\ncache cleared",
        "| Time | Event |\n|---|---|\n| 14:20 | cache cleared |", "| Time (CET) | Event |\n|---|---|\n| 15:20 | cache cleared |",
        "| Time CET | Event |\n|---|---|\n| 15:20 | cache cleared |", "| CET | What happened |\n|---|---|\n| 15:20 | cache cleared |",
        "| Date | Time | Event |\n|---|---|---|\n| 4 March | 14:20 | cache cleared |",
    ],
)  # fmt: skip
def test_an_entry_in_any_of_these_forms_says_when_and_what(entry: str):
    reading = read(entry, head="Start Time (UTC): 2026-03-04 14:00\nDetected: 14:15")
    timed = [event for event in reading.rows["incident_events"] if event["occurred_at"]]
    assert [(event["occurred_at"], event["text"]) for event in timed] == [(START + timedelta(minutes=20), "cache cleared")]
    assert reading.findings == []


def test_days_count_from_the_first_one():
    assert minutes(read("### Day 1\n- 14:05 a\n### Day 2\n- 09:00 b\n- Day 3 10:00 c")) == [None, 5, None, 1140, None, 2640][1::2]


def test_a_table_may_name_the_day_once():
    table = "| Date | Time | Event |\n|---|---|---|\n| 2026-03-04 | 14:05 | a |\n| | 15:00 | b |\n| 2026-03-05 | 09:00 | c |\n| | 10:00 | d |"
    assert minutes(read(table)) == [5, 60, 1140, 1200]


def test_what_stands_below_an_entry_is_part_of_it_unless_it_says_when():
    assert events("- 14:05 looked\n  - in the log\n  - and at the disk", "text") == [("looked in the log and at the disk",)]
    assert events("- Before noon\n  - 14:05 a\n  - 14:10 b", "text") == [("Before noon",), ("a",), ("b",)]


def test_a_span_of_time_counts_from_its_start_and_is_kept_as_written():
    reading = read("- 14:05-14:20 rolled back\n- ~14:30 resolved")
    assert minutes(reading) == [5, 30]
    kept = [(row["record_id"], row["name"], row["value"]) for row in reading.rows["record_fields"]]
    assert kept == [("x", "resolved_at_raw", "~14:30"), ("x#1", "occurred_at_raw", "14:05-14:20"), ("x#2", "occurred_at_raw", "~14:30")]


@pytest.mark.parametrize("entry", ["- 2026-03-04 07:7:47 a", "- 07:7:47 a", "| Time | Event |\n|---|---|\n| 2026-03-04 07:7:47 | a |"])
def test_what_looks_like_a_time_and_is_none_is_found(entry: str):
    reading = read(entry)
    assert minutes(reading) == [None]
    assert [(each.code, each.message) for each in reading.findings] == [("OPS111", "cannot read the time `07:7:47`")]


def test_an_impossible_time_is_found_once():
    reading = read("- 14:75 a\n- 14:20 b")
    assert [(each.code, each.message) for each in reading.findings] == [("OPS111", "there is no time 14:75")]
    assert minutes(reading) == [None, 20]


def test_a_cell_for_a_time_that_holds_none_is_found():
    reading = read("| Time | Event |\n|---|---|\n| 2026-03-?? | a |\n| later | b |\n| TBD | c |")
    assert [(each.code, each.message) for each in reading.findings] == [("OPS111", "cannot read the time `2026-03-??`")]


@settings(deadline=None)
@given(st.lists(st.integers(1, 600), min_size=1, max_size=8))
def test_offsets_and_the_instants_they_stand_for_tell_the_same_story(gaps: list[int]):
    offsets = [sum(gaps[: at + 1]) for at in range(len(gaps))]
    by_offset = read("- T0: 2026-03-04 14:00 UTC\n" + "\n".join(f"- T+{each} x" for each in offsets))
    by_instant = read("- T0: 2026-03-04 14:00 UTC\n" + "\n".join(f"- {START + timedelta(minutes=each):%Y-%m-%d %H:%M} x" for each in offsets))
    assert minutes(by_offset) == minutes(by_instant) == [0, *offsets]
