"""What nobody answers for: roadmap items without a DRI, services without a runbook."""

from __future__ import annotations

from collections.abc import Iterator

from opsanalytics.findings import Finding
from opsanalytics.linter.lint import Lint, at_row
from opsanalytics.readers.services import Services
from opsanalytics.tables import Row


def items_without_dri(record: Lint) -> Iterator[Finding]:
    """Of what is being done now or next: later has time to find somebody."""
    for row in record.of("roadmap_items"):
        if row["horizon"] in ("now", "next") and row["status"] == "open" and row.get("dri") is None:
            yield at_row("OPS151", row, f"nobody is the DRI of `{row['title'][:60]}`")


def services_without_runbook(record: Lint) -> Iterator[Finding]:
    services = Services(record.of("services"))
    covered = {name for row in record.of("runbooks") for name, _ in services.named_in(row.get("service") or "")}
    for row in record.of("services"):
        if row["service"] not in covered and not _is_retired(row, record):
            yield at_row("OPS152", row, f"`{row['service']}` has no runbook")


def _is_retired(row: Row, record: Lint) -> bool:
    retired = row.get("retired_on")
    return retired is not None and bool(retired <= record.today)
