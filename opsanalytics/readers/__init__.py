"""Document -> records and findings: one file a kind of record, one line here and one in kinds.py.

A reader is pure: path, text and context in, a `Reading` out. It never touches the disk, and what time it is it is told: `Context.now`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from opsanalytics.kinds import Kind
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

PARSERS: Mapping[str, Callable[[str, str, Context], Reading]] = {
    "incidents": parse_incident,
    "decisions": parse_decision,
    "rituals": parse_ritual,
    "rfcs": parse_rfc,
    "roadmap": parse_roadmap,
    "runbooks": parse_runbook,
    "objectives": parse_objectives,
    "onboarding": parse_onboarding,
    "cadence": parse_cadence,
    "slos": parse_slos,
    "sli_samples": parse_samples,
    "services": SERVICES.parse,
    "deployments": DEPLOYMENTS.parse,
    "pages": PAGES.parse,
    "people": PEOPLE.parse,
    "oncall": parse_oncall,
    "annotations": ANNOTATIONS.parse,
}
_INDEX_PAGES = frozenset({"readme", "index", "_index", "contributing", "license", "changelog"})


def read_record(kind: Kind, path: str, data: bytes | str, context: Context) -> Reading:
    """Reads one file, which may have been decoded already. A file that cannot be decoded or parsed, or holds both sides of a merge, yields no rows and one
    OPS101."""
    if path.rpartition("/")[2].rpartition(".")[0].casefold() in _INDEX_PAGES:
        return Reading(path, ignored="an index page")
    try:
        text = decode(data) if isinstance(data, bytes) else data
        quoted = quoted_conflict(text)
        reading = PARSERS[kind.name](path, text, context)
    except MarkupError as error:
        return _rejected(path, error.line, error.column, str(error))
    if quoted:
        reading.say("OPS103", quoted, 1, "the markers of a merge conflict in a code fence, read as they stand")
    return reading


def _rejected(path: str, line: int, column: int, message: str) -> Reading:
    reading = Reading(path)
    reading.say("OPS101", line, column, message)
    return reading
