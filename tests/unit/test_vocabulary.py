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
