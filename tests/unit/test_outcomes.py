"""What came after a change, services by their runbook and on the roadmap, and remarks on time axes, on tables small enough to read."""

import math
from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from test_pages_record import record_of

from opsanalytics import figures
from opsanalytics.figures import Chart
from opsanalytics.metrics.outcomes import (
    FRESH,
    NO_RUNBOOK,
    STALE,
    UNDATED,
    Change,
    Names,
    _Stage,
    find_changes,
    find_outcomes,
    find_standings,
)
from opsanalytics.metrics.periods import parse_period
from opsanalytics.packs import decisions, outcomes, readiness
from opsanalytics.remarks import FEW, annotated
from opsanalytics.workbench import display as show

# Every record is seen on Sunday 22 November 2026.
AS_OF_ON = date(2026, 11, 22)
HOSTILE = "<img src=x onerror=alert(1)></script><b>%{x}"


def incident(name: str, day: str, **more) -> dict:
    return {"incident_id": name, "kind": "incident", "status": "resolved", "started_on": day, "started_at": f"{day} 10:00:00"} | more


def touches(name: str, *services: str) -> list[dict]:
    return [{"incident_id": name, "service": service} for service in services]


def decision(name: str, day: str, title: str, **more) -> dict:
    return {"decision_id": name, "title": title, "status": "accepted", "decided_on": day, "source_path": f"{name}.md"} | more


def runbook(name: str, service: str | None, **more) -> dict:
    return {"runbook_id": name, "service": service, "has_playbook": True, "has_rollback": False, "source_path": f"{name}.md"} | more


# --- before and after

@pytest.fixture
def decided():
    """Eight decisions of the API, a day apart, over weeks with one incident each; one that is too new, one of nothing."""
    days = [date(2026, 5, 4) + timedelta(7 * week) for week in range(28)]
    return record_of(
        "2026-11", services=[{"service": "api"}],
        incidents=[incident(f"i{number}", str(day)) for number, day in enumerate(days)],
        incident_services=[row for number in range(len(days)) for row in touches(f"i{number}", "api")],
        decisions=[*(decision(f"d{number}", f"2026-08-{number + 1:02}", f"The api, take {number}") for number in range(8)),
                   decision("new", "2026-11-16", "The api once more"), decision("tea", "2026-08-01", "Tea")])  # fmt: skip


def test_the_newest_five_are_judged_whatever_they_show(decided):
    chart = outcomes.changes(decided)
    told = chart.twin
    assert told["change"].tolist() == ["The api once more", *(f"The api, take {number}" for number in reversed(range(8)))]
    assert told["verdict"].tolist() == ["–", *["can't tell"] * 5, "–", "–", "–"]
    assert told["what would show"].iloc[0] == "too early to tell: 0 of 4 weeks after it"
    assert chart.finding == "Incidents before and after the 5 newest changes that can be held against them: can't tell after 5"
    assert "1 decision without a service or an incident is not asked" in chart.caption
    assert "The table has 4 more without a verdict" in chart.caption
    assert [number.verdict for number in chart.numbers] == [None, None, None, *["can't tell"] * 5]


def test_verdicts_are_decided_together_by_holm(decided):
    names = Names(decided.connection)
    found = find_outcomes(decided.connection, find_changes(decided.connection, names), names, AS_OF_ON)
    assert {each.judgement.level for each in found if each.judgement} == {0.99}  # 1 - 0.05 / 5, as nothing is decided


def test_the_counts_agree_with_days_counted_by_hand():
    rng = np.random.default_rng(8)
    on = date(2026, 8, 15)
    days = [date(2026, 4, 1) + timedelta(int(offset)) for offset in rng.integers(0, 236, 120)]
    record = record_of(
        services=[{"service": "api"}], incidents=[incident(f"i{number}", str(day)) for number, day in enumerate(days)],
        incident_services=[row for number in range(len(days)) for row in touches(f"i{number}", "api")],
        decisions=[decision("1", str(on), "The api")])
    names = Names(record.connection)
    [found] = find_outcomes(record.connection, find_changes(record.connection, names), names, AS_OF_ON)
    weeks = range(12)
    assert found.before.counts.tolist() == [sum(on - timedelta(7 * week + 7) <= day <= on - timedelta(7 * week + 1) for day in days) for week in weeks]
    assert found.after.counts.tolist() == [sum(on + timedelta(7 * week + 1) <= day <= on + timedelta(7 * week + 7) for day in days) for week in weeks]


