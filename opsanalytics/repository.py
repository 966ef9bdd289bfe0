"""Reading git, by plumbing commands alone: nothing that a repository's own configuration could run is ever run."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from opsanalytics.errors import RepositoryError

_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never", "--no-replace-objects")
_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
_PASSED_ON = ("PATH", "HOME", "SYSTEMROOT", "TMPDIR")

# One record a commit, whatever the repository's own settings for `log` and `diff` say.
_LOG = ("-c", "log.showRoot=true", "-c", "diff.orderFile=/dev/null", "log", "--encoding=UTF-8", "--no-show-signature",
        "--no-ext-diff", "--no-textconv", "--no-color", "--no-notes", "--no-decorate", "--no-follow", "--no-abbrev",
        "--ignore-submodules=none", "--raw", "-z", "-M50%", "-l200", "--relative", "--first-parent", "-m", "--reverse",
        "--format=%x01%H %ct")  # fmt: skip


@dataclass(frozen=True)
class Blob:
    """A file of a commit. `mode` is git's: 100644, 100755, 120000 (link), 160000 (submodule)."""

    path: str
    mode: str
    object_id: str


@dataclass(frozen=True)
class Repository:
    """A git repository, seen from a folder in it. Paths are relative to that folder."""

    root: Path

    def git(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        """What a plumbing command prints. Raises RepositoryError with git's own words."""
        environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ} | _QUIET
        try:
            done = subprocess.run(["git", *_SAFE, "-C", str(self.root), *arguments], input=stdin or b"", env=environment,
                                  capture_output=True, check=False)  # fmt: skip
        except FileNotFoundError:
            raise RepositoryError("git is not installed, and nothing else reads a repository; install it") from None
        if done.returncode:
            command = next(each for each in arguments if re.fullmatch(r"[a-z][a-z-]+", each))
            raise RepositoryError(f"git {command}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def folder(self) -> str:
        """Where the folder lies in the repository: `` at its root, else `handbook/ops/`."""
        return self.git("rev-parse", "--show-prefix").decode(errors="surrogateescape").rstrip("\n")

    def head(self) -> str:
        return self.git("rev-parse", "--verify", "--quiet", "HEAD^{commit}").decode().strip()

    def is_unborn(self) -> bool:
        """Before the first commit HEAD names a branch that is nowhere; a damaged one is there and cannot be read."""
        try:
            branch = self.git("symbolic-ref", "--quiet", "HEAD").decode(errors="surrogateescape").strip()
            place = self.git("rev-parse", "--git-path", branch).decode(errors="surrogateescape").rstrip("\n")
        except RepositoryError:
            return False
        return not (self.root / place).exists() and not self._names_an_object(branch)

    def _names_an_object(self, name: str) -> bool:
        with suppress(RepositoryError):
            return bool(self.git("rev-parse", "--verify", "--quiet", name))
        return False

    def commit(self, name: str) -> str:
        """The full id of a commit that the user names."""
        if name.startswith("-") or not name.isprintable():
            raise RepositoryError(f"`{name}` is no commit")
        try:
            return self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").decode().strip()
        except RepositoryError:
            raise RepositoryError(f"`{name}` is neither a day (2026-09-30) nor a commit of this repository") from None

    def last_commit_before(self, instant: datetime, head: str = "HEAD") -> str | None:
        """The last commit of a first-parent line whose committer's clock says a naive UTC instant or earlier. Those before
        it are in it, whatever their own clocks say."""
        seconds = max(int(instant.replace(tzinfo=UTC).timestamp()), 0)  # git takes a negative number for today
        found = self.git("rev-list", "-1", "--first-parent", f"--before=@{seconds} +0000", head).decode().strip()
        return found or None

    def committed_at(self, commit: str) -> datetime:
        header = self.git("cat-file", "commit", commit).decode(errors="replace").split("\n\n", 1)[0]
        found = re.search(r"^committer .* (\d{1,11}) [+-]\d{4}$", header, re.MULTILINE)
        if not found:
            raise RepositoryError(f"the time of commit {commit[:12]} cannot be read")
        return datetime.fromtimestamp(int(found[1]), UTC).replace(tzinfo=None)

    def log(self, commit: str, since: str | None = None) -> str:
        """What each commit of the first-parent line changed in the folder, oldest first: `\\x01<id> <seconds>`, then the
        entries of `--raw -z`. No paths are asked for, since git compares each of them with each entry of each tree."""
        return self.git(*_LOG, f"{since}..{commit}" if since else commit, "--").decode(errors="replace")

    def line(self, earlier: str, later: str) -> list[str] | None:
        """The commits of a first-parent line after one of them, newest first; None when `earlier` is not on that line, as an
        id that git does not know is on none."""
        try:
            found = self.git("rev-list", "--first-parent", "--parents", f"{earlier}..{later}").decode().splitlines()
        except RepositoryError:
            return None
        commits = [each.split() for each in found]
        begins_there = commits[-1][1:2] == [earlier] if commits else earlier == later
        return [each[0] for each in commits] if begins_there else None

    def is_on_line(self, earlier: str, later: str) -> bool:
        """Whether the first parents of a commit lead to another one."""
        return self.line(earlier, later) is not None

    def cut_at(self, commit: str) -> str | None:
        """The commit that the first-parent line of a shallow clone begins with; None when the line is whole."""
        if self.git("rev-parse", "--is-shallow-repository").strip() != b"true":
            return None
        first = self.git("rev-list", "--first-parent", commit).decode().split()[-1]
        header = self.git("cat-file", "commit", first).split(b"\n\n", 1)[0]
        return first if b"\nparent " in header else None

    def sizes(self, object_ids: Iterable[str]) -> dict[str, int]:
        """In bytes, of the objects that git has."""
        asked = "".join(f"{each}\n" for each in object_ids).encode()
        lines = (line.split() for line in self.git("cat-file", "--batch-check", stdin=asked).decode().splitlines())
        return {words[0]: int(words[2]) for words in lines if len(words) == 3}

    def files(self, commit: str) -> list[Blob]:
        """All files below the folder in a commit."""
        listing = self.git("ls-tree", "-r", "-z", commit).decode(errors="surrogateescape")
        entries = (entry.partition("\t") for entry in listing.split("\0") if entry)
        return [_blob(about, path) for about, _, path in entries]

    def file(self, commit: str, path: str) -> bytes | None:
        """The contents of one regular file of a commit; None where it has none at that path."""
        listing = self.git("ls-tree", "-z", commit, "--", path).decode(errors="surrogateescape").split("\0")
        about, _, name = listing[0].partition("\t")
        if name != path or not about.startswith("100"):
            return None
        return next(data for _, data in self.contents([_blob(about, name)]))

    def contents(self, blobs: Iterable[Blob]) -> Iterator[tuple[Blob, bytes]]:
        wanted = list(blobs)
        output = self.git("cat-file", "--batch", stdin="".join(f"{blob.object_id}\n" for blob in wanted).encode())
        at = 0
        for blob in wanted:
            header_end = output.index(b"\n", at)
            if output[at:header_end].endswith(b"missing"):
                raise RepositoryError(f"{blob.path}: git has not its contents (a partial clone?); fetch them first")
            size = int(output[at:header_end].split()[-1])
            yield blob, output[header_end + 1 : header_end + 1 + size]
            at = header_end + size + 2


def _blob(about: str, path: str) -> Blob:
    mode, _, object_id = about.split()
    return Blob(path, mode, object_id)


def find_repository(root: Path) -> Repository | None:
    """The repository that a folder is in; None outside git, and before the first commit.

    Raises RepositoryError when there is one that cannot be read: another user's, a damaged one, one where git is missing.
    """
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return None
    repository = Repository(root)
    repository.git("rev-parse", "--git-dir")
    try:
        repository.head()
    except RepositoryError:
        if repository.is_unborn():
            return None
        raise RepositoryError("HEAD names no commit that can be read; `git fsck` tells what is missing, or clone it anew") from None
    return repository
