"""What is alarming, by hand and beside a plain-Python twin; and the log by which an alert is raised once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from opsanalytics.errors import DatabaseError, DestinationError, WorkspaceError
from opsanalytics.metrics.alerts import (
    BURNING,
    EVENTS_NEEDED,
    HISTORY_WEEKS,
    OVERDUE,
    OVERSPENT,
    RULES,
    SURPRISING,
    Alert,
    Judged,
    Quiet,
    Unjudged,
    judge,
    read_series,
)
from opsanalytics.metrics.scope import read_scope
from opsanalytics.packs.alerts import preview, raise_alerts
from opsanalytics.packs.log import NAME, entry, read_log, writing
from opsanalytics.settings import parse_settings
from opsanalytics.stats.forecasts import WEEKS_A_YEAR
from opsanalytics.tables import TABLES, Row
from opsanalytics.warehouse.schema import create_schema, insert_rows, keep_views

AS_OF = datetime(2026, 11, 22, 12)  # a Sunday: the last whole week is W46, 9 to 15 November
MONDAY = date(2026, 11, 9)
WEEK = "2026-W46"
SOURCE = {"source_path": "x.md", "source_line": 1}


def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_schema(connection)
    return connection


def lay(connection: duckdb.DuckDBPyConnection, policies: Row | None = None, zone: str = "UTC",
        **tables: Iterable[Row]) -> duckdb.DuckDBPyConnection:
    """These tables hold these rows alone."""
    tables["loads"] = [{
        "load_id": 1, "loaded_at": AS_OF, "workspace": "w", "as_of": AS_OF, "files_seen": 0, "files_loaded": 0,
        "files_rejected": 0, "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": zone,
        "fiscal_year_start": 1, "policies": json.dumps(policies or {}), "severities": ["SEV-1", "SEV-2"],
    }]
    for name, rows in tables.items():
        connection.execute(f"delete from {name}")
        insert_rows(connection, TABLES[name], [{**SOURCE, **row} for row in rows])
    return connection


def judged(policies: Row | None = None, **tables: Iterable[Row]) -> Judged:
    connection = lay(database(), policies, **tables)
    keep_views(connection)
    return judge(connection)


def incident(number: int, on: date, severity: str | None = "SEV-2", **cells: object) -> Row:
    return {"incident_id": f"i{number}", "kind": "incident", "status": "resolved", "severity": severity,
            "severity_rank": severity and int(severity[-1]), "started_on": on, "source_line": number, **cells}


def incidents(counts: Iterable[int], last: date = MONDAY, **cells: object) -> list[Row]:
    """So many in each week, the last one beginning on `last`, by turns on each of its days."""
    counts = list(counts)
    mondays = [last - timedelta(weeks=len(counts) - 1 - at) for at in range(len(counts))]
    days = [monday + timedelta(n % 7) for monday, count in zip(mondays, counts, strict=True) for n in range(count)]
    return [incident(number, on, **cells) for number, on in enumerate(days, 1)]


def of_rule(found: Judged, rule: str) -> list[Alert]:
    return [alert for alert in found.alerts if alert.rule == rule]


def why(found: Judged, rule: str) -> dict[str, str]:
    return {each.subject: each.why for each in found.unjudged if each.rule == rule}


def test_every_rule_has_its_words():
    assert [OVERDUE, BURNING, OVERSPENT, SURPRISING] == list(RULES)


def test_a_database_without_a_load_is_refused():
    with pytest.raises(DatabaseError, match="holds no load"):
        judge(database())


def test_an_empty_record_needs_nobody_and_says_what_is_missing():
    found = judged()
    assert found.alerts == []
    assert set(found.looked_at.values()) == {0}
    assert [each.rule for each in found.unjudged] == [OVERDUE, BURNING, SURPRISING, SURPRISING]
    assert all("on record" in each.why for each in found.unjudged)


class TestPromises:
    """A SEV-1 and a SEV-2 of 1 September, with promises."""

    INCIDENTS = (incident(1, date(2026, 9, 1), "SEV-1"), incident(2, date(2026, 9, 1), "SEV-2"))

    def promise(self, number: int, due: str | None, origin: str = "i1", status: str = "open", **cells: object) -> Row:
        return {"action_id": f"{origin}#{number}", "origin_kind": "incident", "origin_id": origin, "position": number,
                "text": f"promise {number}", "status": status, "created_on": "2026-09-01", "due_on": due,
                "source_path": f"{origin}.md", "source_line": 10 + number, **cells}

    def judged(self, *promises: Row, **policies: object) -> Judged:
        return judged({"alerts": policies}, incidents=self.INCIDENTS, action_items=promises)

    def test_one_that_is_past_its_day_by_hand(self):
        """Promised for 12 November, and it is the 22nd."""
        (alert,) = of_rule(self.judged(self.promise(1, "2026-11-12")), OVERDUE)
        assert (alert.value, alert.threshold, alert.unit, alert.n) == (10, 0, "days overdue", 1)
        assert (alert.since, alert.until, alert.places) == (date(2026, 9, 1), date(2026, 11, 22), ("i1.md:11",))
        assert (alert.cause, alert.false_alarms) == ("promise-overdue/i1#1", (0, 0, 0))
        assert alert.found == "a SEV-1 promise is 10 days overdue, for 2026-11-12: promise 1"
        assert alert.false_alarm_words == "none, it is a fact of the record"

    def test_its_last_day_is_not_past(self):
        found = self.judged(self.promise(1, "2026-11-22"), self.promise(2, "2026-11-21"))
        assert [alert.cause for alert in found.alerts] == ["promise-overdue/i1#2"]
        assert "promise-overdue/i1#1" in found.ended

    @pytest.mark.parametrize("status", ["done", "dropped"])
    def test_one_that_has_ended_is_no_cause_any_more(self, status: str):
        found = self.judged(self.promise(1, "2026-11-12", status=status))
        assert (found.alerts, "promise-overdue/i1#1" in found.ended) == ([], True)

    def test_the_worst_level_unless_the_policy_names_others(self):
        promises = self.promise(1, "2026-11-12"), self.promise(1, "2026-11-12", "i2")
        assert [alert.cause for alert in self.judged(*promises).alerts] == ["promise-overdue/i1#1"]
        found = self.judged(*promises, severities=["SEV-2"])
        assert [alert.cause for alert in found.alerts] == ["promise-overdue/i2#1"]

    def test_one_that_was_carried_over_is_one_cause_and_late_by_its_last_day(self):
        last = self.promise(9, "2026-11-20", "s", origin_kind="ritual", text="still promise 1", carried_from="i1#1",
                            created_on="2026-11-10")
        (alert,) = of_rule(self.judged(self.promise(1, "2026-10-01"), last), OVERDUE)
        assert (alert.cause, alert.value, alert.places) == ("promise-overdue/i1#1", 2, ("i1.md:11", "s.md:19"))
        assert alert.found.endswith("2 days overdue, for 2026-11-20: still promise 1")

    def test_one_without_a_day_cannot_be_overdue(self):
        found = self.judged(self.promise(1, None))
        assert (found.alerts, why(found, OVERDUE)) == ([], {"i1#1": "no day is named for it (i1.md:11)"})
        assert "i1#1" not in why(self.judged(self.promise(1, None, status="done")), OVERDUE)


class TestBudgets:
    """A target of 99.9 %, 100,000 events an hour, of which 100 may go wrong."""

    SLO = ({"slo_id": "api", "service": "api", "target": 0.999, "source_path": "ops/slo.yml", "source_line": 4},)

    def judged(self, bad: dict[int, int], hours: int = 28 * 24, **policies: object) -> Judged:
        """bad: events that went wrong by hours ago."""
        samples = [{"slo_id": "api", "bucket_at": AS_OF - timedelta(hours=ago), "bucket_minutes": 60,
                    "good": 100_000 - bad.get(ago, 0), "total": 100_000} for ago in range(1, hours + 1)]  # fmt: skip
        return judged({"error_budget": policies}, slos=self.SLO, sli_samples=samples)

    def test_a_bad_hour_by_hand(self):
        """1,500 bad of 100 that may: 15 times its pace. Over six hours 2.5 times, over a day 0.625: no more than they may."""
        (alert,) = self.judged({1: 1500}).alerts
        assert (alert.cause, alert.value, alert.threshold, alert.n) == ("budget-burning/api/1h", 15, 14.4, 1)
        assert (alert.since, alert.until, alert.places) == (AS_OF - timedelta(hours=1), AS_OF, ("ops/slo.yml:4",))
        assert alert.found == "the budget of api burns at 15 times its pace in the last 1h"

    def test_each_window_is_a_cause_of_its_own(self):
        """6,000 bad: 60 times over an hour, 10 over six, 2.5 over a day; 0.83 over three."""
        found = self.judged({1: 6000})
        assert [alert.cause for alert in found.alerts] == ["budget-burning/api/1h", "budget-burning/api/6h"]
        assert {"budget-burning/api/1d", "budget-burning/api/3d", "budget-overspent/api"} <= found.ended

    def test_a_budget_that_is_overspent_is_told_once(self):
        """28 days allow 67,200, and 70,000 went wrong three weeks ago."""
        (alert,) = self.judged({500: 70_000}).alerts
        assert (alert.cause, alert.value, alert.threshold) == ("budget-overspent/api", pytest.approx(70_000 / 67_200), 1)
        assert alert.since == AS_OF - timedelta(28)
        assert alert.found == "104% of the budget of api is spent in 28d: the policy halts changes"

    def test_where_changes_halt_by_another_window_four_weeks_are_only_a_rate(self):
        found = self.judged({500: 70_000}, halt_after="7d")
        assert [alert.cause for alert in found.alerts] == ["budget-burning/api/28d"]
        assert "budget-overspent/api" in found.ended

    def test_without_samples_nothing_is_judged_and_nothing_has_ended(self):
        found = self.judged({}, hours=0)
        assert (found.alerts, [cause for cause in found.ended if cause.startswith("budget")]) == ([], [])
        assert list(why(found, BURNING)) == ["api/1h", "api/6h", "api/1d", "api/3d"]
        assert why(found, OVERSPENT) == {"api": "no sample in the last 28d, nor at any other time"}


STEADY = [2, 4] * 26


class TestWeeks:
    def test_a_surprising_week_by_hand(self):
        """2 and 4 by turns vary less than Poisson's, so a year of 156 lets expect a negative binomial number: 156.5, 52/53.
        Three counts are looked at: all, SEV-1, of which there was none in the year (0.5, 52/53), and SEV-2, which all are.
        """
        law, none = stats.nbinom(156.5, 52 / 53), stats.nbinom(0.5, 52 / 53)
        threshold = 1 / WEEKS_A_YEAR / 3
        least, of_none = (next(count for count in range(40) if each.sf(count - 1) <= threshold) for each in (law, none))
        found = judged(incidents=incidents([*STEADY, least]))
        total, sev_2 = of_rule(found, SURPRISING)
        assert (total.cause, sev_2.cause) == (f"surprising-week/incidents/{WEEK}", f"surprising-week/SEV-2/{WEEK}")
        assert (total.value, total.threshold, total.n) == (least, least, 156 + least)
        assert (total.since, total.until) == (MONDAY - timedelta(weeks=52), date(2026, 11, 15))
        assert total.places == tuple(sorted(f"x.md:{156 + number}" for number in range(1, least + 1)))
        expected = WEEKS_A_YEAR * (2 * law.sf(least - 1) + none.sf(of_none - 1))
        assert total.false_alarms == pytest.approx((expected, expected, 1))
        assert total.found == f"{least} incidents in {WEEK}, where 3 a week are usual; from {least} on it is a surprise"
        assert f"a chance of {law.sf(least - 1):.2g} by the 52 weeks before it; 3 counts looked at" in total.note
        assert of_rule(judged(incidents=incidents([*STEADY, least - 1])), SURPRISING) == []

    def test_the_policy_sets_how_many_false_alarms(self):
        rows = incidents([*STEADY, 10])
        leasts = [of_rule(judged({"alerts": {"false_alarms_a_year": n}}, incidents=rows), SURPRISING)[0].threshold for n in (12, 3, 1)]
        assert leasts == sorted(leasts) and leasts[0] < leasts[-1]

    def test_the_week_that_runs_is_not_judged(self):
        assert of_rule(judged(incidents=incidents([*STEADY, 3, 40], last=MONDAY + timedelta(7))), SURPRISING) == []

    def test_only_the_year_before_counts(self):
        found = [of_rule(judged(incidents=incidents([*old, *STEADY, 12])), SURPRISING)[0] for old in ([], [30] * 20)]
        assert found[0].threshold == found[1].threshold

    def test_what_is_not_counted_is_no_event_and_is_said(self):
        rows = incidents([*STEADY, 12])
        drill = incident(999, MONDAY, kind="drill")
        alert = of_rule(judged(incidents=[*rows, drill]), SURPRISING)[0]
        assert (alert.value, "left out: 1 (kind is drill)" in alert.note) == (12, True)

    def test_a_short_history_says_so(self):
        found = judged(incidents=incidents([3] * 25 + [40]))
        assert found.alerts == []
        assert why(found, SURPRISING)["incidents"] == "25 of the 26 weeks of history that it takes"

    @pytest.mark.parametrize(("before", "is_judged"), [(EVENTS_NEEDED - 1, False), (EVENTS_NEEDED, True)])
    def test_a_service_is_judged_when_its_year_had_enough(self, before: int, is_judged: bool):
        rows = incidents([*STEADY, 3])
        served = [{"incident_id": row["incident_id"], "service": "api"} for row in [*rows[:before], rows[-1]]]
        found = judged(incidents=rows, incident_services=served)
        assert found.looked_at[SURPRISING] == 3 + is_judged
        said = f"{before} of the {EVENTS_NEEDED} incidents that it takes in the year before"
        assert why(found, SURPRISING).get("service api") == (None if is_judged else said)

    def test_pages_are_weeks_too(self):
        pages = [{"page_id": f"p{row['incident_id']}", "paged_at": datetime.combine(row["started_on"], datetime.min.time())}
                 for row in incidents([*STEADY, 12])]  # fmt: skip
        (alert,) = of_rule(judged(pages=pages), SURPRISING)
        assert (alert.cause, alert.unit, alert.counted) == (f"surprising-week/pages/{WEEK}", "pages in the week", "page")

    DAYS = st.integers(0, 80 * 7).map(lambda n: date(2025, 5, 19) + timedelta(n))
    EVENTS = st.lists(st.tuples(DAYS, st.sampled_from(["SEV-1", "SEV-2", None]), st.sets(st.sampled_from(["api", "web"])),
                                st.sampled_from(["incident", "incident", "drill"])), max_size=40)
    PAGES = st.lists(st.integers(0, 80 * 7 * 24).map(lambda n: datetime(2025, 5, 19) + timedelta(hours=n)), max_size=20)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(events=EVENTS, pages=PAGES, zone=st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York"]))
    def test_the_counts_are_those_of_plain_python(self, connection: duckdb.DuckDBPyConnection, events: list, pages: list, zone: str):
        rows = [incident(n, on, severity, kind=kind) for n, (on, severity, _, kind) in enumerate(events)]
        served = [{"incident_id": f"i{n}", "service": name} for n, (*_, names, _) in enumerate(events) for name in names]
        lay(connection, zone=zone, incidents=rows, incident_services=served,
            pages=[{"page_id": f"p{n}", "paged_at": at} for n, at in enumerate(pages)])
        scope = read_scope(connection, "incidents", None, None, every_kind=False)
        week = scope.clock.period("last", "week")
        found = {(each.kind, each.label): (each.begins_on, list(each.days), list(each.counts)) for each in read_series(scope, week)}
        assert found == twin(events, pages, zone, scope.clock.as_of_on)


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return database()


def twin(events: list, pages: list, zone: str, as_of_on: date) -> dict:
    """Of each series the first day on record in the year and the week, the days of each week, and its events."""
    this_monday = as_of_on - timedelta(as_of_on.weekday())
    year_on, ends_on = this_monday - timedelta(weeks=HISTORY_WEEKS + 1), this_monday
    counted = [(on, severity, names) for on, severity, names, kind in events if kind == "incident" and on <= as_of_on]
    began = min((on for on, *_ in events if on <= as_of_on), default=None)
    called = [at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date() for at in pages]
    days = {("incidents", None): (began, [on for on, *_ in counted])}
    days |= {("severity", level): (began, [on for on, each, _ in counted if each == level]) for level in ("SEV-1", "SEV-2")}
    for name in ("api", "web"):
        found = [on for on, _, names in counted if name in names]
        if any(year_on <= on < ends_on for on in found):
            days["service", name] = (min(found), found)
    days["pages", None] = (min(called, default=None), called)
    return {key: _weeks(max(first, year_on), ends_on, found) for key, (first, found) in days.items() if first and first < ends_on}


def _weeks(first: date, ends_on: date, found: list[date]) -> tuple[date, list[int], list[int]]:
    monday = first - timedelta(first.weekday())
    mondays = [monday + timedelta(weeks=n) for n in range((ends_on - monday).days // 7)]
    days = [7 - max((first - each).days, 0) for each in mondays]
    return first, days, [sum(each <= on < each + timedelta(7) for on in found) for each in mondays]


# --- raising


def alert(cause: str = "a", rule: str = BURNING) -> Alert:
    return Alert(rule, cause, f"found {cause}", 2, 1, "x", 1, "sample", None, AS_OF, ("x.md:1",))


def verdicts(*found: Alert | Quiet | Unjudged) -> Judged:
    return Judged(AS_OF, found)


def causes(raised: object) -> list[str]:
    return [each.subject for each in raised.new]


class TestRaising:
    def test_once_for_the_same_cause(self, tmp_path: Path):
        shelf = tmp_path / "reports"
        assert causes(raise_alerts(verdicts(alert("a"), alert("b")), shelf, AS_OF)) == ["a", "b"]
        again = raise_alerts(verdicts(alert("a"), alert("c")), shelf, AS_OF)
        assert (causes(again), again.raised_at[alert("a").cause]) == (["c"], "2026-11-22T12:00:00")

    def test_anew_when_it_had_ended(self, tmp_path: Path):
        found = [raise_alerts(verdicts(each), tmp_path, AS_OF) for each in (alert(), Quiet(BURNING, "a"), alert(), alert())]
        assert [causes(each) for each in found] == [["a"], [], ["a"], []]

    def test_what_cannot_be_judged_or_is_not_there_ends_nothing(self, tmp_path: Path):
        runs = [verdicts(alert()), verdicts(Unjudged(BURNING, "a", "no sample")), verdicts(), verdicts(alert())]
        assert [causes(raise_alerts(each, tmp_path, AS_OF)) for each in runs] == [["a"], [], [], []]

    def test_a_week_stays_what_it_was(self, tmp_path: Path):
        """Its count falls, because a file is corrected, and rises again."""
        rows = incidents([*STEADY, 12])
        runs = [judged(incidents=each) for each in (rows, rows[:-9], rows)]
        assert [len(raise_alerts(each, tmp_path, AS_OF).new) for each in runs] == [2, 0, 0]

    def test_the_log_is_json_lines_with_a_kind_an_instant_and_an_id(self, tmp_path: Path):
        hostile = alert("\x1b[2J\u2028=cmd|' /c'!A1\n{}")
        raise_alerts(verdicts(hostile), tmp_path / "reports", AS_OF)
        (line,) = (tmp_path / "reports" / NAME).read_bytes().splitlines()
        assert json.loads(line) == {"kind": "alert-raised", "at": "2026-11-22T12:00:00", "id": hostile.cause, "rule": BURNING,
                                    "found": hostile.found}
        assert line.isascii()

    def test_a_shelf_that_it_makes_keeps_out_of_git(self, tmp_path: Path):
        raise_alerts(verdicts(alert()), tmp_path / "reports", AS_OF)
        assert (tmp_path / "reports" / ".gitignore").read_text(encoding="utf-8") == "*\n"

    def test_nothing_is_written_where_nothing_is_new(self, tmp_path: Path):
        raise_alerts(verdicts(Quiet(BURNING, "a")), tmp_path / "reports", AS_OF)
        preview(verdicts(alert()), tmp_path / "reports")
        assert not (tmp_path / "reports").exists()

    def test_lines_of_other_kinds_are_left_alone(self, tmp_path: Path):
        with writing(tmp_path) as log:
            log.append([entry("delivered", AS_OF, alert().cause, channel="mail")])
        assert causes(raise_alerts(verdicts(alert()), tmp_path, AS_OF)) == ["a"]
        assert [each["kind"] for each in read_log(tmp_path).entries] == ["delivered", "alert-raised"]

    @pytest.mark.parametrize("kept", [1, 20, -1])
    def test_a_line_that_was_cut_short_is_said_and_raised_again(self, tmp_path: Path, kept: int):
        """Only the end of the line may be missing, which cuts nothing off what it says."""
        raise_alerts(verdicts(alert("a")), tmp_path, AS_OF)
        raise_alerts(verdicts(alert("b")), tmp_path, AS_OF)
        first, second = (tmp_path / NAME).read_bytes().splitlines(keepends=True)
        (tmp_path / NAME).write_bytes(first + second[:kept])
        raised = raise_alerts(verdicts(alert("a"), alert("b"), alert("c")), tmp_path, AS_OF)
        is_torn = kept != -1
        assert causes(raised) == (["b", "c"] if is_torn else ["c"])
        assert raised.unreadable == ((f"{tmp_path / NAME}:2",) if is_torn else ())
        assert causes(raise_alerts(verdicts(alert("a"), alert("b"), alert("c")), tmp_path, AS_OF)) == []

    @pytest.mark.parametrize("line", [b"[]", b"7", b'{"kind": "alert-raised"}', b"\xff\xfe", b"[" * 100_000])
    def test_a_line_that_is_no_entry_hides_no_other(self, tmp_path: Path, line: bytes):
        raise_alerts(verdicts(alert()), tmp_path, AS_OF)
        with (tmp_path / NAME).open("ab") as file:
            file.write(line + b"\n\n")
        raised = raise_alerts(verdicts(alert()), tmp_path, AS_OF)
        assert (causes(raised), len(raised.unreadable)) == ([], 1)

    @pytest.mark.long
    def test_two_processes_take_turns(self, tmp_path: Path):
        """Both go through the same thirty shelves, as fast as they can."""
        script = (
            "import sys\n"
            "from datetime import datetime\n"
            "from pathlib import Path\n"
            "from opsanalytics.metrics.alerts import Alert, Judged\n"
            "from opsanalytics.packs.alerts import raise_alerts\n"
            "at = datetime(2026, 11, 22)\n"
            "found = [Alert('budget-burning', f'{n}', 'x', 2, 1, 'x', 1, 'sample', None, at, ()) for n in range(20)]\n"
            "print('ready', flush=True)\n"
            "sys.stdin.read()\n"
            "for shelf in range(30):\n"
            "    raised = raise_alerts(Judged(at, tuple(found)), Path(sys.argv[1]) / str(shelf), at)\n"
            "    for alert in raised.new:\n"
            "        print(shelf, alert.subject)\n"
        )
        with ExitStack() as stack:
            runs = [stack.enter_context(subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], text=True,
                                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)) for _ in range(2)]  # fmt: skip
            assert [run.stdout.readline() for run in runs] == ["ready\n"] * 2
            for run in runs:
                run.stdin.close()
            raised = [line for run in runs for line in run.stdout]
        assert [run.returncode for run in runs] == [0, 0]
        assert (len(raised), len(set(raised))) == (600, 600)
        assert all(len(read_log(tmp_path / str(shelf)).entries) == 20 for shelf in range(30))

    def test_a_place_that_cannot_be_written_is_named(self, tmp_path: Path):
        (tmp_path / "reports").write_text("a file", encoding="utf-8")
        with pytest.raises(DestinationError, match=r"reports/\.log\.jsonl: cannot be "):
            raise_alerts(verdicts(alert()), tmp_path / "reports", AS_OF)


# --- settings


def test_the_settings_of_ops_yml():
    assert parse_settings(b"")[0].policies.alerts.model_dump() == {"severities": [], "false_alarms_a_year": 1.0}
    given_, _ = parse_settings(b"policies: {alerts: {severities: [SEV-2], false_alarms_a_year: 0.2}}")
    assert given_.policies.alerts.model_dump() == {"severities": ["SEV-2"], "false_alarms_a_year": 0.2}


@pytest.mark.parametrize(("said", "message"), [
    ("{severities: [SEV-9]}", "policies.alerts.severities: `SEV-9` is no level; there are SEV-1, SEV-2, SEV-3"),
    ("{false_alarms_a_year: 0}", "policies.alerts.false_alarms_a_year: Input should be greater than 0"),
    ("{false_alarms_a_year: 27}", "policies.alerts.false_alarms_a_year: Input should be less than or equal to 26"),
    ("{often: 1}", "policies.alerts.often: no such setting; there are severities, false_alarms_a_year"),
])
def test_a_setting_that_cannot_be_used_is_named(said: str, message: str):
    with pytest.raises(WorkspaceError) as refused:
        parse_settings(f"policies: {{alerts: {said}}}".encode())
    assert message in str(refused.value)
