"""One incident of the demo company: all that will ever be known of it, told from a story."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from random import Random

from opsanalytics.scaffold.demo.company import (
    COORDINATORS,
    ENGINEERS,
    FOLLOW_UP_DAYS,
    MERCHANTS,
    POSTMORTEM_HOURS,
    SPEAKERS,
    Person,
    at,
    minutes,
    seconds,
    working_day,
)
from opsanalytics.scaffold.demo.stories import Slots, Story, capital, fill, uncapital

MEDIAN_MINUTES = {1: 85, 2: 62, 3: 46}
SPREAD = {1: 0.70, 2: 0.80, 3: 0.95}  # of log minutes

# Per cent of follow-ups, by quarter of the move of a service.
KEPT_ON_TIME = (38, 52, 61, 62, 57, 53)
KEPT_LATE = (32, 26, 23, 22, 24, 26)
DROPPED = (4, 4, 4, 4, 4, 4)
NEVER_KEPT = (26, 18, 12, 12, 15, 17)
CLEAN_UPS = ((1, 10), (7, 5))  # twice a year what nobody will do any more is dropped
CLEANED_AFTER_DAYS = {150: 0.2, 380: 0.55}  # shares; the rest stays


@dataclass(frozen=True)
class Event:
    at: datetime.datetime
    phase: str
    text: str


@dataclass(frozen=True)
class FollowUp:
    """`ticked_at` None is never; `dated` when its owner writes the day beside the box. A dropped one is struck
    out; from `deleted_at` on its line is not there any more. Until `reworded_at` it says `first_text`; `reopened` is
    when it was ticked too early, and when that box was cleared again."""

    text: str
    owner: Person
    due_on: datetime.date
    ticked_at: datetime.datetime | None
    dated: bool
    dropped_at: datetime.datetime | None = None
    deleted_at: datetime.datetime | None = None
    reworded_at: datetime.datetime | None = None
    first_text: str = ""
    reopened: tuple[datetime.datetime, datetime.datetime] | None = None


@dataclass(frozen=True)
class Incident:
    """All that will ever be known of an incident, and when its file says so: opened, closed (timeline), reviewed."""

    incident_id: str
    kind: str
    title: str
    severity: int | None
    detected_by: str
    services: tuple[str, ...]
    region: str
    coordinator: Person
    comms_lead: Person | None
    technical_lead: Person
    started_at: datetime.datetime
    events: tuple[Event, ...]
    opened_at: datetime.datetime
    closed_at: datetime.datetime
    reviewed_at: datetime.datetime | None = None
    scheduled_at: datetime.datetime | None = None
    impact: str = ""
    cause: str = ""
    mitigations: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    customer_comms: str = ""
    lessons: tuple[str, ...] = ()
    checks: tuple[bool, ...] = ()
    repeat_of: str | None = None
    repeat_reason: str = ""
    duplicate_of: str | None = None
    mistyped: tuple[datetime.datetime, datetime.datetime] | None = None
    first_severity: int | None = None
    corrected_at: datetime.datetime | None = None
    sorted_at: datetime.datetime | None = None  # the follow-ups, the last one first

    @property
    def resolved_at(self) -> datetime.datetime:
        return self.events[-1].at

    @property
    def is_small(self) -> bool:
        return self.kind == "incident" and self.severity == 3 and not self.duplicate_of


@dataclass(frozen=True)
class Plot:
    """What is decided before an incident is told. `stage` is the quarter of the move, 0 the rough one."""

    kind: str
    story: Story
    service: str
    severity: int | None
    stage: int
    slots: Slots

    def says(self, text: str) -> str:
        return fill(text, self.slots)


def tell(plot: Plot, incident_id: str, started_at: datetime.datetime, rng: Random) -> Incident:
    if plot.kind == "maintenance":
        return _maintenance(plot, incident_id, started_at, rng)
    incident = _recorded(_happened(plot, incident_id, started_at, rng), rng)
    return _followed_up(incident, plot, rng)


def _happened(plot: Plot, incident_id: str, started_at: datetime.datetime, rng: Random) -> Incident:
    story = plot.story
    coordinator, comms_lead, technical_lead = _crew(plot, started_at, rng)
    detected_by = _detected_by(plot, started_at, rng)
    detected_at = started_at + minutes(_detection_minutes(plot, detected_by, rng))
    return Incident(
        incident_id=incident_id,
        kind=plot.kind,
        title=story.titled(plot.slots, rng),
        severity=plot.severity,
        detected_by=detected_by,
        services=(plot.service, *(name for name in story.also if name != plot.service)),
        region=rng.choices(("eu", "us"), (72, 28))[0],
        coordinator=coordinator,
        comms_lead=comms_lead,
        technical_lead=technical_lead,
        started_at=started_at,
        events=_events(plot, detected_by, detected_at, comms_lead, technical_lead, rng),
        opened_at=started_at,
        closed_at=started_at,
        impact=capital(plot.says(story.impact)),
        cause=plot.says(story.cause),
        mitigations=(f"{capital(plot.says(story.fix))}.", plot.says(story.repair)),
        lessons=_lessons(plot, rng),
    )


def _lessons(plot: Plot, rng: Random) -> tuple[str, ...]:
    lessons = plot.story.lessons
    return tuple(plot.says(text) for text in rng.sample(lessons, min(len(lessons), rng.choice((2, 3, 3, 4)))))


def _crew(plot: Plot, started_at: datetime.datetime, rng: Random) -> tuple[Person, Person | None, Person]:
    """Coordinator, comms lead and technical lead; the engineer on call changes every Monday."""
    on_call = ENGINEERS[(started_at.toordinal() - 1) // 7 % len(ENGINEERS)]
    technical_lead = on_call if rng.random() < 0.7 else rng.choice(ENGINEERS)
    if plot.severity == 3:
        return on_call, None, technical_lead
    return rng.choice(COORDINATORS), rng.choice(SPEAKERS), technical_lead


def _detected_by(plot: Plot, started_at: datetime.datetime, rng: Random) -> str:
    """Customers find fewer and monitors more from year to year."""
    if plot.kind != "incident":
        return "monitor" if plot.kind == "false-alarm" else "other"
    years = started_at.year + started_at.month / 12 - 2024
    customer = min(0.45, 0.06 + 0.33 * 0.68**years)
    monitor = (0.84 - customer) * plot.story.monitored
    return rng.choices(("monitor", "customer", "on-call", "other"), (monitor, customer, 0.11, 0.05))[0]


def _detection_minutes(plot: Plot, detected_by: str, rng: Random) -> int:
    low, high = {"monitor": (1, 7), "customer": (9, 75), "on-call": (3, 25), "other": (6, 60)}[detected_by]
    return 0 if plot.kind == "drill" else rng.randint(low, high)


def _events(
    plot: Plot,
    detected_by: str,
    detected_at: datetime.datetime,
    comms_lead: Person | None,
    technical_lead: Person,
    rng: Random,
) -> tuple[Event, ...]:
    taken, found, fixed, over = _offsets(plot, detected_at, rng)
    taking = "took the page" if detected_by == "monitor" else "took it over"
    events = [
        (0, "detection", _first_sight(plot, detected_by, technical_lead, rng)),
        (taken, "acknowledged", f"{technical_lead.first_name} {taking}"),
        (found, "diagnosis", plot.says(plot.story.diagnosis)),
        *_updates(plot, comms_lead, found, fixed, rng),
        (fixed, "mitigation", plot.says(plot.story.fix)),
        (over, "resolved", plot.says(plot.story.resolved)),
    ]
    if plot.kind == "incident" and rng.random() < 0.15:
        del events[-2]
    return tuple(Event(detected_at + minutes(offset), phase, text) for offset, phase, text in events)


def _offsets(plot: Plot, detected_at: datetime.datetime, rng: Random) -> tuple[int, int, int, int]:
    """Minutes from detection to acknowledged, diagnosis, mitigation and resolved."""
    severity = plot.severity or 3
    drawn = MEDIAN_MINUTES[severity] * rng.lognormvariate(0, SPREAD[severity])
    total = rng.randint(48, 62) if plot.kind == "drill" else min(max(14, int(drawn)), 1100)
    awake = 6 <= detected_at.hour < 21
    taken = min(rng.randint(1, 8) if awake else rng.randint(4, 19), total // 4)
    found = max(taken + 2, int(total * rng.uniform(0.22, 0.5)))
    fixed = max(found + 2, int(total * rng.uniform(0.55, 0.9)))
    return taken, found, fixed, max(fixed + 2, total)


def _first_sight(plot: Plot, detected_by: str, technical_lead: Person, rng: Random) -> str:
    signal, seen = plot.says(plot.story.signal), plot.says(plot.story.seen)
    if detected_by == "monitor" or plot.kind == "drill":
        return signal
    if detected_by == "customer":
        return f"{plot.slots['merchant']} reported that {seen}"
    if detected_by == "on-call" and plot.story.monitored:
        return f"{technical_lead.first_name} saw it on the dashboard, {signal}"
    return f"{rng.choice(('support', 'sales', 'finance', 'the carrier desk'))} heard that {seen}"


def _updates(plot: Plot, comms_lead: Person | None, found: int, fixed: int, rng: Random) -> list[tuple[int, str, str]]:
    if comms_lead is None or plot.kind != "incident" or fixed - found < 12:
        return []
    words = (
        f"{comms_lead.first_name} put it on the status page",
        f"{comms_lead.first_name} answered the first tickets, next update in 30 minutes",
        f"{comms_lead.first_name} called the three largest merchants",
        "internal update in the incident channel",
    )
    return [(rng.randint(found + 1, fixed - 1), "update", rng.choice(words))]


def _recorded(incident: Incident, rng: Random) -> Incident:
    """When the file is opened, closed and reviewed, and what the review adds."""
    opened_at = incident.events[1].at + minutes(rng.randint(1, 3)) + seconds(rng.randint(0, 59))
    closed_at = max(incident.resolved_at, opened_at) + minutes(rng.randint(3, 25)) + seconds(rng.randint(0, 59))
    scheduled_at = _scheduled(incident, rng)
    reviewed_at = scheduled_at + minutes(rng.randint(70, 260)) + seconds(rng.randint(0, 59))
    is_told = incident.kind == "incident" and not incident.is_small
    return replace(
        incident,
        opened_at=opened_at,
        closed_at=closed_at,
        reviewed_at=None if incident.is_small and rng.random() < 0.12 else reviewed_at,
        scheduled_at=scheduled_at if is_told else None,
        evidence=_evidence(incident, rng),
        customer_comms=_customer_comms(incident, rng),
        checks=_checks(incident, scheduled_at, rng) if is_told else (),
    )


def _scheduled(incident: Incident, rng: Random) -> datetime.datetime:
    resolved_on = incident.resolved_at.date()
    if incident.kind != "incident":
        return at(resolved_on, min(incident.resolved_at.hour + 1, 22))
    days = rng.choices((1, 2, 3, 4, 6), (25, 36, 22, 11, 6))[0]
    day = working_day(resolved_on + datetime.timedelta(days=days))
    return at(day, *rng.choice(((8, 0), (9, 30), (12, 30), (14, 0))))


def _checks(incident: Incident, scheduled_at: datetime.datetime, rng: Random) -> tuple[bool, ...]:
    in_time = scheduled_at - incident.resolved_at <= datetime.timedelta(hours=POSTMORTEM_HOURS)
    return rng.random() < 0.93, rng.random() < 0.76, rng.random() < 0.7, in_time


def _evidence(incident: Incident, rng: Random) -> tuple[str, ...]:
    if incident.kind == "drill":
        return ("notes of the facilitator",)
    service = incident.services[0]
    pull_request = (incident.started_at.toordinal() - 730000) * 2 + rng.randint(0, 9)
    known = (
        f"pull request #{pull_request}, the fix",
        f"{service} dashboard of {incident.started_at:%Y-%m-%d}",
        f"commit {rng.getrandbits(28):07x} in {service}",
        f"ticket {rng.randint(20000, 90000)} from support",
        f"log of {service}, saved for a year",
    )
    return tuple(rng.sample(known, rng.randint(1, 3)))


def _customer_comms(incident: Incident, rng: Random) -> str:
    told = rng.randint(5, 60)
    if incident.kind != "incident":
        return "None."
    if incident.is_small:
        return rng.choice(("None.", "None needed.", "Answered the tickets.", "One line in the changelog."))
    return rng.choice(
        (
            f"Status page from start to end. Mail to {told} merchants the next day.",
            f"Status page, and a call to the {told % 5 + 2} merchants that had asked.",
            f"Mail to {told} merchants with what happened and what we change.",
            "Status page only.",
        )
    )


def _followed_up(incident: Incident, plot: Plot, rng: Random) -> Incident:
    if incident.reviewed_at is None:
        return incident
    low, high = {1: (2, 4), 2: (1, 4), 3: (0, 2)}[incident.severity or 3]
    actions = plot.story.actions[: rng.randint(low, high)]
    return replace(
        incident, follow_ups=tuple(_follow_up(plot.says(text), incident, plot.stage, rng) for text in actions)
    )


def _follow_up(text: str, incident: Incident, stage: int, rng: Random) -> FollowUp:
    allowed = FOLLOW_UP_DAYS[incident.severity or 3]
    owner = incident.technical_lead if rng.random() < 0.45 else rng.choice(ENGINEERS + COORDINATORS)
    shares = (KEPT_ON_TIME[stage], KEPT_LATE[stage], DROPPED[stage], NEVER_KEPT[stage])
    fate = rng.choices(("on time", "late", "dropped", "never"), shares)[0]
    days = allowed * rng.uniform(0.3, 0.95) if fate == "on time" else allowed + 1 + 9 * rng.lognormvariate(0, 0.8)
    ended_at = _ticked_at(incident, int(days), rng)
    due_on = incident.started_at.date() + datetime.timedelta(days=allowed)
    cleaned_at = _cleaned_at(due_on, ended_at, rng.random())
    return FollowUp(
        text=text,
        owner=owner,
        due_on=due_on,
        ticked_at=ended_at if fate in ("on time", "late") else None,
        dated=rng.random() < 0.86,
        dropped_at={"dropped": ended_at, "never": cleaned_at}.get(fate),
    )


def _cleaned_at(due_on: datetime.date, moment: datetime.datetime, share: float) -> datetime.datetime | None:
    """The first clean-up that finds it long overdue; some hold on to theirs for longer, few for ever."""
    after, later = CLEANED_AFTER_DAYS
    if share > sum(CLEANED_AFTER_DAYS.values()):
        return None
    old_on = due_on + datetime.timedelta(days=after if share < CLEANED_AFTER_DAYS[after] else later)
    days = (datetime.date(old_on.year + year, *day) for year in range(2) for day in CLEAN_UPS)
    return at(working_day(next(day for day in days if day >= old_on)), 13, moment.minute, moment.second)


def _ticked_at(incident: Incident, days: int, rng: Random) -> datetime.datetime:
    reviewed_on = (incident.reviewed_at or incident.closed_at).date()
    day = max(incident.started_at.date() + datetime.timedelta(days=days), reviewed_on + datetime.timedelta(days=1))
    return at(working_day(day), rng.randint(8, 16), rng.randint(0, 59), rng.randint(0, 59))


def _maintenance(plot: Plot, incident_id: str, started_at: datetime.datetime, rng: Random) -> Incident:
    worked_at = started_at + minutes(rng.randint(15, 40))
    ended_at = started_at + minutes(rng.randint(45, 110))
    return Incident(
        incident_id=incident_id,
        kind=plot.kind,
        title=plot.story.titled(plot.slots, rng),
        severity=None,
        detected_by="",
        services=tuple(plot.story.services) or (plot.service,),
        region=rng.choice(("eu", "us")),
        coordinator=rng.choice(COORDINATORS),
        comms_lead=None,
        technical_lead=rng.choice(ENGINEERS),
        started_at=started_at,
        events=(
            Event(started_at, "update", "window opened"),
            Event(worked_at, "update", plot.says(plot.story.fix)),
            Event(ended_at, "resolved", plot.says(plot.story.resolved)),
        ),
        opened_at=started_at + minutes(2),
        closed_at=ended_at + minutes(6),
        impact=capital(plot.says(plot.story.impact)),
        customer_comms="Announced on the status page.",
    )


def tell_again(plot: Plot, original: Incident, incident_id: str, rng: Random) -> Incident:
    """A second file for the same thing, opened from a customer's mail."""
    merchant = rng.choice(MERCHANTS)
    started_at = original.started_at + minutes(rng.randint(6, 14))
    detected_at = started_at + minutes(rng.randint(15, 40))
    events = (
        Event(detected_at, "detection", f"{merchant} reported that {plot.says(plot.story.seen)}"),
        Event(detected_at + minutes(9), "update", f"the same as {original.incident_id}, going on there"),
    )
    return replace(
        original,
        incident_id=incident_id,
        title=f"{merchant} reports: {uncapital(original.title)}",
        detected_by="customer",
        started_at=started_at,
        events=events,
        opened_at=detected_at + seconds(140),
        closed_at=detected_at + seconds(730),
        reviewed_at=None,
        scheduled_at=None,
        follow_ups=(),
        checks=(),
        duplicate_of=original.incident_id,
        impact=f"See {original.incident_id}.",
        customer_comms="",
    )
