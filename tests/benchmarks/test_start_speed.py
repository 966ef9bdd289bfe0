"""Start-up beside what it cannot be faster than, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from speeds import Speed, fastest

from opsanalytics.cli import cli

BARE = "import click\n@click.group()\ndef cli(): pass\n" + "".join(
    f"@cli.command()\ndef c{number}(): pass\n" for number in range(len(cli.commands))
) + "cli(['--help'])"
METRIC = "import opsanalytics as ops\nops.metric('time_to_restore')"


@pytest.mark.parametrize(("number", "work", "ours", "peer", "against", "goal"), [
    ("6", "`opsanalytics --help`", ["-m", "opsanalytics", "--help"], ["-c", BARE], "a bare click program with as many commands", "at most 1.5x"),
    ("6b", "`opsanalytics due` on the demo company, unchanged", ["-m", "opsanalytics", "due"], ["-c", "import duckdb"], "`import duckdb`", "at most 4x"),
    ("7", "`ops.metric` in a fresh process", ["-c", METRIC], ["-c", "import pandas"], "`import pandas`", "at most 2.5x"),
], ids=["help", "due", "metric"])  # fmt: skip
@pytest.mark.long
@pytest.mark.benchmark(group="start")
def test_start(
    benchmark: Any, company: Path, speeds: list[Speed], number: str, work: str, ours: list[str], peer: list[str], against: str, goal: str
) -> None:
    run(company, *ours)
    benchmark.pedantic(lambda: run(company, *ours), rounds=10)
    seconds, limit = fastest(lambda: run(company, *ours), rounds=10), fastest(lambda: run(company, *peer), rounds=10)
    speeds.append(Speed(number, work, f"{seconds:.2f} s", f"{against} {limit:.2f} s", f"{seconds / limit:.1f}x", goal))


def run(company: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=company, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, check=True)
