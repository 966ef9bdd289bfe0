"""What an incident took of an error budget: the bad events of the samples while its impact lasted.

A sample that lies in an impact in part counts in part, by minutes; incidents that share a minute share what was bad in it.
The limits of a share are not those of chance but of what the samples can tell. Minutes alone never make a share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from opsanalytics.metrics.budgets import (
    MINUTE,
    SHARE,
    Objective,
    Spending,
    Stretch,
    measure,
    read_objectives,
    rolling,
    seen_words,
    stretch_parameters,
)
from opsanalytics.metrics.clock import Clock, read_clock
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import Row, joined
from opsanalytics.stats.intervals import Estimate

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Share:
    """The bad events that fall to an incident in the samples of a stretch, and how few and many they can be. n: samples
    that saw its impact. minutes: those of its impact that they saw. is_partial, is_split: some of them not it alone.
    """

    bad: float
    low: float
    high: float
    n: int
    minutes: float
    is_partial: bool
    is_split: bool


Shares = dict[tuple[int, str], Share]


def incident_rows(connection: DuckDBPyConnection, since: datetime | None = None) -> list[Row]:
    """One row a counted incident and objective of one of its services; value is what it took of the budget of the four
    weeks (the policy's `halt_after`) that end with its impact, or with the as-of while it lasts. since: leaves out those
    that had ended by then.

    low and high: what it took if none, or all, of what was bad in samples that it shares with other times and incidents
    was its own.
    """
    clock = read_clock(connection)
    impacts = fetch(connection, "budgets.impacts", {"since": since})
    known = [impact for impact in impacts if not impact["reason"]]
    objectives = {each.slo_id: each for each in read_objectives(connection, clock)}
    asked = [(objectives[impact["slo_id"]], _four_weeks(impact["ends_at"], clock)) for impact in known]
    shares = impact_shares(connection, clock, asked)
    spent = measure(connection, clock, asked)
    return [
        *(_impact_row(impact, spending, shares.get((number, impact["incident_id"])))
          for number, (impact, spending) in enumerate(zip(known, spent, strict=True))),
        *(_impact_row(impact) for impact in impacts if impact["reason"]),
    ]


def impact_shares(connection: DuckDBPyConnection, clock: Clock, asked: Sequence[tuple[Objective, Stretch]]) -> Shares:
    """By the place of the stretch in what was asked, and incident."""
    rows = fetch(connection, "budgets.impact_shares", {**stretch_parameters(clock, dict(enumerate(asked))), "since": None})
    return {(row.pop("number"), row.pop("incident_id")): Share(**row) for row in rows}


def _four_weeks(ends_at: datetime, clock: Clock) -> Stretch:
    """With the sample in which the impact ends; while it lasts they are those of the budget itself."""
    length = clock.error_budget.halt_after
    stretch = rolling(ends_at, length)
    return stretch if ends_at >= clock.as_of else replace(stretch, name=f"the {length} to its end", side="start")


def _impact_row(impact: Row, spending: Spending | None = None, share: Share | None = None) -> Row:
    allowed = spending.allowed if spending else None
    value, low, high = _taken(share, allowed)
    return {
        "incident_id": impact["incident_id"], "slo_id": impact["slo_id"], "service": impact["service"],
        "begins_at": impact["begins_at"], "ends_at": impact["ends_at"], "value": value, "low": low, "high": high,
        "unit": SHARE, "bad": share.bad if share else None, "allowed": allowed, "n": share.n if share else 0,
        "note": _share_note(impact, spending, share) if spending and share and allowed
        else f"cannot be computed: {_no_share(impact, spending, share)}",
    }


def _taken(share: Share | None, allowed: float | None) -> Estimate:
    if share is None or allowed is None:
        return Estimate(None)
    return Estimate(share.bad / allowed, share.low / allowed, share.high / allowed)


def _no_share(impact: Row, spending: Spending | None, share: Share | None) -> str:
    if spending is None:
        return str(impact["reason"])
    return spending.note if share else f"no samples while its impact lasted{seen_words(spending.objective)}"


def _share_note(impact: Row, spending: Spending, share: Share) -> str:
    seen = round(share.minutes / ((impact["ends_at"] - impact["begins_at"]) / MINUTE), 6)
    return joined(
        spending.note_of(spending.stretch.words if spending.stretch else "it"),
        "of samples that lie in its impact in part a part, by minutes" if share.is_partial else "",
        "split with the incidents of the same minutes" if share.is_split else "",
        f"samples saw {seen:.0%} of its impact" if seen < 1 else "",
    )
