"""What the people of Lindenpost do to a list of follow-ups once it stands: reword a line, sort the list, clear a box that
was ticked too early."""

from __future__ import annotations

import datetime
from dataclasses import replace
from random import Random

from opsanalytics.scaffold.demo.company import at, working_day
from opsanalytics.scaffold.demo.incidents import FollowUp, Incident
from opsanalytics.scaffold.demo.stories import uncapital

REWORDED, REOPENED, SORTED = 0.09, 0.05, 0.12
DRAFTS = ("Maybe {}", "{}, if we find the time", "Look into it: {}", "{} (draft)")
DAY = datetime.timedelta(days=1)


def revised(incident: Incident, seed: int) -> Incident:
    rng = Random(f"{seed} revisions of {incident.incident_id}")
    if incident.reviewed_at is None or incident.duplicate_of:
        return incident
    since = incident.reviewed_at
    actions = tuple(_revised(action, since, rng) for action in incident.follow_ups)
    is_sorted = rng.random() < SORTED and len(actions) > 1
    return replace(incident, follow_ups=actions, sorted_at=_later(since, rng) if is_sorted else None)


def _revised(action: FollowUp, since: datetime.datetime, rng: Random) -> FollowUp:
    is_reworded, is_reopened = rng.random() < REWORDED, rng.random() < REOPENED
    if is_reopened and action.ticked_at and action.ticked_at - since > 4 * DAY:
        ticked_at, cleared_at = action.ticked_at - 3 * DAY, action.ticked_at - DAY
        return replace(action, reopened=(ticked_at, cleared_at))
    if is_reworded:
        reworded_at, ends = _later(since, rng), (action.ticked_at, action.dropped_at, action.deleted_at)
        if all(end is None or reworded_at < end for end in ends):
            return replace(action, reworded_at=reworded_at, first_text=_draft(action.text, rng))
    return action


def _draft(text: str, rng: Random) -> str:
    form = rng.choice(DRAFTS)
    return form.format(text if form.startswith("{}") else uncapital(text))


def _later(since: datetime.datetime, rng: Random) -> datetime.datetime:
    day = working_day((since + rng.randint(1, 12) * DAY).date())
    return at(day, rng.randint(8, 16), rng.randint(0, 59), rng.randint(0, 59))
