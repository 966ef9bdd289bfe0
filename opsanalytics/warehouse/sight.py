"""What a load has before it, before it makes tables of it: the files of a moment, and what is known of them.

Every command looks, and most find nothing changed; so nothing is imported here that only reading takes.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from opsanalytics.clocks import wall_time
from opsanalytics.errors import RepositoryError
from opsanalytics.findings import Finding
from opsanalytics.folder import CONFIG
from opsanalytics.kinds import KINDS
from opsanalytics.markup.links import missing_files, read_links
from opsanalytics.repository import Blob, Repository
from opsanalytics.tree import Globs, Source, look_at_tree, read_commit
from opsanalytics.warehouse.memory import Files, Memory, Told, reader_of, recall
from opsanalytics.warehouse.moment import Moment
from opsanalytics.workspace import Workspace

if TYPE_CHECKING:
    from opsanalytics.readers.reading import Context

Progress = Callable[[str], None]
Sources = dict[str, list[Source]]  # by kind


def silent(said: str) -> None:
    """Nobody waits for it."""


@dataclass(frozen=True)
class Sight:
    """The workspace is set as it was at that moment. `files` are what they were told to be by a memory, or read where it did
    not know them."""

    workspace: Workspace
    repository: Repository | None
    moment: Moment
    commit: str | None
    began_ns: int
    sources: Sources
    reader: str
    memory: Memory
    files: Files
    missing: frozenset[str]
    refusal: list[Finding]
    fingerprint: str

    @cached_property
    def news(self) -> list[tuple[str, Told]]:
        """The files that are not as the memory has them, were it only in their marks."""
        known = self.memory.files
        return [(kind, told) for kind, found in self.files.items() for told in found if known.get((kind, told.path)) is not told]

    @property
    def context(self) -> Context:
        return replace(self.workspace.context, now=self.moment.as_of)

    def with_contents(self, progress: Progress = silent) -> Sight:
        """With what was read of the files that are as they were; what the memory keeps nothing of is read again."""
        packed = self.memory.packed()
        known = {kind: [told.with_contents(packed.get((kind, told.path))) for told in found] for kind, found in self.files.items()}
        files = read_files(self.sources, known, lambda: self.context, self.commit, progress)
        return replace(self, files=files)


def look(
    workspace: Workspace, repository: Repository | None, moment: Moment, memories: Collection[Path],
    progress: Progress = silent, refusal: Collection[Finding] = (),
) -> Sight:
    began_ns = time_ns()
    committed = repository.files(moment.commit) if repository and moment.commit else None
    sources = read_sources(workspace, repository, committed, progress)
    commit = moment.commit or (repository.head() if repository else None)
    reader = reader_of(workspace)
    memory = recall(memories, reader)
    known = {kind: [memory.of(kind, source) for source in found] for kind, found in sources.items()}
    files = read_files(sources, known, lambda: replace(workspace.context, now=moment.as_of), commit, progress)
    targets = [*(target for _, _, target in read_links(CONFIG, workspace.config_text)),
               *(target for found in files.values() for told in found for target in told.targets)]
    missing = missing_files(targets, _existence(workspace, committed))
    fingerprint = _fingerprint(reader, workspace.zone, moment, commit, _cut_at(repository, commit), files, missing)
    return Sight(workspace, repository, moment, commit, began_ns, sources, reader, memory, files, missing, list(refusal), fingerprint)


def read_sources(workspace: Workspace, repository: Repository | None, committed: Sequence[Blob] | None, progress: Progress) -> Sources:
    """The files of each kind of record: of a commit by its files, of the working tree none of them opened."""
    sources = {}
    for kind in KINDS:
        progress(f"looking for {kind}")
        globs = Globs(workspace.globs(kind))
        if repository and committed is not None:
            sources[kind] = read_commit(repository, committed, globs)
        else:
            sources[kind] = look_at_tree(workspace.root, globs)
    return sources


def read_files(
    sources: Sources, known: Mapping[str, Sequence[Told | None]], context: Callable[[], Context], commit: str | None, progress: Progress = silent
) -> Files:
    """Reads those of which nothing is known."""
    jobs = [(kind, source) for kind, found in sources.items() for source, told in zip(found, known[kind], strict=True) if not told]
    told = _told(jobs, context, commit or "0" * 40, progress) if jobs else iter(())
    return {kind: [each or next(told) for each in found] for kind, found in known.items()}


def _told(jobs: list[tuple[str, Source]], context: Callable[[], Context], like: str, progress: Progress) -> Iterator[Told]:
    from opsanalytics.warehouse.parsers import tell_all

    of, read = Counter(kind for kind, _ in jobs), Counter[str]()
    for (kind, _), each in zip(jobs, tell_all(jobs, context(), like), strict=True):
        read[kind] += 1
        if read[kind] % 100 == 0:
            progress(f"reading {kind}: {read[kind]} of {of[kind]}")
        yield each


def _existence(workspace: Workspace, committed: Sequence[Blob] | None) -> Callable[[str], bool]:
    """Whether the commit, or the working tree, has a file at a path."""
    if committed is not None:
        return frozenset(blob.path for blob in committed).__contains__
    return lambda path: os.path.lexists(workspace.root / path)


def _cut_at(repository: Repository | None, commit: str | None) -> str | None:
    """Where a shallow clone begins: one that was made whole tells more of the same commit."""
    with suppress(RepositoryError):
        return repository.cut_at(commit) if repository and commit else None
    return None


def _fingerprint(
    reader: str, zone: ZoneInfo | None, moment: Moment, commit: str | None, cut_at: str | None, files: Files, missing: Collection[str]
) -> str:
    """Of everything that the tables depend on: of the commit and what the files say, behind a dash, and before it of all else, such
    as which files there are, and whether those that are linked to are there. Of a clock that nobody asked for only the day counts: it
    is what open and overdue go by."""
    clock = moment.as_of if moment.is_asked_for else wall_time(moment.as_of, zone).date()
    there = {kind: [(each.path, each.problem) for each in found] for kind, found in files.items()}
    said = [each.sha256 for found in files.values() for each in found]
    return f"{_hash([reader, str(clock), cut_at, there, sorted(missing)])}-{_hash([commit, said])}"


def _hash(said: object) -> str:
    return sha256(json.dumps(said).encode()).hexdigest()
