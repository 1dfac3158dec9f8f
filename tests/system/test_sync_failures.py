"""What a sync prints of what failed, for cron to mail. What it does about it stands in tests/services."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import Prsync, ScriptedFleet, deposits

from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer
from prsync.store.ledger import Ledger

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


def test_each_failure_is_one_line_and_what_was_not_collected_is_summed_up(
    connected: Prsync, simulator: Simulator
) -> None:
    simulator.answer_with(_of("1001"), Answer(status=500, body=b"<html>out of order</html>"))
    simulator.answer_with(_of("1002"), Answer(status=404))
    simulator.answer_with(_of("1003"), Answer(body=b'{"items": [{"counters": {}}]}'))
    simulator.answer_with(_of("1004"), Answer(body=b"garbage"))
    done = connected("-q", "sync", "--through", _day(1))
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
    assert list(deposits(connected.state, "Ærø Færger")) == [_day(0), _day(1)]
    by_hand = connected("sync", "--through", _day(1))
    assert by_hand.stdout.splitlines()[-1] == "5 feeds: 0 pages deposited, through 2026-11-03; 4 feeds not collected"
    done = connected("sync", "--through", _day(2))
    assert [line.split()[-6:-5] for line in done.stdout.splitlines()[1:5]] == [["failed"]] * 4


def test_the_document_has_the_promised_keys_and_what_failed_has_its_reason(
    connected: Prsync, simulator: Simulator
) -> None:
    simulator.answer_with(_of("1002"), Answer(status=403))
    assert connected("feed", "pause", "Castro").status == 0
    done = connected("sync", "--through", _day(2), "--json")
    report = done.json()
    assert done.status == 1
    assert report.keys() == {"through", "pages", "ok", "servers", "feeds", "shared_devices"}
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


def test_of_servers_that_are_down_one_line_says_why_and_their_feeds_are_not_named_one_by_one(
    connected: Prsync, simulator: Simulator, tmp_path: Path
) -> None:
    with Simulator(simulator.fleet, folder=tmp_path / "two") as two:
        (connected.home / "two").write_text(two.password)
        options = ["--url", two.url, "--username", two.username, "--ca-bundle", two.ca_bundle]
        connected("server", "add", "another", *options, "--password-command", "cat two")
        connected("feed", "add", "another", "1001", "--name", "Far away", "--activation-date", FIRST)
        connected("feed", "add", "another", "1002", "--name", "Farther", "--activation-date", FIRST)
        # By name and by id, and twice the same is once.
        chosen = ["--feed", "Castro", "--feed", "4", "--feed", "Castro", "--feed", "Far away"]
        done = connected("sync", *chosen, "--through", _day(1), "--json")
        assert _outcomes(done) == dict.fromkeys(("Castro", "Dvořák", "Far away"), "deposited")
        simulator.stop()
    mail = connected("-q", "sync", "--server", "another", "--server", "main", "--through", _day(1))
    assert (mail.status, mail.stdout) == (1, "")
    another, main, summary = mail.stderr.splitlines()
    assert another.startswith(f"prsync: server another: cannot reach {two.url}: connection refused")
    assert main.startswith(f"prsync: server main: cannot reach {simulator.url}: connection refused")
    assert summary.startswith("prsync: not collected: Far away (synced through 2026-11-03), Farther (nothing")
    assert summary.endswith(" and 2 more; once that is mended, the next run catches up")


def test_without_a_server_a_sync_fails_so_that_cron_mails_and_hints_say_what_to_do_first(prsync: Prsync) -> None:
    with Ledger(prsync.state):
        pass
    unregistered = prsync("-q", "sync")
    assert (unregistered.status, unregistered.stdout) == (1, "")
    assert unregistered.stderr.startswith(f"prsync: no server is registered in {prsync.state}: prsync server add")
    assert prsync("feed", "list").stdout.startswith("No feed yet: prsync feed add")
