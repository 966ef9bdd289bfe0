"""Times: what is written is read exactly, or refused with the reason."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.readers.times import Clockwork, Stamp, TimeError, leading_offset, parse_duration, to_utc
from opsanalytics.readers.vocabulary import Vocabulary

UTC = ZoneInfo("UTC")
PARIS = ZoneInfo("Europe/Paris")
CLOCKWORK = Clockwork(Vocabulary())


def utc(text: str, zone: tzinfo = UTC, clockwork: Clockwork = CLOCKWORK) -> str:
    return to_utc(clockwork.stamp(text), zone).isoformat(sep=" ", timespec="minutes")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-04 14:02", "2026-03-04 14:02"),
        ("2026-03-04T14:02:03.5", "2026-03-04 14:02"),
        ("2026-03-04 14:02 UTC", "2026-03-04 14:02"),
        ("2026-03-04T14:02Z", "2026-03-04 14:02"),
        ("2026-03-04 14:02:00 +0100", "2026-03-04 13:02"),
        ("2026-03-04T14:02:00-05:30", "2026-03-04 19:32"),
        ("2026-03-04 14:02 −03:00", "2026-03-04 17:02"),
        ("2026-03-04 14:02 UTC+2", "2026-03-04 12:02"),
        ("2026-03-04 14:02 (CET)", "2026-03-04 13:02"),
        ("2026-03-04 14:02 GMT", "2026-03-04 14:02"),
        ("2026-03-04 14:02 Europe/Paris", "2026-03-04 13:02"),
        ("2026-07-04 14:02 Europe/Paris", "2026-07-04 12:02"),
        ("2026‑03‑04 14:02", "2026-03-04 14:02"),
        ("2026-03-04T9:05", "2026-03-04 09:05"),
        ("2026/3/4 9:05", "2026-03-04 09:05"),
        ("~2026-03-04 14:02", "2026-03-04 14:02"),
        ("2026-03-04, around 14:02", "2026-03-04 14:02"),
        ("Wed, 4 March 2026, 14:02", "2026-03-04 14:02"),
        ("March 4th, 2026 at 2:02 pm", "2026-03-04 14:02"),
        ("2026-03-04 12:02 am", "2026-03-04 00:02"),
        ("13/03/2026 14:02", "2026-03-13 14:02"),
        ("2026-03-04 14:02 (roughly)", "2026-03-04 14:02"),
        ("1628-08-10T12:00:00Z", "1628-08-10 12:00"),
    ],
)
def test_a_time_in_any_of_these_forms_is_that_instant(text: str, expected: str):
    assert utc(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-02-30 10:00", "there is no day 2026-02-30"),
        ("2026-13-01 10:00", "there is no day"),
        ("2026-03-04 25:00", "there is no time 25:00"),
        ("2026-03-04 10:61", "there is no time 10:61"),
        ("2026-03-04 24:00", "00:00 of the next day"),
        ("2026-06-30 23:59:60", "leap seconds"),
        ("12026-03-04 10:00", "more than four digits"),
        ("0026-03-04 10:00", "out of range"),
        ("03/04/2026 10:00", "day or month first"),
        ("2026-03-04 13:05 pm", "there is no time"),
        ("2026-03-04 14:02 Europe/Nowhere", "no zone is named"),
        ("2026-03-04 14:02 IST", "cannot read the time"),
        ("2026-03-04 1402", "cannot read the time"),
        ("2026-03-04 14:02 to 15:00", "cannot read the time"),
        ("yesterday", "cannot read the time"),
        ("", "cannot read the time"),
        ("9" * 5000, "cannot read the time"),
    ],
)
def test_a_time_that_is_none_is_refused_with_the_reason(text: str, why: str):
    with pytest.raises(TimeError, match=why):
        CLOCKWORK.stamp(text)


@pytest.mark.parametrize(("order", "expected"), [("DMY", "2026-04-03 10:00"), ("MDY", "2026-03-04 10:00")])
def test_date_order_settles_a_date_that_could_be_either(order: str, expected: str):
    assert utc("03/04/2026 10:00", clockwork=Clockwork(Vocabulary(), order)) == expected


def test_an_hour_that_the_clocks_skip_or_repeat_is_refused_and_an_offset_settles_it():
    with pytest.raises(TimeError, match="does not exist"):
        utc("2026-03-29 02:30", PARIS)
    with pytest.raises(TimeError, match="occurs twice"):
        utc("2026-10-25 02:30", PARIS)
    assert utc("2026-10-25 02:30 +01:00", PARIS) == "2026-10-25 01:30"


@settings(deadline=None)
@given(st.datetimes(datetime(1000, 1, 2), datetime(2999, 12, 30)))
def test_an_iso_time_with_z_reads_as_itself(at: datetime):
    assert to_utc(CLOCKWORK.stamp(f"{at.isoformat()}Z"), PARIS) == at


@settings(deadline=None)
@given(st.integers(-840, 840).filter(lambda minutes: minutes % 15 == 0))
def test_an_offset_is_taken_off(minutes: int):
    sign, hours = "-" if minutes < 0 else "+", abs(minutes)
    text = f"2026-03-04T12:00:00{sign}{hours // 60:02d}:{hours % 60:02d}"
    assert to_utc(CLOCKWORK.stamp(text), UTC) == datetime(2026, 3, 4, 12) - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("text", "stamp", "rest"),
    [
        ("14:02 detected", Stamp(None, time(14, 2)), "detected"),
        ("14:02-14:20 looking", Stamp(None, time(14, 2)), "-14:20 looking"),
        ("14:02 api/v2 fails", Stamp(None, time(14, 2)), "api/v2 fails"),
        ("2026-03-04: deployed", Stamp(date(2026, 3, 4)), ": deployed"),
        ("Friday, 10 April 2026", Stamp(date(2026, 4, 10)), ""),
        ("nobody knows", None, "nobody knows"),
        ("5 people", None, "5 people"),
    ],
)
def test_a_line_that_opens_with_a_time_is_split_behind_it(text: str, stamp: Stamp | None, rest: str):
    assert CLOCKWORK.leading_stamp(text) == (stamp, rest)


@pytest.mark.parametrize(
    ("text", "minutes", "rest"),
    [
        ("T0", 0, ""), ("T0 detection", 0, " detection"), ("T+0", 0, ""), ("t0: x", 0, ": x"),
        ("T+95", 95, ""), ("T+95m", 95, ""), ("T+95 min: x", 95, ": x"), ("T+1h35", 95, ""), ("T+1h35m", 95, ""),
        ("T+1h 35m", 95, ""), ("T+1:35", 95, ""), ("T + 95", 95, ""), ("T+1.5h", 90, ""), ("T+2d", 2880, ""),
        ("T+1 hour 35 minutes later", 95, " later"), ("T+1h 35 people", 60, " 35 people"),
        ("T-4", -4, ""), ("T−4m", -4, ""), ("T–4", -4, ""), ("T+30. Done", 30, ". Done"),
    ],
)  # fmt: skip
def test_offsets_count_in_minutes_when_no_unit_is_written(text: str, minutes: float, rest: str):
    assert leading_offset(text) == (minutes, rest)


@pytest.mark.parametrize("text", ["T+X", "T+", "T", "T+95x", "T07", "T+1:35:20", "T+" + "9" * 400, "The end", "T0.5"])
def test_what_is_no_offset_is_left_as_it_is(text: str):
    assert leading_offset(text) == (None, text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("5 hours 3 minutes", 303), ("1d 5h", 1740), ("148 minutes", 148), ("1h35", 95), ("~2h", 120), ("90 min.", 90),
        ("1 hour and 20 minutes", 80), ("2.5 hours", 150), ("30 s", 0.5), ("about 3 hours (a guess)", 180),
    ],
)  # fmt: skip
def test_durations_in_words_are_minutes(text: str, minutes: float):
    assert parse_duration(text) == minutes


@pytest.mark.parametrize("text", ["", "?", "N/A", "long", "5", "5 hours of work", "1:35", "9" * 400 + "h"])
def test_what_is_no_duration_is_none(text: str):
    assert parse_duration(text) is None


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_time_an_offset_a_duration_or_none_of_them(text: str):
    for read in (leading_offset, parse_duration):
        read(text)
    try:
        stamp, rest = CLOCKWORK.leading_stamp(text)
    except TimeError:
        return
    assert stamp is None or text.rstrip().endswith(rest.rstrip())
