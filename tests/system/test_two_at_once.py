"""Two at once: on one server exactly one works, on two servers both do. PRSYNC_STRESS=200 for many more pairs."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Event
from typing import TYPE_CHECKING

import pytest
from tests.support import Prsync, deposits, rows, sums
from tests.support.ending import eventually
from tests.support.lasting import lasting
from tests.system.at import always_at

from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from prsync.demo.fleet import Fleet

pytestmark = pytest.mark.xdist_group("the machine")  # what is measured here should not wait for a neighbour

PAIRS = int(os.environ.get("PRSYNC_STRESS", "6"))
NOW = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def prsync(prsync: Prsync) -> Prsync:
    """As on the morning of TODAY, in every test here."""
    return always_at(NOW, prsync)


def connect(prsync: Prsync, simulator: Simulator, server: str, days: int = 20) -> None:
    """All of a server's customers."""
    since = TODAY - timedelta(days=days)
    lines = [f"{found.organization_id},{server} {found.name},{since}" for found in simulator.fleet.organizations]
    file = prsync.home / f"{server}.csv"
    file.write_text("\n".join(["organization,name,activation-date", *lines]))
    done = prsync("feed", "import", server, file)
    assert done.status == 0, done.stderr
    simulator.forget_requests()


@pytest.fixture
def connected(registered: Prsync, simulator: Simulator) -> Prsync:
    connect(registered, simulator, "main")
    return registered


def is_token(request: object) -> bool:
    return getattr(request, "method", None) == "POST"


@pytest.mark.hunt
def test_of_a_pair_on_one_server_exactly_one_works(connected: Prsync, simulator: Simulator) -> None:
    """Both are started together; whoever is first is held in its first request until the other has ended."""
    for _ in range(PAIRS):
        simulator.forget_requests()
        simulator.answer_with(is_token, Answer(hold=Event()), times=1)
        with connected.start("-q", "sync", "--json") as one, connected.start("-q", "sync", "--json") as two:
            pair = [one, two]
            assert eventually(lambda pair=pair: any(process.poll() is not None for process in pair), 60)  # type: ignore[misc]
            late, first = sorted(pair, key=lambda process: process.poll() is None)
            assert eventually(lambda: len(simulator.requests) == 1)
            simulator.answer_normally()
            assert_refused(late, first.pid)
            stdout, stderr = first.communicate(timeout=60)
        assert (first.returncode, stderr) == (0, "")
        assert json.loads(stdout)["ok"] is True
    assert all(pages == life > 0 for pages, life in sums(connected.state).values())
    outcomes = [row["outcome"] for row in rows(connected.state, "SELECT outcome FROM runs")]
    assert (outcomes.count("ok"), outcomes.count("locked"), len(outcomes)) == (PAIRS, PAIRS, 2 * PAIRS)


def assert_refused(late: subprocess.Popen[str], holder: int) -> None:
    stdout, stderr = late.communicate(timeout=60)
    assert late.returncode == 75, stderr
    line = f"prsync: server main: another prsync, process {holder}, is at server main since 2026-11-25 05:30:00 UTC: "
    assert stderr.startswith(line)
    assert stderr.count("\n") == 1
    document = json.loads(stdout)
    assert (document["ok"], document["pages"], document["feeds"]) == (False, 0, [])


@pytest.fixture
def second(fleet: Fleet, tmp_path: Path) -> Iterator[Simulator]:
    with Simulator(fleet, folder=tmp_path / "second") as running:
        yield running


@pytest.mark.hunt
def test_of_a_pair_on_two_servers_both_work_and_neither_waits_long(
    connected: Prsync, second: Simulator, tmp_path: Path
) -> None:
    """Each writes a transaction a day into one database. How long that took is in the log."""
    second.change_password((connected.home / "password").read_text().strip())
    connected.register(second, "second")
    connect(connected, second, "second")
    fresh = tmp_path / "fresh.db"
    assert connected("backup", fresh).status == 0
    waits: list[float] = []
    for _ in range(PAIRS):
        for file in connected.state.parent.glob("ledger.db-*"):
            file.unlink()
        shutil.copy(fresh, connected.state)
        sync = ("-v", "--log-format", "json", "sync", "--json", "--server")
        with connected.start(*sync, "main") as one, connected.start(*sync, "second") as two:
            for process in (one, two):
                stdout, stderr = process.communicate(timeout=120)
                assert process.returncode == 0, stderr
                assert {feed["days"] for feed in json.loads(stdout)["feeds"]} == {20}
                waits += commits(stderr)
        assert all(pages == life > 0 for pages, life in sums(connected.state).values())
        assert_alike(connected, second)
    mean, longest = sum(waits) / len(waits), max(waits)
    print(f"\n{len(waits)} commits in {PAIRS} pairs: mean {mean:.4f} s, longest {longest:.3f} s")
    assert len(waits) > PAIRS * 2 * 3 * 10
    assert longest < 2


