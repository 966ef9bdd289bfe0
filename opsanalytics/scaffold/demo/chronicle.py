"""The demo company's incidents, week by week: when they start, which stories they tell, what people forget.

Every ISO week has its own random numbers and every four years start from nothing, so a later `until` adds to the past
and changes nothing in it. Nothing here knows `until`: commits after it are cut where the repository is written.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from random import Random

from opsanalytics.scaffold.demo.company import SERVICE_WEIGHTS, at, mondays, seconds, working_day
from opsanalytics.scaffold.demo.incidents import FollowUp, Incident, Plot, tell, tell_again
from opsanalytics.scaffold.demo.revisions import revised
from opsanalytics.scaffold.demo.stories import Story, draw_slots, read_stories

INCIDENTS_A_WEEK = 1.18
SEVERITY_WEIGHTS = {1: 7, 2: 28, 3: 65}
REPEATED = 0.09
REPEATED_AFTER_DAYS = range(4, 71)

# Every six quarters a service moves to the new cluster: a rough quarter and its echo, then the follow-ups pay off.
MOVED_SERVICES = ("tracking", "labels", "billing", "webhooks", "api")
PRESSURE = (1.45, 1.15, 0.95, 0.9, 0.95, 1.0)
FOCUS = (5.0, 2.2, 0.4, 0.3, 0.4, 0.6)

PEAK_WEEKS = range(46, 52)
SUMMER_WEEKS = range(30, 35)
SPECIAL_WEEKS = {4: "maintenance", 9: "drill", 15: "false-alarm", 35: "maintenance", 40: "drill"}
SPECIAL_STARTS = {"drill": (3, 13, 0), "maintenance": (1, 4, 0), "move": (2, 4, 0), "false-alarm": (1, 6, 38)}
DUPLICATE_FROM_WEEK = 25  # of even years
STRAGGLER_BLOCK_WEEKS = 5
TYPO_EDITS = {6: (5, 6), 32: (11, 5)}  # first week of the incident -> month and day of the bad edit
VANISH_FROM_WEEK = 14  # of even years
VANISH_AFTER_DAYS = 55
MISJUDGED = 0.03
ERA_YEARS = 4


@dataclass(frozen=True)
class Tale:
    plot: Plot
    incident: Incident


def incidents(first_year: int, last_year: int, seed: int) -> list[Incident]:
    """The incidents of at least these ISO years, in the order of their ids."""
    years = range(first_year - first_year % ERA_YEARS, last_year + 1)
    eras = (list(era) for _, era in groupby(years, key=lambda year: year // ERA_YEARS))
    told = [incident for era in eras for incident in _Era(seed).incidents(era)]
    told = _mistype(_leave_open(sorted(told, key=lambda incident: incident.incident_id)))
    return [revised(_misjudged(incident, seed), seed) for incident in _lose_a_line(told)]


# When something happens -------------------------------------------------------------------------------------------


def move_of(day: datetime.date, seed: int) -> tuple[str, int]:
    """The service that moves in this stretch of six quarters, and which of the six this is."""
    quarter = day.year * 4 + (day.month - 1) // 3
    move, stage = divmod(quarter + seed, len(PRESSURE))
    return MOVED_SERVICES[move % len(MOVED_SERVICES)], stage


def _occasions(monday: datetime.date, seed: int, rng: Random) -> list[tuple[datetime.datetime, str]]:
    """When something starts in this week, and of what kind."""
    starts = [(_start(monday, rng), "incident") for _ in range(_poisson(_rate(monday, seed, rng), rng))]
    week, stage = monday.isocalendar().week, move_of(monday, seed)[1]
    if week in SPECIAL_WEEKS:
        starts.append((_special_start(monday, SPECIAL_WEEKS[week]), SPECIAL_WEEKS[week]))
    if stage == 0 and monday.month % 3 == 1 and monday.day <= 7:
        starts.append((_special_start(monday, "move"), "move"))
    return sorted(starts)


def _rate(monday: datetime.date, seed: int, rng: Random) -> float:
    week = monday.isocalendar().week
    season = 1.7 if week in PEAK_WEEKS else 0.75 if week in SUMMER_WEEKS else 1.0
    cluster = rng.gammavariate(4, 0.25)
    return INCIDENTS_A_WEEK * season * PRESSURE[move_of(monday, seed)[1]] * cluster


def _poisson(mean: float, rng: Random) -> int:
    """Arrivals at unit rate until `mean`."""
    count, clock = 0, rng.expovariate(1)
    while clock < mean:
        count, clock = count + 1, clock + rng.expovariate(1)
    return count


def _start(monday: datetime.date, rng: Random) -> datetime.datetime:
    day = rng.choices(range(7), (16, 18, 17, 17, 15, 8, 9))[0]
    hour = rng.gauss(11.5, 3.0) if rng.random() < 0.7 else rng.uniform(0, 24)
    minute = int(min(max(hour, 0), 23.9) * 60)
    return at(monday + datetime.timedelta(days=day), minute // 60, minute % 60)


def _special_start(monday: datetime.date, kind: str) -> datetime.datetime:
    day, hour, minute = SPECIAL_STARTS[kind]
    return at(monday + datetime.timedelta(days=day), hour, minute)


# What happens -----------------------------------------------------------------------------------------------------


class _Era:
    """Tells a few years; remembers what was told, so that stories take turns and some come back."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.stories = read_stories()
        self.tales: list[Tale] = []
        self.uses: Counter[str] = Counter()
        self.of_day: Counter[datetime.date] = Counter()

    def incidents(self, iso_years: Iterable[int]) -> list[Incident]:
        for monday in (monday for year in iso_years for monday in mondays(year)):
            rng = Random(f"{self.seed} {monday}")
            for started_at, kind in _occasions(monday, self.seed, rng):
                self._tell(started_at, kind, rng)
        return [tale.incident for tale in self.tales]

    def _tell(self, started_at: datetime.datetime, kind: str, rng: Random) -> None:
        earlier = self._to_repeat(started_at, rng) if kind == "incident" else None
        plot = earlier.plot if earlier else self._plot(started_at, kind, rng)
        self.uses[plot.story.impact] += 1
        tale = Tale(plot, tell(plot, self._next_id(started_at), started_at, rng))
        self.tales.append(replace(tale, incident=_as_repeat(tale.incident, earlier.incident)) if earlier else tale)
        if self._is_reported_twice(tale.incident):
            self.tales.append(Tale(plot, tell_again(plot, tale.incident, self._next_id(started_at), rng)))

    def _next_id(self, started_at: datetime.datetime) -> str:
        self.of_day[started_at.date()] += 1
        return f"INC-{started_at:%Y%m%d}-{self.of_day[started_at.date()]:02}"

    def _to_repeat(self, started_at: datetime.datetime, rng: Random) -> Tale | None:
        recent = [tale for tale in self.tales[-30:] if _can_come_back(tale.incident, started_at)]
        return rng.choice(recent) if rng.random() < REPEATED and recent else None

    def _is_reported_twice(self, incident: Incident) -> bool:
        year, week, _ = incident.started_at.isocalendar()
        fits = incident.kind == "incident" and incident.severity == 2 and incident.started_at.hour < 20
        before = any(tale.incident.duplicate_of and tale.incident.started_at.year == year for tale in self.tales)
        return fits and year % 2 == 0 and week >= DUPLICATE_FROM_WEEK and not before

    def _plot(self, started_at: datetime.datetime, kind: str, rng: Random) -> Plot:
        severity = rng.choices(list(SEVERITY_WEIGHTS), list(SEVERITY_WEIGHTS.values()))[0]
        moved, stage = move_of(started_at, self.seed)
        if kind == "incident":
            service, story = self._service_and_story(severity, started_at.hour, moved, stage, rng)
            return Plot(kind, story, service, severity, stage, draw_slots(service, rng))
        story = self._least_told(self.stories[kind], rng)
        service = story.services[0] if story.services else moved
        kind = "maintenance" if kind == "move" else kind
        return Plot(kind, story, service, story.sev[0] if story.sev else None, stage, draw_slots(service, rng))

    def _service_and_story(self, severity: int, hour: int, moved: str, stage: int, rng: Random) -> tuple[str, Story]:
        able = [name for name in SERVICE_WEIGHTS if any(story.fits(severity, hour) for story in self.stories[name])]
        weights = [SERVICE_WEIGHTS[name] * (FOCUS[stage] if name == moved else 1) for name in able]
        service = rng.choices(able, weights)[0]
        by_move = service == moved and stage < 2 and rng.random() < 0.6
        group = self.stories["migration" if by_move else service]
        return service, self._least_told([story for story in group if story.fits(severity, hour)], rng)

    def _least_told(self, group: list[Story], rng: Random) -> Story:
        return min(group, key=lambda story: (self.uses[story.impact], rng.random()))


