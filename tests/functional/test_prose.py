"""What a page says in words agrees with its numbers and with the tables beside the words."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from prose import Loose, forms, loose_numbers, quantities

from opsanalytics.packs.catalogue import PACKS

MATRIX = [(workspace, pack) for workspace in ("jenkins", "one", "empty") for pack in PACKS]


@pytest.mark.parametrize(("workspace", "name"), [
    ("demo", "weekly-oncall"), ("demo", "quarterly-planning"), *(pytest.param(*each, marks=pytest.mark.long) for each in MATRIX),
    pytest.param("demo", "monthly-retro", marks=pytest.mark.long)])  # fmt: skip
def test_every_number_in_prose_is_one_of_the_page(packs, workspace: str, name: str) -> None:
    loose = "\n".join(map(str, loose_numbers(packs(workspace, name).folder)))
    assert not loose, loose


@pytest.fixture
def falsified(packs, tmp_path: Path):
    """A page of the demo company's pack whose numbers of these ids are others than those it was written from."""
    def falsify(page: str, ids: Callable[[str], bool]) -> list[Loose]:
        made = packs("demo").folder
        (tmp_path / "notebooks").mkdir()
        shutil.copy(made / "notebooks" / f"{page}.ipynb", tmp_path / "notebooks")
        numbers = json.loads((made / "numbers.json").read_text(encoding="utf-8"))
        for each in filter(lambda each: ids(each["id"]), numbers):
            each.update({key: each[key] + 1000 for key in ("value", "low", "high", "n") if each[key] is not None})
        (tmp_path / "numbers.json").write_text(json.dumps(numbers), encoding="utf-8")
        return list(loose_numbers(tmp_path))

    return falsify


@pytest.mark.parametrize(("number", "cell"), [
    ("mttr_definitions.definitions_that_can_answer", "matrix"), ("record_quality.findings", "by_code"), ("follow_up_completion.older_than_a_quarter", "ages")])
def test_one_number_that_was_falsified_is_found_in_its_finding(falsified, number: str, cell: str) -> None:
    assert {(loose.cell, loose.kind) for loose in falsified(number.partition(".")[0], number.__eq__)} >= {(cell, "finding")}


def test_falsified_numbers_are_found_in_answers_and_tiles(falsified) -> None:
    loose = falsified("overview", lambda number: number.startswith("overview."))
    assert {each.kind for each in loose} >= {"answer", "tile", "finding"}


def test_names_hold_digits_and_are_no_quantities() -> None:
    text = ("On 22 Nov 2026 09:40, in Q4 2026, 2026-W41 and Aug 2026, INC-20260304-01 of SEV-1 in ops/incidents/INC-1.md:12 took 18 % of the "
            "budget of 28 days, 1 h 35 min, 1,024 of 2,048 requests")  # fmt: skip
    assert quantities(text) == ["18 %", "1 h 35 min", "1,024", "2,048"]


def test_a_share_is_also_said_as_how_many_of_how_many() -> None:
    share = {"id": "a", "value": 0.636364, "low": 0.31, "high": None, "unit": "share", "n": 11, "verdict": None}
    assert set(forms(share)) == {"64 %", "31 %", "7", "3", "11"}
