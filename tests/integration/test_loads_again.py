"""What a later load does not do again, counted; and that several parsers tell what one does."""

from __future__ import annotations

import builtins
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from opsanalytics.errors import DatabaseError
from opsanalytics.tables import TABLES
from opsanalytics.warehouse import load as loading
from opsanalytics.warehouse import memory, parsers, told
from opsanalytics.warehouse.load import LoadResult, load
from opsanalytics.workspace import read_workspace

NOW = datetime(2026, 10, 2, 12)
INCIDENT = "ops/incidents/INC-20260706-01.md"
A_WEEK = 7 * 86_400


@pytest.fixture
def company(example: Path) -> Path:
    """Written a week ago, loaded today."""
    age(example)
    load_folder(example)
    return example


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files below `ops` that are opened, however they are."""
    paths: list[str] = []

    def noting(opens: Callable[..., object]) -> Callable[..., object]:
        def noted(path: object, *arguments: object, **more: object) -> object:
            if "/ops/" in str(path):
                paths.append(str(path))
            return opens(path, *arguments, **more)

        return noted

    monkeypatch.setattr(os, "open", noting(os.open))
    monkeypatch.setattr(builtins, "open", noting(builtins.open))
    return paths


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    paths: list[str] = []
    read = told.read_record
    monkeypatch.setattr(told, "read_record", lambda kind, path, *rest: (paths.append(path), read(kind, path, *rest))[1])
    return paths


def load_folder(root: Path, **options: object) -> LoadResult:
    return load(read_workspace(root), **{"now": NOW, **options})  # type: ignore[arg-type]


def age(root: Path) -> None:
    for path in filter(Path.is_file, root.rglob("*")):
        os.utime(path, (time.time() - A_WEEK,) * 2)


def tables(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """All but what tells one load from another."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return {name: connection.execute(f"select * from {name}").fetchall() for name in TABLES if name != "loads"}


def test_an_unchanged_load_opens_no_record(company: Path, opened: list[str]) -> None:
    assert not load_folder(company).is_rewritten
    assert opened == []


def test_one_changed_file_is_the_one_that_is_opened_and_parsed(company: Path, opened: list[str], parsed: list[str]) -> None:
    with open(company / INCIDENT, "a", encoding="utf-8") as file:
        file.write("\nA last word.\n")
    opened.clear()
    again = load_folder(company)
    assert again.is_rewritten
    assert parsed == [INCIDENT]
    assert set(opened) == {str(company / INCIDENT)}
    said = tables(again.database)
    assert said == tables(load_folder(company, full=True).database)


def test_a_touched_file_is_opened_and_not_parsed(company: Path, parsed: list[str], opened: list[str]) -> None:
    (company / INCIDENT).touch()
    assert not load_folder(company).is_rewritten
    assert opened == [str(company / INCIDENT)]
    assert parsed == []


