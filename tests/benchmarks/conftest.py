from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from speeds import PAGE, Speed, write_page

from opsanalytics.scaffold.demo import write_demo
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company, loaded."""
    folder = tmp_path_factory.mktemp("company") / "co"
    write_demo(folder, until=date(2026, 9, 30))
    load(read_workspace(folder))
    return folder


@pytest.fixture(scope="session")
def speeds(request: pytest.FixtureRequest) -> Iterator[list[Speed]]:
    """Takes the rows of a run. Without --benchmark-enable the inputs are small, and nothing is written."""
    found: list[Speed] = []
    yield found
    if found and request.config.getoption("benchmark_enable"):
        write_page(PAGE, found)
        with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
            print("", *(speed.as_markdown() for speed in found), sep="\n")
