"""The first page of the weekly on-call review, on tables small enough to count by hand. Every record is seen on Sunday 22 November 2026,
so that the last whole week is 2026-W46, from Monday the 9th.
"""

from datetime import date, datetime, timedelta

import pytest
from test_pages_on_call import page, text
from test_pages_record import AS_OF, HOSTILE, record_of
from test_pages_slos import sample, slo

from opsanalytics.metrics.periods import VALID_FORMS, parse_period
from opsanalytics.packs import comms, due, needs_decision, oncall_overview, usual
from opsanalytics.packs.oncall_overview import Week
from opsanalytics.packs.record import Record

MONDAY = datetime(2026, 11, 9, 10)
WEEK = timedelta(weeks=1)
NEEDS = ("which", "incidents", "usual a week", "is it a surprise?")


def incident(name: str, at: datetime, minutes: int | None = 30, severity: str = "SEV-2", **more) -> dict:
    end = at + timedelta(minutes=minutes) if minutes is not None else None
    return {"incident_id": name, "title": f"t {name}", "kind": "incident", "severity": severity, "severity_rank": int(severity[-1]),
            "status": "resolved" if end else "open", "started_on": at.date(), "started_at": at, "detected_at": at + timedelta(minutes=5),
            "resolved_at": end, "detected_by": "monitor", "source_path": f"{name}.md"} | more  # fmt: skip


def often(weeks: int, now: int) -> list[dict]:
    """One a week for so many weeks before the last whole one, and so many in it."""
    return [incident(f"w{n}", MONDAY - n * WEEK) for n in range(1, weeks + 1)] + [
        incident(f"now{n}", MONDAY + timedelta(hours=n)) for n in range(now)]  # fmt: skip


def week_of(period: str = "2026-W46", **tables) -> Week:
    return Week(record_of(period, **tables))


def states(told: Week) -> dict:
    return {row["which"]: row for row in usual.which(told.usual)[list(NEEDS)].to_dict("records")}


# --- more or less than usual

@pytest.mark.parametrize(("now", "verdict"), [(0, "no surprise"), (2, "no surprise"), (9, "a surprise")])
def test_a_week_is_held_against_the_weeks_before_it(now, verdict):
    """Thirty weeks of one: of a Poisson count of one, two or more come in 26 of 100 weeks, nine or more in 1 of 900,000."""
    told = week_of(incidents=often(30, now))
    assert states(told)["SEV-2"] == {"which": "SEV-2", "incidents": now, "usual a week": "1", "is it a surprise?": verdict}
    noise = "incidents, SEV-2 are a surprise; over four weeks incidents are worse" if now == 9 else "no surprise"
    assert text(oncall_overview.answer(told)[:1]).endswith(f" (1 a week are usual) in 2026-W46: {noise}.")
    assert usual.which_finding(told.usual) == (
        "incidents, SEV-2 of 4 weekly counts are surprises in 2026-W46" if now == 9 else "None of 4 weekly counts is a surprise in 2026-W46")


def test_too_few_weeks_cannot_tell_and_say_how_many_it_takes():
    told = week_of(incidents=often(10, 2))
    assert states(told)["SEV-2"]["is it a surprise?"] == "can't tell: 10 of the 26 weeks of history that it takes"
    assert "whether that is a surprise cannot be told yet" in text(oncall_overview.answer(told))
    assert usual.which_finding(told.usual) == "Whether a week is a surprise cannot be told: too few weeks are on record"


def test_the_first_week_of_a_record_has_nothing_that_is_usual():
    told = week_of(incidents=often(0, 2))
    assert text(oncall_overview.answer(told)).startswith("2 incidents in 2026-W46: whether that is a surprise cannot be told yet.")
    assert usual.incidents(told.usual).finding == "2 incidents in 2026-W46, the first week on record"
    assert oncall_overview.tiles(told)[0].label == "Seen by customers first"


def test_the_rate_is_over_four_weeks_against_those_before():
    """2 and one in each of three weeks are 5 in four; the 27 weeks before them had one each."""
    told = week_of(incidents=often(30, 2))
    tile = oncall_overview.tiles(told)[0]
    assert (tile.number.value, tile.number.n, tile.number.verdict) == (5 / 4, 5, "can't tell")
    assert tile.note == "5 incidents in 4 weeks up to 2026-W46"
    assert tile.compared.endswith("would show, n 27 and 5")


