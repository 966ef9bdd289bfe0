"""Roadmaps: what is to be done now, next and later, as list entries, table rows, headings or bold lines.

Only what stands under a heading for a horizon, a stretch of time or a version is an item; in a roadmap without any such
heading every entry is, asides such as a legend apart. A reader knows no date, so a quarter is no horizon.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from opsanalytics.markup.blocks import Block, Item, Items, Line, Paragraph, Rows, parse_blocks
from opsanalytics.markup.document import Part
from opsanalytics.markup.front_matter import split_front_matter
from opsanalytics.markup.words import fold, fold_label, label_remark
from opsanalytics.readers.actions import Action, read_actions, tells_detail
from opsanalytics.readers.outline import Section, entries_of, outline
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.record import Record

_HORIZON_LEVEL, _CAPTION_LEVEL = 7, 8
_YEAR = re.compile(r"20\d\d|'\d\d")
_YEAR_OR_VERSION = re.compile(r"(?:v\d+|v?\d+\.\d+(?:\.\d+)?|20\d\d)(?![\w.])", re.IGNORECASE)
_ONLY_ANCHOR = re.compile(r"\s*(?:[-*+]|\d+[.)])?\s*\[[^\[\]]*\]\(#[^()]*\)\s*")
_STRUCK = re.compile(r"~~(?P<text>.+?)~~")
_REMARK = re.compile(r"\((?P<word>[^\W\d_][\w' ]{1,20}?)(?:\s?[:,;—–]|\s--?)\s[^()]*\)\.?$")
_BEHIND_TITLE = re.compile(r"\s?[:–—]|\s-{1,2}\s|\.\s|\s?\(|\s?\|")
_LAST_PIECE = re.compile(r"(?:\s[—–-]\s|[—|(,])\s?(?P<said>[^—–|(),]+?)\)?$")
_LABELLED = re.compile(r"(?P<label>[^:]{1,30}):\s(?P<rest>\S.*)", re.DOTALL)
_LONGEST_SPAN, _NEAR_END = 5, 60  # words, and characters with all that stands around them
_BETWEEN_DETAILS = re.compile(r"\s[|·•]\s")
_POINTER_WORDS = 40
_TITLE_COLUMN = "item"


def parse_roadmap(path: str, text: str, context: Context) -> Reading:
    """The items of one file. Raises MarkupError when it cannot be parsed at all."""
    reading = Reading(path)
    _Roadmap(reading, text, context).read()
    return reading


@dataclass(frozen=True)
class Place:
    """Where entries stand: under which horizon and which other headings, and whether they are items there."""

    horizon: str | None = None
    section: str | None = None
    has_items: bool = False

    def below(self, heading: str) -> Place:
        return replace(self, section=" / ".join(filter(None, (self.section, heading.rstrip(": ")))))


class _Roadmap(Record):
    def __init__(self, reading: Reading, text: str, context: Context) -> None:
        super().__init__(reading, text, context, {})
        _, body, line = split_front_matter(text)
        self.root = outline(parse_blocks(body, line), self._caption_level)
        self.titles = sum(each.level == 1 for each in self.root.sections)
        self.position = 0

    def read(self) -> None:
        if self.is_named_template():
            self.reading.ignored = "a template that nobody filled in"
            return
        self._read_section(self.root, Place(has_items=not self._tells_time()))
        if not self.position:
            self.reading.ignored = "moved elsewhere" if self._points_elsewhere() else "no roadmap item in it"

    def _points_elsewhere(self) -> bool:
        said = " ".join(self.root.raws())
        return len(said.split()) <= _POINTER_WORDS and self.words.mentions("moved", "moved", said)

    # --- headings

    def _caption_level(self, line: Line, before: Block | None) -> int:
        """`**Now**` or `Now:` on a line of its own, other bold words that open a line, what ends in a colon over a list."""
        is_over_list, ends = isinstance(before, Items | Rows), line.text.endswith(":")
        if self._labelled(line) and not is_over_list:
            return 0
        if self._horizon(line.text) and (line.lead == line.text or ends or is_over_list):
            return _HORIZON_LEVEL
        return _CAPTION_LEVEL if _opens_bold(line) or (is_over_list and (ends or self._is_period(line.text))) else 0

    def _horizon(self, text: str) -> str | None:
        """Of `Now`, `🚀 Now: reliability` and `Q3 2026 (now)`."""
        look_up = self.words.look_up
        return look_up("roadmap_horizons", text) or look_up("roadmap_horizons", label_remark(text) or "")

    def _is_period(self, text: str) -> bool:
        """`Q3 2026`, `Week 6-8: what must be there`, `v1.2`, `Summer 2026`, `September`."""
        said = fold_label(text)
        words = said.split()
        is_short = len(words) <= _LONGEST_SPAN and all(map(self._is_of_span, words))
        begins = self.words.pattern("roadmap_periods", "roadmap_periods").match(said) or _YEAR_OR_VERSION.match(said)
        return bool(begins and any(map(str.isdigit, said))) or (bool(words) and is_short)

    def _is_of_span(self, word: str) -> bool:
        groups = ("months", "roadmap_periods", "roadmap_spans", "vague_days")
        return bool(_YEAR.fullmatch(word)) or any(word in self.words.group(group) for group in groups)

    def _place(self, section: Section, around: Place) -> Place | None:
        """None when the heading tells no time. The title over the whole tells one only when it is a horizon and no more."""
        said, horizon = fold_label(section.text), self._horizon(section.text)
        is_bare = said in self.words.group("roadmap_horizons")
        if section.line is None or not (horizon or self._is_period(section.text)) or (self._is_title(section) and not is_bare):
            return None
        place = Place(horizon or around.horizon, around.section, has_items=True)
        return place if is_bare else place.below(section.text)

    def _is_title(self, section: Section) -> bool:
        return section.level == 1 and self.titles == 1

    def _tells_time(self) -> bool:
        sections = list(self.root.walk())
        tables = (block for section in sections for block in section.blocks if isinstance(block, Rows))
        entries = (entry for section in sections for entry in section.entries)
        lines = (line for section in sections for line in (*section.paragraphs, *(entry.first for entry in section.entries)))
        return (any(self._place(section, Place()) for section in sections) or any(map(self._columns, tables))
                or any(map(self._own_horizon, entries)) or any(map(self._labelled, lines)))  # fmt: skip

    # --- sections

    def _read_section(self, section: Section, place: Place) -> None:
        for block in section.blocks:
            self._read_block(block, place)
        below = [each for each in section.sections if fold_label(each.text) not in self.words.group("roadmap_asides")]
        are_items = any(map(self._has_details, below))
        for each in below:
            if own := self._place(each, place):
                self._read_section(each, own)
            elif place.has_items and not self._is_title(each) and (are_items or self._is_item(each, place)):
                self._write(_as_item(each), place)
            else:
                self._read_section(each, place if self._is_title(each) else place.below(each.text))

    def _is_item(self, section: Section, place: Place) -> bool:
        """Whether a heading is an item and names no group: a bold line that goes on, or, under a time, one over words."""
        if section.line and section.line.lead and len(section.line.lead) < len(section.text.rstrip(":. ")):
            return True
        is_over_lists = any(below.entries for below in section.walk() if below is not section)
        if is_over_lists or not (place.horizon or place.section):
            return False
        says_none = any(self.words.look_up("no_actions", line.text.rstrip(".! ")) for line in section.paragraphs)
        return not says_none and bool(section.paragraphs or not section.entries)

    def _has_details(self, section: Section) -> bool:
        return any(tells_detail(item, self.words) for item in (*_details(section.paragraphs), *section.entries))

    # --- entries

    def _read_block(self, block: Block, place: Place) -> None:
        if isinstance(block, Rows) and (horizons := self._columns(block)):
            for cell, horizon in ((cell, horizon) for row in block.rows for cell, horizon in zip(row, horizons, strict=False)):
                if cell.text:
                    self._write(Item(lines=[cell]), replace(place, horizon=horizon))
            return
        lines = block.lines if isinstance(block, Paragraph) else []
        for item in (*entries_of(block), *(Item(lines=[line]) for line in lines if self._labelled(line))):
            place = self._read_entry(item, place)

    def _read_entry(self, item: Item, place: Place) -> Place:
        """`Now` as an entry over its items is a heading, and so is a line with a colon at the margin, right under an entry:
        it stands over the entries that follow."""
        horizon = self._own_horizon(item)
        if horizon and item.items:
            for below in item.items:
                self._read_entry(below, Place(horizon, place.section, has_items=True))
            return place
        item, caption = _without_caption(item)
        if labelled := self._labelled(item.first):
            horizon, item = labelled[0], replace(item, lines=[labelled[1], *item.lines[1:]])
        if (place.has_items or horizon) and not _is_anchor(item):
            self._write(item, replace(place, horizon=horizon or place.horizon))
        return self._place(Section(_CAPTION_LEVEL, caption), Place()) or place if caption else place

    def _labelled(self, line: Line) -> tuple[str, Line] | None:
        """`Now: faster search` on a line."""
        found = _LABELLED.fullmatch(line.text)
        horizon = self.words.group("roadmap_horizons").get(fold_label(found["label"])) if found else None
        return (horizon, replace(line, text=found["rest"], lead="")) if found and horizon else None

    def _own_horizon(self, item: Item) -> str | None:
        """Of an entry over others, or of a row with a column for it."""
        if not item.fields:
            return self._horizon(item.text) if item.items else None
        columns = self.words.group("roadmap_columns")
        return next(filter(None, (self._horizon(cell.text) for name, cell in item.fields.items() if columns.get(name) == "horizon")), None)

    def _columns(self, table: Rows) -> list[str | None]:
        """The horizons that a table's header names: `| Now | Next | Later |`."""
        horizons = [self._horizon(cell.text) for cell in table.header]
        return horizons if sum(map(bool, horizons)) >= 2 else []

    # --- items

    def _write(self, item: Item, place: Place) -> None:
        item, span = self._without_span(_boxed(self._with_title(item)))
        for action in read_actions(Part(None, "", 1, 1, content=[item]), self.times, self.words):
            action.extras |= {"due_on": span} if span else {}
            self.position += 1
            self._write_item(action, place, f"{self.path_id}#{self.position}")

    def _with_title(self, item: Item) -> Item:
        """A row whose column for the item is so called; what else a row may be known by is a detail then."""
        titles = [name for name in item.fields if self.words.group("roadmap_columns").get(name) == "title"]
        if not titles:
            return item
        texts = {name for name, meaning in self.words.group("action_columns").items() if meaning == "text"}
        named = {"details" if name in texts else name: cell for name, cell in item.fields.items() if name != titles[0]}
        return replace(item, fields={_TITLE_COLUMN: item.fields[titles[0]], **named})

    def _write_item(self, action: Action, place: Place, item_id: str) -> None:
        self._take_remark(action)
        line, (title, details) = action.line.line, _title_of(action)
        status = "done" if action.status in (None, "open") and place.horizon == "done" else action.status
        self.reading.add("roadmap_items", line, item_id=item_id, horizon=place.horizon, position=self.position, title=title,
                         dri=action.owner, due_on=action.due_on, status=status)  # fmt: skip
        said = {"section": place.section, "text": details, **action.extras, "done_on": action.done_on}
        for name, value in said.items():
            if value and not (self.words.group("roadmap_columns").get(name) == "horizon" and self._horizon(str(value))):
                self.write_field(line, "roadmap_item", item_id, name, str(value))

    def _take_remark(self, action: Action) -> None:
        """`(done: in use since May)` behind an item tells its state too."""
        remark = _REMARK.search(action.text)
        status = self.words.look_up("action_status", remark["word"]) if remark else None
        if remark and status and action.text[: remark.start()].strip():
            action.status = status if action.status == "open" else action.status
            action.extras["remark"] = remark[0].strip("(). ")
            action.text = action.text[: remark.start()].strip()

    # --- due in a quarter or a month, which is no day and no fault

    def _without_span(self, item: Item) -> tuple[Item, str | None]:
        columns = self.words.group("action_columns")
        for name, cell in item.fields.items():
            if columns.get(name) == "due_on" and self._is_span(cell.text):
                return replace(item, fields=item.fields | {name: replace(cell, text="")}), cell.text
        for at, below in enumerate(item.items):
            label, _, value = below.text.partition(":")
            if columns.get(fold_label(label)) == "due_on" and self._is_span(value):
                return replace(item, items=item.items[:at] + item.items[at + 1 :]), value.strip()
        return self._without_last_span(item) if item.lines else (item, None)

    def _without_last_span(self, item: Item) -> tuple[Item, str | None]:
        """`— Q4 2026`, `(due in September 2026)`, `by Q4 2026` at the end of a line."""
        due = self.words.pattern("action_words", "due_on")
        for at, line in enumerate(item.lines):
            near = max(0, len(line.text) - _NEAR_END)
            piece = _LAST_PIECE.search(line.text, near)
            for start in sorted({*(found.start() for found in due.finditer(line.text, near)), *([piece.start()] if piece else [])}):
                said = due.sub("", line.text[start:].strip("—–-|(), :"), count=1).strip("—–-|(), :")
                if start and self._is_span(said):
                    rest = replace(line, text=_closed(line.text[:start].rstrip(" ,;(")))
                    return replace(item, lines=[*item.lines[:at], rest, *item.lines[at + 1 :]]), said
        return item, None

    def _is_span(self, text: str) -> bool:
        words = fold(text[: _NEAR_END + 1]).replace(",", " ").split()
        return 0 < len(words) <= _LONGEST_SPAN and all(map(self._is_of_span, words))


