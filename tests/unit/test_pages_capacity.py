"""The page of forecasts, on records that a loop makes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from test_capacity import AS_OF, database, incident, monthly, samples, slo

from opsanalytics.metrics.periods import parse_period
from opsanalytics.packs import capacity
from opsanalytics.packs.capacity import Plan
from opsanalytics.packs.record import Record
from opsanalytics.tables import Row

QUARTER = parse_period("2026-Q4", as_of_on=AS_OF.date())


def plan_of(**tables: list[Row]) -> Plan:
    return Plan(Record(database(**tables), QUARTER))


def words(sentences: list[list[str | tuple[str, str]]]) -> str:
    return " ".join("".join(part if isinstance(part, str) else part[0] for part in sentence) for sentence in sentences)


@pytest.fixture(scope="module")
def steady() -> Plan:
    """9 and 11 incidents by turns, from May 2024 to October 2026: 30 whole months, and 4 origins of a quarter."""
    return plan_of(incidents=monthly(date(2024, 5, 1), [9, 11] * 15))


def test_the_sentence_gives_the_range_and_how_often_such_ranges_were_right(steady):
    """9 and 11 by turns are more even than by chance, so that every range held; three months bring about 30."""
    said = words(capacity.answer(steady))
    (quarter, month) = steady.incidents
    assert said.startswith(f"Next quarter (Q1 2027): {quarter.amount} ({quarter.limits}); such ranges were right in 4 of 4 quarters. "
                           f"Next month (December 2026): {month.amount} ({month.limits}); such ranges were right in 16 of 16 months.")  # fmt: skip
    assert said.endswith("No forecast of pages and hours interrupted: no page is on record: ops/pages.csv brings them.")
    assert quarter.found.estimate.low < 30 * 90 / 91.3 < quarter.found.estimate.high


def test_the_main_figure_draws_the_history_and_hatched_ranges(steady):
    chart = capacity.course(steady)
    bars, quarter, month = chart.figure.data
    low, high = steady.incidents[0].found.estimate[1:]
    assert list(bars.y) == [9, 11] * 15
    assert (quarter.base[0], quarter.y[0]) == pytest.approx((low / 3, (high - low) / 3))
    assert (quarter.marker.pattern.shape, month.marker.pattern.shape) == ("/", "x")
    assert chart.finding == (f"Expect {low} to {high} incidents in Q1 2027 and {steady.incidents[1].limits} in December 2026, "
                             "four times in five")  # fmt: skip
    assert chart.twin["month"].tolist()[:4] == ["Q1 2027", "December 2026", "October 2026", "September 2026"]
    assert "November is not over" in chart.caption


def test_past_forecasts_are_drawn_with_what_came(steady):
    chart = capacity.backtest(steady, "quarter")
    ranges, came = chart.figure.data
    assert [trace.name for trace in chart.figure.data] == ["80 % range", "came, inside"]
    assert list(came.y) == [9 + 11 + 9, 11 + 9 + 11, 9 + 11 + 9, 11 + 9 + 11]
    assert len(ranges.x) == 3 * 4
    assert chart.finding.startswith("Such ranges were right in 4 of 4 past quarters: 100 % (40 % to 100 %)")
    assert chart.twin["forecast"].tolist()[::-1] == ["Nov 2025 to Jan 2026", "Feb to Apr 2026", "May to Jul 2026", "Aug to Oct 2026"]


def test_a_miss_has_another_shape_and_is_called_one_in_the_table():
    """4 a month, and 40 in the last."""
    plan = plan_of(incidents=monthly(date(2024, 5, 1), [4] * 29 + [40]))
    chart = capacity.backtest(plan, "month")
    assert {trace.name: trace.marker.symbol for trace in chart.figure.data[1:]} == {"came, inside": "circle", "came, outside": "x"}
    assert chart.twin.iloc[0][["forecast", "came", ""]].tolist() == ["Oct 2026", 40, "outside"]


def test_every_number_stands_with_its_interval_and_n(steady):
    numbers = {number.id: number for number in capacity.numbers(steady)}
    assert numbers["incidents.next_quarter"].n == 30
    assert numbers["incidents.SEV-2.next_month.hit_rate"].n == 16
    assert (numbers["incidents.next_quarter.hit_rate"].value, numbers["incidents.next_quarter.hit_rate"].unit) == (1, "share")
    assert len(capacity.models(steady)) == len(numbers) / 2 == 4


def test_what_could_not_be_forecast_stands_in_the_table_with_the_reason(steady):
    rows = capacity.forecasts(steady)
    assert capacity.forecasts_finding(steady) == "4 of 8 forecasts could be made"
    assert rows.iloc[-1][["what", "note"]].tolist() == ["hours interrupted", "no page is on record: ops/pages.csv brings them"]
    assert rows["expected"].isna().tolist() == [False] * 4 + [True] * 4


def test_a_month_may_have_a_forecast_where_the_quarter_has_none():
    plan = plan_of(incidents=monthly(date(2025, 5, 1), [2] * 18))
    assert "No forecast of incidents for the next quarter: 18 whole months of history, and it takes 26 for a quarter." in words(capacity.answer(plan))
    assert capacity.backtest(plan, "quarter").finding == "No forecast of a quarter to try on the past"
    assert capacity.course(plan).figure is not None


def test_a_record_that_stopped_is_told_beside_its_forecast():
    plan = plan_of(incidents=monthly(date(2024, 5, 1), [2] * 27))
    assert "No file of an incident begins after 2026-07-02: the months since count as quiet." in words(capacity.answer(plan))


def test_too_little_history_says_what_it_takes():
    plan = plan_of(incidents=[incident(date(2026, 8, 1))])
    assert words(capacity.answer(plan)).startswith(
        "No forecast of incidents: 3 whole months of history, and it takes 17 for a month, 26 for a quarter.")
    assert capacity.assumptions(plan) == capacity.NEEDS
    assert capacity.forecasts(plan).empty and capacity.models(plan).empty
    assert capacity.course(plan).figure is None


def test_an_empty_record_says_which_files_would_bring_it():
    plan = plan_of()
    said = [words(capacity.answer(plan)), capacity.budget_ends_finding(plan), capacity.roster_finding(plan)]
    assert [name for name, text in zip(("ops/incidents/*.md", "ops/slo.yml", "ops/oncall.yml"), said, strict=True) if name not in text] == []
    assert capacity.budget_ends(plan).empty and capacity.roster(plan).empty


@pytest.mark.parametrize(("target", "finding", "said"), [
    (0.9983, "Of 1 error budget, 1 likely to run out", "27 Nov 2026 (27 Nov 2026 to 27 Nov 2026)"),
    (0.997, "Of 1 error budget, 1 not likely to run out", "not before 30 Nov 2026 at this pace"),
    (0.9986, "Of 1 error budget, 1 spent", "spent"),
])  # fmt: skip
def test_the_day_a_budget_runs_out_in_words(target, finding, said):
    plan = plan_of(slos=[slo(target=target)], sli_samples=samples())
    assert capacity.budget_ends_finding(plan) == finding
    assert capacity.budget_ends(plan)["runs out"].tolist() == [said]


def test_an_objective_that_nobody_measures_is_told_in_words():
    plan = plan_of(slos=[slo()])
    assert capacity.budget_ends(plan)["runs out"].tolist() == ["INSUFFICIENT_DATA"]
    assert capacity.budget_ends_finding(plan) == "Of 1 error budget, 1 unknown for want of samples"


def test_the_rota_stands_beside_the_hours():
    pages = [{"page_id": str(number), "paged_at": datetime(2026, 7, 31, 9) + timedelta(days=number), "person": "ana"} for number in range(93)]
    shifts = [{"shift_id": "a", "person": "ana", "starts_at": datetime(2026, 8, 1), "ends_at": datetime(2026, 11, 1)}]
    plan = plan_of(pages=pages, oncall_shifts=shifts)
    assert capacity.roster_finding(plan) == "1 person shared 1 shift in Aug to Oct 2026, 92 of 2,208 hours interrupted"
    rows = capacity.roster(plan)
    assert rows["when"].tolist() == ["Aug to Oct 2026", "December 2026", "Q1 2027"]
    assert rows["part interrupted"].fillna("").tolist() == ["4.2 %", "", ""]