def test_a_steady_doubling_is_worse():
    """Forty weeks of one and four of four: 16 in 4 weeks are not what 40 in 40 let expect."""
    more = [incident(f"m{n}", MONDAY - (n % 4) * WEEK + timedelta(hours=n)) for n in range(12)]
    tile = oncall_overview.tiles(week_of(incidents=[*often(43, 1), *more]))[0]
    assert (tile.number.value, tile.number.verdict) == (4.0, "worse")


def test_pages_are_known_from_the_first_on_and_by_service_and_hour():
    """Pages at 10 o'clock on Mondays, of api, and one at 3 of web in the week: 26 in the 26 weeks before."""
    paged = [page(n, MONDAY - n * WEEK, service="API") for n in range(27)] + [page(99, MONDAY + timedelta(hours=17), service="web")]
    told = week_of(incidents=often(30, 1), pages=paged)
    rows = usual.which(told.usual).set_index("which")[["pages", "usual pages a week"]].to_dict("index")
    assert rows["api"] == {"pages": 1, "usual pages a week": "1"}
    assert rows["web"] == {"pages": 1, "usual pages a week": "0"}
    assert rows["sleep"] == {"pages": 1, "usual pages a week": "0"}
    assert rows["business"] == {"pages": 1, "usual pages a week": "1"}
    assert usual.pages(told.usual).finding == "2 pages in 2026-W46, where 1 a week are usual: no surprise"
    assert usual.pages(told.usual).twin.iloc[0].to_dict() == {
        "week": date(2026, 11, 9), "sleep": 1, "off": 0, "business": 1, "pages": 2, "incidents": 1}  # fmt: skip


def test_without_pages_one_line_says_what_brings_them():
    told = week_of(incidents=often(30, 1))
    assert usual.pages(told.usual).finding == "No page is on record before the end of this week; ops/pages.csv brings them"
    assert [tile.label for tile in oncall_overview.tiles(told)] == ["Incidents a week", "Seen by customers first", "Promises overdue"]


def test_a_week_that_is_not_over_is_counted_and_the_last_whole_one_judged():
    told = week_of("2026-W47", incidents=[*often(30, 2), incident("today", datetime(2026, 11, 20, 9))])
    assert text(oncall_overview.answer(told)).startswith(
        "1 incident in 2026-W47 so far; 2 incidents (1 a week are usual) in 2026-W46, the last whole week: no surprise.")


# --- the incidents of the week

def test_incidents_are_listed_with_what_they_repeat_and_whose_services_failed_before():
    """`old` is five weeks away: not within the four before `again`."""
    told = week_of(
        incidents=[incident("old", MONDAY - 5 * WEEK), incident("last", MONDAY - WEEK), incident("again", MONDAY), incident("other", MONDAY)],
        incident_services=[{"incident_id": name, "service": "api", "service_raw": "api"} for name in ("old", "last", "again")],
        incident_links=[{"from_id": "again", "relation": "repeat_of", "to_id": "last", "to_raw": "last"}])  # fmt: skip
    rows = oncall_overview.incidents(told).set_index("incident")
    assert rows.loc["t again (SEV-2)", ["before it", "began"]].tolist() == ["repeats last; api 1", "Mon 9 Nov 10:00, business"]
    assert rows["before it"].isna()["t other (SEV-2)"]
    assert oncall_overview.incidents_finding(told) == (
        "2 incidents in 2026-W46: 1 repeats an earlier one by its file, 1 hit a service that had another in the four weeks before")


def test_what_customers_saw_first_is_told_with_the_page_that_came_later():
    told = week_of(
        incidents=[incident("a", MONDAY, detected_by="customer", impact="no labels"), incident("b", MONDAY, detected_by="customer", impact="slow"), incident("c", MONDAY)],
        pages=[page(1, MONDAY + timedelta(minutes=25), incident_id="a")])  # fmt: skip
    rows = oncall_overview.customers_first(told).fillna("–")
    assert rows[["what they saw", "seen after", "first page"]].to_numpy().tolist() == [["no labels", "5 min", "20 min later"], ["slow", "5 min", "none"]]
    assert oncall_overview.customers_first_finding(told) == (
        "Customers saw 2 of 3 incidents of 2026-W46 before a monitor or anybody on call did")


