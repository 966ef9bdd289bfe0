"""What becomes of a file: its outcome, in the words in which `cases/*.yml` states it."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from opsanalytics.kinds import KINDS
from opsanalytics.readers import read_record
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import TABLES

CASES = Path(__file__).parent / "cases"
RECORDS = ("incidents", "decisions", "rituals", "rfcs", "roadmap", "runbooks", "onboarding")
WORDS = Vocabulary()


class _CaseLoader(yaml.CBaseLoader):
    """Every scalar is text, `~` is nothing, and a name that is written twice is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        names = [key.value for key, _ in node.value]
        assert len(names) == len(set(names)), f"{node.start_mark}: a name is written twice"
        return super().construct_mapping(node, deep)


_CaseLoader.add_implicit_resolver("!nothing", re.compile("~$"), ["~"])
_CaseLoader.add_constructor("!nothing", lambda loader, node: None)


def read_cases(*files: str) -> dict[str, dict[str, Any]]:
    """The cases of some files by name, or of all of them."""
    paths = [CASES / f"{name}.yml" for name in files] or sorted(CASES.glob("*.yml"))
    trees = [yaml.load(path.read_text(encoding="utf-8"), _CaseLoader) for path in paths]
    cases = {name: case for tree in trees for name, case in tree.items()}
    assert len(cases) == sum(map(len, trees)), "two files have a case of one name"
    return cases


def content(case: dict[str, Any]) -> bytes:
    """The bytes of a case: `text` in UTF-8 or its `encoding`, `bytes` with a character for each, `{...}` repeated."""
    if "bytes" in case:
        return case["bytes"].encode("latin-1")
    text = case.get("text", "")
    for mark, (piece, times) in case.get("repeat", {}).items():
        text = text.replace(f"{{{mark}}}", piece * int(times))
    return text.encode(case.get("encoding", "utf-8"))


def path_of(kind: str) -> str:
    return f"ops/{kind}/x.md"


def read(data: bytes, kind: str = "incidents", zone: str | None = None) -> Reading:
    context = Context(WORDS, zone=ZoneInfo(zone) if zone else None)
    return read_record(KINDS[kind], path_of(kind), data, context)


def outcome_of(reading: Reading, kind: str, columns: Iterable[str] = ()) -> dict[str, Any]:
    """`ignored`, `rejected`, or `loaded` with some columns and what was found."""
    found = [str(each).removeprefix(f"{reading.path}:") for each in reading.findings]
    rows = reading.rows.get(KINDS[kind].table, [])
    if reading.ignored:
        return {"ignored": reading.ignored}
    if not rows:
        return {"rejected": found[0]}
    row = {**rows[0], **_own_fields(reading)}
    loaded = {name: None if row.get(name) is None else str(row[name]) for name in columns}
    return {"loaded": loaded, **({"found": found} if found else {})}


def _own_fields(reading: Reading) -> dict[str, str]:
    return {f"own {row['name']}": row["value"] for row in reading.rows.get("record_fields", [])}


def check(data: bytes, reading: Reading, kind: str = "incidents") -> None:
    """What holds of any file: it is one of three, its findings point into it, and its rows fit the tables. Minutes may
    hold several sessions, and a roadmap several items."""
    records = len(reading.rows.get(KINDS[kind].table, []))
    refusals = sum(each.code == "OPS101" for each in reading.findings)
    assert (bool(reading.ignored), records > 0, refusals) in [(True, False, 0), (False, True, 0), (False, False, 1)]
    assert records <= 1 or kind in ("rituals", "roadmap")
    assert refusals == 0 or len(reading.findings) == 1
    lengths = list(_line_lengths(data))
    for found in reading.findings:
        assert 1 <= found.line <= len(lengths), found
        assert 1 <= found.col <= lengths[found.line - 1] + 1, found
        assert found.hint
    for name, rows in reading.rows.items():
        for row in rows:
            _check_row(name, row, len(lengths))
    json.dumps(reading.rows, default=str).encode()


def _check_row(name: str, row: dict[str, Any], lines: int) -> None:
    assert all(row.get(column.name) is not None for column in TABLES[name].columns if column.required)
    assert 1 <= row["source_line"] <= lines


def _line_lengths(data: bytes) -> Iterator[int]:
    """In characters; bytes that are no text count one each."""
    codec = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "utf-8")
    text = (
        data[2 if codec != "utf-8" else 0 :].decode(codec, errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    )
    yield from (len(line) for line in text.split("\n"))


@contextmanager
def within(seconds: int, clock: int = signal.ITIMER_VIRTUAL) -> Iterator[None]:
    """Stops what takes longer: in seconds of the processor, so that a busy machine is no fault, or of the wall."""
    bell = {signal.ITIMER_VIRTUAL: signal.SIGVTALRM, signal.ITIMER_REAL: signal.SIGALRM}[clock]

    def stop(*_: object) -> None:
        raise TimeoutError(f"took more than {seconds} s")

    before = signal.signal(bell, stop)
    signal.setitimer(clock, seconds)
    try:
        yield
    finally:
        signal.setitimer(clock, 0)
        signal.signal(bell, before)
