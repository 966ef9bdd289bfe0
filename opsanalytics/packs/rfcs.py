"""RFCs: which are under review, and which of them are past the end of it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from opsanalytics.figures import Number, day, plural
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record
from opsanalytics.record_figures import each

WAITING = ("draft", "open")


def waiting(record: Record) -> pd.DataFrame:
    """Drafts and those under review, the longest open first."""
    rows = _waiting(record)
    return pd.DataFrame({
        "RFC": rows["title"].fillna(rows["rfc_id"]), "status": rows["status"], "author": rows["author"], "opened": rows["opened_on"],
        "review ends": rows["review_ends_on"], "": ["review is over" if _is_over(row, record) else "" for row in each(rows)],
        "where": spans.where(rows)})


def _waiting(record: Record) -> pd.DataFrame:
    rows = record.table("rfcs")
    return rows[rows["status"].isin(WAITING)].sort_values(["opened_on", "rfc_id"])


def _is_over(row: Any, record: Record) -> bool:
    return row.review_ends_on is not None and row.review_ends_on < record.as_of_on


def waiting_finding(record: Record) -> str:
    every, rows = record.table("rfcs"), _waiting(record)
    if every.empty:
        return "No RFC is in the record; rfcs/YYYY-MM-<slug>.md brings one"
    over = sum(_is_over(row, record) for row in each(rows))
    if rows.empty:
        return f"No RFC waits: none of {len(every):,} is a draft or under review; {_silent_words(every)}"
    return (f"{len(rows):,} of {plural(len(every), 'RFC')} {'waits' if len(rows) == 1 else 'wait'} for a decision; the review of "
            f"{over or 'none'} of them is over")


def _silent_words(every: pd.DataFrame) -> str:
    count = int(every["status"].isna().sum())
    return f"{count or 'none'} {'states' if count == 1 else 'state'} no status"


def waiting_caption(record: Record) -> str:
    every = record.table("rfcs")
    unknown = int(_waiting(record)["review_ends_on"].isna().sum())
    return (f"Drafts and RFCs under review on {day(record.as_of_on)}; {_silent_words(every)}, "
            f"and {unknown} of those shown {'does' if unknown == 1 else 'do'} not say when the review ends.")


def waiting_numbers(record: Record) -> list[Number]:
    rows, n = _waiting(record), len(record.table("rfcs"))
    over = sum(_is_over(row, record) for row in each(rows))
    return [Number("rfcs_waiting", len(rows), "RFCs", n=n), Number("rfcs_review_over", over, "RFCs", n=n)] if n else []
