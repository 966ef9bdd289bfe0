"""The first page: the period in two sentences, tiles with verdicts, incidents by week, and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from opsanalytics.figures import (
    Chart,
    Link,
    Number,
    Said,
    Sentence,
    Tile,
    day,
    known,
    plural,
    quantity,
    weekly_incidents,
)
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.comparisons import CUSTOMERS_FIRST, Headline
from opsanalytics.metrics.periods import Period
from opsanalytics.metrics.result import six_digits
from opsanalytics.packs import spans, spent
from opsanalytics.packs.definitions import Matrix
from opsanalytics.packs.follow_ups import open_promises, overdue_words
from opsanalytics.packs.quality import CONTRADICTIONS
from opsanalytics.packs.record import Record, days_between, left_out_words, short_words
from opsanalytics.packs.spent import Spent
from opsanalytics.packs.verdicts import judged, rate_words, with_verdict
from opsanalytics.packs.weeks import control, control_caption, control_numbers, control_words
from opsanalytics.stats.intervals import Estimate, proportion_interval
from opsanalytics.stats.rates import poisson_rate

# --- against the period before

def headlines(record: Record) -> tuple[Headline, ...]:
    """What the page compares, keyed by its numbers: durations over four periods, of which one alone has too few."""
    counts, spans = (record.before, record.period), (record.durations_before, record.durations_period)
    return (
        Headline("incidents_per_week", "incident_count", "per_week", *counts),
        Headline("severe_per_week", "incident_count", "per_week", *counts, levels=_severe_levels(record)),
        Headline(CUSTOMERS_FIRST, "incident_count", CUSTOMERS_FIRST, *counts),
        Headline("follow_ups_within_sla", "follow_up_completion", "done_within_sla", *counts, lower_is_better=False),
        Headline("time_to_restore", "time_to_restore", "median", *spans),
    )


def _severe_levels(record: Record) -> tuple[str, ...]:
    return tuple(record.scale[: 2 if len(record.scale) > 2 else 1])


# --- the answer

def answer(record: Record) -> list[Sentence]:
    """Two sentences, every number of them stated."""
    if record.is_to_come:
        return [[spans.not_begun(record)], [*_how_fast(record), *_how_kept(record)]]
    if record.counted.empty:
        return [["The record holds no incident that counts yet; opsanalytics new incident writes the first."]]
    return [_how_many(record), [*_how_fast(record), *_how_spent(record), *_how_kept(record)]]


def answer_numbers(record: Record) -> list[Number]:
    """Those that the sentences say only in other words, as `none`."""
    found = (record.number("incidents", "incident_count", "count"), worst_in_period(record), restore_median(record), *open_promises(record))
    return [number for number in found if number.value is not None]


def _how_many(record: Record) -> Sentence:
    count = record.number("incidents", "incident_count", "count")
    when = f"in {short_words(record.period)}{spans.so_far(record.period)}"
    if not count.value:
        return [("No incident", "weekly_incidents"), f" is counted {when}", *_before(record), "."]
    return [Said(plural(int(count.value), "incident"), "weekly_incidents", count), f" {when}, ", *_rate(record), *_before(record), "; ", *_how_bad(record, int(count.value)), "."]


def _rate(record: Record) -> Sentence:
    if record.begins_late:
        return [f"in the {plural(record.exposure(record.period), 'day')} on record"]
    rate = judged(record, headlines(record), record.number("incidents_per_week", "incident_count", "per_week"))
    return [Said(f"{rate.value:.1f} a week", "", rate)]


def _before(record: Record) -> Sentence:
    found = record.compared(headlines(record))["incidents_per_week"]
    return rate_words(found, short_words(record.before)) if record.before else []


def _how_bad(record: Record, count: int) -> Sentence:
    worst = worst_in_period(record)
    if count == 1:
        return [f"it was {'' if worst.value else 'not '}{record.scale[0]}"]
    return [Said(f"{worst.value or 'none'}", "", worst), f" {'was' if worst.value == 1 else 'were'} {record.scale[0]}"]


def _how_fast(record: Record) -> Sentence:
    median = restore_median(record)
    if median.value is None:
        return [("No median time to restore", "restore_times"), " can be computed yet"]
    who = "The one that tells its times was" if median.n == 1 else "Half were"
    return [f"{who} restored within ", Said(quantity(median.value, "minutes"), "restore_times", median), f" ({short_span(record)})"]


def _how_spent(record: Record) -> Sentence:
    said = spent.sentence(Spent(record))
    return [", ", *said] if said else []


def _how_kept(record: Record) -> Sentence:
    still_open, overdue = open_promises(record)
    if not still_open.value:
        return [", and ", ("no follow-up", "by_day"), " is open."]
    return [", and ", Said(plural(int(still_open.value), "follow-up"), "by_day", still_open), f" {'is' if still_open.value == 1 else 'are'} open, ",
            Said(overdue_words(still_open, overdue), "", overdue), "."]


def short_span(record: Record) -> str:
    """`since Q1 2026`: the periods over which durations are read."""
    periods = record.shown_periods[-4:]
    return f"since {short_words(periods[0])}" if len(periods) > 1 else f"in {short_words(record.period)}"


# --- tiles

def tiles(record: Record) -> list[Tile]:
    if record.counted.empty or record.is_to_come:
        return []
    made = (_severe(record), _customers_first(record), _within_sla(record), spent.tile(Spent(record)), _quiet_days(record))
    return [replace(with_verdict(record, headlines(record), tile), period=record.noun) for tile in made]


def _severe(record: Record) -> Tile:
    levels = _severe_levels(record)
    rate = _severe_rate(record, record.period, levels)
    weeks = record.exposure(record.period) / 7
    if record.begins_late:
        rate = Number(rate.id, None, rate.unit, n=rate.n)
    return Tile(f"{' and '.join(levels)}, per week", rate, f"{plural(rate.n or 0, 'incident')} in {quantity(weeks, 'weeks')}",
                [_severe_rate(record, period, levels).value for period in record.shown_periods], "weekly_incidents",
                states=(Number("weeks_on_record", weeks, "weeks"),))


def _severe_rate(record: Record, period: Period, levels: Sequence[str]) -> Number:
    rows = record.within(record.counted, period)
    count, days = int(rows["severity"].isin(levels).sum()), record.exposure(period)
    rate = poisson_rate(count, days / 7) if days else Estimate(None)
    return Number("severe_per_week", rate.value, "a week", rate.low, rate.high, count)


def _customers_first(record: Record) -> Tile:
    seen, told = _seen_by_customers(record, record.period)
    silent = len(record.within(record.counted, record.period)) - told
    note = f"{seen} of {plural(told, 'incident')}" + (f"; {silent} do not say" if silent else "")
    share = Estimate(*(None if part is None else six_digits(part) for part in proportion_interval(seen, told)))
    return Tile(
        "Seen by customers first", Number("seen_by_customers_first", share.value, "share", share.low, share.high, told),
        note if told else "no file of this period says who saw it first",
        [proportion_interval(*_seen_by_customers(record, period)).value for period in record.shown_periods],
    )


def _seen_by_customers(record: Record, period: Period) -> tuple[int, int]:
    """How many incidents customers saw first, and how many say who did."""
    told = record.within(record.counted, period)["detected_by"].dropna()
    return int((told == "customer").sum()), len(told)


def _within_sla(record: Record) -> Tile:
    share = record.number("follow_ups_within_sla", "follow_up_completion", "done_within_sla")
    note = f"of {share.n} whose days are over"
    if not share.n:
        note = f"of {short_words(record.period)} no follow-up's days are over yet"
    return Tile("Follow-ups done within SLA", share, note, record.trend("follow_up_completion", "done_within_sla"), "by_day")


def _quiet_days(record: Record) -> Tile:
    worst = record.counted[record.counted["severity"] == record.scale[0]]
    days = _days_since(worst, record.last_on)
    number = Number("days_since_worst_severity", days, "days", n=len(worst))
    past = [_days_since(worst, min(period.ends_on - timedelta(1), record.last_on)) for period in record.shown_periods]
    last = worst[worst["started_on"] <= record.last_on].tail(1)
    note = f"the last began on {day(last.iloc[0]['started_on'])}" if len(last) else f"the record has no {record.scale[0]}"
    return Tile(f"Since the last {record.scale[0]}", number, note, past)


def _days_since(worst: pd.DataFrame, on: date) -> int | None:
    before = worst[worst["started_on"] <= on]["started_on"]
    return (on - before.max()).days if len(before) else None


def worst_in_period(record: Record) -> Number:
    rows = record.within(record.counted, record.period)
    count = None if record.is_to_come else int((rows["severity"] == record.scale[0]).sum())
    return Number("worst_severity", count, "incidents", n=len(rows))


def restore_median(record: Record) -> Number:
    return judged(record, headlines(record), record.number("time_to_restore", "time_to_restore", "median", record.durations_period))


# --- what other tools would say

APPENDIX = Link("MTTR by its many definitions", "mttr_definitions.ipynb")


def other_numbers(matrix: Matrix) -> list[Number]:
    """The ends of what other tools would say, and ours."""
    values, ours = matrix.others["value"], matrix.ours
    ends = [Number(f"other_tools.{name}", float(value), "minutes", n=len(values)) for name, value in
            (("lowest", values.min()), ("highest", values.max())) if len(values)]  # fmt: skip
    return [*ends, *([Number("our_median", float(ours.value), "minutes", *_ends(ours), int(ours.n))] if known(ours.value) else [])]


def _ends(row: Any) -> tuple[float | None, float | None]:
    low, high = (float(value) if known(value) else None for value in (row.low, row.high))
    return low, high


# --- incidents by week

def weekly(record: Record) -> Chart:
    rows = weekly_rows(record)
    since = (record.period.starts_on, short_words(record.period)) if record.before else None
    found = control(record)
    chart = weekly_incidents(rows, record.scale, finding=_weekly_finding(record), window=record.shown_days, since=since,
                             band=found.band if found else None)
    return replace(chart, caption=_weekly_caption(record), numbers=(*_weekly_numbers(record), *control_numbers(record)),
                   definition=f"{METRICS['incident_count'].definition} {control_caption(record)}")


def weekly_rows(record: Record) -> pd.DataFrame:
    """`week_on`, `severity`, `incidents`: every week of the shown periods that has begun, zeros included."""
    shown = record.shown_incidents
    weeks = {monday(value) for value in days_between(record.shown_days[0], record.last_on)}
    return counts_by(shown, "week_on", [monday(value) for value in shown["started_on"]], sorted(weeks), record)


def monday(day_on: date) -> date:
    return day_on - timedelta(day_on.weekday())


def counts_by(shown: pd.DataFrame, name: str, keys: list[date], every: list[date], record: Record) -> pd.DataFrame:
    """Incidents by day of period and severity, a row for each pair, zeros included."""
    severities = [*record.scale, *sorted(set(shown["severity"]) - set(record.scale))]
    counts = pd.Series(1, index=pd.MultiIndex.from_arrays([keys, shown["severity"]])).groupby(level=[0, 1]).sum()
    grid = pd.MultiIndex.from_product([every, severities], names=[name, "severity"])
    return counts.reindex(grid, fill_value=0).rename("incidents").reset_index()


def _weekly_finding(record: Record) -> str:
    if record.is_to_come:
        return f"No week to draw of {short_words(record.period)}, which has not begun"
    if not weekly_rows(record)["incidents"].sum():
        return f"No incident to draw: none that counts started {record.span_words(record.shown_periods)}"
    rate = record.number("", "incident_count", "per_week").value
    now = f"{f'{rate:.1f}' if rate else 'No'} incidents a week in {short_words(record.period)}" if rate is not None else "No week has begun"
    if record.begins_late:
        count = record.number("", "incident_count", "count").value or 0
        now = f"{plural(int(count), 'incident')} in the {plural(record.exposure(record.period), 'day')} on record: too few days for a rate"
    before = record.shown_periods[:-1]
    past = record.number("", "incident_count", "per_week", record.span(before)).value if before else None
    then = "" if past is None else f", {past:.1f} in the {_how_many_periods(record, len(before))} before"
    return "; ".join(filter(None, (f"{now}{then}", control_words(record))))


def _weekly_numbers(record: Record) -> list[Number]:
    now = record.number("weekly_incidents.now", "incident_count", "per_week")
    before = record.shown_periods[:-1]
    past = [record.number("weekly_incidents.before", "incident_count", "per_week", record.span(before))] if before else []
    return [number for number in (now, *past) if number.value is not None]


def _how_many_periods(record: Record, count: int) -> str:
    words = ("two", "three", "four", "five", "six", "seven")
    return record.noun if count == 1 else f"{words[count - 2]} {record.noun}s"


def _weekly_caption(record: Record) -> str:
    counts = record.metric("incident_count")
    unfinished = " The last week is not over." if record.period.progress else ""
    return (f"Counted by the day they started, {record.span_words(record.shown_periods)}; {short_words(record.period)}: "
            f"{counts.rows[0]['n']} counted{left_out_words(counts.excluded)}.{unfinished}")


# --- how far to trust this

def trust(record: Record) -> pd.DataFrame:
    """What the record could and could not say: a row a question."""
    rows = record.within(record.counted, record.period)
    resolved = int(rows["resolved_at"].notna().sum())
    stands = dict(record.files["status"].value_counts())
    found = record.findings
    contradictions = found[found["code"].isin(CONTRADICTIONS)]
    return pd.DataFrame([
        ("Files read", f"{stands.get('loaded', 0):,}",
         f"{stands.get('rejected', 0)} rejected, {stands.get('ignored', 0)} ignored by a rule"),
        ("Incidents with a resolved time", f"{resolved} of {len(rows)}" if len(rows) else "none to ask",
         f"counted in {short_words(record.period)}; the others are open or do not say"),
        ("Contradictions", f"{len(contradictions):,}", _where_found(contradictions)),
        ("All findings", f"{len(found):,}", f"{plural(int((found['level'] == 'error').sum()), 'error')}; opsanalytics check lists them with file and line"),
    ], columns=["what", "how many", "how to read it"])


def trust_numbers(record: Record) -> list[Number]:
    stands = dict(record.files["status"].value_counts())
    found = record.findings
    return [Number(f"files_{status}", int(stands.get(status, 0)), "files", n=len(record.files))
            for status in ("loaded", "rejected", "ignored")] + [
        Number("contradictions", int(found["code"].isin(CONTRADICTIONS).sum()), "findings", n=len(found))]


def trust_caption(record: Record) -> str:
    return (f"Read {record.as_of_words}; days are cut in {record.load['zone']}; the figures above cover {record.days_words(record.period)}. "
            "What nobody wrote down is in no figure. The page on record quality says what is wrong and where.")


def _where_found(contradictions: pd.DataFrame) -> str:
    if contradictions.empty:
        return "no time or duration contradicts another"
    first = contradictions.sort_values(["path", "line"]).iloc[0]
    return f"times or durations that contradict each other, the first at {first['path']}:{first['line']}"
