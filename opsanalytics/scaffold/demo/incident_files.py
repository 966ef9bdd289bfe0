"""What the file of a demo incident says at any moment, and the commits that its people make."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from opsanalytics.scaffold.demo.company import Commit, Person, seconds
from opsanalytics.scaffold.demo.incidents import Event, FollowUp, Incident
from opsanalytics.scaffold.demo.stories import uncapital

CHECKS = (
    "Status doc created; single source of truth",
    "Internal updates every 30-60m",
    "External comms approved by Comms Lead",
    "Postmortem scheduled within 72h; blameless; publish sanitized summary",
)
CLOSING_WORDS = {"maintenance": "window closed", "drill": "notes", "false-alarm": "false alarm"}

Moment = tuple[datetime.datetime, Person, str]


def commits(incident: Incident) -> Iterator[Commit]:
    path = f"ops/incidents/{incident.incident_id}.md"
    for when, author, message in _moments(incident):
        yield Commit(when, author, message, {path: render(incident, when)})


def _moments(incident: Incident) -> Iterator[Moment]:
    name = incident.incident_id
    yield incident.opened_at, incident.coordinator, f"Open {name}: {incident.title}"
    yield from _half_time(incident)
    yield incident.closed_at, incident.technical_lead, f"{name}: {_closing_words(incident)}"
    if incident.reviewed_at and incident.reviewed_at != incident.closed_at:
        yield incident.reviewed_at, incident.coordinator, f"{name}: {_review_words(incident)}"
    for action in incident.follow_ups:
        yield from _ends(action, name)
    if incident.sorted_at:
        yield incident.sorted_at, incident.coordinator, f"{name}: what matters most first"
    if incident.corrected_at:
        words = f"{name}: SEV-{incident.severity}, not SEV-{incident.first_severity}"
        yield incident.corrected_at, incident.coordinator, words
    if incident.mistyped:
        yield incident.mistyped[0], incident.coordinator, f"{name}: resolved time from the pager log"
        yield incident.mistyped[1], incident.technical_lead, f"{name}: resolved on the day itself, not the day before"


def _ends(action: FollowUp, name: str) -> Iterator[Moment]:
    if action.reworded_at:
        yield action.reworded_at, action.owner, f"{name}: say what is meant"
    if action.reopened:
        yield action.reopened[0], action.owner, f"{name}: {uncapital(action.text)}, first try"
        yield action.reopened[1], action.owner, f"{name}: not done after all"
    if action.ticked_at:
        yield action.ticked_at, action.owner, f"{name}: {uncapital(action.text)}"
    if action.dropped_at:
        yield action.dropped_at, action.owner, f"{name}: drop what nobody will do any more"
    if action.deleted_at:
        yield action.deleted_at, action.owner, f"{name}: tidy up"


def _half_time(incident: Incident) -> Iterator[Moment]:
    """In a SEV-1 somebody keeps the file while it goes on."""
    when = incident.events[-2].at + seconds(50)
    if incident.kind == "incident" and incident.severity == 1 and incident.opened_at < when < incident.closed_at:
        yield when, incident.technical_lead, f"{incident.incident_id}: timeline so far"


def _closing_words(incident: Incident) -> str:
    if incident.duplicate_of:
        return f"merged into {incident.duplicate_of}"
    if incident.closed_at == incident.reviewed_at:
        return "close the file, was over long ago"
    usual = ("resolved", "resolved, timeline filled in", "all clear")[incident.started_at.minute % 3]
    return CLOSING_WORDS.get(incident.kind, usual)


def _review_words(incident: Incident) -> str:
    if incident.kind != "incident":
        return "what we learnt"
    if incident.is_small:
        return ("cause and lessons", "short review")[incident.started_at.minute % 2]
    return ("postmortem", "postmortem, follow-ups agreed", "write up the review")[incident.started_at.minute % 3]


def render(incident: Incident, when: datetime.datetime) -> str:
    """The text of the file as its people know it at `when`."""
    closed = when >= incident.closed_at
    reviewed = incident.reviewed_at is not None and when >= incident.reviewed_at
    sections = {"Timeline": "\n".join(_timeline(incident, when))}
    sections |= {name: text if reviewed else "" for name, text in _review(incident, when).items()}
    sections |= {"Impact Summary": incident.impact, "Customer Comms": incident.customer_comms} if closed else {}
    if incident.checks:
        sections["Communications checklist"] = _checklist(incident, closed)
    head = [
        f"# {incident.title}",
        _fields(_facts(incident, when) | _remarks(incident, closed)),
        _fields(_crew(incident)),
    ]
    body = [
        f"## {name}\n\n{text}".rstrip() for name, text in sections.items() if text or incident.kind != "maintenance"
    ]
    return "\n\n".join(head + body) + "\n"


def _review(incident: Incident, when: datetime.datetime) -> dict[str, str]:
    """The sections in the chapter's order; those that are known earlier are filled in by the caller."""
    again = f"The same as {incident.repeat_of}. {incident.repeat_reason} " if incident.repeat_of else ""
    return {
        "Impact Summary": "",
        "Root Cause": again + incident.cause,
        "Mitigations Applied": _bullets(incident.mitigations),
        "Evidence": _bullets(incident.evidence),
        "Follow-ups": _follow_ups(incident, when) or "None.",
        "Customer Comms": "",
        "Lessons Learned": _bullets(incident.lessons),
    }


