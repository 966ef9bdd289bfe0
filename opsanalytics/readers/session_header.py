"""What minutes say of the session itself, before the first note, promise or agenda: its labelled values."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from opsanalytics.markup.parts import Part, Shape
from opsanalytics.markup.words import fold_label
from opsanalytics.readers.attendance import ATTENDANCE
from opsanalytics.readers.notes import PROMISES
from opsanalytics.readers.sittings import is_heading
from opsanalytics.readers.vocabulary import Vocabulary

VALUES = ("title", "ritual", "held_on", "time", "started_at", "ended_at", "duration", "facilitator", "status", "period", "owner")
LISTS = (*ATTENDANCE, *PROMISES, "objectives", "key_results")
SHAPES: dict[str, Shape] = {**dict.fromkeys(VALUES, "value"), **dict.fromkeys(LISTS, "list")}
# Under a heading of the team's own, these tell that it is about the session.
_TELLING = frozenset((*VALUES, *ATTENDANCE)) - {"title", "status", "period", "owner"}


def header_parts(parts: Iterable[Part], titles: Container[str], words: Vocabulary) -> Iterator[Part]:
    """The parts under the title and under headings about the session, down to the first that is about something else."""
    ends = {*words.group("note_categories").values(), *PROMISES, "objectives", "key_results"}
    for section in _sections(parts):
        heading = section[0]
        is_title = not is_heading(heading) or heading.label in titles
        if not is_title and heading.name is None and fold_label(heading.label) in words.group("ritual_body"):
            return
        is_about = is_title or _is_about_session(section, words)
        for part in section:
            if part.name in ends:
                return
            if is_about:
                yield part


def _sections(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Each heading with the parts under it."""
    section: list[Part] = []
    for part in parts:
        if is_heading(part) and section:
            yield section
            section = []
        section.append(part)
    if section:
        yield section


def _is_about_session(section: list[Part], words: Vocabulary) -> bool:
    heading = section[0]
    if heading.name or fold_label(heading.label) in words.group("ritual_header"):
        return True
    is_other = words.mentions("other_days", "other_days", heading.label)
    return not is_other and any(part.name in _TELLING for part in section)
