"""Reading git, by plumbing commands alone: nothing that a repository's own configuration could run is ever run."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

from opsanalytics.errors import RepositoryError

_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never", "--no-replace-objects")
_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
_PASSED_ON = ("PATH", "HOME", "SYSTEMROOT", "TMPDIR")


@dataclass(frozen=True)
class Blob:
    """A file of a commit. `mode` is git's: 100644, 100755, 120000 (link), 160000 (submodule)."""

    path: str
    mode: str
    object_id: str
    size: int = 0


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
            raise RepositoryError("git is not installed; install it, or leave --as-of out") from None
        if done.returncode:
            raise RepositoryError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def head(self) -> str:
        return self.git("rev-parse", "--verify", "--quiet", "HEAD^{commit}").decode().strip()

    def commit(self, name: str) -> str:
        """The full id of a commit that the user names."""
        if name.startswith("-") or not name.isprintable():
            raise RepositoryError(f"`{name}` is no commit")
        try:
            return self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").decode().strip()
        except RepositoryError:
            raise RepositoryError(f"`{name}` is neither a day (2026-09-30) nor a commit of this repository") from None

    def last_commit_before(self, instant: datetime) -> str | None:
        """The last commit of HEAD's first-parent line that was committed at or before a naive UTC instant."""
        seconds = int(instant.replace(tzinfo=UTC).timestamp())
        found = self.git("rev-list", "-1", "--first-parent", f"--before={seconds}", "HEAD").decode().strip()
        return found or None

    def committed_at(self, commit: str) -> datetime:
        header = self.git("cat-file", "commit", commit).decode(errors="replace").split("\n\n", 1)[0]
        found = re.search(r"^committer .* (\d{1,11}) [+-]\d{4}$", header, re.MULTILINE)
        if not found:
            raise RepositoryError(f"the time of commit {commit[:12]} cannot be read")
        return datetime.fromtimestamp(int(found[1]), UTC).replace(tzinfo=None)

    def files(self, commit: str) -> list[Blob]:
        """All files below the folder in a commit."""
        listing = self.git("ls-tree", "-r", "-l", "-z", commit).decode(errors="surrogateescape")
        entries = (entry.partition("\t") for entry in listing.split("\0") if entry)
        return [_blob(about, path) for about, _, path in entries]

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
    mode, _, object_id, size = about.split()
    return Blob(path, mode, object_id, int(size) if size.isdigit() else 0)


def find_repository(root: Path) -> Repository | None:
    """The repository that a folder is in; None outside git, without git, and before the first commit.

    Raises RepositoryError when there is one that git refuses to read, such as another user's.
    """
    repository = Repository(root)
    if not any((folder / ".git").exists() for folder in (root, *root.parents)) or not which("git"):
        return None
    repository.git("rev-parse", "--git-dir")
    try:
        repository.head()
    except RepositoryError:
        return None
    return repository
