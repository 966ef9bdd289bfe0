"""The quarterly pack from a cold start, with its sheets and CSV files, beside the same notebooks by the commands of papermill and
nbconvert one after another, which make the pages alone. Its PDF, which they do not make, is measured apart.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from speeds import Speed, fastest

from opsanalytics.packs.catalogue import PACKS
from opsanalytics.packs.pdf import find_browser

pytestmark = pytest.mark.long
PACK = PACKS["quarterly-planning"]
SCRIPTS = Path(sys.executable).parent


@pytest.fixture(scope="module")
def peer(company: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    """Seconds."""
    return fastest(lambda: one_by_one(company, tmp_path_factory.mktemp("peer")))


@pytest.fixture(scope="module")
def path_without_browser(tmp_path_factory: pytest.TempPathFactory) -> str:
    git = shutil.which("git")
    assert git
    place = tmp_path_factory.mktemp("bin")
    (place / "git").symlink_to(git)
    return str(place)


@pytest.mark.benchmark(group="the quarterly pack")
@pytest.mark.parametrize(("number", "work", "more", "has_pdf", "goal"), [
    ("8", "the pack `quarterly-planning`: pages, sheets, CSV", [], False, "at most 0.15x"),
    ("8b", "the same with cold kernels", ["--isolated"], False, "at most 0.35x"),
    ("8c", "the same with warm kernels and a PDF", [], True, ""),
], ids=["warm", "cold", "with a PDF"])  # fmt: skip
def test_quarterly_pack(
    benchmark: Any, company: Path, peer: float, path_without_browser: str, speeds: list[Speed],
    number: str, work: str, more: list[str], has_pdf: bool, goal: str,
) -> None:
    if has_pdf and find_browser() is None:
        pytest.skip("no browser is here to print a PDF")
    path = os.environ["PATH"] if has_pdf else path_without_browser
    seconds: list[float] = []
    benchmark.pedantic(lambda: seconds.append(fastest(lambda: report(company, path, *more))), rounds=2)
    ours = min(seconds)
    against = f"the commands `papermill` and `jupyter nbconvert` for each of the {len(PACK.notebooks)} notebooks {peer:.1f} s"
    speeds.append(Speed(number, work, f"{ours:.1f} s", against, f"{ours / peer:.2f}x", goal))


def report(company: Path, path: str, *more: str) -> None:
    command = [sys.executable, "-m", "opsanalytics", "report", PACK.name, "--period", "2026-Q3", "--no-load", *more]
    run(company, command, PATH=path)


def one_by_one(company: Path, folder: Path) -> None:
    for name, source in PACK.sources.items():
        executed = folder / f"{name}.ipynb"
        run(company, [str(SCRIPTS / "papermill"), str(source), str(executed), "-p", "period", "2026-Q3", "--no-progress-bar", "-k", "python3"])
        run(company, [str(SCRIPTS / "jupyter"), "nbconvert", "--to", "html", "--no-input", str(executed)])


def run(company: Path, command: list[str], **environment: str) -> None:
    database = company / "data" / "ops.duckdb"
    subprocess.run(command, cwd=company, env={**os.environ, "OPSANALYTICS_DATABASE": str(database), **environment}, capture_output=True,
                   check=True)  # fmt: skip
