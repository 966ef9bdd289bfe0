"""Every real file loads as its kind, is rejected, or is ignored by a rule: counted per repository."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from opsanalytics.settings import parse_settings
from opsanalytics.warehouse.settle import gather
from opsanalytics.warehouse.sight import read_sources
from opsanalytics.workspace import Workspace

NOW = datetime(2026, 10, 2, 12)
GLOBS = {"slo": "**/*.{yml,yaml}"}
KINDS = {"slo": "slos", "roadmaps": "roadmap"}

# kind and repository: (loaded, rejected, ignored)
COUNTS = {
    ("decisions", "adr+madr"): (20, 0, 7),
    ("decisions", "alphagov+paas-team-manual"): (52, 0, 0),
    ("decisions", "cse110-fa22-group4+cse110-fa22-group4"): (5, 0, 0),
    ("decisions", "cse110-sp21-group3+cse110-sp21-group3"): (8, 0, 1),
    ("decisions", "laugiov+cto-operating-system"): (4, 0, 1),
    ("decisions", "npryce+adr-tools"): (9, 0, 0),
    ("decisions", "thomvaill+log4brains"): (37, 0, 7),
    ("incidents", "berkeley-dsep-infra+datahub"): (19, 0, 1),
    ("incidents", "cstate+cstate"): (11, 0, 0),
    ("incidents", "dfds+postmortems"): (38, 0, 1),
    ("incidents", "icco+postmortems"): (241, 0, 0),
    ("incidents", "jenkins-infra+status"): (297, 0, 0),
    ("incidents", "signal18+cstate-mixr"): (7, 0, 0),
    ("onboarding", "alphagov+paas-team-manual"): (0, 0, 1),
    ("onboarding", "laugiov+cto-operating-system"): (0, 0, 1),
    ("onboarding", "nodejs+TSC"): (0, 0, 1),
    ("onboarding", "python+steering-council"): (1, 0, 0),
    ("rfcs", "emberjs+rfcs"): (247, 0, 0),
    ("rituals", "cse110-fa22-group4+cse110-fa22-group4"): (23, 0, 1),
    ("rituals", "cse110-sp21-group3+cse110-sp21-group3"): (34, 0, 2),
    ("rituals", "nodejs+TSC"): (395, 0, 0),
    ("rituals", "python+steering-council"): (48, 0, 0),
    ("roadmaps", "EtienneBBeaulac+workrail"): (1, 0, 0),
    ("roadmaps", "cse110-fa22-group4+cse110-fa22-group4"): (1, 0, 0),
    ("roadmaps", "nodejs+TSC"): (0, 0, 1),
    ("runbooks", "alphagov+paas-team-manual"): (50, 0, 0),
    ("runbooks", "prometheus-operator+runbooks"): (108, 0, 9),
    ("slo", "OpenSLO+OpenSLO"): (4, 0, 0),
    ("slo", "pyrra-dev+pyrra"): (55, 0, 0),
    ("slo", "slok+sloth"): (40, 1, 2),
}


def counted(corpora: Path, kind: str, repository: str) -> tuple[int, int, int]:
    name = KINDS.get(kind, kind)
    settings = {"records": {name: [GLOBS.get(kind, "**/*.{md,qmd,mdx,markdown,erb}")]}, "date_order": "MDY"}
    workspace = Workspace(corpora / kind / repository, parse_settings(yaml.safe_dump(settings).encode())[0])
    sources = read_sources(workspace, None, None, lambda said: None)
    counts = Counter(row["status"] for row in gather({name: sources[name]}, workspace.context).files)
    return counts["loaded"], counts["rejected"], counts["ignored"]


def repositories(corpora: Path) -> set[tuple[str, str]]:
    return {(folder.parent.name, folder.name) for folder in corpora.glob("*/*+*")}


@pytest.mark.parametrize(("kind", "repository"), sorted(COUNTS))
def test_every_file_is_loaded_rejected_or_ignored(corpora: Path, kind: str, repository: str):
    assert counted(corpora, kind, repository) == COUNTS[kind, repository]


def test_all_1792_files_are_counted(corpora: Path):
    assert repositories(corpora) == set(COUNTS)
    assert sum(map(sum, COUNTS.values())) == 1792
