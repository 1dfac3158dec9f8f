"""No server makes a wrong ledger without a word: from the wire to the ledger, the right count or the feed's error."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.edges.acme import of_devices
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
    from collections.abc import Callable
    from pathlib import Path

    from prsync.demo.fleet import Fleet
    from prsync.demo.traffic import Request

PATH: Final = "/api/v1/organizations/1001/devices"
URL: Final = "https://3manager.example"
ABSENT: Final = object()


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Acme has three printers, which print 10 pages a day each."""
    scripted = ScriptedFleet("Acme A/S")
    for name, start in (("A", 1000), ("B", 2000), ("C", 3000)):
        scripted.reads_daily(name, FIRST - ONE_DAY, range(start, start + 300, 10))
    return scripted


@dataclass(frozen=True)
class Fault:
    """What a server answers otherwise than the profile says, and what the error must name."""

    name: str
    named: tuple[str, ...]
    alter: Callable[[Any], Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    profile: str = ""
    scope: Scope = Scope.ALL
    meter: str = ""


def beside(**fields: object) -> Callable[[Any], Any]:
    """The rows, no word of a next page, and these fields."""
    return lambda page: {"items": page["items"], **fields}


def rows(**fields: object) -> Callable[[Any], Any]:
    """Each row with these fields in place of its own; None: without it."""

    def alter(page: Any) -> Any:
        for row in page["items"]:
            row.update(fields)
            for name in [name for name, value in fields.items() if value is None]:
                del row[name]
        return page

    return alter


STYLE: Final = "devices.paging.style in the API profile"
NO_PAGES: Final = '[devices.paging]\nstyle = "none"\n'
NO_NEXT: Final = '[devices.paging]\nnext = ""\n'

SIGNS: Final = [
    Fault("hasMore", ("by hasMore", STYLE), beside(hasMore=True)),
    Fault("has_more as text", ("by has_more", STYLE), beside(has_more="True")),
    Fault("hasNextPage below", ("by pageInfo.hasNextPage", STYLE), beside(pageInfo={"hasNextPage": True})),
    Fault("not the last", ("by last", STYLE), beside(last=False)),
    Fault("isLastPage", ("by isLastPage", STYLE), beside(isLastPage=False)),
    Fault("totalPages", ("by totalPages", STYLE), beside(totalPages=3)),
    Fault("total", ("by total", STYLE), beside(total=5)),
    Fault("totalElements below", ("by page.totalElements", STYLE), beside(page={"totalElements": "5", "number": 0})),
    Fault("total as an object", ("by hits.total.value", STYLE), beside(hits={"total": {"value": 5}})),
    Fault("count", ("by @odata.count", STYLE), beside(**{"@odata.count": 5})),
    Fault("nextLink", ("by @odata.nextLink", STYLE), beside(**{"@odata.nextLink": f"{URL}{PATH}?$skip=3"})),
    Fault("three levels", ("by meta.paging.next", STYLE), beside(meta={"paging": {"next": "abc"}})),
    Fault("HAL", ("by _links.next.href", STYLE), beside(_links={"next": {"href": f"{PATH}?p=2"}})),
    Fault("links", ("by links.next", STYLE), beside(links=[{"rel": "self"}, {"rel": "next", "href": f"{PATH}?p=2"}])),
    Fault("continuationToken", ("by continuationToken", STYLE), beside(continuationToken="x")),
    Fault("Link", ("by Link.next", STYLE), headers={"Link": f'<{PATH}?p=1>; rel="first", <{PATH}?p=2>; rel="next"'}),
    Fault("Link unquoted", ("by Link.next", STYLE), headers={"Link": f"<{PATH}?p=2>;title=x;REL=next"}),
    Fault("X-Pagination", ("by X-Pagination.TotalCount", STYLE), headers={"X-Pagination": '{"TotalCount": 5}'}),
    Fault("X-Total-Count", ("by X-Total-Count", STYLE), headers={"X-Total-Count": "5"}),
    Fault("Content-Range", ("by Content-Range", STYLE), headers={"Content-Range": "items 0-2/5"}),
    Fault("no paging, and nextPage", ("by nextPage", STYLE), lambda page: page | {"nextPage": 2}, profile=NO_PAGES),
    Fault("next is not used", ("by nextPage", STYLE), lambda page: page | {"nextPage": 9}, profile=NO_NEXT),
]

MISFITS: Final = [
    Fault(
        "total is not reached",
        ("there are 5 rows, and gave 3", "devices.paging.total"),
        lambda page: page | {"total": 5},
        profile='[devices.paging]\ntotal = "total"\n',
    ),
    Fault(
        "total is no number",
        ("its total is no number of rows", "devices.paging.total"),
        lambda page: page | {"total": "five"},
        profile='[devices.paging]\ntotal = "total"\n',
    ),
    Fault(
        "a link to another host",
        ("leads to another host", "devices.paging.next"),
        lambda page: page | {"next": "https://evil.example/devices?page=2"},
        profile='[devices.paging]\nstyle = "link"\nnext = "next"\n',
    ),
    Fault(
        "a link that is none",
        ("is no URL", "devices.paging.next"),
        lambda page: page | {"next": "https://[evil"},
        profile='[devices.paging]\nstyle = "link"\nnext = "next"\n',
    ),
    Fault(
        "a cursor that is none",
        ("its next is no cursor", "devices.paging.next"),
        lambda page: page | {"next": {"after": "x"}},
        profile='[devices.paging]\nstyle = "cursor"\nnext = "next"\n',
    ),
    Fault("a page that is left out", ("a nextPage after page 1",), lambda page: page | {"nextPage": 3}),
    Fault("a page that is no URL", ("a nextPage after page 1",), lambda page: page | {"nextPage": "//["}),
    Fault("no counters", ("no device has counters", "deviceId", "counters.at"), rows(counters=None)),
    Fault("no meter", ("no device has the meter totalPages", "there are mono"), rows(counters={"mono": 5})),
    Fault(
        "one meter of a sum",
        ("no device has the meter totalColor", "there are totalBw"),
        rows(counters={"totalBw": 5}),
        meter="totalBw + totalColor",
    ),
    Fault("no managed flag", ("no device has managed", "devices.managed"), rows(managed=None)),
    Fault(
        "managed is a word",
        ("managed is 'Managed'", "devices.managed_values"),
        rows(managed="Managed"),
        scope=Scope.MANAGED,
    ),
    Fault(
        "managed is not told any more",
        ("does not tell", "devices.managed"),
        profile='[devices]\nmanaged = ""\n',
        scope=Scope.MANAGED,
    ),
    Fault("separators", ("of 3 devices none has a number", "a text in 3"), rows(counters={"totalPages": "12,345"})),
    Fault("counters are a text", ("of 3 devices", "counters of another shape in 3"), rows(counters="12345")),
    Fault(
        "a meter that is there twice",
        ("the meter twice in 3",),
        rows(counters=[{"n": "totalPages", "v": 5}, {"n": "TotalPages", "v": 6}]),
        profile='[counters]\nstyle = "list"\nname = "n"\nvalue = "v"\n',
    ),
    Fault("an error beside null", ("rows, and no error beside them,",), lambda _: {"data": None, "error": "timeout"}),
    Fault("a status in the body", ("no error beside them",), lambda _: {"items": [], "statusCode": 500}),
    Fault("a word in the body", ("no error beside them",), lambda _: {"data": None, "status": "Error"}),
    Fault("no success", ("rows, and no error beside them,",), lambda _: {"items": [], "success": False}),
    Fault("rows in the wrong place", ("an array of rows",), lambda page: {"value": None, "data": {"x": page["items"]}}),
    Fault("a row without an id", ("deviceId in each row",), rows(deviceId=None)),
    Fault("an answer that is no object", ("an array of rows",), lambda _: "maintenance"),
]


def named_in(fault: Fault) -> str:
    return fault.name


@pytest.mark.parametrize("fault", SIGNS + MISFITS, ids=named_in)
def test_a_strange_night_is_the_feeds_error_and_changes_nothing(
    fault: Fault, simulator: Simulator, tmp_path: Path
) -> None:
    nights = Nights(tmp_path, simulator)
    # Every meter that a fault is about was there before.
    simulator.answer_with(
        lambda r: r.is_devices and r.query["date"][5:] <= "11-02", Answer(alter=with_two_meters), times=None
    )
    nights.add_feeds("Acme A/S", scope=fault.scope, meter=fault.meter)
    before = nights.collect(day(0))
    assert before.error is None
    figures = nights.figures()
    assert nights.pages() == {"2026-11-02": 30}

    nights.profile = fault.profile
    simulator.answer_with(of_devices, Answer(alter=fault.alter, headers=fault.headers))
    report = nights.collect(day(1))
    assert report.outcome is FeedOutcome.FAILED
    assert report.fault is None, report.fault
    assert report.error is not None
    assert [part for part in fault.named if part not in report.error] == [], report.error
    assert "\n" not in report.error
    assert nights.figures() == figures


def with_two_meters(page: Any) -> Any:
    """Each printer's pages as two meters, too."""
    for row in page["items"]:
        row["counters"] |= {"totalBw": row["counters"]["totalPages"] - 500, "totalColor": 500}
    return page


@pytest.mark.parametrize("fault", SIGNS[:1] + MISFITS, ids=named_in)
def test_a_strange_answer_to_a_backfill_leaves_the_ledger_empty_and_the_next_run_collects_all(
    fault: Fault, simulator: Simulator, tmp_path: Path
) -> None:
    nights = Nights(tmp_path, simulator, profile=fault.profile)
    nights.add_feeds("Acme A/S", scope=fault.scope, meter=fault.meter)
    empty = nights.figures()
    simulator.answer_with(of_devices, Answer(alter=fault.alter, headers=fault.headers))
    report = nights.collect(day(5))
    assert report.outcome is FeedOutcome.FAILED
    assert report.error is not None
    assert fault.named[0] in report.error
    assert nights.figures() == empty

    nights.profile = ""
    simulator.answer_normally()
    simulator.answer_with(of_devices, Answer(alter=with_two_meters))
    assert nights.collect(day(5)).error is None
    assert nights.pages() == {day(number).isoformat(): 30 for number in range(6)}


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
