"""Files that are no plain files, or have odd names: each is read, refused or passed over, and none is waited for."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from outcomes import WORDS, within

from opsanalytics import tree
from opsanalytics.kinds import KINDS
from opsanalytics.readers.reading import Context
from opsanalytics.tree import MAX_BYTES, Globs, Source, read_tree
from opsanalytics.warehouse.settle import gather

GOOD = "# Slow\n\nStart Time: 2026-03-04 14:02 UTC\n"
LINK = "ignored: symbolic link, not followed"
LINKED_FOLDER = "ignored: symbolic link to a folder, not followed"
NO_FILE = "ignored: not a regular file"

Build = Callable[[Path], None]
CASES: dict[str, tuple[Build, dict[str, str]]] = {}


def case(name: str, **expected: str) -> Callable[[Build], Build]:
    """`build` gets the folder of incidents, in which `good.md` is already; `expected` is what becomes of each path."""

    def register(build: Build) -> Build:
        CASES[name] = (
            build,
            {path.replace("__", "/").replace("_md", ".md"): status for path, status in expected.items()},
        )
        return build

    return register


def named(name: str, path: str, shown: str | None = None) -> None:
    """A case of a file whose name alone is odd: it is loaded."""
    CASES[name] = (lambda folder: write(folder / path), {shown or path: "loaded"})


def write(path: Path, text: str = GOOD) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# --- links


@case("a link to a file of the tree is passed over", x_md=LINK)
def _(folder: Path) -> None:
    (folder / "x.md").symlink_to("good.md")


@case("a link to a file outside of the tree is passed over", x_md=LINK)
def _(folder: Path) -> None:
    write(folder.parents[2] / "outside.md")
    (folder / "x.md").symlink_to("../../../outside.md")


@case("a link to a file of the system is passed over", x_md=LINK)
def _(folder: Path) -> None:
    (folder / "x.md").symlink_to("/etc/passwd")


@case("a link to a device is passed over", x_md=LINK)
def _(folder: Path) -> None:
    (folder / "x.md").symlink_to("/dev/zero")


@case("a link to nothing is passed over", x_md=LINK)
def _(folder: Path) -> None:
    (folder / "x.md").symlink_to("gone.md")


@case("a link to itself is passed over", x_md=LINK)
def _(folder: Path) -> None:
    (folder / "x.md").symlink_to("x.md")


@case("two links in a circle are passed over", x_md=LINK, y_md=LINK)
def _(folder: Path) -> None:
    (folder / "x.md").symlink_to("y.md")
    (folder / "y.md").symlink_to("x.md")


@case("a link to a folder of the tree is not followed", other=LINKED_FOLDER, year__a_md="loaded")
def _(folder: Path) -> None:
    write(folder / "year" / "a.md")
    (folder / "other").symlink_to("year", target_is_directory=True)


@case("a link to the folder it stands in is not followed", again=LINKED_FOLDER)
def _(folder: Path) -> None:
    (folder / "again").symlink_to(".", target_is_directory=True)


@case("a link to a folder outside of the tree is not followed", out=LINKED_FOLDER)
def _(folder: Path) -> None:
    write(folder.parents[2] / "outside" / "a.md")
    (folder / "out").symlink_to("../../../outside", target_is_directory=True)


@case("a link to a folder that is named like a file is not followed", x_md=LINKED_FOLDER)
def _(folder: Path) -> None:
    (folder / "x.md").symlink_to("/", target_is_directory=True)


@case("a link to a pipe is passed over", x_md=LINK, pipe_md=NO_FILE)
def _(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    (folder / "x.md").symlink_to("pipe.md")


@case("a second name of one file is a second file", x_md="loaded")
def _(folder: Path) -> None:
    os.link(folder / "good.md", folder / "x.md")


# --- what is no file


@case("a pipe is passed over, and not waited for", x_md=NO_FILE)
def _(folder: Path) -> None:
    os.mkfifo(folder / "x.md")


@case("a socket is passed over", x_md=NO_FILE)
def _(folder: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket may have a hundred letters
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("x.md")
    finally:
        os.chdir(here)


@case("a folder that is named like a file is walked like any other", x_md__y_md="loaded")
def _(folder: Path) -> None:
    write(folder / "x.md" / "y.md")


@case("an empty folder that is named like a file is nothing")
def _(folder: Path) -> None:
    (folder / "x.md").mkdir()


@case("four hundred folders in one another are walked", **{f"{'d__' * 400}x_md": "loaded"})
def _(folder: Path) -> None:
    write(folder / ("d/" * 400) / "x.md")


# --- size


@case(
    "a file of a gigabyte is refused by its size",
    x_md="rejected: 1,073,741,824 bytes is more than the 5,000,000 that a record may have",
)
def _(folder: Path) -> None:
    with (folder / "x.md").open("wb") as file:
        file.truncate(1 << 30)


@case(
    "a byte more than a record may have is refused",
    x_md="rejected: 5,000,001 bytes is more than the 5,000,000 that a record may have",
)
def _(folder: Path) -> None:
    write(folder / "x.md", GOOD.ljust(MAX_BYTES + 1))


@case("as many bytes as a record may have are read", x_md="loaded")
def _(folder: Path) -> None:
    write(folder / "x.md", GOOD.ljust(MAX_BYTES))


@case("a file without a byte is refused", x_md="rejected: the file is empty")
def _(folder: Path) -> None:
    write(folder / "x.md", "")


# --- folders that are never walked, and nested repositories


@case("what git, a package manager and Python keep is not walked")
def _(folder: Path) -> None:
    for name in (".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__"):
        write(folder / name / "x.md")


@case("a file whose name begins with a point matches no glob")
def _(folder: Path) -> None:
    write(folder / ".x.md")


@case("a repository inside the repository is read like any folder", sub__a_md="loaded")
def _(folder: Path) -> None:
    write(folder / "sub" / ".git" / "HEAD", "ref: refs/heads/main\n")
    write(folder / "sub" / "a.md")


@case("a submodule that is checked out is read like any folder", sub__a_md="loaded")
def _(folder: Path) -> None:
    write(folder / "sub" / ".git", "gitdir: ../../../.git/modules/sub\n")
    write(folder / "sub" / "a.md")


# --- names

named("a name with a line feed is a name", "a\nb.md")
named("a name with a control character is a name", "a\x1b[31mb.md")
named("a name with quotes is a name", "a'b\"c.md")
named("a name with a backslash is a name", "a\\b.md")
named("a name of an emoji is a name", "🔥.md")
named("a name with a space at its end is a name", "a .md")
named("a name with a dash at its start is a name", "-rf.md")
named("a name of a star is a name", "*.md")
named("a name of brackets and braces is a name", "[a]{b,c}.md")
named("a name of a command is a name", "$(reboot).md")
named("a name of a formula is a name", "=1+1.md")
named("a name that Windows keeps is a name", "CON.md")
named("a name of 255 bytes is a name", f"{'a' * 252}.md")
named("a name that is turned round is a name", "a\u202edm.exe.md")
named("a name of capital letters is a name", "A.MD.md")
named("a name that is no Unicode is shown with a replacement", os.fsdecode(b"a\xff.md"), "a\ufffd.md")


@case("two names that are no Unicode are two files", **{"a\ufffd_md": "loaded"})
def _(folder: Path) -> None:
    write(folder / os.fsdecode(b"a\xfe.md"))
    write(folder / os.fsdecode(b"a\xff.md"))


# --- the test


def statuses(root: Path, *patterns: str) -> dict[str, str]:
    """What becomes of each file, by its path below the folder of incidents."""
    with within(20, signal.ITIMER_REAL):
        sources = read_tree(root, Globs(patterns or KINDS["incidents"].globs))
    records = gather({"incidents": sources}, Context(WORDS))
    assert all(str(each).isprintable() or each.path in {source.path for source in sources} for each in records.findings)
    return {
        row["path"].removeprefix("ops/incidents/"): ": ".join(filter(None, (row["status"], row["reason"])))
        for row in records.files
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "root/ops/incidents/good.md")
    return tmp_path / "root/ops/incidents"


@pytest.mark.parametrize("name", CASES)
def test_a_file_becomes_what_its_case_says(folder: Path, name: str) -> None:
    build, expected = CASES[name]
    build(folder)
    assert statuses(folder.parents[1]) == {"good.md": "loaded", **expected}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("what", ["good.md", "."])
def test_what_may_not_be_read_is_refused(folder: Path, what: str) -> None:
    (folder / what).chmod(0)
    try:
        assert all("Permission denied" in status for status in statuses(folder.parents[1]).values())
    finally:
        (folder / what).chmod(0o755)


@pytest.mark.parametrize(
    "refused",
    [PermissionError(13, "Permission denied"), OSError(5, "Input/output error"), OSError(116, "Stale file handle")],
)
def test_a_file_that_the_system_refuses_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, refused: OSError
) -> None:
    def refuse(path: Path) -> bytes:
        raise refused

    monkeypatch.setattr(tree, "_bytes", refuse)
    assert statuses(folder.parents[1]) == {"good.md": f"rejected: cannot be read: {refused.strerror}"}


def swap(folder: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]) -> dict[str, str]:
    """Statuses when the file is changed after it was looked at and before it is opened."""
    look = os.lstat

    def look_and_change(path: Path) -> os.stat_result:
        about = look(path)
        change(Path(path))
        return about

    monkeypatch.setattr(tree.os, "lstat", look_and_change)
    return statuses(folder.parents[1], "ops/incidents/*.md")


def test_a_file_that_vanishes_before_it_is_opened_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = swap(folder, monkeypatch, lambda path: path.unlink())
    assert found == {"good.md": "rejected: cannot be read: No such file or directory"}


def test_a_link_that_takes_a_files_place_is_not_followed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = swap(folder, monkeypatch, lambda path: (path.unlink(), path.symlink_to("/etc/passwd")))
    assert found == {"good.md": "rejected: cannot be read: Too many levels of symbolic links"}


def test_a_pipe_that_takes_a_files_place_is_not_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = swap(folder, monkeypatch, lambda path: (path.unlink(), os.mkfifo(path)))
    assert found == {"good.md": "rejected: the file is empty"}


def test_a_folder_that_takes_a_files_place_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = swap(folder, monkeypatch, lambda path: (path.unlink(), path.mkdir()))
    assert found == {"good.md": "rejected: cannot be read: Is a directory"}


def test_a_file_that_grows_before_it_is_opened_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = swap(folder, monkeypatch, lambda path: write(path, GOOD.ljust(MAX_BYTES + 9)))
    assert found == {"good.md": "rejected: 5,000,001 bytes is more than the 5,000,000 that a record may have"}


def test_a_file_that_vanishes_before_it_is_looked_at_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = os.scandir

    def scan_and_remove(path: Path) -> list[os.DirEntry[str]]:
        entries = list(scan(path))
        (folder / "good.md").unlink(missing_ok=True)
        return entries

    monkeypatch.setattr(tree.os, "scandir", scan_and_remove)
    assert statuses(folder.parents[1]) == {"good.md": "rejected: cannot be read: No such file or directory"}


def test_a_folder_that_vanishes_is_no_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = os.scandir
    write(folder / "year" / "a.md")

    def scan_and_remove(path: Path) -> list[os.DirEntry[str]]:
        entries = list(scan(path))
        if (folder / "year/a.md").exists():
            (folder / "year/a.md").unlink()
            (folder / "year").rmdir()
        return entries

    monkeypatch.setattr(tree.os, "scandir", scan_and_remove)
    assert statuses(folder.parents[1]) == {"good.md": "loaded"}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("ops/incidents/good.md", True), ("./ops/incidents/good.md", True), ("**", True), ("**/*.md", True), ("ops/*/good.md", True),
        ("ops/incidents/[g]ood.md", True), ("ops/{incidents,other}/*.md", True), ("ops/incidents/good.m?", True),
        ("ops//incidents/./*.md", True), ("ops/incidents/*.MD", False), ("OPS/incidents/*.md", False),
        ("ops/incidents/[.md", False), ("ops/incidents/{.md", False), ("ops/incidents/\n.md", False),
        ("nowhere/**/*.md", False), ("(ops|x)/**", False), ("!ops/**", False), ("~/**", False),
    ],
)  # fmt: skip
def test_a_glob_matches_or_does_not_and_never_fails(folder: Path, pattern: str, *, matches: bool) -> None:
    assert statuses(folder.parents[1], pattern) == ({"good.md": "loaded"} if matches else {})


@pytest.mark.parametrize("pattern", ["ops/incidents", "ops/incidents/"])
def test_a_glob_that_names_a_folder_is_told_so(folder: Path, pattern: str) -> None:
    assert statuses(folder.parents[1], pattern) == {"ops/incidents": NO_FILE}


def test_the_same_file_by_two_globs_is_one(folder: Path) -> None:
    assert statuses(folder.parents[1], "ops/incidents/good.md", "ops//**/*.md", "**/good.md") == {"good.md": "loaded"}


def test_a_workspace_that_is_itself_a_link_is_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "root", target_is_directory=True)
    assert statuses(tmp_path / "link") == {"good.md": "loaded"}


@pytest.mark.parametrize("at", ["ops", "ops/incidents"])
def test_a_place_that_is_a_link_is_not_followed(folder: Path, tmp_path: Path, at: str) -> None:
    (tmp_path / "root" / at).rename(tmp_path / "moved")
    (tmp_path / "root" / at).symlink_to(tmp_path / "moved", target_is_directory=True)
    assert statuses(tmp_path / "root") == {"ops/incidents": LINKED_FOLDER}


def test_a_source_that_was_not_read_has_no_sum() -> None:
    assert Source("x.md", None).sha256 is None
    assert Source("x.md", None).blob_id("0" * 40) is None
