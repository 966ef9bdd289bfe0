"""Notebooks that fail in every way there is: the pack that stood stands, what failed is named with its place, and nothing of the
run is left."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import duckdb
import nbformat
import pytest

from opsanalytics.packs import engine
from opsanalytics.packs.sheets import write_sheets

Run = Callable[..., object]
PARAMETERS = 'period: str = "this"'
DATABASE = "import os, pathlib\ndatabase = pathlib.Path(os.environ['OPSANALYTICS_DATABASE'])"
FIGURE = "import plotly.graph_objects as go\nfigure = go.Figure(layout={'meta': object()})"


def write(path: Path, *cells: str, parameters: str = PARAMETERS) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
    parts = [nbformat.v4.new_markdown_cell("# Story"), nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
             *map(nbformat.v4.new_code_cell, cells)]  # fmt: skip
    nbformat.write(nbformat.v4.new_notebook(cells=parts, metadata=kernel), path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a pack that stands."""
    root = tmp_path_factory.mktemp("made") / "acme"
    (root / "notebooks").mkdir(parents=True)
    settings = "zone: UTC\npacks:\n  mine: {period: quarter, notebooks: [notebooks/first.ipynb, notebooks/story.ipynb]}\n"
    (root / "ops.yml").write_text(settings, encoding="utf-8")
    write(root / "notebooks" / "first.ipynb", "1")
    write(root / "notebooks" / "story.ipynb", "1")
    subprocess.run([sys.executable, "-m", "opsanalytics", "report", "mine", "--period", "2026-Q1"], cwd=root, check=True)
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "acme"))


@pytest.fixture
def standing(root: Path) -> Path:
    return root / "reports" / "mine" / "2026-Q1"


def report(opsanalytics: Run, root: Path, *more: str) -> object:
    return opsanalytics("report", "mine", "--period", "2026-Q1", *more, cwd=root)


def assert_as_it_was(pack: Path) -> None:
    """Whole by its manifest, and nothing of a run is beside it."""
    files = json.loads((pack / "manifest.json").read_text())["files"]
    assert files == {name: sha256((pack / name).read_bytes()).hexdigest() for name in files}
    assert {path.name for path in pack.parents[1].iterdir()} - {".failed"} == {".gitignore", ".lock", "mine"}
    assert [path.name for path in pack.parent.iterdir()] == ["2026-Q1"]
    assert kernels() == []


def kernels() -> list[int]:
    """The processes below this one that run notebooks, or fork what does."""
    found = subprocess.run(["ps", "-o", "pid=,args=", "-u", str(os.getuid()), "eww"], capture_output=True, text=True, check=True).stdout
    mark = f"PYTEST_CURRENT_TEST={os.environ['PYTEST_CURRENT_TEST'].split(' ')[0]}"
    return [int(line.split()[0]) for line in found.splitlines() if mark in line and ("ipykernel" in line or "packs.warm" in line)]


