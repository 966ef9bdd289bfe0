"""Speed beside a limit or a peer in the same run: the number in brackets is the ratio to the fastest of its group."""

from __future__ import annotations

import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from opsanalytics.kinds import KINDS
from opsanalytics.readers import read_record
from opsanalytics.repository import Repository
from opsanalytics.tables import Row
from opsanalytics.tree import Globs, read_commit
from opsanalytics.warehouse.past import Past
from opsanalytics.warehouse.versions import read_versions
from opsanalytics.workspace import read_workspace

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
        sources = read_commit(repository, repository.files("HEAD"), Globs(workspace.globs("incidents")))
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

