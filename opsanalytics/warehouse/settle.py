"""Everything that is in sight, made the rows of tables: each record read, dated by git, told apart from the others and checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from opsanalytics import __version__
from opsanalytics.clocks import wall_time
from opsanalytics.errors import RepositoryError
from opsanalytics.findings import Finding
from opsanalytics.folder import CONFIG
from opsanalytics.forges import record_address
from opsanalytics.kinds import KINDS
from opsanalytics.linter import Lint, lint, read_said, without_ignored
from opsanalytics.readers.reading import Context
from opsanalytics.repository import find_repository
from opsanalytics.tables import Row
from opsanalytics.tree import Globs, Source
from opsanalytics.warehouse.moment import Moment, as_set_then, git_says, last_commit
from opsanalytics.warehouse.past import Past
from opsanalytics.warehouse.records import Records, combine
from opsanalytics.warehouse.sight import Progress, Sight, Sources, look, read_files, silent
from opsanalytics.warehouse.slots import promised_slots
from opsanalytics.warehouse.versions import read_versions
from opsanalytics.workspace import Workspace

_UNTOLD = ""  # of a load that git did not tell everything: by the next it may


def read_whole(sight: Sight, memories: Collection[Path], progress: Progress = silent) -> tuple[Records, Row]:
    """Everything that is in sight, and the row of the load, which has no id yet. `memories` are databases that may remember
    what earlier loads read of the past."""
    past = _read_past(sight, memories, progress)
    is_dirty, found = compare_with_commit(sight)
    records = settle(sight, past, found, progress)
    row = load_row(sight, records.counts(), is_dirty=is_dirty)
    if found or (sight.commit and (past is None or past.versions.lost)):
        row["fingerprint"] = _UNTOLD
    return records, row


def settle(sight: Sight, past: Past | None, found: Iterable[Finding] = (), progress: Progress = silent) -> Records:
    """The records of files whose contents are at hand, with what was found of them otherwise."""
    workspace, moment, context = sight.workspace, sight.moment, sight.context
    records = combine(sight.files, context, past)
    records.said = {CONFIG: read_said(CONFIG, workspace.config_text, context.words), **records.said}
    records.rows["history_state"] = records.rows["history_state"] or [{"standing": "refused" if sight.refusal else "none"}]
    _take_annotations(records, workspace)
    records.findings += [*workspace.findings, *_globs_without_files(workspace, records), *moment.findings, *sight.refusal, *found]
    records.rows["ritual_slots"] = _slots(records, workspace, moment)
    progress("checking the record")
    record = Lint(records.rows, records.said, records.stated, sight.missing, context, moment.as_of)
    records.findings = list(without_ignored([*records.findings, *lint(record)], records.said))
    return records


def tables(records: Records, loads: list[Row]) -> dict[str, list[Row]]:
    records.findings = sorted(set(records.findings))
    findings = [vars(each) for each in records.findings]
    return {**records.rows, "source_files": records.files, "loads": loads, "findings": findings}


def read_as_it_stood(workspace: Workspace, at: datetime, head: str, memories: Collection[Path] = ()) -> dict[str, list[Row]]:
    """The rows of every table as of an instant, naive UTC, from the first-parent line of `head`; nothing is written.

    Raises RepositoryError outside git, and when that line has no commit by then.
    """
    repository = find_repository(workspace.root)
    if repository is None:
        raise RepositoryError(f"{workspace.root} is not in a git repository")
    then, moment = as_set_then(workspace, repository, Moment(at, last_commit(repository, at, head)))
    records, row = read_whole(look(then, repository, moment, memories).with_contents(), memories)
    return tables(records, [row | {"load_id": 1}])


def gather(sources: Sources, context: Context, progress: Progress = silent) -> Records:
    """The records of files, none of which is known."""
    nothing = {kind: [None] * len(found) for kind, found in sources.items()}
    return combine(read_files(sources, nothing, lambda: context, None, progress), context)


def _record_address(sight: Sight) -> str | None:
    forge = sight.workspace.settings.forge
    if forge is None or sight.repository is None or sight.commit is None:
        return None
    return record_address(forge, sight.commit, sight.repository.folder())


def _read_past(sight: Sight, memories: Collection[Path], progress: Progress) -> Past | None:
    """None outside git, and where git refuses to tell it: then nothing is dated by it."""
    if sight.repository is None or sight.commit is None:
        return None
    progress("reading the history")
    try:
        return Past(read_versions(sight.workspace, sight.repository, sight.commit, memories), sight.context)
    except RepositoryError as error:
        sight.refusal.append(git_says(error))
        return None


def _globs_without_files(workspace: Workspace, records: Records) -> Iterator[Finding]:
    """A slip in a glob leaves all records of a kind out, and nothing else tells."""
    for globs, found in workspace.places:
        if not any(map(Globs(globs).match, records.said)):
            yield found


def _take_annotations(records: Records, workspace: Workspace) -> None:
    """Those of ops.yml itself; it is no record file, and not counted as one."""
    reading = workspace.annotations
    for table, rows in reading.rows.items():
        records.rows[table] += rows
    records.findings += reading.findings


def _slots(records: Records, workspace: Workspace, moment: Moment) -> list[Row]:
    as_of = wall_time(moment.as_of, workspace.zone)
    return list(promised_slots(records.rows["rituals"], records.rows["ritual_sessions"], as_of))


def load_row(sight: Sight, files: Mapping[str, int], *, is_dirty: bool | None) -> Row:
    """Without its id. `files` counts them by what became of them."""
    workspace = sight.workspace
    settings = workspace.settings
    return {
        "loaded_at": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        "workspace": str(workspace.root),
        "git_commit": sight.commit,
        "dirty": is_dirty,
        "as_of": sight.moment.as_of.replace(microsecond=0),
        "tool_version": __version__,
        "fingerprint": sight.fingerprint,
        "company": workspace.company,
        "record_address": _record_address(sight),
        "zone": settings.zone or "UTC",
        "fiscal_year_start": settings.fiscal_year_start,
        "policies": settings.policies.model_dump_json(exclude_none=True),
        "severities": settings.severities,
        **{f"files_{state}": count for state, count in files.items()},
    }


def compare_with_commit(sight: Sight) -> tuple[bool | None, list[Finding]]:
    """Whether the records and settings that were read are not the commit's, by the ids that git gives to contents; None, with a
    finding, when git cannot list them."""
    if sight.repository is None or sight.moment.commit:
        return (None if sight.repository is None else False), []
    globs = [Globs(sight.workspace.globs(kind)) for kind in KINDS]
    try:
        listed = sight.repository.files("HEAD")
    except RepositoryError as error:
        return None, [git_says(error)]
    regular = {blob.path: blob.object_id for blob in listed if blob.mode.startswith("100")}
    files = [each for found in sight.files.values() for each in found]
    read = {each.path: each.blob_id for each in files if each.blob_id}
    unread = {each.path for each in files if not each.blob_id}
    committed = {path: each for path, each in regular.items() if path in read or any(kind.match(path) for kind in globs)}
    like = next(iter(regular.values()), "0" * 40)
    is_set_alike = regular.get(CONFIG, Source(CONFIG, b"").blob_id(like)) == Source(CONFIG, sight.workspace.config).blob_id(like)
    is_read_alike = {path: each for path, each in committed.items() if path not in unread} == read
    return not (is_set_alike and is_read_alike), []