def _closed(text: str) -> str:
    """With the parenthesis that was cut off."""
    return f"{text})" if text.count("(") > text.count(")") else text


def _opens_bold(line: Line) -> bool:
    rest = line.text[len(line.lead) :]
    return bool(line.lead) and (not rest or line.lead.endswith((":", ".")) or bool(_BEHIND_TITLE.match(rest)))


def _as_item(section: Section) -> Item:
    """A heading, with all that stands under it as its details."""
    assert section.line
    below = [item for each in section.sections for item in (_as_item(each),)]
    return Item(lines=[section.line], items=[*_details(section.paragraphs), *section.entries, *below])


def _details(lines: Iterable[Line]) -> Iterator[Item]:
    """`DRI: Ana | Due: 2026-09-30` is two."""
    for line in lines:
        yield from (Item(lines=[replace(line, text=piece)]) for piece in _BETWEEN_DETAILS.split(line.text))


def _without_caption(item: Item) -> tuple[Item, Line | None]:
    """To Markdown a line at the margin goes on with the entry above it."""
    at = next((at for at, line in enumerate(item.lines) if at and line.column == 1 and line.text.endswith(":")), None)
    return (replace(item, lines=item.lines[:at]), item.lines[at]) if at else (item, None)


def _is_anchor(item: Item) -> bool:
    """An entry of a table of contents."""
    return not item.fields and all(_ONLY_ANCHOR.fullmatch(line.raw) for line in item.lines)


def _boxed(item: Item) -> Item:
    """What is struck through on a roadmap has been done. With a box of its own an item keeps the boxes below as its details."""
    return replace(item, checked=item.struck or bool(item.checked))


def _title_of(action: Action) -> tuple[str, str | None]:
    """The struck or bold words that an item opens with, where they end there, and what follows them."""
    found = _STRUCK.search(action.line.raw)
    struck = " ".join(re.sub(r"[*`]+", "", found["text"]).split()) if found else ""
    for opening in (struck, action.line.lead.rstrip(":. ")):
        rest = action.text[len(opening) :]
        if opening and action.text.startswith(opening) and (not rest or _BEHIND_TITLE.match(rest)):
            return opening, rest.strip(":.–—- ") or None
    return action.text, None
