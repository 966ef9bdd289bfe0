"""The first page, block by block, on tables small enough to count by hand."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
from test_pages_record import HOSTILE, body, record_of, shown  # noqa: F401
from test_pages_slos import incident, sample, slo

from opsanalytics.figures import NUMBERS, Chart, Number, Said, Tile, low
from opsanalytics.packs import ahead, needs_decision, overview, restore, since, spent
from opsanalytics.packs.needs_decision import HABIT, ITEM, POLICY, PROMISE, PROPOSAL, Ask
from opsanalytics.packs.record import Record
from opsanalytics.packs.slos import Slos
from opsanalytics.workbench import display as show


def plain(sentences: list[Any]) -> str:
    return " ".join("".join(part if isinstance(part, str) else part[0] for part in sentence) for sentence in sentences)


def follow_up(incident_id: str, text: str, due_on: str | None, **more: Any) -> dict[str, Any]:
    return {"action_id": f"{incident_id}#{text}", "origin_kind": "incident", "origin_id": incident_id, "position": 1, "text": text, "status": "open",
            "created_on": "2026-09-01", "due_on": due_on, "source_path": f"ops/incidents/{incident_id}.md", "source_line": 9} | more  # fmt: skip


# --- what is said is stated

def test_a_number_of_the_answer_is_stated_and_refers_to_itself(shown):  # noqa: F811
    show.answer(["Of ", Said("4 <b>", "weekly", Number("all", 4, "incidents")), "."], numbers=[Number("more", 2, "incidents")])
    assert body(shown[0]) == '<p class="ops-answer">Of <span data-number="all"><a href="#weekly">4 &lt;b&gt;</a></span>.</p>'
    assert [number["id"] for number in shown[0][NUMBERS]] == ["all", "more"]


def test_the_numbers_of_a_tiles_words_are_stated_with_it(shown):  # noqa: F811
    show.tiles([Tile("Budgets", Number("now", 2, "budgets"), "of 4", states=(Number("before", 1, "budgets"),))])
    assert [number["id"] for number in shown[0][NUMBERS]] == ["now", "before"]


def test_each_number_of_the_answer_is_among_those_that_it_states():
    record = record_of("2026-Q4", incidents=[incident(f"i{n}", f"2026-10-{n:02d} 10:00:00", f"2026-10-{n:02d} 11:00:00") for n in (5, 12, 19)],
                       slos=[slo("a")], sli_samples=[sample("a", "2026-10-25 12:00", 50)],
                       action_items=[follow_up("i5", "x", "2026-10-10"), follow_up("i5", "y", None)])  # fmt: skip
    said = overview.answer(record)
    unsaid = "".join(part if isinstance(part, str) else "" if isinstance(part, Said) else part[0] for sentence in said for part in sentence)
    assert re.findall(r"\d+", re.sub(r"Q\d \d{4}|SEV-\d", "", unsaid)) == []
    assert plain(said).startswith("3 incidents in Q4 2026 so far, ")
    assert plain(said).endswith("and 2 follow-ups are open, 1 of them overdue.")


def test_a_record_that_begins_with_its_only_incident_has_no_rate():
    """From the 18th to the 22nd: five days that this incident begins."""
    record = record_of("2026-Q4", incidents=[incident("i", "2026-11-18 10:00:00", "2026-11-18 10:30:00")])
    assert plain(overview.answer(record)).startswith("1 incident in Q4 2026 so far, in the 5 days on record; ")
    assert overview.weekly(record).finding.startswith("1 incident in the 5 days on record: too few days for a rate")
    [severe, *_] = overview.tiles(record)
    assert (severe.number.value, severe.number.n, severe.note) == (None, 1, "1 incident in 0.71 weeks")


def test_a_median_of_one_is_called_what_it_is():
    one = [incident("i", "2026-11-18 10:00:00", "2026-11-18 10:30:00")]
    assert restore.strip(record_of("2026-Q4", incidents=one)).finding == "Restored within 30 min (the one SEV-1)"
    two = [*one, incident("j", "2026-11-19 10:00:00", "2026-11-19 10:30:00"), incident("k", "2026-11-19 10:00:00", "2026-11-19 11:00:00") | {"severity": "SEV-2"}]
    assert restore.strip(record_of("2026-Q4", incidents=two)).finding == "Half were restored within 30 min (SEV-1), 1 h (the one SEV-2)"


# --- what needs a decision

def ask(kind: str, waits: float | None, question: str = "?") -> Ask:
    return Ask(kind, question, "", None, "", None, waits)


def test_breaches_come_first_then_what_waits_longest_and_two_of_a_kind_are_shown():
    found = needs_decision.needed(record_of(), [
        ask(HABIT, None, "h"), ask(PROMISE, 5, "p5"), ask(PROMISE, 50, "p50"), ask(PROMISE, 500, "p500"), ask(PROPOSAL, 60, "d"),
        ask(ITEM, 10, "i"), ask(POLICY, None, "b")])  # fmt: skip
    assert [each.question for each in found.every] == ["b", "p500", "d", "p50", "i", "p5", "h"]
    assert [each.question for each in found.shown] == ["b", "p500", "d", "p50", "i"]
    assert needs_decision.finding(found) == "7 questions need a decision, the first 5 here"
    assert "3 × overdue promise" in needs_decision.caption(found)
    assert [number.value for number in needs_decision.numbers(found)] == [7, 5]


def test_nothing_to_decide_says_so():
    found = needs_decision.read(record_of())
    assert (needs_decision.finding(found), len(needs_decision.table(found))) == ("Nothing needs a decision by your policies", 0)


@pytest.fixture
def busy() -> Record:
    """Of four weeks' 100,000 events 100 may go wrong, and 130 did; the roadmap's second item has nobody."""
    return record_of(
        "2026-Q4",
        slos=[slo("b")], sli_samples=[sample("b", "2026-10-25 12:00", 130)],
        incidents=[incident("i1", "2026-09-01 10:00:00", "2026-09-01 11:00:00"), incident("i2", "2026-10-01 10:00:00", "2026-10-01 11:00:00")],
        incident_services=[{"incident_id": each, "service": "api"} for each in ("i1", "i2")],
        action_items=[follow_up("i1", "late", "2026-11-12", owner="Ana"), follow_up("i1", "not yet", "2026-12-24"), follow_up("i2", "done", "2026-10-02", status="done")],
        decisions=[{"decision_id": "d1", "title": "Move", "status": "proposed", "proposed_on": date(2026, 10, 1)},
                   {"decision_id": "d2", "title": "Stay", "status": "proposed", "proposed_on": date(2026, 11, 20)}],
        roadmap_items=[{"item_id": f"r#{n}", "title": f"item {n}", "horizon": horizon, "status": "open", "position": n, "dri": dri}
                       for n, (horizon, dri) in enumerate((("now", "Bao"), ("next", None), ("later", None)))],
    )  # fmt: skip


def test_an_overspent_budget_asks_to_halt_and_says_what_the_next_four_weeks_take(busy):
    [row] = needs_decision.breaches(Slos(busy))
    assert (row.question, row.cost) == ("Halt changes until b is within its budget?", "at the pace of the last 28 days another 130 % in the next")
    assert (row.dri, str(row.where)) == (None, "ops/slo.yml:2")


def test_a_promise_a_proposal_and_an_item_say_who_answers_and_where(busy):
    [late] = needs_decision.overdue(busy)
    assert (late.question, late.evidence, late.dri, late.cost, late.waits_days) == ("Do or drop: late?", "SEV-1, 10 days overdue", "Ana", "1 incident there since", 10)
    [stale] = needs_decision.proposals(busy)
    assert (stale.question, stale.evidence, stale.dri) == ("Accept or reject: Move?", "52 days since 1 Oct 2026", None)
    [item] = needs_decision.unowned(busy)
    assert (item.question, item.cost, item.dri) == ("Who answers for: item 1?", "no day is named", None)


def test_a_habit_of_days_says_since_when_and_by_how_much_it_is_overdue():
    """A drill on 10 March 2026 is 257 days away, and half a year is asked."""
    drill = incident("d", "2026-03-10 10:00:00", "2026-03-10 11:00:00") | {"kind": "drill"}
    [asked] = [each for each in needs_decision.habits(record_of("2026-Q4", incidents=[drill])) if "practise" in each.question]
    assert (asked.evidence, asked.cost) == ("no: 257 days since the last of 1 drill, needed at most 183 days", "overdue by 74 days")


def test_the_table_says_nobody_and_goes_into_the_mail(shown, busy):  # noqa: F811
    found = needs_decision.read(busy)
    rows = needs_decision.table(found)
    assert rows.columns.tolist() == ["question", "evidence", "DRI", "what waiting costs", "where"]
    assert set(rows["DRI"]) == {"nobody", "Ana"}
    assert rows["question"].iloc[0].startswith("Halt changes")
    show.decisions(rows.head(1), finding=HOSTILE, caption="why", twin=rows)
    assert body(shown[0]).index("ops-finding") < body(shown[0]).index("How they were chosen, and all of them") < body(shown[0]).index("ops-table")
    assert "<img" not in body(shown[0])


# --- budgets of the period

def test_budgets_are_counted_over_the_days_of_the_period(busy):
    """The four weeks of the sample lie in the quarter by the greater part: 130 of 100 allowed."""
    told = spent.Spent(busy)
    tile = spent.tile(told)
    assert (tile.number.value, tile.number.n, tile.note) == (1, 1, "of 1 objective over the quarter")
    assert plain([spent.sentence(told)]) == "the error budget is overspent over the quarter"
    chart = spent.services(told)
    assert {number.id: number.value for number in chart.numbers} == {"spent.b": 1.3, "services_without_slo": 0}
    assert chart.finding == "api spent most of its budget in Q4 2026: 130 %"


def test_without_an_objective_the_page_says_which_file_would_bring_one():
    told = spent.Spent(record_of("2026-Q4"))
    assert (spent.tile(told).number.value, spent.sentence(told)) == (None, [])
    assert spent.services(told).finding == "No service has an objective: ops/slo.yml brings objectives, ops/sli_samples.csv what is measured"
    assert spent.services(told).figure is None


def test_what_nobody_measured_is_no_zero():
    told = spent.Spent(record_of("2026-Q4", slos=[slo("a")], services=[{"service": "api"}, {"service": "fax"}]))
    assert (spent.tile(told).number.value, spent.tile(told).note) == (None, "what 1 objective spent cannot be told")
    assert spent.services(told).finding == "What was spent in Q4 2026 cannot be told; 1 service has no SLO"
    assert spent.services(told).twin["objective"].tolist() == ["a", "no SLO"]


# --- ahead and since

def test_without_history_nobody_can_tell_what_comes():
    told = ahead.Ahead(record_of("2026-Q4"))
    assert ahead.finding(told).startswith("Nobody can tell what Q1 2027 brings: no incident is on record")
    assert len(ahead.table(told)) == 0


def change(name: str, was: str | None, became: str | None, at: str, record_id: str = "i1") -> dict[str, Any]:
    return {"record_kind": "incident", "record_id": record_id, "name": name, "was": was, "became": became, "changed_at": at, "git_commit": "c" * 40,
            "source_path": "i1.md"}  # fmt: skip


def test_what_was_stated_and_is_stated_otherwise_is_told_and_what_was_filled_in_is_not():
    """Of Q3, which ended on 30 September: the second change was made before, the third fills in, and the fourth ends it."""
    record = record_of("2026-Q4", incidents=[incident("i1", "2026-09-01 10:00:00", "2026-09-01 11:00:00")], record_changes=[
        change("severity", "SEV-2", "SEV-1", "2026-10-05 10:00:00"), change("severity", "SEV-3", "SEV-2", "2026-09-05 10:00:00"),
        change("mitigated_at", None, "2026-09-01 10:30:00", "2026-10-05 10:00:00"), change("status", "open", "resolved", "2026-10-05 10:00:00")])  # fmt: skip
    told = since.Since(record)
    assert since.finding(told) == "1 incident of Q3 2026 reads otherwise since 30 Sep 2026: severity of 1"
    assert since.table(told)["what"].tolist() == ["severity: SEV-2 → SEV-1"]


def test_changes_of_which_none_came_later_are_nothing():
    record = record_of("2026-Q4", incidents=[incident("i1", "2026-09-01 10:00:00", "2026-09-01 11:00:00")],
                       record_changes=[change("severity", "SEV-3", "SEV-2", "2026-09-05 10:00:00")])
    assert since.finding(since.Since(record)) == ""


def test_nothing_is_shown_when_nothing_changed(shown):  # noqa: F811
    told = since.Since(record_of("2026-Q4"))
    show.table(since.table(told), finding=since.finding(told))
    assert shown == []


# --- form

def test_a_low_figure_is_no_higher_and_the_one_it_is_made_of_stays():
    chart = Chart("f", go.Figure(layout={"height": 340}), pd.DataFrame())
    assert (low(chart).figure.layout.height, chart.figure.layout.height, low(Chart("f")).figure) == (220, 340, None)
