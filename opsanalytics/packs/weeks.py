"""The shown weeks beside each other: their control band, and which of them stand out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from opsanalytics.figures import Number, plural
from opsanalytics.metrics.comparisons import as_weeks, weekly_counts
from opsanalytics.packs.record import Record
from opsanalytics.stats.charts import ControlChart, laney_u_chart
from opsanalytics.stats.rates import Weeks, dispersion

BAND_NEEDS = 13  # weeks
# Measured over looks back of 13 to 104 weeks: tests/simulations.
STABLE_SIGNALS = ("Of stable half-years at most 2 in 100 have a week outside such a band where incidents come singly, up to 18 where one "
                  "a week or more cluster to an index of 3.")
NAMED = 3


@dataclass(frozen=True)
class Control:
    """weeks_on: shape (k,), the Monday of each week. The chart's points are incidents a week, however short the week."""

    weeks_on: list[date]
    weeks: Weeks
    chart: ControlChart

    @property
    def band(self) -> pd.DataFrame:
        """A week a row, in incidents of that week: `week_on`, `incidents`, `centre`, `low`, `high`, `stands_out`."""
        days = self.weeks.exposures
        rows = pd.DataFrame({
            "week_on": self.weeks_on, "incidents": self.weeks.counts, "centre": self.chart.centre * days,
            "low": self.chart.low * days, "high": self.chart.high * days,
        })
        return rows.assign(stands_out=rows.index.isin(self.chart.signals))

    @property
    def standing_out(self) -> list[tuple[str, int]]:
        """`2026-W31` and its incidents, the most first."""
        out = self.band[self.band["stands_out"]].sort_values("incidents", ascending=False, kind="stable")
        return [(f"{week_on:%G-W%V}", int(count)) for week_on, count in zip(out["week_on"], out["incidents"], strict=True)]


def control(record: Record) -> Control | None:
    """A look back, the shown weeks their own baseline; None where they are too few or without an incident."""
    rows = weekly_counts(record.connection, record.span(record.shown_periods))
    if len(rows) < BAND_NEEDS or not any(row["incidents"] for row in rows):
        return None
    weeks = as_weeks(rows)
    return Control([row["week_on"] for row in rows], weeks, laney_u_chart(weeks, len(rows)))


def control_words(record: Record) -> str:
    """`no week stands out`; empty without a band."""
    found = control(record)
    if found is None:
        return ""
    out = found.standing_out
    if not out:
        return "no week stands out"
    if len(out) == 1:
        return f"week {out[0][0]} stands out: {plural(out[0][1], 'incident')}"
    named = ", ".join(f"{week} with {count}" for week, count in out[:NAMED])
    return f"{len(out)} weeks stand out: {named}{', ...' if len(out) > NAMED else ''}"


def control_caption(record: Record) -> str:
    found = control(record)
    if found is None:
        return f"No control band: that needs {BAND_NEEDS} weeks with an incident among them."
    index = dispersion(found.weeks).index or 0
    return (f"The band (Laney u', negative binomial limits, dotted centre) is about {found.chart.centre:.1f} a week; its baseline is all "
            f"{len(found.weeks_on)} weeks drawn, whose index of dispersion is {index:.1f} (1: they come singly). {STABLE_SIGNALS}")


def control_numbers(record: Record) -> tuple[Number, ...]:
    found = control(record)
    if found is None:
        return ()
    n = len(found.weeks_on)
    return (Number("weekly_incidents.centre", found.chart.centre, "incidents a week", n=n),
            Number("weekly_incidents.weeks_that_stand_out", len(found.standing_out), "weeks", n=n))
