"""Everything that can go wrong on the way: one line that says what, no traceback's worth of riddles, the right step."""

from __future__ import annotations

import socket
import struct
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread, Timer
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.edges.clients import PASSWORD, ask_for, client_of, failed_step, failure_of, no_sleep, session_at, settings_at
from tests.edges.raw_server import TOKEN, RawServer, answers, http, token_then

from prsync.credentials.passwords import Secret
from prsync.demo.traffic import Answer, Request
from prsync.errors import (
    BrokenConnectionError,
    ServerError,
    TlsError,
    UnreachableError,
    UntrustedCertificateError,
    error_line,
)
from prsync.https.sender import TIMEOUTS
from prsync.threemanager.client import ThreeManager

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.edges.raw_server import Conversation

    from prsync.demo.simulator import Simulator

SOON = (0.5, 0.5)
LONG_AGO, LONG_HENCE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2900, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def hang_up(connection: socket.socket, _: RawServer) -> None:
    """Hang up at once."""


def listen_and_hang_up(connection: socket.socket, _: RawServer) -> None:
    connection.recv(65536)


def reset(connection: socket.socket, server: RawServer) -> None:
    server.read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hold(_: socket.socket, server: RawServer) -> None:
    server.done.wait(20)


def greet(connection: socket.socket, _: RawServer) -> None:
    connection.sendall(b"220 mail.example ESMTP\r\n")
    connection.recv(65536)


def test_a_certificate_by_an_unknown_ca_is_not_trusted(simulator: Simulator) -> None:
    settings = settings_at(simulator.url)
    with ThreeManager(settings, Secret(PASSWORD)) as client, pytest.raises(UntrustedCertificateError) as caught:
        client.log_in()
    assert error_line(caught.value) == (
        f"the certificate of {simulator.url} cannot be trusted: it is signed by a CA that is not known here;"
        " a private one is given with --ca-bundle FILE"
    )
    assert failed_step(settings) == "TLS"


@pytest.mark.parametrize(
    ("names", "valid", "reason"),
    [
        (("127.0.0.1",), (LONG_AGO, LONG_AGO + DAY), "it has expired; the server needs a new one"),
        (("127.0.0.1",), (LONG_HENCE, LONG_HENCE + DAY), "it is not valid yet; is the clock of this machine right?"),
        (("127.0.0.2",), None, "it is for another host name; is the URL right?"),
        (("expired.example",), None, "it is for another host name; is the URL right?"),
    ],
)
def test_a_certificate_that_does_not_hold_is_said_why(
    names: tuple[str, ...], valid: tuple[datetime, datetime] | None, reason: str, tmp_path: Path
) -> None:
    with RawServer(tmp_path, answers(http(TOKEN)), names=names, valid=valid) as server:
        error = failure_of(session_at(server))
        assert failed_step(settings_at(server.url, str(server.ca_bundle))) == "TLS"
        assert server.requests == []
    assert isinstance(error, UntrustedCertificateError)
    assert error_line(error) == f"the certificate of {server.url} cannot be trusted: {reason}"


def test_a_certificate_for_another_host_name_is_not_trusted(tmp_path: Path) -> None:
    with RawServer(tmp_path, answers(http(TOKEN)), names=("3manager.example",)) as server:
        settings = settings_at(server.url.replace("127.0.0.1", "localhost"), str(server.ca_bundle))
        with (
            ThreeManager(settings, Secret(PASSWORD)) as client,
            pytest.raises(UntrustedCertificateError, match="another host"),
        ):
            client.log_in()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "is not there; --ca-bundle gives another file"),
        ("", "cannot be read; --ca-bundle gives another file"),
        ("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n", "cannot be read"),
    ],
)
def test_a_ca_bundle_that_has_gone_bad_since_is_named(
    content: str | None, reason: str, simulator: Simulator, tmp_path: Path
) -> None:
    bundle = tmp_path / "gone-bad.pem"
    if content is not None:
        bundle.write_text(content)
    error = failure_of(session_at(simulator, ca_bundle=bundle))
    assert isinstance(error, UntrustedCertificateError)
    assert f"the CA bundle {bundle} {reason}" in error_line(error)
    assert failed_step(settings_at(simulator.url, str(bundle))) == "TLS"


