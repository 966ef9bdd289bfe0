"""On-call load beside plain Python that looks at every page, hour and minute by itself."""

from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_pages_record import record_of

from opsanalytics.metrics import oncall
from opsanalytics.metrics.periods import parse_period
from opsanalytics.stats.evenness import largest_by_chance
from opsanalytics.tables import TABLES
from opsanalytics.warehouse.schema import insert_rows

START = datetime(2026, 10, 23)  # three days in which the clocks go back
ZONES = {"ana": "Europe/Berlin", "bo": "Asia/Kolkata"}
PEOPLE = [{"person": person, "zone": zone} for person, zone in ZONES.items()]
UTC = ZoneInfo("UTC")

minutes = st.integers(0, 3 * 24 * 60)
shifts = st.lists(st.tuples(minutes, st.integers(1, 600), st.sampled_from(["ana", "bo"]), st.sampled_from([None, "api"])), max_size=6)
pages = st.lists(st.tuples(minutes, st.sampled_from(["ana", "bo", None])), min_size=1, max_size=12)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


@cache
def bench():
    return record_of(people=PEOPLE).connection


def laid(shift_rows=(), page_rows=()):
    """The same tables, with these rows alone."""
    told = {
        "oncall_shifts": [{"shift_id": f"s{i}", "person": person, "service": service, "starts_at": at(begun), "ends_at": at(begun + length)}
                          for i, (begun, length, person, service) in enumerate(shift_rows)],
        "pages": [{"page_id": f"p{i}", "paged_at": at(minute), "person": person} for i, (minute, person) in enumerate(page_rows)],
    }  # fmt: skip
    for name, rows in told.items():
        bench().execute(f"delete from {name}")
        insert_rows(bench(), TABLES[name], [{"source_path": "x", "source_line": 1} | row for row in rows])
    return bench()


def hour_class(local: datetime) -> str:
    if local.hour >= 22 or local.hour < 7:
        return "sleep"
    return "business" if local.isoweekday() <= 5 and 9 <= local.hour < 18 else "off"


def local(minute: int, person: str | None) -> datetime:
    return at(minute).replace(tzinfo=UTC).astimezone(ZoneInfo(ZONES.get(person, "UTC")))


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(pages)
def test_pages_and_hours_are_those_of_each_persons_own_clock(page_rows):
    """A clock hour that comes twice in a night is two hours: they differ in their offset."""
    classes = Counter(hour_class(local(minute, person)) for minute, person in page_rows)
    hours = {(person, (now := local(minute, person)).strftime("%F %H"), now.utcoffset()) for minute, person in page_rows if person}
    rows = {row["hour_class"]: row for row in oncall.load_rows(laid(page_rows=page_rows))}
    assert {name: rows[name]["pages"] for name in oncall.CLASSES} == {name: classes[name] for name in oncall.CLASSES}
    assert rows["all"]["hours"] == (len(hours) or None)


@settings(max_examples=15, deadline=None)
@given(shifts)
def test_cover_is_that_of_every_minute(shift_rows):
    """`api` is covered by its own shifts and by those for every service, from the first of them on."""
    own = [row for row in shift_rows if row[3] in (None, "api")]
    if not any(row[3] == "api" for row in shift_rows):
        return
    last = 4 * 24 * 60
    people = [len({person for begun, length, person, _ in own if begun <= minute < begun + length}) for minute in range(min(row[0] for row in own), last)]
    period = parse_period("2026-10-23..2026-10-26", as_of_on=datetime(2026, 11, 22).date())
    [row] = [row for row in oncall.coverage_rows(laid(shift_rows), period) if row["service"] == "api"]
    assert row["hours"] * 60 == pytest.approx(len(people))
    assert row["gap_hours"] * 60 == pytest.approx(people.count(0))
    assert row["several_hours"] * 60 == pytest.approx(people.count(2))
    assert row["gaps"] == sum(now == 0 and before != 0 for before, now in zip([1, *people], people, strict=False))


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(shifts, pages)
def test_every_call_has_one_standing(shift_rows, page_rows):
    """A page without a service, so that a shift for a service has it only where none is for every service."""
    expected = Counter()
    for minute, person in page_rows:
        on = [row for row in shift_rows if row[0] <= minute < row[0] + row[1] and person in (None, row[2])]
        nearest = [row for row in on if row[3] is None] or on
        alone = {0: "off shift" if person else "nobody on shift", 1: "on shift"}
        expected[alone.get(len(nearest), "several shifts")] += 1
    connection = laid(shift_rows, page_rows)
    assert {row["standing"]: row["pages"] for row in oncall.standing_rows(connection)} == expected
    on_shift = sum(row["pages"] or 0 for row in oncall.shift_rows(connection))
    assert on_shift == expected["on shift"]


@pytest.mark.parametrize(("n", "people"), [(1, 3), (3, 3), (5, 2), (6, 4), (8, 3)])
def test_the_largest_share_by_chance_is_that_of_all_ways_to_deal(n, people):
    largest = Counter(max(Counter(deal).values()) for deal in product(range(people), repeat=n))
    ways = people**n
    assert largest_by_chance(n, people) == next(most for most in range(1, n + 1) if sum(largest[k] for k in range(most + 1)) >= 0.95 * ways)


def test_nothing_to_deal_gives_nothing_and_nobody_is_refused():
    assert largest_by_chance(0, 3) == 0
    assert largest_by_chance(7, 1) == 7
    with pytest.raises(ValueError, match="at least one"):
        largest_by_chance(3, 0)


def test_no_answer_names_a_person():
    shift_rows = [(60 * 12 * place, 720, person, None) for place, person in enumerate(["ana", "bo", "ana", "bo"])]
    connection = laid(shift_rows, [(30, None), (800, "bo"), (1500, "ana")])
    asked = (oncall.load_rows, oncall.standing_rows, oncall.shift_rows, oncall.spread_rows, oncall.coverage_rows, oncall.stretch_rows,
             oncall.acknowledgement_rows, oncall.response_rows, oncall.month_rows)  # fmt: skip
    said = [str(answer(connection)) for answer in asked] + [oncall.calls(connection).to_csv()]
    assert not [text for text in said if "ana" in text or "'bo'" in text]


def test_a_zone_that_nobody_knows_is_no_zone():
    record = record_of(people=[{"person": "ana", "zone": "Europe/Nowhere"}], pages=[{"page_id": "p", "paged_at": at(0), "person": "ana"}])
    assert oncall.load_rows(record.connection)[0]["note"] == "1 of 1 pages by the workspace's clock: their person's zone is not on record"


def test_a_stay_of_a_century_is_the_hour_in_which_it_began():
    record = record_of(
        pages=[{"page_id": "p", "paged_at": at(0), "person": "bo"}],
        incidents=[{"incident_id": "a", "kind": "incident", "status": "resolved", "started_on": "2026-10-23", "started_at": at(0), "severity": "SEV-1"}],
        incident_responders=[{"incident_id": "a", "person": "ana", "joined_at": datetime(1926, 1, 1), "left_at": at(0)}],
    )
    assert [row["hours"] for row in oncall.month_rows(record.connection)] == [1]
    assert [row["value"] for row in oncall.response_rows(record.connection)] == [None]
