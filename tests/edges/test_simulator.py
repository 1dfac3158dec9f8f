"""The simulated 3manager against the contract, over real HTTPS, by a client that is not prsync's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import ScriptedFleet
from tests.support.contract import Contract
from tests.support.stranger import stranger

from prsync.demo.lifelike import LifelikeFleet
from prsync.demo.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.stranger import Client

    from prsync.demo.fleet import Fleet

DAY = date(2026, 11, 20)
DEVICES = "/api/v1/organizations/1001/devices"
ORGANIZATIONS = "/api/v1/organizations"


@pytest.fixture
def fleet() -> Fleet:
    return LifelikeFleet(7, organizations=3, devices=25, first_day=date(2026, 1, 1))


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Client]:
    with stranger(simulator) as client:
        client.log_in()
        yield client


def test_organizations_and_devices_are_those_of_the_contract(client: Client) -> None:
    status, document = client.get(ORGANIZATIONS)
    assert (status, [row["organizationId"] for row in document["items"]]) == (200, ["1001", "1002", "1003"])
    assert len({device["deviceId"] for number in "123" for device in client.devices(DAY, f"100{number}")}) > 60


def test_every_device_row_holds_something_that_must_not_be_kept(client: Client) -> None:
    for device in client.devices(DAY):
        for name in ("serialNumber", "model", "ipAddress", "location", "contact"):
            assert any(marker in device[name] for marker in client.simulator.unwanted_markers), name
        kept = {name: device[name] for name in ("deviceId", "managed", "lastReadAt", "counters")}
        assert not any(marker in str(kept) for marker in client.simulator.unwanted_markers)


def test_pages_hold_each_row_once_in_the_same_order(client: Client) -> None:
    everything = client.devices(DAY)
    rows: list[dict[str, Any]] = []
    number: int | None = 1
    while number is not None:
        _, document = client.get(DEVICES, date=DAY, page=number, pageSize=7)
        assert len(document["items"]) <= 7
        rows += document["items"]
        number = document["nextPage"]
    assert rows == everything
    assert client.get(DEVICES, date=DAY, page=1000)[1] == {"items": [], "nextPage": None}


def test_a_page_that_is_exactly_full_is_the_last_one_if_nothing_follows(client: Client) -> None:
    rows = len(client.devices(DAY))
    assert client.get(DEVICES, date=DAY, pageSize=rows)[1]["nextPage"] is None
    assert client.get(DEVICES, date=DAY, pageSize=rows - 1)[1]["nextPage"] == 2


def test_the_server_may_give_fewer_rows_than_asked_for(client: Client) -> None:
    client.simulator.give_at_most(4)
    _, document = client.get(DEVICES, date=DAY, pageSize=200)
    assert (len(document["items"]), document["nextPage"]) == (4, 2)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"date": "20 November"},
        {"date": "2026-02-30"},
        {"date": DAY, "page": 0},
        {"date": DAY, "page": "two"},
        {"date": DAY, "pageSize": 1001},
        {"date": DAY, "pageSize": -1},
    ],
)
def test_nonsense_is_a_bad_request(client: Client, query: dict[str, Any]) -> None:
    assert client.get(DEVICES, **query)[0] == 400


def test_what_is_not_there_or_not_for_this_user_is_said_so(client: Client) -> None:
    assert client.get("/api/v1/organizations/9999/devices", date=DAY)[0] == 404
    assert client.get("/api/v2/anything")[0] == 404
    client.simulator.forbid("1002")
    assert client.get("/api/v1/organizations/1002/devices", date=DAY)[0] == 403


def test_without_a_token_nothing_is_shown(simulator: Simulator) -> None:
    with stranger(simulator) as client:
        assert client.get(ORGANIZATIONS)[0] == 401
        client.session.headers["Authorization"] = "Bearer made-up"
        assert client.get(DEVICES, date=DAY)[0] == 401


def test_nothing_can_be_changed(client: Client) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "HEAD"):
        answer = client.session.request(method, client.simulator.url + ORGANIZATIONS, timeout=10)
        assert answer.status_code == 405
    assert client.get(ORGANIZATIONS)[0] == 200


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"password": "wrong"}, (400, "invalid_grant")),
        ({"username": "nobody"}, (400, "invalid_grant")),
        ({"grant_type": "client_credentials"}, (400, "unsupported_grant_type")),
        ({"grant_type": ""}, (400, "invalid_request")),
        ({"password": ""}, (400, "invalid_request")),
    ],
)
def test_a_token_has_its_price(simulator: Simulator, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    right = {"grant_type": "password", "username": simulator.username, "password": simulator.password}
    form = {name: value for name, value in (right | changed).items() if value}
    with stranger(simulator) as client:
        status, document = client.post_token(**form)
        assert (status, document["error"]) == refusal
        assert client.post_token(**right)[0] == 200


def test_a_server_may_want_a_client_id(fleet: Fleet, tmp_path: Path) -> None:
    with Simulator(fleet, folder=tmp_path, client_id="app-7") as simulator, stranger(simulator) as client:
        form = {"grant_type": "password", "username": simulator.username, "password": simulator.password}
        status, document = client.post_token(**form)
        assert (status, document["error"]) == (401, "invalid_client")
        assert client.post_token(**form, client_id="app-7")[0] == 200


def test_a_token_ends_when_its_time_has_come(fleet: Fleet, tmp_path: Path) -> None:
    now = [1000.0]
    with (
        Simulator(fleet, folder=tmp_path, token_seconds=60, clock=lambda: now[0]) as simulator,
        stranger(simulator) as client,
    ):
        client.log_in()
        now[0] += 59
        assert client.get(ORGANIZATIONS)[0] == 200
        now[0] += 1
        assert client.get(ORGANIZATIONS)[0] == 401
        client.log_in()
        assert client.get(ORGANIZATIONS)[0] == 200
        simulator.expire_tokens()
        assert client.get(ORGANIZATIONS)[0] == 401


def test_a_changed_password_is_the_only_one(client: Client) -> None:
    old = client.simulator.password
    client.simulator.change_password("another one")
    form = {"grant_type": "password", "username": client.simulator.username}
    assert client.post_token(**form, password=old)[0] == 400
    assert client.post_token(**form, password="another one")[0] == 200
    assert {old, "another one"} <= set(client.simulator.secrets)
    assert str(client.session.headers["Authorization"]).removeprefix("Bearer ") in client.simulator.secrets


def test_a_stale_dca_repeats_its_last_day_until_it_delivers(client: Client) -> None:
    before, silent = client.devices(DAY), DAY + timedelta(days=3)
    truth = client.devices(silent)
    assert truth != before
    client.simulator.make_stale("1001", DAY)
    assert client.devices(silent) == before
    assert client.devices(DAY - timedelta(days=1)) != before
    assert client.devices(silent, "1002") != client.devices(DAY, "1002")
    client.simulator.deliver("1001")
    assert client.devices(silent) == truth


def test_a_dca_that_lost_its_days_is_back_with_the_next(client: Client) -> None:
    later = [DAY + timedelta(days=number) for number in range(4)]
    truth = [client.devices(day) for day in later]
    client.simulator.make_stale("1001", DAY, until_day=later[3])
    assert [client.devices(day) for day in later] == [truth[0], truth[0], truth[0], truth[3]]


def test_a_server_may_not_say_when_a_device_was_read(client: Client) -> None:
    assert all("lastReadAt" in device for device in client.devices(DAY))
    client.simulator.hide_read_at()
    assert not any("lastReadAt" in device for device in client.devices(DAY))


def test_read_at_is_an_instant_with_its_fractions(client: Client) -> None:
    fleet = ScriptedFleet()
    fleet.reads("A", DAY, 5, read_at=datetime(2026, 11, 20, 1, 2, 3, 456789, tzinfo=UTC))
    client.simulator.fleet = fleet
    assert client.devices(DAY)[0]["lastReadAt"] == "2026-11-20T01:02:03.456789Z"


@pytest.mark.parametrize(
    ("method", "path", "status", "document", "problem"),
    [
        ("POST", "/oauth/token", 200, {"access_token": "x"}, "'token_type' is a required property"),
        ("POST", "/oauth/token", 500, {}, "may not be answered with 500"),
        ("GET", ORGANIZATIONS, 200, {"items": [{"organizationId": 7, "name": "Acme"}]}, "7 is not of type 'string'"),
        ("GET", ORGANIZATIONS, 401, {"message": 7}, "7 is not of type 'string'"),
        ("GET", DEVICES, 200, {"items": [{"deviceId": "A", "managed": True}]}, "'counters' is a required property"),
        (
            *("GET", DEVICES, 200),
            {"items": [{"deviceId": "A", "managed": True, "counters": {"totalPages": -1}}]},
            "less than the minimum",
        ),
        (
            *("GET", DEVICES, 200),
            {"items": [{"deviceId": "A", "managed": True, "counters": {}, "lastReadAt": "2026-11-20"}]},
            "is not a 'date-time'",
        ),
    ],
)
def test_an_answer_against_the_contract_is_found(
    method: str, path: str, status: int, document: dict[str, Any], problem: str
) -> None:
    (found,) = Contract().problems(method, path, status, document)
    assert problem in found
