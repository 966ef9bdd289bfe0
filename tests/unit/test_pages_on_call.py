"""The story of on-call load, on tables small enough to read. Every record is seen on Sunday 22 November 2026."""

from datetime import datetime, timedelta

from test_pages_record import HOSTILE, record_of

from opsanalytics.packs import on_call

MONDAY = datetime(2026, 10, 5)
WEEK = timedelta(weeks=1)


def shift(place: int, person: str, begun: datetime, ended: datetime, service: str | None = None) -> dict:
    return {"shift_id": f"s{place}", "person": person, "service": service, "starts_at": begun, "ends_at": ended}


def page(place: int, at: datetime, person: str | None = None, **more) -> dict:
    return {"page_id": f"p{place}", "paged_at": at, "person": person} | more


def incident(name: str, at: datetime, **more) -> dict:
    return {"incident_id": name, "kind": "incident", "status": "resolved", "started_on": at.date(), "started_at": at, "severity": "SEV-1"} | more


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute)


def load_of(period="2026-10", **tables) -> on_call.Load:
    return on_call.Load(record_of(period, **tables))


def month() -> on_call.Load:
    """Four weeks of three people. The first had five pages, two at night, and three incidents within twelve hours; the others
    none but one page that closes the export."""
    rota = [shift(place, person, MONDAY + place * WEEK, MONDAY + (place + 1) * WEEK) for place, person in enumerate(("ana", "bo", "cy", "ana"))]
    called = [at(5, 10), at(5, 10, 30), at(6, 23), at(7, 3), at(8, 19), at(29, 10)]
    return load_of(
        oncall_shifts=rota, pages=[page(place, when, acknowledged_at=when + timedelta(minutes=3)) for place, when in enumerate(called)],
        incidents=[incident(name, at(5, hour)) for name, hour in (("a", 9), ("b", 10), ("c", 11))])  # fmt: skip


def text(sentences) -> str:
    return " ".join("".join(part if isinstance(part, str) else part[0] for part in sentence) for sentence in sentences)


# --- how much

def test_the_answer_says_how_many_when_and_what_a_shift_had():
    """6 pages in the 25 days from the first to the last: 1.7 a week. The two of 10 o'clock are one hour. 6 and 3 in 4 shifts."""
    load = month()
    assert text(on_call.answer(load)).startswith("6 pages in October 2026, 1.7 a week (")
    assert text(on_call.answer(load)).endswith("; 2 of them came in sleep hours; 5 hours were interrupted. A shift had 1.5 pages and "
                                               "0.75 incidents on average.")  # fmt: skip
    told = {number.id: (number.value, number.n) for number in on_call.answer_numbers(load)}
    assert told["pages_in_sleep_hours"] == (2 / 6, 6)
    assert told["hours_interrupted"] == (5, 6)


def test_hours_stand_by_class_and_in_all():
    load = month()
    rows = on_call.hours(load)
    assert rows[["pages", "of all pages", "incidents", "hours interrupted"]].to_numpy().tolist() == [
        [3, "50 %", 3, 2], [1, "17 %", 0, 1], [2, "33 %", 0, 2], [6, "100 %", 3, 5]]  # fmt: skip
    assert on_call.hours_finding(load) == "5 hours were interrupted in October 2026, 3 outside business hours"
    assert "over 4 shifts" in on_call.hours_caption(load)


