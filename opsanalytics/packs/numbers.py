"""Every number that the pages state, in machine form: `numbers.json`, the same bytes for the same inputs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat

from opsanalytics.errors import NotebookError
from opsanalytics.figures import NUMBERS

FIELDS = ("id", "value", "low", "high", "unit", "n", "verdict")


def collect_numbers(executed: Iterable[Path]) -> list[dict[str, Any]]:
    """The numbers of executed notebooks, sorted by id: the notebook's name, a dot, the number's id in it.

    Refused with NotebookError: two different numbers under one id.
    """
    found: dict[str, dict[str, Any]] = {}
    for path in executed:
        for stated in _stated(path):
            key = f"{path.stem}.{stated['id']}"
            number = {field: _rounded(stated.get(field)) for field in FIELDS} | {"id": key}
            if found.setdefault(key, number) != number:
                raise NotebookError(f"{path.stem}: states two different numbers as `{stated['id']}`; name them apart")
    return [found[key] for key in sorted(found)]


def as_json(numbers: list[dict[str, Any]]) -> str:
    return json.dumps(numbers, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _stated(path: Path) -> Iterator[dict[str, Any]]:
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            yield from output.get("data", {}).get(NUMBERS, [])


def _rounded(value: object) -> object:
    """Six significant digits: what two machines agree on."""
    return float(f"{value:.6g}") if isinstance(value, float) else value
