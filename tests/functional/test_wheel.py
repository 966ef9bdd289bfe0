"""The wheel, installed into an empty environment outside the checkout: nothing is borrowed from here."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "OPSANALYTICS", "JUPYTER"))}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console script of a fresh environment that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    run(folder / "env/bin/python", "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel, cwd=folder)
    return folder / "env/bin/opsanalytics"


@pytest.mark.long
def test_a_stranger_gets_from_the_wheel_to_a_report(installed: Path, tmp_path: Path) -> None:
    run(installed, "demo", "co", cwd=tmp_path)
    said = run(installed, "report", "quarterly-planning", cwd=tmp_path / "co")
    index = Path(said.strip().splitlines()[-1].removeprefix("open "))
    assert index.is_file()
    assert index.is_relative_to(tmp_path / "co" / "reports" / "quarterly-planning")
    assert str(ROOT) not in index.read_text(encoding="utf-8")


@pytest.mark.long
def test_the_wheel_carries_notebooks_words_templates_and_sql(installed: Path, tmp_path: Path) -> None:
    listing = "from importlib.resources import files; print(*(str(p) for p in files('opsanalytics').rglob('*')), sep='\\n')"
    carried = run(installed.parent / "python", "-c", listing, cwd=tmp_path)
    for name in ("notebooks/overview.ipynb", "readers/vocabulary.yml", "scaffold/templates/incident.md", "warehouse/views.sql",
                 "metrics/durations.sql", "py.typed"):  # fmt: skip
        assert f"opsanalytics/{name}\n" in carried
    assert "opsanalytics/data" not in carried
    path = run(installed, "new", "incident", "--title", "Slow", cwd=tmp_path).strip()
    assert (tmp_path / path).read_text(encoding="utf-8").startswith("# Slow\n")
