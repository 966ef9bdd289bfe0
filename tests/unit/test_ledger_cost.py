"""What the ledger does not do, counted: it has to stay as quick a record at a million promises as at a thousand."""

from __future__ import annotations

import pytest

from opsanalytics import ledger
from opsanalytics.readers.reading import Context
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tree import Source
from opsanalytics.warehouse.settle import gather

INCIDENT = """\
# Checkout slow

Incident ID: INC-202609{number:02}-01
Start Time (UTC): 2026-09-{number:02} 09:00
{more}

## Follow-ups
- [ ] Alert on slow checkout of the shop — Ana — 2026-10-18
"""


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The records whose words are compared with those of an earlier one."""
    records: list[str] = []
    likeness = ledger.likeness
    monkeypatch.setattr(ledger, "likeness", lambda earlier, later: (records.append(later.record_id), likeness(earlier, later))[1])
    return records


def read(**more: str) -> None:
    sources = [Source(f"ops/incidents/{number}.md", INCIDENT.format(number=number, more=more.get(f"of_{number}", "")).encode())
               for number in range(1, 29)]  # fmt: skip
    gather({"incidents": sources}, Context(Vocabulary()))


def test_incidents_that_do_not_name_each_other_are_not_compared(compared: list[str]) -> None:
    read()
    assert compared == []


def test_one_that_names_another_is_compared_with_it_alone(compared: list[str]) -> None:
    read(of_20="Repeat of: INC-20260903-01")
    assert compared == ["INC-20260920-01"]
