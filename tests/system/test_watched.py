"""prsync as a monitor sees it: metrics in a file, a plugin's status, a ping for each run."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from tests.support import Prsync, ScriptedFleet
from tests.system.at import always_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prsync.demo.simulator import Simulator

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def fleet() -> ScriptedFleet:
    scripted = ScriptedFleet("Acme A/S")
    scripted.reads_daily("A", NOW.date() - timedelta(days=11), range(1000, 1200, 10))
    return scripted


@pytest.fixture
def prsync(prsync: Prsync) -> Prsync:
    return always_at(NOW, prsync)


@pytest.fixture
def collected(registered: Prsync) -> Prsync:
    since = NOW.date() - timedelta(days=10)
    assert registered("feed", "add", "main", "Acme A/S", "--activation-date", since, "--timezone", "UTC").status == 0
    assert registered("sync").status == 0
    return registered


# Metrics.


def test_metrics_are_text_on_standard_output_and_a_file_that_others_may_read(collected: Prsync) -> None:
    shown = collected("metrics")
    assert (shown.status, shown.stderr) == (0, "")
    assert 'prsync_feed_pages_total{feed="Acme A/S",server="main"} 100.0\n' in shown.stdout
    file = collected.home / "textfile" / "prsync.prom"
    file.parent.mkdir()
    done = collected("metrics", "--output", file)
    assert (done.status, done.stdout, done.stderr) == (0, "", "")
    assert file.read_text() == shown.stdout
    assert oct(file.stat().st_mode)[-3:] == "644"
    assert [found.name for found in file.parent.iterdir()] == ["prsync.prom"]
    document = collected("metrics", "--json").json()
    assert document.keys() == {"servers", "feeds", "left", "runs", "feeds_not_well", "deliveries"}
    assert document["feeds"][0]["pages"] == 100


def test_nobody_is_connected_to(collected: Prsync, simulator: Simulator) -> None:
    simulator.forget_requests()
    assert collected("metrics").status == 0
    assert simulator.requests == []


def test_a_lost_ledger_is_told_in_the_file_too(collected: Prsync) -> None:
    file = collected.home / "prsync.prom"
    collected("metrics", "--output", file)
    collected.state.rename(collected.home / "elsewhere")
    done = collected("metrics", "--output", file)
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.startswith(f"prsync: there is no ledger at {collected.state}: ")
    assert "prsync_up 0.0\n" in file.read_text()
    assert "prsync_feed" not in file.read_text()


def test_a_file_that_cannot_be_written_is_one_line(collected: Prsync) -> None:
    done = collected("metrics", "--output", collected.home / "missing" / "prsync.prom")
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr == f"prsync: {collected.home}/missing/prsync.prom cannot be written: No such file or directory\n"


# A monitoring plugin.


def test_a_plugin_says_it_in_one_line_with_a_status_of_its_own(collected: Prsync, simulator: Simulator) -> None:
    done = collected("health", "--nagios")
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.startswith("PRSYNC OK - 1 server and 1 feed are well | servers=1 ")
    simulator.change_password("another")
    done = collected("health", "--nagios")
    assert (done.status, done.stderr) == (2, "")
    assert done.stdout.startswith("PRSYNC CRITICAL - 1 of 1 server unhealthy; ")
    later = always_at(NOW + timedelta(days=3), collected)
    assert later("health", "--nagios", "--offline").stdout.startswith("PRSYNC CRITICAL - no sync since 2026-11-25 ")


def test_a_plugin_does_not_know_where_there_is_no_ledger_or_no_such_feed(collected: Prsync) -> None:
    done = collected("health", "--nagios", "--offline", "--ignore", "Nobody")
    assert (done.status, done.stderr) == (3, "")
    assert done.stdout.startswith("PRSYNC UNKNOWN - no feed Nobody: ")
    collected.state.rename(collected.home / "elsewhere")
    done = collected("health", "--nagios")
    assert (done.status, done.stderr) == (3, "")
    assert done.stdout.startswith(f"PRSYNC UNKNOWN - there is no ledger at {collected.state}: ")


def test_to_ignore_a_feed_is_for_plugins(collected: Prsync) -> None:
    assert collected("health", "--ignore", "Acme A/S").status == 2


# Pings.


@pytest.fixture
def monitor() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A monitor's URL, and what it was told."""
    told: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/0123", told
    server.shutdown()
    thread.join()
    server.server_close()


