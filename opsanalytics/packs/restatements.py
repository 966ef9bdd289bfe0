"""What the numbers of a past period were known to be at its end, how they read now, and which commits made the difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from opsanalytics.errors import RepositoryError, WorkspaceError
from opsanalytics.figures import Number, Place, day, known, plural, quantity
from opsanalytics.folder import CONFIG
from opsanalytics.history import read_history
from opsanalytics.metrics.periods import Period, previous
from opsanalytics.metrics.restatements import Comparison, Difference, Trail, compare, end_of
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record, short_words
from opsanalytics.repository import Repository, find_repository
from opsanalytics.warehouse.schema import in_memory
from opsanalytics.warehouse.settle import read_as_it_stood
from opsanalytics.workspace import read_workspace

SHOWN = 3  # records of one change by name
Mark = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """Something of a record that reads differently, with every number that it moved."""

    kind: str
    record: str
    what: str
    numbers: Mark
    commits: Mark
    where: Place


@dataclass
class Told:
    """The answer, or in `why_not` why there is none. `period` is the last complete one that was asked for."""

    record: Record
    period: Period
    why_not: str = ""
    commit: str = ""
    comparisons: list[Comparison] = field(default_factory=list)
    trail: Trail | None = None

    @property
    def last_on(self) -> date:
        return self.period.ends_on.fromordinal(self.period.ends_on.toordinal() - 1)

    @property
    def shown(self) -> list[Comparison]:
        """Those that read differently, or that changes left as they were because they even out."""
        return [each for each in self.comparisons if each.is_different or (each.restated and each.is_known)]

    @property
    def different(self) -> list[Comparison]:
        return [each for each in self.comparisons if each.is_different]

    @cached_property
    def changes(self) -> list[Change]:
        made = [_change_of(self, kind, behind) for (kind, _, _), behind in _behind(self).items()]
        return sorted(made, key=lambda each: (min((self.days(each.commits)), default=date.max), each.record))

    @cached_property
    def committed_on(self) -> dict[str, date]:
        rows = self.record.table("file_versions")[["git_commit", "committed_at"]].dropna().drop_duplicates("git_commit")
        return {commit: self.record.local(at).date() for commit, at in zip(rows["git_commit"], rows["committed_at"], strict=True)}

    def days(self, commits: Mark) -> list[date]:
        return sorted({self.committed_on[commit] for commit in commits if commit in self.committed_on})


# --- looking back

def read(record: Record) -> Told:
    """Reads the record as it stood at the end of the period from git, beside the tables that are there; it takes as long as
    a load, and writes nothing."""
    period = asked(record.period)
    told = Told(record, period)
    if period.kind == "all":
        told.why_not = "No end to look back to in the whole record: ask for a period"
        return told
    try:
        told.why_not = _look_back(told)
    except RepositoryError:
        told.why_not = "No history to look back in: git does not read the folder that the record was read from"
    except WorkspaceError:
        told.why_not = "No way to look back: the ops.yml of the folder that the record was read from cannot be used"
    return told


def asked(period: Period) -> Period:
    """The period, else the last before it that is complete: what is known at the end of a period is not known before."""
    while period.kind != "all" and not period.is_complete:
        period = previous(period)
    return period


def _look_back(told: Told) -> str:
    """Why it cannot; else nothing, and what was told is written down."""
    load, end = told.record.load, end_of(told.period, told.record.load["zone"])
    if not isinstance(head := load["git_commit"], str):
        return "No commit tells how the record stood: it was read outside git"
    if not Path(load["workspace"]).is_dir():
        return "No history to look back in: the folder that the record was read from is not on this machine, only its tables are"
    repository = find_repository(Path(load["workspace"]))
    if repository is None or not _has(repository, head):
        return f"No history to look back in: the folder that the record was read from has not the commit {head[:10]}"
    if (then := repository.last_commit_before(end, head)) is None:
        return _too_early(repository, head, told)
    _compare(told, repository, then, head, end)
    return ""


def _has(repository: Repository, commit: str) -> bool:
    with suppress(RepositoryError):
        return bool(repository.commit(commit))
    return False


def _too_early(repository: Repository, head: str, told: Told) -> str:
    if repository.cut_at(head):
        return f"No commit up to {day(told.last_on)}: a shallow clone does not reach back to it; git fetch --unshallow fetches the rest"
    return f"No commit up to {day(told.last_on)}: nothing was on record then"


def _compare(told: Told, repository: Repository, then: str, head: str, end: datetime) -> None:
    workspace = read_workspace(repository.root)
    stood = in_memory(read_as_it_stood(workspace, end, head, (workspace.database,)))
    try:
        told.commit = then
        told.comparisons = compare(stood, told.record.connection, told.period)
        settings = read_history(repository, head, CONFIG.__eq__, then).versions
        since = repository.line(then, head) or ()
        told.trail = Trail(stood, told.record.connection, since, [version.commit for version in settings])
        told.committed_on.update({each.commit: told.record.local(each.committed_at).date() for each in settings if each.committed_at})
    finally:
        stood.close()


def header(told: Told) -> tuple[str, ...]:
    period = spans.said(told.period)
    asked_for = period if told.period == told.record.period else f"{period}, the last complete one"
    then = f"known on {day(told.last_on)}, commit {told.commit[:10]}" if told.commit else ""
    return (told.record.load["company"] or "", asked_for, then, told.record.as_of_words)


# --- the numbers

def numbers(told: Told) -> pd.DataFrame:
    """A number a row, as it was known and as it reads."""
    if not told.shown:
        return pd.DataFrame()
    return pd.DataFrame([{
        "number": _name(each), f"known on {day(told.last_on)}": _value(each.then), "n then": _n(each.then), "now": _value(each.now),
        "n now": _n(each.now), "change": _moved(each), "why": _verdict(each)} for each in told.shown])


def numbers_finding(told: Told) -> str:
    if told.why_not:
        return told.why_not
    period, different, restated = short_words(told.period), len(told.different), _restated(told)
    if not different:
        even = "; what was changed on record evens out" if told.shown else ""
        return f"Nothing that was known at the end of {period} reads differently now{even}"
    said = f"{plural(different, 'headline number')} of {period} {'reads' if different == 1 else 'read'} differently now"
    return f"{said}: {restated or 'none'} {'was' if restated == 1 else 'were'} restated, {different - restated or 'none'} only ripened"


def _restated(told: Told) -> int:
    return sum(bool(each.restated) for each in told.different)


def numbers_caption(told: Told) -> str:
    return (f"As this version of the program reads the files of commit {told.commit[:10]}, the last one by the end of {day(told.last_on)}, "
            f"against the record {told.record.as_of_words}. Restated: something that was on record was changed, came late or was taken away. "
            "Ripened: the number was unfinished, because days had to pass or something still went on.")


def numbers_numbers(told: Told) -> list[Number]:
    if told.why_not:
        return []
    both = [number for each in told.comparisons for number in (_number(each, each.then, "then"), _number(each, each.now, "now"))]
    n, restated = len(told.comparisons), _restated(told)
    return [*both, Number("restated", restated, "numbers", n=n), Number("ripened", len(told.different) - restated, "numbers", n=n),
            Number("changed", len(told.changes), "records")]


def _number(comparison: Comparison, row: dict[str, Any] | None, word: str) -> Number:
    about = comparison.headline
    key = ".".join(filter(None, (about.metric, about.statistic, comparison.group, word)))
    unit = _unit(comparison)
    return Number(key, row["value"], unit, row["low"], row["high"], row["n"]) if row else Number(key, None, unit, n=0)


def _unit(comparison: Comparison) -> str:
    return str((comparison.now or comparison.then or {})["unit"])


def _name(comparison: Comparison) -> str:
    return ", ".join(filter(None, (comparison.headline.words, comparison.group)))


def _value(row: dict[str, Any] | None) -> str:
    return quantity(row["value"], row["unit"]) if row and known(row["value"]) else "not known"


def _n(row: dict[str, Any] | None) -> int:
    return int(row["n"]) if row else 0


def _moved(comparison: Comparison) -> str:
    if comparison.change is None:
        return "–"
    if not comparison.change:
        return "none"
    sign, size = "+" if comparison.change > 0 else "-", abs(comparison.change)
    if _unit(comparison) == "share":
        return f"{sign}{100 * size:.2g} points"
    return sign + (quantity(size, "minutes") if _unit(comparison) == "minutes" else f"{size:g}")


def _verdict(comparison: Comparison) -> str:
    words = [word for word, found in (("restated", comparison.restated), ("ripened", comparison.ripened)) if found]
    even = "" if comparison.is_different else ", to the same"
    return " and ".join(words) + even if words else "the record itself begins later"


# --- what was changed

def changes(told: Told) -> pd.DataFrame:
    """What was changed on record since, the first commit first; like changes of one commit together."""
    together: dict[tuple[str, str, Mark, Mark], list[Change]] = {}
    for each in told.changes:
        together.setdefault((each.kind, each.what, each.numbers, each.commits), []).append(each)
    return pd.DataFrame([_row(told, same) for same in together.values()])


def _row(told: Told, same: Sequence[Change]) -> dict[str, object]:
    first = same[0]
    more = f" and {len(same) - SHOWN} more" if len(same) > SHOWN else ""
    return {"record": "; ".join(each.record for each in same[:SHOWN]) + more, "what": first.what,
            "number": "; ".join(first.numbers), "commit": _commits(told, first.commits), "committed": _days(told, first.commits),
            "where": first.where}


def _commits(told: Told, commits: Mark) -> str:
    if commits:
        return ", ".join(commit[:10] for commit in commits)
    return "not committed yet" if told.record.load["dirty"] is True else "by a change of another record"


def _days(told: Told, commits: Mark) -> str:
    return ", ".join(map(day, told.days(commits))) or "–"


def changes_finding(told: Told) -> str:
    if told.why_not:
        return ""
    if not told.changes:
        return f"Nothing of {short_words(told.period)} was changed on record, came late or was taken away since"
    records, commits = (int(number.value or 0) for number in changes_numbers(told))
    return (f"{plural(records, 'record')} of {short_words(told.period)} {'was' if records == 1 else 'were'} changed since, "
            f"by {plural(commits, 'commit')}")


def changes_numbers(told: Told) -> list[Number]:
    if told.why_not:
        return []
    commits = {commit for each in told.changes for commit in each.commits}
    records = {(each.kind, each.record) for each in told.changes}
    return [Number("records_changed", len(records), "records"), Number("commits_that_changed_them", len(commits), "commits")]


def changes_caption(told: Told) -> str:
    return "Of the records behind the numbers above, and of them what the numbers go by. git show, with the commit, tells who did it, and why."


Behind = list[tuple[Comparison, Difference]]


def _behind(told: Told) -> dict[tuple[str, str, Mark], Behind]:
    """By kind of record, record and columns, the known numbers that the change of these moved."""
    found: dict[tuple[str, str, Mark], Behind] = {}
    for comparison in (each for each in told.comparisons if each.is_known):
        for difference in comparison.restated:
            key = comparison.headline.records, difference.record_id, difference.columns
            found.setdefault(key, []).append((comparison, difference))
    return found


def _change_of(told: Told, kind: str, behind: Behind) -> Change:
    first = behind[0][1]
    row = first.now or first.then or {}
    commits = tuple(dict.fromkeys(commit for _, difference in behind for commit in _culprits(told, difference)))
    numbers = tuple(dict.fromkeys(_name(comparison) for comparison, _ in behind))
    return Change(kind, _record_words(kind, row), _what(told, first), numbers, commits, Place(row["source_path"], row["source_line"]))


def _culprits(told: Told, difference: Difference) -> Iterator[str]:
    if told.trail:
        yield from told.trail.of(difference)


def _record_words(kind: str, row: dict[str, Any]) -> str:
    if kind == "ritual_days":
        return f"{row['ritual']} of {day(row['promised_on'])}"
    if kind == "incidents":
        return str(row["incident_id"])
    return str(row.get("text") or row.get("title") or row["record_id"])


def _what(told: Told, difference: Difference) -> str:
    if difference.then is None:
        return "came late"
    if difference.now is None:
        return "taken away"
    then, now = difference.then, difference.now
    return "; ".join(f"{_word(name)} {_said(told, then[name])} → {_said(told, now[name])}" for name in difference.columns) or "other settings"


def _word(column: str) -> str:
    return column.removesuffix("_at").removesuffix("_on").removesuffix("_reason").replace("_", " ")


def _said(told: Told, value: Any) -> str:
    if value is None:
        return "not stated"
    if isinstance(value, datetime):
        local = told.record.local(value)
        return f"{day(local)} {local:%H:%M}"
    return day(value) if isinstance(value, date) else str(value)


# --- what has ripened

def ripened(told: Told) -> pd.DataFrame:
    """How many records each number had to wait for."""
    return pd.DataFrame([{"number": _name(each), "records": len(each.ripened), "what became of them": _became(each)}
                         for each in told.comparisons if each.ripened])


def ripened_finding(told: Told) -> str:
    if told.why_not:
        return ""
    records = _under_way(told)
    if not records:
        return f"No number of {short_words(told.period)} was unfinished at its end"
    return f"{plural(records, 'record')} of {short_words(told.period)} {'was' if records == 1 else 'were'} still under way at its end"


def ripened_numbers(told: Told) -> list[Number]:
    return [] if told.why_not else [Number("records_under_way", _under_way(told), "records")]


def _under_way(told: Told) -> int:
    return len({(each.headline.records, difference.record_id) for each in told.comparisons for difference in each.ripened})


def ripened_caption(told: Told) -> str:
    return "Nobody was wrong here: the days of a promise were not over yet, or something that went on has ended since."


def _became(comparison: Comparison) -> str:
    waited = [each for each in comparison.ripened if each.was.value is None and each.became.value is not None]
    moved = sum(not each.became.n for each in comparison.ripened)
    waiting = sum(each.became.n > 0 and each.became.value is None for each in comparison.ripened)
    ended = len(comparison.ripened) - len(waited) - moved - waiting
    kept = sum(each.became.value == 1 for each in waited)
    said = (f"{len(waited)} {'is' if len(waited) == 1 else 'are'} known now, {kept or 'none'} of them kept" if waited else "",
            f"{waiting} {'is' if waiting == 1 else 'are'} older and not known yet" if waiting else "",
            f"{moved} {'counts' if moved == 1 else 'count'} in another period now" if moved else "",
            f"{ended} came to an end since" if ended else "")
    return "; ".join(filter(None, said))
