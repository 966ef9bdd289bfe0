"""A load against real files, real git and a real database."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from unicodedata import normalize

import duckdb
import pytest
from filelock import FileLock

from opsanalytics.errors import BusyError, DatabaseError, DestinationError, RepositoryError
from opsanalytics.tables import TABLES
from opsanalytics.tree import MAX_BYTES
from opsanalytics.warehouse import build
from opsanalytics.warehouse.connect import locked, read_rows
from opsanalytics.warehouse.load import LoadResult, load
from opsanalytics.warehouse.schema import create_schema, insert_rows
from opsanalytics.workspace import read_workspace

Write = Callable[..., Path]
NOW = datetime(2026, 10, 2, 12)


def load_folder(root: Path, **options: object) -> LoadResult:
    return load(read_workspace(root), **{"now": NOW, **options})  # type: ignore[arg-type]


def git(root: Path, *arguments: str, at: str = "2026-09-10T12:00:00+00:00") -> str:
    environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1",
                   "GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}  # fmt: skip
    done = subprocess.run(["git", "-c", "user.name=Ana", "-c", "user.email=ana@example.org", *arguments], cwd=root,
                          env=environment, capture_output=True, text=True, check=True)  # fmt: skip
    return done.stdout.strip()


class TestExample:
    def test_says_what_its_readme_says(self, example: Path) -> None:
        """The table of the README was read by eye, so it is what the loader is held to."""
        found = read_rows(load_folder(example).database, """
            select parse_filename(source_path) as file, kind, severity, started_at, detected_at, acknowledged_at,
                mitigated_at, resolved_at, status,
                (select count(*) from action_items where origin_id = incident_id and status = 'done') as done,
                (select count(*) from action_items where origin_id = incident_id and status = 'open') as open
            from incidents""")  # fmt: skip
        lines = (example / "README.md").read_text(encoding="utf-8").splitlines()
        table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
        told = {cells[0].strip("`"): cells[2:] for cells in table}
        assert told == {row.pop("file"): [self.as_told(value) for value in row.values()] for row in found}

    def as_told(self, value: object) -> str:
        return "-" if value is None else f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)

    def test_every_column_of_the_contract_is_there(self, example: Path) -> None:
        database = load_folder(example).database
        for table in TABLES.values():
            found = read_rows(database, "select column_name, data_type from information_schema.columns where table_name = $name "
                              "order by ordinal_position", {"name": table.name})  # fmt: skip
            assert [(column.name, column.sql_type) for column in table.columns] == [tuple(row.values()) for row in found]


class TestNothingChanged:
    def test_an_unchanged_load_does_not_rewrite_the_file(self, example: Path) -> None:
        first = load_folder(example)
        before = first.database.stat()
        again = load_folder(example)
        assert again.to_json() == first.to_json()
        assert not again.is_rewritten
        assert (before.st_ino, before.st_mtime_ns) == (again.database.stat().st_ino, again.database.stat().st_mtime_ns)

    @pytest.mark.parametrize("change", ["edit", "delete", "settings", "next day", "full"])
    def test_any_change_does(self, example: Path, change: str) -> None:
        load_folder(example)
        incident = example / "ops/incidents/INC-20260706-01.md"
        options: dict[str, object] = {}
        if change == "edit":
            incident.write_text(incident.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        elif change == "delete":
            incident.unlink()
        elif change == "settings":
            (example / "ops.yml").write_text("zone: Europe/Paris\n", encoding="utf-8")
        elif change == "next day":
            options["now"] = datetime(2026, 10, 3, 0, 1)
        else:
            options["full"] = True
        result = load_folder(example, **options)
        assert result.is_rewritten
        assert [1, 2] == [row["load_id"] for row in read_rows(result.database, "select load_id from loads order by 1")]


class TestSwap:
    def test_a_reader_that_has_the_database_open_blocks_no_load(self, example: Path, write_incident: Write) -> None:
        database = load_folder(example).database
        with locked(database) as reader:
            write_incident(example)
            assert load_folder(example).files["loaded"] == 24
            assert reader.execute("select count(*) from incidents").fetchall() == [(10,)]
        assert read_rows(database, "select count(*) as n from incidents") == [{"n": 11}]

    def test_a_second_loader_is_told_so_at_once(self, example: Path) -> None:
        database = load_folder(example).database
        with FileLock(f"{database}.lock"), pytest.raises(BusyError, match="another load is running"):
            load_folder(example, full=True)

    def test_a_database_that_another_program_writes_is_busy_and_keeps_its_loads(self, example: Path) -> None:
        database = load_folder(example).database
        holds = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"
        with subprocess.Popen([sys.executable, "-c", holds, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout
            other.stdout.readline()
            with pytest.raises(BusyError, match="another program has it open"):
                load_folder(example, full=True)
            other.communicate()
        load_folder(example, full=True)
        assert read_rows(database, "select load_id from loads") == [{"load_id": 1}, {"load_id": 2}]

    def test_the_old_tables_stand_when_the_new_ones_contradict_themselves(
        self, example: Path, write_incident: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        database = load_folder(example).database
        monkeypatch.setattr(build, "invariants", lambda: {"all is well": "select 1 where false", "nothing is ever right": "select 1"})
        write_incident(example)
        with pytest.raises(DatabaseError, match="nothing is ever right"):
            load_folder(example)
        assert read_rows(database, "select count(*) as n from incidents") == [{"n": 10}]
        assert {".gitignore", "ops.duckdb", "ops.duckdb.lock"} == {path.name for path in database.parent.iterdir()}

    def test_a_full_disk_leaves_the_old_tables(self, example: Path, write_incident: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        database = load_folder(example).database
        write_incident(example)

        def full(path: Path) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(build, "_settle", full)
        with pytest.raises(DestinationError, match="No space left"):
            load_folder(example)
        assert read_rows(database, "select count(*) as n from incidents") == [{"n": 10}]
        assert {".gitignore", "ops.duckdb", "ops.duckdb.lock"} == {path.name for path in database.parent.iterdir()}

    def test_what_a_killed_load_left_is_cleared_away(self, example: Path) -> None:
        database = load_folder(example).database
        (database.parent / ".ops.duckdb.building-1").write_bytes(b"half")
        (database.parent / ".ops.duckdb.building-1.wal").write_bytes(b"half")
        load_folder(example, full=True)
        assert {".gitignore", "ops.duckdb", "ops.duckdb.lock"} == {path.name for path in database.parent.iterdir()}

    def test_a_damaged_database_is_made_anew(self, example: Path) -> None:
        database = load_folder(example).database
        database.write_bytes(b"not a database")
        with pytest.raises(DatabaseError, match="not a database of this program"):
            read_rows(database, "select 1")
        assert load_folder(example).files["loaded"] == 23

    @pytest.mark.parametrize("content", [b"my thesis", None])
    def test_a_file_of_somebody_else_is_never_written_over(self, example: Path, tmp_path: Path, content: bytes | None) -> None:
        place = tmp_path / "thesis.txt"
        if content is None:
            with duckdb.connect(str(place)) as connection:
                connection.execute("create table loads (x int)")
        else:
            place.write_bytes(content)
        before = place.read_bytes()
        with pytest.raises(DestinationError, match="no database of this program"):
            load_folder(example, database=place)
        assert place.read_bytes() == before

    @pytest.mark.parametrize("name", list(build.invariants()))
    def test_each_invariant_can_be_asked(self, example: Path, name: str) -> None:
        with locked(load_folder(example).database) as connection:
            assert connection.execute(build.invariants()[name]).fetchall() == []


class TestGit:
    @pytest.fixture
    def repository(self, example: Path, write_incident: Write) -> Path:
        git(example, "init", "-q", "-b", "main")
        git(example, "add", ".")
        git(example, "commit", "-qm", "first", at="2026-09-01T12:00:00+00:00")
        write_incident(example)
        git(example, "add", ".")
        git(example, "commit", "-qm", "second", at="2026-09-10T12:00:00+00:00")
        return example

    def test_names_the_commit_and_whether_files_differ(self, repository: Path) -> None:
        result = load_folder(repository)
        asked = "select git_commit, dirty from latest_load"
        assert read_rows(result.database, asked) == [{"git_commit": git(repository, "rev-parse", "HEAD"), "dirty": False}]
        (repository / "ops/incidents/INC-20260706-01.md").unlink()
        assert read_rows(load_folder(repository).database, asked)[0]["dirty"] is True

    def test_leaves_the_repository_clean(self, repository: Path) -> None:
        load_folder(repository)
        assert git(repository, "status", "--porcelain") == ""

    def test_a_commit_alone_is_a_change(self, repository: Path, write_incident: Write) -> None:
        write_incident(repository, "INC-20260911-01")
        load_folder(repository)
        git(repository, "add", ".")
        git(repository, "commit", "-qm", "third")
        asked = "select git_commit, dirty from latest_load"
        assert read_rows(load_folder(repository).database, asked) == [{"git_commit": git(repository, "rev-parse", "HEAD"), "dirty": False}]

    def test_a_repository_with_long_ids_is_no_dirtier(self, tmp_path: Path, write_incident: Write) -> None:
        write_incident(tmp_path)
        git(tmp_path, "init", "-q", "--object-format=sha256")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-qm", "first")
        assert read_rows(load_folder(tmp_path).database, "select dirty from latest_load") == [{"dirty": False}]

    def test_a_repository_that_git_refuses_is_said_so(self, repository: Path) -> None:
        (repository / ".git" / "config").write_text("[core]\n\trepositoryformatversion = 99\n", encoding="utf-8")
        assert ["OPS106"] == [each["code"] for each in load_folder(repository).findings]
        with pytest.raises(RepositoryError):
            load_folder(repository, as_of="2026-09-05")

    def test_as_of_a_day_reads_the_files_of_that_day(self, repository: Path) -> None:
        result = load_folder(repository, as_of="2026-09-05")
        assert result.files["loaded"] == 23
        assert result.git_commit == git(repository, "rev-parse", "HEAD~1")
        assert read_rows(result.database, "select as_of from latest_load") == [{"as_of": datetime(2026, 9, 5, 23, 59, 59)}]

    def test_as_of_a_commit_sets_the_clock_to_it(self, repository: Path) -> None:
        result = load_folder(repository, as_of="HEAD~1")
        assert result.files["loaded"] == 23
        assert read_rows(result.database, "select as_of from latest_load") == [{"as_of": datetime(2026, 9, 1, 12)}]

    @pytest.mark.parametrize("as_of", ["2020-01-01", "no-such-commit", "--help"])
    def test_as_of_nothing_is_an_error(self, repository: Path, as_of: str) -> None:
        with pytest.raises(RepositoryError):
            load_folder(repository, as_of=as_of)

    def test_runs_nothing_that_the_repository_names(self, repository: Path) -> None:
        trap = repository / "sprung"
        script = repository / "trap.sh"
        script.write_text(f"#!/bin/sh\ntouch '{trap}'\n", encoding="utf-8")
        script.chmod(0o755)
        for key in ("core.fsmonitor", "core.sshCommand", "diff.external", "core.pager", "filter.x.clean", "core.editor"):
            git(repository, "config", key, str(script))
        (repository / ".gitattributes").write_text("*.md filter=x diff=x\n", encoding="utf-8")
        load_folder(repository)
        load_folder(repository, as_of="2026-09-05")
        assert not trap.exists()

    def test_outside_git_the_clock_is_set_and_that_is_said(self, example: Path) -> None:
        result = load_folder(example, as_of="2026-09-05")
        assert ["OPS105"] == [each["code"] for each in result.findings]
        assert read_rows(result.database, "select as_of_on from latest_load")[0]["as_of_on"].isoformat() == "2026-09-05"


class TestIdentity:
    def test_two_files_with_one_id_both_load(self, tmp_path: Path, write_incident: Write) -> None:
        write_incident(tmp_path, "INC-20260904-01", file="a")
        write_incident(tmp_path, "inc-20260904-01", file="b", title="Another")
        write_incident(tmp_path, "ＩＮＣ-20260904-01", file="c", title="A third")
        result = load_folder(tmp_path)
        ids = [row["incident_id"] for row in read_rows(result.database, "select incident_id from incidents order by source_path")]
        assert [normalize("NFKC", identity) for identity in ids] == ["INC-20260904-01", "inc-20260904-01~2", "INC-20260904-01~3"]
        assert ["OPS102", "OPS102"] == [each["code"] for each in result.findings]
        actions = read_rows(result.database, "select action_id, origin_id from action_items order by source_path")
        assert [f"{identity}#1" for identity in ids] == [row["action_id"] for row in actions]
        assert ids == [row["origin_id"] for row in actions]

    def test_links_know_whether_the_other_record_is_there(self, tmp_path: Path, write_incident: Write) -> None:
        write_incident(tmp_path, "INC-1")
        path = write_incident(tmp_path, "INC-2")
        path.write_text(path.read_text(encoding="utf-8").replace("Severity:", "Repeat of: inc-1, INC-9\nSeverity:"), encoding="utf-8")
        result = load_folder(tmp_path)
        links = read_rows(result.database, "select to_id, to_raw from incident_links order by to_raw desc")
        assert links == [{"to_id": "INC-1", "to_raw": "inc-1"}, {"to_id": None, "to_raw": "INC-9"}]
        assert ["OPS124"] == [each["code"] for each in result.findings]


class TestTree:
    """Each file that a glob matches is loaded, rejected or ignored; nothing outside the tree is ever read."""

    def statuses(self, root: Path) -> dict[str, tuple[str, str | None]]:
        result = load_folder(root)
        rows = read_rows(result.database, "select path, status, reason from source_files")
        assert len(rows) == result.files["seen"] == sum(result.files[state] for state in ("loaded", "rejected", "ignored"))
        return {row["path"]: (row["status"], row["reason"]) for row in rows}

    def test_links_and_pipes_are_passed_over(self, tmp_path: Path, write_incident: Write) -> None:
        import os

        outside = tmp_path / "outside"
        root = tmp_path / "root"
        write_incident(outside)
        write_incident(root, "INC-1")
        folder = root / "ops/incidents"
        (folder / "link.md").symlink_to(outside / "ops/incidents/INC-20260904-01.md")
        (folder / "loop").symlink_to(folder, target_is_directory=True)
        os.mkfifo(folder / "pipe.md")
        assert self.statuses(root) == {
            "ops/incidents/INC-1.md": ("loaded", None),
            "ops/incidents/link.md": ("ignored", "symbolic link, not followed"),
            "ops/incidents/loop": ("ignored", "symbolic link to a folder, not followed"),
            "ops/incidents/pipe.md": ("ignored", "not a regular file"),
        }

    def test_a_linked_folder_is_not_followed(self, tmp_path: Path, write_incident: Write) -> None:
        write_incident(tmp_path / "outside")
        (tmp_path / "root").mkdir()
        (tmp_path / "root" / "ops").symlink_to(tmp_path / "outside" / "ops", target_is_directory=True)
        assert self.statuses(tmp_path / "root") == {"ops/incidents": ("ignored", "symbolic link to a folder, not followed")}

    def test_a_folder_that_cannot_be_read_is_rejected(self, tmp_path: Path, write_incident: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        import os

        write_incident(tmp_path)
        scan = os.scandir

        def refuse(path: Path) -> object:
            if str(path).endswith("/ops/incidents"):
                raise PermissionError(13, "Permission denied")
            return scan(path)

        monkeypatch.setattr(os, "scandir", refuse)
        assert self.statuses(tmp_path) == {"ops/incidents": ("rejected", "folder cannot be read: Permission denied")}

    def test_a_huge_file_is_rejected_unread(self, tmp_path: Path, write_incident: Write) -> None:
        with write_incident(tmp_path, "INC-1").open("a", encoding="utf-8") as file:
            file.truncate(MAX_BYTES + 1)
        ((status, reason),) = self.statuses(tmp_path).values()
        assert status == "rejected"
        assert reason == "5,000,001 bytes is more than the 5,000,000 that a record may have"

    def test_index_pages_and_blank_templates_are_ignored(self, tmp_path: Path, write_incident: Write) -> None:
        write_incident(tmp_path, "INC-1")
        (tmp_path / "ops/incidents/README.md").write_text("# Our incidents\n", encoding="utf-8")
        shutil.copy(Path(__file__).parents[2] / "opsanalytics/scaffold/templates/incident.md", tmp_path / "ops/incidents/blank.md")
        assert {"loaded": 1, "ignored": 2, "rejected": 0, "seen": 3} == load_folder(tmp_path).files

    def test_a_bad_file_changes_no_other_files_rows(self, tmp_path: Path, write_incident: Write) -> None:
        write_incident(tmp_path, "INC-1")
        write_incident(tmp_path, "INC-3")
        asked = "select * from incidents order by incident_id"
        before = read_rows(load_folder(tmp_path).database, asked)
        (tmp_path / "ops/incidents/INC-2.md").write_bytes(b"\x00\xff\xfe")
        assert before == read_rows(load_folder(tmp_path).database, asked)

    def test_an_empty_workspace_has_empty_tables(self, tmp_path: Path) -> None:
        result = load_folder(tmp_path)
        assert result.files == {"seen": 0, "loaded": 0, "rejected": 0, "ignored": 0}
        assert read_rows(result.database, "select * from incident_facts") == []
        assert len(read_rows(result.database, "select * from calendar")) == 1

    def test_globs_of_ops_yml_replace_the_conventional_places(self, tmp_path: Path, write_incident: Write) -> None:
        path = write_incident(tmp_path, "INC-1")
        (tmp_path / "handbook").mkdir()
        path.rename(tmp_path / "handbook" / "x.mdx")
        write_incident(tmp_path, "INC-2")
        (tmp_path / "ops.yml").write_text("records: {incidents: ['handbook/**/*.mdx']}\n", encoding="utf-8")
        assert set(self.statuses(tmp_path)) == {"handbook/x.mdx"}


class TestFacts:
    """What the views add to the record."""

    def fact(self, root: Path, column: str, **options: object) -> object:
        (row,) = read_rows(load_folder(root, **options).database, f"select {column} as value from incident_facts")
        return row["value"]

    def test_durations_run_from_the_start_in_minutes(self, tmp_path: Path, write_incident: Write) -> None:
        write_incident(tmp_path, start="2026-09-04 09:00", detected="09:05", resolved=40)
        assert [5.0, 25.0, 45.0, 25.0] == self.fact(
            tmp_path, "[time_to_detect_minutes, time_to_mitigate_minutes, time_to_resolve_minutes, time_to_restore_minutes]"
        )

    @pytest.mark.parametrize(
        ("start", "hour_class"),
        [("2026-09-04 07:00", "business"), ("2026-09-04 05:00", "off"), ("2026-09-04 04:59", "sleep"),
         ("2026-09-04 16:00", "off"), ("2026-09-04 20:00", "sleep"), ("2026-09-05 10:00", "off")],
    )  # fmt: skip
    def test_hour_class_is_cut_in_the_workspaces_zone(self, tmp_path: Path, write_incident: Write, start: str, hour_class: str) -> None:
        (tmp_path / "ops.yml").write_text("zone: Europe/Paris\n", encoding="utf-8")
        write_incident(tmp_path, start=start, detected=start)
        assert hour_class == self.fact(tmp_path, "hour_class")

    def test_a_day_is_the_workspaces_day(self, tmp_path: Path, write_incident: Write) -> None:
        (tmp_path / "ops.yml").write_text("zone: Asia/Tokyo\nfiscal_year_start: 4\n", encoding="utf-8")
        write_incident(tmp_path, start="2026-03-31 16:00", detected="16:05")
        assert ["2026-04-01", "2027-Q1"] == self.fact(tmp_path, "[cast(started_on as varchar), quarter]")

    def test_fiscal_quarters_are_those_that_periods_are_named_by(self, tmp_path: Path) -> None:
        from datetime import date, timedelta

        from opsanalytics.metrics.periods import parse_period

        days = [date(2025, 12, 20) + timedelta(days=7 * number) for number in range(60)]
        with locked(load_folder(tmp_path).database) as connection:
            for start in (1, 2, 4, 7, 12):
                for day in days:
                    (found,) = connection.execute("select fiscal_quarter($day, $start)", {"day": day, "start": start}).fetchone()
                    assert parse_period("this", as_of_on=day, fiscal_year_start=start, kind="quarter").name == found

    @pytest.mark.parametrize(
        ("line", "reason"),
        [("Kind: drill", "kind is drill"), ("Status: cancelled", "status is cancelled"),
         ("Exclude from metrics: test data", "excluded by the file: test data"), ("Region: eu", None)],
    )  # fmt: skip
    def test_what_is_not_counted_says_why(self, tmp_path: Path, write_incident: Write, line: str, reason: str | None) -> None:
        path = write_incident(tmp_path)
        path.write_text(path.read_text(encoding="utf-8").replace("Severity:", f"{line}\nSeverity:"), encoding="utf-8")
        assert reason == self.fact(tmp_path, "not_counted_reason")

    def test_a_duration_that_runs_backwards_is_left_out_with_the_reason(self, tmp_path: Path, write_incident: Write) -> None:
        path = write_incident(tmp_path)
        text = path.read_text(encoding="utf-8").replace("## Timeline", "Resolved: 2026-09-03 10:00\n\n## Timeline")
        path.write_text(text.replace("- T+40 resolved: all clear\n", ""), encoding="utf-8")
        assert [None, "resolved before it started"] == self.fact(tmp_path, "[cast(time_to_resolve_minutes as varchar), duration_excluded_reason]")

    def test_resolved_without_a_time_is_over_and_has_no_duration(self, tmp_path: Path, write_incident: Write) -> None:
        path = write_incident(tmp_path)
        text = path.read_text(encoding="utf-8").replace("## Timeline", "Status: Resolved\n\n## Timeline")
        path.write_text(re.sub(r"(?m)^- T\+\d+ (mitigation|resolved).*\n", "", text), encoding="utf-8")
        asked = "[cast(is_open as varchar), cast(time_to_resolve_minutes as varchar), duration_excluded_reason]"
        assert ["false", None, "resolved, but the file gives no time"] == self.fact(tmp_path, asked)

    def test_an_end_after_the_as_of_has_not_come_yet(self, tmp_path: Path, write_incident: Write) -> None:
        write_incident(tmp_path, follow_ups="- [x] Alert — Ana — 2026-09-08 (done 2026-09-20)\n- [x] Fix — Bo (done 2026-09-05)")
        write_incident(tmp_path, "INC-2", start="2026-09-09 23:00", detected="23:05", resolved=600, follow_ups="")
        database = load_folder(tmp_path, as_of="2026-09-09").database
        assert read_rows(database, "select is_open from incident_facts order by incident_id") == [{"is_open": True}, {"is_open": False}]
        asked = "select text, is_open, is_overdue, days_late from action_item_facts order by position"
        assert [("Alert", True, True, 1), ("Fix", False, False, None)] == [tuple(row.values()) for row in read_rows(database, asked)]

    def test_resolved_before_mitigated_is_found_and_left_out_of_durations(self, tmp_path: Path, write_incident: Write) -> None:
        write_incident(tmp_path, resolved=10)
        result = load_folder(tmp_path)
        assert ["OPS112"] == [each["code"] for each in result.findings if each["code"] == "OPS112"]
        asked = "select time_to_resolve_minutes, time_to_mitigate_minutes, duration_excluded_reason from incident_facts"
        assert [(None, None, "resolved before mitigated")] == [tuple(row.values()) for row in read_rows(result.database, asked)]

    def test_a_promise_is_overdue_from_the_day_after(self, tmp_path: Path, write_incident: Write) -> None:
        write_incident(tmp_path, follow_ups="- [ ] Alert — Ana — 2026-10-02\n- [x] Fix — Bo — 2026-09-20 (done 2026-09-25)")
        asked = "select text, is_overdue, days_late, days_to_close from action_item_facts order by position"
        rows = read_rows(load_folder(tmp_path).database, asked)
        assert [("Alert", False, 0, None), ("Fix", False, 5, 21)] == [tuple(row.values()) for row in rows]
        rows = read_rows(load_folder(tmp_path, now=datetime(2026, 10, 3, 12)).database, asked)
        assert ("Alert", True, 1, None) == tuple(rows[0].values())


def test_no_column_takes_a_word_that_is_not_allowed(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        create_schema(connection)
        row = {"incident_id": "I", "kind": "surprise", "status": "open", "source_path": "a", "source_line": 1}
        insert_rows(connection, TABLES["incidents"], [row])
    with locked(tmp_path / "x.duckdb") as connection:
        broken = {name: connection.execute(sql).fetchall() for name, sql in build.invariants().items()}
    assert broken["incidents.kind is one of 'incident', 'maintenance', 'notice', 'drill', 'false-alarm'"] == [("surprise",)]


REQUIRED = {"kind": "incident", "status": "open", "source_path": "a", "source_line": 1}


@pytest.mark.parametrize(
    ("column", "value"),
    [("started_at", "yesterday"), ("started_on", 5), ("severity_rank", "high"), ("stated_duration_minutes", "long")],
)
def test_a_value_that_does_not_fit_its_column_is_refused(column: str, value: object) -> None:
    with duckdb.connect() as connection:
        create_schema(connection)
        with pytest.raises(duckdb.Error):
            insert_rows(connection, TABLES["incidents"], [{"incident_id": "I", column: value, **REQUIRED}])


def test_the_type_of_a_column_is_known_whatever_its_first_rows_hold() -> None:
    told = {"title": "Slow", "started_at": NOW, "started_on": NOW.date(), "severity_rank": 2, "stated_duration_minutes": 1.5}
    rows = [{"incident_id": f"I{number}", **REQUIRED, **(told if number == 2999 else {})} for number in range(3000)]
    with duckdb.connect() as connection:
        create_schema(connection)
        assert insert_rows(connection, TABLES["incidents"], rows) == 3000
        kept = connection.execute(f"select {', '.join(told)} from incidents where title is not null").fetchall()
    assert kept == [tuple(told.values())]
