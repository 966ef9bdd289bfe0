from datetime import date

import pandas as pd
import pytest

from opsanalytics import figures
from opsanalytics.figures import Chart, duration, quantity

SCALE = ["SEV-1", "SEV-2", "SEV-3"]
HOSTILE = "<img src=x onerror=alert(1)></script><b>%{x}"
WINDOW = (date(2026, 10, 1), date(2026, 12, 31))


@pytest.mark.parametrize(("minutes", "words"), [
    (0.5, "30 s"), (58.2, "58 min"), (59.6, "1 h"), (95, "1 h 35 min"), (1439.9, "1 d"), (3000, "2 d 2 h"), (None, "not known"),
    (float("nan"), "not known"),
])  # fmt: skip
def test_a_duration_is_said_in_two_units_at_most(minutes, words):
    assert duration(minutes) == words


@pytest.mark.parametrize(("value", "unit", "words"), [
    (0.314, "share", "31 %"), (2.25, "incidents a week", "2.2 incidents a week"), (0.264, "a week", "0.26 a week"),
    (1, "days", "1 day"), (1234, "promises", "1,234 promises"), (None, "days", "not known"), (float("nan"), "share", "not known"),
])  # fmt: skip
def test_a_quantity_is_said_with_its_unit(value, unit, words):
    assert quantity(value, unit) == words


def weekly(*counts: int) -> pd.DataFrame:
    return pd.DataFrame([(date(2026, 10, 5), severity, count) for severity, count in zip(SCALE, counts, strict=True)],
                        columns=["week_on", "severity", "incidents"])  # fmt: skip


def test_incidents_stack_worst_first_and_have_a_table_twin():
    chart = figures.weekly_incidents(weekly(1, 0, 4), SCALE, finding="5 in a week", window=WINDOW)
    assert [(trace.name, trace.y, trace.meta["tone"]) for trace in chart.figure.data] == [
        ("SEV-1", (1,), "severity-1"), ("SEV-2", (0,), "severity-3"), ("SEV-3", (4,), "severity-5")]  # fmt: skip
    assert chart.twin.to_dict("records") == [{"week": date(2026, 10, 5), "SEV-1": 1, "SEV-2": 0, "SEV-3": 4, "all": 5}]


def test_a_severity_off_the_scale_has_no_place_in_its_order():
    assert figures.severity_tone("SEV-2", SCALE) == "severity-3"
    assert figures.severity_tone(figures.NO_SEVERITY, SCALE) == "unknown"
    assert figures.severity_tone("P9", [f"P{level}" for level in range(1, 10)]) == "severity-5"


@pytest.mark.parametrize("chart", [
    figures.weekly_incidents(weekly(0, 0, 0), SCALE, finding="none", window=WINDOW),
    figures.severity_by_month(pd.DataFrame(), SCALE, finding="none", window=WINDOW),
    figures.restore_strip(pd.DataFrame(), pd.DataFrame(), SCALE, [], finding="none"),
    figures.restore_trend(pd.DataFrame(), finding="none"),
    figures.completion(pd.DataFrame(), [], finding="none"),
    figures.ageing(pd.DataFrame(), SCALE, finding="none"),
])  # fmt: skip
def test_nothing_to_draw_is_a_sentence_and_no_figure(chart: Chart):
    assert (chart.finding, chart.figure) == ("none", None)


def restores(**changes: object) -> pd.DataFrame:
    row = {"incident_id": "A", "title": "t", "group": "SEV-1", "severity": "SEV-1", "started_on": date(2026, 10, 1),
           "minutes": 30.0, "is_open": False}  # fmt: skip
    return pd.DataFrame([row | changes])


def medians(value: float | None, low: float | None, high: float | None) -> pd.DataFrame:
    return pd.DataFrame([("SEV-1", value, low, high)], columns=["group", "value", "low", "high"])


def strip(rows: pd.DataFrame, middle: pd.DataFrame) -> list:
    return list(figures.restore_strip(rows, middle, SCALE, ["SEV-1"], finding="f").figure.data)


def test_open_incidents_are_hollow_arrows_at_their_time_so_far():
    (dots,) = strip(restores(is_open=True), medians(None, None, None))
    assert (dots.marker.symbol, dots.x) == ("triangle-right-open", (30.0,))


def test_a_median_without_an_upper_end_has_no_interval_bar():
    assert len(strip(restores(), medians(30.0, 10.0, None))) == 2
    assert len(strip(restores(), medians(30.0, 10.0, 60.0))) == 3


