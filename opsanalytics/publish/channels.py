"""Sending a message by each kind of channel, once. Secrets are read from the environment here, and said nowhere.

A channel that fails says whether the message was taken: certainly not (it can be sent again), or nobody knows, because
the connection ended when all was said and nothing answered.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http.client import HTTPException, RemoteDisconnected
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from opsanalytics.errors import DeliveryError, OpsError
from opsanalytics.packs.shelf import check_destination, put, run_folder
from opsanalytics.publish.message import Message
from opsanalytics.settings import Channel, DirectoryChannel, MailChannel, SlackChannel, WebhookChannel

TIMEOUT = 30.0  # seconds without an answer
BUSY = (408, 425, 429)
HERE = ("localhost", "127.0.0.1", "::1")


class NotTakenError(DeliveryError):
    """The message certainly did not arrive. is_final: nor would it the next moment. wait: seconds that were asked for."""

    def __init__(self, why: str, *, is_final: bool = False, wait: float = 0) -> None:
        super().__init__(why)
        self.is_final = is_final
        self.wait = wait


class UnknownError(DeliveryError):
    """The message may have arrived."""


def send(message: Message, channel: Channel, root: Path) -> str:
    """Gives back what is worth saying although it was taken. root: the workspace's. Raises NotTakenError, UnknownError."""
    match channel:
        case DirectoryChannel():
            return _put_down(message, root / channel.path)
        case MailChannel():
            return _mail(message, channel)
        case SlackChannel():
            return _post(secret(channel.url_from), message.slack, {})
        case WebhookChannel():
            token = {"Authorization": f"Bearer {secret(channel.token_from)}"} if channel.token_from else {}
            return _post(secret(channel.url_from), _body(message), {"Idempotency-Key": message.id, **token})


def shown(message: Message, channel: Channel, root: Path) -> str:
    """What `send` would send, without its secrets."""
    match channel:
        case DirectoryChannel():
            return f"a copy in {root / channel.path}"
        case MailChannel():
            attached = f"\n(attached: {message.whole.name})" if channel.attach and message.whole else ""
            return f"To: {', '.join(channel.to)}\nSubject: {message.subject}\n\n{message.text}{attached}"
        case SlackChannel():
            return json.dumps(message.slack, ensure_ascii=False, indent=1)
        case WebhookChannel():
            return json.dumps(_body(message), ensure_ascii=False, indent=1)


def ready(channel: Channel, root: Path) -> None:
    """Raises NotTakenError when what the channel needs on this machine is missing."""
    match channel:
        case DirectoryChannel():
            _folder(root / channel.path)
        case MailChannel():
            _credentials(channel)
        case SlackChannel():
            _checked_url(secret(channel.url_from))
        case WebhookChannel():
            _checked_url(secret(channel.url_from))
            secret(channel.token_from or channel.url_from)


def secret(variable: str) -> str:
    value = os.environ.get(variable, "").strip()
    if not value:
        raise NotTakenError(f"the environment has no {variable}; set it where the schedule runs", is_final=True)
    if not (value.isascii() and value.isprintable()):
        raise NotTakenError(f"{variable} holds characters that no address, name or password has", is_final=True)
    return value


# --- a directory

def _put_down(message: Message, place: Path) -> str:
    try:
        _folder(place)
        if message.folder is None:
            (place / f"{_file_name(message.id)}.txt").write_text(f"{message.subject}\n{message.text}\n", encoding="utf-8")
        else:
            _copy(message.folder, place)
    except (OSError, shutil.Error) as error:
        raise NotTakenError(f"{place}: cannot be written ({error})") from None
    return ""


def _folder(place: Path) -> Path:
    """A share that is not mounted is no folder to make."""
    if not place.is_dir():
        raise NotTakenError(f"{place}: no such folder; make it, or mount it", is_final=True)
    return place


def _copy(folder: Path, place: Path) -> None:
    destination = (place / folder.parent.name / folder.name).resolve()
    if destination == folder.resolve():
        raise NotTakenError(f"{destination}: is where packs are made; choose another folder", is_final=True)
    try:
        check_destination(destination)
        with run_folder(place, destination) as aside:
            put(shutil.copytree(folder, aside / folder.name), destination, shelf=place)
    except OpsError as error:
        raise NotTakenError(str(error)) from None


def _file_name(about: str) -> str:
    return "".join(char if char.isalnum() or char in "-." else "-" for char in about)


# --- HTTP

class _NoRedirect(HTTPRedirectHandler):
    """A secret goes to the address that it was given for."""

    def redirect_request(self, *asked: Any, **also: Any) -> None:
        return None


def _post(url: str, body: Any, headers: dict[str, str]) -> str:
    data = json.dumps(body, ensure_ascii=False).encode()
    asked = Request(_checked_url(url), data, {"Content-Type": "application/json; charset=utf-8", **headers})  # noqa: S310  (https)
    try:
        with build_opener(_NoRedirect).open(asked, timeout=TIMEOUT):
            return ""
    except HTTPError as error:
        error.close()
        raise _refused(error) from None
    except URLError as error:  # before all was said
        raise _unreachable(error.reason) from None
    except ConnectionResetError as error:
        if isinstance(error, RemoteDisconnected):
            raise UnknownError("the connection ended before an answer came") from None
        raise NotTakenError("the connection was cut before the message was read") from None
    except (OSError, HTTPException) as error:
        raise UnknownError(f"no answer came ({_words(error)})") from None


