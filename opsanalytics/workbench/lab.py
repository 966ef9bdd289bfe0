"""JupyterLab on the notebooks of a workspace, with its database found."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from opsanalytics.packs.catalogue import notebooks_folder
from opsanalytics.workbench.session import DATABASE_VARIABLE

_LEDGER = ".shipped.json"


def lay_out_notebooks(folder: Path) -> list[str]:
    """Copies the notebooks into a workspace and brings untouched ones up to date.

    A notebook that somebody edited or ran is theirs and stays as it is; their names are returned.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ledger_path = folder / _LEDGER
    ledger: dict[str, str] = json.loads(ledger_path.read_text(encoding="utf-8")) if ledger_path.exists() else {}
    kept = []
    for source in sorted(notebooks_folder().glob("*.ipynb")):
        target, data = folder / source.name, source.read_bytes()
        standing = target.read_bytes() if target.exists() else None
        if standing is not None and standing != data and _hash(standing) != ledger.get(source.name):
            kept.append(source.name)
            continue
        if standing != data:
            target.write_bytes(data)
        ledger[source.name] = _hash(data)
    ledger_path.write_text(json.dumps(ledger, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return kept


def run_lab(root: Path, database: Path, arguments: Sequence[str]) -> None:
    """Replaces this process by JupyterLab on the workspace. Does not return."""
    os.environ[DATABASE_VARIABLE] = str(database)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}",
               "--LabApp.default_url=/lab/tree/notebooks/explore.ipynb", *arguments]  # fmt: skip
    sys.stdout.flush()
    os.execv(sys.executable, command)


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()
