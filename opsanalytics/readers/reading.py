"""What reading one file yields, and what a reader may know of the workspace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TypeVar

from opsanalytics.clocks import wall_time
from opsanalytics.findings import Finding, finding
from opsanalytics.markup.elements import Line
from opsanalytics.readers.durations import Duration, parse_duration
from opsanalytics.readers.evidence import Evidence
from opsanalytics.readers.times import Clockwork, Stamp, TimeError, to_utc
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import Row

Value = TypeVar("Value")


@dataclass(frozen=True)
class Context:
    """The workspace as a reader sees it: words, scale, zone and the policies that reading depends on."""

    words: Vocabulary
    severities: tuple[str, ...] = ("SEV-1", "SEV-2", "SEV-3")
    zone: tzinfo | None = None
    date_order: str | None = None
    postmortem_scheduled_hours: float = 72
    rituals: tuple[tuple[str, tuple[str, ...]], ...] = ()  # where ops.yml says that the sessions of each ritual live
    now: datetime | None = None  # the load's clock, naive UTC; only what has no end of its own depends on it


@dataclass(slots=True)
class Stated:
    """A label of the file by what it means, and the first line behind it, "" when nothing has been written there."""

    name: str
    label: str
    text: str
    line: int
    column: int


@dataclass
class Reading:
    """The rows and findings of one file. `ignored` is the rule that leaves the whole file out, with no rows."""

    path: str
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    findings: list[Finding] = field(default_factory=list)
    ignored: str | None = None
    stated: list[Stated] = field(default_factory=list)

    def add(self, table: str, source_line: int, **values: object) -> None:
        values.update(source_path=self.path, source_line=source_line)
        self.rows[table].append(values)

    def say(self, code: str, line: int, column: int, message: str, hint: str | None = None) -> None:
        self.findings.append(finding(code, self.path, line, column, message, hint))


class FileTimes:
    """The times of one file: what zone and day it states once, and which findings that gives.

    A time that names a zone keeps it. Else the zone that its label or the whole file states counts; a time of day
    alone goes with the day that it belongs to, and its zone; else the workspace's zone, else UTC, with one OPS113 a file.
    """

    def __init__(self, reading: Reading, context: Context, text: str = "") -> None:
        self.reading = reading
        self.text = text
        evidence = Evidence(context.words, reading.path, text)
        self.clockwork = Clockwork(context.words, context.date_order, context.zone, evidence)
        self.workspace_zone = context.zone
        self.file_zone: tzinfo | None = None
        self.doubt: TimeError | None = None  # why the zone that the file states for all times is none
        self.zone_text: str | None = None
        self.day: date | None = None
        self.day_zone: tzinfo | None = None
        self._zoned = self._warned = False

    def state_zone(self, name: str | None) -> tzinfo | None:
        """Takes a remark such as `UTC`, `Pacific Time` or `all times CET` as the zone of the file, when it names one."""
        if not name:
            return None
        name, zone = self._zone_in(name)
        if zone:
            self.file_zone = self.file_zone or zone
            self.zone_text = self.zone_text or name
        return zone

    def state_zone_of_all(self) -> tzinfo | None:
        """Takes the zone of a sentence such as `All times are in CET`, wherever it stands in the file."""
        for found in self.clockwork.grammar.zones_of_all(self.text):
            if zone := self.state_zone(found["zone"]):
                return zone
        return None

    def _zone_in(self, text: str) -> tuple[str, tzinfo | None]:
        """The first zone that a remark names: the whole of it, or a word. One in doubt spoils the times that need it."""
        for name in dict.fromkeys((text, *text.replace(",", " ").split())):
            try:
                zone = self.clockwork.zone(name)
            except TimeError as error:
                self.doubt = self.doubt or error
                continue
            if zone:
                return name, zone
        return text, None

    def take_day(self, stamp: Stamp) -> None:
        """The day, and its zone, that times of day go with from here on."""
        self.day = stamp.day or self.day
        self.day_zone = stamp.zone if stamp.day and stamp.clock else self.day_zone

    def stamp(self, line: Line) -> Stamp | None:
        return self._read(self.clockwork.stamp, line)

    def span(self, line: Line) -> Stamp | None:
        """As `stamp`, of a line that may name an end too: `until` of what comes back."""
        return self._read(self.clockwork.span, line)

    def duration(self, line: Line, label: str = "") -> Duration | None:
        """The label may tell what a bare number counts: `Downtime (minutes)`."""
        return self._read(lambda text: parse_duration(text, self.clockwork.words, label), line)

    def _read(self, read: Callable[[str], Value], line: Line) -> Value | None:
        try:
            return read(line.text)
        except TimeError as error:
            self._refuse(line, error)
            return None

    def instant(
        self,
        stamp: Stamp,
        line: Line,
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        may_precede: bool = False,
    ) -> datetime | None:
        """Naive UTC; None, with a finding, when the stamp is no instant. A time of day without a day is on the day of
        `after` (else of the file), on the next when it would lie more than half a day back, and, where it may precede,
        on the day before when it would lie nearly a day ahead. With `before` all this runs backwards."""
        try:
            zone = self._zone_of(stamp, line)
            near = after or before
            if stamp.day or not near:
                return to_utc(stamp.on(self.day), zone)
            day = wall_time(near, stamp.zone or zone).date()
            at = to_utc(stamp.on(day), zone)
            ahead = at - near
            most = _HALF_DAY if before else _NEARLY_A_DAY if may_precede else timedelta.max
            days = 1 if after and ahead < -_HALF_DAY else -1 if ahead > most else 0
            return to_utc(stamp.on(day + timedelta(days=days)), zone) if days else at
        except TimeError as error:
            self._refuse(line, error)
            return None

    def local_day(self, instant: datetime) -> date:
        """The day of an instant in the workspace's zone."""
        return wall_time(instant, self.workspace_zone).date()

    def _refuse(self, line: Line, error: TimeError) -> None:
        self.reading.say("OPS111", line.line, line.column, str(error))

    def _zone_of(self, stamp: Stamp, line: Line) -> tzinfo:
        if stamp.zone:
            self._zoned = True
            self.zone_text = self.zone_text or stamp.zone_text
            return stamp.zone
        if self.file_zone or (self.day_zone and not stamp.day):
            return self.file_zone or self.day_zone or UTC
        if self.doubt:
            raise self.doubt
        if not self._warned and (self._zoned or not self.workspace_zone):
            read_as = self.workspace_zone or "UTC"
            where = "here, though other times of this file state one" if self._zoned else "for this time"
            self.reading.say("OPS113", line.line, line.column, f"no zone stated {where}; read as {read_as}")
            self._warned = True
        return self.workspace_zone or UTC


_HALF_DAY, _NEARLY_A_DAY = timedelta(hours=12), timedelta(hours=18)
