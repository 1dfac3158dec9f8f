"""What fails is told and passed by: no feed stops the next, no server another, and the next run catches up."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import Prsync, ScriptedFleet, deposits, rows

from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support import Done

FIRST = date(2026, 11, 2)
NAMES = ["Acme A/S", "Bog & Tryk", "Castro", "Dvořák", "Ærø Færger"]


def _day(offset: int) -> str:
    return (FIRST + timedelta(days=offset)).isoformat()


@pytest.fixture
def fleet() -> ScriptedFleet:
    scripted = ScriptedFleet(*NAMES)
    for name in NAMES:
        scripted.reads_daily(f"P-{name[0]}", FIRST - timedelta(days=1), range(1000, 1200, 10), organization=name)
    return scripted


@pytest.fixture
def connected(registered: Prsync) -> Prsync:
    """All five organizations are connected to `main`, and the first day is deposited."""
    lines = ["organization,activation_date,timezone", *(f"{number},{FIRST},UTC" for number in range(1001, 1006))]
    (registered.home / "feeds.csv").write_text("\n".join(lines))
    assert registered("feed", "import", "main", "feeds.csv").status == 0
    assert registered("sync", "--through", FIRST).status == 0
    return registered


def _of(organization_id: str) -> Callable[[Any], bool]:
    return lambda request: request.organization_id == organization_id


def _outcomes(done: Done) -> dict[str, str]:
    return {feed["feed"]: feed["outcome"] for feed in done.json()["feeds"]}


def test_one_feeds_failure_is_told_every_night_it_lasts_and_stops_no_other(
    connected: Prsync, simulator: Simulator
) -> None:
    simulator.answer_with(_of("1001"), Answer(status=500, body=b"<html>out of order</html>"))
    simulator.answer_with(_of("1002"), Answer(status=404))
    simulator.answer_with(_of("1003"), Answer(body=b'{"items": [{"counters": {}}]}'))
    simulator.answer_with(_of("1004"), Answer(body=b"garbage"))
    for night in (1, 2):
        done = connected("-q", "sync", "--through", _day(night))
        assert (done.status, done.stdout) == (1, "")
        *each, summary = done.stderr.splitlines()
        profile = "is the URL right, is the profile?"
        problems = [
            "500, an error of the server's own: try again later",
            f"404: nothing is there; is the organization still there, {profile}",
            f"200 where deviceId in each row was expected: {profile}",
            f"200 where JSON was expected: {profile}",
        ]
        assert each == [
            f"prsync: feed {name}: /api/v1/organizations/{1001 + number}/devices answered with status {problem}"
            for number, (name, problem) in enumerate(zip(NAMES, problems, strict=False))
        ]
        assert summary == (
            "prsync: not collected: "
            + ", ".join(f"{name} (synced through 2026-11-02)" for name in NAMES[:4])
            + "; once that is mended, the next run catches up"
        )
        assert list(deposits(connected.state, "Ærø Færger")) == [_day(offset) for offset in range(night + 1)]
    done = connected("sync", "--through", _day(2))
    assert [line.split()[-6:-5] for line in done.stdout.splitlines()[1:5]] == [["failed"]] * 4

    simulator.answer_normally()
    assert set(_outcomes(connected("sync", "--through", _day(2), "--json")).values()) == {"deposited", "up_to_date"}
    assert all(list(deposits(connected.state, name).values()) == [10, 10, 10] for name in NAMES)


def test_the_document_has_the_promised_keys_and_what_failed_has_its_reason(
    connected: Prsync, simulator: Simulator
) -> None:
    simulator.answer_with(_of("1002"), Answer(status=403))
    assert connected("feed", "pause", "Castro").status == 0
    done = connected("sync", "--through", _day(2), "--json")
    report = done.json()
    assert done.status == 1
    assert report.keys() == {"through", "pages", "ok", "servers", "feeds"}
    assert (report["through"], report["pages"], report["ok"]) == (_day(2), 60, False)
    assert report["servers"] == [{"server": "main", "health": "healthy", "error": None}]
    assert [feed["feed"] for feed in report["feeds"]] == NAMES
    promised = {"feed", "server", "outcome", "from", "through", "days", "pages", "devices", "anomalies", "error"}
    assert all(promised <= feed.keys() for feed in report["feeds"])
    deposited, failed, paused, *_ = report["feeds"]
    assert {key: deposited[key] for key in promised} == {
        "feed": "Acme A/S", "server": "main", "outcome": "deposited", "from": _day(1), "through": _day(2), "days": 2,
        "pages": 20, "devices": 1, "anomalies": 0, "error": None,
    }  # fmt: skip
    assert (failed["outcome"], failed["from"], failed["days"], failed["pages"]) == ("failed", None, 0, 0)
    assert failed["error"] == (
        "/api/v1/organizations/1002/devices answered with status 403: this user may not see it, until somebody"
        " allows it in 3manager"
    )
    assert (paused["outcome"], paused["error"]) == ("paused", None)
    # The same stands in the last nights' list.
    (run,) = connected("run", "list", "--number", "1", "--json").json()
    assert (run["command"], run["outcome"], run["summary"]) == ("sync", "failed", report)


def test_a_run_cut_short_in_the_middle_of_a_feed_keeps_its_days_and_goes_on_there(
    connected: Prsync, simulator: Simulator
) -> None:
    simulator.answer_with(lambda request: request.day == _day(3), Answer(cut=True))
    done = connected("sync", "--through", _day(4), "--json")
    assert {(feed["outcome"], feed["days"], feed["through"]) for feed in done.json()["feeds"]} == {
        ("failed", 2, _day(2))
    }
    simulator.answer_normally()
    simulator.forget_requests()
    assert connected("sync", "--through", _day(4)).status == 0
    assert {request.day for request in simulator.devices_requests} == {_day(3), _day(4)}
    assert {tuple(deposits(connected.state, name).values()) for name in NAMES} == {(10, 10, 10, 10, 10)}


def test_a_server_that_is_down_keeps_nobody_elses_feeds_waiting_and_recovers_by_itself(
    connected: Prsync, simulator: Simulator, tmp_path: Path
) -> None:
    with Simulator(simulator.fleet, folder=tmp_path / "two") as two:
        (connected.home / "two").write_text(two.password)
        options = ["--url", two.url, "--username", two.username, "--ca-bundle", two.ca_bundle]
        connected("server", "add", "another", *options, "--password-command", "cat two")
        connected("feed", "add", "another", "1001", "--name", "Far away", "--activation-date", FIRST)
        simulator.stop()
        report = connected("sync", "--through", _day(1), "--json")
        assert report.status == 1
        another, main = report.json()["servers"]
        assert another == {"server": "another", "health": "healthy", "error": None}
        assert (main["server"], main["health"]) == ("main", "unhealthy")
        assert main["error"].startswith(f"cannot reach {simulator.url}: connection refused")
        assert _outcomes(report) == {"Far away": "deposited"} | dict.fromkeys(NAMES, "server_unhealthy")
        assert all(feed["error"] is None for feed in report.json()["feeds"])

        # In the mail one line says why, and one what it means; a hundred feeds are not named one by one.
        connected("feed", "add", "another", "1002", "--name", "Farther", "--activation-date", FIRST)
        two.stop()
        mail = connected("-q", "sync", "--through", _day(1))
        assert (mail.status, mail.stdout) == (1, "")
        reasons, summary = mail.stderr.splitlines()[:2], mail.stderr.splitlines()[2]
        assert [line.split(":")[1] for line in reasons] == [" server another", " server main"]
        assert summary.startswith("prsync: not collected: Far away (synced through 2026-11-03), Farther (nothing")
        assert summary.endswith(" and 2 more; once that is mended, the next run catches up")
        assert connected("health", "--offline").status == 1

        simulator.start()
        two.start()
        report = connected("sync", "--through", _day(2), "--json")
    assert report.status == 0
    assert {server["health"] for server in report.json()["servers"]} == {"healthy"}
    assert list(deposits(connected.state, "Castro").values()) == [10, 10, 10]
    assert rows(connected.state, "SELECT DISTINCT health, health_error FROM servers") == [
        {"health": "healthy", "health_error": None}
    ]


def test_only_the_servers_and_feeds_that_were_named_are_collected(
    connected: Prsync, simulator: Simulator, tmp_path: Path
) -> None:
    with Simulator(simulator.fleet, folder=tmp_path / "two") as two:
        (connected.home / "two").write_text(two.password)
        options = ["--url", two.url, "--username", two.username, "--ca-bundle", two.ca_bundle]
        connected("server", "add", "two", *options, "--password-command", "cat two")
        connected("feed", "add", "two", "1001", "--name", "Two", "--activation-date", FIRST)
        simulator.forget_requests()
        done = connected("sync", "--server", "two", "--through", _day(1), "--json")
        assert _outcomes(done) == {"Two": "deposited"}
        assert [server["server"] for server in done.json()["servers"]] == ["two"]
        assert simulator.requests == []
        two.forget_requests()
        # By name and by id, and twice the same is once.
        chosen = ["--feed", "Castro", "--feed", "4", "--feed", "Castro"]
        done = connected("sync", *chosen, "--through", _day(1), "--json")
        assert _outcomes(done) == {"Castro": "deposited", "Dvořák": "deposited"}
        assert two.requests == []
        done = connected("sync", "--server", "two", "--server", "main", "--through", _day(1), "--json")
        assert _outcomes(done) == dict.fromkeys(NAMES, "deposited") | dict.fromkeys(
            ("Castro", "Dvořák", "Two"), "up_to_date"
        )


def test_without_a_server_a_sync_fails_so_that_cron_mails_and_hints_say_what_to_do_first(prsync: Prsync) -> None:
    unregistered = prsync("-q", "sync")
    assert (unregistered.status, unregistered.stdout) == (1, "")
    assert unregistered.stderr.startswith(f"prsync: no server is registered in {prsync.state}: prsync server add")
    assert prsync("feed", "list").stdout.startswith("No feed yet: prsync feed add")


def test_a_feed_that_cannot_be_judged_fails_alone(connected: Prsync) -> None:
    with closing(sqlite3.connect(connected.state)) as ledger, ledger:
        ledger.execute("UPDATE feeds SET holidays = 'XX' WHERE name = 'Castro'")  # as a later library may forget one
    done = connected("sync", "--through", _day(1), "--json")

    assert done.status == 1
    assert _outcomes(done) == dict.fromkeys(NAMES, "deposited") | {"Castro": "failed"}
    assert "feed Castro: --holidays XX: is no country or region whose holidays are known" in done.stderr
