"""Records that are kept as rows, in YAML or CSV: every value is typed by the table contract, and keeps its place.

YAML is a list of mappings, such a list under the kind's own key, or a mapping from name to fields. A header is a column's
name, another word for it (`<table>_columns` of the vocabulary), or a field of the team's own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import isfinite
from pathlib import PurePosixPath
from typing import NamedTuple

from opsanalytics.markup.blocks import Line
from opsanalytics.markup.sheets import parse_sheet
from opsanalytics.markup.strict_yaml import MarkupError, Node, parse_yaml
from opsanalytics.markup.words import fold, fold_label, key_words, label_remark
from opsanalytics.readers.reading import Context, FileTimes, Reading
from opsanalytics.readers.times import Stamp, TimeError
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import TABLES, Column, Row

_NUMBER = re.compile(r"[-+]?\d{1,30}(?:\.\d{1,30})?(?:[eE][-+]?\d{1,3})?")
_EPOCH = re.compile(r"(?P<seconds>\d{10})(?:\.\d{1,9}|\d{3})?")  # seconds, or milliseconds
_LIST = re.compile(r"\s*[,;|]\s*")


@dataclass(frozen=True)
class Sheet:
    """One kind of record that is kept as rows.

    `key` is what a YAML file may hold the rows under; `name` the column of a bare word in a list and of the names in
    `name: fields`, `word` that of the value in `name: word`. A row `is_named` that is known by that name alone, or by
    the column `or_name`; others get an id by their place. `needs` are columns without which a row says little, `order`
    pairs of which the second is not before or below the first. Where `days_begin`, a day alone is its first instant.
    `forms` read columns that have a form of their own, and raise ValueError with the reason.
    """

    kind: str
    table: str
    key: str
    name: str
    word: str | None = None
    is_named: bool = False
    or_name: str | None = None
    needs: tuple[str, ...] = ()
    order: tuple[tuple[str, str], ...] = ()
    days_begin: bool = False
    forms: Mapping[str, Callable[[str, Vocabulary], object]] = field(default_factory=dict)

    def parse(self, path: str, text: str, context: Context) -> Reading:
        """The rows of a file. Raises MarkupError when it cannot be parsed, or no row of it can be used."""
        reading = Reading(path)
        is_yaml = PurePosixPath(path).suffix in (".yml", ".yaml")
        rows = Rows(self, reading, context)
        rows.write_all(yaml_entries(self, parse_yaml(text), rows) if is_yaml else csv_entries(parse_sheet(text), rows))
        rows.end()
        return reading


@dataclass(frozen=True)
class Entry:
    """A row as written: under each header one line, or several of a list."""

    line: int
    column: int
    cells: dict[str, list[Line]]


class Header(NamedTuple):
    """What a header means: the column that it names, the zone that it states, and its place among the column's words."""

    column: str | None
    zone: tzinfo | None
    rank: int


