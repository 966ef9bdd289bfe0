"""Action items: promises with an owner, a due day and a state, in the shapes that teams write them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from opsanalytics.markup.elements import Heading, Item, Line
from opsanalytics.markup.parts import Part
from opsanalytics.markup.words import fold, fold_label
from opsanalytics.readers.reading import FileTimes
from opsanalytics.readers.times import TimeError
from opsanalytics.readers.vocabulary import Vocabulary

# Text comes with single spaces, so none of these can wander.
_JOINT = re.compile(r"\s(?:[—―|–‒]\s?|-{1,3}\s)|[—―|]\s?|[–‒]\s")
_FIRST_MARK = re.compile(r"^(?P<mark>\[[^\[\]]{0,12}\]|[^\w\s([{@#\"'`]{1,3})\s")
_CODE = re.compile(r"`([^`]+)`")
_LAST_MARK = re.compile(r"\s?[(\[](?P<mark>[\w' ]{1,20})[)\]]\.?$")
_MENTION = re.compile(r"(?<![\w.])(?P<owner>@\w[\w.-]*(?:(?:,\s?|\s&\s|\sand\s|\s)@\w[\w.-]*){0,5})")
_SAID_NAME = re.compile(r"(?:\s?[:=]\s?|\s(?=@))(?P<name>[^()\[\],;|—–―]{1,60}?)(?=\s?[)\],;|—–―]|\s-\s|$)")
_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?:\s[^\W\d_a-z][\w.'’-]*){0,3}")
_NAME_BY_PLACE = re.compile(r"[^\W\d_][\w.'’-]*(?:\s[\w.'’-]+){0,2}")
_KNOWN_FIRST = re.compile(r"^[\[(]?(?P<name>[^\s:()\[\]–—-][^:()\[\]]{0,59}?)(?:[\])]:?\s|:\s|\s[-–—]\s)")
_KNOWN_LAST = re.compile(r"\s?[(\[](?P<name>[^()\[\]]{1,60})[)\]]\.?$")
_FIRST_WORD = re.compile(r"^(\w{4,})\s(?:in|by|on|with|via|as)\s.*$")
_HOLLOW = re.compile(r"[(\[][\s,;]{0,5}[)\]]")
_COMMAS = re.compile(r"\s?([,;])(?:\s?[,;])*")
_DASH_AT_END = re.compile(r"^[-:]\s|\s-{1,3}$")
_STRUCK = re.compile(r"~~(.+?)~~")
_YEAR = re.compile(r"(?:\s?\d{4}\b)?")
_AND = re.compile(r",|&|\+|/|\band\b")
_ADDRESS = re.compile(r"\]\((\w[\w+.-]*:[^()\s]{1,500})")
_LONGEST_NAME, _LONGEST_DAY, _LONGEST_GROUP, _LONGEST_FLAG = 80, 60, 6, 3
_CELLS = ("owner", "due_on", "done_on", "status")


@dataclass(slots=True)
class Action:
    """One promise. `text` is what is left when owner, days and state are taken out; `settled` tells which were.

    `extras` is what it says beside these, by the label or the column that says it: a ticket, a group, details.
    """

    line: Line
    text: str
    owner: str | None = None
    due_on: date | None = None
    done_on: date | None = None
    status: str | None = None
    settled: set[str] = field(default_factory=set)
    extras: dict[str, str] = field(default_factory=dict)

    def cut(self, start: int, end: int) -> None:
        """Takes a stretch out of the text, with the brackets around it."""
        if self.text[end : end + 1] in (")", "]") and (
            "(" in self.text[start:end] or self.text[:start].endswith(("(", "["))
        ):
            start, end = start - self.text[:start].endswith(("(", "[")), end + 1
        self.text = _tidy(f"{self.text[:start]} {self.text[end:]}")

    def take_owner(self, name: str, words: Vocabulary) -> None:
        self.settled.add("owner")
        is_said = any(map(str.isalnum, name)) and not words.is_unknown(name)
        self.owner = name.replace("@", "").strip() if is_said else None


def read_actions(part: Part, times: FileTimes, words: Vocabulary, people: Collection[str] = ()) -> list[Action]:
    """One an entry or row; entries below it belong to it, unless it only names a group. The template's own line is
    none. `people` are folded names that the file knows: such a name owns also where it stands alone, `Ana: fix it`."""
    actions = []
    for group, item in _promises(part, words):
        action = (_row_action if item.fields else _text_action)(item, times, words, people)
        if action and action.text and not _is_placeholder(action, words):
            action.extras |= {"group": group} if group else {}
            actions.append(action)
    return actions


def _promises(part: Part, words: Vocabulary) -> Iterator[tuple[str, Item]]:
    """Each entry with its group: the heading, the bold line or the entry above it. A heading over entries that tell an
    owner, a day or a state is a promise itself."""
    group: str = ""
    heading: Heading | None = None
    for at, content in enumerate(part.content):
        if isinstance(content, Heading):
            group = content.line.text
            details = _items_below(part, at)
            heading = content if any(_detail(item, words) for item in details) else None
            if heading:
                yield "", Item(lines=[content.line], items=details)
        elif isinstance(content, Line):
            group = content.text.rstrip(":") if _names_group(content) else group
        elif heading is None:
            yield from _ungrouped(content, group, words)


def _items_below(part: Part, at: int) -> list[Item]:
    below = part.content[at + 1 :]
    end = next((place for place, content in enumerate(below) if isinstance(content, Heading)), len(below))
    return [content for content in below[:end] if isinstance(content, Item)]


def _names_group(line: Line) -> bool:
    return _is_short_name(f"{line.text}:" if line.bold else line.text)


def _is_short_name(text: str) -> bool:
    return text.endswith(":") and len(text.split()) <= _LONGEST_GROUP


def _ungrouped(item: Item, group: str, words: Vocabulary) -> Iterator[tuple[str, Item]]:
    stack = [(group, item)]
    while stack:
        group, item = stack.pop()
        if item.items and _is_group(item, words):
            stack += [(item.text.rstrip(": ") or group, nested) for nested in reversed(item.items)]
        else:
            yield group, item


def _is_group(item: Item, words: Vocabulary) -> bool:
    """A name with a colon, or nothing, or what has no box over entries that all have one."""
    if any(_detail(nested, words) for nested in item.items):
        return False
    has_boxes = item.checked is None and all(nested.checked is not None for nested in item.items)
    return has_boxes or not item.text or _is_short_name(item.text)


def tells_detail(item: Item, words: Vocabulary) -> bool:
    """Whether an entry is `Owner: Ana` or its like, and belongs to the promise above it."""
    return _detail(item, words) is not None


def _detail(item: Item, words: Vocabulary) -> tuple[str, Line] | None:
    """`Owner: Ana` below a promise: the column that it fills, and its value."""
    label, colon, value = item.text.partition(":") if not item.fields else ("", "", "")
    name = words.group("action_columns").get(fold_label(label)) if colon else None
    return (name, replace(item.first, text=value.strip())) if name in _CELLS else None


def _is_placeholder(action: Action, words: Vocabulary) -> bool:
    columns = words.group("action_columns")
    is_template = (
        columns.get(fold(action.owner or "owner")) == "owner" and columns.get(fold_label(action.text)) == "text"
    )
    said = action.text.rstrip(".! ")
    is_rest = said.startswith(("...", "…")) or _is_short_name(said)
    return words.is_unknown(said) or bool(words.look_up("no_actions", said)) or is_template or is_rest


def _text_action(item: Item, times: FileTimes, words: Vocabulary, people: Collection[str]) -> Action:
    action = Action(item.first, item.text)
    details = [(nested, _detail(nested, words)) for nested in item.items]
    if details and (rest := Part(None, "", item.line, 1, content=[nested for nested, found in details if not found]).text):
        action.extras["details"] = rest
    if addresses := [address for line in item.lines for address in _ADDRESS.findall(line.raw)]:
        action.extras["link"] = " ".join(addresses)
    _fill(action, dict(found for _, found in details if found), times, words)
    _take_known(action, people)
    _split_from_right(action, times, words)
    _close(action, item)
    return action


def _row_action(item: Item, times: FileTimes, words: Vocabulary, people: Collection[str]) -> Action | None:
    """A row's columns say what they hold; what no column holds may still be said in the text."""
    columns = words.group("action_columns")
    cells = {columns.get(name, name): cell for name, cell in item.fields.items() if cell.text}
    line = cells.get("text") or next((cell for cell in cells.values() if not cell.text.strip("#.").isdigit()), None)
    if line is None:
        return None
    action = Action(line, line.text, settled={columns[name] for name in item.fields if name in columns})
    action.extras = {
        name: cell.text for name, cell in cells.items() if cell is not line and _is_extra(name, words, cell)
    }
    _fill(action, cells, times, words)
    action.status = action.status or _state_among(action.extras, words)
    _take_known(action, people)
    _close(action, item)
    return action


