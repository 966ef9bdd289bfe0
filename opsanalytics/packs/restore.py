"""Restore times: a dot an incident, medians with their intervals, and the other clocks beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from opsanalytics.figures import (
    Chart,
    Number,
    day,
    duration,
    known,
    plural,
    restore_course,
    restore_strip,
    restore_trend,
)
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.result import interval_words
from opsanalytics.packs.record import Record, left_out_words, short_words
from opsanalytics.packs.spans import edges, where
from opsanalytics.record_figures import each
from opsanalytics.stats.charts import ControlChart, ewma_chart
from opsanalytics.stats.influence import Influence, influences

CLOCKS = ("time_to_detect", "time_to_acknowledge", "time_to_mitigate", "time_to_restore", "time_to_resolve")
LONGEST_SHOWN = 5
STRIPS_SHOWN = 8
# Restored incidents. With nothing changed half of the charts signal by the 136th point after a baseline of 30, by the 228th
# after one of 100: tests/simulations.
BASELINE_NEEDS = 30
STABLE_COURSES = ("With nothing changed half of such charts leave the band by the 136th incident after a baseline of 30, by the 228th after "
                  "one of 100.")


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
    return replace(chart, numbers=numbers, caption=_strip_caption(record, rows, drawn, by) if chart.figure else "",
                   definition=METRICS["time_to_restore"].definition)


def restore_rows(record: Record, by: str = "severity") -> pd.DataFrame:
    """An incident of the metric (and group) a row: minutes to restore, or so far for those open at the clock's end, and
    whether it was open from before.
    """
    items = record.duration_items("time_to_restore", by)
    items = items[items["reason"].isna()].assign(is_from_before=items["entry_minutes"] > 0)
    items = items.rename(columns={"is_censored": "is_open"})[["incident_id", "minutes", "is_open", "is_from_before"]]
    facts = record.incidents[["incident_id", "title", "severity", "started_on", "source_path", "source_line"]]
    return facts.merge(items, on="incident_id").merge(record.groups(by), on="incident_id")


def medians_by(record: Record, by: str) -> pd.DataFrame:
    rows = record.metric("time_to_restore", record.durations_period, by).frame()
    return pd.DataFrame(rows[(rows["statistic"] == "median") & rows["group"].notna()])


def _strip_finding(record: Record, medians: pd.DataFrame, shown: list[str], drawn: pd.DataFrame) -> str:
    if drawn.empty:
        return f"No restore time to draw from {record.days_words(record.durations_period)}: no incident states when it began and ended"
    found = {row.group: row for row in each(medians) if row.group in shown[:3] and known(row.value)}
    said = [f"{duration(row.value)} ({'the one ' if row.n == 1 else ''}{group})" for group in shown[:3] if (row := found.get(group))]
    if not said:
        return "No median is reached yet: fewer than half are restored"
    return f"{'Restored' if all(row.n == 1 for row in found.values()) else 'Half were restored'} within {', '.join(said)}"


def _strip_caption(record: Record, rows: pd.DataFrame, drawn: pd.DataFrame, by: str) -> str:
    each = rows.drop_duplicates("incident_id")
    zeros, still_open, before = int((each["minutes"] <= 0).sum()), int(each["is_open"].sum()), int(each["is_from_before"].sum())
    at_its_end = " at its end" if record.durations_period.is_complete else ""
    arrows = f", {still_open} of them open{at_its_end} (hollow arrows)" if still_open else ""
    from_before = f", {before} of them open from before" if before else ""
    left_out = left_out_words(record.metric("time_to_restore", record.durations_period, by).excluded)
    return "".join((
        f"{record.days_words(record.durations_period)}: {plural(len(each), 'incident')}{from_before}{arrows}{left_out}. ",
        "A tall tick is the median, the bar at its foot its 95 % interval where there are enough.",
        _uncounted_words(drawn, medians_by(record, by)),
        f" {zeros} of zero minutes cannot be drawn." if zeros else "",
        f" Only the {STRIPS_SHOWN} largest groups are drawn." if len(drawn) < len(rows) else "",
    ))


def _uncounted_words(drawn: pd.DataFrame, medians: pd.DataFrame) -> str:
    """Of the dots that no median counts."""
    count = len(drawn) - int(medians[medians["group"].isin(drawn["group"])]["n"].sum())
    return f" Not in a median, because too few others of that age were watched: {count} of those from before." if count else ""


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
    caption = (f"Median time to restore of the incidents under way in each {record.noun}, those open from before too, with its "
               "95 % interval; few incidents make it wide.")
    stated = tuple(number for number in numbers if number.value is not None)
    return replace(chart, edges=edges(record.shown_periods), numbers=stated, caption=caption if chart.figure else "",
                   definition=METRICS["time_to_restore"].definition)


def _trend_finding(rows: pd.DataFrame, noun: str) -> str:
    heard = rows[rows["value"].notna()]
    if len(heard) < 2:
        return f"Fewer than two {noun}s have a median: no course of time to draw yet"
    ordered = heard.sort_values("value", kind="stable")
    lowest, highest = ordered.iloc[0], ordered.iloc[-1]
    return (f"By {noun} the median lay between {duration(lowest['value'])} ({lowest['period']}) "
            f"and {duration(highest['value'])} ({highest['period']})")


# --- whether it drifts

def course(record: Record) -> Chart:
    """The weighted geometric mean of the restored ones of the last four periods, in the band of those restored before."""
    rows, baseline = _restored(record).pipe(_positive), _baseline(record).pipe(_positive)
    before, after = (part["minutes"].to_numpy(dtype=np.float64) for part in (baseline, rows))
    if not len(after) or len(before) < BASELINE_NEEDS or not np.ptp(before):
        lack = Number("restore_course.baseline_times", len(baseline), "incidents"), Number("restore_course.baseline_needed", BASELINE_NEEDS, "incidents")
        return replace(restore_course(pd.DataFrame(), finding=_no_course(record, rows, baseline)), numbers=lack)
    chart = ewma_chart(before, after)
    drawn = rows.assign(average=chart.points, centre=chart.centre, low=chart.low, high=chart.high,
                        stands_out=np.isin(np.arange(len(rows)), chart.signals))
    figure = restore_course(drawn, finding=_course_finding(chart, drawn))
    numbers = (Number("restore_course.baseline", chart.centre, "minutes", n=len(baseline)),
               Number("restore_course.points_outside", len(chart.signals), "incidents", n=len(rows)))
    return replace(figure, numbers=numbers, caption=_course_caption(record, baseline),
                   definition=f"{METRICS['time_to_restore'].definition} {STABLE_COURSES}")


def _restored(record: Record) -> pd.DataFrame:
    rows = restore_rows(record)
    return rows[~rows["is_open"] & ~rows["is_from_before"]].sort_values(["started_on", "incident_id"])


def _baseline(record: Record) -> pd.DataFrame:
    """Restored incidents that began in as many periods before, with `minutes` to restore."""
    rows = record.within(record.counted, record.durations_before) if record.durations_before else record.counted.head(0)
    return rows.assign(minutes=rows["time_to_restore_minutes"]).dropna(subset=["minutes"])


def _positive(rows: pd.DataFrame) -> pd.DataFrame:
    """A time of zero is a finding, not a point."""
    return rows[rows["minutes"] > 0]


def _no_course(record: Record, rows: pd.DataFrame, baseline: pd.DataFrame) -> str:
    if rows.empty:
        return f"No restore time to follow: none was restored {record.days_words(record.durations_period)}"
    return (f"Too few restore times from before to see a drift by: {len(baseline)} of the {BASELINE_NEEDS} that a baseline needs"
            if len(baseline) < BASELINE_NEEDS else "No drift can be seen by a baseline whose restore times are all the same")


def _course_finding(chart: ControlChart, drawn: pd.DataFrame) -> str:
    """The last average is what the course has come to."""
    last = duration(chart.points[-1])
    if not len(chart.signals):
        return f"The weighted mean of restore times stays in its band: {last} at last, {duration(chart.centre)} in the time before"
    first = drawn.iloc[int(chart.signals[0])]
    way = "above" if first["average"] > first["high"] else "below"
    return (f"The weighted mean of restore times went {way} its band with {first['incident_id']}: {last} at last, "
            f"{duration(chart.centre)} in the time before")


def _course_caption(record: Record, baseline: pd.DataFrame) -> str:
    zeros = len(_restored(record)) - len(_positive(_restored(record)))
    zero = f" and {zeros} of zero minutes" if zeros else ""
    left_out = left_out_words(record.metric("time_to_restore", record.durations_period).excluded)
    return (f"A dot an incident restored {record.days_words(record.durations_period)}{left_out}; those still open{zero} are "
            f"no points. The line is the EWMA of log minutes (weight 0.1), its band that of the {plural(len(baseline), 'incident')} of as long "
            f"a time before {day(record.durations_period.starts_on)}.")


# --- the other clocks

def clocks(record: Record) -> pd.DataFrame:
    """A clock a row over the last four periods, with the statistics that other tools would show beside ours."""
    rows: list[tuple[object, ...]] = []
    if record.within(record.counted, record.durations_period).empty and restore_rows(record).empty:
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
        return f"No incident to time was under way {record.days_words(record.durations_period)}"
    return "The same incidents by five clocks"


def clock_numbers(record: Record) -> list[Number]:
    numbers = [record.number(f"clock.{name}", name, "median", record.durations_period) for name in CLOCKS]
    return [number for number in numbers if number.value is not None]


def clocks_caption(record: Record) -> str:
    return (f"Incidents under way {record.days_words(record.durations_period)}, those open from before too. The median counts open "
            "ones as lasting at least until the end; the median and mean of closed ones are of those that started in these days. "
            "Not known where the files give too few times.")


# --- single incidents

def weightiest(record: Record) -> pd.DataFrame:
    """The incidents that move the mean of closed ones most, and that mean without each."""
    rows = _closed(record).set_index("incident_id")
    found = _influences(record)[:LONGEST_SHOWN]
    told = rows.loc[[each.item for each in found]]
    return pd.DataFrame({
        "incident": told.index, "title": told["title"].tolist(), "restored after": [duration(value) for value in told["minutes"]],
        "mean without it": [duration(rows["minutes"].mean() * (1 + each.mean)) for each in found],
        "the mean": [_moves(each.mean) for each in found],
        "the median": [_moves(each.median) for each in found],
    })


def _closed(record: Record) -> pd.DataFrame:
    rows = restore_rows(record)
    return rows[~rows["is_open"] & ~rows["is_from_before"] & (rows["minutes"] > 0)]


def _influences(record: Record) -> list[Influence]:
    rows = _closed(record)
    return influences(rows["incident_id"].tolist(), rows["minutes"].to_numpy(dtype=float))


def _moves(change: float) -> str:
    """`falls 46 %`, for a change of -0.46."""
    percent = f"{abs(change) * 100:.0f}"
    return "stays" if percent == "0" else f"{'falls' if change < 0 else 'rises'} {percent} %"


def weightiest_finding(record: Record) -> str:
    found = _influences(record)
    if not found:
        return f"No mean that one incident could move: fewer than two were restored {record.days_words(record.durations_period)}"
    _, mean, without = (number.value for number in weightiest_numbers(record))
    return f"Without {found[0].item} the mean {_moves(found[0].mean)}, from {duration(mean)} to {duration(without)}"


def weightiest_numbers(record: Record) -> list[Number]:
    found = _influences(record)
    if not found:
        return []
    change, mean = found[0].mean, float(_closed(record)["minutes"].mean())
    return [Number("weightiest.mean_change", change, "share", n=len(found)), Number("weightiest.mean", mean, "minutes", n=len(found)),
            Number("weightiest.mean_without", mean * (1 + change), "minutes", n=len(found) - 1)]


def weightiest_caption(record: Record) -> str:
    return (f"Of the {plural(len(_closed(record)), 'incident')} that started and were restored {record.days_words(record.durations_period)}, "
            "in more than zero minutes: what their mean and median would be without one of them.")


def longest(record: Record) -> pd.DataFrame:
    rows = restore_rows(record)
    rows = rows.sort_values(["minutes", "incident_id"], ascending=[False, True]).head(LONGEST_SHOWN)
    return pd.DataFrame({
        "incident": rows["incident_id"], "title": rows["title"], "severity": rows["severity"], "started": rows["started_on"],
        "restored after": [duration(row.minutes) + (", still open" if row.is_open else "") for row in rows.itertuples()],
        "where": where(rows),
    })


def longest_finding(record: Record) -> str:
    count = len(longest(record))
    if not count:
        return f"No incident with a known length was under way {record.days_words(record.durations_period)}"
    return "The one incident with a known length" if count == 1 else f"The {count} longest incidents"
