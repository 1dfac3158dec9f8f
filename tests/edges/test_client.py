"""What prsync asks a 3manager server for, and how."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from tests.edges.acme import DAY, PATH, THREE, acme, altered, first_row, readings
from tests.edges.clients import PASSWORD, ask_for, client_of, settings_at
from tests.edges.raw_server import TOKEN, RawServer, answers, http

from prsync.core.model import Organization
from prsync.credentials.passwords import Secret
from prsync.demo.traffic import Answer
from prsync.errors import UnusableAnswerError
from prsync.threemanager.client import ThreeManager

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import ScriptedFleet

    from prsync.demo.simulator import Simulator


@pytest.fixture
def fleet() -> ScriptedFleet:
    return acme()


def test_devices_are_asked_for_by_day_and_page(simulator: Simulator) -> None:
    assert readings(simulator) == THREE
    (request,) = simulator.devices_requests
    assert request.path == PATH
    assert request.query == {"date": "2026-11-02", "page": "1", "pageSize": "200"}


def test_all_pages_are_read_one_after_another(simulator: Simulator) -> None:
    simulator.give_at_most(1)
    assert readings(simulator) == THREE
    with client_of(simulator) as client:
        assert client.organizations() == [Organization("1001", "Acme A/S"), Organization("1002", "Ærø Færger")]
    assert [r.query["page"] for r in simulator.requests if r.method == "GET"] == ["1", "2", "3", "1", "2"]
    assert not any(r.overlapped for r in simulator.requests)


def test_a_meter_is_found_whatever_its_spelling(simulator: Simulator) -> None:
    assert altered(simulator, first_row(counters={"TOTAL_PAGES": 17}))[0].count == 17


def test_another_meter_is_another_count(simulator: Simulator, fleet: ScriptedFleet) -> None:
    fleet.reads("A", DAY, 1000, others={"scanTotal": 5})
    with client_of(simulator) as client:
        assert [r.count for r in client.devices(ask_for("1001", DAY, "scanTotal"))] == [5, None, None]


ORGANIZATIONS: list[tuple[dict[str, object], Organization]] = [
    ({"organizationId": "7", "name": "Acme"}, Organization("7", "Acme")),
    ({"OrganizationID": 7, "Name": "  Acme\r\n\x1b[31m A/S "}, Organization("7", "Acme [31m A/S")),
    ({"organization_id": "7", "name": "Rock \ud83d & Roll"}, Organization("7", "Rock & Roll")),
    ({"organizationId": "7"}, Organization("7", "7")),
    ({"organizationId": "7", "name": None}, Organization("7", "7")),
    ({"organizationId": "7", "name": "\n"}, Organization("7", "7")),
    ({"organizationId": "7", "name": 12}, Organization("7", "7")),
]


@pytest.mark.parametrize(("row", "organization"), ORGANIZATIONS)
def test_an_organization_has_an_id_and_a_name_in_one_line(
    row: dict[str, object], organization: Organization, simulator: Simulator
) -> None:
    body = json.dumps({"items": [row]}).encode()
    simulator.answer_with(lambda r: r.path == "/api/v1/organizations", Answer(body=body))
    with client_of(simulator) as client:
        assert client.first_organizations() == client.organizations() == [organization]


def test_an_organization_that_comes_twice_is_one(simulator: Simulator) -> None:
    # Paging while somebody adds a customer shows the last of a page again on the next.
    simulator.give_at_most(1)
    simulator.answer_with(
        lambda r: r.path == "/api/v1/organizations",
        Answer(alter=lambda page: page | {"items": [{"organizationId": 1, "name": page["items"][0]["name"]}]}),
    )
    with client_of(simulator) as client:
        assert client.organizations() == [Organization("1", "Ærø Færger")]


def test_one_page_of_organizations_is_enough_for_the_check(simulator: Simulator) -> None:
    simulator.give_at_most(1)
    with client_of(simulator) as client:
        assert len(client.first_organizations()) == 1
    assert [r.method for r in simulator.requests] == ["POST", "GET"]


ODD_IDS = [
    "a/b",
    "a b",
    "50%",
    "%2F",
    "a..b",
    "...",
    "../..",
    "?a=b",
    "a#b",
    "a&b=c",
    "a;b",
    "Ærø",
    "日本",
    "a+b",
    "\\",
]


@pytest.mark.parametrize("organization_id", ODD_IDS)
def test_an_organization_id_is_one_segment_of_the_path(organization_id: str, tmp_path: Path) -> None:
    with RawServer(tmp_path, answers(http(TOKEN), http(b"[]"))) as server:
        with ThreeManager(settings_at(server.url, str(server.ca_bundle)), Secret(PASSWORD)) as client:
            client.devices(ask_for(organization_id, DAY, "totalPages"))
        target = server.requests[-1].split(b" ")[1].decode()
    path, _, query = target.partition("?")
    assert query == "date=2026-11-02&page=1&pageSize=200"
    start, segment, end = path.removeprefix("/api/v1").rsplit("/", 2)
    assert (start, end) == ("/organizations", "devices")
    assert unquote(segment, errors="strict") == organization_id


@pytest.mark.parametrize("organization_id", [".", ".."])
def test_an_organization_id_that_is_a_directory_to_everybody_is_never_asked_for(
    organization_id: str, simulator: Simulator
) -> None:
    with client_of(simulator) as client, pytest.raises(UnusableAnswerError, match="an organization id other than"):
        client.devices(ask_for(organization_id, DAY, "totalPages"))
    assert simulator.requests == []


def test_a_url_with_a_path_is_where_all_paths_begin(tmp_path: Path) -> None:
    with RawServer(tmp_path, answers(http(TOKEN), http(b"[]"))) as server:
        below = settings_at(f"{server.url}/3manager/", str(server.ca_bundle))
        with ThreeManager(below, Secret(PASSWORD)) as client:
            client.devices(ask_for("1001", DAY, "totalPages"))
    assert [request.split(b" ")[1].partition(b"?")[0] for request in server.requests] == [
        b"/3manager/oauth/token",
        f"/3manager{PATH}".encode(),
    ]
