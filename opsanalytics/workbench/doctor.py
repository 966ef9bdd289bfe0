"""What is installed, what is missing, and how to mend it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from opsanalytics.errors import OpsError
from opsanalytics.packs.pdf import find_browser
from opsanalytics.warehouse.answers import summary
from opsanalytics.workspace import read_workspace

PACKAGES = ("duckdb", "pandas", "plotly", "papermill", "jupyterlab", "pyyaml", "pyromark", "ipykernel")


@dataclass(frozen=True)
class Check:
    what: str
    found: str
    remedy: str | None = None
    is_optional: bool = False

    @property
    def is_well(self) -> bool:
        return self.remedy is None


def examine(root: Path, database: Path) -> Iterator[Check]:
    yield _python()
    yield from map(_package, PACKAGES)
    yield _kernel()
    yield _git()
    yield _browser()
    yield _settings(root)
    yield _database(database)
    yield _writable(database.parent if database.parent.exists() else root)


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", found, None if sys.version_info >= (3, 11) else "install Python 3.11 or newer")


def _package(name: str) -> Check:
    try:
        return Check(name, version(name))
    except PackageNotFoundError:
        return Check(name, "missing", f"pip install {name}")


def _kernel() -> Check:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        return Check("kernel python3", str(KernelSpecManager().get_kernel_spec("python3").display_name))
    except NoSuchKernel:
        return Check("kernel python3", "missing", "python -m ipykernel install --sys-prefix")


def _git() -> Check:
    path = shutil.which("git")
    if path is None:
        return Check("git", "missing", "install git: commits and --as-of need it", is_optional=True)
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    return Check("git", said.removeprefix("git version ").strip())


def _browser() -> Check:
    if find_browser():
        return Check("browser", "found")
    return Check("browser", "missing", "install chromium: packs get their report.pdf by it", is_optional=True)


def _settings(root: Path) -> Check:
    try:
        workspace = read_workspace(root)
    except OpsError as error:
        return Check("ops.yml", "cannot be used", str(error))
    return Check("ops.yml", "read" if workspace.config else "none: the conventional places are searched")


def _database(database: Path) -> Check:
    if not database.exists():
        return Check("database", "none yet", "opsanalytics load", is_optional=True)
    try:
        found = summary(database)
    except OpsError as error:
        return Check("database", "cannot be used", str(error))
    return Check("database", f"as of {found['as_of']}, {found['files_loaded']} files loaded")


def _writable(folder: Path) -> Check:
    if os.access(folder, os.W_OK):
        return Check("room to write", "yes")
    return Check("room to write", "no", f"give yourself the right to write to {folder}")