def test_of_one_incident_it_is_said_whether_customers_saw_it_first():
    one = week_of(incidents=[*often(30, 0), incident("a", MONDAY)])
    assert "Customers did not see it first, and it repeats none; " in text(oncall_overview.answer(one))
    assert oncall_overview.customers_first_finding(one) == (
        "Customers did not see the one incident of 2026-W46 before a monitor or anybody on call did")


def test_of_a_week_to_come_nothing_is_known():
    told = week_of("2027-W02", incidents=often(30, 1))
    assert text(oncall_overview.answer(told)) == (
        "2027-W02 has not begun on 22 Nov 2026: nothing is known of it. No budget is on record, and no promise is overdue.")
    assert [number.value for number in (oncall_overview.count(told), oncall_overview.repeated(told), oncall_overview.customers(told))] == [None] * 3
    assert [tile.label for tile in oncall_overview.tiles(told)] == ["Incidents a week", "Promises overdue"]


def test_who_saw_it_first_is_not_guessed():
    told = week_of(incidents=[incident("a", MONDAY, detected_by=None)])
    assert oncall_overview.customers_first_finding(told) == "No incident of 2026-W46 says who saw it first"
    assert oncall_overview.customers(told).value is None


# --- promises, checklist, budgets

def promise(name: str, due_on: str, status: str = "open", **more) -> dict:
    return {"action_id": name, "origin_kind": "incident", "origin_id": "a", "position": 1, "text": name, "status": status,
            "created_on": "2026-10-05", "due_on": due_on} | more  # fmt: skip


def test_promises_are_overdue_or_due_within_a_week_and_those_of_the_week_kept_or_not():
    record = record_of("2026-W46", incidents=[incident("a", datetime(2026, 10, 5, 9))], action_items=[
        promise("late", "2026-11-12", owner="ana"), promise("soon", "2026-11-29"), promise("far", "2026-11-30"),
        promise("kept", "2026-11-13", "done", done_on="2026-11-13"), promise("missed", "2026-11-13", "done", done_on="2026-11-14"),
        promise("let go", "2026-11-13", "dropped")])  # fmt: skip
    assert due.listed(record)[["promise", "", "owner"]].to_numpy().tolist() == [["late", "overdue by 10 days", "ana"], ["soon", "due in 7 days", "nobody"]]
    assert due.finding(record) == "1 promise is overdue, 1 falls due by 29 Nov 2026"
    assert due.kept_words(record) == "Of 3 promises due in 2026-W46, 1 was done by the day."


def check(incident_id: str, name: str, passed: bool | None) -> dict:
    return {"incident_id": incident_id, "check_name": name, "required": True, "passed": passed, "source_path": f"{incident_id}.md", "source_line": 40}


def test_the_checklist_is_told_by_severity_with_the_line_of_what_was_not_kept():
    """`b` lacks its updates, `a` has all; of `c` the file says nothing."""
    told = comms.Comms(record_of(
        "2026-W46", incidents=[incident("a", MONDAY, severity="SEV-1"), incident("b", MONDAY), incident("c", MONDAY)],
        incident_checks=[check("a", "status_doc", True), check("b", "internal_updates", False), check("c", "status_doc", None),
                         *(check(name, "postmortem_scheduled", True) for name in "abc")]))  # fmt: skip
    assert comms.finding(told) == "The communications checklist was kept in 1 of 2 incidents that are asked for it"
    assert [[str(cell) for cell in row] for row in comms.missed(told).to_numpy().tolist()] == [
        ["b", "SEV-2", "the communications checklist", "not done: internal updates", "b.md:40"]]
    assert comms.caption(told).startswith("Kept, by severity: SEV-1 1 of 1, SEV-2 0 of 1. ")


