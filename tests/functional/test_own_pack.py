"""A team's own pack, as the how-to page tells it: its settings and its notebook are taken from there."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from opsanalytics.errors import WorkspaceError
from opsanalytics.packs.catalogue import own_packs
from opsanalytics.workspace import read_workspace, workspace_of

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "a-pack-of-your-own.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def workspace(example: Path) -> Path:
    (settings,) = blocks("yaml")
    parameters, cell = blocks("python")
    cells = [nbformat.v4.new_markdown_cell("# Checkout: its incidents"),
             nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}), nbformat.v4.new_code_cell(cell)]  # fmt: skip
    (example / "notebooks").mkdir()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), example / "notebooks" / "checkout.ipynb")
    with (example / "ops.yml").open("a", encoding="utf-8") as file:
        file.write(settings)
    return example


def test_it_takes_ten_lines_at_most() -> None:
    (settings,) = blocks("yaml")
    assert len(settings.splitlines()) <= 10


def test_it_is_listed_and_made(opsanalytics, workspace):
    listed = opsanalytics("report", cwd=workspace)
    assert re.search(r"^platform-week +\S.* week$", listed.out, re.MULTILINE)
    made = opsanalytics("report", "platform-week", "--period", "2026-W40", cwd=workspace)
    assert (made.code, made.out.splitlines()[0][:12]) == (0, "made 3 pages")
    folder = workspace / "reports" / "platform-week" / "2026-W40"
    assert {path.name for path in folder.glob("*.html")} == {"index.html", "incident_stories.html", "mttr.html", "summary.html"}
    first = (folder / "index.html").read_text()
    assert "The platform&#39;s week" in first
    assert "Checkout: its incidents" in first
    assert re.search(r"\d+ incidents of checkout on record", first)


@pytest.mark.parametrize("written", ["not json", "[]"])
def test_a_file_that_is_no_notebook_is_refused_before_anything_runs(opsanalytics, workspace, written):
    (workspace / "notebooks" / "checkout.ipynb").write_text(written)
    made = opsanalytics("report", "platform-week", cwd=workspace)
    assert (made.code, "checkout.ipynb: cannot be read as a notebook" in made.err) == (2, True)
    assert not (workspace / "reports" / "platform-week").exists()


@pytest.mark.parametrize(("packs", "message"), [
    ("mine: {period: week, notebooks: [overviw]}", r"packs\.mine: there is no notebook `overviw`; .*overview"),
    ("mine: {period: week, notebooks: [../ours.ipynb]}", r"packs\.mine: there is no notebook|must stay inside"),
    ("mine: {period: week, notebooks: [mttr, mttr]}", r"packs\.mine: two pages would have one name, or"),
    ("monthly-retro: {period: week, notebooks: [mttr]}", r"packs\.monthly-retro: that is a pack of ours"),
])  # fmt: skip
def test_what_cannot_be_made_is_refused(tmp_path, packs, message):
    with pytest.raises(WorkspaceError, match=message):
        own_packs(workspace_of(tmp_path, f"packs:\n  {packs}\n".encode()))


def test_a_link_out_of_the_workspace_is_refused(tmp_path):
    (tmp_path / "outside.ipynb").write_text("{}")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "ours.ipynb").symlink_to(tmp_path / "outside.ipynb")
    (inside / "ops.yml").write_text("packs: {mine: {period: week, notebooks: [ours.ipynb]}}")
    with pytest.raises(WorkspaceError, match="must stay inside the workspace"):
        own_packs(read_workspace(inside))


@pytest.mark.parametrize(("packs", "message"), [
    ("A b: {period: week, notebooks: [mttr]}", r"ops\.yml:\d+:\d+ "),
    ("mine: {period: fortnight, notebooks: [mttr]}", r"ops\.yml:2:\d+ packs\.mine\.period"),
    ("mine: {period: week, notebooks: []}", r"ops\.yml:2:\d+ packs\.mine\.notebooks"),
    ("mine: {period: week, notebooks: [mttr], colour: red}", r"ops\.yml:2:\d+ packs\.mine.*: no such setting; there are title, period, notebooks"),
])  # fmt: skip
def test_mistakes_in_the_settings_have_a_line(tmp_path, packs, message):
    with pytest.raises(WorkspaceError, match=message):
        workspace_of(tmp_path, f"packs:\n  {packs}\n".encode())
