"""What a rule may look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from opsanalytics.findings import Finding, finding
from opsanalytics.readers.reading import Context, Stated
from opsanalytics.tables import Row


@dataclass(frozen=True)
class Lint:
    """The rows of all records by table; by path the texts of their files and what labels state in them; which files
    that texts link to are missing; and the workspace's words and policies. `now` is naive UTC."""

    rows: Mapping[str, list[Row]]
    texts: Mapping[str, str]
    stated: Mapping[str, Sequence[Stated]]
    missing: Collection[str]
    context: Context
    now: datetime

    def of(self, table: str) -> list[Row]:
        return self.rows.get(table, [])

    def label(self, row: Row, name: str) -> Stated | None:
        """Where the file of a row states something under a label."""
        return next((each for each in self.stated.get(row["source_path"], ()) if each.name == name and each.text), None)

    @cached_property
    def events(self) -> Mapping[str, list[Row]]:
        """The entries of each incident's timeline that have a time, in the order of the file."""
        events: dict[str, list[Row]] = defaultdict(list)
        for row in self.of("incident_events"):
            if row.get("occurred_at"):
                events[row["incident_id"]].append(row)
        return events


def at_row(code: str, row: Row, message: str) -> Finding:
    """A finding at the place where a row comes from."""
    return finding(code, row["source_path"], row["source_line"], 1, message)


def at_label(code: str, path: str, stated: Stated, message: str) -> Finding:
    return finding(code, path, stated.line, stated.column, message)
