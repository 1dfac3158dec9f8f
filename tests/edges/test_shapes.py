"""The client, fitted by a profile, against a server of that profile's shape: the same comes out of every one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.edges.shapes import COUNTS, DAYS, ORGANIZATIONS, SHAPES, Shape

from prsync.core.periods import end_of_day
from prsync.core.readings import as_of

if TYPE_CHECKING:
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
