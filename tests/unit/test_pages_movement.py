"""How long services were without an incident of the worst severity, and what moved on the roadmap."""

from __future__ import annotations

import os
import subprocess
from datetime import date, datetime
from pathlib import Path

import pytest
from test_pages_record import record_of

from opsanalytics.metrics.periods import parse_period
from opsanalytics.packs import roadmap_moves, severity
from opsanalytics.packs.record import Record
from opsanalytics.warehouse.connect import locked
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

NOW = datetime(2026, 11, 22, 12)


# --- without the worst

def incident(name: str, day: str, level: str) -> dict:
    return {"incident_id": name, "title": name, "kind": "incident", "status": "resolved", "severity": level, "started_on": day, "started_at": f"{day} 09:00"}


def served(**services: str) -> list[dict]:
    return [{"incident_id": name, "service": service} for name, service in services.items()]


def test_a_service_is_without_for_the_days_since_its_last_and_at_least_as_long_as_the_record():
    """22 Nov less 1 Nov is 21 days, less 12 Oct 41 days; the record begins on 2 Oct, 51 days before."""
    record = record_of(
        "2026-Q4", incidents=[incident("a", "2026-10-02", "SEV-2"), incident("b", "2026-10-12", "SEV-1"), incident("c", "2026-11-01", "SEV-1")],
        incident_services=served(a="mail", b="shop", c="api"), services=[{"service": "shop"}, {"service": "idle"}])  # fmt: skip
    rows = severity.quiet(record)
    assert rows.iloc[:, :2].to_numpy().tolist() == [["api", "21 days"], ["shop", "41 days"], ["idle", "at least 51 days"], ["mail", "at least 51 days"]]
    assert severity.quiet_finding(record) == "api had the last SEV-1, 21 days ago; 2 of 4 services had none on record"
    assert {number.id: number.value for number in severity.quiet_numbers(record)} == {
        "days_since_worst.api": 21, "days_since_worst.shop": 41, "days_since_worst.idle": None, "days_since_worst.mail": None,
        "services_without_worst": 2}  # fmt: skip


def test_without_any_of_the_worst_or_without_services_it_says_so():
    mild = record_of("2026-Q4", incidents=[incident("a", "2026-10-02", "SEV-2")], incident_services=served(a="mail"))
    assert severity.quiet_finding(mild) == "None of 1 service has had a SEV-1 on record"
    assert severity.quiet_finding(record_of("2026-Q4")).startswith("No service is named, so nobody can tell")
    assert severity.quiet_numbers(record_of("2026-Q4")) == []


# --- the roadmap

THEN = """# Roadmap

## Now
- Ship the labels — DRI: Ana
- Count the parcels — DRI: Bo

## Next
- Print in colour — DRI: Ana
- Fax
- Old idea
"""
LATER = """# Roadmap

## Now
- ~~Ship the labels~~ — DRI: Ana
- Print in Colour — DRI: Ana

## Next
- Count the parcels — DRI: Bo
- Fax
- New idea
"""


def git(root: Path, day: str, *arguments: str) -> None:
    dates = {"GIT_AUTHOR_DATE": f"{day}T10:00:00Z", "GIT_COMMITTER_DATE": f"{day}T10:00:00Z"}
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments], cwd=root, check=True, env={**os.environ, **dates})


@pytest.fixture
def roadmaps(tmp_path: Path):
    """Looks at a workspace over a quarter, its roadmap written in September and again in November."""
    root = tmp_path / "acme"
    root.mkdir()
    git(root, "2026-09-01", "init", "-q")
    for day, text in (("2026-09-01", THEN), ("2026-11-02", LATER)):
        (root / "ROADMAP.md").write_text(text, encoding="utf-8")
        git(root, day, "add", ".")
        git(root, day, "commit", "-qm", day)
    database = load(read_workspace(root), now=NOW).database
    with locked(database) as connection:
        yield lambda period: roadmap_moves.Moves(Record(connection, parse_period(period, as_of_on=date(2026, 11, 22))))


def test_what_moved_since_the_period_began_is_told_item_by_item(roadmaps):
    """A title in other letters is the same item, one that stayed where it was is not told."""
    moves = roadmaps("2026-Q4")
    rows = roadmap_moves.table(moves)
    assert rows.iloc[:, :2].to_numpy().tolist() == [
        ["Ship the labels", "done"], ["Print in Colour", "nearer"], ["Count the parcels", "put off"], ["New idea", "new"], ["Old idea", "gone"]]
    assert rows.iloc[1, 2:].map(str).tolist() == ["next", "now", "ROADMAP.md:5"]
    assert roadmap_moves.finding(moves) == "5 items of the roadmap moved since 1 Oct 2026: 1 done, 1 nearer, 1 put off, 1 new, 1 gone"
    assert {number.id: (number.value, number.n) for number in roadmap_moves.numbers(moves)}["roadmap_moves"] == (5, 5)


def test_a_roadmap_from_before_git_knew_it_cannot_be_compared(roadmaps):
    moves = roadmaps("2026-Q3")
    assert roadmap_moves.finding(moves) == "What moved on the roadmap cannot be told: git has no version of it from before 1 Jul 2026"
    assert (len(roadmap_moves.table(moves)), roadmap_moves.numbers(moves)) == (0, [])


def test_without_a_roadmap_nothing_is_said():
    assert roadmap_moves.finding(roadmap_moves.Moves(record_of("2026-Q4"))) == ""
