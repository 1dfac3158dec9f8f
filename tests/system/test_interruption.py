"""prsync killed at any instant, again and again: what it has in the end is what an undisturbed run has, row for row."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.support import Prsync, ScriptedFleet, deposits, lasting, rows, sums
from tests.system.at import always_at
from tests.system.killing import Killer

from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW: Final = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
DAYS: Final = 120
START: Final = NOW.date() - timedelta(days=DAYS)
LEDGERS: Final = 2
KILLS: Final = (9, 7, 8, 8)
"""In each part of the story, for each ledger."""


def day(number: int) -> date:
    return START + timedelta(days=number)


def a_fleet() -> ScriptedFleet:
    """Four months of four customers: days without readings, odd counters, devices that come, go and change hands."""
    fleet, random = ScriptedFleet("Plain", "Late", "Odd", "Managed"), Random(7)
    for organization in fleet.organizations:
        for device in ("A", "B", "C"):
            count = random.randint(1_000, 100_000)
            for number in range(-10 if device != "C" else 20, DAYS):
                count += random.randint(0, 300)
                if number % 7 not in {5, 6} and random.random() < 0.9:
                    fleet.reads(device, day(number), count, organization=organization.name)
    odd = [900, 940, 3, 9, 40, "many", 60, 9_000_000, 80, 9_000_000, 9_000_100, None, 0, 9_000_200]
    for number in range(DAYS):
        fleet.reads("D", day(number), odd[number % len(odd)], organization="Odd")
        fleet.reads("E", day(number), 100 + number if number < 60 else 2_000_000 + number, organization="Odd")
        fleet.reads("F", day(number), 500 + 7 * number, managed=number % 9 < 6, organization="Managed")
    fleet.leaves("B", day(33), organization="Plain")
    return fleet


class Story:
    """One ledger's life, in parts; what a sync does in each part is up to the one who plays it."""

    def __init__(self, prsync: Prsync, simulator: Simulator) -> None:
        self.prsync, self.simulator = prsync, simulator

    def play(self, sync: Callable[..., None]) -> None:
        """Backfill; a DCA that is silent; what it delivers, with changes to every feed; the rest."""
        self._connect()
        self.simulator.make_stale("1002", day(30))
        sync("--through", day(45))
        sync("--through", day(70))
        self.simulator.deliver("1002")
        self._decide_and_change()
        sync("--through", day(95))
        sync()

    def _connect(self) -> None:
        self.prsync.register(self.simulator)
        customers = self.prsync.home / "customers.csv"
        lines = [f"{name},{START},UTC,{scope}" for name, scope in (("Plain", "all"), ("Late", "all"), ("Odd", "all"))]
        lines = ["organization,activation-date,timezone,scope", *lines, f"Managed,{START},UTC,managed"]
        customers.write_text("\n".join(lines))
        self._done("feed", "import", "main", customers)

    def _decide_and_change(self) -> None:
        held = "SELECT id FROM anomalies WHERE state = 'open' AND device_id = 'E'"
        self._done("anomaly", "accept", rows(self.prsync.state, held)[0]["id"])
        self._done("feed", "update", "Plain", "--activation-date", day(-6))
        self._done("feed", "update", "Late", "--scope", "managed")
        self._done("feed", "update", "Managed", "--scope", "all")

    def _done(self, *arguments: object) -> None:
        done = self.prsync(*arguments)
        assert done.status == 0, done.stderr


