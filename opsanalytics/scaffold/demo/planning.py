"""Quarterly planning: objectives with key results that are hit, missed or not measured, filled in by later commits."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from opsanalytics.scaffold.demo.banks import card, deck, lines, said, slots
from opsanalytics.scaffold.demo.cadence import DAY, EVERYBODY, Session
from opsanalytics.scaffold.demo.company import Commit, Person, at, is_working
from opsanalytics.scaffold.demo.meetings import Task, cancellations, page

FATES = {"hit": 42, "missed": 38, "not measured": 20}


@dataclass(frozen=True)
class KeyResult:
    """`actual` None was never measured; `midway` is known from the middle of the quarter on."""

    text: str
    unit: str
    baseline: float
    target: float
    midway: float | None
    actual: float | None

    def reached(self, value: float) -> bool:
        return value >= self.target if self.target > self.baseline else value <= self.target


@dataclass(frozen=True)
class Objective:
    text: str
    owner: Person
    results: tuple[KeyResult, ...]


@dataclass(frozen=True)
class Plan:
    session: Session
    objectives: tuple[Objective, ...]
    resourcing: tuple[str, ...]
    risks: tuple[str, ...]
    tasks: tuple[Task, ...]

    @property
    def starts_on(self) -> datetime.date:
        """First day of the quarter that is planned: the one after the promised day's."""
        day = self.session.promised_on
        return datetime.date(day.year + day.month // 12, day.month % 12 + 1, 1)

    @property
    def ends_on(self) -> datetime.date:
        day = self.starts_on + 95 * DAY
        return day.replace(day=1) - DAY

    @property
    def period(self) -> str:
        return f"{self.starts_on.year}-Q{(self.starts_on.month + 2) // 3}"

    @property
    def midway_at(self) -> datetime.datetime:
        return at(_working(self.starts_on + 45 * DAY), 9, 12, 31)

    @property
    def measured_at(self) -> datetime.datetime:
        return at(_working(self.ends_on + DAY), 8, 45, 17)

    def value(self, result: KeyResult, when: datetime.datetime) -> float | None:
        """What the file says was reached, at `when`."""
        if when >= self.measured_at:
            return result.actual
        return result.midway if when >= self.midway_at else None

    def render(self, when: datetime.datetime) -> str:
        sections = {
            "Objectives": "\n\n".join(self._objective(each, when) for each in self.objectives),
            "Resourcing": "\n".join(f"- {text}" for text in self.resourcing),
            "Risks": "\n".join(f"- {text}" for text in self.risks),
            "Actions": "\n".join(task.render(when) for task in self.tasks),
        }
        return page(self.session, sections, f"Planning of {self.period}", f"\nPeriod: {self.period}")

    def _objective(self, objective: Objective, when: datetime.datetime) -> str:
        rows = "\n".join(self._result(each, when) for each in objective.results)
        return f"### {objective.text} — {objective.owner.first_name}\n\n{rows}"

    def _result(self, result: KeyResult, when: datetime.datetime) -> str:
        value = self.value(result, when)
        box = "x" if value is not None and result.reached(value) and when >= self.measured_at else " "
        promised = f"{_figure(result.baseline, result.unit)} -> {_figure(result.target, result.unit)}"
        return f"- [{box}] {result.text} — {promised}" + (
            f" — {_figure(value, result.unit)}" if value is not None else ""
        )


def plans(kept: list[Session], seed: int) -> list[Plan]:
    return [_plan(session, seed) for session in kept if session.is_held]


def _plan(session: Session, seed: int) -> Plan:
    rng = Random(f"{seed} plan {session.promised_on}")
    quarter = session.promised_on.year * 4 + session.promised_on.month // 3
    return Plan(
        session=session,
        objectives=tuple(_objective(told, rng) for told in _drawn(quarter, rng.choice((3, 3, 4, 5)), seed)),
        resourcing=tuple(lines("resourcing", seed, 2 * quarter, 2, rng)),
        risks=tuple(lines("risks", seed, 3 * quarter, rng.randint(2, 3), rng)),
        tasks=tuple(_task(text, session, rng) for text in lines("planning_actions", seed, 2 * quarter, 2, rng)),
    )


def _drawn(quarter: int, count: int, seed: int) -> list[dict[str, Any]]:
    cards = deck("objectives")
    told = [card(cards, "objectives", seed, quarter * 5 + place) for place in range(len(cards))]
    return [each for place, each in enumerate(told) if each not in told[:place]][:count]


def _objective(told: dict[str, Any], rng: Random) -> Objective:
    drawn = slots(rng)
    results = tuple(_result(*row, rng=rng) for row in told["results"])
    return Objective(said(told["text"], drawn), rng.choice(EVERYBODY), results)


def _result(text: str, unit: str, baseline: float, target: float, *, rng: Random) -> KeyResult:
    fate = rng.choices(list(FATES), list(FATES.values()))[0]
    digits = None if isinstance(baseline, int) and isinstance(target, int) else 1
    share = rng.uniform(1.0, 1.15) if fate == "hit" else rng.uniform(-0.05, 0.8)
    if unit == "%":
        share = min(share, (100 - baseline) / (target - baseline)) if target > baseline else share
    actual = round(baseline + share * (target - baseline), digits)
    midway = round(baseline + share * rng.uniform(0.2, 0.6) * (target - baseline), digits)
    result = KeyResult(text, unit, baseline, target, midway if rng.random() < 0.5 else None, actual)
    if fate == "not measured":
        return KeyResult(text, unit, baseline, target, None, None)
    is_as_meant = result.reached(actual) == (fate == "hit")
    return (
        result if is_as_meant else KeyResult(text, unit, baseline, target, None, target if fate == "hit" else baseline)
    )


def _task(text: str, session: Session, rng: Random) -> Task:
    days = rng.choice((7, 14, 21))
    is_done = rng.random() < 0.9
    done_on = _working(session.held_on + DAY * max(1, int(days * rng.uniform(0.3, 1.4))))
    done_at = at(done_on, rng.randint(8, 15), rng.randint(0, 59), rng.randint(0, 59)) if is_done else None
    return Task(text, rng.choice(session.present), session.held_on + DAY * days, done_on if is_done else None, done_at)


def _working(day: datetime.date) -> datetime.date:
    return day if is_working(day) else _working(day + DAY)


def _figure(value: float, unit: str) -> str:
    return f"{value:g} {unit}".rstrip()


def commits(kept: list[Session], made: list[Plan]) -> Iterator[Commit]:
    yield from cancellations(kept)
    for plan in made:
        session, name = plan.session, f"Planning of {plan.period}"
        yield Commit(session.filed_at, session.facilitator, name, _file(plan, session.filed_at))
        for task in plan.tasks:
            if task.ticked_at:
                yield Commit(task.ticked_at, task.owner, f"{name}: done, {task.text}", _file(plan, task.ticked_at))
        results = [result for objective in plan.objectives for result in objective.results]
        if any(result.midway is not None for result in results):
            yield Commit(plan.midway_at, session.facilitator, f"{name}: where we stand", _file(plan, plan.midway_at))
        if any(result.actual != result.midway for result in results):
            yield Commit(
                plan.measured_at, session.facilitator, f"{name}: what became of it", _file(plan, plan.measured_at)
            )


def _file(plan: Plan, when: datetime.datetime) -> dict[str, str]:
    return {plan.session.path: plan.render(when)}
