"""Open promises of every origin by their age. One that a later session repeats is told once, by its last wording."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from opsanalytics.figures import AGES, Chart, Number, day
from opsanalytics.packs.record import Record
from opsanalytics.record_figures import ORIGINS, each, stacked

AGE_LIMITS = (-1, 7, 30, 91, 182, 10**6)


def still_open(record: Record) -> pd.DataFrame:
    """`origin` is a key of ORIGINS; `age` counts from the first session that promised it. A newcomer's checklist is owed by
    its plan, and is no promise here."""
    rows = record.table("action_item_facts")
    rows = rows[~(rows["created_on"] > record.as_of_on) & (rows["origin_kind"] != "onboarding")]
    rows = rows.assign(origin=[_origin(row) for row in each(rows)], age=_ages(rows))
    rows = rows[rows["is_open"] & ~rows["action_id"].isin(set(rows["carried_from"].dropna()))]
    return rows.sort_values(["age", "action_id"], ascending=[False, True], na_position="last")


def _origin(row: Any) -> str:
    if row.origin_kind == "ritual":
        return "retrospective" if row.ritual == "retrospective" else "another ritual"
    return str(row.origin_kind)


def _ages(rows: pd.DataFrame) -> list[float]:
    """Days since the promise was first made, however often it was carried over."""
    days = rows["age_days"].astype(float)
    own = dict(zip(rows["action_id"], zip(days, rows["carried_from"], strict=True), strict=True))
    return [_first_age(action_id, own) for action_id in rows["action_id"]]


def _first_age(action_id: str, own: dict[str, tuple[float, object]]) -> float:
    seen = {action_id}
    age, before = own[action_id]
    while isinstance(before, str) and before in own and before not in seen:
        seen.add(before)
        age, before = own[before]
    return age


def ages(record: Record) -> Chart:
    """By age and by the kind of record that made the promise."""
    rows = still_open(record)
    bins = pd.cut(rows["age"].astype(float), list(AGE_LIMITS), labels=list(AGES)).astype(object)
    counts = rows.assign(group=bins, kind=rows["origin"], count=1)[["group", "kind", "count"]].dropna()
    tidy = counts.groupby(["group", "kind"])["count"].sum().reset_index()
    chart = stacked(tidy, AGES, ORIGINS, finding=_finding(record), name="promises", noun="age", lying=True)
    caption = (f"Open on {day(record.as_of_on)}, by the time since they were first promised. One that a later session promised "
               "again counts once.")
    return replace(chart, numbers=tuple(numbers(record)), caption=caption if chart.figure else "")


def _finding(record: Record) -> str:
    rows = still_open(record)
    if rows.empty:
        return "Nothing that was promised is open"
    old, late = int((rows["age"] > AGE_LIMITS[3]).sum()), int(rows["is_overdue"].fillna(False).sum())
    if len(rows) == 1:
        return f"One promise is open, {'overdue' if late else 'not overdue'}"
    return f"{len(rows)} promises are open, {late or 'none'} of them overdue; {old or 'none'} {'is' if old == 1 else 'are'} older than a quarter"


def numbers(record: Record) -> list[Number]:
    rows, n = still_open(record), len(record.table("action_items"))
    if not n:
        return []
    overdue = int(rows["is_overdue"].fillna(False).sum())
    return [Number("promises_open", len(rows), "promises", n=n), Number("promises_overdue", overdue, "promises", n=n)]
