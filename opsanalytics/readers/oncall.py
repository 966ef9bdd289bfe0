"""`ops/oncall.yml`: who is on call, as shifts with a start and an end, or as a rotation that goes round.

    shifts:
      - {person: ana, service: api, starts_at: 2026-01-05 09:00, ends_at: 2026-01-12 09:00}
    rotation: {service: api, people: [ana, bo], starts_on: 2026-01-05, every: 7d, until: 2026-06-30}

A rotation changes hands at the same local time each day or week, whatever the clocks do. It ends with the day `until`, else
one round after `context.now`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from opsanalytics.clocks import instant_of, wall_time
from opsanalytics.markup.blocks import Line
from opsanalytics.markup.sheets import parse_sheet
from opsanalytics.markup.strict_yaml import Node, parse_yaml
from opsanalytics.markup.words import fold
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.row_kinds import SHIFTS
from opsanalytics.readers.stretches import stretch_of
from opsanalytics.readers.tabular import Entry, Rows, csv_entries, lines_of, yaml_entries

MAX_SHIFTS = 10_000
LONGEST = timedelta(days=366)
ROTATIONS = ("rotation", "rotations")
SETTINGS = ("service", "people", "starts_on", "starts_at", "every", "until")
Cells = dict[str, list[Line]]


def parse_oncall(path: str, text: str, context: Context) -> Reading:
    """The shifts of a file. Raises MarkupError when it cannot be parsed, or nothing in it can be used."""
    reading = Reading(path)
    rows = Rows(SHIFTS, reading, context)
    if path.endswith(".csv"):
        rows.write_all(csv_entries(parse_sheet(text), rows))
    else:
        _read(parse_yaml(text), rows, context)
    rows.end()
    return reading


def _read(root: Node, rows: Rows, context: Context) -> None:
    rotations = []
    if isinstance(root.value, dict):
        rotations = [node for key, each in root.value.items() if fold(key) in ROTATIONS for node in _all(each)]
        rest = {key: node for key, node in root.value.items() if fold(key) not in ROTATIONS}
        root = replace(root, value=({SHIFTS.key: replace(root, value=[])} if rotations else {}) | rest)
    rows.write_all(yaml_entries(SHIFTS, root, rows))
    told = Counter[str]()
    for node in rotations:
        if isinstance(node.value, dict):
            _Rotation(node, rows, context, told).write()
        else:
            rows.refuse("OPS135", f"a rotation must hold {', '.join(SETTINGS)}", node.line, node.column)


def _all(node: Node) -> list[Node]:
    return [] if node.value is None else node.value if isinstance(node.value, list) else [node]


class _Rotation:
    """`told` counts the rotations of each service: a first and a second line, say."""

    def __init__(self, node: Node, rows: Rows, context: Context, told: Counter[str]) -> None:
        self.node = node
        self.rows = rows
        self.now = context.now
        self.zone = rows.times.file_zone or context.zone or UTC
        self.cells: Cells = {fold(key).replace(" ", "_"): lines_of(each) for key, each in node.value.items()}
        name = next((line.text for line in self.cells.get("service", ())), "rotation")
        told[name] += 1
        self.name = name if told[name] == 1 else f"{name}.{told[name]}"

    def write(self) -> None:
        for key, node in self.node.value.items():
            if fold(key).replace(" ", "_") not in SETTINGS:
                self._refuse(f"`{key[:40]}` is no setting of a rotation; there are {', '.join(SETTINGS)}", node)
        people = [line for line in self.cells.get("people", ()) if line.text]
        starts = self._moment("starts_at") or self._moment("starts_on")
        every = self._every()
        if not people:
            self._refuse("a rotation needs `people`, such as [ana, bo]", self.node)
        elif starts is None or every is None:
            self._refuse("a rotation needs `starts_on`, such as 2026-01-05, and `every`, such as 7d", self.node)
        else:
            try:
                self._write_shifts(people, starts, every)
            except OverflowError:
                self._refuse("a rotation that leaves the calendar", self.node)

    def _write_shifts(self, people: list[Line], starts: datetime, every: timedelta) -> None:
        until = self._until()
        last = until or self._utc((self._local(self.now) if self.now else starts) + every * len(people))
        for number, (name, begun, ended) in enumerate(self._stretches(starts, every)):
            if begun >= last:
                return
            if number == MAX_SHIFTS:
                self._refuse(f"more than {MAX_SHIFTS} shifts; the others are left out", self.node)
                return
            self._add(name, people[number % len(people)], begun, min(ended, until or ended))

    def _stretches(self, starts: datetime, every: timedelta) -> Iterator[tuple[str, datetime, datetime]]:
        """Days keep their local time, hours are hours. Each has a name of its own: the local day, or the hour in UTC."""
        for number in count():
            if every % timedelta(days=1):
                begun = self._utc(starts) + number * every
                yield f"{begun:%Y-%m-%dT%H:%MZ}", begun, begun + every
            else:
                local = starts + number * every
                yield f"{local:%Y-%m-%d}", self._utc(local), self._utc(local + every)

    def _add(self, name: str, person: Line, begun: datetime, ended: datetime) -> None:
        told = {"shift_id": f"{self.rows.path_id}#{self.name}-{name}", "starts_at": f"{begun:%Y-%m-%d %H:%M:%S}Z", "ends_at": f"{ended:%Y-%m-%d %H:%M:%S}Z"}
        cells = {column: [Line(text, "", person.line, person.column)] for column, text in told.items()} | {"person": [person]}
        service = {"service": self.cells["service"]} if self.cells.get("service") else {}
        self.rows.write(Entry(person.line, person.column, cells | service))

    def _moment(self, name: str) -> datetime | None:
        """The start, in local time."""
        instant = self.rows.instant(self.cells[name][0]) if self.cells.get(name) else None
        return self._local(instant) if instant else None

    def _until(self) -> datetime | None:
        """The end of the last day, or the instant that is told."""
        lines = self.cells.get("until")
        stamp = self.rows.times.stamp(lines[0]) if lines else None
        if lines and stamp and stamp.day and not stamp.clock:
            return self._utc(datetime.combine(stamp.day, time()) + timedelta(days=1)) if stamp.day < date.max else None
        return self.rows.instant(lines[0]) if lines and stamp else None

    def _every(self) -> timedelta | None:
        lines = self.cells.get("every")
        if not lines:
            return None
        try:
            length = stretch_of(lines[0].text, self.rows.words)
            every = {"d": timedelta(days=1), "h": timedelta(hours=1)}[length[-1]] * int(length[:-1])
        except (ValueError, KeyError):
            every = None
        if every is None or every > LONGEST:
            self._refuse(f"every: `{lines[0].text[:40]}` is no stretch of hours or days within a year; write it as 7d", lines[0])
            return None
        return every

    def _refuse(self, message: str, place: Node | Line) -> None:
        self.rows.refuse("OPS135", message, place.line, place.column)

    def _local(self, instant: datetime) -> datetime:
        return wall_time(instant, self.zone)

    def _utc(self, local: datetime) -> datetime:
        return instant_of(local, self.zone)
