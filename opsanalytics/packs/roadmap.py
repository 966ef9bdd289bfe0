"""The roadmap: what is to be done now, next and later, who answers for it, and what is late. And the risks of the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from opsanalytics.figures import Chart, Number, day, plural, quantity
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record
from opsanalytics.record_figures import ITEM_STATES, each, stacked
from opsanalytics.tables import HORIZONS

NO_HORIZON = "no horizon"
ORDER = (*HORIZONS, NO_HORIZON)
TO_DO = ("with a DRI", "no DRI")


def items(record: Record) -> pd.DataFrame:
    """Every item: those to do by horizon, in the order of their file, then the others. `state` is a key of ITEM_STATES."""
    rows = record.table("roadmap_items")
    rows = rows.assign(horizon=rows["horizon"].fillna(NO_HORIZON))
    rows = rows.assign(state=[_state(row) for row in each(rows)], rank=[ORDER.index(horizon) for horizon in rows["horizon"]])
    rows = rows.assign(is_to_do=rows["state"].isin(TO_DO))
    rows = rows.assign(is_late=[row.is_to_do and row.due_on is not None and row.due_on < record.as_of_on for row in each(rows)])
    return rows.sort_values(["is_to_do", "rank", "source_path", "position"], ascending=[False, True, True, True])


def _state(row: Any) -> str:
    if row.status != "open" or row.horizon == "done":
        return "dropped" if row.status == "dropped" else "done"
    return "no DRI" if pd.isna(row.dri) else "with a DRI"


def _to_do(record: Record) -> pd.DataFrame:
    rows = items(record)
    return rows[rows["is_to_do"]]


# --- who answers for it

def owned(record: Record) -> Chart:
    """The items of each horizon, by whether somebody answers for them."""
    rows = items(record)
    tidy = rows.groupby(["horizon", "state"]).size().rename("count").reset_index().rename(columns={"horizon": "group", "state": "kind"})
    order = [horizon for horizon in ORDER if (rows["horizon"] == horizon).any()]
    chart = stacked(tidy, order, ITEM_STATES, finding=owned_finding(record), name="roadmap", noun="horizon", lying=True)
    caption = (f"As the roadmap stood on {day(record.as_of_on)}, under its own headings. Done is what is struck through, ticked, or under "
               "a heading for what is done; a DRI is the one person who answers for an item.")
    return replace(chart, numbers=tuple(numbers(record)), caption=caption if chart.figure else "")


def owned_finding(record: Record) -> str:
    every, rows = items(record), _to_do(record)
    if every.empty:
        return "No roadmap is in the record; ROADMAP.md brings it"
    if rows.empty:
        return f"Nothing on the roadmap is left to do, of {plural(len(every), 'item')}"
    bare, late, done = int(rows["dri"].isna().sum()), int(rows["is_late"].sum()), int((every["state"] == "done").sum())
    unowned = "all" if bare == len(rows) > 1 else bare or "none"
    return (f"{plural(len(rows), 'item')} to do, {unowned} without a DRI and {late or 'none'} overdue; "
            f"{done or 'none'} {'is' if done == 1 else 'are'} done")


def numbers(record: Record) -> list[Number]:
    every, rows = items(record), _to_do(record)
    if every.empty:
        return []
    counts = {"to_do": len(rows), "without_dri": int(rows["dri"].isna().sum()), "overdue": int(rows["is_late"].sum()),
              "without_day": int(rows["due_on"].isna().sum()), "done": int((every["state"] == "done").sum())}
    return [Number(f"roadmap.{name}", count, "items", n=len(every)) for name, count in counts.items()]


def listed(record: Record) -> pd.DataFrame:
    rows = items(record)
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "horizon": rows["horizon"], "item": rows["title"], "DRI": rows["dri"], "due": rows["due_on"],
        "": [_standing(row, record) for row in each(rows)], "where": spans.where(rows)})


def _standing(row: Any, record: Record) -> str:
    """What somebody must look at, else that it is closed."""
    late = f"overdue by {quantity((record.as_of_on - row.due_on).days, 'days')}" if row.is_late else ""
    return ", ".join(filter(None, ("" if row.state == "with a DRI" else row.state, late)))


def listed_finding(record: Record) -> str:
    """Nothing more to say where the figure says that there is none."""
    return "The roadmap, item by item" if len(items(record)) else ""


# --- risks

def risks(record: Record) -> pd.DataFrame:
    """Those of the last planning session up to the period's end that names any."""
    rows = _risks(record)
    return pd.DataFrame({"risk": rows["text"], "where": spans.where(rows)})


def _risks(record: Record) -> pd.DataFrame:
    sessions = record.table("ritual_facts")
    sessions = sessions[(sessions["ritual"] == "planning") & sessions["is_held"] & sessions["held_on"].notna()]
    sessions = sessions[sessions["held_on"] <= record.last_on]
    notes = record.table("ritual_notes")
    notes = notes[notes["category"] == "risk"].merge(sessions[["session_id", "held_on"]], on="session_id")
    last = max(notes["held_on"], default=None)
    return notes[notes["held_on"] == last].sort_values(["source_path", "position"])


def risks_finding(record: Record) -> str:
    rows = _risks(record)
    if rows.empty:
        return "No risk is written down; a planning session names them under Risks"
    return f"{plural(len(rows), 'risk')} named at the planning of {day(rows['held_on'].iloc[0])}"
