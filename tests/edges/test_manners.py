"""How a run treats a server: how long it waits for it, when it leaves it alone, and what it never does to it."""

from __future__ import annotations

import gzip
import logging
import time
import tracemalloc
from email.utils import formatdate
from threading import Event
from typing import TYPE_CHECKING, Final

import pytest
from tests.edges.acme import of_devices
from tests.edges.clients import failure_of, no_sleep, session_at
from tests.edges.nights import FIRST, Nights, day
from tests.edges.proxy import Proxy
from tests.edges.raw_server import TOKEN, RawServer, answers, http, token_then
from tests.edges.twelve import NAMES, is_ours, is_token, twelve_customers
from tests.support import ScriptedFleet

from prsync import __version__
from prsync.core.model import ONE_DAY
from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer, Request
from prsync.errors import BrokenConnectionError, ServerLostError, error_line
from prsync.https.patience import Patience
from prsync.services.sync_report import FeedOutcome
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from tests.edges.raw_server import Conversation


@pytest.fixture
def fleet() -> ScriptedFleet:
    return twelve_customers()


@pytest.fixture
def nights(simulator: Simulator, tmp_path: Path) -> Nights:
    """One of the customers, connected."""
    nights = Nights(tmp_path, simulator)
    nights.add_feeds(NAMES[0])
    return nights


def in_seconds(seconds: int) -> str:
    # urllib3 compares it with the clock of this machine.
    return formatdate(time.time() + seconds, usegmt=True)  # noqa: TID251


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("written", "least", "most"),
    [
        (lambda: "3", 3, 3),
        (lambda: "120", 120, 120),
        (lambda: "0", 0, 0),
        (lambda: in_seconds(60), 50, 60),
        (lambda: in_seconds(-60), 0, 0),
        (lambda: "soon", 1, 1.5),
        (lambda: "-5", 1, 1.5),
    ],
)
def test_a_server_that_says_when_is_asked_then(
    status: int, written: Callable[[], str], least: float, most: float, nights: Nights, simulator: Simulator
) -> None:
    simulator.answer_with(of_devices, Answer(status=status, headers={"Retry-After": written()}), times=1)
    assert nights.sync(FIRST).ok
    (wait,) = nights.waits
    assert least <= wait <= most


@pytest.mark.parametrize(
    "written", ["121", "86400", "9" * 5000, "Mon, 01 Jan 2300 00:00:00 GMT", "Mon, 01 Jan 99999999999 00:00:00 GMT"]
)
def test_a_server_that_asks_for_more_than_two_minutes_is_left_alone_for_this_run(
    written: str, simulator: Simulator, tmp_path: Path
) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds(*NAMES)
    simulator.answer_with(lambda r: r.organization_id == "1003", Answer(status=429, headers={"Retry-After": written}))
    report = nights.sync(FIRST)
    assert report.servers[0].error is not None
    assert "is left alone for this run: it asks to be left alone for" in report.servers[0].error
    outcomes = [feed.outcome for feed in report.feeds]
    assert outcomes == [FeedOutcome.DEPOSITED] * 2 + [FeedOutcome.FAILED] + [FeedOutcome.SERVER_UNHEALTHY] * 9
    assert nights.waits == []
    # What was collected before is kept, and the next run goes on from there.
    simulator.answer_normally()
    assert nights.sync(FIRST).ok
    assert nights.pages() == {"2026-11-02": 120}


def test_a_run_waits_a_quarter_of_an_hour_for_a_server_and_no_longer(simulator: Simulator, tmp_path: Path) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds(*NAMES)
    turn = iter(range(10**6))
    # Each question is put off once: every feed needs two waits, and none fails.
    simulator.answer_with(
        lambda r: r.is_devices and next(turn) % 2 == 0, Answer(status=429, headers={"Retry-After": "100"})
    )
    report = nights.sync(FIRST)
    assert nights.waits == [100.0] * 9
    assert report.servers[0].error is not None
    assert "it has been waited for long enough in this run" in report.servers[0].error
    assert [feed.outcome for feed in report.feeds].count(FeedOutcome.DEPOSITED) == 4


def test_f6_a_rate_limit_costs_waits_and_no_feed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    names = [f"Customer {number:02}" for number in range(25)]
    fleet = ScriptedFleet(*names)
    for name in names:
        fleet.reads_daily("A", FIRST - ONE_DAY, [1000, 1010], organization=name)
    asked = [0]

    def is_too_much(_: Request) -> bool:
        asked[0] += 1
        return asked[0] > 12

    with Simulator(fleet, folder=tmp_path / "3manager") as simulator:
        nights = Nights(tmp_path, simulator)
        nights.add_feeds(*names)
        nights.while_waiting = lambda seconds: asked.__setitem__(0, 0) if seconds >= 3 else None
        simulator.answer_with(is_too_much, Answer(status=429, headers={"Retry-After": "3"}))
        with caplog.at_level(logging.INFO, "prsync"):
            report = nights.sync(FIRST)
    assert report.ok
    assert nights.pages() == {"2026-11-02": 250}
    assert set(nights.waits) == {3.0}
    assert [record for record in caplog.records if record.levelno >= logging.WARNING and is_ours(record)] == []


