"""Action items: promises with an owner, a due day and a state, in the shapes that teams write them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from opsanalytics.markup.blocks import Item, Line
from opsanalytics.markup.document import Part
from opsanalytics.markup.words import fold, fold_label
from opsanalytics.readers.reading import FileTimes
from opsanalytics.readers.times import TimeError
from opsanalytics.readers.vocabulary import Vocabulary

# Text comes with single spaces, so none of these can wander.
_JOINT = re.compile(r"\s?[—―]\s?|\s[–‒]\s?|[–‒]\s|\s-{1,3}\s|\s?\|\s?")
_FIRST_MARK = re.compile(r"^(?P<mark>\[[^\[\]]{0,12}\]|[^\w\s([{@#\"'`]{1,3})\s")
_LAST_MARK = re.compile(r"\s?[(\[](?P<mark>[\w' ]{1,20})[)\]]\.?$")
_MENTION = re.compile(r"(?<![\w.])(?P<owner>@\w[\w.-]*(?:(?:,\s?|\s&\s|\sand\s|\s)@\w[\w.-]*){0,5})")
_SAID_NAME = re.compile(r"(?:\s?[:=]\s?|\s(?=@))(?P<name>[^()\[\],;|—–―]{1,60}?)(?=\s?[)\],;|—–―]|\s-\s|$)")
_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?:\s[^\W\d_a-z][\w.'’-]*){0,3}")
_NAME_BY_PLACE = re.compile(r"[^\W\d_][\w.'’-]*(?:\s[\w.'’-]+){0,2}")
_LONGEST_NAME, _LONGEST_DAY = 80, 60


@dataclass
class Action:
    """One promise. `text` is what is left when owner, days and state are taken out; `settled` tells which were."""

    line: Line
    text: str
    owner: str | None = None
    due_on: date | None = None
    done_on: date | None = None
    status: str | None = None
    settled: set[str] = field(default_factory=set)

    def cut(self, start: int, end: int) -> None:
        """Takes a stretch out of the text, with the brackets around it."""
        if self.text[end : end + 1] in (")", "]") and ("(" in self.text[start:end] or self.text[:start].endswith(("(", "["))):
            start, end = start - self.text[:start].endswith(("(", "[")), end + 1
        self.text = _tidy(f"{self.text[:start]} {self.text[end:]}")

    def take_owner(self, name: str, words: Vocabulary) -> None:
        self.settled.add("owner")
        self.owner = None if words.is_unknown(name) else name.replace("@", "").strip()


def read_actions(part: Part, times: FileTimes, words: Vocabulary) -> list[Action]:
    """One a top-level entry or row; nested entries belong to their parent. The template's own line is none."""
    read = (_row_action if item.fields else _text_action for item in part.items)
    found = (reader(item, times, words) for reader, item in zip(read, part.items, strict=True))
    return [action for action in found if action and action.text and not _is_placeholder(action, words)]


def _is_placeholder(action: Action, words: Vocabulary) -> bool:
    columns = words.group("action_columns")
    is_template = columns.get(fold_label(action.text)) == "text" and columns.get(fold(action.owner or "owner")) == "owner"
    return words.is_unknown(action.text) or is_template or action.text.endswith(":")


def _text_action(item: Item, times: FileTimes, words: Vocabulary) -> Action:
    action = Action(item.first, item.text)
    _take_marks(action, words)
    _take_said(action, times, words)
    _split_from_right(action, times, words)
    is_done = item.checked or action.done_on
    action.status = "done" if is_done else action.status or ("dropped" if item.struck else "open")
    return action


def _row_action(item: Item, times: FileTimes, words: Vocabulary) -> Action | None:
    """A row's columns say what they hold; what no column holds may still be said in the text."""
    columns = words.group("action_columns")
    cells = {columns.get(name, name): cell for name, cell in item.fields.items()}
    line = cells.get("text") or next((cell for cell in item.fields.values() if cell.text), None)
    if line is None:
        return None
    action = Action(line, line.text, settled={"owner", "due_on", "done_on"} & set(cells))
    if owner := cells.get("owner"):
        action.take_owner(owner.text, words)
    action.due_on = _cell_day(cells.get("due_on"), times, words)
    action.done_on = _cell_day(cells.get("done_on"), times, words)
    _take_marks(action, words)
    _take_said(action, times, words)
    _take_state(action, cells.get("status"), times, words)
    return action


def _cell_day(cell: Line | None, times: FileTimes, words: Vocabulary) -> date | None:
    if cell is None or words.is_unknown(cell.text):
        return None
    stamp = times.stamp(cell)
    return stamp.day if stamp else None


def _take_state(action: Action, cell: Line | None, times: FileTimes, words: Vocabulary) -> None:
    """A word for the state, a day on which it was done, or both: `Done`, `2026-03-18`, `done 2026-03-18`."""
    if cell and not words.is_unknown(cell.text):
        said = Action(cell, cell.text)
        _take_day(said, "done_on", times, words)
        action.done_on = action.done_on or said.done_on or _whole_day(cell.text, cell, times)
        action.status = words.look_up("action_status", cell.text)
        if action.status is None and action.done_on is None:
            times.reading.say("OPS123", cell.line, cell.column, f"`{cell.text[:40]}` is no known state of an action")
    action.status = action.status or ("done" if action.done_on else "open")


