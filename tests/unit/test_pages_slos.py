"""The page of error budgets, on samples small enough to count by hand."""

from __future__ import annotations

from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from test_budgets import _measured_demo
from test_pages_record import AS_OF, HOSTILE, body, record_of, shown  # noqa: F401

from opsanalytics.budget_figures import DASHES, budget_bars, spending_lines
from opsanalytics.figures import Shade
from opsanalytics.metrics.budget_policies import POSTMORTEM
from opsanalytics.metrics.budget_samples import sample_rows
from opsanalytics.metrics.budgets import day_rows
from opsanalytics.metrics.periods import parse_period
from opsanalytics.packs import slo_policy, slos
from opsanalytics.packs.record import Record
from opsanalytics.packs.slos import Slos
from opsanalytics.tables import Row
from opsanalytics.workbench import display as show
from opsanalytics.workbench.display import cell

FOUR_WEEKS = 40320


def slo(slo_id: str, service: str = "api", target: float = 0.999, text: str = "28d", kind: str = "rolling") -> Row:
    return {"slo_id": slo_id, "service": service, "target": target, "time_window": text, "window_kind": kind, "source_path": "ops/slo.yml",
            "source_line": 2}  # fmt: skip


def sample(slo_id: str, at: str, bad: float, minutes: float = FOUR_WEEKS, total: float = 100_000) -> Row:
    return {"slo_id": slo_id, "bucket_at": f"{at}:00", "bucket_minutes": minutes, "good": total - bad, "total": total}


def told(period: str = "2026-11", **tables: Any) -> Slos:
    return Slos(record_of(period, **tables))


def incident(incident_id: str, begins_at: str, ends_at: str | None) -> Row:
    return {"incident_id": incident_id, "title": "x", "kind": "incident", "status": "resolved" if ends_at else "open", "severity": "SEV-1",
            "severity_rank": 1, "started_at": begins_at, "started_on": begins_at[:10], "resolved_at": ends_at,
            "source_path": f"ops/incidents/{incident_id}.md"}  # fmt: skip


def plain(sentences: list[Any]) -> str:
    return " ".join("".join(part if isinstance(part, str) else part[0] for part in sentence) for sentence in sentences)


def texts(rows: Any) -> list[list[str | None]]:
    return [[None if cell is None or pd.isna(cell) else str(cell) for cell in row] for row in rows.to_numpy().tolist()]


@pytest.fixture
def spent() -> Slos:
    """Of four weeks' 100,000 events 100 may go wrong: 50 did of a, 130 of b; c is measured no longer, d is promised 100 %."""
    return told(
        slos=[slo("a"), slo("b"), slo("c"), slo("d", target=1.0)],
        sli_samples=[sample("a", "2026-10-25 12:00", 50), sample("b", "2026-10-25 12:00", 130), sample("c", "2026-08-01 00:00", 20),
                     sample("d", "2026-10-25 12:00", 1)],
        services=[{"service": "API", "aliases": []}, {"service": "web"}, {"service": "fax", "retired_on": date(2026, 1, 1)}])  # fmt: skip


# --- what is left

def test_the_answer_is_what_is_overspent_by_how_much_and_what_is_not_known(spent: Slos):
    assert plain(slos.answer(spent)) == (
        "2 of 3 budgets are overspent on 22 Nov 2026, each over its own window; b by 30 %; of 1 more nothing can be told. Whether one burns "
        "faster than the rates that alert cannot be told. The budget policy asks for 1 thing, of which the roadmap names none.")
    assert slos.header(spent)[-1] == "4 objectives, measured until 22 Nov 2026 12:00"


def test_a_bar_ends_below_zero_where_a_budget_is_overspent_and_no_bar_is_no_zero(spent: Slos):
    chart = slos.budgets(spent)
    assert chart.finding == "2 of 3 budgets are overspent on 22 Nov 2026, each over its own window; of 1 more nothing can be told"
    bars = {name: value for trace in chart.figure.data[:-1] for name, value in zip(trace.y, trace.x, strict=True) if not pd.isna(value)}
    assert bars == {"a": 0.5, "b": pytest.approx(-0.3)}
    assert dict(zip(chart.figure.data[-1].y, chart.figure.data[-1].text, strict=True)) == {
        "b": "▼ overspent by 30 %", "a": "▲ 50 % left", "d": "▼ missed, no budget", "c": "◆ INSUFFICIENT_DATA", "web": "no SLO"}
    assert {number.id: (number.value, number.n) for number in chart.numbers} == {
        "left.a": (0.5, 1), "left.b": (pytest.approx(-0.3), 1), "left.c": (None, 0), "left.d": (None, 1),
        "budgets.missed": (2, 3), "budgets.unknown": (1, 4)}
    assert "1 service in use has no SLO: web." in chart.caption