def _state_among(extras: dict[str, str], words: Vocabulary) -> str | None:
    """A state in capitals at the end of a cell that no column promises it in: `FER-210 DONE`."""
    states, said = words.group("action_status"), [text.split()[-1] for text in extras.values()]
    found = {
        states[fold(word)] for word in said if word.isupper() and len(word) > _LONGEST_FLAG and fold(word) in states
    }
    return found.pop() if len(found) == 1 else None


def _is_extra(name: str, words: Vocabulary, cell: Line) -> bool:
    return name not in _CELLS and not name.startswith("column ") and not words.is_unknown(cell.text)


def _fill(action: Action, cells: dict[str, Line], times: FileTimes, words: Vocabulary) -> None:
    """What cells of their own say, then the marks and words of the text."""
    action.settled |= set(cells)
    if owner := cells.get("owner"):
        action.take_owner(owner.text, words)
    action.due_on = _cell_day(action, "due_on", cells, times, words)
    action.done_on = _cell_day(action, "done_on", cells, times, words)
    _take_marks(action, words)
    _take_said(action, times, words)
    _take_state(action, cells.get("status"), times, words)


def _close(action: Action, item: Item) -> None:
    """The state as far as it is told: a word of refusal counts before a tick, and a tick before other words."""
    if item.checked and action.status != "dropped":
        action.status = "done"
    action.status = action.status or ("done" if action.done_on else "dropped" if _is_struck(action, item) else "open")


