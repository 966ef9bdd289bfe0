"""What commits tell of promises, on repositories made for it: days, identity, odd clones, and how much is read again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from opsanalytics.errors import RepositoryError
from opsanalytics.repository import Blob, Repository
from opsanalytics.warehouse.connect import read_rows
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

NOW = datetime(2026, 10, 2, 12)
FILE = "ops/incidents/INC-20260904-01.md"
ALERT, RUNBOOK = "Alert on slow checkout — Ana — 2026-09-18", "Write the runbook — Bo — 2026-09-25"


def git(root: Path, *arguments: str, at: str = "2026-09-01T12:00:00+00:00") -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
    who = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "protocol.file.allow=always")
    done = subprocess.run(["git", *who, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


class Company:
    """A repository whose record is written day by day."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "ops/incidents").mkdir(parents=True)
        (root / "ops.yml").write_text("zone: Europe/Paris\n", encoding="utf-8")
        git(root, "init", "-q", "-b", "main")

    def write(self, *follow_ups: str, path: str = FILE, start: str = "2026-09-04 09:00") -> None:
        text = f"# Checkout slow\n\nIncident ID: {Path(path).stem}\nStart Time (UTC): {start}\nSeverity: SEV-3\n\n## Follow-ups\n\n"
        (self.root / path).write_text(text + "".join(f"- {line}\n" for line in follow_ups), encoding="utf-8")

    def commit(self, day: str) -> str:
        git(self.root, "add", "--all")
        git(self.root, "commit", "-qm", "record", at=day if "T" in day else f"{day}T12:00:00+00:00")
        return git(self.root, "rev-parse", "HEAD")

    def says(self, sql: str, root: Path | None = None, **how: Any) -> list[tuple[Any, ...]]:
        result = load(read_workspace(root or self.root), now=NOW, **how)
        return [tuple(row.values()) for row in read_rows(result.database, sql)]


DAYS = "select action_id, text, status, cast(done_on as varchar), done_on_source from action_items order by action_id"
EVENTS = "select action_id, event, cast(occurred_at as varchar) from action_events order by occurred_at, action_id, event"
CODES = "select distinct code from findings where code in ('OPS106', 'OPS108')"


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path / "co")


def two_days(company: Company) -> None:
    company.write(f"[ ] {ALERT}", f"[ ] {RUNBOOK}")
    company.commit("2026-09-05")
    company.write(f"[x] {ALERT}", f"[ ] {RUNBOOK}")
    company.commit("2026-09-10T23:30:00+00:00")


def test_a_box_is_dated_by_the_commit_that_ticked_it_in_the_workspaces_zone(company: Company) -> None:
    two_days(company)
    assert company.says(DAYS) == [
        ("INC-20260904-01#1", "Alert on slow checkout", "done", "2026-09-11", "history"),
        ("INC-20260904-01#2", "Write the runbook", "open", None, None),
    ]


def test_a_day_that_the_file_states_wins(company: Company) -> None:
    company.write(f"[ ] {ALERT}")
    company.commit("2026-09-05")
    company.write(f"[x] {ALERT} (done 2026-09-07)")
    company.commit("2026-09-10")
    assert company.says(DAYS) == [("INC-20260904-01#1", "Alert on slow checkout", "done", "2026-09-07", "text")]


def test_what_is_not_committed_yet_has_no_day_and_keeps_its_number(company: Company) -> None:
    two_days(company)
    company.write("[ ] Tell support — Cy — 2026-09-30", f"[x] {ALERT}", f"[x] {RUNBOOK}")
    assert [(row[0], row[1], row[3]) for row in company.says(DAYS)] == [
        ("INC-20260904-01#1", "Alert on slow checkout", "2026-09-11"),
        ("INC-20260904-01#2", "Write the runbook", None),
        ("INC-20260904-01#3", "Tell support", None),
    ]


