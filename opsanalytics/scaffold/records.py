"""New records from the chapter's templates, a session's with what is due in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

from opsanalytics.errors import DestinationError, UsageError
from opsanalytics.kinds import KINDS
from opsanalytics.readers.rituals import ritual_name
from opsanalytics.scaffold.agenda import NOTHING, Agenda, render_agenda, render_last
from opsanalytics.tree import Globs, read_tree
from opsanalytics.workspace import Workspace

RITUALS = ("standup", "triage", "ship-review", "oncall-sync", "product-council", "retrospective", "planning")
RECORDS = ("incident", "decision", *RITUALS, "cadence", "onboarding", "rfc", "runbook", "roadmap")
CADENCE = "ops/cadence.yml"
TITLED = {"onboarding": "Onboarding", "rfc": "RFC", "runbook": "Runbook"}  # named for their title, with one for who gives none
STATUSES = {"decision": "proposed | accepted | rejected | superseded by YYYY-SEQ", "rfc": "draft | open | accepted | rejected"}
PLANNED_AHEAD = timedelta(days=45)
_RITUAL_PLACES = {"retrospective": ("retros",), "standup": ("standups",)}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_VARIANTS = re.compile("[\ufe00-\ufe0f]")  # of emoji, which leave nothing else behind
_NO_NAME = re.compile(r"^onboarding\b\W*(?:(?:of|for)\b\s*)?", re.IGNORECASE)  # of a plan's title
_LONGEST_SLUG = 200  # bytes


def template(record: str) -> str:
    ending = "yml" if record == "cadence" else "md"
    return (files("opsanalytics.scaffold") / "templates" / f"{record}.{ending}").read_text(encoding="utf-8")


def fill_template(record: str, values: Mapping[str, str]) -> str:
    """The template with its `{names}` filled in, and no space left at the end of a line."""
    text = _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template(record))
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


def new_record(kind: str, workspace: Workspace, title: str | None, today: date, agenda: Agenda | None = None) -> Path:
    """Writes a record of one of the `RECORDS` from its template. Never writes over a file."""
    title = " ".join(title.split()) if title and title.strip() else None
    if kind == "incident":
        return new_incident(workspace, title, today)
    if kind == "decision":
        return _new_decision(workspace, title, today)
    if kind == "cadence":
        write_new(workspace.root / CADENCE, fill_template(kind, {"today": str(today)}))
        return workspace.root / CADENCE
    if kind in TITLED:
        return _new_titled(kind, workspace, title, today)
    if kind == "roadmap":
        path = _path_that_loads(workspace, kind, workspace.root, "ROADMAP")
        write_new(path, fill_template(kind, {"title": title or "Roadmap"}))
        return path
    if kind in RITUALS:
        return _new_session(kind, workspace, title, today, agenda or Agenda())
    raise UsageError(f"`{kind}` is no kind of record; there are {', '.join(RECORDS)}")


def new_incident(workspace: Workspace, title: str | None, today: date) -> Path:
    """Writes the incident template with the day's next free id. Never writes over a file."""
    folder = _folder(workspace, "incidents")
    incident_id = _next_id(workspace, folder, today)
    path = _path_that_loads(workspace, "incidents", folder, incident_id)
    write_new(path, fill_template("incident", {"id": incident_id, "title": title or incident_id}))
    return path


def _path_that_loads(workspace: Workspace, kind: str, folder: Path, name: str) -> Path:
    """With the first extension that the globs of ops.yml take."""
    globs = Globs(workspace.globs(kind))
    for extension in (".md", ".mdx", ".markdown", ".qmd"):
        path = folder / f"{name}{extension}"
        if globs.match(path.relative_to(workspace.root).as_posix()):
            return path
    raise DestinationError(f"{folder / name}: no glob of records.{kind} in ops.yml would load a Markdown file there")


def _folder(workspace: Workspace, kind: str) -> Path:
    """Where ops.yml puts records of a kind, else where some already are, else the chapter's place."""
    if kind in workspace.settings.records:
        return workspace.root / min(Globs(workspace.globs(kind)).folders())
    return _conventional_folder(workspace, kind)


def _conventional_folder(workspace: Workspace, kind: str) -> Path:
    places = [workspace.root / place for place in KINDS[kind].places]
    return next((place for place in places if place.is_dir()), places[0])


def _next_id(workspace: Workspace, folder: Path, today: date) -> str:
    """One more than the highest number of the day, in file names and in the ids that files state."""
    prefix = f"INC-{today:%Y%m%d}-"
    known = [path.name for path in folder.glob(f"{prefix}*")] if folder.is_dir() else []
    known += [source.data.decode(errors="replace") for source in read_tree(workspace.root, Globs(workspace.globs("incidents")))
              if source.data and prefix.encode() in source.data]  # fmt: skip
    numbers = [int(found) for text in known for found in re.findall(rf"{prefix}(\d+)", text)]
    return f"{prefix}{max(numbers, default=0) + 1:02d}"


# Decisions --------------------------------------------------------------------------------------------------------


def _new_decision(workspace: Workspace, title: str | None, today: date) -> Path:
    """With the year's next free number."""
    folder = _folder(workspace, "decisions")
    number = _next_number(workspace, today.year)
    path = _path_that_loads(workspace, "decisions", folder, f"{number}-{_slug(title or '') or 'untitled'}")
    values = {"title": title or f"Decision {number}", "status": "proposed", "today": str(today)}
    write_new(path, fill_template("decision", values))
    return path


