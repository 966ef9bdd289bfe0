"""`<!-- opsanalytics: ignore OPS112 OPS115 -->` anywhere in a file: what that file's team has seen and accepts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from opsanalytics.findings import RULES, Finding, finding
from opsanalytics.linter.lint import Said

_COMMENT = re.compile(r"(?:<!--|#|\{/\*)\s*opsanalytics:\s*ignore\s+(?P<codes>OPS\d{3}(?:[\s,]+OPS\d{3})*)")
NEVER_IGNORED = frozenset({"OPS101", "OPS107"})  # a file that is not read cannot speak for itself


def without_ignored(findings: Iterable[Finding], said: Mapping[str, Said]) -> Iterator[Finding]:
    """The findings that no comment ignores, and one for each comment that ignores nothing."""
    asked = {(path, code): line for path, each in said.items() for code, line in each.ignored}
    used = set()
    for each in findings:
        if (each.path, each.code) in asked and each.code not in NEVER_IGNORED:
            used.add((each.path, each.code))
        else:
            yield each
    for (path, code), line in asked.items():
        if (path, code) not in used:
            what = "finds nothing here" if code in RULES and code not in NEVER_IGNORED else "cannot be ignored"
            yield finding("OPS107", path, line, 1, f"the comment ignores {code}, which {what}")


def ignored_codes(text: str) -> Iterator[tuple[str, int]]:
    """With the line of their comment."""
    if "opsanalytics:" not in text:
        return
    for number, line in enumerate(text.split("\n"), 1):
        for found in _COMMENT.finditer(line):
            yield from ((code, number) for code in re.findall(r"OPS\d{3}", found["codes"]))
