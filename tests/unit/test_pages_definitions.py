"""The page of MTTR definitions, on tables small enough to read and on the files of a real status page."""

from __future__ import annotations

import shutil
from datetime import datetime

import pytest
from test_pages_record import record_of

from opsanalytics.metrics.periods import parse_period
from opsanalytics.packs import definitions
from opsanalytics.packs.record import Record
from opsanalytics.warehouse.connect import locked

HOSTILE = "<img src=x onerror=alert(1)>"


def incident(name: str, minutes: int | None, **more) -> dict:
    """Of 1 October: started at 10:00, detected at 10:10, resolved so many minutes after the start."""
    start = datetime(2026, 10, 1, 10)
    resolved_at = None if minutes is None else start.replace(hour=10 + minutes // 60, minute=minutes % 60)
    return {"incident_id": name, "kind": "incident", "status": "open" if minutes is None else "resolved", "started_on": start.date(),
            "started_at": start, "detected_at": start.replace(minute=10), "resolved_at": resolved_at} | more  # fmt: skip


def matrix_of(*incidents: dict, period: str = "2026-10") -> definitions.Matrix:
    return definitions.Matrix(record_of(period, incidents=list(incidents)))


@pytest.fixture
def three() -> definitions.Matrix:
    """30, 60 and 120 minutes, and one still open: PagerDuty says (20 + 50 + 110) / 3 = 60, Keep (30 + 60 + 120) / 3 = 70,
    OnCall the same, DevLake the lower median 50; the Kaplan-Meier median is the flat from 60 to 120.
    """
    return matrix_of(incident("a", 30), incident("b", 60), incident("c", 120), incident("d", None))


def test_the_answer_is_one_sentence_of_what_others_and_we_would_say(three):
    assert definitions.answer(three) == (
        "Other tools would say 50 min to 1 h 10 min; we say 1 h 30 min (30 min to not reached), n\u00a0=\u00a04, 1 still open.")


def test_a_percentile_and_a_bin_are_no_part_of_the_range(three):
    """Four Keys cuts 20, 50 and 110 minutes off to hours, and shows the median, 0, as a bin."""
    assert set(three.others["kind"]) == {"mean", "median"}
    said = dict(zip(definitions.table(three)["definition"], definitions.table(three)["would say"], strict=True))
    assert said["Four Keys time to restore services"] == "shown as: One day"


def test_the_title_of_the_figure_names_the_extremes_and_ours_is_among_them(three):
    chart = definitions.dots(three)
    assert chart.finding == ("The same incidents take 50 min by DevLake time to restore service (2021), "
                             "and 1 h 30 min by opsanalytics median")
    drawn = [x for trace in chart.figure.data if trace.mode == "markers" for x in trace.x]
    assert sorted(drawn) == [50, 60, 70, 70, 90]


def test_what_is_drawn_is_stated_as_numbers(three):
    stated = {number.id: (number.value, number.low, number.high, number.n) for number in definitions.dots(three).numbers}
    assert stated["definition.Keep MTTR"] == (70, None, None, 3)
    assert stated["definition.opsanalytics median"] == (90, 30, None, 4)


def test_the_twin_has_every_definition_with_its_source_and_what_it_leaves_out(three):
    twin = definitions.dots(three).twin
    assert len(twin) == 17
    assert {"value", "95 % interval", "left out", "from", "to", "of", "statistic", "note", "source"} <= set(twin.columns)
    keep = twin.set_index("definition").loc["Keep MTTR"]
    assert (keep["value"], keep["incidents"], keep["left out"], keep["note"]) == ("1 h 10 min", 3, 1, "left out: 1 (still open)")


def test_a_definition_that_lacks_a_time_says_so_instead_of_a_number(three):
    rows = definitions.table(three).set_index("definition")
    assert rows.loc["Opsgenie MTTR", "would say"] == "needs `closed_at`, which no incident of the period has"
    assert definitions.table_finding(three) == "5 of 15 definitions of other tools can answer from these incidents"


def test_one_incident_has_a_time_and_no_interval():
    one = matrix_of(incident("a", 30))
    assert definitions.answer(one) == "Other tools would say 20 min to 30 min; we say 30 min, n\u00a0=\u00a01."


def test_with_all_open_nobody_has_a_time_and_keeps_zero_is_not_quoted():
    waiting = matrix_of(incident("a", None))
    assert definitions.answer(waiting) == (
        "No other tool could say anything of this record; we say that the median is not reached yet, n\u00a0=\u00a01, 1 still open.")
    assert definitions.dots(waiting).figure is None
    assert definitions.table(waiting).set_index("definition").loc["Keep MTTR", "would say"] == "0"


def test_a_period_without_incidents_and_a_record_that_states_nothing_are_told_in_words():
    nothing = "There is no incident here that another tool, or we, could time."
    empty = matrix_of(period="2026-10")
    assert definitions.answer(empty) == nothing
    assert definitions.table(empty).empty
    assert definitions.table_finding(empty) == "No incident to ask the 15 definitions of other tools about"
    unstated = matrix_of({"incident_id": "a", "kind": "incident", "status": "resolved"})
    assert definitions.answer(unstated) == nothing
    assert definitions.dots(unstated).finding == "No definition gives a time that could be drawn"
    assert set(definitions.table(unstated)["would say"]) >= {"needs `reported_at`, which no incident of the period has"}


def test_an_answer_of_zero_is_not_drawn_and_counted_in_the_caption():
    """Keep says 0 of 0 minutes; PagerDuty has no time to begin with."""
    zero = matrix_of(incident("a", 0, detected_at=None))
    assert definitions.dots(zero).figure is None
    assert definitions.answer(zero) == "Another tool would say 0 s; we say 0 s, n\u00a0=\u00a01."


def test_text_of_the_record_is_not_read_as_tags():
    chart = definitions.dots(matrix_of(incident(HOSTILE, 30), incident("b", 60)))
    assert "<img" not in chart.figure.to_json()


def test_the_page_on_the_files_of_a_real_status_page(corpora, tmp_path, opsanalytics):
    """Jenkins tells when an outage began and ended and nothing between: two tools can answer, with means of days."""
    folder = shutil.copytree(corpora / "incidents" / "jenkins-infra+status", tmp_path / "status")
    assert opsanalytics("init", cwd=folder).code == 0
    assert opsanalytics("load", cwd=folder).code == 0
    [database] = folder.glob("data/*.duckdb")
    with locked(database) as connection:
        as_of_on = connection.execute("select as_of_on from latest_load").fetchall()[0][0]
        matrix = definitions.Matrix(Record(connection, parse_period("all", as_of_on=as_of_on)))
        assert list(matrix.others["name"]) == ["Grafana OnCall MTTR (respond)", "Keep MTTR"]
        assert definitions.answer(matrix).startswith("Other tools would say 3 d 2 h; we say 5 h 58 min (3 h 35 min to 9 h 30 min), n")
        assert definitions.dots(matrix).figure is not None
        assert definitions.table_finding(matrix) == "2 of 15 definitions of other tools can answer from these incidents"