def _is_struck(action: Action, item: Item) -> bool:
    struck = (" ".join(found.split()) for line in item.lines for found in _STRUCK.findall(line.raw))
    return item.struck or action.text in struck


def _cell_day(action: Action, name: str, cells: dict[str, Line], times: FileTimes, words: Vocabulary) -> date | None:
    cell = cells.get(name)
    if cell is None or words.is_unknown(cell.text):
        return None
    stamp = times.stamp(cell)
    if stamp is None or stamp.day is None:
        action.extras[name] = cell.text
    return stamp.day if stamp else None


def _take_state(action: Action, cell: Line | None, times: FileTimes, words: Vocabulary) -> None:
    """A word for the state, a day on which it was done, or both: `Done`, `2026-03-18`, `done 2026-03-18`."""
    if cell is None or words.is_unknown(cell.text):
        return
    said = Action(cell, cell.text)
    _take_day(said, "done_on", times, words)
    action.done_on = action.done_on or said.done_on or _whole_day(cell.text, cell, times)
    state = words.look_up("action_status", cell.text) or words.look_up(
        "action_status", _FIRST_WORD.sub(r"\1", cell.text)
    )
    action.status = state or ("done" if action.done_on else action.status)
    if action.status is None:
        action.extras["status"] = cell.text
        times.reading.say("OPS123", cell.line, cell.column, f"`{cell.text[:40]}` is no known state of an action")


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
    for word in words.find("action_words", name, action.text):
        said = action.text[word.end() : word.end() + _LONGEST_DAY]
        text = said.lstrip(" :(")
        day, rest = _leading_day(text, action.line, times) if text != said else (None, text)
        if day:
            setattr(action, name, day)
            action.settled.add(name)
            action.cut(
                word.start(), word.end() + len(said) - len(rest.lstrip(" ") if rest[:2] in (" )", " ]") else rest)
            )
            return
        if name == "due_on" and (vague := _vague_day(text, words)):
            _refuse_day(action, vague, times)
            action.cut(word.start(), word.end() + len(said) - len(text) + len(vague))
            return


