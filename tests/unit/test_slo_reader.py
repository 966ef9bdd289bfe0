"""Service level objectives: shares and windows as teams write them, in the formats that they use."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsanalytics.kinds import KINDS
from opsanalytics.readers import read_record
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.slos import share_of
from opsanalytics.readers.stretches import stretch_of, window_of
from opsanalytics.readers.vocabulary import Vocabulary

WORDS = Vocabulary()


def read(text: str, path: str = "ops/slo.yml") -> Reading:
    return read_record(KINDS["slos"], path, text.encode(), Context(WORDS))


@pytest.mark.parametrize(
    ("text", "share"),
    [("99.9", 0.999), ("99", 0.99), ("0.995", 0.995), ("99.9%", 0.999), ("≥ 95%", 0.95), (">= 99,95 %", 0.9995), ("at least 90 percent", 0.9),
     ("100", 1.0), ("1", 1.0), ("1.0", 1.0), ("1 %", 0.01), ("0.5%", 0.005), ("99.99999", 0.9999999), ("1.5", 0.015)],
)  # fmt: skip
def test_a_number_up_to_one_is_a_share_and_one_above_a_percentage(text: str, share: float):
    assert share_of(text, WORDS) == share


@pytest.mark.parametrize("text", ["", "101", "0", "0 %", "-5", "< 5 %", "at most 5 %", "99.9.9", "99.9 of 100", "high", "1e2", "nan", "9" * 500])
def test_what_is_no_share_of_good_events_is_refused(text: str):
    with pytest.raises(ValueError, match="no share"):
        share_of(text, WORDS)


@given(st.integers(100_001, 10_000_000))
def test_percentages_become_shares_without_a_rounding_error(hundred_thousandths: int):
    percent = Decimal(hundred_thousandths) / 100_000
    assert share_of(str(percent), WORDS) == float(percent / 100)


@pytest.mark.parametrize(
    ("text", "window"),
    [("28d", "28d"), ("4w", "28d"), ("672h", "28d"), ("672h0m0s", "28d"), ("1M", "1M"), ("1Q", "1Q"), ("1Y", "1Y"), ("30 days", "30d"), ("month", "1M"),
     ("1 month", "1M"), ("quarter", "1Q"), ("2 weeks", "14d"), ("36h", "36h"), ("1d12h", "36h"), ("3 months", "3M"), (" 7D ", "7d")],
)  # fmt: skip
def test_a_window_has_one_spelling(text: str, window: str):
    assert window_of(text, WORDS) == window


@pytest.mark.parametrize("text", ["", "1m", "30s", "soon", "28", "0d", "-7d", "1M 3d", "28d roll", "1e9d", "9" * 400 + "d"])
def test_what_is_no_window_is_refused(text: str):
    with pytest.raises(ValueError, match=r"stretch|short"):
        window_of(text, WORDS)


def test_a_slice_may_last_a_minute():
    assert stretch_of("1m", WORDS) == "1m"


def test_a_team_may_add_its_own_words():
    words = Vocabulary({"slos_columns": {"target": ["versprechen"]}, "window_units": {"d": ["tage"]}})
    text = "slos: [{service: api, name: a, versprechen: 99, time_window: 28 tage}]"
    (row,) = read_record(KINDS["slos"], "ops/slo.yml", text.encode(), Context(words)).rows["slos"]
    assert (row["target"], row["time_window"]) == (0.99, "28d")


@pytest.mark.parametrize("text", ["a: b", "slos: words", "just words", "- a\n- b", "version: prometheus/v2\nslos: []", "apiVersion: openslo/v9\nkind: SLO",
                                  "apiVersion: pyrra.dev/v2\nkind: ServiceLevelObjective"])  # fmt: skip
def test_a_file_of_which_nothing_can_be_used_is_rejected(text: str):
    assert [found.code for found in read(text).findings] == ["OPS101"]


@pytest.mark.parametrize("text", ["slos: []", "slos:", "# nothing but a remark", "apiVersion: openslo/v1\nkind: Service", "version: prometheus/v1"])
def test_a_file_without_an_objective_is_ignored(text: str):
    assert read(text).ignored


def test_documents_that_cannot_be_used_do_not_stop_the_others():
    text = "version: prometheus/v9\nslos: []\n---\nversion: prometheus/v1\nservice: api\nslos: [{name: a, objective: 99, sli: {raw: {error_ratio_query: e}}}]"
    reading = read(text)
    assert [row["slo_id"] for row in reading.rows["slos"]] == ["api-a"]
    assert [(found.line, found.code) for found in reading.findings] == [(1, "OPS135")]


def test_objectives_may_stand_in_a_table():
    (row,) = read("id,service,objective,window\na,api,99.9,4w\n", "ops/slos.csv").rows["slos"]
    assert (row["slo_id"], row["target"], row["time_window"], row["window_kind"]) == ("a", 0.999, "28d", "rolling")
