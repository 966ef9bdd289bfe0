"""The founder's checklist, asked of the record: every question a share of records, or the days since the last one.

A question stands for a habit. What happened in a period is a sample of it, so its share has an exact 95 % interval, and the
answer is yes when all of the interval is at or above the threshold, no when all of it is below, and otherwise can't tell: too
little happened to say on which side of the threshold the habit is. What is asked of everything that stands now, or of every
day, is no sample: the share itself is held against the threshold, and days since against at most that many. Nothing to ask is
not on record, which is not no. Each answer stands by itself, uncorrected: a yes is wrong for at most one in forty habits that
fall just short of their threshold, and so is a no for those that just reach it.

The thresholds are those of `policies.checklist` in ops.yml, and stand in `workspace.Checklist` with their reasons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from opsanalytics.findings import RULES
from opsanalytics.metrics.periods import Period
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import Row, left_out_note
from opsanalytics.metrics.scope import Scope, read_scope
from opsanalytics.settings import Policies
from opsanalytics.stats.intervals import Estimate, proportion_interval

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

YES, NO, UNSURE, SILENT = "yes", "no", "can't tell", "not on record"
ANSWERS = (YES, NO, UNSURE, SILENT)
PRIORITIES, INCIDENTS, DONE, MEETINGS = (
    "One source of truth for priorities", "On-call, incidents and postmortems that are real and used", "What done means",
    "Short meetings and documented decisions",
)  # fmt: skip
Basis = Literal["sample", "every", "now", "days"]


@dataclass(frozen=True)
class Check:
    """A question, and the setting with its threshold by the same key.

    asked: what n counts. brings: the file that would let the record answer. basis: whether what is asked is a sample of a
    period, every one of a period, what stands at the as-of, or for days since the last. records and query are of the family's
    SQL: whose scope it is asked in, and its name where that is not the key.
    """

    key: str
    theme: str
    question: str
    asked: str
    brings: str
    basis: Basis = "sample"
    records: str = "incidents"
    query: str = ""

    @property
    def unit(self) -> str:
        return "days" if self.basis == "days" else "share"

    @property
    def is_dated(self) -> bool:
        """Whether it is asked of a period."""
        return self.basis in ("sample", "every")


@dataclass(frozen=True)
class Answer:
    """records: those that the question is asked of, as the SQL gives them, in its order."""

    check: Check
    threshold: float
    records: tuple[Row, ...]
    as_of_on: date

    def within(self, period: Period) -> Answer:
        """Of the records of a period, and those that no day puts into one; what stands now is the same in all."""
        if not self.check.is_dated or period.kind == "all":
            return self
        kept = (row for row in self.records if row["day_on"] is None or period.starts_on <= row["day_on"] < period.ends_on)
        return replace(self, records=tuple(kept))

    @cached_property
    def counted(self) -> list[Row]:
        return [row for row in self.records if row["left_out"] is None]

    @property
    def left_out(self) -> dict[str, int]:
        """Reason -> how many."""
        return dict(sorted(Counter(row["left_out"] for row in self.records if row["left_out"] is not None).items()))

    @property
    def failed(self) -> list[Row]:
        """Newest first."""
        return _newest_first(row for row in self.counted if not row["passed"])

    @cached_property
    def estimate(self) -> Estimate:
        """A share 0..1, with an interval where it is of a sample; or days."""
        n, n_passed = len(self.counted), len(self.counted) - len(self.failed)
        if not n:
            return Estimate(None)
        if self.check.basis == "days":
            return Estimate((self.as_of_on - max(row["day_on"] for row in self.counted)).days)
        return proportion_interval(n_passed, n) if self.check.basis == "sample" else Estimate(n_passed / n)

    @property
    def word(self) -> str:
        """One of ANSWERS."""
        value, low, high = self.estimate
        if value is None:
            return SILENT
        if self.check.basis == "days":
            return YES if value <= self.threshold else NO
        return _side(value if low is None else low, value if high is None else high, self.threshold)

    @property
    def note(self) -> str:
        """What was left out, or what would bring an answer."""
        nothing = "" if self.counted else f"the record cannot say: add {self.check.brings}"
        return "; ".join(filter(None, (nothing, left_out_note(self.left_out))))


def _side(low: float, high: float, threshold: float) -> str:
    if low >= threshold:
        return YES
    return NO if high < threshold else UNSURE


def _newest_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row["day_on"] or date.min, reverse=True)


def answers(connection: DuckDBPyConnection, period: Period | None = None) -> list[Answer]:
    """Every question, in the order of CHECKS, as `answer_of` has it."""
    return [answer_of(connection, check, period) for check in CHECKS.values()]


def answer_of(connection: DuckDBPyConnection, check: Check, period: Period | None = None) -> Answer:
    """Over a period or the whole record; what stands now whatever the period.

    Refused: a database without a load (DatabaseError).
    """
    scope = read_scope(connection, check.records, period if check.is_dated else None, None, every_kind=False)
    policies = Policies.model_validate(scope.clock.policies)
    rows = fetch(connection, f"checklist.{check.query or check.key}", _parameters(scope, policies))
    return Answer(check, getattr(policies.checklist, check.key), tuple(rows), scope.clock.as_of_on)


def _parameters(scope: Scope, policies: Policies) -> dict[str, Any]:
    return {
        **scope.parameters, "zone": scope.clock.zone, "statistic": "share_within_timebox",
        "from_at": scope.parameters["starts_at"], "to_at": scope.parameters["ends_at"],
        "style": [code for code, rule in RULES.items() if rule.is_style],
        "postmortem_hours": policies.postmortem_scheduled_hours, "done_states": policies.checklist.done_states,
    }  # fmt: skip


_SEVERE = "resolved incidents of the two worst severities"
_INCIDENT = "ops/incidents/<id>.md, by the template of opsanalytics new incident"
_DECISION = "ops/decisions/<id>.md, by the template of opsanalytics new decision"
_RETRO = "ops/rituals/retrospective/<day>.md, its improvements with an owner and a day"

CHECKS = {check.key: check for check in (
    Check("roadmap_in_one_file", PRIORITIES, "Does all that is planned for now and next stand in one place?", "open items for now and next",
          "ROADMAP.md with Now and Next", "now"),
    Check("roadmap_with_dri", PRIORITIES, "Has all that we work on now somebody who answers for it?", "open items for now",
          "ROADMAP.md with Now", "now"),
    Check("roadmap_changed_days", PRIORITIES, "Was the roadmap changed lately?", "commits", "ROADMAP.md in git", "days"),
    Check("key_results_measured", PRIORITIES, "Do we know how it came out?", "key results whose period is over",
          "ops/objectives/<period>.md or a planning session with key results", records="key_results"),
    Check("oncall_covered", INCIDENTS, "Is somebody on call, day and night?", "days", "ops/oncall.yml", "every"),
    Check("comms_kept", INCIDENTS, "Is everybody told while it is down?", _SEVERE, _INCIDENT),
    Check("postmortem_in_time", INCIDENTS, "Is a postmortem set soon after?", _SEVERE, _INCIDENT),
    Check("postmortem_written", INCIDENTS, "Does the file say why, with evidence and a lesson?", _SEVERE, _INCIDENT),
    Check("follow_ups_in_time", INCIDENTS, "Are follow-ups done within their days?", "follow-ups whose days are over",
          "follow-ups to ops/incidents/<id>.md", records="follow_ups", query="promises_in_time"),
    Check("runbooks_fresh", INCIDENTS, "Has every service a runbook that was looked at in time?", "services",
          "ops/runbooks/<service>.md and ops/services.yml", "now"),
    Check("drill_days", INCIDENTS, "Did we practise lately?", "drills", "an incident file with `Kind: drill`", "days"),
    Check("records_pass_check", DONE, "Is a record whole when it is filed?", "files", "a record of any kind", "now"),
    Check("done_checked", DONE, "Does what is called done name its tests, docs and security checks?",
          "implemented RFCs and roadmap items that are done", "lines such as `Tests:` to an RFC, as done_states of policies.checklist names them", "now"),
    Check("rituals_held", MEETINGS, "Are meetings held as promised?", "promised days", "ops/cadence.yml", records="ritual_days"),
    Check("timebox_kept", MEETINGS, "Do meetings end in time?", "sessions with their minutes",
          "`Duration:` to ops/rituals/<ritual>/<day>.md and a timebox to ops/cadence.yml", records="sessions"),
    Check("decisions_complete", MEETINGS, "Are decisions written down in full?", "decisions that are taken", _DECISION,
          records="decisions"),
    Check("decisions_filed_soon", MEETINGS, "Are they on file within a week?", "decisions with their day", f"{_DECISION}, in git",
          records="decisions"),
    Check("improvements_in_time", MEETINGS, "Is what a retrospective promises done by its day?", "improvements whose day is over",
          _RETRO, records="ritual_actions", query="promises_in_time"),
    Check("improvements_not_repeated", MEETINGS, "Does it stay settled, and not come back?", "improvements", _RETRO,
          records="ritual_actions"),
)}  # fmt: skip
