"""Delivery to servers that stand in this process: what they get, how often, and what is told when they fail."""

from __future__ import annotations

import email
import json
import os
import re
import select
import socketserver
import struct
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.policy import default as modern
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from ssl import PROTOCOL_TLS_SERVER, SSLContext, SSLError, SSLSocket
from typing import Any

import pytest
import trustme

from opsanalytics.errors import DeliveryError
from opsanalytics.packs.log import read_log
from opsanalytics.publish import channels as sending
from opsanalytics.publish import deliver
from opsanalytics.publish.deliver import BEGUN, DELIVERED, FAILED, UNKNOWN, Sender
from opsanalytics.publish.message import Message, failure_message, pack_message
from opsanalytics.workspace import Workspace, workspace_of

NOW = datetime(2026, 11, 1, 6)
SECRET = "T0-B0-s3cret"
HOSTILE = "x\r\nBcc: all@example.org\n<!channel> <https://evil.example|ok> @here \x1b[2J\u202e"


# --- servers

class Web(ThreadingHTTPServer):
    """Answers by a list: a status, or (status, headers), `cut` without reading, `eaten` after reading; then with 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.answers: list[Any] = []
        self.asked: list[tuple[str, dict[str, str], Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{SECRET}"


class _Answer(BaseHTTPRequestHandler):
    server: Web

    def handle(self) -> None:
        if self.server.answers[:1] == ["cut"]:
            self.server.answers.pop(0)
            select.select([self.connection], [], [], 5)
            self.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            super().handle()

    def finish(self) -> None:
        if not self.wfile.closed and self.connection.fileno() != -1:
            super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers), json.loads(body)))
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if answer == "eaten":
            self.close_connection = True
            return
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *said: Any) -> None:
        pass


class Post(socketserver.ThreadingTCPServer):
    """A mail server. answers: a verb and what it answers the next time, `cut` to end the connection instead. secured: by TLS
    from the start, or as soon as it is asked to.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, security: str = "none", secured: SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.security = security
        self.secured = secured
        self.answers: list[tuple[str, str]] = []
        self.mails: list[bytes] = []
        self.heard: list[str] = []

    def answer(self, verb: str, usual: str) -> str:
        for at, (asked, said) in enumerate(self.answers):
            if asked == verb:
                del self.answers[at]
                return said
        return usual