class Rows:
    """Writes the rows of one file."""

    def __init__(self, sheet: Sheet, reading: Reading, context: Context) -> None:
        self.sheet = sheet
        self.reading = reading
        self.words = context.words
        self.times = FileTimes(reading, context)
        self.table = TABLES[sheet.table]
        self.columns = {column.name: column for column in self.table.columns[:-2]}
        self.key = self.table.key[0] if self.table.key else None
        self.path_id = str(PurePosixPath(reading.path).with_suffix(""))
        self.absent: set[str] = set()
        self.position = 0
        self.first_fault: tuple[str, int, int] | None = None
        self._ids: set[str] = set()
        self._words = {fold(name): name for name in self.columns} | {
            word: name for word, name in context.words.group(f"{sheet.table}_columns").items() if word.replace(" ", "_") not in self.columns
        }
        self._headers: dict[str, Header] = {}

    def write_all(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self.write(entry)

    def write(self, entry: Entry) -> None:
        self.position += 1
        row, rest = self._typed(entry)
        if not self._is_identified(row, entry):
            return
        self._check(row, entry)
        self.reading.add(self.sheet.table, entry.line, **row)
        record_id = row[self.key] if self.key else f"{self.path_id}#{self.position}"
        for header, lines in rest:
            if text := ", ".join(line.text for line in lines if line.text):
                self.reading.add("record_fields", lines[0].line, record_kind=self.sheet.kind, record_id=record_id,
                                 name=fold_header(header).replace(" ", "_"), value=text)  # fmt: skip

    def end(self) -> None:
        """A file without a row is ignored, and one of which no row can be used is rejected."""
        if self.reading.rows.get(self.sheet.table):
            return
        if self.first_fault:
            raise MarkupError(*self.first_fault)
        self.reading.ignored = f"no {self.sheet.key} in it"

    def refuse(self, code: str, message: str, line: int, column: int) -> None:
        self.first_fault = self.first_fault or (message, line, column)
        self.reading.say(code, line, column, message)

    def header(self, header: str) -> Header:
        """`Finished (UTC)` and `finished_at_utc` name a column and a zone."""
        if header not in self._headers:
            folded = fold_header(header)
            words, _, last = folded.rpartition(" ")
            zone = self._zone(label_remark(header) or "")
            if folded not in self._words and words in self._words and (stated := self._zone(last)):
                folded, zone = words, stated
            known = folded in self._words
            self._headers[header] = Header(self._words.get(folded), zone, list(self._words).index(folded) if known else 0)
        return self._headers[header]

    def _zone(self, name: str) -> tzinfo | None:
        try:
            return self.times.clockwork.zone(name)
        except TimeError:
            return None

    def _typed(self, entry: Entry) -> tuple[Row, list[tuple[str, list[Line]]]]:
        """The columns' values, and what no column takes. Of two words for a column the one that is listed first counts."""
        row: Row = {}
        rest = []
        for header, lines in sorted(entry.cells.items(), key=lambda cell: self.header(cell[0]).rank):
            name, zone, _ = self.header(header)
            if name is None or row.get(name) is not None:
                rest.append((header, lines))
            else:
                row[name] = self._value(self.columns[name], [line for line in lines if line.text], zone)
                if row[name] is None and self.columns[name].allowed:
                    rest.append((header, lines))
        return row, rest

    def _is_identified(self, row: Row, entry: Entry) -> bool:
        """Whether the row says something, and has what none of its table may lack. Its id is its own, else its place."""
        is_empty = all(value is None for value in row.values())
        if self.key:
            place = "" if self.sheet.is_named else f"{self.path_id}#{self.position}"
            row[self.key] = row.get(self.key) or row.get(self.sheet.or_name or "") or place
        lacking = [f"`{column.name}`" for column in self.columns.values() if column.required and not row.get(column.name)]
        if is_empty or lacking:
            said = "any of their columns" if is_empty else lacking[0]
            self.refuse("OPS136", f"a row of {self.sheet.table} without {said} is left out", entry.line, entry.column)
        elif self.key:
            row[self.key] = self._own_id(row[self.key], entry)
        return not is_empty and not lacking

    def _own_id(self, claimed: str, entry: Entry) -> str:
        """A second row of the file that claims an id gets `~2`."""
        number, given = 1, claimed
        while fold(given) in self._ids:
            number += 1
            given = f"{claimed}~{number}"
        if number > 1:
            self.reading.say("OPS102", entry.line, entry.column, f"`{claimed}` stands twice in this file; loaded as `{given}`")
        self._ids.add(fold(given))
        return given

    def _check(self, row: Row, entry: Entry) -> None:
        for name in self.sheet.needs:
            if row.get(name) is None and name not in self.absent and not self._says(entry, name):
                self.reading.say("OPS136", entry.line, entry.column, f"a row of {self.sheet.table} without `{name}`")
        for first, second in self.sheet.order:
            if row.get(first) is not None and row.get(second) is not None and row[second] < row[first]:
                self._find_disorder(row, entry, first, second)

    def _find_disorder(self, row: Row, entry: Entry, first: str, second: str) -> None:
        """Times are kept as written; of a part that is more than the whole nothing is known."""
        place = next((lines[0] for header, lines in entry.cells.items() if self.header(header).column == second), entry)
        if self.columns[second].kind == "number":
            self.reading.say("OPS135", place.line, place.column, f"{first} {row[first]:g} of {second} {row[second]:g} cannot be")
            row[first] = None
        else:
            self.reading.say("OPS112", place.line, place.column, f"{second} {row[second]} is before {first} {row[first]}")

    def _says(self, entry: Entry, name: str) -> bool:
        """Whether something stands there, which was found to be of no use already."""
        cells = (lines for header, lines in entry.cells.items() if self.header(header).column == name)
        return any(line.text and not self.words.is_unknown(line.text) for lines in cells for line in lines)

    # --- values

    def _value(self, column: Column, lines: list[Line], zone: tzinfo | None) -> object:
        if not lines or (column.name != self.key and all(self.words.is_unknown(line.text) for line in lines)):
            return None
        if column.kind == "texts":
            return [text for line in lines for text in (_LIST.split(line.text) if len(lines) == 1 else [line.text]) if text]
        if column.kind in ("instant", "day"):
            return self.instant(lines[0], zone) if column.kind == "instant" else self._day(lines[0], zone)
        line = replace(lines[0], text=", ".join(line.text for line in lines))
        try:
            return self._plain(column, line.text)
        except ValueError as error:
            code = "OPS123" if column.allowed else "OPS135"
            self.reading.say(code, line.line, line.column, f"{column.name}: {error}")
            return None

    def _plain(self, column: Column, text: str) -> object:
        """A value that is no time. Raises ValueError."""
        if column.name in self.sheet.forms:
            return self.sheet.forms[column.name](text, self.words)
        if column.allowed:
            return self._word(column, text)
        return _count(text) if column.kind == "number" else text

    def _word(self, column: Column, text: str) -> str:
        word = self.words.look_up(f"{self.sheet.table}_{column.name}", text)
        if word is None:
            raise ValueError(f"`{text[:40]}` is none of {', '.join(column.allowed)}")
        return word

    def _day(self, line: Line, zone: tzinfo | None) -> date | None:
        """The day as written; of an instant that has a zone, the day in the workspace's."""
        stamp = self._stamp(line, zone)
        if stamp and stamp.day and not (stamp.clock and stamp.zone):
            return stamp.day
        instant = self.times.instant(stamp, line) if stamp else None
        return self.times.local_day(instant) if instant else None

    def instant(self, line: Line, zone: tzinfo | None = None) -> datetime | None:
        stamp = self._stamp(line, zone)
        if stamp and self.sheet.days_begin and stamp.day and not stamp.clock:
            stamp = stamp._replace(clock=time())
        return self.times.instant(stamp, line) if stamp else None

    def _stamp(self, line: Line, zone: tzinfo | None) -> Stamp | None:
        stamp = _epoch(line.text) or self.times.stamp(line)
        return stamp._replace(zone=zone) if stamp and zone and not stamp.zone else stamp


def csv_entries(sheet: list[list[Line]], rows: Rows) -> Iterator[Entry]:
    """What lacks a header is not read, and said; so are columns that are not there at all, once."""
    if not sheet:
        return
    headers = _unique([cell.text for cell in sheet[0]])
    known = {rows.header(header).column for header in headers}
    if known == {None}:
        raise MarkupError(f"no column of {rows.sheet.table} in the header; there are {', '.join(rows.columns)}", sheet[0][0].line)
    for name in rows.sheet.needs:
        if name not in known:
            rows.absent.add(name)
            rows.reading.say("OPS136", sheet[0][0].line, 1, f"no column says `{name}`")
    for cells in sheet[1:]:
        surplus = next((cell for cell in cells[len(headers) :] if cell.text), None)
        if surplus:
            said = f"the row has {len(cells)} values, and the header {len(headers)}: it is left out"
            rows.refuse("OPS135", said, surplus.line, surplus.column)
        else:
            yield Entry(cells[0].line, 1, {header: [cell] for header, cell in zip(headers, cells, strict=False) if header})


def yaml_entries(sheet: Sheet, root: Node, rows: Rows) -> Iterator[Entry]:
    if isinstance(root.value, dict):
        root = _under_key(sheet, root, rows)
    if isinstance(root.value, list):
        for node in root.value:
            yield from _entry(sheet, None, node, rows)
    elif isinstance(root.value, dict):
        for name, node in root.value.items():
            yield from _entry(sheet, name, node, rows)
    elif root.value is not None:
        raise MarkupError(f"`{sheet.key}:` and a list of them is expected", root.line, root.column)


def _under_key(sheet: Sheet, root: Node, rows: Rows) -> Node:
    """What stands under the kind's own key. Beside it `zone` counts for times that name none."""
    key = next((key for key in root.value if fold(key) == fold(sheet.key)), None)
    if key is None:
        return root
    for name, node in root.value.items():
        if fold(name) in ("zone", "timezone", "time zone") and isinstance(node.value, str) and rows.times.state_zone(node.value):
            continue
        if name != key:
            rows.reading.say("OPS138", node.line, node.column, f"`{name[:40]}` is not read; `{sheet.key}` is")
    found: Node = root.value[key]
    return found


def _entry(sheet: Sheet, name: str | None, node: Node, rows: Rows) -> Iterator[Entry]:
    cells: dict[str, list[Line]] = {}
    if name is not None:
        cells[sheet.name] = [Line(name, name, node.line, node.column)]
    if isinstance(node.value, dict):
        yield Entry(node.line, node.column, fields_of(node) | cells)
    elif node.value is None and name is not None:
        yield Entry(node.line, node.column, cells)
    elif isinstance(node.value, str) and (column := sheet.word if name is not None else sheet.name if sheet.is_named else None):
        yield Entry(node.line, node.column, cells | {column: lines_of(node)})
    else:
        rows.refuse("OPS135", f"a row of {sheet.table} must be `column: value` lines", node.line, node.column)


def fields_of(node: Node) -> dict[str, list[Line]]:
    return {key: lines for key, each in node.value.items() if (lines := lines_of(each))}


def lines_of(node: Node) -> list[Line]:
    """A scalar is a line, and so is each entry of a list; what is nested deeper is told in one."""
    nodes = node.value if isinstance(node.value, list) else [node]
    return [Line(compact(each), "", each.line, each.column) for each in nodes if each.value is not None]


def compact(node: Node) -> str:
    """A value in one line: `key: value, key: value`."""
    if isinstance(node.value, dict):
        return ", ".join(f"{key}: {compact(each)}" for key, each in node.value.items())
    if isinstance(node.value, list):
        return ", ".join(map(compact, node.value))
    return (node.value or "").strip()


def fold_header(header: str) -> str:
    return fold_label(key_words(header))


def _unique(headers: list[str]) -> list[str]:
    """A header that comes again keeps its values under a name of its own."""
    counted = Counter[str]()
    names = []
    for header in headers:
        counted[header] += 1
        names.append(f"{header} {counted[header]}" if header and counted[header] > 1 else header)
    return names


def _count(text: str) -> float:
    if not _NUMBER.fullmatch(text) or not isfinite(value := float(text)):
        raise ValueError(f"`{text[:40]}` is no number; write it as 1234.5")
    if value < 0:
        raise ValueError(f"`{text[:40]}` is less than nothing")
    return value


def _epoch(text: str) -> Stamp | None:
    """Seconds or milliseconds since 1970, as monitoring tools export them."""
    found = _EPOCH.fullmatch(text)
    if not found:
        return None
    seconds = float(text) if "." in text or len(text) == 10 else int(text) / 1000
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return Stamp(moment.date(), moment.time(), UTC, "UTC")
