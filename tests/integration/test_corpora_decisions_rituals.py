"""Real decisions and minutes that nobody here wrote: every file is loaded, rejected or ignored, and none is lost."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from opsanalytics.settings import parse_settings
from opsanalytics.warehouse.connect import read_rows
from opsanalytics.warehouse.load import load
from opsanalytics.warehouse.records import Records
from opsanalytics.warehouse.settle import gather
from opsanalytics.warehouse.sight import read_sources
from opsanalytics.workspace import Workspace, read_workspace

NOW = datetime(2026, 10, 2, 12)

# repository: loaded, ignored (templates and index pages). Nothing is rejected.
DECISIONS = {
    "adr+madr": (20, 7),
    "alphagov+paas-team-manual": (52, 0),
    "cse110-fa22-group4+cse110-fa22-group4": (5, 0),
    "cse110-sp21-group3+cse110-sp21-group3": (8, 1),
    "laugiov+cto-operating-system": (4, 1),
    "npryce+adr-tools": (9, 0),
    "thomvaill+log4brains": (37, 7),
}
RITUALS = {
    "cse110-fa22-group4+cse110-fa22-group4": (23, 1),
    "cse110-sp21-group3+cse110-sp21-group3": (34, 2),
    "nodejs+TSC": (395, 0),
    "python+steering-council": (48, 0),
}
REPOSITORIES = [("decisions", name) for name in DECISIONS] + [("rituals", name) for name in RITUALS]


def workspace_of(corpora: Path, kind: str, name: str, settings: str = "") -> Workspace:
    return Workspace(corpora / kind / name, parse_settings(f'{settings}\nrecords: {{{kind}: ["**/*.md"]}}'.encode())[0])


def records_of(corpora: Path, kind: str, name: str) -> Records:
    workspace = workspace_of(corpora, kind, name)
    sources = read_sources(workspace, None, None, lambda said: None)
    return gather({kind: sources[kind]}, workspace.context)


@pytest.mark.parametrize(("kind", "name"), REPOSITORIES)
def test_every_file_is_accounted_for(corpora: Path, kind: str, name: str):
    loaded, ignored = {"decisions": DECISIONS, "rituals": RITUALS}[kind][name]
    counts = records_of(corpora, kind, name).counts()
    assert counts == {"seen": loaded + ignored, "loaded": loaded, "rejected": 0, "ignored": ignored}


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("npryce+adr-tools", {"accepted": 9}),
        ("alphagov+paas-team-manual", {"accepted": 44, "proposed": 2, "deprecated": 2, "superseded": 3, None: 1}),
        ("cse110-sp21-group3+cse110-sp21-group3", {"accepted": 5, "superseded": 3}),
    ],
)
def test_statuses_are_those_that_the_files_say(corpora: Path, name: str, statuses: dict[str | None, int]):
    said = [row.get("status") for row in records_of(corpora, "decisions", name).rows["decisions"]]
    assert {status: said.count(status) for status in said} == statuses


def test_links_between_real_decisions_are_resolved(corpora: Path):
    links = [row for name in DECISIONS for row in records_of(corpora, "decisions", name).rows["decision_links"]]
    assert (len(links), sum(row["to_id"] is None for row in links)) == (29, 1)


def test_minutes_by_day_have_their_day_and_their_people(corpora: Path):
    rows = records_of(corpora, "rituals", "nodejs+TSC").rows
    assert all(row["held_on"] for row in rows["ritual_sessions"])
    assert sum(row["held_on"].isoformat() in row["source_path"] for row in rows["ritual_sessions"]) >= 390
    assert len({row["session_id"] for row in rows["ritual_attendance"]}) >= 380


@pytest.mark.parametrize(("name", "sessions", "without_a_day"), [
    ("cse110-fa22-group4+cse110-fa22-group4", 25, 0), ("cse110-sp21-group3+cse110-sp21-group3", 34, 1),
])  # fmt: skip
def test_names_of_six_figures_are_days_in_the_order_of_the_workspace(corpora: Path, name: str, sessions: int, without_a_day: int):
    workspace = workspace_of(corpora, "rituals", name, "date_order: MDY")
    sources = read_sources(workspace, None, None, lambda said: None)
    rows = gather({"rituals": sources["rituals"]}, workspace.context).rows["ritual_sessions"]
    assert (len(rows), sum(row["held_on"] is None for row in rows)) == (sessions, without_a_day)


def test_a_checklist_of_people_is_no_list_of_promises(corpora: Path):
    rows = records_of(corpora, "rituals", "cse110-sp21-group3+cse110-sp21-group3").rows
    people = {row["person"] for row in rows["ritual_attendance"]}
    assert not any(row["text"] in people for row in rows["action_items"])
    assert {row["present"] for row in rows["ritual_attendance"]} == {True, False}


@pytest.mark.parametrize(("kind", "name"), [("decisions", "thomvaill+log4brains"), ("rituals", "nodejs+TSC")])
def test_a_whole_repository_becomes_a_database(corpora: Path, tmp_path: Path, kind: str, name: str):
    result = load(workspace_of(corpora, kind, name), database=tmp_path / "ops.duckdb", now=NOW)
    table = {"decisions": "decision_facts", "rituals": "ritual_facts"}[kind]
    assert read_rows(result.database, f"select count(*) as n from {table}") == [{"n": result.files["loaded"]}]


PLAN = """# Planning 2026-Q3

