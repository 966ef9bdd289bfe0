"""Real RFCs, roadmaps, runbooks and onboarding plans that nobody here wrote: every file is accounted for, and read by eye."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from opsanalytics.settings import parse_settings
from opsanalytics.warehouse.connect import read_rows
from opsanalytics.warehouse.load import load
from opsanalytics.warehouse.records import Records
from opsanalytics.warehouse.settle import gather
from opsanalytics.warehouse.sight import read_sources
from opsanalytics.workspace import Workspace

NOW = datetime(2026, 10, 2, 12)

# folder and repository: loaded, rejected, ignored; rows of the main table.
REPOSITORIES = {
    ("rfcs", "emberjs+rfcs"): (247, 0, 0, 247),
    ("roadmap", "EtienneBBeaulac+workrail"): (1, 0, 0, 15),
    ("roadmap", "cse110-fa22-group4+cse110-fa22-group4"): (1, 0, 0, 8),
    ("roadmap", "nodejs+TSC"): (0, 0, 1, 0),  # moved elsewhere
    ("runbooks", "alphagov+paas-team-manual"): (50, 0, 0, 50),
    ("runbooks", "prometheus-operator+runbooks"): (108, 0, 9, 108),  # nine index pages
    ("onboarding", "alphagov+paas-team-manual"): (0, 0, 1, 0),  # a guide in prose
    ("onboarding", "laugiov+cto-operating-system"): (0, 0, 1, 0),  # a template that nobody filled in
    ("onboarding", "nodejs+TSC"): (0, 0, 1, 0),  # a guide: neither boxes nor days
    ("onboarding", "python+steering-council"): (1, 0, 0, 1),
}
TABLES = {"rfcs": "rfcs", "roadmap": "roadmap_items", "runbooks": "runbooks", "onboarding": "onboarding_plans"}

# Read by eye: status, day it was opened, and whether a heading above the sections is its title.
RFCS = {
    "0001-transform-attribute-meta-parameter": ("implemented", date(2014, 8, 14), False),
    "0003-cli-ember-doctor": ("accepted", date(2015, 1, 10), False),
    "0010-engines": ("implemented", date(2014, 10, 24), False),
    "0065-deprecation-warning-handlers": ("implemented", date(2015, 6, 30), False),
    "0114-add-template-lint-addon": ("deprecated", date(2018, 1, 4), False),
    "0268-acceptance-testing-refactor": ("implemented", date(2017, 11, 5), False),
    "0415-render-element-modifiers": ("implemented", date(2018, 12, 13), True),
    "0452-ember-data-medium-term-plan": ("accepted", date(2019, 2, 20), False),
    "0466-request-state-service": ("accepted", date(2019, 3, 9), True),
    "0585-improved-ember-registry-apis": ("accepted", date(2020, 1, 27), True),
    "0811-element-modifiers": ("implemented", date(2022, 3, 29), True),
    "1164-host-ember-mcp": ("accepted", date(2026, 1, 26), True),
    "1187-deprecate-embroider-3": ("accepted", date(2026, 5, 17), True),
}

# Read by eye: whether it says what to do.
OPERATOR, PAAS = "prometheus-operator+runbooks", "alphagov+paas-team-manual"
RUNBOOKS = {
    (OPERATOR, "content/runbooks/etcd/etcdNoLeader"): True,
    (OPERATOR, "content/runbooks/general/Watchdog"): True,
    (OPERATOR, "content/runbooks/kubernetes/KubePodNotReady"): True,
    (OPERATOR, "content/runbooks/kubernetes/KubeProxyDown"): True,
    (OPERATOR, "content/runbooks/kubernetes/KubeletPlegDurationHigh"): False,  # its sections are still to be written
    (OPERATOR, "content/runbooks/node/NodeRAIDDiskFailure"): False,  # points to another
    (PAAS, "source/guides/gain_access_to_google_search_console.html"): True,
    (PAAS, "source/guides/effective_remote_pairing.html"): False,
    (PAAS, "source/support/rsyslog.html"): True,
    (PAAS, "source/support/responding_to_alerts.html"): True,
}


def workspace_of(corpora: Path, kind: str, name: str) -> Workspace:
    folder = corpora / ("roadmaps" if kind == "roadmap" else kind) / name
    return Workspace(folder, parse_settings(f'zone: UTC\nrecords: {{{kind}: ["**/*"]}}'.encode())[0])


def records_of(corpora: Path, kind: str, name: str) -> Records:
    workspace = workspace_of(corpora, kind, name)
    sources = read_sources(workspace, None, None, lambda said: None)
    return gather({kind: sources[kind]}, workspace.context)


@pytest.mark.parametrize(("kind", "name"), REPOSITORIES)
def test_every_file_is_accounted_for(corpora: Path, kind: str, name: str):
    loaded, rejected, ignored, rows = REPOSITORIES[kind, name]
    records = records_of(corpora, kind, name)
    assert records.counts() == {"seen": loaded + rejected + ignored, "loaded": loaded, "rejected": rejected, "ignored": ignored}
    assert len(records.rows[TABLES[kind]]) == rows
    assert records.findings == []


def test_what_is_ignored_is_so_for_its_reason(corpora: Path):
    files = [row for kind, name in REPOSITORIES for row in records_of(corpora, kind, name).files if row["status"] == "ignored"]
    assert Counter(row["reason"] for row in files) == {
        "an index page": 9, "moved elsewhere": 1, "no onboarding plan in it": 2, "a template that nobody filled in": 1,
    }  # fmt: skip


def test_rfcs_have_the_status_and_the_day_that_they_state(corpora: Path):
    rows = {Path(row["source_path"]).stem: row for row in records_of(corpora, "rfcs", "emberjs+rfcs").rows["rfcs"]}
    read = {name: (rows[name]["status"], rows[name]["opened_on"], rows[name]["title"] != rows[name]["rfc_id"]) for name in RFCS}
    assert read == RFCS
    assert Counter(row["status"] for row in rows.values()) == {"implemented": 183, "accepted": 55, "deprecated": 9}
    assert Counter(row["opened_on"].year for row in rows.values()) == {
        2014: 7, 2015: 16, 2016: 18, 2017: 22, 2018: 39, 2019: 40, 2020: 26, 2021: 23, 2022: 18, 2023: 15, 2024: 7, 2025: 12, 2026: 4,
    }  # fmt: skip


def test_what_no_column_of_an_rfc_takes_is_kept(corpora: Path):
    rows = records_of(corpora, "rfcs", "emberjs+rfcs").rows["record_fields"]
    assert Counter(row["name"] for row in rows)["release_date"] == 141  # with a day: 47 say none, 31 templates are comments


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("EtienneBBeaulac+workrail", {("now", "done"): 4, ("next", "done"): 2, ("next", "open"): 5, ("later", "open"): 4}),
        ("cse110-fa22-group4+cse110-fa22-group4", {(None, "open"): 8}),
    ],
)
def test_roadmap_items_stand_under_their_horizon(corpora: Path, name: str, expected: dict[tuple[str | None, str], int]):
    rows = records_of(corpora, "roadmap", name).rows["roadmap_items"]
    assert Counter((row["horizon"], row["status"]) for row in rows) == expected
    assert {row["dri"] for row in rows} == {row["due_on"] for row in rows} == {None}


def test_weeks_are_sections_and_no_horizons(corpora: Path):
    rows = records_of(corpora, "roadmap", "cse110-fa22-group4+cse110-fa22-group4").rows["record_fields"]
    assert sorted(Counter(row["value"] for row in rows if row["name"] == "section").values()) == [2, 6]


def test_runbooks_say_what_to_do_where_they_do(corpora: Path):
    rows = {(name, row["runbook_id"]): row for kind, name in REPOSITORIES if kind == "runbooks" for row in records_of(corpora, kind, name).rows[kind]}
    assert {key: rows[key]["has_playbook"] for key in RUNBOOKS} == RUNBOOKS
    assert all(row["title"] != row["runbook_id"] for row in rows.values())
    assert Counter((name, row["has_playbook"]) for (name, _), row in rows.items()) == {
        (OPERATOR, True): 104, (OPERATOR, False): 4, (PAAS, True): 40, (PAAS, False): 10,
    }  # fmt: skip
    assert {row[name] for row in rows.values() for name in ("service", "reviewed_on", "review_every_days")} == {None}


def test_a_checklist_of_boxes_is_a_plan(corpora: Path):
    rows = records_of(corpora, "onboarding", "python+steering-council").rows["action_items"]
    assert Counter((row["section"], row["status"]) for row in rows) == {("new member steps", "open"): 4, ("new council tasks", "open"): 3}


@pytest.mark.parametrize(("kind", "name"), [("rfcs", "emberjs+rfcs"), ("runbooks", "prometheus-operator+runbooks")])
def test_a_whole_repository_becomes_a_database(corpora: Path, tmp_path: Path, kind: str, name: str):
    result = load(workspace_of(corpora, kind, name), database=tmp_path / "ops.duckdb", now=NOW)
    assert read_rows(result.database, f"select count(*) as n from {TABLES[kind]}") == [{"n": result.files["loaded"]}]
