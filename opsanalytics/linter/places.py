"""Places of records that ops.yml names and that hold none."""

from __future__ import annotations

from collections.abc import Iterator

from opsanalytics.findings import Finding
from opsanalytics.linter.lint import Lint
from opsanalytics.tree import Globs


def globs_without_files(record: Lint) -> Iterator[Finding]:
    """A slip in a glob leaves all records of a kind out, and nothing else tells."""
    for globs, found in record.context.places:
        if not any(map(Globs(globs).match, record.said)):
            yield found