def _facts(incident: Incident, when: datetime.datetime) -> dict[str, str]:
    severity = severity_at(incident, when)
    kind = {} if incident.kind == "incident" else {"Kind": incident.kind}
    return {
        "Incident ID": incident.incident_id,
        **kind,
        "Start Time (UTC)": f"{incident.started_at:%Y-%m-%d %H:%M}",
        "Detected by": incident.detected_by,
        "Severity": f"SEV-{severity}" if severity else "",
        "Affected Systems/Users": ", ".join(incident.services),
        "Region": incident.region,
    }


def severity_at(incident: Incident, when: datetime.datetime) -> int | None:
    is_corrected = incident.corrected_at is None or incident.corrected_at <= when
    return incident.severity if is_corrected else incident.first_severity


def _remarks(incident: Incident, closed: bool) -> dict[str, str]:
    """Fields that few files have."""
    remarks = {"Repeat of": incident.repeat_of} if incident.repeat_of else {}
    if closed and incident.duplicate_of:
        remarks |= {"Status": "merged", "Duplicate of": incident.duplicate_of}
        remarks |= {"Exclude from metrics": f"duplicate of {incident.duplicate_of}"}
    if closed and incident.scheduled_at:
        remarks |= {"Postmortem scheduled": f"{incident.scheduled_at:%Y-%m-%d %H:%M} UTC"}
    return remarks


def _crew(incident: Incident) -> dict[str, str]:
    return {
        "Coordinator": incident.coordinator.first_name,
        "Comms Lead": incident.comms_lead.first_name if incident.comms_lead else "",
        "Technical Lead": incident.technical_lead.first_name,
    }


def _timeline(incident: Incident, when: datetime.datetime) -> Iterator[str]:
    for event in incident.events:
        if event.at <= when or when >= incident.closed_at:
            yield f"- {_event_time(incident, event, when)}{event.text}"


def _event_time(incident: Incident, event: Event, when: datetime.datetime) -> str:
    if incident.kind == "maintenance":
        return f"{event.at:%H:%M} {event.phase}: "
    if event.phase == "detection":
        is_next_day = event.at.date() != incident.started_at.date()
        return f"T0 detection: {event.at:%Y-%m-%d %H:%M} — " if is_next_day else f"T0 detection: {event.at:%H:%M} — "
    if event.phase == "resolved" and incident.mistyped and when >= incident.mistyped[0]:
        day = event.at - datetime.timedelta(days=1 if when < incident.mistyped[1] else 0)
        return f"{day:%Y-%m-%d %H:%M} resolved: "
    return f"{_offset(event.at - incident.events[0].at)} {event.phase}: "


def _offset(since_detection: datetime.timedelta) -> str:
    hours, rest = divmod(int(since_detection.total_seconds()) // 60, 60)
    return f"T+{hours}h{rest:02}" if hours >= 3 else f"T+{hours * 60 + rest}"


def _follow_ups(incident: Incident, when: datetime.datetime) -> str:
    there = [action for action in incident.follow_ups if action.deleted_at is None or when < action.deleted_at]
    is_sorted = incident.sorted_at is not None and incident.sorted_at <= when
    return "\n".join(render_follow_up(action, when) for action in (reversed(there) if is_sorted else there))


def render_follow_up(action: FollowUp, when: datetime.datetime) -> str:
    is_draft = action.reworded_at is not None and when < action.reworded_at
    text = action.first_text if is_draft else action.text
    promise = f"{text} — {action.owner.first_name} — Due {action.due_on}"
    if action.dropped_at is not None and action.dropped_at <= when:
        return f"- [ ] ~~{promise}~~"
    if action.reopened and action.reopened[0] <= when < action.reopened[1]:
        return f"- [x] {promise}"
    is_done = action.ticked_at is not None and action.ticked_at <= when
    remark = f" (done {action.ticked_at:%Y-%m-%d})" if is_done and action.dated else ""
    return f"- [{_box(is_done)}] {promise}{remark}"


def _checklist(incident: Incident, closed: bool) -> str:
    checks = zip(CHECKS, incident.checks, strict=True)
    return "\n".join(f"- [{_box(kept and closed)}] {check}" for check, kept in checks)


def _box(ticked: bool) -> str:
    return "x" if ticked else " "


def _fields(fields: dict[str, str]) -> str:
    return "\n".join(f"{label}: {value}".rstrip() for label, value in fields.items())


def _bullets(texts: tuple[str, ...]) -> str:
    return "\n".join(f"- {text}" for text in texts)
