"""A process that has imported what notebooks need, and forks a kernel for each of them.

It reads a request a line from stdin and answers with the kernel's process id. When stdin ends, because whoever started
it is done or dead, it kills every kernel with what that started, and ends; if it is killed itself, the system kills them.
A kernel has an interpreter, an environment and a session of its own, as one that starts cold.
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
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "pandas", "scipy.stats", "duckdb", "plotly.graph_objects",
    "opsanalytics.workbench.session", "opsanalytics.workbench.display", "opsanalytics.record_figures", "opsanalytics.packs.record",
)  # fmt: skip
PR_SET_PDEATHSIG = 1


def serve() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it hears Ctrl-C, and closes stdin
    for name in PRELOADED:
        import_module(name)
    kernels: set[int] = set()
    for line in sys.stdin:
        kernel = _fork(**json.loads(line))
        print(kernel, flush=True)
        kernels = _living(kernels) | {kernel}
    for pid in _living(kernels):
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _living(kernels: set[int]) -> set[int]:
    """Those that have not ended; the others leave the system's list of processes."""
    return {pid for pid in kernels if os.waitpid(pid, os.WNOHANG) == (0, 0)}


def _fork(arguments: Sequence[str], folder: str, environment: Mapping[str, str]) -> int:
    server, pid = os.getpid(), os.fork()
    if pid == 0:
        os.setsid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == server:
            _become_kernel(arguments, folder, environment)
        os._exit(1)
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