def commits(log: str) -> list[float]:
    """How many seconds each day's transaction took, the wait for the other process's included."""
    lines = [json.loads(line) for line in log.splitlines()]
    found = []
    for before, line in pairwise(lines):
        if ": deposited " in line["message"]:
            took = datetime.fromisoformat(line["time"]) - datetime.fromisoformat(before["time"])
            found.append(took.total_seconds())
    return found


def assert_alike(prsync: Prsync, simulator: Simulator) -> None:
    """Both servers have the same fleet: what came of one must have come of the other."""
    for organization in simulator.fleet.organizations:
        assert deposits(prsync.state, f"main {organization.name}") == deposits(
            prsync.state, f"second {organization.name}"
        )


def test_who_waits_works_when_the_other_is_done(connected: Prsync, simulator: Simulator) -> None:
    simulator.answer_with(is_token, Answer(hold=Event()), times=1)
    with connected.start("sync", "--json") as first:
        assert eventually(lambda: simulator.requests)
        with connected.start("sync", "--json", "--wait", "100") as second:
            assert eventually(lambda: len(rows(connected.state, "SELECT 1 FROM runs")) == 2)
            simulator.answer_normally()
            first_report, second_report = (json.loads(p.communicate(timeout=60)[0]) for p in (first, second))
    assert (first.returncode, second.returncode) == (0, 0)
    assert {feed["outcome"] for feed in first_report["feeds"]} == {"deposited"}
    assert {feed["outcome"] for feed in second_report["feeds"]} == {"up_to_date"}


def test_a_server_that_is_taken_does_not_keep_the_next_one_from_its_turn(
    connected: Prsync, simulator: Simulator, second: Simulator
) -> None:
    second.change_password((connected.home / "password").read_text().strip())
    connected.register(second, "second")
    connect(connected, second, "second")
    simulator.answer_with(is_token, Answer(hold=Event()), times=1)
    with connected.start("sync", "--server", "main") as holder:
        assert eventually(lambda: simulator.requests)
        both = connected("-q", "sync", "--json", "--wait", "0.2")
        simulator.answer_normally()
        holder.communicate(timeout=60)
    assert both.status == 75
    assert {feed["server"] for feed in both.json()["feeds"]} == {"second"}
    assert {feed["outcome"] for feed in both.json()["feeds"]} == {"deposited"}


def test_what_a_sync_has_in_hand_nobody_changes(connected: Prsync, simulator: Simulator) -> None:
    feed = f"main {simulator.fleet.organizations[0].name}"
    commands = [
        ("feed", "update", feed, "--ceiling", "1000"),
        ("feed", "pause", feed),
        ("feed", "remove", feed, "--yes"),
        ("anomaly", "accept", "1"),
        ("anomaly", "reject", "1"),
        ("server", "update", "main", "--name", "other"),
        ("server", "remove", "main", "--cascade", "--yes"),
    ]
    with closing(sqlite3.connect(connected.state)) as ledger, ledger:
        ledger.execute(
            "INSERT INTO anomalies (feed_id, device_id, date, kind, count, state) VALUES (1, 'A', ?, ?, 7, 'open')",
            [TODAY.isoformat(), "counter_jumped"],
        )
    simulator.answer_with(is_token, Answer(hold=Event()), times=1)
    before = lasting(connected.state)
    with connected.start("sync") as holder:
        assert eventually(lambda: any(map(is_token, simulator.requests[-1:])))
        for command in commands:
            done = connected(*command)
            assert (done.status, done.stdout) == (75, ""), command
            assert done.stderr.startswith(f"prsync: another prsync, process {holder.pid}, is at server main since ")
            assert done.stderr.count("\n") == 1
        after = lasting(connected.state)
        simulator.answer_normally()
        holder.communicate(timeout=60)
    assert after == before
    assert holder.returncode == 0


def test_two_certify_runs_take_turns(connected: Prsync, tmp_path: Path) -> None:
    with (tmp_path / "home/state/ledger.db.certify.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = connected("certify")
    assert done.status == 75
    assert done.stderr.startswith("prsync: another prsync is at the certificates: nothing of it was changed")
