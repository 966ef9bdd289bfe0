"""What git tells of the demo company's promises is what its generator meant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from demo_company import UNTIL

from opsanalytics.scaffold.demo import truth, wiki_plans
from opsanalytics.warehouse.connect import read_rows

FEW, MANY = (1,), range(2, 23)


@pytest.fixture(scope="module", params=[*FEW, *(pytest.param(seed, marks=pytest.mark.long) for seed in MANY)])
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def database(seed: int, demo_database: Callable[[int], Path]) -> Path:
    return demo_database(seed)


def test_every_promise_ends_on_the_day_and_in_the_way_that_was_meant(database: Path, seed: int) -> None:
    rows = read_rows(database, """
        select source_path, text, owner, status, cast(ended_on as varchar) as ended_on
        from action_item_facts where origin_kind in ('incident', 'decision')""")  # fmt: skip
    found = Counter(tuple(row.values()) for row in rows)
    meant = truth(UNTIL, seed).follow_ups
    assert found == Counter((each.path, each.text, each.owner, each.state, each.ended_on) for each in meant)
    assert {each.state for each in meant} == {"open", "done", "dropped", "gone"}


def test_every_event_is_told_as_meant(database: Path, seed: int) -> None:
    rows = read_rows(database, """
        select action_items.source_path, text, event, strftime(timezone('Europe/Paris', timezone('UTC', occurred_at)), '%Y-%m-%d') as day
        from action_events join action_items using (action_id)
        where origin_kind in ('incident', 'decision') order by occurred_at""")  # fmt: skip
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        found[row["source_path"], row["text"]].append(f"{row['event']} {row['day']}")
    meant = {(each.path, each.text): each.events for each in truth(UNTIL, seed).follow_ups}
    assert found == meant
    assert {"done", "reworded", "reopened", "dropped", "gone"} <= {event.split()[0] for events in meant.values() for event in events}


def test_what_was_imported_has_no_day_until_somebody_ticks_it(database: Path) -> None:
    imported = ", ".join(f"'{wiki_plans.path_of(2026, place)}'" for place in range(len(wiki_plans.NEWCOMERS)))
    rows = read_rows(database, f"""
        select status, done_on_source, cast(done_on as varchar) as done_on, count(*) as n
        from action_items where source_path in ({imported}) group by all order by all""")  # fmt: skip
    assert [tuple(row.values()) for row in rows] == [("done", "history", "2026-02-24", 1), ("done", None, None, 71)]
