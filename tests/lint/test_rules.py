"""Every rule: a workspace that it finds fault with, exactly as the folder says, and the same one mended.

`tests/lint/<CODE>/{bad,good}/` are workspaces, `expected.txt` holds the lines of that code; the reference pages are made
of them. After a change, `UPDATE_LINT=1 pytest tests/lint` writes what is found now: read the difference before you keep it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from opsanalytics.findings import RULES
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

HERE = Path(__file__).parent
NOW = datetime(2026, 10, 1, 12)
AS_OF = {"OPS105": "2026-03-31"}


def lay_out(code: str, side: str, root: Path) -> Path:
    """The workspace by itself; of the rules about git also what no folder in git can hold."""
    if code == "OPS108":
        return clone(shutil.copytree(HERE / code / side, root.parent / "company"), root, is_shallow=side == "bad")
    shutil.copytree(HERE / code / side, root)
    if code in ("OPS105", "OPS106") and side == "good":
        commit(root)
    elif code == "OPS106":
        (root / ".git").write_text("gitdir: elsewhere\n", encoding="utf-8")
    return root


def commit(root: Path) -> None:
    when = {"GIT_AUTHOR_DATE": "2026-03-01T12:00:00Z", "GIT_COMMITTER_DATE": "2026-03-01T12:00:00Z"}
    said = ("-c", "user.name=Ilse", "-c", "user.email=ilse@example.org")
    for arguments in (("init", "--quiet"), ("add", "."), (*said, "commit", "--quiet", "--allow-empty", "--message", "The record")):
        subprocess.run(["git", *arguments], cwd=root, check=True, env={**os.environ, **when})


def clone(company: Path, root: Path, is_shallow: bool) -> Path:
    for _ in range(2):
        commit(company)
    depth = ["--depth", "1"] if is_shallow else []
    subprocess.run(["git", "clone", "--quiet", *depth, company.as_uri(), root], check=True)
    return root


def lines_of(code: str, side: str, tmp_path: Path) -> list[str]:
    root = lay_out(code, side, tmp_path / "w")
    found = load(read_workspace(root), database=tmp_path / "ops.duckdb", as_of=AS_OF.get(code), now=NOW).findings
    lines = (f"{each['path']}:{each['line']}:{each['col']} {each['code']} {each['message']}" for each in found if each["code"] == code)
    return [line.replace(f"{root}/", "") for line in lines]


def test_every_rule_has_its_folder() -> None:
    assert sorted(RULES) == sorted(path.name for path in HERE.iterdir() if path.name.startswith("OPS"))


@pytest.mark.parametrize("code", RULES)
def test_it_finds_what_is_wrong(code: str, tmp_path: Path) -> None:
    found = lines_of(code, "bad", tmp_path)
    expected = HERE / code / "expected.txt"
    if os.environ.get("UPDATE_LINT"):
        expected.write_text("".join(f"{line}\n" for line in found), encoding="utf-8")
    assert found
    assert expected.read_text(encoding="utf-8").splitlines() == found


@pytest.mark.parametrize("code", RULES)
def test_it_finds_nothing_once_that_is_mended(code: str, tmp_path: Path) -> None:
    assert lines_of(code, "good", tmp_path) == []
