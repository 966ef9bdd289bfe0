"""A period beside the one before: the headlines of a page with their verdicts, which are decided together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.clock import read_clock
from opsanalytics.metrics.compute import compute
from opsanalytics.metrics.durations import duration_groups
from opsanalytics.metrics.periods import Period
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import interval_words
from opsanalytics.metrics.scope import Scope, read_scope
from opsanalytics.stats.comparing import (
    Comparison,
    Judgement,
    Visible,
    compare_on_logs,
    compare_shares,
    compare_weeks,
    judge,
)
from opsanalytics.stats.intervals import Estimate
from opsanalytics.stats.rates import Weeks
from opsanalytics.stats.spans import Spans
from opsanalytics.stats.survival import common_horizon, median_survival, restricted_geometric_ratio

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PRACTICALLY_SAME = 0.10  # where the policies say nothing
CUSTOMERS_FIRST = "seen_by_customers_first"


@dataclass(frozen=True)
class Headline:
    """What is asked of two periods. key: the number of the page that it is about.

    statistic: `per_week` of the incidents, of these levels only where they are given, `median` of a duration, which is
    decided by the ratio of geometric means, CUSTOMERS_FIRST, or any share of the catalogue. before None: the record has
    no such period.
    """

    key: str
    metric: str
    statistic: str
    before: Period | None
    after: Period
    lower_is_better: bool = True
    levels: tuple[str, ...] | None = None


class Side(NamedTuple):
    """What one period says: a week's rate, a share, or the Kaplan-Meier median, and of how many."""

    value: float | None
    n: int


class Found(NamedTuple):
    """note: why there is nothing to compare by. horizon: at which age both sides' durations are cut, in their unit."""

    before: Side
    after: Side
    comparison: Comparison | None
    note: str = ""
    horizon: float | None = None


@dataclass(frozen=True)
class Compared:
    """The answer to a headline; without a judgement the note says why."""

    headline: Headline
    before: Side
    after: Side
    judgement: Judgement | None
    note: str
    horizon: float | None

    @property
    def verdict(self) -> str | None:
        return str(self.judgement.verdict) if self.judgement else None

    @property
    def ratio(self) -> Estimate:
        """Of after over before, with its uncorrected 95 % interval."""
        return self.judgement.ratio if self.judgement else Estimate(None)

    @property
    def ratio_words(self) -> str:
        """As the function of that name; empty without a judgement."""
        return ratio_words(self.ratio) if self.judgement else ""

    @property
    def visible_words(self) -> str:
        """Of `can't tell`: the smallest change that this record would have shown."""
        return visible_words(self.judgement.visible) if self.judgement and self.judgement.visible else ""


def compare_headlines(connection: DuckDBPyConnection, headlines: Sequence[Headline]) -> dict[str, Compared]:
    """The answers by key: the verdicts of one page, with the margin of the workspace's `policies.practically_same`.

    Refused: more than five headlines (ValueError), a database without a load (DatabaseError).
    """
    found = [_find(connection, headline) for headline in headlines]
    comparisons = [one.comparison for one in found if one.comparison]
    judgements = iter(judge(comparisons, read_margin(connection)))
    return {
        headline.key: Compared(
            headline, one.before, one.after, next(judgements) if one.comparison else None, one.note, one.horizon
        )
        for headline, one in zip(headlines, found, strict=True)
    }


def read_margin(connection: DuckDBPyConnection) -> float:
    """From which ratio up a change is practically none: 1 less the workspace's `policies.practically_same`."""
    return 1 - float(read_clock(connection).policies.get("practically_same", PRACTICALLY_SAME))