def test_f7_three_stumbles_in_a_night_are_nobodys_loss(simulator: Simulator, tmp_path: Path) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds(*NAMES)
    simulator.answer_with(is_token, Answer(status=503), times=1)
    simulator.answer_with(lambda r: r.organization_id == "1003", Answer(status=502), times=1)
    simulator.answer_with(lambda r: r.organization_id == "1007", Answer(cut=True, after=20), times=1)
    assert nights.sync(FIRST).ok
    assert nights.pages() == {"2026-11-02": 120}
    assert len(nights.waits) == 3


_LETTERS: Final = 500


def drip(head: bytes, letter: bytes, sent: list[bytes]) -> Conversation:
    """Gives a token, then begins with `head` and goes on with a letter again and again, ten times as long as it may.

    `sent` is what has been sent of them: all, where nobody has kept the time.
    """

    def converse(connection: socket.socket, server: RawServer) -> None:
        while request := server.read_request(connection):
            if request.startswith(b"POST"):
                connection.sendall(http(TOKEN))
                continue
            connection.sendall(head)
            while len(sent) < _LETTERS and not server.done.wait(0.02):
                connection.sendall(letter)
                sent.append(letter)
            return

    return converse


MANNERS: Final = "[manners]\nanswer_seconds = 1\nanswer_megabytes = 1\n"


@pytest.mark.parametrize(
    ("head", "letter"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"HTTP/1.1 503 No\r\nContent-Length: 100000\r\n\r\n", b" "),
    ],
)
@pytest.mark.long
def test_an_answer_that_comes_letter_by_letter_has_its_time_in_all(head: bytes, letter: bytes, tmp_path: Path) -> None:
    sent: list[bytes] = []
    with RawServer(tmp_path, drip(head, letter, sent)) as server:
        session = session_at(server, profile=Profile.parse(MANNERS))
        error = failure_of(session)
        asked = len(server.requests)
    assert len(sent) < _LETTERS
    assert isinstance(error, BrokenConnectionError)
    # A hundred header lines are no HTTP sooner than they are too slow.
    assert "it took longer than 1 seconds in all" in error_line(error) or letter == b"X: y\r\n"
    assert asked == (2 if letter != b"X: y\r\n" else asked)


@pytest.mark.long
def test_an_answer_that_does_not_come_is_not_waited_for_as_long_as_its_next_byte_might_be(tmp_path: Path) -> None:
    # All of it comes at once after three seconds: too late.
    def converse(connection: socket.socket, server: RawServer) -> None:
        while request := server.read_request(connection):
            if not request.startswith(b"POST"):
                server.done.wait(3)
            connection.sendall(http(TOKEN if request.startswith(b"POST") else b"[]"))

    with RawServer(tmp_path, converse) as server:
        error = failure_of(session_at(server, profile=Profile.parse(MANNERS)))
    assert "it took longer than 1 seconds in all" in error_line(error)


@pytest.mark.long
def test_behind_a_proxy_it_has_no_longer_and_the_proxy_itself_has_not(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    for folder in (tmp_path / "proxy", tmp_path / "server"):
        folder.mkdir()
    head, sent = b"HTTP/1.1 200 OK\r\nX-Long: ", list[bytes]()
    with RawServer(tmp_path / "server", drip(head, b"x", sent)) as server, Proxy(tmp_path / "proxy") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = failure_of(session_at(server, profile=Profile.parse(MANNERS)))
    assert "it took longer than 1 seconds in all" in error_line(error)
    assert len(sent) < _LETTERS
    sent.clear()
    with RawServer(tmp_path / "proxy", drip(head, b"x", sent), tls=False) as proxy_alone:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy_alone.port}")
        error = failure_of(session_at(simulator, profile=Profile.parse(MANNERS)))
        assert len(proxy_alone.requests) == 1
    assert "it took longer than 1 seconds in all" in error_line(error)
    assert len(sent) < _LETTERS


def test_what_is_waited_on_purpose_is_not_the_answer_s_time() -> None:
    patience = Patience.of("https://x.example", Profile.parse(MANNERS).manners, sleep=no_sleep)
    patience.new_question()
    patience.wait(30)
    assert 30 < patience.seconds_left() <= 31


@pytest.mark.long
def test_what_took_too_long_is_not_asked_for_again(tmp_path: Path) -> None:
    # The answer is given up after 1 second, and breaks off only then.
    def converse(connection: socket.socket, server: RawServer) -> None:
        while request := server.read_request(connection):
            if request.startswith(b"POST"):
                connection.sendall(http(TOKEN))
            elif len(server.requests) == 2:
                for _ in range(80):
                    connection.sendall(b"H" if _ == 0 else b"")
                    if server.done.wait(0.02):
                        return
                broken_off.set()
                return
            else:
                connection.sendall(http(b"[]"))

    broken_off = Event()
    with RawServer(tmp_path, converse) as server:
        session = session_at(server, profile=Profile.parse(MANNERS))
        error = failure_of(session)
        assert broken_off.wait(20)
        assert session.get("/api/v1/organizations", {}).document == []
        session.close()
        methods = [request.split(b" ")[0] for request in server.requests]
    assert "it took longer than 1 seconds in all" in error_line(error)
    assert methods == [b"POST", b"GET", b"GET"]


