"""Key results: figures, directions, and what the file says of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.kinds import KINDS
from opsanalytics.markup.strict_yaml import MarkupError
from opsanalytics.readers import read_record
from opsanalytics.readers.objectives import parse_objectives
from opsanalytics.readers.reading import Context
from opsanalytics.readers.vocabulary import Vocabulary

CONTEXT = Context(Vocabulary())


def result(said: str) -> dict[str, Any]:
    text = f"# 2026-Q3\n\n## Restore faster — Ana\n{said}\n"
    reading = read_record(KINDS["objectives"], "ops/objectives/2026-Q3.md", text.encode(), CONTEXT)
    assert reading.findings == []
    return reading.rows["key_results"][0]


@pytest.mark.parametrize(
    ("said", "figures", "unit", "status"),
    [
        ("- Restore — 95 min -> 60 min — 58 min", (95, 60, 58), "min", "hit"),
        ("- Restore — 95 min -> 60 min — 61 min", (95, 60, 61), "min", None),
        ("- Shops — 3 → 8 — 8", (3, 8, 8), None, "hit"),
        ("- Shops — 3 -> 8 — 9", (3, 8, 9), None, "hit"),
        ("- Sales — 1,200 -> 2,400 — 1 800", (1200, 2400, 1800), None, None),
        ("- Rate — 0,5 % -> 0,7 % — 0.71 %", (0.5, 0.7, 0.71), "%", "hit"),
        ("- Mail — 12k -> 20k", (12, 20, None), "k", None),
        ("- Mail — 12k -> 20k — …", (12, 20, None), "k", None),
        ("- Availability — ≥ 99.9 % — 99.95 %", (None, 99.9, 99.95), "%", "hit"),
        ("- Pages — at most 4 — 5", (None, 4, 5), None, None),
        ("- Kept — 99.9 % -> 99.9 % — 99.5 %", (99.9, 99.9, 99.5), "%", None),
        ("- [x] Runbooks — 3 -> 8 — 7", (3, 8, 7), None, "hit"),
        ("- [x] Runbooks — 3 -> 8 — 7 — missed", (3, 8, 7), None, "missed"),
        ("- Runbooks — 3 -> 8 (not measured)", (3, 8, None), None, "not measured"),
        ("- Runbooks for all", (None, None, None), None, None),
    ],
)
def test_a_key_result_is_read_as_it_is_written(said: str, figures: tuple[float | None, ...], unit: str | None, status: str | None):
    row = result(said)
    assert tuple(row.get(name) for name in ("baseline", "target", "actual")) == figures
    assert (row["unit"], row["status"]) == (unit, status)


@pytest.mark.parametrize(
    ("path", "head", "period"),
    [("2026-Q3", "# Ours", "2026-Q3"), ("x", "# Q3 2026", "2026-Q3"), ("2026-Q3", "# Ours\n\nPeriod: 2026Q4", "2026-Q4"),
     ("x", "# Ours\n\nPeriod: autumn", "autumn"), ("x", "# Ours of 2026", None)],
)  # fmt: skip
def test_the_period_is_what_the_file_says(path: str, head: str, period: str | None):
    text = f"{head}\n\n## Restore faster\n- A\n"
    row = read_record(KINDS["objectives"], f"ops/objectives/{path}.md", text.encode(), CONTEXT).rows["objectives"][0]
    assert row["period"] == period


def test_a_template_holds_no_objective():
    text = "# 2026-Q3\n\n### Objective — Owner\n- [ ] Key result — baseline -> target — actual\n"
    assert read_record(KINDS["objectives"], "ops/objectives/2026-Q3.md", text.encode(), CONTEXT).ignored


HOSTILE = st.lists(st.sampled_from([
    "# ", "## X — Y\n", "- ", "- [x] ", "a — ", "1 -> ", "2 — ", "3", "9" * 50, "1e5", "%", "≥", "at least ", "\n", "| KR | From |\n|---|---|\n| a | 1 |\n",
    "Owner: ", "Period: ", "→→", ",", ".", "-", "---\n", "Key results:\n", "\u0663", "²",
]), max_size=40).map("".join) | st.text(max_size=300)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(HOSTILE)
def test_whatever_the_text_nothing_but_a_markup_error_is_raised(text: str):
    try:
        reading = parse_objectives("ops/objectives/2026-Q3.md", text, CONTEXT)
    except MarkupError:
        return
    assert reading.ignored or reading.rows["objectives"]
