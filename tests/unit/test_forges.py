"""Where a line of a record is on the forge that keeps it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from opsanalytics.errors import WorkspaceError
from opsanalytics.figures import Place
from opsanalytics.forges import check_forge, line_address, record_address
from opsanalytics.packs import spans
from opsanalytics.settings import parse_settings
from opsanalytics.warehouse.connect import locked
from opsanalytics.warehouse.load import load
from opsanalytics.workbench import display
from opsanalytics.workspace import read_workspace

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(("forge", "address"), [
    ("https://github.com/acme/ops", f"https://github.com/acme/ops/blob/{COMMIT}/ops/a.md#L7"),
    ("https://github.com/acme/ops/", f"https://github.com/acme/ops/blob/{COMMIT}/ops/a.md#L7"),
    ("https://gitlab.com/acme/team/ops", f"https://gitlab.com/acme/team/ops/-/blob/{COMMIT}/ops/a.md#L7"),
    ("http://gitea.acme.example:3000/a/ops", f"http://gitea.acme.example:3000/a/ops/src/commit/{COMMIT}/ops/a.md#L7"),
    ("https://codeberg.org/acme/ops", f"https://codeberg.org/acme/ops/src/commit/{COMMIT}/ops/a.md#L7"),
    ("https://git.acme.example/ops/+/{commit}/{path}#{line}", f"https://git.acme.example/ops/+/{COMMIT}/ops/a.md#7"),
])  # fmt: skip
def test_each_forge_has_its_own_shape_and_the_commit_is_in_it(forge: str, address: str) -> None:
    assert line_address(record_address(check_forge(forge), COMMIT, ""), "ops/a.md", 7) == address


def test_a_workspace_below_the_root_of_its_repository_has_its_folder_in_the_address() -> None:
    address = record_address("https://github.com/acme/all", COMMIT, "our ops/")
    assert line_address(address, "a#b {line}?.md", 7) == f"https://github.com/acme/all/blob/{COMMIT}/our%20ops/a%23b%20%7Bline%7D%3F.md#L7"


@pytest.mark.parametrize("forge", [
    "javascript:alert(1)", "github.com/acme/ops", "https://", 'https://github.com/"onclick="alert(1)', "https://me:secret@github.com/a/b",
    "https://github.com/a b", "https://git.acme.example/ops", "https://git.acme.example/{path}", "file:///etc/passwd",
])  # fmt: skip
def test_what_is_no_address_of_a_repository_is_refused_with_its_line(forge: str) -> None:
    with pytest.raises(WorkspaceError, match=r"^ops.yml:2:8 forge: "):
        parse_settings(f"zone: UTC\nforge: {forge!r}\n".encode())


def test_a_load_keeps_the_address_at_its_commit_and_without_git_none(tmp_path: Path, write_incident) -> None:
    root = tmp_path / "all" / "our ops"
    write_incident(root)
    (root / "ops.yml").write_text("forge: https://github.com/acme/all\n")
    assert address_of(root) is None
    for arguments in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "a"]):
        subprocess.run(["git", *arguments], cwd=root.parent, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True).stdout.strip()
    assert address_of(root) == f"https://github.com/acme/all/blob/{head}/our%20ops/{{path}}#L{{line}}"


def address_of(root: Path) -> str | None:
    with locked(load(read_workspace(root)).database) as connection:
        return connection.execute("select record_address from latest_load").fetchone()[0]


def test_a_place_is_a_link_where_there_is_a_forge_and_else_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place('ops/"><b>.md', 3)
    assert display._said(place, str(place)) == "ops/&quot;&gt;&lt;b&gt;.md:3"
    monkeypatch.setattr(display, "record_address", lambda: "https://github.com/a/b/blob/c/{path}#L{line}")
    said = display._said(place, str(place))
    assert said == '<a href="https://github.com/a/b/blob/c/ops/%22%3E%3Cb%3E.md#L3">ops/&quot;&gt;&lt;b&gt;.md:3</a>'


def test_places_sort_by_file_and_then_by_line() -> None:
    import pandas as pd

    rows = pd.DataFrame({"source_path": ["b", "a", "a"], "source_line": [1, 10, 9]})
    assert list(map(str, sorted(spans.where(rows)))) == ["a:9", "a:10", "b:1"]
