"""Every query with a window, censoring or period logic beside a plain-Python twin: Hypothesis seeks a difference."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.compute import compute
from opsanalytics.metrics.durations import duration_groups
from opsanalytics.metrics.periods import Period, parse_period
from opsanalytics.metrics.promises import cohort
from opsanalytics.metrics.scope import Group, read_scope
from opsanalytics.metrics.tallies import tally_groups
from opsanalytics.stats.competing import shares_at
from opsanalytics.tables import ACTION_STATUSES, DECISION_STATUSES, INCIDENT_STATUSES, TABLES, Row
from opsanalytics.warehouse.schema import create_schema, insert_rows, keep_views

AS_OF = datetime(2026, 11, 22, 12)
AS_OF_ON = AS_OF.date()
SLA = {"SEV-1": 7, "SEV-2": 14, "SEV-3": 30}
DURATIONS = [name for name, metric in METRICS.items() if metric.sql == "durations.durations"]

# Few instants around the as-of and around the end of September, so that windows and clocks cut between and at them.
INSTANTS = st.one_of(st.none(), st.integers(-5, 5).map(lambda n: AS_OF + timedelta(hours=6 * n)),
                     st.integers(-5, 5).map(lambda n: datetime(2026, 10, 1) + timedelta(hours=6 * n)))
DAYS = st.one_of(st.none(), st.integers(-95, 3).map(lambda n: AS_OF_ON + timedelta(n)))
PERIODS = st.sampled_from([None, "2026-Q3", "2026-Q4", "2026-09", "2026-11", "2026-12", "last-7d"])
TIMES = ("started_at", "detected_at", "acknowledged_at", "mitigated_at", "impact_ended_at", "resolved_at")
INCIDENTS = st.lists(
    st.fixed_dictionaries({
        "kind": st.sampled_from(["incident", "incident", "incident", "drill"]),
        "status": st.sampled_from(INCIDENT_STATUSES),
        "excluded_reason": st.sampled_from([None, None, None, "a test"]),
        "started_on": DAYS,
        **dict.fromkeys(TIMES, INSTANTS),
    }),
    max_size=8,
)
CHAINS = st.lists(
    st.fixed_dictionaries({
        "status": st.sampled_from([*ACTION_STATUSES, "gone", "gone"]),
        **dict.fromkeys(("created_on", "due_on", "done_on", "vanished_on"),
                        st.one_of(st.none(), st.integers(-4, 1).map(lambda n: AS_OF_ON + timedelta(n)))),
        "origin": st.just(("incident", "SEV-1")),
        "continues": st.sampled_from([None, 0, 0, 1]),
    }),
    max_size=6,
)
PROMISES = st.lists(
    st.fixed_dictionaries({
        "status": st.sampled_from(ACTION_STATUSES),
        "created_on": DAYS,
        "due_on": DAYS,
        "done_on": DAYS,
        "origin": st.sampled_from([
            *(("incident", name) for name in ("SEV-1", "SEV-2", "SEV-3", "none")),
            *(("ritual", name) for name in ("retrospective", "retrospective", "triage", "none")),
            ("decision", "retrospective"),
        ]),
        "vanished_on": DAYS,
        "continues": st.sampled_from([None, None, *range(4)]),
    }),
    max_size=10,
)
DATED = PROMISES.map(lambda rows: [{**row, "created_on": row["created_on"] or AS_OF_ON} for row in rows])
DECISIONS = st.lists(
    st.fixed_dictionaries({
        "status": st.sampled_from([None, *DECISION_STATUSES]),
        "template": st.sampled_from([None, "chapter", "nygard"]),
        "proposed_on": DAYS,
        "decided_on": DAYS,
        "updated_on": DAYS,
    }),
    max_size=8,
)
SESSIONS = st.lists(
    st.fixed_dictionaries({
        "ritual": st.sampled_from(["triage", "retrospective"]),
        "status": st.sampled_from(["held", "held", "held", "cancelled"]),
        "held_on": DAYS,
        "duration_minutes": st.sampled_from([None, 0, 29, 30, 31, 60]),
        "present": st.lists(st.sampled_from([True, False, None]), max_size=3),
    }),
    max_size=8,
)
SLOTS = st.lists(st.tuples(st.integers(-95, 3), st.sampled_from(["held", "missed", "cancelled"])), max_size=12,
                 unique_by=lambda slot: slot[0])
KEY_RESULTS = st.lists(
    st.fixed_dictionaries({
        "period": st.sampled_from([None, "2025", "2026", "2026-H1", "2026-Q3", "2026-q4", "2026-10", "2026-11", "2026-W46", "last"]),
        "status": st.sampled_from([None, "hit", "missed", "not measured"]),
        "actual": st.sampled_from([None, 1.0]),
        "target": st.sampled_from([None, 2.0]),
        "direction": st.sampled_from([None, "up"]),
    }),
    max_size=8,
)
Span = tuple[float, float, bool]  # exit, entry, whether it is censored
End = tuple[float, float, int]  # exit, entry, the way in which it ended, 0 none
WAYS = {"done": 1, "dropped": 2, "gone": 3}
FAST = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    create_schema(opened)
    insert_rows(opened, TABLES["loads"], [{
        "load_id": 1, "loaded_at": AS_OF, "workspace": "w", "as_of": AS_OF, "files_seen": 0, "files_loaded": 0,
        "files_rejected": 0, "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": "UTC",
        "fiscal_year_start": 1, "policies": "{}", "severities": list(SLA),
    }])
    return opened


@given(incidents=INCIDENTS, period=PERIODS, metric=st.sampled_from(DURATIONS))
@FAST
def test_durations_select_censor_and_exclude_as_their_twin(connection, incidents, period, metric):
    cut = _cut(period)
    _fill_incidents(connection, incidents)
    [group] = duration_groups(METRICS[metric], read_scope(connection, "incidents", cut, None, every_kind=False))
    _same_spans(group, [_judged(row, METRICS[metric].clock_start, METRICS[metric].clock_end, cut) for row in incidents])


@given(incidents=INCIDENTS, decisions=DECISIONS, metric=st.sampled_from([*DURATIONS, "time_in_proposed"]))
@FAST
def test_a_period_that_covers_everything_answers_as_none(connection, incidents, decisions, metric):
    _fill_incidents(connection, incidents)
    _fill(connection, "decisions", [{**row, "decision_id": f"d{n}"} for n, row in enumerate(decisions)])
    whole, every = (compute(connection, metric, period=_cut(period)) for period in (None, "2020-01-01..2030-12-31"))
    said = [{**row, "note": row["note"].replace(every.period_name, "the record")} for row in every.rows]
    assert (said, every.excluded) == (whole.rows, whole.excluded)


@given(incidents=INCIDENTS, metric=st.sampled_from(DURATIONS))
@FAST
def test_every_minute_and_every_end_is_seen_in_one_of_two_periods_that_meet(connection, incidents, metric):
    _fill_incidents(connection, incidents)
    whole, before, after = (
        duration_groups(METRICS[metric], read_scope(connection, "incidents", _cut(period), None, every_kind=False))[0].counted
        for period in (None, "2020-01-01..2026-09-30", "2026-10-01..2030-12-31")
    )
    assert _minutes_watched(before) + _minutes_watched(after) == pytest.approx(_minutes_watched(whole))
    assert sum(before.get("ended", [])) + sum(after.get("ended", [])) == sum(whole.get("ended", []))


@given(incidents=INCIDENTS, period=PERIODS)
@FAST
def test_counts_select_as_their_twin(connection, incidents, period):
    cut = _cut(period)
    _fill_incidents(connection, incidents)
    [group] = read_scope(connection, "incidents", cut, None, every_kind=False).groups("counts.incident_counts")
    reasons = [_not_counted(row, cut) for row in incidents]
    assert group.counted.get("n", 0) == reasons.count("")
    assert group.left_out == Counter(reason for reason in reasons if reason not in ("", "outside"))


@given(promises=PROMISES, period=PERIODS, records=st.sampled_from(["follow_ups", "ritual_actions"]), every_kind=st.booleans())
@FAST
def test_promises_select_censor_and_exclude_as_their_twin(connection, promises, period, records, every_kind):
    cut = _cut(period)
    _fill_promises(connection, promises)
    scope = read_scope(connection, records, cut, None, every_kind=every_kind)
    made = [row for row in map(_promise, _chains(promises)) if _is_asked(row, records, every_kind)]
    own = [row for row in made if _in_period(row["created_on"], cut)]
    [owed], [since], [within_sla], [standing] = (
        scope.groups(f"promises.{name}") for name in ("days_to_close", "days_of_cohort", "done_within_sla", "standings")
    )
    _same_ends(owed, [_days_to_close(row, cut) for row in made])
    _same_ends(since, [_days_of_cohort(row, cut) for row in own])
    _same_share(within_sla, [_done_within_sla(row, cut) for row in own])
    counted = [row for row in own if not _left_out(row, cut)]
    still_open = [row for row in counted if row["status"] == "open"]
    expected = {
        "n_open": len(still_open),
        "n_overdue": sum(1 for row in still_open if row["last_due_on"] and row["last_due_on"] < AS_OF_ON),
        "n_undated": sum(1 for row in still_open if row["last_due_on"] is None),
        "n_carried": sum(1 for row in counted if row["carried"]),
    }
    assert {key: standing.counted.get(key, 0) for key in expected} == expected


@given(promises=DATED, metric=st.sampled_from(["follow_up_completion", "retro_action_completion"]))
@FAST
def test_a_period_that_covers_every_promise_answers_as_none(connection, promises, metric):
    """One of no known day is in no period."""
    _fill_promises(connection, promises)
    whole, every = (compute(connection, metric, period=_cut(period)) for period in (None, "2020-01-01..2030-12-31"))
    said = [{**row, "note": row["note"].replace(every.period_name, "the record")} for row in every.rows]
    assert (said, every.excluded) == (whole.rows, whole.excluded)


@given(promises=PROMISES)
@FAST
def test_every_end_of_a_promise_is_seen_in_one_of_two_periods_that_meet(connection, promises):
    _fill_promises(connection, [row for row in promises if row["created_on"]])
    whole, before, after = (
        Counter(read_scope(connection, "follow_ups", _cut(period), None, every_kind=False)
                .groups("promises.days_to_close")[0].counted.get("ways", []))
        for period in (None, "2020-01-01..2026-09-30", "2026-10-01..2030-12-31")
    )
    assert {way: before[way] + after[way] for way in WAYS.values()} == {way: whole[way] for way in WAYS.values()}


@given(promises=PROMISES, period=PERIODS, day=st.integers(0, 95))
@FAST
def test_shares_of_a_cohort_sum_to_1_and_are_plain_where_all_were_watched(connection, promises, period, day):
    """Until then, or to their end: the shares done, dropped and gone are counts by n."""
    _fill_promises(connection, promises)
    spans = cohort(read_scope(connection, "follow_ups", _cut(period), None, every_kind=False))
    shares = [share.value for share in shares_at(spans, day, len(WAYS))]
    assert shares == [None] * 4 or sum(shares) == pytest.approx(1)
    if len(spans) and all(end or days >= day for end, days in zip(spans.end, spans.exit, strict=True)):
        ended = Counter(end for end, days in zip(spans.end, spans.exit, strict=True) if days <= day)
        assert shares[1:] == pytest.approx([ended[way] / len(spans) for way in WAYS.values()])


@given(promises=CHAINS)
@settings(FAST, max_examples=50)
def test_promises_are_judged_over_their_writings_as_by_their_twin(connection, promises):
    _judged_as_by_the_twin(connection, promises)


@pytest.mark.long
@given(promises=CHAINS)
@settings(FAST, max_examples=2000)
def test_promises_are_judged_so_however_often_they_are_carried(connection, promises):
    _judged_as_by_the_twin(connection, promises)


def _judged_as_by_the_twin(connection, promises):
    """Once each, by the facts; and owed in one writing, which the facts name."""
    _fill_promises(connection, promises)
    made = {row["action_id"]: row for row in map(_promise, _chains(promises))}
    columns = ("action_id", "status", "ended_on", "due_on", "last_due_on", "carried")
    found = connection.execute(f"select {', '.join(columns)} from promise_facts").fetchall()
    assert sorted(found, key=repr) == sorted((tuple(row[name] for name in columns) for row in made.values()), key=repr)
    owed = connection.execute("select action_id from action_item_facts where is_owed").fetchall()
    assert sorted(owed) == sorted((row["last_action_id"],) for row in made.values() if row["status"] == "open")


@given(decisions=DECISIONS, period=PERIODS)
@FAST
def test_proposals_select_censor_and_exclude_as_their_twin(connection, decisions, period):
    cut = _cut(period)
    _fill(connection, "decisions", [{**row, "decision_id": f"d{n}"} for n, row in enumerate(decisions)])
    scope = read_scope(connection, "proposals", cut, None, every_kind=False)
    [group] = duration_groups(METRICS["time_in_proposed"], scope)
    _same_spans(group, [_days_proposed(row, cut) for row in decisions])


@given(decisions=DECISIONS, period=PERIODS, metric=st.sampled_from(["decision_count", "decision_completeness"]))
@FAST
def test_decisions_select_as_their_twin(connection, decisions, period, metric):
    cut = _cut(period)
    _fill(connection, "decisions", [{**row, "decision_id": f"d{n}"} for n, row in enumerate(decisions)])
    scope = read_scope(connection, "decisions", cut, None, every_kind=False)
    [group] = tally_groups(METRICS[metric], scope, METRICS[metric].statistics[0])
    reasons = [_not_a_decision(row, cut, needs_template=metric == "decision_completeness") for row in decisions]
    _same_reasons(group, reasons)
    drafts = [row for row, reason in zip(decisions, reasons, strict=True) if not reason and _is_proposed(row)]
    assert group.counted.get("n_open", 0) == len(drafts)


@given(sessions=SESSIONS, period=PERIODS, statistic=st.sampled_from(METRICS["ritual_minutes"].statistics))
@FAST
def test_sessions_select_as_their_twin(connection, sessions, period, statistic):
    cut = _cut(period)
    _fill_sessions(connection, sessions)
    scope = read_scope(connection, "sessions", cut, None, every_kind=False)
    [group] = tally_groups(METRICS["ritual_minutes"], scope, statistic)
    reasons = [_no_minutes(row, cut, statistic) for row in sessions]
    _same_reasons(group, reasons)
    asked = [row for row, reason in zip(sessions, reasons, strict=True) if not reason]
    assert group.counted.get("minutes", []) == sorted(row["duration_minutes"] for row in asked)
    if statistic == "person_hours" and asked:
        hours = sum(row["duration_minutes"] * row["present"].count(True) for row in asked) / 60
        assert group.counted["person_hours"] == pytest.approx(hours)
    if statistic == "share_within_timebox" and asked:
        assert group.counted["n_within"] == sum(1 for row in asked if row["duration_minutes"] <= 30)


@given(slots=SLOTS, period=PERIODS)
@FAST
def test_promised_days_select_as_their_twin(connection, slots, period):
    cut = _cut(period)
    days = [(AS_OF_ON + timedelta(n), outcome) for n, outcome in slots]
    _fill(connection, "ritual_slots", [
        {"ritual": "triage", "promised_on": day_on, "outcome": outcome} for day_on, outcome in days
    ])
    scope = read_scope(connection, "ritual_days", cut, None, every_kind=False)
    [group] = tally_groups(METRICS["ritual_held"], scope, "held")
    asked = Counter(outcome for day_on, outcome in days if _in_period(day_on, cut) and day_on <= AS_OF_ON)
    assert group.counted.get("n", 0) == asked.total()
    assert {word: group.counted.get(f"n_{word}", 0) for word in asked} == asked


@given(results=KEY_RESULTS, period=PERIODS, statistic=st.sampled_from(METRICS["key_results"].statistics))
@FAST
def test_key_results_select_as_their_twin(connection, results, period, statistic):
    """Of the sampled periods only last-7d and none hold no end of one that is read."""
    cut = _cut(period)
    _fill_key_results(connection, results)
    scope = read_scope(connection, "key_results", cut, None, every_kind=False)
    [group] = tally_groups(METRICS["key_results"], scope, statistic)
    _same_reasons(group, [_not_a_result(row, cut, statistic) for row in results])


def _same_reasons(group: Group, reasons: list[str]) -> None:
    assert group.counted.get("n", 0) == reasons.count("")
    assert group.left_out == Counter(reason for reason in reasons if reason not in ("", "outside"))


def _same_spans(group: Group, expected: list[Span | str | None]) -> None:
    """None is of another period."""
    found = zip(*(group.counted.get(key, []) for key in ("exit", "entry", "ended")), strict=True)
    assert [(exits, entry, not ended) for exits, entry, ended in found] == sorted(a for a in expected if isinstance(a, tuple))
    assert group.left_out == Counter(answer for answer in expected if isinstance(answer, str))


def _minutes_watched(counted: Row) -> float:
    return sum(counted.get("exit", [])) - sum(counted.get("entry", []))


def _same_ends(group: Group, expected: list[End | str | None]) -> None:
    """None was not owed in the period."""
    exits = group.counted.get("exit", [])
    found = zip(exits, group.counted.get("entry", [0.0] * len(exits)), group.counted.get("ways", []), strict=True)
    assert list(found) == sorted(answer for answer in expected if isinstance(answer, tuple))
    assert group.left_out == Counter(answer for answer in expected if isinstance(answer, str))


def _same_share(group: Group, expected: list[bool | str]) -> None:
    asked = [answer for answer in expected if isinstance(answer, bool)]
    assert (group.counted.get("n", 0), group.counted.get("n_done", 0)) == (len(asked), sum(asked))
    assert group.left_out == Counter(answer for answer in expected if isinstance(answer, str))


# The twins.


def _is_asked(row: Row, records: str, every_kind: bool) -> bool:
    kind, name = row["origin"]
    if records == "follow_ups":
        return kind == "incident"
    return kind == "ritual" and (every_kind or name == "retrospective")


def _is_proposed(row: Row) -> bool:
    return row["status"] in ("draft", "proposed")


def _days_proposed(row: Row, cut: Period | None) -> Span | str | None:
    if reason := _no_days(row):
        return reason if _in_period(row["proposed_on"], cut) else None
    return _days_watched(row["proposed_on"], row["decided_on"], cut)


def _days_watched(first_on: date, last_on: date | None, cut: Period | None) -> Span | None:
    """Days by noons: a period begins at the midnight before its first noon."""
    is_own = _in_period(first_on, cut)
    clock = min(AS_OF_ON, cut.ends_on - timedelta(1)) if cut else AS_OF_ON
    seen_until = min(last_on or clock, clock)
    if not is_own and (first_on >= cut.ends_on or seen_until < cut.starts_on):
        return None
    entry = 0.0 if is_own else (cut.starts_on - first_on).days - 0.5
    return (seen_until - first_on).days, entry, last_on is None or last_on > clock


def _no_days(row: Row) -> str:
    proposed_on, decided_on = row["proposed_on"], row["decided_on"]
    if proposed_on is None:
        return "no proposed day"
    if proposed_on > AS_OF_ON:
        return "proposed after the as-of"
    if decided_on is None:
        return "" if _is_proposed(row) else "no decided day"
    return "decided before proposed" if decided_on < proposed_on else ""


def _not_a_decision(row: Row, cut: Period | None, *, needs_template: bool) -> str:
    counted_on = row["decided_on"] or row["proposed_on"] or row["updated_on"]
    if not _in_period(counted_on, cut):
        return "outside"
    if counted_on is None and cut:
        return "no day decided, proposed or changed, so in no period"
    if counted_on and counted_on > AS_OF_ON:
        return "dated after the as-of"
    return "follows no known template" if needs_template and row["template"] is None else ""


def _no_minutes(row: Row, cut: Period | None, statistic: str) -> str:
    if not _in_period(row["held_on"], cut):
        return "outside"
    if row["status"] != "held":
        return "status is cancelled"
    if cut and row["held_on"] is None:
        return "no day of the session, so in no period"
    if row["held_on"] and row["held_on"] > AS_OF_ON:
        return "held after the as-of"
    if not row["duration_minutes"]:
        return "no minutes written" if row["duration_minutes"] is None else "minutes that are not above zero"
    if statistic == "share_within_timebox" and row["ritual"] == "retrospective":
        return "no timebox for the ritual"
    return "nobody written as present" if statistic == "person_hours" and True not in row["present"] else ""


ENDS = {"2025": date(2025, 12, 31), "2026": date(2026, 12, 31), "2026-H1": date(2026, 6, 30), "2026-Q3": date(2026, 9, 30),
        "2026-q4": date(2026, 12, 31), "2026-10": date(2026, 10, 31), "2026-11": date(2026, 11, 30), "2026-W46": date(2026, 11, 15)}


def _not_a_result(row: Row, cut: Period | None, statistic: str) -> str:
    last_on = ENDS.get(row["period"])
    if cut and last_on is None:
        return "no readable period of its objective"
    if cut and not cut.starts_on <= last_on < cut.ends_on:
        return "outside"
    outcome = _outcome(row)
    return outcome if statistic == "share_hit" and outcome not in ("hit", "missed") else ""


def _outcome(row: Row) -> str:
    """As key_result_facts has it."""
    if row["status"]:
        return str(row["status"])
    if ENDS.get(row["period"], AS_OF_ON) >= AS_OF_ON:
        return "running"
    return "missed" if row["actual"] and row["target"] and row["direction"] else "not measured"


def _started_on(row: Row) -> date | None:
    """Some files tell the day alone."""
    return row["started_at"].date() if row["started_at"] else row["started_on"]


def _not_counted(row: Row, cut: Period | None) -> str:
    """Why an incident is not counted; empty when it is, `outside` when it is of another period."""
    started_on = _started_on(row)
    if not _in_period(started_on, cut):
        return "outside"
    if cut and started_on is None:
        return "no day of start, so in no period"
    if (row["started_at"] and row["started_at"] > AS_OF) or (started_on and started_on > AS_OF_ON):
        return "starts after the as-of"
    if row["kind"] != "incident":
        return f"kind is {row['kind']}"
    if row["status"] in ("cancelled", "merged"):
        return f"status is {row['status']}"
    return f"excluded by the file: {row['excluded_reason']}" if row["excluded_reason"] else ""


def _judged(row: Row, start: str, end: str, cut: Period | None) -> Span | str | None:
    restored = row["impact_ended_at"] or row["mitigated_at"] or row["resolved_at"]
    begins, ends = row[start], restored if end == "restored_at" else row[end]
    is_own = _in_period(begins.date() if begins else _started_on(row), cut)
    clock = min(AS_OF, cut.ends_at("UTC")) if cut else AS_OF
    if reason := _not_counted(row, None) or _no_minutes_of(row, start, end, begins, ends, clock):
        return reason if is_own else None
    seen_until = min(ends or clock, clock)
    if not is_own and (begins >= cut.ends_at("UTC") or seen_until <= cut.starts_at("UTC")):
        return None
    entry = 0.0 if is_own else _minutes(begins, cut.starts_at("UTC"))
    return _minutes(begins, seen_until), entry, ends is None or ends > clock


def _minutes(first: datetime, last: datetime) -> float:
    return (last - first).total_seconds() / 60


def _no_minutes_of(row: Row, start: str, end: str, begins: datetime | None, ends: datetime | None, clock: datetime) -> str:
    start_word, end_word = start.removesuffix("_at"), end.removesuffix("_at")
    if begins is None:
        return f"no {start_word} time"
    if ends and ends < begins:
        return f"{end_word} before {start_word}"
    if disorder := _disorder(row):
        return disorder
    if begins > clock:
        return f"{start_word} after the end of the clock"
    return f"no {end_word} time" if ends is None and not _is_waiting(row, end) else ""


def _disorder(row: Row) -> str | None:
    earlier = ("detected_at", "acknowledged_at", "mitigated_at")
    found = [name for name in earlier if row["resolved_at"] and row[name] and row["resolved_at"] < row[name]]
    return f"resolved before {found[0].removesuffix('_at')}" if found else None


def _is_waiting(row: Row, end: str) -> bool:
    waiting = {"resolved_at": ("open", "mitigated"), "mitigated_at": ("open",), "restored_at": ("open",)}
    is_over = row["resolved_at"] is not None and row["resolved_at"] <= AS_OF
    return not is_over and row["status"] in waiting.get(end, ())


def _chains(promises: list[Row]) -> list[list[Row]]:
    """A promise a list of its writings. `continues` counts the chains there are: it is the next writing of that one."""
    chains: list[list[Row]] = []
    for n, row in enumerate(promises):
        writing = {**row, "action_id": f"p{n}"}
        if row["continues"] is None or row["continues"] >= len(chains):
            chains.append([writing])
        else:
            chains[row["continues"]].append(writing)
    return chains


def _promise(writings: list[Row]) -> Row:
    """The first writing, with what became of the promise by the as-of."""
    standing = [(row, *_end(row)) for row in writings]
    ends = [(status, day) for n, (_, status, day) in enumerate(standing)
            if status in ("done", "dropped") and not any(_is_again(later, day) for later in standing[n + 1:])]
    left = [n for n, (_, status, _) in enumerate(standing) if status != "gone"]
    last = left[-1] if left else len(writings) - 1
    due = [row["due_on"] for row in writings[:last + 1] if row["due_on"]]
    status, ended_on = _became(ends, [day for _, _, day in standing], is_left=bool(left))
    return {
        **writings[0], "status": status, "ended_on": ended_on, "carried": last, "last_action_id": writings[last]["action_id"],
        "due_on": next((row["due_on"] for row in writings if row["due_on"]), None), "last_due_on": due[-1] if due else None,
    }


def _end(row: Row) -> tuple[str, date | None]:
    """The state of one writing and the day that it is so since, both as they were at the as-of."""
    day = {"done": row["done_on"], "open": None}.get(row["status"], row["vanished_on"])
    return ("open", None) if day and day > AS_OF_ON else (row["status"], day)


def _is_again(later: tuple[Row, str, date | None], ended_on: date | None) -> bool:
    """Whether a later writing was promising on the day of an end, or after it; nobody knows of days that are not known."""
    row, status, day = later
    created_on = row["created_on"]
    promised = status == "open" or (status in ("done", "dropped") and None not in (day, created_on) and day > created_on)
    return promised and (None in (created_on, ended_on) or created_on >= ended_on)


def _became(ends: list[tuple[str, date | None]], days: list[date | None], *, is_left: bool) -> tuple[str, date | None]:
    for status in ("done", "dropped"):
        if found := [day for end, day in ends if end == status]:
            return status, min(filter(None, found), default=None)
    if is_left:
        return "open", None
    return "gone", None if None in days else max(filter(None, days))


def _left_out(row: Row, cut: Period | None) -> str:
    if row["created_on"] is None:
        return "no day of the promise, so in no period" if cut else ""
    return "promised after the as-of" if row["created_on"] > AS_OF_ON else ""


def _unknown_day(row: Row, cut: Period | None) -> str:
    if _left_out(row, cut):
        return _left_out(row, cut)
    if row["created_on"] is None:
        return "no day of the promise"
    if row["status"] != "open" and row["ended_on"] is None:
        return f"{row['status']}, but no day is known"
    if row["status"] != "open" and row["ended_on"] < row["created_on"]:
        return f"{row['status']} before it was promised"
    return ""


def _days_to_close(row: Row, cut: Period | None) -> End | str | None:
    if reason := _unknown_day(row, cut):
        return reason if _in_period(row["created_on"], cut) else None
    watched = _days_watched(row["created_on"], row["ended_on"], cut)
    return watched and (*watched[:2], 0 if watched[2] else WAYS[row["status"]])


def _days_of_cohort(row: Row, cut: Period | None) -> End | str:
    if reason := _unknown_day(row, cut):
        return reason
    return ((row["ended_on"] or AS_OF_ON) - row["created_on"]).days, 0.0, WAYS.get(row["status"], 0)


def _done_within_sla(row: Row, cut: Period | None) -> bool | str:
    is_given_up = row["status"] in ("dropped", "gone")
    if reason := _unknown_day({**row, "status": "open"} if is_given_up else row, cut):
        return reason
    allowed = _sla(row)
    if isinstance(allowed, str):
        return allowed
    if row["created_on"] + timedelta(allowed) >= AS_OF_ON:
        return "too young: its days are not over"
    return row["status"] == "done" and row["ended_on"] <= row["created_on"] + timedelta(allowed)


def _sla(row: Row) -> int | str:
    """Days by the severity, that the origin is named after, else by the due day."""
    kind, name = row["origin"]
    if kind == "incident":
        return SLA.get(name, "no severity")
    if row["due_on"] is None:
        return "no due day"
    days = (row["due_on"] - row["created_on"]).days
    return "due before it was promised" if days < 0 else days


def _in_period(day_on: date | None, cut: Period | None) -> bool:
    return cut is None or day_on is None or cut.starts_on <= day_on < cut.ends_on


def _cut(period: str | None) -> Period | None:
    return parse_period(period, as_of_on=AS_OF_ON) if period else None


def _fill_incidents(connection: Any, incidents: list[Row]) -> None:
    _fill(connection, "incidents", [
        {**row, "incident_id": f"i{n}", "started_on": _started_on(row)}
        for n, row in enumerate(incidents)
    ])


def _fill_promises(connection: Any, promises: list[Row]) -> None:
    """The origin of a promise is named after its severity or its ritual; `none` has no file."""
    _fill(connection, "incidents", [
        {"incident_id": level, "severity": level, "kind": "incident", "status": "resolved"} for level in SLA
    ])
    _fill(connection, "ritual_sessions", [
        {"session_id": name, "ritual": name, "status": "held"} for name in ("retrospective", "triage")
    ])
    _fill(connection, "action_items", [
        {**row, "origin_kind": row["origin"][0], "origin_id": row["origin"][1], "position": 1, "text": "x",
         "carried_from": before["action_id"] if before else None}
        for chain in _chains(promises)
        for before, row in zip([None, *chain], chain, strict=False)
    ])
    _fill(connection, "action_events", [
        {"action_id": f"p{n}", "event": row["status"], "occurred_at": row["vanished_on"], "git_commit": "c"}
        for n, row in enumerate(promises)
        if row["status"] in ("dropped", "gone") and row["vanished_on"]
    ])
    keep_views(connection)


def _fill_sessions(connection: Any, sessions: list[Row]) -> None:
    """Triage has a timebox, the retrospective none."""
    _fill(connection, "rituals", [{"ritual": "triage", "timebox_minutes": 30}, {"ritual": "retrospective"}])
    _fill(connection, "ritual_sessions", [{**row, "session_id": f"s{n}"} for n, row in enumerate(sessions)])
    _fill(connection, "ritual_attendance", [
        {"session_id": f"s{n}", "person": f"person {position}", "present": present}
        for n, row in enumerate(sessions)
        for position, present in enumerate(row["present"])
    ])


def _fill_key_results(connection: Any, results: list[Row]) -> None:
    _fill(connection, "objectives", [
        {"objective_id": f"o{n}", "position": n, "text": "x", "period": row["period"]} for n, row in enumerate(results)
    ])
    _fill(connection, "key_results", [
        {**row, "key_result_id": f"o{n}.1", "objective_id": f"o{n}", "position": 1, "text": "x"}
        for n, row in enumerate(results)
    ])


def _fill(connection: Any, table: str, rows: list[Row]) -> None:
    """The table holds these rows alone."""
    connection.execute(f"delete from {table}")
    insert_rows(connection, TABLES[table], [{**row, "source_path": "x", "source_line": 1} for row in rows])
