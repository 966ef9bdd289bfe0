"""Open promises of every origin by their age, each once, by the record that made it first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from opsanalytics.figures import AGES, Chart, Number, day
from opsanalytics.packs.record import Record
from opsanalytics.record_figures import ORIGINS, each, stacked

AGE_LIMITS = (-1, 7, 30, 91, 182, 10**6)


def still_open(record: Record) -> pd.DataFrame:
    """`origin` is a key of ORIGINS, the kind of record that made the promise first."""
    rows = _made(record)
    rows = rows[rows["is_open"]]
    rows = rows.assign(origin=[_origin(row) for row in each(rows)])
    return rows.sort_values(["age_days", "action_id"], ascending=[False, True], na_position="last")


def _made(record: Record) -> pd.DataFrame:
    """A promise a row, up to the as-of. A newcomer's checklist is owed by its plan, and is no promise here."""
    rows = record.table("promise_facts")
    return rows[~(rows["created_on"] > record.as_of_on) & (rows["origin_kind"] != "onboarding")]


def _origin(row: Any) -> str:
    if row.origin_kind == "ritual":
        return "retrospective" if row.ritual == "retrospective" else "another ritual"
    return str(row.origin_kind)


def ages(record: Record) -> Chart:
    """By age and by the kind of record that made the promise."""
    rows = still_open(record)
    bins = pd.cut(rows["age_days"].astype(float), list(AGE_LIMITS), labels=list(AGES)).astype(object)
    counts = rows.assign(group=bins, kind=rows["origin"], count=1)[["group", "kind", "count"]].dropna()
    tidy = counts.groupby(["group", "kind"])["count"].sum().reset_index()
    chart = stacked(tidy, AGES, ORIGINS, finding=_finding(record), name="promises", noun="age", lying=True)
    caption = (f"Open on {day(record.as_of_on)}, by the time since they were first promised, and where. One that a later record "
               f"promised again counts once.{_newcomers_words(record)}")
    return replace(chart, numbers=tuple(numbers(record)), caption=caption if chart.figure else "")


def _newcomers_words(record: Record) -> str:
    rows = record.table("promise_facts")
    count = int((rows["is_open"] & (rows["origin_kind"] == "onboarding") & ~(rows["created_on"] > record.as_of_on)).sum())
    if not count:
        return ""
    said = "1 open item of a newcomer's checklist is" if count == 1 else f"{count} open items of newcomers' checklists are"
    return f" {said} not among them: their plans owe them; the command line counts them as open promises."


def _finding(record: Record) -> str:
    rows = still_open(record)
    if rows.empty:
        return "Nothing that was promised is open"
    old, late = _older_than_a_quarter(rows), int(rows["is_overdue"].fillna(False).sum())
    if len(rows) == 1:
        return f"One promise is open, {'overdue' if late else 'not overdue'}"
    return f"{len(rows)} promises are open, {'all' if late == len(rows) else late or 'none'} of them overdue; {old or 'none'} {'is' if old == 1 else 'are'} older than a quarter"


def _older_than_a_quarter(rows: pd.DataFrame) -> int:
    return int((rows["age_days"] > AGE_LIMITS[3]).sum())


def numbers(record: Record) -> list[Number]:
    rows, n = still_open(record), len(_made(record))
    if not n:
        return []
    overdue = int(rows["is_overdue"].fillna(False).sum())
    return [Number("promises_open", len(rows), "promises", n=n), Number("promises_overdue", overdue, "promises", n=n),
            Number("promises_older_than_a_quarter", _older_than_a_quarter(rows), "promises", n=n)]