def test_of_what_cannot_be_told_now_the_last_window_is_told_under_its_name(spent: Slos):
    """20 of 100 went wrong in the four weeks to the end of c's only sample."""
    assert slos.unknown_finding(spent) == "Nobody can tell what is left of 1 budget now; when the samples ended, the budget was not overspent"
    assert texts(slos.unknown(spent)) == [["c", "no sample in the last 28d", "29 Aug 2026 00:00", "28d to 2026-08-29 00:00 UTC", "▲ 80 % left", "1"]]
    assert [(number.id, number.value) for number in slos.unknown_numbers(spent)] == [
        ("left_when_samples_ended.c", 0.8), ("budgets_when_samples_ended.missed", 0), ("budgets_when_samples_ended.unknown", 0)]


def test_all_stale_is_told_by_when_it_ended():
    stale = told(slos=[slo("a"), slo("b")], sli_samples=[sample("a", "2026-08-01 00:00", 20), sample("b", "2026-08-01 00:00", 300)])
    assert plain(slos.answer(stale)) == (
        "Nobody can tell what is left of any budget on 22 Nov 2026; when the samples ended, 1 of 2 budgets was overspent. How fast they go "
        "cannot be told either. What the budget policy asks for cannot be told.")
    assert slos.paces_finding(stale) == "How fast the budgets go now cannot be told: no sample in the last 28d"
    assert slo_policy.verdicts_finding(stale) == "What the budget policy asks for cannot be told; 2 questions cannot be answered"
    assert slos.course(stale).finding == "No course to draw: of November 2026 too little is measured"
    assert slos.months_finding(stale) == "1 of 6 months of an objective missed the target, the last Aug 2026 (b); 4 months cannot be told"


def test_without_objectives_one_line_says_which_files_bring_them():
    nothing = told()
    assert plain(slos.answer(nothing)) == "No objective is in the record: ops/slo.yml brings them, and ops/sli_samples.csv what is measured."
    assert [chart.finding for chart in (slos.budgets(nothing), slos.course(nothing))] == ["", ""]
    assert {finding(nothing) for finding in (slos.unknown_finding, slos.paces_finding, slos.months_finding, slos.measured_finding,
                                             slo_policy.shares_finding, slo_policy.verdicts_finding)} == {""}  # fmt: skip
    assert all(table(nothing).empty for table in (slos.unknown, slos.paces, slos.months, slos.measured, slo_policy.shares, slo_policy.verdicts))


def test_without_measurements_the_file_that_brings_them_is_named():
    silent = told(slos=[slo("a")])
    assert plain(slos.answer(silent)) == "1 objective, and nothing is measured: ops/sli_samples.csv brings it."
    assert slos.budgets(silent).figure.data[-1].text == ("◆ INSUFFICIENT_DATA",)
    assert texts(slos.measured(silent))[0][4:] == ["0", None, "0", None, None, None, None]


# --- how fast, and past months

def test_a_rate_above_its_threshold_burns_and_above_one_over_four_weeks_is_overspent():
    """In the last hour 20 of 1000 events, twenty times what may; with the four weeks before it less an hour 150 of 100,000."""
    fast = told(slos=[slo("a"), slo("b")], sli_samples=[
        sample("a", "2026-10-25 12:00", 130, FOUR_WEEKS - 60, 99_000), sample("a", "2026-11-22 11:00", 20, 60, 1000), sample("b", "2026-10-25 12:00", 130)])
    rows = slos.paces(fast).set_index("objective")
    assert [str(rows.loc["a", column]) for column in rows.columns[:5]] == ["▼ 20", "None", "None", "None", "▼ 1.5"]
    assert str(rows.loc["b", "28d, above 1"]) == "▼ 1.3"
    assert rows.loc["b", "cannot be told"] == "samples of 28d cannot tell of the last 1h, 6h, 1d, 3d"
    assert slos.paces_finding(fast) == "a burns faster than a rate that alerts"


