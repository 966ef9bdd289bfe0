"""Notebooks of a pack, run by papermill, two at a time, each in a kernel of its own.

A run's status comes from the run: an exception, or a cell that was not reached. Never from notebook metadata, where
papermill calls the notebook of a killed kernel completed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError
from papermill.exceptions import PapermillException, PapermillExecutionError

from opsanalytics.errors import NotebookError, UsageError
from opsanalytics.packs.kernels import kernels

AT_ONCE = 2
TYPES: Mapping[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (float, int), "bool": (bool,)}

Parameters = Mapping[str, str | int | float | bool]


@dataclass(frozen=True)
class Run:
    """A notebook to run: its source, where the executed one goes, and the values of its parameters."""

    name: str
    source: Path
    executed: Path
    parameters: Parameters


class FailedRunError(NotebookError):
    """A notebook that failed, with the run whose executed copy shows where."""

    def __init__(self, run: Run, message: str) -> None:
        super().__init__(f"{run.name}, {message}")
        self.run = run


def run_notebooks(
    runs: Sequence[Run], *, database: Path, progress: Callable[[str], None], isolated: bool = False
) -> tuple[str, ...]:
    """Runs all, `isolated` in cold kernels, and gives back what they wrote to stderr, each line behind its notebook's name.

    The first that failed is raised as FailedRunError. By then no kernel is left, as after Ctrl-C: the others are killed.
    """
    warned: list[str] = []
    with kernels(database, isolated=isolated) as running, ThreadPoolExecutor(AT_ONCE) as pool:
        pending = [(run, pool.submit(_execute, run, running.manager)) for run in runs]
        try:
            for run, future in pending:
                warned += [f"{run.name}: {line}" for line in future.result()]
                progress(f"{run.name}: done")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            running.kill()
            raise
    return tuple(warned)


def declared_parameters(source: Path) -> dict[str, str]:
    """Name -> type of each parameter in the notebook's cell tagged `parameters`. Refused with UsageError: no notebook."""
    try:
        found = papermill.inspect_notebook(str(source))
    except (ValueError, AttributeError, nbformat.ValidationError) as error:
        raise UsageError(f"{source.name}: cannot be read as a notebook ({error}); open it in JupyterLab and save it") from None
    return {name: entry["inferred_type_name"] for name, entry in found.items()}


def check_parameters(name: str, declared: Mapping[str, str], given: Parameters) -> None:
    """Refused with UsageError before anything runs: a name that the notebook does not declare, a value of another type."""
    for key, value in given.items():
        if key not in declared:
            raise UsageError(f"{name} has no parameter `{key}`; valid: {', '.join(sorted(declared)) or 'none'}")
        allowed = TYPES.get(declared[key])
        if allowed and (not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)):
            raise UsageError(f"{name}: parameter `{key}` is {value!r}; it must be a {declared[key]}")


# --- one notebook

def _execute(run: Run, manager: type[AsyncKernelManager]) -> list[str]:
    """What the notebook wrote to stderr; FailedRunError when it failed, its executed copy left with the error.

    The kernel works in the executed copy's folder: IPython imports from the working directory, and a `statistics.py` of
    the record's must not run.
    """
    try:
        with closing(ensure_event_loop()):  # jupyter opens one for each thread and leaves it open
            papermill.execute_notebook(
                str(run.source), str(run.executed), parameters=dict(run.parameters), kernel_name="python3",
                progress_bar=False, autosave_cell_every=0, kernel_manager_class=manager,
                resources={"metadata": {"path": str(run.executed.parent)}},
            )
    except PapermillExecutionError as error:
        raise FailedRunError(run, _where(error)) from None
    except (DeadKernelError, CellExecutionError, CellControlSignal, PapermillException, RuntimeError) as error:
        raise FailedRunError(run, f"cell {_last_started(run.executed)}: the kernel died ({error})") from None
    return _finish(run)


def _finish(run: Run) -> list[str]:
    """Checks that every cell ran, and takes out of the executed notebook what differs between runs and machines."""
    notebook = nbformat.read(run.executed, as_version=4)
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
            raise FailedRunError(run, f"cell {number}: was not reached")
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            raise FailedRunError(run, f"cell {number}: ended the notebook by itself (sys.exit)")
    warned = [line for cell in notebook.cells for line in _settle(cell)]
    notebook.metadata.pop("papermill", None)
    nbformat.write(notebook, run.executed)
    return warned


def _settle(cell: Any) -> list[str]:
    """Removes times and stderr, which names files of this machine; gives back the lines of stderr."""
    for volatile in ("papermill", "execution"):
        cell.metadata.pop(volatile, None)
    if "injected-parameters" in cell.metadata.get("tags", []):
        cell["id"] = "injected-parameters"
    heard = [output.text for output in cell.get("outputs", []) if output.get("name") == "stderr"]
    if heard:
        cell["outputs"] = [output for output in cell.outputs if output.get("name") != "stderr"]
    return "".join(heard).splitlines()


def _where(error: PapermillExecutionError) -> str:
    """`cell 4, line 2: ZeroDivisionError: division by zero`: cells count from 1 in the notebook as its author sees
    it, without the cell of parameters that papermill put in."""
    traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
    line = re.search(r"^Cell In\[\d+\], line (\d+)", traceback, re.MULTILINE)
    place = f"cell {error.cell_index}" + (f", line {line[1]}" if line else "")
    return f"{place}: {error.ename}: {error.evalue}"


def _last_started(executed: Path) -> int:
    """The cell that ran when the kernel died, from 1: papermill saves at each cell's start."""
    cells = nbformat.read(executed, as_version=4).cells if executed.is_file() else []
    started = [i for i, cell in enumerate(cells, 1) if cell.metadata.get("papermill", {}).get("start_time")]
    return max(max(started, default=1) - 1, 1)
