"""What is wrong in the record as a whole: rules over all records together, beside what the readers say of each file.

A rule is a generator from `Lint` to findings; a new one is one function in the module of its matter, one line here, one
`Rule` in findings.py, and one folder in tests/lint that shows it failing and mended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from opsanalytics.findings import Finding
from opsanalytics.linter.chronology import dates_far_from_their_neighbours, times_to_come
from opsanalytics.linter.comments import without_ignored
from opsanalytics.linter.coverage import items_without_dri, services_without_runbook
from opsanalytics.linter.decisions import decisions_of_one_number, one_way_links
from opsanalytics.linter.durations import contradicted_durations
from opsanalytics.linter.incidents import missed_checks, postmortems_not_scheduled
from opsanalytics.linter.lint import Lint, Said
from opsanalytics.linter.promises import promises_without_day, promises_without_owner
from opsanalytics.linter.sections import missing_sections
from opsanalytics.linter.texts import blame_words, dead_links, read_said

__all__ = ["Lint", "Said", "lint", "read_said", "without_ignored"]

CHECKS: tuple[Callable[[Lint], Iterator[Finding]], ...] = (
    contradicted_durations,
    missing_sections,
    promises_without_owner,
    promises_without_day,
    dates_far_from_their_neighbours,
    times_to_come,
    missed_checks,
    postmortems_not_scheduled,
    one_way_links,
    decisions_of_one_number,
    items_without_dri,
    services_without_runbook,
    dead_links,
    blame_words,
)


def lint(record: Lint) -> list[Finding]:
    """Every finding of every rule; what a file asks to ignore is left out by `without_ignored`."""
    return [found for check in CHECKS for found in check(record)]
