"""What becomes of follow-ups by day, as the page shows it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from opsanalytics.metrics.periods import parse_period
from opsanalytics.packs import follow_ups
from opsanalytics.packs.record import Record
from opsanalytics.record_figures import ENDS, stacked_shares
from opsanalytics.warehouse.schema import in_memory

AS_OF = datetime(2026, 11, 22, 12)
LOAD = {"load_id": 1, "loaded_at": AS_OF, "workspace": "x", "as_of": AS_OF, "files_seen": 0, "files_loaded": 0, "files_rejected": 0,
        "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": "UTC", "fiscal_year_start": 1, "policies": "{}",
        "severities": ["SEV-1", "SEV-2", "SEV-3"]}  # fmt: skip
BEGAN = date(2026, 8, 1)


def record_of(*ends: tuple[str, int | None], period: str = "2026-Q4") -> Record:
    """A follow-up a (status, days until its end, or so far for an open one); None is an end of no known day."""
    place = {"source_path": "x.md", "source_line": 1}
    promises = [_promise(number, *end) | place for number, end in enumerate(ends)]
    events = [{"action_id": f"i#{number}", "event": status, "occurred_at": BEGAN + timedelta(days), "git_commit": "c"} | place
              for number, (status, days) in enumerate(ends) if status in ("dropped", "gone") and days is not None]  # fmt: skip
    incident = {"incident_id": "i", "kind": "incident", "status": "resolved", "started_on": BEGAN} | place
    tables = {"loads": [LOAD | place], "incidents": [incident], "action_items": promises, "action_events": events}
    connection = in_memory(tables)
    return Record(connection, parse_period(period, as_of_on=AS_OF.date()))


def _promise(number: int, status: str, days: int | None) -> dict[str, Any]:
    created_on = AS_OF.date() - timedelta(days or 0) if status == "open" else BEGAN
    done_on = BEGAN + timedelta(days) if status == "done" and days is not None else None
    return {"action_id": f"i#{number}", "origin_kind": "incident", "origin_id": "i", "position": number, "text": "x", "status": status,
            "created_on": created_on, "done_on": done_on}  # fmt: skip


@pytest.fixture(scope="module")
def four() -> Record:
    """The example of tests/spec/follow_up_completion.md."""
    return record_of(("done", 10), ("dropped", 15), ("open", 20), ("done", 25))


def test_the_area_is_what_became_of_all_of_them_by_each_day(four: Record):
    figure = follow_ups.by_day(four).figure
    assert figure is not None
    areas = {trace.name: list(trace.y) for trace in figure.data}
    assert list(areas) == ["done", "dropped", "open"]  # none has gone
    assert {name: [shares[day] for day in (9, 10, 15, 25, 90)] for name, shares in areas.items()} == {
        "done": [0, 0.25, 0.25, pytest.approx(0.75), pytest.approx(0.75)],
        "dropped": [0, 0, pytest.approx(0.25), pytest.approx(0.25), pytest.approx(0.25)],
        "open": [1, 0.75, pytest.approx(0.5), 0, 0],
    }
    assert [sum(shares) for shares in zip(*areas.values(), strict=True)] == pytest.approx([1] * 91)


def test_the_finding_is_the_last_day_that_is_known_and_the_table_tells_the_others(four: Record):
    chart = follow_ups.by_day(four)
    assert chart.finding == "75 % of follow-ups are done within 90 days, 25 % dropped or gone, 0 % still open"
    assert list(chart.twin.columns) == ["by day", *ENDS, "still watched"]
    told = chart.twin.set_index("by day")
    assert told["still watched"].to_dict() == {7: 4, 14: 3, 30: 0, 60: 0, 90: 0}
    assert told.loc[7, ["done", "open"]].tolist() == ["0 %", "100 %"]
    assert told["done"].str.split(" (", regex=False).str[0].tolist() == ["0 %", "25 %", "75 %", "75 %", "75 %"]
    numbers = {number.id: number for number in chart.numbers}
    assert (numbers["by_day.30.done"].value, numbers["by_day.30.done"].n) == (pytest.approx(0.75), 4)
    assert numbers["by_day.given_up"].value == pytest.approx(0.25)
    assert len(numbers) == 22


def test_the_closed_only_median_stands_beside_and_few_are_called_few(four: Record):
    chart = follow_ups.by_day(four)
    assert chart.figure.layout.shapes[0].x0 == 17.5
    assert chart.figure.layout.annotations[0].text == "a closed-only report:<br>half within 18 days"
    assert "What a closed-only report would say: half are done within 18 days. Fewer than 10 are still open and watched" in chart.caption
    assert "Aalen-Johansen" in chart.definition
    assert "Open and overdue" not in chart.definition


def test_a_day_that_nobody_has_reached_is_not_known():
    chart = follow_ups.by_day(record_of(("done", 5), *[("open", 40)] * 11))
    assert chart.finding == "8 % of follow-ups are done within 30 days, 0 % dropped or gone, 92 % still open"
    assert chart.twin.set_index("by day")["open"].tolist()[3:] == ["not known", "not known"]
    assert "From day 41 on fewer than 10" in chart.caption


@pytest.mark.parametrize(("ends", "finding"), [
    ((), "No follow-up with known days was promised 1 Aug 2026 to 22 Nov 2026"),
    ([("done", None), ("gone", None)], "No follow-up with known days was promised 1 Aug 2026 to 22 Nov 2026"),
    ([("open", 3), ("done", None)],
     "What becomes of follow-ups is not known yet: none was watched for longer than 3 days"),
])  # fmt: skip
def test_where_there_is_nothing_to_draw_the_finding_says_so(ends: list[tuple[str, int | None]], finding: str):
    chart = follow_ups.by_day(record_of(*ends))
    assert (chart.figure, chart.numbers, chart.caption) == (None, (), "")
    assert chart.finding == finding


def test_a_share_without_done_ones_has_no_median_to_mark():
    chart = follow_ups.by_day(record_of(("open", 100), ("dropped", 10)))
    assert chart.finding == "0 % of follow-ups are done within 90 days, 50 % dropped or gone, 50 % still open"
    assert not chart.figure.layout.shapes
    assert "closed-only report" not in chart.caption


def test_words_at_a_line_stand_towards_the_middle():
    rows = pd.DataFrame({"day": range(11), "done": [0.5] * 11, "open": [0.5] * 11})
    anchors = [stacked_shares(rows, ENDS, finding="f", name="n", mark=(at, "m")).figure.layout.annotations for at in (2, 8, 12)]
    assert [[mark.xanchor for mark in marks] for marks in anchors] == [["left"], ["right"], []]
    assert stacked_shares(rows[:0], ENDS, finding="f", name="n").figure is None


def test_a_group_that_promised_nothing_in_the_period_is_not_listed():
    """The four times 22 days begin on 27 August: one of 1 August was owed in them, and that is all."""
    record = record_of(("done", 100), ("open", 5), period="2026-11-01..2026-11-22")
    assert [row["group"] for row in record.metric(follow_ups.METRIC, record.durations_period, "quarter").rows[::7]] == ["2026-Q3", "2026-Q4"]
    assert follow_ups.groups(record, "quarter")[["quarter", "promised"]].to_numpy().tolist() == [["2026-Q4", 1]]
