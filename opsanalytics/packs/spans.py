"""Periods of a record that has more than incidents: said in words, and shown from its own first day on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from opsanalytics.figures import Place, day
from opsanalytics.metrics.periods import Period, trailing
from opsanalytics.packs.record import PERIODS_SHOWN, Record, short_words


def said(period: Period) -> str:
    """`October 2026`; a quarter is `Q4 2026`, anything else goes by its name."""
    return f"{period.starts_on:%B %Y}" if period.kind == "month" else short_words(period)


def covered(record: Record) -> str:
    """The period of the page, with a word where nothing of it can be known."""
    return f"{said(record.period)}{', which has not begun' if record.is_to_come else ''}"


def not_begun(record: Record) -> str:
    return f"{said(record.period)} has not begun on {day(record.as_of_on)}: nothing is known of it."


def so_far(period: Period) -> str:
    """` so far`, where it goes on."""
    return " so far" if period.progress and period.days_elapsed else ""


def days_words(period: Period) -> str:
    """`25 Sep 2026 to 30 Sep 2026`."""
    return f"{day(period.starts_on)} to {day(period.ends_on - timedelta(1))}"


def shown(record: Record, days: pd.Series) -> tuple[Period, ...]:
    """The period and the seven before it, oldest first, from the first of these days on."""
    periods = trailing(record.period, PERIODS_SHOWN)
    known = days.dropna()
    return tuple(part for part in periods if len(known) and part.ends_on > min(known)) or periods[-1:]


def edges(periods: Sequence[Period]) -> tuple[date, ...]:
    """The first day of each, and the day after the last: their axis is one of time, unless it is the whole record as one."""
    if periods[-1].kind == "all":
        return ()
    return (*(period.starts_on for period in periods), periods[-1].ends_on)


def header(record: Record, counted: str) -> tuple[str, ...]:
    """Company; period; as-of and commit; what this page counts."""
    return (record.header[0], ", ".join(filter(None, (said(record.period), record.period.progress))), record.header[2], counted)


def where(rows: pd.DataFrame) -> pd.Series:
    """Where each row is written."""
    places = [Place(path, int(line)) for path, line in zip(rows["source_path"], rows["source_line"], strict=True)]
    return pd.Series(places, rows.index, dtype=object)
