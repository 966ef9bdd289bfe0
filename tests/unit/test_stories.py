"""The stories of the pages over one database: every column that `--by` takes, every form of a period, and the days on
which a period ends.
"""

import re
from datetime import date, datetime, timedelta

import duckdb
import pytest

from opsanalytics.errors import UsageError
from opsanalytics.figures import Said
from opsanalytics.metrics.compute import compute
from opsanalytics.metrics.dimensions import RECORDS, find_grouping
from opsanalytics.metrics.periods import VALID_FORMS, parse_period
from opsanalytics.packs import follow_ups, overview, restore, retro_overview, severity, spent, verdicts
from opsanalytics.packs.record import Record
from opsanalytics.warehouse.schema import in_memory

AS_OF = datetime(2026, 11, 22, 12)
SOURCE = {"source_path": "x.md", "source_line": 1}
BY = (*RECORDS["incidents"].columns, "service", "chain")
PERIODS = (*VALID_FORMS, "0001", "0001-Q1", "0001-W01", "0001-01-01..0001-01-01", "2027-Q1", "9998")


def incident(name: str, started: str | None, **fields: object) -> dict[str, object]:
    """Resolved after half an hour, unless told otherwise."""
    row = {"incident_id": name, "title": f"t {name}", "kind": "incident", "status": "resolved", "severity": "SEV-1",
           "severity_rank": 1, "detected_by": "customer", **SOURCE}  # fmt: skip
    if started:
        began = datetime.fromisoformat(started)
        row |= {"started_at": began, "started_on": began.date(), "resolved_at": began + timedelta(minutes=30)}
    return row | fields


def some_incidents() -> list[dict[str, object]]:
    days = [date(2025, 11, 3) + timedelta(24 * place) for place in range(16)]
    return [incident(f"i{place}", f"{on} {place:02}:00", severity=f"SEV-{place % 3 + 1}", severity_rank=place % 3 + 1)
            for place, on in enumerate(days)] + [
        incident("no-severity", "2026-10-03 10:00", severity=None, severity_rank=None, detected_by=None),
        incident("drill", "2026-10-02 10:00", kind="drill"),
        incident("merged", "2026-10-02 10:00", status="merged"),
        incident("zero", "2026-10-04 10:00", resolved_at=datetime(2026, 10, 4, 10)),
        incident("undated", None),
        incident("mitigated", "2026-10-05 10:00", status="mitigated", resolved_at=None),
        incident("over-some-time", "2026-10-05 11:00", resolved_at=None),
        incident("open", "2026-11-20 10:00", status="open", resolved_at=None),
        incident("later-today", "2026-11-22 13:00", status="open", resolved_at=None),
        incident("tomorrow", "2026-11-23 10:00", status="open", resolved_at=None),
    ]  # fmt: skip


def database(incidents: list[dict[str, object]], as_of: datetime = AS_OF) -> duckdb.DuckDBPyConnection:
    return in_memory({
        "loads": [{
            "load_id": 1, "loaded_at": as_of, "workspace": "w", "as_of": as_of, "files_seen": 0, "files_loaded": 0,
            "files_rejected": 0, "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": "UTC",
            "fiscal_year_start": 1, "policies": "{}", "severities": ["SEV-1", "SEV-2", "SEV-3"]}],
        "incidents": incidents,
        "action_items": [
            {"action_id": f"{each['incident_id']}#1", "origin_kind": "incident", "origin_id": each["incident_id"], "position": 1,
             "text": "x", "status": "open", "created_on": each["started_on"], **SOURCE}
            for each in incidents if "started_on" in each],
        "incident_services": [
            {"incident_id": each["incident_id"], "service": name, **SOURCE} for each in incidents for name in ("api", "web")],
        "record_fields": [
            {"record_kind": "incident", "record_id": each["incident_id"], "name": "chain", "value": "base", **SOURCE}
            for each in incidents[:3]],
    })  # fmt: skip


@pytest.fixture(scope="module")
def connection():
    return database(some_incidents())


