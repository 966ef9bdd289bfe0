"""What a channel gets: a pack's summary, or that something failed. Text of the record is escaped for where it goes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from opsanalytics.packs.manifest import NAME as MANIFEST

_WITHOUT_LINKS = {"parse": "none", "link_names": False, "unfurl_links": False, "unfurl_media": False}


@dataclass(frozen=True)
class Message:
    """id: the same for what must be sent once. subject: one line. slack: a message to post. said: for programs that
    receive it. folder: the pack that it is about, whole: its one HTML file.
    """

    id: str
    subject: str
    text: str
    slack: Mapping[str, Any]
    html: str | None = None
    said: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None
    whole: Path | None = None


def pack_message(about: str, folder: Path, title: str, late: str = "") -> Message:
    """late: a sentence, where the pack is. Raises OSError or ValueError when the folder holds no pack."""
    made = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    period = made["period"]["name"]
    subject = one_line(f"{title} {period}" + (f" ({late})" if late else ""))
    text = "\n\n".join(filter(None, (late, _read(folder / "summary.txt") or _plainly(subject, made))))
    html, slack, whole = _read(folder / "summary.html"), _read(folder / "summary.json"), folder / f"{made['pack']}-{period}.html"
    return Message(
        about, subject, text, _slack_with(json.loads(slack), late) if slack else plain_slack(text),
        _html_with(html, late) if html else None,
        {"kind": "pack", "pack": made["pack"], "period": period, "as_of": made["as_of"], "git_commit": made["git_commit"],
         "late": late or None, "markdown": _read(folder / "summary.md")},
        folder, whole if whole.is_file() else None,
    )  # fmt: skip


def failure_message(about: str, subject: str, text: str) -> Message:
    sent = "\n".join(map(one_line, text.splitlines()))
    return Message(about, one_line(subject), sent, plain_slack(f"{subject}\n{sent}"), said={"kind": "failure"})


def plain_slack(text: str) -> dict[str, Any]:
    """No link, no mention, no mark-up, whatever the text."""
    return {"text": _for_slack(text), "mrkdwn": False, **_WITHOUT_LINKS}


def one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _plainly(subject: str, made: Mapping[str, Any]) -> str:
    commit = f", commit {made['git_commit'][:10]}" if made["git_commit"] else ""
    return f"{subject}\nas of {datetime.fromisoformat(made['as_of']):%Y-%m-%d %H:%M} UTC{commit}; {len(made['files'])} files\n"


def _html_with(html: str, late: str) -> str:
    """Of ours: a sentence with nothing to escape."""
    return re.sub(r"(<body[^>]*>)", rf"\1\n<p>{late}</p>", html, count=1) if late else html


def _slack_with(message: dict[str, Any], late: str) -> dict[str, Any]:
    if not late:
        return message
    block = {"type": "context", "elements": [{"type": "plain_text", "text": late}]}
    return message | {"text": f"{late} {message['text']}", "blocks": [*message["blocks"][:1], block, *message["blocks"][1:]]}


def _for_slack(text: str) -> str:
    """A space of no width parts an `@` from the name that it would call."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "@\u200b")


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
