"""A million incidents: each metric beside the same computation in pandas, numpy and scipy, which must give the same numbers.

Both start from the tables. Ours are in a database file; those of pandas are data frames in memory, of the columns that it
needs and with categories, and reading them is not counted. Without --benchmark-enable the record is a small one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from opsanalytics.metrics.compute import compute
from opsanalytics.metrics.periods import Period, parse_period
from opsanalytics.tables import TABLES
from opsanalytics.warehouse.schema import create_schema, insert_rows

AS_OF = datetime(2026, 11, 22, 12)
TODAY = pd.Timestamp(AS_OF.date())
SCALE = {"SEV-1": 7, "SEV-2": 14, "SEV-3": 30}  # days that a follow-up may take
QUARTER = parse_period("2026-Q3", as_of_on=AS_OF.date())
QUESTIONS: dict[str, dict[str, Any]] = {
    "whole record": {}, QUARTER.name: {"period": QUARTER}, "by severity": {"by": "severity"},
}
ROUNDS = 2
SIX_DIGITS, ROUNDING = 5.1e-6, 1e-8

# A uniform number comes of the hash of a name, so that it is the same on every run and whatever the threads.
DRAWN = """
create temp macro drawn(id, what) as hash(id || what) / 18446744073709551616.0;
create temp macro minutes(id, what, typical, spread) as to_minutes(cast(
    typical * exp(spread * sqrt(-2 * ln(1 - drawn(id, what))) * cos(2 * pi() * drawn(id, 'angle ' || what))) as bigint
));
"""
# 94 % incidents, 0.5 % open, every time missing in some and 1 % of the ends before an earlier event.
INCIDENTS = """
insert into incidents by name
with began as materialized (
    select
        'INC-' || number as incident_id,
        to_minutes(cast(drawn(incident_id, 'began') * 2000 * 1440 as bigint)) as ago
    from range($n) as numbers (number)
),
lived as materialized (
    select
        incident_id,
        cast($as_of as timestamp) - ago as began_at,
        began_at + minutes(incident_id, 'detect', 7, 1.2) as seen_at,
        seen_at + minutes(incident_id, 'acknowledge', 4, 1) as taken_at,
        taken_at + minutes(incident_id, 'mitigate', 40, 1.2) as contained_at,
        contained_at + minutes(incident_id, 'impact', 10, 1) as harmless_at,
        if(drawn(incident_id, 'disorder') < 0.01, began_at - interval 1 hour, contained_at + minutes(incident_id, 'resolve', 60, 1.5)) as over_at,
        drawn(incident_id, 'open') < 0.005 as is_open,
        cast(floor(4 * sqrt(drawn(incident_id, 'severity'))) as bigint) as severity_rank
    from began
)
select
    incident_id,
    incident_id as title,
    if(drawn(incident_id, 'kind') < 0.94, 'incident', 'drill') as kind,
    nullif(severity_rank, 0) as severity_rank,
    'SEV-' || nullif(severity_rank, 0) as severity,
    case when is_open then 'open' when drawn(incident_id, 'cancelled') < 0.02 then 'cancelled' else 'resolved' end as status,
    cast(began_at as date) as started_on,
    if(drawn(incident_id, 'started') < 0.97, began_at, null) as started_at,
    if(drawn(incident_id, 'detected') < 0.9, seen_at, null) as detected_at,
    if(drawn(incident_id, 'acknowledged') < 0.8, taken_at, null) as acknowledged_at,
    if(drawn(incident_id, 'mitigated') < 0.85 and not is_open, contained_at, null) as mitigated_at,
    if(drawn(incident_id, 'impact ended') < 0.5 and not is_open, harmless_at, null) as impact_ended_at,
    if(drawn(incident_id, 'resolved') < 0.97 and not is_open, over_at, null) as resolved_at,
    if(drawn(incident_id, 'excluded') < 0.005, 'an exercise', null) as excluded_reason,
    'ops/incidents/' || incident_id || '.md' as source_path,
    1 as source_line
from lived
"""
SERVICES = """
insert into incident_services by name
select incident_id, 'service-' || cast(floor(30 * drawn(incident_id, 'service' || number)) as bigint) as service, source_path, source_line
from incidents, range(2) as numbers (number)
where drawn(incident_id, 'has service' || number) < 0.7
"""
# Half as many promises as incidents: 72 % done, a tenth of those on no known day, 20 % open, 8 % dropped.
PROMISES = """
insert into action_items by name
with promised as materialized (
    select
        incident_id || '#' || number as action_id,
        incident_id as origin_id,
        number + 1 as position,
        started_on + 2 as created_on,
        drawn(action_id, 'outcome') as outcome,
        source_path,
        source_line
    from incidents, range(2) as numbers (number)
    where drawn(incident_id, 'promises') < 0.25
)
select
    * exclude (outcome),
    'incident' as origin_kind,
    'promise' as text,
    case when outcome < 0.72 then 'done' when outcome < 0.92 then 'open' else 'dropped' end as status,
    if(drawn(action_id, 'due') < 0.8, created_on + cast(30 * drawn(action_id, 'due in') as integer), null) as due_on,
    if(outcome < 0.65, created_on - cast(40 * ln(1 - drawn(action_id, 'done in')) as integer), null) as done_on
