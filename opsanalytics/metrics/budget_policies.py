"""What the error budget policy asks for, and whether the roadmap has it.

The rules are those of the example policy in the Site Reliability Workbook (2018), appendix B, with the thresholds of
`policies.error_budget` in ops.yml: changes halt when the budget of four weeks is exceeded; an incident that takes more than
20 % of it asks for a postmortem with a P0; a class of outages that takes more than 20 % of a quarter's asks for a P0 in the
plan. A class is what the incidents' factors say, and the objective's service is one, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from opsanalytics.markup.words import fold
from opsanalytics.metrics.budget_shares import impact_shares, incident_rows
from opsanalytics.metrics.budgets import (
    CALENDAR,
    INSUFFICIENT,
    SHARE,
    Objective,
    Spending,
    Stretch,
    calendar,
    measure,
    read_objectives,
    rolling,
)
from opsanalytics.metrics.clock import Clock, read_clock
from opsanalytics.metrics.periods import previous
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import Row, joined

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HALT, POSTMORTEM, PLAN, NOTHING = "halt changes", "a postmortem with a P0", "a P0 in the plan", "nothing to do"


@dataclass(frozen=True)
class Case:
    """What a rule is held against. value: share of the budget, None with a note. found: what the record says beside the
    samples. names: by which a roadmap may call it.
    """

    rule: str
    subject: str
    objective: Objective
    window: str
    value: float | None
    n: int
    note: str
    threshold: float
    found: str = ""
    names: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def is_due(self) -> bool:
        return self.value is not None and round(self.value - self.threshold, 12) > 0

    @property
    def answer(self) -> str:
        if self.value is None:
            return INSUFFICIENT
        return self.rule if self.is_due else NOTHING


def policy_rows(connection: DuckDBPyConnection) -> list[Row]:
    """One row a rule and what it is held against: every objective (HALT); every incident whose impact ended in the class
    windows, and objective (POSTMORTEM); every class and service of these incidents, window and objective (PLAN).

    The windows are the one at the load's as-of and, of a calendar's, the one before. answer is what the rule asks for.
    roadmap: the open items for now or next that name the incident, the class, the objective or its service, and roadmap_at
    where they stand; whether one of them is what the rule asks for is the reader's to say.
    """
    clock = read_clock(connection)
    objectives = read_objectives(connection, clock)
    windows = _class_windows(clock)
    cases = [
        *_halts(connection, clock, objectives),
        *_postmortems(connection, clock, {each.slo_id: each for each in objectives}, min(each.starts_at for each in windows)),
        *_plans(connection, clock, [(each, stretch) for stretch in windows for each in objectives]),
    ]
    roadmap = _read_roadmap(connection)
    return [_row(case, roadmap) for case in cases]


def _halts(connection: DuckDBPyConnection, clock: Clock, objectives: list[Objective]) -> Iterator[Case]:
    stretch = rolling(clock.as_of, clock.error_budget.halt_after)
    for each in measure(connection, clock, [(objective, stretch) for objective in objectives]):
        yield Case(HALT, each.objective.slo_id, each.objective, stretch.name, each.spent, each.n, each.note, 1.0)


def _postmortems(
    connection: DuckDBPyConnection, clock: Clock, objectives: dict[str, Objective], since: datetime
) -> Iterator[Case]:
    held = {row["incident_id"]: row["said"] for row in fetch(connection, "budgets.postmortems", {})}
    for row in incident_rows(connection, since):
        incident_id = row["incident_id"]
        yield Case(POSTMORTEM, incident_id, objectives[row["slo_id"]], clock.error_budget.halt_after, row["value"], row["n"],
                   row["note"], clock.error_budget.single_incident_share, held[incident_id], (incident_id,),
                   row["low"], row["high"])  # fmt: skip


def _plans(connection: DuckDBPyConnection, clock: Clock, asked: list[tuple[Objective, Stretch]]) -> Iterator[Case]:
    classes: dict[str, list[str]] = {}
    for row in fetch(connection, "budgets.incident_classes", {}):
        classes.setdefault(row["incident_id"], []).append(row["class"])
    shares = impact_shares(connection, clock, asked)
    for number, spending in enumerate(measure(connection, clock, asked)):
        bad = {incident: share.bad for (place, incident), share in shares.items() if place == number}
        yield from _plans_of(spending, bad, classes, clock.error_budget.class_share)


def _plans_of(spending: Spending, bad: dict[str, float], classes: dict[str, list[str]], threshold: float) -> Iterator[Case]:
    """The classes of the incidents that have a share of this objective's window, and its service."""
    objective, stretch = spending.objective, spending.stretch
    groups = {f"service {objective.service}": list(bad)} if bad else {}
    for incident in bad:
        for name in classes.get(incident, ()):
            groups.setdefault(f"class {name}", []).append(incident)
    for subject, incidents in groups.items():
        lost = sum(bad[incident] for incident in incidents)
        value = lost / spending.allowed if spending.allowed else None
        found = f"in the impact of {', '.join(incidents)}"
        yield Case(PLAN, subject, objective, stretch.name if stretch else "", value, spending.n, spending.note, threshold, found,
                   (subject.partition(" ")[2], *incidents))  # fmt: skip


def _class_windows(clock: Clock) -> list[Stretch]:
    """Newest first. Days slide; of a calendar's window the one before is over, and what it asks for is due now."""
    text = clock.error_budget.class_window
    if text.endswith("d") or text not in CALENDAR:
        return [rolling(clock.as_of, text)]
    period = clock.period("this", CALENDAR[text])
    return [calendar(period, clock), calendar(previous(period), clock)]


# --- the roadmap


@dataclass(frozen=True)
class Roadmap:
    """Open items for now or next, in their order, and every name of the services."""

    items: list[Row]
    aliases: dict[str, list[str]]

    def naming(self, case: Case) -> list[Row]:
        """The items whose title names the case or its objective."""
        objective = case.objective
        service = objective.service or ""
        names = {fold(name) for name in (*case.names, objective.slo_id, service, *self.aliases.get(service, ())) if name}
        words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(names)))})(?!\w)")
        return [item for item in self.items if words.search(fold(item["title"]))]


def _read_roadmap(connection: DuckDBPyConnection) -> Roadmap:
    aliases = {row["service"]: row["aliases"] for row in fetch(connection, "budgets.service_aliases", {})}
    return Roadmap(fetch(connection, "budgets.planned", {}), aliases)


def _row(case: Case, roadmap: Roadmap) -> Row:
    planned = roadmap.naming(case) if case.is_due else []
    return {
        "rule": case.rule, "subject": case.subject, "slo_id": case.objective.slo_id, "service": case.objective.service,
        "window": case.window, "answer": case.answer, "value": case.value, "low": case.low, "high": case.high, "unit": SHARE,
        "threshold": case.threshold, "n": case.n,
        "is_due": case.is_due, "found": case.found, "evidence": joined(case.note, case.found),
        "roadmap": "; ".join(f"{item['horizon']}: {item['title']}" for item in planned) or None,
        "roadmap_at": ", ".join(f"{item['source_path']}:{item['source_line']}" for item in planned) or None,
        "note": joined(case.note, case.found, "no open item of the roadmap for now or next names it" if case.is_due and not planned else ""),
    }
