"""Every question of the design's table of packs has its place on a page."""

from __future__ import annotations

import pytest

from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.packs.catalogue import PACKS
from opsanalytics.packs.questions import QUESTIONS, Question

EVERY = [pytest.param(pack, question, id=f"{pack}: {question.asked}") for pack, questions in QUESTIONS.items() for question in questions]


def test_every_pack_answers_what_it_must() -> None:
    assert set(QUESTIONS) == set(PACKS)
    assert {pack: len(questions) for pack, questions in QUESTIONS.items()} == {
        "weekly-oncall": 8, "monthly-retro": 9, "quarterly-planning": 13}


@pytest.mark.parametrize(("pack", "question"), EVERY)
def test_a_question_is_answered_on_a_page_of_its_pack(pack: str, question: Question) -> None:
    assert question.asked.endswith("?")
    assert question.answers
    assert {answer.page for answer in question.answers} <= set(PACKS[pack].sources)


@pytest.mark.parametrize(("pack", "question"), EVERY)
def test_its_metrics_are_in_the_catalogue(pack: str, question: Question) -> None:
    assert {metric for answer in question.answers for metric in answer.metrics} <= set(METRICS)


@pytest.mark.parametrize(("pack", "question"), EVERY)
def test_a_number_or_a_metric_says_it(pack: str, question: Question) -> None:
    assert any(answer.numbers or answer.metrics for answer in question.answers)
