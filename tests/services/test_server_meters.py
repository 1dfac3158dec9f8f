"""The meters of a server's devices: of which customer they are told, and what is counted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.edges.clients import client_of, settings_at
from tests.services.running import FIRST, NOW
from tests.support import ScriptedFleet
from tests.support.scripted import ABSENT

from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer
from prsync.errors import AtServerError, NotFoundError, RefusedError
from prsync.services.server_meters import FoundMeters, Meter, meters_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prsync.store.ledger import Ledger


@pytest.fixture
def fleet() -> ScriptedFleet:
    scripted = ScriptedFleet("Empty", "Acme A/S")
    day = FIRST - timedelta(days=1)
    scripted.reads("A", day, 1000, others={"totalBw": 900, "faxTotal": None}, organization="Acme A/S")
    scripted.reads("B", day, ABSENT, others={"totalBw": 800, "colourJobs": 3}, organization="Acme A/S")
    return scripted


@pytest.fixture
def simulator(fleet: ScriptedFleet, tmp_path: Path) -> Iterator[Simulator]:
    with Simulator(fleet, folder=tmp_path / "3manager") as running:
        yield running


def found(ledger: Ledger, simulator: Simulator, organization: str | None = None) -> FoundMeters:
    if not ledger.servers.all():
        ledger.servers.add(settings_at(simulator.url), NOW)
    return meters_of(ledger, "main", organization, lambda *_: client_of(simulator), now=NOW, timezone="UTC")


def test_the_first_customer_with_devices_is_asked_and_each_meter_has_its_devices(
    ledger: Ledger, simulator: Simulator
) -> None:
    meters = [Meter("totalBw", 2, True), Meter("totalPages", 1, True), Meter("colourJobs", 1, False)]
    assert found(ledger, simulator) == FoundMeters(2, [*meters, Meter("faxTotal", 0, True)])


def test_a_customer_without_devices_has_no_meters_and_an_unknown_one_is_an_error(
    ledger: Ledger, simulator: Simulator
) -> None:
    assert found(ledger, simulator, "1001") == FoundMeters(0, [])
    with pytest.raises(NotFoundError, match=r"no organization 4711 on server main: prsync server organizations main"):
        found(ledger, simulator, "4711")


def test_a_list_of_devices_at_no_path_is_the_servers_error(ledger: Ledger, simulator: Simulator) -> None:
    simulator.answer_with(lambda request: request.is_devices, Answer(status=404))
    with pytest.raises(AtServerError, match=r"server main: .* status 404"):
        found(ledger, simulator)


def test_readings_of_a_range_are_of_one_device_each(ledger: Ledger, simulator: Simulator) -> None:
    def twice(page: Any) -> Any:
        return {**page, "items": [*page["items"], page["items"][0]]}

    simulator.answer_with(lambda request: request.is_devices, Answer(alter=twice))
    assert found(ledger, simulator, "1002").devices == 2
    assert {meter.name: meter.devices for meter in found(ledger, simulator, "1002").meters}["totalBw"] == 2


def test_without_any_customer_one_must_be_named(ledger: Ledger, simulator: Simulator) -> None:
    simulator.fleet = ScriptedFleet("Nobody")
    simulator.fleet.organizations.clear()  # type: ignore[attr-defined]  # of a scripted fleet it is a list
    with pytest.raises(RefusedError, match="give --organization ID"):
        found(ledger, simulator)
