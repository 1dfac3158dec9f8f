"""A request that failed: which are tried again, how often, and which never are."""

from __future__ import annotations

import logging
from threading import Event
from typing import TYPE_CHECKING, Final

import pytest
from tests.edges.acme import of_devices
from tests.edges.clients import failure_of, session_at
from tests.edges.nights import FIRST, Nights
from tests.edges.raw_server import RawServer, token_then
from tests.edges.twelve import NAMES, is_ours, is_token, twelve_customers

from prsync.core.model import Health
from prsync.demo.traffic import Answer
from prsync.errors import BrokenConnectionError
from prsync.services.sync_report import FeedOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import ScriptedFleet

    from prsync.demo.simulator import Simulator

QUICK: Final = (9.0, 0.3)
"""Timeouts with which a test of an answer that does not come is over soon."""


@pytest.fixture
def fleet() -> ScriptedFleet:
    return twelve_customers()


@pytest.fixture
def nights(simulator: Simulator, tmp_path: Path) -> Nights:
    """One of the customers, connected."""
    nights = Nights(tmp_path, simulator)
    nights.add_feeds(NAMES[0])
    return nights


@pytest.fixture
def never() -> Iterator[Event]:
    """What an answer can wait for in vain, until the test is over."""
    event = Event()
    yield event
    event.set()


PASSING: Final = {
    **{f"status {status}": Answer(status=status) for status in (429, 500, 502, 503, 504)},
    "cut before the headers": Answer(cut=True),
    "cut after the headers": Answer(cut=True, after=0),
    "cut in the body": Answer(cut=True, after=7),
}


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("times", [1, 4])
def test_what_passes_is_tried_again_and_nobody_hears_of_it(
    kind: str, times: int, nights: Nights, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    simulator.answer_with(of_devices, PASSING[kind], times=times)
    with caplog.at_level(logging.INFO, "prsync"):
        report = nights.sync(FIRST)
    assert report.ok
    assert nights.pages() == {"2026-11-02": 10}
    assert len(simulator.devices_requests) == 2 + times
    assert len(nights.waits) == times
    assert [record for record in caplog.records if record.levelno >= logging.WARNING and is_ours(record)] == []


@pytest.mark.parametrize("kind", PASSING)
def test_what_does_not_pass_is_tried_four_times_again(kind: str, nights: Nights, simulator: Simulator) -> None:
    simulator.answer_with(of_devices, PASSING[kind])
    report = nights.collect(FIRST)
    assert report.outcome is FeedOutcome.FAILED
    assert len(simulator.devices_requests) == 5
    assert nights.pages() == {}
    # They double, and each has some jitter, so that not all prsyncs of a time zone come back at once.
    assert [least <= wait <= least + 0.5 for least, wait in zip((1, 2, 4, 8), nights.waits, strict=True)] == [True] * 4


def test_failures_of_every_kind_share_the_four_tries(nights: Nights, simulator: Simulator) -> None:
    turn = iter(range(10**6))
    simulator.answer_with(lambda r: r.is_devices and next(turn) % 2, Answer(cut=True, after=7))
    simulator.answer_with(of_devices, Answer(status=503))
    assert nights.collect(FIRST).outcome is FeedOutcome.FAILED
    assert len(simulator.devices_requests) == 5


def test_cut_in_the_headers_is_tried_again(tmp_path: Path) -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Ty"
    with RawServer(tmp_path, token_then(cut)) as server:
        error = failure_of(session_at(server))
        assert sum(request.startswith(b"GET") for request in server.requests) == 5
    assert isinstance(error, BrokenConnectionError)


@pytest.mark.long
def test_an_answer_that_does_not_come_is_tried_again(nights: Nights, simulator: Simulator, never: Event) -> None:
    nights.timeouts = QUICK
    for after in (None, 0, 7):
        simulator.answer_with(of_devices, Answer(hold=never, after=after), times=1)
    assert nights.sync(FIRST).ok
    assert nights.pages() == {"2026-11-02": 10}
    assert len(simulator.devices_requests) == 5


def test_a_server_that_is_just_starting_is_waited_for(nights: Nights, simulator: Simulator) -> None:
    simulator.stop()
    nights.while_waiting = lambda _: simulator.start() if len(nights.waits) == 3 else None
    assert nights.sync(FIRST).ok
    assert nights.pages() == {"2026-11-02": 10}
    assert len(nights.waits) == 3


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_token_that_cannot_have_been_refused_is_asked_for_again(
    status: int, nights: Nights, simulator: Simulator
) -> None:
    simulator.answer_with(is_token, Answer(status=status), times=2)
    assert nights.sync(FIRST).ok
    assert sum(map(is_token, simulator.requests)) == 3


@pytest.mark.parametrize(
    "answer",
    [
        Answer(cut=True),
        Answer(cut=True, after=0),
        Answer(cut=True, after=9),
        Answer(status=400),
        Answer(status=401),
        Answer(status=403),
        Answer(status=404),
        Answer(body=b"no"),
    ],
)
def test_a_login_that_may_have_been_refused_is_never_tried_again(
    answer: Answer, nights: Nights, simulator: Simulator
) -> None:
    simulator.answer_with(is_token, answer)
    report = nights.sync(FIRST)
    assert [is_token(request) for request in simulator.requests] == [True]
    assert nights.waits == []
    assert report.servers[0].health is Health.UNHEALTHY
    assert report.feeds[0].outcome is FeedOutcome.SERVER_UNHEALTHY


def test_a_login_that_is_not_answered_is_never_tried_again(nights: Nights, simulator: Simulator, never: Event) -> None:
    nights.timeouts = QUICK
    simulator.answer_with(is_token, Answer(hold=never))
    assert not nights.sync(FIRST).ok
    assert len(simulator.requests) == 1
