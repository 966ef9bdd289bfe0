"""What the record can carry: the fields that analyses need, promises with an owner and a day, services with a runbook."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd

from opsanalytics.figures import Chart, Number, day, plural
from opsanalytics.metrics.outcomes import NO_RUNBOOK, Names, service_standings
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record
from opsanalytics.record_figures import each, stated_shares

# --- the fields that analyses need

def fields(record: Record) -> Chart:
    rows = record.table("readiness").sort_values("position")
    rows = rows[rows["n"] > 0]
    chart = stated_shares(rows, finding=_fields_finding(rows))
    caption = ("Counted incidents; promises of every origin but a newcomer's checklist; every decision and session. Usable from half "
               "of them on. A share of the record itself and of no sample, so it has no interval.")
    return replace(chart, numbers=tuple(_fields_numbers(rows)), caption=caption if chart.figure else "")


def _fields_finding(rows: pd.DataFrame) -> str:
    if rows.empty:
        return "No incident, promise, decision or session to judge by"
    usable = _usable(rows)
    least = rows.assign(share=rows["stated"] / rows["n"]).sort_values(["share", "position"]).iloc[0]
    return (f"{usable} of {plural(len(rows), 'field')} are stated often enough to analyse; the rarest is {least['field']}, "
            f"on {least['stated']:,} of {least['n']:,} {least['of_what']}")


def _usable(rows: pd.DataFrame) -> int:
    return int((rows["verdict"] == "usable").sum())


def _fields_numbers(rows: pd.DataFrame) -> list[Number]:
    return [Number("fields_usable", _usable(rows), "fields", n=len(rows)), *_shares(rows)] if len(rows) else []


def _shares(rows: pd.DataFrame) -> list[Number]:
    return [Number(f"stated.{row['of_what']}.{row['field']}".replace(" ", "_"), float(row["stated"] / row["n"]), "share", n=int(row["n"]))
            for _, row in rows.iterrows()]


# --- promises

def promises(record: Record) -> pd.DataFrame:
    """Open promises by the kind of record that made them: how many have no owner, and how many no day."""
    rows = _owed(record)
    if rows.empty:
        return pd.DataFrame()
    counts = rows.groupby("origin_kind").agg(
        open=("action_id", "size"), owner=("owner", "count"), due_on=("due_on", "count"), first=("where", "first")).reset_index()
    counts = counts.sort_values(["open", "origin_kind"], ascending=[False, True])
    return pd.DataFrame({
        "promised in": counts["origin_kind"], "open": counts["open"], "without an owner": counts["open"] - counts["owner"],
        "without a day": counts["open"] - counts["due_on"]})


def _owed(record: Record) -> pd.DataFrame:
    """Promises open at the as-of, each by its last writing; a newcomer's checklist is owed by its plan."""
    rows = record.table("action_item_facts")
    rows = rows[rows["is_owed"] & (rows["origin_kind"] != "onboarding")]
    return rows.assign(where=spans.where(rows)).sort_values(["source_path", "source_line", "action_id"])


def promises_finding(record: Record) -> str:
    rows = _owed(record)
    if rows.empty:
        return "No promise is open"
    unowned, undated = (int(rows[column].isna().sum()) for column in ("owner", "due_on"))
    if not unowned + undated:
        return f"Every open promise has an owner and a day, of {len(rows):,}"
    return f"{unowned or 'None'} of {plural(len(rows), 'open promise')} {_has(unowned)} no owner, {undated or 'none'} {_has(undated)} no day"


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


def promises_numbers(record: Record) -> list[Number]:
    rows = _owed(record)
    return [Number("promises_without_owner", int(rows["owner"].isna().sum()), "promises", n=len(rows)),
            Number("promises_without_day", int(rows["due_on"].isna().sum()), "promises", n=len(rows))] if len(rows) else []


def promises_caption(record: Record) -> str:
    return (f"Open on {day(record.as_of_on)}; one that a later session promised again counts once, by its last wording. "
            "OPS132 and OPS133 name each with its line.")


# --- runbooks

def runbooks(record: Record) -> pd.DataFrame:
    """Stale runbooks, the longest overdue first, then services without one."""
    stale, bare = _stale(record), _without(record)
    return pd.concat([
        pd.DataFrame({"service": stale["service"].fillna(stale["title"]), "trouble": "not reviewed in time", "reviewed": stale["reviewed_on"],
                      "to be reviewed by": stale["review_by"], "where": spans.where(stale)}),
        pd.DataFrame({"service": bare["service"], "trouble": "no runbook", "reviewed": None, "to be reviewed by": None, "where": spans.where(bare)}),
    ], ignore_index=True)


def _stale(record: Record) -> pd.DataFrame:
    """Those whose review day and the days it holds for are written down, and are over."""
    rows = record.table("runbooks")
    rows = rows[rows["reviewed_on"].notna() & rows["review_every_days"].notna()]
    rows = rows.loc[[(record.as_of_on - row.reviewed_on).days > row.review_every_days for row in each(rows)]]
    review_by = [row.reviewed_on + timedelta(int(row.review_every_days)) for row in each(rows)]
    return rows.assign(review_by=pd.Series(review_by, rows.index, dtype=object)).sort_values(["review_by", "runbook_id"])


def _services(record: Record) -> pd.DataFrame:
    """Services in use at the as-of."""
    rows = record.table("services")
    return rows[rows["retired_on"].isna() | (rows["retired_on"] > record.as_of_on)].sort_values("service")


def _without(record: Record) -> pd.DataFrame:
    standings = service_standings(record.connection, Names(record.connection), record.as_of_on)
    rows = _services(record)
    return rows.loc[[standings[row.service] == NO_RUNBOOK for row in each(rows)]]


def runbooks_finding(record: Record) -> str:
    count, services = len(record.table("runbooks")), len(_services(record))
    if not count and not services:
        return "No runbook and no service is in the record; ops/runbooks/<service>.md and ops/services.yml bring them"
    stale, bare = len(_stale(record)), len(_without(record))
    reviewed = f"{stale or 'None'} of {plural(count, 'runbook')} {'is' if stale == 1 else 'are'} past the review day"
    covered = f"{bare or 'none'} of {plural(services, 'service')} {_has(bare)} no runbook"
    return "; ".join([reviewed if count else "No runbook is in the record: ops/runbooks/<service>.md brings one",
                      covered if services else "no service is listed: ops/services.yml brings them"])


def runbooks_numbers(record: Record) -> list[Number]:
    count, services = len(record.table("runbooks")), len(_services(record))
    found = [Number("runbooks_stale", len(_stale(record)), "runbooks", n=count) if count else None,
             Number("services_without_runbook", len(_without(record)), "services", n=services) if services else None]
    return [number for number in found if number]


def runbooks_caption(record: Record) -> str:
    rows = record.table("runbooks")
    silent = int((rows["reviewed_on"].isna() | rows["review_every_days"].isna()).sum())
    return (f"On {day(record.as_of_on)}. A runbook is past its review when its last review and the days that it allows are over; "
            f"{silent} of {plural(len(rows), 'runbook')} {'does' if silent == 1 else 'do'} not state both, and cannot be judged.")
