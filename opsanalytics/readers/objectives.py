"""Objectives and their key results, from `ops/objectives` and from planning sessions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from opsanalytics.markup.blocks import Heading, Item, Line
from opsanalytics.markup.document import Part, Shape
from opsanalytics.markup.words import fold
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.record import Record, labels_of
from opsanalytics.readers.vocabulary import Vocabulary

SHAPES: dict[str, Shape] = {
    **dict.fromkeys(("title", "period", "owner"), "value"),
    **dict.fromkeys(("objectives", "key_results"), "list"),
    "other": "text",
}
_QUARTER = re.compile(r"(?<!\d)(?:(?P<y1>\d{4})\s?-?\s?[Qq](?P<q1>[1-4])|[Qq](?P<q2>[1-4])[\s-]{1,3}(?P<y2>\d{4}))(?!\d)")
_JOINT = re.compile(r"\s?[—―]\s?|\s[–-]\s|\s?\|\s?")
_ARROW = re.compile(r"\s?(?:-+>|=+>|→|⇒)\s?")
_OWNER = re.compile(r"@?[^\W\d_][\w.'’-]*(?:\s[^\W\d_a-z][\w.'’-]*){0,2}")
_FIGURE = re.compile(r"(?P<sign>[<>≤≥]=?\s?|[a-z ]{2,12}\s)?(?P<number>[-+−]?\d[\d,. ]*\d|[-+−]?\d)\s?(?P<unit>[^\d\s,;()][^\d,;()]{0,23})?",
                     re.IGNORECASE)  # fmt: skip
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?")
_END_REMARK = re.compile(r"\s?\((?P<remark>[^()]{1,40})\)$")


def parse_objectives(path: str, text: str, context: Context) -> Reading:
    """One file of objectives. Raises MarkupError when it cannot be parsed at all."""
    reading = Reading(path)
    record = Record(reading, text, context, labels_of(context.words, "objective_labels", SHAPES))
    if record.is_named_template() or not write_objectives(record, within=None):
        reading.ignored = "no objective in it"
    record.write_fields([] if reading.ignored else record.document.parts, "objectives", record.path_id)
    return reading


@dataclass
class Figure:
    value: float
    unit: str | None
    sign: str | None = None


@dataclass
class Objective:
    line: Line
    text: str
    owner: str | None = None
    results: list[Item] = field(default_factory=list)


def write_objectives(record: Record, within: str | None) -> int:
    """Writes the objectives under a label (None: of the whole file), and returns their number."""
    period = period_of(record)
    objectives = [each for each in _objectives(record, within) if _is_filled_in(each, record)]
    for position, objective in enumerate(objectives, 1):
        objective_id = f"{record.path_id}#{position}"
        record.reading.add("objectives", objective.line.line, objective_id=objective_id, period=period, position=position,
                           text=objective.text, owner=objective.owner)  # fmt: skip
        for number, item in enumerate((item for item in objective.results if _says_something(item, record)), 1):
            _write_result(record, item, objective_id, number)
    return len(objectives)


def period_of(record: Record) -> str | None:
    """The period that a `Period:` line, the title or the file's name gives, a quarter as 2026-Q3."""
    said = record.text("period")
    for text in filter(None, (said, record.heading, record.stem)):
        if found := _QUARTER.search(text):
            return f"{found['y1'] or found['y2']}-Q{found['q1'] or found['q2']}"
    return said


# --- which objectives there are


def _objectives(record: Record, within: str | None) -> list[Objective]:
    """A heading opens an objective; the list entries and rows below it are its key results."""
    found: list[Objective] = []
    for entry in _entries(record, within):
        if isinstance(entry, Heading):
            found.append(_objective(entry.line, record.words))
        elif isinstance(entry, Part) and found:
            found[-1].owner = found[-1].owner or (entry.first.text.lstrip("@") if entry.first else None)
        elif isinstance(entry, Item) and found:
            found[-1].results.append(entry)
    return found


