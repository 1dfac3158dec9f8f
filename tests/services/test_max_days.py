"""Several days of a range in one request: the same ledger as with a request for each, in fewer requests."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.edges.clients import client_of, settings_at
from tests.services.running import FIRST, NOW, NobodyWatches
from tests.support import lasting

from prsync.demo.lifelike import LifelikeFleet
from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer
from prsync.services.feed_settings import FeedTexts
from prsync.services.feeds import connect_feed
from prsync.services.sync import run_sync
from prsync.services.sync_plan import SyncRequest
from prsync.store.ledger import Ledger
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prsync.store.records import Server
    from prsync.threemanager.client import ThreeManager

RANGES = {
    "hours": '[history]\nstyle = "range"\nformat = "%Y%m%d %H"\n',
    "times": '[history]\nstyle = "range"\nformat = "%Y-%m-%dT%H:%M:%S%z"\n',
}
"""Each ends within [history], so that max_days can be added."""


@pytest.fixture
def fleet() -> LifelikeFleet:
    return LifelikeFleet(7, organizations=2, devices=4, first_day=FIRST - timedelta(days=2))


@pytest.fixture(params=RANGES)
def shape(request: pytest.FixtureRequest) -> str:
    return RANGES[request.param]


@pytest.fixture
def simulator(fleet: LifelikeFleet, shape: str, tmp_path: Path) -> Iterator[Simulator]:
    with Simulator(fleet, folder=tmp_path / "3manager", profile=Profile.parse(shape)) as running:
        yield running


def collected(simulator: Simulator, folder: Path, profile: str, connections: int = 1) -> tuple[Any, int, list[str]]:
    """What lasts of a ledger that is collected by a profile, the requests for devices, and each feed's error."""
    folder.mkdir()
    file = folder / "profile.toml"
    file.write_text(profile, "utf-8")
    simulator.forget_requests()
    with Ledger(folder / "ledger.db") as ledger:
        settings = settings_at(simulator.url, simulator.ca_bundle, simulator.username, profile=file)
        server = ledger.servers.add(settings, NOW)
        ledger.servers.update(server, {"connections": connections})

        def connect(server: Server, profile: Profile | None = None) -> ThreeManager:  # noqa: ARG001  as Connect
            return client_of(simulator, profile=file)

        for organization in simulator.fleet.organizations:
            texts = FeedTexts(texts={"activation_date": str(FIRST), "timezone": "UTC"}, called=str)
            connect_feed(
                ledger, "main", organization.organization_id, texts, connect=connect, now=NOW, local_timezone="UTC"
            )
        report = run_sync(ledger, SyncRequest(), connect=connect, now=NOW, local_timezone="UTC", watch=NobodyWatches())
        found = lasting(ledger.path)
    for row in found["servers"]:
        del row["connections"], row["profile"]
    return found, len(simulator.devices_requests), [feed.error for feed in report.feeds if feed.error]


@pytest.mark.parametrize(("days", "connections"), [(7, 1), (31, 1), (7, 4)])
def test_it_is_the_same_ledger_in_fewer_requests(
    simulator: Simulator, shape: str, tmp_path: Path, days: int, connections: int
) -> None:
    one, requests, errors = collected(simulator, tmp_path / "one", shape)
    several, fewer, _ = collected(simulator, tmp_path / "several", f"{shape}max_days = {days}\n", connections)
    assert (errors, several) == ([], one)
    assert sum(row["pages"] for row in one["deposits"]) > 0
    # 22 days that are over and the one before them, of two customers.
    assert requests == 2 * 23
    assert fewer <= 2 * (23 // days + 2)


def test_a_reading_that_may_be_of_any_day_is_the_feeds_error(simulator: Simulator, shape: str, tmp_path: Path) -> None:
    def timeless(page: Any) -> Any:
        page["items"][-1]["lastReadAt"] = None
        return page

    simulator.answer_with(lambda request: request.is_devices, Answer(alter=timeless), times=None)
    _, _, errors = collected(simulator, tmp_path / "ledger", f"{shape}max_days = 7\n")
    assert len(errors) == 2
    assert all("it gives a reading without a time, which may be of any day" in error for error in errors)


def test_a_request_that_fails_leaves_all_before_it_and_the_next_run_goes_on(
    simulator: Simulator, shape: str, tmp_path: Path
) -> None:
    whole, _, _ = collected(simulator, tmp_path / "whole", f"{shape}max_days = 7\n")
    first, third = simulator.fleet.organizations[0].organization_id, FIRST + timedelta(days=10)
    simulator.answer_with(
        lambda request: first in request.path and third.isoformat() <= request.query["from"][:10], Answer(status=403)
    )
    cut, _, errors = collected(simulator, tmp_path / "cut", f"{shape}max_days = 7\n")
    assert len(errors) == 1
    days = {date.fromisoformat(row["date"]) for row in cut["deposits"]}
    assert 0 < len(cut["deposits"]) < len(whole["deposits"])
    assert all(row in whole["deposits"] for row in cut["deposits"])
    assert min(days) == FIRST
