"""A pack from a database: run its notebooks, render its pages, and put it in place when it is whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import duckdb

from opsanalytics.errors import NotebookError, UsageError
from opsanalytics.metrics.clock import read_clock
from opsanalytics.metrics.dimensions import find_grouping
from opsanalytics.metrics.periods import Period
from opsanalytics.metrics.queries import fetch
from opsanalytics.packs.catalogue import Pack, find_pack
from opsanalytics.packs.manifest import write_manifest
from opsanalytics.packs.run import FailedRunError, Parameters, Run, check_parameters, declared_parameters, run_notebooks
from opsanalytics.packs.shelf import check_destination, keep_failed, put, run_folder
from opsanalytics.warehouse.connect import locked

if TYPE_CHECKING:
    from opsanalytics.packs.render import Page

SINCE_RETROSPECTIVE = "since-last-retrospective"


@dataclass(frozen=True)
class PackResult:
    """Where the pack stands. `pages` are file names in `folder`, the first page first; `warnings` are what its notebooks
    wrote to stderr, a line each behind the notebook's name; `left_out` is what of it could not be made, and why.
    """

    folder: Path
    index: Path
    seconds: float
    pages: tuple[str, ...]
    single_file: Path | None
    warnings: tuple[str, ...]
    left_out: tuple[str, ...]


def make_pack(
    name: str, *, database: Path, reports: Path, period: str | None = None, by: str | None = None,
    output: Path | None = None, single_file: bool = False, isolated: bool = False,
    own: Mapping[str, Pack] = MappingProxyType({}), slot: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> PackResult:
    """Makes the pack and puts it at `output`, else at `reports/<pack>/<period>`, in place of one that stands there; with
    `single_file` all of its pages are one HTML file in it too. isolated: each notebook in a process that starts from nothing,
    which takes longer. own: the team's packs. slot: what of the schedule this answers, for the manifest.

    Refused before anything runs: an unknown pack, period, `by` or parameter (UsageError), a database that cannot be
    read (DatabaseError), a destination that is taken (DestinationError). A notebook that fails (NotebookError) leaves
    the pack that stands as it is, and its executed copy with the error in `reports/.failed/`.
    """
    began = time.monotonic()
    pack = find_pack(name, own)
    with locked(database) as connection:
        covered = _period(connection, pack, period)
        if by is not None:
            for records in ("incidents", "follow_ups"):
                find_grouping(connection, records, by)
    parameters = {"period": covered.name} | ({"by": by} if by is not None else {})
    destination = (output or reports / pack.name / covered.name).resolve()
    check_destination(destination)
    with run_folder(reports, destination) as place:
        built = place / pack.name
        (built / "notebooks").mkdir(parents=True)
        runs = planned_runs(pack, parameters, built / "notebooks")
        pages, warnings = _run(pack, runs, reports, database=database, isolated=isolated, progress=progress)
        from opsanalytics.packs.outputs import write_outputs

        progress("tables, report.pdf")
        with locked(database) as connection:
            made = write_outputs(built, pack, pages, covered, connection, single_file=single_file)
            write_manifest(built, pack, covered, parameters, connection, slot)
        put(built, destination, shelf=reports)
    whole = destination / made.single_file if made.single_file else None
    return PackResult(destination, destination / "index.html", time.monotonic() - began, made.pages, whole, warnings, made.left_out)


def _period(connection: duckdb.DuckDBPyConnection, pack: Pack, text: str | None) -> Period:
    clock = read_clock(connection)
    if text == SINCE_RETROSPECTIVE:
        text = _days_since_retrospective(connection, clock.as_of_on)
    return clock.period(text or pack.default_period, pack.period_kind)


def _days_since_retrospective(connection: duckdb.DuckDBPyConnection, as_of_on: date) -> str:
    """The days after the last that was held before the as-of day, which may be that of the next, up to the as-of."""
    [row] = fetch(connection, "rituals.last_retrospective", {"as_of_on": as_of_on})
    if row["held_on"] is None:
        raise UsageError(f"{SINCE_RETROSPECTIVE}: none was held before {as_of_on}; ops/rituals/retrospective/<day>.md brings them, "
                         "or name a period such as last")
    return f"{row['held_on'] + timedelta(1)}..{as_of_on}"


def _run(
    pack: Pack, runs: list[Run], reports: Path, *, database: Path, isolated: bool, progress: Callable[[str], None]
) -> tuple[list[Page], tuple[str, ...]]:
    """The pages, each made while other notebooks run, and what the notebooks wrote to stderr."""
    pages = {}

    def done(run: Run) -> None:
        from opsanalytics.packs.render import read_page

        pages[run.name] = read_page(run.executed, pack)
        progress(f"{run.name}: done")

    try:
        warnings = run_notebooks(runs, database=database, isolated=isolated, done=done)
        return [pages[run.name] for run in runs], warnings
    except FailedRunError as error:
        kept = keep_failed(error.run.executed, reports, f"{pack.name}-{error.run.name}.ipynb")
        raise NotebookError(f"{error}\nits executed notebook is {kept}; the pack that stood is as it was") from None


def planned_runs(pack: Pack, parameters: Parameters, folder: Path) -> list[Run]:
    """A run a notebook, each with the parameters that it declares. Refused with UsageError: one that none declares."""
    declared = {name: declared_parameters(source) for name, source in pack.sources.items()}
    every = {key for names in declared.values() for key in names} | {"period"}
    if unknown := sorted(set(parameters) - every):
        raise UsageError(f"{pack.name} has no parameter `{unknown[0]}`; valid: {', '.join(sorted(every))}")
    runs = [Run(name, source, folder / f"{name}.ipynb",
                {key: value for key, value in parameters.items() if key in declared[name]})
            for name, source in pack.sources.items()]
    for run in runs:
        check_parameters(run.name, declared[run.name], run.parameters)
    return runs