def _next_number(workspace: Workspace, year: int) -> str:
    """One more than the year's highest, in the names of all decision files."""
    sources = read_tree(workspace.root, Globs(workspace.globs("decisions")))
    known = [source.path.rpartition("/")[2] for source in sources]
    numbers = [int(found[1]) for name in known if (found := re.match(rf"{year}-(\d{{1,4}})(?=[-_.])", name))]
    return f"{year}-{max(numbers, default=0) + 1:03d}"


def _slug(title: str) -> str:
    """Its first words, with the letters of every alphabet, as long as a file system lets a name be."""
    letters = "".join(map(_plain, unicodedata.normalize("NFC", _VARIANTS.sub("", title)).lower()))
    words = "".join(each if unicodedata.category(each)[0] in "LMN" else " " for each in letters).split()
    return "-".join(words[:8]).encode()[:_LONGEST_SLUG].decode(errors="ignore").rstrip("-")


def _plain(letter: str) -> str:
    """Without its accent, where it is one of ASCII below that."""
    return unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode().lower() or letter


# Others -----------------------------------------------------------------------------------------------------------


def _new_titled(record: str, workspace: Workspace, title: str | None, today: date) -> Path:
    """Named for its title, an RFC with its month before it."""
    kind, slug = _kind_of(record), _slug(title or "")
    if record == "runbook" and not slug:
        raise UsageError("a runbook is named for its service; name it with --title")
    name = f"{today:%Y-%m}-{slug or 'untitled'}" if record == "rfc" else slug or str(today)
    path = _path_that_loads(workspace, kind, _folder(workspace, kind), name)
    write_new(path, fill_template(record, {"title": title or TITLED[record], "name": _NO_NAME.sub("", title or ""), "status": "draft", "today": str(today)}))
    return path


def _kind_of(record: str) -> str:
    """The kind whose files are such records: `rfcs` of `rfc`."""
    return record if record in KINDS else f"{record}s"


# Rituals ----------------------------------------------------------------------------------------------------------


def _new_session(ritual: str, workspace: Workspace, title: str | None, today: date, agenda: Agenda) -> Path:
    """The file of the day, with what is due."""
    path = _path_that_loads(workspace, "rituals", _ritual_folder(workspace, ritual), str(today))
    values = {
        "today": str(today),
        "status": "held",
        "period": planned_period(today, workspace.settings.fiscal_year_start),
        "last_actions": render_last(agenda),
        "agenda": render_agenda(agenda, with_last=ritual != "retrospective"),
    }
    text = fill_template(ritual, values)
    write_new(path, re.sub(r"\A# .*", lambda _: f"# {title}", text) if title else text)
    return path


def _ritual_folder(workspace: Workspace, ritual: str) -> Path:
    said = workspace.settings.records.get("rituals")
    if isinstance(said, dict):
        words = workspace.context.words
        globs = next((globs for name, globs in said.items() if ritual_name(name, words) == ritual), None)
        return workspace.root / (min(Globs(globs).folders()) if globs else f"ops/rituals/{ritual}")
    if said:
        return workspace.root / min(Globs(said).folders()) / ritual
    root = workspace.root
    shared = [root / place / ritual for place in ("ops/rituals", "rituals") if (root / place).is_dir()]
    own = [root / place for place in _RITUAL_PLACES.get(ritual, ()) if (root / place).is_dir()]
    return next(iter([*shared, *own]), root / "ops/rituals" / ritual)


def planned_period(today: date, fiscal_year_start: int) -> str:
    """The quarter that is planned today: the one in which the day six weeks on lies, named as the tables name it."""
    day = today + PLANNED_AHEAD
    year = day.year + (1 if fiscal_year_start > 1 and day.month >= fiscal_year_start else 0)
    return f"{year}-Q{(day.month - fiscal_year_start) % 12 // 3 + 1}"


# Files ------------------------------------------------------------------------------------------------------------


def write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise DestinationError(f"{path}: is there already; nothing was written") from None
    except OSError as error:
        raise DestinationError(f"{path}: cannot be written: {error.strerror}") from None


def write_templates(root: Path) -> list[Path]:
    """Lays the templates down where the records go, named so that the loader passes over them."""
    written = []
    for record in RECORDS:
        path = root / _template_path(record)
        write_new(path, fill_template(record, _unfilled(record)))
        written.append(path)
    return written


def _template_path(record: str) -> str:
    if record in ("cadence", "roadmap"):
        return f"ops/{record}-template.{'yml' if record == 'cadence' else 'md'}"
    kind = KINDS.get(_kind_of(record))
    folder = kind.places[0] if kind else f"ops/rituals/{record}"
    return f"{folder}/{record}-template.md"


def _unfilled(record: str) -> dict[str, str]:
    """What stands in a template that is laid down: nothing that a reader could take for a fact."""
    values = {"id": "INC-YYYYMMDD-XX", "title": "Title", "name": "", "today": "YYYY-MM-DD", "period": "YYYY-QN"}
    return values | {"status": STATUSES.get(record, ""), "agenda": NOTHING, "last_actions": NOTHING}
