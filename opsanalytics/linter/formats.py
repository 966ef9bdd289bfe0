"""Findings for machines: SARIF 2.1.0 for code scanning, workflow commands for GitHub's log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from opsanalytics import __version__
from opsanalytics.findings import RULES, rule_page

_SARIF_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_GITHUB_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}
Row = Mapping[str, Any]


def as_sarif(findings: Sequence[Row]) -> dict[str, Any]:
    """Source: OASIS, Static Analysis Results Interchange Format 2.1.0."""
    rules = [_rule(code) for code in sorted({each["code"] for each in findings})]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "opsanalytics", "version": __version__, "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(each) for each in findings],
            }
        ],
    }


def _rule(code: str) -> dict[str, Any]:
    rule = RULES[code]
    return {
        "id": code,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.remedy},
        "helpUri": rule_page(code),
        "defaultConfiguration": {"level": _SARIF_LEVELS[rule.level]},
    }


def _result(found: Row) -> dict[str, Any]:
    region = {"startLine": found["line"], "startColumn": found["col"]}
    return {
        "ruleId": found["code"],
        "level": _SARIF_LEVELS[found["level"]],
        "message": {"text": f"{found['message']}; {found['hint']}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": quote(found["path"])}, "region": region}}],
    }


def as_github(findings: Iterable[Row]) -> str:
    """One annotation a line: `::error file=...,line=...,col=...,title=OPS112::message`."""
    return "\n".join(
        f"::{_GITHUB_LEVELS[each['level']]} file={_property(each['path'])},line={each['line']},col={each['col']},"
        f"title={each['code']}::{_escaped(each['message'])}; {_escaped(each['hint'])}"
        for each in findings
    )


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
