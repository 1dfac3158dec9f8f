"""examples/profiles/: each against a server of its shape, from `server add` to the ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.support import ScriptedFleet, deposits, devices
from tests.system.at import at

from prsync.demo.simulator import Simulator
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from tests.support import Prsync

PROFILES: Final = Path(__file__).parents[2] / "examples" / "profiles"
FIRST: Final = date(2026, 11, 2)


def night_after(day: date) -> datetime:
    """When cron runs the sync that collects `day`."""
    return datetime(day.year, day.month, day.day + 1, 1, 30, tzinfo=UTC)


def fleet_with(meter: str) -> ScriptedFleet:
    """Three customers; the first has three devices, which print 10, 20 and 30 pages a day, the second has one."""
    fleet = ScriptedFleet("Acme A/S", "Ærø Færger", "Fjordbyen", meter=meter)
    for device_id, pages in (("A", 10), ("B", 20), ("C", 30)):
        fleet.reads_daily(device_id, date(2026, 11, 1), [str(1000 + pages * day) for day in range(6)])
    fleet.reads_daily("D", date(2026, 11, 1), range(500, 506), organization="Ærø Færger")
    return fleet


def registered(prsync: Prsync, simulator: Simulator, name: str, *options: str) -> None:
    """Register the simulated server as `main`, with the example's file but for the host of its tokens."""
    text = (PROFILES / name).read_text("utf-8")
    there = Profile.parse(text).auth.token
    file = prsync.home / name
    file.write_text(text.replace(there, simulator.profile.auth.token), "utf-8")
    server = ("server", "add", "main", *prsync.server_options(simulator), "--profile", file, *options)
    done = at(night_after(FIRST), prsync, *server)
    assert done.status == 0, done.stderr


def run(prsync: Prsync, moment: datetime, *arguments: object) -> None:
    done = at(moment, prsync, *arguments)
    assert done.status == 0, done.stderr


def server_of(name: str, meter: str, folder: Path, *, client_id: str | None = None) -> Simulator:
    """A server of an example's shape, where it is the 3rd of November."""
    profile = Profile.load(str(PROFILES / name))
    return Simulator(fleet_with(meter), folder=folder / "server", profile=profile, client_id=client_id, today=FIRST)


@pytest.mark.parametrize("name", sorted(path.name for path in PROFILES.iterdir()))
def test_an_example_is_a_profile_and_says_what_is_known(name: str) -> None:
    text = (PROFILES / name).read_text("utf-8")
    assert Profile.parse(text) != Profile.load(None)
    assert "\n# Known, " in text
    assert "\n# Assumed" in text


def test_lexmark_starts_with_its_first_night_and_loses_no_page(prsync: Prsync, tmp_path: Path) -> None:
    with server_of("lexmark.toml", "lifetimeCount", tmp_path) as simulator:
        simulator.give_at_most(2)
        registered(prsync, simulator, "lexmark.toml")
        added = night_after(date(2026, 11, 1))
        refused = at(added, prsync, "feed", "add", "main", "1001", "--activation-date", "2026-11-01")
        assert refused.status != 0
        options = ("--name", "Acme", "--meter", "lifetimeCount", "--timezone", "UTC")
        run(prsync, added, "feed", "add", "main", "1001", *options)
        run(prsync, night_after(FIRST), "sync")
        assert deposits(prsync.state, "Acme") == {"2026-11-02": 0}
        # Nobody runs prsync in the night between.
        for day in (date(2026, 11, 3), date(2026, 11, 5)):
            simulator.today = day
            run(prsync, night_after(day), "sync")
    found = deposits(prsync.state, "Acme")
    assert (found["2026-11-03"], sum(found.values())) == (60, 180)
    assert set(found) <= {f"2026-11-0{day}" for day in range(2, 6)}
    assert {device_id: row[3] for device_id, row in devices(prsync.state, "Acme").items()} == {
        "A": 30,
        "B": 60,
        "C": 90,
    }
    assert not any(request.organization_id for request in simulator.requests)


def test_print_tracker_is_asked_for_the_readings_of_each_day(prsync: Prsync, tmp_path: Path) -> None:
    with server_of("printtracker.toml", "total", tmp_path) as simulator:
        simulator.give_at_most(2)
        registered(prsync, simulator, "printtracker.toml")
        moment = night_after(date(2026, 11, 4))
        run(
            *(prsync, moment, "feed", "add", "main", "Acme A/S", "--meter", "total"),
            *("--timezone", "Europe/Copenhagen", "--activation-date", "2026-11-02"),
        )
        run(prsync, moment, "sync")
    assert deposits(prsync.state, "Acme A/S") == {"2026-11-02": 60, "2026-11-03": 60, "2026-11-04": 60}
    assert {request.method for request in simulator.requests} == {"GET"}
    asked = {(request.path, request.query["start"], request.query["end"]) for request in simulator.devices_requests}
    days = ("Mon, 02 Nov 2026", "Tue, 03 Nov 2026")
    midnights = [f"{day} 00:00:00 +0100" for day in days]
    assert ("/v1/entity/1001/meter", *midnights) in asked


def test_3manager_by_odata_needs_nothing_but_its_file(prsync: Prsync, tmp_path: Path) -> None:
    with server_of("3manager-odata.toml", "totalPages", tmp_path, client_id="app-7") as simulator:
        simulator.give_at_most(2)
        registered(prsync, simulator, "3manager-odata.toml", "--client-id", "app-7")
        moment = night_after(date(2026, 11, 3))
        run(
            *(prsync, moment, "feed", "add", "main", "Ærø Færger", "--timezone", "UTC"),
            *("--activation-date", "2026-11-02"),
        )
        run(
            *(prsync, moment, "feed", "add", "main", "Acme A/S", "--timezone", "UTC"),
            *("--activation-date", "2026-11-02"),
        )
        run(prsync, moment, "sync")
    assert deposits(prsync.state, "Acme A/S") == {"2026-11-02": 60, "2026-11-03": 60}
    assert deposits(prsync.state, "Ærø Færger") == {"2026-11-02": 1, "2026-11-03": 1}
    assert {request.path for request in simulator.devices_requests} == {
        "/odata/Customers('1001')/Devices",
        "/odata/Customers('1002')/Devices",
    }