@pytest.fixture
def plain_http_port() -> Iterator[int]:
    """An ordinary HTTP server without TLS."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_plain_http_port_is_no_tls(plain_http_port: int, simulator: Simulator) -> None:
    settings = settings_at(f"https://127.0.0.1:{plain_http_port}", str(simulator.ca_bundle))
    with ThreeManager(settings, Secret(PASSWORD)) as client, pytest.raises(TlsError) as caught:
        client.log_in()
    assert error_line(caught.value) == f"no TLS with {settings.url}: it does not speak HTTPS there; is the port right?"
    assert failed_step(settings) == "TLS"


@pytest.mark.parametrize(
    ("conversation", "reason"),
    [
        (greet, "it does not speak HTTPS there"),
        (hang_up, "the handshake broke off"),
        (listen_and_hang_up, "the handshake broke off"),
        (hold, "no answer to the handshake within 0.5 seconds"),
    ],
)
def test_a_port_without_tls_is_said_to_be_one(
    conversation: Conversation, reason: str, simulator: Simulator, tmp_path: Path
) -> None:
    with RawServer(tmp_path, conversation, tls=False) as server:
        error = failure_of(session_at(server, ca_bundle=simulator.ca_bundle, timeouts=SOON))
    assert isinstance(error, TlsError)
    assert error_line(error) == f"no TLS with {server.url}: {reason}; is the port right?"


def test_a_refused_connection_is_no_connection(simulator: Simulator) -> None:
    simulator.stop()
    error = failure_of(session_at(simulator))
    assert isinstance(error, UnreachableError)
    assert error_line(error) == (
        f"cannot reach {simulator.url}: connection refused; is the URL right, does the server run?"
    )
    assert failed_step(settings_at(simulator.url, str(simulator.ca_bundle))) == "URL"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://3manager.invalid", "the host name 3manager.invalid is not known; is the URL right?"),
        (f"https://{'a' * 64}.invalid", "its URL, or that of HTTPS_PROXY, cannot be one"),
        ("https://3 manager.invalid", "its URL, or that of HTTPS_PROXY, cannot be one"),
    ],
)
def test_a_host_that_is_none_is_no_connection(url: str, reason: str) -> None:
    client = ThreeManager(settings_at(url), Secret(PASSWORD), sleep=no_sleep)
    with client, pytest.raises(UnreachableError) as caught:
        client.log_in()
    assert error_line(caught.value) == f"cannot reach {url}: {reason}"
    assert failed_step(settings_at(url)) == "URL"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "the connection broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Ty", "the connection broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", "the connection broke off"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"items": [', "the connection broke off"),
        (CHUNKED + b'40\r\n{"items": [', "the connection broke off"),
        (CHUNKED + b'b\r\n{"items": [\r\n', "the connection broke off"),
        (CHUNKED + b'zz\r\n{"items": [', "it does not speak HTTP as it should"),
        (b"\x00\x01\x02 garbage\r\n\r\n", "it does not speak HTTP as it should"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "it does not speak HTTP as it should"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n{}", "it does not speak HTTP as it should"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n{}", "it does not speak HTTP as it should"),
        (http(b"{}", headers="Content-Length: 3\r\n"), "it does not speak HTTP as it should"),
        (http(b"{}", headers="Content-Encoding: gzip\r\n"), "it does not speak HTTP as it should"),
    ],
)
def test_an_answer_that_is_cut_or_no_HTTP_is_said_to_be(answer: bytes, reason: str, tmp_path: Path) -> None:  # noqa: N802
    # Each time it is tried again, the same comes back.
    with RawServer(tmp_path, token_then(answer)) as server:
        error = failure_of(session_at(server))
        assert failed_step(settings_at(server.url, str(server.ca_bundle))) == "organizations"
    assert isinstance(error, BrokenConnectionError)
    assert error_line(error) == f"{server.url} gave no whole answer: {reason}; try again later"


@pytest.mark.parametrize("conversation", [reset, answers(b"garbage\r\n\r\n")])
def test_a_connection_that_breaks_at_the_token_fails_at_the_token(conversation: Conversation, tmp_path: Path) -> None:
    with RawServer(tmp_path, conversation) as server:
        error = failure_of(session_at(server))
        assert failed_step(settings_at(server.url, str(server.ca_bundle))) == "token"
    assert isinstance(error, BrokenConnectionError)


def test_a_refused_login_fails_at_the_token(simulator: Simulator) -> None:
    assert failed_step(settings_at(simulator.url, str(simulator.ca_bundle)), "wrong") == "token"


@pytest.fixture
def not_for_ever() -> Iterator[Event]:
    """Is set in the end, so that a client that waits for ever does not keep the test waiting for ever."""
    event = Event()
    timer = Timer(20, event.set)
    timer.start()
    yield event
    timer.cancel()
    timer.join()


@pytest.mark.parametrize("wanted", ["POST", "GET"])
@pytest.mark.parametrize("after", [None, 0, 5])
@pytest.mark.long
def test_an_answer_that_does_not_come_is_waited_for_so_long(
    wanted: str, after: int | None, simulator: Simulator, not_for_ever: Event
) -> None:
    simulator.answer_with(lambda r: r.method == wanted, Answer(hold=not_for_ever, after=after))
    error = failure_of(session_at(simulator, password=simulator.password, timeouts=(9, 0.3)))
    assert isinstance(error, BrokenConnectionError)
    assert error_line(error) == f"{simulator.url} gave no whole answer: no answer within 0.3 seconds; try again later"


@pytest.mark.long
def test_a_connection_that_does_not_come_about_is_waited_for_so_long(simulator: Simulator) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        # Once as many wait as it lets wait, the system itself leaves the next ones without an answer.
        with socket.create_connection(address), socket.socket() as another:
            another.setblocking(False)
            another.connect_ex(address)
            silent = settings_at(f"https://127.0.0.1:{address[1]}", str(simulator.ca_bundle))
            error = failure_of(session_at(silent, timeouts=(0.3, 9)))
    assert isinstance(error, UnreachableError)
    assert error_line(error) == f"cannot reach {silent.url}: no connection within 0.3 seconds; is the URL right?"


def test_every_request_has_both_timeouts(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    from requests.adapters import HTTPAdapter

    seen = []
    send = HTTPAdapter.send

    def looked_at(*arguments: object, **options: object) -> object:  # and sent all the same
        seen.append(options["timeout"])
        return send(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(HTTPAdapter, "send", looked_at)
    with client_of(simulator) as client:
        client.organizations()
        simulator.expire_tokens()
        client.devices(ask_for("1001", date(2026, 11, 2), "totalPages"))
    assert TIMEOUTS == (10, 60)
    assert seen == [TIMEOUTS] * len(simulator.requests)
    assert len(seen) == 5


@pytest.mark.hunt
@given(answer=st.binary(max_size=200) | st.binary(max_size=100).map(lambda junk: b"HTTP/1.1 200 OK\r\n" + junk))
@settings(max_examples=settings().max_examples // 4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_whatever_make_anything_but_an_error_of_ours(answer: bytes, tmp_path: Path) -> None:
    with RawServer(tmp_path, token_then(answer)) as server:
        session = session_at(server, timeouts=(9, 9))
        try:
            session.get("/api/v1/organizations", {})
        except ServerError as error:
            assert "\n" not in error_line(error)  # noqa: PT017
        finally:
            session.close()


def test_after_an_outage_the_same_client_goes_on(simulator: Simulator) -> None:
    def is_organizations(request: Request) -> bool:
        return request.path == "/api/v1/organizations"

    with client_of(simulator) as client:
        client.log_in()
        simulator.answer_with(is_organizations, Answer(cut=True), times=5)
        with pytest.raises(BrokenConnectionError):
            client.organizations()
        assert len(client.organizations()) == 3
