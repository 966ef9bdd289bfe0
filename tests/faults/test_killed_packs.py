"""Reports that are killed at any moment, the whole process group at once: what stands is whole, no kernel goes on, and the next run
clears away what is left."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
MARK = "OPS_TEST_MARK"
CELL = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
time.sleep(0.3)
child.kill()
child.wait()
"""


class Reports:
    """A small pack in a workspace, with a place for temporary files and a mark on its processes that are its own."""

    def __init__(self, root: Path, temporary: Path) -> None:
        self.root, self.temporary, self.mark = root, temporary, uuid.uuid4().hex
        (root / "notebooks").mkdir(parents=True)
        (root / "ops.yml").write_text("zone: UTC\npacks:\n  mine: {period: quarter, notebooks: [notebooks/one.ipynb, notebooks/two.ipynb]}\n")
        self.write(CELL)

    def write(self, cell: str) -> None:
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
        for name in ("one", "two"):
            path = self.root / "notebooks" / f"{name}.ipynb"
            nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)], metadata=kernel), path)

    @property
    def pack(self) -> Path:
        return self.root / "reports" / "mine" / "2026-Q1"

    def start(self, *more: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "opsanalytics", "report", "mine", "--period", "2026-Q1", *more], cwd=self.root,
                                env={**os.environ, MARK: self.mark, "TMPDIR": str(self.temporary)}, start_new_session=True,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip

    def make(self, *more: str) -> float:
        """In seconds."""
        began = time.monotonic()
        assert self.start(*more).wait() == 0
        return time.monotonic() - began

    def standing(self) -> str:
        """`whole`, `half`, or `none`: a kill between two renames leaves the pack beside its place until the next run."""
        if not self.pack.exists():
            return "none"
        manifest = self.pack / "manifest.json"
        files = json.loads(manifest.read_text())["files"] if manifest.is_file() else {"manifest.json": ""}
        found = {path.relative_to(self.pack).as_posix(): sha256(path.read_bytes()).hexdigest()
                 for path in self.pack.rglob("*") if path.is_file() and path != manifest}  # fmt: skip
        return "whole" if files == found else "half"

    def processes(self) -> list[str]:
        """What runs with the mark, wherever it went: a kernel has a session of its own."""
        return [command for folder in Path("/proc").glob("[0-9]*") if (command := self._command(folder))]

    def _command(self, folder: Path) -> str:
        try:
            is_ours = f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes().split(b"\0")
            return (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode() if is_ours else ""
        except OSError:  # it has ended
            return ""

    def wait_for_the_end(self) -> None:
        """Of all processes, for ten seconds at most."""
        ends = time.monotonic() + 10
        while running := self.processes():
            assert time.monotonic() < ends, running
            time.sleep(0.05)

    def left(self) -> set[str]:
        """Whatever is neither the pack nor what keeps house: on the shelf, beside the pack, in the data, among temporary files."""
        shelf = self.root / "reports"
        kept = {shelf / ".gitignore", shelf / ".lock", shelf / "mine", self.pack,
                *(self.root / "data" / name for name in (".gitignore", "ops.duckdb", "ops.duckdb.lock"))}  # fmt: skip
        places = (shelf, shelf / "mine", self.root / "data", self.temporary)
        return {str(path.relative_to(place)) for place in places if place.is_dir() for path in place.iterdir() if path not in kept}


@pytest.fixture
def reports(tmp_path: Path) -> Iterator[Reports]:
    """The sockets of kernels need a short path."""
    with tempfile.TemporaryDirectory(dir="/tmp") as temporary:
        yield Reports(tmp_path / "acme", Path(temporary))


def kill_runs(reports: Reports, times: int, seed: int, *more: str) -> Counter[str]:
    """Starts runs until so many have been killed, each with its group after a random while, and counts how they left the pack. A run
    that was done before its kill says how long one takes now."""
    draw, took, seen = random.Random(seed), reports.make(*more), Counter[str]()
    while seen["killed"] < times:
        began, run = time.monotonic(), reports.start(*more)
        try:
            assert run.wait(draw.uniform(0.02, 1.1) * took) == 0
            took = time.monotonic() - began
            seen["finished"] += 1
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            seen["killed"] += 1
        seen[reports.standing()] += 1
        reports.wait_for_the_end()
    return seen


@pytest.mark.long
def test_a_killed_run_leaves_no_half_pack_and_no_kernel(reports: Reports) -> None:
    """Nor what a notebook had started."""
    assert kill_runs(reports, 4, 4)["half"] == 0
    reports.make()
    assert reports.left() == set()


@pytest.mark.long
def test_nor_do_cold_kernels_go_on(reports: Reports) -> None:
    reports.write("import time\ntime.sleep(0.3)")
    assert kill_runs(reports, 4, 4, "--isolated")["half"] == 0
    reports.make("--isolated")
    assert reports.left() == set()


@pytest.mark.long
def test_a_hundred_killed_runs_leave_no_half_pack_and_no_kernel(reports: Reports) -> None:
    seen = kill_runs(reports, 100, 100)
    print(seen)
    assert seen["half"] == 0
    reports.make()
    assert (reports.standing(), reports.left()) == ("whole", set())


@pytest.mark.long
def test_what_is_somebody_elses_stays(reports: Reports) -> None:
    """Folders with names like ours: one that another run holds, and one that is no run's."""
    kept = reports.temporary / "opsanalytics-demo"
    kept.mkdir()
    left = reports.temporary / ".opsanalytics-run-left"
    left.mkdir()
    (left / "kernel").touch()
    held = reports.temporary / ".opsanalytics-run-held"
    held.mkdir()
    from fcntl import LOCK_EX, flock

    descriptor = os.open(held, os.O_RDONLY)
    flock(descriptor, LOCK_EX)
    try:
        reports.make()
    finally:
        os.close(descriptor)
    assert {path.name for path in reports.temporary.iterdir()} == {kept.name, held.name}
    shutil.rmtree(held)