def test_no_budget_burns_only_as_far_as_samples_tell_of_it():
    """Four weeks in one sample tell nothing of an hour or a day; of a, 24 hours of a day each do."""
    weeks = told(slos=[slo("a"), slo("b")], sli_samples=[sample(name, "2026-10-25 12:00", 1) for name in "ab"])
    assert slos.burns_words(weeks) == "whether a budget burns cannot be told"
    assert slos.paces_finding(weeks) == "Whether a budget burns cannot be told: samples of 28d cannot tell of the last 3d"
    days = [sample("a", f"2026-11-{on} 12:00", 0, 1440, 1000) for on in range(10, 22)]
    some = told(slos=[slo("a"), slo("b")], sli_samples=[*days, sample("b", "2026-10-25 12:00", 1)])
    assert slos.burns_words(some) == "no budget burns of the 1 of 2 that can be told"
    assert slos.burns_words(told(slos=[slo("a")], sli_samples=days)) == "no budget burns"


def test_a_month_is_a_shape_with_its_share_and_one_without_samples_a_word():
    """Of September's 1000 events one may go wrong, and two did; of October a day is measured."""
    past = told(slos=[slo("a"), slo("b")], sli_samples=[
        sample("a", "2026-08-01 00:00", 0, 44640, 1000), sample("a", "2026-09-01 00:00", 2, 43200, 1000), sample("a", "2026-10-01 00:00", 0, 1440, 1000),
        sample("b", "2026-09-01 00:00", 0.5, 43200, 1000)])
    assert texts(slos.months(past)) == [["a", "▲ 0 %", "▼ 200 %", "◆ no answer"], ["b", None, "▲ 50 %", "◆ no answer"]]
    assert list(slos.months(past).columns) == ["objective", "Aug 2026", "Sep 2026", "Oct 2026"]
    assert slos.months_finding(past) == "1 of 5 months of an objective missed the target, the last Sep 2026 (a); 2 months cannot be told"
    assert "No answer: no samples for 96.8% of 2026-10 (a); no sample in 2026-10 (b)." in slos.months_caption(past)


def test_months_after_the_period_are_not_told():
    past = told("2026-09", slos=[slo("a")], sli_samples=[sample("a", "2026-09-01 00:00", 0, 43200), sample("a", "2026-10-01 00:00", 0, 44640)])
    assert list(slos.months(past).columns) == ["objective", "Sep 2026"]


# --- over the period

def test_what_was_spent_up_to_each_day_is_of_the_four_weeks_before_it():
    """Of 28 days of 1000 events 28 may go wrong, and on 10 November 56 did."""
    days = [sample("a", f"{datetime(2026, 10, 1) + timedelta(n):%Y-%m-%d %H:%M}", 56 if n == 40 else 0, 1440, 1000) for n in range(52)]
    course = told(slos=[slo("a")], sli_samples=days)
    found = {row["on"]: row["value"] for row in course.days}
    assert (found[date(2026, 11, 9)], found[date(2026, 11, 10)], found[date(2026, 11, 22)]) == (0, 2, 2)
    assert slos.course(course).finding == "1 budget of 28 days was overspent in November 2026; a came to 200 % on 22 Nov 2026"
    assert [number.value for number in slos.course(course).numbers] == [2]


def test_a_day_without_an_answer_breaks_its_line():
    """October is measured: of four weeks three quarters, 21 days, from the end of the 21st on, and until 7 November."""
    days = [sample("a", f"{datetime(2026, 10, 1) + timedelta(n):%Y-%m-%d %H:%M}", 0, 1440, 1000) for n in range(31)]
    record = record_of("2026-11", slos=[slo("a")], sli_samples=days)
    rows = day_rows(record.connection, [date(2026, 10, 20), date(2026, 10, 21), date(2026, 11, 7), date(2026, 11, 8)])
    assert [row["value"] for row in rows] == [None, 0, 0, None]
    line = slos.course(Slos(record)).figure.data[0]
    assert (line.y[6], line.y[7]) == (0, None)


def test_at_most_as_many_lines_as_can_be_told_apart_those_that_spent_most():
    names = [f"s{n}" for n in range(9)]
    many = told(slos=[slo(name) for name in names], sli_samples=[sample(name, "2026-10-25 12:00", n) for n, name in enumerate(names)])
    assert [line.name for line in slos.course(many).figure.data] == ["s8", "s7", "s6", "s5", "s4", "s3"]
    assert len({line.line.dash for line in slos.course(many).figure.data}) == len(DASHES)


