"""Times: what is written is read exactly, or refused with the reason."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.readers.durations import Duration, leading_offset, parse_duration
from opsanalytics.readers.evidence import Evidence, date_order_of, zone_of
from opsanalytics.readers.times import Clockwork, Stamp, TimeError, to_utc
from opsanalytics.readers.vocabulary import Vocabulary

UTC = ZoneInfo("UTC")
PARIS = ZoneInfo("Europe/Paris")
WORDS = Vocabulary()
CLOCKWORK = Clockwork(WORDS)


def in_file(text: str = "", path: str = "notes.md", date_order: str | None = None) -> Clockwork:
    return Clockwork(WORDS, date_order, evidence=Evidence(WORDS, path, text))


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
        ("2020-06-09T11:00Z", "2020-06-09 11:00"),
        ("Mon Mar 22 2021 19:30", "2021-03-22 19:30"),
        ("Mon Mar 22 19:30:05 UTC 2021", "2021-03-22 19:30"),
        ("22-Mar-2021 19:30", "2021-03-22 19:30"),
        ("22/Mar/2021 19:30", "2021-03-22 19:30"),
        ("22 Mar '21 9:30", "2021-03-22 09:30"),
        ("20210322T1930Z", "2021-03-22 19:30"),
        ("20210322T193000+0100", "2021-03-22 18:30"),
        ("11/26/22, 10:00AM", "2022-11-26 10:00"),
        ("26.11.22 10.00", "2022-11-26 10:00"),
        ("05-25-2021 at 9am", "2021-05-25 09:00"),
        ("11_29_22, 2:15 p.m.", "2022-11-29 14:15"),
        ("2021-03-22 9 AM", "2021-03-22 09:00"),
        ("2021-03-22 9:30pm PST", "2021-03-23 05:30"),
        ("2021-03-22 09h30", "2021-03-22 09:30"),
        ("2021-03-22 0930", "2021-03-22 09:30"),
        ("2021-03-22 1430 UTC", "2021-03-22 14:30"),
        ("2021-03-22 noon", "2021-03-22 12:00"),
        ("2021-03-22 12 noon CET", "2021-03-22 11:00"),
        ("2021-03-22 14:02:10,123", "2021-03-22 14:02"),
        ("2021-03-22 - 14:02", "2021-03-22 14:02"),
        ("2021-03-22 (Mon) 14:02", "2021-03-22 14:02"),
        ("2021-03-22 14:02 [UTC]", "2021-03-22 14:02"),
        ("9:30 AM PST on 22 March 2021", "2021-03-22 17:30"),
        ("19:30 UTC, March 22 2021", "2021-03-22 19:30"),
        ("14:02 2021-03-22", "2021-03-22 14:02"),
        ("On March 22nd, 2021 at about 14:02", "2021-03-22 14:02"),
        ("2021-03-22 10:00-05:00", "2021-03-22 15:00"),
        ("2021-03-22T03:00-05:00", "2021-03-22 08:00"),
        ("2021-03-22 14:02 Pacific Time", "2021-03-22 21:02"),
        ("2021-01-22 14:02 PT", "2021-01-22 22:02"),
        ("2021-07-22 14:02 ET", "2021-07-22 18:02"),
        ("2021-07-22 14:02 CET/CEST", "2021-07-22 12:02"),
        ("2021-07-22 14:02 Paris time", "2021-07-22 12:02"),
        ("2021-07-22 14:02 New York time", "2021-07-22 18:02"),
        ("4. März 2026 um 14:02 Uhr MEZ", "2026-03-04 13:02"),
        ("2021年3月22日 14:02", "2021-03-22 14:02"),
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
        ("2026-03-04 14:02 IST", "`IST` may be .01:00, .02:00 or .05:30; write the offset"),
        ("2026-03-04 14:02 CST", "`CST` may be"),
        ("2026-03-04 14:02 XYZ", "cannot read the time"),
        ("2026-03-04 14:02 pt", "cannot read the time"),
        ("2026-03-04 14:02 Springfield time", "cannot read the time"),
        ("2026-03-04 midnight", "may begin the day or end it"),
        ("2026-03-04 03:00-05:00", "may be a span or an offset"),
        ("21-03-22 10:00", "day or month first"),
        ("31 February 2026 10:00", "there is no day"),
        ("2026-02-29 10:00", "there is no day"),
        ("20260230 10:00", "there is no day"),
        ("0001-01-01T00:00:00Z", "the year 1 is out of range"),
        ("3026-01-01 10:00", "the year 3026 is out of range"),
        ("March 22, around 19:30", "has no year"),
        ("10/15, 7pm", "has no year"),
        ("2026-03-04 1402", "cannot read the time"),
        ("2026-03-04 14:02 to 15:00", "is a span of time"),
        ("10:57-11:03", "is a span of time"),
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
        ("14:02-14:20 looking", Stamp(None, time(14, 2), until=Stamp(None, time(14, 20))), "looking"),
        ("~14:02 looking", Stamp(None, time(14, 2), is_approximate=True), "looking"),
        ("14:02-ish looking", Stamp(None, time(14, 2), is_approximate=True), "looking"),
        ("14:02? looking", Stamp(None, time(14, 2), is_approximate=True), "looking"),
        ("At 14:02 we looked", Stamp(None, time(14, 2)), "we looked"),
        ("9.30 - looking", Stamp(None, time(9, 30)), "- looking"),
        ("0930 looking", Stamp(None, time(9, 30)), "looking"),
        ("Noon: looking", Stamp(None, time(12)), ": looking"),
        ("10:02 west region down", Stamp(None, time(10, 2)), "west region down"),
        ("10:02 ist der Dienst weg", Stamp(None, time(10, 2)), "ist der Dienst weg"),
        ("10:02 Central database down", Stamp(None, time(10, 2)), "Central database down"),
        ("10:02 - 2022-01-01 backup used", Stamp(None, time(10, 2)), "- 2022-01-01 backup used"),
        ("1.22.16 deployed", None, "1.22.16 deployed"),
        ("10.02 seconds", None, "10.02 seconds"),
        ("10/15 of them", None, "10/15 of them"),
        ("24/7 support", None, "24/7 support"),
        ("5 may have failed", None, "5 may have failed"),
        ("1h30 later", None, "1h30 later"),
        ("2021 was bad", None, "2021 was bad"),
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
    ("text", "start", "end"),
    [
        ("10:57-11:03", time(10, 57), time(11, 3)), ("10:57 to 11:03", time(10, 57), time(11, 3)),
        ("from 9:00 till 10:30 UTC", time(9), time(10, 30)), ("2:10 - 2:30pm", time(14, 10), time(14, 30)),
        ("11:45 – 12:20pm", time(11, 45), time(12, 20)), ("10am - 1:00", time(10), time(13)), ("4-5 pm", time(16), time(17)),
        ("11/26/22, 11:45am, 12:20pm", time(11, 45), time(12, 20)), ("2026-03-04 7:00-8:30", time(7), time(8, 30)),
        ("11_29_22, 2:15pm-2:45pm", time(14, 15), time(14, 45)), ("14:00 - 3pm", time(14), time(15)),
    ],
)  # fmt: skip
def test_a_span_has_a_start_and_an_end(text: str, start: time, end: time):
    span = CLOCKWORK.span(text)
    assert (span.clock, span.until and span.until.clock) == (start, end)


def test_a_zone_behind_a_span_is_that_of_both_ends():
    span = CLOCKWORK.span("from 9:00 till 10:30 CET")
    assert span.until and span.zone == span.until.zone == CLOCKWORK.zone("CET")


def test_a_span_may_end_on_another_day_and_one_of_days_has_no_times():
    night = CLOCKWORK.span("2026-03-04 23:50 – 2026-03-05 00:20 CET")
    assert (night.day, night.until and night.until.day) == (date(2026, 3, 4), date(2026, 3, 5))
    days = CLOCKWORK.span("2026-03-04 to 2026-03-06")
    assert days.until == Stamp(date(2026, 3, 6))


@pytest.mark.parametrize("text", ["~2025-03-03 19:30", "about 19:30", "March 22 2021, around 19:30", "ca. 9:30", "19:30 (approx.)"])
def test_a_mark_of_what_is_not_exact_is_kept(text: str):
    assert CLOCKWORK.stamp(text).is_approximate
    assert not CLOCKWORK.stamp("2025-03-03 19:30").is_approximate


def test_the_workspaces_own_zone_tells_what_its_abbreviations_mean():
    at_home = Clockwork(WORDS, home=ZoneInfo("Europe/London"))
    assert utc("2026-07-04 14:02 BST", clockwork=at_home) == "2026-07-04 13:02"
    with pytest.raises(TimeError, match="`CST` may be"):
        at_home.stamp("2026-07-04 14:02 CST")


# --- what the other dates of a file tell


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("Seen on 22/03/2026.", "x.md", date(2026, 4, 3)),
        ("Seen on 03/22/26.", "x.md", date(2026, 3, 4)),
        ("Seen on 22.03.2026.", "x.md", date(2026, 4, 3)),
        ("", "112622-weekly.md", date(2026, 3, 4)),
        ("", "2026-04-03-outage.md", date(2026, 4, 3)),
        ("date: 2026-03-04", "x.md", date(2026, 3, 4)),
        ("It was March 4, 2026, and 2026-05-06 later", "x.md", date(2026, 3, 4)),
    ],
)
def test_the_files_other_dates_tell_day_from_month(text: str, path: str, expected: date):
    assert in_file(text, path).stamp("03/04/2026").day == expected


@pytest.mark.parametrize("text", ["", "22/03/2026 and 03/22/2026", "version 1.22.16", "2026-04-03 and 2026-03-04", "10.22.3.4"])
def test_a_file_that_does_not_tell_leaves_the_date_open(text: str):
    with pytest.raises(TimeError, match="day or month first"):
        in_file(text).stamp("03/04/2026")


def test_the_file_wins_over_date_order_and_a_contradiction_is_no_answer():
    assert in_file("22/03/2026", date_order="MDY").stamp("03/04/2026").day == date(2026, 4, 3)
    with pytest.raises(TimeError, match="show both"):
        in_file("22/03/2026 and 03/22/2026", date_order="MDY").stamp("03/04/2026")


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("", "2021-03-22_x.md", "2021-03-22 19:30"),
        ("# The outage of 2021\n", "x.md", "2021-03-22 19:30"),
        ("", "2021/x.md", "2021-03-22 19:30"),
        ("---\ndate: 2021-04-02\n---\n", "x.md", "2021-03-22 19:30"),
        ("# Outage\n\nIt was 20 March 2021.", "x.md", "2021-03-22 19:30"),
        ("", "112620-weekly.md", "2021-03-22 19:30"),
    ],
)
def test_a_day_without_a_year_takes_that_of_the_file(text: str, path: str, expected: str):
    assert utc("March 22, around 19:30", clockwork=in_file(text, path)) == expected


@pytest.mark.parametrize("text", ["", "2019-03-20 and 2021-03-20", "2021-10-01"])
def test_a_file_without_one_year_near_gives_none(text: str):
    with pytest.raises(TimeError, match="has no year"):
        in_file(text).stamp("March 22, 19:30")


def test_a_year_ends_between_a_day_and_the_next():
    assert in_file("date: 2020-12-30").stamp("Jan 2").day == date(2021, 1, 2)


@pytest.mark.parametrize(
    ("stem", "order", "expected"),
    [
        ("112622-weekly", None, date(2022, 11, 26)), ("20210322-outage", None, date(2021, 3, 22)),
        ("2021-03-22_x", None, date(2021, 3, 22)), ("101122-kickoff", None, None), ("101122-kickoff", "MDY", date(2022, 10, 11)),
        ("x_11-19-22", None, date(2022, 11, 19)), ("INC-112622", None, None), ("1126221-x", None, None), ("weekly", None, None),
    ],
)  # fmt: skip
def test_a_file_may_be_named_for_its_day(stem: str, order: str | None, expected: date | None):
    assert in_file(path=f"{stem}.md", date_order=order).day_of_stem(stem) == expected


def test_the_files_of_a_repository_tell_its_order_of_dates_together():
    assert date_order_of([("a.md", "03/04/2026"), ("b.md", "03/22/2026"), ("112622-x.md", "")], WORDS) == "MDY"
    assert date_order_of([("a.md", "22/03/2026"), ("b.md", "03/22/2026")], WORDS) is None
    assert date_order_of([("a.md", "03/04/2026 and 1.22.16")], WORDS) is None


@pytest.mark.parametrize(
    ("texts", "zone"),
    [
        (["10:02 CET x", "11:03 CEST y", "10:02 UTC"], "Europe/Brussels"),
        (["All times are in Pacific Time.", "10:02 PST and 10:03 PST"], "America/Los_Angeles"),
        (["10:02Z"], "UTC"),
        (["10:02 UTC", "10:02 CET"], None),
        (["10:02 IST", "no time at all"], None),
        (["10:02 Asia/Kolkata"], "Asia/Kolkata"),
    ],
)
def test_the_zone_that_most_files_state_can_be_proposed(texts: list[str], zone: str | None):
    assert zone_of([("x.md", text) for text in texts], WORDS) == zone


# --- durations


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("5 hours 3 minutes", 303), ("1d 5h", 1740), ("148 minutes", 148), ("1h35", 95), ("90 min.", 90), ("11 Days", 15840),
        ("1 hour and 20 minutes", 80), ("2.5 hours", 150), ("30 s", 0.5), ("1:35", 95), ("0:12:30", 12.5), ("2 hrs, 5 mins", 125),
        ("an hour", 60), ("half an hour", 30), ("one hour and twenty minutes", 80), ("forty-five minutes", 45),
        ("an hour and a half", 90), ("two and a half hours", 150), ("2½ hours", 150), ("PT1H30M", 90), ("P1DT2H", 1560),
        ("1,435 minutes", 1435), ("1,5 Stunden", 90), ("anderthalb Stunden", 90), ("20 hours 20 minutes.", 1220), ("2 weeks", 20160),
        ("279 minutes [^3]", 279), ("148 minutes (2 h 28 m)", 148), ("zwei Stunden und zehn Minuten", 130),
    ],
)  # fmt: skip
def test_durations_in_words_are_minutes(text: str, minutes: float):
    assert parse_duration(text, WORDS) == Duration(minutes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~2h", Duration(120, is_approximate=True)),
        ("about 3 hours (a guess)", Duration(180, is_approximate=True)),
        ("1d 5h (support hours)", Duration(1740, is_working_time=True)),
        ("2 hours (business hours)", Duration(120, is_working_time=True)),
        ("two business days", Duration(2880, is_working_time=True)),
    ],
)
def test_a_duration_that_is_not_exact_or_not_elapsed_says_so(text: str, expected: Duration):
    assert parse_duration(text, WORDS) == expected


def test_a_bare_number_counts_what_its_label_names():
    assert parse_duration("37", WORDS, "Downtime (minutes)") == Duration(37)
    assert parse_duration("1.5", WORDS, "Hours of downtime") == Duration(90)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        *((bound, "is a bound") for bound in ("less than 5 minutes", "up to 2 hours", "> 3h", "≤ 10 min", "over an hour")),
        *((text, "cannot read") for text in ("", "?", "long", "5", "5 hours of work", "2-3 hours", "2 hours - 3 hours", "a few minutes",
                                             "9" * 400 + "h", "P", "PT", "12:99", "1.2.3 h")),
        ("half a day", "of a working day"),
    ],
)  # fmt: skip
def test_what_is_no_duration_is_refused(text: str, why: str):
    with pytest.raises(TimeError, match=why):
        parse_duration(text, WORDS)


_PIECES = st.sampled_from(
    ["2026-03-04", "03/04/26", "11/26/22", "March 22", "22 Mar '21", "Mon", "noon", "midnight", "9", ":", ".", "30", "am", "pm", "-", " to ",
     " – ", "T", "Z", "UTC", "IST", "PT", "(CET)", "~", "about", "from", " ", ", ", "+01:00", "-05:00", "Day 2", "hours", "half", "½", "99", "²",
     "Europe/Paris", "Paris time", "２", "٣", "0"]
)  # fmt: skip


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=9).map("".join)))
def test_no_text_raises_anything_but_a_time_error(text: str):
    leading_offset(text)
    clockwork = in_file(text, f"{text[:20]}/x.md", "MDY")
    for read in (clockwork.stamp, clockwork.span, clockwork.leading_day, lambda each: parse_duration(each, WORDS)):
        with suppress(TimeError):
            read(text)
    clockwork.day_in(text)
    clockwork.day_of_stem(text)
    zone_of([(text, text)], WORDS)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=9).map("".join)))
def test_what_stands_behind_a_time_is_left_as_it_is(text: str):
    with suppress(TimeError):
        stamp, rest = CLOCKWORK.leading_stamp(text)
        assert stamp is None or text.rstrip().endswith(rest.rstrip())


def test_every_text_that_is_a_time_is_one_at_the_start_of_a_sentence_too():
    """Whatever word it opens with, in whatever case."""
    words = {word for group in ("months", "weekdays", "time_words") for word in WORDS.group(group)}
    opened = {
        word
        for word in words
        for spelling in (word, word.upper(), word.title(), f"({word})")
        for behind in ("", " 2026-03-04", " 14:02", ", 4 March 2026 14:02", " 4, 2026", ". 4 2026 14:02", "4 2026 14:02")
        if opens_with_a_time(f"{spelling}{behind}")
    }
    assert len(opened) >= 80


def opens_with_a_time(text: str) -> bool:
    with suppress(TimeError):
        CLOCKWORK.span(text)
        assert CLOCKWORK.leading_stamp(f"{text} - it began")[0] is not None, text
        return True
    return False


@settings(deadline=None)
@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)), st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%Y%m%d", "%a %b %d %Y", "%Y/%m/%d"]))
def test_a_day_reads_as_itself_in_every_form_that_leaves_no_doubt(day: date, form: str):
    assert CLOCKWORK.stamp(day.strftime(form)).day == day


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(["/", ".", "-"]), st.booleans(), st.booleans())
def test_a_date_in_figures_is_read_in_the_files_order_or_not_at_all(day: date, sep: str, is_day_first: bool, is_short: bool):
    year = "%y" if is_short else "%Y"
    text = day.strftime(sep.join(("%d", "%m", year) if is_day_first else ("%m", "%d", year)))
    evidence = "22/03/2026" if is_day_first else "03/22/2026"
    assert in_file(evidence).stamp(text).day == day
