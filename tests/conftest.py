from __future__ import annotations

import os
import pickle
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

ROOT = Path(__file__).parent.parent
CORPORA = ROOT.parent / "shared" / "corpora"


def pytest_configure() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would all that the tests start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], Any]], Any]:
    """`once(name, make)`: what `make(folder)` gives, which is made once in a run of the tests, by whichever process asks first; not
    to be changed."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def made(name: str, make: Callable[[Path], Any]) -> Any:
        folder = shared / f"made-{name.replace(' ', '-')}"
        with FileLock(f"{folder}.lock"):
            if not (folder / "result").exists():
                folder.mkdir(exist_ok=True)
                (folder / "result").write_bytes(pickle.dumps(make(folder)))
        return pickle.loads((folder / "result").read_bytes())

    return made


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def corpora() -> Path:
    if not CORPORA.is_dir():
        pytest.skip("the corpora of real files are not here")
    return CORPORA


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of data/example, outside git."""
    return Path(shutil.copytree(ROOT / "data" / "example", tmp_path / "example", ignore=shutil.ignore_patterns("data", "reports")))


@pytest.fixture
def opsanalytics(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The command line, in this process: `opsanalytics("load", "--json", cwd=folder)`."""
    from opsanalytics.cli import main

    monkeypatch.delenv("OPSANALYTICS_DATABASE", raising=False)

    def run(*arguments: str | Path, cwd: Path | None = None) -> Ran:
        if cwd:
            monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["opsanalytics", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return Ran(int(stop.value.code or 0), said.out, said.err)

    return run


INCIDENT = """\
# {title}

Incident ID: {id}
Start Time (UTC): {start}
Detected by: monitor
Severity: {severity}
Affected Systems/Users: checkout

## Timeline
- T0 detection: {detected}
- T+20 mitigation: rolled back
- T+{resolved} resolved: all clear

## Follow-ups
{follow_ups}

## Impact
Some carts were lost.

## Root Cause
A full disk.
"""


@pytest.fixture
def write_incident() -> Callable[..., Path]:
    """Writes an incident in the chapter's template into a workspace."""

    def write(root: Path, incident_id: str = "INC-20260904-01", **fields: object) -> Path:
        said = {"title": "Checkout slow", "start": "2026-09-04 09:00", "detected": "09:05", "severity": "SEV-2",
                "resolved": 40, "follow_ups": "- [ ] Alert on slow checkout — Ana — 2026-09-18", **fields}  # fmt: skip
        path = root / "ops" / "incidents" / f"{said.pop('file', incident_id)}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(INCIDENT.format(id=incident_id, **said), encoding="utf-8")
        return path

    return write