def test_zero_minutes_have_no_place_on_a_log_axis_and_stay_out_of_the_figure():
    assert figures.restore_strip(restores(minutes=0.0), medians(None, None, None), SCALE, ["SEV-1"], finding="f").figure is None


def test_hover_text_of_the_record_carries_no_tags():
    (dots,) = strip(restores(title=HOSTILE, incident_id=HOSTILE), medians(None, None, None))
    assert "<img" not in dots.text[0]
    assert "&lt;img src=x onerror=alert(1)&gt;" in dots.text[0]


def test_a_label_is_one_short_line():
    assert figures.label("a\n  b\x00") == "a b\x00"
    assert len(figures.label("x" * 500)) == figures.LONGEST_LABEL


def test_a_sparkline_leaves_a_gap_where_a_value_is_not_known():
    line = figures.sparkline([1.0, 2.0, None, 3.0, 1.0], described='"8" quarters')
    assert line.count("M") == 2
    assert 'aria-label="&quot;8&quot; quarters"' in line


def test_one_value_makes_no_line():
    assert figures.sparkline([None, 2.0], described="") == ""


def test_the_severity_scale_is_ordered_by_lightness_alone():
    def lightness(colour: str) -> float:
        return sum(int(colour[at : at + 2], 16) for at in (1, 3, 5))

    scale = [figures.TONES[f"severity-{level}"] for level in range(1, 6)]
    on_paper, on_dark = ([lightness(tone[side]) for tone in scale] for side in (0, 1))
    assert on_paper == sorted(on_paper)
    assert on_dark == sorted(on_dark, reverse=True)


# --- control charts

def band_of(*counts: int, high: float = 3.0) -> pd.DataFrame:
    weeks = [date(2026, 10, 5 + 7 * place) for place in range(len(counts))]
    return pd.DataFrame({"week_on": weeks, "incidents": counts, "centre": 1.0, "low": 0.0, "high": high,
                         "stands_out": [count > high for count in counts]})  # fmt: skip


def test_a_week_that_stands_out_has_a_shape_above_it_and_says_so_in_the_twin():
    rows = pd.concat([weekly(1, 0, 1), weekly(1, 4, 0).assign(week_on=date(2026, 10, 12))])
    chart = figures.weekly_incidents(rows, SCALE, finding="f", window=WINDOW, band=band_of(2, 5))
    band, marks = chart.figure.data[-3], chart.figure.data[-1]
    assert (band.name, band.y, band.x[:2]) == ("control band", (3.0,) * 4, ("2026-10-01T12:00", "2026-10-08T12:00"))
    assert (marks.x, marks.text, marks.meta["tone"]) == (("2026-10-12",), ("week 2026-W42 stands out: 5 incidents",), "ink")
    assert chart.twin[["all", "band", "stands out"]].to_numpy().tolist() == [[5, "0 to 3", "yes"], [2, "0 to 3", ""]]


def test_a_band_without_a_week_outside_has_no_mark():
    chart = figures.weekly_incidents(weekly(1, 0, 1), SCALE, finding="f", window=WINDOW, band=band_of(2))
    assert [trace.name for trace in chart.figure.data][-2:] == ["control band", None]


def test_the_course_of_restore_times_has_dots_a_mean_a_band_and_a_twin():
    rows = pd.DataFrame([("a", HOSTILE, date(2026, 10, 5), 60.0, 40.0, 30.0, 20.0, 45.0, False),
                         ("b", "t", date(2026, 10, 9), 600.0, 50.0, 30.0, 18.0, 48.0, True)],
                        columns=["incident_id", "title", "started_on", "minutes", "average", "centre", "low", "high", "stands_out"])  # fmt: skip
    chart = figures.restore_course(rows, finding="f")
    assert [trace.name for trace in chart.figure.data if trace.name] == [
        "control band", "an incident", "weighted mean so far", "stands out"]  # fmt: skip
    assert "<img" not in chart.figure.to_json()
    assert chart.twin.iloc[0].to_dict() == {
        "incident": "b", "started": date(2026, 10, 9), "time to restore": "10 h", "weighted mean so far": "50 min", "from": "18 min",
        "to": "48 min", "stands out": "yes"}  # fmt: skip
    assert figures.restore_course(pd.DataFrame(), finding="none").figure is None