class _Talk(socketserver.StreamRequestHandler):
    server: Post

    def handle(self) -> None:
        with suppress(SSLError):
            if self.server.security == "tls":
                self._secure()
            self._talk()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _secure(self) -> None:
        assert self.server.secured
        self.request = self.server.secured.wrap_socket(self.request, server_side=True)
        self.setup()

    @property
    def _usual(self) -> dict[str, str]:
        is_secure = isinstance(self.connection, SSLSocket)
        offer = "AUTH PLAIN" if is_secure else "STARTTLS" if self.server.secured else "8BITMIME"
        return {"DATA": "354 go on", "STARTTLS": "220 go on", "AUTH": "235 welcome", "EHLO": f"250-here\r\n250 {offer}"}

    def _talk(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline():
            verb = line.decode().split()[0].upper()
            self.server.heard.append(line.decode().strip())
            answer = self.server.answer(verb, self._usual.get(verb, "250 ok"))
            if answer == "cut":
                return
            self._say(answer)
            if verb == "STARTTLS":
                self._secure()
            if verb == "QUIT":
                return
            if answer.startswith("354") and not self._take():
                return

    def _take(self) -> bool:
        lines = iter(self.rfile.readline, b".\r\n")
        mail = b"".join(line.removeprefix(b".") for line in lines)
        answer = self.server.answer("END", "250 taken")
        if answer == "eaten":
            self.server.mails.append(mail)
            return False
        if answer.startswith("2"):
            self.server.mails.append(mail)
        self._say(answer)
        return True

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def serving(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with serving(Web()) as server:
        monkeypatch.setenv("OPS_URL", server.url)
        monkeypatch.setenv("no_proxy", "*")
        yield server


@pytest.fixture
def post() -> Iterator[Post]:
    with serving(Post()) as server:
        yield server


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr(deliver, "sleep", waits.append)
    return waits


# --- what is sent

SLACK = "{kind: slack, url_from: OPS_URL}"
HOOK = "{kind: webhook, url_from: OPS_URL, token_from: OPS_TOKEN}"


def workspace(root: Path, *channels: str) -> Workspace:
    named = "".join(f"  c{at}: {channel}\n" for at, channel in enumerate(channels))
    return workspace_of(root, f"company: Acme\nchannels:\n{named}".encode())


def mail_channel(post: Post, **said: str) -> str:
    said = {"server": "127.0.0.1", "port": str(post.server_address[1]), "security": "none", "sender": "reports@example.org",
            "to": "[team@example.org]", **said}  # fmt: skip
    return f"{{kind: mail, {', '.join(f'{name}: {value}' for name, value in said.items())}}}"


LOGIN = {"server": "localhost", "user_from": "MAIL_USER", "password_from": "MAIL_PASSWORD"}


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> str:
    """What the server hears of it (RFC 4616)."""
    monkeypatch.setenv("MAIL_USER", "reports")
    monkeypatch.setenv("MAIL_PASSWORD", SECRET)
    said = b64encode(f"\0reports\0{SECRET}".encode()).decode()
    return f"AUTH PLAIN {said}"


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    """The one that this process trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return authority


def secured_post(security: str, authority: trustme.CA) -> Post:
    secured = SSLContext(PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(secured)
    return Post(security, secured)


def sender(root: Path, *channels: str) -> Sender:
    return Sender(workspace(root, *channels), root / "reports", NOW)


def said_in_log(root: Path) -> list[str]:
    return [each["kind"] for each in read_log(root / "reports").entries]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack as it stands on the shelf, with its summaries."""
    folder = tmp_path / "reports" / "monthly-retro" / "2026-10"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<p>pages")
    (folder / "monthly-retro-2026-10.html").write_text("<p>whole")
    (folder / "summary.txt").write_text("Four incidents.\n.\nÜber 30 min.\n")
    (folder / "summary.html").write_text('<!doctype html><html><body style="margin:0"><p>Four incidents.</p></body></html>')
    (folder / "summary.md").write_text("**Four** incidents")
    slack = {"text": "Retro: four incidents", "blocks": [{"type": "header"}, {"type": "section"}], "parse": "none"}
    (folder / "summary.json").write_text(json.dumps(slack))
    manifest = {"pack": "monthly-retro", "period": {"name": "2026-10"}, "as_of": "2026-11-01 06:00:00", "git_commit": None, "files": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def message(pack: Path) -> Message:
    return pack_message("monthly-retro/2026-11-01", pack, "Acme: Monthly retrospective")


class TestHttp:
    def test_slack_gets_the_summary_as_it_is(self, tmp_path: Path, web: Web, message: Message, pack: Path) -> None:
        sender(tmp_path, SLACK).send(message, "c0")
        ((path, headers, body),) = web.asked
        assert (f"/{SECRET}", json.loads((pack / "summary.json").read_text())) == (path, body)
        assert headers["Content-Type"] == "application/json; charset=utf-8"
        assert [BEGUN, DELIVERED] == said_in_log(tmp_path)

    def test_a_webhook_gets_what_programs_read(self, tmp_path: Path, web: Web, message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPS_TOKEN", "t0ken\n")
        sender(tmp_path, HOOK).send(message, "c0")
        ((_, headers, body),) = web.asked
        assert ("Bearer t0ken", "monthly-retro/2026-11-01") == (headers["Authorization"], headers["Idempotency-Key"])
        assert ("pack", "monthly-retro", "2026-10", None) == (body["kind"], body["pack"], body["period"], body["late"])
        assert body["text"].startswith("Four incidents.")

    def test_a_server_that_is_busy_is_asked_again_when_it_says(self, tmp_path: Path, web: Web, message: Message, slept: list[float]) -> None:
        web.answers = [(429, {"Retry-After": "7"}), 500, (503, {"Retry-After": "0"})]
        sender(tmp_path, SLACK).send(message, "c0")
        assert ([7.0, 4.0, 16.0], 4) == (slept, len(web.asked))
        assert [BEGUN, DELIVERED] == said_in_log(tmp_path)

    def test_a_day_and_time_is_waited_for(self, tmp_path: Path, web: Web, message: Message, slept: list[float]) -> None:
        web.answers = [(429, {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)})]
        sender(tmp_path, SLACK).send(message, "c0")
        assert 55 < slept[0] <= 60

    def test_who_asks_for_long_is_left_to_the_next_run(self, tmp_path: Path, web: Web, message: Message, slept: list[float]) -> None:
        web.answers = [(429, {"Retry-After": "3600"})]
        ours = sender(tmp_path, SLACK)
        with pytest.raises(DeliveryError, match="c0: answered 429"):
            ours.send(message, "c0")
        assert ([], [BEGUN, FAILED], True) == (slept, said_in_log(tmp_path), ours.is_open(message.id, "c0"))

    def test_one_that_goes_on_failing_is_given_up_for_now(self, tmp_path: Path, web: Web, message: Message, slept: list[float]) -> None:
        web.answers = [500] * 9
        with pytest.raises(DeliveryError, match="c0: answered 500"):
            sender(tmp_path, SLACK).send(message, "c0")
        assert ([1.0, 4.0, 16.0], 4) == (slept, len(web.asked))

    def test_what_is_refused_for_good_is_asked_once(self, tmp_path: Path, web: Web, message: Message, slept: list[float]) -> None:
        web.answers = [404]
        with pytest.raises(DeliveryError, match="refused it with 404"):
            sender(tmp_path, SLACK).send(message, "c0")
        assert ([], 1) == (slept, len(web.asked))

    def test_a_connection_that_is_cut_unread_is_tried_again(self, tmp_path: Path, web: Web, message: Message, slept: list[float]) -> None:
        web.answers = ["cut", "cut"]
        sender(tmp_path, SLACK).send(message, "c0")
        assert ([1.0, 4.0], 1) == (slept, len(web.asked))

    def test_a_message_that_may_have_arrived_is_not_sent_again(self, tmp_path: Path, web: Web, message: Message, slept: list[float]) -> None:
        web.answers = ["eaten"]
        ours = sender(tmp_path, SLACK)
        with pytest.raises(DeliveryError, match="it may have arrived and is not sent again"):
            ours.send(message, "c0")
        assert ([], 1, [BEGUN, UNKNOWN]) == (slept, len(web.asked), said_in_log(tmp_path))
        assert not ours.is_open(message.id, "c0")

    def test_silence_is_the_same(self, tmp_path: Path, message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sending, "TIMEOUT", 0.2)
        with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as silent:
            monkeypatch.setenv("OPS_URL", f"http://127.0.0.1:{silent.server_address[1]}/")
            monkeypatch.setenv("no_proxy", "*")
            with pytest.raises(DeliveryError, match="no answer came"):
                sender(tmp_path, SLACK).send(message, "c0")

    def test_nobody_there_is_tried_again(self, tmp_path: Path, message: Message, slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
        with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as gone:
            monkeypatch.setenv("OPS_URL", f"http://127.0.0.1:{gone.server_address[1]}/")
            monkeypatch.setenv("no_proxy", "*")
        with pytest.raises(DeliveryError, match=r"c0: cannot be reached \(Connection refused\)"):
            sender(tmp_path, SLACK).send(message, "c0")
        assert [1.0, 4.0, 16.0] == slept

    def test_a_redirect_is_not_followed(self, tmp_path: Path, web: Web, message: Message) -> None:
        with serving(Web()) as elsewhere:
            for status in (301, 302, 303, 307, 308):
                web.answers = [(status, {"Location": elsewhere.url})]
                with pytest.raises(DeliveryError, match=f"refused it with {status}"):
                    sender(tmp_path, SLACK).send(message, "c0")
            assert [] == elsewhere.asked


class TestSecrets:
    @pytest.mark.parametrize(("value", "why"), [
        (None, "the environment has no OPS_URL"), ("", "the environment has no OPS_URL"), (f"http://hooks.example/{SECRET}", "no https://"),
        (f"file:///{SECRET}", "no https://"), (f"https://[{SECRET}", "no https://"), (f"https://a b/{SECRET}", "no https://"),
        (f"https://h/{SECRET}\nHost: x", "characters"), (f"http://127.0.0.1:1/{SECRET}", "cannot be reached"),
    ])  # fmt: skip
    def test_what_the_variable_holds_is_never_said(self, tmp_path: Path, message: Message, slept: list[float], value: str | None,
                                                   why: str, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
        monkeypatch.delenv("OPS_URL", raising=False)
        if value is not None:
            monkeypatch.setenv("OPS_URL", value)
        with pytest.raises(DeliveryError, match=re.escape(why)) as refused:
            sender(tmp_path, SLACK).send(message, "c0")
        log = (tmp_path / "reports" / ".log.jsonl").read_text()
        assert SECRET not in f"{refused.value}{refused.getrepr(chain=True, style='value')}{log}"


class TestMail:
    def read(self, post: Post) -> email.message.EmailMessage:
        (mail,) = post.mails
        return email.message_from_bytes(mail, policy=modern)

    def test_it_has_text_html_and_the_pack_as_one_file(self, tmp_path: Path, post: Post, message: Message) -> None:
        sender(tmp_path, mail_channel(post, attach="true", to="[team@example.org, lead@example.org]")).send(message, "c0")
        mail = self.read(post)
        assert ("Acme: Monthly retrospective 2026-10", "team@example.org, lead@example.org") == (mail["Subject"], mail["To"])
        assert "Four incidents.\n.\nÜber 30 min." in mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
        assert "<p>Four incidents.</p>" in mail.get_body(("html",)).get_content()
        (attached,) = mail.iter_attachments()
        assert ("monthly-retro-2026-10.html", "<p>whole") == (attached.get_filename(), attached.get_content().strip())
        assert all(byte < 128 for byte in post.mails[0])

    def test_the_same_message_has_the_same_id(self, tmp_path: Path, post: Post, message: Message) -> None:
        for _ in range(2):
            sender(tmp_path, mail_channel(post)).send(message, "c0")
        first, second = (email.message_from_bytes(mail)["Message-ID"] for mail in post.mails)
        assert first == second

    @pytest.mark.parametrize(("answers", "waits"), [
        ([("MAIL", "451 later")], [1.0]), ([("RCPT", "450 greylisted"), ("RCPT", "450 greylisted")], [1.0, 4.0]),
        ([("EHLO", "cut")], [1.0]), ([("RCPT", "cut")], [1.0]), ([("DATA", "cut")], [1.0]), ([("DATA", "421 going down")], [1.0]),
        ([("END", "452 full")], [1.0]),
    ])  # fmt: skip
    def test_what_was_not_taken_is_sent_again(self, tmp_path: Path, post: Post, message: Message, slept: list[float],
                                              answers: list[tuple[str, str]], waits: list[float]) -> None:  # fmt: skip
        post.answers = answers
        sender(tmp_path, mail_channel(post)).send(message, "c0")
        assert (waits, 1) == (slept, len(post.mails))

    def test_what_may_have_been_taken_is_not(self, tmp_path: Path, post: Post, message: Message, slept: list[float]) -> None:
        post.answers = [("END", "eaten")]
        with pytest.raises(DeliveryError, match="it may have arrived and is not sent again"):
            sender(tmp_path, mail_channel(post)).send(message, "c0")
        assert ([], 1, [BEGUN, UNKNOWN]) == (slept, len(post.mails), said_in_log(tmp_path))

    @pytest.mark.parametrize("answers", [[("RCPT", "550 unknown")], [("END", "554 no")], [("MAIL", "530 log in first")]])
    def test_what_is_refused_for_good_is_said_once(self, tmp_path: Path, post: Post, message: Message, slept: list[float],
                                                   answers: list[tuple[str, str]]) -> None:  # fmt: skip
        post.answers = answers
        with pytest.raises(DeliveryError, match=f"the mail server answered {answers[0][1][:3]}"):
            sender(tmp_path, mail_channel(post)).send(message, "c0")
        assert ([], []) == (slept, post.mails)

    def test_one_address_that_is_gone_keeps_it_from_nobody_else(self, tmp_path: Path, post: Post, message: Message) -> None:
        post.answers = [("RCPT", "550 unknown")]
        said = sender(tmp_path, mail_channel(post, to="[gone@example.org, team@example.org]")).send(message, "c0")
        assert ("c0: 1 of 2 addresses refused it", 1) == (said, len(post.mails))

    def test_a_server_without_encryption_gets_no_password(self, tmp_path: Path, post: Post, message: Message, slept: list[float],
                                                          monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
        monkeypatch.setenv("MAIL_USER", "reports")
        monkeypatch.setenv("MAIL_PASSWORD", SECRET)
        channel = mail_channel(post, security="starttls", user_from="MAIL_USER", password_from="MAIL_PASSWORD")
        with pytest.raises(DeliveryError, match="no such encryption"):
            sender(tmp_path, channel).send(message, "c0")
        assert not [line for line in post.heard if SECRET in line or "AUTH" in line]

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    def test_a_login_goes_through_tls(self, tmp_path: Path, message: Message, security: str, authority: trustme.CA, login: str) -> None:
        with serving(secured_post(security, authority)) as post:
            sender(tmp_path, mail_channel(post, security=security, **LOGIN)).send(message, "c0")
            assert 1 == len(post.mails)
            assert [login] == [line for line in post.heard if line.startswith("AUTH")]

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    def test_a_server_with_a_strange_certificate_hears_nothing(
        self, tmp_path: Path, message: Message, slept: list[float], security: str, authority: trustme.CA, login: str
    ) -> None:
        with serving(secured_post(security, trustme.CA())) as post:
            with pytest.raises(DeliveryError, match=r"its certificate does not hold \(.*issuer"):
                sender(tmp_path, mail_channel(post, security=security, **LOGIN)).send(message, "c0")
            assert slept == []
            assert {line.split()[0].upper() for line in post.heard} <= {"EHLO", "STARTTLS"}

    def test_a_wrong_password_is_said_once_and_not_shown(
        self, tmp_path: Path, message: Message, slept: list[float], authority: trustme.CA, login: str
    ) -> None:
        with serving(secured_post("tls", authority)) as post:
            post.answers = [("AUTH", "535 no such login")]
            with pytest.raises(DeliveryError, match="the mail server answered 535") as refused:
                sender(tmp_path, mail_channel(post, security="tls", **LOGIN)).send(message, "c0")
            assert ([], []) == (slept, post.mails)
            assert SECRET not in str(refused.value)

    def test_text_of_the_record_makes_no_header(self, tmp_path: Path, post: Post, pack: Path) -> None:
        sender(tmp_path, mail_channel(post)).send(pack_message("a/b", pack, HOSTILE), "c0")
        mail = self.read(post)
        assert mail["Bcc"] is None
        assert mail["Subject"].strip().startswith("x Bcc: all@example.org <!channel>")
        assert "\x1b" not in mail["Subject"]


class TestDirectory:
    def test_the_pack_stands_there_whole(self, tmp_path: Path, message: Message, pack: Path) -> None:
        (tmp_path / "share").mkdir()
        for _ in range(2):
            sender(tmp_path, "{kind: directory, path: share}").send(message, "c0")
        there = tmp_path / "share" / "monthly-retro" / "2026-10"
        assert {path.name for path in pack.iterdir()} == {path.name for path in there.iterdir()}
        assert [] == [path for path in (tmp_path / "share").rglob(".[air]*") if path.is_dir()]

    @pytest.mark.parametrize(("path", "why"), [("nowhere", "no such folder"), ("reports", "where packs are made")])
    def test_a_place_that_is_none_is_refused(self, tmp_path: Path, message: Message, slept: list[float], path: str, why: str) -> None:
        with pytest.raises(DeliveryError, match=why):
            sender(tmp_path, f"{{kind: directory, path: {path}}}").send(message, "c0")

    def test_what_is_no_pack_stays(self, tmp_path: Path, message: Message, slept: list[float]) -> None:
        mine = tmp_path / "share" / "monthly-retro" / "2026-10" / "mine.txt"
        mine.parent.mkdir(parents=True)
        mine.write_text("mine")
        with pytest.raises(DeliveryError, match="no pack"):
            sender(tmp_path, "{kind: directory, path: share}").send(message, "c0")
        assert mine.read_text() == "mine"

    def test_a_failure_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "share").mkdir()
        sender(tmp_path, "{kind: directory, path: share}").send(failure_message("failed/a/2026-11-01", "Acme: not made", "cell 3"), "c0")
        assert (tmp_path / "share" / "failed-a-2026-11-01.txt").read_text() == "Acme: not made\ncell 3\n"


class TestWords:
    def test_a_late_pack_says_so_everywhere(self, pack: Path) -> None:
        late = "Late by 14 days: it was due on 2026-11-01."
        message = pack_message("a/b", pack, "Acme: Retro", late)
        assert message.subject == f"Acme: Retro 2026-10 ({late})"
        assert message.text.startswith(f"{late}\n\nFour")
        assert f'<body style="margin:0">\n<p>{late}</p>' in (message.html or "")
        assert ["header", "context", "section"] == [block["type"] for block in message.slack["blocks"]]
        assert message.slack["text"].startswith(late)

    def test_a_pack_without_a_summary_is_named(self, pack: Path) -> None:
        for summary in pack.glob("summary.*"):
            summary.unlink()
        message = pack_message("a/b", pack, "Acme: Retro")
        assert "Acme: Retro 2026-10\nas of 2026-11-01 06:00 UTC; 0 files\n" == message.text == message.slack["text"]
        assert message.html is None

    def test_a_failure_calls_nobody_and_links_nothing(self) -> None:
        slack = failure_message("a", "Acme", HOSTILE).slack
        assert not re.search(r"<|@h|@e", slack["text"])
        assert (False, "none", False) == (slack["mrkdwn"], slack["parse"], slack["link_names"])


class TestOnce:
    def test_two_channels_are_told_apart(self, tmp_path: Path, web: Web, message: Message) -> None:
        ours = sender(tmp_path, SLACK, SLACK)
        ours.send(message, "c0")
        assert (False, True) == (ours.is_open(message.id, "c0"), ours.is_open(message.id, "c1"))

    def test_a_run_that_was_killed_while_it_sent_is_settled_and_said_once(self, tmp_path: Path, web: Web, message: Message,
                                                                         monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
        ours, gone = sender(tmp_path, SLACK), os.fork()
        if not gone:
            monkeypatch.setattr(deliver, "_send", lambda *asked: os._exit(9))
            ours.send(message, "c0")
        os.waitpid(gone, 0)
        assert [BEGUN] == said_in_log(tmp_path)
        assert ["c0: a run was killed while it sent monthly-retro/2026-11-01; it may have arrived and is not sent again"] == ours.settle()
        assert ([], False) == (ours.settle(), ours.is_open(message.id, "c0"))

    def test_a_bug_is_an_end_nobody_knows(self, tmp_path: Path, message: Message, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*asked: Any) -> str:
            raise ZeroDivisionError(SECRET)

        monkeypatch.setattr(deliver, "send", fail)
        with pytest.raises(DeliveryError, match="c0: ZeroDivisionError; it may have arrived"):
            sender(tmp_path, SLACK).send(message, "c0")

    def test_a_channel_that_is_none_is_refused(self, tmp_path: Path, message: Message) -> None:
        with pytest.raises(DeliveryError, match=r"ops\.yml has no channel `c7`; there are c0"):
            sender(tmp_path, SLACK).send(message, "c7")


