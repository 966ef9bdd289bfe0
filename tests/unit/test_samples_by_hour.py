"""What is measured more often than hourly is kept by the hour."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsanalytics.readers.samples import sum_to_hours
from opsanalytics.tables import Row

MIDNIGHT = datetime(2026, 9, 1)
MINUTE = timedelta(minutes=1)
Stretch = tuple[str, float, float, float]


def sample(at: str, minutes: float | None = 5, good: float | None = 9, total: float | None = 10, slo_id: str = "a", path: str = "x.csv") -> Row:
    return {"slo_id": slo_id, "bucket_at": datetime.fromisoformat(f"2026-09-01 {at}"), "bucket_minutes": minutes, "good": good,
            "total": total, "source_path": path, "source_line": 2}  # fmt: skip


def by_hour(*samples: Row, slo: Row | None = None) -> list[Row]:
    rows = {"slos": [{"slo_id": "a", **(slo or {})}], "sli_samples": list(samples)}
    sum_to_hours(rows)
    return rows["sli_samples"]


def said(rows: list[Row]) -> list[Stretch]:
    return [(f"{row['bucket_at']:%H:%M}", row["bucket_minutes"], row["good"], row["total"]) for row in rows]


def test_what_lies_in_an_hour_is_summed_and_hours_and_days_stay():
    halves = [sample("10:30", 30, 8), sample("10:00", 30)]
    assert said(by_hour(*halves)) == [("10:00", 60, 17, 20)]
    assert said(by_hour(*halves, sample("11:00", 60), sample("00:00", 1440))) == [("10:00", 60, 17, 20), ("11:00", 60, 9, 10), ("00:00", 1440, 9, 10)]


def test_an_hour_that_was_measured_in_part_is_as_long_as_what_was_measured():
    assert said(by_hour(sample("10:00"), sample("10:05"), sample("10:20"))) == [("10:00", 10, 18, 20), ("10:20", 5, 9, 10)]
    assert said(by_hour(sample("10:40", 20), sample("11:00", 20))) == [("10:40", 20, 9, 10), ("11:00", 20, 9, 10)]


def test_two_rows_of_one_stretch_are_parts_of_it_and_two_files_and_objectives_are_apart():
    assert said(by_hour(sample("10:00"), sample("10:05"), sample("10:00"))) == [("10:00", 10, 27, 30)]
    assert len(by_hour(sample("10:00"), sample("10:05", path="y.csv"), sample("10:05", slo_id="b"))) == 3


@pytest.mark.parametrize("strange", [
    sample("10:05", None), sample("10:05", 0), sample("10:05", good=None), sample("10:05", total=None), sample("10:05", good=11),
    sample("10:05", good=-1), sample("10:30", 45),
])  # fmt: skip
def test_what_cannot_be_counted_or_lies_in_two_hours_is_not_summed(strange: Row):
    assert by_hour(sample("10:00"), strange) == [sample("10:00"), strange]


@pytest.mark.parametrize(("method", "text", "kept"), [
    ("timeslices", "1m", 2), ("ratio_timeslices", "90m", 2), ("timeslices", None, 2), ("timeslices", "1h", 1), ("timeslices", "1d", 1),
    ("occurrences", "1m", 1), (None, None, 1),
])  # fmt: skip
def test_slices_that_hours_would_blur_keep_their_samples(method: str | None, text: str | None, kept: int):
    assert len(by_hour(sample("10:00"), sample("10:05"), slo={"budgeting_method": method, "time_slice_window": text})) == kept


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 10), st.integers(0, 10)), unique_by=lambda each: each[0], max_size=40))
def test_nothing_is_lost_and_nothing_crosses_an_hour(parts: list[tuple[int, int, int]]):
    """Fives of minutes over five hours, the first of each as long as it likes, so that some overlap."""
    samples = [sample("00:00", minutes, good) | {"bucket_at": MIDNIGHT + 5 * place * MINUTE} for place, minutes, good in parts]
    found = by_hour(*samples)
    for name in ("good", "total", "bucket_minutes"):
        assert sum(row[name] for row in found) == sum(row[name] for row in samples)
    whole = [row for row in found if row not in samples]
    assert all(row["bucket_at"].hour == (row["bucket_at"] + (row["bucket_minutes"] - 1) * MINUTE).hour for row in whole)
