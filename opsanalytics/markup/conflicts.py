"""Merge conflicts that were committed: both sides of the file, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from opsanalytics.markup.strict_yaml import MarkupError

_MARK = re.compile(r"(?P<opens><{7})(?: |$)|(?P<parts>={7})$|(?P<closes>>{7})(?: |$)|[ ]{0,3}(?P<fence>```|~~~)")


@dataclass(frozen=True, order=True)
class Conflict:
    """In a code fence a conflict may be what the writer speaks of."""

    in_fence: bool
    line: int


def quoted_conflict(text: str) -> int | None:
    """The line of the first conflict in a code fence. Raises MarkupError at one that stands anywhere else."""
    found = min(_conflicts(text), default=None) if "<<<<<<<" in text else None
    if found and not found.in_fence:
        raise MarkupError("a merge conflict was committed: both sides are still in the file", found.line)
    return found.line if found else None


def _conflicts(text: str) -> Iterator[Conflict]:
    """Those that have all of their markers in order."""
    fence, opened, is_parted = "", None, False
    for number, line in enumerate(text.split("\n"), 1):
        mark = _MARK.match(line)
        match mark and mark.lastgroup:
            case "opens":
                opened, is_parted = Conflict(bool(fence), number), False
            case "parts":
                is_parted = opened is not None
            case "closes" if opened and is_parted:
                yield opened
                opened = None
            case "fence" if mark and fence in ("", mark["fence"]):
                fence = "" if fence else mark["fence"]