def test_each_run_tells_when_it_begins_and_how_it_ended(
    collected: Prsync, simulator: Simulator, monitor: tuple[str, list[tuple[str, str]]]
) -> None:
    url, told = monitor
    assert collected("-q", "sync", env={"PRSYNC_PING_URL": url}).status == 0
    assert told == [("/0123/start", ""), ("/0123", "1 feed: 0 pages deposited, through 2026-11-24")]
    told.clear()
    assert collected("-q", "backup", "copy.db", "--ping-url", url).status == 0
    assert [path for path, _ in told] == ["/0123/start", "/0123"]
    told.clear()
    simulator.change_password("another")
    assert collected("-q", "sync", "--ping-url", url).status == 1
    assert [path for path, _ in told] == ["/0123/start", "/0123/fail"]
    assert "server main: " in told[1][1]
    told.clear()
    assert collected("-q", "certify", "--feed", "Nobody", "--ping-url", url).status == 2
    assert told[1] == ("/0123/fail", "no feed Nobody: prsync feed list shows those connected")


def test_a_dry_run_pings_nobody(collected: Prsync, monitor: tuple[str, list[tuple[str, str]]]) -> None:
    url, told = monitor
    assert collected("sync", "--dry-run", "--ping-url", url).status == 0
    assert told == []


def test_a_ping_that_fails_is_a_warning_and_no_failed_run(collected: Prsync) -> None:
    done = collected("-q", "sync", "--ping-url", "http://127.0.0.1:9/secret-0123")
    assert (done.status, done.stdout) == (0, "")
    line = "prsync: the ping of --ping-url did not work: no connection; the run itself is not touched by it\n"
    assert done.stderr == line  # though both pings failed so


# Questions to the ledger.


def test_the_devices_of_a_feed_are_listed_with_their_five_fields(collected: Prsync) -> None:
    shown = collected("device", "list", "Acme A/S")
    assert shown.stdout.splitlines()[0].split() == ["Device", "Managed", "InitialCount", "LatestCount", "LifeCount"]
    assert shown.stdout.splitlines()[1].split() == ["A", "yes", "1,000", "1,100", "100"]
    assert collected("device", "list", "1", "--json").json() == [
        {"device_id": "A", "managed": True, "initial_count": 1000, "latest_count": 1100, "life_count": 100}
    ]
    assert collected("device", "list", "Nobody").status == 2


def test_a_run_is_shown_feed_by_feed(collected: Prsync, simulator: Simulator) -> None:
    shown = collected("run", "show")
    assert (shown.status, shown.stderr) == (0, "")
    rows = [line.split() for line in shown.stdout.splitlines() if line.startswith("Acme")]
    assert rows == [["Acme", "A/S", "deposited", "2026-11-15", "2026-11-24", "10", "100", "-"]]
    assert collected("run", "show", "sync").stdout == shown.stdout
    nothing = collected("run", "show", "certify")
    assert (nothing.status, nothing.stderr) == (
        2,
        "prsync: no run certify: there has been none yet; prsync certify is one\n",
    )
    for wrong in ("backup", "9" * 30):
        hint = "give the id of one, which prsync run list shows, or one of sync, certify, deliver"
        assert collected("run", "show", wrong).stderr == f"prsync: no run {wrong}: {hint}\n"
    document = collected("run", "show", "1", "--json").json()
    assert (document["id"], document["outcome"], document["summary"]["pages"]) == (1, "ok", 100)
    simulator.change_password("another")
    collected("sync")
    assert "server_unhealthy" in collected("run", "show").stdout
    assert "server_unhealthy" not in collected("run", "show", "1").stdout
    missing = collected("run", "show", "99")
    assert (missing.status, missing.stderr) == (2, "prsync: no run 99: prsync run list shows the last ones\n")
