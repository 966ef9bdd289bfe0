"""papermill's engine with limits. A cell that runs too long is interrupted, which tells its line, and killed when it goes on;
so is a notebook that writes more than a page can show. Whatever stopped a cell stands in it as its error.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from threading import Timer
from typing import Any

from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbclient.util import run_sync
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from opsanalytics.packs.kernels import interrupt, kill

NAME = "opsanalytics"
LONGEST_CELL = 600  # seconds
LARGEST_OUTPUT = 25_000_000  # characters, of a notebook
GRACE = 10  # seconds from an interrupt to the kill
SLOWEST_MESSAGE = 60  # seconds, on a machine with much else to do
SHOWN = ("stream", "display_data", "execute_result", "update_display_data")
STOPPED = "Stopped"


class LimitedClient(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """Runs the cells of one notebook."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.written = 0
        self.why: str | None = None
        self.timers: list[Timer] = []

    def execute(self, **options: Any) -> Any:
        """Without the question that papermill asks the kernel at the end, which may never answer."""
        self.reset_execution_trackers()
        with self.setup_kernel(**options):
            self.papermill_execute_cells()
            self.set_widgets_metadata()
        return self.nb

    async def async_execute_cell(self, cell: Any, cell_index: int, **options: Any) -> Any:
        self._after(LONGEST_CELL, self._stop, f"ran for more than {LONGEST_CELL} s")
        try:
            done = await super().async_execute_cell(cell, cell_index, **options)
        except CellExecutionError:
            if self.why is None:
                raise
        except DeadKernelError:
            self.why = self.why or _how_it_died(await self.km.provisioner.poll())
        finally:
            while self.timers:
                self.timers.pop().cancel()
        if self.why is None:
            return done
        _put_error(cell, self.why)
        raise CellExecutionError("", STOPPED, self.why)

    execute_cell = run_sync(async_execute_cell)

    def process_message(self, message: Any, cell: Any, cell_index: int) -> Any:
        if message["msg_type"] in SHOWN:
            self.written += len(json.dumps(message["content"], default=str, ensure_ascii=False))
            if self.written > LARGEST_OUTPUT:
                self._stop(f"the notebook wrote more than {LARGEST_OUTPUT // 1_000_000} MB, which no page can show")
                return None
        return super().process_message(message, cell, cell_index)

    def _stop(self, why: str) -> None:
        if self.why is None:
            self.why = why
            interrupt(self.km)
            self._after(GRACE, kill, self.km)

    def _after(self, seconds: float, what: Callable[..., None], *arguments: Any) -> None:
        """In a thread of its own, because the loop is not idle while messages pour in."""
        timer = Timer(seconds, what, arguments)
        timer.daemon = True
        timer.start()
        self.timers.append(timer)


def _put_error(cell: Any, why: str) -> None:
    """In the place of that which an interrupt left, whose traceback it keeps."""
    left = [output for output in cell.outputs if output.output_type == "error"]
    traceback = left[0].traceback if left else []
    cell.outputs = [output for output in cell.outputs if output.output_type != "error"]
    cell.outputs.append(new_output("error", ename=STOPPED, evalue=why, traceback=traceback))


def _how_it_died(code: int | None) -> str:
    if code is None or code >= 0:
        return f"the kernel died: it ended by itself, with exit code {code}"
    by = signal.Signals(-code).name
    return "the kernel died: it was killed, perhaps for want of memory" if by == "SIGKILL" else f"the kernel died of {by}"


class LimitedEngine(NBClientEngine):  # type: ignore[misc]
    """What papermill calls by the name `opsanalytics`."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
        return LimitedClient(nb_man, kernel_name=kernel_name, iopub_timeout=SLOWEST_MESSAGE, startup_timeout=options["start_timeout"], shutdown_kernel="immediate",
                             kernel_manager_class=options["kernel_manager_class"], resources=options["resources"]).execute()  # fmt: skip


papermill_engines.register(NAME, LimitedEngine)