def test_a_line_that_vanished_is_kept_as_gone_with_its_commit_and_its_place(company: Company) -> None:
    two_days(company)
    company.write(f"[x] {ALERT}")
    commit = company.commit("2026-09-12")
    gone = """
        select status, facts.source_path, facts.source_line, git_commit, cast(ended_on as varchar)
        from action_item_facts as facts join action_events using (action_id) where event = 'gone'"""
    assert company.says(gone) == [("gone", FILE, 10, commit, "2026-09-12")]
    assert company.says("select is_open, censored, is_overdue from action_item_facts where status = 'gone'") == [(False, False, False)]


def test_a_deleted_file_takes_its_open_promises_with_it(company: Company) -> None:
    two_days(company)
    (company.root / FILE).unlink()
    company.commit("2026-09-12")
    assert [(row[0], row[2]) for row in company.says(DAYS)] == [("INC-20260904-01#1", "done"), ("INC-20260904-01#2", "gone")]
    assert company.says("select count(*) from incidents") == [(0,)]


def test_a_renamed_file_keeps_its_promises(company: Company) -> None:
    two_days(company)
    (company.root / FILE).rename(company.root / "ops/incidents/checkout.md")
    company.commit("2026-09-12")
    assert company.says(DAYS)[0] == ("INC-20260904-01#1", "Alert on slow checkout", "done", "2026-09-11", "history")
    assert company.says("select change, renamed_from from file_versions order by position desc limit 1") == [("renamed", FILE)]


def test_a_record_that_moves_by_another_commit_lives_there_only(company: Company) -> None:
    two_days(company)
    kept = (company.root / FILE).read_text(encoding="utf-8")
    (company.root / FILE).unlink()
    company.commit("2026-09-12")
    (company.root / "ops/incidents/again.md").write_text(kept, encoding="utf-8")
    company.commit("2026-09-13")
    assert [(row[0], row[2]) for row in company.says(DAYS)] == [("INC-20260904-01#1", "done"), ("INC-20260904-01#2", "open")]


def test_a_merge_tells_the_day_of_the_merge(company: Company) -> None:
    company.write(f"[ ] {ALERT}")
    company.commit("2026-09-05")
    git(company.root, "checkout", "-qb", "side")
    company.write(f"[x] {ALERT}")
    company.commit("2026-09-06")
    git(company.root, "checkout", "-q", "main")
    git(company.root, "merge", "-q", "--no-ff", "side", "-m", "merge", at="2026-09-09T12:00:00+00:00")
    assert company.says(DAYS)[0][3:] == ("2026-09-09", "history")


def test_a_version_that_cannot_be_parsed_is_passed_over(company: Company) -> None:
    two_days(company)
    path = company.root / FILE
    good = path.read_text(encoding="utf-8")
    path.write_text(f"<<<<<<< ours\n{good}=======\n>>>>>>> theirs\n", encoding="utf-8")
    company.commit("2026-09-12")
    path.write_text(good, encoding="utf-8")
    company.commit("2026-09-13")
    assert company.says(EVENTS) == [
        ("INC-20260904-01#1", "created", "2026-09-05 12:00:00"), ("INC-20260904-01#2", "created", "2026-09-05 12:00:00"),
        ("INC-20260904-01#1", "done", "2026-09-10 23:30:00"),
    ]  # fmt: skip


@pytest.mark.parametrize(("count", "source"), [(9, "history"), (10, None)])
def test_ten_old_records_in_one_commit_are_an_import(company: Company, count: int, source: str | None) -> None:
    for number in range(count):
        company.write(f"[x] {ALERT}", path=f"ops/incidents/INC-20260801-{number:02}.md", start="2026-08-01 09:00")
    company.commit("2026-09-05")
    assert {row[4] for row in company.says(DAYS)} == {source}
    assert len(company.says(EVENTS)) == (2 * count if source else 0)


