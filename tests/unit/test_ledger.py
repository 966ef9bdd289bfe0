"""The promise ledger: what joins two writings, what does not, and what holds whatever the record says."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.ledger import keep_ledger
from opsanalytics.readers.vocabulary import Vocabulary

Rows = dict[str, list[dict[str, Any]]]
WORDS = Vocabulary()
FIRST = date(2026, 3, 4)


def record(*actions: dict[str, Any], notes: tuple[dict[str, Any], ...] = (), **tables: list[dict[str, Any]]) -> Rows:
    sessions = {each["origin_id"]: each["created_on"] for each in actions if each["origin_kind"] == "ritual"}
    sessions |= {each["session_id"]: each.pop("held_on") for each in notes}
    held = [{"session_id": name, "ritual": name.split("/")[0], "held_on": day} for name, day in sessions.items()]
    return {"action_items": list(actions), "ritual_notes": list(notes), "ritual_sessions": held, **tables}


def action(origin: str, text: str, days: int | None = 0, owner: str | None = "Ana", *, position: int = 1, **more: Any) -> dict[str, Any]:
    """`days` after the first day; an origin with a slash is a session."""
    kind = "ritual" if "/" in origin else "incident"
    return {
        "action_id": f"{origin}#{position}", "origin_kind": kind, "origin_id": origin, "position": position, "text": text, "owner": owner,
        "created_on": None if days is None else FIRST + timedelta(days), "due_on": None, "done_on": None, "status": "open",
        "source_path": f"ops/{'rituals' if kind == 'ritual' else 'incidents'}/{origin}.md", "source_line": 10 + position, **more,
    }  # fmt: skip


def note(session: str, text: str, days: int, person: str | None = None, *, position: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "session_id": session, "position": position, "category": "inbox", "person": person, "text": text,
        "held_on": FIRST + timedelta(days), "source_path": f"ops/rituals/{session}.md", "source_line": 40 + position, **more,
    }  # fmt: skip


def seen(rows: Rows) -> list[tuple[str, str, str]]:
    keep_ledger(rows, WORDS)
    return [(each["action_id"], each["seen_id"], each["linked_by"]) for each in rows["action_sightings"]]


INCIDENT = "INC-20260304-01"
PROMISE = action(INCIDENT, "Alert on the age of the oldest job in the label queue")


@pytest.mark.parametrize(
    ("text", "linked_by"),
    [
        ("INC-20260304-01#1: waits for a review", "id"),
        ("inc‑20260304‑01#1 next week", "id"),
        ("Alerting on age of oldest job in label queue, half done", "text"),
        ("[ ] Alert on the age of the oldest job in the label queue — Ana — 2026-03-18", "text"),
        ("Overdue: Alert on the age of the oldest job in the label queue — Ana", "text"),
        ("still to do: the oldest job in the label queue, alert on its age", "text"),
    ],
)  # fmt: skip
def test_a_note_that_speaks_of_a_promise_is_a_sighting(text: str, linked_by: str):
    rows = record(deepcopy(PROMISE), notes=(note("triage/1", text, 9),))
    assert seen(rows) == [(f"{INCIDENT}#1", "triage/1", linked_by)]


@pytest.mark.parametrize(
    "text",
    ["Label queue grows in the morning", "alerts of labels", "INC-20260304-01 Label queue grows during the morning batch",
     "Alert on the age of the oldest job in the webhooks queue of Kornblume", "INC-20260304-01#2 is done", "#12"],
)  # fmt: skip
def test_a_note_about_something_near_is_none(text: str):
    rows = record(deepcopy(PROMISE), notes=(note("triage/1", text, 9),), services=[{"service": "webhooks"}, {"service": "label"}])
    assert seen(rows) == []


def test_a_sighting_tells_where_when_and_in_which_words():
    rows = record(deepcopy(PROMISE), notes=(note("triage/1", "INC-20260304-01#1: waits", 9),))
    keep_ledger(rows, WORDS)
    assert rows["action_sightings"] == [{
        "action_id": f"{INCIDENT}#1", "seen_kind": "ritual", "seen_id": "triage/1", "seen_on": date(2026, 3, 13), "seen_action_id": None,
        "text": "INC-20260304-01#1: waits", "score": 1.0, "linked_by": "id", "source_path": "ops/rituals/triage/1.md", "source_line": 41,
    }]  # fmt: skip


def test_a_promise_goes_from_an_incident_through_a_plan_to_a_retrospective():
    words = ("Alert on the age of the oldest job", "Alerting on age of the oldest job", "alert on the age of oldest jobs, not finished")
    rows = record(action(INCIDENT, words[0]), action("planning/1", words[1], 20), action("retrospective/1", words[2], 40))
    assert seen(rows) == [(f"{INCIDENT}#1", "planning/1", "text"), (f"{INCIDENT}#1", "retrospective/1", "text")]
    assert [each["carried_from"] for each in rows["action_items"]] == [None, f"{INCIDENT}#1", "planning/1#1"]


@pytest.mark.parametrize(("first", "later"), [("FER-12", "FER-12"), ("#812", "#812"), ("acme/api#812", "https://git.example/acme/api/issues/812")])
def test_a_ticket_that_one_promise_has_is_its_id(first: str, later: str):
    rows = record(action(INCIDENT, f"Rotate the keys ({first})"), action("triage/1", f"Merge {later}", 9, "Bo"))
    assert seen(rows) == [(f"{INCIDENT}#1", "triage/1", "id")]


def test_a_ticket_in_a_column_of_its_own_counts_and_one_of_two_promises_does_not():
    fields = [{"record_kind": "action_item", "record_id": f"{INCIDENT}#1", "name": "ticket", "value": "FER-12"}]
    rows = record(action(INCIDENT, "Rotate the keys"), action("triage/1", "FER-12 into review", 9), record_fields=fields)
    assert seen(rows) == [(f"{INCIDENT}#1", "triage/1", "id")]
    both = [*fields, fields[0] | {"record_id": f"{INCIDENT}#2"}]
    rows = record(action(INCIDENT, "Rotate the keys"), action(INCIDENT, "Tell the merchants", position=2),
                  action("triage/1", "FER-12 into review", 9), record_fields=both)  # fmt: skip
    assert seen(rows) == []


@pytest.mark.parametrize("code", ["SEV-1", "RFC-7231", "UTF-8", "CVE-2026"])
def test_what_looks_like_a_ticket_and_is_none_joins_nothing(code: str):
    assert seen(record(action(INCIDENT, f"Page on {code}"), action("triage/1", f"Write to the board about {code}", 9))) == []


@pytest.mark.parametrize("address", [f"../../incidents/{INCIDENT}.md#follow-ups", f"/ops/incidents/{INCIDENT}.md",
                                     f"https://git.example/acme/ops/blob/main/ops/incidents/{INCIDENT}.md"])  # fmt: skip
def test_a_link_to_the_file_that_made_it_needs_fewer_of_its_words(address: str):
    said = ("Alert: queue age", 9, "Bo")
    assert seen(record(deepcopy(PROMISE), action("triage/1", *said))) == []
    rows = record(deepcopy(PROMISE), notes=(note("triage/1", "Age of the label queue", 9, links_raw=address),))
    assert seen(rows) == [(f"{INCIDENT}#1", "triage/1", "link")]
    assert seen(record(deepcopy(PROMISE), notes=(note("triage/1", "Postmortem was read by all", 9, links_raw=address),))) == []


def test_an_id_wins_over_words():
    rows = record(
        deepcopy(PROMISE), action(INCIDENT, "Rotate the keys of the sandbox", position=2),
        action("triage/1", "Alert on the age of the oldest job in the label queue (INC-20260304-01#2)", 9),
    )  # fmt: skip
    assert seen(rows) == [(f"{INCIDENT}#2", "triage/1", "id")]


def test_words_alone_join_no_two_owners_but_a_repeated_incident_does():
    again = action("INC-20260320-01", PROMISE["text"], 16, "Bo")
    assert seen(record(deepcopy(PROMISE), deepcopy(again))) == []
    links = [{"from_id": "INC-20260320-01", "relation": "repeat_of", "to_raw": INCIDENT}]
    assert seen(record(deepcopy(PROMISE), again, incident_links=links)) == [(f"{INCIDENT}#1", "INC-20260320-01", "text")]


def test_few_words_join_only_when_they_are_the_same_and_of_one_owner():
    first = action(INCIDENT, "Fix VPN")
    assert seen(record(deepcopy(first), action("triage/1", "Fix VPN", 9, "Ana Ferreira"))) == [(f"{INCIDENT}#1", "triage/1", "text")]
    assert seen(record(deepcopy(first), action("triage/1", "Fix VPN", 9, "Bo"))) == []
    assert seen(record(deepcopy(first), action("triage/1", "Fix the VPN", 9, None))) == []


def test_what_was_done_is_promised_anew_but_spoken_of_for_a_week():
    done = deepcopy(PROMISE) | {"done_on": FIRST + timedelta(7), "status": "done"}
    rows = record(done, action("triage/2", PROMISE["text"], 30), notes=(note("triage/1", PROMISE["text"], 9), note("triage/3", PROMISE["text"], 29)))
    assert seen(rows) == [(f"{INCIDENT}#1", "triage/1", "text")]


def test_nothing_is_the_same_after_four_months():
    assert seen(record(deepcopy(PROMISE), action("triage/1", PROMISE["text"], 121))) == []


def test_two_of_one_list_are_two_and_each_takes_one_of_the_next():
    both = ("Renew the certificate of the labels service", "Renew the certificate of the label service")
    rows = record(*(action(INCIDENT, text, position=place) for place, text in enumerate(both, 1)),
                  *(action("planning/1", text, 9, position=place) for place, text in enumerate(both, 1)))  # fmt: skip
    assert seen(rows) == [(f"{INCIDENT}#1", "planning/1", "text"), (f"{INCIDENT}#2", "planning/1", "text")]
    assert [each["carried_from"] for each in rows["action_items"]] == [None, None, f"{INCIDENT}#1", f"{INCIDENT}#2"]


def test_what_says_that_it_was_carried_over_may_be_old_or_reworded_but_is_not_guessed():
    marked = {"carried_raw": "carried over"}
    assert seen(record(action("triage/1", "Fix VPN"), action("triage/2", "Fix VPN", 150, "Bo", **marked))) == [("triage/1#1", "triage/2", "text")]
    words = "Write down the steps for a slow carrier", "The steps for slow carriers"
    assert seen(record(action("triage/1", words[0]), action("triage/2", words[1], 9, **marked))) == [("triage/1#1", "triage/2", "text")]
    assert seen(record(action("triage/1", "B thing"), action("triage/2", "A thing", 9, **marked))) == []


def test_one_record_has_a_promise_once_also_when_its_items_are_of_several_days():
    rows = record(action(INCIDENT, PROMISE["text"]), action("planning/1", PROMISE["text"], 9),
                  action("planning/1", PROMISE["text"], 20, position=2))  # fmt: skip
    assert seen(rows) == [(f"{INCIDENT}#1", "planning/1", "text")]


def test_onboarding_promises_the_same_to_everybody():
    plans = (action(name, "Ship a small change in the first week", days, "Bo", origin_kind="onboarding") for name, days in (("a", 0), ("b", 9)))
    assert seen(record(*plans)) == []


# --- whatever the record says

TEXTS = st.sampled_from([
    "Alert on the age of the oldest job", "alerting on age of oldest job, half done", "Rotate the keys (FER-12)", "FER-12 into review",
    "i0#1: next week", "r/1#1", "Fix VPN", "Write the playbook for a slow carrier", "the playbook for a slow carrier, still to write", "",
])  # fmt: skip
DAYS = st.one_of(st.none(), st.integers(0, 200))
OWNERS = st.sampled_from(["Ana", "Bo", None])


@st.composite
def records(draw: st.DrawFn) -> Rows:
    days = {f"i{place}": draw(DAYS) for place in range(3)} | {f"r/{place}": draw(st.integers(0, 200)) for place in range(3)}
    actions = [action(name, draw(TEXTS), day, draw(OWNERS), position=place, done_on=draw(st.sampled_from([None, FIRST + timedelta(40)])))
               for name, day in days.items() for place in range(1, draw(st.integers(0, 3)) + 1)]  # fmt: skip
    notes = tuple(note(name, draw(TEXTS), day, draw(OWNERS), position=place)
                  for name, day in days.items() if "/" in name for place in range(draw(st.integers(0, 2))))  # fmt: skip
    return record(*actions, notes=notes)


def ledger(rows: Rows) -> tuple[set[tuple[object, ...]], dict[str, str | None]]:
    rows = deepcopy(rows)
    keep_ledger(rows, WORDS)
    sightings = {tuple(each.values()) for each in rows["action_sightings"]}
    assert len(sightings) == len({each[:3] for each in sightings}) == len(rows["action_sightings"])
    return sightings, {each["action_id"]: each["carried_from"] for each in rows["action_items"]}


@settings(max_examples=150, deadline=None)
@given(records(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(rows: Rows, rng: Any):
    shuffled = {name: rng.sample(found, len(found)) for name, found in rows.items()}
    assert ledger(shuffled) == ledger(rows)


@settings(max_examples=150, deadline=None)
@given(records())
def test_no_sighting_precedes_and_no_promise_is_its_own_ancestor(rows: Rows):
    sightings, carried_from = ledger(rows)
    days = {each["action_id"]: each["created_on"] for each in rows["action_items"]}
    origins = {each["action_id"]: each["origin_id"] for each in rows["action_items"]}
    for action_id, _, seen_id, seen_on, *_ in sightings:
        assert days[str(action_id)] is None or seen_on is None or seen_on >= days[str(action_id)]
        assert origins[str(action_id)] != seen_id
        assert carried_from[str(action_id)] is None
    befores = [before for before in carried_from.values() if before]
    assert len(befores) == len(set(befores))
    for action_id in carried_from:
        chain = [action_id]
        while before := carried_from[chain[-1]]:
            assert before not in chain
            chain.append(before)
        assert len({origins[each] for each in chain}) == len(chain)


@settings(max_examples=150, deadline=None)
@given(records(), st.integers(0, 200))
def test_an_unrelated_record_changes_no_link(rows: Rows, day: int):
    more = deepcopy(rows)
    more["action_items"].append(action("i9", "Buy thermal printers for the bench", day, "Chidi"))
    sightings, carried_from = ledger(more)
    assert carried_from.pop("i9#1") is None
    assert (sightings, carried_from) == ledger(rows)
