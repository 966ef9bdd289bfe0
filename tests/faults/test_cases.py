"""Every case of `cases/*.yml`: what a bad file, or an odd one, becomes."""

from __future__ import annotations

from typing import Any

import pytest
from outcomes import RECORDS, WORDS, check, content, outcome_of, read, read_cases, within

from opsanalytics.kinds import KINDS
from opsanalytics.readers.reading import Context
from opsanalytics.tables import TABLES
from opsanalytics.tree import Source
from opsanalytics.warehouse.settle import gather

TOGETHER = read_cases("ids")
CASES = {name: case for name, case in read_cases().items() if name not in TOGETHER}
STATED = [(name, kind) for name, case in CASES.items() for kind in RECORDS if kind in case or "all" in case]


def test_there_are_enough_cases_and_each_states_what_it_expects() -> None:
    assert len(CASES) + len(TOGETHER) >= 300
    assert {name for name, _ in STATED} == set(CASES)


@pytest.mark.parametrize(("name", "kind"), STATED, ids=lambda value: value)
def test_a_file_becomes_what_its_case_says(name: str, kind: str) -> None:
    case = CASES[name]
    data, expected = content(case), case.get(kind) or case["all"]
    with within(10):
        reading = read(data, kind, case.get("zone"))
    check(data, reading, kind)
    assert outcome_of(reading, kind, expected.get("loaded", ())) == expected


@pytest.mark.parametrize("name", TOGETHER)
def test_files_together_get_the_ids_that_their_case_says(name: str) -> None:
    case: dict[str, Any] = TOGETHER[name]
    kind = case.get("kind", "incidents")
    place = f"ops/{kind}/"
    sources = [Source(place + path, text.encode()) for path, text in sorted(case["files"].items())]
    records = gather({kind: sources}, Context(WORDS))
    main = TABLES[KINDS[kind].table]
    assert {row["source_path"].removeprefix(place): row[main.key[0]] for row in records.rows[main.name]} == case["ids"]
    assert [row["action_id"] for row in records.rows["action_items"]] == case.get("promises", [])
    assert [str(each).removeprefix(place) for each in records.findings] == case.get("found", [])
