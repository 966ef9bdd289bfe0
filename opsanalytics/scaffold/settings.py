"""Where a repository already keeps its records, and the ops.yml that says so."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from opsanalytics.folder import CONFIG
from opsanalytics.kinds import KINDS
from opsanalytics.markup.decode import decode
from opsanalytics.markup.strict_yaml import MarkupError
from opsanalytics.markup.words import fold
from opsanalytics.readers import read_record
from opsanalytics.readers.evidence import date_order_of, zone_of
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.scaffold.records import write_new
from opsanalytics.settings import parse_settings
from opsanalytics.tree import Globs, find_files, read_file, read_tree

_EXTENSIONS = "{md,markdown,mdx,qmd}"
_SAMPLE = 10  # files of a folder whose name says nothing are read to see what they are
_INCIDENT_SIGNS = ("severity", "started_on", "resolved_at", "detected_at", "root_cause", "stated_duration_minutes")
_ZONE_EXAMPLE = "# zone: Europe/Paris               # for times that state none; periods and days are cut in it"
_ORDER_EXAMPLE = "# date_order: DMY                  # only for dates such as 03/04/2026"
_KINDS_BY_CONTENT = ("incidents", "decisions", "rituals")


@dataclass(frozen=True, order=True)
class Place:
    """A folder, or a single file, with records of one kind."""

    kind: str
    glob: str
    files: int
    path: str

    def __str__(self) -> str:
        return f"{self.path}: {self.files} file{'s' * (self.files != 1)} as {self.kind}"


def write_settings(root: Path) -> list[Place]:
    """Writes an ops.yml that says what was found where, and what the files show of zone and date order. Never writes
    over a file."""
    places = find_places(root)
    text = _settings_text(root, places)
    parse_settings(text.encode())
    write_new(root / CONFIG, text)
    return places


def find_places(root: Path) -> list[Place]:
    """By the names of folders wherever they lie, and else by what their files say."""
    words = Vocabulary()
    by_folder: dict[str, list[str]] = defaultdict(list)
    for path in find_files(root, Globs([f"**/*.{_EXTENSIONS}"])):
        by_folder[str(PurePosixPath(path).parent)].append(path)
    found: Counter[tuple[str, str, str]] = Counter()
    for folder, paths in by_folder.items():
        place = _named_place(folder, words) or _told_place(root, folder, paths, words)
        if place and place[0] in KINDS:
            found[place] += len(paths)
    single = ((kind.name, path, path) for kind in KINDS.values() for path in kind.files if (root / path).is_file())
    return sorted(
        Place(kind, glob, count, path)
        for (kind, path, glob), count in (*found.items(), *((each, 1) for each in single))
    )


def _named_place(folder: str, words: Vocabulary) -> tuple[str, str, str] | None:
    """The topmost folder that is named for a kind, or for none; all folders below it belong to it."""
    parts = PurePosixPath(folder).parts
    kinds = words.group("places")
    for count in range(1, len(parts) + 1):
        for name in (parts[count - 1], "/".join(parts[max(0, count - 2) : count])):
            if kind := kinds.get(fold(name)):
                path = "/".join(parts[:count])
                return kind, path, f"{_literal(path)}/**/*.{_EXTENSIONS}"
    return None


def _literal(path: str) -> str:
    """A folder's name as a glob that means just that name."""
    return re.sub(r"([*?\[\]{}])", r"[\1]", path)


def _told_place(root: Path, folder: str, paths: list[str], words: Vocabulary) -> tuple[str, str, str] | None:
    """The kind that most of a few files look like."""
    sample = [(path, data) for path in _spread(paths) if (data := read_file(root, path).data) is not None]
    for name in _KINDS_BY_CONTENT:
        readings = [read_record(KINDS[name], path, data, Context(words)) for path, data in sample]
        alike = sum(_looks_like(name, reading) for reading in readings)
        if alike * 2 > len([each for each in readings if not each.ignored]):
            return name, folder, ("" if folder == "." else f"{_literal(folder)}/") + f"*.{_EXTENSIONS}"
    return None


def _spread(paths: list[str]) -> list[str]:
    step = max(1, len(paths) // _SAMPLE)
    return sorted(paths)[::step][:_SAMPLE]


def _looks_like(kind: str, reading: Reading) -> bool:
    """Prose with a heading or a date is no record yet: several fields of its kind must be there."""
    row = next(iter(reading.rows[KINDS[kind].table]), {})
    if kind == "incidents":
        signs = [row.get(name) is not None for name in _INCIDENT_SIGNS]
        return sum(signs) + (len(reading.rows["incident_events"]) > 1) + bool(reading.rows["lessons"]) >= 2
    if kind == "decisions":
        return bool(row.get("status") and row.get("template"))
    return bool(row.get("held_on") and (reading.rows["ritual_attendance"] or reading.rows["action_items"]))


def _settings_text(root: Path, places: Iterable[Place]) -> str:
    return f"""\
# The settings of opsanalytics for this workspace; everything here is optional.
company: {_quoted(root.name)}
# forge: https://github.com/acme/ops  # pages lead from a record to its line there
{chr(10).join(_time_lines(root, places))}
# fiscal_year_start: 2             # month
# severities: [SEV-1, SEV-2, SEV-3]  # worst first
records:
{chr(10).join(_record_lines(places))}
# vocabulary:
#   labels: {{detected_at: ["first noticed"]}}
#   severity: {{SEV-1: [meltdown]}}
policies:
  follow_up_sla_days: {{SEV-1: 7, SEV-2: 14, SEV-3: 30}}
  postmortem_scheduled_hours: 72     # after resolved
"""


def _time_lines(root: Path, places: Iterable[Place]) -> Iterator[str]:
    """Set to what the records themselves show, else left as examples."""
    words = Vocabulary()
    sources = read_tree(root, Globs([place.glob for place in places]))
    files = [(source.path, text) for source in sources if (text := _text(source.data)) is not None]
    zone, order = zone_of(files, words), date_order_of(files, words)
    yield f"zone: {zone}  # the one that most records state" if zone else _ZONE_EXAMPLE
    yield f"date_order: {order}  # as the records' own dates show" if order else _ORDER_EXAMPLE


def _text(data: bytes | None) -> str | None:
    try:
        return None if data is None else decode(data)
    except MarkupError:
        return None


def _record_lines(places: Iterable[Place]) -> Iterator[str]:
    """A kind of which nothing was found goes to its conventional places, where incidents are expected first of all."""
    globs: dict[str, list[str]] = {}
    for place in places:
        globs.setdefault(place.kind, []).append(place.glob)
    globs.setdefault("incidents", [KINDS["incidents"].globs[0]])
    for kind in filter(globs.get, KINDS):
        yield f"  {kind}: [{', '.join(map(_quoted, globs[kind]))}]"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
