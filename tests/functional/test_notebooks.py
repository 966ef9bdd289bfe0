"""The notebooks as an analyst opens them: in a workspace, by hand, with no parameters."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from opsanalytics.packs.catalogue import PACKS, notebooks_folder
from opsanalytics.warehouse.load import load
from opsanalytics.workbench.lab import lay_out_notebooks
from opsanalytics.workspace import read_workspace

NOTEBOOKS = sorted(notebooks_folder().glob("*.ipynb"))


def test_there_is_a_notebook_for_every_page() -> None:
    assert {name for pack in PACKS.values() for name in pack.notebooks} <= {path.stem for path in NOTEBOOKS}
    assert len(NOTEBOOKS) >= 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestShape:
    def test_starts_with_title_question_and_limits(self, path: Path) -> None:
        first = nbformat.read(path, as_version=4).cells[0]
        assert first.cell_type == "markdown"
        assert first.source.startswith("# ")
        assert len([part for part in first.source.split("\n\n") if part]) >= 3

    def test_holds_no_outputs_functions_or_sql(self, path: Path) -> None:
        notebook = nbformat.read(path, as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(not cell.outputs and cell.execution_count is None for cell in cells)
        assert not [cell.source for cell in cells if "def " in cell.source or "lambda" in cell.source]
        if path.stem != "explore":
            assert not [cell.source for cell in cells if "select " in cell.source.lower()]


IN_NO_PACK = {"explore", "onboarding"}


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem, marks=() if path.stem in IN_NO_PACK else pytest.mark.long)
                                  for path in NOTEBOOKS])  # fmt: skip
def test_runs_by_hand_with_no_parameters(path: Path, example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbclient import NotebookClient

    monkeypatch.delenv("OPSANALYTICS_DATABASE", raising=False)
    load(read_workspace(example))
    folder = example / "notebooks"
    lay_out_notebooks(folder)
    notebook = nbformat.read(folder / path.name, as_version=4)
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [each for each in outputs if each.output_type == "error"] == []
    assert [each.text for each in outputs if each.get("name") == "stderr"] == []
    assert any(each.output_type in ("display_data", "execute_result") for each in outputs)


def test_a_notebook_that_somebody_edited_is_never_written_over(tmp_path: Path) -> None:
    assert lay_out_notebooks(tmp_path) == []
    edited, untouched = tmp_path / "mttr.ipynb", tmp_path / "overview.ipynb"
    edited.write_bytes(edited.read_bytes() + b"\n")
    mine = edited.read_bytes()
    untouched.unlink()
    assert lay_out_notebooks(tmp_path) == ["mttr.ipynb"]
    assert edited.read_bytes() == mine
    assert untouched.exists()


def test_an_untouched_notebook_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "mttr.ipynb").write_text("{}", encoding="utf-8")
    monkeypatch.setattr("opsanalytics.workbench.lab.notebooks_folder", lambda: shipped)
    lay_out_notebooks(tmp_path / "notebooks")
    (shipped / "mttr.ipynb").write_text('{"newer": 1}', encoding="utf-8")
    assert lay_out_notebooks(tmp_path / "notebooks") == []
    assert (tmp_path / "notebooks" / "mttr.ipynb").read_text(encoding="utf-8") == '{"newer": 1}'


def test_lab_serves_the_notebooks_with_the_database_found(example: Path, unused_port: Callable[[], int]) -> None:
    """JupyterLab for real: the command starts it, and a kernel it starts finds the tables."""
    import json
    import subprocess
    import sys
    import time
    import urllib.request

    port = unused_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "opsanalytics", "lab", "--no-browser", f"--port={port}", "--allow-root", "--IdentityProvider.token=t"],
        cwd=example, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        env={key: value for key, value in os.environ.items() if key != "OPSANALYTICS_DATABASE"},
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}/api/contents/notebooks?token=t"
        for _ in range(100):
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    listed = json.load(answer)
                break
            except OSError:
                assert server.poll() is None, server.stderr.read() if server.stderr else ""
                time.sleep(0.3)
        else:
            pytest.fail("JupyterLab did not answer within half a minute")
        assert {path.name for path in NOTEBOOKS} <= {each["name"] for each in listed["content"]}
        assert (example / "data" / "ops.duckdb").exists()
    finally:
        server.terminate()
        server.wait(timeout=30)
        if server.stderr:
            server.stderr.close()


@pytest.fixture
def unused_port() -> Callable[[], int]:
    import socket

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find
