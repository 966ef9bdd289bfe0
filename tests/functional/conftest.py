"""Packs that several files look at: each is made once in a run of the tests, by whichever process asks first."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from opsanalytics.packs.make import PackResult, make_pack


@pytest.fixture(scope="session")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., PackResult]:
    """`packs("demo", "weekly-oncall")`: a workspace's pack, all of its forms, not to be changed."""
    from workspaces import make_workspace

    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def once(name: str, make: Callable[[Path], Path | PackResult]) -> Path | PackResult:
        folder = shared / f"made-{name.replace(' ', '-')}"
        with FileLock(f"{folder}.lock"):
            if not (folder / "result").exists():
                folder.mkdir(exist_ok=True)
                (folder / "result").write_bytes(pickle.dumps(make(folder)))
        return pickle.loads((folder / "result").read_bytes())

    def pack(workspace: str, name: str = "quarterly-planning") -> PackResult:
        database = once(workspace, lambda folder: make_workspace(workspace, folder))
        return once(f"{workspace}-{name}", lambda folder: make_pack(
            name, database=database, reports=folder / "reports", by="service" if workspace == "busy" else None, single_file=True))

    return pack