def test_weeks_are_drawn_from_the_first_page_to_the_last_with_those_without_one():
    chart = on_call.weeks(month())
    assert chart.finding == "0 to 5 pages a week in 4 weeks, 33 % of them in sleep hours"
    assert chart.twin[["sleep", "off", "business", "pages", "incidents"]].to_numpy().tolist() == [
        [0, 0, 1, 1, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [2, 1, 2, 5, 3]]  # fmt: skip
    assert "6 of 6 are sorted by the workspace's clock, because ops/people.yml tells no zone of their person" in chart.caption


def test_pages_of_no_shift_are_told_apart():
    load = load_of(
        oncall_shifts=[shift(0, "ana", at(5, 9), at(5, 17)), shift(1, "bo", at(5, 12), at(5, 20))],
        pages=[page(0, at(5, 10)), page(1, at(5, 13)), page(2, at(5, 23)), page(3, at(5, 10), "cy")])  # fmt: skip
    assert on_call.hours_caption(load).endswith(
        " Of no shift, and in no mean: 1 page and 0 incidents called somebody who was not on shift; 1 page and 0 incidents fell into "
        "shifts of several people; 1 page and 0 incidents came while nobody was on shift.")  # fmt: skip


def test_pages_that_name_nobody_without_a_rota_interrupt_hours_that_cannot_be_counted():
    load = load_of(pages=[page(0, at(5, 10)), page(1, at(6, 10))])
    assert on_call.hours_finding(load).startswith("Nobody is known whom the 2 pages of October 2026 called")
    assert set(on_call.hours(load)["hours interrupted"]) == {"–"}
    assert "hours_interrupted" not in {number.id for number in on_call.answer_numbers(load)}


# --- by shift

def test_shifts_are_counted_by_their_incidents_with_the_stretches_of_twelve_hours():
    """Three incidents in one stretch; nothing is known of shifts before the first incident, and none is."""
    chart = on_call.shifts(month())
    assert chart.finding == "1 of 4 shifts had more than two incidents; 1 stretch of twelve hours had"
    assert chart.twin.set_index("incidents")["October 2026"].to_dict() == {"none": 3, "1": 0, "2": 0, "3+": 1}
    assert {number.id: (number.value, number.n) for number in chart.numbers} == {
        "shifts_with_more_than_two_incidents": (1, 4), "twelve_hours_with_more_than_two_incidents": (1, 56)}  # fmt: skip
    assert "half of them are 7 d or longer" in chart.caption


def test_the_spread_over_a_rota_names_nobody():
    """Of Ana's, Bo's and Cy's pages all six are Ana's: of 729 ways to deal six over three, 39 give one of them five or more, more than
    one in twenty, and 3 give one all."""
    load = month()
    assert on_call.spread_finding(load) == (
        "The most loaded of 3 people has 100 % of the 2 sleep-hour pages, no more than chance deals out (an even share is 33 %, chance gives up to 100 %)")
    rows = on_call.spread(load)
    assert rows[["hours", "people", "pages", "largest share", "chance alone, up to"]].to_numpy().tolist() == [
        ["all", 3, 6, "100 %", "83 %"], ["sleep", 3, 2, "100 %", "100 %"]]  # fmt: skip
    assert not {"ana", "bo", "cy"} & set(rows.to_string().split())


def test_a_rota_of_two_is_not_told():
    rota = [shift(0, "ana", MONDAY, MONDAY + WEEK), shift(1, "bo", MONDAY + WEEK, MONDAY + 2 * WEEK)]
    load = load_of(oncall_shifts=rota, pages=[page(0, at(5, 10)), page(1, at(13, 10))])
    assert on_call.spread(load).empty
    assert on_call.spread_finding(load) == "How pages spread over people is told of a rota of three or more, and there is none"


# --- who covers when

def test_gaps_are_listed_before_times_with_two():
    """From 00:00 on the 5th, Monday, to the end of the month: 27 days, of which 5 hours and all from the 19th on are bare."""
    rota = [shift(0, "ana", MONDAY, MONDAY + WEEK), shift(1, "bo", at(12, 5), at(19, 0)), shift(2, "cy", at(13, 0), at(13, 2))]
    load = load_of(oncall_shifts=rota)
    assert on_call.coverage(load)[["service", "somebody on shift", "times without", "hours without", "hours with two or more"]].to_numpy().tolist() == [
        ["every service", "51.1 %", 2, 317.0, 2.0]]  # fmt: skip
    assert on_call.coverage_finding(load) == "Somebody was on shift 51.1 % of October 2026; 2 times nobody was"
    assert on_call.gaps(load)[["from", "to", "hours", "on shift"]].to_numpy().tolist() == [
        ["2026-10-19 00:00", "2026-11-01 00:00", 312.0, "nobody"], ["2026-10-12 00:00", "2026-10-12 05:00", 5.0, "nobody"],
        ["2026-10-13 00:00", "2026-10-13 02:00", 2.0, "two or more"]]  # fmt: skip
    assert on_call.gaps_finding(load) == "2 times nobody was on shift, the longest 13 d"


def test_a_minute_without_anybody_is_not_rounded_away():
    rota = [shift(0, "ana", datetime(2026, 9, 1), at(12, 0)), shift(1, "bo", at(12, 0, 1), datetime(2026, 12, 1))]
    assert on_call.coverage_finding(load_of(oncall_shifts=rota)) == "Somebody was on shift 99.9 % of October 2026; 1 time nobody was"


def test_cover_without_a_gap_is_said_in_words_and_lists_nothing():
    load = load_of(oncall_shifts=[shift(0, "ana", datetime(2026, 9, 1), datetime(2026, 12, 1))])
    assert on_call.coverage_finding(load) == "Somebody was on shift all of October 2026"
    assert on_call.gaps(load).empty
    assert on_call.gaps_finding(load) == ""
    assert [number.value for number in on_call.coverage_numbers(load)] == [1.0]


# --- how long a page waits, and who worked how long

def test_pages_that_nobody_took_still_wait():
    load = load_of(pages=[page(0, at(5, 10), "ana", acknowledged_at=at(5, 10, 4)), page(1, at(5, 11), "ana")])
    assert on_call.acknowledged_finding(load).endswith("; 1 of 2 were not taken")
    assert load.acknowledged["all"]["n_open"] == 1


def test_an_export_without_acknowledgements_says_so():
    load = load_of(pages=[page(0, at(5, 10), "ana")])
    assert on_call.acknowledged_finding(load) == "How long a page waits is not known: no page says when it was taken"
    assert on_call.acknowledged_numbers(load) == []


def test_responder_hours_stand_beside_the_incidents_that_tell_them():
    load = load_of(
        incidents=[incident("a", at(5, 10)), incident("b", at(6, 10))],
        incident_responders=[{"incident_id": "a", "person": person, "joined_at": at(5, 10), "left_at": at(5, 11, 30)} for person in ("ana", "bo")])  # fmt: skip
    assert on_call.responses_finding(load) == "3 person-hours went into the 1 of 2 incidents in October 2026 that tells when responders came and left"
    assert on_call.responses(load).to_numpy().tolist() == [["SEV-1", 2, 1, 3.0]]
    assert [(number.value, number.n) for number in on_call.responses_numbers(load)] == [(3.0, 1), (1, 2)]


# --- what is not there

def test_an_empty_record_says_which_files_would_bring_pages_and_shifts():
    load = load_of()
    assert text(on_call.answer(load)) == "No page is in the record; ops/pages.csv brings them."
    assert on_call.shifts(load).finding == "No shift is in the record; ops/oncall.yml brings them"
    charts, tables = (on_call.weeks(load), on_call.shifts(load)), (on_call.hours(load), on_call.spread(load), on_call.coverage(load))
    assert [chart.figure for chart in charts] == [None, None]
    assert all(table.empty for table in (*tables, on_call.gaps(load), on_call.acknowledged(load), on_call.responses(load)))
    assert on_call.responses_finding(load) == "No incident is counted in October 2026, so nobody responded"
    assert [*on_call.answer_numbers(load), *on_call.hours_numbers(load), *on_call.acknowledged_numbers(load)] == []


def test_a_period_outside_the_export_is_not_one_without_pages():
    load = load_of("2026-07", pages=[page(0, at(5, 10), "ana")])
    assert text(on_call.answer(load)) == "No page of July 2026 is on record; the export has some from 5 Oct 2026 to 5 Oct 2026."
    assert on_call.weeks(load).figure is None


def test_a_period_between_two_pages_had_none():
    load = load_of("2026-10", pages=[page(0, datetime(2026, 9, 5, 10), "ana"), page(1, datetime(2026, 11, 5, 10), "ana")])
    assert text(on_call.answer(load)) == "No page in October 2026."
    assert on_call.hours_finding(load) == "Nobody was paged in October 2026"


def test_text_of_the_record_is_not_read_as_tags():
    rota = [shift(place, person, MONDAY + place * WEEK, MONDAY + (place + 1) * WEEK, HOSTILE) for place, person in enumerate((HOSTILE, "bo", "cy"))]
    load = load_of(oncall_shifts=rota, pages=[page(0, at(5, 10), HOSTILE), page(1, at(22, 10), HOSTILE)], incidents=[incident("a", at(5, 10))])
    assert "<img" not in on_call.weeks(load).figure.to_json() + on_call.shifts(load).figure.to_json()
