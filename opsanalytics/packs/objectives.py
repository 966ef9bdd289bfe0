"""What we promised: the objectives of the period, a row each, with their key results, and how earlier ones ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from opsanalytics.figures import Chart, Number, known, plural
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.periods import Period
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record, short_words
from opsanalytics.record_figures import OUTCOMES, RESULT_STATES, Bullet, each, stacked

METRIC = "key_results"


def bullets(record: Record) -> Sequence[Bullet]:
    """In the order of the files; empty where the period, and the one before it, has no objective."""
    period = _period(record)
    return [Bullet(_named(row, period), row.text, _done(row), _figures(row), row.outcome) for row in each(_rows(record, period))]


def _named(row: Any, period: Period) -> str:
    """The objective; one of a longer or shorter period says so."""
    return str(row.objective) if row.period == period.name else f"{row.objective} ({row.period})"


def _period(record: Record) -> Period:
    """The period, or the one before it while this one has no objective of its own yet."""
    if _rows(record, record.period).empty and record.before is not None:
        return record.before
    return record.period


def _rows(record: Record, period: Period) -> pd.DataFrame:
    """The key results of objectives whose own period has days in it."""
    rows = record.table("key_result_facts")
    rows = rows[rows["starts_on"].notna() & rows["ends_on"].notna()]
    rows = rows[(rows["starts_on"] < period.ends_on) & (rows["ends_on"] >= period.starts_on)]
    return rows.sort_values(["source_path", "source_line", "key_result_id"])


def _done(row: Any) -> float | None:
    """The share of the way from baseline to target; without a baseline, of the target."""
    start = row.baseline if known(row.baseline) else 0.0
    if not known(row.actual) or not known(row.target) or row.target == start:
        return None
    return float((row.actual - start) / (row.target - start))


def _figures(row: Any) -> str:
    """`34 to 7 days, now 12`."""
    mark = f" {row.unit}" if isinstance(row.unit, str) else ""
    way = " to ".join(_plain(value) for value in (row.baseline, row.target) if known(value))
    return ", ".join(filter(None, (way + mark if way else "", f"now {_plain(row.actual)}{mark}" if known(row.actual) else "")))


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,g}"


def finding(record: Record) -> str:
    period = _period(record)
    counts = _rows(record, period)["outcome"].value_counts()
    if counts.empty:
        return ""
    parts = [f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if outcome in counts]
    said = f"{'all ' if counts.sum() > 1 else ''}{parts[0].partition(' ')[2]}" if len(parts) == 1 else ", ".join(parts)
    return f"What we promised for {spans.said(period)}: {plural(int(counts.sum()), 'key result')}, {said}"


def told(record: Record) -> str:
    """The finding, or that there is none and what would bring one."""
    return finding(record) or (f"No objective is meant for {spans.said(record.period)}; ops/objectives/<period>.md or a planning "
                               "session brings them")


def caption(record: Record) -> str:
    return ("A bar is the way from where it began to the target, filled as far as it was last measured; one that nobody measured "
            "has no filling. An outcome is known when the period is over.")


def numbers(record: Record) -> list[Number]:
    rows = _rows(record, _period(record))
    counts = rows["outcome"].value_counts()
    return [Number(f"key_results.{name.replace(' ', '_')}", int(counts.get(name, 0)), "key results", n=len(rows))
            for name in OUTCOMES] if len(rows) else []


# --- how they ended

def header(record: Record) -> tuple[str, ...]:
    results, items = len(_rows(record, record.period)), len(record.table("roadmap_items"))
    return spans.header(record, f"{plural(results, 'key result')} for {spans.said(record.period)}, {plural(items, 'roadmap item')}")


def ended(record: Record) -> Chart:
    """The key results by the period in which that of their objective ends, and what became of them."""
    rows = record.table("key_result_facts")
    rows = rows[rows["ends_on"].notna()]
    periods = spans.shown(record, rows["ends_on"])
    counts = [(short_words(period), kind, int((record.within(rows, period, "ends_on")["outcome"] == kind).sum()))
              for period in periods for kind in RESULT_STATES]
    chart = stacked(pd.DataFrame(counts, columns=["group", "kind", "count"]), [short_words(period) for period in periods], RESULT_STATES,
                    finding=_ended_finding(record, periods), name="key_results", noun=record.noun)
    caption = f"By the {record.noun} in which the objective's own period ends{_undated_words(record)}."
    return replace(chart, edges=spans.edges(periods), numbers=tuple(_share(record, periods)), caption=caption if chart.figure else "",
                   definition=METRICS[METRIC].definition)


def _undated_words(record: Record) -> str:
    count = int(record.table("key_result_facts")["ends_on"].isna().sum())
    return f"; {plural(count, 'key result')} of an objective without a readable period {'is' if count == 1 else 'are'} in none" if count else ""


def _ended_finding(record: Record, periods: Sequence[Period]) -> str:
    share = next(iter(_share(record, periods)), None)
    days = f"{spans.said(periods[0])} to {spans.said(periods[-1])}" if len(periods) > 1 else spans.said(record.period)
    if share is None:
        return f"No key result of {days} was hit or missed yet"
    count = round((share.value or 0) * (share.n or 0))
    return f"{count} of {plural(share.n or 0, 'measured key result')} of {days} {'was' if count == 1 else 'were'} hit"


def _share(record: Record, periods: Sequence[Period]) -> list[Number]:
    """The share of hits among the measured, over the shown periods; nothing where none was measured."""
    share = record.number("key_results.share_hit", METRIC, "share_hit", record.span(periods))
    return [share] if share.value is not None else []
