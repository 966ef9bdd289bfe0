"""Kernels of a run: warm ones where the system can fork a loaded process, else cold ones. None outlives the run."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from threading import Event, Lock
from typing import Any
from weakref import finalize

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from opsanalytics.packs.scratch import scratch_folder

LONGEST_SOCKET = 90  # a unix socket's path has 107 bytes
# macOS forbids some of its own libraries after a fork, and Windows has none.
CAN_FORK = sys.platform == "linux"
# A fork takes one thread along, and three notebooks run at once on few cores.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Kernels:
    """The kernels of a run: the class that starts them, and those that were started."""

    manager: type[AsyncKernelManager]
    started: list[AsyncKernelManager]
    stopped: Event

    def kill(self) -> None:
        """Kills every kernel with what it started, and any that would start from now on; threads that wait for one end."""
        self.stopped.set()
        for manager in self.started:
            kill(manager)


@contextmanager
def kernels(database: Path, *, isolated: bool = False) -> Iterator[Kernels]:
    """Kernels that know the database and talk over sockets in a private folder; isolated ones are started cold.

    The database is told by the environment and not as a parameter, so that no path ends in a notebook or page. Nothing
    of the user's own set-up of Jupyter and IPython takes part. A kernel's own stderr is noise of its shutdown; what a
    notebook writes there comes by message.
    """
    started: list[AsyncKernelManager] = []
    stopped = Event()
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        nursery = stack.enter_context(_nursery(folder)) if CAN_FORK and not isolated else None
        environment = {**os.environ, **ONE_THREAD, "IPYTHONDIR": f"{folder}/ipython", "OPSANALYTICS_DATABASE": str(database.resolve())}

        class PrivateKernel(AsyncKernelManager):
            @property
            def kernel_spec(self) -> KernelSpec:
                return KernelSpec(**get_kernel_dict())

            async def _async_start_kernel(self, **options: Any) -> None:
                self.connection_file = f"{tempfile.mkdtemp(dir=folder)}/kernel.json"
                if os.name == "posix" and len(self.connection_file) < LONGEST_SOCKET:
                    self.transport, self.ip = "ipc", self.connection_file.removesuffix(".json")
                if nursery is not None:
                    self.provisioner = ForkingProvisioner(kernel_spec=self.kernel_spec, parent=self)
                    self.provisioner.nursery = nursery
                started.append(self)
                await super()._async_start_kernel(**{**options, "env": environment, "stderr": DEVNULL})
                if stopped.is_set():
                    kill(self)

            start_kernel = _async_start_kernel

        yield Kernels(PrivateKernel, started, stopped)


def kill(manager: AsyncKernelManager) -> None:
    """Kills a kernel with what it started."""
    process = getattr(manager.provisioner, "process", None)
    if process is None or process.poll() is not None:
        return
    with suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)  # a kernel leads a session of its own
    with suppress(ProcessLookupError):
        process.kill()  # it may not lead it yet


def interrupt(manager: AsyncKernelManager) -> None:
    """As Ctrl-C does; nothing where there are no process groups."""
    process = getattr(manager.provisioner, "process", None)
    if process is not None and process.poll() is None and os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)


# --- warm ones

class Forked:
    """A process that another one forked, as jupyter_client asks of a Popen. How it ended only its parent knows."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, nursery: Nursery) -> None:
        self.pid = pid
        self._nursery = nursery
        self._descriptor = os.pidfd_open(pid)
        finalize(self, os.close, self._descriptor)

    def poll(self) -> int | None:
        """The exit code of one that has ended, minus the signal that killed it."""
        waiting = select.poll()
        waiting.register(self._descriptor, select.POLLIN)
        return self._nursery.ask(ended=self.pid) if waiting.poll(0) else None

    def wait(self) -> int | None:
        """Only of one that has ended, as `poll` said."""
        return self.poll()

    def send_signal(self, number: int) -> None:
        signal.pidfd_send_signal(self._descriptor, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@dataclass(frozen=True)
class Nursery:
    """A process that is loaded with what kernels need, and forks them."""

    process: Popen[str]
    turn: Lock = field(default_factory=Lock)

    def fork(self, arguments: Sequence[str], folder: str, environment: Mapping[str, str]) -> Forked:
        return Forked(self.ask(arguments=arguments, folder=folder, environment=environment), self)

    def ask(self, **request: Any) -> int:
        """The number that it answers. RuntimeError when it has ended."""
        assert self.process.stdin
        assert self.process.stdout
        with self.turn, suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            if answer := self.process.stdout.readline():
                return int(answer)
        raise RuntimeError("the process that forks kernels has ended; `--isolated` does without it")

    def close(self) -> None:
        """Waits until its kernels are gone."""
        assert self.process.stdin
        assert self.process.stdout
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@contextmanager
def _nursery(folder: Path) -> Iterator[Nursery]:
    """Gone with its kernels when its stdin is closed, at the latest when this process ends. In a session of its own, so
    that what kills this one leaves it the time to clean up."""
    command = [sys.executable, "-P", "-m", "opsanalytics.packs.warm"]
    process = Popen(command, cwd=folder, env={**os.environ, **ONE_THREAD}, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True,
                    start_new_session=True)  # fmt: skip
    with closing(Nursery(process)) as nursery:
        yield nursery


class ForkingProvisioner(LocalProvisioner):
    """Starts a kernel by a fork of the nursery's process, with the arguments that a cold one would be started with."""

    nursery: Nursery

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        forked = self.nursery.fork(arguments, options["cwd"], options["env"])
        self.process: Any = forked
        self.pid = self.pgid = forked.pid
        return self.connection_info
