"""What one file tells a load: its sums, its record, and what rules ask of its text. Each file is read once, and need not be read
again by a load that finds it as it was."""

from __future__ import annotations

import pickle
from collections import defaultdict
from datetime import date, datetime, timedelta, timezone
from io import BytesIO
from typing import Any, NamedTuple

from opsanalytics.errors import DatabaseError
from opsanalytics.findings import Finding
from opsanalytics.linter import Said, read_said
from opsanalytics.markup.decode import decode
from opsanalytics.markup.strict_yaml import MarkupError
from opsanalytics.readers import KINDS, read_record
from opsanalytics.readers.reading import Context, Reading, Stated
from opsanalytics.tree import Mark, Source
from opsanalytics.warehouse.parquet import SUFFIX, as_text


class Told(NamedTuple):
    """`packed` is what was read of the file, None when it was not; then `problem` says why, as it does of a `Source`."""

    path: str
    mark: Mark | None
    sha256: str | None
    blob_id: str | None
    size: int | None
    problem: str | None
    is_refused: bool
    targets: tuple[str, ...] = ()  # what its text links to
    packed: bytes | None = None

    def with_contents(self, packed: bytes | None) -> Told | None:
        """None where there is something to be read, and it is not there."""
        is_whole = self.packed is not None or self.sha256 is None or self.problem is not None
        return self if is_whole else self._replace(packed=packed) if packed is not None else None

    def unpacked(self) -> tuple[Reading, Said]:
        found: tuple[Reading, Said] = _Unpickler(BytesIO(self.packed or b"")).load()
        return found


def tell(kind: str, source: Source, context: Context, like: str) -> Told:
    """Reads one file. `like` is an id of the repository, as its ids look."""
    read = source.read()
    text = as_text(read)
    size = None if read.data is None else len(read.data)
    told = Told(read.path, source.mark, read.sha256, read.blob_id(like), size, text.problem, text.is_refused)
    if text.data is None:
        return told
    content = _decoded(text.data)
    reading = read_record(KINDS[kind], read.path, content, context)
    said = read_said(read.path, content, context.words) if isinstance(content, str) and not read.path.endswith(SUFFIX) else Said()
    targets = tuple({target: None for _, _, target in said.links})
    return told._replace(targets=targets, packed=pickle.dumps((reading, said), pickle.HIGHEST_PROTOCOL))


def _decoded(data: bytes) -> str | bytes:
    """As it is where it is no text, which the reader has to say."""
    try:
        return decode(data)
    except MarkupError:
        return data


class _Unpickler(pickle.Unpickler):
    """Makes what readers make, and nothing else: the file that it comes from may be anybody's."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _MADE:
            raise DatabaseError(f"the database remembers a {module}.{name}, which no reader makes; run `opsanalytics load --full`")
        return _MADE[module, name]


_MADE = {(made.__module__, made.__qualname__): made for made in (
    Reading, Stated, Finding, Said, list, defaultdict, date, datetime, timedelta, timezone)}  # fmt: skip
