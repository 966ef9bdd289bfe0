"""A folder with records: where they live, in which zone, with which words and policies.

Every command reads one, so readers are imported by what needs them: to compile their patterns takes longer than most questions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from opsanalytics.errors import WorkspaceError
from opsanalytics.findings import Finding
from opsanalytics.folder import CONFIG, DATABASE
from opsanalytics.kinds import KINDS
from opsanalytics.markup.decode import decode
from opsanalytics.markup.strict_yaml import parse_yaml
from opsanalytics.settings import Settings, glob_lists, parse_settings, unused

if TYPE_CHECKING:
    from opsanalytics.readers.reading import Context, Reading
    from opsanalytics.readers.vocabulary import Vocabulary


@dataclass(frozen=True)
class Workspace:
    """A folder with records. `config` is the text of its ops.yml, empty when it has none; `places` are the globs in it, with
    what is found where no file is of them."""

    root: Path
    settings: Settings
    config: bytes = b""
    findings: tuple[Finding, ...] = ()
    places: tuple[tuple[tuple[str, ...], Finding], ...] = ()

    @property
    def config_text(self) -> str:
        return self.config.decode(errors="replace")

    @property
    def annotations(self) -> Reading:
        """What ops.yml itself remarks."""
        from opsanalytics.readers.reading import Reading
        from opsanalytics.readers.row_kinds import ANNOTATIONS
        from opsanalytics.readers.tabular import Rows, yaml_entries

        reading = Reading(CONFIG)
        if self.config and self.settings.annotations:
            node = parse_yaml(decode(self.config)).value["annotations"]
            rows = Rows(ANNOTATIONS, reading, self.context)
            rows.write_all(yaml_entries(ANNOTATIONS, node, rows))
        return reading

    @property
    def zone(self) -> ZoneInfo | None:
        return ZoneInfo(self.settings.zone) if self.settings.zone else None

    @property
    def database(self) -> Path:
        return self.root / DATABASE

    @property
    def company(self) -> str:
        return self.settings.company or self.root.name

    @property
    def context(self) -> Context:
        """What readers may know of the workspace."""
        from opsanalytics.readers.reading import Context

        settings = self.settings
        return Context(_words(json.dumps(settings.vocabulary)), tuple(settings.severities), self.zone, settings.date_order,
                       settings.policies.postmortem_scheduled_hours, self._rituals)  # fmt: skip

    def globs(self, kind: str) -> tuple[str, ...]:
        """Where records of a kind live: what ops.yml says replaces the conventional places."""
        said = self.settings.records.get(kind) or KINDS[kind].globs
        return tuple(glob for globs in said.values() for glob in globs) if isinstance(said, dict) else tuple(said)

    @property
    def _rituals(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The globs of each ritual, where ops.yml tells them apart."""
        said = self.settings.records.get("rituals")
        return tuple((name, tuple(globs)) for name, globs in said.items()) if isinstance(said, dict) else ()


@lru_cache(maxsize=8)
def _words(added: str) -> Vocabulary:
    """One for all workspaces that add the same words: its patterns take longer to compile than a file to read."""
    from opsanalytics.readers.vocabulary import Vocabulary

    return Vocabulary(json.loads(added))


def read_workspace(root: Path) -> Workspace:
    """Raises WorkspaceError when ops.yml is there and cannot be used, with every mistake in it."""
    root = root.resolve()
    if not root.is_dir():
        raise WorkspaceError(f"{root}: no such folder; name the folder that holds your records")
    path = root / CONFIG
    if not path.is_file():
        return Workspace(root, Settings())
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WorkspaceError(f"{path}: cannot be read: {error.strerror}") from None
    return workspace_of(root, data)


def workspace_of(root: Path, config: bytes) -> Workspace:
    """A folder as an ops.yml text sets it. Raises WorkspaceError with every mistake in the text."""
    settings, node = parse_settings(config)
    return Workspace(root, settings, config, tuple(unused(settings, node)), tuple(glob_lists(settings, node)))
