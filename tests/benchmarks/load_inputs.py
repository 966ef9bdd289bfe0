"""A record of many incidents in the chapter's template, drawn by their numbers: the same on every machine."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

SERVICES = ("checkout", "search", "ledger", "mail", "scanner", "catalogue", "identity", "billing", "reports", "gateway")
PEOPLE = ("Ana Ferreira", "Bo Lind", "Chidi Okafor", "Dana Weiss", "Emre Kaya", "Farah Haddad", "Goran Novak", "Hana Sato")
SYMPTOMS = ("answers slowly", "returns errors", "loses writes", "shows stale prices", "cannot sign in", "rejects uploads",
            "sends nothing", "runs out of memory", "times out", "serves an expired certificate")  # fmt: skip
CAUSES = ("a connection pool of half the size", "a migration that held a lock", "a certificate nobody renewed", "a full disk",
          "a retry without a pause", "a cache key without its tenant", "a flag that was on for all", "a clock that drifted")  # fmt: skip
REMEDIES = ("Alert on", "Raise the limit of", "Write a runbook for", "Rehearse the failover of", "Test the rollback of",
            "Add a dashboard for", "Remove the retry from", "Bound the queue of")  # fmt: skip
PARTS = ("pool", "queue", "replica", "cache", "certificate", "quota", "index", "lock", "scheduler", "importer", "webhook",
         "session store", "price feed", "mail relay", "backup", "cursor", "shard", "balancer")  # fmt: skip
FIRST = datetime(2016, 1, 1)
EVERY = timedelta(minutes=105)  # 50,000 incidents in ten years

INCIDENT = """\
# {service} {symptom}, {part} {number}

Incident ID: {id}
Start Time (UTC): {start}
Detected by: {detector}
Severity: SEV-{severity}
Affected Systems/Users: {service}, {share} % of customers

Coordinator: {a}
Comms Lead: {b}
Technical Lead: {c}

## Timeline
- T0 detection: {detected}
- T+{diagnosis} diagnosis: {cause} behind {part} {number}
- T+{mitigation} mitigation: {service} went back to release {release}
- T+{resolved} resolved: errors below {permille} per mille for {calm} minutes

## Impact Summary (what/whom/how long)
{customers} customers of region {region} saw that {service} {symptom}; {tickets} wrote to us.

## Root Cause (5 Whys or causal chain)
{Cause}, since release {release}: nothing tests {part} {number} under the load of a {weekday}.

## Mitigations Applied
Release {release} was taken back.

## Evidence (logs, PRs, commits, dashboards)
[Dashboard](https://example.org/{service}/{number})

## Follow-ups (owners, due dates)
- [{done}] {remedy} {part} {number} of {service} — {a} — {due}
- [ ] {other} {otherpart} of region {region} — {c} — {later}

## Customer Comms (if any)
A note after {comms} minutes.

## Lessons Learned (3–5 bullets)
- Nobody but {a} knew {part} {number}
- Release {release} had no rollback step

## Communications checklist
- [x] Status doc created; single source of truth
- [{done}] External comms approved by Comms Lead (if applicable)
- [x] Postmortem scheduled within 72h
"""


def write_incidents(root: Path, count: int) -> int:
    """One file an incident below `ops/incidents`; gives the bytes of all."""
    folder = root / "ops" / "incidents"
    folder.mkdir(parents=True)
    size = 0
    for number in range(count):
        start = FIRST + number * EVERY
        incident_id = f"INC-{start:%Y%m%d}-{number % 100:02}"
        size += (folder / f"{incident_id}.md").write_bytes(incident(number, incident_id, start).encode())
    return size


def incident(number: int, incident_id: str, start: datetime) -> str:
    draw = Random(number)
    a, b, c = draw.sample(PEOPLE, 3)
    cause = draw.choice(CAUSES)
    diagnosis = draw.randint(2, 30)
    mitigation = diagnosis + draw.randint(1, 60)
    return INCIDENT.format(
        id=incident_id, number=number, start=f"{start:%Y-%m-%d %H:%M}", detected=f"{start + timedelta(minutes=draw.randint(1, 15)):%H:%M}",
        service=draw.choice(SERVICES), symptom=draw.choice(SYMPTOMS), part=draw.choice(PARTS), a=a, b=b, c=c, cause=cause,
        Cause=cause.capitalize(), detector=draw.choice(("monitor", "customer", "on-call")), severity=draw.choice((1, 2, 2, 3, 3, 3)),
        share=draw.randint(1, 90), diagnosis=diagnosis, mitigation=mitigation, resolved=mitigation + draw.randint(5, 240),
        release=f"{draw.randint(1, 40)}.{draw.randint(0, 99)}", permille=draw.randint(1, 9), calm=draw.randint(5, 60),
        region=draw.choice(("north", "south", "east", "west")), customers=draw.randint(3, 9000), tickets=draw.randint(0, 90),
        weekday=f"{start:%A}", done=draw.choice("xx "), remedy=draw.choice(REMEDIES), other=draw.choice(REMEDIES),
        otherpart=draw.choice(PARTS), due=f"{start + timedelta(days=14):%Y-%m-%d}", later=f"{start + timedelta(days=draw.randint(20, 60)):%Y-%m-%d}",
        comms=draw.randint(10, 90),
    )
