"""A device that two feeds of one server both have: neither is held back, and a person is told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.services.running import FIRST, day, night_of
from tests.support import ScriptedFleet, deposits, rows

from prsync.core.model import ONE_DAY
from prsync.errors import UnusableAnswerError
from prsync.services.doctor import examine
from prsync.services.health import check_health, last_health
from prsync.services.shared_devices import shared_device_lines
from prsync.store.ledger import Access
from prsync.store.records import SharedDevices

if TYPE_CHECKING:
    from datetime import date

    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer

    from prsync.store.ledger import Ledger

ACME, BOG, CASTRO = "Acme A/S", "Bog & Tryk", "Castro"
TUESDAY = next(FIRST + timedelta(days=n) for n in range(7) if (FIRST + timedelta(days=n)).weekday() == 1)
ONE_SHARED = SharedDevices("main", ACME, BOG, 1)
LINE = f"1 device of server main counts in both feed {ACME} and feed {BOG}"


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Each customer has a printer of its own; SHARED stands in the answers for the first two."""
    scripted = ScriptedFleet(ACME, BOG, CASTRO)
    for name in (ACME, BOG, CASTRO):
        scripted.reads_daily(f"P-{name[0]}", FIRST - ONE_DAY, range(1000, 1300, 10), organization=name)
    for name in (ACME, BOG):
        scripted.reads_daily("SHARED", FIRST - ONE_DAY, range(5000, 5300, 10), organization=name)
    return scripted


@pytest.fixture
def connected(services: Services) -> Services:
    for name in (ACME, BOG, CASTRO):
        services.add_feed(name)
    return services


def told(services: Services, through: date, **options: object) -> list[SharedDevices]:
    """What the run of the night after that day says."""
    return services.sync(through, now=night_of(through + ONE_DAY), **options).shared_devices  # type: ignore[arg-type]


def test_the_first_sync_that_sees_it_says_so_and_those_on_mondays(connected: Services) -> None:
    said = {}
    for number in range(15):
        night = TUESDAY + timedelta(days=number)
        said[night] = told(connected, night - ONE_DAY)
    mondays = [night for night in said if night.weekday() == 0]
    assert len(mondays) == 2
    assert [night for night, found in said.items() if found] == [TUESDAY, *mondays]
    assert all(found == [ONE_SHARED] for found in said.values() if found)


def test_both_count_it(connected: Services) -> None:
    told(connected, day(3))
    assert set(deposits(connected.ledger.path, ACME).values()) == {20}
    assert set(deposits(connected.ledger.path, BOG).values()) == {20}
    assert set(deposits(connected.ledger.path, CASTRO).values()) == {10}


def test_a_customer_that_is_connected_later_is_told_on_its_first_night(services: Services) -> None:
    services.add_feed(ACME)
    assert told(services, day(2)) == []
    services.add_feed(BOG)
    assert told(services, day(3)) == [ONE_SHARED]


def test_one_that_moves_to_another_customer_is_in_one_alone(services: Services, fleet: ScriptedFleet) -> None:
    services.add_feed(ACME)
    services.add_feed(CASTRO)
    fleet.reads("MOVES", FIRST, 6000, organization=ACME)
    fleet.leaves("MOVES", day(4), organization=ACME)
    fleet.reads_daily("MOVES", day(4), range(6010, 6100, 10), organization=CASTRO)
    assert [told(services, day(number)) for number in range(1, 8)] == [[]] * 7
    known = rows(services.ledger.path, "SELECT count(*) AS feeds FROM devices WHERE device_id = 'MOVES'")
    assert known == [{"feeds": 2}]