def test_an_import_is_the_source_of_a_promise_without_a_day(company: Company) -> None:
    for number in range(11):
        company.write(f"[ ] {ALERT}", path=f"ops/incidents/INC-20260801-{number:02}.md", start="2026-08-01 09:00" if number else "")
    company.commit("2026-09-05")
    asked = "select created_on_source, count(*) from action_items group by 1 order by 1"
    assert company.says(asked) == [("import", 1), ("origin", 10)]


def test_a_promise_whose_record_has_no_day_is_made_by_its_first_commit(company: Company) -> None:
    company.write(f"[ ] {ALERT}", start="")
    company.commit("2026-09-05")
    assert company.says("select cast(created_on as varchar), created_on_source from action_items") == [("2026-09-05", "history")]


def test_fields_of_a_promise_follow_its_number(company: Company) -> None:
    company.write(f"[ ] {ALERT}\n  - see the dashboard")
    company.commit("2026-09-05")
    company.write(f"[ ] {RUNBOOK}", f"[ ] {ALERT}\n  - see the dashboard")
    company.commit("2026-09-06")
    assert company.says("select record_id from record_fields where record_kind = 'action_item'") == [("INC-20260904-01#1",)]


def test_two_files_of_one_id_keep_their_promises_apart(company: Company) -> None:
    two_days(company)
    (company.root / "ops/incidents/other.md").write_text((company.root / FILE).read_text(encoding="utf-8"), encoding="utf-8")
    company.commit("2026-09-12")
    assert [row[0] for row in company.says(DAYS)] == [
        "INC-20260904-01#1", "INC-20260904-01#2", "INC-20260904-01~2#1", "INC-20260904-01~2#2",
    ]  # fmt: skip


# --- clones and places


def test_a_shallow_clone_dates_what_came_after_it_began(company: Company, tmp_path: Path) -> None:
    two_days(company)
    company.write(f"[x] {ALERT}", f"[x] {RUNBOOK}")
    company.commit("2026-09-12")
    git(tmp_path, "clone", "-q", "--depth", "2", f"file://{company.root}", "shallow")
    shallow = tmp_path / "shallow"
    assert [row[2:] for row in company.says(DAYS, shallow)] == [("done", None, None), ("done", "2026-09-12", "history")]
    assert company.says(CODES, shallow) == [("OPS108",)]
    assert company.says("select standing from history_state", shallow) == [("cut",)]
    git(shallow, "fetch", "-q", "--unshallow")
    assert [row[3] for row in company.says(DAYS, shallow, full=True)] == ["2026-09-11", "2026-09-12"]
    assert company.says(CODES, shallow) == []


def test_a_shallow_clone_that_is_made_whole_is_read_again(company: Company, tmp_path: Path) -> None:
    two_days(company)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{company.root}", "shallow")
    assert company.says(DAYS, tmp_path / "shallow")[0][3] is None
    git(tmp_path / "shallow", "fetch", "-q", "--unshallow")
    assert company.says(DAYS, tmp_path / "shallow")[0][3] == "2026-09-11"


def test_contents_that_git_lost_are_read_as_soon_as_they_are_back(company: Company, tmp_path: Path) -> None:
    """Although nothing else has changed since."""
    company.write(f"[ ] {ALERT}")
    company.commit("2026-09-07")
    lost = git(company.root, "rev-parse", f"HEAD:{FILE}")
    company.write(f"[x] {ALERT}")
    company.commit("2026-09-10")
    stored = company.root / ".git" / "objects" / lost[:2] / lost[2:]
    stored.rename(tmp_path / "lost")
    assert company.says(CODES) == [("OPS108",)]
    (tmp_path / "lost").rename(stored)
    assert company.says(CODES) == []
    assert company.says("select event from action_events") == [("created",), ("done",)]


