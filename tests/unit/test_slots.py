"""Held against promised: which session keeps which promised day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.warehouse.slots import promised_slots

WEEKLY = {"ritual": "retrospective", "rrule": "FREQ=WEEKLY;BYDAY=WE", "starts_on": date(2026, 9, 2), "holidays": ()}
AS_OF = datetime(2026, 9, 24, 12)


def held(*days: int, status: str = "held", month: int = 9) -> list[dict[str, Any]]:
    return [{"session_id": f"{month}-{day}", "ritual": "retrospective", "held_on": date(2026, month, day), "status": status} for day in days]


def slots(sessions: list[dict[str, Any]], as_of: datetime = AS_OF, **ritual: Any) -> list[tuple[int, str, str | None]]:
    found = promised_slots([{**WEEKLY, **ritual}], sessions, as_of)
    return [(slot["promised_on"].day, slot["outcome"], slot["session_id"]) for slot in found]


def test_a_session_keeps_its_day_and_the_others_are_missed():
    assert slots(held(2, 16)) == [(2, "held", "9-2"), (9, "missed", None), (16, "held", "9-16"), (23, "missed", None)]


def test_a_session_keeps_the_nearest_day():
    assert slots(held(4, 12)) == [(2, "held", "9-4"), (9, "held", "9-12"), (16, "missed", None), (23, "missed", None)]


def test_one_far_before_the_first_day_keeps_nothing():
    assert slots(held(20, month=8))[0] == (2, "missed", None)
    assert slots(held(31, month=8))[0] == (2, "held", "8-31")


def test_a_cancelled_one_is_no_missed_one():
    assert slots(held(9, status="cancelled"))[1] == (9, "cancelled", "9-9")


def test_of_two_for_one_day_the_held_one_counts_then_the_nearer():
    assert slots([*held(9, status="cancelled"), *held(10)])[1] == (9, "held", "9-10")
    assert slots(held(8, 9, 10))[1] == (9, "held", "9-9")


def test_a_holiday_promises_nothing_and_a_session_near_it_keeps_nothing():
    assert slots(held(10), holidays=(date(2026, 9, 9),)) == [(2, "missed", None), (16, "missed", None), (23, "missed", None)]


def test_today_is_promised_once_it_is_kept_or_over():
    assert slots([], datetime(2026, 9, 9, 8)) == [(2, "missed", None)]
    assert slots(held(9), datetime(2026, 9, 9, 8))[1] == (9, "held", "9-9")
    assert slots([], datetime(2026, 9, 9, 23, 59, 59))[1] == (9, "missed", None)


def test_what_lies_after_the_as_of_is_not_known():
    assert slots(held(30)) == [(2, "missed", None), (9, "missed", None), (16, "missed", None), (23, "missed", None)]


def test_without_a_start_the_first_session_starts_the_promise():
    assert slots(held(15), starts_on=None) == [(16, "held", "9-15"), (23, "missed", None)]
    assert slots([], starts_on=None) == []
    assert slots(held(15), rrule=None) == []


def test_every_second_week_counts_from_the_start():
    assert [day for day, _, _ in slots([], rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=WE")] == [2, 16]


@settings(deadline=None)
@given(
    days=st.lists(st.dates(date(2026, 8, 1), date(2026, 12, 31)), max_size=20),
    rule=st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=WEEKLY;INTERVAL=2"]),
)
def test_no_session_keeps_two_days_and_no_day_two_sessions(days: list[date], rule: str):
    sessions = [{"session_id": f"s{at}", "ritual": "retrospective", "held_on": day, "status": "held"} for at, day in enumerate(days)]
    found = list(promised_slots([{**WEEKLY, "rrule": rule}], sessions, datetime(2026, 12, 1)))
    kept = [slot["session_id"] for slot in found if slot["session_id"]]
    assert len(kept) == len(set(kept))
    assert len({slot["promised_on"] for slot in found}) == len(found)
    assert all(slot["promised_on"] <= date(2026, 12, 1) for slot in found)
    exact = {slot["promised_on"] for slot in found} & set(days)
    assert exact <= {slot["promised_on"] for slot in found if slot["outcome"] == "held"}
