"""Which findings a check is about: all but those of style, or what `--select` and `--ignore` say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from opsanalytics.errors import UsageError
from opsanalytics.findings import RULES


def chosen(findings: Iterable[dict[str, Any]], select: Sequence[str] = (), ignore: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Each of `select` and `ignore` is a code or how some begin, or several with commas: `OPS112`, or `OPS11` for all of
    time. The longer one wins, as it is the more precise. Raises UsageError for what no code begins with."""
    selected, ignored = _codes(select), _codes(ignore)
    return [each for each in findings if _is_chosen(each["code"], selected, ignored)]


def _codes(said: Sequence[str]) -> list[str]:
    codes = [code.upper() for each in said for code in re.split(r"[,\s]+", each) if code]
    for each in codes:
        if not any(code.startswith(each) for code in RULES):
            raise UsageError(f"`{each}` is no code of a finding, nor the beginning of one; codes are OPS101 to {max(RULES)}")
    return codes


def _is_chosen(code: str, select: Sequence[str], ignore: Sequence[str]) -> bool:
    unasked = -1 if RULES[code].is_style else 0
    return (_named(code, select) if select else unasked) > _named(code, ignore)


def _named(code: str, prefixes: Sequence[str]) -> int:
    """How much of the code is named, -1 for nothing."""
    return max((len(each) for each in prefixes if code.startswith(each)), default=-1)