# --- incidents and the policy

@pytest.fixture
def policy() -> Slos:
    """In the four weeks to the end of x, of y and to now there are 100,000 events each, of which 100 may go wrong: 27 days or 26
    of 3500 and the rest. An hour had 60 bad ones, all of them x's; of a day later's 30 the half is y's. Of the quarter so far
    184,000 are measured: 50 days of 3500 and 9000.
    """
    days = [sample("api-up", f"{datetime(2026, 10, 1) + timedelta(n):%Y-%m-%d %H:%M}", 0, 1440, 3500) for n in range(50)]
    return told(
        slos=[slo("api-up")],
        sli_samples=[*days, sample("api-up", "2026-11-20 00:00", 0, 600, 4500), sample("api-up", "2026-11-20 10:00", 60, 60, 1000),
                     sample("api-up", "2026-11-20 11:00", 0, 1440, 2500), sample("api-up", "2026-11-21 11:00", 30, 60, 1000)],
        incidents=[incident("x", "2026-11-20 10:00:00", "2026-11-20 11:00:00"), incident("y", "2026-11-21 11:30:00", "2026-11-21 12:00:00"),
                   incident("z", "2026-11-22 10:00:00", "2026-11-22 11:00:00"), incident("old", "2026-10-30 10:00:00", "2026-10-30 11:00:00")],
        incident_services=[{"incident_id": name, "service": "api"} for name in ("x", "y", "z", "old")],
        incident_factors=[{"incident_id": "x", "factor": "a flag", "class": "change"}],
        roadmap_items=[{"item_id": "r#1", "horizon": "now", "position": 1, "title": "Undo a change by itself", "status": "open",
                        "source_path": "ROADMAP.md", "source_line": 7}])  # fmt: skip


def test_the_largest_share_of_a_budget_is_told_first_and_what_cannot_be_computed_last(policy: Slos):
    """y's half hour has 15 of the 30 by minutes: none to 30. old began before the period."""
    rows = texts(slo_policy.shares(policy))
    assert [row[:4] for row in rows] == [
        ["x", "api-up", "▼ 60 %", None], ["y", "api-up", "15 %", "0 % to 30 %"], ["z", "api-up", "cannot be computed", None]]
    assert rows[2][6] == "cannot be computed: no samples while its impact lasted"
    assert slo_policy.shares(policy)["bad"].map(cell).tolist() == ["60", "15", "–"]
    assert slo_policy.shares_finding(policy) == "x took most of a budget in November 2026: 60 % of api-up"
    assert "2 shares known, 1 cannot be computed" in slo_policy.shares_caption(policy)
    assert [(number.id, number.value, number.low, number.high) for number in slo_policy.share_numbers(policy)] == [
        ("taken.x.api-up", pytest.approx(0.6), pytest.approx(0.6), pytest.approx(0.6)), ("taken.y.api-up", pytest.approx(0.15), 0, pytest.approx(0.3))]


def test_what_the_policy_asks_for_is_held_against_the_roadmap(policy: Slos):
    """x, y and old took 75 of the quarter's 184, x 60. The roadmap names the class."""
    rows = slo_policy.verdicts(policy)
    quarter = "Did these incidents take more than 20 % of the budget of 2026-Q4, day 53 of 92?"
    named = "now: Undo a change by itself (ROADMAP.md:7)"
    assert texts(rows[["question", "of", "answer", "roadmap", "where"]]) == [
        ["Did the incident take more than 20 % of the budget of 28 days?", "x, api-up", "▼ a postmortem with a P0", "does not name it", "ops/incidents/x.md:1"],
        [quarter, "service api, api-up", "▼ a P0 in the plan", "does not name it", "ops/slo.yml:2"],
        [quarter, "class change, api-up", "▼ a P0 in the plan", named, "ops/slo.yml:2"],
        ["Is the budget of 28 days overspent?", "api-up", "nothing to do", None, "ops/slo.yml:2"]]
    assert rows["evidence"].str.partition(";")[0].tolist() == ["60 %", "41 %", "33 %", "90 %"]
    assert slo_policy.verdicts_finding(policy) == "The budget policy asks for 3 things, of which the roadmap names 1; 1 question cannot be answered"
    assert {number.id: number.value for number in slo_policy.verdict_numbers(policy)} == {
        "policy.due": 3, "policy.not_on_the_roadmap": 2, "policy.cannot_be_answered": 1}


