"""Periods: what each written form means, and that a name means the same on every day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.errors import UsageError
from opsanalytics.metrics.periods import KINDS, VALID_FORMS, Period, parse_period, previous, trailing
from opsanalytics.warehouse.schema import create_schema, in_memory

AS_OF = date(2026, 11, 22)
START_MONTHS = st.integers(1, 12)


def parse(text: str, **options: object) -> Period:
    return parse_period(text, as_of_on=AS_OF, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "name", "starts_on", "last_on"), [
    ("2026-Q3", "2026-Q3", date(2026, 7, 1), date(2026, 9, 30)),
    ("2026-10", "2026-10", date(2026, 10, 1), date(2026, 10, 31)),
    ("2026-W01", "2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
    ("2026-W53", "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
    ("2024", "2024", date(2024, 1, 1), date(2024, 12, 31)),
    ("2026-09-03..2026-10-02", "2026-09-03..2026-10-02", date(2026, 9, 3), date(2026, 10, 2)),
    ("last-90d", "2026-08-25..2026-11-22", date(2026, 8, 25), date(2026, 11, 22)),
    ("this", "2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
    ("last", "2026-Q3", date(2026, 7, 1), date(2026, 9, 30)),
    (" LAST ", "2026-Q3", date(2026, 7, 1), date(2026, 9, 30)),
])
def test_each_form_gives_its_days(text, name, starts_on, last_on):
    period = parse(text)
    assert (period.name, period.starts_on, period.ends_on - timedelta(1)) == (name, starts_on, last_on)


@pytest.mark.parametrize(("kind", "this", "last"), [
    ("week", "2026-W47", "2026-W46"),
    ("month", "2026-11", "2026-10"),
    ("quarter", "2026-Q4", "2026-Q3"),
    ("year", "2026", "2025"),
])
def test_this_and_last_are_of_the_asked_kind(kind, this, last):
    assert (parse("this", kind=kind).name, parse("last", kind=kind).name) == (this, last)


def test_a_fiscal_year_is_named_by_the_calendar_year_in_which_it_ends():
    period = parse("2026-Q3", fiscal_year_start=2)
    assert (period.starts_on, period.ends_on) == (date(2025, 8, 1), date(2025, 11, 1))
    assert parse("this", fiscal_year_start=2).name == "2027-Q4"
    assert parse("2027", fiscal_year_start=2).starts_on == date(2026, 2, 1)


@pytest.mark.parametrize("text", [
    "", "q3", "2026-Q5", "2026-Q", "2026-9", "yesterday", "2026-W1", "last-d", "2026-10-01",
])
def test_an_unknown_text_lists_the_valid_forms(text):
    with pytest.raises(UsageError) as refused:
        parse(text)
    assert all(form in str(refused.value) for form in VALID_FORMS)


@pytest.mark.parametrize("text", [
    "2026-13", "2026-W54", "2025-W53", "0000", "9999", "9999-Q4", "0001-Q1..0001-Q2", "2026-02-30..2026-03-01",
    "2026-10-02..2026-10-01", "last-0d", "last-999999999d", "2026-00",
])
def test_a_day_that_does_not_exist_is_refused(text):
    with pytest.raises(UsageError):
        parse(text)


def test_an_unknown_kind_is_refused():
    with pytest.raises(UsageError, match="valid: week, month, quarter, year"):
        parse("this", kind="decade")


def test_an_unfinished_period_says_how_far_it_is():
    period = parse("2026-Q4")
    assert (period.label, period.is_complete, period.days, period.days_elapsed) == (
        "2026-Q4, day 53 of 92", False, 92, 53
    )
    over, to_come = parse("2026-Q3"), parse("2027-Q1")
    assert (over.label, over.is_complete, over.days_elapsed) == ("2026-Q3", True, 92)
    assert (to_come.label, to_come.days_elapsed) == ("2027-Q1, not begun", 0)
    assert parse("all").label == "all, up to 2026-11-22"


def test_days_are_cut_in_the_zone_and_given_in_utc():
    """Paris leaves summer time on 2026-10-25: September ends at +2 and October at +1."""
    assert parse("2026-09").ends_at("Europe/Paris") == datetime(2026, 9, 30, 22)
    assert parse("2026-10").ends_at("Europe/Paris") == datetime(2026, 10, 31, 23)
    assert parse("2026-10").starts_at("Europe/Paris") == parse("2026-09").ends_at("Europe/Paris")


def test_on_its_last_day_a_period_is_not_over():
    on_the_last = parse_period("2026-Q4", as_of_on=date(2026, 12, 31))
    assert (on_the_last.label, on_the_last.progress, on_the_last.is_complete) == ("2026-Q4, day 92 of 92", "day 92 of 92", False)
    assert parse_period("2026-Q4", as_of_on=date(2026, 12, 30)).progress == "day 91 of 92"
    assert parse_period("2026-Q4", as_of_on=date(2027, 1, 1)).progress == ""


def test_days_asked_for_up_to_the_as_of_have_no_day_to_come():
    assert [parse(text).progress for text in ("last-90d", "2026-11-01..2026-11-22", "all")] == ["", "", ""]
    assert parse("2026-11-01..2026-11-30").progress == "day 22 of 30"


def test_trailing_periods_end_with_the_asked_one():
    names = [period.name for period in trailing(parse("2026-Q2", fiscal_year_start=2), 4)]
    assert names == ["2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2"]
    assert [period.name for period in trailing(parse("all"), 4)] == ["all"]
    assert [period.name for period in trailing(parse("0002"), 4)] == ["0001", "0002"]
    with pytest.raises(UsageError):
        previous(parse("all"))


@given(as_of_on=st.dates(date(1990, 1, 1), date(2090, 1, 1)), kind=st.sampled_from(KINDS), start=START_MONTHS)
def test_this_holds_the_day_and_periods_of_a_kind_meet(as_of_on, kind, start):
    this = parse_period("this", as_of_on=as_of_on, fiscal_year_start=start, kind=kind)
    assert this.starts_on <= as_of_on < this.ends_on
    before = previous(this)
    assert before.ends_on == this.starts_on
    assert before.kind == this.kind
    assert before == parse_period("last", as_of_on=as_of_on, fiscal_year_start=start, kind=kind)


@given(
    text=st.sampled_from([*VALID_FORMS, "last-1d", "2020-W53"]),
    as_of_on=st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    start=START_MONTHS,
)
def test_a_name_reads_back_as_the_same_period(text, as_of_on, start):
    period = parse_period(text, as_of_on=as_of_on, fiscal_year_start=start)
    assert period == parse_period(period.name, as_of_on=as_of_on, fiscal_year_start=start)


@given(day_on=st.dates(date(1990, 1, 1), date(2090, 1, 1)), start=START_MONTHS)
@settings(deadline=None)
def test_the_quarter_of_a_day_is_the_one_that_the_views_name(connection, day_on, start):
    named = connection.execute("select fiscal_quarter($day_on, $start)", {"day_on": day_on, "start": start}).fetchone()
    assert named == (parse_period("this", as_of_on=day_on, fiscal_year_start=start).name,)


@pytest.fixture(scope="module")
def connection():
    opened = duckdb.connect()
    create_schema(opened)
    return opened


def test_views_know_the_years_that_have_a_week_53():
    with in_memory({}) as connection:
        asked = "select period_days(? || '-W53', 1) is not null"
        named = [year for year in range(2004, 2030) if connection.execute(asked, [str(year)]).fetchone() == (True,)]
    assert named == [year for year in range(2004, 2030) if date(year, 12, 28).isocalendar().week == 53]
