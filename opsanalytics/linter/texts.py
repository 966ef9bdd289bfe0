"""What only the text of a file tells: links that lead nowhere, and words that blame."""

from __future__ import annotations

from collections.abc import Iterator

from opsanalytics.findings import Finding, finding
from opsanalytics.linter.comments import ignored_codes
from opsanalytics.linter.durations import counts_working_time
from opsanalytics.linter.lint import Lint, Said, may_mention, without_case
from opsanalytics.markup.links import prose, read_links
from opsanalytics.readers.vocabulary import Vocabulary


def read_said(path: str, text: str, words: Vocabulary) -> Said:
    """What the rules ask of the text of a file; without it, the file need not be opened again."""
    folded = without_case(text)
    blame, is_working_time = tuple(_blame(text, folded, words)), counts_working_time(text, folded, words)
    return Said(tuple(read_links(path, text)), blame, tuple(ignored_codes(text)), is_working_time)


def dead_links(record: Lint) -> Iterator[Finding]:
    """Relative links to a file by its name; addresses, anchors and pages that a site makes are no files."""
    for path, said in record.said.items():
        for line, column, target in said.links:
            if target in record.missing:
                yield finding("OPS161", path, line, column, f"there is no file `{target}`")


def blame_words(record: Lint) -> Iterator[Finding]:
    """A matter of style: an incident has causes, and no culprits."""
    for path in sorted({row["source_path"] for row in record.of("incidents")}):
        for line, column, word in record.said[path].blame if path in record.said else ():
            yield finding("OPS171", path, line, column, f"`{word}` blames somebody")


def _blame(text: str, folded: str, words: Vocabulary) -> Iterator[tuple[int, int, str]]:
    if may_mention(words, "blame", "blame", folded):
        pattern = words.pattern("blame", "blame")
        for number, line in prose(text):
            yield from ((number, found.start() + 1, found[0]) for found in pattern.finditer(line))
