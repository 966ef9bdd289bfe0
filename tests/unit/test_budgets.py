"""Error budgets beside plain-Python twins, published examples, and what the demo company's maker says that it lost."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from math import floor
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsanalytics.errors import DatabaseError, WorkspaceError
from opsanalytics.metrics.budget_policies import policy_rows
from opsanalytics.metrics.budget_shares import impact_shares, incident_rows
from opsanalytics.metrics.budgets import (
    MAX_GAP,
    budget_rows,
    burn_rate_rows,
    measure,
    month_rows,
    read_objectives,
    rolling,
    window,
)
from opsanalytics.metrics.clock import read_clock
from opsanalytics.scaffold.demo import generate, truth
from opsanalytics.settings import parse_settings
from opsanalytics.tables import TABLES, Row
from opsanalytics.warehouse.load import load
from opsanalytics.warehouse.schema import create_schema, insert_rows
from opsanalytics.workspace import read_workspace

AS_OF = datetime(2026, 11, 22, 12, 20)
SOURCE = {"source_path": "x.md", "source_line": 1}
FAST = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ANSWERS = [budget_rows, burn_rate_rows, month_rows, incident_rows, policy_rows]
MINUTE = timedelta(minutes=1)

# Around the as-of and around the end of October, at any quarter of an hour, and of every length.
STARTS = st.one_of(
    st.integers(-120, 4).map(lambda n: AS_OF - timedelta(minutes=15 * n) - timedelta(hours=30)),
    st.integers(-40, 40).map(lambda n: datetime(2026, 10, 31, 22) + timedelta(minutes=15 * n)),
    st.integers(-30, 0).map(lambda n: datetime(2026, 11, 22, 12) + timedelta(hours=n)),
    st.integers(-30, 0).map(lambda n: datetime(2026, 11, 22) + timedelta(days=n)),
)
SPARSE = st.lists(
    st.fixed_dictionaries({
        "slo_id": st.sampled_from(["a", "b"]),
        "bucket_at": STARTS,
        "bucket_minutes": st.sampled_from([30, 60, 60, 60, 1440, 1440, None, 0]),
        "good": st.sampled_from([0, 9, 19, 20, 20, None]),
        "total": st.sampled_from([0, 20, 20, 10, None]),
    }),
    max_size=30,
)
# Hour by hour or day by day up to the as-of, with gaps.
DENSE = st.builds(
    lambda length, counts: [
        {"slo_id": "a", "bucket_at": datetime(2026, 11, 22, 12 if length == 60 else 0) - (n + 1) * length * MINUTE,
         "bucket_minutes": length, "good": each[0], "total": each[1]}
        for n, each in enumerate(counts) if each
    ],
    st.sampled_from([60, 1440]),
    st.lists(st.sampled_from([(20, 20), (20, 20), (20, 20), (19, 20), (9, 20), (0, 0), None]), min_size=25, max_size=60),
)
SAMPLES = st.one_of(SPARSE, DENSE, DENSE)
WINDOWS = st.sampled_from([
    ("1h", "rolling"), ("6h", "rolling"), ("1d", "rolling"), ("28d", "rolling"), ("1M", "rolling"),
    ("7d", "calendar"), ("1M", "calendar"), ("1Q", "calendar"),
])
METHODS = st.sampled_from([
    ("occurrences", None, None), ("timeslices", 0.95, "1h"), ("timeslices", 0.5, "1d"), ("timeslices", 0.95, None),
    ("ratio_timeslices", None, "1h"), ("ratio_timeslices", None, "2d"), ("ratio_timeslices", None, "6h"),
])
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
INCIDENTS = st.lists(
    st.fixed_dictionaries({
        "kind": st.sampled_from(["incident", "incident", "incident", "drill"]),
        "begins_at": st.integers(-16, 16).map(lambda n: AS_OF - timedelta(hours=4) + timedelta(minutes=15 * n)),
        "minutes": st.sampled_from([None, -15, 0, 15, 60, 100, 600]),
        "services": st.sets(st.sampled_from(["api", "web"])),
    }),
    max_size=5,
)


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return database()


def database() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    create_schema(opened)
    return opened


def lay(connection: duckdb.DuckDBPyConnection, zone: str = "UTC", policies: Row | None = None, as_of: datetime = AS_OF,
        **tables: Iterable[Row]) -> None:
    """These tables hold these rows alone."""
    tables["loads"] = [{
        "load_id": 1, "loaded_at": as_of, "workspace": "w", "as_of": as_of, "files_seen": 0, "files_loaded": 0,
        "files_rejected": 0, "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": zone,
        "fiscal_year_start": 1, "policies": json.dumps(policies or {}), "severities": ["SEV-1"],
    }]
    for name, rows in tables.items():
        connection.execute(f"delete from {name}")
        insert_rows(connection, TABLES[name], [{**SOURCE, **row} for row in rows])


def slo(slo_id: str, service: str = "api", target: float = 0.9, text: str = "28d", kind: str = "rolling",
        method: tuple[Any, Any, Any] = ("occurrences", None, None)) -> Row:
    return {
        "slo_id": slo_id, "service": service, "target": target, "time_window": text, "window_kind": kind,
        "budgeting_method": method[0], "time_slice_target": method[1], "time_slice_window": method[2],
    }


@given(samples=SAMPLES, own=WINDOWS, method=METHODS, zone=ZONES)
@FAST
def test_a_budget_counts_what_its_twin_counts(connection, samples, own, method, zone):
    lay(connection, zone, sli_samples=samples, slos=[slo("a", text=own[0], kind=own[1], method=method)])
    clock = read_clock(connection)
    [objective] = read_objectives(connection, clock)
    stretch = window(*own, clock)
    [found] = measure(connection, clock, [(objective, stretch)])
    buckets = _inside(_buckets(samples, "a"), stretch.starts_at, stretch.ends_at, own[1])
    units = _units(buckets, method, zone)
    assert found.n == len(buckets)
    assert found.good == pytest.approx(sum(good for good, _ in units))
    assert found.total == sum(total for _, total in units)
    assert found.gap == pytest.approx(_gap(buckets, (stretch.ends_at - stretch.starts_at) / MINUTE))
    _same_answer(budget_rows(connection)[0], units, buckets, stretch, method)


def _same_answer(row: Row, units: list[tuple[float, int]], buckets: list[Row], stretch: Any, method: tuple[Any, ...]) -> None:
    total = sum(total for _, total in units)
    minutes = (stretch.ends_at - stretch.starts_at) / MINUTE
    lengths = [bucket["bucket_minutes"] for bucket in buckets]
    slice_minutes = {"1h": 60, "6h": 360, "1d": 1440, "2d": 2880}.get(method[2])
    is_known = bool(total) and max(lengths) <= minutes and _gap(buckets, minutes) <= MAX_GAP
    if not is_known or (slice_minutes and max(lengths) > slice_minutes):
        assert (row["answer"], row["value"], row["compliance"]) == ("INSUFFICIENT_DATA", None, None)
        assert " " in row["note"]
        return
    bad = total - sum(good for good, _ in units)
    assert row["value"] == pytest.approx(1 - bad / total / 0.1, abs=1e-9)
    assert row["answer"] == ("met" if row["value"] > -1e-9 else "missed")


@given(samples=SAMPLES, zone=ZONES)
@FAST
def test_every_sample_that_is_over_is_in_one_month_or_in_the_one_that_runs(connection, samples, zone):
    lay(connection, zone, sli_samples=samples, slos=[slo("a", text="1M", kind="calendar")])
    rows = [*month_rows(connection), *budget_rows(connection)]
    buckets = _buckets(samples, "a")
    assert sum(row["total"] for row in rows) == sum(bucket["total"] for bucket in buckets)
    assert sum(row["n"] for row in rows) == len(buckets)


@given(samples=SAMPLES, incidents=INCIDENTS, method=METHODS)
@FAST
def test_incidents_share_what_their_twin_shares_minute_by_minute(connection, samples, incidents, method):
    lay(connection, sli_samples=samples, slos=[slo("a", method=method), slo("b", "web", method=method)], **_record(incidents))
    clock = read_clock(connection)
    asked = [(objective, rolling(AS_OF, "28d")) for objective in read_objectives(connection, clock)]
    shares = impact_shares(connection, clock, asked)
    for number, (objective, stretch) in enumerate(asked):
        buckets = _inside(_buckets(samples, objective.slo_id), stretch.starts_at, stretch.ends_at, "rolling")
        expected = _shared_by_minute(buckets, method, _impacts(incidents, objective.service))
        assert {place[1]: share.bad for place, share in shares.items() if place[0] == number} == pytest.approx(expected)
    assert all(share.low - 1e-9 <= share.bad <= share.high + 1e-9 for share in shares.values())


@given(samples=SAMPLES, incidents=INCIDENTS, method=METHODS, own=WINDOWS)
@settings(FAST, max_examples=20)
def test_a_number_is_a_number_and_words_stand_for_its_absence(connection, samples, incidents, method, own):
    lay(connection, sli_samples=samples, slos=[slo("a", text=own[0], kind=own[1], method=method)], **_record(incidents))
    rows = [row for answer in ANSWERS for row in answer(connection)]
    assert [row for row in rows if row["value"] is None and " " not in row["note"]] == []
    assert [row for row in rows if row["value"] != row["value"] or row["low"] != row["low"] or row["high"] != row["high"]] == []
    assert [row for row in rows if row["value"] is not None and not row["n"]] == []


# The twins.


def _buckets(samples: list[Row], slo_id: str) -> list[Row]:
    """What can be used and is over, rows of one start and length added up."""
    found: dict[tuple[datetime, int], Row] = {}
    for row in samples:
        minutes, good, total = row["bucket_minutes"], row["good"], row["total"]
        if row["slo_id"] != slo_id or not minutes or good is None or total is None or good > total:
            continue
        if row["bucket_at"] + minutes * MINUTE <= AS_OF:
            bucket = found.setdefault((row["bucket_at"], minutes), row | {"good": 0, "total": 0})
            bucket["good"] += good
            bucket["total"] += total
    return list(found.values())


def _inside(buckets: list[Row], starts_at: datetime, ends_at: datetime, kind: str) -> list[Row]:
    part = 1 if kind == "rolling" else 0.5
    return [each for each in buckets if starts_at < each["bucket_at"] + part * each["bucket_minutes"] * MINUTE <= ends_at]


def _slices(buckets: list[Row], method: tuple[Any, Any, Any], zone: str) -> list[list[Row]]:
    """Of hours they begin at whole ones of UTC since 1970, of days at midnights in the zone since Monday 3 January 2000."""
    hours = {"1h": 1, "6h": 6}.get(method[2])
    days = {"1d": 1, "2d": 2}.get(method[2])
    found: dict[Any, list[Row]] = defaultdict(list)
    for each in buckets:
        at = each["bucket_at"]
        place: Any = (at, each["bucket_minutes"])
        if hours:
            place = (at - datetime(1970, 1, 1)) // timedelta(hours=hours)
        elif days:
            local = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
            place = (local - date(2000, 1, 3)).days // days
        elif method[0] != "occurrences":
            place = at  # whatever begins with it is the same slice
        found[place].append(each)
    return list(found.values())


def _unit(part: list[Row], method: tuple[Any, Any, Any]) -> tuple[float, int]:
    good, total = sum(each["good"] for each in part), sum(each["total"] for each in part)
    if method[0] == "occurrences":
        return good, total
    if not total:
        return 0, 0
    return (float(good / total >= method[1]) if method[0] == "timeslices" else good / total), 1


def _units(buckets: list[Row], method: tuple[Any, Any, Any], zone: str) -> list[tuple[float, int]]:
    return [_unit(part, method) for part in _slices(buckets, method, zone)]


def _gap(buckets: list[Row], minutes: float) -> float:
    lengths = [each["bucket_minutes"] for each in buckets]
    if not lengths:
        return 1.0
    missing = floor(max(minutes - sum(lengths), 0) / min(lengths)) * min(lengths)
    return missing / (missing + sum(lengths))


def _record(incidents: list[Row]) -> dict[str, list[Row]]:
    rows, services = [], []
    for n, each in enumerate(incidents):
        ends_at = None if each["minutes"] is None else each["begins_at"] + each["minutes"] * MINUTE
        rows.append({"incident_id": f"i{n}", "kind": each["kind"], "status": "resolved" if ends_at else "open",
                     "started_at": each["begins_at"], "started_on": each["begins_at"].date(), "resolved_at": ends_at})
        services += [{"incident_id": f"i{n}", "service": service} for service in each["services"]]
    return {"incidents": rows, "incident_services": services}


def _impacts(incidents: list[Row], service: str | None) -> dict[str, tuple[datetime, datetime]]:
    """Of those that count: begun by the as-of, and without an end up to it."""
    found = {}
    for n, each in enumerate(incidents):
        ends_at = AS_OF if each["minutes"] is None else min(AS_OF, each["begins_at"] + each["minutes"] * MINUTE)
        if each["kind"] == "incident" and service in each["services"] and each["begins_at"] < ends_at:
            found[f"i{n}"] = (each["begins_at"], ends_at)
    return found


def _shared_by_minute(
    buckets: list[Row], method: tuple[Any, Any, Any], impacts: dict[str, tuple[datetime, datetime]]
) -> dict[str, float]:
    """Every five minutes (all times are multiples of them) take their part of the bad and share it by heads."""
    step = 5 * MINUTE
    bad_by: dict[str, float] = defaultdict(float)
    for part in _slices(buckets, method, "UTC"):
        good, total = _unit(part, method)
        begins_at = min(each["bucket_at"] for each in part)
        ends_at = max(each["bucket_at"] + each["bucket_minutes"] * MINUTE for each in part)
        for n in range((ends_at - begins_at) // step):
            at = begins_at + n * step
            there = [name for name, (first, last) in impacts.items() if first <= at < last]
            for name in there:
                bad_by[name] += (total - good) * (step / (ends_at - begins_at)) / len(there)
    return dict(bad_by)


# Published examples.


def test_the_workbooks_budget_of_a_thousand_errors(connection):
    """The Site Reliability Workbook (2018), appendix B, Background: 1,000,000 requests in four weeks at 99.9 % give a
    budget of 1000 errors; so 1000 leave nothing and are met, and 1001 are not.
    """
    for bad, answer in ((0, "met"), (1000, "met"), (1001, "missed")):
        sample = {"slo_id": "a", "bucket_at": AS_OF - timedelta(28), "bucket_minutes": 40320, "good": 10**6 - bad, "total": 10**6}
        lay(connection, slos=[slo("a", target=0.999)], sli_samples=[sample])
        [row] = budget_rows(connection)
        assert (row["answer"], row["value"]) == (answer, pytest.approx(1 - bad / 1000))


@pytest.mark.parametrize(("errors", "rate"), [(0.001, 1), (0.002, 2), (0.01, 10), (1, 1000)])
def test_burn_rates_of_the_workbook(connection, errors, rate):
    """The Site Reliability Workbook (2018), chapter 5, the table of burn rates: for 99.9 %, error rates of 0.1 %, 0.2 %,
    1 % and 100 % burn 1, 2, 10 and 1000 times.
    """
    sample = {"slo_id": "a", "bucket_at": datetime(2026, 11, 22, 11), "bucket_minutes": 60, "good": 100_000 * (1 - errors), "total": 100_000}
    lay(connection, slos=[slo("a", target=0.999)], sli_samples=[sample])
    [hour] = [row for row in burn_rate_rows(connection) if row["window"] == "1h"]
    assert hour["value"] == pytest.approx(rate)


@pytest.mark.parametrize(("method", "last_met"), [(("timeslices", 0.95, "1m"), 16 * 60 + 48), (("ratio_timeslices", None, "1m"), 822)])
def test_openslos_attack_on_a_service(connection, method, last_met):
    """OpenSLO, examples/budgetting-method: two weeks in slices of a minute, 95 % promised, 99 % usual, 1 % while an attack
    lasts. Counted in slices the budget lasts for 16 hours and 48 minutes, 1008 of 20,160 minutes. As a mean of ratios it
    lasts while 0.99 (1 - x) + 0.01 x >= 0.95, for 0.04 / 0.98 of the minutes, 822.9; the page says about 13 hours and 45.
    """
    for attacked, answer in ((last_met, "met"), (last_met + 1, "missed")):
        lay(connection, as_of=datetime(2026, 11, 15), slos=[slo("a", target=0.95, text="14d", method=method)])
        connection.execute(f"""
            insert into sli_samples by name
            select 'a' as slo_id, timestamp '2026-11-01' + to_minutes(n) as bucket_at, 1 as bucket_minutes,
                if(n < {attacked}, 1, 99) as good, 100 as total, 'x' as source_path, 1 as source_line
            from range(20160) as minutes(n)
        """)
        [row] = budget_rows(connection)
        assert (row["answer"], row["total"], row["gap"]) == (answer, 20160, 0)
        connection.execute("delete from sli_samples")


# The demo company.


@cache
def _generated(until: date) -> dict[str, str]:
    return {path: text for commit in generate(until, 1) for path, text in commit.files.items()}


def _measured_demo(folder: Path, until: date) -> duckdb.DuckDBPyConnection:
    """What the company promises and measures, loaded at the end of a day."""
    for path, text in _generated(until).items():
        if path.startswith(("ops/sli_samples", "ops/slo.yml", "ops/services.yml")) or path == "ops.yml":
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    load(read_workspace(folder), as_of=str(until))
    return duckdb.connect(str(folder / "data" / "ops.duckdb"), read_only=True)


def test_the_demo_lost_what_its_maker_says(tmp_path):
    """Monday 1 June 2026: the weekly exports end with May, so that all that was measured lies in past months."""
    until = date(2026, 6, 1)
    with _measured_demo(tmp_path, until) as connection:
        rows = month_rows(connection)
    lost: dict[str, float] = defaultdict(float)
    for row in rows:
        lost[row["slo_id"]] += row["total"] - row["good"]
    assert lost == truth(until, 1).lost_events
    assert {(row["n"] >= 28, row["gap"], row["answer"] != "INSUFFICIENT_DATA") for row in rows} == {(True, 0, True)}
    assert len(rows) == 4 * 29  # from January 2024 on


# What is asked of the workspace.


def test_no_load_says_what_to_run():
    for answer in ANSWERS:
        with pytest.raises(DatabaseError, match="opsanalytics load"):
            answer(database())


def test_nothing_promised_is_nothing_answered(connection):
    lay(connection, slos=[], sli_samples=[], incidents=[], incident_services=[])
    assert [answer(connection) for answer in ANSWERS] == [[]] * len(ANSWERS)


def test_thresholds_are_read_and_normalised():
    given, _ = parse_settings(b"policies: {error_budget: {halt_after: 4 weeks, class_share: 0.3}}")
    assert given.policies.error_budget.model_dump() == {
        "halt_after": "28d", "single_incident_share": 0.2, "class_share": 0.3, "class_window": "1Q"
    }


@pytest.mark.parametrize(("said", "mistake"), [
    ("{class_share: 20}", "policies.error_budget.class_share: Input should be less than or equal to 1"),
    ("{halt_after: soon}", "policies.error_budget.halt_after: `soon` is no stretch of time"),
    ("{halt: 28d}", "no such setting; there are halt_after, single_incident_share, class_share, class_window"),
])
def test_a_threshold_that_cannot_be_meant_is_refused(said, mistake):
    with pytest.raises(WorkspaceError, match=mistake):
        parse_settings(f"policies: {{error_budget: {said}}}".encode())


def test_the_policy_is_no_unused_setting(tmp_path):
    (tmp_path / "ops.yml").write_text("policies: {error_budget: {halt_after: 28d}}\n", encoding="utf-8")
    assert read_workspace(tmp_path).findings == ()


def test_a_fiscal_quarter_is_a_calendar_window(connection):
    """With a year that starts in February the quarter of 22 November 2026 has begun on the first of that month."""
    lay(connection, slos=[slo("a", text="1Q", kind="calendar")], sli_samples=[
        {"slo_id": "a", "bucket_at": datetime(2026, 10, 1), "bucket_minutes": 44640, "good": 0, "total": 10},
        {"slo_id": "a", "bucket_at": datetime(2026, 11, 1), "bucket_minutes": 30240, "good": 10, "total": 10},
    ])
    connection.execute("update loads set fiscal_year_start = 2")
    [row] = budget_rows(connection)
    assert (row["window"], row["total"], row["value"]) == ("2027-Q4, day 22 of 92", 10, 1)