def test_a_git_that_refused_once_is_asked_again(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.write(f"[ ] {ALERT}")
    company.commit("2026-09-07")

    def refused(*arguments: object) -> str:
        raise RepositoryError("out of memory")

    with monkeypatch.context() as patched:
        patched.setattr(Repository, "log", refused)
        assert company.says(CODES) == [("OPS106",)]
    assert company.says(CODES) == []


def test_outside_git_a_promise_has_its_place_for_a_number_and_no_day(company: Company, tmp_path: Path) -> None:
    two_days(company)
    (company.root / ".git").rename(tmp_path / "elsewhere")
    assert company.says(DAYS)[0] == ("INC-20260904-01#1", "Alert on slow checkout", "done", None, None)
    assert company.says("select standing from history_state") == [("none",)]


def test_a_work_tree_a_detached_head_and_a_submodule_tell_the_same(company: Company, tmp_path: Path) -> None:
    two_days(company)
    told = company.says(DAYS)
    git(company.root, "worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
    assert company.says(DAYS, tmp_path / "tree") == told
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "submodule", "--quiet", "add", str(company.root), "record")
    assert company.says(DAYS, outer / "record") == told


def test_a_folder_of_a_repository_has_its_own_history(company: Company, tmp_path: Path) -> None:
    team = company.root / "team"
    (team / "ops/incidents").mkdir(parents=True)
    company.write(f"[ ] {ALERT}", path=f"team/{FILE}")
    company.commit("2026-09-05")
    company.write(f"[x] {ALERT}", path=f"team/{FILE}")
    company.commit("2026-09-10")
    assert company.says(DAYS, team)[0][3] == "2026-09-10"


# --- only what is new is read


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commits and blobs that git is asked for."""
    asked: list[str] = []
    log, contents = Repository.log, Repository.contents

    def noted_log(self: Repository, commit: str, since: str | None = None) -> str:
        asked.append(f"log since {since}")
        return log(self, commit, since)

    def noted_contents(self: Repository, blobs: Iterable[Blob]) -> Iterator[tuple[Blob, bytes]]:
        wanted = list(blobs)
        asked.extend(blob.path for blob in wanted)
        return contents(self, wanted)

    monkeypatch.setattr(Repository, "log", noted_log)
    monkeypatch.setattr(Repository, "contents", noted_contents)
    return asked


def test_a_second_load_reads_new_commits_only(company: Company, reads: list[str]) -> None:
    two_days(company)
    first = git(company.root, "rev-parse", "HEAD")
    company.says(DAYS)
    assert reads == ["log since None", FILE]  # the version as it stands was read as a record
    company.write(f"[x] {ALERT}", f"[x] {RUNBOOK}")
    company.commit("2026-09-12")
    reads.clear()
    assert company.says(DAYS)[1][3] == "2026-09-12"
    assert set(reads) == {f"log since {first}"}  # asked again where the commit cannot be put in place


def test_the_same_tables_stand_whether_read_in_steps_or_at_once(company: Company) -> None:
    two_days(company)
    company.says(DAYS)
    company.write(f"[x] {ALERT}")
    company.commit("2026-09-12")
    company.says(DAYS)
    company.write("[ ] Tell support — Cy — 2026-09-30", f"[ ] {ALERT}")
    company.commit("2026-09-13")
    tables = ("select * from action_items order by all", "select * from action_events order by all", "select * from file_versions order by all")
    in_steps = [company.says(sql) for sql in tables]
    assert in_steps == [company.says(sql, full=True) for sql in tables]


@pytest.mark.parametrize("change", ["ops.yml", "amend", "as of"])
def test_what_is_remembered_and_no_longer_true_is_read_again(company: Company, change: str) -> None:
    two_days(company)
    company.says(DAYS)
    if change == "ops.yml":
        (company.root / "ops.yml").write_text("zone: UTC\n", encoding="utf-8")
    elif change == "amend":
        git(company.root, "commit", "--amend", "-qm", "again", at="2026-09-10T12:00:00+00:00")
    else:
        assert company.says(DAYS, as_of="2026-09-05")[0][2:4] == ("open", None)
    assert company.says(DAYS)[0][3] == ("2026-09-11" if change == "as of" else "2026-09-10")
