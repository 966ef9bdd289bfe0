"""The page of the founder's checklist, on tables small enough to read."""

from __future__ import annotations

import pytest
from test_pages_record import HOSTILE, body, record_of, shown  # noqa: F401

from opsanalytics.figures import Place
from opsanalytics.metrics.checklist import CHECKS, DONE, MEETINGS, PRIORITIES
from opsanalytics.packs import checklist
from opsanalytics.workbench import display as show

THEMES = dict.fromkeys(check.theme for check in CHECKS.values())


def item(number: int, dri: str | None = None, **more) -> dict:
    return {"item_id": f"r#{number}", "horizon": "now", "position": number, "title": f"item {number}", "status": "open", "dri": dri,
            "source_path": "ROADMAP.md", "source_line": number} | more  # fmt: skip


def kept(quarters: dict[str, tuple[int, int]]) -> list[dict]:
    """Promised days of triage: how many of how many were held in the month."""
    return [{"ritual": "triage", "promised_on": f"{month}-{day + 1:02}", "outcome": "held" if day < held else "missed"}
            for month, (held, promised) in quarters.items() for day in range(promised)]


@pytest.fixture
def told() -> checklist.Told:
    """Of eight items for now one has a DRI. Triage: of 28 days 27 kept in a year, after a worse one."""
    return checklist.read(record_of(
        "2026-Q4", roadmap_items=[item(1, "ana"), *(item(number) for number in range(2, 9))],
        ritual_slots=kept({"2025-02": (5, 10), "2025-08": (1, 4), "2026-02": (8, 8), "2026-08": (10, 10), "2026-11": (9, 10)})))  # fmt: skip


def test_the_answer_counts_the_words(told):
    assert checklist.answer(told) == [["2 of 19 questions are answered yes, 1 no, 16 the record cannot say."]]
    assert {number.id: number.value for number in checklist.answer_numbers(told)} == {
        "answers.yes": 2, "answers.no": 1, "answers.cant_tell": 0, "answers.not_on_record": 16}  # fmt: skip


def test_a_habit_is_read_from_a_year_and_told_by_quarter(told):
    row = checklist.questions(told, MEETINGS).iloc[0].to_dict()
    assert row == {
        "question": "Are meetings held as promised?", "answer": "▲ yes", "found": "96 % of 28", "95 %": "82 % to 100 %",
        "needed": "at least 80 %", "by quarter, oldest first": "50, –, 25, –, 100, –, 100, 90 %", "asked of": "promised days"}  # fmt: skip
    assert checklist.rule(told).startswith("What happened in Q1 2026 to Q4 2026 is a sample of each habit: yes when all of the 95 %")


def test_a_year_that_cannot_tell_says_so():
    told = checklist.read(record_of("2026-Q4", ritual_slots=kept({"2026-11": (8, 11)})))
    row = checklist.questions(told, MEETINGS).iloc[0]
    assert (row["answer"], row["found"], row["needed"]) == ("◆ can't tell", "73 % of 11", "at least 80 %")
    assert checklist.answer(told) == [["No question of 19 is answered yes, 1 can't be told yet, 18 the record cannot say."]]


def test_what_fails_is_shown_by_a_few_and_the_rest_is_counted(told):
    assert checklist.finding(told, PRIORITIES) == "One source of truth for priorities: 1 yes, 1 no, 2 not on record"
    assert checklist.behind_finding(told, PRIORITIES) == "7 records fail a question"
    assert checklist.behind(told, PRIORITIES)[["fails it", "why", "where"]].to_numpy().tolist() == [
        [f"item {number}", "no DRI", Place("ROADMAP.md", number)] for number in (2, 3, 4)]  # fmt: skip
    assert checklist.behind_caption(told, PRIORITIES) == "Newest first, 3 a question at most; 4 more below."
    assert len(checklist.all_behind(told, PRIORITIES)) == 7


def test_numbers_say_their_answer(told):
    stated = {number.id: number for theme in THEMES for number in checklist.numbers(told, theme)}
    assert list(stated) == list(CHECKS)
    assert [stated["roadmap_with_dri"].machine_form()[key] for key in ("value", "n", "verdict", "unit")] == [0.125, 8, "no", "share"]
    assert (stated["drill_days"].value, stated["drill_days"].verdict) == (None, "not on record")


def test_what_is_absent_is_told_with_the_file_that_would_bring_it():
    told = checklist.read(record_of("2026-Q4"))
    assert checklist.answer(told) == [["No question of 19 is answered yes, 19 the record cannot say."]]
    rows = [row for theme in THEMES for row in checklist.questions(told, theme).to_dict("records")]
    assert {row["answer"] for row in rows} == {"– not on record"}
    assert all(row["asked of"].startswith("the record cannot say: add ") for row in rows)
    assert [(checklist.behind_finding(told, theme), len(checklist.all_behind(told, theme))) for theme in THEMES] == [("", 0)] * len(THEMES)


@pytest.mark.parametrize("period", ["all", "2026-11", "2026-W47", "2026-09-03..2026-10-02"])
def test_any_period_can_be_asked(period):
    told = checklist.read(record_of(period, ritual_slots=kept({"2026-09": (8, 11)})))
    assert checklist.rule(told) and len(checklist.questions(told, MEETINGS)) == 6


def test_text_of_the_record_is_escaped_and_the_twin_has_all(shown):  # noqa: F811
    told = checklist.read(record_of("2026-Q4", roadmap_items=[item(number, title=HOSTILE) for number in range(1, 6)]))
    show.table(checklist.behind(told, PRIORITIES), finding=checklist.behind_finding(told, PRIORITIES), twin=checklist.all_behind(told, PRIORITIES))
    show.table(checklist.questions(told, DONE), finding=checklist.finding(told, DONE))
    page = "".join(map(body, shown))
    assert "<script" not in page and "<img" not in page
    assert "<summary>All 5 of them</summary>" in page and page.count("&lt;img") == 3 + 5
