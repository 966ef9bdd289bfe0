"""Real objectives that nobody here wrote, in three formats: every file is loaded, rejected or ignored, and targets are right."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from opsanalytics.settings import parse_settings
from opsanalytics.warehouse.connect import read_rows
from opsanalytics.warehouse.load import load
from opsanalytics.warehouse.records import Records
from opsanalytics.warehouse.settle import gather
from opsanalytics.warehouse.sight import read_sources
from opsanalytics.workspace import Workspace

NOW = datetime(2026, 10, 2, 12)

# repository: loaded, rejected, ignored; objectives. The rejected file has a version that is meant to be unknown, the two
# that are ignored hold alert windows.
REPOSITORIES = {"OpenSLO+OpenSLO": (4, 0, 0, 5), "pyrra-dev+pyrra": (55, 0, 0, 56), "slok+sloth": (40, 1, 2, 77)}

# Read by eye: the targets of each file, in their order, and their windows.
TESTDATA = "test/integration/prometheus/testdata"
BY_EYE = [
    ("OpenSLO+OpenSLO", "examples/budgeting-method/occurences-slo.yaml", [0.99], "14d"),
    ("OpenSLO+OpenSLO", "examples/budgeting-method/ratio-timeslices.yaml", [0.99], "14d"),
    ("OpenSLO+OpenSLO", "examples/budgeting-method/timeslices-slo.yaml", [0.995, 0.99], None),  # of `1m`, which is a minute
    ("OpenSLO+OpenSLO", "examples/treat-low-traffic-as-equally-important/timeslices-slo.yaml", [0.9995], "7d"),
    ("pyrra-dev+pyrra", "examples/caddy-response-latency.yaml", [0.9], "28d"),
    ("pyrra-dev+pyrra", "examples/nginx.yaml", [0.999, 0.9], "28d"),
    ("pyrra-dev+pyrra", "examples/prometheus-operator.yaml", [0.95], "7d"),
    ("pyrra-dev+pyrra", "examples/pyrra-filesystem-errors.yaml", [0.99], "7d"),
    ("pyrra-dev+pyrra", "examples/thanos-grpc.yaml", [0.995], "7d"),
    ("pyrra-dev+pyrra", "examples/kubernetes/manifests/slos/slo-coredns-response-errors.yaml", [0.9999], "14d"),
    ("slok+sloth", "examples/home-wifi.yml", [0.95, 0.999], None),
    ("slok+sloth", "examples/kubernetes-apiserver.yml", [0.999, 0.99], None),
    ("slok+sloth", "examples/multifile.yml", [0.999, 0.9999], None),
    ("slok+sloth", "examples/openslo-kubernetes-apiserver.yml", [0.999, 0.99, 0.999], "30d"),
    ("slok+sloth", "examples/raw-home-wifi.yml", [0.95], None),
    ("slok+sloth", "examples/victoria-metrics.yml", [0.9, 0.99], None),
    ("slok+sloth", f"{TESTDATA}/in-multifile-k8s.yaml", [0.999, 0.95, 0.9999, 0.95], None),
    ("slok+sloth", f"{TESTDATA}/validate/bad/bad-aa.yaml", [0.999, None], None),
    ("slok+sloth", f"{TESTDATA}/validate/bad/bad-openslo.yaml", [0.999], "28d"),
    ("slok+sloth", f"{TESTDATA}/validate/good/good-multi.yaml", [0.999, 0.95, 0.9999, 0.95], None),
]


def workspace_of(corpora: Path, name: str) -> Workspace:
    return Workspace(corpora / "slo" / name, parse_settings(b'zone: UTC\nrecords: {slos: ["**/*.{yml,yaml}"]}')[0])


def records_of(corpora: Path, name: str) -> Records:
    workspace = workspace_of(corpora, name)
    sources = read_sources(workspace, None, None, lambda said: None)
    return gather({"slos": sources["slos"]}, workspace.context)


@pytest.mark.parametrize("name", REPOSITORIES)
def test_every_file_is_accounted_for(corpora: Path, name: str):
    loaded, rejected, ignored, objectives = REPOSITORIES[name]
    records = records_of(corpora, name)
    assert records.counts() == {"seen": loaded + rejected + ignored, "loaded": loaded, "rejected": rejected, "ignored": ignored}
    assert len(records.rows["slos"]) == objectives


def test_what_is_rejected_or_ignored_is_so_for_its_reason(corpora: Path):
    files = {row["path"]: (row["status"], row["reason"]) for row in records_of(corpora, "slok+sloth").files if row["status"] != "loaded"}
    version = files.pop(f"{TESTDATA}/in-invalid-version.yaml")
    assert (version[0], version[1][:40]) == ("rejected", "`prometheus/v999` is no format that is r")
    assert files == dict.fromkeys(["examples/windows/7d.yaml", "examples/windows/custom-30d.yaml"], ("ignored", "no SLO in it, but AlertWindows"))


@pytest.mark.parametrize(("name", "path", "targets", "window"), BY_EYE, ids=lambda value: str(value).rpartition("/")[2])
def test_targets_and_windows_are_those_that_the_file_says(corpora: Path, name: str, path: str, targets: list[float | None], window: str | None):
    rows = [row for row in records_of(corpora, name).rows["slos"] if row["source_path"] == path]
    assert [row.get("target") for row in rows] == targets
    assert {row.get("time_window") for row in rows} == {window}


def test_the_files_that_are_meant_to_be_invalid_say_where(corpora: Path):
    found = [each for each in records_of(corpora, "slok+sloth").findings if "/bad/" in each.path and each.code != "OPS102"]
    assert Counter((Path(each.path).name, each.line, each.code) for each in found) == {
        ("bad-aa.yaml", 28, "OPS135"): 1, ("bad-ab.yaml", 28, "OPS135"): 1, ("bad-ba.yaml", 28, "OPS135"): 1,
        ("bad-k8s.yaml", 11, "OPS136"): 1, ("bad-k8s.yaml", 32, "OPS136"): 1, ("bad-multi.yaml", 72, "OPS136"): 1,
    }  # fmt: skip


def test_every_objective_of_pyrra_has_its_target_and_its_window(corpora: Path):
    rows = records_of(corpora, "pyrra-dev+pyrra").rows["slos"]
    assert Counter(row["target"] for row in rows) == {0.99: 39, 0.9999: 6, 0.995: 4, 0.95: 4, 0.9: 2, 0.999: 1}
    assert Counter(row["time_window"] for row in rows) == {"14d": 46, "7d": 6, "28d": 4}


def test_the_same_name_in_two_files_makes_two_objectives(corpora: Path, tmp_path: Path):
    result = load(workspace_of(corpora, "pyrra-dev+pyrra"), database=tmp_path / "ops.duckdb", now=NOW)
    assert read_rows(result.database, "select count(*) as n, count(distinct slo_id) as ids from slos") == [{"n": 56, "ids": 56}]
