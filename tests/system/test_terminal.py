"""On a terminal: questions, colour and a progress bar. Anywhere else: none of them."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.support import Prsync, ScriptedFleet, deposits, rows
from tests.support.keyring_session import keyring_session, needs_keyring
from tests.system.terminal import on_terminal, plain, shell_on_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.demo.simulator import Simulator

FIRST = date(2026, 11, 2)
COLOUR = re.compile(r"\x1b\[[0-9;]*[349][0-9][0-9;]*m")


@pytest.fixture
def fleet() -> ScriptedFleet:
    scripted = ScriptedFleet("Acme A/S", "Ærø Færger")
    for name in ("Acme A/S", "Ærø Færger"):
        scripted.reads_daily("A", FIRST - timedelta(days=1), range(1000, 1200, 10), organization=name)
    return scripted


@pytest.fixture
def connected(registered: Prsync) -> Prsync:
    for name in ("Acme A/S", "Ærø Færger"):
        assert registered("feed", "add", "main", name, "--activation-date", FIRST, "--timezone", "UTC").status == 0
    return registered


@needs_keyring
def test_a_password_is_typed_without_being_shown(prsync: Prsync, simulator: Simulator, tmp_path: Path) -> None:
    options = ["--url", simulator.url, "--username", simulator.username, "--ca-bundle", simulator.ca_bundle]
    with keyring_session(tmp_path / "keyring") as session:
        for typed, expected in (("wrong", 1), (simulator.password, 0)):
            seen = on_terminal(prsync, "server", "add", "main", *options, env=session.environment)
            seen.expect("Password: ")
            seen.type(f"{typed}\r")
            status, said = seen.end()
            assert status == expected, said
            assert typed not in said
        assert "Server main is registered" in plain(said)
        assert [entry.password for entry in session.entries()] == [simulator.password]
        # On a terminal --password-stdin asks too: nothing could be piped into it.
        simulator.change_password("another")
        seen = on_terminal(prsync, "server", "update", "main", "--password-stdin", env=session.environment)
        seen.expect("Password: ")
        seen.type("another\r")
        assert seen.end()[0] == 0
        assert [entry.password for entry in session.entries()] == ["another"]


def test_what_cannot_be_undone_is_asked_first(connected: Prsync) -> None:
    assert connected("sync", "--through", FIRST + timedelta(days=2)).status == 0
    for answer in ("n\r", "\r"):
        seen = on_terminal(connected, "feed", "remove", "1")
        seen.expect("Remove feed Acme A/S with its devices, 3 deposits and anomalies? [y/N]: ")
        seen.type(answer)
        status, said = seen.end()
        assert (status, "prsync: not done" in said) == (1, True)
    assert len(deposits(connected.state, "Acme A/S")) == 3
    seen = on_terminal(connected, "server", "remove", "main", "--cascade")
    seen.expect("Remove server main with 2 feeds, devices and deposits? [y/N]: ")
    seen.type("\x03")
    assert seen.end()[0] == 130
    seen = on_terminal(connected, "feed", "remove", "1")
    seen.expect("[y/N]: ")
    seen.type("y\r")
    assert seen.end()[0] == 0
    assert rows(connected.state, "SELECT name FROM feeds") == [{"name": "Ærø Færger"}]


def test_a_sync_shows_how_far_it_is_only_to_a_person_who_watches(connected: Prsync) -> None:
    def days(offset: int) -> str:
        return f"--through {FIRST + timedelta(days=offset)}"

    seen = shell_on_terminal(connected, f"prsync sync {days(2)} > table.txt")
    status, bar = seen.end()
    assert status == 0
    assert "━" in bar
    assert re.search(r"\d/6", plain(bar))  # three days each, known from the start
    table = (connected.home / "table.txt").read_text()
    assert table.splitlines()[-1] == "2 feeds: 60 pages deposited, through 2026-11-04"
    assert "━" not in table
    assert "\x1b" not in table

    # Not with --json, -q or -v, and not where nobody watches standard error, or where there is nothing to do.
    for line in (
        f"prsync sync {days(3)} --json > out.json",
        f"prsync -q sync {days(4)} 2> warnings.txt",
        f"prsync -v sync {days(5)} > table.txt",
        f"prsync sync {days(6)} 2> warnings.txt",
        f"prsync sync {days(6)} > table.txt",
    ):
        status, said = shell_on_terminal(connected, line).end()
        assert (status, "━" in said) == (0, False), line
    assert json.loads((connected.home / "out.json").read_text())["pages"] == 20
    assert "━" not in (connected.home / "warnings.txt").read_text()


def test_colour_is_for_a_terminal_that_wants_it(connected: Prsync) -> None:
    assert connected("sync", "--through", FIRST).status == 0
    command = ("health", "--offline")
    _, said = on_terminal(connected, *command).end()
    assert COLOUR.search(said)
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        _, said = on_terminal(connected, *command, env=environment).end()
        assert "main" in said
        assert not COLOUR.search(said), environment
    piped = connected(*command, env={"TERM": "xterm-256color"}).stdout
    assert "\x1b" not in piped
    assert plain(said).split() == (piped + connected(*command).stderr).split()


def test_a_reader_that_has_seen_enough_is_no_error(connected: Prsync) -> None:
    for command in ("sync --json", "feed list", "anomaly list"):
        line = f"{{ prsync -q {command} --help; prsync {command}; echo $? > status; }} 2> said.txt | head -n 1"
        _, said = shell_on_terminal(connected, line).end()
        assert plain(said).startswith("Usage: prsync ")
        assert len(plain(said).splitlines()) == 1
        line = f"{{ prsync {command}; echo $? > status; }} 2> said.txt | true"
        assert shell_on_terminal(connected, line).end() == (0, "")
        assert (connected.home / "status").read_text() == "141\n"
        assert "Traceback" not in (connected.home / "said.txt").read_text()
        assert "Broken" not in (connected.home / "said.txt").read_text()
    assert len(deposits(connected.state, "Acme A/S")) > 10  # what it had to say was all that was lost
