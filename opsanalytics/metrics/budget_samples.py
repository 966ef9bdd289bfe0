"""What an objective's budget rests on: from when to when it was measured, how often, and where samples are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsanalytics.metrics.budgets import read_objectives
from opsanalytics.metrics.clock import read_clock
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import Row

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NONE_SEEN = {"n": 0, "shortest_minutes": None, "longest_minutes": None, "n_excluded": 0}


def sample_rows(connection: DuckDBPyConnection) -> list[Row]:
    """One row an objective; n counts the samples that are over at the as-of and can be used, n_excluded the others.

    gaps: in their order, each with begins_at, ends_at and minutes, those stretches from the first sample to the as-of for
    which it has none, and in which one as long as its shortest would have had room.
    """
    clock = read_clock(connection)
    seen = {row.pop("slo_id"): row for row in fetch(connection, "budgets.samples_seen", {"as_of": clock.as_of})}
    gaps: dict[str, list[Row]] = {}
    for row in fetch(connection, "budgets.sample_gaps", {"as_of": clock.as_of}):
        gaps.setdefault(row.pop("slo_id"), []).append(row)
    return [
        {"slo_id": each.slo_id, "service": each.service, "target": each.target, "time_window": each.time_window,
         "counted": each.unit, "first_at": each.first_at, "last_at": each.last_at, **seen.get(each.slo_id, NONE_SEEN),
         "gaps": gaps.get(each.slo_id, [])}
        for each in read_objectives(connection, clock)
    ]