def test_without_the_incident_that_led_to_it_a_decision_has_as_many_before_as_after():
    """Each incident of a steady service leads to a decision on the next day, which changes nothing. Over all of them the weeks
    before hold as many as those after, and would hold one more each with the incident itself.
    """
    rng = np.random.default_rng(8)
    first_on, last_on = date(2026, 1, 1), date(2026, 12, 31)
    excess, made = [], []
    for _ in range(600):
        offsets = np.repeat(np.arange(365), rng.poisson(1 / 7, 365))
        counted = [{"incident_id": f"i{number}", "started_on": first_on + timedelta(int(offset)), "services": ["api"]} for number, offset in enumerate(offsets)]
        stage = _Stage(SimpleNamespace(counted=counted, services=[], own_name=str), first_on, last_on, [])
        led = [row for row in counted if date(2026, 5, 1) <= row["started_on"] < date(2026, 8, 1)]
        found = [stage.outcome(Change("decision", "", row["started_on"] + timedelta(1), frozenset({"api"}), frozenset({row["incident_id"]}), "", 1))
                 for row in led]
        excess.append(sum(each.before.count - each.after.count for each in found))
        made.append(len(found))
    reach = 3 * np.std(excess) / math.sqrt(len(excess))
    assert abs(np.mean(excess)) < reach
    assert np.mean(excess) + np.mean(made) > reach


def test_a_record_without_changes_says_what_is_missing():
    chart = outcomes.changes(record_of())
    assert (chart.figure, chart.numbers) == (None, ())
    assert chart.finding == "No decision, runbook or done roadmap item names a service or an incident, so nothing can be held against incidents"


def test_changes_without_incidents_are_not_judged():
    record = record_of(services=[{"service": "api"}], decisions=[decision("1", "2026-08-01", "The api")])
    assert outcomes.changes(record).figure is None


def test_text_of_a_change_is_escaped_on_the_axis(decided):
    decided.connection.execute("update decisions set title = ?", [f"The api {HOSTILE}"])
    figure = outcomes.changes(decided).figure
    assert "<img" not in str(figure.layout.yaxis.ticktext)
    assert "&lt;img" in str(figure.layout.yaxis.ticktext)


# --- runbooks

@pytest.fixture
def covered():
    """Two services with one fresh runbook, by an alias; a stale one, one without a review, one without a runbook, one retired."""
    services = ["api", "billing", "search", "portal", "labels"]
    return record_of(
        "2026-10", services=[{"service": "api", "aliases": ["public api"]}, *({"service": name} for name in services[1:]),
                             {"service": "fax", "retired_on": "2026-01-01"}],
        incidents=[incident("a", "2026-09-01", resolved_at="2026-09-01 10:30:00"), incident("b", "2026-10-06", resolved_at="2026-10-06 11:30:00"),
                   incident("c", "2026-10-07", resolved_at="2026-10-07 10:10:00"), incident("d", "2026-10-08", kind="drill")],
        incident_services=[*touches("a", "labels"), *touches("b", "api", "billing"), *touches("c", "search"), *touches("d", "portal")],
        runbooks=[runbook("both", "Public-API, billing", reviewed_on="2026-10-23", review_every_days=30), runbook("old", "search", reviewed_on="2026-10-22",
                  review_every_days=30), runbook("no day", "portal"), runbook("nobody's", None)])  # fmt: skip