def _take_marks(action: Action, words: Vocabulary) -> None:
    """`[x]` or `✅` before the promise, `(done)` behind it."""
    if (first := _FIRST_MARK.match(action.text)) and (state := words.look_up("action_status", first["mark"])):
        action.status, action.text = state, action.text[first.end() :]
    last = _LAST_MARK.search(action.text, max(0, len(action.text) - 30))
    state = words.look_up("action_status", last["mark"]) if last else None
    if last and state in ("done", "dropped"):
        action.status, action.text = state, action.text[: last.start()]


def _take_said(action: Action, times: FileTimes, words: Vocabulary) -> None:
    """What is written with its word or sign: `done 2026-01-18`, `due 2026-01-20`, `owner: Ana`, `@ana`."""
    for name in ("done_on", "due_on"):
        if name not in action.settled:
            _take_day(action, name, times, words)
    if "owner" not in action.settled:
        _take_labelled_owner(action, words)
    if "owner" not in action.settled:
        _take_mention(action, words)


def _take_day(action: Action, name: str, times: FileTimes, words: Vocabulary) -> None:
    for word in words.pattern("action_words", name).finditer(action.text):
        said = action.text[word.end() : word.end() + _LONGEST_DAY]
        text = said.lstrip(" :(")
        day, rest = _leading_day(text, action.line, times) if text != said else (None, text)
        if day:
            setattr(action, name, day)
            action.settled.add(name)
            action.cut(word.start(), word.end() + len(said) - len(rest.lstrip(" ") if rest[:2] in (" )", " ]") else rest))
            return


def _leading_day(text: str, line: Line, times: FileTimes) -> tuple[date | None, str]:
    try:
        return times.clockwork.leading_day(text)
    except TimeError as error:
        times.reading.say("OPS111", line.line, line.column, str(error))
        return None, text


def _whole_day(text: str, line: Line, times: FileTimes) -> date | None:
    day, rest = _leading_day(text, line, times)
    return day if not rest.strip(" .)") else None


def _take_labelled_owner(action: Action, words: Vocabulary) -> None:
    for word in words.pattern("action_words", "owner").finditer(action.text):
        if found := _SAID_NAME.match(action.text, word.end()):
            action.take_owner(found["name"], words)
            action.cut(word.start(), found.end())
            return


def _take_mention(action: Action, words: Vocabulary) -> None:
    """`@ana` at either end, in brackets or between dashes owns; one inside a sentence is only spoken of."""
    found = list(_MENTION.finditer(action.text))
    for mention in (found[-1], found[0]) if found else ():
        before, behind = action.text[: mention.start()].rstrip(), action.text[mention.end() :].strip(" .")
        if not before or not behind or before[-1] in "([—–―|-,;" or behind[0] in "—–―|-":
            action.take_owner(mention["owner"], words)
            action.cut(mention.start(), mention.end())
            return


def _split_from_right(action: Action, times: FileTimes, words: Vocabulary) -> None:
    """`Action — Owner — Due`, read from the right: a day, then a name, and what is left is the promise."""
    while joints := list(_JOINT.finditer(action.text)):
        head, piece = action.text[: joints[-1].start()].strip(), action.text[joints[-1].end() :].strip()
        if not head or not _take_piece(action, piece, times, words):
            return
        action.text = _tidy(head)


def _take_piece(action: Action, piece: str, times: FileTimes, words: Vocabulary) -> bool:
    """Whether the last piece is a due day, an owner, a state, or the blank of one of them."""
    is_due = "due_on" not in action.settled
    if len(piece) > _LONGEST_NAME:
        return False
    if words.look_up("vague_days", piece):
        times.reading.say("OPS111", action.line.line, action.line.column, f"`{piece}` is no day")
        return True
    if not piece or (is_due and _takes_due(action, piece, times, words)):
        return True
    if action.status is None and (state := words.look_up("action_status", piece)) and not words.is_unknown(piece):
        action.status = state
        return True
    if "owner" not in action.settled and _is_name(piece, words, by_place="due_on" in action.settled):
        action.take_owner(piece, words)
        return True
    return False


def _takes_due(action: Action, piece: str, times: FileTimes, words: Vocabulary) -> bool:
    word = words.pattern("action_words", "due_on").match(piece)
    text = piece[word.end() :].lstrip(" :") if word else piece
    found = len(times.reading.findings)
    action.due_on = _whole_day(text, action.line, times)
    if action.due_on or len(times.reading.findings) > found or words.is_unknown(text):
        action.settled.add("due_on")
        return True
    return False


def _is_name(text: str, words: Vocabulary, *, by_place: bool) -> bool:
    """A person or a team. Right before the due day stands the owner, so that `platform team` is one there."""
    name = _NAME_BY_PLACE if by_place else _NAME
    names = re.split(r",|&|\+|/|\band\b", text.replace("@", ""))
    return words.is_unknown(text) or all(name.fullmatch(each.strip()) for each in names)


def _tidy(text: str) -> str:
    """Without the brackets, separators and spaces that stood around what was taken out."""
    text = re.sub(r"[(\[][\s,;]{0,5}[)\]]", "", text)
    text = re.sub(r"\s?([,;])(?:\s?[,;])*", r"\1", " ".join(text.split()))
    return re.sub(r"^[-:]\s|\s-{1,3}$", "", text.strip(" ,;|—–―")).strip()
