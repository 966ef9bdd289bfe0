"""The definition matrix beside a plain-Python twin that reads each definition anew: Hypothesis seeks a difference."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from opsanalytics.metrics.definitions import DEFINITIONS, definition_rows
from opsanalytics.metrics.periods import Period, parse_period
from opsanalytics.tables import DEPLOYMENT_STATUSES, INCIDENT_STATUSES, TABLES, Row
from opsanalytics.warehouse.schema import create_schema, insert_rows

AS_OF = datetime(2026, 11, 22, 12)
AS_OF_ON = AS_OF.date()
# Steps of 17 minutes around the as-of, the end of September, and three months before the as-of.
INSTANTS = st.one_of(st.none(), *(
    st.integers(-60, 60).map(lambda n, around=around: around + timedelta(minutes=17 * n))
    for around in (AS_OF, datetime(2026, 10, 1), datetime(2026, 8, 22))
))
TIMES = ("started_at", "detected_at", "declared_at", "reported_at", "acknowledged_at", "mitigated_at", "impact_ended_at",
         "resolved_at", "closed_at")
ENDS = TIMES[4:]
DEPLOYMENTS = st.fixed_dictionaries({
    "finished_at": INSTANTS,
    "status": st.sampled_from([None, "succeeded", "succeeded", *DEPLOYMENT_STATUSES]),
    "environment": st.sampled_from([None, "production", "PROD-eu", "staging"]),
})
INCIDENTS = st.lists(
    st.fixed_dictionaries({
        "kind": st.sampled_from([*["incident"] * 7, "drill"]),
        "status": st.sampled_from(INCIDENT_STATUSES),
        "excluded_reason": st.sampled_from([*[None] * 7, "a test"]),
        "caused_by_deployment": st.sampled_from([None, "d0", "d1", "not in the record"]),
        **dict.fromkeys(TIMES, INSTANTS),
    }),
    max_size=24,
)
PERIODS = st.sampled_from([None, "2026-Q3", "2026-Q4", "2026-09", "2026-11", "last-7d"])
# Many incidents an example and few examples, because each asks every query; to shrink one would take minutes.
FEW = settings(max_examples=20, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate), suppress_health_check=[
    HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
UNKNOWN_DEPLOYMENT = {"finished_at": None, "status": None, "environment": None}


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    create_schema(opened)
    insert_rows(opened, TABLES["loads"], [{
        "load_id": 1, "loaded_at": AS_OF, "workspace": "w", "as_of": AS_OF, "files_seen": 0, "files_loaded": 0,
        "files_rejected": 0, "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": "UTC",
        "fiscal_year_start": 1, "policies": "{}", "severities": ["SEV-1"],
    }])
    return opened


@given(incidents=INCIDENTS, deployments=st.tuples(DEPLOYMENTS, DEPLOYMENTS), period=PERIODS)
@FEW
def test_each_definition_selects_leaves_out_and_computes_as_its_twin(connection, incidents, deployments, period):
    cut = parse_period(period, as_of_on=AS_OF_ON) if period else None
    _fill(connection, incidents, deployments)
    found = {row["name"]: row for row in definition_rows(connection, cut)}
    counted = [_known(row, n, deployments) for n, row in enumerate(incidents) if _is_counted(row)]
    for name, twin in TWINS.items():
        minutes, left_out, value = twin(counted, cut)
        assert (found[name]["n"], found[name]["n_left_out"]) == (len(minutes), left_out.total()), name
        if minutes:
            assert found[name]["value"] == pytest.approx(value), name
            assert all(f"{n} ({reason})" in found[name]["note"] for reason, n in left_out.items()), name
        assert "left out" in found[name]["note"] or not left_out or found[name]["note"].startswith("needs "), name


def test_every_definition_has_a_twin():
    assert {definition.name for definition in DEFINITIONS} == set(TWINS)


# The twins: (minutes, what is left out, the value).


def _is_counted(row: Row) -> bool:
    is_later = row["started_at"] is not None and row["started_at"] > AS_OF
    return row["kind"] == "incident" and row["status"] not in ("cancelled", "merged") and not row["excluded_reason"] and not is_later


def _known(row: Row, n: int, deployments: tuple[Row, Row]) -> Row:
    ends = {name: row[name] if row[name] and row[name] <= AS_OF else None for name in ENDS}
    named = row["caused_by_deployment"]
    return {
        **row, **ends, "id": f"i{n}",
        "created_at": row["reported_at"] or row["declared_at"] or row["detected_at"],
        "is_open": ends["resolved_at"] is None and (row["resolved_at"] is not None or row["status"] in ("open", "mitigated")),
        "deployment": deployments[int(named[1])] if named in ("d0", "d1") else UNKNOWN_DEPLOYMENT,
    }


def _day(instant: datetime | None) -> date | None:
    return instant.date() if instant else None


def _judge(rows, cut, start, end, counted, days, extra):
    """Minutes with their days, and what is left out; start, end and counted give a row's times."""
    kept: list[tuple[float, date]] = []
    left_out: Counter[str] = Counter()
    for row in rows:
        day = _day(counted(row)) or _day(row["started_at"])
        if days and day and not days[0] <= day < days[1]:
            continue
        reason = "no day of start, so in no period" if days and not day else extra(row, cut) or _reason(row, start(row), end(row))
        if reason:
            left_out[reason] += 1
        else:
            kept.append(((end(row) - start(row)).total_seconds() / 60, day))
    return kept, left_out