MEGABYTE: Final = 1024 * 1024
GZIP: Final = "Content-Encoding: gzip\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        http(b" " * (2 * MEGABYTE)),
        http(gzip.compress(b" " * (200 * MEGABYTE)), headers=GZIP),
        http(gzip.compress(gzip.compress(b" " * (200 * MEGABYTE))), headers="Content-Encoding: gzip, gzip\r\n"),
        http(b" " * (2 * MEGABYTE), status="404 Not Found"),
        b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (2 * MEGABYTE),
    ],
)
def test_an_answer_that_is_too_large_is_an_error_and_takes_no_memory(answer: bytes, tmp_path: Path) -> None:
    with RawServer(tmp_path, token_then(answer)) as server:
        session = session_at(server, profile=Profile.parse(MANNERS.replace("= 1\na", "= 60\na")))
        session.log_in()
        tracemalloc.start()
        error = failure_of(session)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert sum(request.startswith(b"GET") for request in server.requests) == 1
    assert "it has more than 1 MiB" in error_line(error)
    assert peak < 16 * MEGABYTE


def test_a_night_is_one_connection_and_one_request_after_another(tmp_path: Path, simulator: Simulator) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds(*NAMES)
    assert nights.sync(day(2)).ok
    assert not any(request.overlapped for request in simulator.requests)
    assert {request.user_agent for request in simulator.requests} == {f"prsync/{__version__} (page counter collection)"}


def test_requests_share_a_connection_and_ask_for_gzip(tmp_path: Path) -> None:
    packed = http(gzip.compress(b"[]"), headers=GZIP)
    with RawServer(tmp_path, answers(http(TOKEN), packed)) as server:
        session = session_at(server)
        for _ in range(5):
            assert session.get("/api/v1/organizations", {}).document == []
        session.close()
        assert server.accepted == 1
    assert all(b"gzip" in request.partition(b"Accept-Encoding:")[2].partition(b"\r")[0] for request in server.requests)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_no_redirect_is_followed(status: str, tmp_path: Path) -> None:
    with RawServer(
        tmp_path, answers(http(TOKEN), http(b"", status=status, headers="Location: /elsewhere\r\n"))
    ) as server:
        error = failure_of(session_at(server))
        assert [request.split(b" ")[1] for request in server.requests] == [b"/oauth/token", b"/api/v1/organizations"]
    assert f"status {status[:3]} where an answer, not a redirect was expected" in error_line(error)


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (Answer(status=500), 5),
        (Answer(cut=True), 5),
        (Answer(body=b"<html>"), 5),
        (Answer(alter=lambda page: page | {"hasMore": True}), 5),
        (Answer(status=403), 12),
        (Answer(status=404), 12),
    ],
)
def test_a_server_that_fails_five_feeds_alike_is_lost(
    answer: Answer, asked: int, simulator: Simulator, tmp_path: Path
) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds(*NAMES)
    simulator.answer_with(of_devices, answer)
    report = nights.sync(FIRST)
    outcomes = [feed.outcome for feed in report.feeds]
    assert outcomes == [FeedOutcome.FAILED] * asked + [FeedOutcome.SERVER_UNHEALTHY] * (12 - asked)
    assert len({request.organization_id for request in simulator.devices_requests}) == asked
    assert (report.servers[0].error is None) is (asked == 12)
    assert not report.ok
    assert nights.pages() == {}


def test_who_has_waited_longest_goes_first(simulator: Simulator, tmp_path: Path) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds(*NAMES)
    late = "1010"
    simulator.answer_with(lambda r: r.organization_id == late, Answer(status=403))
    nights.sync(FIRST)
    simulator.answer_normally()
    simulator.forget_requests()
    assert nights.sync(day(1)).ok
    order = list(dict.fromkeys(str(request.organization_id) for request in simulator.devices_requests))
    assert order[0] == late
    assert order[1:] == sorted(order[1:])


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("invalid_client", "refuses a login without a client id (invalid_client, status 400)"),
        ("unauthorized_client", "refuses a login without a client id (unauthorized_client, status 400)"),
        ("unsupported_grant_type", "request for a token by the grant password (unsupported_grant_type, status 400)"),
        ("invalid_grant", "refuses user prsync@3manager.example (invalid_grant, status 400)"),
    ],
)
def test_f12_each_refusal_names_what_was_refused(code: str, named: str, nights: Nights, simulator: Simulator) -> None:
    simulator.answer_with(is_token, Answer(status=400, body=f'{{"error": "{code}"}}'.encode()))
    report = nights.sync(FIRST)
    assert report.servers[0].error is not None
    assert named in report.servers[0].error
    assert len(simulator.requests) == 1


def test_a_lost_server_is_an_error_of_its_own() -> None:
    line = error_line(ServerLostError("https://x.example", "it asks to be left alone for 3,600 seconds"))
    assert line.endswith("; the next run goes on from there")