@pytest.mark.long
@pytest.mark.parametrize(("cell", "message"), [
    pytest.param("one = 1\none / 0", "cell 3, line 2: ZeroDivisionError: division by zero", id="exception"),
    pytest.param("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
                 "cell 3: the kernel died: it was killed, perhaps for want of memory", id="killed"),
    pytest.param("import resource\nresource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))\nmany = bytearray(2**31)",
                 "cell 3, line 3: out of memory (MemoryError)", id="out of memory"),
    pytest.param("import sys\nsys.exit()", "cell 3: ended the notebook by itself (sys.exit)", id="sys.exit"),
    pytest.param("import sys\nsys.exit('no data')", "cell 3: ended the notebook by itself (sys.exit)", id="sys.exit with a reason"),
    pytest.param("import os\nos._exit(3)", "cell 3: the kernel died: it ended by itself, with exit code 3", id="os._exit"),
    pytest.param("import os\nos.abort()", "cell 3: the kernel died of SIGABRT", id="abort"),
    pytest.param("name = input()", "cell 3, line 1: asks for input(), which nobody gives here; make it a parameter", id="input"),
    pytest.param("import opsanalytics as ops\nops.sql('select * from outages')",
                 "cell 3, line 2: QueryError: Catalog Error: Table with name outages does not exist!", id="missing table"),
    pytest.param(f"{FIGURE}\nfigure", "cell 3, line 3: TypeError: Object of type object is not JSON serializable", id="figure given back"),
    pytest.param(f"{FIGURE}\nfigure.show()\nx = 1", "cell 3, line 3: TypeError: Object of type object is not JSON serializable", id="figure shown"),
    pytest.param(f"{DATABASE}\ndatabase.unlink()\nimport opsanalytics as ops\nops.table('incidents')",
                 "cell 3, line 5: DatabaseError: ", id="deleted database"),
    pytest.param("def f(:", "cell 3, line 1: SyntaxError: invalid syntax", id="syntax"),
])  # fmt: skip
def test_a_cell_that_fails_is_named(opsanalytics, root, standing, cell, message):
    write(root / "notebooks" / "story.ipynb", cell, "2")
    ran = report(opsanalytics, root)
    assert (ran.code, ran.err[: len(f"opsanalytics: story, {message}")]) == (14, f"opsanalytics: story, {message}")
    assert_kept(root, ran.err)
    assert_as_it_was(standing)


def assert_kept(root: Path, said: str) -> None:
    """The executed notebook, with the error in it."""
    kept = root / "reports" / ".failed" / "mine-story.ipynb"
    assert f"its executed notebook is {kept}; the pack that stood is as it was" in said
    cells = nbformat.read(kept, as_version=4).cells
    assert any(output.output_type == "error" for cell in cells for output in cell.get("outputs", []))


@pytest.mark.long
@pytest.mark.parametrize(("cell", "grace", "place"), [
    pytest.param("x = 1\nwhile True:\n    x += 1", 60, r", line [23]", id="endless"),
    pytest.param("import time\ntry:\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    pass", 60, "", id="swallowed"),
    pytest.param("import time\nwhile True:\n    try:\n        time.sleep(600)\n    except KeyboardInterrupt:\n        pass", 1, "", id="deaf"),
])  # fmt: skip
def test_a_cell_that_never_ends_is_stopped(opsanalytics, root, standing, monkeypatch, cell, grace, place):
    monkeypatch.setattr(engine, "LONGEST_CELL", 2)
    monkeypatch.setattr(engine, "GRACE", grace)
    write(root / "notebooks" / "story.ipynb", cell, "2")
    ran = report(opsanalytics, root)
    assert (ran.code, bool(re.match(rf"opsanalytics: story, cell 3{place}: ran for more than 2 s\n", ran.err))) == (14, True), ran.err
    assert_kept(root, ran.err)
    assert_as_it_was(standing)


@pytest.mark.long
def test_what_a_cell_left_running_does_not_keep_the_run(opsanalytics, root, standing):
    """The kernel's own loop spins when the last cell is done, so that it answers nothing any more."""
    write(root / "notebooks" / "story.ipynb", "import asyncio, time\nasync def spin():\n    time.sleep(600)\ntask = asyncio.ensure_future(spin())")
    began = time.monotonic()
    assert report(opsanalytics, root).code == 0
    assert time.monotonic() - began < 60
    assert kernels() == []


@pytest.mark.long
@pytest.mark.parametrize("cell", [
    pytest.param("print('x' * 10**8)", id="at once"),
    pytest.param("while True:\n    print('x' * 10**5)", id="without end"),
    pytest.param("from IPython.display import HTML\nHTML('x' * 10**8)", id="as a page"),
])  # fmt: skip
def test_a_hundred_megabytes_of_output_are_refused(opsanalytics, root, standing, monkeypatch, cell):
    """The line is told where the cell still runs and hears the interrupt."""
    monkeypatch.setattr(engine, "GRACE", 2)
    write(root / "notebooks" / "story.ipynb", cell, "2")
    ran = report(opsanalytics, root)
    assert ran.code == 14
    assert re.match(r"opsanalytics: story, cell 3(, line 2)?: the notebook wrote more than 25 MB, which no page can show\n", ran.err)
    assert_kept(root, ran.err)
    assert (root / "reports" / ".failed" / "mine-story.ipynb").stat().st_size < 30_000_000
    assert_as_it_was(standing)


