"""Everything that leaves a pack, from its executed notebooks and its tables: a site, one file, a PDF, sheets, mail, chat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from opsanalytics.metrics.periods import Period
from opsanalytics.packs import spans, summary
from opsanalytics.packs.catalogue import Pack
from opsanalytics.packs.csv_files import write_csv_files
from opsanalytics.packs.numbers import as_json, collect_numbers
from opsanalytics.packs.pdf import printing
from opsanalytics.packs.render import Page, write_site
from opsanalytics.packs.sheets import write_sheets
from opsanalytics.packs.single_file import write_single_file
from opsanalytics.tables import TABLES

PDF = "report.pdf"
SHEETS = "data.xlsx"
SHOWN_TABLES = tuple(table for table in TABLES if table != "loads")  # that one names folders of the machine that loaded


@dataclass(frozen=True)
class Outputs:
    """File names in the pack, the first page first. left_out: what could not be made, and why."""

    pages: tuple[str, ...]
    single_file: str | None
    left_out: tuple[str, ...]


def write_outputs(
    built: Path, pack: Pack, pages: Sequence[Page], period: Period, connection: duckdb.DuckDBPyConnection, *, single_file: bool
) -> Outputs:
    """All but the manifest. The browser prints while the tables are written."""
    executed = [built / "notebooks" / f"{name}.ipynb" for name in pack.sources]
    numbers = collect_numbers(executed)
    covered = spans.days_words(period) if period.kind == "day-range" else period.name
    title, heading = f"{pack.title} {covered}", summary.read_heading(executed[0])
    whole = (built if single_file else built.parent) / f"{pack.name}-{period.name}.html"
    write_single_file(whole, pages, title, heading[:3])
    with printing(whole, built / PDF, _as_of(connection)) as outcome:
        (built / "numbers.json").write_text(as_json(numbers), encoding="utf-8")
        write_sheets(connection, SHOWN_TABLES, built / SHEETS, [title, *heading])
        write_csv_files(connection, SHOWN_TABLES, built / "csv")
        why = outcome()
    also = ({} if why else {PDF: "All pages as a PDF"}) | ({whole.name: "All pages as one file"} if single_file else {})
    write_site(built, pages, pack, covered, also)
    told = summary.read_summary(executed[0], numbers, title=title, pages=[page.short for page in pages],
                                files=[pages[0].file, *also, SHEETS, "csv", "numbers.json", "manifest.json"])  # fmt: skip
    _write_summaries(built, told)
    return Outputs(tuple(page.file for page in pages), whole.name if single_file else None, (f"{PDF}: {why}",) if why else ())


def _write_summaries(built: Path, told: summary.Summary) -> None:
    forms = {"html": summary.as_html, "txt": summary.as_text, "md": summary.as_markdown, "json": summary.as_slack}
    for ending, form in forms.items():
        (built / f"summary.{ending}").write_text(form(told), encoding="utf-8")


def _as_of(connection: duckdb.DuckDBPyConnection) -> datetime:
    ((as_of,),) = connection.execute("select as_of from latest_load").fetchall()
    found: datetime = as_of
    return found
