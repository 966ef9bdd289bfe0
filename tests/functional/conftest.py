"""Packs that several files look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opsanalytics.packs.make import PackResult, make_pack


@pytest.fixture(scope="session")
def packs(once: Callable[[str, Callable[[Path], Any]], Any]) -> Callable[..., PackResult]:
    """`packs("demo", "weekly-oncall")`: a workspace's pack, all of its forms, not to be changed."""
    from workspaces import make_workspace

    def pack(workspace: str, name: str = "quarterly-planning") -> PackResult:
        database = once(workspace, lambda folder: make_workspace(workspace, folder))
        return once(f"{workspace}-{name}", lambda folder: make_pack(
            name, database=database, reports=folder / "reports", by="service" if workspace == "busy" else None, single_file=True))

    return pack
