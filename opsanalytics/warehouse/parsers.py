"""Reading files in more than one process: the same answers in the same order as one process gives.

A parser is a fresh interpreter that takes a pickled list of files on its input and answers on its output. It imports nobody's main
module, as those of multiprocessing would, so that a load may run in a script, a notebook or a server with threads; and it ends
with its input, whatever became of the load.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from opsanalytics.errors import DatabaseError
from opsanalytics.readers.reading import Context
from opsanalytics.tree import Source
from opsanalytics.warehouse.memory import Told
from opsanalytics.warehouse.told import tell

Job = tuple[str, Source]  # kind, file

PAYS = 2_000_000  # bytes to be read; for less a parser takes longer to start than it saves
AT_ONCE = 100_000  # bytes
_MOST = 4
_START = """
import json, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the load's to deal with
sys.path[:] = json.loads(sys.argv[1])
from opsanalytics.warehouse.parsers import answer
answer()
"""


def tell_all(jobs: list[Job], context: Context, like: str) -> Iterator[Told]:
    """What each file tells, in order."""
    parsers = min(_MOST, available())
    if parsers == 1 or sum(map(_size, jobs)) < PAYS:
        return (tell(kind, source, context, like) for kind, source in jobs)
    return _told_by(parsers, list(_in_parts(jobs)), context, like)


def available() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _size(job: Job) -> int:
    return len(job[1].data or b"") + (job[1].mark.size if job[1].mark else 0)


def _in_parts(jobs: list[Job]) -> Iterator[list[Job]]:
    part, size = list[Job](), 0
    for job in jobs:
        part.append(job)
        size += _size(job)
        if size >= AT_ONCE:
            yield part
            part, size = [], 0
    if part:
        yield part


def _told_by(parsers: int, parts: list[list[Job]], context: Context, like: str) -> Iterator[Told]:
    """Each parser has one part at a time and the next as soon as it has answered, so that neither end ever waits to write."""
    with ExitStack() as stack:
        started = [stack.enter_context(_parser()) for _ in range(min(parsers, len(parts)))]
        for parser, part in zip(started, parts, strict=False):
            _write(parser, (context, like))
            _write(parser, part)
        for at in range(len(parts)):
            parser = started[at % len(started)]
            told = _read(parser, parts[at])
            if at + len(started) < len(parts):
                _write(parser, parts[at + len(started)])
            yield from told


@contextmanager
def _parser() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-P", "-c", _START, json.dumps(list(map(str, sys.path)))]
    parser = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield parser
    finally:
        parser.kill()
        parser.communicate()


def _write(parser: subprocess.Popen[bytes], what: object) -> None:
    assert parser.stdin
    try:
        pickle.dump(what, parser.stdin, pickle.HIGHEST_PROTOCOL)
        parser.stdin.flush()
    except BrokenPipeError:
        pass  # what it died of is told when its answer is missed


def _read(parser: subprocess.Popen[bytes], part: list[Job]) -> list[Told]:
    assert parser.stdout
    try:
        told: list[Told] = pickle.load(parser.stdout)  # noqa: S301  what our own process answers
    except (EOFError, pickle.UnpicklingError):
        first, last = part[0][1].path, part[-1][1].path
        raise DatabaseError(f"the process that read {first} to {last} ended ({parser.wait()}); the old tables stand. Run the load "
                          "again; when it ends there again, one of these files is the cause: please report it") from None  # fmt: skip
    return told


def answer() -> None:
    """The parser's own side."""
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    context, like = pickle.load(asked)  # noqa: S301
    while True:
        try:
            jobs: Iterable[Job] = pickle.load(asked)  # noqa: S301
        except EOFError:
            return
        pickle.dump([tell(kind, source, context, like) for kind, source in jobs], answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()
