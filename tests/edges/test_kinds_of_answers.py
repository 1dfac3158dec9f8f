"""Answers of many kinds, each read right or refused: links, empty answers, days, caps, rows that lack something."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.edges.acme import of_devices
from tests.edges.altered import beside, rows, three_printers
from tests.edges.nights import FIRST, Nights, day
from tests.support import ScriptedFleet

from prsync.core.model import ONE_DAY, Scope
from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer
from prsync.errors import ProfileMismatchError
from prsync.services.sync_report import FeedOutcome
from prsync.threemanager.devices import DevicesReader
from prsync.threemanager.profile import Profile
from prsync.threemanager.query import DevicesQuery

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.demo.fleet import Fleet
    from prsync.demo.traffic import Request

PATH: Final = "/api/v1/organizations/1001/devices"
URL: Final = "https://3manager.example"
ABSENT: Final = object()


@pytest.fixture
def fleet() -> ScriptedFleet:
    return three_printers()


LINKS: Final = '[devices.paging]\nstyle = "link"\nnext = "@odata.nextLink"\n'


def as_odata(page: Any) -> Any:
    """F1: the rows as OData gives them, 2 on a page."""
    url = f"{PATH}?date={{}}&page={page['nextPage']}&pageSize=2"
    link = {"@odata.nextLink": url} if page["nextPage"] else {}
    return {"value": page["items"], "@odata.count": 3, **link}


def is_of(asked: date, request: Request) -> bool:
    return request.day == asked.isoformat()


def test_f1_pages_behind_a_link_are_all_read(simulator: Simulator, tmp_path: Path) -> None:
    nights = Nights(tmp_path, simulator, profile=LINKS)
    nights.add_feeds("Acme A/S")
    simulator.give_at_most(2)
    for asked in (FIRST - ONE_DAY, FIRST):

        def linked(page: Any, asked: date = asked) -> Any:
            altered = as_odata(page)
            if link := altered.get("@odata.nextLink"):
                altered["@odata.nextLink"] = link.format(asked)
            return altered

        simulator.answer_with(partial(is_of, asked), Answer(alter=linked))
    assert nights.collect(FIRST).error is None
    assert nights.pages() == {"2026-11-02": 30}


def test_f1_the_same_pages_are_the_feeds_error_where_the_profile_does_not_know_the_link(
    simulator: Simulator, tmp_path: Path
) -> None:
    # Whatever is asked for, it gives its first page: it knows no page of ours.
    nights = Nights(tmp_path, simulator)
    nights.add_feeds("Acme A/S")
    simulator.answer_with(
        of_devices, Answer(alter=lambda page: {"value": page["items"][:2], "@odata.nextLink": f"{URL}{PATH}?$skip=2"})
    )
    report = nights.collect(FIRST)
    assert report.error is not None
    assert "by @odata.nextLink it shows that there is more than the 2 rows it gave" in report.error
    assert nights.pages() == {}


@pytest.mark.parametrize("written", ["{page}", f"{URL}{PATH}?page={{page}}"])
@pytest.mark.parametrize("end", [0, "", "0", None, False])
def test_f2_the_next_page_as_text_or_url(written: str, end: object, simulator: Simulator, tmp_path: Path) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds("Acme A/S")

    def next_page_told(page: Any) -> Any:
        return page | {"nextPage": written.format(page=2) if page["nextPage"] else end}

    simulator.give_at_most(2)
    simulator.answer_with(
        of_devices,
        Answer(alter=next_page_told),
    )
    assert nights.collect(FIRST).error is None
    assert nights.pages() == {"2026-11-02": 30}


@pytest.mark.parametrize("none", [Answer(status=204, body=b""), Answer(body=b"null"), Answer(body=b'{"items": null}')])
def test_f13_no_devices_are_an_empty_list(none: Answer, simulator: Simulator, tmp_path: Path) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds("Acme A/S")
    simulator.answer_with(of_devices, none)
    report = nights.collect(day(1))
    assert (report.error, report.outcome) == (None, FeedOutcome.NO_NEW_DATA)
    simulator.answer_normally()
    nights.collect(day(2))
    assert nights.pages() == {day(number).isoformat(): 30 for number in range(3)}


def test_f26_a_server_that_answers_for_now_is_the_feeds_error(simulator: Simulator, tmp_path: Path) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds("Acme A/S")

    def now(page: Any) -> Any:
        for row in page["items"]:
            row |= {"counters": {"totalPages": 5000}, "lastReadAt": "2026-11-08T00:10:00Z"}
        return page

    simulator.answer_with(of_devices, Answer(alter=now))
    report = nights.collect(day(5))
    assert report.error is not None
    for part in ("asked for 2026-11-", "2026-11-08 00:10 UTC", "history and devices.read_at in the API profile"):
        assert part in report.error
    assert nights.pages() == {}


@pytest.mark.parametrize(
    ("written", "timezone", "read_at", "is_believed"),
    [
        ("%Y-%m-%d", "Europe/Copenhagen", "2026-11-04T23:30:00Z", True),
        ("%Y-%m-%d", "Europe/Copenhagen", "2026-11-05T12:00:00Z", True),
        ("%Y-%m-%d", "Europe/Copenhagen", "2026-11-05T12:00:01Z", False),
        ("%Y-%m-%d", "Pacific/Pago_Pago", "2026-11-05T11:00:00Z", True),
        ("%Y-%m-%dT%H:%M:%S%z", "Europe/Copenhagen", "2026-11-04T23:00:00Z", True),
        ("%Y-%m-%dT%H:%M:%S%z", "Europe/Copenhagen", "2026-11-04T23:00:01Z", False),
    ],
    ids=["UTC", "westernmost", "no clock", "a feed in the west", "asked by time, midnight", "asked by time, after"],
)
def test_f26_asked_for_a_date_a_server_may_mean_the_day_of_its_own_clock(
    written: str, timezone: str, read_at: str, is_believed: bool
) -> None:
    profile = Profile.parse(f'[history]\nformat = "{written}"\n')
    query = DevicesQuery(organization_id="1001", day=date(2026, 11, 4), meter="totalPages", timezone=timezone)
    row = {"deviceId": "A", "managed": True, "counters": {"totalPages": 5}, "lastReadAt": read_at}
    reader = DevicesReader(profile=profile, query=query, path=PATH)
    if is_believed:
        assert [reading.count for reading in reader.read([row])] == [5]
    else:
        with pytest.raises(ProfileMismatchError, match="asked for 2026-11-04"):
            reader.read([row])


def test_f26_for_yesterday_alone_what_is_said_now_counts_as_the_days_end(simulator: Simulator, tmp_path: Path) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds("Acme A/S")
    nights.collect(FIRST)

    def later(page: Any) -> Any:
        for row in page["items"]:
            row["lastReadAt"] = "2026-11-04T00:40:00Z"
        return page

    simulator.answer_with(of_devices, Answer(alter=later))
    assert nights.collect(day(1)).error is None
    assert nights.pages() == {"2026-11-02": 30, "2026-11-03": 30}


def test_f27_a_servers_own_cap_is_seen_through(tmp_path: Path) -> None:
    fleet = ScriptedFleet("Acme A/S")
    for number in range(250):
        fleet.reads_daily(f"D{number}", FIRST - ONE_DAY, [1000, 1001])
    with Simulator(fleet, folder=tmp_path / "3manager") as simulator:
        simulator.give_at_most(100)
        simulator.answer_with(of_devices, Answer(alter=beside()))
        nights = Nights(tmp_path, simulator)
        nights.add_feeds("Acme A/S")
        report = nights.collect(FIRST)
    assert (report.error, report.devices, report.pages) == (None, 250, 250)


@pytest.mark.parametrize(
    "fields",
    [
        {"counters": ABSENT},
        {"counters": {"scanTotal": 5}},
        {"counters": {"totalPages": None}},
        {"counters": {"totalPages": 0}},
        {"counters": {"totalPages": "12,345"}},
        {"managed": ABSENT},
        {"managed": None},
    ],
)
def test_what_only_some_rows_lack_is_those_devices_alone(
    fields: dict[str, object], simulator: Simulator, tmp_path: Path
) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds("Acme A/S", scope=Scope.MANAGED)
    nights.collect(FIRST)

    def first_row(page: Any) -> Any:
        altered = page["items"][0] | fields
        page["items"][0] = {name: value for name, value in altered.items() if value is not ABSENT}
        return page

    simulator.answer_with(of_devices, Answer(alter=first_row))
    assert nights.collect(day(1)).error is None
    assert nights.pages() == {"2026-11-02": 30, "2026-11-03": 20}


@pytest.mark.parametrize("count", [None, 0, "0"])
def test_a_meter_that_nobody_could_read_is_no_error(count: object, simulator: Simulator, tmp_path: Path) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds("Acme A/S")
    nights.collect(FIRST)
    simulator.answer_with(of_devices, Answer(alter=rows(counters={"totalPages": count})))
    report = nights.collect(day(1))
    assert (report.error, report.outcome, report.unread) == (None, FeedOutcome.NO_NEW_DATA, 3)
    simulator.answer_normally()
    nights.collect(day(2))
    assert nights.pages() == {day(number).isoformat(): 30 for number in range(3)}


NO_HISTORY: Final = '[history]\nstyle = "none"\n'


def server_without_history(fleet: Fleet, folder: Path, today: date) -> Simulator:
    """It knows no day, and answers for the one that it is."""
    return Simulator(fleet, folder=folder / "3manager", profile=Profile.parse(NO_HISTORY), today=today)


def test_without_history_missed_nights_land_on_the_day_of_the_next_reading(fleet: Fleet, tmp_path: Path) -> None:
    with server_without_history(fleet, tmp_path, FIRST) as simulator:
        nights = Nights(tmp_path, simulator, profile=NO_HISTORY)
        nights.add_feeds("Acme A/S")
        nights.collect(FIRST)
        simulator._api.today = day(4)
        nights.collect(day(4))
    assert nights.pages() == {"2026-11-02": 0} | {day(number).isoformat(): 0 for number in (1, 2, 3)} | {
        day(4).isoformat(): 120
    }


def test_without_history_a_past_day_gets_nothing_of_what_the_counters_say_now(fleet: Fleet, tmp_path: Path) -> None:
    with server_without_history(fleet, tmp_path, day(9)) as simulator:
        nights = Nights(tmp_path, simulator, profile=NO_HISTORY)
        nights.add_feeds("Acme A/S")
        report = nights.sync(day(9), through=day(3))
        assert report.feeds[0].error is None
        assert nights.pages() == {}
        assert simulator.devices_requests == []


def test_one_answer_for_all_customers_that_fails_is_asked_for_once(tmp_path: Path) -> None:
    fleet = ScriptedFleet(*(f"Customer {number}" for number in range(12)))
    profile = (
        '[devices]\npath = "/api/v1/organizations/1001/devices"\norganization_id = "organizationId"\n'
        "[manners]\ntries_again = 0\n"
    )
    with Simulator(fleet, folder=tmp_path / "3manager") as simulator:
        simulator.answer_with(of_devices, Answer(status=403))
        nights = Nights(tmp_path, simulator, profile=profile)
        nights.add_feeds(*(f"Customer {number}" for number in range(12)))
        report = nights.sync(FIRST)
    assert len(simulator.devices_requests) == 1
    assert report.servers[0].error is not None
    assert "status 403" in report.servers[0].error
    assert not report.ok
    assert nights.pages() == {}


def test_a_night_costs_a_handful_of_requests_more_where_nothing_is_said_of_more(tmp_path: Path) -> None:
    names = [f"Customer {number:02}" for number in range(40)]
    fleet = ScriptedFleet(*names)
    for place, name in enumerate(names):
        for number in range(1 + place * 7 % 23):
            fleet.reads_daily(f"D{number}", FIRST - ONE_DAY, [1000, 1001, 1002], organization=name)
    with Simulator(fleet, folder=tmp_path / "3manager") as simulator:
        simulator.answer_with(of_devices, Answer(alter=beside()))
        nights = Nights(tmp_path, simulator)
        nights.add_feeds(*names)
        nights.sync(FIRST)
        simulator.forget_requests()
        assert nights.sync(day(1)).ok
        assert len(names) <= len(simulator.devices_requests) <= len(names) + 8


@pytest.mark.parametrize("cap", [30, 60, 64, 75, 128])
def test_a_customer_with_as_many_devices_as_the_cap_hides_nobodys(cap: int, tmp_path: Path) -> None:
    fleet = ScriptedFleet("A", "B")
    for name, devices in (("A", cap), ("B", cap + 20)):
        for number in range(devices):
            fleet.reads_daily(f"{name}{number}", FIRST - ONE_DAY, [1000, 1001], organization=name)
    with Simulator(fleet, folder=tmp_path / "3manager") as simulator:
        simulator.give_at_most(cap)
        simulator.answer_with(of_devices, Answer(alter=beside()))
        nights = Nights(tmp_path, simulator)
        nights.add_feeds("A", "B")
        report = nights.sync(FIRST)
    assert [feed.devices for feed in report.feeds] == [cap, cap + 20]
