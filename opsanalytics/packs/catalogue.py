"""The packs: for whom, over which period, from which notebooks. The first notebook is the first page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from opsanalytics.errors import UsageError, WorkspaceError
from opsanalytics.folder import CONFIG
from opsanalytics.workspace import Workspace

OWN = ".ipynb"
TAKEN = {"index", "summary"}  # pages of every pack


@dataclass(frozen=True)
class Pack:
    """`period_kind` is what `this` and `last` are of; `default_period` is what an unasked report covers. A notebook is
    named, or, where it is the team's own, a path in its folder.
    """

    name: str
    title: str
    audience: str
    period_kind: str
    default_period: str
    notebooks: tuple[str, ...]
    folder: Path | None = None

    @property
    def sources(self) -> dict[str, Path]:
        """The notebooks by name, the first page first."""
        return {Path(notebook).stem: self._source(notebook) for notebook in self.notebooks}

    def _source(self, notebook: str) -> Path:
        own = self.folder is not None and notebook.endswith(OWN)
        return Path(self.folder or "", notebook) if own else notebooks_folder() / f"{notebook}{OWN}"


PACKS = {
    pack.name: pack
    for pack in (
        Pack(
            "weekly-oncall", "Weekly on-call review", "whoever hands over the pager, and the lead", "week", "last",
            ("oncall_overview", "on_call_load", "slo_error_budgets", "incident_stories", "follow_up_completion", "promise_ledger", "record_quality"),
        ),
        Pack(
            "quarterly-planning", "Quarterly planning", "founders and leads who plan the next quarter",
            "quarter", "this", ("overview", "mttr", "severity_trends", "slo_error_budgets", "on_call_load", "follow_up_completion", "retro_actions", "promise_ledger",
                                "roadmap_objectives", "decision_log", "capacity_forecast", "ritual_health", "incident_stories", "restatements",
                                "founders_checklist", "record_quality", "mttr_definitions"),
        ),
        Pack(
            "monthly-retro", "Monthly retrospective", "the team at its retrospective", "month", "last",
            ("retro_overview", "incident_stories", "retro_actions", "follow_up_completion", "promise_ledger", "ritual_health",
             "decision_log", "roadmap_objectives", "record_quality"),
        ),
    )
}


def own_packs(workspace: Workspace) -> dict[str, Pack]:
    """The team's packs, as its ops.yml has them.

    Refused with WorkspaceError: the name of one of ours, a notebook that is not there or outside the workspace, two of
    one name.
    """
    packs = {
        name: Pack(name, said.title or name.replace("-", " ").capitalize(), workspace.company, said.period, "last",
                   tuple(said.notebooks), workspace.root)
        for name, said in workspace.settings.packs.items()
    }  # fmt: skip
    for pack in packs.values():
        _check(pack, workspace.root)
    return packs


def _check(pack: Pack, root: Path) -> None:
    where = f"{CONFIG}: packs.{pack.name}"
    if pack.name in PACKS:
        raise WorkspaceError(f"{where}: that is a pack of ours; choose another name")
    for notebook in pack.notebooks:
        source = pack.sources[Path(notebook).stem]
        if not source.is_file():
            shipped = ", ".join(sorted(path.stem for path in notebooks_folder().glob(f"*{OWN}")))
            raise WorkspaceError(f"{where}: there is no notebook `{notebook}`; write a path in the workspace, or one of {shipped}")
        if notebook.endswith(OWN) and not source.resolve().is_relative_to(root):
            raise WorkspaceError(f"{where}: `{notebook}` must stay inside the workspace")
    if len(pack.sources) < len(pack.notebooks) or TAKEN & set(pack.sources):
        raise WorkspaceError(f"{where}: two pages would have one name, or one of {', '.join(sorted(TAKEN))}; rename a notebook")


def find_pack(name: str, own: Mapping[str, Pack]) -> Pack:
    """Refused with UsageError: a name that is neither in the catalogue nor one of the team's own."""
    packs = {**PACKS, **own}
    if name not in packs:
        raise UsageError(f"`{name}` is not a pack; valid: {', '.join(packs)}")
    return packs[name]


def notebooks_folder() -> Path:
    """Where the notebooks are: in the installed package, else beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "notebooks"
    return installed if installed.is_dir() else package.parent / "notebooks"
