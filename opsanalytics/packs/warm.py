"""A process that has imported what notebooks need, and forks a kernel for each of them.

It reads a request a line from stdin: to fork a kernel, and it answers with its process id, or to say how one ended. When
stdin ends, because whoever started it is done or dead, it kills every kernel with what that started, and ends; if it is
killed itself, the system kills the kernels. A kernel has an interpreter, an environment and a session of its own, as one
that starts cold.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module

PRELOADED = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger", "IPython.core.completerlib",
    "pandas", "duckdb", "plotly.graph_objects", "scipy.optimize", "scipy.signal", "scipy.stats", "opsanalytics.workbench.session", "opsanalytics.workbench.display",
    "opsanalytics.packs.capacity", "opsanalytics.packs.oncall_overview", "opsanalytics.packs.overview",
    "opsanalytics.packs.restatements", "opsanalytics.packs.retro_overview",
)  # fmt: skip
PR_SET_PDEATHSIG = 1
WIDEST_FRAME = 20  # columns, as pandas has it in a notebook: imported here, it takes itself to be in a terminal


def serve() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it hears Ctrl-C, and closes stdin
    for name in PRELOADED:
        import_module(name)
    import_module("pandas").options.display.max_columns = WIDEST_FRAME
    kernels: list[int] = []
    try:
        for line in sys.stdin:
            request = json.loads(line)
            if "ended" in request:
                print(_exit_code(request["ended"]), flush=True)
            else:
                kernels.append(_fork(**request))
                print(kernels[-1], flush=True)
    finally:
        _end(kernels)


def _exit_code(kernel: int) -> int:
    """Of one that has ended, minus the signal that killed it. It stays in the system's list until the end, so that its id,
    which is that of everything it started, goes to no other process."""
    ended = os.waitid(os.P_PID, kernel, os.WEXITED | os.WNOWAIT)
    assert ended
    return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status


def _end(kernels: Sequence[int]) -> None:
    for kernel in kernels:
        with suppress(ProcessLookupError):
            os.killpg(kernel, signal.SIGKILL)
        with suppress(ProcessLookupError):  # one that has no group yet
            os.kill(kernel, signal.SIGKILL)
        os.waitpid(kernel, 0)


def _fork(arguments: Sequence[str], folder: str, environment: Mapping[str, str]) -> int:
    server, pid = os.getpid(), os.fork()
    if pid == 0:
        try:
            os.setsid()
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == server:
                _become_kernel(arguments, folder, environment)
        finally:
            os._exit(0 if sys.exception() is None else 1)
    return pid


def _become_kernel(arguments: Sequence[str], folder: str, environment: Mapping[str, str]) -> None:
    from ipykernel.kernelapp import launch_new_instance

    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    launch_new_instance(argv=list(arguments))


if __name__ == "__main__":
    serve()
