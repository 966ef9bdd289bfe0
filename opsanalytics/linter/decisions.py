"""Decisions that point at each other one way only, or share a number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from posixpath import dirname

from opsanalytics.findings import Finding
from opsanalytics.linter.lint import Lint, at_row
from opsanalytics.tables import Row

_ANSWERS = {"supersedes": "superseded_by", "superseded_by": "supersedes"}


def one_way_links(record: Lint) -> Iterator[Finding]:
    """A decision that supersedes another, or says that another superseded it, which that other does not say."""
    links = [link for link in record.of("decision_links") if link["to_id"]]
    said = {(link["from_id"], link["relation"], link["to_id"]) for link in links}
    for link in links:
        answer = _ANSWERS.get(link["relation"])
        if answer and (link["to_id"], answer, link["from_id"]) not in said:
            yield at_row("OPS143", link, f"{link['relation'].replace('_', ' ')} {link['to_id']}, which does not say so")


def decisions_of_one_number(record: Lint) -> Iterator[Finding]:
    """In one folder: logs of several teams count for themselves."""
    numbered: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in record.of("decisions"):
        if row.get("number"):
            numbered[dirname(row["source_path"]), str(row["number"]).lstrip("0")].append(row)
    for first, *others in numbered.values():
        for row in others:
            yield at_row("OPS144", row, f"number {row['number']} is that of {first['source_path']} too")
