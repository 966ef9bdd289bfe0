"""Words are data: a language is a file of them, and no word means two things."""

from __future__ import annotations

import pytest

from opsanalytics.readers.vocabulary import Vocabulary, built_in_words, words_by_language


@pytest.mark.parametrize("group", sorted(built_in_words()))
def test_no_word_of_a_group_means_two_things_in_whatever_language(group: str):
    meanings: dict[str, set[str]] = {}
    for meaning, words in built_in_words()[group].items():
        for word in words:
            meanings.setdefault(word.casefold(), set()).add(meaning)
    assert {word: said for word, said in meanings.items() if len(said) > 1} == {}


def test_every_language_uses_the_groups_and_meanings_of_english():
    english, *others = words_by_language()
    assert len(others) >= 1
    for other in others:
        assert {group: set(meanings) - set(english[group]) for group, meanings in other.items()} == {group: set() for group in other}


def test_a_team_can_give_a_shipped_word_another_meaning():
    assert Vocabulary().look_up("severity", "kritisch") == "SEV-1"
    assert Vocabulary({"severity": {"SEV-2": ["kritisch"]}}).look_up("severity", "Kritisch") == "SEV-2"


def test_a_language_writes_each_word_of_a_group_once():
    for language in words_by_language():
        for group, meanings in language.items():
            words = [word for spellings in meanings.values() for word in spellings]
            assert len(words) == len(set(words)), group


@pytest.mark.parametrize("group", ["action_words", "title_kinds", "checks", "people"])
def test_a_word_is_found_in_whatever_case_and_as_a_word_of_its_own(group: str):
    words = Vocabulary()
    said = words.group(group)
    assert len(said) >= 3
    for word, meaning in said.items():
        for spelling in (word, word.upper(), word.title()):
            assert spelling in {found[0] for found in words.find(group, meaning, f"({spelling}) it {spelling}s")}, spelling
            assert list(words.find(group, meaning, f"it{spelling}it")) == []
