"""Restore times: a dot an incident, medians with their intervals, and the other clocks beside them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from opsanalytics.figures import Chart, Number, duration, known, plural, restore_strip, restore_trend
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.result import interval_words
from opsanalytics.packs.record import Record, left_out_words, short_words

CLOCKS = ("time_to_detect", "time_to_acknowledge", "time_to_mitigate", "time_to_restore", "time_to_resolve")
LONGEST_SHOWN = 5
STRIPS_SHOWN = 8


def strip(record: Record, by: str = "severity") -> Chart:
    """Restore times of the last four periods, a strip a group of `by`."""
    medians = medians_by(record, by)
    rows = restore_rows(record, by)
    shown = [group for group in medians["group"] if (rows["group"] == group).any()]
    if by != "severity":
        shown = list(rows["group"].value_counts().head(STRIPS_SHOWN).index)
    drawn = rows[rows["group"].isin(shown)]
    chart = restore_strip(drawn, medians, record.scale, shown, finding=_strip_finding(record, medians, shown, drawn))
    numbers = tuple(_median_number(row, by) for _, row in medians.iterrows() if known(row["value"]))
    return replace(chart, numbers=numbers, caption=_strip_caption(record, rows, len(drawn), by) if chart.figure else "",
                   definition=METRICS["time_to_restore"].definition)


def restore_rows(record: Record, by: str = "severity") -> pd.DataFrame:
    """An incident of the metric (and group) a row: minutes to restore, or so far for those open at the clock's end."""
    items = record.duration_items("time_to_restore", by)
    items = items[items["reason"].isna()].rename(columns={"is_censored": "is_open"})[["incident_id", "minutes", "is_open"]]
    facts = record.incidents[["incident_id", "title", "severity", "started_on", "source_path", "source_line"]]
    return facts.merge(items, on="incident_id").merge(record.groups(by), on="incident_id")


def medians_by(record: Record, by: str) -> pd.DataFrame:
    rows = record.metric("time_to_restore", record.durations_period, by).frame()
    return pd.DataFrame(rows[(rows["statistic"] == "median") & rows["group"].notna()])


def _strip_finding(record: Record, medians: pd.DataFrame, shown: list[str], drawn: pd.DataFrame) -> str:
    if drawn.empty:
        return f"No restore time to draw from {record.days_words(record.durations_period)}: no incident states when it began and ended"
    values = dict(zip(medians["group"], medians["value"], strict=True))
    said = [f"{duration(values[group])} ({group})" for group in shown[:3] if known(values[group])]
    if not said:
        return "No median is reached yet: fewer than half are restored"
    return f"Half were restored within {', '.join(said)}"


def _strip_caption(record: Record, rows: pd.DataFrame, drawn: int, by: str) -> str:
    each = rows.drop_duplicates("incident_id")
    zeros, still_open = int((each["minutes"] <= 0).sum()), int(each["is_open"].sum())
    at_its_end = " at its end" if record.durations_period.is_complete else ""
    arrows = f", {still_open} of them open{at_its_end} (hollow arrows)" if still_open else ""
    left_out = left_out_words(record.metric("time_to_restore", record.durations_period, by).excluded)
    return "".join((
        f"{record.days_words(record.durations_period)}: {plural(len(each), 'incident')}{arrows}{left_out}. ",
        "A tall tick is the median, the bar at its foot its 95 % interval where there are enough.",
        f" {zeros} of zero minutes cannot be drawn." if zeros else "",
        f" Only the {STRIPS_SHOWN} largest groups are drawn." if drawn < len(rows) else "",
    ))


def _median_number(row: pd.Series, by: str) -> Number:
    low, high = (row[key] if known(row[key]) else None for key in ("low", "high"))
    return Number(f"time_to_restore.{by}.{row['group']}", row["value"], "minutes", low, high, int(row["n"]))


# --- over time

def trend(record: Record) -> Chart:
    numbers = [record.number(f"time_to_restore.{period.name}", "time_to_restore", "median", period)
               for period in record.shown_periods]
    rows = pd.DataFrame([(short_words(period), number.value, number.low, number.high, number.n)
                         for period, number in zip(record.shown_periods, numbers, strict=True)],
                        columns=["period", "value", "low", "high", "n"]).astype({"value": float, "low": float, "high": float})
    chart = restore_trend(rows, finding=_trend_finding(rows, record.noun), noun=record.noun)
    caption = (f"Median time to restore of the incidents that started in each {record.noun}, with its 95 % interval; few "
               "incidents make it wide.")
    stated = tuple(number for number in numbers if number.value is not None)
    return replace(chart, numbers=stated, caption=caption if chart.figure else "", definition=METRICS["time_to_restore"].definition)


def _trend_finding(rows: pd.DataFrame, noun: str) -> str:
    heard = rows[rows["value"].notna()]
    if len(heard) < 2:
        return f"Fewer than two {noun}s have a median: no course of time to draw yet"
    ordered = heard.sort_values("value", kind="stable")
    lowest, highest = ordered.iloc[0], ordered.iloc[-1]
    return (f"By {noun} the median lay between {duration(lowest['value'])} ({lowest['period']}) "
            f"and {duration(highest['value'])} ({highest['period']})")


# --- the other clocks

def clocks(record: Record) -> pd.DataFrame:
    """A clock a row over the last four periods, with the statistics that other tools would show beside ours."""
    rows: list[tuple[object, ...]] = []
    if not len(record.within(record.counted, record.durations_period)):
        return pd.DataFrame()
    for name in CLOCKS:
        found = {row["statistic"]: row for row in record.metric(name, record.durations_period).rows}
        median = found["median"]
        rows.append((name.replace("_", " "), duration(median["value"]),
                     interval_words(median["low"], median["high"], duration) or "–", duration(found["p90"]["value"]), duration(found["closed_only_median"]["value"]), duration(found["mean"]["value"]), median["n"], median["n_open"], median["n_excluded"]))
    return pd.DataFrame(rows, columns=["clock", "median", "95 % interval", "90 % within", "median of closed only", "mean of closed",
                                       "incidents", "open", "left out"])


def clocks_finding(record: Record) -> str:
    if clocks(record).empty:
        return f"No incident to time started {record.days_words(record.durations_period)}"
    return "The same incidents by five clocks"


def clock_numbers(record: Record) -> list[Number]:
    numbers = [record.number(f"clock.{name}", name, "median", record.durations_period) for name in CLOCKS]
    return [number for number in numbers if number.value is not None]


def clocks_caption(record: Record) -> str:
    return (f"Incidents that started {record.days_words(record.durations_period)}. The median counts open ones as lasting at "
            "least until then; a report of closed ones only cannot. Not known where the files give too few times.")


def longest(record: Record) -> pd.DataFrame:
    rows = restore_rows(record)
    rows = rows.sort_values(["minutes", "incident_id"], ascending=[False, True]).head(LONGEST_SHOWN)
    return pd.DataFrame({
        "incident": rows["incident_id"], "title": rows["title"], "severity": rows["severity"], "started": rows["started_on"],
        "restored after": [duration(row.minutes) + (", still open" if row.is_open else "") for row in rows.itertuples()],
        "where": rows["source_path"] + ":" + rows["source_line"].astype(str),
    })


def longest_finding(record: Record) -> str:
    count = len(longest(record))
    if not count:
        return f"No incident with a known length started {record.days_words(record.durations_period)}"
    return "The one incident with a known length" if count == 1 else f"The {count} longest incidents"