def _entries(record: Record, within: str | None) -> Iterator[Heading | Item | Part]:
    """Headings, list entries and owners, in the order of the file."""
    for part in _region(record.document.parts, within, record.heading):
        if part.name == "owner":
            yield part
        elif part.is_field and not part.items and part.level >= 7:
            yield Item(lines=[Line(f"{part.label}: {part.text}", part.label, part.line, part.column)])
        elif part.name is None and part.level <= 6 and part.label and not part.is_field:
            yield Heading(part.level, Line(part.label, part.label, part.line, part.column))
        yield from (entry for entry in part.content if isinstance(entry, Heading | Item))


def _region(parts: Iterable[Part], within: str | None, title: str) -> Iterator[Part]:
    """The parts under the section that is named, down to the next heading of its level; else all but the title's and
    those that are no objectives."""
    level = None
    for part in parts:
        if part.name == "objectives":
            level = part.level
        elif part.level <= 6 and level is not None and part.level <= level:
            level = None
        is_outside = part.name not in (None, "objectives", "key_results", "owner") or part.label == title
        if not is_outside and (within is None or level is not None):
            yield part


def _objective(line: Line, words: Vocabulary) -> Objective:
    """`Objective 1: Restore faster — Ana`: the words without their number, and who answers for them."""
    opening, colon, rest = line.text.partition(":")
    is_prefix = re.sub(r"[\s\d.]+$", "", fold(opening)) in words.group("objective_prefixes")
    text = rest.strip() if colon and is_prefix else line.text.strip()
    joints = list(_JOINT.finditer(text))
    owner = text[joints[-1].end() :].strip() if joints else ""
    if owner and (_OWNER.fullmatch(owner) or words.is_unknown(owner)):
        return Objective(line, text[: joints[-1].start()].strip(), None if words.is_unknown(owner) else owner.lstrip("@"))
    return Objective(line, text)


# --- key results


@dataclass
class Result:
    text: str
    figures: dict[str, Figure] = field(default_factory=dict)
    unit: str | None = None
    status: str | None = None


def _is_filled_in(objective: Objective, record: Record) -> bool:
    """Whether it is more than the template's `### Objective — Owner`."""
    is_word = fold(objective.text) in record.words.group("objective_prefixes")
    return bool(objective.text) and not is_word and not record.is_unfilled(objective.text)


def _says_something(item: Item, record: Record) -> bool:
    """Whether it is more than the template's `Key result — baseline -> target — actual`."""
    columns = record.words.group("key_result_columns")
    words = {fold(word) for word in _JOINT.split(_ARROW.sub(" — ", item.text))}
    filled = any(line.text and not record.is_unfilled(line.text) for line in item.lines or item.fields.values())
    return filled and not (words and all(word in columns for word in words))


def _write_result(record: Record, item: Item, objective_id: str, position: int) -> None:
    result = _row_result(item, record.words) if item.fields else _text_result(item, record.words)
    units = {figure.unit.casefold() for figure in result.figures.values() if figure.unit}
    if len(units) > 1:
        record.reading.say("OPS123", item.line, item.column, f"the figures have several units ({', '.join(sorted(units))})")
        result.figures, result.unit = {}, None
    unit = result.unit or next((figure.unit for figure in result.figures.values() if figure.unit), None)
    values = {name: figure.value for name, figure in result.figures.items()}
    status = result.status or ("hit" if item.checked or is_hit(result.figures) else None)
    record.reading.add("key_results", item.line, key_result_id=f"{objective_id}.{position}", objective_id=objective_id,
                       position=position, text=result.text, unit=unit, direction=direction(result.figures), status=status, **values)  # fmt: skip


def direction(figures: dict[str, Figure]) -> str | None:
    """The side of the target that is better, by its own sign, else as seen from the baseline; None when neither tells."""
    target, baseline = figures.get("target"), figures.get("baseline")
    if target is None or target.sign or baseline is None or baseline.value == target.value:
        return target.sign if target else None
    return "up" if target.value > baseline.value else "down"


def is_hit(figures: dict[str, Figure]) -> bool:
    """Whether the actual reaches the target."""
    actual, target, side = figures.get("actual"), figures.get("target"), direction(figures)
    if actual is None or target is None:
        return False
    return (actual.value == target.value or (side == "up" and actual.value > target.value)
            or (side == "down" and actual.value < target.value))  # fmt: skip


