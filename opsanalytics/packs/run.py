"""Notebooks of a pack, run by papermill, three at a time, each in a kernel of its own.

A run's status comes from the run: an exception, or a cell that was not reached. Never from notebook metadata, where
papermill calls the notebook of a killed kernel completed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellControlSignal
from papermill.exceptions import PapermillException, PapermillExecutionError

from opsanalytics.errors import NotebookError, UsageError
from opsanalytics.packs.engine import NAME as ENGINE
from opsanalytics.packs.engine import STOPPED
from opsanalytics.packs.kernels import kernels

AT_ONCE = 3  # a kernel that starts or ends waits more than it works
TYPES: Mapping[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (float, int), "bool": (bool,)}
PUT_IN = {"injected-parameters", "papermill-error-cell-tag"}
# An error's name -> what is said of it; of an empty one what it says itself.
SAID_BY: Mapping[str, str] = {
    STOPPED: "",
    "SystemExit": "ended the notebook by itself (sys.exit)",
    "MemoryError": "out of memory (MemoryError)",
    "StdinNotImplementedError": "asks for input(), which nobody gives here; make it a parameter",
}

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
    runs: Sequence[Run], *, database: Path, done: Callable[[Run], object], isolated: bool = False
) -> tuple[str, ...]:
    """Runs all, `isolated` in cold kernels, and gives back what they wrote to stderr, each line behind its notebook's name.
    done: called with each that is through, while others run.

    The first that failed is raised as FailedRunError. By then no kernel is left, as after Ctrl-C: the others are killed.
    """
    with kernels(database, isolated=isolated) as running, ThreadPoolExecutor(AT_ONCE) as pool:
        pending = {pool.submit(_execute, run, running.manager): run for run in runs}
        try:
            for future in as_completed(pending):
                future.result()
                done(pending[future])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            running.kill()
            raise
    return tuple(f"{run.name}: {line}" for future, run in pending.items() for line in future.result())


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
        with closing(ensure_event_loop()), suppress(PapermillExecutionError):  # jupyter leaves the loop of a thread open
            papermill.execute_notebook(
                str(run.source), str(run.executed), parameters=dict(run.parameters), kernel_name="python3",
                engine_name=ENGINE, progress_bar=False, autosave_cell_every=0, kernel_manager_class=manager,
                resources={"metadata": {"path": str(run.executed.parent)}},
            )
    except (CellControlSignal, PapermillException, RuntimeError) as error:
        raise FailedRunError(run, f"{_last_started(run.executed)}: {str(error).splitlines()[0]}") from None
    return _finish(run)


def _finish(run: Run) -> list[str]:
    """Checks that every cell ran, and takes out of the executed notebook what differs between runs and machines."""
    notebook = nbformat.read(run.executed, as_version=4)
    for number, cell in enumerate(own_cells(notebook), 1):
        if what := _what_went_wrong(cell):
            raise FailedRunError(run, f"cell {number}{what}")
    warned = [line for cell in notebook.cells for line in _settle(cell)]
    notebook.metadata.pop("papermill", None)
    nbformat.write(notebook, run.executed)
    return warned


def own_cells(notebook: Any) -> list[Any]:
    """As its author sees it, without what papermill puts in."""
    return [cell for cell in notebook.cells if not PUT_IN.intersection(cell.metadata.get("tags", []))]


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


# --- what went wrong

def _what_went_wrong(cell: Any) -> str:
    """`, line 2: ZeroDivisionError: division by zero`, or nothing."""
    outputs = cell.get("outputs", [])
    for place, output in enumerate(outputs):
        if output.output_type == "error":
            line = _line(output) or _line_of_result(cell.source, outputs[place:])
            return (f", line {line}" if line else "") + f": {_in_words(output.ename, output.evalue)}"
    is_code = cell.cell_type == "code" and cell.source.strip()
    return ": was not reached" if is_code and cell.execution_count is None else ""


def _in_words(name: str, said: str) -> str:
    text = SAID_BY.get(name, f"{name}: {said}".removesuffix(": "))
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text or said)


def _line(error: Any) -> str | None:
    traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
    found = re.search(r"^ *Cell In\[\d+\], line (\d+)", traceback, re.MULTILINE)
    return found[1] if found else None


def _line_of_result(source: str, outputs: Sequence[Any]) -> str | None:
    """What a cell gives back is shown when it is done: an error right before it is of its last statement, and names no
    line."""
    shown = next((output.output_type for output in outputs if output.output_type != "error"), None)
    with suppress(SyntaxError):
        return str(ast.parse(source).body[-1].lineno) if shown == "execute_result" else None
    return None


def _last_started(executed: Path) -> str:
    """The cell that ran when papermill gave up: it saves at each cell's start."""
    cells = own_cells(nbformat.read(executed, as_version=4)) if executed.is_file() else []
    started = [number for number, cell in enumerate(cells, 1) if cell.metadata.get("papermill", {}).get("start_time")]
    return f"cell {started[-1]}" if started else "its kernel did not start"
