"""The nightly run: half a year at first, then one request a page, and nothing that was asked for is asked again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from tests.support import Prsync, lasting, rows, sums
from tests.system.at import always_at

from prsync.demo.lifelike import LifelikeFleet

if TYPE_CHECKING:
    from prsync.demo.fleet import Fleet
    from prsync.demo.simulator import Simulator

NOW = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)
WEDNESDAY = date(2026, 11, 25)
"""A day on which every office has been at work, as on the day before: a run with nothing special."""
ACTIVATION = WEDNESDAY - timedelta(days=180)
CUSTOMERS, DEVICES = 5, 20


@pytest.fixture
def fleet() -> Fleet:
    first_day = ACTIVATION - timedelta(days=30)
    return LifelikeFleet(2011, organizations=CUSTOMERS, devices=DEVICES, first_day=first_day)


@pytest.fixture
def prsync(prsync: Prsync) -> Prsync:
    """As in the night after that Wednesday."""
    return always_at(NOW, prsync)


def _days(first: date, last: date) -> list[str]:
    return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]


def test_half_a_year_adds_up_and_what_was_asked_for_is_never_asked_again(
    registered: Prsync, simulator: Simulator
) -> None:
    tuesday = WEDNESDAY - timedelta(days=1)
    text = "organization,activation_date,timezone\n"
    text += "".join(f"{found.organization_id},{ACTIVATION},UTC\n" for found in simulator.fleet.organizations)
    (registered.home / "customers.csv").write_text(text)
    assert registered("feed", "import", "main", "customers.csv").status == 0

    # The first run: every day of each feed once, from the baseline on.
    report = registered("sync", "--through", tuesday, "--json").json()
    assert (report["ok"], report["through"], len(report["feeds"])) == (True, tuesday.isoformat(), CUSTOMERS)
    assert {(feed["outcome"], feed["from"], feed["through"], feed["days"]) for feed in report["feeds"]} == {
        ("deposited", ACTIVATION.isoformat(), tuesday.isoformat(), 180)
    }
    by_feed = sums(registered.state)
    assert len(by_feed) == CUSTOMERS
    for feed in report["feeds"]:
        pages, life = by_feed[feed["feed"]]
        assert pages == life == feed["pages"] > 10_000
        assert 0 < feed["devices"] <= DEVICES
    assert report["pages"] == sum(pages for pages, _ in by_feed.values())
    asked = [(request.organization_id, request.day) for request in simulator.devices_requests]
    assert len(asked) == len(set(asked)) == CUSTOMERS * 181
    assert {day for _, day in asked} == set(_days(ACTIVATION - timedelta(days=1), tuesday))

    # Again: a token and a page of organizations, the health check, and no more.
    before = lasting(registered.state)
    simulator.forget_requests()
    again = registered("sync", "--through", tuesday, "--json").json()
    assert [(feed["outcome"], feed["days"], feed["pages"]) for feed in again["feeds"]] == [("up_to_date", 0, 0)] * 5
    assert [request.path for request in simulator.requests] == ["/oauth/token", "/api/v1/organizations"]
    assert lasting(registered.state) == before

    # A night with nothing special, over three pages: each is asked for once, and nothing at the same time.
    simulator.give_at_most(8)
    simulator.forget_requests()
    night = registered("sync", "--through", WEDNESDAY, "--json").json()
    assert {(feed["outcome"], feed["from"], feed["days"]) for feed in night["feeds"]} == {
        ("deposited", WEDNESDAY.isoformat(), 1)
    }
    token, organizations, *others = simulator.requests
    assert (token.path, organizations.path) == ("/oauth/token", "/api/v1/organizations")
    needed = {found: -(-_answering(simulator, found) // 8) for found in ("1001", "1002", "1003", "1004", "1005")}
    assert len(others) == sum(needed.values()) > CUSTOMERS
    assert {request.organization_id: int(request.query["page"]) for request in others} == needed
    assert len({(request.organization_id, request.query["page"]) for request in others}) == len(others)
    assert {request.day for request in others} == {WEDNESDAY.isoformat()}
    assert not any(request.overlapped for request in simulator.requests)
    assert {request.status for request in simulator.requests} == {200}
    assert {pages == life for pages, life in sums(registered.state).values()} == {True}

    # Health costs a token and one page of organizations.
    simulator.forget_requests()
    assert registered("health").status == 0
    assert [request.path for request in simulator.requests] == ["/oauth/token", "/api/v1/organizations"]
    _deposits_are_gapless(registered)


def _answering(simulator: Simulator, organization_id: str) -> int:
    return len(simulator.fleet.devices(organization_id, WEDNESDAY))


def _deposits_are_gapless(prsync: Prsync) -> None:
    for feed in rows(prsync.state, "SELECT id FROM feeds"):
        found = rows(prsync.state, "SELECT date, pages FROM deposits WHERE feed_id = ? ORDER BY date", feed["id"])
        dates = [date.fromisoformat(row["date"]) for row in found]
        assert (dates[0], dates[-1]) == (ACTIVATION, WEDNESDAY)
        assert {after - before for before, after in pairwise(dates)} == {timedelta(days=1)}
        assert min(row["pages"] for row in found) >= 0
