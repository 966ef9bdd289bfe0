"""New records from the chapter's templates, and the ops.yml of a workspace that has none yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path

from opsanalytics.errors import DestinationError
from opsanalytics.readers import KINDS
from opsanalytics.tree import Globs, read_tree
from opsanalytics.workspace import CONFIG, Workspace, parse_settings

RECORDS = ("incident",)


def template(record: str) -> str:
    return (files("opsanalytics.scaffold") / "templates" / f"{record}.md").read_text(encoding="utf-8")


def new_incident(workspace: Workspace, title: str | None, today: date) -> Path:
    """Writes the incident template with the day's next free id. Never writes over a file."""
    folder = _incident_folder(workspace)
    incident_id = _next_id(workspace, folder, today)
    path = _path_that_loads(workspace, folder, incident_id)
    text = template("incident").replace("{id}", incident_id).replace("{title}", title or incident_id)
    _write_new(path, text)
    return path


def _path_that_loads(workspace: Workspace, folder: Path, name: str) -> Path:
    globs = Globs(workspace.globs("incidents"))
    for extension in (".md", ".mdx", ".markdown", ".qmd"):
        path = folder / f"{name}{extension}"
        if globs.match(path.relative_to(workspace.root).as_posix()):
            return path
    raise DestinationError(f"{folder / name}: no glob of records.incidents in ops.yml would load a Markdown file there")


def _incident_folder(workspace: Workspace) -> Path:
    """Where ops.yml says, else where incidents already are, else the chapter's place."""
    if "incidents" in workspace.settings.records:
        return workspace.root / min(Globs(workspace.globs("incidents")).folders())
    places = [workspace.root / place for place in KINDS["incidents"].places]
    return next((place for place in places if place.is_dir()), places[0])


def _next_id(workspace: Workspace, folder: Path, today: date) -> str:
    """One more than the highest number of the day, in file names and in the ids that files state."""
    prefix = f"INC-{today:%Y%m%d}-"
    known = [path.name for path in folder.glob(f"{prefix}*")] if folder.is_dir() else []
    known += [source.data.decode(errors="replace") for source in read_tree(workspace.root, Globs(workspace.globs("incidents")))
              if source.data and prefix.encode() in source.data]  # fmt: skip
    numbers = [int(found) for text in known for found in re.findall(rf"{prefix}(\d+)", text)]
    return f"{prefix}{max(numbers, default=0) + 1:02d}"


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise DestinationError(f"{path}: is there already; nothing was written") from None
    except OSError as error:
        raise DestinationError(f"{path}: cannot be written: {error.strerror}") from None


def write_settings(root: Path) -> list[str]:
    """Writes an ops.yml that says what was found where; returns the places, with the number of files in each."""
    found = list(_found_places(root))
    text = _settings_text(root, [place for place, count in found if count])
    parse_settings(text.encode())
    _write_new(root / CONFIG, text)
    return [f"{place}: {count} file{'s' * (count != 1)}" for place, count in found]


def write_templates(root: Path) -> list[Path]:
    """Lays the templates down where the records go, named so that the loader passes over them."""
    written = []
    for record in RECORDS:
        path = root / KINDS[f"{record}s"].places[0] / f"{record}-template.md"
        _write_new(path, template(record).replace("{id}", "INC-YYYYMMDD-XX").replace("{title}", "Title"))
        written.append(path)
    return written


def _found_places(root: Path) -> Iterator[tuple[str, int]]:
    for kind in KINDS.values():
        for place in kind.places:
            if (root / place).is_dir():
                yield place, len(read_tree(root, Globs([f"{place}/**/*.{{md,markdown,mdx,qmd}}"])))


def _settings_text(root: Path, places: list[str]) -> str:
    globs = [f'"{place}/**/*.{{md,markdown,mdx,qmd}}"' for place in places or [KINDS["incidents"].places[0]]]
    return f"""\
# The settings of opsanalytics for this workspace; everything here is optional.
company: {_quoted(root.name)}
# zone: Europe/Paris               # for times that state none; periods and days are cut in it
# date_order: DMY                  # only for dates such as 03/04/2026
# fiscal_year_start: 2             # month
# severities: [SEV-1, SEV-2, SEV-3]  # worst first
records:
  incidents: [{", ".join(globs)}]
# vocabulary:
#   labels: {{detected_at: ["first noticed"]}}
#   severity: {{SEV-1: [meltdown]}}
policies:
  follow_up_sla_days: {{SEV-1: 7, SEV-2: 14, SEV-3: 30}}
  postmortem_scheduled_hours: 72     # after resolved
"""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