def _vague_day(text: str, words: Vocabulary) -> str | None:
    """What stands for a day and is none, at the start of a text and with the year behind it: `EOW`, `Q3 2026`."""
    found = words.pattern("vague_days", "due_on").match(text)
    year = _YEAR.match(text, found.end()) if found else None
    return text[: year.end()] if year else None


def _refuse_day(action: Action, text: str, times: FileTimes) -> None:
    action.extras["due_on"] = text
    action.settled.add("due_on")
    times.reading.say("OPS111", action.line.line, action.line.column, f"`{text}` is no day")


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
    for word in words.find("action_words", "owner", action.text):
        if found := _SAID_NAME.match(action.text, word.end()):
            action.take_owner(found["name"], words)
            action.cut(word.start(), found.end())
            return


def _take_mention(action: Action, words: Vocabulary) -> None:
    """`@ana` at either end, in brackets or between dashes owns; one inside a sentence is only spoken of."""
    found = list(_MENTION.finditer(action.text)) if "@" in action.text else []
    for mention in (found[-1], found[0]) if found else ():
        before, behind = action.text[: mention.start()].rstrip(), action.text[mention.end() :].strip(" .")
        if not before or not behind or before[-1] in "([—–―|-,;" or behind[0] in "—–―|-":
            action.take_owner(mention["owner"], words)
            action.cut(mention.start(), mention.end())
            return


def _take_known(action: Action, people: Collection[str]) -> None:
    """`Ana: fix it` and `Fix it (Ana)`, where the file knows an Ana."""
    for pattern in () if "owner" in action.settled else (_KNOWN_FIRST, _KNOWN_LAST):
        found = pattern.search(action.text)
        if found and all(fold(name) in people for name in _AND.split(found["name"])):
            action.owner, action.text = found["name"], _tidy(action.text[: found.start()] + action.text[found.end() :])
            action.settled.add("owner")
            return


def _split_from_right(action: Action, times: FileTimes, words: Vocabulary) -> None:
    """`Action — Owner — Due`, read from the right: a day, then a name, and what is left is the promise."""
    while joints := list(_JOINT.finditer(action.text)):
        head, piece = action.text[: joints[-1].start()].strip(), action.text[joints[-1].end() :].strip()
        if not head or _is_code(piece, action.line.raw) or not _take_piece(action, piece, times, words):
            return
        action.text = _tidy(head)


def _is_code(piece: str, raw: str) -> bool:
    """The end of a command is no name: "`kubectl get pods | grep Pending`"."""
    return bool(piece) and "`" in raw and any(span.endswith(piece) for span in _CODE.findall(raw))


def _take_piece(action: Action, piece: str, times: FileTimes, words: Vocabulary) -> bool:
    """Whether the last piece is a due day, an owner, a state, or the blank of one of them."""
    is_due = "due_on" not in action.settled
    if len(piece) > _LONGEST_NAME:
        return False
    if is_due and _vague_day(piece, words) == piece:
        _refuse_day(action, piece, times)
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
    names = _AND.split(text.replace("@", ""))
    return words.is_unknown(text) or all(name.fullmatch(each.strip()) for each in names)


def _tidy(text: str) -> str:
    """Without the brackets, separators and spaces that stood around what was taken out."""
    text = " ".join(_HOLLOW.sub("", text).split())
    text = _COMMAS.sub(r"\1", text) if "," in text or ";" in text else text
    text = text.strip(" ,;|—–―")
    return _DASH_AT_END.sub("", text).strip() if "-" in text or ":" in text else text
