"""Record quality: which files were read, what is wrong with them, and where to begin mending."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from opsanalytics.figures import Link, Number, day, plural, quantity
from opsanalytics.findings import RULES, rule_page
from opsanalytics.packs.record import Record
from opsanalytics.packs.spans import where
from opsanalytics.tables import FILE_STATUSES, LEVELS

CONTRADICTIONS = ("OPS112", "OPS114", "OPS115")
INCOMPLETE, WITH_SECTIONS = "OPS131", ("incidents", "decisions")
WORST_SHOWN = 20
GRAVE = ("error", "warning")


def header(record: Record) -> tuple[str, ...]:
    """It is about the record as it stands, whatever period the pack is of."""
    return (record.header[0], "the whole record", record.as_of_words,
            f"{plural(len(record.files), 'file')} seen, {plural(len(record.findings), 'finding')}")


# --- files

def files(record: Record) -> pd.DataFrame:
    """A kind of record a row, and one for all: seen = loaded + rejected + ignored."""
    rows = record.files
    if rows.empty:
        return pd.DataFrame()
    counts = rows.pivot_table(index="record_kind", columns="status", values="path", aggfunc="count", fill_value=0)
    counts = counts.reindex(columns=FILE_STATUSES, fill_value=0)
    counts.insert(0, "seen", counts.sum(axis=1))
    counts["records"] = rows.groupby("record_kind")["records"].sum()
    counts = counts.sort_values("seen", ascending=False, kind="stable")
    counts.loc["all kinds"] = counts.sum()
    return counts.astype(int).rename_axis("kind").reset_index()


def files_finding(record: Record) -> str:
    if record.files.empty:
        return "No file is in the places of the record; opsanalytics init makes them"
    parts = [f"{_status(record, status):,} {status}" for status in FILE_STATUSES]
    return f"{plural(len(record.files), 'file')} seen = {' + '.join(parts)}"


def files_numbers(record: Record) -> list[Number]:
    n = len(record.files)
    return [Number(f"files_{status}", _status(record, status), "files", n=n) for status in FILE_STATUSES]


def files_caption(record: Record) -> str:
    return ("Seen is every file in the places of a kind of record. Rejected cannot be read; ignored is left out by a rule, such as "
            "an index page or a template. A file holds one record or many.")


def _status(record: Record, status: str) -> int:
    return int((record.files["status"] == status).sum())


def left_out(record: Record) -> pd.DataFrame:
    """Why files are no records, the most frequent reason first; rejected before ignored."""
    rows = record.files[record.files["status"] != "loaded"]
    rows = rows.assign(reason=rows["reason"].fillna("–")).sort_values("path")
    found = rows.groupby(["status", "reason"]).agg(files=("path", "size"), first=("path", "first")).reset_index()
    found = found.sort_values(["status", "files", "reason"], ascending=[False, False, True])
    return found.rename(columns={"status": "", "first": "the first"})


def left_out_finding(record: Record) -> str:
    rejected, ignored = _status(record, "rejected"), _status(record, "ignored")
    if not rejected + ignored:
        return "No file is left out"
    return f"Why {plural(rejected + ignored, 'file')} {'is' if rejected + ignored == 1 else 'are'} no record"


# --- findings by code and by kind of file

def by_code(record: Record) -> pd.DataFrame:
    """A code a row with what it means, errors first; the code leads to the rule's page."""
    found = record.findings.sort_values(["path", "line", "col"])
    if found.empty:
        return pd.DataFrame()
    rows = found.assign(where=_where(found)).groupby(["level", "code"]).agg(
        findings=("path", "size"), files=("path", "nunique"), first=("where", "first")).reset_index()
    rows = rows.assign(rank=[LEVELS.index(level) for level in rows["level"]])
    rows = rows.sort_values(["rank", "findings", "code"], ascending=[True, False, True])
    return pd.DataFrame({
        "code": [_rule(code) for code in rows["code"]], "level": rows["level"],
        "what was found": [RULES[code].summary if code in RULES else "–" for code in rows["code"]],
        "findings": rows["findings"], "files": rows["files"], "the first": rows["first"]})


def _where(found: pd.DataFrame) -> pd.Series:
    return where(found.rename(columns={"path": "source_path", "line": "source_line"}))


def _rule(code: str) -> Link:
    return Link(code, rule_page(code))


