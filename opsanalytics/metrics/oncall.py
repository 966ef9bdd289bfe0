"""What being on call costs: pages, incidents and interrupted hours by hour class, shift and month, and who covers when.

A call is a page, or a counted incident at its first page, else when it was detected, else when it started. It belongs to
whoever was called, else to the one person on shift. Hours are business (Monday to Friday, 9 to 18), sleep (22 to 7) and off
(the others) on that person's own clock, else on the workspace's.

An hour is interrupted when a page of theirs was sent in it or they worked on an incident in it: distinct clock hours of a
person, so that ten pages in an hour weigh as one and five over an evening as five. So counts Multitudes its disrupted hours
(docs.multitudes.com, Page Disruptions). Before the first page on record and after the last nothing is known of pages;
between them no page is none. A shift that was never paged is a 0, time without a shift is not.

Nothing here is by person. How a load spreads over a rota of three or more is told without saying who.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from opsanalytics.metrics.clock import read_clock
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import Row, joined
from opsanalytics.stats.evenness import largest_by_chance
from opsanalytics.stats.intervals import Estimate
from opsanalytics.stats.rates import Weeks, weekly_rate
from opsanalytics.stats.spans import Spans
from opsanalytics.stats.survival import median_survival

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from opsanalytics.metrics.periods import Period

CLASSES = ("business", "off", "sleep")
ALL = "all"
CALLS = ("kind", "called_on", "hour_class", "standing", "is_own_zone")
ON_SHIFT, OFF_SHIFT, SEVERAL, NOBODY = "on shift", "off shift", "several shifts", "nobody on shift"


def month_rows(connection: DuckDBPyConnection) -> list[Row]:
    """One row a calendar month, oldest first, in the workspace's zone, from that of the first page to that of the last.

    month_on: first day; days in the month, days_covered of them from the first to the last page; pages, pages_of_nobody of
    them that name nobody and fell into no one shift; incidents that started; hours interrupted, None where all the pages
    are nobody's. A month is whole where days_covered is days: before the first page and after the last nothing is known.
    """
    return fetch(connection, "oncall.load_months", {})


def pages_known(connection: DuckDBPyConnection) -> tuple[date, date] | None:
    """First and last day, in the workspace's zone, on which a page was sent; None without a page."""
    [row] = fetch(connection, "oncall.pages_known", {})
    return (row["first_on"], row["last_on"]) if row["first_on"] else None


def calls(connection: DuckDBPyConnection) -> pd.DataFrame:
    """A call a row, oldest first: the columns of CALLS, kind `page` or `incident`, called_on in the workspace's zone."""
    rows = sorted(fetch(connection, "oncall.taken_calls", {}), key=itemgetter("called_at", "kind", "call_id"))
    return pd.DataFrame(rows, columns=list(CALLS))


# --- by hour class

def load_rows(connection: DuckDBPyConnection, period: Period | None = None) -> list[Row]:
    """One row an hour class, and one of ALL: pages, incidents and interrupted hours of the days, and how many pages and
    incidents a shift had on average (quasi-Poisson interval), over the `shifts` that began in the days and are over.

    pages and hours are None for days of which no page is known, hours where all the pages are nobody's.
    """
    rows = fetch(connection, "oncall.class_loads", _days(period))
    shifts = [row for row in shift_rows(connection, period) if row["is_over"]]
    note = _load_note(connection, period, rows)
    return [_load_row(name, parts, shifts, note) for name, parts in (*((row["hour_class"], [row]) for row in rows), (ALL, rows))]


def _load_row(name: str, parts: Sequence[Row], shifts: Sequence[Row], note: str) -> Row:
    own = [row for row in shifts if name in (row["hour_class"], ALL)]
    pages, incidents = (_by_shift(own, kind) for kind in ("pages", "incidents"))
    known = not note.startswith(_UNKNOWN)
    totals = {kind: sum(part[kind] for part in parts) for kind in ("pages", "incidents", "hours")}
    return {
        "hour_class": name, "incidents": totals["incidents"], "pages": totals["pages"] if known else None,
        "hours": totals["hours"] if known and _NO_HOURS not in note else None,
        "shifts": len(pages), **_per_shift("pages", pages), **_per_shift("incidents", incidents), "note": note,
    }


