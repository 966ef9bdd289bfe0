"""What a rule may look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import NamedTuple

from opsanalytics.clocks import wall_time
from opsanalytics.findings import Finding, finding
from opsanalytics.markup.words import shortest
from opsanalytics.readers.reading import Context, Stated
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import Row


class Said(NamedTuple):
    """What rules ask of the text of a file beside its rows: the files that it links to and the words that blame somebody, each
    with its line and column, the codes that its comments ignore with their lines, and whether a sentence of it says that
    durations are counted in working time."""

    links: tuple[tuple[int, int, str], ...] = ()
    blame: tuple[tuple[int, int, str], ...] = ()
    ignored: tuple[tuple[str, int], ...] = ()
    counts_working_time: bool = False


@dataclass(frozen=True)
class Lint:
    """The rows of all records by table; by path what the texts of their files say and what labels state in them; which
    files that texts link to are missing; and the workspace's words and policies. `now` is naive UTC."""

    rows: Mapping[str, list[Row]]
    said: Mapping[str, Said]
    stated: Mapping[str, Sequence[Stated]]
    missing: Collection[str]
    context: Context
    now: datetime

    def day(self, at: datetime) -> date:
        """In the workspace's zone, of an instant in naive UTC."""
        return wall_time(at, self.context.zone).date()

    @cached_property
    def today(self) -> date:
        """All that a rule may ask of the clock: loads of one day find the same."""
        return self.day(self.now)

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


def may_mention(words: Vocabulary, group: str, meaning: str, folded: str) -> bool:
    """Whether a pattern of words that ignores case may find one in a text of `without_case`; to ask this first costs a tenth
    of it."""
    return any(map(folded.__contains__, _shortest(words, group, meaning)))


@lru_cache(maxsize=32)
def _shortest(words: Vocabulary, group: str, meaning: str) -> tuple[str, ...]:
    return shortest(word for word, said in words.group(group).items() if said == meaning)


def without_case(text: str) -> str:
    return text.casefold().replace("ı", "i")


def at_row(code: str, row: Row, message: str) -> Finding:
    """A finding at the place where a row comes from."""
    return finding(code, row["source_path"], row["source_line"], 1, message)


def at_label(code: str, path: str, stated: Stated, message: str) -> Finding:
    return finding(code, path, stated.line, stated.column, message)
