"""`prsync run list`: the last nights at a glance."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from threading import Event
from typing import TYPE_CHECKING

from tests.support.ending import eventually
from tests.system.terminal import shown_on_terminal

from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from tests.support import Prsync

    from prsync.demo.simulator import Simulator


def test_before_the_first_night_there_is_nothing_to_see(registered: Prsync) -> None:
    assert registered("run", "list").stdout == "No run yet.\n"
    assert registered("run", "list", "--json").json() == []


def test_each_night_is_a_line(registered: Prsync, simulator: Simulator) -> None:
    organization = simulator.fleet.organizations[0].name
    registered("feed", "add", "main", organization, "--activation-date", "2026-10-29", "--timezone", "UTC")
    assert registered("sync", "--json", "--through", "2026-11-02").json()["feeds"][0]["days"] == 5
    assert registered("certify", "--month", "2026-10").status == 0
    simulator.change_password("another")
    assert registered("-q", "sync").status == 1

    lines = registered("run", "list").stdout.splitlines()
    assert lines[0].split() == ["Id", "Command", "Started", "Took", "Outcome", "What"]
    assert [line.split()[:2] for line in lines[1:]] == [["3", "sync"], ["2", "certify"], ["1", "sync"]]
    assert "failed" in lines[1]
    assert lines[1].rstrip().endswith("1 feed, 0 pages, 1 failed")
    assert "2026-10: 1 issued" in lines[2]
    assert "ok" in lines[3]
    assert lines[3].rstrip().endswith(" pages")
    assert max(map(len, lines)) <= 80
    newest = registered("run", "list", "-n", "1", "--json").json()
    assert [run["id"] for run in newest] == [3]
    assert newest[0]["summary"]["feeds"][0]["outcome"] == "server_unhealthy"


def test_one_that_runs_is_told_from_one_that_was_killed(registered: Prsync, simulator: Simulator) -> None:
    simulator.forget_requests()
    simulator.answer_with(lambda request: request.method == "POST", Answer(hold=Event()))
    for _ in range(2):
        with registered.start("sync") as process:
            number = len(simulator.requests)
            assert eventually(lambda number=number: len(simulator.requests) > number)  # type: ignore[misc]
            process.kill()
    with registered.start("sync") as process:
        number = len(simulator.requests)
        assert eventually(lambda: len(simulator.requests) > number)
        running = [run["outcome"] for run in registered("run", "list", "--json").json()]
        assert "running" in registered("run", "list").stdout
        process.kill()
    assert running == ["running", "killed", "killed"]
    assert {run["outcome"] for run in registered("run", "list", "--json").json()} == {"killed"}


def test_a_long_night_fits_into_80_columns(registered: Prsync) -> None:
    summary = '{"feeds": [' + ", ".join(['{"outcome": "failed"}'] * 1234) + '], "pages": 123456789}'
    with closing(sqlite3.connect(registered.state)) as ledger, ledger:
        ledger.execute(
            "INSERT INTO runs VALUES (12345, 'certify', ?, ?, ?, ?)",
            ["2026-11-23T01:30:00Z", "2026-11-23T13:31:02.5Z", "stopped", summary],
        )
    lines = shown_on_terminal(registered, "run", "list")
    assert max(map(len, lines)) <= 80
    assert "12:01:02" in lines[1]
    assert "1,234 feeds, 123,456,789" in lines[1]


def test_a_run_of_certify_for_several_months_names_the_first_and_the_last(registered: Prsync) -> None:
    months = ("2026-08", "2026-10", "2026-09")
    certificates = [{"month": month, "outcome": "issued"} for month in months]
    summary = json.dumps({"month": "2026-10", "certificates": certificates})
    with closing(sqlite3.connect(registered.state)) as ledger, ledger:
        ledger.execute(
            "INSERT INTO runs VALUES (7, 'certify', '2026-11-23T01:30:00Z', '2026-11-23T01:30:02Z', 'ok', ?)", [summary]
        )
    assert "2026-08 to 2026-10: 3 issued" in registered("run", "list").stdout