def test_services_stand_by_their_runbook_with_their_incidents(covered):
    standings = find_standings(covered.connection, parse_period("2026-10", as_of_on=AS_OF_ON), Names(covered.connection))
    assert [(each.standing, each.services, each.n, each.n_restore, each.restore.value) for each in standings] == [
        (FRESH, ["api", "billing"], 2, 1, 90.0), (STALE, ["search"], 1, 1, 10.0), (UNDATED, ["portal"], 0, 0, None),
        (NO_RUNBOOK, ["labels"], 0, 0, None)]  # fmt: skip
    assert standings[0].rate.value == pytest.approx(2 / (2 * 31 / 7))  # two services, 31 days
    assert standings[3].rate[::2] == pytest.approx((0, -math.log(0.025) / (31 / 7)))  # Garwood's upper limit of none


def test_a_runbook_for_several_services_covers_each_by_any_name(covered):
    assert readiness.runbooks(covered)[["service", "trouble"]].to_numpy().tolist() == [["search", "not reviewed in time"], ["labels", "no runbook"]]
    assert outcomes.runbooks_finding(covered) == (
        "2 of 5 services have a fresh runbook; stale runbook: search; runbook without a review: portal; no runbook: labels")


def test_without_services_or_runbooks_the_files_are_named():
    assert outcomes.runbooks(record_of()).empty
    assert "ops/services.yml and ops/runbooks/<service>.md" in outcomes.runbooks_finding(record_of())
    assert outcomes.runbooks_numbers(record_of(services=[{"service": "api"}])) == []


# --- the roadmap

def test_services_stand_by_their_incidents_beside_what_is_planned(covered):
    items = [{"item_id": f"r#{n}", "position": n, "source_path": "r.md", "source_line": n} | item for n, item in enumerate([
        {"title": "A faster public‑API", "horizon": "now", "status": "open"}, {"title": "Bills, as in INC-9", "horizon": "later", "status": "open"},
        {"title": "Search", "horizon": "done", "status": "done"}])]
    covered.connection.executemany(
        "insert into roadmap_items (item_id, horizon, position, title, status, source_path, source_line) values (?, ?, ?, ?, ?, ?, ?)",
        [[item[key] for key in ("item_id", "horizon", "position", "title", "status", "source_path", "source_line")] for item in items])  # fmt: skip
    rows = outcomes.planned(covered)
    assert rows[["service", "incidents", "open for now or next"]].to_numpy().tolist() == [
        ["api", 1, "now: A faster public‑API"], ["billing", 1, "nothing"], ["labels", 1, "nothing"], ["search", 1, "nothing"]]
    assert rows["done"].tolist() == [0, 0, 0, 1]
    assert outcomes.planned_finding(covered) == (
        "The roadmap names api, which had the most incidents (1); nothing open for now or next names billing, labels, search")


def test_without_a_roadmap_nothing_is_said_twice(covered):
    assert (outcomes.planned_finding(covered), outcomes.planned_numbers(covered)) == ("", [])


# --- remarks on a time axis

def days_chart(**axis) -> Chart:
    days = [str(date(2026, 1, 1) + timedelta(number)) for number in range(101)]
    return Chart("f", go.Figure(go.Scatter(x=days, y=[1] * 101), layout={"height": 300, "xaxis": axis}), caption="n 101.")


