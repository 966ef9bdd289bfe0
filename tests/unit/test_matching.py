"""Which promise of the next version is which of the last one."""

from __future__ import annotations

from typing import Any

import pytest

from opsanalytics.warehouse.matching import match, tickets


def promise(text: str, **said: Any) -> dict[str, Any]:
    return {"origin_id": "INC-1", "section": "follow ups", "text": text, "owner": "Ana", "due_on": "2026-09-18", **said}


def test_a_list_that_was_reordered_is_matched_by_its_words() -> None:
    before = [promise("Alert on slow checkout"), promise("Write the runbook"), promise("Raise the pool limit")]
    assert match(before, before[::-1]) == {0: 2, 1: 1, 2: 0}


def test_equal_entries_are_matched_in_their_order() -> None:
    before = [promise("Add a test"), promise("Add a test")]
    assert match(before, [*before, promise("Add a test")]) == {0: 0, 1: 1}


def test_half_of_the_letters_are_enough_with_the_same_owner_and_due_day() -> None:
    before, after = promise("Alert on slow checkout"), promise("Page when the checkout is slow")
    assert match([before], [after]) == {0: 0}
    assert match([before], [after | {"due_on": "2026-10-01"}]) == {}
    assert match([before], [after | {"section": "later"}]) == {}


def test_an_owner_and_a_day_that_nobody_wrote_are_not_the_same() -> None:
    nobody = {"owner": None, "due_on": None}
    assert match([promise("Alert on slow checkout", **nobody)], [promise("Page when the checkout is slow", **nobody)]) == {}
    assert match([promise("Alert on slow checkout", **nobody)], [promise("Alert on a slow checkout", **nobody)]) == {0: 0}


@pytest.mark.parametrize("ticket", ["FER-12", "#812"])
def test_a_ticket_wins_over_words(ticket: str) -> None:
    before = [promise(f"Alert on slow checkout ({ticket})"), promise("Alert on slow search")]
    after = [promise("Alert on slow search!"), promise(f"{ticket} Tell somebody", owner="Bo", due_on=None)]
    assert match(before, after) == {0: 1, 1: 0}


def test_two_tickets_are_two_promises() -> None:
    assert match([promise("FER-12 Alert on slow checkout")], [promise("FER-13 Alert on slow checkout")]) == {}


def test_what_looks_like_a_ticket_and_is_none() -> None:
    assert tickets("Page on SEV-1 in UTF-8 &#39; a#1 see FER-12, #7") == {"FER-12", "#7"}


def test_origins_are_kept_apart() -> None:
    assert match([promise("Add a test")], [promise("Add a test", origin_id="INC-2")]) == {}


@pytest.mark.parametrize("name", ["INC-12", "ADR-7", "CVE-2026", "TLS-1", "IPV-6", "P-1"])
def test_the_ids_of_records_and_protocols_are_no_tickets(name: str) -> None:
    assert tickets(f"Look at {name} again") == frozenset()
    before, after = promise(f"Add a dashboard, see {name}"), promise(f"Train the support team after {name}", owner="Bo", due_on=None)
    assert match([before], [after]) == {}
