"""Incidents by severity: week by week and month by month, against the period before, and where they happen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd

from opsanalytics.figures import NO_SEVERITY, Chart, Number, day, plural, quantity, severity_by_month
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.comparisons import Compared, Headline
from opsanalytics.metrics.periods import Period
from opsanalytics.metrics.result import Row
from opsanalytics.packs import overview
from opsanalytics.packs.overview import counts_by, weekly_rows
from opsanalytics.packs.record import Record, days_between, left_out_words, short_words
from opsanalytics.packs.spans import so_far, where
from opsanalytics.packs.verdicts import CAPTION, verdict_words
from opsanalytics.packs.weeks import control_words
from opsanalytics.stats.comparing import HEADLINES

GROUPS_SHOWN = 12


def weeks(record: Record) -> Chart:
    """The weeks of the first page, told by what stands out of them."""
    counts = weekly_rows(record).groupby("week_on")["incidents"].sum()
    found = control_words(record)
    chart = overview.weekly(record)
    if not counts.sum() or not found:
        return chart
    spread = f"{counts.min()} to {counts.max()} incidents" if counts.min() < counts.max() else plural(int(counts.max()), "incident")
    return replace(chart, finding=f"{found[0].upper()}{found[1:]}; {spread} a week in {len(counts)} weeks",
                   numbers=(*chart.numbers, record.number("incidents", "incident_count", "count")))


def months(record: Record) -> Chart:
    chart = severity_by_month(month_rows(record), record.scale, finding=_months_finding(record), window=record.shown_days)
    unfinished = " The last month is not over." if record.period.progress else ""
    caption = f"By the month they started in, {record.span_words(record.shown_periods)}.{unfinished}"
    return replace(chart, caption=caption, definition=METRICS["incident_count"].definition)


def month_rows(record: Record) -> pd.DataFrame:
    """`month_on`, `severity`, `incidents`: every month of the shown periods that has begun, zeros included."""
    shown = record.shown_incidents
    every = {value.replace(day=1) for value in days_between(record.shown_days[0], record.last_on)}
    return counts_by(shown, "month_on", [value.replace(day=1) for value in shown["started_on"]], sorted(every), record)


def _months_finding(record: Record) -> str:
    rows = month_rows(record)
    if rows.empty or not rows["incidents"].sum():
        return "No incident to draw: none that counts started in these months"
    totals = rows.groupby("month_on")["incidents"].sum()
    if totals.min() == totals.max():
        return f"{plural(int(totals.max()), 'incident')} {'a' if len(totals) > 1 else 'this'} month"
    most = max(totals.index, key=lambda month_on: (totals[month_on], month_on))
    return f"Between {totals.min()} and {totals.max()} incidents a month; {most:%B %Y} had the most"


# --- this period against the one before

def levels(record: Record) -> pd.DataFrame:
    """A severity a row: how many in the period, how many a week with the interval, and the same before."""
    now = _by_group(record, record.period)
    before = _by_group(record, record.before) if record.before else {}
    if not any(row["n"] for row in (*now.values(), *before.values())):
        return pd.DataFrame()
    stated = [group for rows in (now, before) for group, row in rows.items() if row["n"]]
    rows = [(group, *_cells(now.get(group)), *(_cells(before.get(group)) if record.before else ()), *_verdict_cells(record, group))
            for group in dict.fromkeys([*record.scale, *stated])]
    return pd.DataFrame(rows, columns=_level_columns(record))


def _level_columns(record: Record) -> list[str]:
    parts = [record.period, *([record.before] if record.before else [])]
    columns = [f"{column}{short_words(part)}" for part in parts for column in ("", "a week, ")]
    return ["severity", *columns, *(("verdict", "ratio", "what would show") if record.before else ())]


def _verdicts(record: Record) -> dict[str, Compared]:
    """By severity, the worst first, as many as one page decides."""
    return record.compared(tuple(
        Headline(group, "incident_count", "per_week", record.before, record.period, levels=(group,))
        for group in record.scale[:HEADLINES]
    ))


def _verdict_cells(record: Record, group: str) -> tuple[str, ...]:
    if record.before is None:
        return ()
    found = _verdicts(record).get(group)
    return (verdict_words(found), found.ratio_words or "–", found.visible_words or found.note or "–") if found else ("–", "–", "not compared")


def levels_finding(record: Record) -> str:
    number = record.number("", "incident_count", "count")
    if not number.value:
        return f"No incident is counted in {short_words(record.period)}"
    worst = [f"{row['n'] or 'no'} {group}" for group, row in _by_group(record, record.period).items() if group != NO_SEVERITY]
    return f"{short_words(record.period)} has {', '.join(worst)}" + so_far(record.period)


def level_numbers(record: Record) -> list[Number]:
    verdicts = {group: found.verdict for group, found in _verdicts(record).items()}
    return [Number(f"incidents_per_week.{group}", row["value"], row["unit"], row["low"], row["high"], row["n"], verdicts.get(group))
            for group, row in _by_group(record, record.period).items() if row["value"] is not None]


def levels_caption(record: Record) -> str:
    counts = record.metric("incident_count")
    verdicts = f" {CAPTION}" if record.before else ""
    return f"Incidents counted{left_out_words(counts.excluded)}. A week's rate with its exact Poisson 95 % interval.{verdicts}"


def _by_group(record: Record, period: Period) -> dict[str, Row]:
    rows = record.metric("incident_count", period, "severity").rows
    return {row["group"]: row for row in rows if row["statistic"] == "per_week" and row["group"] is not None}


def _cells(row: Row | None) -> tuple[object, ...]:
    if row is None or row["value"] is None:
        return 0 if row is None else row["n"], "–"
    return row["n"], f"{row['value']:.2g} ({row['low']:.2g} to {row['high']:.2g})"


# --- where

def places(record: Record, by: str) -> pd.DataFrame:
    """A group of `by` a row over the shown periods, most incidents first, a column a severity."""
    facts = record.shown_incidents.merge(record.groups(by), on="incident_id")
    if facts.empty:
        return pd.DataFrame()
    wide = facts.pivot_table(index="group", columns="severity", values="incident_id", aggfunc="count", fill_value=0)
    wide = wide.reindex(columns=[*record.scale, *(name for name in wide.columns if name not in record.scale)], fill_value=0)
    wide["all"] = wide.sum(axis=1)
    wide = wide.sort_values("all", ascending=False, kind="stable").head(GROUPS_SHOWN)
    return wide.reset_index().rename(columns={"group": by.replace("_", " ")})


def places_finding(record: Record, by: str) -> str:
    rows = places(record, by)
    if rows.empty:
        return f"Nothing to group by {by.replace('_', ' ')}: no incident is counted in these {record.noun}s"
    known = rows[rows.iloc[:, 0] != NO_SEVERITY]
    if known.empty:
        return f"No file states its {by.replace('_', ' ')}"
    first = known.iloc[0].to_list()
    return f"Most incidents by {by.replace('_', ' ')}: {first[0]} ({first[-1]})"


def places_caption(record: Record, by: str) -> str:
    each = " An incident counts once for each service that it touched." if by == "service" else ""
    return f"Incidents counted that started {record.span_words(record.shown_periods)}; the {GROUPS_SHOWN} largest groups.{each}"


# --- how long without the worst

def quiet(record: Record) -> pd.DataFrame:
    """A service a row: how long it has been without an incident of the worst severity, the shortest first. One that never had any
    has been without for as long as there is a record."""
    facts = _worst(record).set_index("group")
    rows = [(service, _quiet_words(record, facts["started_on"].get(service)), facts["started_on"].get(service),
             facts["incident_id"].get(service), facts["where"].get(service)) for service in _services(record, facts)]
    return pd.DataFrame(rows, columns=["service", "without one for", "the last", "incident", "where"])


def _worst(record: Record) -> pd.DataFrame:
    """The last incident of the worst severity of each service up to the period's end."""
    facts = record.counted[(record.counted["severity"] == record.scale[0]) & (record.counted["started_on"] <= record.last_on)]
    facts = facts.assign(where=where(facts)).merge(record.groups("service"), on="incident_id")
    return facts[facts["group"] != NO_SEVERITY].drop_duplicates("group", keep="last")