def test_a_burning_budget_comes_first_then_what_waits_longest():
    """20 of 1,000 events in the last hour where 1 may go wrong: 20 times the pace, and a budget of 28 days in 1.4."""
    told = week_of(
        incidents=[incident("open", MONDAY, None, coordinator="bo"), incident("told", MONDAY)],
        incident_checks=[check("told", "status_doc", False), check("told", "postmortem_scheduled", True)],
        slos=[slo("a")], sli_samples=[sample("a", "2026-11-22 11:00", 20, 60, 1000)], services=[{"service": "api", "team": "platform"}])  # fmt: skip
    rows = needs_decision.table(oncall_overview.needed(told))
    assert rows[["question", "DRI"]].to_numpy().tolist()[0] == ["Who stops what spends the budget of a?", "platform"]
    assert rows["evidence"][0] == "20 times its pace in the last 1h, above 14.4"
    assert rows["what waiting costs"][0] == "at that pace a budget of 28 days is gone in 1.4 days"
    assert set(rows["question"][1:]) == {"Close or go on: t open?", "Catch up on the comms of told?"}
    assert "; a burns, and " in text(oncall_overview.answer(told))


def test_a_repeat_of_what_has_a_promise_open_is_a_question():
    told = week_of(
        incidents=[incident("a", MONDAY - 2 * WEEK), incident("b", MONDAY)], action_items=[promise("p", "2026-12-01", owner="cy")],
        incident_links=[{"from_id": "b", "relation": "repeat_of", "to_id": "a", "to_raw": "a"}])  # fmt: skip
    row = needs_decision.table(oncall_overview.needed(told)).iloc[0]
    assert row[["question", "evidence", "DRI", "what waiting costs"]].tolist() == [
        "What is left to do about a?", "b repeats it, and 1 promise of it is open", "cy", "it came back after 14 d"]


# --- every record and every period

def told_by(told: Week) -> list[str]:
    record = told.record
    tables = [usual.which(told.usual), oncall_overview.incidents(told), oncall_overview.customers_first(told), due.every(record),
              comms.missed(told.comms), needs_decision.every(oncall_overview.needed(told)), usual.incidents(told.usual).twin]  # fmt: skip
    tiles = [part for tile in oncall_overview.tiles(told) for part in (tile.note, tile.compared)]
    return [*oncall_overview.header(told), text(oncall_overview.answer(told)), *map(str, tables), *tiles, oncall_overview.tiles_caption(told),
            usual.incidents(told.usual).finding, usual.incidents(told.usual).caption, usual.pages(told.usual).finding, usual.which_finding(told.usual),
            usual.which_caption(told.usual), oncall_overview.incidents_finding(told), oncall_overview.incidents_caption(told),
            oncall_overview.customers_first_finding(told), due.finding(record), due.caption(record), comms.finding(told.comms), comms.caption(told.comms),
            needs_decision.finding(oncall_overview.needed(told))]  # fmt: skip


def over(period: str, record: Record) -> Week:
    return Week(Record(record.connection, parse_period(period, as_of_on=AS_OF.date(), kind="week")))


@pytest.fixture(scope="module")
def records() -> tuple[Record, Record]:
    """One with most of it, and an empty one."""
    undated = incident("undated", MONDAY, started_on=None, started_at=None)
    return record_of(incidents=[*often(30, 2), undated], pages=[page(1, MONDAY)]), record_of()


@pytest.mark.long
@pytest.mark.parametrize("period", [*VALID_FORMS, "0001-W01", "2027-W01", "9998"])
def test_every_form_of_a_period_makes_a_page_of_every_record(records, period):
    for told in (over(period, record) for record in records):
        assert not [each for each in told_by(told) if " nan" in each or "NaT" in each]
        stated = {}
        for number in (*oncall_overview.answer_numbers(told), *(tile.number for tile in oncall_overview.tiles(told))):
            assert stated.setdefault(number.id, number.value) == number.value


def test_an_empty_record_says_how_to_begin():
    told = week_of()
    assert text(oncall_overview.answer(told)) == "The record holds no incident and no page yet; opsanalytics new incident writes the first."
    assert oncall_overview.tiles(told) == []
    assert needs_decision.finding(oncall_overview.needed(told)).startswith("Nothing needs a decision by your policies")


def test_text_of_the_record_is_no_markup_in_a_figure():
    told = week_of(incidents=[*often(30, 1), incident("x", MONDAY, severity="SEV-2", title=HOSTILE)])
    assert "<img" not in str(usual.incidents(told.usual).figure)
