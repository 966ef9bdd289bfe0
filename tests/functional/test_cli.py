"""The commands as a person runs them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from opsanalytics import errors

Run = Callable[..., object]
HEAVY = {"pandas", "numpy", "scipy", "duckdb", "plotly", "pydantic", "papermill", "nbformat", "nbconvert", "jupyter_client",
         "IPython", "rich", "yaml", "pyromark", "xlsxwriter", "wcmatch", "zoneinfo"}  # fmt: skip


def test_help_imports_nothing_heavy() -> None:
    loaded = modules_of("--help")
    assert "click" in loaded
    assert set() == loaded & HEAVY


def test_a_question_to_an_unchanged_record_imports_no_frames(example: Path) -> None:
    modules_of("due", folder=example)
    loaded = modules_of("due", folder=example)
    assert "duckdb" in loaded
    assert set() == loaded & {"pandas", "numpy", "scipy", "plotly", "nbformat", "papermill"}


def modules_of(*arguments: str, folder: Path | None = None) -> set[str]:
    """What a command has imported when it is done."""
    script = (
        "import sys\n"
        "from opsanalytics.cli import main\n"
        f"sys.argv = {['opsanalytics', *arguments]!r}\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('modules', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    said = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True).stdout
    return set(said.splitlines()[-1].split()[1:])


def test_each_command_has_a_help_text(opsanalytics: Run) -> None:
    for command in ("init", "new", "load", "check", "due", "query", "metrics", "alerts", "report", "lab", "demo", "doctor"):
        ran = opsanalytics(command, "--help")
        assert ran.code == 0
        assert len(ran.out.splitlines()) > 4


def test_every_error_class_has_an_exit_code_of_its_own() -> None:
    codes = [each.exit_code for each in errors.OpsError.__subclasses__()]
    assert len(set(codes)) == len(codes)
    assert all(code == 2 or code >= 10 for code in codes)


class TestLoad:
    def test_prints_the_documented_json(self, opsanalytics: Run, example: Path) -> None:
        ran = opsanalytics("load", example, "--json")
        said = json.loads(ran.out)
        assert list(said) == ["files", "rows", "database", "git_commit"]
        assert said["files"] == {"seen": 23, "loaded": 23, "rejected": 0, "ignored": 0}
        assert said["rows"]["incidents"] == 10
        assert said["rows"]["action_items"] == 28
        assert said["rows"]["decisions"] == 3
        assert said["rows"]["ritual_sessions"] == 8
        assert said["database"] == str(example / "data" / "ops.duckdb")
        assert said["git_commit"] is None

    def test_says_what_the_record_can_carry(self, opsanalytics: Run, example: Path) -> None:
        ran = opsanalytics("load", example)
        assert "23 files seen = 23 loaded + 0 rejected + 0 ignored" in ran.out
        assert "resolved time on 88 % of 8 incidents: time to resolve usable" in ran.out

    def test_writes_where_it_is_told(self, opsanalytics: Run, example: Path, tmp_path: Path) -> None:
        ran = opsanalytics("load", example, "--database", tmp_path / "elsewhere.duckdb", "--json")
        assert json.loads(ran.out)["database"] == str(tmp_path / "elsewhere.duckdb")
        assert not (example / "data").exists()

    def test_succeeds_when_a_file_is_rejected_unless_strict(self, opsanalytics: Run, example: Path) -> None:
        (example / "ops/incidents/broken.md").write_text("---\ntitle: [unclosed\n---\n", encoding="utf-8")
        ran = opsanalytics("load", example)
        assert ran.code == 0
        assert "24 files seen = 23 loaded + 1 rejected + 0 ignored" in ran.out
        assert re.search(r"ops/incidents/broken\.md:[23]:\d+ OPS101 not valid YAML", ran.err)
        assert opsanalytics("load", example, "--strict").code == 1

    def test_names_a_setting_that_cannot_be_used(self, opsanalytics: Run, example: Path) -> None:
        (example / "ops.yml").write_text("zone: Mars/Olympus\nfoo: 1\n", encoding="utf-8")
        ran = opsanalytics("load", example)
        assert ran.code == errors.WorkspaceError.exit_code
        assert "ops.yml:1:7 zone: no zone is named `Mars/Olympus`" in ran.err
        assert "ops.yml:2:6 foo: no such setting" in ran.err

    def test_as_of_a_day_without_git_to_ask_is_refused(self, opsanalytics: Run, example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        subprocess.run(["git", "init", "-q"], cwd=example, check=True)
        monkeypatch.setenv("PATH", str(example))
        ran = opsanalytics("load", "--as-of", "2026-09-30", cwd=example)
        assert ran.code == errors.RepositoryError.exit_code
        assert "git is not installed" in ran.err

    def test_before_the_first_commit_it_is_not_said_to_be_outside_git(self, opsanalytics: Run, example: Path) -> None:
        subprocess.run(["git", "init", "-q"], cwd=example, check=True)
        assert "history: not in a git repository, or before its first commit," in opsanalytics("load", cwd=example).out
        assert "no commit\n" in opsanalytics(cwd=example).out

    def test_a_missing_folder_is_named(self, opsanalytics: Run, tmp_path: Path) -> None:
        ran = opsanalytics("load", tmp_path / "nowhere")
        assert ran.code == errors.WorkspaceError.exit_code
        assert "nowhere: no such folder" in ran.err


class TestCheck:
    def test_a_clean_record_has_no_findings(self, opsanalytics: Run, example: Path) -> None:
        ran = opsanalytics("check", example)
        assert (0, "nothing found\n") == (ran.code, ran.out)

    def test_names_place_code_and_remedy(self, opsanalytics: Run, example: Path) -> None:
        path = example / "ops/incidents/INC-20260706-01.md"
        text = path.read_text(encoding="utf-8").replace("Start Time (UTC): 2026-07-06", "Start Time (UTC): 2026-07-36")
        path.write_text(text, encoding="utf-8")
        line = next(number for number, line in enumerate(text.splitlines(), 1) if "2026-07-36" in line)
        ran = opsanalytics("check", example)
        assert ran.code == 1
        assert f"ops/incidents/INC-20260706-01.md:{line}:19 OPS111 there is no day 2026-07-36" in ran.out
        assert "error; write it as 2026-03-04 14:02, with a zone or offset" in ran.out
        loaded = json.loads(opsanalytics("load", example, "--json").out)["files"]
        assert loaded["loaded"] == 23

    def test_json_is_the_findings_table(self, opsanalytics: Run, example: Path) -> None:
        (example / "ops/incidents/broken.md").write_bytes(b"\xff\xfe\xff")
        ran = opsanalytics("check", example, "--format", "json")
        assert ran.code == 1
        (found,) = json.loads(ran.out)
        assert list(found) == ["path", "line", "col", "code", "level", "message", "hint"]
        assert (found["path"], found["code"], found["level"]) == ("ops/incidents/broken.md", "OPS101", "error")


class TestQuery:
    def test_json_gives_instants_without_offset_and_days(self, opsanalytics: Run, example: Path) -> None:
        ran = opsanalytics("query", "select started_at, started_on, severity_rank, excluded_reason from incidents "
                           "where incident_id = 'INC-20260706-01'", "--format", "json", cwd=example)  # fmt: skip
        (row,) = json.loads(ran.out)
        assert row["started_at"].startswith("2026-07-06T")
        assert len(row["started_at"]) == 19
        assert row["started_on"] == "2026-07-06"
        assert row["excluded_reason"] is None

    def test_csv_holds_no_formula(self, opsanalytics: Run, example: Path) -> None:
        ran = opsanalytics("query", "select '=1+1' as a, '@x' as b, -1 as c", "--format", "csv", cwd=example)
        assert ran.out == "a,b,c\n'=1+1,'@x,-1\n"

    @pytest.mark.parametrize("sql", ["", ";", "/* nothing */"])
    def test_no_statement_is_an_error(self, opsanalytics: Run, example: Path, sql: str) -> None:
        assert opsanalytics("query", sql, cwd=example).code == errors.QueryError.exit_code

    @pytest.mark.parametrize("sql", ["select 1; select 2", "select ';' as a; -- b\n select 2;", "select 'é日'; select 2"])
    def test_several_statements_are_refused(self, opsanalytics: Run, example: Path, sql: str) -> None:
        ran = opsanalytics("query", sql, cwd=example)
        assert (ran.code, ran.out) == (errors.QueryError.exit_code, "")
        assert "these are several statements" in ran.err

    @pytest.mark.parametrize("sql", ["select ';' as a;; -- ; b", "pivot incidents on kind using count(*)", "with a as (select 1) from a;"])
    def test_one_statement_may_have_any_shape(self, opsanalytics: Run, example: Path, sql: str) -> None:
        assert opsanalytics("query", sql, cwd=example).code == 0

    def test_two_columns_of_one_name_are_told_apart(self, opsanalytics: Run, example: Path) -> None:
        assert json.loads(opsanalytics("query", "select 1 as n, 2 as n", "--format", "json", cwd=example).out) == [{"n": 1, "n_2": 2}]

    def test_instants_with_a_zone_and_decimals_are_plain(self, opsanalytics: Run, example: Path) -> None:
        ran = opsanalytics("query", "select timestamptz '2026-01-01 12:00:00+02' as at, 1.5 as d", "--format", "json", cwd=example)
        assert json.loads(ran.out) == [{"at": "2026-01-01T10:00:00", "d": 1.5}]

    def test_text_of_the_record_moves_no_cursor(self, opsanalytics: Run, example: Path) -> None:
        assert "\x1b" not in opsanalytics("query", "select 'a' || chr(27) || '[31m' as text", cwd=example).out

    @pytest.mark.parametrize(
        "sql",
        [
            "drop table incidents",
            "insert into lessons values ('x', 'x', 1, 'x', 'x', 1)",
            "copy incidents to 'out.csv'",
            "select * from read_text('ops.yml')",
            "attach 'other.duckdb'",
            "install httpfs",
            "load httpfs",
            "set enable_external_access = true",
            "select * from 'ops.yml'",
            "export database 'out'",
        ],
    )
    def test_reads_tables_and_nothing_else(self, opsanalytics: Run, example: Path, sql: str) -> None:
        before = sorted(path.name for path in example.iterdir())
        ran = opsanalytics("query", sql, cwd=example)
        assert ran.code == errors.QueryError.exit_code
        assert "Traceback" not in ran.err
        assert sorted([*before, "data"]) == sorted(path.name for path in example.iterdir())

    def test_python_names_are_no_tables(self, opsanalytics: Run, example: Path) -> None:
        assert opsanalytics("query", "select * from rows", cwd=example).code == errors.QueryError.exit_code

    def test_reads_a_database_from_anywhere(self, opsanalytics: Run, example: Path, tmp_path: Path) -> None:
        opsanalytics("load", example)
        database = example / "data" / "ops.duckdb"
        ran = opsanalytics("query", "select count(*) as n from incidents", "--database", database, cwd=tmp_path)
        assert "10" in ran.out


class TestMetrics:
    def test_prints_the_documented_json(self, opsanalytics: Run, example: Path) -> None:
        ran = opsanalytics("metrics", "time_to_resolve", "--period", "2026-Q3", "--by", "severity", "--json", cwd=example)
        said = json.loads(ran.out)
        assert list(said) == ["metric", "version", "period", "by", "rows"]
        assert (said["metric"], said["period"], said["by"]) == ("time_to_resolve", "2026-Q3", "severity")
        names = ["group", "statistic", "value", "low", "high", "unit", "n", "n_open", "n_excluded", "note"]
        assert all(list(row) == names for row in said["rows"])
        assert [row["group"] for row in said["rows"] if row["statistic"] == "median"][:3] == ["SEV-1", "SEV-2", "SEV-3"]

    def test_the_closed_only_median_is_that_of_the_readme(self, opsanalytics: Run, example: Path) -> None:
        said = json.loads(opsanalytics("metrics", "time_to_resolve", "--json", cwd=example).out)
        (row,) = [row for row in said["rows"] if row["statistic"] == "closed_only_median"]
        assert (row["value"], row["n"], row["n_open"]) == (134.0, 7, 1)

    def test_text_says_the_window_and_all_that_was_left_out(self, opsanalytics: Run, example: Path) -> None:
        ran = opsanalytics("metrics", "time_to_resolve", "--period", "2026-Q3", cwd=example)
        assert ran.out.startswith("time_to_resolve, 2026-Q3")
        assert "kind is drill" in ran.out
        assert "…" not in ran.out

    def test_an_empty_period_is_wrong_usage(self, opsanalytics: Run, example: Path) -> None:
        assert opsanalytics("metrics", "time_to_resolve", "--period", "", cwd=example).code == 2

    def test_lists_the_catalogue(self, opsanalytics: Run) -> None:
        ran = opsanalytics("metrics")
        assert "follow_up_completion" in ran.out

    def test_an_unknown_name_lists_the_valid_ones(self, opsanalytics: Run, example: Path) -> None:
        ran = opsanalytics("metrics", "mttr", cwd=example)
        assert ran.code == 2
        assert "time_to_restore" in ran.err
        ran = opsanalytics("metrics", "time_to_resolve", "--period", "2026-Q9", cwd=example)
        assert ran.code == 2
        ran = opsanalytics("metrics", "time_to_resolve", "--by", "colour", cwd=example)
        assert ran.code == 2
        assert "severity" in ran.err

    def test_groups_by_a_field_of_the_teams_own(self, opsanalytics: Run, example: Path) -> None:
        said = json.loads(opsanalytics("metrics", "incident_count", "--by", "region", "--json", cwd=example).out)
        assert "(not stated)" in {row["group"] for row in said["rows"]}
        assert len({row["group"] for row in said["rows"]}) > 1


class TestDue:
    def test_lists_what_is_open_oldest_first(self, opsanalytics: Run, example: Path) -> None:
        rows = json.loads(opsanalytics("due", "--json", cwd=example).out)
        assert len(rows) == 11
        assert {row["origin_kind"] for row in rows} == {"incident", "ritual", "decision"}
        days = [row["due_on"] for row in rows if row["due_on"]]
        assert days == sorted(days)
        for row in rows:
            line = (example / row["source_path"]).read_text(encoding="utf-8").splitlines()[row["source_line"] - 1]
            assert row["text"] in line

    def test_an_owner_without_debts(self, opsanalytics: Run, example: Path) -> None:
        (example / "ops" / "people.yml").write_text("- {person: Zoe}\n", encoding="utf-8")
        assert opsanalytics("due", "--owner", "zoe", cwd=example).out == "nothing is owed\n"

    @pytest.mark.parametrize("options", [(), ("--json",), ("--overdue",)])
    def test_an_owner_that_nobody_is_is_refused_with_those_there_are(self, opsanalytics: Run, example: Path, options: tuple[str, ...]) -> None:
        ran = opsanalytics("due", "--owner", "Yusf", *options, cwd=example)
        assert (ran.code, ran.out) == (2, "")
        assert re.search(r"the record has no owner `Yusf`; there are Aiko, .*\bYusuf\b", ran.err)

    def test_a_service_that_none_is_is_refused_with_those_there_are(self, opsanalytics: Run, example: Path) -> None:
        assert opsanalytics("due", "--service", "Scanner", cwd=example).code == 0
        ran = opsanalytics("due", "--service", "scaner", cwd=example)
        assert ran.code == 2
        assert re.search(r"the record has no service `scaner`; there are .*\bscanner\b", ran.err)


class TestNew:
    def test_writes_the_template_with_the_next_id(self, opsanalytics: Run, tmp_path: Path) -> None:
        first, second = (Path(opsanalytics("new", "incident", "--title", "Slow search", cwd=tmp_path).out.strip()) for _ in "ab")
        assert first.name.endswith("-01.md")
        assert second.name.endswith("-02.md")
        assert first.read_text(encoding="utf-8").startswith(f"# Slow search\n\nIncident ID: {first.stem}\n")

    def test_a_new_record_loads_as_an_open_incident_that_states_nothing(self, opsanalytics: Run, tmp_path: Path) -> None:
        path = Path(opsanalytics("new", "incident", cwd=tmp_path).out.strip())
        rows = json.loads(opsanalytics("query", "select incident_id, status, severity, started_at from incidents",
                                       "--format", "json", cwd=tmp_path).out)  # fmt: skip
        assert rows == [{"incident_id": path.stem, "status": "open", "severity": None, "started_at": None}]
        assert json.loads(opsanalytics("due", "--json", cwd=tmp_path).out) == []

    def test_has_the_extension_that_loads(self, opsanalytics: Run, tmp_path: Path) -> None:
        (tmp_path / "ops.yml").write_text("records: {incidents: ['handbook/**/*.mdx']}\n", encoding="utf-8")
        assert opsanalytics("new", "incident", cwd=tmp_path).out.strip().endswith("-01.mdx")
        assert json.loads(opsanalytics("load", "--json", cwd=tmp_path).out)["files"]["loaded"] == 1

    def test_refuses_a_place_from_which_nothing_loads(self, opsanalytics: Run, tmp_path: Path) -> None:
        (tmp_path / "ops.yml").write_text("records: {incidents: ['handbook/*.txt']}\n", encoding="utf-8")
        assert opsanalytics("new", "incident", cwd=tmp_path).code == errors.DestinationError.exit_code

    def test_goes_where_ops_yml_says(self, opsanalytics: Run, tmp_path: Path) -> None:
        (tmp_path / "ops.yml").write_text("records: {incidents: ['handbook/incidents/**/*.md']}\n", encoding="utf-8")
        assert opsanalytics("new", "incident", cwd=tmp_path).out.startswith("handbook/incidents/INC-")


class TestInit:
    def test_finds_where_records_live(self, opsanalytics: Run, example: Path) -> None:
        (example / "ops.yml").unlink()
        ran = opsanalytics("init", cwd=example)
        assert ran.code == 0
        assert "ops/incidents: 10 files" in ran.out
        assert "what the record can carry" in ran.out
        assert "ops/incidents/**/*.{md,markdown,mdx,qmd}" in (example / "ops.yml").read_text(encoding="utf-8")

    def test_never_writes_over_settings(self, opsanalytics: Run, example: Path) -> None:
        before = (example / "ops.yml").read_bytes()
        ran = opsanalytics("init", cwd=example)
        assert ran.code == errors.DestinationError.exit_code
        assert (example / "ops.yml").read_bytes() == before

    def test_lays_down_a_template_that_is_no_record(self, opsanalytics: Run, tmp_path: Path) -> None:
        opsanalytics("init", "--templates", cwd=tmp_path)
        files = json.loads(opsanalytics("load", "--json", cwd=tmp_path).out)["files"]
        assert files == {"seen": 12, "loaded": 0, "rejected": 0, "ignored": 12}


class TestOverview:
    def test_says_what_the_record_says_in_ten_lines(self, opsanalytics: Run, example: Path) -> None:
        ran = opsanalytics(cwd=example)
        assert ran.code == 0
        assert "8 incidents counted, 2 not, 2026-07-06 to 2026-09-29" in ran.out
        assert "1 incident open" in ran.out
        assert len(ran.out.splitlines()) <= 10

    def test_an_empty_folder_says_what_to_do(self, opsanalytics: Run, tmp_path: Path) -> None:
        ran = opsanalytics(cwd=tmp_path)
        assert ran.code == 0
        assert "opsanalytics new incident" in ran.out

    def test_uses_the_tables_that_stand_when_a_load_fails(self, opsanalytics: Run, example: Path) -> None:
        opsanalytics("load", cwd=example)
        (example / "ops.yml").write_text("zone: [", encoding="utf-8")
        ran = opsanalytics(cwd=example)
        assert ran.code == 0
        assert "8 incidents counted" in ran.out
        assert "using the tables that stand" in ran.err

    @pytest.mark.parametrize("command", [("alerts",), ("report", "weekly-oncall")])
    def test_what_needs_the_settings_too_says_only_what_is_wrong(self, opsanalytics: Run, example: Path, command: tuple[str, ...]) -> None:
        opsanalytics("load", cwd=example)
        (example / "ops.yml").write_text("zone: [", encoding="utf-8")
        ran = opsanalytics(*command, cwd=example)
        assert ran.code == errors.WorkspaceError.exit_code
        assert "tables that stand" not in ran.err


class TestDemo:
    def test_refuses_a_folder_that_is_taken(self, opsanalytics: Run, tmp_path: Path) -> None:
        (tmp_path / "taken.txt").write_text("mine", encoding="utf-8")
        ran = opsanalytics("demo", tmp_path)
        assert ran.code == errors.DestinationError.exit_code
        assert (tmp_path / "taken.txt").read_text(encoding="utf-8") == "mine"

    def test_has_one_mistake_to_find_and_leaves_git_clean(self, opsanalytics: Run, tmp_path: Path) -> None:
        opsanalytics("demo", tmp_path / "co", "--until", "2026-09-30")
        ran = opsanalytics("check", "--format", "json", cwd=tmp_path / "co")
        assert ran.code == 1
        assert {"OPS112"} == {each["code"] for each in json.loads(ran.out) if each["level"] == "error"}
        status = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path / "co", capture_output=True, text=True, check=True)
        assert status.stdout == ""


def test_doctor_finds_what_is_needed(opsanalytics: Run, example: Path) -> None:
    ran = opsanalytics("doctor", cwd=example)
    assert ran.code == 0
    assert "ok      duckdb: 1." in ran.out


def test_options_before_the_command_are_not_lost_in_silence(opsanalytics: Run, example: Path) -> None:
    ran = opsanalytics("--database", "nowhere.duckdb", "due", cwd=example)
    assert ran.code == 2
    assert "opsanalytics due" in ran.err


@pytest.mark.parametrize("command", [("due",), ("metrics", "incident_count", "--period", "this"), ("report", "quarterly-planning"), ()])
def test_another_programs_database_is_said_to_be_one(opsanalytics: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    import duckdb

    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        connection.execute("create table loads (x int)")
    ran = opsanalytics(*command, "--database", tmp_path / "other.duckdb", cwd=tmp_path)
    assert ran.code in (errors.DatabaseError.exit_code, errors.QueryError.exit_code)
    assert "Traceback" not in ran.err


def test_an_unknown_command_is_wrong_usage(opsanalytics: Run) -> None:
    assert opsanalytics("frobnicate").code == 2
    assert opsanalytics("report", "annual").code == 2