def weekly_counts(connection: DuckDBPyConnection, period: Period | None, levels: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """`week_on`, `days`, `incidents`: every week of the period as far as it has begun and is on record, zeros included."""
    scope = read_scope(connection, "incidents", period, None, every_kind=False)
    if scope.first_on is None:
        return []
    return fetch(connection, "comparisons.weekly_counts", {**scope.parameters, "levels": levels and list(levels)})


def as_weeks(rows: Sequence[dict[str, Any]]) -> Weeks:
    """Refused with ValueError: fewer than two weeks."""
    return Weeks(*(np.array([row[column] for row in rows], dtype=np.float64) / unit for column, unit in (("incidents", 1), ("days", 7))))


# --- what each kind of number is compared by

def _find(connection: DuckDBPyConnection, headline: Headline) -> Found:
    scopes = [read_scope(connection, METRICS[headline.metric].records, period, None, every_kind=False)
              for period in (headline.before, headline.after)]
    if why := _nothing_before(headline, scopes[1]):
        return Found(Side(None, 0), Side(None, 0), None, why)
    found = _KINDS.get(headline.statistic, _of_shares)(headline, *scopes)
    if found.comparison and found.comparison.ratio(0.95)[1:] == (None, None):
        return found._replace(comparison=None, note="none on either side")
    return found


def _nothing_before(headline: Headline, after: Scope) -> str:
    if after.period is None:
        return "the whole record has nothing before it"
    if headline.before is None:
        return f"nothing to compare with: the record begins on {after.first_on}"
    if METRICS[headline.metric].records != "incidents":
        return ""
    if after.first_on is None:
        return "the record holds no incident yet"
    return f"nothing to compare with: the record begins on {after.first_on}" if headline.before.ends_on <= after.first_on else ""


def _of_weeks(headline: Headline, *scopes: Scope) -> Found:
    """Only whole days on record count, so a period that is not over is a rate like any other."""
    rows = [weekly_counts(scope.connection, scope.period, headline.levels) for scope in scopes]
    before, after = (_weekly_side(weeks) for weeks in rows)
    if short := [scope.period_words for scope, weeks in zip(scopes, rows, strict=True) if len(weeks) < 2]:
        return Found(before, after, None, f"fewer than two weeks of {short[0]}")
    return Found(before, after, compare_weeks(*map(as_weeks, rows), lower_is_better=headline.lower_is_better))


def _weekly_side(rows: Sequence[dict[str, Any]]) -> Side:
    count, days = (sum(row[column] for row in rows) for column in ("incidents", "days"))
    return Side(7 * count / days if days else None, count)


def _of_durations(headline: Headline, *scopes: Scope) -> Found:
    """Those of zero have no logarithm, and count in the medians only."""
    spans = [_spans(headline.metric, scope) for scope in scopes]
    positive = [each.where(each.exit > 0) for each in spans]
    before, after = (Side(median_survival(each).value, len(each.counted())) for each in spans)
    ended = [int(np.count_nonzero(each.counted().ended)) for each in positive]
    if min(ended) < 2:
        return Found(before, after, None, f"fewer than two restored in {scopes[int(np.argmin(ended))].period_words}")
    ratio = partial(restricted_geometric_ratio, positive[0], positive[1])
    comparison = compare_on_logs(ratio, lower_is_better=headline.lower_is_better)
    return Found(before, after, comparison, horizon=common_horizon(*positive))


def _spans(metric: str, scope: Scope) -> Spans:
    [group] = duration_groups(METRICS[metric], scope)
    return Spans.of(*(group.counted.get(key, []) for key in ("entry", "exit", "ended")))


def _of_customers(headline: Headline, *scopes: Scope) -> Found:
    counts = [fetch(scope.connection, "comparisons.seen_by_customers", scope.parameters)[0] for scope in scopes]
    return _shares(headline, [(each["n_found"], each["n"]) for each in counts], scopes)


def _of_shares(headline: Headline, *scopes: Scope) -> Found:
    return _shares(headline, [_share(headline, scope) for scope in scopes], scopes)


def _share(headline: Headline, scope: Scope) -> tuple[int, int]:
    """How many of how many: a value of six digits gives its count back."""
    rows = compute(scope.connection, headline.metric, period=scope.period).rows
    row = next(row for row in rows if row["statistic"] == headline.statistic)
    return round((row["value"] or 0) * row["n"]), row["n"]


def _shares(headline: Headline, counts: Sequence[tuple[int, int]], scopes: Sequence[Scope]) -> Found:
    before, after = (Side(found / n if n else None, n) for found, n in counts)
    if unasked := [scope.period_words for scope, (_, n) in zip(scopes, counts, strict=True) if not n]:
        return Found(before, after, None, f"nothing to ask in {unasked[0]}")
    return Found(before, after, compare_shares(*counts[0], *counts[1], lower_is_better=headline.lower_is_better))


_KINDS = {"per_week": _of_weeks, "median": _of_durations, CUSTOMERS_FIRST: _of_customers}


# --- words

def times(ratio: float) -> str:
    """Two digits: `0.62`, `1.4`, `12`; and `0`."""
    digits = 2 if 0 < ratio < 1 else 1 if 0 < ratio < 10 else 0
    return f"{ratio:,.{digits}f}"


def ratio_words(ratio: Estimate) -> str:
    """`0.62 times (95 %: 0.41 to 0.93)`."""
    value, low, high = ratio
    said = "none before" if value is None else f"{times(value)} times"
    limits = f"{times(low or 0)} or more" if high is None else interval_words(low, high, times)
    return f"{said} (95 %: {limits})"


def visible_words(visible: Visible) -> str:
    """The ends of what would not show, as people say them.

    >>> visible_words(Visible(0.5, 2.14)), visible_words(Visible(None, 1.6))
    ('only a fall by half or a rise to 2.1 times would show', 'only a rise by 60 % would show')
    """
    ends = [say(ratio) for say, ratio in ((_fall, visible.fall), (_rise, visible.rise)) if ratio is not None]
    return f"only {' or '.join(ends)} would show" if ends else "too few for any change to show"


def _fall(ratio: float) -> str:
    percent = round(100 * (1 - ratio))
    return {50: "a fall by half", 100: "a fall to none"}.get(percent, f"a fall by {percent} %")


def _rise(ratio: float) -> str:
    return f"a rise to {times(ratio)} times" if ratio >= 2 else f"a rise by {round(100 * (ratio - 1))} %"
