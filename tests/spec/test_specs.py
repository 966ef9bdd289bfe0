"""Every example of the manual, and that the manual is whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from chapters import Example, read_examples, run

from opsanalytics.metrics.catalogue import METRICS, Metric

CHAPTERS = [path for path in sorted(Path(__file__).parent.glob("*.md")) if path.name != "README.md"]
EXAMPLES = [example for chapter in CHAPTERS for example in read_examples(chapter)]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_example(example: Example):
    assert example.questions, "an example asks something"
    run(example)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_every_statistic_of_the_catalogue_has_a_worked_example_in_its_metrics_chapter(metric: Metric):
    answers = [step for example in EXAMPLES if example.chapter.stem == metric.name for step in example.questions]
    worked = {row["statistic"] for step in answers if step.name == metric.name for row in step.rows if "statistic" in row}
    assert [statistic for statistic in metric.statistics if statistic not in worked] == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)
def test_a_chapter_is_titled_as_its_file_and_says_a_thing_once(chapter: Path):
    assert chapter.read_text(encoding="utf-8").startswith(f"# {chapter.stem}\n")
    headings = [example.heading for example in read_examples(chapter)]
    assert len(set(headings)) == len(headings)


TINY = """# incident_count

`incidents`:

| incident_id | started_at |
|-------------|------------|
| a           | 10:00      |

## One day

`incident_count`?

| statistic | value |
|-----------|-------|
| count     | 2     |
"""


def test_a_wrong_answer_shows_what_was_expected_and_what_was_found(tmp_path: Path):
    with pytest.raises(pytest.fail.Exception) as failure:
        run(*_examples(tmp_path, TINY))
    assert str(failure.value) == (
        "chapter.md:11 `incident_count`?\n\n"
        "expected\nstatistic | value\ncount     | 2\n\n"
        "found\nstatistic | value\ncount     | 1"
    )


def test_an_answer_without_rows_is_wrong_where_there_is_one(tmp_path: Path):
    with pytest.raises(pytest.fail.Exception):
        run(*_examples(tmp_path, TINY.replace("| count     | 2     |\n", "")))


@pytest.mark.parametrize("caption", [
    "`incident_counts`?", "`incident_count`:", "Of these:", "`incident_count`, by severity?", "",
    "`incident_count`?\n\nOne.", "`incident_count` in 2026?\n\n`incident_count`?",
])
def test_what_would_silently_not_be_asked_is_refused(tmp_path: Path, caption: str):
    with pytest.raises(ValueError, match=r"chapter\.md: no table that is given and no question with its answer: "):
        _examples(tmp_path, TINY.replace("`incident_count`?", caption))


def test_a_column_that_the_table_does_not_have_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="incidents has no column begun_at"):
        run(*_examples(tmp_path, TINY.replace("started_at", "begun_at  ")))


def _examples(folder: Path, text: str) -> list[Example]:
    chapter = folder / "chapter.md"
    chapter.write_text(text, encoding="utf-8")
    return read_examples(chapter)
