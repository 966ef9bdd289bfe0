from __future__ import annotations

from collections.abc import Iterator

import pytest
from speeds import PAGE, Speed, write_page


@pytest.fixture(scope="session")
def speeds(request: pytest.FixtureRequest) -> Iterator[list[Speed]]:
    """Takes the rows of a run. Without --benchmark-enable the inputs are small, and nothing is written."""
    found: list[Speed] = []
    yield found
    if found and request.config.getoption("benchmark_enable"):
        write_page(PAGE, found)
        with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
            print("", *(speed.as_markdown() for speed in found), sep="\n")
