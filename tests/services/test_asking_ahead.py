"""On several connections a history is asked for sooner, and becomes the same ledger, whatever happens on the way."""

from __future__ import annotations

import random
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tests.services.running import FIRST, NOW, Services, day
from tests.support import ScriptedFleet, lasting

from prsync.core.model import ONE_DAY
from prsync.errors import ServerLostError, UnusableAnswerError
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from tests.support.scripted_server import ScriptedServer

CONNECTIONS = [2, 4, 16]
DAYS = 22
"""All days that are over on the night of these tests."""


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Acme prints 10 pages a day, Berg 20."""
    scripted = ScriptedFleet("Acme A/S", "Berg ApS")
    scripted.reads_daily("A", FIRST - ONE_DAY, range(1000, 1300, 10))
    scripted.reads_daily("B", FIRST - ONE_DAY, range(1000, 1600, 20), organization="Berg ApS")
    return scripted


def allow(services: Services, connections: int) -> None:
    services.ledger.servers.update(services.ledger.servers.named("main"), {"connections": connections})


@pytest.fixture
def with_one(services: Services, tmp_path: Path) -> Iterator[Services]:
    """Other services at the same server, with one connection."""
    with Ledger(tmp_path / "one.db") as ledger:
        others = Services(ledger)
        others.add_server("main", services.scripted["main"].fleet)
        others.scripted = services.scripted
        for each in (services, others):
            for name in ("Acme A/S", "Berg ApS"):
                each.add_feed(name)
        yield others


def contents(services: Services) -> object:
    found = lasting(services.ledger.path)
    for row in found["servers"]:
        del row["connections"]
    return found


@pytest.mark.parametrize("connections", CONNECTIONS)
def test_the_same_ledger_and_no_day_is_asked_for_twice(
    services: Services, server: ScriptedServer, with_one: Services, connections: int
) -> None:
    allow(services, connections)
    services.sync()
    asked = Counter(server.asked)
    server.asked.clear()
    with_one.sync()
    assert asked == Counter(server.asked)
    assert max(asked.values()) == 1
    assert contents(services) == contents(with_one)


def test_with_one_connection_one_question_is_answered_before_the_next(
    services: Services, server: ScriptedServer
) -> None:
    services.add_feed("Acme A/S")
    threads = set()
    server.before_answer = lambda *_: threads.add(threading.get_ident())
    services.sync()
    assert threads == {threading.get_ident()}
    assert server.days_asked("1001") == [FIRST - ONE_DAY, *(day(number) for number in range(DAYS))]


def test_so_many_days_are_asked_for_at_once_and_no_more(services: Services, server: ScriptedServer) -> None:
    services.add_feed("Acme A/S")
    allow(services, 4)
    together = threading.Barrier(4, timeout=30)
    most, at_it, lock = [0], [0], threading.Lock()

    def count(_organization: str, asked_for: date) -> None:
        with lock:
            at_it[0] += 1
            most[0] = max(most[0], at_it[0])
        # The first four days wait for each other: were they asked for in turns, this would end in an error.
        if asked_for <= day(2):
            together.wait()
        with lock:
            at_it[0] -= 1

    server.before_answer = count
    assert services.sync().ok
    assert most[0] == 4


def test_a_night_needs_one_connection(services: Services, server: ScriptedServer) -> None:
    services.add_feed("Acme A/S")
    allow(services, 8)
    services.sync(through=day(5))
    threads = set()
    server.before_answer = lambda *_: threads.add(threading.get_ident())
    services.sync(through=day(6))
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize("connections", CONNECTIONS)
def test_a_silent_dca_and_what_it_delivers_late(
    services: Services, server: ScriptedServer, with_one: Services, connections: int
) -> None:
    allow(services, connections)
    server.make_stale("1001", day(4))
    for each in (services, with_one):
        each.sync(through=day(12))
    server.deliver("1001")
    for each in (services, with_one):
        each.sync()
    assert contents(services) == contents(with_one)


@pytest.mark.parametrize("connections", CONNECTIONS)
@pytest.mark.parametrize("kind", [UnusableAnswerError("/devices", 500, ""), ServerLostError("https://x", "later")])
def test_an_error_on_a_day_ends_the_feed_there(
    services: Services, server: ScriptedServer, with_one: Services, connections: int, kind: Exception
) -> None:
    allow(services, connections)
    server.fails("1001", kind, on=day(9))
    reports = [each.sync() for each in (services, with_one)]
    assert reports[0].document() == reports[1].document()
    assert contents(services) == contents(with_one)
    server.answers_truly()
    for each in (services, with_one):
        each.sync()
    assert contents(services) == contents(with_one)


def test_an_earlier_activation_date_joins_in_front(services: Services, with_one: Services) -> None:
    allow(services, 4)
    for each in (services, with_one):
        each.sync(through=day(3))
        each.update_feed("Acme A/S", activation_date="2026-10-20")
        each.sync()
    assert contents(services) == contents(with_one)


def test_cut_off_at_random(services: Services, server: ScriptedServer, with_one: Services) -> None:
    """Twenty times; each time another number of answers comes first."""
    allow(services, 4)
    chance, lock = random.Random(12), threading.Lock()
    for _ in range(20):
        left = [chance.randint(1, 9)]

        def cut_off(*_: object, left: list[int] = left) -> None:
            with lock:
                left[0] -= 1
                if left[0] < 0:
                    raise KeyboardInterrupt

        server.before_answer = cut_off
        try:
            services.sync()
        except KeyboardInterrupt:
            continue
    server.before_answer = lambda *_: None
    services.sync()
    with_one.sync()
    assert contents(services) == contents(with_one)
    assert services.ledger.feeds.find("Acme A/S").synced_through == NOW.date() - ONE_DAY