def record_of(connection: duckdb.DuckDBPyConnection, period: str, as_of: datetime = AS_OF) -> Record:
    return Record(connection, parse_period(period, as_of_on=as_of.date()))


def told(record: Record, by: str) -> list[str]:
    """All that the four notebooks of the pack say, as they call it; a number's id names one number in each."""
    pages = {
        "overview": [overview.weekly(record), restore.strip(record), follow_ups.by_day(record), spent.services(spent.Spent(record))],
        "mttr": [restore.strip(record, by), restore.trend(record), restore.course(record)],
        "severity": [severity.weeks(record), severity.months(record)],
        "follow_ups": [follow_ups.by_day(record), follow_ups.standing(record), follow_ups.ages(record)],
    }
    numbers = {
        "overview": [*overview.answer_numbers(record), *(number for tile in overview.tiles(record) for number in (tile.number, *tile.states)),
                     *(part.number for sentence in overview.answer(record) for part in sentence if isinstance(part, Said))],
        "mttr": [*restore.clock_numbers(record), *restore.weightiest_numbers(record)],
        "severity": severity.level_numbers(record),
        "follow_ups": follow_ups.statistic_numbers(record),
    }
    for page, charts in pages.items():
        stated: dict[str, dict[str, object]] = {}
        for number in [*numbers[page], *(number for chart in charts for number in chart.numbers)]:
            form = number.machine_form()
            assert stated.setdefault(number.id, form) == form, f"{page} states two numbers as {number.id}"
    words = [part for charts in pages.values() for chart in charts for part in (chart.finding, chart.caption)]
    sentences = [part if isinstance(part, str) else part[0] for each in overview.answer(record) for part in each]
    tables = [follow_ups.oldest(record), overview.trust(record), restore.clocks(record), restore.longest(record), restore.weightiest(record),
              severity.levels(record), severity.places(record, by), follow_ups.statistics(record),
              follow_ups.groups(record, by), verdicts.table(record, overview.headlines(record))]  # fmt: skip
    return [
        *words, *sentences, *record.header, *(part for tile in overview.tiles(record) for part in (tile.note, tile.compared)),
        *(verdicts.caption(record, headlines) for headlines in (overview.headlines(record), retro_overview.headlines(record))),
        *(str(each) for each in tables),
        follow_ups.oldest_finding(record), restore.clocks_finding(record), restore.clocks_caption(record),
        restore.longest_finding(record), restore.weightiest_finding(record), restore.weightiest_caption(record), severity.levels_finding(record), severity.levels_caption(record),
        severity.places_finding(record, by), severity.places_caption(record, by), follow_ups.statistics_finding(record),
        follow_ups.statistics_caption(record), follow_ups.groups_finding(record, by), overview.trust_caption(record),
    ]


@pytest.mark.parametrize("by", ["service", *(pytest.param(by, marks=pytest.mark.long) for by in BY if by != "service")])
def test_the_pages_can_be_grouped_by_every_column(connection, by):
    for records in ("incidents", "follow_ups"):
        find_grouping(connection, records, by)
    assert all(" nan" not in text for text in told(record_of(connection, "this"), by))


def test_what_one_page_cannot_group_is_refused_by_the_check_before_a_run(connection):
    assert {"owner", "section"} == set(RECORDS["follow_ups"].columns) - set(RECORDS["incidents"].columns)
    with pytest.raises(UsageError, match="cannot group incidents by `owner`"):
        find_grouping(connection, "incidents", "owner")


@pytest.mark.long
@pytest.mark.parametrize("period", PERIODS)
def test_every_form_of_a_period_makes_pages(connection, period):
    assert told(record_of(connection, period), "severity")


@pytest.mark.parametrize("period", ["this", "0001", *(pytest.param(period, marks=pytest.mark.long) for period in ("2026-10", "all", "9998"))])
def test_an_empty_record_makes_pages_over_every_period(period):
    assert told(record_of(database([]), period), "severity")


