"""Rituals: held against promised, minutes against timebox, and what comes of a session. Nothing here is by person."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from opsanalytics.figures import Chart, Number, plural, quantity
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.result import Row
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record, left_out_words
from opsanalytics.packs.retros import interval
from opsanalytics.record_figures import each, promised_days, timeboxes


def titles(record: Record) -> dict[str, str]:
    """Ritual -> its name for people."""
    rows = record.table("rituals")
    return {row.ritual: row.ritual if pd.isna(row.title) else row.title for row in each(rows)}


def promised(record: Record) -> pd.DataFrame:
    """The promised days of the period that are over: `ritual` (by its title), `promised_on`, `outcome`."""
    names = titles(record)
    rows = record.table("ritual_slots")
    rows = record.within(rows[rows["promised_on"] <= record.as_of_on], record.period, "promised_on")
    return rows.assign(ritual=[names.get(name, name) for name in rows["ritual"]]).sort_values(["promised_on", "ritual"])


def sessions(record: Record) -> pd.DataFrame:
    """The sessions of the period that were held."""
    names = titles(record)
    rows = record.table("ritual_facts")
    rows = rows[rows["is_held"] & rows["held_on"].notna() & (rows["held_on"] <= record.as_of_on)]
    rows = record.within(rows, record.period, "held_on").sort_values(["held_on", "session_id"])
    return rows.assign(ritual=[names.get(name, name) for name in rows["ritual"]])


def order(record: Record) -> list[str]:
    """The cadence's rituals first, as the file has them, then those that it does not promise."""
    seen = {*promised(record)["ritual"], *sessions(record)["ritual"]}
    return [*(name for name in titles(record).values() if name in seen), *sorted(seen - set(titles(record).values()))]


def header(record: Record) -> tuple[str, ...]:
    count = len(sessions(record))
    said = f"{plural(count, 'session')} held" if count else "no session held"
    return spans.header(record, f"{said} in {spans.covered(record)}")


# --- held against promised

def held(record: Record) -> Chart:
    rows = promised(record)
    lines = [name for name in order(record) if (rows["ritual"] == name).any()]
    window = (record.period.starts_on, record.last_on)
    chart = promised_days(rows, lines, finding=held_finding(record), window=window)
    caption = ("A day a mark, by the rules of the cadence: a tick was held, a ring called off, a cross has no session within "
               f"half the gap to the next promised day{left_out_words(record.metric('ritual_held').excluded)}.")
    return replace(chart, numbers=tuple(held_numbers(record)), caption=caption if chart.figure else "",
                   definition=METRICS["ritual_held"].definition)


def held_finding(record: Record) -> str:
    rows = promised(record)
    if rows.empty:
        return f"No ritual was promised in {spans.covered(record)}: the cadence has no day of it"
    missed = rows[rows["outcome"] == "missed"]["ritual"].value_counts()
    kept = int((rows["outcome"] == "held").sum())
    if len(rows) == 1:
        return f"The one promised session in {spans.covered(record)} was {rows['outcome'].iloc[0]}"
    most = sorted(missed.index, key=lambda name: (-missed[name], name))[:1]
    often = f"; {most[0]} was missed most often ({missed[most[0]]})" if most and missed[most[0]] > 1 else ""
    return f"{kept} of {len(rows)} promised sessions were held in {spans.covered(record)}{often}"


def held_numbers(record: Record) -> list[Number]:
    numbers = [record.number(f"rituals.{name}", "ritual_held", name) for name in ("share_held", "held", "missed", "cancelled")]
    return [number for number in numbers if number.value is not None]


# --- minutes against timebox

def minutes(record: Record) -> Chart:
    rows = sessions(record)
    drawn = rows[(rows["duration_minutes"] > 0) & (rows["timebox_minutes"] > 0)]
    shown = pd.DataFrame({"ritual": drawn["ritual"], "held_on": drawn["held_on"], "minutes": drawn["duration_minutes"],
                          "timebox": drawn["timebox_minutes"]})
    lines = [name for name in order(record) if (drawn["ritual"] == name).any()]
    chart = timeboxes(shown, lines, finding=_minutes_finding(record))
    caption = (f"A dot a session, at its share of the timebox{left_out_words(record.metric('ritual_minutes').excluded)}. "
               "What took longer than twice as long stands at the right end.")
    return replace(chart, numbers=tuple(minutes_numbers(record)), caption=caption if chart.figure else "",
                   definition=METRICS["ritual_minutes"].definition)


