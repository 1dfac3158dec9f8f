"""The client, fitted by a profile, against a server of that profile's shape: the same comes out of every one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from tests.edges.clients import ask_for
from tests.edges.server_shapes import COUNTS, DAYS, ORGANIZATIONS, SHAPES, Shape, client_for, unchanged
from tests.support import ScriptedFleet

from prsync.core.periods import end_of_day
from prsync.core.readings import as_of
from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer
from prsync.errors import PrsyncError
from prsync.threemanager.profile import Paging, Profile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.edges.server_shapes import Change


def expect_the_same(shape: Shape, folder: Path, change: Change = unchanged) -> None:
    """Ask a server of that shape for everything on two days; the client's profile is changed from the server's."""
    with shape.running(folder, change) as (simulator, client):
        listed = client.organizations()
        # A customer without devices is not there where only devices name customers.
        there = [found for found in ORGANIZATIONS if shape.profile.organizations.path or COUNTS[found.organization_id]]
        assert listed == there
        if shape.customer_pages is not None:
            assert len([request for request in simulator.requests if request.method == "GET"]) == shape.customer_pages
        simulator.forget_requests()
        for number, day in enumerate(DAYS):
            simulator.today = day
            for organization in listed:
                query = shape.query(organization.organization_id, day, client.profile.meter(shape.meter))
                readings, expected = client.devices(query), shape.expected(organization.organization_id, number)
                assert list(as_of(readings, end_of_day(day, shape.timezone))) == expected
                # Only a range has several readings of a device; else each row is read once.
                assert len(readings) == len(expected) or shape.profile.history.style == "range"
        asked = [request for request in simulator.requests if request.day in (str(DAYS[0]), None)]
    first = asked[0]
    assert {name: first.query.get(name) for name in shape.asked} == shape.asked
    assert {request.method for request in simulator.requests} == {"GET"}
    if shape.pages is not None:
        of_first = [request for request in asked if request.organization_id == first.organization_id]
        days = 1 if shape.profile.has_history else len(DAYS)
        assert len(of_first) == shape.pages * days


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_same_comes_out_of_every_shape(shape: Shape, tmp_path: Path) -> None:
    expect_the_same(shape, tmp_path)


def keys() -> list[str]:
    """Every key of a profile, but for how patient a run is and for how much it may ask at once: less works, too."""
    tables = {table: field.annotation for table, field in Profile.model_fields.items() if table != "manners"}
    found = ["headers"]
    for table, model in tables.items():
        found += [f"{table}.{key}" for key in getattr(model, "model_fields", {}) if key not in {"paging", "max_days"}]
    return found + [f"{table}.paging.{key}" for table in ("organizations", "devices") for key in Paging.model_fields]


def value_at(profile: Profile, key: str) -> object:
    value: Any = profile
    for part in key.split("."):
        value = getattr(value, part)
    return value


def with_value_of(given: Any, other: Any, key: str) -> Any:
    """A table or a whole profile with the key as another has it."""
    name, _, below = key.partition(".")
    value = getattr(other, name)
    if below:
        value = with_value_of(getattr(given, name), value, below)
    return given.model_copy(update={name: value})


def differs(shape: Shape, folder: Path, key: str) -> bool:
    """Whether a client that has the usual value of a key fails where the server has another."""
    try:
        expect_the_same(shape, folder, lambda profile: with_value_of(profile, Profile.load(None), key))
    except (AssertionError, PrsyncError, requests.RequestException):
        return True
    return False


@pytest.mark.parametrize("key", keys())
@pytest.mark.long
def test_each_key_is_needed_by_a_shape(key: str, tmp_path: Path) -> None:
    usual = value_at(Profile.load(None), key)
    shapes = [shape for shape in SHAPES if value_at(shape.profile, key) != usual]
    assert shapes
    assert any(differs(shape, tmp_path / str(place), key) for place, shape in enumerate(shapes))


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


def test_a_link_in_the_answer_may_be_relative(tmp_path: Path) -> None:
    (shape,) = [found for found in SHAPES if found.name == "links"]

    def without_host(document: Any) -> Any:
        # The last page has no link.
        if "links" in document:
            document["links"]["next"] = document["links"]["next"].removeprefix(simulator.url)
        return document

    with shape.running(tmp_path) as (simulator, client):
        simulator.answer_with(lambda request: request.method == "GET", Answer(alter=without_host))
        assert client.organizations() == ORGANIZATIONS
        assert client.devices(shape.query("1001", DAYS[0], shape.meter)) == shape.expected("1001", 0)


def test_a_link_in_a_header_may_be_absolute(tmp_path: Path) -> None:
    (shape,) = [found for found in SHAPES if found.name == "links in a header"]
    with shape.running(tmp_path) as (simulator, client):
        following = f"{simulator.url}/api/v1/organizations?pageSize=2&$skiptoken=2"
        link = Answer(headers={"Link": f'<{following}>; title="the rest"; rel=next'})
        simulator.answer_with(lambda request: request.method == "GET", link, times=1)
        assert client.organizations() == ORGANIZATIONS