def _reason(row: Row, begins: datetime | None, ends: datetime | None) -> str:
    if begins is None:
        return NO_START
    if ends is None:
        return "still open" if row["is_open"] else NO_END
    return "the end before the start" if ends < begins else ""


# The note names the time, which differs.
NO_START, NO_END = "no start", "no end"


def _days(cut: Period | None) -> tuple[date, date] | None:
    return (cut.starts_on, cut.ends_on) if cut else None


def _twin(start, end, counted, value, extra=lambda row, cut: "", days=_days, words=("", "")):
    def judged(rows: list[Row], cut: Period | None) -> tuple[list[float], Counter[str], float | None]:
        kept, left_out = _judge(rows, cut, start, end, counted, days(cut), extra)
        said = dict(zip((NO_START, NO_END), words, strict=True))
        named = Counter({said.get(reason, reason): n for reason, n in left_out.items()})
        return [minutes for minutes, _ in kept], named, value(kept) if kept else None

    return judged


def _at(name: str):
    return lambda row: row[name]


def _mean(kept: list[Any]) -> float:
    return statistics.fmean(minutes for minutes, _ in kept)


def _seconds(kept: list[Any]) -> float:
    return statistics.fmean(round(minutes * 60) for minutes, _ in kept) / 60


def _rounded_hours(kept: list[Any]) -> float:
    return math.floor(statistics.fmean(int(minutes / 60) for minutes, _ in kept) + 0.5) * 60


def _percent_rank_median(kept: list[Any]) -> float:
    """As the query has it: percent_rank is the share of the others that are smaller."""
    values = [int(minutes) for minutes, _ in kept]
    others = max(len(values) - 1, 1)
    return max(value for value in values if sum(other < value for other in values) / others <= 0.5)


def _rank_95(kept: list[Any]) -> float:
    values = sorted(minutes for minutes, _ in kept)
    return next(value for rank, value in enumerate(values, 1) if rank * 100 >= 95 * len(values))


def _median(kept: list[Any]) -> float:
    return statistics.median(minutes for minutes, _ in kept)


def _hours_median(kept: list[Any]) -> float:
    return statistics.median(int(minutes / 60) for minutes, _ in kept) * 60


def _daily_medians(kept: list[Any]) -> float:
    days = {day for _, day in kept}
    return statistics.median(statistics.median(minutes for minutes, on in kept if on == day) for day in days)


def _three_months(cut: Period | None) -> tuple[date, date]:
    last_on = min(AS_OF_ON, cut.ends_on - timedelta(1)) if cut else AS_OF_ON
    return last_on - relativedelta(months=3), last_on + timedelta(1)


def _first(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant), default=None)


def _not_on_production(row: Row, cut: Period | None) -> str:
    if row["caused_by_deployment"] is None:
        return "caused by no deployment"
    where = row["deployment"]["environment"]
    return "" if where is None or "prod" in where.lower() else "deployed elsewhere than to production"


def _not_counted_deployment(row: Row, cut: Period | None) -> str:
    if elsewhere := _not_on_production(row, cut):
        return elsewhere
    if row["deployment"]["status"] not in (None, "succeeded"):
        return "the deployment did not succeed"
    day = _day(row["deployment"]["finished_at"])
    return "deployed outside the period" if cut and day and not cut.starts_on <= day < cut.ends_on else ""


