from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from demo_company import load_demo


@pytest.fixture(scope="session")
def demo_database(once: Callable[[str, Callable[[Path], Any]], Any]) -> Callable[[int], Path]:
    """The database of the demo company of a seed, not to be changed."""
    return lambda seed: once(f"demo company {seed}", lambda folder: load_demo(folder, seed))
