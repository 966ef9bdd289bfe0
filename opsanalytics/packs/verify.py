"""A pack made again from its manifest, and its numbers compared with those that it states, one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from opsanalytics import __version__
from opsanalytics.errors import RepositoryError, UsageError
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.packs.catalogue import PACKS, Pack, find_pack, own_packs
from opsanalytics.packs.make import planned_runs
from opsanalytics.packs.manifest import Manifest, read_manifest
from opsanalytics.packs.numbers import FIELDS, as_json, collect_numbers
from opsanalytics.packs.run import own_cells, run_notebooks
from opsanalytics.packs.scratch import scratch_folder
from opsanalytics.repository import Repository, find_repository
from opsanalytics.warehouse.load import load
from opsanalytics.warehouse.moment import Moment
from opsanalytics.workspace import Workspace

NUMBERS = "numbers.json"

Number = Mapping[str, Any]
Numbers = Mapping[str, Number]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Verified:
    """What became of a pack's numbers. other: what it is not made from again as it was then, in words; altered: its files
    that are not those of the manifest; differing: the numbers that come out otherwise, each with `id`, `then` and `now`.
    """

    numbers: int
    other: tuple[str, ...]
    altered: tuple[str, ...]
    differing: tuple[dict[str, str], ...]

    @property
    def holds(self) -> bool:
        return not self.altered and not self.differing


def verify_pack(folder: Path, workspace: Workspace, progress: Progress = lambda line: None) -> Verified:
    """Runs the pack's notebooks over the record as it stood, by the commit and the clock of the manifest.

    Refused: a folder that is no pack, a pack that nobody makes here (UsageError), a commit that the repository of the
    workspace does not have (RepositoryError). A notebook that fails is a NotebookError.
    """
    manifest = read_manifest(folder)
    pack = find_pack(manifest.pack, {} if manifest.pack in PACKS else own_packs(workspace))
    then, repository = _read_numbers(folder), find_repository(workspace.root)
    _check_commit(manifest, workspace, repository)
    now = _numbers_again(manifest, pack, workspace, progress)
    other = (*_other_program(manifest), *_other_notebooks(folder, pack), *_other_files(manifest, repository))
    return Verified(len(then), other, manifest.altered(folder), tuple(differences(then, now)))


def differences(then: Numbers, now: Numbers) -> Iterator[dict[str, str]]:
    """A row a number that is not the same, sorted by id: what of it was otherwise, and what that is now."""
    for key in sorted({*then, *now}):
        one, other = then.get(key), now.get(key)
        if one != other:
            yield {"id": key, "then": _in_words(one, other), "now": _in_words(other, one)}


def _in_words(number: Number | None, beside: Number | None) -> str:
    if number is None:
        return "not stated"
    unlike = [name for name in FIELDS[1:] if beside is None or number.get(name) != beside.get(name)]
    return ", ".join(f"{name} {json.dumps(number.get(name))}" for name in unlike)


def _read_numbers(folder: Path) -> Numbers:
    try:
        return _by_id((folder / NUMBERS).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{folder / NUMBERS}: cannot be read ({error}); there is nothing to compare with") from None


def _by_id(numbers: str) -> Numbers:
    return {number["id"]: number for number in json.loads(numbers)}


def _check_commit(manifest: Manifest, workspace: Workspace, repository: Repository | None) -> None:
    if manifest.git_commit is None:
        return
    try:
        if repository and repository.commit(manifest.git_commit):
            return
    except RepositoryError:
        pass
    raise RepositoryError(f"{workspace.root} has no commit {manifest.git_commit[:10]}, which the pack was made of in "
                          f"{manifest.workspace}; fetch it, or name the workspace with --workspace")  # fmt: skip


def _numbers_again(manifest: Manifest, pack: Pack, workspace: Workspace, progress: Progress) -> Numbers:
    moment = Moment(manifest.as_of, manifest.git_commit)
    with scratch_folder() as place:
        database = load(workspace, database=place / "ops.duckdb", moment=moment, progress=progress).database
        runs = planned_runs(pack, manifest.parameters, place)
        run_notebooks(runs, database=database, done=lambda run: progress(f"{run.name}: done"))
        return _by_id(as_json(collect_numbers(run.executed for run in runs)))


# --- what is not as it was

def _other_program(manifest: Manifest) -> Iterator[str]:
    if manifest.tool_version != __version__:
        yield f"made by opsanalytics {manifest.tool_version}, and again by {__version__}"
    now = {name: metric.version for name, metric in METRICS.items()}
    for name, version in manifest.metrics.items():
        if now.get(name) != version:
            yield f"{name} was version {version} and " + (f"is version {now[name]}" if name in now else "is no metric any more")


def _other_notebooks(folder: Path, pack: Pack) -> Iterator[str]:
    executed = {path.stem: path for path in (folder / "notebooks").glob("*.ipynb")}
    for name in sorted(executed.keys() ^ pack.sources.keys()):
        yield f"notebook {name} " + ("is not in the pack any more" if name in executed else "is new in the pack")
    for name in sorted(executed.keys() & pack.sources.keys()):
        if _code(executed[name]) != _code(pack.sources[name]):
            yield f"notebook {name} has other cells now"


def _code(notebook: Path) -> list[str]:
    """Nothing of a file that is no notebook any more."""
    with suppress(ValueError, AttributeError, nbformat.ValidationError):
        return [cell.source for cell in own_cells(nbformat.read(notebook, as_version=4)) if cell.cell_type == "code"]
    return []


def _other_files(manifest: Manifest, repository: Repository | None) -> Iterator[str]:
    if manifest.git_commit is None or repository is None:
        yield "made outside git, so again from the files as they lie now"
        return
    if manifest.dirty:
        yield f"made of files that were not all in commit {manifest.git_commit[:10]}, and again of those that are in it"
    if cut_at := repository.cut_at(manifest.git_commit):
        yield f"this is a shallow clone that begins with commit {cut_at[:10]}; git fetch --unshallow fetches what dates the rest"
