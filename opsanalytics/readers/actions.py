"""Action items: promises with an owner, a due day and a state, in the shapes that teams write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from opsanalytics.markup.blocks import Item, Line
from opsanalytics.markup.document import Part
from opsanalytics.markup.words import fold
from opsanalytics.readers.reading import FileTimes
from opsanalytics.readers.times import TimeError
from opsanalytics.readers.vocabulary import Vocabulary

_DAY = r"[^()\[\],;|—–]*?\d[^()\[\],;|—–]*?"
_DONE = re.compile(rf"[(\[]?\b(?:done|completed|closed|finished)(?:\s+on)?\s*:?\s+(?P<day>\d[\w./ ,-]*?\d)(?=[)\],;|—–]|\s*$|\s-\s)[)\]]?", re.IGNORECASE)
_DUE = re.compile(rf"[(\[]?\b(?:due(?:\s+(?:date|by|on))?|deadline|by)\s*:?\s*(?P<day>\d{_DAY})(?=[)\],;|—–]|\s*$|\s-\s|\s+\()[)\]]?", re.IGNORECASE)
_EMPTY_DUE = re.compile(r"^[(\[]?(?:due(?:\s+(?:date|by|on))?|deadline)\s*:?\s*(?P<word>[\w/?… .-]{0,20})[)\]]?$", re.IGNORECASE)
_OWNER = re.compile(r"[(\[]?\bowners?\s*[:=]\s*(?P<owner>[^()\[\],;|—–]+?)(?=\s*(?:[)\],;|—–]|$|\s-\s))[)\]]?", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w.])@(?P<owner>[\w][\w.-]*)")
_DONE_MARK = re.compile(r"^\[(?:done|x)\]\s*|\s*[(\[](?:done|completed)[)\]]\s*\.?$", re.IGNORECASE)
_JOINT = re.compile(r"\s+[—–-]\s+|\s*\|\s*|\s*[—–]\s+|\s+[—–]\s*")
_NAME = re.compile(r"@?[^\W\d_][\w.'’/-]*(?:\s+[^\W\d_a-z][\w.'’-]*){0,2}")


@dataclass
class Action:
    line: Line
    text: str
    owner: str | None = None
    due_on: date | None = None
    done_on: date | None = None
    status: str = "open"


def read_actions(part: Part, times: FileTimes, words: Vocabulary) -> list[Action]:
    """One a top-level entry or row; nested entries belong to their parent. The template's own line is none."""
    read = (_row_action if item.fields else _text_action for item in part.items)
    found = (reader(item, times, words) for reader, item in zip(read, part.items, strict=True))
    return [action for action in found if action and action.text and not _is_placeholder(action, words)]


def _is_placeholder(action: Action, words: Vocabulary) -> bool:
    return words.is_unknown(action.text) or (fold(action.text) == "action" and fold(action.owner or "owner") == "owner")


def _text_action(item: Item, times: FileTimes, words: Vocabulary) -> Action:
    action = Action(item.first, item.text)
    action.done_on = _cut_day(action, _DONE, times)
    action.due_on = _cut_day(action, _DUE, times)
    if owner := _cut(action, _OWNER) or _mention(action):
        action.owner = None if words.is_unknown(owner) else owner.lstrip("@")
    marked = _cut(action, _DONE_MARK)
    _split_from_right(action, times, words)
    action.status = "done" if item.checked or action.done_on or marked else "dropped" if item.struck else "open"
    return action


def _row_action(item: Item, times: FileTimes, words: Vocabulary) -> Action | None:
    columns = words.group("action_columns")
    cells = {columns.get(name, name): cell for name, cell in item.fields.items()}
    text = cells.get("text") or next((cell for cell in item.fields.values() if cell.text), None)
    if text is None:
        return None
    action = Action(text, text.text)
    owner = cells.get("owner")
    action.owner = owner.text.lstrip("@") if owner and not words.is_unknown(owner.text) else None
    action.due_on = _cell_day(cells.get("due_on"), times, words)
    action.done_on = _cell_day(cells.get("done_on"), times, words)
    _take_state(action, cells.get("status"), times, words)
    return action