def _can_come_back(earlier: Incident, started_at: datetime.datetime) -> bool:
    linked = earlier.repeat_of or earlier.duplicate_of or earlier.kind != "incident"
    return not linked and (started_at - earlier.started_at).days in REPEATED_AFTER_DAYS


def _as_repeat(incident: Incident, earlier: Incident) -> Incident:
    left = [action for action in earlier.follow_ups if not action.ticked_at or action.ticked_at > incident.started_at]
    reason = f'Its action "{left[0].text}" was still open.' if left else "What was changed then covered one path only."
    return replace(incident, title=f"{earlier.title}, again", repeat_of=earlier.incident_id, repeat_reason=reason)


# What people get wrong --------------------------------------------------------------------------------------------


def _leave_open(told: list[Incident]) -> list[Incident]:
    """In each stretch of five weeks one small incident is not filled in until the next such one reminds somebody."""
    left: dict[tuple[int, int], Incident] = {}
    for incident in told:
        year, week, _ = incident.started_at.isocalendar()
        if incident.is_small:
            left.setdefault((year, (week - 1) // STRAGGLER_BLOCK_WEEKS), incident)
    closed = {late.incident_id: _closed_late(late, reminder) for late, reminder in pairwise(left.values())}
    return [closed.get(incident.incident_id, incident) for incident in told]


def _closed_late(incident: Incident, reminder: Incident) -> Incident:
    minute = incident.started_at.minute
    day = working_day(reminder.opened_at.date() + datetime.timedelta(days=1 + minute % 3))
    closed_at = at(day, 8 + minute % 9, minute, incident.opened_at.second)
    return replace(incident, closed_at=closed_at, reviewed_at=closed_at, follow_ups=())


def _mistype(told: list[Incident]) -> list[Incident]:
    """Twice a year somebody copies a resolved time and types the day before; the next time, the last one is mended."""
    edits: dict[datetime.datetime, Incident] = {}
    for incident in told:
        year, week, _ = incident.started_at.isocalendar()
        for from_week, (month, day) in TYPO_EDITS.items():
            if from_week <= week < from_week + 10 and _can_be_mistyped(incident):
                edits.setdefault(at(working_day(datetime.date(year, month, day)), 15, 40, 27), incident)
    wrong = {edits[made].incident_id: (made, mended - seconds(705)) for made, mended in pairwise(sorted(edits))}
    return [replace(incident, mistyped=wrong.get(incident.incident_id)) for incident in told]


def _can_be_mistyped(incident: Incident) -> bool:
    left_open = incident.reviewed_at == incident.closed_at
    return incident.is_small and incident.reviewed_at is not None and not left_open


def _misjudged(incident: Incident, seed: int) -> Incident:
    """Now and then the first severity was wrong, and somebody corrects it days after the review."""
    rng = Random(f"{seed} severity {incident.incident_id}")
    if incident.kind != "incident" or incident.duplicate_of or not incident.reviewed_at or rng.random() >= MISJUDGED:
        return incident
    first = {1: 2, 2: 3, 3: 2}[incident.severity or 3]
    day = working_day(incident.reviewed_at.date() + datetime.timedelta(days=rng.randint(2, 20)))
    corrected_at = at(day, rng.randint(8, 15), rng.randint(0, 59), rng.randint(0, 59))
    return replace(incident, first_severity=first, corrected_at=corrected_at)


def _lose_a_line(told: list[Incident]) -> list[Incident]:
    """In an even year one follow-up that nobody did is deleted from its file, and nobody says why."""
    lost: dict[int, Incident] = {}
    for incident in told:
        year, week, _ = incident.started_at.isocalendar()
        if year % 2 == 0 and week >= VANISH_FROM_WEEK and any(_is_never_done(action) for action in incident.follow_ups):
            lost.setdefault(year, incident)
    ids = {incident.incident_id for incident in lost.values()}
    return [_without_a_line(incident) if incident.incident_id in ids else incident for incident in told]


def _is_never_done(action: FollowUp) -> bool:
    return action.ticked_at is None


def _without_a_line(incident: Incident) -> Incident:
    action = next(action for action in incident.follow_ups if _is_never_done(action))
    day = working_day(incident.started_at.date() + datetime.timedelta(days=VANISH_AFTER_DAYS))
    vanished = replace(action, dropped_at=None, deleted_at=at(day, 9, incident.started_at.minute, 3))
    return replace(incident, follow_ups=tuple(vanished if each is action else each for each in incident.follow_ups))
