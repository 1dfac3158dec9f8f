"""The client, fitted by a profile, against a server of that profile's shape: the same comes out of every one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.edges.clients import ask_for
from tests.edges.shapes import COUNTS, DAYS, ORGANIZATIONS, SHAPES, Shape, client_for
from tests.support import ScriptedFleet

from prsync.core.periods import end_of_day
from prsync.core.readings import as_of
from prsync.demo.simulator import Simulator
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_same_comes_out_of_every_shape(shape: Shape, tmp_path: Path) -> None:
    with shape.running(tmp_path) as (simulator, client):
        listed = client.organizations()
        # A customer without devices is not there where only devices name customers.
        there = [found for found in ORGANIZATIONS if shape.profile.organizations.path or COUNTS[found.organization_id]]
        assert listed == there
        simulator.forget_requests()
        for number, day in enumerate(DAYS):
            simulator.today = day
            for organization in listed:
                readings = client.devices(shape.query(organization.organization_id, day))
                end = end_of_day(day, shape.timezone)
                assert list(as_of(readings, end)) == shape.expected(organization.organization_id, number)
        asked = [request for request in simulator.requests if request.day in (str(DAYS[0]), None)]
    first = asked[0]
    assert {name: first.query.get(name) for name in shape.asked} == shape.asked
    assert {request.method for request in simulator.requests} == {"GET"}
    if shape.pages is not None:
        of_first = [request for request in asked if request.organization_id == first.organization_id]
        days = 1 if shape.profile.has_history else len(DAYS)
        assert len(of_first) == shape.pages * days


def devices_read(folder: Path, toml: str, cap: int, numbers: Sequence[int]) -> list[int]:
    """How many devices are read of customers that have so many, of a server that gives at most `cap` at a time."""
    fleet = ScriptedFleet(*(f"Customer {place}" for place in range(len(numbers))))
    for customer, number in zip(fleet.organizations, numbers, strict=True):
        for place in range(number):
            fleet.reads(f"{customer.organization_id}-{place}", DAYS[0], 7, organization=customer.name)
    with Simulator(fleet, folder=folder, profile=Profile.parse(toml)) as simulator, client_for(simulator) as client:
        simulator.give_at_most(cap)
        asked = (ask_for(customer.organization_id, DAYS[0]) for customer in fleet.organizations)
        return [len(client.devices(query)) for query in asked]


@pytest.mark.parametrize(
    ("rows_per_page", "cap", "numbers"),
    [(48, 1000, (48, 50)), (200, 48, (96, 50)), (200, 48, (60, 48, 50)), (200, 48, (7, 3, 96, 100))],
)
def test_where_nothing_is_told_a_full_page_is_never_taken_for_all(
    rows_per_page: int, cap: int, numbers: tuple[int, ...], tmp_path: Path
) -> None:
    toml = f'[paging]\nnext = ""\nrows_per_page = {rows_per_page}\n'
    assert devices_read(tmp_path, toml, cap, numbers) == list(numbers)


def test_where_nothing_is_told_a_small_page_is_asked_after_once_only(tmp_path: Path) -> None:
    fleet = ScriptedFleet("Acme A/S", "Fjordbyen")
    for owner in fleet.organizations:
        for place in range(7):
            fleet.reads(f"{owner.organization_id}-{place}", DAYS[0], 7, organization=owner.name)
    profile = Profile.parse('[paging]\nnext = ""\n')
    with Simulator(fleet, folder=tmp_path, profile=profile) as simulator, client_for(simulator) as client:
        for owner in fleet.organizations:
            client.devices(ask_for(owner.organization_id, DAYS[0]))
        assert [request.organization_id for request in simulator.devices_requests] == ["1001", "1001", "1002"]
