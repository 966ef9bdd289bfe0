"""Loads that are killed at any moment: the old tables stand, and the next load cleans up."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from opsanalytics.warehouse.connect import read_rows

Write = Callable[..., Path]


def kill_loads(root: Path, write_incident: Write, times: int, seed: int) -> dict[str, int]:
    """Starts loads that have something to write and kills each after a random while."""
    draw = random.Random(seed)
    database = root / "data" / "ops.duckdb"
    for number in range(40):
        write_incident(root, f"INC-20260901-{number:02d}")
    start_load(root).wait()
    took = timed_load(root)
    seen = {"killed": 0, "finished": 0}
    for number in range(times):
        write_incident(root, "INC-20260902-01", title=f"Title {number}")
        load = start_load(root)
        time.sleep(draw.uniform(0.1, 1.2) * took)
        if load.poll() is None:
            os.killpg(load.pid, signal.SIGKILL)
        seen["killed" if load.wait() < 0 else "finished"] += 1
        (row,) = read_rows(database, "select count(*) as n, count(distinct load_id) as loads from incidents, latest_load")
        assert row["n"] in (40, 41)
        assert row["loads"] == 1
    return seen


def start_load(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "opsanalytics", "load", "--full", str(root)], start_new_session=True,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip


def timed_load(root: Path) -> float:
    began = time.monotonic()
    assert start_load(root).wait() == 0
    return time.monotonic() - began


def assert_next_load_cleans_up(root: Path) -> None:
    assert start_load(root).wait() == 0
    assert {".gitignore", "ops.duckdb", "ops.duckdb.lock"} == {path.name for path in (root / "data").iterdir()}
    assert read_rows(root / "data" / "ops.duckdb", "select count(*) as n from incidents") == [{"n": 41}]


def test_the_old_tables_stand_after_a_kill(tmp_path: Path, write_incident: Write) -> None:
    assert kill_loads(tmp_path, write_incident, times=8, seed=8)["killed"] >= 1
    assert_next_load_cleans_up(tmp_path)


@pytest.mark.long
def test_the_old_tables_stand_after_fifty_kills(tmp_path: Path, write_incident: Write) -> None:
    seen = kill_loads(tmp_path, write_incident, times=50, seed=50)
    print(seen)
    assert seen["killed"] >= 25
    assert_next_load_cleans_up(tmp_path)
