"""What a change of a feed's settings makes of its days: those before join in front, those after count anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.services.running import FIRST, day
from tests.support import ScriptedFleet, deposits, devices, sums

from prsync.errors import UnusableAnswerError

if TYPE_CHECKING:
    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer


@pytest.fixture
def fleet() -> ScriptedFleet:
    """A prints 10 pages a day, since three weeks before the first day; B one a day, and scans 7 more."""
    scripted = ScriptedFleet("Acme A/S")
    scripted.reads_daily("A", day(-21), range(1000, 1330, 10))
    for offset in range(12):
        scripted.reads("B", day(offset), 500 + offset, managed=offset % 2 == 0, others={"scanTotal": 70 + 7 * offset})
    return scripted


@pytest.fixture
def acme(services: Services) -> Services:
    services.add_feed("Acme A/S")
    return services


def pages(services: Services) -> dict[str, int]:
    found = deposits(services.ledger.path, "Acme A/S")
    assert all(deposited == life for deposited, life in sums(services.ledger.path).values())
    return found


def test_days_before_an_earlier_activation_date_join_in_front(acme: Services) -> None:
    acme.sync(day(3))
    known = pages(acme)
    assert known == {str(FIRST): 10, str(day(1)): 11, str(day(2)): 11, str(day(3)): 11}
    acme.update_feed("Acme A/S", activation_date=str(day(-5)))
    (report,) = acme.sync(day(4)).feeds
    assert (report.outcome, report.first, report.last, report.days) == ("deposited", day(-5), day(4), 6)
    assert pages(acme) == {str(day(n)): 10 for n in range(-5, 0)} | known | {str(day(4)): 11}
    feed = acme.ledger.feeds.find("Acme A/S")
    assert (feed.activation_date, feed.joining_from) == (day(-5), None)


def test_days_that_could_not_be_joined_are_joined_by_the_next_run(acme: Services, server: ScriptedServer) -> None:
    acme.sync(day(1))
    acme.update_feed("Acme A/S", activation_date=str(day(-3)))
    server.fails("1001", UnusableAnswerError("/devices", 500, ""), on=day(-2))
    (report,) = acme.sync(day(2)).feeds
    assert (report.outcome, report.days) == ("failed", 0)
    assert list(pages(acme)) == [str(FIRST), str(day(1))]
    server.answers_truly()
    acme.sync(day(2))
    assert list(pages(acme)) == [str(day(n)) for n in range(-3, 3)]


def test_days_join_in_front_also_where_the_rest_is_up_to_date(acme: Services) -> None:
    acme.sync(day(1))
    acme.update_feed("Acme A/S", activation_date=str(day(-1)))
    (report,) = acme.sync(day(1)).feeds
    assert (report.outcome, report.first, report.last, report.days) == ("deposited", day(-1), day(-1), 1)


def test_another_activation_date_before_the_first_deposit_is_where_the_feed_begins(acme: Services) -> None:
    acme.update_feed("Acme A/S", activation_date=str(day(3)))
    acme.sync(day(6))
    assert list(pages(acme)) == [str(day(n)) for n in (3, 4, 5, 6)]


def test_another_scope_counts_from_the_next_day_on(acme: Services) -> None:
    acme.sync(day(1))
    acme.update_feed("Acme A/S", scope="managed")
    acme.sync(day(2))  # by the new rule A and B are read for the first time, and count nothing
    acme.sync(day(4))  # B is away on the third day and back on the fourth
    assert [pages(acme)[str(day(n))] for n in (2, 3, 4)] == [0, 10, 10]


def test_another_meter_counts_from_the_next_day_on(acme: Services) -> None:
    acme.sync(day(4))
    acme.update_feed("Acme A/S", meter="scanTotal")
    acme.sync(day(6))  # only B has that meter; it stands at 105 on the fifth day
    assert [pages(acme)[str(day(n))] for n in (5, 6)] == [0, 7]
    assert devices(acme.ledger.path, "Acme A/S")["B"][2] == 70 + 7 * 6