def _text_result(item: Item, words: Vocabulary) -> Result:
    """`text — baseline -> target — actual`, read from the right; a last word may be its state."""
    pieces = [piece.strip() for piece in _JOINT.split(item.text) if piece.strip()]
    if pieces and (remark := _END_REMARK.search(pieces[-1])) and _state(remark["remark"], words):
        pieces[-1:] = [pieces[-1][: remark.start()].strip(), remark["remark"]]
    result = Result(pieces[0] if pieces else item.text)
    for piece in pieces[1:]:
        if not _take_piece(result, piece, words):
            result.text = f"{result.text} — {piece}"
    if "target" not in result.figures:
        _take_spoken(result, words)
    return result


def _take_piece(result: Result, piece: str, words: Vocabulary) -> bool:
    if state := _state(piece, words):
        result.status = state
        return True
    ends = _ARROW.split(piece)
    if len(ends) == 2 and "target" not in result.figures:
        figures = [_figure(end, words) for end in ends]
        result.figures.update({name: each for name, each in zip(("baseline", "target"), figures, strict=True) if each})
        return figures[1] is not None
    name, figure = _named_figure(piece, words)
    name = name or ("target" if figure and figure.sign else "actual" if "target" in result.figures else None)
    if figure and name:
        result.figures[name] = figure
    return bool(figure and name) or ("target" in result.figures and words.is_unknown(piece))


def _named_figure(piece: str, words: Vocabulary) -> tuple[str | None, Figure | None]:
    """`target 60 min`, `actual: 58`: the end that a word names, and its figure."""
    opening, _, rest = piece.replace(":", " ").partition(" ")
    name = words.group("key_result_columns").get(fold(opening))
    return (name, _figure(rest, words)) if name in ("baseline", "target", "actual") else (None, _figure(piece, words))


def _take_spoken(result: Result, words: Vocabulary) -> None:
    """`Median restore 95 min -> 60 min`: the figures at the end of the words themselves."""
    ends = _ARROW.split(result.text)
    opening = re.search(r"(?:^|\s)([-+−]?\d[\d,.]*\s?[^\s\d]{0,12})$", ends[0]) if len(ends) == 2 else None
    baseline, target = (_figure(opening[1], words), _figure(ends[1], words)) if opening else (None, None)
    if opening and baseline and target:
        result.text = ends[0][: opening.start()].rstrip(" :,;")
        actual = result.figures.pop("actual", None)
        result.figures = {"baseline": baseline, "target": target, **({"actual": actual} if actual else {})}


def _row_result(item: Item, words: Vocabulary) -> Result:
    columns = words.group("key_result_columns")
    cells = {columns.get(name, name): cell.text for name, cell in item.fields.items()}
    first = next(iter(item.fields.values())).text
    result = Result(cells.get("text") or first, unit=cells.get("unit") or None)
    for name in ("baseline", "target", "actual"):
        if figure := _figure(cells.get(name, ""), words):
            result.figures[name] = figure
    said = (cells.get("status", ""), cells.get("actual", ""))
    result.status = next(filter(None, (_state(text, words) for text in said)), None)
    return result


def _state(text: str, words: Vocabulary) -> str | None:
    return words.look_up("key_result_status", text) if text else None


def _figure(text: str, words: Vocabulary) -> Figure | None:
    """A figure and nothing more: `99.9 %`, `12k`, `≤ 60 min`, `1,200`."""
    found = _FIGURE.fullmatch(text.strip()[:80])
    sign = (found["sign"] or "").strip() if found else ""
    if not found or (sign and sign.casefold() not in words.group("figure_signs")):
        return None
    unit = (found["unit"] or "").strip() or None
    value = _number(found["number"])
    return None if value is None else Figure(value, unit, words.group("figure_signs").get(sign.casefold()))


def _number(text: str) -> float | None:
    """`1,200` and `1 200` are thousands; `0,5` is a half."""
    text = text.replace("−", "-")
    plain = re.sub(r"[, ]", "", text) if _THOUSANDS.fullmatch(text) else text.replace(",", ".", 1)
    try:
        return float(plain)
    except ValueError:
        return None
