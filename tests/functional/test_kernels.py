"""Warm kernels, real ones: they say what cold ones say, and none is left whatever ends the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from opsanalytics.packs.catalogue import notebooks_folder
from opsanalytics.packs.kernels import CAN_FORK, Forked, Nursery
from opsanalytics.packs.run import AT_ONCE, FailedRunError, Run, run_notebooks
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="kernels start cold here")
NAMES = sorted(path.stem for path in notebooks_folder().glob("*.ipynb"))
QUICK = ("incident_stories", "mttr_definitions")


@pytest.mark.parametrize("names", [QUICK, pytest.param(NAMES, marks=pytest.mark.long)], ids=["two", "all"])
def test_a_warm_kernel_says_what_a_cold_one_says(example: Path, tmp_path: Path, names: list[str]) -> None:
    load(read_workspace(example))
    said = {}
    for isolated in (False, True):
        runs = [Run(name, notebooks_folder() / f"{name}.ipynb", tmp_path / f"{isolated}-{name}.ipynb", {}) for name in names]
        run_notebooks(runs, database=example / "data" / "ops.duckdb", done=str, isolated=isolated)
        said[isolated] = {run.name: [_outputs(cell) for cell in nbformat.read(run.executed, as_version=4).cells] for run in runs}
    assert said[False] == said[True]


def _outputs(cell: nbformat.NotebookNode) -> list[dict[str, object]]:
    return [dict(output) for output in cell.get("outputs", [])]


def test_kernels_are_as_separate_as_cold_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has an interpreter, a session and a working folder of its own, and sees nothing of what another did; a notebook
    takes one."""
    forked: list[Forked] = []
    fork = Nursery.fork
    monkeypatch.setattr(Nursery, "fork", lambda *arguments: forked.append(fork(*arguments)) or forked[-1])
    cell = f"""
import builtins, os, pathlib, sys, threading
assert not hasattr(builtins, "left_behind") and "left" not in sys.modules
builtins.left_behind = sys.modules["left"] = os.environ["LEFT"] = 1 and "behind"
pathlib.Path({str(tmp_path)!r}, f"{{os.getpid()}}-{{os.getsid(0)}}").touch()
print(os.getcwd())"""
    _notebook(tmp_path / "source.ipynb", cell)
    runs = [Run(str(n), tmp_path / "source.ipynb", tmp_path / f"{n}.ipynb", {}) for n in range(3)]
    run_notebooks(runs, database=tmp_path / "ops.duckdb", done=str)
    seen = [path.name.split("-") for path in tmp_path.glob("*-*")]
    assert {str(kernel.pid) for kernel in forked} == {pid for pid, _ in seen}
    assert len(forked) == len(seen) == 3
    assert all(pid == session for pid, session in seen)
    assert nbformat.read(tmp_path / "0.ipynb", as_version=4).cells[-1].outputs[0].text.strip() == str(tmp_path)


RUN = """
import sys
from pathlib import Path
from opsanalytics.packs.run import Run, run_notebooks
folder = Path(sys.argv[1])
runs = [Run(str(place), folder / "source.ipynb", folder / f"{place}.ipynb", {}) for place in range(4)]
run_notebooks(runs, database=folder / "ops.duckdb", done=print)
"""


@pytest.mark.parametrize("kill", [os.kill, os.killpg], ids=["alone", "with its group"])
def test_a_run_that_is_killed_leaves_no_process(tmp_path: Path, kill: Callable[[int, int], None]) -> None:
    """Nor what a notebook started: what forks the kernels ends them when the run's pipe does."""
    cell = f"""
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
for pid in (os.getpid(), child.pid):
    pathlib.Path({str(tmp_path)!r}, f"pid-{{pid}}").touch()
time.sleep(600)"""
    _notebook(tmp_path / "source.ipynb", cell)
    run = subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path)], start_new_session=True)
    _until(lambda: len(list(tmp_path.glob("pid-*"))) == 2 * AT_ONCE)
    kill(run.pid, signal.SIGKILL)
    run.wait()
    _assert_gone(tmp_path)


def test_what_a_notebook_leaves_behind_ends_with_the_run(tmp_path: Path) -> None:
    cell = f"""
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path({str(tmp_path)!r}, f"pid-{{child.pid}}").touch()"""
    _notebook(tmp_path / "source.ipynb", cell)
    run_notebooks([Run("one", tmp_path / "source.ipynb", tmp_path / "one.ipynb", {})], database=tmp_path / "ops.duckdb", done=str)
    assert len(list(tmp_path.glob("pid-*"))) == 1
    _assert_gone(tmp_path)


def _assert_gone(folder: Path) -> None:
    pids = [int(path.name.removeprefix("pid-")) for path in folder.glob("pid-*")]
    _until(lambda: not any(map(_is_alive, pids)), seconds=10)


def _is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_process_that_forks_no_kernels_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "false")
    _notebook(tmp_path / "source.ipynb", "1")
    run = Run("one", tmp_path / "source.ipynb", tmp_path / "one.ipynb", {})
    with pytest.raises(FailedRunError, match=r"^one, its kernel did not start: the process that forks kernels has ended; `--isolated` does"):
        run_notebooks([run], database=tmp_path / "ops.duckdb", done=str)


def _notebook(path: Path, source: str) -> None:
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
    cells = [nbformat.v4.new_code_cell("", metadata={"tags": ["parameters"]}), nbformat.v4.new_code_cell(source)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)


def _until(holds: Callable[[], bool], seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.05)