def _minutes_finding(record: Record) -> str:
    within = record.number("", "ritual_minutes", "share_within_timebox")
    hours = record.number("", "ritual_minutes", "person_hours")
    if within.value is None:
        return f"No session in {spans.covered(record)} tells its minutes and has a timebox"
    count = round(within.value * (within.n or 0))
    said = f"{count} of {plural(within.n or 0, 'session')} kept the timebox"
    return said + (f"; all rituals together took {quantity(hours.value, 'person-hours')}" if hours.value is not None else "")


def minutes_numbers(record: Record) -> list[Number]:
    numbers = [record.number(f"rituals.{name}", "ritual_minutes", name)
               for name in ("median", "share_within_timebox", "person_hours")]
    return [number for number in numbers if number.value is not None]


# --- what a session costs and leaves

def table(record: Record) -> pd.DataFrame:
    """A ritual a row, in the order of the cadence."""
    parts = {name: _by_ritual(record, name) for name in ("ritual_held", "ritual_minutes", "ritual_outcomes")}
    names = titles(record)
    keys = [*names, *sorted({key for rows in parts.values() for key, _ in rows} - set(names))]
    rows = [(names.get(key, key), *_cells(key, parts)) for key in keys
            if any((key, statistic) in rows for rows in parts.values() for statistic in ("share_held", "median", "actions"))]
    return pd.DataFrame(rows, columns=["ritual", "promised", "held", "95 % interval", "sessions", "median length", "within timebox",
                                       "person-hours", "actions", "decisions"])


def _by_ritual(record: Record, metric: str) -> dict[tuple[str, str], Row]:
    return {(row["group"], row["statistic"]): row for row in record.metric(metric, by="ritual").rows
            if row["group"] is not None and row["n"]}


def _cells(key: str, parts: dict[str, dict[tuple[str, str], Row]]) -> tuple[object, ...]:
    days, minutes, outcomes = (parts[name] for name in ("ritual_held", "ritual_minutes", "ritual_outcomes"))
    share, sessions = days.get((key, "share_held")), outcomes.get((key, "actions"))
    return (
        share["n"] if share else None, _said(share), interval(share["low"], share["high"], "share") if share else None,
        sessions["n"] if sessions else 0,
        *(_said(minutes.get((key, name))) for name in ("median", "share_within_timebox")),
        _plain(minutes.get((key, "person_hours")), 0),
        *(_plain(outcomes.get((key, name))) for name in ("actions_per_session", "decisions_per_session")),
    )


def _said(row: Row | None) -> str | None:
    return quantity(row["value"], row["unit"]) if row else None


def _plain(row: Row | None, digits: int = 2) -> float | None:
    return round(float(row["value"]), digits) if row and row["value"] is not None else None


def table_finding(record: Record) -> str:
    count = record.number("", "ritual_outcomes", "actions_per_session")
    if not count.n:
        return f"No session was held in {spans.covered(record)}"
    left = record.number("", "ritual_outcomes", "decisions_per_session")
    return (f"A session leaves {quantity(count.value, 'actions')} and {quantity(left.value, 'decisions')} on average, "
            f"over {plural(count.n, 'session')}")


def table_numbers(record: Record) -> list[Number]:
    numbers = [record.number(f"rituals.{name}", "ritual_outcomes", name)
               for name in ("actions_per_session", "decisions_per_session", "actions", "decisions")]
    return [number for number in numbers if number.value is not None]


def table_caption(record: Record) -> str:
    return (f"{record.days_words(record.period)}. Person-hours are minutes times the people present, summed over everybody; actions and decisions are those of a session on average. A session "
            "counts on the day it was held, a promise on the day it was for: the two differ where one was held late.")