_UNKNOWN, _NO_HOURS = "no page", "nobody is known whom they called"


def _load_note(connection: DuckDBPyConnection, period: Period | None, rows: Sequence[Row]) -> str:
    known = pages_known(connection)
    if known is None:
        return f"{_UNKNOWN} is in the record"
    first, last = _days(period).values()
    if known[1] < first or known[0] > last:
        return f"{_UNKNOWN} of these days is in the record; it has some from {known[0]} to {known[1]}"
    pages, nobodys, elsewhere = (sum(row[name] for row in rows) for name in ("pages", "n_nobody", "n_elsewhere"))
    if pages and nobodys == pages:
        return f"{pages} pages, and {_NO_HOURS}"
    return joined(
        f"{nobodys} of {pages} pages are nobody's" if nobodys else "",
        f"{elsewhere} of {pages} pages by the workspace's clock: their person's zone is not on record" if elsewhere else "",
    )


def _by_shift(rows: Sequence[Row], kind: str) -> list[int]:
    """How many each shift had, of those of which it is known."""
    known = [row for row in rows if row[kind] is not None]
    return [sum(row[kind] for row in group) for _, group in groupby(known, key=lambda row: row["shift_id"])]


def _per_shift(kind: str, counts: Sequence[int]) -> Row:
    found = _mean(counts)
    return {f"{kind}_per_shift": found.value, f"{kind}_low": found.low, f"{kind}_high": found.high}


def _mean(counts: Sequence[int]) -> Estimate:
    """Shifts that may cluster, as weeks may; one alone has no interval."""
    if len(counts) < 2:
        return Estimate(float(counts[0]) if counts else None)
    return weekly_rate(Weeks(np.array(counts, np.float64), np.ones(len(counts))))


# --- by shift

def shift_rows(connection: DuckDBPyConnection, period: Period | None = None) -> list[Row]:
    """One row a shift that had begun by the as-of, by the day of its start, and hour class: the calls that fell into it, and
    its person's interrupted hours meanwhile.

    pages: None for a shift before the first page or after the last; incidents: None before the first incident. stretches
    of twelve hours it has, and how many of them were `crowded` with more than two incidents of any class.
    """
    return fetch(connection, "oncall.shift_loads", _days(period))


def standing_rows(connection: DuckDBPyConnection, period: Period | None = None) -> list[Row]:
    """One row a standing that occurs: ON_SHIFT, OFF_SHIFT (whoever was called was not), SEVERAL (nothing says which), NOBODY."""
    return fetch(connection, "oncall.call_standings", _days(period))


def unusable_shifts(connection: DuckDBPyConnection) -> int:
    """How many lack a start before their end."""
    return int(fetch(connection, "oncall.unusable_shifts", {})[0]["n"])


def spread_rows(connection: DuckDBPyConnection, period: Period | None = None) -> list[Row]:
    """One row a rota of three people or more and hours, ALL or sleep: value is the share of the rota's pages that its most
    loaded had. even: the share of each if all had as many; by_chance: what the largest share does not exceed in 19 of 20
    cases when every page falls to each of them alike, on its own.
    """
    return [
        _spread_row(row, hours, *counts)
        for row in fetch(connection, "oncall.rota_shares", _days(period))
        for hours, counts in ((ALL, (row["pages"], row["most_pages"])), ("sleep", (row["sleep_pages"], row["most_sleep_pages"])))
    ]


def _spread_row(row: Row, hours: str, pages: int, most: int) -> Row:
    people = row["people"]
    return {
        "service": row["service"], "hours": hours, "people": people, "value": most / pages if pages else None,
        "even": 1 / people, "by_chance": largest_by_chance(pages, people) / pages if pages else None, "unit": "share",
        "n": pages, "note": "" if pages else "no page",
    }


