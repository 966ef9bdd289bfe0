"""Which promise of a file's next version is which of the last one, when its text was edited, moved or reordered."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence

from rapidfuzz import fuzz

from opsanalytics.ledger import NO_TICKET
from opsanalytics.markup.words import fold
from opsanalytics.tables import Row

ALIKE = 80  # per cent of the letters, of two wordings of one promise
ALIKE_IN_PLACE = 50  # the same, where list, owner and due day are one and the same
MOST_PAIRS = 1_000_000  # above it a list was rewritten, and comparing would take minutes
_TICKET = re.compile(r"(?<![\w-])[A-Z][A-Z0-9]{1,9}-\d{1,7}(?![\w-])|(?<![\w&#])#\d{1,7}\b")

Key = Callable[[Row], object]
_EXACTLY: tuple[Key, ...] = (
    lambda row: (row["origin_id"], row["section"], row["text"], row["owner"], row["due_on"]),
    lambda row: (row["origin_id"], row["section"], row["text"]),
    lambda row: (row["origin_id"], row["text"]),
)


def tickets(text: str) -> frozenset[str]:
    """The ids that a text names, such as `FER-12` and `#812`."""
    return frozenset(found for found in _TICKET.findall(text) if not NO_TICKET.match(found))


def match(before: Sequence[Row], after: Sequence[Row]) -> dict[int, int]:
    """Place in `after` -> place in `before`, both in the order of the file; what is new or has vanished is in none."""
    found: dict[int, int] = {}
    for key in _EXACTLY:
        found |= _equal(before, after, found, key)
    left = set(range(len(before))).difference(found.values())
    new = [at for at in range(len(after)) if at not in found]
    pairs = [(old, at) for old in left for at in new] if len(left) * len(new) <= MOST_PAIRS else []
    alike = sorted((-alikeness(before[old], after[at]), abs(old - at), old, at) for old, at in pairs)
    for score, _, old, at in alike:
        if score and at not in found and old in left:
            found[at] = old
            left.remove(old)
    return found


def _equal(before: Sequence[Row], after: Sequence[Row], found: dict[int, int], key: Key) -> Iterator[tuple[int, int]]:
    """The first of equal ones is the first of them again."""
    waiting: dict[object, deque[int]] = defaultdict(deque)
    taken = set(found.values())
    for at, row in enumerate(before):
        if at not in taken:
            waiting[key(row)].append(at)
    for at, row in enumerate(after):
        if at not in found and (same := waiting.get(key(row))):
            yield at, same.popleft()


def alikeness(before: Row, after: Row) -> float:
    """0 for another promise, else how alike two wordings are, in per cent; above 100 where both name the same ticket."""
    if before["origin_id"] != after["origin_id"]:
        return 0
    score = fuzz.ratio(fold(before["text"]), fold(after["text"]))
    said, says = tickets(before["text"]), tickets(after["text"])
    if said and says:
        return 101 + score if said & says else 0
    return score if score >= (ALIKE_IN_PLACE if _is_in_place(before, after) else ALIKE) else 0


def _is_in_place(before: Row, after: Row) -> bool:
    """An owner and a due day that nobody wrote are not the same."""
    told = (before["section"], before["owner"], before["due_on"])
    return None not in told[1:] and told == (after["section"], after["owner"], after["due_on"])
