"""The ledger on the demo company, whose maker knows which of its promises are spoken of where."""

from __future__ import annotations

from pathlib import Path

import pytest
from demo_company import UNTIL, load_demo

from opsanalytics.scaffold.demo import truth
from opsanalytics.warehouse.connect import read_rows

SIGHTINGS = """
    select firsts.source_path as first_path, firsts.text, sightings.source_path as seen_in
    from action_sightings as sightings
    inner join action_items as firsts using (action_id)"""


def found_and_meant(folder: Path, seed: int) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """(file that made the promise, its words there, file that has it again)"""
    found = {tuple(row.values()) for row in read_rows(load_demo(folder, seed), SIGHTINGS)}
    return found, {(each.path, each.text, path) for each in truth(UNTIL, seed).promises for path in each.seen_in}


def check(folder: Path, seeds: range) -> None:
    right = said = meant = 0
    for seed in seeds:
        found, told = found_and_meant(folder / str(seed), seed)
        right, said, meant = right + len(found & told), said + len(found), meant + len(told)
        print(f"seed {seed}: precision {len(found & told) / len(found):.3f}, recall {len(found & told) / len(told):.3f} of {len(told)}")
        assert len(found & told) >= 0.9 * max(len(found), len(told))
    print(f"all: precision {right / said:.3f}, recall {right / meant:.3f} of {meant}")
    assert min(right / said, right / meant) >= 0.95


@pytest.mark.long
def test_it_finds_what_is_the_same_promise_and_little_else(tmp_path: Path) -> None:
    check(tmp_path, range(11, 14))


@pytest.mark.long
def test_it_does_so_over_twenty_seeds(tmp_path: Path) -> None:
    """Its thresholds were chosen on the seeds 1 to 5."""
    check(tmp_path, range(6, 26))
