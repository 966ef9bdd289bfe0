"""What the demo record means, said by who made it: plain values that `json` can write, to compare tables with.

Days are ISO texts. Everything is as known at the end of the record's last day.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from opsanalytics.scaffold.demo import roadmap, runbooks, wiki_plans
from opsanalytics.scaffold.demo.cadence import Session
from opsanalytics.scaffold.demo.company import ZONE
from opsanalytics.scaffold.demo.decisions import Decision
from opsanalytics.scaffold.demo.incident_files import severity_at
from opsanalytics.scaffold.demo.incidents import FollowUp, Incident
from opsanalytics.scaffold.demo.meetings import WRITERS, Task, held_meetings
from opsanalytics.scaffold.demo.newcomers import PLAN, Newcomer
from opsanalytics.scaffold.demo.operations import SLOS, Exports, caused_by, first_day, is_paged
from opsanalytics.scaffold.demo.planning import KeyResult, Plan
from opsanalytics.scaffold.demo.retrospectives import Improvement
from opsanalytics.scaffold.demo.rfcs import Rfc
from opsanalytics.scaffold.demo.roadmap import Item
from opsanalytics.scaffold.demo.world import OFFSITE_PATH, World, offsites


@dataclass(frozen=True)
class RetroAction:
    """An improvement from the first session that lists it. `carried_on` are the later sessions that list it again, with
    the same words. `gone`: not done, and the session after its last one does not list it any more."""

    text: str
    owner: str
    first_on: str
    carried_on: list[str]
    due_on: str
    done_on: str | None
    gone: bool


@dataclass(frozen=True)
class PromiseTruth:
    """A promise by the file that has it first and its words there, with the later files that speak of it."""

    path: str
    text: str
    seen_in: list[str]


@dataclass(frozen=True)
class DecisionTruth:
    """`status` is what the file says, None when it says nothing; `replaced_by` is so even where the file forgets it."""

    number: str
    path: str
    title: str
    owner: str
    status: str | None
    proposed_on: str
    decided_on: str | None
    replaces: str | None
    replaced_by: str | None
    says_replaced: bool
    follow_ups: int


@dataclass(frozen=True)
class Slot:
    """A promised day. `held_on` is later than `promised_on` when it was held late."""

    ritual: str
    promised_on: str
    outcome: str
    held_on: str | None


@dataclass(frozen=True)
class RitualCounts:
    promised: int
    held: int
    held_late: int
    cancelled: int
    missed: int
    over_timebox: int
    minutes: int
    person_minutes: int


@dataclass(frozen=True)
class KeyResultTruth:
    """`outcome` is hit, missed, not measured, or running while the quarter is not over."""

    period: str
    objective: str
    owner: str
    text: str
    unit: str
    baseline: float
    target: float
    actual: float | None
    outcome: str


@dataclass(frozen=True)
class SeverityChange:
    incident_id: str
    before: str
    after: str
    changed_on: str


@dataclass(frozen=True)
class FollowUpTruth:
    """`state` is open, done, dropped or gone; a gone one was deleted from its file on `ended_on`. `events` are those that
    commits tell, oldest first, each with its day on our wall: `reworded 2026-03-04`."""

    origin: str
    path: str
    text: str
    owner: str
    due_on: str
    state: str
    ended_on: str | None
    events: list[str]


@dataclass(frozen=True)
class RfcTruth:
    path: str
    author: str
    status: str
    opened_on: str
    review_ends_on: str
    decided_on: str | None


@dataclass(frozen=True)
class ItemTruth:
    """An item of the roadmap. `due_on` is NULL where only a quarter or nothing is told."""

    horizon: str
    title: str
    dri: str | None
    due_on: str | None
    status: str


@dataclass(frozen=True)
class Truth:
    until: str
    seed: int
    retro_actions: list[RetroAction]
    decisions: list[DecisionTruth]
    slots: list[Slot]
    rituals: dict[str, RitualCounts]
    key_results: list[KeyResultTruth]
    severity_changes: list[SeverityChange]
    recorded_at: dict[str, str]  # by incident, when its file was first committed, in UTC
    mistyped: dict[str, list[str]]  # by incident, the days on which its resolved time was mistyped and mended
    follow_ups: list[FollowUpTruth]
    promises: list[PromiseTruth]
    undated: list[str]
    paged: list[str]
    caused_by_deployments: int
    lost_events: dict[str, int]
    rfcs: list[RfcTruth]
    roadmap: list[ItemTruth]
    runbooks: dict[str, str]  # by service, the day of the last review
    onboarding: dict[str, list[int]]  # by file, how many entries, and how many are done


def tell_truth(world: World) -> Truth:
    incidents = [each for each in world.incidents if each.opened_at <= world.ended_at]
    proposed = [each for each in world.decisions if each.proposed_at <= world.ended_at]
    due = {name: [each for each in kept if each.promised_on <= world.until] for name, kept in world.sessions.items()}
    return Truth(
        until=str(world.until),
        seed=world.seed,
        retro_actions=_retro_actions(world),
        decisions=[_decision(each, world.ended_at) for each in proposed],
        slots=[_slot(each, world.ended_at) for kept in due.values() for each in kept],
        rituals={name: _counts(kept, world.ended_at) for name, kept in due.items()},
        key_results=[truth for plan in world.plans for truth in _key_results(plan, world)],
        severity_changes=[each for incident in incidents for each in _severity_changes(incident, world.ended_at)],
        recorded_at={each.incident_id: f"{each.opened_at:%Y-%m-%d %H:%M:%S}" for each in incidents},
        mistyped={each.incident_id: days for each in incidents if (days := _mistyped(each, world.ended_at))},
        follow_ups=[*_of_incidents(incidents, world.ended_at), *_of_decisions(proposed, world.ended_at)],
        promises=list(_promises(world)),
        undated=sorted(_undated(world)),
        **_exported(world),
        rfcs=[_rfc(each, world.ended_at) for each in world.rfcs if each.opened_at <= world.ended_at],
        roadmap=list(_roadmap(world)),
        runbooks={service: str(runbooks.reviewed_on(service, world.until)) for service in runbooks.SERVICES},
        onboarding={each.path: _onboarding(each, world.until) for each in world.newcomers}
        | wiki_plans.progress(world.began_at, world.until),
    )


def _rfc(rfc: Rfc, ended_at: datetime.datetime) -> RfcTruth:
    decided_on = rfc.decided_on(ended_at)
    return RfcTruth(
        path=rfc.path,
        author=rfc.author.first_name,
        status=rfc.status(ended_at),
        opened_on=str(rfc.opened_at.date()),
        review_ends_on=str(rfc.review_ends_on),
        decided_on=str(decided_on) if decided_on else None,
    )


def _roadmap(world: World) -> Iterator[ItemTruth]:
    day = world.until
    quarter = roadmap.quarter_of(day)
    for each in roadmap.now(day, world.seed):
        is_done = each.done_on is not None and each.done_on <= day
        yield _item("now", each, str(each.due_on), "done" if is_done else "open")
    yield from (_item("next", each, None, "open") for each in roadmap.items(quarter + 1, world.seed))
    yield from (ItemTruth("later", each.text, None, None, "open") for each in roadmap.items(quarter + 2, world.seed))
    yield from (_item("done", each, None, "done") for each in roadmap.done(day, world.seed))


def _item(horizon: str, item: Item, due_on: str | None, status: str) -> ItemTruth:
    return ItemTruth(horizon, item.text, item.dri.first_name if item.dri else None, due_on, status)


def _onboarding(newcomer: Newcomer, until: datetime.date) -> list[int]:
    days = [newcomer.ticked_on(each) for entries in PLAN.values() for each in entries.values()]
    return [len(days), sum(day is not None and day <= until for day in days)]


def _exported(world: World) -> dict[str, Any]:
    """Of the stretch that the weekly exports cover: the incidents that paged somebody, those that a deployment caused, and
    the events that each objective lost."""
    exports = Exports(world.incidents, world.seed)
    first, monday = first_day(world.until), world.until - datetime.timedelta(days=world.until.weekday())
    days = [first + datetime.timedelta(days=number) for number in range((monday - first).days)]
    causes = [when for each in exports.incidents if (when := caused_by(each))]
    lost = {slo.slo_id: sum(total - good for good, total in (exports.events(slo, day) for day in days)) for slo in SLOS}
    return {
        "paged": sorted(each.incident_id for each in exports.incidents if is_paged(each) and first <= each.events[0].at.date() < monday),
        "caused_by_deployments": sum(first <= when.date() < monday for when in causes),
        "lost_events": lost,
    }


def _promises(world: World) -> Iterator[PromiseTruth]:
    """Those that are spoken of again, by the end of the record."""
    seen: dict[tuple[str, str], set[str]] = {}
    first = dict(_made_again(world))
    for session_path, echoes in world.echoes.by_path.items():
        for promise in (each.promise for each in echoes if each.session.filed_at <= world.ended_at):
            key = promise.path, promise.text
            seen.setdefault(first.get(key, key), set()).add(session_path)
    for again, key in first.items():
        seen.setdefault(key, set()).add(again[0])
    for key, path in _listed_again(world):
        seen.setdefault(key, set()).add(path)
    return (PromiseTruth(path, text, sorted(paths)) for (path, text), paths in sorted(seen.items()))


Writing = tuple[str, str]
RECENT_DAYS = 120


@dataclass(frozen=True)
class _Made:
    """A promise as one file makes it. `names` are what a later one in the same words can share with it: who makes it, or the
    incident that both are."""

    on: datetime.date
    path: str
    text: str
    names: tuple[str, ...]
    ends: tuple[datetime.date, ...]


def _made_again(world: World) -> Iterator[tuple[Writing, Writing]]:
    """What is promised in the words of another promise that is open: in an incident that repeats its own, or by the same
    person within four months."""
    first: dict[Writing, Writing] = {}
    known: dict[tuple[str, str], _Made] = {}
    for made in sorted(_made(world), key=lambda each: (each.on, each.path)):
        here = made.path, made.text
        for before in [known[name, made.text] for name in made.names if (name, made.text) in known]:
            is_near = before.path != made.path and (made.on - before.on).days < RECENT_DAYS
            if here not in first and is_near and not any(end <= made.on for end in before.ends):
                first[here] = first.get((before.path, before.text), (before.path, before.text))
                yield here, first[here]
        known |= dict.fromkeys(((name, made.text) for name in made.names), made)


def _made(world: World) -> Iterator[_Made]:
    for incident in world.incidents:
        if incident.reviewed_at and incident.reviewed_at <= world.ended_at:
            path, name = f"ops/incidents/{incident.incident_id}.md", incident.repeat_of or incident.incident_id
            yield from (_made_there(action, incident.reviewed_at, path, name) for action in incident.follow_ups)
    for decision in world.decisions:
        if decision.decided_at and decision.decided_at <= world.ended_at:
            yield from (_made_there(action, decision.decided_at, decision.path) for action in decision.follow_ups)
    for session, task in _tasks(world):
        yield _Made(session.held_on, session.path, task.text, (task.owner.name,), (task.done_on,) if task.done_on else ())


def _made_there(action: FollowUp, when: datetime.datetime, path: str, *names: str) -> _Made:
    ends = (action.ticked_at, action.dropped_at, action.deleted_at)
    return _Made(when.date(), path, action.text, (action.owner.name, *names), tuple(end.date() for end in ends if end))


def _tasks(world: World) -> Iterator[tuple[Session, Task]]:
    for name in WRITERS:
        for meeting in held_meetings(world.sessions[name], world.meetings_record, world.echoes.in_meeting):
            yield from ((meeting.session, task) for task in meeting.tasks if meeting.session.filed_at <= world.ended_at)
    for plan in world.plans:
        yield from ((plan.session, task) for task in plan.tasks if plan.session.filed_at <= world.ended_at)


def _listed_again(world: World) -> Iterator[tuple[Writing, str]]:
    """Improvements: in the later sessions that list them, and under `Last time` of the one after the last."""
    held = [each for each in world.retrospectives if each.session.filed_at <= world.ended_at]
    first: dict[int, Writing] = {}
    for each in held:
        for action in (*each.top, *(each.before.top if each.before else ())):
            key = first.setdefault(id(action), (each.session.path, action.text))
            if key[0] != each.session.path:
                yield key, each.session.path


def _retro_actions(world: World) -> list[RetroAction]:
    held = [each for each in world.retrospectives if each.session.filed_at <= world.ended_at]
    days = [each.held_on for each in held]
    known: dict[int, Improvement] = {id(action): action for each in held for action in each.top}
    return [_retro_action(action, days, world.ended_at) for action in known.values()]


def _retro_action(action: Improvement, days: list[datetime.date], ended_at: datetime.datetime) -> RetroAction:
    listed = [day for day in days if day in action.due]
    is_done = action.done_at is not None and action.done_at <= ended_at
    return RetroAction(
        text=action.text,
        owner=action.owner.first_name,
        first_on=str(listed[0]),
        carried_on=[str(day) for day in listed[1:]],
        due_on=str(action.due[listed[-1]]),
        done_on=f"{action.done_at:%Y-%m-%d}" if is_done else None,
        gone=not is_done and listed[-1] < days[-1],
    )


def _decision(decision: Decision, ended_at: datetime.datetime) -> DecisionTruth:
    is_decided = decision.decided_at is not None and decision.decided_at <= ended_at
    is_replaced = decision.replaced_at is not None and decision.replaced_at <= ended_at
    return DecisionTruth(
        number=decision.number,
        path=decision.path,
        title=decision.title,
        owner=decision.owner.first_name,
        status=decision.status(ended_at).split()[0] if decision.has_status or not is_decided else None,
        proposed_on=f"{decision.proposed_at:%Y-%m-%d}",
        decided_on=str(decision.decided_on) if is_decided else None,
        replaces=decision.takes_place_of,
        replaced_by=decision.replaced_by if is_replaced else None,
        says_replaced=is_replaced and decision.says_replaced,
        follow_ups=len(decision.follow_ups) if is_decided else 0,
    )


# Rituals ----------------------------------------------------------------------------------------------------------


def _slot(session: Session, ended_at: datetime.datetime) -> Slot:
    outcome = _outcome(session, ended_at)
    held_on = str(session.held_on) if outcome == "held" else None
    return Slot(session.ritual.name, str(session.promised_on), outcome, held_on)


def _outcome(session: Session, ended_at: datetime.datetime) -> str:
    return session.outcome if session.filed_at <= ended_at else "missed"


def _counts(kept: list[Session], ended_at: datetime.datetime) -> RitualCounts:
    outcomes = Counter(_outcome(each, ended_at) for each in kept)
    held = [each for each in kept if _outcome(each, ended_at) == "held"]
    return RitualCounts(
        promised=len(kept),
        held=outcomes["held"],
        held_late=sum(each.held_on > each.promised_on for each in held),
        cancelled=outcomes["cancelled"],
        missed=outcomes["missed"],
        over_timebox=sum(each.minutes > each.ritual.timebox for each in held),
        minutes=sum(each.minutes for each in held),
        person_minutes=sum(each.minutes * len(each.present) for each in held),
    )


def _undated(world: World) -> Iterator[str]:
    """Files of rituals without a line `Date:`; one of them has no day in its name either."""
    for each in (each for kept in world.sessions.values() for each in kept if each.undated and each.is_held):
        if each.filed_at <= world.ended_at:
            yield each.path
    if any(commit.when <= world.ended_at for commit in offsites(world.began_at, world.until)):
        yield OFFSITE_PATH


# What was measured and corrected ----------------------------------------------------------------------------------


def _key_results(plan: Plan, world: World) -> Iterator[KeyResultTruth]:
    if plan.session.filed_at > world.ended_at:
        return
    for objective in plan.objectives:
        for result in objective.results:
            actual = plan.value(result, world.ended_at)
            yield KeyResultTruth(
                period=plan.period,
                objective=objective.text,
                owner=objective.owner.first_name,
                text=result.text,
                unit=result.unit,
                baseline=result.baseline,
                target=result.target,
                actual=actual,
                outcome=_result_outcome(plan, result, actual, world.until),
            )


def _result_outcome(plan: Plan, result: KeyResult, actual: float | None, until: datetime.date) -> str:
    if actual is not None and result.reached(actual):
        return "hit"
    if until <= plan.ends_on:
        return "running"
    return "not measured" if actual is None else "missed"


def _severity_changes(incident: Incident, ended_at: datetime.datetime) -> Iterator[SeverityChange]:
    when = incident.corrected_at
    if when is not None and when <= ended_at:
        before = severity_at(incident, incident.opened_at)
        yield SeverityChange(incident.incident_id, f"SEV-{before}", f"SEV-{incident.severity}", f"{when:%Y-%m-%d}")


def _mistyped(incident: Incident, ended_at: datetime.datetime) -> list[str]:
    return [f"{when:%Y-%m-%d}" for when in incident.mistyped or () if when <= ended_at]


def _of_incidents(incidents: list[Incident], ended_at: datetime.datetime) -> Iterator[FollowUpTruth]:
    for incident in incidents:
        if incident.reviewed_at is not None and incident.reviewed_at <= ended_at:
            for action in incident.follow_ups:
                path = f"ops/incidents/{incident.incident_id}.md"
                yield _follow_up(incident.incident_id, path, action, incident.reviewed_at, ended_at)


def _of_decisions(proposed: list[Decision], ended_at: datetime.datetime) -> Iterator[FollowUpTruth]:
    for decision in proposed:
        if decision.decided_at is not None and decision.decided_at <= ended_at:
            for action in decision.follow_ups:
                yield _follow_up(decision.number, decision.path, action, decision.decided_at, ended_at)


def _follow_up(
    origin: str, path: str, action: FollowUp, made_at: datetime.datetime, ended_at: datetime.datetime
) -> FollowUpTruth:
    ends = {"done": action.ticked_at, "dropped": action.dropped_at, "gone": action.deleted_at}
    ended = [(state, when) for state, when in ends.items() if when is not None and when <= ended_at]
    ticked_at, cleared_at = action.reopened or (None, None)
    if ticked_at and cleared_at and ticked_at <= ended_at < cleared_at:
        ended = [("done", ticked_at)]
    state, when = ended[0] if ended else ("open", None)
    told = [("created", made_at), ("reworded", action.reworded_at), ("done", ticked_at), ("reopened", cleared_at), *ends.items()]
    events = sorted((at, event) for event, at in told if at is not None and at <= ended_at)
    return FollowUpTruth(
        origin=origin,
        path=path,
        text=action.first_text if action.reworded_at and action.reworded_at > ended_at else action.text,
        owner=action.owner.first_name,
        due_on=str(action.due_on),
        state=state,
        ended_on=f"{when:%Y-%m-%d}" if when else None,
        events=[f"{event} {at.astimezone(ZONE):%Y-%m-%d}" for at, event in events],
    )