from promised
"""


# --- the record

@dataclass
class Race:
    """What both start from, and the lines of the table at the end."""

    connection: duckdb.DuckDBPyConnection
    incidents: pd.DataFrame
    promises: pd.DataFrame
    lines: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def race(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    is_timed = request.config.getoption("benchmark_enable")
    building, connection = timed(lambda: build(tmp_path_factory.mktemp("record") / "record.duckdb", 1_000_000 if is_timed else 20_000))
    reading, frames = timed(lambda: [read(connection, sql) for sql in (READ_INCIDENTS, READ_PROMISES)])
    race = Race(connection, *frames)
    yield race
    if is_timed:
        head = (f"{len(race.incidents):,} incidents and {len(race.promises):,} promises, built in {building:.1f} s, "
                f"read into data frames in {reading:.1f} s; seconds, best of {ROUNDS}")
        with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
            print("", head, f"{'':<36}{'ours':>8}{'pandas':>8}{'ratio':>8}", *race.lines, sep="\n")


def build(path: Path, n: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(path)
    create_schema(connection)
    insert_rows(connection, TABLES["loads"], [{
        "load_id": 1, "loaded_at": AS_OF, "workspace": "example", "as_of": AS_OF, "files_seen": n, "files_loaded": n,
        "files_rejected": 0, "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": "UTC",
        "fiscal_year_start": 1, "policies": "{}", "severities": list(SCALE),
    }])
    connection.execute(DRAWN)
    connection.execute(INCIDENTS, {"n": n, "as_of": AS_OF})
    connection.execute(SERVICES)
    connection.execute(PROMISES)
    return connection


READ_INCIDENTS = """
select
    incident_id, kind, status, severity, excluded_reason, started_on, started_at, detected_at, acknowledged_at, mitigated_at,
    impact_ended_at, resolved_at
