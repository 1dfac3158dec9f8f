"""What goes to standard error: lines for a person, or one JSON object a line, whatever happens."""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pexpect
import pytest
from tests.support import Prsync, ScriptedFleet, rows
from tests.support.ending import end, eventually
from tests.system.at import always_at

from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from prsync.demo.simulator import Simulator

NOW = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
SINCE = NOW.date() - timedelta(days=4)
JSON = ("--log-format", "json")


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Acme prints; a device of Ærø's jumps."""
    fleet = ScriptedFleet("Acme A/S", "Ærø Færger")
    fleet.reads_daily("A", SINCE - timedelta(days=1), [1000, 1100, 1200, 1300, 1400, 1500])
    fleet.reads_daily("B", SINCE - timedelta(days=1), [500, 510, 9_000_000], organization="Ærø Færger")
    return fleet


@pytest.fixture
def prsync(prsync: Prsync) -> Prsync:
    """As on the morning of the 25th, unless a test says otherwise."""
    return always_at(NOW, prsync)


@pytest.fixture
def connected(registered: Prsync) -> Prsync:
    for name in ("Acme A/S", "Ærø Færger"):
        assert registered("feed", "add", "main", name, "--activation-date", SINCE).status == 0
    return registered


def objects(text: str) -> list[dict[str, Any]]:
    """Every line as the object that it must be."""
    found = [json.loads(line) for line in text.splitlines()]
    for line in found:
        assert {"time", "level", "run", "message"} <= line.keys() <= KEYS
        assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)
        assert "\n" not in line["message"]
    assert len({line["run"] for line in found}) <= 1
    return found


KEYS = {"time", "level", "run", "run_id", "message", "server", "feed", "day", "trace"}


def test_what_needs_a_person_says_which_server_and_feed_and_run(connected: Prsync) -> None:
    done = connected(*JSON, "-q", "sync")

    assert (done.status, done.stdout) == (0, "")
    [line] = objects(done.stderr)
    assert (line["level"], line["server"], line["feed"]) == ("warning", "main", "Ærø Færger")
    assert "held back" in line["message"]
    assert line["run_id"] == rows(connected.state, "SELECT max(id) AS id FROM runs")[0]["id"]
    assert rows(connected.state, "SELECT 1 FROM anomalies") != []


def test_with_v_each_day_of_each_feed_is_named(connected: Prsync) -> None:
    done = connected(*JSON, "-v", "sync", "--json")

    assert done.json()["ok"] is True
    lines = objects(done.stderr)
    days = {(line["server"], line["feed"], line["day"]) for line in lines if "day" in line}
    assert days >= {("main", "Acme A/S", (SINCE + timedelta(days=more)).isoformat()) for more in range(4)}
    assert {line["level"] for line in lines} >= {"debug", "info", "warning"}


def test_two_runs_can_be_told_apart(connected: Prsync) -> None:
    one, two = (objects(connected(*JSON, "-v", "sync").stderr)[-1] for _ in range(2))
    assert one["run"] != two["run"]
    assert one["run_id"] + 1 == two["run_id"]


def test_a_failure_is_an_object_too(connected: Prsync, simulator: Simulator) -> None:
    simulator.change_password("another")
    lines = objects(connected(*JSON, "sync").stderr)
    assert [line.get("server") for line in lines] == ["main", None]
    assert "refuses user" in lines[0]["message"]
    (connected.home / "password").unlink()
    [failed] = objects(connected(*JSON, "server", "organizations", "main").stderr)
    assert (failed["level"], failed["server"]) == ("error", "main")
    assert "trace" not in failed
    [traced] = objects(connected(*JSON, "-v", "server", "organizations", "main").stderr)
    assert "PasswordCommandError" in traced["trace"]


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["--nonsense"], 2),
        (["nonsense"], 2),
        (["feed"], 2),
        (["sync", "--through", "2999-01-01"], 2),
        (["sync", "--wait", "soon"], 2),
        (["feed", "show", "two\nlines"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("how", ["--log-format=json", "--log-format json", "PRSYNC_LOG_FORMAT"])
def test_so_is_wrong_usage(registered: Prsync, command: list[str], status: int, how: str) -> None:
    options, environment = ([], {how: "json"}) if how.startswith("PRSYNC") else (how.split(), {})
    done = registered(*options, *command, env=environment)
    assert (done.status, done.stdout) == (status, "")
    [line] = objects(done.stderr)
    assert line["level"] == "error"


def test_so_is_being_stopped(connected: Prsync, simulator: Simulator) -> None:
    simulator.forget_requests()
    simulator.answer_with(lambda request: request.is_devices, Answer(hold=Event()))
    watching_for_signals = Prsync(connected.home)
    with watching_for_signals.start(*JSON, "sync") as process:
        assert eventually(lambda: simulator.devices_requests)
        ended = end(process, signal.SIGTERM)
    [line] = objects(ended.stderr)
    assert (line["level"], line["run_id"]) == ("error", 1)
    assert line["message"].startswith("stopped by SIGTERM")


def test_what_libraries_say_is_not_heard(connected: Prsync) -> None:
    """Warnings, and lines of libraries that were never told where to log, else end up here as they are."""
    site = connected.home / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import atexit, warnings, logging\n"
        "atexit.register(lambda: warnings.warn('of a library'))\n"
        "atexit.register(lambda: logging.getLogger('keyring').warning('of a library'))\n"
    )
    for verbose in ([], ["-v"]):
        done = connected(*JSON, *verbose, "sync", env={"PYTHONPATH": str(site)})
        assert "of a library" not in done.stderr
        objects(done.stderr)


def test_on_a_terminal_there_is_no_bar_among_the_objects(connected: Prsync) -> None:
    environment = connected.environment | {"TERM": "xterm"}
    for options, bar in (([], True), (["--log-format", "json"], False)):
        command = ["-m", "prsync", *options, "sync"]
        with closing(sqlite3.connect(connected.state)) as ledger, ledger:
            ledger.execute("UPDATE feeds SET looked_through = synced_through")
        child = pexpect.spawn(sys.executable, command, env=environment, encoding="utf-8", timeout=30)
        child.expect(pexpect.EOF)
        assert ("\x1b[?25l" in child.before) is bar  # a bar hides the cursor


def test_text_is_one_line_each_and_only_v_traces(connected: Prsync) -> None:
    quiet = connected("-q", "sync").stderr.splitlines()
    assert [line.partition(" ")[0] for line in quiet] == ["prsync:"]
    wanted = "prsync: no feed two\N{REPLACEMENT CHARACTER}[31m lines: prsync feed list shows those connected\n"
    assert connected("feed", "show", "two\x1b[31m\nlines").stderr == wanted
    line, trace = connected("-v", "feed", "show", "two\x1b[31m\nlines").stderr.split("\n", 1)
    assert (line + "\n", trace.startswith("Traceback")) == (wanted, True)