def _take_state(action: Action, cell: Line | None, times: FileTimes, words: Vocabulary) -> None:
    state = words.look_up("action_status", cell.text) if cell and cell.text else None
    if cell and cell.text and state is None and not words.is_unknown(cell.text):
        day = _day_of(cell.text, times)
        action.done_on = action.done_on or day
        if day is None:
            times.reading.say("OPS123", cell.line, cell.column, f"`{cell.text[:40]}` is no known state of an action")
    action.status = state or ("done" if action.done_on else "open")


def _cell_day(cell: Line | None, times: FileTimes, words: Vocabulary) -> date | None:
    if cell is None or words.is_unknown(cell.text):
        return None
    return _said_day(cell.text, cell, times)


def _cut(action: Action, pattern: re.Pattern[str]) -> str | None:
    """Takes the first match out of the text, and returns its named group."""
    found = pattern.search(action.text)
    if not found:
        return None
    action.text = _tidy(f"{action.text[: found.start()]} {action.text[found.end() :]}")
    return (next(iter(found.groupdict().values()), None) or found[0]).strip()


def _mention(action: Action) -> str | None:
    """`@ana` at the end, or between dashes, owns; one inside a sentence is only spoken of."""
    found = list(_MENTION.finditer(action.text))
    if not found:
        return None
    last = found[-1]
    outside = not action.text[last.end() :].strip(" .)]—–-|,;") or action.text[: last.start()].rstrip().endswith(("—", "–", "|", "-", "("))
    if not outside and not action.text.startswith("@"):
        return None
    owner = last["owner"] if outside else found[0]["owner"]
    action.text = _tidy(action.text.replace(f"@{owner}", " ", 1))
    return owner


def _cut_day(action: Action, pattern: re.Pattern[str], times: FileTimes) -> date | None:
    text = _cut(action, pattern)
    return _said_day(text, action.line, times) if text else None


def _said_day(text: str, line: Line, times: FileTimes) -> date | None:
    try:
        day = times.clockwork.stamp(text).day
    except TimeError as error:
        times.reading.say("OPS111", line.line, line.column, str(error))
        return None
    return day


def _day_of(text: str, times: FileTimes) -> date | None:
    try:
        stamp, rest = times.clockwork.leading_stamp(text)
    except TimeError:
        return None
    return stamp.day if stamp and not rest.strip(" .)") else None


def _split_from_right(action: Action, times: FileTimes, words: Vocabulary) -> None:
    """`Action — Owner — Due`, read from the right: a day, then a name, and what is left is the promise."""
    pieces = [piece.strip() for piece in _JOINT.split(action.text) if piece.strip()]
    joints = _JOINT.findall(action.text)
    cut = 0
    while len(pieces) > 1 and (empty := _EMPTY_DUE.match(pieces[-1])) and words.is_unknown(empty["word"]):
        pieces.pop()
        cut += 1
    if len(pieces) > 1 and (day := _day_of(pieces[-1], times)):
        action.due_on = action.due_on or day
        pieces.pop()
        cut += 1
    elif len(pieces) > 2 and words.is_unknown(pieces[-1]):
        pieces.pop()
        cut += 1
    if len(pieces) > 1 and action.owner is None and _is_name(pieces[-1], words):
        owner = pieces.pop().lstrip("@")
        action.owner = None if words.is_unknown(owner) else owner
        cut += 1
    if cut:
        action.text = _tidy(_join(pieces, joints))


def _is_name(text: str, words: Vocabulary) -> bool:
    return words.is_unknown(text) or all(_NAME.fullmatch(name.strip()) for name in re.split(r",|&|\band\b|\+", text))


def _join(pieces: list[str], joints: list[str]) -> str:
    text = pieces[0]
    for joint, piece in zip(joints, pieces[1:], strict=False):
        text += f" {joint.strip()} {piece}"
    return text


def _tidy(text: str) -> str:
    return re.sub(r"(?:\s+[—–|-])+\s*$|^\s*(?:[—–|-]\s+)+|\s*[,;]\s*$", "", re.sub(r"[ \t]{2,}", " ", text)).strip()
