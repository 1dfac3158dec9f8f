"""Faults and moments: whatever an answer does, no deposit is there twice, and in the end each is there once."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections import Counter
from threading import Event
from typing import TYPE_CHECKING, Final

import pytest
from tests.edges.dying import deaths
from tests.services.delivering import ACME, Deliveries, is_post
from tests.services.running import FIRST, NOW, Services, day
from tests.support import ScriptedFleet

from prsync.core.model import ONE_DAY
from prsync.core.settings import PrintReleafSettings
from prsync.demo.traffic import Answer
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from prsync.demo.printreleaf_simulator import PrintReleafSimulator
    from prsync.demo.traffic import Request

DAYS: Final = 3


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Acme and Berg print the same number of pages each day."""
    scripted = ScriptedFleet("Acme A/S", "Berg ApS")
    scripted.reads_daily("A", FIRST - ONE_DAY, range(1000, 1300, 10))
    scripted.reads_daily("B", FIRST - ONE_DAY, range(1000, 1300, 10), organization="Berg ApS")
    return scripted


@pytest.fixture
def deliveries(services: Services, there: PrintReleafSimulator) -> Deliveries:
    """Two feeds of one account, with three days each to be delivered."""
    for name in ("Acme A/S", "Berg ApS"):
        services.add_feed(name, account_id=ACME, deliver_from=str(FIRST))
    services.sync(through=day(DAYS - 1))
    services.ledger.printreleaf.connect(PrintReleafSettings(url=there.url), NOW)
    return Deliveries(services.ledger, there)


FAULTS: Final[dict[str, Callable[[], Answer]]] = {
    "cut before it was made": lambda: Answer(unheard=True, cut=True),
    "cut after it was made": lambda: Answer(cut=True),
    "cut within the answer": lambda: Answer(cut=True, after=9),
    "500 after it was made": lambda: Answer(status=500),
    "502 after it was made": lambda: Answer(status=502),
    "503 after it was made": lambda: Answer(status=503, headers={"Retry-After": "1"}),
    "504 after it was made": lambda: Answer(status=504),
    "500 before it was made": lambda: Answer(status=500, unheard=True),
    "408 after it was made": lambda: Answer(status=408),
    "409 after it was made": lambda: Answer(status=409),
    "a redirect": lambda: Answer(status=302, headers={"Location": "/elsewhere"}),
    "HTML with 200": lambda: Answer(status=200, body=b"<html>Welcome</html>"),
    "no id in the answer": lambda: Answer(alter=lambda made: {**made, "id": None}),
    "an array": lambda: Answer(alter=lambda made: [made]),
    "nothing with 204": lambda: Answer(status=204, body=b""),
    "hang": lambda: Answer(hold=Event()),
    "drip": lambda: Answer(hold=Event(), after=9),
}


def nth(number: int) -> Callable[[Request], bool]:
    """Is true for so manieth deposit that is made."""
    left = [number]

    def matches(request: Request) -> bool:
        left[0] -= is_post(request)
        return is_post(request) and left[0] == 0

    return matches


@pytest.mark.parametrize("moment", [1, 2, DAYS, DAYS + 1])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("lag", [0, 2])
def test_a_fault_at_a_moment(deliveries: Deliveries, fault: str, moment: int, lag: int) -> None:
    deliveries.there.api.lag = lag
    deliveries.there.answer_with(nth(moment), FAULTS[fault]())
    assert not deliveries.run().ok
    deliveries.there.answer_normally()
    deliveries.expect_nothing_twice()
    for minutes in (1, 57):
        deliveries.run(after=minutes)
        deliveries.expect_nothing_twice()
    assert deliveries.run(after=3).ok
    deliveries.expect_all()
    assert deliveries.run(after=90).sent == 0


@pytest.mark.parametrize("lag", [0, 2])
def test_faults_night_after_night(deliveries: Deliveries, services: Services, lag: int) -> None:
    """Each night another fault at another moment, and new days."""
    deliveries.there.api.lag = lag
    for night, fault in enumerate(FAULTS):
        services.sync(through=day(DAYS + night))
        deliveries.there.answer_with(nth(1 + night % 3), FAULTS[fault]())
        deliveries.run(after=24 * 60)
        deliveries.there.answer_normally()
        deliveries.expect_nothing_twice()
    for _ in range(3):
        deliveries.run(after=61)
    deliveries.expect_all()


ECHOES: Final[dict[str, Callable[[str], object]]] = {
    "as sent": str,
    "another offset": lambda sent: sent.replace("12:00:00Z", "06:00:00-06:00"),
    "fractions": lambda sent: sent.replace("00Z", "00.0000000Z"),
    "a day": lambda sent: sent[:10],
    "as Ruby has it": lambda sent: sent.replace("T", " ").replace("Z", " UTC"),
}


@pytest.mark.parametrize("echo", ECHOES)
def test_a_date_in_another_form_is_the_same_day(deliveries: Deliveries, echo: str) -> None:
    deliveries.there.api.echo = ECHOES[echo]
    deliveries.there.answer_with(nth(2), Answer(cut=True))
    deliveries.run()
    assert deliveries.run(after=1).ok
    deliveries.expect_all()


@pytest.mark.parametrize("date", ["last Tuesday", None, 1793577600])
def test_where_no_answer_is_lost_a_date_that_cannot_be_read_does_not_matter(
    deliveries: Deliveries, date: object
) -> None:
    deliveries.there.api.echo = lambda _: date
    assert deliveries.run().ok
    assert len(deliveries.there.api.deposits) == 2 * DAYS