def remarks(*rows: tuple[str, str | None, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["starts_on", "ends_on", "text"])
    return frame.assign(starts_on=pd.to_datetime(frame["starts_on"]), ends_on=pd.to_datetime(frame["ends_on"]))


def test_a_remark_is_a_line_a_band_and_a_number_with_its_words_in_the_caption():
    chart = annotated(days_chart(), remarks(("2026-02-01", "2026-02-10", "move"), ("2026-01-05", None, "audit")))
    assert [(shape.type, shape.x0[:10], shape.x1[:10]) for shape in chart.figure.layout.shapes] == [
        ("line", "2026-01-05", "2026-01-05"), ("rect", "2026-02-01", "2026-02-10"), ("line", "2026-02-01", "2026-02-01")]  # fmt: skip
    assert [(note.text, note.x[:10]) for note in chart.figure.layout.annotations] == [("1", "2026-01-05"), ("2", "2026-02-01")]
    assert chart.caption == "n 101. Marked: 1 audit (5 Jan 2026); 2 move (1 Feb 2026 to 10 Feb 2026)."


def test_what_lies_off_the_axis_is_left_out_and_what_crosses_its_edge_is_cut_there():
    rows = remarks(("2025-12-01", "2025-12-31", "before"), ("2025-12-01", "2026-01-03", "across"), ("2026-04-12", None, "after"))
    chart = annotated(days_chart(), rows)
    assert [(shape.x0[:10], shape.x1[:10]) for shape in chart.figure.layout.shapes] == [("2026-01-01", "2026-01-03"), ("2026-01-01", "2026-01-01")]
    assert chart.caption == "n 101. Marked: 1 across (1 Dec 2025 to 3 Jan 2026)."
    assert annotated(days_chart(range=["2026-03-01", "2026-04-01"]), rows).figure.layout.shapes == ()


def test_numbers_of_near_ones_stand_together_and_many_are_listed_with_the_table(monkeypatch):
    rows = remarks(*((f"2026-01-{day:02}", None, f"r{day} {HOSTILE}") for day in (3, 5, 8, 25, 28)))
    chart = annotated(days_chart(), rows)
    assert len(rows) > FEW
    assert [note.text for note in chart.figure.layout.annotations] == ["1–3", "4–5"]
    assert chart.caption == "n 101. Marked 1 to 5: listed with the table."
    assert chart.remarks["days"].tolist()[0] == "3 Jan 2026"
    assert not any("<img" in str(note.hovertext) for note in chart.figure.layout.annotations)
    bundles = []
    monkeypatch.setattr(show, "display", lambda bundle, raw: bundles.append(bundle))
    monkeypatch.setattr(show, "remarks", lambda: rows)
    show.figure(days_chart())
    shown = "".join(bundle.get("text/html", "") for bundle in bundles)
    assert "r28 &lt;img" in shown
    assert "<img" not in shown


@pytest.mark.parametrize("chart", [
    Chart("nothing to draw"), days_chart(type="category"),
    Chart("hours", go.Figure(go.Scatter(x=[0, 60], y=[1, 1]))), Chart("names", go.Figure(go.Bar(x=["api", "2026-Q1"], y=[1, 1]))),
    Chart("no data", go.Figure(go.Scatter())),
], ids=lambda chart: chart.finding)  # fmt: skip
def test_an_axis_of_anything_but_time_is_left_as_it_is(chart: Chart):
    assert annotated(chart, remarks(("2026-02-01", None, "move"))) is chart


def test_a_chart_is_not_changed_in_place():
    chart = days_chart()
    annotated(chart, remarks(("2026-02-01", None, "move")))
    assert chart.figure.layout.shapes == ()


def test_a_bar_a_period_is_an_axis_of_time_however_long_its_periods_are():
    record = record_of("2026-10", decisions=[decision("1", "2026-09-15", "a"), decision("2", "2026-10-01", "b")])
    chart = annotated(decisions.standing(record), remarks(("2026-10-01", "2026-10-31", "move"), ("2026-09-16", None, "audit")))
    assert [(shape.type, shape.x0, round(shape.x1, 3)) for shape in chart.figure.layout.shapes] == [
        ("line", 0.0, 0.0), ("rect", 0.5, round(0.5 + 30 / 31, 3)), ("line", 0.5, 0.5)]  # fmt: skip


def test_the_whole_record_as_one_bar_is_no_axis_of_time():
    record = record_of("all", decisions=[decision("1", "2026-09-15", "a")])
    assert decisions.standing(record).edges == ()


def test_every_figure_of_days_has_remarks():
    """Whatever is drawn on days is known by what is drawn, so that no figure has to ask for it."""
    week = pd.DataFrame([(date(2026, 10, 5), "SEV-1", 1)], columns=["week_on", "severity", "incidents"])
    window = (date(2026, 10, 1), date(2026, 12, 31))
    months = week.rename(columns={"week_on": "month_on"})
    for chart in (figures.weekly_incidents(week, ["SEV-1"], finding="f", window=window),
                  figures.severity_by_month(months, ["SEV-1"], finding="f", window=window)):
        assert len(annotated(chart, remarks(("2026-11-01", None, "move"))).figure.layout.shapes) == 1
