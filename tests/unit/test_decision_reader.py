"""Decisions: what only several files together tell, and words that golden folders do not show."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.kinds import KINDS
from opsanalytics.markup.strict_yaml import MarkupError
from opsanalytics.readers import read_record
from opsanalytics.readers.decision_links import resolve_decision_links
from opsanalytics.readers.decisions import parse_decision
from opsanalytics.readers.reading import Context
from opsanalytics.readers.vocabulary import Vocabulary

CONTEXT = Context(Vocabulary())
FOUR = {
    "doc/adr/0003-two-databases.md": "# 3. Two databases\n\n## Status\n\nSuperseded by [12. One](0012-one.md)\n",
    "doc/adr/0012-one.md": "# 12. One\n\n## Status\n\nAccepted\n\nSupersedes [3. Two](0003-two-databases.md)\n",
    "ops/decisions/2026-003-queue.md": "# 2026-003: Queue\n\nStatus: accepted\n",
    "packages/web/adr/0003-colours.md": "# 3. Colours\n\nStatus: accepted\n",
}


def rows_of(files: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for path, text in files.items():
        for table, found in read_record(KINDS["decisions"], path, text.encode(), CONTEXT).rows.items():
            rows.setdefault(table, []).extend(found)
    return rows


def status_of(text: str) -> object:
    return rows_of({"adr/1-x.md": f"# X\n\nStatus: {text}\n\n## Context\nWhy.\n"})["decisions"][0].get("status")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Accepted", "accepted"), ("✅ Accepted", "accepted"), ("Accepted.", "accepted"), ("[Accepted]", "accepted"),
        ("**Accepted**", "accepted"), ("Approved (by all)", "accepted"), ("Superceded", "superseded"),
        ("superseded by 0012", "superseded"), ("Work in progress", "draft"), ("declined", "rejected"),
        ("simmering", None), ("proposed | accepted | rejected", None), ("TBD", None),
    ],
)  # fmt: skip
def test_a_status_is_known_by_its_first_words(said: str, status: str | None):
    assert status_of(said) == status


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("2026-003", "2026-003"),
        ("0012", "doc/adr/0012-one"),
        ("ADR-12", "doc/adr/0012-one"),
        ("12", "doc/adr/0012-one"),
        ("[the one](../../doc/adr/0012-one.md)", "doc/adr/0012-one"),
        ("doc/adr/0012-one.md", "doc/adr/0012-one"),
        ("0012-one", "doc/adr/0012-one"),
        ("[queue](https://example.org/ops/decisions/2026-003-queue.md)", "2026-003"),
        ("2026-099", None),
        ("[gone](gone.md)", None),
    ],
)
def test_a_link_is_resolved_by_id_number_path_and_file_name(said: str, found: str | None):
    rows = rows_of({**FOUR, "ops/decisions/2026-004-x.md": f"# 2026-004: X\n\nStatus: accepted\nRelates to: {said}\n"})
    findings = resolve_decision_links(rows)
    link = next(row for row in rows["decision_links"] if row["from_id"] == "2026-004")
    assert link["to_id"] == found
    assert [each.code for each in findings] == ([] if found else ["OPS124"])


def test_of_two_decisions_with_a_number_the_one_in_the_same_folder_is_meant():
    rows = rows_of({**FOUR, "packages/web/adr/0004-x.md": "# 4. X\n\nSupersedes: 0003\n"})
    resolve_decision_links(rows)
    assert rows["decision_links"][-1]["to_id"] == "packages/web/adr/0003-colours"


def test_links_of_both_sides_are_kept_as_each_says_them():
    rows = rows_of(FOUR)
    assert resolve_decision_links(rows) == []
    assert [(row["from_id"], row["relation"], row["to_id"]) for row in rows["decision_links"]] == [
        ("doc/adr/0003-two-databases", "superseded_by", "doc/adr/0012-one"),
        ("doc/adr/0012-one", "supersedes", "doc/adr/0003-two-databases"),
    ]


def test_a_decision_may_relate_to_an_incident():
    rows = rows_of({"ops/decisions/2026-004-x.md": "# 2026-004: X\n\nStatus: accepted\nRelates to: INC-20260901-01\n"})
    assert resolve_decision_links({**rows, "incidents": [{"incident_id": "INC-20260901-01"}]}) == []
    assert rows["decision_links"][0]["to_id"] is None


def test_no_decision_links_to_itself():
    rows = rows_of({"adr/0001-x.md": "# 1. X\n\nStatus: accepted\nRelates to: 1\n"})
    assert len(resolve_decision_links(rows)) == 1


HOSTILE = st.lists(st.sampled_from([
    "# ", "## Status\n", "Superseded by [", "](", ")", "1. ", "- [ ] ", "Date: ", "2026-13-45", "| a | b |\n|---|---|\n",
    "\n", "---\n", "Status: ", "{", "}", "[", "]", "supersedes ", "…", "\u202e", "\U0001f600", "2026-003", ":", "<!--", "\r",
]), max_size=40).map("".join) | st.text(max_size=300)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(HOSTILE)
def test_whatever_the_text_nothing_but_a_markup_error_is_raised(text: str):
    try:
        reading = parse_decision("ops/decisions/2026-001-x.md", text, CONTEXT)
    except MarkupError:
        return
    resolve_decision_links(reading.rows)
    assert reading.ignored or len(reading.rows["decisions"]) == 1
