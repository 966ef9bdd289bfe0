"""What the schedule owes, with the clock as an argument."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from opsanalytics.errors import UsageError, WorkspaceError
from opsanalytics.packs.catalogue import Pack
from opsanalytics.packs.log import Log, read_log
from opsanalytics.packs.schedule import (
    AT_ONCE,
    MADE,
    SKIPPED,
    Entry,
    Memory,
    Slot,
    answer,
    read_schedule,
    recall,
    unlogged,
)
from opsanalytics.settings import Scheduled
from opsanalytics.workspace import workspace_of

# Northern and southern changes of the clock, a zone of five and a half hours, one that changes by half an hour, one of
# 45 minutes, and one whose change in April 2026 leaves out midnight.
ZONES = ("Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Chatham", "Africa/Cairo")
DAILY, AT_HALF_PAST_TWO, MONDAYS = "FREQ=DAILY", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "FREQ=WEEKLY;BYDAY=MO"
MONTHLY = "FREQ=MONTHLY;BYMONTHDAY=1"
YEAR = date(2026, 1, 1)


def entry(when: str = MONTHLY, *, kind: str = "month", zone: str = "UTC", since: date | None = None, period: str = "last") -> Entry:
    pack = Pack("retro", "Retro", "us", kind, "last", ("mttr",))
    return Entry(pack, Scheduled(pack="retro", when=when, since=since, period=period), ZoneInfo(zone))


def run(scheduled: Entry, now: datetime, log: list[dict]) -> list[Slot]:
    """What a run makes, and so writes down."""
    work = scheduled.work(now, recall(log))
    log += [answer(SKIPPED, owed, work.since, scheduled, now, ()) for owed in work.skipped]
    log += [answer(MADE, owed, work.since, scheduled, now, ()) for owed in work.owed]
    return [owed.slot for owed in work.owed]


def answered(log: Iterable[dict]) -> Counter[str]:
    return Counter(slot.partition("/")[2] for each in log for slot in (each["id"], *each["stands_for"]))


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(1)


def named(slots: Iterable[Slot]) -> list[tuple[str, str]]:
    return [(slot.id.partition("/")[2], slot.period) for slot in slots]


class TestSlots:
    def test_a_slot_is_about_the_last_complete_period(self) -> None:
        assert [("2026-11-01", "2026-10")] == named(run(entry(), datetime(2026, 11, 15), []))

    def test_it_can_be_about_the_running_one(self) -> None:
        quarterly = entry("FREQ=MONTHLY;BYMONTH=3,6,9,12;BYMONTHDAY=20", kind="quarter", period="this")
        assert [("2026-09-20", "2026-Q3")] == named(run(quarterly, datetime(2026, 11, 15), []))

    def test_a_rule_that_names_no_day_goes_by_mondays_and_firsts(self) -> None:
        assert entry("FREQ=WEEKLY").next(datetime(2026, 11, 18)).at == datetime(2026, 11, 23)
        assert entry("FREQ=MONTHLY").next(datetime(2026, 11, 18)).at == datetime(2026, 12, 1)
        assert entry("FREQ=YEARLY").next(datetime(2026, 11, 18)).at == datetime(2027, 1, 1)

    def test_midnight_is_the_workspaces(self) -> None:
        """In Kolkata, 5 h 30 ahead, the first of November begins at 18:30 UTC."""
        kolkata = entry(zone="Asia/Kolkata", since=date(2026, 11, 1))
        assert run(kolkata, datetime(2026, 10, 31, 18, 29), []) == []
        assert [datetime(2026, 10, 31, 18, 30)] == [slot.due_at for slot in run(kolkata, datetime(2026, 10, 31, 18, 30), [])]

    def test_a_skipped_hour_is_due_when_it_would_be_over(self) -> None:
        """Paris goes from 02:00 to 03:00 on 29 March 2026, at 01:00 UTC: 02:30 comes at 01:30 UTC, when it is 03:30."""
        paris = entry(AT_HALF_PAST_TWO, zone="Europe/Paris", since=date(2026, 3, 29))
        assert paris.next(datetime(2026, 3, 29)).due_at == datetime(2026, 3, 29, 1, 30)

    def test_an_hour_that_comes_twice_counts_once(self) -> None:
        """Paris goes from 03:00 back to 02:00 on 25 October 2026, at 01:00 UTC: 02:30 is 00:30 and 01:30 UTC."""
        paris, log = entry(AT_HALF_PAST_TWO, zone="Europe/Paris", since=date(2026, 10, 25)), []
        made = [run(paris, datetime(2026, 10, 25, 0, minute), log) for minute in (29, 30, 59)]
        assert [0, 1, 0] == [len(each) for each in made]
        assert [] == run(paris, datetime(2026, 10, 25, 1, 30), log)
        assert paris.next(datetime(2026, 10, 25, 0, 45)).at == datetime(2026, 10, 26, 2, 30)

    def test_a_day_that_a_zone_left_out_is_due_with_the_next(self) -> None:
        """Samoa had no 30 December 2011: it went from UTC-10 to UTC+14 at its midnight, 10:00 UTC."""
        apia = entry(DAILY, zone="Pacific/Apia", since=date(2011, 12, 29))
        assert [29] == [at.day for at in apia.due(datetime(2011, 12, 30, 9))]
        assert [29, 30, 31] == [at.day for at in apia.due(datetime(2011, 12, 30, 10))]

    def test_a_rule_that_has_ended_has_no_next(self) -> None:
        ended = entry("FREQ=DAILY;UNTIL=20260131")
        assert ended.next(datetime(2026, 2, 1)) is None
        assert [("2026-01-31", "2025-12")] == named(run(ended, datetime(2026, 5, 1), []))

    def test_it_is_late_after_a_day(self) -> None:
        (slot,) = run(entry(), datetime(2026, 11, 1), [])
        assert [0, 1, 14] == [slot.days_late(slot.due_at + timedelta(hours=hours)) for hours in (23, 24, 14 * 24 + 5)]


class TestBeginning:
    def test_without_a_first_day_only_the_newest_slot_is_owed(self) -> None:
        log: list[dict] = []
        assert [("2026-11-01", "2026-10")] == named(run(entry(), datetime(2026, 11, 15), log))
        assert [] == run(entry(), datetime(2026, 11, 30), log)
        assert [("2026-12-01", "2026-11")] == named(run(entry(), datetime(2026, 12, 1), log))

    def test_since_its_first_day_all_are(self) -> None:
        since = entry(since=date(2026, 8, 15))
        assert ["2026-09-01", "2026-10-01", "2026-11-01"] == [name for name, _ in named(run(since, datetime(2026, 11, 15), []))]

    def test_of_two_years_the_newest_twelve_are_made_and_the_others_never(self) -> None:
        log: list[dict] = []
        scheduled = entry(since=date(2024, 1, 1))
        made = run(scheduled, datetime(2025, 12, 15), log)
        assert (AT_ONCE, "2025-01-01", "2025-12-01") == (len(made), named(made)[0][0], named(made)[-1][0])
        assert 12 == sum(each["kind"] == SKIPPED for each in log)
        assert [] == run(scheduled, datetime(2025, 12, 16), log)

    def test_a_first_slot_that_fails_stays_owed_when_later_ones_do_not(self) -> None:
        scheduled, log = entry(since=date(2026, 9, 1)), []
        work = scheduled.work(datetime(2026, 11, 15), Memory())
        log += [answer(MADE, owed, work.since, scheduled, datetime(2026, 11, 15), ()) for owed in work.owed[1:]]
        assert ["2026-09-01"] == [name for name, _ in named(run(scheduled, datetime(2026, 11, 16), log))]

    @pytest.mark.parametrize("since", [None, date(2026, 1, 1)])
    def test_a_changed_rule_begins_with_its_newest_slot(self, since: date | None) -> None:
        log: list[dict] = []
        for month in range(1, 11):
            run(entry(since=since), datetime(2026, month, 2), log)
        changed = entry("FREQ=MONTHLY;BYMONTHDAY=5", since=since)
        assert ["2026-10-05"] == [name for name, _ in named(run(changed, datetime(2026, 10, 20), log))]
        assert [] == run(changed, datetime(2026, 10, 21), log)


class TestCatchingUp:
    def test_what_was_missed_is_made_oldest_first(self) -> None:
        log: list[dict] = []
        run(entry(), datetime(2026, 7, 2), log)
        assert [("2026-08-01", "2026-07"), ("2026-09-01", "2026-08")] == named(run(entry(), datetime(2026, 9, 20), log))

    def test_one_pack_stands_for_slots_about_the_same_period(self) -> None:
        """Five daily slots about the week before, two about the one before that."""
        daily, log = entry(DAILY, kind="week"), []
        run(daily, datetime(2026, 9, 4), log)
        made = run(daily, datetime(2026, 9, 11), log)
        assert [("2026-09-06", "2026-W35"), ("2026-09-11", "2026-W36")] == named(made)
        assert {str(day) for day in days(date(2026, 9, 4), date(2026, 9, 11))} == set(answered(log))

    def test_a_clock_that_is_set_back_makes_nothing_again(self) -> None:
        scheduled, log = entry(DAILY, kind="week", since=date(2026, 9, 1)), []
        for day in (3, 10, 2, 7, 10, 11):
            run(scheduled, datetime(2026, 9, day), log)
        assert Counter({f"2026-09-{day:02}": 1 for day in range(1, 12)}) == answered(log)


def year_of(scheduled: Entry, dice: random.Random, step: timedelta) -> list[dict]:
    """A machine that runs about every `step`, is off for up to six weeks twice, and whose clock is set back now and then."""
    log: list[dict] = []
    first = datetime(2025, 12, 31)
    off = [(begin, begin + timedelta(dice.randint(5, 40))) for begin in (first + timedelta(dice.randint(20, 300)) for _ in range(2))]
    now = first
    while now < datetime(2027, 1, 2):
        if not any(begin <= now < end for begin, end in off):
            run(scheduled, now - timedelta(hours=dice.choice((0, 0, 0, 0, 1, 30))), log)
        now += step * dice.uniform(0.5, 1.5)
    run(scheduled, datetime(2027, 1, 2), log)
    return log


def expected(when: str) -> set[str]:
    """By the calendar alone."""
    year = list(days(YEAR, date(2026, 12, 31)))
    return {
        DAILY: {f"{day}" for day in year},
        AT_HALF_PAST_TWO: {f"{day}T02:30" for day in year},
        MONDAYS: {f"{day}" for day in year if day.weekday() == 0},
        MONTHLY: {f"{day}" for day in year if day.day == 1},
    }[when]


def simulate(when: str, zone: str, step: timedelta, seed: int) -> None:
    kind = "month" if when == MONTHLY else "week"
    log = year_of(entry(when, kind=kind, zone=zone, since=YEAR), random.Random(f"{when} {zone} {seed}"), step)
    of_the_year = {slot: times for slot, times in answered(log).items() if slot < "2027"}
    assert dict.fromkeys(expected(when), 1) == of_the_year
    assert not [each for each in log if each["kind"] == SKIPPED]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("when", [DAILY, AT_HALF_PAST_TWO, MONDAYS, MONTHLY])
def test_a_year_makes_every_slot_exactly_once(zone: str, when: str) -> None:
    simulate(when, zone, timedelta(days=3), 0)


@pytest.mark.long
@pytest.mark.parametrize("zone", ZONES)
def test_a_year_of_runs_by_night_and_day_makes_every_slot_exactly_once(zone: str) -> None:
    for when in (DAILY, AT_HALF_PAST_TWO, MONDAYS, MONTHLY):
        simulate(when, zone, timedelta(hours=3), 1)


class TestMemory:
    def test_a_standing_pack_is_remembered_without_the_log(self, tmp_path: Path) -> None:
        scheduled = entry(since=date(2026, 10, 1))
        now = datetime(2026, 10, 2)
        work = scheduled.work(now, Memory())
        made = answer(MADE, work.owed[0], work.since, scheduled, now, ["slack"])
        for folder, slot in (("2026-09", made), ("2026-08", None)):
            (tmp_path / "retro" / folder).mkdir(parents=True)
            (tmp_path / "retro" / folder / "manifest.json").write_text(json.dumps({"slot": slot}))
        assert [made] == unlogged(tmp_path, read_log(tmp_path))
        assert [] == unlogged(tmp_path, Log(tmp_path, [made]))
        assert [] == scheduled.work(now, recall([made])).owed

    def test_what_a_killed_run_left_half_made_is_no_pack(self, tmp_path: Path) -> None:
        for folder in (".running-x/retro", "retro/.aside-2026-09"):
            (tmp_path / folder).mkdir(parents=True)
            (tmp_path / folder / "manifest.json").write_text('{"slot": {"kind": "slot-made", "id": "retro/2026-10-01"}}')
        assert [] == unlogged(tmp_path, read_log(tmp_path))

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"slot": null}', "\x00"])
    def test_a_manifest_that_cannot_be_read_says_nothing(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "retro" / "2026-09").mkdir(parents=True)
        (tmp_path / "retro" / "2026-09" / "manifest.json").write_text(text)
        assert [] == unlogged(tmp_path, read_log(tmp_path))


class TestSettings:
    def test_an_entry_is_read(self, tmp_path: Path) -> None:
        text = b"zone: Asia/Tokyo\nschedule:\n  - {pack: monthly-retro, when: freq=monthly; bymonthday=1}\n"
        (read,) = read_schedule(workspace_of(tmp_path, text))
        assert ("monthly-retro", "FREQ=MONTHLY;BYMONTHDAY=1", "Asia/Tokyo") == (read.pack.name, read.said.when, read.zone.key)

    def test_a_pack_that_is_none_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="`monthly` is not a pack; valid: weekly-oncall, quarterly-planning, monthly-retro"):
            read_schedule(workspace_of(tmp_path, b"schedule: [{pack: monthly, when: FREQ=DAILY}]"))

    @pytest.mark.parametrize(("said", "message"), [
        ("schedule: [{pack: a, when: FREQ=HOURLY}]", r"ops.yml:1:28 schedule.0.when: `FREQ=HOURLY` is no rule by days"),
        ("schedule: [{pack: a, when: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30}]", "never comes"),
        ("schedule: [{pack: a, when: FREQ=DAILY;COUNT=3}]", "add since"),
        ("schedule: [{pack: a, when: FREQ=DAILY, since: soon}]", "schedule.0.since: Input should be a valid date"),
        ("schedule: [{pack: a, when: FREQ=DAILY, at: 6}]", "no such setting; there are pack, when, since, period, deliver"),
        ("channels: {s: {kind: slack, url_from: https://hooks.slack.com/T0}}", "channels.s.url_from: this is the name of an environment"),
        ("channels: {s: {kind: fax}}", "expected tags: 'directory', 'mail', 'slack', 'webhook'"),
        ("channels: {s: {kind: directory, path: a, deep: 1}}", "no such setting; there are kind, path"),
        ('channels: {m: {kind: mail, server: s, sender: a@b, to: ["c@d\\nBcc: e@f"]}}', r"is no address"),
        ("channels: {m: {kind: mail, server: s, sender: a@b, to: [c@d], security: none, user_from: A, password_from: B}}", "encryption"),
        ("channels: {m: {kind: mail, server: s, sender: a@b, to: [c@d], user_from: A}}", "go together"),
    ])  # fmt: skip
    def test_a_mistake_has_its_place(self, tmp_path: Path, said: str, message: str) -> None:
        with pytest.raises(WorkspaceError, match=message) as refused:
            workspace_of(tmp_path, said.encode())
        assert "hooks.slack.com" not in str(refused.value)
