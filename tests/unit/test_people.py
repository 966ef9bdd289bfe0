"""The people that a stretch of minutes names: names as written, and no sentence for a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsanalytics.readers.people import people_in
from opsanalytics.readers.vocabulary import Vocabulary

WORDS = Vocabulary()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ines Roth", ["Ines Roth"]),
        ("Ines Roth @iroth (chair, voting) - Lanterna", ["Ines Roth"]),
        ("Ines Roth (she/her), Omar she/her; Yuki", ["Ines Roth", "Omar", "Yuki"]),
        ("Ines, Omar and Yuki & Cleo", ["Ines", "Omar", "Yuki", "Cleo"]),
        ("@ines @omar-h", ["ines", "omar-h"]),
        ("Ines Roth <ines@lanterna.example>", ["Ines Roth"]),
        ("ines@lanterna.example", ["ines@lanterna.example"]),
        ("Ludwig van der Berg (observer", ["Ludwig van der Berg"]),
        ("Scribe: Ines Roth", ["Ines Roth"]),
        ("Platform: Ines Roth, Omar Haddad", ["Ines Roth", "Omar Haddad"]),
        ("Will Odum", ["Will Odum"]),
        ("Brian Y.", ["Brian Y"]),
        ("Анна Петрова, 山田太郎", ["Анна Петрова", "山田太郎"]),
        ("Ines from Lanterna joined at 10:15", ["Ines"]),
        ("ines haddad", ["ines haddad"]),
    ],
)
def test_names_are_found_as_written(text: str, names: list[str]):
    assert [each.name for each in people_in(text, WORDS)] == names


@pytest.mark.parametrize(
    "text",
    ["", "none", "TODO", "Member 1", "Everyone", "the whole team", "8/10 present", "Did not catch who was there", "no updates",
     "We met in the room by the harbour", "Hopefully no one is absent", "https://example.com/minutes", "2026-03-04", "quorum reached"],
)  # fmt: skip
def test_what_is_no_name_names_nobody(text: str):
    assert people_in(text, WORDS) == []


@pytest.mark.parametrize(
    ("text", "present"),
    [("Bo", None), ("Bo (late)", True), ("Bo (absent)", False), ("Bo — excused", False), ("Bo: joined late", True), ("✅ Bo", True),
     ("❌ Bo", False), ("[x] Bo", True), ("Regrets: Bo", False), ("Bo is on leave", False), ("Bo (lead)", None)],
)  # fmt: skip
def test_a_remark_beside_a_name_says_whether_somebody_was_there(text: str, present: bool | None):
    assert [(each.name, each.present) for each in people_in(text, WORDS)] == [("Bo", present)]


def test_behind_one_comma_of_an_entry_stands_where_somebody_is_from():
    assert [each.name for each in people_in("Ines Roth, Nordwind Logistik", WORDS, first_only=True)] == ["Ines Roth"]
    assert [each.name for each in people_in("@ines, @omar", WORDS, first_only=True)] == ["ines", "omar"]


@given(st.text(alphabet="Ana Bo,@()[]:-—<>./\n&~x\u202e\u0130", max_size=80))
def test_whatever_the_text_a_name_is_short_and_not_empty(text: str):
    assert all(each.name and len(each.name) <= 200 for each in people_in(text, WORDS))