def without_its_server(ledger: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """A ledger's rows, but for where its own simulated server is, and the files by which it is reached."""
    where = {"url", "ca_bundle", "password_command", "profile"}
    servers = [{name: row[name] for name in row if name not in where} for row in ledger["servers"]]
    return {**ledger, "servers": servers}


def undisturbed(story: Story) -> None:
    def sync(*options: object) -> None:
        assert story.prsync("sync", *options).status == 0

    story.play(sync)


def killed(story: Story, killer: Killer) -> None:
    kills = iter(KILLS)

    def sync(*options: object) -> None:
        for _ in range(next(kills)):
            if not killer.kill_one(*options):
                break
            assert all(pages == life for pages, life in sums(story.prsync.state).values())
        assert story.prsync("sync", *options).status == 0

    story.play(sync)


@pytest.mark.hunt
def test_killed_at_many_moments_a_sync_comes_to_the_same_ledger_row_for_row(tmp_path: Path) -> None:
    fleet = a_fleet()
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        stories = []
        for number in range(LEDGERS + 1):
            folder = tmp_path / str(number)
            folder.mkdir()
            simulator = stack.enter_context(Simulator(fleet, folder=folder / "3manager"))
            stories.append(Story(always_at(NOW, Prsync(folder / "home")), simulator))
        killers = [Killer(story.prsync, story.simulator, Random(place)) for place, story in enumerate(stories[1:])]
        played = [pool.submit(undisturbed, stories[0])]
        played += [pool.submit(killed, *both) for both in zip(stories[1:], killers, strict=True)]
        for one in played:
            one.result()
    hits, torn = sum(killer.hits for killer in killers), sum(killer.torn for killer in killers)
    print(f"{hits} of {LEDGERS * sum(KILLS)} kills hit a running sync, {torn} of them within a commit")
    expected = without_its_server(lasting(stories[0].prsync.state))
    assert all(pages == life > 0 for pages, life in sums(stories[0].prsync.state).values())
    for story in stories[1:]:
        assert without_its_server(lasting(story.prsync.state)) == expected
    assert hits >= 50


def test_a_run_that_waited_for_another_goes_on_from_what_that_one_has_done(tmp_path: Path) -> None:
    with Simulator(a_fleet(), folder=tmp_path / "3manager") as simulator:
        prsync = always_at(NOW, Prsync(tmp_path / "home"))
        prsync.register(simulator)
        assert prsync("feed", "add", "main", "Plain", "--activation-date", day(100), "--timezone", "UTC").status == 0
        release = Event()
        simulator.answer_with(lambda request: request.day == str(day(105)), Answer(hold=release), times=1)
        command = ("sync", "--json", "--wait", 60)
        with prsync.start(*command) as first, prsync.start(*command) as second:
            waits = "SELECT count(*) AS runs FROM runs"
            while rows(prsync.state, waits) != [{"runs": 2}] or not simulator.devices_requests:
                assert first.poll() is second.poll() is None
            release.set()
            told = [process.communicate() for process in (first, second)]
        assert [(process.returncode, stderr) for process, (_, stderr) in zip((first, second), told, strict=True)] == [
            (0, ""),
            (0, ""),
        ]
        assert {json.loads(stdout)["feeds"][0]["outcome"] for stdout, _ in told} == {"deposited", "up_to_date"}
        assert len({request.day for request in simulator.devices_requests}) == len(simulator.devices_requests)


def test_a_day_that_cannot_be_kept_is_not_reported_and_stops_no_other_feed(tmp_path: Path) -> None:
    with Simulator(a_fleet(), folder=tmp_path / "3manager") as simulator:
        prsync = always_at(NOW, Prsync(tmp_path / "home"))
        prsync.register(simulator)
        for name in ("Plain", "Late"):
            options = ["--activation-date", day(100), "--timezone", "UTC"]
            assert prsync("feed", "add", "main", name, *options).status == 0
        with closing(sqlite3.connect(prsync.state)) as connection:
            of_plain = f"NEW.date = '{day(110)}' AND NEW.feed_id = 1"
            connection.execute(
                f"CREATE TRIGGER t BEFORE INSERT ON deposits WHEN {of_plain} BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        done = prsync("sync", "--json")
    reports = {feed["feed"]: feed for feed in done.json()["feeds"]}
    assert (done.status, reports["Plain"]["outcome"], reports["Late"]["outcome"]) == (1, "failed", "deposited")
    for name, report in reports.items():
        kept = deposits(prsync.state, name)
        assert (report["days"], report["pages"], report["synced_through"]) == (len(kept), sum(kept.values()), max(kept))
