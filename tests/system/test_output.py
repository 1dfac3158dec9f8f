"""Standard output, input and error that are closed, full, or read by nobody any more; and no colour off a terminal."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pexpect
import pytest
from tests.support import Done

if TYPE_CHECKING:
    from tests.support import Prsync

COMMANDS = [["--help"], ["--version"], ["server", "list"], ["run", "list", "-n", "5000"]]
COMMANDS += [[*command, "--json"] for command in COMMANDS[2:]]
commands = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


@pytest.fixture
def filled(registered: Prsync) -> Prsync:
    """With far more to show than a pipe holds."""
    with closing(sqlite3.connect(registered.state)) as ledger, ledger:
        ledger.executemany(
            "INSERT INTO runs (command, started_at, finished_at, outcome) VALUES ('sync', ?, ?, 'ok')",
            [[f"2026-01-01T00:00:{second % 60:02}Z", "2026-01-01T02:03:04Z"] for second in range(3000)],
        )
    return registered


def shell(prsync: Prsync, script: str, command: list[str]) -> Done:
    """A shell's script around `prsync "$@"`; its own status is the last line of standard output."""
    done = subprocess.run(
        ["bash", "-c", f"{script}; echo ${{PIPESTATUS[0]}}", "bash", *command],
        env=prsync.environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    *output, status = done.stdout.splitlines()
    return Done(int(status), "\n".join(output), done.stderr)


@commands
def test_a_reader_that_has_seen_enough_is_no_error(filled: Prsync, command: list[str]) -> None:
    done = shell(filled, 'python -m prsync "$@" | head -1', command)
    assert (done.stdout.count("\n"), done.stderr) == (0, "")
    # With 5000 runs to list it had more to say; what is shorter had gone into the pipe at once.
    assert done.status == (141 if "5000" in command else 0)
    assert shell(filled, 'python -m prsync "$@" | true', command).stderr == ""


@commands
def test_a_full_disk_is_one_line(filled: Prsync, command: list[str]) -> None:
    done = shell(filled, 'python -m prsync "$@" >/dev/full', command)
    line = "prsync: standard output cannot be written: No space left on device\n"
    assert (done.status, done.stderr) == (1, line)


@commands
def test_a_closed_output_is_one_line(filled: Prsync, command: list[str]) -> None:
    done = shell(filled, 'python -m prsync "$@" >&-', command)
    line = "prsync: standard output cannot be written: Bad file descriptor\n"
    assert (done.status, done.stderr) == (1, line)


def test_a_closed_output_is_none_of_a_quiet_run_s_business(filled: Prsync) -> None:
    done = shell(filled, 'python -m prsync "$@" >&- 2>&- <&-', ["-q", "sync"])
    assert (done.status, done.stderr) == (0, "")
    with closing(sqlite3.connect(filled.state)) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert ledger.execute("SELECT outcome FROM runs ORDER BY id DESC").fetchone() == ("ok",)


NO_PASSWORD = ["server", "add", "main", "--url", "https://127.0.0.1:9", "--username", "u", "--password-stdin"]


def test_a_closed_input_is_not_read_where_no_keyring_can_be_used(prsync: Prsync) -> None:
    prsync.environment |= {"PYTHON_KEYRING_BACKEND": "x", "PRSYNC_ALLOW_PLAINTEXT_KEYRING": "1"}
    done = shell(prsync, 'python -m prsync "$@" <&-', NO_PASSWORD)
    assert done.status == 1
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_a_closed_input_holds_no_password(prsync: Prsync) -> None:
    backend = "keyring.backends.null.Keyring"
    prsync.environment |= {"PYTHON_KEYRING_BACKEND": backend, "PRSYNC_ALLOW_PLAINTEXT_KEYRING": "1"}
    done = shell(prsync, 'python -m prsync "$@" <&-', NO_PASSWORD)
    assert done.status == 2
    assert "standard input held no password" in done.stderr


def test_an_error_that_nobody_hears_has_its_status_still(registered: Prsync) -> None:
    assert shell(registered, 'python -m prsync "$@" 2>&-', ["feed", "show", "nobody"]).status == 2
    assert shell(registered, 'python -m prsync "$@" 2>/dev/full', ["feed", "show", "nobody"]).status == 2


def test_a_name_that_the_terminal_cannot_show_is_no_error(registered: Prsync) -> None:
    with closing(sqlite3.connect(registered.state)) as ledger, ledger:
        ledger.execute("UPDATE servers SET name = 'Ærø'")
    done = registered("server", "list", env={"PYTHONIOENCODING": "ascii"})
    assert (done.status, done.stderr) == (0, "")
    assert "?r?" in done.stdout
    assert registered("server", "list", "--json", env={"PYTHONIOENCODING": "ascii"}).json()[0]["name"] == "Ærø"


def test_off_a_terminal_there_is_no_colour_and_a_row_is_one_line(filled: Prsync) -> None:
    for command in (["run", "list"], ["server", "list"], ["health"], ["doctor"], ["sync"], ["--help"]):
        done = filled(*command, env={"TERM": "xterm-256color"})
        assert "\x1b" not in done.stdout + done.stderr
    narrow = filled("run", "list", env={"COLUMNS": "50"}).stdout.splitlines()
    assert len(narrow) == 15
    assert narrow == [line.rstrip() for line in narrow]
    assert max(map(len, narrow)) > 50


def test_off_a_terminal_a_long_name_is_whole_and_columns_stand_below_each_other(registered: Prsync) -> None:
    with closing(sqlite3.connect(registered.state)) as ledger, ledger:
        ledger.execute("UPDATE servers SET name = ?", ["東京" * 40])
    header, row = registered("server", "list").stdout.splitlines()
    assert "東京" * 40 in row
    # A letter of Japanese takes two columns.
    assert header.index("URL") == row.index("https://") + 80


@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_on_a_terminal_there_is_colour_unless_it_is_not_wanted(
    registered: Prsync, environment: dict[str, str], *, coloured: bool
) -> None:
    terminal = registered.environment | {"TERM": "xterm-256color"} | environment
    child = pexpect.spawn(
        sys.executable, ["-m", "prsync", "server", "list"], env=terminal, encoding="utf-8", timeout=20
    )
    child.expect(pexpect.EOF)
    assert "healthy" in child.before
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]", child.before)) is coloured
