"""Loads of 50,000 incidents beside what only reads, parses or looks at the same files. Without --benchmark-enable they are few.

A full load runs in a process of its own, which tells how long the load took and how much memory it had at its peak, its parsers'
included.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

import duckdb
import frontmatter
import pandas as pd
import pytest
from load_inputs import write_incidents
from markdown_it import MarkdownIt
from speeds import Speed, fastest

from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

A_WEEK = 7 * 86_400
FULL_LOAD = """
import json, resource, sys
from pathlib import Path
from time import perf_counter
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace
began = perf_counter()
load(read_workspace(Path(sys.argv[1])), full=True)
seconds = perf_counter() - began
status = Path("/proc/self/status")  # Linux hands the peak of the process that started this one on as this one's `ru_maxrss`
peaks = [int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")] if status.exists() else []
own = peaks[0] if peaks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([seconds, own + 2 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""


@dataclass(frozen=True)
class Record:
    root: Path
    count: int
    size: int  # bytes

    @property
    def folder(self) -> Path:
        return self.root / "ops" / "incidents"

    def full_load(self) -> tuple[float, float]:
        """Seconds, and MB at the peak."""
        done = subprocess.run([sys.executable, "-c", FULL_LOAD, str(self.root)], capture_output=True, text=True, check=True)
        seconds, kilobytes = json.loads(done.stdout)
        return seconds, kilobytes / 1024

    def load(self) -> bool:
        """Whether anything was written."""
        return load(read_workspace(self.root)).is_rewritten

    def __str__(self) -> str:
        return f"{self.count:,} incident files ({self.size / 1e6:.0f} MB)"


def record(root: Path, count: int) -> Record:
    """Of a week ago: a file of just now has to be read again by the next load."""
    size = write_incidents(root, count)
    for entry in os.scandir(root / "ops" / "incidents"):
        os.utime(entry.path, (time() - A_WEEK,) * 2)
    return Record(root, count, size)


@pytest.fixture(scope="module")
def many(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Record:
    return record(tmp_path_factory.mktemp("many") / "co", 50_000 if request.config.getoption("benchmark_enable") else 100)


@pytest.fixture(scope="module")
def few(many: Record, tmp_path_factory: pytest.TempPathFactory) -> Record:
    return record(tmp_path_factory.mktemp("few") / "co", many.count // 10)


@pytest.fixture(scope="module")
def full(many: Record) -> tuple[float, float]:
    return many.full_load()


def bare_read(folder: Path) -> None:
    duckdb.connect().execute(f"select count(*), sum(size) from read_text('{folder}/*.md')").fetchall()


def by_peer(folder: Path, database: Path) -> None:
    """Front matter and body as parsed, and nothing of what they say."""
    markdown = MarkdownIt("commonmark").enable("table")
    posts = [(path.name, frontmatter.load(str(path))) for path in sorted(folder.iterdir())]
    rows = [(name, json.dumps(post.metadata), len(markdown.parse(post.content)), post.content) for name, post in posts]
    files = pd.DataFrame(rows, columns=["path", "front_matter", "blocks", "body"])
    with duckdb.connect(str(database)) as connection:
        connection.register("files", files)
        connection.execute("create table documents as from files")


def bare_look(folder: Path) -> None:
    for entry in os.scandir(folder):
        entry.stat()


@pytest.mark.benchmark(group="load 50,000 incident files")
class TestFullLoad:
    def test_beside_a_bare_read(
        self, benchmark: Any, many: Record, full: tuple[float, float], speeds: list[Speed]
    ) -> None:
        bare_read(many.folder)
        benchmark.pedantic(lambda: bare_read(many.folder), rounds=3)
        limit = fastest(lambda: bare_read(many.folder), rounds=3)
        speeds.append(Speed("1", f"full load of {many}", f"{full[0]:.1f} s", f"DuckDB's `read_text` {limit:.2f} s", f"{full[0] / limit:.0f}x",
                            "at most 20x; 12x would be remarkable"))  # fmt: skip

    def test_beside_the_peer(
        self, benchmark: Any, many: Record, full: tuple[float, float], speeds: list[Speed], tmp_path: Path
    ) -> None:
        seconds: list[float] = []
        benchmark.pedantic(lambda: seconds.append(fastest(lambda: by_peer(many.folder, tmp_path / "peer.duckdb"))), rounds=1)
        speeds.append(Speed("2", "the same", f"{full[0]:.1f} s", f"python-frontmatter + markdown-it-py + pandas + DuckDB, storing front matter "
                            f"and body {seconds[0]:.1f} s", f"{seconds[0] / full[0]:.1f}x faster", "at least 4x faster"))  # fmt: skip


@pytest.mark.benchmark(group="load 50,000 incident files again")
class TestLoadAgain:
    def test_nothing_changed(self, benchmark: Any, many: Record, speeds: list[Speed]) -> None:
        many.load()
        benchmark.pedantic(many.load, rounds=3)
        assert not many.load()
        ours, limit = fastest(many.load, rounds=3), fastest(lambda: bare_look(many.folder), rounds=3)
        speeds.append(Speed("3", "load again, nothing changed", f"{ours:.2f} s", f"`os.scandir` and stat {limit:.2f} s", f"{ours / limit:.1f}x",
                            "at most 4x"))  # fmt: skip

    def test_one_file_changed(self, benchmark: Any, many: Record, speeds: list[Speed]) -> None:
        many.load()
        unchanged = fastest(many.load, rounds=3)
        path = next(many.folder.iterdir())
        seconds: list[float] = []

        def change_and_load() -> None:
            was = path.read_bytes()
            path.write_bytes(was.replace(b"SEV-2", b"SEV-3") if b"SEV-2" in was else re.sub(rb"SEV-\d", b"SEV-2", was))
            seconds.append(fastest(many.load))

        benchmark.pedantic(change_and_load, rounds=3)
        ours = min(seconds)
        speeds.append(Speed("4", "load again, the severity of one incident changed", f"{ours:.2f} s", f"row 3 {unchanged:.2f} s", f"row 3 + {ours - unchanged:.2f} s",
                            "row 3 + 0.3 s"))  # fmt: skip


@pytest.mark.benchmark(group="a full load of 5,000 files, beside which 50,000 are measured")
def test_memory_and_time_a_file(
    benchmark: Callable[..., object], many: Record, few: Record, full: tuple[float, float], speeds: list[Speed]
) -> None:
    measured: list[tuple[float, float]] = []
    benchmark.pedantic(lambda: measured.append(few.full_load()), rounds=2)  # type: ignore[attr-defined]
    (seconds, megabytes), (seconds_of_few, megabytes_of_few) = full, min(measured)
    speeds.append(Speed(
        "5", "peak memory and time a file",
        f"{1000 * megabytes / many.count:.0f} kB, {1000 * seconds / many.count:.2f} ms of {many.count:,} files",
        f"{1000 * megabytes_of_few / few.count:.0f} kB, {1000 * seconds_of_few / few.count:.2f} ms of {few.count:,} files",
        f"{megabytes / many.count / (megabytes_of_few / few.count):.2f}x, {seconds / many.count / (seconds_of_few / few.count):.2f}x",
        "at most 1.5x, 1.1x",
    ))  # fmt: skip
