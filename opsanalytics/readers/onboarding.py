"""Onboarding plans: the first week's checklist, the thirty, sixty and ninety days, or other stretches, each entry a promise.

What stands under a heading for a stretch of days is promised, elsewhere only what has a box, or a table that tells owner,
day or state. A guide that has neither, and names nobody, is no plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from opsanalytics.markup.blocks import Heading, Item, Line, Paragraph, parse_blocks
from opsanalytics.markup.document import Label, Part, Shape
from opsanalytics.markup.front_matter import split_front_matter
from opsanalytics.markup.parts import Content
from opsanalytics.markup.words import fold_label
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.record import Origin, Record, labels_of
from opsanalytics.readers.vocabulary import Vocabulary

PEOPLE = ("role", "person", "manager", "mentor")
SECTIONS = ("first_week", "days_30", "days_60", "days_90", "stretch")
SHAPES: dict[str, Shape] = {
    **dict.fromkeys(("title", *PEOPLE, "started_on"), "value"),
    **dict.fromkeys((*SECTIONS, "goals"), "list"),
    "other": "text",
}
_LONGEST_HEADING = 8  # words
_STATES = ("owner", "due_on", "status", "done_on")


def parse_onboarding(path: str, text: str, context: Context) -> Reading:
    """One plan. Raises MarkupError when it cannot be parsed at all."""
    reading = Reading(path)
    record = Record(reading, text, context, _labels(text, context.words))
    people, started_on = _people(record), record.day("started_on")
    _name_tasks(record)
    if reason := _is_none(record, has_people=any(people.values()) or started_on is not None):
        reading.ignored = reason
        return reading
    reading.add("onboarding_plans", 1, plan_id=record.path_id, started_on=started_on, **people)
    record.write_actions("tasks", Origin("onboarding", record.path_id, started_on))
    record.write_fields(record.document.parts, "onboarding", record.path_id)
    return reading


def _people(record: Record) -> dict[str, str | None]:
    """`Role: Engineer | Manager: Ana` on one line, as the chapter has it, or a line each."""
    said = {name: record.text(name) for name in PEOPLE}
    role, _, rest = (said["role"] or "").partition("|")
    if manager := re.match(r"\s*[Mm]anager\s*:\s*(.+)", rest):
        said["manager"] = said["manager"] or manager[1].strip()
    said["role"] = role.strip() or None
    return {name: None if value is None or record.is_unfilled(value) else value for name, value in said.items()}


def _is_none(record: Record, *, has_people: bool) -> str | None:
    """A plan for `<Name>` of which nothing is ticked is a template."""
    tasks = [item for part in record.document.named("tasks") for item in part.items]
    stated = (record.parts[name].first for name in (*PEOPLE, "started_on") if name in record.parts)
    has_placeholders = any(line and not record.words.is_unknown(line.text) for line in stated)
    if record.is_named_template() or (has_placeholders and not has_people and not any(map(_is_ticked, tasks))):
        return "a template that nobody filled in"
    return None if tasks or has_people else "no onboarding plan in it"


def _is_ticked(item: Item) -> bool:
    return bool(item.checked) or any(map(_is_ticked, item.items))


# --- stretches of days


def _labels(text: str, words: Vocabulary) -> dict[str, Label]:
    """Those that are known, and the headings of the file that tell a stretch: `Week 2: Context`, and `First day` over a list."""
    known = labels_of(words, "onboarding_labels", SHAPES)
    stretches = (fold_label(heading) for heading in _headings(text) if _tells_stretch(heading, words))
    return known | {word: Label("stretch", "list") for word in stretches if word not in known or known[word].shape == "value"}


def _headings(text: str) -> Iterator[str]:
    """All but the title, and short lines that stand for one."""
    _, body, line = split_front_matter(text)
    blocks = parse_blocks(body, line)
    titles = [block for block in blocks if isinstance(block, Heading) and block.level == 1]
    for block in blocks:
        if isinstance(block, Heading) and (block.level > 1 or len(titles) > 1):
            yield block.line.text
        elif isinstance(block, Paragraph) and len(block.lines) == 1 and _stands_alone(block.lines[0]):
            yield block.lines[0].text


def _stands_alone(line: Line) -> bool:
    return line.lead == line.text or line.text.endswith(":")


def _tells_stretch(heading: str, words: Vocabulary) -> bool:
    """`Week 2`, `First month`, `Before day 1`."""
    said = fold_label(heading)
    has_number = any(map(str.isdigit, said)) or words.mentions("onboarding_stretches", "ordinal", said)
    has_unit = words.mentions("onboarding_stretches", "unit", said)
    is_told = (has_unit and has_number) or words.mentions("onboarding_stretches", "whole", said)
    return is_told and len(said.split()) <= _LONGEST_HEADING and not heading.endswith("?")


# --- entries


def _name_tasks(record: Record) -> None:
    """Of each part what is promised in it, as a part named `tasks`."""
    stretch, parts = None, list[Part]()
    for part in record.document.parts:
        stretch = part if part.name in SECTIONS else stretch if stretch and part.level > stretch.level else None
        parts += _with_tasks(part, stretch, record.words)
    record.document = replace(record.document, parts=parts)


def _with_tasks(part: Part, stretch: Part | None, words: Vocabulary) -> Iterator[Part]:
    """Goals below a stretch of days are its entries."""
    if stretch and part.name in (*SECTIONS, "goals"):
        yield replace(part, name="tasks", label=stretch.label, content=[entry for entry in part.content if not _is_question(entry)])
    elif part.name == "goals":
        yield from filter(None, (_goal(item, words) for item in part.items))
    elif part.name in (None, "other") and (tasks := [item for item in part.items if _is_task(item, words)]):
        yield replace(part, name="tasks", content=[*tasks], is_field=False)
    else:
        yield part


def _goal(item: Item, words: Vocabulary) -> Part | None:
    """`30: Ship a small change`."""
    label, _, goal = item.text.partition(":")
    is_stretch = words.group("onboarding_labels").get(fold_label(label)) in SECTIONS or _tells_stretch(label, words)
    said = replace(item, lines=[replace(item.first, text=goal.strip())])
    return Part("tasks", label, item.line, item.column, content=[said]) if is_stretch and goal.strip() else None


def _is_question(entry: Content) -> bool:
    return isinstance(entry, Item) and entry.checked is None and entry.text.endswith("?")


def _is_task(item: Item, words: Vocabulary) -> bool:
    columns = {words.group("action_columns").get(name) for name in item.fields}
    is_row = "text" in columns and not columns.isdisjoint(_STATES)
    return is_row or item.checked is not None or any(_is_task(below, words) for below in item.items)