def _body(message: Message) -> dict[str, Any]:
    return {"id": message.id, "subject": message.subject, "text": message.text, **message.said}


def _checked_url(url: str) -> str:
    """Without naming it, which would tell the secret."""
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 and " " not in url else None
    except ValueError:
        host = None
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host in HERE)):
        raise NotTakenError("the variable holds no https:// address", is_final=True)
    return url


def _refused(error: HTTPError) -> NotTakenError:
    if error.code in BUSY or error.code >= 500:
        return NotTakenError(f"answered {error.code}", wait=_asked_wait(error.headers.get("Retry-After", "")))
    return NotTakenError(f"refused it with {error.code}; look whether the address still holds", is_final=True)


def _asked_wait(retry_after: str) -> float:
    """Seconds, or a day and time."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    return 0.0


def _unreachable(reason: object) -> NotTakenError:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return NotTakenError(f"its certificate does not hold ({reason.verify_message})", is_final=True)
    return NotTakenError(f"cannot be reached ({_words(reason)})")


def _words(reason: object) -> str:
    return str(getattr(reason, "strerror", None) or type(reason).__name__)


# --- mail

def _mail(message: Message, channel: MailChannel) -> str:
    mail = as_mail(message, channel)
    with _server(channel) as server:
        refused = _envelope(server, channel)
        _say(server, mail.as_bytes())
    return f"{len(refused)} of {len(channel.to)} addresses refused it" if refused else ""


def as_mail(message: Message, channel: MailChannel) -> EmailMessage:
    mail = EmailMessage(SMTP.clone(cte_type="7bit"))
    mail["Subject"], mail["From"], mail["To"] = message.subject, channel.sender, ", ".join(channel.to)
    mail["Date"] = datetime.now(UTC)
    mail["Message-ID"] = f"<{sha256(message.id.encode()).hexdigest()[:32]}@{channel.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    if channel.attach and message.whole:
        mail.add_attachment(message.whole.read_bytes(), maintype="text", subtype="html", filename=message.whole.name)
    return mail


@contextmanager
def _server(channel: MailChannel) -> Iterator[smtplib.SMTP]:
    """Whatever ends here ended before the mail was said."""
    user, password = _credentials(channel)
    try:
        server = _connect(channel)
    except (OSError, smtplib.SMTPException) as error:
        raise _not_reached(error) from None
    try:
        if channel.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if user:
            server.login(user, password)
        yield server
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
    except (OSError, smtplib.SMTPException) as error:
        raise _not_reached(error) from None
    finally:
        server.close()


def _connect(channel: MailChannel) -> smtplib.SMTP:
    if channel.security == "tls":
        return smtplib.SMTP_SSL(channel.server, channel.port, timeout=TIMEOUT, context=ssl.create_default_context())
    return smtplib.SMTP(channel.server, channel.port, timeout=TIMEOUT)


def _credentials(channel: MailChannel) -> tuple[str, str]:
    if channel.user_from is None or channel.password_from is None:
        return "", ""
    return secret(channel.user_from), secret(channel.password_from)


def _envelope(server: smtplib.SMTP, channel: MailChannel) -> list[int]:
    """The codes of the addresses that were refused; NotTakenError when that is all of them."""
    server.ehlo_or_helo_if_needed()
    code, _ = server.mail(channel.sender)
    if code != 250:
        raise _refusal(code)
    refused = [code for code, _ in map(server.rcpt, channel.to) if code not in (250, 251)]
    if len(refused) == len(channel.to):
        raise _refusal(min(refused))
    return refused


def _say(server: smtplib.SMTP, mail: bytes) -> None:
    """Until the last line is sent the server has no mail (RFC 5321, 4.1.1.4); without an answer to that, nobody knows."""
    code, _ = server.docmd("DATA")
    if code != 354:
        raise _refusal(code)
    server.send(re.sub(rb"(?m)^\.", b"..", mail).removesuffix(b"\r\n") + b"\r\n.\r\n")
    try:
        code, _ = server.getreply()
    except (OSError, smtplib.SMTPException):
        raise UnknownError("the connection ended before the server said that it took the mail") from None
    if code != 250:
        raise _refusal(code)


def _not_reached(error: OSError | smtplib.SMTPException) -> NotTakenError:
    match error:
        case smtplib.SMTPResponseException():
            return _refusal(int(error.smtp_code))
        case smtplib.SMTPNotSupportedError():
            return NotTakenError("the server has no such encryption or login; look at `security`", is_final=True)
        case _:
            return _unreachable(error)


def _refusal(code: int) -> NotTakenError:
    """A code of 4xx is for now, one of 5xx for good (RFC 5321, 4.2.1)."""
    return NotTakenError(f"the mail server answered {code}", is_final=code >= 500)
