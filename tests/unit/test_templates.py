"""Templates and what is written from them: filled with what is due, and nothing in them taken for a fact."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from yaml import safe_load

import opsanalytics.warehouse
from opsanalytics.errors import DestinationError, UsageError
from opsanalytics.scaffold.agenda import SHOWN, Agenda, Due
from opsanalytics.scaffold.records import (
    RECORDS,
    RITUALS,
    TITLED,
    fill_template,
    new_record,
    planned_period,
    template,
    write_templates,
)
from opsanalytics.warehouse.connect import read_rows
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

TODAY = datetime.date(2026, 9, 30)
AGENDA_SQL = (Path(opsanalytics.warehouse.__file__).parent / "agenda.sql").read_text("utf-8")
AGENDA = Agenda(
    last_actions=(
        Due("Write the playbook", "Noor", datetime.date(2026, 9, 24), "open", "ops/rituals/retrospective/2026-08-27", 3),
        Due("Preview one mail", "Miriam", datetime.date(2026, 9, 10), "done"),
        Due("Move the meeting", None, None, "dropped"),
    ),
    overdue=(Due("Load test the stadium", "Miriam", datetime.date(2026, 7, 20), "open", "INC-20260706-01"),),
    open_decisions=(Due("2026-002 Refunds by card", "Tobias", None, "proposed"),),
    carried_often=(Due("Write the playbook", "Noor", datetime.date(2026, 9, 24), "open", None, 3),),
)


def write(root: Path, kind: str, title: str | None = None, agenda: Agenda | None = None) -> str:
    path = new_record(kind, read_workspace(root), title, TODAY, agenda)
    return path.read_text("utf-8")


class TestLaidDown:
    def test_there_is_one_for_every_kind(self, tmp_path: Path) -> None:
        written = [path.relative_to(tmp_path).as_posix() for path in write_templates(tmp_path)]
        assert written == [
            "ops/incidents/incident-template.md",
            "ops/decisions/decision-template.md",
            *(f"ops/rituals/{ritual}/{ritual}-template.md" for ritual in RITUALS),
            "ops/cadence-template.yml",
            "ops/onboarding/onboarding-template.md",
            "rfcs/rfc-template.md",
            "ops/runbooks/runbook-template.md",
            "ops/roadmap-template.md",
        ]

    def test_the_loader_passes_over_all_of_them(self, tmp_path: Path) -> None:
        write_templates(tmp_path)
        result = load(read_workspace(tmp_path))
        assert result.files == {"seen": 12, "loaded": 0, "rejected": 0, "ignored": 12}
        assert [each for each in result.findings if each["level"] != "info"] == []

    def test_no_name_is_left_unfilled(self, tmp_path: Path) -> None:
        for path in write_templates(tmp_path):
            assert not re.search(r"\{(?!rrule)\w+\}", path.read_text("utf-8")), path

    def test_they_are_never_written_over_a_file(self, tmp_path: Path) -> None:
        write_templates(tmp_path)
        with pytest.raises(DestinationError, match="is there already"):
            write_templates(tmp_path)


class TestNew:
    @pytest.mark.parametrize("kind", RECORDS)
    def test_record_never_takes_the_place_of_a_file(self, tmp_path: Path, kind: str) -> None:
        workspace = read_workspace(tmp_path)
        first = new_record(kind, workspace, "One", TODAY)
        said = first.read_bytes()
        if kind in ("incident", "decision"):
            assert new_record(kind, workspace, "One", TODAY) != first
        else:
            with pytest.raises(DestinationError, match="is there already"):
                new_record(kind, workspace, "One" if kind in TITLED else "Two", TODAY)
        assert said == first.read_bytes()

    def test_kind_that_is_none_is_refused_with_those_that_are(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="`meeting` is no kind of record; there are incident, decision, standup"):
            new_record("meeting", read_workspace(tmp_path), None, TODAY)

    @pytest.mark.parametrize("kind", RITUALS)
    def test_session_is_a_file_of_the_day_that_promises_nothing_yet(self, tmp_path: Path, kind: str) -> None:
        path = new_record(kind, read_workspace(tmp_path), None, TODAY, AGENDA)
        assert path == tmp_path / f"ops/rituals/{kind}/2026-09-30.md"
        result = load(read_workspace(tmp_path))
        sessions = read_rows(result.database, "select ritual, held_on, duration_minutes, facilitator from ritual_sessions")
        assert [{"ritual": kind, "held_on": TODAY, "duration_minutes": None, "facilitator": None}] == sessions
        for table in ("action_items", "objectives", "key_results", "ritual_attendance"):
            assert read_rows(result.database, f"select * from {table}") == [], table
        assert [each for each in result.findings if each["level"] != "info"] == []

    @pytest.mark.parametrize("kind", RITUALS)
    def test_session_without_an_agenda_has_no_notes(self, tmp_path: Path, kind: str) -> None:
        write(tmp_path, kind)
        result = load(read_workspace(tmp_path))
        assert read_rows(result.database, "select * from ritual_notes") == []

    def test_title_takes_the_place_of_the_first_heading(self, tmp_path: Path) -> None:
        assert write(tmp_path, "triage", r"  Before the \1 peak ").startswith("# Before the \\1 peak\n\nDate: 2026-09-30\n")

    def test_title_that_looks_like_a_placeholder_stays(self, tmp_path: Path) -> None:
        assert write(tmp_path, "incident", "Template {id} fails").startswith("# Template {id} fails\n")

    def test_cadence_is_one_that_the_loader_takes(self, tmp_path: Path) -> None:
        said = safe_load(write(tmp_path, "cadence"))
        result = load(read_workspace(tmp_path))
        assert list(RITUALS) == list(said["rituals"])
        assert read_rows(result.database, "select count(*) as n from rituals where rrule is not null") == [{"n": 7}]
        assert not [each for each in result.findings if each["level"] == "error"]


class TestDecision:
    @pytest.mark.parametrize(
        ("there", "name"),
        [
            ([], "2026-001-a-queue-for-each-carrier.md"),
            (["2026-001-x.md", "2026-013-y.md", "2025-040-z.md"], "2026-014-a-queue-for-each-carrier.md"),
            (["archive/2026-007-x.md"], "2026-008-a-queue-for-each-carrier.md"),
        ],
    )
    def test_takes_the_years_next_number(self, tmp_path: Path, there: list[str], name: str) -> None:
        for each in there:
            path = tmp_path / "ops/decisions" / each
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("# X\n", encoding="utf-8")
        assert new_record("decision", read_workspace(tmp_path), "A queue, for each carrier!", TODAY).name == name

    def test_is_proposed_today_and_lacks_the_rest(self, tmp_path: Path) -> None:
        write(tmp_path, "decision", "Über Preise")
        result = load(read_workspace(tmp_path))
        asked = "select number, title, status, proposed_on, decided_on, owner, missing_parts from decision_facts"
        (row,) = read_rows(result.database, asked)
        assert (row["number"], row["title"], row["status"], row["proposed_on"]) == ("2026-001", "Über Preise", "proposed", TODAY)
        assert (row["decided_on"], row["owner"]) == (None, None)
        assert {"context", "options", "decision", "owner"} == set(row["missing_parts"])
        assert read_rows(result.database, "select * from action_items") == []

    def test_without_a_title_has_a_name(self, tmp_path: Path) -> None:
        assert new_record("decision", read_workspace(tmp_path), None, TODAY).name == "2026-001-untitled.md"
        assert new_record("decision", read_workspace(tmp_path), "?!", TODAY).name == "2026-002-untitled.md"


class TestName:
    @pytest.mark.parametrize(
        ("title", "name"),
        [
            ("日本語", "日本語"),
            ("Цены на доставку", "цены-на-доставку"),
            ("कीमत तय करें", "कीमत-तय-करें"),
            ("Zoë Müller's ½ day", "zoe-muller-s-12-day"),
            ("🚀\ufe0fLaunch — v2", "launch-v2"),
            ("../../etc/passwd \u202e", "etc-passwd"),
            ("One two three four five six seven eight nine", "one-two-three-four-five-six-seven-eight"),
            ("x" * 400, "x" * 200),
            ("値" * 400, "値" * 66),
        ],
    )
    def test_is_of_the_words_of_the_title(self, tmp_path: Path, title: str, name: str) -> None:
        assert new_record("decision", read_workspace(tmp_path), title, TODAY).name == f"2026-001-{name}.md"
        assert load(read_workspace(tmp_path)).files["loaded"] == 1

    def test_two_titles_of_another_alphabet_are_two_files(self, tmp_path: Path) -> None:
        names = [new_record("rfc", read_workspace(tmp_path), title, TODAY).name for title in ("値段", "配送")]
        assert names == ["2026-09-値段.md", "2026-09-配送.md"]

    @pytest.mark.parametrize("title", [None, "  ", "!"])
    def test_runbook_without_one_is_refused(self, tmp_path: Path, title: str | None) -> None:
        with pytest.raises(UsageError, match="a runbook is named for its service; name it with --title"):
            new_record("runbook", read_workspace(tmp_path), title, TODAY)
        assert list(tmp_path.iterdir()) == []


class TestArtifacts:
    def test_rfc_is_a_draft_of_the_month(self, tmp_path: Path) -> None:
        path = new_record("rfc", read_workspace(tmp_path), "A queue, for each carrier!", TODAY)
        assert path == tmp_path / "rfcs/2026-09-a-queue-for-each-carrier.md"
        result = load(read_workspace(tmp_path))
        asked = "select title, status, author, opened_on, review_ends_on, decided_on from rfcs"
        assert read_rows(result.database, asked) == [
            {"title": "A queue, for each carrier!", "status": "draft", "author": None, "opened_on": TODAY, "review_ends_on": None, "decided_on": None}
        ]
        assert [each for each in result.findings if each["level"] != "info"] == []

    def test_runbook_has_nothing_in_it_yet(self, tmp_path: Path) -> None:
        assert new_record("runbook", read_workspace(tmp_path), "Labels", TODAY) == tmp_path / "ops/runbooks/labels.md"
        result = load(read_workspace(tmp_path))
        asked = "select service, title, pager, has_playbook, has_rollback, reviewed_on, review_every_days from runbooks"
        assert [tuple(row.values()) for row in read_rows(result.database, asked)] == [(None, "Labels", None, False, False, None, 90)]

    @pytest.mark.parametrize(("title", "person"), [("Zoë Müller", "Zoë Müller"), (None, None)])
    def test_onboarding_is_of_the_person_in_the_title(self, tmp_path: Path, title: str | None, person: str | None) -> None:
        new_record("onboarding", read_workspace(tmp_path), title, TODAY)
        plans = read_rows(load(read_workspace(tmp_path)).database, "select person, started_on from onboarding_plans")
        assert [{"person": person, "started_on": TODAY}] == plans

    def test_roadmap_has_no_item_yet(self, tmp_path: Path) -> None:
        assert new_record("roadmap", read_workspace(tmp_path), None, TODAY) == tmp_path / "ROADMAP.md"
        assert load(read_workspace(tmp_path)).files == {"seen": 1, "loaded": 0, "rejected": 0, "ignored": 1}


class TestPlace:
    def test_is_where_such_records_already_are(self, tmp_path: Path) -> None:
        for place in ("docs/adr", "retros"):
            (tmp_path / place).mkdir(parents=True)
        workspace = read_workspace(tmp_path)
        assert new_record("decision", workspace, "X", TODAY).parent == tmp_path / "docs/adr"
        assert new_record("retrospective", workspace, None, TODAY).parent == tmp_path / "retros"
        assert new_record("triage", workspace, None, TODAY).parent == tmp_path / "ops/rituals/triage"

    @pytest.mark.parametrize(
        ("records", "place"),
        [
            ("{rituals: {retro: ['notes/retros/*.md']}}", "notes/retros"),
            ("{rituals: ['notes/**/*.md']}", "notes/retrospective"),
        ],
    )
    def test_is_where_ops_yml_says(self, tmp_path: Path, records: str, place: str) -> None:
        (tmp_path / "ops.yml").write_text(f"records: {records}\n", encoding="utf-8")
        assert new_record("retrospective", read_workspace(tmp_path), None, TODAY).parent == tmp_path / place


class TestAgenda:
    def test_retrospective_opens_with_the_last_top_three_and_their_state(self, tmp_path: Path) -> None:
        assert """\
