"""Durations that contradict the times of their own incident."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import product

from opsanalytics.findings import Finding
from opsanalytics.linter.lint import Lint, Said, at_label, may_mention
from opsanalytics.markup.words import fold
from opsanalytics.readers.durations import Duration, parse_duration
from opsanalytics.readers.reading import Stated
from opsanalytics.readers.times import TimeError
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import Row

STARTS = ("impact_started_at", "started_at", "detected_at", "declared_at")
ENDS = ("mitigated_at", "impact_ended_at", "resolved_at")
_PHASES = {"detected_at": "detection", "mitigated_at": "mitigation", "resolved_at": "resolved"}
_CLOSE, _ABOUT = 1.0, 15.0  # minutes between a duration and its times, and around a time that is not exact
_ROUND = (60, 30, 15, 10, 5)


def contradicted_durations(record: Lint) -> Iterator[Finding]:
    """A stated duration that no start and no end of the incident are apart.

    The end is the event that the label names, else any; the start is the start of the impact or of the incident, the
    detection or the declaration. Where the file names no start or no end, every entry of its timeline may be one, as far
    as its words do not rule it out: that nothing at all fits is what a person would call a contradiction.
    """
    inexact = _with_inexact_times(record)
    for row in record.of("incidents"):
        for stated in record.stated.get(row["source_path"], ()):
            if stated.name == "duration" and (found := _Claim(record, row, stated, inexact).contradiction()):
                yield at_label("OPS114", row["source_path"], stated, found)


def _with_inexact_times(record: Lint) -> frozenset[str]:
    """The incidents with `~14:00` or a span of time among their times."""
    raw = (row for row in record.of("record_fields") if row["name"].endswith("_at_raw"))
    return frozenset(row["record_id"].rpartition("#")[0] or row["record_id"] for row in raw)


class _Claim:
    """One duration that an incident states, beside its times."""

    def __init__(self, record: Lint, row: Row, stated: Stated, inexact: Collection[str]) -> None:
        self.words = record.context.words
        self.row, self.stated = row, stated
        self.events = record.events.get(row["incident_id"], [])
        self.said = record.said.get(row["source_path"], Said())
        self.has_inexact = row["incident_id"] in inexact

    def contradiction(self) -> str | None:
        duration = self._duration()
        if duration is None or duration.is_working_time or self._counts_working_time():
            return None
        spans = [((end - start).total_seconds() / 60, start, end) for start, end in self._spans()]
        tolerance = _tolerance(duration) + (_ABOUT if self.has_inexact else 0)
        if not spans or any(abs(minutes - duration.minutes) <= tolerance for minutes, _, _ in spans):
            return None
        minutes, start, end = min(spans, key=lambda span: abs(span[0] - duration.minutes))
        which = "times" if self._has_start and self._has_end else "entries of the timeline"
        return (f"`{self.stated.text[:40]}` is stated, and the nearest {which}, {start:%Y-%m-%d %H:%M} and "
                f"{end:%Y-%m-%d %H:%M}, are {minutes:g} minutes apart")  # fmt: skip

    def _duration(self) -> Duration | None:
        try:
            return parse_duration(self.stated.text, self.words, self.stated.label)
        except TimeError:
            return None

    def _counts_working_time(self) -> bool:
        """By its label, or by a sentence of the file about durations."""
        return self.said.counts_working_time or bool(_any_word(self.words, "duration_words", "working").search(self.stated.label))

    # --- what the duration may count from and to

    def _spans(self) -> Iterator[tuple[datetime, datetime]]:
        starts, ends = self._named(STARTS), self._named(self._end_names)
        if not starts or not self._has_start:
            starts |= {row["occurred_at"] for row in self.events if not self._says(row, "over", "searched")}
        if not ends or not self._has_end:
            ends |= {row["occurred_at"] for row in self.events if self._may_end(row)}
        return ((start, end) for start, end in product(sorted(starts), sorted(ends)) if start < end)

    def _named(self, names: Iterable[str]) -> set[datetime]:
        phases = {_PHASES.get(name) for name in names} - {None}
        told = {row["occurred_at"] for row in self.events if row.get("phase") in phases}
        return told | {self.row[name] for name in names if self.row.get(name)}

    @cached_property
    def _end_names(self) -> tuple[str, ...]:
        words = self.words.group("duration_ends")
        return tuple(end for word, end in words.items() if word in fold(self.stated.label).split())[:1] or ENDS

    @property
    def _has_start(self) -> bool:
        return bool(self.row.get("started_at") or self.row.get("impact_started_at"))

    @property
    def _has_end(self) -> bool:
        return any(self.row.get(name) for name in self._end_names if len(self._end_names) == 1 or name != "mitigated_at")

    def _may_end(self, row: Row) -> bool:
        return self._says(row, "over") or not self._says(row, "told", "searched")

    def _says(self, row: Row, *steps: str) -> bool:
        return any(self.words.mentions("timeline_steps", step, row.get("text") or "") for step in steps)


def _tolerance(duration: Duration) -> float:
    """Half of the last unit: nobody would call 5 h 3 min a contradiction of `5 hours`; of `~90 minutes` what it is
    rounded to."""
    step = duration.step
    if duration.is_approximate and step == 1:
        step = next((round_to for round_to in _ROUND if duration.minutes % round_to == 0), step)
    return max(_CLOSE, step / 2)


def counts_working_time(text: str, folded: str, words: Vocabulary) -> bool:
    """Whether a line about durations names working time."""
    if not may_mention(words, "duration_words", "working", folded):
        return False
    working, about = _any_word(words, "duration_words", "working"), _any_word(words, "labels", "duration", "s?")
    return any(working.search(line) for line in text.split("\n") if about.search(line))


@lru_cache(maxsize=32)
def _any_word(words: Vocabulary, group: str, meaning: str, ending: str = "") -> re.Pattern[str]:
    said = (word for word, of in words.group(group).items() if of == meaning)
    alternatives = "|".join(map(re.escape, sorted(said, key=len, reverse=True)))
    return re.compile(rf"(?<!\w)(?:{alternatives}){ending}(?!\w)", re.IGNORECASE)
