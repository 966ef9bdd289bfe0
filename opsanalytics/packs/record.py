"""What the pages of a pack read: the load, the facts as data frames, and metrics over the period and those before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from opsanalytics.clocks import wall_time
from opsanalytics.figures import NO_SEVERITY, Number, day, plural
from opsanalytics.findings import RULES
from opsanalytics.metrics.catalogue import find_metric
from opsanalytics.metrics.comparisons import Compared, Headline, compare_headlines
from opsanalytics.metrics.compute import compute
from opsanalytics.metrics.counts import exposure
from opsanalytics.metrics.dimensions import find_grouping
from opsanalytics.metrics.durations import duration_items
from opsanalytics.metrics.periods import KINDS, Period, parse_period, trailing
from opsanalytics.metrics.queries import run
from opsanalytics.metrics.result import MetricResult
from opsanalytics.metrics.scope import Scope, read_scope

PERIODS_SHOWN = 8
STYLE = [code for code, rule in RULES.items() if rule.is_style]
PERIODS_OF_DURATIONS = 4
DAYS_OF_A_RATE = 14


@dataclass(frozen=True)
class Record:
    """The operating record as of a load, looked at over one period."""

    connection: duckdb.DuckDBPyConnection
    period: Period

    def local(self, instant: datetime) -> datetime:
        """What the clocks of the workspace's zone show at an instant in naive UTC."""
        return wall_time(instant, ZoneInfo(self.load["zone"]))

    @cached_property
    def load(self) -> dict[str, Any]:
        return {str(key): value for key, value in self._frame("latest_load").iloc[0].to_dict().items()}

    @cached_property
    def incidents(self) -> pd.DataFrame:
        """Every incident, oldest first; `left_out` says why a metric does not count it. A severity that the file does not
        state is NO_SEVERITY.
        """
        scope = self._scope()
        facts = _with_days(run(self.connection, "counts.incident_population", scope.parameters).df())
        facts = facts.assign(severity=facts["severity"].fillna(NO_SEVERITY))
        return facts.sort_values(["started_on", "started_at", "incident_id"], na_position="first")

    @cached_property
    def counted(self) -> pd.DataFrame:
        """The population of the metrics, as far as it has days."""
        return self.incidents[self.incidents["left_out"].isna() & self.incidents["started_on"].notna()]

    @cached_property
    def promises(self) -> pd.DataFrame:
        """Every promise that an incident made first, the oldest first."""
        items = self._frame("promise_facts")
        items = items[(items["origin_kind"] == "incident") & ~(items["created_on"] > self.as_of_on)]
        items = items.assign(severity=items["severity"].fillna(NO_SEVERITY))
        return items.sort_values(["created_on", "action_id"], na_position="last")

    @cached_property
    def files(self) -> pd.DataFrame:
        return self._frame("source_files")

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Those of the load, without rules of style."""
        rows = self._frame("findings")
        return rows[~rows["code"].isin(STYLE)]

    def table(self, name: str) -> pd.DataFrame:
        """A table or view of the warehouse by its name, with days as `date`."""
        return self._frame(name)

    @property
    def as_of_on(self) -> date:
        found: date = self.load["as_of_on"]
        return found

    @property
    def scale(self) -> list[str]:
        return list(self.load["severities"])

    # --- periods

    @cached_property
    def shown_periods(self) -> tuple[Period, ...]:
        """The period and the seven before it, oldest first, from the record's first day on."""
        periods = trailing(self.period, PERIODS_SHOWN)
        return tuple(part for part in periods if self.first_on is None or part.ends_on > self.first_on) or periods[-1:]

    @cached_property
    def durations_period(self) -> Period:
        """The period with the three before it: durations vary too much to be read over one."""
        return self.span(trailing(self.period, PERIODS_OF_DURATIONS))

    @cached_property
    def durations_before(self) -> Period | None:
        """As many periods before those of the durations."""
        periods = trailing(self.period, 2 * PERIODS_OF_DURATIONS)[:-PERIODS_OF_DURATIONS]
        return self.span(periods) if periods else None

    @property
    def before(self) -> Period | None:
        """The period before, where the record has one."""
        return self.shown_periods[-2] if len(self.shown_periods) > 1 else None

    @property
    def noun(self) -> str:
        """What the period is: a quarter, a month, a week, a year, or just a period."""
        return self.period.kind if self.period.kind in KINDS else "period"

    @cached_property
    def first_on(self) -> date | None:
        """The record's first day."""
        return self._scope().first_on

    @property
    def is_to_come(self) -> bool:
        """No day of the period has begun: nothing of it is known, not even that nothing happened."""
        return self.period.starts_on > self.as_of_on

    @property
    def begins_late(self) -> bool:
        """The record begins with an incident within the period, too late in it for a rate that this incident does not make."""
        return self.first_on is not None and self.first_on > self.period.starts_on and self.exposure(self.period) < DAYS_OF_A_RATE

    @property
    def last_on(self) -> date:
        """The last day of the period that has begun."""
        return min(self.period.ends_on - timedelta(1), self.as_of_on)

    @property
    def shown_days(self) -> tuple[date, date]:
        """First and last day of the shown periods, from the record's first day on, those to come included."""
        last = self.period.ends_on - timedelta(1)
        return min(self.begins_on(self.shown_periods[0]), last), last

    def begins_on(self, period: Period) -> date:
        """The period's first day that the record can speak of."""
        return max(period.starts_on, self.first_on or self.last_on)

    @property
    def shown_incidents(self) -> pd.DataFrame:
        """The counted ones that started in the shown periods."""
        return self.within(self.counted, self.span(self.shown_periods))

    def within(self, frame: pd.DataFrame, period: Period, column: str = "started_on") -> pd.DataFrame:
        return frame[(frame[column] >= period.starts_on) & (frame[column] < period.ends_on)]

    def span(self, periods: Sequence[Period]) -> Period:
        """One period over all of them."""
        if len(periods) == 1:
            return periods[0]
        text = f"{periods[0].starts_on}..{periods[-1].ends_on - timedelta(1)}"
        return parse_period(text, as_of_on=self.period.as_of_on, fiscal_year_start=self.period.fiscal_year_start)

    # --- metrics

    def metric(self, name: str, period: Period | None = None, by: str | None = None) -> MetricResult:
        asked = (name, period or self.period, by)
        if asked not in self._answers:
            self._answers[asked] = compute(self.connection, name, period=asked[1], by=by)
        return self._answers[asked]

    @cached_property
    def _answers(self) -> dict[tuple[str, Period, str | None], MetricResult]:
        return {}

    def number(self, key: str, name: str, statistic: str, period: Period | None = None) -> Number:
        """A statistic of a metric as a number of the page, called `key` there."""
        row = next(row for row in self.metric(name, period).rows if row["statistic"] == statistic)
        return Number(key, row["value"], row["unit"], row["low"], row["high"], row["n"])

    def compared(self, headlines: tuple[Headline, ...]) -> dict[str, Compared]:
        """The verdicts of a page on its headlines, decided together."""
        if headlines not in self._verdicts:
            self._verdicts[headlines] = compare_headlines(self.connection, headlines)
        return self._verdicts[headlines]

    @cached_property
    def _verdicts(self) -> dict[tuple[Headline, ...], dict[str, Compared]]:
        return {}

    def trend(self, name: str, statistic: str) -> tuple[float | None, ...]:
        return tuple(self.number("", name, statistic, period).value for period in self.shown_periods)

    def exposure(self, period: Period) -> int:
        """The days of the period that a rate is over."""
        return exposure(self._scope(period))[None]

    def duration_items(self, name: str, by: str | None = None) -> pd.DataFrame:
        """The incidents behind a duration metric over `durations_period`, with entry_minutes, minutes, is_censored, and reason."""
        return duration_items(find_metric(name), self._scope(self.durations_period, by))

    def _scope(self, period: Period | None = None, by: str | None = None) -> Scope:
        return read_scope(self.connection, "incidents", period, by, every_kind=False)

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
        if self.is_to_come:
            return f"nothing is known of {short_words(self.period)} yet"
        if not n and not counts.excluded:
            return f"no incidents in {short_words(self.period)}"
        return f"{plural(n, 'incident')} counted" + left_out_words(counts.excluded)

    def days_words(self, period: Period) -> str:
        return self.span_words([period])

    def span_words(self, periods: Sequence[Period]) -> str:
        """From the first day of the first period that is in the record to the last day of the last that has begun; of a
        record without a day, the whole of the periods."""
        last = periods[-1]
        ends_on = min(last.ends_on - timedelta(1), last.as_of_on)
        begins_on = self.begins_on(periods[0]) if self.first_on else periods[0].starts_on
        return f"{day(min(begins_on, ends_on))} to {day(ends_on)}"

    def _frame(self, view: str) -> pd.DataFrame:
        """Read once; whoever changes theirs changes no other (pandas copies on write)."""
        if view not in self._frames:
            self._frames[view] = _with_days(self.connection.execute(f"select * from {view}").df())
        return self._frames[view].copy(deep=False)

    @cached_property
    def _frames(self) -> dict[str, pd.DataFrame]:
        return {}


def _with_days(frame: pd.DataFrame) -> pd.DataFrame:
    """Days as `date`, so that they compare with the days of periods."""
    for column in frame.columns:
        if str(column).endswith("_on") and not str(column).startswith("is_"):
            frame[column] = [value.date() if not pd.isna(value) else None for value in pd.to_datetime(frame[column])]
    return frame


def days_between(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(number) for number in range((last - first).days + 1))


def period_words(period: Period) -> str:
    """`Q4 2026, day 53 of 92`: a quarter as people say it, and how far it is when there are days to come."""
    return ", ".join(filter(None, (short_words(period), period.progress)))


def short_words(period: Period) -> str:
    year, _, quarter = period.name.partition("-")
    if period.kind == "all":
        return "the whole record"
    if period.kind == "month":
        return f"{period.starts_on:%b %Y}"
    return f"{quarter} {year}" if period.kind == "quarter" else period.name


def left_out_words(reasons: dict[str, int]) -> str:
    if not reasons:
        return ""
    said = ", ".join(f"{n} {reason.removeprefix('kind is ').removeprefix('status is ')}" for reason, n in reasons.items())
    return f", {sum(reasons.values())} left out ({said})"