def test_a_lost_answer_beside_a_date_that_cannot_be_read_is_left_to_a_person(deliveries: Deliveries) -> None:
    deliveries.there.api.echo = lambda _: "last Tuesday"
    deliveries.there.answer_with(nth(1), Answer(cut=True))
    deliveries.run()
    report = deliveries.run(after=61)
    # Berg's days were delivered under ids of their own.
    assert [str(feed.outcome) for feed in report.feeds] == ["in_doubt", "up_to_date"]
    assert [on for on, _ in report.feeds[0].doubts] == [day(number) for number in range(DAYS)]
    assert not deliveries.run(after=61).ok
    assert len(deliveries.there.api.deposits) == 1 + DAYS


def test_more_there_than_could_be_ours_is_left_to_a_person_and_later_days_go_on(deliveries: Deliveries) -> None:
    for _ in range(3):
        deliveries.there.api.make(ACME, 10, "2026-11-02T00:00:00Z")
    report = deliveries.run()
    assert [str(feed.outcome) for feed in report.feeds] == ["in_doubt", "in_doubt"]
    assert report.sent == 2 * (DAYS - 1)
    again = deliveries.run(after=61)
    assert not again.ok
    ids = ", ".join(sorted(str(one["id"]) for one in deliveries.there.api.deposits[:3]))
    assert again.feeds[0].document()["error"] == (
        f"2026-11-02: in doubt: 3 deposits of the same day and pages there ({ids}), and 2 of ours"
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda made: {**made, "date": "2026-11-24T02:00:00Z"}, "it is dated 2026-11-24 there"),
        (lambda made: {**made, "pages": 11}, "it has 11 pages there"),
    ],
)
def test_an_api_that_takes_something_else_is_stopped_at_the_first_deposit(
    deliveries: Deliveries, answer: Callable[[dict[str, object]], object], why: str
) -> None:
    deliveries.there.answer_with(is_post, Answer(alter=answer))
    report = deliveries.run()
    ids = [str(one["id"]) for one in deliveries.there.api.deposits]
    assert [feed.doubts for feed in report.feeds] == [[(FIRST, f"in doubt: {why}, as {made}")] for made in ids]
    assert len(deliveries.there.api.deposits) == 2
    deliveries.run(after=90)
    assert len(deliveries.there.api.deposits) == 2


def test_an_api_that_is_told_no_day_finds_lost_answers_by_their_pages(deliveries: Deliveries) -> None:
    deliveries.with_assumptions(date="none")
    deliveries.there.answer_with(nth(2), Answer(cut=True))
    deliveries.run()
    assert deliveries.run(after=1).ok
    assert len(deliveries.there.api.deposits) == 2 * DAYS


@pytest.mark.parametrize("restored_after", [0, 1, 2 * DAYS - 1, 2 * DAYS])
def test_a_ledger_restored_from_before_a_delivery_sends_nothing_twice(
    deliveries: Deliveries, tmp_path: Path, restored_after: int
) -> None:
    backup = tmp_path / "backup.db"
    if restored_after == 0:
        deliveries.ledger.copy_to(backup)
    else:
        deliveries.there.answer_with(nth(restored_after + 1), Answer(status=422, unheard=True))
        deliveries.run()
        deliveries.there.answer_normally()
        deliveries.ledger.copy_to(backup)
    deliveries.run(after=1)
    deliveries.expect_all()
    with Ledger(backup) as restored:
        again = Deliveries(restored, deliveries.there, now=deliveries.now)
        report = again.run(after=1)
        assert (report.ok, report.sent) == (True, 0)
        again.expect_all()


def _in_a_child(deliveries: Deliveries, path: Path) -> None:
    with Ledger(path) as ledger:
        Deliveries(ledger, deliveries.there, now=deliveries.now).run()


@pytest.mark.hunt
def test_killed_at_each_statement(deliveries: Deliveries) -> None:
    path = deliveries.ledger.path
    for _ in deaths(lambda: _in_a_child(deliveries, path)):
        deliveries.expect_nothing_twice()
        deliveries.now += ONE_DAY / 24
    deliveries.run(after=61)
    deliveries.expect_all()


@pytest.mark.hunt
def test_killed_at_200_random_moments(deliveries: Deliveries, services: Services, tmp_path: Path) -> None:
    """In forty rounds of five, each with a ledger and an account of its own and forty-four deposits."""
    services.sync()
    chance, killed = random.Random(13), 0
    for number in range(40):
        path, account_id = tmp_path / f"ledger-{number}.db", f"account-{number}"
        deliveries.ledger.copy_to(path)
        deliveries.there.api.accounts[account_id] = account_id
        with Ledger(path) as ledger:
            for feed in ledger.feeds.all():
                ledger.feeds.update(feed, {"account_id": account_id})
            ours = Deliveries(ledger, deliveries.there)
            for _ in range(5):
                killed += _kill(ours, path, chance.uniform(0, 0.03))
                assert ours.made().get(account_id, Counter()) <= ours.known()[account_id]
                ours.now += ONE_DAY / 24
            for _ in range(3):
                ours.run(after=61)
            assert ours.made()[account_id] == ours.known()[account_id]
            assert not ledger.deliveries.to_do()
    print(f"killed {killed} times")
    assert killed > 100


def _kill(deliveries: Deliveries, path: Path, seconds: float) -> bool:
    """Begin a run in another process and kill it so much later; whether it was at work still."""
    process = multiprocessing.get_context("fork").Process(target=_in_a_child, args=(deliveries, path))
    process.start()
    process.join(seconds)
    if process.is_alive() and process.pid is not None:
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    return process.exitcode == -signal.SIGKILL
