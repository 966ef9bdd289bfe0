"""What reading one file yields, and what a reader may know of the workspace."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

from opsanalytics.findings import Finding, finding
from opsanalytics.markup.blocks import Line
from opsanalytics.readers.times import Clockwork, Stamp, TimeError, to_utc
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import Row


@dataclass(frozen=True)
class Context:
    """The workspace as a reader sees it: words, scale, zone and the policies that reading depends on."""

    words: Vocabulary
    severities: tuple[str, ...] = ("SEV-1", "SEV-2", "SEV-3")
    zone: tzinfo | None = None
    date_order: str | None = None
    postmortem_scheduled_hours: float = 72
    rituals: tuple[tuple[str, tuple[str, ...]], ...] = ()  # where ops.yml says that the sessions of each ritual live


@dataclass
class Reading:
    """The rows and findings of one file. `ignored` is the rule that leaves the whole file out, with no rows."""

    path: str
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    findings: list[Finding] = field(default_factory=list)
    ignored: str | None = None

    def add(self, table: str, source_line: int, **values: object) -> None:
        self.rows[table].append({**values, "source_path": self.path, "source_line": source_line})

    def say(self, code: str, line: int, column: int, message: str, hint: str | None = None) -> None:
        self.findings.append(finding(code, self.path, line, column, message, hint))


class FileTimes:
    """The times of one file: what zone and day it states once, and which findings that gives.

    A time that names a zone keeps it. Else the zone that its label or the whole file states counts; a time of day
    alone goes with the day that it belongs to, and its zone; else the workspace's zone, else UTC, with one OPS113 a file.
    """

    def __init__(self, reading: Reading, context: Context) -> None:
        self.reading = reading
        self.clockwork = Clockwork(context.words, context.date_order)
        self.workspace_zone = context.zone
        self.file_zone: tzinfo | None = None
        self.zone_text: str | None = None
        self.day: date | None = None
        self.day_zone: tzinfo | None = None
        self._zoned = self._warned = False

    def state_zone(self, name: str | None) -> tzinfo | None:
        """Takes a remark such as `UTC` or `all times CET` as the zone of the file, when it names one."""
        for word in (name or "").replace(",", " ").split():
            try:
                zone = self.clockwork.zone(word)
            except TimeError:
                continue
            if zone:
                self.file_zone = self.file_zone or zone
                self.zone_text = self.zone_text or word
                return zone
        return None

    def take_day(self, stamp: Stamp) -> None:
        """The day, and its zone, that times of day go with from here on."""
        self.day = stamp.day or self.day
        self.day_zone = stamp.zone if stamp.day and stamp.clock else self.day_zone

    def stamp(self, line: Line) -> Stamp | None:
        try:
            return self.clockwork.stamp(line.text)
        except TimeError as error:
            self._refuse(line, error)
            return None

    def instant(
        self, stamp: Stamp, line: Line, *, after: datetime | None = None, may_precede: bool = False
    ) -> datetime | None:
        """Naive UTC; None, with a finding, when the stamp is no instant. A time of day without a day is on the day of
        `after` (else of the file), on the next when it would lie more than half a day back, and, where it may precede,
        on the day before when it would lie nearly a day ahead."""
        zone = self._zone_of(stamp, line)
        try:
            if stamp.day or not after:
                return to_utc(stamp.on(self.day), zone)
            day = after.replace(tzinfo=UTC).astimezone(stamp.zone or zone).date()
            ahead = to_utc(stamp.on(day), zone) - after
            days = 1 if ahead < -_HALF_DAY else -1 if may_precede and ahead > _NEARLY_A_DAY else 0
            return to_utc(stamp.on(day + timedelta(days=days)), zone)
        except TimeError as error:
            self._refuse(line, error)
            return None

    def local_day(self, instant: datetime) -> date:
        """The day of an instant in the workspace's zone."""
        return instant.replace(tzinfo=UTC).astimezone(self.workspace_zone or UTC).date()

    def _refuse(self, line: Line, error: TimeError) -> None:
        self.reading.say("OPS111", line.line, line.column, str(error))

    def _zone_of(self, stamp: Stamp, line: Line) -> tzinfo:
        if stamp.zone:
            self._zoned = True
            self.zone_text = self.zone_text or stamp.zone_text
            return stamp.zone
        if self.file_zone or (self.day_zone and not stamp.day):
            return self.file_zone or self.day_zone or UTC
        if not self._warned and (self._zoned or not self.workspace_zone):
            read_as = self.workspace_zone or "UTC"
            where = "here, though other times of this file state one" if self._zoned else "for this time"
            self.reading.say("OPS113", line.line, line.column, f"no zone stated {where}; read as {read_as}")
            self._warned = True
        return self.workspace_zone or UTC


_HALF_DAY, _NEARLY_A_DAY = timedelta(hours=12), timedelta(hours=18)
