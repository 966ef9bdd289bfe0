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
from opsanalytics.readers.oncall import parse_oncall
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.rfcs import parse_rfc
from opsanalytics.readers.rituals import parse_ritual
from opsanalytics.readers.roadmap import parse_roadmap
from opsanalytics.readers.row_kinds import ANNOTATIONS, DEPLOYMENTS, PAGES, PEOPLE, SERVICES
from opsanalytics.readers.runbooks import parse_runbook
from opsanalytics.readers.samples import parse_samples
from opsanalytics.readers.slos import parse_slos


@dataclass(frozen=True)
class Kind:
    """A kind of record: its main table, where it lives when ops.yml does not say, and how a file of it is read."""

    name: str
    table: str
    places: tuple[str, ...]
    parse: Callable[[str, str, Context], Reading]
    files: tuple[str, ...] = ()  # single files, beside or instead of folders
    extensions: str = "md,markdown,mdx,qmd"

    @property
    def globs(self) -> tuple[str, ...]:
        return self.files + tuple(f"{place}/**/*.{{{self.extensions}}}" for place in self.places)


def _files(stem: str, extensions: str) -> tuple[str, ...]:
    return tuple(f"{stem}.{extension}" for extension in extensions.split(","))


YAML, ROWS = "yml,yaml", "yml,yaml,csv"
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
        Kind("rfcs", "rfcs", ("rfcs", "docs/rfcs", "ops/rfcs", "rfc"), parse_rfc),
        Kind("roadmap", "roadmap_items", ("roadmap", "docs/roadmap"), parse_roadmap,
             tuple(f"{folder}{name}.md" for folder in ("", "docs/", "ops/") for name in ("ROADMAP", "Roadmap", "roadmap"))),
        Kind("runbooks", "runbooks", ("ops/runbooks", "runbooks", "docs/runbooks"), parse_runbook),
        Kind("objectives", "objectives", ("ops/objectives",), parse_objectives),
        Kind("onboarding", "onboarding_plans", ("ops/onboarding", "onboarding", "docs/onboarding"), parse_onboarding,
             ("ONBOARDING.md", "docs/onboarding.md", "docs/ONBOARDING.md")),
        Kind("cadence", "rituals", (), parse_cadence, files=("ops/cadence.yml", "ops/cadence.yaml")),
        Kind("slos", "slos", ("ops/slo", "ops/slos", "slos", "openslo"), parse_slos,
             (*_files("ops/slo", YAML), *_files("ops/slos", ROWS)), YAML),
        Kind("sli_samples", "sli_samples", ("ops/sli_samples", "ops/sli"), parse_samples,
             _files("ops/sli_samples", "csv,parquet"), "csv,parquet"),
        Kind("services", "services", (), SERVICES.parse, _files("ops/services", ROWS)),
        Kind("deployments", "deployments", ("ops/deployments",), DEPLOYMENTS.parse, _files("ops/deployments", ROWS), ROWS),
        Kind("pages", "pages", ("ops/pages",), PAGES.parse, _files("ops/pages", ROWS), ROWS),
        Kind("people", "people", (), PEOPLE.parse, _files("ops/people", ROWS)),
        Kind("oncall", "oncall_shifts", (), parse_oncall, _files("ops/oncall", ROWS)),
        Kind("annotations", "annotations", (), ANNOTATIONS.parse, _files("ops/annotations", ROWS)),
    )
}  # fmt: skip

PLACES = tuple(place for kind in KINDS.values() for place in (*kind.files, *kind.places))
_INDEX_PAGES = frozenset({"readme", "index", "_index", "contributing", "license", "changelog"})


def read_record(kind: Kind, path: str, data: bytes | str, context: Context) -> Reading:
    """Reads one file, which may have been decoded already. A file that cannot be decoded or parsed, or holds both sides of a merge, yields no rows and one
    OPS101."""
    if path.rpartition("/")[2].rpartition(".")[0].casefold() in _INDEX_PAGES:
        return Reading(path, ignored="an index page")
    try:
        text = decode(data) if isinstance(data, bytes) else data
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
