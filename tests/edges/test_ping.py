"""Pings over real HTTP: what arrives, and that a monitor which does not answer costs ten seconds and no more."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from prsync.errors import InvalidValueError
from prsync.monitoring.ping import Pinger

if TYPE_CHECKING:
    from collections.abc import Iterator


class Monitor:
    """A monitor of cron jobs: what it was told, and how it answers."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.status = 200
        self.drips = False
        self.closing = threading.Event()
        self.url = ""


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    kept = Monitor()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            kept.told.append((self.path, self.rfile.read(length).decode()))
            if kept.drips:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not kept.closing.wait(0.01):
                    self.wfile.write(b"X")
                return
            self.send_response(kept.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    with _running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        kept.url = f"http://127.0.0.1:{port}/ping/0123"
        yield kept
        kept.closing.set()


@contextmanager
def _running(server: ThreadingHTTPServer) -> Iterator[int]:
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_run_begins_and_ends(monitor: Monitor) -> None:
    pinger = Pinger(monitor.url)
    assert pinger.started() is None
    assert pinger.ended(ok=True, summary="2 feeds: 40 pages") is None
    assert monitor.told == [("/ping/0123/start", ""), ("/ping/0123", "2 feeds: 40 pages")]


def test_a_run_fails(monitor: Monitor) -> None:
    assert Pinger(f"{monitor.url}/").ended(ok=False, summary="server main: Ærø is down") is None
    assert monitor.told == [("/ping/0123/fail", "server main: Ærø is down")]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_that_is_none_is_told_by_its_status(monitor: Monitor, status: int) -> None:
    monitor.status = status
    assert Pinger(monitor.url).started() == f"status {status}"
    assert len(monitor.told) == 1


def test_nobody_there_is_told_without_the_url() -> None:
    problem = Pinger("http://127.0.0.1:9/secret").started()
    assert problem == "no connection"


def test_one_that_answers_a_letter_at_a_time_costs_what_time_there_is_for_both(monitor: Monitor) -> None:
    monitor.drips = True
    # It is waited for in truth; only what that took is told by another clock, since a machine may be slow.
    pinger = Pinger(monitor.url, seconds=0.4, clock=iter([10.0, 10.25, 20.0, 20.125]).__next__)
    assert pinger.started() == "no answer in time"
    assert pinger.seconds == pytest.approx(0.15)
    assert pinger.ended(ok=True, summary="") == "no answer in time"
    assert pinger.seconds == pytest.approx(0.025)


def test_a_long_summary_is_cut(monitor: Monitor) -> None:
    Pinger(monitor.url).ended(ok=True, summary="x" * 50_000)
    assert len(monitor.told[0][1]) == 10_000


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://host/x", "https://"])
def test_what_is_no_url_is_wrong_input_and_not_shown(url: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        Pinger(url)
    assert str(refused.value) == "--ping-url (not shown): is no URL; write it as https://host/…"


def test_a_query_stays_behind_what_is_said(monitor: Monitor) -> None:
    pinger = Pinger(f"{monitor.url}?create=1")
    pinger.started()
    pinger.ended(ok=False, summary="")
    pinger.ended(ok=True, summary="")
    assert [path for path, _ in monitor.told] == [f"/ping/0123{end}?create=1" for end in ("/start", "/fail", "")]
