"""Speed beside a limit or a peer in the same run: the number in brackets is the ratio to the fastest of its group."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from opsanalytics.scaffold.demo import write_demo
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

BARE = "import click\n@click.group()\ndef cli(): pass\n" + "".join(
    f"@cli.command()\ndef c{number}(): pass\n" for number in range(11)
) + "cli(['--help'])"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company") / "co"
    write_demo(folder, until=date(2026, 9, 30))
    load(read_workspace(folder))
    return folder


@pytest.mark.benchmark(group="load all of the demo company; the limit only reads the files")
class TestFullLoad:
    def test_opsanalytics(self, benchmark: Callable[..., object], company: Path) -> None:
        benchmark(lambda: load(read_workspace(company), full=True))

    def test_limit(self, benchmark: Callable[..., object], company: Path) -> None:
        sql = f"select count(*), sum(size) from read_text('{company}/ops/incidents/*.md')"
        benchmark(lambda: duckdb.connect().execute(sql).fetchall())


@pytest.mark.benchmark(group="load again, nothing changed; the limit only looks at the files")
class TestUnchangedLoad:
    def test_opsanalytics(self, benchmark: Callable[..., object], company: Path) -> None:
        benchmark(lambda: load(read_workspace(company)))

    def test_limit(self, benchmark: Callable[..., object], company: Path) -> None:
        benchmark(lambda: [entry.stat() for entry in os.scandir(company / "ops" / "incidents")])


@pytest.mark.benchmark(group="--help; the peer is a bare click program with as many commands")
class TestHelp:
    def test_opsanalytics(self, benchmark: Callable[..., object]) -> None:
        benchmark(lambda: subprocess.run([sys.executable, "-m", "opsanalytics", "--help"], capture_output=True, check=True))

    def test_peer(self, benchmark: Callable[..., object]) -> None:
        benchmark(lambda: subprocess.run([sys.executable, "-c", BARE], capture_output=True, check=False))
