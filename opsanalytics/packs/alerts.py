"""Raising alerts: each once for the same cause, as the log of the reports folder has it.

A cause goes on until a run looks and finds it gone: a promise that is kept, dropped or given another day, a budget that
burns no more. What cannot be judged, or is not on record for a while, ends nothing. A surprising week is a cause of its own
in each series and stays one. A cause that comes back is raised anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from opsanalytics.metrics.alerts import Alert, Judged
from opsanalytics.metrics.result import Row
from opsanalytics.packs.log import Entry, Log, entry, read_log, writing

RAISED, ENDED = "alert-raised", "alert-ended"


@dataclass(frozen=True)
class Raised:
    """raised_at: since when each cause goes on that the log knows, in UTC. unreadable: lines of the log that are none."""

    judged: Judged
    raised_at: dict[str, str]
    unreadable: tuple[str, ...]

    @property
    def new(self) -> list[Alert]:
        return [alert for alert in self.judged.alerts if alert.cause not in self.raised_at]

    def to_json(self, alerts: Iterable[Alert]) -> Row:
        return {
            "as_of": self.judged.as_of,
            "alerts": [alert.to_json() | {"raised_before_at": self.raised_at.get(alert.cause)} for alert in alerts],
            "not_judged": [unjudged._asdict() for unjudged in self.judged.unjudged],
            "looked_at": self.judged.looked_at,
        }


def raise_alerts(judged: Judged, shelf: Path, now: datetime) -> Raised:
    """Writes down what is new and what has ended, if anything. now: naive UTC. Raises DestinationError when it cannot."""
    raised = preview(judged, shelf)
    if _entries(raised, now):
        with writing(shelf) as log:
            raised = hold_against(judged, log)
            log.append(_entries(raised, now))
    return raised


def preview(judged: Judged, shelf: Path) -> Raised:
    """What would be raised; nothing is written."""
    return hold_against(judged, read_log(shelf))


def hold_against(judged: Judged, log: Log) -> Raised:
    standing: dict[str, str] = {}
    for each in log.entries:
        if each["kind"] == RAISED:
            standing[each["id"]] = each["at"]
        elif each["kind"] == ENDED:
            standing.pop(each["id"], None)
    return Raised(judged, standing, tuple(f"{log.path}:{number}" for number in log.unreadable))


def _entries(raised: Raised, now: datetime) -> list[Entry]:
    ended = [entry(ENDED, now, cause) for cause in raised.raised_at if cause in raised.judged.ended]
    return ended + [entry(RAISED, now, alert.cause, rule=alert.rule, found=alert.found) for alert in raised.new]
