"""The words of vocabulary.yml and its sisters, with those that a team adds in ops.yml, ready to be looked up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property, lru_cache
from importlib.resources import files

from opsanalytics.markup.document import Label, Shape
from opsanalytics.markup.strict_yaml import parse_yaml
from opsanalytics.markup.words import fold, fold_label, shortest

_LONGEST = 200  # no word of a list is longer, and what is gets no further than this
_REMARK = re.compile(r"[(:;,|]|\s[-–—]\s|(?<=\w)\s(?=[^\w\s!-~])")
Words = Mapping[str, Mapping[str, list[str]]]


@cache
def words_by_language() -> tuple[dict[str, dict[str, list[str]]], ...]:
    """English from `vocabulary.yml`, then each language that has a `vocabulary.<language>.yml`."""
    folder = files("opsanalytics.readers").iterdir()
    found = sorted(file.name for file in folder if re.fullmatch(r"vocabulary(\.\w+)?\.yml", file.name))
    return tuple(map(_read_words, sorted(found, key=len)))


def _read_words(name: str) -> dict[str, dict[str, list[str]]]:
    tree = parse_yaml((files("opsanalytics.readers") / name).read_text(encoding="utf-8")).plain()
    return {group: words if isinstance(words, dict) else {group: words} for group, words in tree.items()}


@cache
def built_in_words() -> dict[str, dict[str, list[str]]]:
    """The words of all languages together: a file need not say in which it is written."""
    merged: dict[str, dict[str, list[str]]] = {}
    for group, meanings in (entry for language in words_by_language() for entry in language.items()):
        for meaning, words in meanings.items():
            merged.setdefault(group, {}).setdefault(meaning, []).extend(words)
    return merged


class Vocabulary:
    """Looks words up by group: `look_up("status", "Ongoing")` is `open`; None when no list has the word."""

    def __init__(self, added: Words | None = None) -> None:
        self.added = {group: dict(words) for group, words in (added or {}).items()}
        self._groups: dict[str, dict[str, str]] = {}
        self._patterns: dict[tuple[str, str], re.Pattern[str]] = {}
        self._shortest: dict[tuple[str, str], tuple[str, ...]] = {}

    def group(self, name: str) -> dict[str, str]:
        """Folded word -> meaning. A word that a team adds wins over a built-in one."""
        if name not in self._groups:
            own, built_in = self.added.get(name, {}), built_in_words().get(name, {})
            self._groups[name] = {**_inverted(built_in, name), **_inverted(own, name)}
        return self._groups[name]

    def look_up(self, group: str, word: str) -> str | None:
        """The whole text, else what stands before a remark: `SEV-1 (data loss)`, `open - see below`."""
        words = self.group(group)
        for spelling in _spellings(word[:_LONGEST]):
            if spelling in words:
                return words[spelling]
        return None

    def look_up_opening(self, group: str, text: str) -> str | None:
        """As `look_up`, else by the three, two or one words that the text opens with: `Accepted on 4 March`."""
        words = re.findall(r"[^\W\d_]+", text[:80])
        openings = (fold(" ".join(words[:count])) for count in (3, 2, 1))
        return self.look_up(group, text) or next(filter(None, map(self.group(group).get, openings)), None)

    def is_choice(self, group: str, text: str) -> bool:
        """`Draft / In Review / Decided` is what a template offers, and nobody chose."""
        pieces = re.split(r"\s[|/]\s", text)
        return len(pieces) >= 3 or (len(pieces) == 2 and all(self.look_up(group, each) for each in pieces))

    def is_unknown(self, text: str) -> bool:
        """Whether the text says that nothing is known yet."""
        return len(text) <= _LONGEST and fold(text).strip("*_ ") in self._unknown

    @cached_property
    def _unknown(self) -> frozenset[str]:
        return frozenset(self.group("unknown"))

    def labels(self, shapes: Mapping[str, Shape]) -> dict[str, Label]:
        """Folded label -> Label, for the names that one kind of record has."""
        return {word: Label(name, shapes[name]) for word, name in self.group("labels").items() if name in shapes}

    def mentions(self, group: str, meaning: str, text: str) -> bool:
        """Whether one of the words stands in the text as a word of its own."""
        return any(self.find(group, meaning, fold(text)))

    def find(self, group: str, meaning: str, text: str) -> Iterator[re.Match[str]]:
        """Where one of the words stands in the text as a word of its own."""
        pattern, folded = self.pattern(group, meaning), text.casefold()
        return pattern.finditer(text) if any(map(folded.__contains__, self._shortest[group, meaning])) else iter(())

    def pattern(self, group: str, meaning: str) -> re.Pattern[str]:
        """Any of the words that have a meaning, as words of their own, in a folded text."""
        key = (group, meaning)
        if key not in self._patterns:
            words = [word for word, said in self.group(group).items() if said == meaning]
            self._patterns[key], self._shortest[key] = _any_word(words), shortest(words)
        return self._patterns[key]


def _inverted(words: Mapping[str, list[str]], group: str) -> dict[str, str]:
    spell = fold_label if group in ("labels", "action_columns", "timeline_columns") else fold
    return {spell(word): meaning for meaning, spellings in words.items() for word in spellings}


def _any_word(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=8192)
def _spellings(text: str) -> tuple[str, ...]:
    """How a text may stand in a list of words: the whole of it, else what stands before a remark, else each as a label."""
    said = _REMARK.split(text, maxsplit=1)[0]
    return tuple(dict.fromkeys((fold(text), fold(said), fold_label(text), fold_label(said))))
