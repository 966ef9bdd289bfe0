"""The quarterly pack from a cold start, with its sheets, CSV files and PDF, beside the same notebooks by the commands of papermill and
nbconvert one after another, which make the pages alone. The goals are 0.15 times their time, 0.35 with cold kernels.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from opsanalytics.packs.catalogue import PACKS
from opsanalytics.scaffold.demo import write_demo
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

pytestmark = pytest.mark.long
PACK = PACKS["quarterly-planning"]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company") / "co"
    write_demo(folder, until=date(2026, 9, 30))
    load(read_workspace(folder))
    return folder


@pytest.mark.benchmark(group="the quarterly pack; the peer runs papermill and nbconvert on each of its notebooks")
class TestQuarterlyPack:
    def test_opsanalytics(self, benchmark: Callable[..., object], company: Path) -> None:
        benchmark.pedantic(lambda: report(company), rounds=2)

    def test_cold_kernels(self, benchmark: Callable[..., object], company: Path) -> None:
        benchmark.pedantic(lambda: report(company, "--isolated"), rounds=1)

    def test_peer(self, benchmark: Callable[..., object], company: Path, tmp_path: Path) -> None:
        benchmark.pedantic(lambda: one_by_one(company, tmp_path), rounds=1)


def report(company: Path, *more: str) -> None:
    run(company, sys.executable, "-m", "opsanalytics", "report", PACK.name, "--period", "2026-Q3", "--no-load", *more)


def one_by_one(company: Path, folder: Path) -> None:
    scripts = Path(sys.executable).parent
    for name, source in PACK.sources.items():
        executed = folder / f"{name}.ipynb"
        run(company, str(scripts / "papermill"), str(source), str(executed), "-p", "period", "2026-Q3", "--no-progress-bar", "-k", "python3")
        run(company, str(scripts / "jupyter"), "nbconvert", "--to", "html", "--no-input", str(executed))


def run(company: Path, *command: str) -> None:
    database = company / "data" / "ops.duckdb"
    subprocess.run(command, cwd=company, env={**os.environ, "OPSANALYTICS_DATABASE": str(database)}, capture_output=True, check=True)
