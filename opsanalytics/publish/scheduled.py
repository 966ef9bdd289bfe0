"""A run of the schedule: make each pack that is owed, send it where its entry says, and tell there what failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from opsanalytics.errors import BusyError, DeliveryError, DestinationError, OpsError
from opsanalytics.packs.catalogue import own_packs
from opsanalytics.packs.log import Entry as Line
from opsanalytics.packs.log import read_log, writing
from opsanalytics.packs.make import make_pack
from opsanalytics.packs.schedule import MADE, SKIPPED, Entry, Owed, Work, answer, read_schedule, recall, unlogged
from opsanalytics.packs.shelf import make_shelf
from opsanalytics.publish.channels import ready
from opsanalytics.publish.deliver import Sender, find_channel, takes_one_file, told
from opsanalytics.publish.message import Message, failure_message
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import Workspace

OLD = timedelta(days=7)  # what could not be sent so long is news no more
LOCK = ".schedule.lock"


@dataclass
class Outcome:
    """Lines to read: what was done, and what failed. code: the exit code of the first failure, 0 without one."""

    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    code: int = 0

    def fail(self, error: Exception, said: str) -> None:
        self.failed.append(said)
        self.code = self.code or getattr(error, "exit_code", 1)


def run_schedule(workspace: Workspace, now: datetime, *, progress: Callable[[str], None] = lambda line: None) -> Outcome:
    """Makes and sends what is owed by now, which is naive UTC.

    One entry that fails stops no other, and is owed still. Raises BusyError when another run, or a load, is at work.
    """
    entries = read_schedule(workspace)
    if not entries:
        return Outcome()
    with at_work(workspace.root / "reports") as shelf:
        running = _Run(workspace, shelf, now, progress, entries)
        running.recall()
        for each in entries:
            running.make(each)
        running.deliver()
    return running.outcome


def plan(workspace: Workspace, now: datetime) -> list[tuple[Entry, Work]]:
    """What a run would make; nothing is written."""
    shelf = workspace.root / "reports"
    log = read_log(shelf)
    memory = recall([*log.entries, *unlogged(shelf, log)])
    return [(each, each.work(now, memory)) for each in read_schedule(workspace)]


def preview(workspace: Workspace, now: datetime) -> Outcome:
    """What a run would do, and what its channels lack here; nothing is written or sent."""
    outcome = Outcome()
    for each, work in plan(workspace, now):
        outcome.done += [_skipped(work)] if work.skipped else []
        outcome.done += [f"would make {_named(owed, now)}{_to(each.said.deliver)}" for owed in work.owed]
        for name in each.said.deliver:
            try:
                ready(find_channel(workspace, name), workspace.root)
            except DeliveryError as error:
                outcome.fail(error, f"{name}: {error}")
    outcome.failed = list(dict.fromkeys(outcome.failed))
    return outcome


def standing(workspace: Workspace, now: datetime) -> list[dict[str, Any]]:
    """A row an entry: its last slot made, those that it owes, those that are too many to be made, and the next."""
    shelf = workspace.root / "reports"
    log = read_log(shelf)
    made = [each for each in (*log.entries, *unlogged(shelf, log)) if each["kind"] == MADE]
    return [_row(each, work, made, now) for each, work in plan(workspace, now)]


def _row(entry: Entry, work: Work, made: Sequence[Line], now: datetime) -> dict[str, Any]:
    slots = [line["id"].partition("/")[2] for line in made if line["id"].startswith(f"{entry.pack.name}/") and line["when"] == entry.said.when]
    coming = entry.next(now)
    return {"pack": entry.pack.name, "when": entry.said.when, "last": max(slots, default=None),
            "owed": [slot.name for owed in work.owed for slot in owed.slots],
            "too_many": [slot.name for owed in work.skipped for slot in owed.slots],
            "next": coming.name if coming else None, "deliver": entry.said.deliver}  # fmt: skip


@contextmanager
def at_work(shelf: Path) -> Iterator[Path]:
    """One run at a time; the lock goes with the process that holds it."""
    try:
        make_shelf(shelf)
        lock = FileLock(shelf / LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise BusyError("another run of the schedule is at work; what is owed is made by it, or by the next") from None
    except OSError as error:
        raise DestinationError(f"{shelf}: cannot write there ({error.strerror}); free it or choose another") from error
    try:
        yield shelf
    finally:
        lock.release()


@dataclass
class _Run:
    workspace: Workspace
    shelf: Path
    now: datetime
    progress: Callable[[str], None]
    entries: Sequence[Entry]
    outcome: Outcome = field(default_factory=Outcome)

    def recall(self) -> None:
        """Brings the log up to what stands on the shelf, and ends what a killed run was sending."""
        with writing(self.shelf) as log:
            log.append(unlogged(self.shelf, log))
        for said in self.sender.settle():
            self.outcome.fail(DeliveryError(), said)

    def make(self, entry: Entry) -> None:
        work = entry.work(self.now, recall(read_log(self.shelf).entries))
        if work.skipped:
            self._log([answer(SKIPPED, owed, work.since, entry, self.now, ()) for owed in work.skipped])
            self.outcome.done.append(_skipped(work))
        failures = [said for owed in work.owed if (said := self._make_one(entry, owed, work))]
        if failures:
            self._tell(failures, f"failed/{work.owed[-1].slot.id}", f"{entry.pack.title}: not made", entry.said.deliver)

    def deliver(self) -> None:
        """What was made within the last days and not yet sent."""
        for made in read_log(self.shelf).entries:
            if made["kind"] == MADE and self.now - datetime.fromisoformat(made["at"]) <= OLD:
                for name in made["deliver"]:
                    if self.sender.is_open(made["id"], name):
                        self._deliver(made, name)

    @cached_property
    def sender(self) -> Sender:
        return Sender(self.workspace, self.shelf, self.now)

    @cached_property
    def _database(self) -> Path:
        return load(self.workspace, now=self.now, progress=self.progress).database

    def _make_one(self, entry: Entry, owed: Owed, work: Work) -> str | None:
        """What failed, if anything."""
        slot = owed.slot
        line = answer(MADE, owed, work.since, entry, self.now, self._receivers(owed))
        self.progress(f"{slot.id}: {slot.period}")
        try:
            made = make_pack(slot.pack, database=self._database, reports=self.shelf, period=slot.period,
                             single_file=takes_one_file(self.workspace, line["deliver"]), own=own_packs(self.workspace), slot=line,
                             progress=self.progress)  # fmt: skip
        except BusyError:
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is stops no other entry, and is told where reports go)
            said = f"{_named(owed, self.now)}: {error if isinstance(error, OpsError) else repr(error)}"
            self.outcome.fail(error, said)
            return said
        self._log([line])
        self.outcome.done.append(f"made {_named(owed, self.now)}: {made.index}")
        return None

    def _receivers(self, owed: Owed) -> list[str]:
        """Every entry that has this slot; two may have rules that meet on a day."""
        return list(dict.fromkeys(name for each in self.entries if each.has(owed.slot) for name in each.said.deliver))

    def _deliver(self, made: Line, name: str) -> None:
        try:
            said = self.sender.send(self._message(made), name)
        except DeliveryError as error:
            self._undelivered(made, name, error)
        else:
            self.outcome.done.append(f"sent {made['id']} to {name}")
            if said:
                self._undelivered(made, name, DeliveryError(said))

    def _undelivered(self, made: Line, name: str, error: DeliveryError) -> None:
        """Told where else the pack goes."""
        said = f"{made['id']}: {error}"
        self.outcome.fail(error, said)
        others = [each for each in made["deliver"] if each != name]
        self._tell([said], f"undelivered/{made['id']}/{name}", "A report was not delivered", others)

    def _message(self, made: Line) -> Message:
        folder = self.shelf / made["id"].partition("/")[0] / made["period"]
        days = (datetime.fromisoformat(made["at"]) - datetime.fromisoformat(made["due_at"])).days
        late = f"Late by {_days(days)}: it was due on {made['id'].rpartition('/')[2].replace('T', ' ')}." if days else ""
        return told(self.workspace, folder, made["id"], late)

    def _tell(self, failures: Sequence[str], about: str, subject: str, channels: Sequence[str]) -> None:
        message = failure_message(about, f"{self.workspace.company}: {subject}", "\n\n".join(failures))
        for name in channels:
            try:
                if self.sender.is_open(about, name):
                    self.sender.send(message, name)
            except DeliveryError as error:
                self.outcome.fail(error, f"{about}: {error}")

    def _log(self, lines: Sequence[Line]) -> None:
        with writing(self.shelf) as log:
            log.append(lines)


def _named(owed: Owed, now: datetime) -> str:
    late = f", {_days(owed.slot.days_late(now))} late" if owed.slot.days_late(now) else ""
    others = f", for {len(owed.stands_for)} slots before it too" if owed.stands_for else ""
    return f"{owed.slot.pack} {owed.slot.period}, due {owed.slot.name}{late}{others}"


def _skipped(work: Work) -> str:
    first, last = work.skipped[0].slot, work.skipped[-1].slot
    return (f"{len(work.skipped)} packs of {first.pack}, due {first.name} to {last.name}, "
            f"are too many to make now, and skipped; make one with `opsanalytics report {first.pack} --period {first.period}`")  # fmt: skip


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"


def _to(channels: Sequence[str]) -> str:
    return f" and send it to {', '.join(channels)}" if channels else ""