def test_an_incident_that_goes_on_is_held_against_the_budget_of_today():
    """Days are measured from midnight on, the last two not: of four weeks up to noon both miss the same."""
    days = [sample("a", f"{datetime(2026, 10, 20) + timedelta(n):%Y-%m-%d} 00:00", 1, 1440, 1000) for n in range(31)]
    lasting = told(slos=[slo("a")], sli_samples=days, incidents=[incident("x", "2026-11-18 00:00:00", None)],
                   incident_services=[{"incident_id": "x", "service": "api"}])  # fmt: skip
    [taken], [left] = lasting.shares, lasting.now
    assert (left["note"], left["n"]) == ("no samples for 7.1% of it", 26)
    assert taken["note"] == "no samples for 7.1% of the last 28d; samples saw 44% of its impact"
    [asked] = [row for row in lasting.verdicts if row["rule"] == POSTMORTEM]
    assert slo_policy.evidence(asked).endswith("no postmortem on record; 2 samples saw its impact")
    assert slo_policy.brief(lasting, asked) == f"{slos.percent(taken['value'])} of 28 days; no postmortem on record"


# --- what was measured

def test_gaps_are_seen_between_samples_and_up_to_now_where_one_would_have_had_room():
    """Hours from 8 to 9 and 10 to 11, to which the one from 8 to 9 is told twice, as of 12:00; an hour that is not over is left out."""
    holed = told(slos=[slo("a"), slo("b")], sli_samples=[
        sample("a", "2026-11-22 08:00", 0, 60), sample("a", "2026-11-22 08:00", 0, 60), sample("a", "2026-11-22 10:00", 0, 60),
        sample("a", "2026-11-22 11:30", 0, 60), sample("b", "2026-11-22 11:10", 0, 40)])
    first, second = sample_rows(holed.record.connection)
    assert [(gap["begins_at"].hour, gap["ends_at"].hour, gap["minutes"]) for gap in first["gaps"]] == [(9, 10, 60), (11, 12, 60)]
    assert (first["n"], first["n_excluded"], first["first_at"].hour, first["last_at"].hour) == (3, 1, 8, 11)
    assert (second["gaps"], second["n"], second["shortest_minutes"]) == ([], 1, 40)
    assert slos.measured_finding(holed) == "1 of 2 measured objectives has gaps in the samples, the longest of 1 h"


@pytest.mark.long
def test_the_demo_at_the_start_of_a_month_tells_of_the_last(tmp_path):
    """Thursday 4 June 2026: the weekly exports end with May."""
    with closing(_measured_demo(tmp_path, date(2026, 6, 4))) as connection:
        demo = Slos(Record(connection, parse_period("2026-Q2", as_of_on=date(2026, 6, 4))))
        assert [(row["objective"], row["in"]) for row in slos.unknown(demo).to_dict("records")] == [("portal-loads", "2026-05")]
        assert slos.header(demo)[-1] == "4 objectives, measured until 1 Jun 2026 02:00"
        assert len(slos.months(demo).columns) == 1 + slos.MONTHS_SHOWN
        assert slos.course(demo).figure is not None


# --- figures

def test_text_of_the_record_is_not_read_as_tags():
    hostile = told(slos=[slo(HOSTILE, HOSTILE)], sli_samples=[sample(HOSTILE, "2026-10-25 12:00", 50)], services=[{"service": f"{HOSTILE}2"}])
    assert [chart.figure and "<img" in chart.figure.to_json() for chart in (slos.budgets(hostile), slos.course(hostile))] == [False, False]


def test_a_cell_on_a_tone_says_in_its_text_what_the_tone_does(shown, spent: Slos):  # noqa: F811
    show.table(slos.months(told(slos=[slo("a")], sli_samples=[sample("a", "2026-10-01 00:00", 500, 44640)])))
    assert '<span class="ops-shade" style="--tone:var(--worse);--depth:40%">▼ 500 %</span>' in body(shown[0])
    assert str(Shade("<b>", "worse", 1)) == "<b>"


def test_nothing_to_draw_is_no_figure():
    assert budget_bars(pd.DataFrame(), finding="x").figure is None
    rows = pd.DataFrame({"name": ["a"], "on": [date(2026, 11, 1)], "spent": [None]})
    assert spending_lines(rows, ["a"], finding="x", window=(AS_OF.date(), AS_OF.date()), threshold="y").figure is None
