"""All that ever happens at the demo company in the years around a day; what is recorded by then is cut from it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, replace

from opsanalytics.errors import UsageError
from opsanalytics.scaffold.demo import (
    cadence,
    chronicle,
    decisions,
    incident_files,
    meetings,
    newcomers,
    operations,
    planning,
    retrospectives,
    rfcs,
    roadmap,
    runbooks,
    sightings,
    wiki_plans,
)
from opsanalytics.scaffold.demo.cadence import DAY, RITUALS, Session
from opsanalytics.scaffold.demo.company import COORDINATORS, Commit, at, months_before
from opsanalytics.scaffold.demo.decisions import Decision
from opsanalytics.scaffold.demo.incidents import Incident
from opsanalytics.scaffold.demo.newcomers import Newcomer
from opsanalytics.scaffold.demo.planning import Plan
from opsanalytics.scaffold.demo.retrospectives import Retrospective
from opsanalytics.scaffold.demo.rfcs import Rfc

MONTHS = 30
AHEAD = 100 * DAY  # what is taken on today is ticked in a session to come
YEARS = range(2000, 2100)
OFFSITE_PATH = "ops/rituals/product-council/offsite.md"


@dataclass(frozen=True)
class World:
    """`sessions` are by ritual, one a promised day; everything reaches beyond `until`."""

    until: datetime.date
    seed: int
    began_at: datetime.datetime
    ended_at: datetime.datetime
    incidents: list[Incident]
    decisions: list[Decision]
    sessions: dict[str, list[Session]]
    retrospectives: list[Retrospective]
    plans: list[Plan]
    echoes: sightings.Echoes
    rfcs: list[Rfc]
    newcomers: list[Newcomer]

    def commits(self) -> Iterator[Commit]:
        for incident in self.incidents:
            yield from incident_files.commits(incident)
        yield from decisions.commits(self.decisions)
        yield from cadence.commits(self.began_at, self.until, MONTHS)
        yield from retrospectives.commits(self.sessions["retrospective"], self.retrospectives)
        yield from planning.commits(self.sessions["planning"], self.plans)
        for name in meetings.WRITERS:
            yield from meetings.commits(self.sessions[name], self.meetings_record, self.echoes.in_meeting)
        yield from offsites(self.began_at, self.until)
        yield from wiki_plans.commits(self.began_at, self.until)
        yield from operations.commits(self.incidents, self.until, self.seed)
        yield from rfcs.commits(self.rfcs)
        yield from roadmap.commits(self.began_at, self.until, self.seed)
        yield from runbooks.commits(self.began_at, self.until)
        yield from newcomers.commits(self.newcomers)

    @property
    def meetings_record(self) -> meetings.Record:
        return meetings.Record(self.seed, tuple(self.incidents), tuple(self.decisions))


def look(until: datetime.date, seed: int) -> World:
    if until.year not in YEARS:
        raise UsageError(f"--until {until}: allowed are the years {YEARS.start} to {YEARS.stop - 1}")
    began_at = at(months_before(until, MONTHS), 7)
    incidents = _self_contained([each for each in _whole_years(began_at, until, seed) if each.started_at > began_at])
    firsts = cadence.first_days(until, MONTHS)
    kept = {each.name: cadence.sessions(each, firsts[each.name], until + AHEAD, seed) for each in RITUALS}
    made = decisions.decisions(began_at, until.year + 2, seed, incidents)
    told = retrospectives.retrospectives(kept["retrospective"], seed)
    echoes = sightings.Echoes(tuple(sightings.promises(incidents, made, told)), kept, seed)
    return World(
        until=until,
        seed=seed,
        began_at=began_at,
        ended_at=at(until, 23, 59, 59),
        incidents=incidents,
        decisions=made,
        sessions=kept,
        retrospectives=[echoes.in_retrospective(each) for each in told],
        plans=[echoes.in_plan(each) for each in planning.plans(kept["planning"], seed)],
        echoes=echoes,
        rfcs=rfcs.rfcs(began_at, until.year + 1, seed),
        newcomers=newcomers.newcomers(began_at, until),
    )


def _whole_years(began_at: datetime.datetime, until: datetime.date, seed: int) -> list[Incident]:
    """A year more than is asked for: what is late today is mended by what comes after."""
    return chronicle.incidents(began_at.isocalendar().year, until.isocalendar().year + 1, seed)


def _self_contained(known: list[Incident]) -> list[Incident]:
    ids = {incident.incident_id for incident in known}
    return [incident if incident.repeat_of in ids else replace(incident, repeat_of=None) for incident in known]


def offsites(began_at: datetime.datetime, until: datetime.date) -> Iterator[Commit]:
    """Once a year somebody keeps notes that say no day, neither inside nor in the name."""
    for year in range(began_at.year, until.year + 1):
        when = at(datetime.date(year, 6, 18), 16, 20, 9)
        if when > began_at:
            bets = f"## Bets\n\n- Half of what we bet on in {year - 1} came in\n"
            text = f"# Notes of the offsite\n\nFacilitator: Farah\n\n{bets}"
            yield Commit(when, COORDINATORS[1], "Notes of the offsite", {OFFSITE_PATH: text})
