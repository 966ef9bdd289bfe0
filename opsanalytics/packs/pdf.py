"""`report.pdf`: the single file of a pack, printed by a browser that is on this machine.

Vector charts, an outline of the headings, and the same bytes from the same page, browser and fonts: the day in the file
is the load's as-of, not that of the printing.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from subprocess import DEVNULL, Popen, TimeoutExpired

from opsanalytics import __version__
from opsanalytics.packs.scratch import scratch_folder

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 120.0  # seconds; thirteen pages take five
FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-quic", "--disable-component-update",
    "--disable-background-networking", "--disable-crash-reporter", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer", "--generate-pdf-document-outline", f"--user-agent=opsanalytics {__version__}",
)
PRINTED_AT = re.compile(rb"(?<=Date \(D:)\d{14}(?=\+00'00'\))")


def find_browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def printing(page: Path, file: Path, as_of: datetime) -> Iterator[Callable[[], str]]:
    """Prints `page` to `file` while the caller does something else, and gives a function to call for the outcome: nothing,
    or why there is no PDF. At the end no process of the browser is left, whatever happened.
    """
    browser = find_browser()
    if browser is None:
        yield lambda: "neither chromium nor google-chrome is on PATH"
        return
    with scratch_folder() as profile:
        process = Popen([browser, *_flags(profile), f"--print-to-pdf={file}", page.resolve().as_uri()],
                        stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True)  # fmt: skip
        try:
            yield lambda: _outcome(process, file, as_of)
        finally:
            _kill(process)


def _flags(profile: Path) -> list[str]:
    """Root is refused a sandbox, and then the browser does not start with one."""
    is_root = os.name == "posix" and os.geteuid() == 0
    return [*FLAGS, f"--user-data-dir={profile}", *(["--no-sandbox"] if is_root else [])]


def _outcome(process: Popen[bytes], file: Path, as_of: datetime) -> str:
    name = Path(process.args[0]).name  # type: ignore[index, arg-type]
    try:
        code = process.wait(PATIENCE)
    except TimeoutExpired:
        return _without(file, f"{name} had not printed it after {PATIENCE:.0f} s and was stopped")
    printed = file.read_bytes() if file.is_file() else b""
    if code != 0 or not printed.startswith(b"%PDF-") or not printed.rstrip().endswith(b"%%EOF"):
        return _without(file, f"{name} ended with code {code} and printed none")
    file.write_bytes(PRINTED_AT.sub(f"{as_of:%Y%m%d%H%M%S}".encode(), printed))
    return ""


def _without(file: Path, why: str) -> str:
    file.unlink(missing_ok=True)
    return why


def _kill(process: Popen[bytes]) -> None:
    """The browser leads a group of processes; some outlive it."""
    with suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
