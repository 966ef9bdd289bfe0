"""The lives of a file's promises: each kind of event, and that a promise keeps its identity through edits."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from opsanalytics.warehouse.lives import Lives, Snapshot, Stamp

LABELS = frozenset({"next", "later"})
WORDS = ("alert", "runbook", "checkout", "limit", "pool", "retry", "queue", "label", "carrier", "invoice", "webhook", "tracking")


def item(text: str, *, status: str = "open", section: str = "next", owner: str = "Ana", due_on: str = "2026-09-18") -> dict[str, Any]:
    return {"origin_id": "INC-1", "origin_kind": "incident", "section": section, "text": text, "owner": owner,
            "due_on": due_on, "status": status}  # fmt: skip


def version(*items: dict[str, Any], labels: frozenset[str] = LABELS) -> Snapshot:
    return Snapshot([each | {"position": place} for place, each in enumerate(items, 1)], labels)


def day(number: int) -> Stamp:
    at = datetime(2026, 9, 1, 12) + timedelta(days=number)
    return Stamp(f"c{number}", at, at.date())


def told(*versions: Snapshot) -> Lives:
    lives = Lives()
    for number, each in enumerate(versions):
        lives.advance(each, day(number))
    return lives


def events(lives: Lives, number: int = 1) -> list[tuple[str, str | None]]:
    return [(event, stamp.commit) for life in lives.lives if life.number == number for event, stamp in life.events]


def test_a_ticked_box_is_done_by_its_commit() -> None:
    lives = told(version(item("Alert")), version(item("Alert", status="done")), version(item("Alert", status="done"), item("Runbook")))
    assert events(lives) == [("created", "c0"), ("done", "c1")]
    assert lives.lives[0].done == day(1) and lives.lives[0].made.day == date(2026, 9, 1)


def test_a_box_that_is_cleared_is_reopened_and_done_again_counts_last() -> None:
    done, still = version(item("Alert", status="done")), version(item("Alert"))
    lives = told(still, done, still, done)
    assert events(lives) == [("created", "c0"), ("done", "c1"), ("reopened", "c2"), ("done", "c3")]
    assert lives.lives[0].done == day(3)
    assert told(still, done, still).lives[0].done is None


def test_a_line_that_vanishes_is_gone_unless_it_was_done_or_dropped() -> None:
    lives = told(version(item("Alert"), item("Runbook", status="done"), item("Limit", status="dropped")), version())
    assert [life.standing for life in lives.lives] == ["gone", "done", "dropped"]
    assert events(lives) == [("created", "c0"), ("gone", "c1")]
    assert events(lives, 2) == [("created", "c0"), ("done", "c0")]


def test_a_line_that_comes_back_is_reopened() -> None:
    lives = told(version(item("Alert"), item("Runbook")), version(item("Runbook")), version(item("Alert"), item("Runbook")))
    assert events(lives) == [("created", "c0"), ("gone", "c1"), ("reopened", "c2")]
    assert len(lives.lives) == 2


def test_a_new_first_line_renumbers_nothing() -> None:
    lives = told(version(item("Alert")), version(item("Runbook"), item("Alert")))
    assert [(life.number, life.item["text"]) for life in lives.lives] == [(1, "Alert"), (2, "Runbook")]


def test_another_section_is_a_move_and_another_heading_is_none() -> None:
    assert events(told(version(item("Alert")), version(item("Alert", section="later")))) == [("created", "c0"), ("moved", "c1")]
    renamed = version(item("Alert", section="follow ups"), labels=frozenset({"follow ups"}))
    assert events(told(version(item("Alert"), labels=frozenset({"next"})), renamed)) == [("created", "c0")]


def test_a_record_that_gets_its_id_keeps_its_promises() -> None:
    named = version(item("Alert") | {"origin_id": "INC-20260904-01"})
    lives = told(version(item("Alert")), named)
    assert events(lives) == [("created", "c0")]
    assert [(life.number, life.item["origin_id"]) for life in lives.lives] == [(1, "INC-20260904-01")]


def test_what_dates_nothing_leaves_no_event() -> None:
    lives = Lives()
    lives.advance(version(item("Alert", status="done")), Stamp("c0", is_import=True))
    assert lives.lives[0].events == [] and lives.lives[0].done and lives.lives[0].done.day is None


# --- identity through random edits


@st.composite
def promises(draw: st.DrawFn) -> list[dict[str, Any]]:
    texts = draw(st.lists(st.lists(st.sampled_from(WORDS), min_size=4, max_size=6, unique=True).map(" ".join), min_size=1, max_size=5, unique=True))
    return [item(text, owner=f"Owner{place}", due_on=f"2026-10-{place + 1:02}") for place, text in enumerate(texts)]


@given(promises(), st.lists(st.tuples(st.sampled_from(["tick", "clear", "reword", "shuffle", "delete", "add"]), st.integers(0, 10**6)), max_size=12))
def test_every_promise_keeps_its_identity(start: list[dict[str, Any]], edits: list[tuple[str, int]]) -> None:
    """Owners are one a promise here, so that each tells which promise a line is."""
    lives, now, meant, made = Lives(), list(start), {}, len(start)
    lives.advance(version(*now), day(0))
    for each in now:
        meant[each["owner"]] = ["created"]
    for number, (edit, chance) in enumerate(edits, 1):
        at = chance % len(now) if now else None
        if edit == "add":
            now.insert(chance % (len(now) + 1), item(f"{WORDS[made % 12]} number {made} of {chance}", owner=f"Owner{made}", due_on=f"2026-11-{1 + made % 28:02}"))
            meant[f"Owner{made}"], made = ["created"], made + 1
        elif edit == "shuffle":
            Random(chance).shuffle(now)
        elif at is not None:
            meant[now[at]["owner"]] += _edit(now, at, edit)
        lives.advance(version(*now), day(number))
    assert {life.item["owner"]: [event for event, _ in life.events] for life in lives.lives} == meant
    assert sorted(life.number for life in lives.lives) == list(range(1, made + 1))
    assert {life.item["owner"] for life in lives.lives if life.is_there} == {each["owner"] for each in now}


def _edit(now: list[dict[str, Any]], at: int, edit: str) -> list[str]:
    """Changes one line; what that means."""
    line = now[at]
    if edit == "delete":
        del now[at]
        return ["gone"] if line["status"] == "open" else []
    if edit == "reword":
        now[at] = line | {"text": f"{line['text']}, also"}
        return ["reworded"]
    status = {"tick": "done", "clear": "open"}[edit]
    now[at] = line | {"status": status}
    return [] if line["status"] == status else ["done" if status == "done" else "reopened"]
