"""An edited incident is put in the place of what it was: the tables are those of a load of the whole record, row by row."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random

import duckdb
import pytest

from opsanalytics.scaffold.demo import write_demo
from opsanalytics.tables import TABLES
from opsanalytics.warehouse import load as loading
from opsanalytics.warehouse import patch, settle
from opsanalytics.warehouse.load import LoadResult, load
from opsanalytics.warehouse.schema import KEPT
from opsanalytics.workspace import read_workspace

NOW = datetime(2026, 11, 22, 12)
A_WEEK = 7 * 86_400
INCIDENT = "ops/incidents/INC-20260706-01.md"

Edit = Callable[[str], str]
Rows = dict[str, list[tuple[object, ...]]]


def load_folder(root: Path, **options: object) -> LoadResult:
    return load(read_workspace(root), **{"now": NOW, **options})  # type: ignore[arg-type]


def load_whole(root: Path, database: Path) -> LoadResult:
    """Beside the workspace's own database, with the memory of it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(loading, "_patch", lambda *arguments: None)
        return load_folder(root, database=database)


def age(root: Path) -> None:
    for path in filter(Path.is_file, root.rglob("*")):
        os.utime(path, (time.time() - A_WEEK,) * 2)


def tables(database: Path) -> Rows:
    """All rows as they lie; of views that are kept in no order, of loads how many and what the last one says, of the memory
    what it knows of each file."""
    with duckdb.connect(str(database), read_only=True) as connection:
        asked = {name: f"select * from {name}" for name in TABLES if name != "loads"}
        asked |= {name: f"select * from {name} order by all" for name in KEPT}
        asked["loads"] = "select count(*) over (), * exclude (loaded_at) from loads order by load_id desc limit 1"
        asked["memory"] = "select * exclude (packed, mtime_ns, inode), packed is null from memory.files order by record_kind, path"
        return {name: connection.execute(sql).fetchall() for name, sql in asked.items()}


@pytest.fixture
def company(example: Path) -> Path:
    age(example)
    load_folder(example)
    return example


