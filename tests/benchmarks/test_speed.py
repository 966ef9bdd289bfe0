"""Speed beside a limit or a peer in the same run: the number in brackets is the ratio to the fastest of its group."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from opsanalytics.readers import KINDS, read_record
from opsanalytics.repository import Repository
from opsanalytics.scaffold.demo import write_demo
from opsanalytics.tables import Row
from opsanalytics.tree import Globs, read_commit
from opsanalytics.warehouse.load import load
from opsanalytics.warehouse.past import Past
from opsanalytics.warehouse.versions import read_versions
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


@pytest.mark.long
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


COMMITS, RECORDS = 10_000, 5_000


@pytest.fixture(scope="module")
def long_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """5,000 incidents, each opened in one commit and ticked off in another."""
    root = tmp_path_factory.mktemp("history") / "co"
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    commits = b"".join(_commit(number) for number in range(COMMITS))
    subprocess.run(["git", "-C", str(root), "fast-import", "--quiet"], input=commits, check=True)
    return root


def _commit(number: int) -> bytes:
    place, box = number % RECORDS, b"x" if number >= RECORDS else b" "
    body = (
        b"# Checkout slow, %d\n\nIncident ID: INC-20250101-%04d\nStart Time (UTC): 2025-01-01 09:00\nSeverity: SEV-2\n\n## Timeline\n"
        b"- T0 detection: 09:05\n- T+20 mitigation: rolled back\n- T+40 resolved: all clear\n\n## Follow-ups\n"
        b"- [%b] Alert on slow checkout of shop %d \xe2\x80\x94 Ana \xe2\x80\x94 2025-02-01\n- [ ] Raise the limit of pool %d \xe2\x80\x94 Bo \xe2\x80\x94 2025-02-01\n"
    ) % (place, place, box, place, place)
    head = b"commit refs/heads/main\ncommitter Ana <ana@example.org> %d +0000\ndata 2\nx\n\n" % (1_735_700_000 + 3600 * number)
    return head + b"M 100644 inline ops/incidents/INC-20250101-%04d.md\ndata %d\n%b\n" % (place, len(body), body)


@pytest.mark.long
@pytest.mark.benchmark(group="5,000 files over 10,000 commits: what history adds to reading them; the peer is `git log --raw`, and 10 the limit")
class TestHistory:
    def test_opsanalytics(self, benchmark: Callable[..., object], long_history: Path, tmp_path: Path) -> None:
        workspace, rows = read_workspace(long_history), defaultdict[str, list[Row]](list)
        repository, context = Repository(long_history), workspace.context
        sources = read_commit(repository, "HEAD", Globs(workspace.globs("incidents")))
        readings = [(source, read_record(KINDS["incidents"], source.path, source.data or b"", context)) for source in sources]

        def read() -> None:
            past = Past(read_versions(workspace, repository, repository.head(), ()), context)
            for source, reading in readings:
                past.see("incidents", source.path, source.blob_id("0" * 40), reading)
            past.settle(rows)

        benchmark.pedantic(read, rounds=1)
        assert len(rows["file_versions"]) == COMMITS
        assert Counter(row["event"] for row in rows["action_events"]) == {"created": 2 * RECORDS, "done": RECORDS}

    def test_peer(self, benchmark: Callable[..., object], long_history: Path) -> None:
        benchmark.pedantic(lambda: subprocess.run(["git", "-C", str(long_history), "log", "--raw"], capture_output=True, check=True), rounds=3)

