"""Repositories of others: nothing that their configuration names is run, and what is odd in them is read or said."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from opsanalytics.errors import RepositoryError
from opsanalytics.history import read_history
from opsanalytics.kinds import KINDS
from opsanalytics.repository import Repository, find_repository
from opsanalytics.tree import Globs, read_commit, read_tree
from opsanalytics.warehouse.connect import read_rows
from opsanalytics.warehouse.load import LoadResult, load
from opsanalytics.workspace import read_workspace

GOOD = "# Slow\n\nStart Time: 2026-03-04 14:02 UTC\n"
GLOBS = Globs(KINDS["incidents"].globs)
NOW = datetime(2026, 10, 2, 12)


def git(root: Path, *arguments: str, stdin: bytes = b"") -> str:
    day = "2026-03-05T12:00:00+00:00"
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_DATE": day,
                   "GIT_COMMITTER_DATE": day}  # fmt: skip
    who = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "protocol.file.allow=always")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=root, env=environment, input=stdin, capture_output=True, check=True
    )
    return done.stdout.decode(errors="surrogateescape").strip()


def commit_all(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "-qm", "records")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    (root / "ops/incidents").mkdir(parents=True)
    (root / "ops/incidents/good.md").write_text(GOOD, encoding="utf-8")
    git(root, "init", "-q", "-b", "main")
    commit_all(root)
    return root


@pytest.fixture
def root(repository: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repository, tmp_path / "root"))


def load_folder(root: Path, as_of: str | None = None) -> LoadResult:
    return load(read_workspace(root), as_of=as_of, now=NOW)


def titles(result: LoadResult) -> list[str]:
    return [row["title"] for row in read_rows(result.database, "select title from incidents order by source_path")]


# --- nothing is run

RUN_BY_GIT = {
    "a file-system monitor": {"core.fsmonitor": "TRAP"},
    "a file-system monitor of the second version": {"core.fsmonitor": "TRAP", "core.fsmonitorHookVersion": "2"},
    "a folder of hooks": {"core.hooksPath": "HOOKS"},
    "a pager": {"core.pager": "TRAP", "pager.ls-tree": "TRAP", "pager.cat-file": "TRAP"},
    "an editor": {"core.editor": "TRAP", "sequence.editor": "TRAP"},
    "a remote shell": {"core.sshCommand": "TRAP"},
    "a question for a password": {"core.askPass": "TRAP", "credential.helper": "!TRAP"},
    "an external diff": {"diff.external": "TRAP", "diff.x.command": "TRAP"},
    "a text conversion": {"diff.x.textconv": "TRAP", "diff.x.cachetextconv": "true"},
    "a filter": {"filter.x.clean": "TRAP", "filter.x.smudge": "TRAP", "filter.x.process": "TRAP", "filter.x.required": "true"},
    "a merge driver": {"merge.x.driver": "TRAP"},
    "aliases of plumbing commands": {"alias.ls-tree": "!TRAP", "alias.cat-file": "!TRAP", "alias.rev-parse": "!TRAP", "alias.rev-list": "!TRAP"},
    "a signature program": {"gpg.program": "TRAP", "gpg.ssh.program": "TRAP", "log.showSignature": "true", "commit.gpgSign": "true"},
    "a packing hook": {"uploadpack.packObjectsHook": "TRAP"},
    "a remote that is a command": {"remote.origin.url": "ext::TRAP", "remote.origin.promisor": "true", "extensions.partialClone": "origin",
                                   "protocol.ext.allow": "always"},
    "a trace that is a command": {"trace2.eventTarget": "TRAP", "trace2.normalTarget": "TRAP"},
    "a text conversion of the log": {"diff.x.textconv": "TRAP", "diff.x.command": "TRAP", "diff.x.xfuncname": "TRAP",
                                     "pager.log": "TRAP", "alias.log": "!TRAP", "log.mailmap": "true", "mailmap.file": "TRAP"},
    "another file of configuration": {"include.path": "TRAP.config"},
    "another file of attributes": {"core.attributesFile": "TRAP.attributes", "filter.x.clean": "TRAP", "diff.x.textconv": "TRAP"},
}  # fmt: skip


@pytest.fixture
def trace(root: Path, tmp_path: Path) -> Path:
    """What every trap leaves. Hooks and attributes are set already; `set_traps` names the traps to git."""
    trace, trap = tmp_path / "trace", tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{trace}'\ncat\n", encoding="utf-8")
    trap.chmod(0o755)
    for hook in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction", "fsmonitor-watchman"):
        for folder in (root / ".git/hooks", tmp_path / "hooks"):
            folder.mkdir(exist_ok=True)
            shutil.copy(trap, folder / hook)
    (tmp_path / "trap.config").write_text(
        f"[core]\n\tfsmonitor = {trap}\n[diff]\n\texternal = {trap}\n", encoding="utf-8"
    )
    for attributes in (root / ".git/info/attributes", tmp_path / "trap.attributes"):
        attributes.write_text("*.md filter=x diff=x merge=x\n", encoding="utf-8")
    return trace


def set_traps(root: Path, settings: dict[str, str]) -> None:
    config = root / ".git" / "config"
    for key, value in settings.items():
        said = value.replace("TRAP", str(root.parent / "trap")).replace("HOOKS", str(root.parent / "hooks"))
        git(root.parent, "config", "--file", str(config), key, said)


@pytest.mark.parametrize("name", RUN_BY_GIT)
def test_nothing_that_a_repository_names_is_run(root: Path, trace: Path, name: str) -> None:
    set_traps(root, RUN_BY_GIT[name])
    repository = find_repository(root)
    assert repository
    commit = repository.last_commit_before(NOW)
    assert commit == repository.commit("HEAD") == repository.head()
    assert repository.committed_at(commit) < NOW
    assert [source.path for source in read_commit(repository, repository.files(commit), GLOBS)] == ["ops/incidents/good.md"]
    assert [version.path for version in read_history(repository, commit).versions] == ["ops/incidents/good.md"]
    assert not trace.exists()


def test_a_load_runs_none_of_it(root: Path, trace: Path) -> None:
    for settings in RUN_BY_GIT.values():
        set_traps(root, settings)
    (root / "ops/incidents/new.md").write_text(GOOD, encoding="utf-8")
    assert load_folder(root).files["loaded"] == 2
    assert load_folder(root, as_of="2026-03-06").files["loaded"] == 1
    assert not trace.exists()


def test_the_history_is_the_same_whatever_the_repository_sets(root: Path) -> None:
    (root / "ops/incidents/good.md").rename(root / "ops/incidents/zebra.md")
    commit_all(root)
    told = read_history(Repository(root), "HEAD")
    assert [(version.change, version.was) for version in told.versions] == [("added", None), ("renamed", "ops/incidents/good.md")]
    (root / "order").write_text("z*\n", encoding="utf-8")
    odd = {"log.showRoot": "false", "log.follow": "true", "log.diffMerges": "off", "log.decorate": "full", "log.showSignature": "true",
           "log.abbrevCommit": "true", "log.date": "relative", "format.pretty": "fuller", "format.notes": "true", "diff.renames": "false",
           "diff.renameLimit": "1", "diff.orderFile": str(root / "order"), "diff.noprefix": "true", "diff.relative": "false",
           "diff.submodule": "log", "diff.ignoreSubmodules": "all", "diff.wordRegex": ".", "color.ui": "always", "core.quotePath": "true",
           "core.abbrev": "4", "i18n.logOutputEncoding": "UTF-16", "core.precomposeUnicode": "true"}  # fmt: skip
    set_traps(root, odd)
    assert read_history(Repository(root), "HEAD") == told


def test_the_traps_would_spring(root: Path, trace: Path) -> None:
    set_traps(root, RUN_BY_GIT["a file-system monitor"])
    git(root, "status")
    assert trace.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [("GIT_DIR", "/nonexistent"), ("GIT_WORK_TREE", "/nonexistent"), ("GIT_OBJECT_DIRECTORY", "/nonexistent"), ("GIT_INDEX_FILE", "/dev/null"),
     ("GIT_CONFIG_PARAMETERS", "'core.fsmonitor=/bin/false'"), ("GIT_CONFIG_COUNT", "no number"), ("GIT_NAMESPACE", "x"),
     ("GIT_CEILING_DIRECTORIES", "/"), ("GIT_TRACE", "2"), ("GIT_EXEC_PATH", "/nonexistent"), ("GIT_EXTERNAL_DIFF", "/bin/false")],
)  # fmt: skip
def test_the_environment_leads_git_nowhere_else(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    head = Repository(root).head()
    monkeypatch.setenv(name, value)
    repository = find_repository(root)
    assert repository
    assert repository.head() == head
    assert [blob.path for blob in repository.files(head)] == ["ops/incidents/good.md"]


# --- repositories of odd shapes


def test_a_shallow_clone_has_the_days_that_it_has(root: Path, tmp_path: Path) -> None:
    (root / "ops/incidents/good.md").write_text(GOOD.replace("Slow", "Later"), encoding="utf-8")
    commit_all(root)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "shallow")
    assert titles(load_folder(tmp_path / "shallow")) == ["Later"]
    assert titles(load_folder(tmp_path / "shallow", as_of="2026-03-06")) == ["Later"]
    with pytest.raises(RepositoryError, match="neither a day"):
        load_folder(tmp_path / "shallow", as_of="HEAD~1")


def test_a_clone_without_contents_says_that_they_are_missing_and_fetches_none(root: Path, tmp_path: Path) -> None:
    git(root, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{root}", "partial")
    root.rename(tmp_path / "gone")
    repository = Repository(tmp_path / "partial")
    with pytest.raises(RepositoryError):
        list(read_commit(repository, repository.files(repository.head()), GLOBS))


def test_a_detached_head_is_a_commit(root: Path) -> None:
    git(root, "checkout", "-q", "--detach")
    assert load_folder(root).git_commit == git(root, "rev-parse", "HEAD")


def test_a_work_tree_of_its_own_is_read(root: Path, tmp_path: Path) -> None:
    git(root, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    assert load_folder(tmp_path / "other").git_commit == git(root, "rev-parse", "HEAD")
    assert titles(load_folder(tmp_path / "other", as_of="HEAD")) == ["Slow"]


def test_a_replaced_commit_is_read_as_it_was(root: Path) -> None:
    first = git(root, "rev-parse", "HEAD")
    (root / "ops/incidents/good.md").write_text(GOOD.replace("Slow", "Another"), encoding="utf-8")
    commit_all(root)
    git(root, "replace", first, "HEAD")
    assert titles(load_folder(root, as_of=first)) == ["Slow"]


def test_a_branch_without_a_commit_is_no_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert find_repository(tmp_path) is None
    result = load_folder(tmp_path)
    assert (result.git_commit, result.findings) == (None, [])


def test_a_new_branch_beside_others_is_no_commit_yet(root: Path) -> None:
    git(root, "checkout", "-q", "--orphan", "new")
    git(root, "worktree", "add", "-q", "--detach", str(root.parent / "beside"), "main")
    git(root.parent / "beside", "checkout", "-q", "--orphan", "newer")
    assert [find_repository(root), find_repository(root.parent / "beside")] == [None, None]


def test_a_bare_repository_is_no_work_tree(root: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(root), "bare.git")
    assert find_repository(tmp_path / "bare.git") is None


def test_a_folder_of_a_repository_sees_its_own_files_alone(root: Path) -> None:
    (root / "team/ops/incidents").mkdir(parents=True)
    (root / "team/ops/incidents/a.md").write_text(GOOD.replace("Slow", "Team"), encoding="utf-8")
    commit_all(root)
    assert titles(load_folder(root / "team", as_of="HEAD")) == ["Team"]


@pytest.mark.parametrize(
    "content", ["", "gitdir: /nonexistent\n", "gitdir: .git\n", "\0\xff", "gitdir: ../../../../etc\n"]
)
def test_a_git_file_that_leads_nowhere_is_said_and_the_files_are_read(root: Path, content: str) -> None:
    shutil.rmtree(root / ".git")
    (root / ".git").write_text(content, encoding="latin-1")
    result = load_folder(root)
    assert titles(result) == ["Slow"]
    assert [each["code"] for each in result.findings] == ["OPS106"]


@pytest.mark.parametrize("path", ["HEAD", "config", "objects", "objects/pack", "packed-refs", "refs/heads/main"])
def test_a_damaged_repository_is_said_and_the_files_are_read(root: Path, path: str) -> None:
    if path != "refs/heads/main":
        git(root, "gc", "-q")
    damaged = root / ".git" / path
    shutil.rmtree(damaged) if damaged.is_dir() else damaged.write_bytes(b"\0\xff garbage\n")
    result = load_folder(root)
    assert titles(result) == ["Slow"]
    assert ["OPS106"] == [each["code"] for each in result.findings]
    for as_of in ("HEAD", "2026-03-06"):
        with pytest.raises(RepositoryError):
            load_folder(root, as_of=as_of)


def test_a_repository_on_a_machine_without_git_is_said_and_the_files_are_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    result = load_folder(root)
    assert titles(result) == ["Slow"]
    assert ["git says: git is not installed, and nothing else reads a repository; install it"] == [each["message"] for each in result.findings]
    with pytest.raises(RepositoryError, match="git is not installed"):
        load_folder(root, as_of="2026-03-06")


def test_a_folder_outside_git_needs_no_git(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(root / ".git")
    monkeypatch.setenv("PATH", str(root))
    assert [] == load_folder(root).findings
    assert ["OPS105"] == [each["code"] for each in load_folder(root, as_of="2026-03-06").findings]


@pytest.mark.parametrize("what", ["HEAD^{tree}", "HEAD:ops/incidents", "HEAD:ops/incidents/good.md"])
def test_an_object_that_is_gone_is_said(root: Path, what: str) -> None:
    gone = git(root, "rev-parse", what)
    (root / ".git/objects" / gone[:2] / gone[2:]).unlink()
    assert titles(load_folder(root)) == ["Slow"]
    with pytest.raises(RepositoryError):
        load_folder(root, as_of="HEAD")


# --- odd commits


def make_commit(root: Path, tree: str, committer: str) -> str:
    text = f"tree {tree}\nauthor Ana <ana@example.org> 0 +0000\ncommitter {committer}\n\nx\n"
    return git(root, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text.encode())


@pytest.mark.parametrize(
    "committer",
    [
        "Ana <ana@example.org> 99999999999999999 +0000",
        "Ana <ana@example.org> no number",
        "Ana <ana@example.org>",
        "",
        "Ana <ana@example.org> -99999999999999 +0000",
    ],
)
def test_a_commit_of_no_time_is_refused(root: Path, committer: str) -> None:
    commit = make_commit(root, git(root, "rev-parse", "HEAD^{tree}"), committer)
    with pytest.raises(RepositoryError):
        load_folder(root, as_of=commit)


def test_odd_entries_of_a_commit_are_passed_over(root: Path) -> None:
    blob = git(root, "rev-parse", "HEAD:ops/incidents/good.md")
    commit = git(root, "rev-parse", "HEAD")
    for mode, name, target in [("120000", "link.md", blob), ("160000", "sub.md", commit), ("100755", "run.md", blob)]:
        git(root, "update-index", "--add", "--cacheinfo", f"{mode},{target},ops/incidents/{name}")
    git(root, "commit", "-qm", "odd")
    result = load_folder(root, as_of="HEAD")
    found = read_rows(result.database, "select path, status, reason from source_files order by path")
    assert [tuple(row.values()) for row in found] == [
        ("ops/incidents/good.md", "loaded", None),
        ("ops/incidents/link.md", "ignored", "symbolic link, not followed"),
        ("ops/incidents/run.md", "loaded", None),
        ("ops/incidents/sub.md", "ignored", "submodule, whose files are another repository's"),
    ]


@pytest.mark.parametrize(
    "name", [b"a\nb.md", b"a\tb.md", b'a"b.md', b"a\xffb.md", "🔥.md".encode(), b"-rf.md", b"$(id).md"]
)
def test_odd_names_of_a_commit_are_names(root: Path, name: bytes) -> None:
    with open(os.path.join(os.fsencode(root), b"ops/incidents", name), "wb") as file:  # noqa: PTH118
        file.write(GOOD.encode())
    commit_all(root)
    then = read_commit(Repository(root), Repository(root).files("HEAD"), GLOBS)
    assert read_tree(root, GLOBS) == then
    assert f"ops/incidents/{name.decode(errors='replace')}" in [source.path for source in then]


@pytest.mark.parametrize("at", ["ops/incidents", "ops/incidents/2026", "ops", "other"])
def test_a_submodule_that_may_hold_records_is_said_to_be_passed_over(root: Path, at: str) -> None:
    commit = git(root, "rev-parse", "HEAD")
    git(root, "rm", "-rq", "--cached", ".")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{commit},{at}")
    git(root, "commit", "-qm", "submodule")
    passed_over = [source.path for source in read_commit(Repository(root), Repository(root).files("HEAD"), GLOBS)]
    assert passed_over == ([] if at == "other" else [at])


def test_a_path_that_leads_out_of_a_commit_is_no_record(root: Path) -> None:
    blob = git(root, "rev-parse", "HEAD:ops/incidents/good.md")
    inner = git(root, "mktree", stdin=f"100644 blob {blob}\tx.md\n".encode())
    try:
        tree = git(root, "mktree", stdin=f"040000 tree {inner}\t..\n".encode())
    except subprocess.CalledProcessError:
        pytest.skip("this git makes no such tree")
    commit = make_commit(root, tree, "Ana <ana@example.org> 1772712000 +0000")
    assert read_commit(Repository(root), Repository(root).files(commit), GLOBS) == []


def test_a_large_file_of_a_commit_is_refused_by_its_size(root: Path) -> None:
    (root / "ops/incidents/large.md").write_bytes(b"x" * 5_000_001)
    commit_all(root)
    (large,) = (source for source in read_commit(Repository(root), Repository(root).files("HEAD"), GLOBS) if source.data is None)
    assert (large.is_refused, large.problem) == (
        True,
        "5,000,001 bytes is more than the 5,000,000 that a record may have",
    )


@pytest.mark.parametrize(
    "name",
    ["", " ", "--help", "-x", "--upload-pack=x", "HEAD:ops", "HEAD^{tree}", "HEAD^{blob}", "..", "HEAD..HEAD", "^HEAD", "@{-9}", "HEAD@{999}",
     ":/nothing like it", "refs/heads/../../x", "a\nb", "a\0b", "\ud800", "$(id)", "0" * 40, "f" * 40, "2026-02-30", "2026-13-01", "9" * 5000],
)  # fmt: skip
def test_what_names_no_commit_is_refused(root: Path, name: str) -> None:
    with pytest.raises(RepositoryError):
        load_folder(root, as_of=name)


@pytest.mark.parametrize("seconds", ["253402300799", "99999999999999999", "0"])
def test_a_commit_of_an_impossible_time_dates_nothing_and_the_load_goes_on(root: Path, seconds: str) -> None:
    text = GOOD + "\n## Follow-ups\n\n- [x] Alert — Ana — 2026-09-18\n"
    (root / "ops/incidents/good.md").write_text(text, encoding="utf-8")
    git(root, "add", "--all")
    commit = make_commit(root, git(root, "write-tree"), f"Ana <ana@example.org> {seconds} +0000")
    git(root, "update-ref", "HEAD", commit)
    rows = read_rows(load_folder(root).database, "select done_on from action_items")
    assert [str(row["done_on"]) for row in rows] == ["1970-01-01" if seconds == "0" else "None"]
