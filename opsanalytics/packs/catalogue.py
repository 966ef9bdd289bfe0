"""The packs: for whom, over which period, from which notebooks. The first notebook is the first page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from opsanalytics.errors import UsageError


@dataclass(frozen=True)
class Pack:
    """`period_kind` is what `this` and `last` are of; `default_period` is what an unasked report covers."""

    name: str
    title: str
    audience: str
    period_kind: str
    default_period: str
    notebooks: tuple[str, ...]


PACKS = {
    pack.name: pack
    for pack in (
        Pack(
            "quarterly-planning", "Quarterly planning", "founders and leads who plan the next quarter",
            "quarter", "this", ("overview", "mttr", "severity_trends", "follow_up_completion", "retro_actions", "promise_ledger",
                                "roadmap_objectives", "decision_log", "ritual_health", "incident_stories", "restatements",
                                "record_quality", "mttr_definitions"),
        ),
        Pack(
            "monthly-retro", "Monthly retrospective", "the team at its retrospective", "month", "last",
            ("retro_overview", "incident_stories", "retro_actions", "follow_up_completion", "promise_ledger", "ritual_health",
             "decision_log", "roadmap_objectives", "record_quality"),
        ),
    )
}


def find_pack(name: str) -> Pack:
    """Refused with UsageError: a name that is not in the catalogue."""
    if name not in PACKS:
        raise UsageError(f"`{name}` is not a pack; valid: {', '.join(PACKS)}")
    return PACKS[name]


def notebooks_folder() -> Path:
    """Where the notebooks are: in the installed package, else beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "notebooks"
    return installed if installed.is_dir() else package.parent / "notebooks"
