"""The communications checklist: in which incidents of the period it was kept, by severity, and which checks were not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from opsanalytics.figures import Number, Place, plural
from opsanalytics.metrics.checklist import CHECKS, Answer, answer_of
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record, left_out_words

ASKED = {"comms_kept": "the communications checklist", "postmortem_in_time": "the postmortem"}


@dataclass(frozen=True)
class Comms:
    record: Record

    @cached_property
    def answers(self) -> dict[str, Answer]:
        return {key: answer_of(self.record.connection, CHECKS[key], self.record.period) for key in ASKED}

    @property
    def kept(self) -> Answer:
        return self.answers["comms_kept"]


def missed(told: Comms) -> pd.DataFrame:
    """A check of an incident a row that was not kept, with the line of the file that says so."""
    severities = dict(zip(told.record.incidents["incident_id"], told.record.incidents["severity"], strict=True))
    rows = [(row["what"], severities.get(row["what"]), ASKED[key], row["why"], Place(row["source_path"], row["source_line"]))
            for key, answer in told.answers.items() for row in answer.failed]
    return pd.DataFrame(rows, columns=["incident", "severity", "asked for", "what is missing", "where"])


def finding(told: Comms) -> str:
    n, when = len(told.kept.counted), spans.said(told.record.period)
    if not n:
        why = ", ".join(f"{count} {reason}" for reason, count in told.kept.left_out.items())
        return f"No incident of {when} is asked for its communications checklist{f' ({why})' if why else ''}"
    kept = n - len(told.kept.failed)
    late = len(told.answers["postmortem_in_time"].failed)
    unset = f"; {plural(late, 'postmortem')} not set in time" if late else ""
    if n == 1:
        return f"The communications checklist was {'' if kept else 'not '}kept in the one incident that is asked for it{unset}"
    return f"The communications checklist was kept in {kept or 'none'} of {n} incidents that are asked for it{unset}"


def caption(told: Comms) -> str:
    return (f"{_by_severity(told)}Asked of resolved incidents of the two worst severities"
            f"{left_out_words(told.kept.left_out)}. What a file does not say is not held against it.")


def _by_severity(told: Comms) -> str:
    """As in `Kept, by severity: SEV-1 1 of 2`, or nothing."""
    severities = dict(zip(told.record.incidents["incident_id"], told.record.incidents["severity"], strict=True))
    asked = Counter(severities[row["what"]] for row in told.kept.counted)
    missed_by = Counter(severities[row["what"]] for row in told.kept.failed)
    said = [f"{level} {asked[level] - missed_by[level]} of {asked[level]}" for level in told.record.scale if asked[level]]
    return f"Kept, by severity: {', '.join(said)}. " if said else ""


def numbers(told: Comms) -> list[Number]:
    n, failed = len(told.kept.counted), len(told.kept.failed)
    return [Number("comms_kept", n - failed, "incidents", n=n)] if n else []
