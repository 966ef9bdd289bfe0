"""A message by its channel, at most once, as the log of the shelf has it.

A line is written before a message is sent and another when its end is known. A message that was begun and has no end is
one that a kill cut short: nobody knows whether it arrived, so it is not sent again, and that is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import sleep

from opsanalytics.errors import DeliveryError
from opsanalytics.packs.catalogue import find_pack, own_packs
from opsanalytics.packs.log import Entry as Line
from opsanalytics.packs.log import entry as line
from opsanalytics.packs.log import read_log, writing
from opsanalytics.packs.manifest import NAME as MANIFEST
from opsanalytics.publish.channels import NotTakenError, UnknownError, ready, send, shown
from opsanalytics.publish.message import Message, pack_message
from opsanalytics.settings import Channel, MailChannel
from opsanalytics.workspace import Workspace

BEGUN, DELIVERED, FAILED, UNKNOWN = "delivery-begun", "delivered", "delivery-failed", "delivery-unknown"
WAITS = (1.0, 4.0, 16.0)  # seconds before each time that it is tried again
LONGEST_WAIT = 120.0


@dataclass(frozen=True)
class Sender:
    """now: naive UTC."""

    workspace: Workspace
    shelf: Path
    now: datetime

    def send(self, message: Message, name: str) -> str:
        """Gives back what is worth saying although the channel took it. Raises DeliveryError when it did not, or may not have."""
        channel = find_channel(self.workspace, name)
        self._note(BEGUN, message, name)
        try:
            remark = _send(message, channel, self.workspace.root)
        except NotTakenError as error:
            self._note(FAILED, message, name, why=str(error))
            raise DeliveryError(f"{name}: {error}") from None
        except Exception as error:  # noqa: BLE001  (whatever it is, nobody knows what arrived)
            why = str(error) if isinstance(error, UnknownError) else type(error).__name__
            self._note(UNKNOWN, message, name, why=why)
            raise DeliveryError(f"{name}: {why}; it may have arrived and is not sent again") from None
        self._note(DELIVERED, message, name)
        return f"{name}: {remark}" if remark else ""

    def is_open(self, about: str, name: str) -> bool:
        """Neither sent to the channel nor, perhaps, sent."""
        return last_said(read_log(self.shelf).entries).get((about, name)) in (None, FAILED)

    def settle(self) -> list[str]:
        """Ends what a killed run began, as unknown; to be called while no other run sends."""
        with writing(self.shelf) as log:
            begun = [each for each, kind in last_said(log.entries).items() if kind == BEGUN]
            log.append([line(UNKNOWN, self.now, about, channel=name, why="the run was killed") for about, name in begun])
        return [f"{name}: a run was killed while it sent {about}; it may have arrived and is not sent again" for about, name in begun]

    def _note(self, kind: str, message: Message, name: str, **said: str) -> None:
        with writing(self.shelf) as log:
            log.append([line(kind, self.now, message.id, channel=name, **said)])


def told(workspace: Workspace, folder: Path, about: str, late: str = "") -> Message:
    """What is said of a pack that stands. Raises DeliveryError when none does."""
    try:
        pack = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["pack"]
        return pack_message(about, folder, f"{workspace.company}: {find_pack(pack, own_packs(workspace)).title}", late)
    except (OSError, ValueError, KeyError) as error:
        raise DeliveryError(f"{folder} holds no whole pack ({type(error).__name__})") from None


def deliver_pack(workspace: Workspace, folder: Path, names: Sequence[str], now: datetime) -> list[str]:
    """Sends a pack because somebody asked for it, whatever was sent before. Raises DeliveryError by the first that fails."""
    sender, message = Sender(workspace, workspace.root / "reports", now), told(workspace, folder, _asked(folder, now))
    return [sender.send(message, name) or f"sent to {name}" for name in names]


def preview_pack(workspace: Workspace, folder: Path, names: Sequence[str], now: datetime) -> list[str]:
    """What each channel would get. Raises DeliveryError when one is not there or lacks something on this machine."""
    message = told(workspace, folder, _asked(folder, now))
    for name in names:
        ready(find_channel(workspace, name), workspace.root)
    return [f"{name} would get:\n{shown(message, find_channel(workspace, name), workspace.root)}" for name in names]


def _asked(folder: Path, now: datetime) -> str:
    return f"report/{folder.parent.name}/{folder.name}/{now:%Y%m%dT%H%M%S}"


def takes_one_file(workspace: Workspace, channels: Iterable[str]) -> bool:
    """Whether one of these channels sends the pack's pages as one HTML file."""
    named = (workspace.settings.channels.get(name) for name in channels)
    return any(isinstance(channel, MailChannel) and channel.attach for channel in named)


def find_channel(workspace: Workspace, name: str) -> Channel:
    channels: Mapping[str, Channel] = workspace.settings.channels
    if name not in channels:
        raise DeliveryError(f"ops.yml has no channel `{name}`; there are {', '.join(channels) or 'none'}")
    return channels[name]


def last_said(entries: Sequence[Line]) -> dict[tuple[str, str], str]:
    """What became of each message in each channel."""
    kinds = (BEGUN, DELIVERED, FAILED, UNKNOWN)
    return {(each["id"], each["channel"]): each["kind"] for each in entries if each["kind"] in kinds}


def _send(message: Message, channel: Channel, root: Path) -> str:
    """Again, with longer and longer waits, or as long as the channel asks for, while it certainly was not taken."""
    for wait in WAITS:
        try:
            return send(message, channel, root)
        except NotTakenError as error:
            if error.is_final or error.wait > LONGEST_WAIT:
                raise
            sleep(max(wait, error.wait))
    return send(message, channel, root)
