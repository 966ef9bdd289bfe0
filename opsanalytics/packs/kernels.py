"""Kernels of a run: warm ones where the system can fork a loaded process, else cold ones. None outlives the run."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from threading import Event, Lock
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

LONGEST_SOCKET = 90  # a unix socket's path has 107 bytes
# macOS forbids some of its own libraries after a fork, and Windows has none.
CAN_FORK = sys.platform == "linux"
# A fork takes one thread along, and two notebooks run at once on few cores.
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
            _kill(manager)


@contextmanager
def kernels(database: Path, *, isolated: bool = False) -> Iterator[Kernels]:
    """Kernels that know the database and talk over sockets in a private folder; isolated ones are started cold.

    The database is told by the environment and not as a parameter, so that no path ends in a notebook or page. A
    kernel's own stderr is noise of its shutdown; what a notebook writes there comes by message.
    """
    environment = {**os.environ, **ONE_THREAD, "OPSANALYTICS_DATABASE": str(database.resolve())}
    started: list[AsyncKernelManager] = []
    stopped = Event()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ops-kernels-", ignore_cleanup_errors=True))
        nursery = stack.enter_context(_nursery(folder)) if CAN_FORK and not isolated else None

        class PrivateKernel(AsyncKernelManager):
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
                    _kill(self)

            start_kernel = _async_start_kernel

        yield Kernels(PrivateKernel, started, stopped)


def _kill(manager: AsyncKernelManager) -> None:
    process = getattr(manager.provisioner, "process", None)
    if process is None or process.poll() is not None:
        return
    with suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)  # a kernel leads a session of its own
        else:
            process.kill()


# --- warm ones

class Forked:
    """A process that another one forked, as jupyter_client asks of a Popen. How it ended only its parent knows."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor: int | None = None
        with suppress(ProcessLookupError):
            self._descriptor = os.pidfd_open(pid)

    def poll(self) -> int | None:
        return None if not self._has_ended(0) else 1

    def wait(self) -> int:
        self._has_ended(None)
        return 1

    def send_signal(self, number: int) -> None:
        if self._descriptor is not None:
            signal.pidfd_send_signal(self._descriptor, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _has_ended(self, seconds: float | None) -> bool:
        if self._descriptor is not None and select.select([self._descriptor], [], [], seconds)[0]:
            os.close(self._descriptor)
            self._descriptor = None
        return self._descriptor is None


@dataclass(frozen=True)
class Nursery:
    """A process that is loaded with what kernels need, and forks them."""

    process: Popen[str]
    turn: Lock = field(default_factory=Lock)

    def fork(self, arguments: Sequence[str], folder: str, environment: Mapping[str, str]) -> Forked:
        assert self.process.stdin
        assert self.process.stdout
        request = json.dumps({"arguments": arguments, "folder": folder, "environment": environment})
        with self.turn:
            self.process.stdin.write(request + "\n")
            self.process.stdin.flush()
            return Forked(int(self.process.stdout.readline()))


@contextmanager
def _nursery(folder: str) -> Iterator[Nursery]:
    """Gone with its kernels when its stdin is closed, at the latest when this process ends."""
    command = [sys.executable, "-P", "-m", "opsanalytics.packs.warm"]
    with Popen(command, cwd=folder, env={**os.environ, **ONE_THREAD}, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True) as process:
        yield Nursery(process)


class ForkingProvisioner(LocalProvisioner):
    """Starts a kernel by a fork of the nursery's process, with the arguments that a cold one would be started with."""

    nursery: Nursery

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        forked = self.nursery.fork(arguments, options["cwd"], options["env"])
        self.process: Any = forked
        self.pid = self.pgid = forked.pid
        return self.connection_info
