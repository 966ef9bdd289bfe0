"""What the pages of a pack read: the load, the facts as data frames, and metrics over the period and those before it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import duckdb
import pandas as pd

from opsanalytics.figures import NO_SEVERITY, Number, day, plural
from opsanalytics.metrics.compute import compute
from opsanalytics.metrics.dimensions import find_grouping
from opsanalytics.metrics.periods import Period, parse_period, trailing
from opsanalytics.metrics.result import MetricResult

QUARTERS_SHOWN = 8
QUARTERS_OF_DURATIONS = 4


@dataclass(frozen=True)
class Record:
    """The operating record as of a load, looked at over one period."""

    connection: duckdb.DuckDBPyConnection
    period: Period

    @cached_property
    def load(self) -> dict[str, Any]:
        return {str(key): value for key, value in self._frame("latest_load").iloc[0].to_dict().items()}

    @cached_property
    def incidents(self) -> pd.DataFrame:
        """Every incident known by the as-of, oldest first; a severity that the file does not state is NO_SEVERITY."""
        facts = self._frame("incident_facts")
        facts = facts[facts["started_on"].isna() | (facts["started_on"] <= self.as_of_on)]
        facts = facts.assign(severity=facts["severity"].fillna(NO_SEVERITY), is_open=facts["is_open"].fillna(False))
        return facts.sort_values(["started_on", "started_at", "incident_id"], na_position="first")

    @cached_property
    def counted(self) -> pd.DataFrame:
        return self.incidents[self.incidents["is_counted"] & self.incidents["started_on"].notna()]

    @cached_property
    def promises(self) -> pd.DataFrame:
        """Every follow-up of an incident, oldest promise first."""
        items = self._frame("action_item_facts")
        items = items[(items["origin_kind"] == "incident") & ~(items["created_on"] > self.as_of_on)]
        items = items.assign(severity=items["severity"].fillna(NO_SEVERITY))
        return items.sort_values(["created_on", "action_id"], na_position="last")

    @cached_property
    def files(self) -> pd.DataFrame:
        return self._frame("source_files")

    @cached_property
    def findings(self) -> pd.DataFrame:
        return self._frame("findings")

    @property
    def as_of_on(self) -> date:
        found: date = self.load["as_of_on"]
        return found

    @property
    def scale(self) -> list[str]:
        return list(self.load["severities"])

    @property
    def policies(self) -> dict[str, Any]:
        return dict(json.loads(self.load["policies"]))

    # --- periods

    @cached_property
    def shown_periods(self) -> tuple[Period, ...]:
        """The period and the seven before it, oldest first, from the record's first day on."""
        periods = trailing(self.period, QUARTERS_SHOWN)
        return tuple(part for part in periods if self.first_on is None or part.ends_on > self.first_on) or periods[-1:]

    @cached_property
    def durations_period(self) -> Period:
        """The period with the three before it: durations vary too much to be read over one."""
        return self._span(trailing(self.period, QUARTERS_OF_DURATIONS))

    @property
    def before(self) -> Period | None:
        """The period before, where the record has one."""
        return self.shown_periods[-2] if len(self.shown_periods) > 1 else None

    @property
    def first_on(self) -> date | None:
        days = self.incidents["started_on"].dropna()
        return days.min() if len(days) else None

    @property
    def last_on(self) -> date:
        """The last day of the period that has begun."""
        return min(self.period.ends_on - timedelta(1), self.as_of_on)

    @property
    def shown_days(self) -> tuple[date, date]:
        """First and last day of the shown periods, those to come included."""
        return self.shown_periods[0].starts_on, self.period.ends_on - timedelta(1)

    def within(self, frame: pd.DataFrame, period: Period, column: str = "started_on") -> pd.DataFrame:
        return frame[(frame[column] >= period.starts_on) & (frame[column] < period.ends_on)]

    def _span(self, periods: Sequence[Period]) -> Period:
        if len(periods) == 1:
            return periods[0]
        text = f"{periods[0].starts_on}..{periods[-1].ends_on - timedelta(1)}"
        return parse_period(text, as_of_on=self.period.as_of_on, fiscal_year_start=self.period.fiscal_year_start)

    # --- metrics

    def metric(self, name: str, period: Period | None = None, by: str | None = None) -> MetricResult:
        return compute(self.connection, name, period=period or self.period, by=by)

    def number(self, key: str, name: str, statistic: str, period: Period | None = None) -> Number:
        """A statistic of a metric as a number of the page, called `key` there."""
        row = next(row for row in self.metric(name, period).rows if row["statistic"] == statistic)
        return Number(key, row["value"], row["unit"], row["low"], row["high"], row["n"])

    def trend(self, name: str, statistic: str) -> tuple[float | None, ...]:
        return tuple(self.number("", name, statistic, period).value for period in self.shown_periods)

    def groups(self, by: str) -> pd.DataFrame:
        """`incident_id`, `group`: an incident is in as many groups as it has services."""
        grouping = find_grouping(self.connection, "incidents", by)
        rows = self.connection.execute(f"select incident_id, label from ({grouping.sql})", grouping.parameters).fetchall()
        return pd.DataFrame(rows, columns=["incident_id", "group"]).fillna({"group": NO_SEVERITY})

    # --- words

    @property
    def header(self) -> tuple[str, ...]:
        """Company; period; as-of and commit; how many incidents count and how many do not, and why."""
        return (self.load["company"] or "", period_words(self.period), self.as_of_words, self.counted_words)

    @property
    def as_of_words(self) -> str:
        commit = self.load["git_commit"]
        dirty = ", with changes since" if commit and self.load["dirty"] is True else ""
        return f"as of {day(self.as_of_on)}" + (f", commit {str(commit)[:10]}{dirty}" if commit else "")

    @property
    def counted_words(self) -> str:
        counts = self.metric("incident_count")
        n = counts.rows[0]["n"]
        if not n and not counts.excluded:
            return f"no incidents in {short_words(self.period)}"
        return f"{plural(n, 'incident')} counted" + left_out_words(counts.excluded)

    def _frame(self, view: str) -> pd.DataFrame:
        """A table or view with days as `date`, so that they compare with the days of periods."""
        frame = self.connection.execute(f"select * from {view}").df()
        for column in frame.columns:
            if str(column).endswith("_on"):
                frame[column] = [value.date() if not pd.isna(value) else None for value in pd.to_datetime(frame[column])]
        return frame


def period_words(period: Period) -> str:
    """`Q4 2026, day 53 of 92`: a quarter as people say it, and how far it is when it is not over."""
    said = short_words(period)
    return said if period.is_complete else f"{said}, day {period.days_elapsed} of {period.days}"


def short_words(period: Period) -> str:
    year, _, quarter = period.name.partition("-")
    return f"{quarter} {year}" if period.kind == "quarter" else period.name


def left_out_words(reasons: dict[str, int]) -> str:
    if not reasons:
        return ""
    said = ", ".join(f"{n} {reason.removeprefix('kind is ').removeprefix('status is ')}" for reason, n in reasons.items())
    return f", {sum(reasons.values())} left out ({said})"


def days_words(period: Period) -> str:
    return span_words([period])


def span_words(periods: Sequence[Period]) -> str:
    """From the first day of the first period to the last day of the last that has begun."""
    last = periods[-1]
    return f"{day(periods[0].starts_on)} to {day(min(last.ends_on - timedelta(1), last.as_of_on))}"
