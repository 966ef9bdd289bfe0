"""Onboarding plans: how far each checklist is, and what is still open. In the order of the first day: nobody is ranked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import pandas as pd

from opsanalytics.figures import Chart, Number, day, plural, quantity
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.record_figures import CHECKLIST_STATES, each, stacked

# The checklists of a plan, and the days after the first one by which their items are expected.
STAGES: Mapping[str, int] = {"first week": 7, "30 days": 30, "60 days": 60, "90 days": 90}
SECTIONS: Mapping[str, int] = {"first_week": 7, "days_30": 30, "days_60": 60, "days_90": 90}
LAST_DAY = 90
NO_STAGE = "other"
_UNITS = {"day": 1, "week": 7, "month": 30}
_STRETCH = re.compile(r"(?P<before>before )?(?P<unit>day|week|month)s? (?:\d+ (?:to )?)?(?P<last>\d{1,3})\b|\b(?P<number>\d{1,3}) (?P<of>day|week|month)s?\b")


def plans(record: Record) -> pd.DataFrame:
    """Those whose ninety days touch the period, by their first day; then those that do not tell it."""
    rows = record.table("onboarding_plans")
    rows = rows.loc[[_touches(started, record) for started in rows["started_on"]]]
    return rows.sort_values(["started_on", "plan_id"])


def _touches(started: date | None, record: Record) -> bool:
    return started is None or (started < record.period.ends_on and (record.period.starts_on - started).days <= LAST_DAY)


def items(record: Record) -> pd.DataFrame:
    """The checklists of those plans: `stage`, the day `expected_on`, and `state`, a key of CHECKLIST_STATES.

    An item without a day of its own is expected so many days after the first day as its heading says.
    """
    plan = plans(record)[["plan_id", "person", "role", "started_on"]]
    rows = record.table("action_item_facts")
    rows = rows[rows["origin_kind"] == "onboarding"].merge(plan, left_on="origin_id", right_on="plan_id")
    rows = rows.assign(section=rows["section"].fillna(""))
    rows = rows.assign(stage=[_stage(section) for section in rows["section"]],
                       expected_on=pd.Series([_expected(row) for row in each(rows)], rows.index, dtype=object))
    rows = rows.assign(state=[_state(row, record) for row in each(rows)])
    return rows.sort_values(["started_on", "plan_id", "position"])


@cache
def _days(section: str) -> int | None:
    """Days that a heading gives, by the words with which a plan is read, else by `week 2`, `months 2 3` or `before day 1`."""
    if name := Vocabulary().look_up("onboarding_labels", section):
        return SECTIONS.get(name)
    found = _STRETCH.search(section)
    if found is None:
        return None
    count, unit = found["last"] or found["number"], found["unit"] or found["of"]
    return (int(count) - bool(found["before"])) * _UNITS[unit]


def _stage(section: str) -> str:
    """The first of the checklists whose days take it in."""
    days = _days(section)
    return next((name for name, limit in STAGES.items() if days is not None and days <= limit), NO_STAGE)


def _expected(row: Any) -> date | None:
    days = _days(row.section)
    if row.due_on is not None:
        return row.due_on  # type: ignore[no-any-return]
    return row.started_on + timedelta(days) if row.started_on is not None and days is not None else None


def _state(row: Any, record: Record) -> str:
    if not row.is_open:
        return "done" if row.status == "done" else "dropped"
    return "overdue" if row.expected_on is not None and row.expected_on < record.as_of_on else "open"


def header(record: Record) -> tuple[str, ...]:
    count = len(plans(record))
    return spans.header(record, f"{plural(count, 'plan') if count else 'no plan'} in {spans.said(record.period)}")


# --- all plans together

def progress(record: Record) -> Chart:
    rows = items(record)
    tidy = rows.groupby(["stage", "state"]).size().rename("count").reset_index().rename(columns={"stage": "group", "state": "kind"})
    order = [name for name in (*STAGES, NO_STAGE) if (rows["stage"] == name).any()]
    chart = stacked(tidy, order, CHECKLIST_STATES, finding=_progress_finding(record), name="checklists", noun="checklist", lying=True)
    silent = int(rows["expected_on"].isna().sum())
    caption = (f"Items of all plans together on {day(record.as_of_on)}. An item without a day of its own is taken to be "
               "expected 7, 30, 60 or 90 days after the first day, or when its heading says, and overdue after that"
               + (f"; {silent} of {len(rows)} have neither a day nor such a heading and first day." if silent else "."))
    return replace(chart, numbers=tuple(_numbers(record)), caption=caption if chart.figure else "")


def _progress_finding(record: Record) -> str:
    rows, count = items(record), len(plans(record))
    if record.table("onboarding_plans").empty:
        return "No onboarding plan is in the record; opsanalytics new onboarding writes one to ops/onboarding"
    if not count:
        return f"No plan has its ninety days in {spans.said(record.period)}"
    if rows.empty:
        return f"No checklist item is in the {plural(count, 'plan')} of {spans.said(record.period)}"
    done, overdue = (int((rows["state"] == state).sum()) for state in ("done", "overdue"))
    return (f"{done or 'None'} of {plural(len(rows), 'checklist item')} in {plural(count, 'plan')} {'is' if done == 1 else 'are'} done, "
            f"{overdue or 'none'} {'is' if overdue == 1 else 'are'} overdue")


def _numbers(record: Record) -> list[Number]:
    rows = items(record)
    return [Number(f"items.{state}", int((rows["state"] == state).sum()), "items", n=len(rows))
            for state in CHECKLIST_STATES] if len(rows) else []


# --- plan by plan

def listed(record: Record) -> pd.DataFrame:
    """A plan a row: whose it is, which day it is at, and how many items of each checklist are done."""
    found, rows = plans(record), items(record)
    if found.empty:
        return pd.DataFrame()
    names = [name for name in (*STAGES, NO_STAGE) if (rows["stage"] == name).any()]
    done = {name: [_done_of(rows[(rows["plan_id"] == plan) & (rows["stage"] == name)]) for plan in found["plan_id"]] for name in names}
    return pd.DataFrame({
        "person": found["person"], "role": found["role"], "manager": found["manager"], "mentor": found["mentor"],
        "first day": found["started_on"], "now": [_now(started, record) for started in found["started_on"]], **done,
        "overdue": [int(((rows["plan_id"] == plan) & (rows["state"] == "overdue")).sum()) for plan in found["plan_id"]],
        "where": spans.where(found)})


def _now(started: date | None, record: Record) -> str:
    if started is None:
        return "–"
    passed = (record.as_of_on - started).days + 1
    return f"in {quantity(1 - passed, 'days')}" if passed < 1 else f"day {passed}" if passed <= LAST_DAY else "over"


def _done_of(rows: pd.DataFrame) -> str:
    return f"{int((rows['state'] == 'done').sum())} of {len(rows)}" if len(rows) else "–"


def listed_finding(record: Record) -> str:
    """Nothing more to say where the figure says that there is none."""
    return "The plans, by their first day" if len(plans(record)) else ""


# --- what is open

def still_open(record: Record) -> pd.DataFrame:
    """Open items, those expected first at the top."""
    rows = _open(record)
    return pd.DataFrame({
        "item": rows["text"], "of": rows["person"].fillna(rows["role"]), "checklist": rows["stage"],
        "expected by": rows["expected_on"], "": ["overdue" if state == "overdue" else "" for state in rows["state"]], "where": spans.where(rows)})


def _open(record: Record) -> pd.DataFrame:
    rows = items(record)
    return rows[rows["state"].isin(["open", "overdue"])].sort_values(["expected_on", "plan_id", "position"])


def still_open_finding(record: Record) -> str:
    count = len(_open(record))
    if count:
        return "The one open item" if count == 1 else f"The {count} open items"
    return "Nothing of it is open" if len(items(record)) else ""
