"""The files that a text links to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from posixpath import dirname, normpath
from urllib.parse import unquote

_LINK = re.compile(r"(?:\]\(\s?|^ {0,3}\[[^\]\n]{1,200}\]:\s+)(?:<(?P<angled>[^<>\n]{1,300})>|(?P<bare>[^()<>\s]{1,300}))")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_NO_PROSE = re.compile(r"(?P<ticks>`+).*?(?P=ticks)|<!--.*?-->")
_NO_PATH = re.compile(r"[{}<>$*|]|^/|^\w+:")
_FILES = (".md", ".mdx", ".markdown", ".qmd", ".yml", ".yaml", ".csv", ".json", ".txt", ".png", ".jpg", ".jpeg", ".svg", ".gif", ".pdf")


def missing_files(targets: Iterable[str], exists: Callable[[str], bool]) -> frozenset[str]:
    """Those that are linked to and that are not there."""
    return frozenset(target for target in set(targets) if not exists(target))


def read_links(path: str, text: str) -> Iterator[tuple[int, int, str]]:
    """Line, column and target of each link to a file of the workspace."""
    if "](" not in text and "]: " not in text:
        return
    for number, line in prose(text):
        for found in _LINK.finditer(line) if "](" in line or "]:" in line else ():
            group = "angled" if found["angled"] else "bare"
            if target := _target(path, found[group]):
                yield number, found.start(group) + 1, target


def _target(path: str, link: str) -> str | None:
    """The path in the workspace that a link names, None when it names no file in it."""
    bare = unquote(re.split("[?#]", link, maxsplit=1)[0])
    if _NO_PATH.search(bare) or not bare.casefold().endswith(_FILES):
        return None
    target = normpath(f"{dirname(path)}/{bare}").lstrip("/")
    return None if target.startswith("..") else target


def prose(text: str) -> Iterable[tuple[int, str]]:
    """The lines outside code fences and comments, with what is quoted in them blanked."""
    lines = enumerate(text.split("\n"), 1)
    return _unquoted(lines) if any(mark in text for mark in ("`", "~~~", "<!--")) else lines


def _unquoted(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    fence, in_comment = None, False
    for number, line in lines:
        mark = None if in_comment else _FENCE.match(line)
        if mark and fence in (None, mark[1]):
            fence = None if fence else mark[1]
        elif not fence:
            bare = _NO_PROSE.sub(lambda quoted: " " * len(quoted[0]), line)
            before, opens, _ = (bare if not in_comment else "").partition("<!--")
            _, closes, behind = bare.partition("-->") if in_comment else ("", "", "")
            in_comment = bool(opens) or (in_comment and not closes)
            yield number, before + " " * (len(bare) - len(before) - len(behind)) + behind
