"""What commits tell of records: which column was changed when, and what the page on record quality makes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from demo_company import UNTIL
from test_history import Company, git

from opsanalytics.metrics.periods import parse_period
from opsanalytics.packs import edits, health
from opsanalytics.packs.record import Record
from opsanalytics.scaffold.demo import truth
from opsanalytics.tables import TABLES
from opsanalytics.warehouse.connect import read_rows

CHANGES = """
    select record_id, name, was, became, cast(cast(changed_at as date) as varchar) from record_changes
    where name <> 'record' order by changed_at, record_id, name"""
COMINGS = """
    select record_id, was is null, cast(cast(changed_at as date) as varchar) from record_changes
    where name = 'record' order by changed_at nulls first, was nulls last, record_id"""
INCIDENT = "ops/incidents/INC-20260904-01.md"


class Writer(Company):
    """A company that writes incidents of its own wording."""

    def say(self, day: str, *lines: str, path: str = INCIDENT, name: str = "INC-20260904-01") -> str:
        text = f"# Checkout slow\n\nIncident ID: {name}\nStart Time (UTC): 2026-09-04 09:00\n"
        (self.root / path).write_text(text + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        return self.commit(day)


@pytest.fixture
def company(tmp_path: Path) -> Writer:
    return Writer(tmp_path / "co")


def test_a_change_is_told_by_its_column_as_it_prints_and_by_its_commit(company: Writer) -> None:
    company.say("2026-09-05", "Severity: SEV-3", "Exclude from metrics: a test")
    commit = company.say("2026-09-06", "Severity: sev 2", "Resolved: 2026-09-04 10:30")
    assert company.says(CHANGES) == [
        ("INC-20260904-01", "excluded_reason", "a test", None, "2026-09-06"),
        ("INC-20260904-01", "resolved_at", None, "2026-09-04 10:30:00", "2026-09-06"),
        ("INC-20260904-01", "severity", "SEV-3", "SEV-2", "2026-09-06"),
        ("INC-20260904-01", "status", "open", "resolved", "2026-09-06"),
    ]
    assert company.says("select distinct git_commit, source_path from record_changes where name <> 'record'") == [(commit, INCIDENT)]
    assert company.says(COMINGS) == [("INC-20260904-01", True, "2026-09-05")]


def test_a_long_text_is_told_by_its_beginning_and_differs_to_its_end(company: Writer) -> None:
    cause = "The connection pool of the checkout was sized for half of the traffic that it gets on a Friday, since"
    company.say("2026-09-05", f"Root cause: {cause} May")
    company.say("2026-09-06", f"Root cause: {cause} June")
    (_, name, was, became, _), = company.says(CHANGES)
    assert (name, was[:60], became[:60]) == ("root_cause", cause[:60], cause[:60])
    assert was != became


def test_a_record_under_another_name_or_id_is_the_same_one(company: Writer) -> None:
    company.say("2026-09-05", "Severity: SEV-3")
    (company.root / INCIDENT).rename(company.root / "ops/incidents/checkout.md")
    company.commit("2026-09-06")
    company.say("2026-09-07", "Severity: SEV-2", path="ops/incidents/checkout.md", name="INC-20260904-02")
    assert company.says(COMINGS) == [("INC-20260904-02", True, "2026-09-05")]
    assert company.says(CHANGES) == [
        ("INC-20260904-02", "incident_id", "INC-20260904-01", "INC-20260904-02", "2026-09-07"),
        ("INC-20260904-02", "severity", "SEV-3", "SEV-2", "2026-09-07"),
    ]


def test_a_record_goes_with_its_file_and_comes_back_with_it(company: Writer) -> None:
    company.say("2026-09-05", "Severity: SEV-3")
    (company.root / INCIDENT).unlink()
    company.commit("2026-09-06")
    assert company.says(COMINGS) == [("INC-20260904-01", True, "2026-09-05"), ("INC-20260904-01", False, "2026-09-06")]
    company.say("2026-09-07", "Severity: SEV-2")
    assert company.says(COMINGS)[2] == ("INC-20260904-01", True, "2026-09-07")
    assert [row[1:] for row in company.says(CHANGES)] == [("severity", "SEV-3", "SEV-2", "2026-09-07")]


def test_sessions_of_one_file_come_and_go_one_by_one(company: Writer) -> None:
    path = company.root / "ops/rituals/standup.md"
    path.parent.mkdir()
    sessions = [f"## 2026-09-0{day}\n\nFacilitator: Ana\n\n- shipped the label\n\n" for day in (1, 2, 3)]
    for day, said in (("2026-09-03", sessions[:2]), ("2026-09-04", sessions), ("2026-09-05", sessions[1:])):
        path.write_text("# Standup\n\n" + "".join(said), encoding="utf-8")
        company.commit(day)
    assert [(name[-5:], came, day) for name, came, day in company.says(COMINGS)] == [
        ("09-01", True, "2026-09-03"), ("09-02", True, "2026-09-03"), ("09-03", True, "2026-09-04"), ("09-01", False, "2026-09-05")]  # fmt: skip


def test_two_files_of_one_id_keep_their_changes_apart(company: Writer) -> None:
    company.say("2026-09-05", "Severity: SEV-3")
    company.say("2026-09-06", "Severity: SEV-3", path="ops/incidents/other.md")
    company.say("2026-09-07", "Severity: SEV-1", path="ops/incidents/other.md")
    assert company.says(CHANGES) == [("INC-20260904-01~2", "severity", "SEV-3", "SEV-1", "2026-09-07")]


def test_decisions_and_rfcs_have_changes_too(company: Writer) -> None:
    for folder, name in (("ops/decisions", "2026-001-queue"), ("rfcs", "001-queue")):
        (company.root / folder).mkdir()
        for day, status in (("2026-09-05", "Proposed"), ("2026-09-08", "Accepted")):
            (company.root / folder / f"{name}.md").write_text(f"# A queue\n\nStatus: {status}\n\n## Decision\n\nA queue.\n", encoding="utf-8")
            company.commit(day)
    asked = "select record_kind, was, became from record_changes where name = 'status' order by 1"
    assert company.says(asked) == [("decision", "proposed", "accepted"), ("rfc", "open", "accepted")]


# --- what dates nothing


def test_an_import_and_what_is_not_committed_date_nothing(company: Writer) -> None:
    for number in range(10):
        company.write(path=f"ops/incidents/INC-20260801-{number:02}.md", start="2026-08-01 09:00")
    company.commit("2026-09-05")
    assert {row[1:] for row in company.says(COMINGS)} == {(True, None)}
    company.say("2026-09-06", "Severity: SEV-2", path="ops/incidents/INC-20260801-00.md", name="INC-20260801-00")
    (company.root / "ops/incidents/new.md").write_text("# New\n\nSeverity: SEV-1\n", encoding="utf-8")
    assert ("INC-20260801-00", "severity", "SEV-3", "SEV-2", "2026-09-06") in company.says(CHANGES)
    assert len(company.says(COMINGS)) == 10


def test_a_shallow_clone_tells_changes_since_it_began(company: Writer, tmp_path: Path) -> None:
    for day, severity in (("2026-09-05", 3), ("2026-09-06", 2), ("2026-09-07", 1)):
        company.say(day, f"Severity: SEV-{severity}")
    git(tmp_path, "clone", "-q", "--depth", "2", f"file://{company.root}", "shallow")
    assert company.says(COMINGS, tmp_path / "shallow") == [("INC-20260904-01", True, None)]
    assert [row[2:] for row in company.says(CHANGES, tmp_path / "shallow")] == [("SEV-2", "SEV-1", "2026-09-07")]


def test_a_version_that_cannot_be_parsed_is_passed_over(company: Writer) -> None:
    company.say("2026-09-05", "Severity: SEV-3")
    company.say("2026-09-06", "<<<<<<< ours", "Severity: SEV-1", "=======", ">>>>>>> theirs")
    company.say("2026-09-07", "Severity: SEV-2")
    assert [row[2:] for row in company.says(CHANGES)] == [("SEV-3", "SEV-2", "2026-09-07")]


def test_outside_git_nothing_is_told(company: Writer, tmp_path: Path) -> None:
    company.say("2026-09-05", "Severity: SEV-3")
    (company.root / ".git").rename(tmp_path / "elsewhere")
    assert company.says("select * from record_changes") == []


def test_the_same_changes_stand_whether_read_in_steps_or_at_once(company: Writer) -> None:
    asked = "select * from record_changes order by all"
    for day, severity in (("2026-09-05", 3), ("2026-09-06", 2), ("2026-09-07", 1)):
        company.say(day, f"Severity: SEV-{severity}")
        in_steps = company.says(asked)
    assert in_steps == company.says(asked, full=True)
    assert len(in_steps) == 3


# --- the demo, whose generator knows the truth


@pytest.fixture(scope="module", params=[1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 8))])
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def database(seed: int, demo_database: Callable[[int], Path]) -> Path:
    return demo_database(seed)


@pytest.fixture
def record(database: Path) -> Record:
    return Record(duckdb.connect(str(database), read_only=True), parse_period("2026-Q3", as_of_on=UNTIL))


def test_every_incident_was_first_committed_when_it_was_opened(database: Path, seed: int) -> None:
    rows = read_rows(database, """
        select record_id, cast(min(changed_at) as varchar) as at from record_changes
        where record_kind = 'incident' and name = 'record' group by all""")  # fmt: skip
    assert {row["record_id"]: row["at"] for row in rows} == truth(UNTIL, seed).recorded_at


def test_the_last_values_are_those_of_the_tables(database: Path) -> None:
    """Of every column of incidents and decisions that was ever changed."""
    for table, kind in (("incidents", "incident"), ("decisions", "decision")):
        last = f"""select record_id, name, last(became order by changed_at) as became from record_changes
                   where record_kind = '{kind}' and name <> 'record' and became not like '%… #%' group by all"""
        key, names = TABLES[table].key[0], {row["name"] for row in read_rows(database, f"select distinct name from ({last})")}
        assert len(names) > 2
        for name in names:
            asked = f"""select record_id, became, cast({name} as varchar) as stands from ({last}) join {table} on {key} = record_id
                        where name = '{name}' and length(cast({name} as varchar)) <= 80 and became is distinct from stands"""
            assert read_rows(database, asked) == []


def test_severities_changed_after_the_fact_are_those_that_were_corrected(record: Record, seed: int) -> None:
    found = edits.Edits(record).severities
    meant = truth(UNTIL, seed).severity_changes
    assert set(zip(found["incident_id"], found["was"], found["became"], map(str, found["changed_at"].dt.date), strict=True)) == {
        (each.incident_id, each.before, each.after, each.changed_on) for each in meant}  # fmt: skip
    ways = Counter("raised" if each.after < each.before else "lowered" for each in meant)
    assert {number.id: number.value for number in edits.severities_numbers(record)} == {
        "severity_raised": ways["raised"], "severity_lowered": ways["lowered"]}  # fmt: skip


def test_edits_after_publication_are_those_that_were_meant(record: Record, seed: int) -> None:
    found = edits.Edits(record).after_publication
    meant = truth(UNTIL, seed)
    told = [(each.incident_id, "severity", each.changed_on) for each in meant.severity_changes]
    told += [(incident_id, "resolved", day) for incident_id, days in meant.mistyped.items() for day in days]
    told += [(each.origin, "a" if event == "reworded" else "an", day) for each in meant.follow_ups if each.path.startswith("ops/incidents/")
             for event, day in map(str.split, each.events) if event in edits.BROKEN_PROMISES]  # fmt: skip
    days = edits.Edits(record).history.days(found["changed_at"])
    assert Counter(zip(found["incident_id"], (what.split()[0] for what in found["what"]), map(str, days), strict=True)) == Counter(told)


def test_follow_ups_added_late_are_those_whose_line_came_late(record: Record, seed: int) -> None:
    meant = {(each.path, each.text): date.fromisoformat(each.events[0].split()[1]) for each in truth(UNTIL, seed).follow_ups}
    rows = edits.Edits(record).follow_ups
    assert rows["reason"].isna().all()
    for _, row in rows.iterrows():
        after = meant[row["source_path"], row["text"]] - row["resolved_at"].date()
        assert abs(after - row["delay"].to_pytimedelta()) < timedelta(days=2)


def test_the_reporting_lag_is_that_of_the_commits(record: Record, seed: int) -> None:
    meant = {name: datetime.fromisoformat(at) for name, at in truth(UNTIL, seed).recorded_at.items()}
    rows = health.lags(record)
    assert rows["reason"].isna().all()
    assert [round(minutes, 3) for minutes in rows["minutes"]] == [
        round((meant[row["incident_id"]] - row["started_at"]).total_seconds() / 60, 3) for _, row in rows.iterrows()]  # fmt: skip
