"""Reading one file: its sums, its record, and what rules ask of its text."""

from __future__ import annotations

import pickle
from collections import defaultdict
from datetime import date, datetime, timedelta, timezone
from io import BytesIO
from typing import Any

from opsanalytics.errors import DatabaseError
from opsanalytics.findings import Finding
from opsanalytics.kinds import KINDS
from opsanalytics.linter import Said, read_said
from opsanalytics.markup.decode import decode
from opsanalytics.markup.strict_yaml import MarkupError
from opsanalytics.readers import read_record
from opsanalytics.readers.reading import Context, Reading, Stated
from opsanalytics.tree import Source
from opsanalytics.warehouse.memory import Told
from opsanalytics.warehouse.parquet import SUFFIX, as_text


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


def unpack(told: Told) -> tuple[Reading, Said]:
    found: tuple[Reading, Said] = _Unpickler(BytesIO(told.packed or b"")).load()
    return found


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
