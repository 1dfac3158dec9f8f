"""No server makes a wrong ledger without a word: from the wire to the ledger, the right count or the feed's error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.edges.acme import of_devices
from tests.edges.altered import beside, rows, three_printers
from tests.edges.nights import Nights, day
from tests.support import ScriptedFleet

from prsync.core.model import Scope
from prsync.demo.traffic import Answer
from prsync.services.sync_report import FeedOutcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support import ScriptedFleet

    from prsync.demo.simulator import Simulator

PATH: Final = "/api/v1/organizations/1001/devices"
URL: Final = "https://3manager.example"


@pytest.fixture
def fleet() -> ScriptedFleet:
    return three_printers()


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
    Fault(
        "one id for all", ("3 rows name 1 device by deviceId, with different counts", "devices.id"), rows(deviceId="X")
    ),
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
