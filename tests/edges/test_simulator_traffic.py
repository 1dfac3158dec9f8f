"""What tests do to the simulated 3manager: watch it, bend its answers, break its connections, switch it off."""

from __future__ import annotations

import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import requests
from tests.support.stranger import stranger

from prsync.demo.lifelike import LifelikeFleet
from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer

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


def test_requests_are_noted_one_by_one(client: Client) -> None:
    client.simulator.forget_requests()
    client.session.headers["User-Agent"] = "somebody/1"
    client.get(ORGANIZATIONS, page=2)
    client.get(DEVICES, date=DAY)
    client.get("/api/v1/organizations/9999/devices", date=DAY)
    noted = client.simulator.requests
    assert [(request.method, request.path, request.status) for request in noted] == [
        ("GET", ORGANIZATIONS, 200),
        ("GET", DEVICES, 200),
        ("GET", "/api/v1/organizations/9999/devices", 404),
    ]
    assert [request.organization_id for request in client.simulator.devices_requests] == ["1001", "9999"]
    assert (noted[0].query, noted[1].day, noted[1].user_agent) == ({"page": "2"}, "2026-11-20", "somebody/1")
    assert not any(request.overlapped for request in noted)


def test_requests_at_the_same_time_are_noted_as_such(client: Client) -> None:
    client.simulator.forget_requests()
    held = threading.Event()
    client.simulator.answer_with(lambda request: request.day == str(DAY), Answer(hold=held))
    with ThreadPoolExecutor(1) as pool, stranger(client.simulator) as other:
        other.session.headers["Authorization"] = client.session.headers["Authorization"]
        slow = pool.submit(other.devices, DAY)
        client.simulator.wait_for(lambda request: request.day == str(DAY))
        client.devices(DAY - timedelta(days=1))
        held.set()
        slow.result(timeout=10)
    client.devices(DAY - timedelta(days=2))
    assert [request.overlapped for request in client.simulator.requests] == [True, True, False]


def test_so_many_answers_are_other_than_the_truth_and_no_more(client: Client) -> None:
    full = Answer(status=429, headers={"Retry-After": "7"}, body=b"{}")
    client.simulator.answer_with(lambda request: request.is_devices, full, times=2)
    assert client.get(ORGANIZATIONS)[0] == 200
    answers = [client.session.get(f"{client.simulator.url}{DEVICES}?date={DAY}", timeout=10) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert [answer.headers.get("Retry-After") for answer in answers] == ["7", "7", None]


def test_the_truth_may_be_altered(client: Client) -> None:
    client.simulator.answer_with(lambda request: request.is_devices, Answer(alter=lambda document: document["items"]))
    answer = client.session.get(f"{client.simulator.url}{DEVICES}?date={DAY}&pageSize=1000", timeout=10)
    client.simulator.answer_normally()
    assert answer.json() == client.devices(DAY)


@pytest.mark.parametrize("after", [None, 0, 40])
def test_a_connection_may_be_cut_anywhere(client: Client, after: int | None) -> None:
    client.simulator.answer_with(lambda request: request.is_devices, Answer(cut=True, after=after), times=1)
    with pytest.raises(requests.RequestException):
        client.devices(DAY)
    assert client.devices(DAY)


def test_an_answer_may_stop_in_the_middle_and_go_on(client: Client) -> None:
    truth, held = client.devices(DAY), threading.Event()
    client.simulator.answer_with(lambda request: request.is_devices, Answer(hold=held, after=40))
    url = f"{client.simulator.url}{DEVICES}?date={DAY}&pageSize=1000"
    with client.session.get(url, stream=True, timeout=10) as answer:
        first = answer.raw.read(40)
        assert first.startswith(b'{"items": [{"deviceId"')
        held.set()
        rest = answer.raw.read()
    client.simulator.answer_normally()
    assert (first + rest).decode().count('"deviceId"') == len(truth)


def test_a_client_that_never_speaks_holds_up_nobody(client: Client) -> None:
    port = int(client.simulator.url.rpartition(":")[2])
    with closing(socket.create_connection(("127.0.0.1", port))), stranger(client.simulator) as other:
        other.log_in()
        assert other.get(ORGANIZATIONS)[0] == 200


def test_a_client_that_does_not_know_the_ca_lets_nothing_in(client: Client) -> None:
    with stranger(client.simulator) as other:
        other.session.verify = True
        with pytest.raises(requests.exceptions.SSLError):
            other.log_in()
    assert client.get(ORGANIZATIONS)[0] == 200


def test_its_certificate_may_be_for_another_host(fleet: Fleet, tmp_path: Path) -> None:
    with (
        Simulator(fleet, folder=tmp_path, names=["3manager.example"]) as simulator,
        stranger(simulator) as client,
        pytest.raises(requests.exceptions.SSLError, match="IP address mismatch"),
    ):
        client.log_in()


def test_its_certificate_may_have_expired(fleet: Fleet, tmp_path: Path) -> None:
    ended = datetime(2020, 1, 1, tzinfo=UTC)
    with (
        Simulator(fleet, folder=tmp_path, certificate_ends=ended) as simulator,
        stranger(simulator) as client,
        pytest.raises(requests.exceptions.SSLError, match="expired"),
    ):
        client.log_in()


def test_an_outage_ends_where_it_began(client: Client) -> None:
    url = client.simulator.url
    client.simulator.stop()
    with pytest.raises(requests.ConnectionError):
        client.get(ORGANIZATIONS)
    client.simulator.start()
    assert client.simulator.url == url
    assert client.get(ORGANIZATIONS)[0] == 200  # the tokens that were out are still good


def test_nothing_of_it_lives_on(fleet: Fleet, tmp_path: Path) -> None:
    before = threading.active_count()
    with Simulator(fleet, folder=tmp_path) as simulator, stranger(simulator) as client:
        client.log_in()
        simulator.answer_with(lambda request: request.is_devices, Answer(hold=threading.Event()))
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(client.session.get, f"{simulator.url}{DEVICES}?date={DAY}", timeout=60)
            simulator.wait_for(lambda request: request.is_devices)
            simulator.stop()
            assert isinstance(waiting.exception(timeout=10), requests.RequestException)
        assert threading.active_count() == before


def test_its_folder_holds_the_ca_and_no_key(simulator: Simulator) -> None:
    folder = simulator.ca_bundle.parent
    assert [file.name for file in folder.iterdir()] == ["ca.pem"]
    assert (folder.stat().st_mode & 0o777, simulator.ca_bundle.stat().st_mode & 0o777) == (0o700, 0o600)
    assert "PRIVATE KEY" not in simulator.ca_bundle.read_text()
    assert ssl.create_default_context(cafile=str(simulator.ca_bundle)).cert_store_stats()["x509_ca"] == 1