def by_code_finding(record: Record) -> str:
    counts = record.findings["level"].value_counts()
    if counts.empty:
        return "No finding: nothing in the record contradicts itself or lacks what its kind asks for"
    return f"{plural(int(counts.sum()), 'finding')}: {_levels(counts)}"


def _levels(counts: pd.Series) -> str:
    words = dict(zip(LEVELS, ("error", "warning", "remark"), strict=True))
    return ", ".join(plural(int(counts[level]), words[level]) for level in LEVELS if counts.get(level))


def by_code_numbers(record: Record) -> list[Number]:
    n = len(record.files)
    counts = record.findings["level"].value_counts()
    levels = [Number(f"findings_{level}", int(counts.get(level, 0)), "findings", n=n) for level in LEVELS]
    return [Number("findings", int(counts.sum()), "findings", n=n), *levels]


def by_code_caption(record: Record) -> str:
    return (f"Of {plural(len(record.files), 'file')} and the settings. Rules of style are left out; opsanalytics check lists every finding "
            "with its line and column. A code leads to what it means and how to mend it.")


def by_kind(record: Record) -> pd.DataFrame:
    """How many files of each kind have nothing graver than a remark; kinds that have nothing to mend are left out."""
    kinds = _judged(record).groupby("record_kind").agg(files=("path", "size"), clean=("clean", "sum"), findings=("findings", "sum"))
    kinds = kinds[kinds["findings"] > 0].sort_values("findings", ascending=False, kind="stable").reset_index()
    return pd.DataFrame({
        "kind": kinds["record_kind"], "files": kinds["files"], "without error or warning": kinds["clean"],
        "share": [quantity(float(share), "share") for share in kinds["clean"] / kinds["files"]],
        "errors and warnings": kinds["findings"]})


def _judged(record: Record) -> pd.DataFrame:
    """Files that were loaded or rejected, with how many errors and warnings each has."""
    rows = record.files[record.files["status"] != "ignored"]
    found = rows["path"].map(_grave(record)["path"].value_counts()).fillna(0).astype(int)
    return rows.assign(findings=found, clean=found == 0)


def by_kind_finding(record: Record) -> str:
    clean = _clean(record)
    if clean.value is None:
        return "No file to judge"
    return f"{quantity(clean.value, 'share')} of {plural(clean.n or 0, 'file')} have neither an error nor a warning"


def by_kind_numbers(record: Record) -> list[Number]:
    return [_clean(record)] if _clean(record).value is not None else []


def by_kind_caption(record: Record) -> str:
    return ("Of the files that were loaded or rejected; kinds without an error or warning are not shown. A share of the record itself and "
            "of no sample, so it has no interval.")


def _clean(record: Record) -> Number:
    rows = _judged(record)
    return Number("clean_files", float(rows["clean"].mean()) if len(rows) else None, "share", n=len(rows))


# --- what contradicts itself, and what is not written to the end

def contradictions(record: Record) -> pd.DataFrame:
    return _listed(record, CONTRADICTIONS)


def contradictions_finding(record: Record) -> str:
    found = _of(record, CONTRADICTIONS)
    if found.empty:
        return "No time or duration contradicts another"
    return f"{plural(len(found), 'contradiction')} of times and durations in {plural(found['path'].nunique(), 'file')}"


def contradictions_numbers(record: Record) -> list[Number]:
    found = _of(record, CONTRADICTIONS)
    return [Number("contradictions", len(found), "findings", n=len(record.findings)),
            Number("files_with_a_contradiction", found["path"].nunique(), "files", n=len(record.files))]


def contradictions_caption(record: Record) -> str:
    meant = "; ".join(f"{code}: {RULES[code].summary}" for code in CONTRADICTIONS)
    return f"{meant}. A duration that ends before it starts is in no metric."


def _of(record: Record, codes: Sequence[str]) -> pd.DataFrame:
    return record.findings[record.findings["code"].isin(codes)].sort_values(["path", "line", "col"])


def _listed(record: Record, codes: Sequence[str]) -> pd.DataFrame:
    found = _of(record, codes)
    return pd.DataFrame({"what": found["message"], "code": [_rule(code) for code in found["code"]],
                         "where": _where(found)})


