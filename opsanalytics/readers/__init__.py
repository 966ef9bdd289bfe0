"""Document -> records and findings: one file a kind of record, and one line here.

A reader is pure: path, text and context in, a `Reading` out. It never touches the disk and never asks the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from opsanalytics.markup.conflicts import quoted_conflict
from opsanalytics.markup.decode import decode
from opsanalytics.markup.strict_yaml import MarkupError
from opsanalytics.readers.cadence import parse_cadence
from opsanalytics.readers.decisions import parse_decision
from opsanalytics.readers.incidents import parse_incident
from opsanalytics.readers.objectives import parse_objectives
from opsanalytics.readers.onboarding import parse_onboarding
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.rituals import parse_ritual


@dataclass(frozen=True)
class Kind:
    """A kind of record: its main table, where it lives when ops.yml does not say, and how a file of it is read."""

    name: str
    table: str
    places: tuple[str, ...]
    parse: Callable[[str, str, Context], Reading]
    files: tuple[str, ...] = ()  # single files, for a kind that has no folders

    @property
    def globs(self) -> tuple[str, ...]:
        return self.files + tuple(f"{place}/**/*.{{md,markdown,mdx,qmd}}" for place in self.places)


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "incidents",
            "incidents",
            ("ops/incidents", "incidents", "postmortems", "post-mortems", "content/issues", "docs/incidents",
             "docs/postmortems", "doc/postmortems"),
            parse_incident,
        ),
        Kind(
            "decisions",
            "decisions",
            ("ops/decisions", "docs/adr", "doc/adr", "docs/decisions", "adr", "decisions"),
            parse_decision,
        ),
        Kind("rituals", "ritual_sessions", ("ops/rituals", "rituals", "retros", "standups", "meetings"), parse_ritual),
        Kind("objectives", "objectives", ("ops/objectives",), parse_objectives),
        Kind("onboarding", "onboarding_plans", ("ops/onboarding",), parse_onboarding),
        Kind("cadence", "rituals", (), parse_cadence, files=("ops/cadence.yml", "ops/cadence.yaml")),
    )
}  # fmt: skip

PLACES = tuple(place for kind in KINDS.values() for place in (*kind.files, *kind.places))
_INDEX_PAGES = frozenset({"readme", "index", "_index", "contributing", "license", "changelog"})


def read_record(kind: Kind, path: str, data: bytes, context: Context) -> Reading:
    """Reads one file. A file that cannot be decoded or parsed, or holds both sides of a merge, yields no rows and one
    OPS101."""
    if path.rpartition("/")[2].rpartition(".")[0].casefold() in _INDEX_PAGES:
        return Reading(path, ignored="an index page")
    try:
        text = decode(data)
        quoted = quoted_conflict(text)
        reading = kind.parse(path, text, context)
    except MarkupError as error:
        return _rejected(path, error.line, error.column, str(error))
    if quoted:
        reading.say("OPS103", quoted, 1, "the markers of a merge conflict in a code fence, read as they stand")
    return reading


def _rejected(path: str, line: int, column: int, message: str) -> Reading:
    reading = Reading(path)
    reading.say("OPS101", line, column, message)
    return reading