def _services(record: Record, facts: pd.DataFrame) -> list[str]:
    """Those in use and those that incidents name; the one with the newest such incident first."""
    rows, groups = record.table("services"), record.groups("service")["group"]
    in_use = rows[rows["retired_on"].isna() | (rows["retired_on"] > record.last_on)]["service"]
    never = sorted({*in_use, *groups} - {NO_SEVERITY, *facts.index})
    return [*facts.sort_values("started_on", ascending=False, kind="stable").index, *never]


def _quiet_words(record: Record, last_on: date | None) -> str:
    if last_on is not None:
        return quantity((record.last_on - last_on).days, "days")
    return f"at least {quantity((record.last_on - (record.first_on or record.last_on)).days, 'days')}"


def quiet_finding(record: Record) -> str:
    worst, facts, rows = record.scale[0], _worst(record), quiet(record)
    if rows.empty:
        return f"No service is named, so nobody can tell which had no {worst} for how long; ops/services.yml or the incidents bring them"
    if facts.empty:
        return f"None of {plural(len(rows), 'service')} has had a {worst} on record"
    return f"{rows['service'][0]} had the last {worst}, {rows['without one for'][0]} ago; {_without(rows)} of {plural(len(rows), 'service')} had none on record"


def _without(rows: pd.DataFrame) -> str:
    return str(int(rows["the last"].isna().sum()) or "none")


def quiet_numbers(record: Record) -> list[Number]:
    facts = _worst(record).set_index("group")["started_on"]
    since = [Number(f"days_since_worst.{service}", (record.last_on - facts[service]).days if service in facts else None, "days")
             for service in quiet(record)["service"]]
    return [*since, Number("services_without_worst", len(since) - len(facts), "services", n=len(since))] if since else []


def quiet_caption(record: Record) -> str:
    return (f"Counted incidents of {record.scale[0]} up to {day(record.last_on)}, by the services that they name; days from the day it "
            f"started. The record begins on {day(record.first_on)}. A quiet service may be one that nobody watches.")