@pytest.mark.parametrize("period", ["2026-W47", *(pytest.param(period, marks=pytest.mark.long) for period in ("2026-10", "2026", "2026-09-03..2026-10-02", "all"))])
def test_no_page_of_another_period_speaks_of_quarters(connection, period):
    said = " ".join(told(record_of(connection, period), "severity"))
    assert "quarter" not in said.replace("older than a quarter", "")


# --- restore times and their metric

def restore_rows_and_metric(record: Record, by: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """(n, n_open) of what is drawn, and of the metric that the caption and the median come from."""
    drawn = restore.restore_rows(record, by).drop_duplicates("incident_id")
    scope = record.metric("time_to_restore", record.durations_period)
    if by == "kind":  # the metric by kind takes every kind in
        scope = compute(record.connection, "time_to_restore", period=record.durations_period, every_kind=True)
    median = next(row for row in scope.rows if row["statistic"] == "median")
    return (len(drawn), int(drawn["is_open"].sum())), (median["n"], median["n_open"])


@pytest.mark.parametrize("period", ["this", "2026-Q1", "2026-10", "all", "last-90d"])
def test_restore_rows_are_the_incidents_that_the_metric_counts(connection, period):
    record = record_of(connection, period)
    for by in ("severity", "service", "kind", "quarter", "chain"):
        drawn, counted = restore_rows_and_metric(record, by)
        assert drawn == counted
        assert drawn[0] > 0


def test_restore_rows_of_a_period_are_open_when_they_ended_after_it():
    april = datetime(2026, 4, 2, 10)
    ended = [incident(f"a{place}", f"2026-03-3{place} 10:00", resolved_at=april) for place in range(2)]
    record = record_of(database([*ended, incident("b", "2026-03-01 10:00")]), "2026-Q1")
    assert restore_rows_and_metric(record, "severity") == ((3, 2), (3, 2))
    assert "3 incidents, 2 of them open at its end (hollow arrows)" in restore.strip(record).caption
    assert list(restore.strip(record).twin["state"]) == ["open", "open", "restored"]


def test_restore_rows_of_a_period_hold_what_was_open_from_before_it():
    """The last four quarters are 2026. Only `late` has others of its age beside it when it comes in, after an hour."""
    began = datetime(2026, 2, 2, 10)
    own = [incident(f"own{hours}", str(began), resolved_at=began + timedelta(hours=hours)) for hours in (1, 2, 4)]
    late = incident("late", "2025-12-31 23:00", resolved_at=datetime(2026, 1, 1, 2))
    old = incident("old", "2025-11-30 10:00", status="open", resolved_at=None)
    record = record_of(database([*own, late, old]), "2026-Q4")
    assert dict(restore.restore_rows(record)[["incident_id", "is_from_before"]].to_numpy()) == {
        "own1": False, "own2": False, "own4": False, "late": True, "old": True}  # fmt: skip
    caption = restore.strip(record).caption
    assert "5 incidents, 2 of them open from before, 1 of them open (hollow arrows)" in caption
    assert "Not in a median, because too few others of that age were watched: 1 of those from before." in caption
    assert next(number.n for number in restore.strip(record).numbers) == 4


# --- single incidents

def test_the_weightiest_incident_is_the_one_without_which_the_mean_changes_most():
    """50, 70, 60 and 1,420 minutes have a mean of 400, without the last of 60: 85 % less. Their median is 65, then 60."""
    began = datetime(2026, 10, 5, 10)
    record = record_of(database([incident(f"i{minutes}", str(began), resolved_at=began + timedelta(minutes=minutes))
                                 for minutes in (50, 70, 60, 1420)]), "2026-Q4")  # fmt: skip
    assert restore.weightiest_finding(record) == "Without i1420 the mean falls 85 %, from 6 h 40 min to 1 h"
    assert restore.weightiest(record).iloc[0].tolist() == ["i1420", "t i1420", "23 h 40 min", "1 h", "falls 85 %", "falls 8 %"]
    assert restore.weightiest_numbers(record)[0].value == pytest.approx(-0.85)


def test_one_incident_has_no_mean_to_move():
    record = record_of(database([incident("a", "2026-10-05 10:00")]), "this")
    assert restore.weightiest_finding(record).startswith("No mean that one incident could move: fewer than two were restored")
    assert restore.weightiest(record).empty


def test_restore_rows_leave_out_what_was_mitigated_at_no_known_time():
    record = record_of(database([incident("m", "2026-10-05 10:00", status="mitigated", resolved_at=None)]), "this")
    assert restore.restore_rows(record).empty
    assert restore.strip(record).figure is None


# --- one exposure

def test_rates_are_over_the_days_that_the_record_could_have_seen():
    """The record begins on day 32 of the quarter: 22 days, and a rate by month, by severity and on the tile alike."""
    record = record_of(database([incident("a", "2026-11-01 10:00"), incident("b", "2026-11-02 10:00")]), "2026-Q4")
    assert record.exposure(record.period) == 22
    rates = [next(row["value"] for row in record.metric("incident_count", by=by).rows if row["statistic"] == "per_week")
             for by in (None, "quarter", "month", "severity")]  # fmt: skip
    assert rates == [pytest.approx(2 * 7 / 22, rel=1e-5)] * 4
    tile = overview.tiles(record)[0]
    assert (tile.number.value, tile.note) == (pytest.approx(2 * 7 / 22), "2 incidents in 3.1 weeks")
    assert "0.6 incidents a week in Q4 2026" in overview.weekly(record).finding


# --- the last day

@pytest.mark.parametrize(("day_on", "progress"), [(date(2026, 12, 30), "day 91 of 92"), (date(2026, 12, 31), "day 92 of 92"), (date(2027, 1, 1), "")])
def test_so_far_is_said_until_the_last_day_is_over(day_on, progress):
    as_of = datetime.combine(day_on, AS_OF.time())
    record = record_of(database([incident("a", "2026-10-05 10:00")], as_of), "2026-Q4", as_of)
    said = " ".join(told(record, "severity"))
    assert ("so far" in said, "is not over" in said) == (bool(progress), bool(progress))
    assert "".join(re.findall(r"day \d+ of 92", said)[:1]) == progress


# --- verdicts and weeks

def often(first: str, every: int, count: int, **fields: object) -> list[dict[str, object]]:
    begin = datetime.fromisoformat(f"{first} 10:00")
    return [incident(f"{first}-{n}", str(begin + timedelta(every * n)), **fields) for n in range(count)]


def test_fewer_incidents_are_told_with_their_verdict_in_the_answer_the_tile_and_the_numbers():
    """3 of 33 in 53 of 145 days; t of 14 + 8 - 2 degrees is 2.086, its square 4.351: the score limits of the share are
    (1 / 11 + 4.351 / 66 +- sqrt(4.351 (10 / 121 / 33 + 4.351 / 4356))) / (1 + 4.351 / 33), 0.0295 and 0.2476, their odds
    0.0304 and 0.3291, times 92 / 53.
    """
    record = record_of(database([*often("2026-01-01", 3, 91), *often("2026-10-01", 20, 3)]), "2026-Q4")
    assert ", fewer than the 2.3 a week in Q3 2026: better; " in "".join(part if isinstance(part, str) else part[0] for part in overview.answer(record)[0])
    tile = overview.tiles(record)[0]
    assert (tile.number.verdict, tile.compared) == ("better", "0.17 times (95 %: 0.05 to 0.57), n 30 and 3")
    said = [part.number for sentence in overview.answer(record) for part in sentence if isinstance(part, Said)]
    stated = {number.id: number.verdict for number in said}
    assert (stated["incidents_per_week"], stated["incidents"]) == ("better", None)
    assert {row["number"]: row["verdict"] for row in verdicts.table(record, overview.headlines(record)).to_dict("records")} == {
        "incidents a week": "▲ better", "SEV-1 and SEV-2 a week": "▲ better", "seen by customers first": "◆ can't tell",
        "follow ups within sla": "–", "time to restore": "–"}  # fmt: skip
    assert severity.levels(record)[["severity", "verdict"]].to_numpy().tolist() == [["SEV-1", "▲ better"], ["SEV-2", "–"], ["SEV-3", "–"]]


def test_an_answer_that_cannot_tell_says_so_and_by_what_it_could():
    record = record_of(database([*often("2026-07-01", 9, 10), *often("2026-10-01", 9, 5)]), "2026-Q4")
    assert ", against 0.8 a week in Q3 2026: can't tell; " in "".join(part if isinstance(part, str) else part[0] for part in overview.answer(record)[0])
    assert overview.tiles(record)[0].compared.startswith("only a rise to ")


def test_the_first_quarter_makes_no_claim():
    record = record_of(database(often("2026-10-01", 9, 5)), "2026-Q4")
    assert "against" not in "".join(part if isinstance(part, str) else part[0] for part in overview.answer(record)[0])
    assert {tile.compared for tile in overview.tiles(record)} == {"no verdict: nothing to compare with: the record begins on 2026-10-01", ""}
    assert [number.verdict for number in overview.answer_numbers(record)] == [None] * len(overview.answer_numbers(record))
    assert verdicts.caption(record, overview.headlines(record)).startswith("No quarter before this one is on record")


def test_a_week_that_stands_out_is_said_in_the_finding():
    regular = often("2026-01-05", 7, 46)
    crowd = [incident(f"crowd-{n}", f"2026-07-29 {n:02}:00") for n in range(9)]
    assert severity.weeks(record_of(database(regular), "2026-Q4")).finding == "No week stands out; 1 incident a week in 46 weeks"
    chart = severity.weeks(record_of(database([*regular, *crowd]), "2026-Q4"))
    assert chart.finding == "Week 2026-W31 stands out: 10 incidents; 1 to 10 incidents a week in 46 weeks"
    assert "all 46 weeks drawn" in chart.definition
    assert "index of dispersion is" in chart.definition
    assert {number.id: number.value for number in chart.numbers}["weekly_incidents.weeks_that_stand_out"] == 1


def test_too_few_weeks_have_no_band_and_it_is_said():
    chart = overview.weekly(record_of(database(often("2026-10-01", 9, 5)), "2026-Q4"))
    assert "stand" not in chart.finding
    assert "No control band: that needs 13 weeks" in chart.definition
    assert "weekly_incidents.weeks_that_stand_out" not in {number.id for number in chart.numbers}


def test_the_course_of_restore_times_says_its_baseline_and_what_is_no_point():
    minutes = [10 + n % 40 for n in range(70)]
    rows = [row for year in (2025, 2026) for row, each in zip(often(f"{year}-01-05", 4, 70), minutes, strict=True)
            for row in [row | {"resolved_at": row["started_at"] + timedelta(minutes=each * (1 if year == 2025 else 5))}]]  # fmt: skip
    rows[-1] |= {"resolved_at": rows[-1]["started_at"]}
    rows[-2] |= {"resolved_at": rows[-2]["started_at"] - timedelta(minutes=5)}
    chart = restore.course(record_of(database(rows), "2026-Q4"))
    assert chart.finding.startswith("The weighted mean of restore times went above its band with 2026-01-05-")
    assert "1 restored before started" in chart.caption
    assert "those still open and 1 of zero minutes are no points" in chart.caption
    assert "the 70 incidents of as long a time before 1 Jan 2026" in chart.caption
    assert {number.id: number.n for number in chart.numbers} == {"restore_course.baseline": 70, "restore_course.points_outside": 68}


def test_a_course_without_a_baseline_says_how_many_it_needs():
    chart = restore.course(record_of(database(often("2026-10-01", 9, 5)), "2026-Q4"))
    assert (chart.figure, chart.finding) == (
        None, "Too few restore times from before to see a drift by: 0 of the 30 that a baseline needs")  # fmt: skip
