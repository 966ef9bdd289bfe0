"""Promises that are overdue or fall due within a week, of every origin, and what became of those due in the period."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from opsanalytics.figures import Number, day, known, plural, quantity
from opsanalytics.packs import promises, spans
from opsanalytics.packs.record import Record
from opsanalytics.record_figures import each

SOON = timedelta(7)
SHOWN = 10


def owed(record: Record) -> pd.DataFrame:
    """Open ones whose day is over or at most a week away: the overdue first, of these the worst severity, then the oldest.
    Words, owner and place are those of the last writing.
    """
    rows = promises.still_open(record)
    rows = rows[rows["last_due_on"].notna()]
    rows = rows[rows["last_due_on"] <= record.as_of_on + SOON]
    lasts = record.table("action_item_facts").set_index("action_id")
    rows = rows.assign(is_late=rows["is_overdue"].fillna(False).astype(bool))
    if len(rows):
        rows = rows.assign(**{name: lasts.loc[rows["last_action_id"], name].to_numpy() for name in ("text", "owner", "source_path", "source_line")})
    return rows.sort_values(["is_late", "severity_rank", "last_due_on", "action_id"], ascending=[False, True, True, True], na_position="last")


def listed(record: Record) -> pd.DataFrame:
    return every(record).head(SHOWN)


def every(record: Record) -> pd.DataFrame:
    rows = owed(record)
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "promise": rows["text"], "from": rows["origin_title"].fillna(rows["origin_id"]), "severity": rows["severity"],
        "due": rows["last_due_on"], "": [_state(record, row) for row in each(rows)],
        "owner": [row.owner if known(row.owner) else "nobody" for row in each(rows)], "where": spans.where(rows)})


def _state(record: Record, row: object) -> str:
    days = (row.last_due_on - record.as_of_on).days  # type: ignore[attr-defined]
    if days < 0:
        return f"overdue by {quantity(-days, 'days')}"
    return f"due in {quantity(days, 'days')}" if days else "due today"


def finding(record: Record) -> str:
    rows = owed(record)
    late, soon = int(rows["is_late"].sum()), int((~rows["is_late"]).sum())
    if rows.empty:
        return f"No promise is overdue or falls due by {day(record.as_of_on + SOON)}"
    return (f"{plural(late, 'promise') if late else 'No promise'} {'is' if late < 2 else 'are'} overdue, {soon or 'none'} "
            f"{'falls' if soon < 2 else 'fall'} due by {day(record.as_of_on + SOON)}")


def kept_words(record: Record) -> str:
    """`Of 6 promises due in 2026-W47, 4 are done by their day`; empty where none was due."""
    kept, n = _kept(record)
    return f"Of {plural(n, 'promise')} due in {spans.said(record.period)}, {kept or 'none'} {'was' if kept < 2 else 'were'} done by the day." if n else (
        f"No promise was due in {spans.said(record.period)}.")


def _kept(record: Record) -> tuple[int, int]:
    """How many of those due on a day of the period that is over were done by it, and how many there were."""
    rows = record.table("promise_facts")
    rows = rows[(rows["origin_kind"] != "onboarding") & rows["due_on"].notna() & (rows["status"] != "dropped")]
    rows = record.within(rows, record.period, "due_on")
    rows = rows[rows["due_on"] < record.as_of_on]
    return int(((rows["status"] == "done") & (rows["days_late"] == 0)).sum()), len(rows)


def caption(record: Record) -> str:
    return (f"As they stand on {day(record.as_of_on)}, by the last day that was named, of every origin; by promise and not by person. "
            f"{kept_words(record)} A dropped one is not asked.")


def numbers(record: Record) -> list[Number]:
    rows, (kept, n) = owed(record), _kept(record)
    late = int(rows["is_late"].sum())
    return [Number("promises_overdue", late, "promises"), Number("promises_due_soon", len(rows) - late, "promises"),
            *([Number("promises_kept_of_period", kept, "promises", n=n)] if n else [])]
