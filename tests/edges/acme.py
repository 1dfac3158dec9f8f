"""A customer with three devices, and what a client makes of answers about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tests.edges.clients import ask_for, client_of
from tests.support import ScriptedFleet, noon

from prsync.core.model import Reading
from prsync.demo.traffic import Answer, Request
from prsync.errors import ServerError, error_line

if TYPE_CHECKING:
    from prsync.demo.simulator import Simulator

DAY = date(2026, 11, 2)
READ = noon(DAY)
PATH = "/api/v1/organizations/1001/devices"
THREE = [Reading("A", True, 1000, READ), Reading("B", True, 2000, READ), Reading("C", True, 3000, READ)]
Alter = Callable[[Any], Any]


def acme() -> ScriptedFleet:
    """Two customers; the first has three devices, read on DAY."""
    fleet = ScriptedFleet("Acme A/S", "Ærø Færger")
    for device in THREE:
        fleet.reads(device.device_id, DAY, device.count)
    return fleet


def device(device_id: str) -> dict[str, Any]:
    """A device's row as the server sends it, with a reading of 7 pages."""
    return {"deviceId": device_id, "managed": True, "counters": {"totalPages": 7}, "lastReadAt": None}


def readings(simulator: Simulator) -> list[Reading]:
    with client_of(simulator) as client:
        return client.devices(ask_for("1001", DAY, "totalPages"))


def of_devices(request: Request) -> bool:
    return request.is_devices


def altered(simulator: Simulator, alter: Alter) -> list[Reading]:
    """The readings when each answer is altered so."""
    simulator.answer_with(of_devices, Answer(alter=alter))
    return readings(simulator)


def first_row(**fields: object) -> Alter:
    """Alters a page: these fields of its first row are so; None means that they are absent."""

    def alter(page: Any) -> Any:
        page["items"][0] |= fields
        return page

    return alter


def refused(simulator: Simulator, answer: Answer) -> str:
    """The line about an answer that is of no use."""
    simulator.answer_with(of_devices, answer)
    with client_of(simulator) as client, pytest.raises(ServerError) as caught:
        client.devices(ask_for("1001", DAY, "totalPages"))
    return error_line(caught.value)