def test_what_is_over_is_forgotten_and_what_grows_is_told(connected: Services, fleet: ScriptedFleet) -> None:
    assert told(connected, day(2)) == [ONE_SHARED]
    for name in (ACME, BOG):
        fleet.reads("SECOND", day(3), 100, organization=name)
    assert told(connected, day(3)) == [SharedDevices("main", ACME, BOG, 2)]
    fleet.leaves("SECOND", day(4))
    assert told(connected, day(4)) == []
    assert connected.ledger.shared_devices.all() == [ONE_SHARED]
    fleet.leaves("SHARED", day(5))
    fleet.leaves("P-A", day(5))  # an answer without any device is one, too
    assert told(connected, day(5)) == []
    assert connected.ledger.shared_devices.all() == []


def test_of_a_feed_that_fails_or_is_not_asked_nothing_new_is_known(connected: Services, server: ScriptedServer) -> None:
    assert told(connected, day(2)) == [ONE_SHARED]
    assert told(connected, day(3), feeds=[ACME]) == []
    server.fails("1002", UnusableAnswerError("/x", 500, ""))
    assert told(connected, day(3)) == []
    assert connected.ledger.shared_devices.all() == [ONE_SHARED]


def test_devices_out_of_scope_count_nowhere(services: Services, fleet: ScriptedFleet) -> None:
    for number in range(10):
        fleet.reads("SHARED", day(number), 7000, managed=False, organization=BOG)
    services.add_feed(ACME, scope="managed")
    services.add_feed(BOG, scope="managed")
    assert told(services, day(3)) == []


def test_feeds_of_two_servers_may_have_devices_of_one_name(services: Services, fleet: ScriptedFleet) -> None:
    services.add_server("other", fleet)
    services.add_feed(ACME)
    services.add_feed(BOG, server="other")
    assert told(services, day(3)) == []


def test_a_dry_run_says_it_and_keeps_nothing(connected: Services, ledger: Ledger) -> None:
    with type(ledger)(ledger.path, Access.REHEARSE) as rehearsal:
        assert told(connected, day(2), ledger=rehearsal, dry_run=True) == [ONE_SHARED]
    assert ledger.shared_devices.all() == []


def test_health_and_doctor_say_it_too(connected: Services, ledger: Ledger) -> None:
    told(connected, day(2))
    for report in (last_health(ledger, night_of(day(3))), check_health(ledger, connected.connect, night_of(day(3)))):
        assert report.shared_devices == [ONE_SHARED]
        assert report.ok
    found = [finding for finding in examine(ledger.path, night_of(day(3)), "UTC") if finding.about == "devices"]
    assert [(finding.ok, finding.found) for finding in found] == [(None, LINE)]


def test_where_a_server_gives_every_customer_the_same_devices_a_few_are_named() -> None:
    many = [SharedDevices("main", ACME, f"Feed {number}", 50) for number in range(300)]
    lines = list(shared_device_lines(many))
    assert lines[0] == f"50 devices of server main count in both feed {ACME} and feed Feed 0"
    assert len(lines) == 6
    assert lines[-1] == (
        "295 more feeds share devices with another; does the server heed the organization that it is asked for?"
        " (devices.path in the profile)"
    )
    assert list(shared_device_lines(many[:5])) == lines[:5]


def test_of_three_feeds_with_one_device_each_is_named(connected: Services, fleet: ScriptedFleet) -> None:
    fleet.reads("SHARED", day(1), 9000, organization=CASTRO)
    assert told(connected, day(2)) == [ONE_SHARED, SharedDevices("main", ACME, CASTRO, 1)]


def test_where_the_first_of_three_fails_the_other_two_are_no_news(
    services: Services, server: ScriptedServer, fleet: ScriptedFleet
) -> None:
    fleet.reads_daily("SHARED", FIRST - ONE_DAY, range(5000, 5300, 10), organization=CASTRO)
    for name in (ACME, BOG, CASTRO):
        services.add_feed(name)
    assert len(told(services, TUESDAY)) == 2
    said = []
    for number in (1, 2, 3):
        server.answers_truly()
        if number != 2:
            server.fails("1001", UnusableAnswerError("/api/v1/organizations/1001/devices", 500, ""))
        said.append(told(services, TUESDAY + timedelta(days=number)))
    assert said == [[], [], []]
