"""The people that a stretch of minutes names: `Ana Diaz @ana (she/her) - Acme, Bo (late)` names Ana Diaz and Bo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from opsanalytics.markup.words import fold, fold_label
from opsanalytics.readers.vocabulary import Vocabulary

SAYS = {"present": True, "absent": False}
_COMMA = re.compile(r"\s?[,;]\s?(?![^()]{0,200}\))")
_SIGN = re.compile(r"\s[&|/+]\s(?![^()]{0,200}\))")
_ROLE = re.compile(r"\s?[(\[]([^()\[\]]{0,80})(?:[)\]]+|$)")
_ADDRESS = re.compile(r"@?<?[^\s<>@()]{1,80}@[^\s<>@()]{1,80}\.[^\s<>@()]{1,20}>?")
_HANDLE = re.compile(r"(?<![\w.@])@(\w[\w-]*)")
_PRONOUNS = re.compile(r"\s\w{1,5}/\w{1,6}(?:/\w{1,6})?(?=$|\s[—–-])")
_BEHIND = re.compile(r"\s-{1,3}\s|\s?[—–]\s?|\s?[:：](?:\s|$)")
_COLON = re.compile(r"\s?[:：](?:\s|$)")
_MARK = re.compile(r"(?P<mark>[^\w\s@(\[\"'`~]{1,3}|\[[x ]?\])\s?(?=[\w@])")
_NAME = re.compile(r"[^\W\d_][\w.'’·-]*(?:\s[^\W\d_][\w.'’-]*){0,4}")
_LONGEST, _LONGEST_REMARK = 60, 4


@dataclass(frozen=True)
class Mention:
    """A name as written, and whether the text beside it says that its bearer was there."""

    name: str
    present: bool | None = None
    handle: str | None = None


def people_in(text: str, words: Vocabulary, *, first_only: bool = False) -> list[Mention]:
    """All that are named. `first_only`: behind one comma stands where somebody is from, and no second person."""
    label, rest = _split_label(text)
    if rest:
        meaning = words.group("ritual_labels").get(fold_label(label))
        if meaning or words.look_up("attendance_roles", label):
            found = people_in(rest, words, first_only=first_only)
            return [replace(each, present=SAYS.get(meaning or "")) if each.present is None else each for each in found]
        several = _COMMA.split(rest)
        if len(several) > 1 and all(is_name(each, words) for each in several):
            text = rest
    pieces = _COMMA.split(text)
    is_from = first_only and len(pieces) == 2 and not pieces[1].startswith("@")
    return [each for piece in pieces[: 1 if is_from else None] for each in _of_piece(piece, words)]


def _split_label(text: str) -> tuple[str, str]:
    found = _COLON.search(text)
    return (text[: found.start()], text[found.end() :].strip()) if found else (text, "")


def _of_piece(piece: str, words: Vocabulary) -> Iterator[Mention]:
    joint = words.pattern("name_joints", "name_joints")
    for text in (name for part in _SIGN.split(piece) for name in joint.split(part)):
        yield from _of_text(text.strip(), words)


def _of_text(text: str, words: Vocabulary) -> Iterator[Mention]:
    """One name with what stands around it; `@ana @bo` are two."""
    mark = _MARK.match(text)
    roles, handles, address = _ROLE.findall(text), _HANDLE.findall(text), _ADDRESS.search(text)
    bare = _HANDLE.sub("", _ADDRESS.sub("", _ROLE.sub("", text[mark.end() if mark else 0 :])))
    bare, *behind = _BEHIND.split(_PRONOUNS.sub("", bare).strip(" .*_"), maxsplit=1)
    name, remark = _cut(bare, words)
    present = _presence([mark["mark"] if mark else "", *roles, *behind, remark], words)
    if is_name(name, words):
        yield Mention(name, present, handles[0] if handles else None)
    elif not name and handles:
        yield from (Mention(handle, present, handle) for handle in handles)
    elif not name and address:
        yield Mention(address[0].strip("<>"), present)


def _cut(text: str, words: Vocabulary) -> tuple[str, str]:
    """The name, and what is said of its bearer: `Ana joined at 10:15`, `Bo from Acme`, `Chi late`."""
    said = text.split()
    ends = words.group("name_ends")
    end = next((at for at, word in enumerate(said) if at and word in ends), len(said))
    return " ".join(said[:end]).strip(" .,*"), " ".join(said[end:])


def _presence(remarks: list[str], words: Vocabulary) -> bool | None:
    for remark in filter(None, remarks):
        if said := words.look_up("attendance_words", remark):
            return SAYS[said]
        if len(remark.split()) <= _LONGEST_REMARK and words.mentions("attendance_words", "absent", remark):
            return False
    return None


def is_name(text: str, words: Vocabulary) -> bool:
    """Words that begin with a capital, or one or two that do not; never a word that no name has, such as `the`."""
    if len(text) > _LONGEST or not _NAME.fullmatch(text) or words.is_unknown(text):
        return False
    first, *rest = text.split()
    if any(_is_no_name(word.rstrip("."), words) for word in (first, *rest)):
        return False
    small = [word for word in rest if word[0].islower() and word not in words.group("name_particles")]
    return not small or (first[0].islower() and len(rest) == 1)


def _is_no_name(word: str, words: Vocabulary) -> bool:
    return fold(word) in words.group("no_people") or word in words.group("no_name_words")