def incomplete(record: Record) -> pd.DataFrame:
    """What files lack, the most frequent first."""
    found = _incomplete(record)
    rows = found.assign(where=_where(found)).groupby(["record_kind", "message"]).agg(
        files=("path", "nunique"), first=("where", "first")).reset_index()
    rows = rows.sort_values(["files", "record_kind", "message"], ascending=[False, True, True])
    return rows.rename(columns={"record_kind": "kind", "message": "what is missing", "first": "the first"})


def _incomplete(record: Record) -> pd.DataFrame:
    """The findings with the kind of their file."""
    return _of(record, (INCOMPLETE,)).merge(_whole_files(record)[["path", "record_kind"]], on="path")


def _whole_files(record: Record) -> pd.DataFrame:
    """Loaded files of the kinds that have sections to fill in."""
    rows = record.files[record.files["status"] == "loaded"]
    return rows[rows["record_kind"].isin(WITH_SECTIONS)]


def incomplete_finding(record: Record) -> str:
    numbers = incomplete_numbers(record)
    parts = [f"{number.value or 'none'} of {number.n:,} {number.id.removeprefix('incomplete_')}" for number in numbers]
    if not parts:
        return "No incident or decision file to judge by its sections"
    return f"Sections are missing or empty in {' and '.join(parts)}"


def incomplete_numbers(record: Record) -> list[Number]:
    """Files that lack a section, of each kind that has any file."""
    counts = _incomplete(record).groupby("record_kind")["path"].nunique()
    files = _whole_files(record)["record_kind"].value_counts()
    return [Number(f"incomplete_{kind}", int(counts.get(kind, 0)), "files", n=int(files[kind])) for kind in WITH_SECTIONS if kind in files]


def incomplete_caption(record: Record) -> str:
    return "Of the files that were loaded, by what the template of each asks for; a post of a status page owes no section."


# --- where to begin

def worst(record: Record) -> pd.DataFrame:
    """The files with the most errors, then warnings, and their gravest finding, the first of them in the file."""
    found = _grave(record)
    if found.empty:
        return pd.DataFrame()
    files = found.sort_values(["level", "line", "col"]).groupby("path").agg(
        errors=("level", lambda levels: int((levels == "error").sum())), found=("level", "size"), line=("line", "first"),
        message=("message", "first")).reset_index()
    files = files.sort_values(["errors", "found", "path"], ascending=[False, False, True]).head(WORST_SHOWN)
    return pd.DataFrame({"errors": files["errors"], "warnings": files["found"] - files["errors"], "begin with": files["message"],
                         "where": _where(files)})


def _grave(record: Record) -> pd.DataFrame:
    """Errors and warnings."""
    return record.findings[record.findings["level"].isin(GRAVE)]


def worst_finding(record: Record) -> str:
    count = int(_grave(record)["path"].nunique())
    if not count:
        return "No file has an error or a warning"
    return "The file to begin with" if count == 1 else f"The {min(count, WORST_SHOWN)} files to begin with, of {count:,} with an error or a warning"


def worst_numbers(record: Record) -> list[Number]:
    return [Number("files_with_an_error_or_warning", int(_grave(record)["path"].nunique()), "files", n=len(record.files))]


# --- over the loads

def history(record: Record) -> pd.DataFrame:
    """The loads that this workspace remembers, newest first."""
    loads = record.table("loads").sort_values("load_id", ascending=False)
    if len(loads) < 2:
        return pd.DataFrame()
    return pd.DataFrame({
        "loaded": loads["loaded_at"], "commit": loads["git_commit"].str[:10], "files": loads["files_seen"], "loaded files": loads["files_loaded"],
        "rejected": loads["files_rejected"], "ignored": loads["files_ignored"],
        "share rejected": [quantity(float(share), "share") for share in loads["files_rejected"] / loads["files_seen"].clip(lower=1)]})


def history_finding(record: Record) -> str:
    loads = record.table("loads").sort_values("load_id")
    if len(loads) < 2:
        return "No earlier load is remembered to compare with"
    first, last = loads.iloc[0], loads.iloc[-1]
    return (f"{int(last['files_rejected']):,} of {plural(int(last['files_seen']), 'file')} rejected, {int(first['files_rejected']):,} of "
            f"{int(first['files_seen']):,} at the first of {len(loads)} loads, on {day(first['loaded_at'].date())}")


def history_caption(record: Record) -> str:
    return "A load remembers its files; findings are those of the newest alone."