from incidents
"""
READ_PROMISES = "select origin_id, status, created_on, due_on, done_on from action_items"


def read(connection: duckdb.DuckDBPyConnection, sql: str) -> pd.DataFrame:
    frame = connection.execute(sql).df()
    categories = frame.columns.intersection(["kind", "status", "severity", "excluded_reason"])
    return frame.astype(dict.fromkeys(categories, "category"))


# --- the same in pandas

Answer = tuple[float, ...]  # value, low, high; NaN for what cannot be told
Answers = dict[tuple[str | None, str], Answer]


def counted(incidents: pd.DataFrame) -> pd.DataFrame:
    kept = (incidents["kind"] == "incident") & (incidents["status"] != "cancelled") & incidents["excluded_reason"].isna()
    return incidents[kept & (incidents["started_on"] <= TODAY) & ~(incidents["started_at"] > AS_OF)]


def within(days: pd.Series, period: Period | None) -> pd.Series:
    if period is None:
        return pd.Series(True, index=days.index)
    return (days >= pd.Timestamp(period.starts_on)) & (days < pd.Timestamp(period.ends_on))


def grouped(frame: pd.DataFrame, by: str | None) -> Iterator[tuple[str | None, pd.DataFrame]]:
    if by is None:
        yield None, frame
        return
    for label, group in frame.groupby(by, observed=True, dropna=False):
        yield label if isinstance(label, str) else "(not stated)", group


def count_in_pandas(race: Race, period: Period | None = None, by: str | None = None) -> Answers:
    incidents = counted(race.incidents)
    first = race.incidents["started_on"].min() if period is None else pd.Timestamp(period.starts_on)
    last = TODAY if period is None else pd.Timestamp(period.ends_on) - pd.Timedelta(days=1)
    weeks = ((last - first).days + 1) / 7
    answers: Answers = {}
    for label, group in grouped(incidents[within(incidents["started_on"], period)], by):
        n = len(group)
        low, high = stats.chi2.ppf(0.025, 2 * n) / 2, stats.chi2.ppf(0.975, 2 * n + 2) / 2
        answers[label, "count"] = (n, low, high)
        answers[label, "per_week"] = (n / weeks, low / weeks, high / weeks)
    return answers


def duration_in_pandas(
    race: Race, start: str, end: str, is_awaited: Callable[[pd.DataFrame], pd.Series], period: Period | None = None, by: str | None = None
) -> Answers:
    incidents = counted(race.incidents)
    incidents = incidents.assign(restored_at=incidents["impact_ended_at"].fillna(incidents["mitigated_at"]).fillna(incidents["resolved_at"]))
    begins, ends = incidents[start], incidents[end]
    over = pd.Timestamp(min(AS_OF, period.ends_at("UTC")) if period else AS_OF)
    is_out_of_order = np.logical_or.reduce([incidents["resolved_at"] < incidents[f"{event}_at"] for event in ("detected", "acknowledged", "mitigated")])
    kept = (begins <= over) & ~(ends < begins) & ~is_out_of_order & (ends.notna() | is_awaited(incidents))
    opens = pd.Timestamp(period.starts_at("UTC")) if period else begins.min()
    kept &= (begins >= opens) | ~(ends <= opens)
    spans = pd.DataFrame({
        "severity": incidents["severity"],
        "entry": (opens - begins).dt.total_seconds().clip(lower=0) / 60,
        "exit": (ends.fillna(over).clip(upper=over) - begins).dt.total_seconds() / 60,
        "ended": ends <= over,
    })[kept]
    return {
        (label, statistic): answer
        for label, group in grouped(spans, by)
        for statistic, answer in duration_statistics(group).items()
    }


def duration_statistics(spans: pd.DataFrame) -> dict[str, Answer]:
    closed = np.sort(spans["exit"][spans["ended"] & (spans["entry"] == 0)].to_numpy())
    logs = np.log(closed[closed > 0])
    half = stats.t.ppf(0.975, len(logs) - 1) * logs.std(ddof=1) / np.sqrt(len(logs))
    curve = survival(spans["entry"].to_numpy(), spans["exit"].to_numpy(), spans["ended"].to_numpy())
    p90 = crossings(*curve, level=0.1)
    return {
        "median": crossings(*curve, level=0.5),
        "p90": (p90[0], *order_limits(closed, 0.9)) if len(closed) == len(spans) else p90,
        "mean": (closed.mean(), np.nan, np.nan),
        "geometric_mean": tuple(np.exp(logs.mean() + np.array([0, -half, half]))),
        "closed_only_median": (np.median(closed), *order_limits(closed, 0.5)),
    }


def survival(entry: np.ndarray, exits: np.ndarray, ended: np.ndarray) -> tuple[np.ndarray, ...]:
    """Times, Kaplan-Meier and its log-log band; scipy's `ecdf` knows no late entry. Without the rule for thin company,
    which settles no quantile in a record that is as dense as this one.
    """
    times, ends = np.unique(exits[ended], return_counts=True)
    from_start, late = np.count_nonzero(entry == 0), np.sort(entry[entry > 0])
    at_risk = from_start + np.searchsorted(late, times) - np.searchsorted(np.sort(exits), times)
    shares = np.cumprod(1 - ends / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = stats.norm.ppf(0.975) * np.sqrt(np.cumsum(ends / (at_risk * (at_risk - ends)))) / np.log(shares)
        return times, shares, shares ** np.exp(-spread), shares ** np.exp(spread)


def crossings(times: np.ndarray, *curves: np.ndarray, level: float) -> Answer:
    """Where each falls below the level; the middle of its steps that are at it."""
    flats = [(times[curve <= level + ROUNDING], times[curve < level - ROUNDING]) for curve in curves]
    return tuple((flat[0] + below[0]) / 2 if len(below) else np.nan for flat, below in flats)


def order_limits(ordered: np.ndarray, probability: float) -> tuple[float, float]:
    below = stats.binom(len(ordered), probability)
    return ordered[int(below.ppf(0.025)) - 1], ordered[int(below.isf(0.025))]


def promises_in_pandas(race: Race, period: Period | None = None, by: str | None = None) -> Answers:
    promises = race.promises[race.promises["created_on"] <= TODAY]
    severities = race.incidents.set_index("incident_id")["severity"]
    done_on = promises["done_on"].where(promises["done_on"] <= TODAY)
    promises = promises.assign(
        severity=severities.reindex(promises["origin_id"]).to_numpy(),
        done_on=done_on,
        is_open=(promises["status"] == "open") | (promises["done_on"] > TODAY),
        is_own=within(promises["created_on"], period),
        age=(TODAY - promises["created_on"]).dt.days,
        days=(done_on - promises["created_on"]).dt.days,
    )
    return {
        (label, statistic): answer
        for label, group in grouped(promises, by)
        for statistic, answer in promise_statistics(group, period).items()
    }


def promise_statistics(promises: pd.DataFrame, period: Period | None) -> dict[str, Answer]:
    """Nothing is dropped on a known day here, so that done is the one way to end: its share is one minus Kaplan-Meier."""
    own = promises[promises["is_own"]]
    return {
        **days_to_close(promises, period),
        **{f"share_done_{day}d": share_by(own, day) for day in (30, 90)},
        "done_within_sla": share_within(own, own["severity"].astype("str").map(SCALE)),
        "open": (own["is_open"].sum(), np.nan, np.nan),
        "overdue": ((own["is_open"] & (own["due_on"] < TODAY)).sum(), np.nan, np.nan),
    }


def days_to_close(promises: pd.DataFrame, period: Period | None) -> dict[str, Answer]:
    created, done_on = promises["created_on"], promises["done_on"]
    opens = created.min() if period is None else pd.Timestamp(period.starts_on)
    last = TODAY if period is None else min(TODAY, pd.Timestamp(period.ends_on) - pd.Timedelta(days=1))
    is_owed = promises["is_own"] | (created < opens) & ~(done_on < opens)
    kept = is_owed & (promises["is_open"] | done_on.notna())
    entry = ((opens - created).dt.days - 0.5).clip(lower=0)[kept].to_numpy()
    exits = (done_on.fillna(last).clip(upper=last) - created).dt.days[kept].to_numpy()
    is_done = (done_on <= last)[kept].to_numpy()
    closed = np.sort(exits[is_done & (entry == 0)])
    return {
        "median_days_to_close": crossings(*survival(entry, exits, is_done), level=0.5),
        "closed_only_median_days": (np.median(closed), *order_limits(closed, 0.5)),
    }


def share_by(promises: pd.DataFrame, day: int) -> Answer:
    timed = promises[promises["is_open"] | promises["days"].notna()]
    is_done = ~timed["is_open"].to_numpy()
    exits = np.where(is_done, timed["days"], timed["age"])
    if not np.any(~is_done & (exits < day)):
        return proportion(int(np.sum(is_done & (exits <= day))), len(exits))
    times, *curves = survival(np.zeros(len(exits)), exits, is_done)
    shares, low, high = (curve[times <= day][-1] for curve in curves)
    return 1 - shares, 1 - high, 1 - low


def share_within(promises: pd.DataFrame, days: pd.Series) -> Answer:
    is_dated = promises["is_open"] | (promises["status"] != "done") | promises["days"].notna()
    asked = is_dated & (promises["age"] > days)
    return proportion(int((asked & ~promises["is_open"] & (promises["days"] <= days)).sum()), int(asked.sum()))


def proportion(found: int, n: int) -> Answer:
    if n == 0:
        return np.nan, np.nan, np.nan
    limits = stats.binomtest(found, n).proportion_ci(method="exact")
    return found / n, limits.low, limits.high


def never(incidents: pd.DataFrame) -> pd.Series:
    return pd.Series(False, index=incidents.index)


def stands_open(incidents: pd.DataFrame) -> pd.Series:
    return incidents["status"] == "open"


IN_PANDAS: dict[str, Callable[..., Answers]] = {
    "incident_count": count_in_pandas,
    **{
        name: lambda race, clock=clock, **question: duration_in_pandas(race, *clock, **question)
        for name, clock in {
            "time_to_detect": ("started_at", "detected_at", never),
            "time_to_acknowledge": ("detected_at", "acknowledged_at", never),
            "time_to_mitigate": ("started_at", "mitigated_at", stands_open),
            "time_to_resolve": ("started_at", "resolved_at", stands_open),
            "time_to_restore": ("started_at", "restored_at", stands_open),
        }.items()
    },
    "follow_up_completion": promises_in_pandas,
}


# --- the race

def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    began = perf_counter()
    answer = run()
    return perf_counter() - began, answer


@pytest.mark.benchmark(group="1,000,000 incidents (pandas beside them: see the table at the end)")
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("metric", IN_PANDAS)
def test_metric_beside_pandas(benchmark: Any, race: Race, metric: str, question: str) -> None:
    asked = QUESTIONS[question]
    result = benchmark.pedantic(lambda: compute(race.connection, metric, **asked), rounds=ROUNDS)
    rounds = [timed(lambda: IN_PANDAS[metric](race, **asked)) for _ in range(ROUNDS)]
    ours = {(row["group"], row["statistic"]): [row[limit] for limit in ("value", "low", "high")] for row in result.rows}
    theirs = rounds[0][1]
    assert ours.keys() == theirs.keys()
    for key, answer in theirs.items():
        assert np.array(ours[key], float) == pytest.approx(np.array(answer, float), rel=SIX_DIGITS, nan_ok=True), key
    if benchmark.stats:
        seconds, peer = benchmark.stats.stats.min, min(each for each, _ in rounds)
        benchmark.extra_info |= {"pandas": peer, "ratio": seconds / peer}
        race.lines.append(f"{metric:<22}{question:<14}{seconds:>8.2f}{peer:>8.2f}{seconds / peer:>8.1f}")