Date: 2026-07-01
Status: held

## Objectives

### Restore faster — Ana
- Restore — 95 min -> 60 min

## Actions
- [ ] Hire — Ana — 2026-08-01
"""


@pytest.fixture
def company(tmp_path: Path) -> Path:
    files = {
        "ops/rituals/planning/2026-07-01.md": PLAN,
        "ops/rituals/triage/2026-09-24.md": "## Assigned\n- [ ] Look at #812 — Bo\n",
        "ops/rituals/triage/2026-09-28.md": "## Assigned\n- [ ] Look at #812 — Bo\n",
        "ops/decisions/2026-001-a.md": "# A\n\nStatus: accepted\nOwner: Ana\n\n## Context\nWhy.\n",
        "ops/decisions/2026-002-b.md": "# B\n\nStatus: accepted\nSupersedes: 2026-001\nAmends: 2026-009\n",
        "ops/objectives/2026-Q3.md": "# 2026-Q3\n\n## Fewer pages\n- Pages — 12 -> 6 — 5\n",
        "ops/cadence.yml": 'rituals:\n  triage: {rrule: "FREQ=WEEKLY;BYDAY=MO,TH", starts_on: 2026-09-21, timebox_minutes: 30}\n',
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_company_with_every_kind_loads_together(company: Path):
    result = load(read_workspace(company), now=NOW)
    assert result.files == {"seen": 7, "loaded": 7, "rejected": 0, "ignored": 0}
    said = [(found["code"], found["message"]) for found in result.findings]
    assert said == [
        ("OPS131", "no section for decision and options"),
        ("OPS131", "no section for context and decision"),
        ("OPS143", "supersedes ops/decisions/2026-001-a, which does not say so"),
        ("OPS124", "amends `2026-009`: there is no such decision"),
        ("OPS133", "no day is named for `Look at #812`"),
    ]
    slots = read_rows(result.database, "select promised_on, outcome, session_id from ritual_slots order by promised_on")
    assert [(str(row["promised_on"])[5:10], row["outcome"]) for row in slots] == [
        ("09-21", "missed"), ("09-24", "held"), ("09-28", "held"), ("10-01", "missed"),
    ]  # fmt: skip
    carried = read_rows(result.database, "select carried_from from action_items where carried_from is not null")
    assert carried == [{"carried_from": "ops/rituals/triage/2026-09-24#1"}]
    links = read_rows(result.database, "select relation, to_id from decision_links order by relation")
    assert links == [{"relation": "amends", "to_id": None}, {"relation": "supersedes", "to_id": "ops/decisions/2026-001-a"}]
    outcomes = read_rows(result.database, "select text, status from key_results order by text")
    assert outcomes == [{"text": "Pages", "status": "hit"}, {"text": "Restore", "status": None}]


def test_a_file_of_two_kinds_is_counted_once_for_each(company: Path):
    (company / "ops.yml").write_text("records:\n  objectives: [ops/rituals/planning/*.md]\n  decisions: [ops/rituals/planning/*.md]\n")
    result = load(read_workspace(company), now=NOW)
    assert result.files["seen"] == result.files["loaded"] == 6
    kinds = read_rows(result.database, "select record_kind from source_files where path like '%planning%' order by 1")
    assert [row["record_kind"] for row in kinds] == ["decisions", "objectives", "rituals"]
    assert {found["code"] for found in result.findings} == {"OPS102", "OPS123", "OPS131", "OPS133"}  # `held` is no status of a decision