def test_many_files_that_were_only_touched_are_opened_once(company: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_MANY", 1)
    before = tables(company / "data" / "ops.duckdb")
    os.utime(company / INCIDENT, (time.time() - A_WEEK / 2,) * 2)
    assert not load_folder(company).is_rewritten
    assert opened == [str(company / INCIDENT)]
    opened.clear()
    assert not load_folder(company).is_rewritten
    assert opened == []
    assert tables(company / "data" / "ops.duckdb") == before


def test_a_file_that_was_written_just_before_a_load_is_opened_by_the_next(example: Path, opened: list[str]) -> None:
    age(example)
    (example / INCIDENT).touch()
    load_folder(example)
    opened.clear()
    assert not load_folder(example).is_rewritten
    assert opened == [str(example / INCIDENT)]


def test_another_file_of_the_same_size_and_time_is_seen(company: Path) -> None:
    path = company / INCIDENT
    about, data = path.stat(), path.read_bytes()
    beside = path.with_name("beside")
    beside.write_bytes(data.replace(b"SEV-2", b"SEV-3").replace(b"SEV-1", b"SEV-2"))
    os.utime(beside, ns=(about.st_atime_ns, about.st_mtime_ns))
    beside.replace(path)
    assert path.stat().st_size == about.st_size
    assert load_folder(company).is_rewritten


@pytest.mark.parametrize("lost", ["drop schema memory cascade", "delete from memory.files", "update memory.files set reader = 'another'"])
def test_a_database_without_its_memory_is_loaded_whole(company: Path, lost: str, opened: list[str]) -> None:
    database = company / "data" / "ops.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(lost)
    assert not load_folder(company).is_rewritten
    assert str(company / INCIDENT) in opened


def test_a_file_that_is_linked_to_and_vanishes_changes_the_findings(company: Path, opened: list[str]) -> None:
    with open(company / INCIDENT, "a", encoding="utf-8") as file:
        file.write("\n[How it looked](../graph.png)\n")
    (company / "ops" / "graph.png").write_bytes(b"png")
    age(company)
    assert "OPS161" not in {each["code"] for each in load_folder(company).findings if each["path"] == INCIDENT}
    opened.clear()
    (company / "ops" / "graph.png").unlink()
    again = load_folder(company)
    assert "OPS161" in {each["code"] for each in again.findings if each["path"] == INCIDENT}
    assert opened == []


def test_an_edited_reader_makes_a_new_load(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "code", lambda: [["opsanalytics/readers/incidents.py", 1, 1]])
    assert load_folder(company).is_rewritten


def test_what_is_remembered_runs_nothing(company: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    with duckdb.connect(str(company / "data" / "ops.duckdb")) as connection:
        connection.execute("update memory.files set packed = ?", [pickle.dumps(Trap())])
    with pytest.raises(DatabaseError, match="mkdir, which no reader makes"):
        load_folder(company, now=datetime(2026, 10, 3, 12))
    assert not (tmp_path / "sprung").exists()


# --- several parsers


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Two processes for the smallest record; those that were started."""
    started: list[object] = []
    popen = subprocess.Popen

    def noted(command: object, *arguments: object, **more: object) -> object:
        process = popen(command, *arguments, **more)  # type: ignore[call-overload]
        if "-P" in command:  # type: ignore[operator]
            started.append(process)
        return process

    monkeypatch.setattr(parsers.subprocess, "Popen", noted)
    monkeypatch.setattr(parsers, "PAYS", 1)
    monkeypatch.setattr(parsers, "AT_ONCE", 2000)
    monkeypatch.setattr(parsers, "available", lambda: 2)
    return started


def test_two_parsers_tell_what_one_does(company: Path, several: list[object]) -> None:
    before = tables(company / "data" / "ops.duckdb")
    assert tables(load_folder(company, full=True).database) == before
    assert len(several) == 2
    assert all(parser.poll() is not None for parser in several)  # type: ignore[attr-defined]


def test_a_small_record_is_read_in_one_process(company: Path, several: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsers, "PAYS", 1_000_000)
    load_folder(company, full=True)
    assert several == []


def test_a_parser_that_dies_is_told_and_the_old_tables_stand(
    company: Path, several: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tables(company / "data" / "ops.duckdb")
    monkeypatch.setattr(parsers, "_START", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(DatabaseError, match=r"the process that read ops/.* ended \(-9\); the old tables stand"):
        load_folder(company, full=True)
    assert tables(company / "data" / "ops.duckdb") == before
    assert all(parser.poll() is not None for parser in several)  # type: ignore[attr-defined]


HELD_UP = """
import sys, time
from pathlib import Path
from opsanalytics.warehouse import parsers
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

def wait(parser, part):
    print("waiting", file=sys.stderr, flush=True)
    time.sleep(60)

parsers.PAYS, parsers.AT_ONCE, parsers.available, parsers._read = 1, 2000, lambda: 2, wait
load(read_workspace(Path(sys.argv[1])), full=True)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_parsers_end_with_the_load(company: Path, how: signal.Signals) -> None:
    """They hold its stderr, which ends when all of them have."""
    process = subprocess.Popen([sys.executable, "-c", HELD_UP, str(company)], stderr=subprocess.PIPE)
    assert process.stderr
    assert process.stderr.readline() == b"waiting\n"
    process.send_signal(how)
    process.communicate(timeout=10)
    assert process.returncode == -how