## Agenda
- Overdue: Load test the stadium — Miriam — 2026-07-20
- Open decision: 2026-002 Refunds by card — Tobias
- Carried over: Write the playbook — Noor — 2026-09-24 (carried over 3 times)

## Last time
- [ ] Write the playbook — Noor — 2026-09-24 (carried over 3 times)
- [x] Preview one mail — Miriam — 2026-09-10
- [ ] ~~Move the meeting~~

## What helped
""" in write(tmp_path, "retrospective", agenda=AGENDA)

    def test_other_rituals_have_it_in_one_list(self, tmp_path: Path) -> None:
        text = write(tmp_path, "triage", agenda=AGENDA)
        assert "- Last time: Preview one mail — Miriam — 2026-09-10, done\n" in text
        assert "[x]" not in text

    def test_long_list_is_cut_and_says_so(self, tmp_path: Path) -> None:
        many = Agenda(overdue=tuple(Due(f"Promise {number}") for number in range(SHOWN + 7)))
        assert write(tmp_path, "triage", agenda=many).count("- Overdue: ") == SHOWN + 1
        assert "- Overdue: 7 more\n" in write(tmp_path, "planning", agenda=many)

    def test_comes_from_the_tables(self, example: Path) -> None:
        database = load(read_workspace(example), as_of="2026-09-30").database
        agenda = Agenda.of_rows(read_rows(database, AGENDA_SQL, {"ritual": "retrospective"}))
        last = [(each.text, each.status, each.carried) for each in agenda.last_actions]
        assert last == [
            ("Write the playbook for a full cache", "open", 1),
            ("Preview one mail in each language", "done", 0),
            ("Move the metrics meeting to the afternoon", "open", 0),
        ]
        assert [each.text for each in agenda.open_decisions] == ["2026-002 Refunds go back to the card only"]
        overdue = [each.text for each in agenda.overdue]
        assert overdue.count("Write the playbook for a full cache") == 1
        assert "Load test the next stadium before it goes on sale" in overdue
        assert agenda.carried_often == ()

    def test_tells_what_is_carried_three_times(self, tmp_path: Path) -> None:
        for month in range(5, 9):
            path = tmp_path / f"ops/rituals/retrospective/2026-{month:02}-28.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            day = datetime.date(2026, month, 28)
            path.write_text(f"# R\n\nDate: {day}\n\n## Top 3 improvements\n\n- [ ] Try the restore — Ana — {day}\n", "utf-8")
        database = load(read_workspace(tmp_path), as_of="2026-09-30").database
        agenda = Agenda.of_rows(read_rows(database, AGENDA_SQL, {"ritual": "retrospective"}))
        assert [(each.text, each.carried, each.due_on) for each in agenda.carried_often] == [
            ("Try the restore", 3, datetime.date(2026, 8, 28))
        ]
        assert len(agenda.overdue) == 1


@pytest.mark.parametrize(
    ("today", "fiscal_year_start", "period"),
    [
        (datetime.date(2026, 9, 16), 1, "2026-Q4"),
        (datetime.date(2026, 12, 16), 1, "2027-Q1"),
        (datetime.date(2026, 7, 1), 1, "2026-Q3"),
        (datetime.date(2026, 1, 20), 2, "2027-Q1"),
        (datetime.date(2026, 10, 30), 2, "2027-Q4"),
    ],
)
def test_planning_is_of_the_quarter_that_comes(today: datetime.date, fiscal_year_start: int, period: str) -> None:
    assert planned_period(today, fiscal_year_start) == period


@pytest.mark.parametrize("ritual", RITUALS)
def test_template_has_the_chapters_sections(ritual: str) -> None:
    sections = {
        "standup": ["Agenda", "Name"],
        "triage": ["Agenda", "Inbox", "Assigned"],
        "ship-review": ["Agenda", "Shipped", "Blocked", "Decisions", "Roadmap"],
        "oncall-sync": ["Agenda", "Top incidents", "Toil", "SLOs", "Reliability plan"],
        "product-council": ["Agenda", "Bets", "Metrics", "Research", "Approvals"],
        "retrospective": ["Agenda", "Last time", "What helped", "What hurt", "Top 3 improvements"],
        "planning": ["Agenda", "Objectives", "Resourcing", "Risks", "Actions"],
    }
    assert sections[ritual] == re.findall(r"^## (.*)$", template(ritual), re.MULTILINE)


def test_filling_leaves_no_space_at_the_end_of_a_line() -> None:
    assert "Status:\n" in fill_template("triage", {"status": ""})
