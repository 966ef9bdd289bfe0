"""The questions of the packs, on the pages of the demo company: each answer is there under its name, with its numbers."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase

import pytest

from opsanalytics.packs.catalogue import PACKS
from opsanalytics.packs.questions import QUESTIONS


def page_file(pack: str, page: str) -> str:
    return "index.html" if page == PACKS[pack].notebooks[0] else f"{page}.html"


@pytest.mark.parametrize("name", PACKS)
class TestAnswers:
    def test_stand_on_the_page_under_their_name(self, packs, name):
        folder = packs("demo", name).folder
        names = {page: re.findall(r'<(?:h2|div)[^>]* id="([^"]+)"', (folder / page_file(name, page)).read_text(encoding="utf-8"))
                 for page in PACKS[name].sources}  # fmt: skip
        answers = [answer for question in QUESTIONS[name] for answer in question.answers]
        assert [f"{answer.page}#{answer.name}" for answer in answers if answer.name not in names[answer.page]] == []
        assert [page for page, found in names.items() if len(found) > len(set(found))] == []

    def test_state_their_numbers(self, packs, name):
        stated = [each["id"] for each in json.loads((packs("demo", name).folder / "numbers.json").read_text(encoding="utf-8"))]
        asked = [f"{answer.page}.{number}" for question in QUESTIONS[name] for answer in question.answers for number in answer.numbers]
        assert [number for number in asked if not any(fnmatchcase(each, number) for each in stated)] == []

    def test_are_on_pages_that_are_small(self, packs, name):
        """Beside plotly's script, which all share; the page tells too which one has grown."""
        folder = packs("demo", name).folder
        assert {page: size for page in PACKS[name].sources if (size := (folder / page_file(name, page)).stat().st_size) >= 300_000} == {}
