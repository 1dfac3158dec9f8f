"""The shapes a page may have, and those that are none: liberal in spelling, never guessing."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.edges.acme import DAY, PATH, THREE, acme, altered, device, of_devices, readings, refused
from tests.edges.clients import ask_for, client_of

from prsync.demo.traffic import Answer
from prsync.errors import UnusableAnswerError
from prsync.threemanager.paging import MOST_PAGES

if TYPE_CHECKING:
    from tests.support import ScriptedFleet

    from prsync.demo.simulator import Simulator


@pytest.fixture
def fleet() -> ScriptedFleet:
    return acme()


@pytest.mark.parametrize("name", ["items", "data", "value", "Items", "DATA", "va_lue"])
def test_rows_may_be_under_any_of_three_names(name: str, simulator: Simulator) -> None:
    assert altered(simulator, lambda page: {name: page["items"]}) == THREE


def test_rows_are_looked_for_under_the_next_name_where_the_first_holds_none(simulator: Simulator) -> None:
    assert altered(simulator, lambda page: {"items": None, "data": page["items"], "nextPage": None}) == THREE


def test_a_bare_array_that_is_paged_is_read_until_a_page_is_empty(simulator: Simulator) -> None:
    # Fewer rows than asked for do not say that there are no more.
    simulator.give_at_most(2)
    assert altered(simulator, lambda page: page["items"]) == THREE
    assert [r.query["page"] for r in simulator.devices_requests] == ["1", "2", "3"]


def test_a_bare_array_that_is_not_paged_is_read_once(simulator: Simulator) -> None:
    whole = [{"deviceId": name, "managed": True, "counters": {"totalPages": 1}} for name in "ABC"]
    assert len(altered(simulator, lambda _: whole)) == 3
    assert [r.query["page"] for r in simulator.devices_requests] == ["1", "2"]


@pytest.mark.parametrize("at_most", [10, 16, 50])
def test_a_first_page_that_comes_again_is_no_end_where_so_many_rows_may_be_a_limit(
    at_most: int, simulator: Simulator
) -> None:
    limited = [{"deviceId": f"{number}", "managed": True, "counters": {"totalPages": 1}} for number in range(at_most)]
    message = refused(simulator, Answer(alter=lambda _: limited))
    assert f"page=2 gave the same {at_most} rows once more" in message
    assert 'if they are all there are, style is "none"; see devices.paging.style in the API profile' in message


@pytest.mark.parametrize("empty", [{"items": []}, {"data": [], "nextPage": None}, []])
def test_an_organization_without_devices_has_none(empty: object, simulator: Simulator) -> None:
    assert altered(simulator, lambda _: empty) == []
    assert len(simulator.devices_requests) == 1


def test_an_empty_page_with_a_page_after_it_is_no_end(simulator: Simulator) -> None:
    simulator.answer_with(of_devices, Answer(alter=lambda _: {"items": [], "nextPage": 2}), times=1)
    simulator.answer_with(of_devices, Answer(alter=lambda _: {"items": [device("A")]}))
    assert [r.device_id for r in readings(simulator)] == ["A"]


@pytest.mark.parametrize(
    "spelling",
    [
        {"deviceId": "DeviceID", "managed": "Managed", "lastReadAt": "LastReadAt", "counters": "Counters"},
        {"deviceId": "device_id", "managed": "managed", "lastReadAt": "last_read_at", "counters": "COUNTERS"},
    ],
)
def test_fields_are_found_whatever_their_spelling(spelling: dict[str, str], simulator: Simulator) -> None:
    def respelt(page: Any) -> Any:
        return {"Items": [{spelling.get(name, name): row[name] for name in row} for row in page["items"]]}

    assert altered(simulator, respelt) == THREE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html><body>Please sign in</body></html>",
        b'{"items": [',
        b'{"items": [{"deviceId": "\xff"}]}',
        b"[" * 200_000,
        b'{"items": ' * 100_000,
        b"\x00\x00\x00",
    ],
)
def test_what_is_no_json_is_said_to_be_none(body: bytes, simulator: Simulator) -> None:
    assert refused(simulator, Answer(body=body)) == (
        f"{PATH} answered with status 200 where JSON was expected: is the URL right, is the profile?"
    )


@pytest.mark.parametrize(
    "document", [5, "items", True, {}, {"rows": []}, {"items": {}}, {"items": "none"}, {"error": "no"}]
)
def test_a_document_without_rows_is_said_to_have_none(document: object, simulator: Simulator) -> None:
    assert refused(simulator, Answer(body=json.dumps(document).encode())) == (
        f"{PATH} answered with status 200 where an array of rows, or an object with one in items or data or value"
        " was expected: is the URL right, is the profile?"
    )


def test_a_byte_order_mark_is_no_hindrance(simulator: Simulator) -> None:
    simulator.answer_with(
        of_devices, Answer(body=b"\xef\xbb\xbf" + json.dumps({"items": [device("Æ")]}, ensure_ascii=False).encode())
    )
    assert [r.device_id for r in readings(simulator)] == ["Æ"]


@pytest.mark.parametrize(
    ("next_page", "expected"),
    [
        (-7, "a nextPage after page 1"),
        ("next", "a nextPage after page 1"),
        (f"https://3manager.example{PATH}?part=2", "a nextPage after page 1"),
        (True, "a nextPage after page 1"),
        (2.5, "a nextPage after page 1"),
        (10**50, "a nextPage after page 1"),
        ([2], "a nextPage after page 1"),
    ],
)
def test_a_next_page_that_is_none_is_an_error(next_page: object, expected: str, simulator: Simulator) -> None:
    line = refused(simulator, Answer(alter=lambda page: page | {"nextPage": next_page}))
    assert f"{PATH} answered with status 200 where {expected} was expected" in line
    assert len(simulator.devices_requests) == 1


@pytest.mark.parametrize("next_page", [None, 0, "", False, 1, "1"])
def test_a_last_page_may_say_so_in_many_ways(next_page: object, simulator: Simulator) -> None:
    assert altered(simulator, lambda page: page | {"nextPage": next_page}) == THREE
    assert len(simulator.devices_requests) == 1


@pytest.mark.parametrize("next_page", ["2", 2.0, f"https://3manager.example{PATH}?page=2&pageSize=2", f"{PATH}?page=2"])
def test_the_next_page_may_be_told_in_many_ways(next_page: object, simulator: Simulator) -> None:
    simulator.give_at_most(2)
    simulator.answer_with(of_devices, Answer(alter=lambda page: page | {"nextPage": next_page}), times=1)
    assert readings(simulator) == THREE
    assert [r.query["page"] for r in simulator.devices_requests] == ["1", "2"]


def test_pages_that_lead_back_are_an_error(simulator: Simulator) -> None:
    simulator.give_at_most(1)
    back = Answer(alter=lambda page: page | {"nextPage": 1})
    simulator.answer_with(lambda r: r.is_devices and r.query["page"] == "2", back)
    with client_of(simulator) as client, pytest.raises(UnusableAnswerError, match="a nextPage after page 2"):
        client.devices(ask_for("1001", DAY, "totalPages"))


def test_the_same_page_again_under_another_number_is_an_error(simulator: Simulator) -> None:
    line = refused(simulator, Answer(alter=lambda _: {"items": [device("A")], "nextPage": _after(simulator)}))
    assert "where other rows on page 2 than on the page before it was expected" in line


def _after(simulator: Simulator) -> int:
    return int(simulator.devices_requests[-1].query["page"]) + 1


@pytest.mark.long
def test_pages_without_an_end_come_to_one(simulator: Simulator) -> None:
    started = time.monotonic()
    line = refused(simulator, Answer(alter=lambda _: {"items": [], "nextPage": _after(simulator)}))
    assert "where an end within 1,000 pages was expected" in line
    assert len(simulator.devices_requests) == MOST_PAGES
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("status", [201, 206, 301, 302, 400, 403, 404, 405, 410, 418, 429, 500, 502, 503])
def test_another_status_is_named_with_the_path_however_good_its_rows(status: int, simulator: Simulator) -> None:
    assert refused(simulator, Answer(status=status)).startswith(f"{PATH} answered with status {status}")


def test_a_status_without_a_body_is_named_with_the_path(simulator: Simulator) -> None:
    assert refused(simulator, Answer(status=304, body=b"")) == (
        f"{PATH} answered with status 304 where an answer was expected: is the URL right, is the profile?"
    )


@pytest.mark.parametrize(
    "answer", [Answer(status=204, body=b""), Answer(body=b"null"), Answer(body=b'{"items": null}')]
)
def test_no_devices_may_be_said_in_many_ways(answer: Answer, simulator: Simulator) -> None:
    simulator.answer_with(of_devices, answer)
    assert readings(simulator) == []


def test_an_organization_that_is_not_there_is_named(simulator: Simulator) -> None:
    with client_of(simulator) as client, pytest.raises(UnusableAnswerError, match="status 404"):
        client.devices(ask_for("9999", DAY, "totalPages"))