@pytest.fixture
def wholes(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The loads of the whole record."""
    read: list[object] = []
    read_whole = settle.read_whole
    monkeypatch.setattr(settle, "read_whole", lambda sight, *rest: (read.append(sight), read_whole(sight, *rest))[1])
    return read


@pytest.fixture
def in_git(example: Path) -> Path:
    git(example, "init", "-q")
    commit(example, "the record")
    age(example)
    load_folder(example)
    return example


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Nora Lie", "-c", "user.email=nora@example.org")
    when = {"GIT_AUTHOR_DATE": "2026-11-20T12:00:00Z", "GIT_COMMITTER_DATE": "2026-11-20T12:00:00Z"}
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True, env=os.environ | when)


def commit(root: Path, why: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", why, "--allow-empty")


def edit(path: Path, how: Edit) -> None:
    before = path.read_text(encoding="utf-8")
    path.write_text(how(before), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != before


def replacing(what: str, by: str) -> Edit:
    return lambda text: re.sub(what, by, text, count=1, flags=re.MULTILINE)


@pytest.mark.parametrize("how", [
    replacing(r"\Z", "\nA last word.\n"),
    replacing(r"SEV-\d", "SEV-3"),
    replacing(r"^Seat maps stayed", "All seat maps stayed"),
    replacing(r"- \[ \]", "- [x]"),
    replacing(r"^(- T\+.*)$", r"\1\n- T+50 update: looked again"),
    replacing(r"^- T\+.*\n", ""),
    replacing(r"^Coordinator: .*$", "Coordinator: Nora Lie"),
    replacing(r"^Severity: .*$", "Severity: as bad as it gets"),
], ids=["a word", "severity", "title", "a box", "an entry more", "an entry less", "a person", "a finding"])  # fmt: skip
def test_what_is_the_incidents_own_is_put_in_place(company: Path, wholes: list[object], tmp_path: Path, how: Edit) -> None:
    beside = Path(shutil.copy(company / "data" / "ops.duckdb", tmp_path / "beside.duckdb"))
    edit(company / INCIDENT, how)
    edited = load_folder(company)
    assert wholes == []
    whole = load_whole(company, beside)
    assert tables(edited.database) == tables(whole.database)
    assert (edited.files, edited.rows, edited.findings) == (whole.files, whole.rows, whole.findings)
    assert not load_folder(company).is_rewritten


@pytest.mark.parametrize("how", [
    replacing(r"^Incident ID: .*$", "Incident ID: INC-20260706-77"),
    replacing(r"^(Start Time.*2026-07-)06", r"\g<1>05"),
    replacing(r"^(- \[[ x]\] .*)$", r"\1\n- [ ] Rehearse the failover — Nora Lie — 2026-12-01"),
    replacing(r"^(- \[[ x]\] )", r"\1Really "),
    replacing(r"^(Severity: .*)$", r"\1\nRepeat of: INC-20260101-01"),
    replacing(r"^(Severity: .*)$", r"\1\nServices: a quite new one"),
    replacing(r"\Z", "\n[Where it was](no-such-file.md)\n"),
    lambda text: "",
], ids=["id", "day", "a promise more", "a promise in other words", "a link", "a service", "a dead link", "nothing left"])  # fmt: skip
def test_what_others_go_by_is_loaded_whole(company: Path, wholes: list[object], how: Edit) -> None:
    edit(company / INCIDENT, how)
    assert load_folder(company).is_rewritten
    assert len(wholes) == 1


def test_a_new_day_is_loaded_whole(company: Path, wholes: list[object]) -> None:
    edit(company / INCIDENT, replacing(r"SEV-\d", "SEV-3"))
    load_folder(company, now=datetime(2026, 11, 23, 12))
    assert len(wholes) == 1


def test_no_more_loads_are_remembered_than_by_whole_ones(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patch, "REMEMBERED_LOADS", 3)
    for number in range(5):
        edit(company / INCIDENT, replacing(r"^- Sales .*$", f"- Sales had told us {number} times"))
        database = load_folder(company).database
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select load_id from loads").fetchall() == [(4,), (5,), (6,)]


# --- commits


def test_a_commit_is_put_in_place(in_git: Path, wholes: list[object], tmp_path: Path) -> None:
    """Of an edit, of one that was loaded before, and of what is no record."""
    edit(in_git / INCIDENT, replacing(r"SEV-\d", "SEV-3"))
    commit(in_git, "less severe")
    assert_as_whole(in_git, tmp_path)
    edit(in_git / INCIDENT, replacing(r"^Coordinator: .*$", "Coordinator: Nora Lie"))
    assert_as_whole(in_git, tmp_path)
    commit(in_git, "another coordinator")
    assert_as_whole(in_git, tmp_path)
    (in_git / "checkout.py").write_text("POOL = 40\n")
    commit(in_git, "a larger pool")
    database = assert_as_whole(in_git, tmp_path)
    assert len(wholes) == 4  # those that were loaded to compare with
    assert not load_folder(in_git).is_rewritten
    with duckdb.connect(str(database), read_only=True) as connection:
        changes = "select was, became from record_changes where name = 'severity' and source_path = ?"
        assert connection.execute(changes, [INCIDENT]).fetchall() == [("SEV-2", "SEV-3")]


@pytest.mark.parametrize("then", [
    lambda root: git(root, "commit", "-q", "--amend", "--allow-empty", "-m", "in other words"),
    lambda root: git(root, "mv", INCIDENT, "ops/incidents/moved.md") or commit(root, "moved"),
    lambda root: edit(next((root / "ops" / "decisions").glob("*.md")), replacing(r"\Z", "\nMore.\n")) or commit(root, "a decision"),
    lambda root: edit(root / INCIDENT, replacing(r"^- \[x\] .*\n", "")),
], ids=["another line", "a rename", "another kind", "a kept promise that is not there any more"])  # fmt: skip
def test_what_history_tells_of_others_is_loaded_whole(
    in_git: Path, wholes: list[object], tmp_path: Path, then: Callable[[Path], object]
) -> None:
    then(in_git)
    assert_as_whole(in_git, tmp_path)
    assert len(wholes) == 2


def test_promises_of_a_file_that_is_gone_follow_the_incident_in_another(in_git: Path, wholes: list[object], tmp_path: Path) -> None:
    said = (in_git / INCIDENT).read_text(encoding="utf-8")
    git(in_git, "rm", "-q", INCIDENT)
    commit(in_git, "gone")
    (in_git / "ops" / "incidents" / "again.md").write_text(re.sub(r"(?m)^- \[[ x]\].*\n", "", said), encoding="utf-8")
    commit(in_git, "in another file, without its promises")
    age(in_git)
    load_folder(in_git)
    wholes.clear()
    edit(in_git / "ops" / "incidents" / "again.md", replacing(r"SEV-\d", "SEV-3"))
    database = assert_as_whole(in_git, tmp_path)
    assert len(wholes) == 1
    with duckdb.connect(str(database), read_only=True) as connection:
        asked = "select distinct severity from promise_facts where source_path = ?"
        assert connection.execute(asked, [INCIDENT]).fetchall() == [("SEV-3",)]


def assert_as_whole(root: Path, tmp_path: Path) -> Path:
    """Loads, and compares with a load of the whole record."""
    database = root / "data" / "ops.duckdb"
    beside = Path(shutil.copy(database, tmp_path / "beside.duckdb"))
    load_folder(root)
    load_whole(root, beside)
    assert tables(database) == tables(beside)
    return database


# --- any edit, of a record with a history


def any_edit(draw: Random, ids: list[str]) -> Edit:
    def line(text: str, change: Callable[[list[str], int], None]) -> str:
        lines = text.split("\n")
        change(lines, draw.randrange(len(lines)))
        return "\n".join(lines)

    minute = draw.randint(10, 59)
    return draw.choice([
        replacing(r"\Z", "\n"),
        replacing(r"SEV-\d", f"SEV-{draw.randint(1, 4)}"),
        replacing(r"^# (.*)$", r"# Another \1"),
        replacing(r"- \[ \]", "- [x]"),
        replacing(r"- \[x\]", "- [ ]"),
        replacing(r"(\d\d):\d\d", rf"\g<1>:{minute}"),
        replacing(r"^(- T\+.*)$", r"\1\n- T+77 update: looked again"),
        replacing(r"^(- \[[ x]\].*)$", r"\1\n- [ ] Rehearse the failover again — Nora Lie — 2026-12-01"),
        replacing(r"^(- \[[ x]\] )", rf"\1[{draw.choice(ids)}](../rituals/{draw.choice(ids)}.md) "),
        replacing(r"^(- \[[ x]\] .*)$", r"- [ ] As promised"),
        replacing(r"^(Incident ID: ).*$", rf"\g<1>{draw.choice(ids)}"),
        replacing(r"^(Affected Systems/Users: .*)$", r"\1, ledger and 3 % of customers"),
        replacing(r"^(Severity: .*)$", rf"\1\nRepeat of: {draw.choice(ids)}"),
        replacing(r"\A", f"<!-- opsanalytics: ignore {draw.choice(['OPS132', 'OPS133', 'OPS141'])} -->\n"),
        lambda text: line(text, lambda lines, at: lines.insert(at, "The pool was too small.")),
        lambda text: line(text, lambda lines, at: lines.insert(at, lines[at])),
        lambda text: line(text, lambda lines, at: lines.pop(at) and None),
        lambda text: line(text, lambda lines, at: lines.insert(0, lines.pop(at))),
        lambda text: line(text, lambda lines, at: lines.__setitem__(at, f"  {lines[at]}")),
        lambda text: text.replace("\n", "\r\n"),
    ])  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 7))
def test_any_edits_give_the_tables_of_a_whole_load(tmp_path: Path, seed: int) -> None:
    """Some are taken back to what git has, some are committed, before or after they were loaded, with or without other files, and up
    to three files change at a time."""
    root, draw = tmp_path / "demo", Random(seed)
    write_demo(root, until=NOW.date())
    age(root)
    load_folder(root)
    files = sorted((root / "ops" / "incidents").rglob("*.md"))
    for number in range(40):
        for path in draw.sample(files, draw.choice((1, 1, 1, 2, 3))):
            if draw.random() < 0.1:
                git(root, "checkout", "-q", "HEAD", "--", str(path.relative_to(root)))
            else:
                path.write_text(any_edit(draw, [each.stem for each in files])(path.read_text(encoding="utf-8")), encoding="utf-8", newline="")
        match draw.choice(("no commit", "commit", "commit later", "other files")):
            case "commit":
                commit(root, "edited")
            case "commit later":
                assert_as_whole(root, tmp_path)
                commit(root, "edited before")
            case "other files":
                (root / "checkout.py").write_text(f"POOL = {number}\n")
                git(root, "add", "checkout.py")
                git(root, "commit", "-qm", "no record", "checkout.py")
        assert_as_whole(root, tmp_path)