def _resolution(row: Row, cut: Period | None) -> str:
    return "still open" if row["is_open"] else "" if row["resolved_at"] else NO_RESOLUTION


NO_CREATION, NO_RESOLUTION = "no reported, declared or detected time", "no resolved time"
CREATED, RESOLVED, CLOSED = _at("created_at"), _at("resolved_at"), _at("closed_at")
TO_RESOLVED, TO_CLOSED = (NO_CREATION, NO_RESOLUTION), (NO_CREATION, "no closed time")


def _began(row: Row) -> datetime | None:
    return row["started_at"] or row["created_at"]


def _created_or_deployed(row: Row) -> datetime | None:
    return row["created_at"] and _first(row["created_at"], row["deployment"]["finished_at"])


def _responded(row: Row) -> datetime | None:
    return _first(row["acknowledged_at"], row["resolved_at"])


def _deployed(row: Row) -> datetime | None:
    finished_at: datetime | None = row["deployment"]["finished_at"]
    return finished_at


TWINS = {
    "PagerDuty API mean seconds to resolve": _twin(CREATED, RESOLVED, CREATED, _mean, words=TO_RESOLVED),
    "PagerDuty reviews guide MTTR": _twin(
        CREATED, RESOLVED, CREATED, _mean, lambda row, cut: "" if row["acknowledged_at"] else "no acknowledged time", words=TO_RESOLVED),
    "Opsgenie MTTR": _twin(CREATED, CLOSED, CREATED, _mean, words=TO_CLOSED),
    "Opsgenie time to resolve, 95th percentile": _twin(CREATED, CLOSED, CREATED, _rank_95, words=TO_CLOSED),
    "Grafana OnCall MTTR (respond)": _twin(
        _at("started_at"), _responded, _at("started_at"), _seconds,
        lambda row, cut: "responded to in no time" if row["started_at"] and _responded(row) == row["started_at"] else "",
        words=("no started time", "no acknowledged or resolved time")),
    "Datadog time to resolve": _twin(
        _at("declared_at"), RESOLVED, _at("declared_at"), _mean, words=("no declared time", NO_RESOLUTION)),
    "Datadog time to repair": _twin(
        _at("detected_at"), _at("impact_ended_at"), _at("detected_at"), _mean, _resolution, words=("no detected time", "no impact end")),
    "Netflix Dispatch mean response time": _twin(
        _at("reported_at"), lambda row: row["mitigated_at"] or AS_OF, _at("reported_at"), _rounded_hours,
        lambda row, cut: "still active" if row["status"] == "open" else "", words=("no reported time", "")),
    "Keep MTTR": _twin(
        _began, RESOLVED, _began, lambda kept: math.ceil(round(_mean(kept) * 60, 6)) / 60,
        words=("no started, reported, declared or detected time", NO_RESOLUTION)),
    "BMC Helix AIOps MTTR": _twin(CREATED, CLOSED, CLOSED, _mean, words=TO_CLOSED),
    "DevLake time to restore service (2021)": _twin(CREATED, RESOLVED, RESOLVED, _percent_rank_median, words=TO_RESOLVED),
    "DevLake failed deployment recovery (2023)": _twin(
        _deployed, RESOLVED, RESOLVED, _percent_rank_median, _not_counted_deployment, words=("no end of the deployment", NO_RESOLUTION)),
    "DORA failed deployment recovery time": _twin(
        _deployed, RESOLVED, RESOLVED, _median, _not_on_production, words=("no end of the deployment", NO_RESOLUTION)),
    "Four Keys time to restore services": _twin(
        _created_or_deployed, RESOLVED, _created_or_deployed, _hours_median, days=_three_months, words=TO_RESOLVED),
    "GitLab time to restore service": _twin(CREATED, CLOSED, CLOSED, _daily_medians, words=TO_CLOSED),
}


def _fill(connection: duckdb.DuckDBPyConnection, incidents: list[Row], deployments: tuple[Row, Row]) -> None:
    rows = {
        "incidents": [{**row, "incident_id": f"i{n}", "started_on": _day(row["started_at"])} for n, row in enumerate(incidents)],
        "deployments": [{**row, "deployment_id": f"d{n}"} for n, row in enumerate(deployments)],
    }
    for table, filled in rows.items():
        connection.execute(f"delete from {table}")
        insert_rows(connection, TABLES[table], [{**row, "source_path": "x", "source_line": 1} for row in filled])
