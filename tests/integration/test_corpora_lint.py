"""The linter over real files that nobody here wrote: what a person who read them found, it finds too, and no more."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="../shared/corpora is not here")


def findings(folder: str, glob: str, tmp_path: Path) -> list[dict[str, Any]]:
    root = tmp_path / "w"
    shutil.copytree(CORPORA / folder, root)
    (root / "ops.yml").write_text(f'records: {{incidents: ["{glob}"]}}\n', encoding="utf-8")
    return load(read_workspace(root), database=tmp_path / "ops.duckdb", now=datetime(2026, 7, 1)).findings


def test_recovery_times_that_their_own_timeline_contradicts_are_found(tmp_path: Path) -> None:
    """Of the 29 that state one, compared with their timelines entry by entry. Between the entry at which it begins and the one at which it is over lie
    665, not 669 minutes; 351 at most on the first day, or 1399, not 399; 14 to 35, not 10; 21 h 6 min, not 22 h; 5812, not
    5840; 406 to 409, not 389. The others agree with their timeline to the minute."""
    found = [each for each in findings("incidents/dfds+postmortems", "*.md", tmp_path) if each["code"] == "OPS114"]
    places = {(each["path"][:10], each["line"], each["col"], re.search("`(.*?)`", each["message"])[1]) for each in found}
    assert places == {
        ("PM2023-002", 58, 21, "669 minutes"),
        ("PM2024-001", 73, 21, "399 minutes"),
        ("PM2024-002", 43, 21, "10 minutes"),
        ("PM2024-003", 44, 21, "22 hours"),
        ("PM2025-001", 67, 21, "5840 minutes"),
        ("PM2025-002", 63, 21, "389 minutes"),
    }


def test_the_status_page_file_that_mixes_zones_is_named(tmp_path: Path) -> None:
    found = findings("incidents/jenkins-infra+status", "content/issues/*.md", tmp_path)
    (mixed,) = (each for each in found if "other times of this file state one" in each["message"] and each["line"] < 10)
    assert (mixed["path"], mixed["line"], mixed["col"], mixed["code"]) == (
        "content/issues/2021-12-15-jira-outage.md", 5, 15, "OPS113")  # fmt: skip
    assert {each["code"] for each in found} == {"OPS112", "OPS113"}