# --- who covers when

def coverage_rows(connection: DuckDBPyConnection, period: Period | None = None) -> list[Row]:
    """One row a service with a rota, None for shifts that name no service: value is the share of the time from its first
    shift to the as-of, as far as it is in the period, with somebody on shift. Hours; gaps counts the times without.

    A shift that names no service covers every one.
    """
    stretches = groupby(stretch_rows(connection, period), key=lambda row: row["service"])
    return [_coverage_row(service, list(rows)) for service, rows in stretches]


def _coverage_row(service: str | None, rows: Sequence[Row]) -> Row:
    total, gap, several = (sum(row["hours"] for row in rows if row["people"] in people) for people in ((0, 1, 2), (0,), (2,)))
    return {
        "service": service, "from_at": rows[0]["from_at"], "to_at": rows[-1]["to_at"], "value": (total - gap) / total,
        "unit": "share", "hours": total, "gap_hours": gap, "gaps": sum(row["people"] == 0 for row in rows),
        "several_hours": several,
    }


def stretch_rows(connection: DuckDBPyConnection, period: Period | None = None) -> list[Row]:
    """One row a service and a stretch of time in which 0, 1 or 2 people, or more, were on shift: from_at, to_at, hours."""
    zone = read_clock(connection).zone
    ends = {"from_at": period.starts_at(zone), "to_at": period.ends_at(zone)} if period else {"from_at": None, "to_at": None}
    return fetch(connection, "oncall.rota_stretches", ends)


# --- how long a page waits, and the hours that an incident takes

def acknowledgement_rows(connection: DuckDBPyConnection, period: Period | None = None) -> list[Row]:
    """One row an hour class, and one of ALL: the median minutes until a page was taken, those that nobody took censored
    at the as-of. Where no page on record says when it was taken, none can be told.
    """
    rows = fetch(connection, "oncall.acknowledgements", _days(period))
    return [_acknowledged(name, [row for row in rows if name in (row["hour_class"], ALL)]) for name in (*CLASSES, ALL)]


def _acknowledged(name: str, rows: Sequence[Row]) -> Row:
    usable = [row for row in rows if row["minutes"] is not None]
    taken, waiting = ([row["minutes"] for row in usable if row["is_taken"] is is_taken] for is_taken in (True, False))
    found = median_survival(Spans.from_start(taken, waiting)) if taken else Estimate(None)
    return {
        "hour_class": name, "value": found.value, "low": found.low, "high": found.high, "unit": "minutes", "n": len(usable),
        "n_open": len(waiting), "note": _acknowledged_note(rows, usable, taken, found),
    }


def _acknowledged_note(rows: Sequence[Row], usable: Sequence[Row], taken: Sequence[float], found: Estimate) -> str:
    if not rows:
        return "no page"
    backwards = f"left out: {len(rows) - len(usable)} (taken before it was sent)" if len(usable) < len(rows) else ""
    if not taken:
        return joined("no page says when it was taken", backwards)
    return joined("median not reached: too many were not taken" if found.value is None else "", backwards)


def response_rows(connection: DuckDBPyConnection, period: Period | None = None) -> list[Row]:
    """One row a severity: value is the hours that people worked on its incidents of the period, summed over people, of the
    n of them that tell when somebody joined and left; None where none does.
    """
    return [{"severity": row["severity"], "value": row["hours"], "unit": "person-hours", "people": row["people"], "n": row["n"],
             "incidents": row["incidents"]} for row in fetch(connection, "oncall.response_hours", _days(period))]


def _days(period: Period | None) -> dict[str, Any]:
    if period is None:
        return {"first_on": date.min, "last_on": date.max}
    return {"first_on": period.starts_on, "last_on": period.ends_on - timedelta(1)}