def test_a_parameter_that_no_notebook_has_is_refused_before_anything_runs(opsanalytics, root, standing):
    ran = report(opsanalytics, root, "--by", "severity")
    assert (ran.code, ran.err) == (2, "opsanalytics: mine has no parameter `by`; valid: period\n")
    assert_as_it_was(standing)


def test_a_parameter_of_another_type_is_refused_before_anything_runs(opsanalytics, root, standing):
    write(root / "notebooks" / "story.ipynb", "1", parameters="period: int = 3")
    ran = report(opsanalytics, root)
    assert (ran.code, ran.err) == (2, "opsanalytics: story: parameter `period` is '2026-Q1'; it must be a int\n")
    assert_as_it_was(standing)


@pytest.mark.long
def test_a_database_that_goes_while_the_notebooks_run_is_named(opsanalytics, root, standing):
    write(root / "notebooks" / "story.ipynb", f"{DATABASE}\ndatabase.unlink()")
    ran = report(opsanalytics, root)
    assert (ran.code, "no database there; run `opsanalytics load` first" in ran.err) == (11, True)
    assert_as_it_was(standing)


@pytest.mark.long
@pytest.mark.parametrize("parameters", ["period = 1 / 0", "period: str = undefined"])
def test_cells_count_as_their_author_sees_them(opsanalytics, root, standing, parameters):
    write(root / "notebooks" / "story.ipynb", "1", parameters=parameters)
    assert report(opsanalytics, root).err.startswith("opsanalytics: story, cell 2, line 1: ")


@pytest.mark.long
def test_a_notebook_without_parameters_counts_alike(opsanalytics, root, standing):
    write(root / "notebooks" / "story.ipynb", "1 / 0", parameters="nothing = 1")
    assert report(opsanalytics, root).err.startswith("opsanalytics: story, cell 3, line 1: ZeroDivisionError")


@pytest.mark.long
def test_the_first_failure_ends_the_run(opsanalytics, root, standing):
    """Whichever notebook it is: the others are not waited for."""
    write(root / "notebooks" / "first.ipynb", "import time\ntime.sleep(600)")
    write(root / "notebooks" / "story.ipynb", "1 / 0")
    began = time.monotonic()
    assert report(opsanalytics, root).err.startswith("opsanalytics: story, cell 3, line 1: ZeroDivisionError")
    assert time.monotonic() - began < 60
    assert_as_it_was(standing)


# --- a full disk

LIMITED = """
import resource, sys
from opsanalytics.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
main()
"""


@pytest.mark.long
@pytest.mark.parametrize("size", [1_000, 10_000, 1_000_000], ids=["the first save", "a later save", "what the pages share"])
def test_a_full_disk_leaves_the_pack_and_says_so(opsanalytics, root, standing, size):
    """A file that may not grow is refused as one on a full disk is, in the midst of a write."""
    write(root / "notebooks" / "story.ipynb", *["print('x' * 1000)"] * (9 if size == 10_000 else 1))
    command = [sys.executable, "-c", LIMITED, str(size), "report", "mine", "--period", "2026-Q1", "--no-load"]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert ran.returncode == 16, ran.stderr
    assert "cannot write there (File too large); the pack that stood is as it was" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert_as_it_was(standing)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the zip file tries again when it goes
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_workbook_on_a_full_disk_is_refused_likewise(tmp_path):
    (tmp_path / "data.xlsx").symlink_to("/dev/full")
    with duckdb.connect() as connection, pytest.raises(OSError, match="No space left on device"):
        write_sheets(connection, [], tmp_path / "data.xlsx", [])
    gc.collect()
