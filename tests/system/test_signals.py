"""SIGTERM, Ctrl-C and a lost terminal end prsync within two seconds, whatever it waits for, in good order."""

from __future__ import annotations

import fcntl
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import termios
import time
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event
from typing import IO, TYPE_CHECKING

import pexpect
import pytest
from tests.edges.raw_server import RawServer
from tests.support import rows, sums
from tests.support.ending import catches, end, eventually, is_alive, is_waiting
from tests.support.keyring_session import keyring_session, needs_keyring

from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from tests.support import Prsync

    from prsync.demo.simulator import Simulator

pytestmark = pytest.mark.xdist_group("the machine")  # what is measured here should not wait for a neighbour

SYNC = ("sync", "--through", "2026-10-30")
TERM, INT, HUP = signal.SIGTERM, signal.SIGINT, signal.SIGHUP


@pytest.fixture
def connected(registered: Prsync, simulator: Simulator) -> Prsync:
    """Every customer connected, with 30 days to collect."""
    lines = [f"{organization.organization_id},2026-10-01" for organization in simulator.fleet.organizations]
    file = registered.home / "customers.csv"
    file.write_text("\n".join(["organization,activation-date", *lines]))
    done = registered("feed", "import", "main", file)
    assert done.status == 0, done.stderr
    simulator.forget_requests()
    return registered


def assert_consistent(prsync: Prsync) -> None:
    assert rows(prsync.state, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert all(pages == life for pages, life in sums(prsync.state).values())


def last_outcome(prsync: Prsync) -> object:
    return rows(prsync.state, "SELECT outcome FROM runs ORDER BY id DESC LIMIT 1")[0]["outcome"]


@pytest.mark.parametrize(
    ("number", "after"),
    [(TERM, None), (TERM, 0), (TERM, 100), (INT, 100), (HUP, None)],
    ids=["SIGTERM, no answer", "SIGTERM, a status alone", "SIGTERM, half an answer", "SIGINT", "SIGHUP"],
)
def test_in_the_middle_of_a_slow_answer(
    connected: Prsync, simulator: Simulator, number: signal.Signals, after: int | None
) -> None:
    simulator.answer_with(lambda _: len(simulator.devices_requests) == 40, Answer(hold=Event(), after=after))
    with connected.start(*SYNC) as process:
        assert eventually(lambda: len(simulator.devices_requests) == 40)
        ended = end(process, number)

    assert ended.stopped_by(number), ended
    assert ended.stdout == ""
    assert last_outcome(connected) == "stopped"
    assert_consistent(connected)
    assert max(pages for pages, _ in sums(connected.state).values()) > 0
    simulator.answer_normally()
    assert connected(*SYNC).status == 0  # the locks are free


def test_a_run_that_hangs_shows_where_it_stands_and_goes_on(connected: Prsync, simulator: Simulator) -> None:
    simulator.answer_with(lambda _: len(simulator.devices_requests) == 40, Answer(hold=Event(), after=None))
    with connected.start(*SYNC, "--json") as process:
        assert eventually(lambda: len(simulator.devices_requests) == 40)
        process.send_signal(signal.SIGUSR1)
        assert process.stderr is not None
        shown = _until(process.stderr, "in main\n")
        simulator.answer_normally()
        stdout, _ = process.communicate(timeout=60)
    assert "services/sync.py" in shown
    assert "threemanager/session.py" in shown
    assert not any(secret in shown for secret in simulator.secrets)
    assert (process.returncode, json.loads(stdout)["ok"]) == (0, True)


def _until(stream: IO[str], end: str) -> str:
    """What a stream says up to a line that ends so."""
    lines: list[str] = []
    while not lines or not lines[-1].endswith(end):
        lines.append(stream.readline())
        assert lines[-1], lines
    return "".join(lines)


def change_server(prsync: Prsync, column: str, value: str | None) -> None:
    """What `server update` would try out first."""
    with closing(sqlite3.connect(prsync.state)) as ledger, ledger:
        ledger.execute(f"UPDATE servers SET {column} = ?", [value])  # noqa: S608


def says_nothing(_: socket.socket, server: RawServer) -> None:
    server.done.wait()


def test_in_a_tls_handshake_that_is_never_answered(connected: Prsync, tmp_path: Path) -> None:
    with RawServer(tmp_path, says_nothing, tls=False) as silent:
        change_server(connected, "url", silent.url)
        with connected.start(*SYNC) as process:
            assert eventually(lambda: silent.accepted)
            ended = end(process, TERM)

    assert ended.stopped_by(TERM), ended
    assert last_outcome(connected) == "stopped"


def test_before_there_is_a_connection(connected: Prsync) -> None:
    with ExitStack() as stack:
        full = stack.enter_context(closing(socket.socket()))
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        stack.enter_context(closing(socket.create_connection(("127.0.0.1", port))))
        change_server(connected, "url", f"https://127.0.0.1:{port}")
        with connected.start(*SYNC) as process:
            assert eventually(lambda: is_knocking_at(port))
            ended = end(process, TERM)

    assert ended.stopped_by(TERM), ended


def is_knocking_at(port: int) -> bool:
    """Whether there is a connection to a port that nobody has accepted: state 02, SYN_SENT."""
    lines = Path("/proc/net/tcp").read_text().splitlines()
    return any(line.split()[2:4] == [f"0100007F:{port:04X}", "02"] for line in lines)


def test_while_a_password_command_runs_which_ends_with_it(connected: Prsync, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = f"sh -c 'sleep 1000 & echo $$ $! > {pids}; wait'"
    change_server(connected, "password_command", command)
    with connected.start(*SYNC) as process:
        assert eventually(lambda: pids.exists() and len(pids.read_text().split()) == 2)
        ended = end(process, TERM)

    assert ended.stopped_by(TERM), ended
    for pid in pids.read_text().split():
        assert eventually(lambda pid=pid: not is_alive(int(pid)))  # type: ignore[misc]


@needs_keyring
def test_while_the_keyring_does_not_answer(connected: Prsync, tmp_path: Path) -> None:
    change_server(connected, "password_command", None)
    with keyring_session(tmp_path) as session:
        session.stop_answering()
        with connected.start(*SYNC, env=session.environment) as process:
            assert eventually(lambda: threads(process.pid) == 3)  # ours, the one for signals, and the keyring's
            ended = end(process, TERM)

    assert ended.stopped_by(TERM), ended
    assert last_outcome(connected) == "stopped"


def test_while_it_waits_for_another_one_to_finish(connected: Prsync) -> None:
    lock = connected.state.with_name("ledger.db.server-1.lock")
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with connected.start(*SYNC, "--wait", "1000") as process:
            assert eventually(lambda: rows(connected.state, "SELECT 1 FROM runs"))
            ended = end(process, INT)

    assert ended.stopped_by(INT), ended
    assert last_outcome(connected) == "stopped"


def test_where_python_itself_cannot_hear_it(connected: Prsync) -> None:
    """SQLite waits in C for another program's transaction; a name server that is silent is waited for like this."""
    with closing(sqlite3.connect(connected.state, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with connected.start(*SYNC) as process:
            assert eventually(lambda: has_open(process.pid, connected.state) and is_waiting(process.pid))
            ended = end(process, TERM)
        other.execute("ROLLBACK")

    assert ended.stopped_by(TERM), ended
    assert ended.seconds > 0.5  # it was the watchdog
    assert_consistent(connected)


def has_open(pid: int, file: Path) -> bool:
    try:
        return any(path.resolve() == file for path in Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:  # another of its files was closed while we looked
        return False


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def test_while_nobody_reads_what_it_prints(connected: Prsync) -> None:
    with closing(sqlite3.connect(connected.state)) as ledger, ledger:
        ledger.executemany(
            "INSERT INTO runs (command, started_at) VALUES ('sync', ?)", [["2026-01-01T00:00:00Z"]] * 2000
        )
    with connected.start("run", "list", "-n", "2000", "--json") as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == "["
        assert eventually(lambda: waiting_in(process.stdout) > 60_000)  # a pipe holds 64 KiB
        process.send_signal(TERM)
        process.wait(timeout=2)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert process.returncode == 143


def waiting_in(pipe: IO[str] | None) -> int:
    """Bytes that nobody has read yet."""
    assert pipe is not None
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.parametrize("number", [TERM, INT], ids=lambda number: number.name)
def test_while_the_program_is_still_loading(prsync: Prsync, number: signal.Signals) -> None:
    with prsync.start("sync") as process:
        while not catches(process.pid, TERM):
            assert process.poll() is None
        ended = end(process, number)
    assert ended.stopped_by(number), ended
    assert not prsync.state.exists()


IGNORING = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, "-m", "prsync", *sys.argv[1:]])
"""


def test_what_nohup_has_it_ignore_it_ignores(connected: Prsync) -> None:
    command, environment = [sys.executable, "-c", IGNORING, *SYNC], connected.environment
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert eventually(lambda: rows(connected.state, "SELECT 1 FROM runs"))
        process.send_signal(HUP)
        process.send_signal(INT)
        stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "3 feeds" in stdout


KEYS = pytest.mark.parametrize(
    ("key", "name", "status"),
    [("\x03", "SIGINT", 130), (INT, "SIGINT", 130), (TERM, "SIGTERM", 143), (HUP, "SIGHUP", 129)],
    ids=["Ctrl-C", "SIGINT", "SIGTERM", "SIGHUP"],
)


@needs_keyring
@KEYS
def test_while_it_asks_for_a_password(
    prsync: Prsync, simulator: Simulator, tmp_path: Path, key: str | signal.Signals, name: str, status: int
) -> None:
    options = ["--url", simulator.url, "--username", simulator.username, "--ca-bundle", str(simulator.ca_bundle)]
    with keyring_session(tmp_path) as session:
        child = terminal(prsync, ["server", "add", "main", *options], session.environment)
        child.expect_exact("Password: ")
        assert eventually(lambda: not lflags(child) & termios.ECHO)
        assert_stopped(child, key, name, status)


@KEYS
def test_while_it_asks_for_an_organization(
    registered: Prsync, key: str | signal.Signals, name: str, status: int
) -> None:
    child = terminal(registered, ["feed", "add", "main"], {"TERM": "xterm"})
    child.expect_exact("type part of its name")
    assert eventually(lambda: not lflags(child) & termios.ICANON)
    assert_stopped(child, key, name, status)
    assert rows(registered.state, "SELECT 1 FROM feeds") == []


def test_after_an_organization_was_picked_signals_are_watched_as_before(
    registered: Prsync, simulator: Simulator
) -> None:
    """The prompt's event loop takes the signals' wake-up, and SQLite then waits where only that is heard."""
    with closing(sqlite3.connect(registered.state, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        child = terminal(registered, ["feed", "add", "main"], {"TERM": "xterm"})
        child.expect_exact("type part of its name")
        child.send(f"{simulator.fleet.organizations[0].name}\r")
        assert eventually(lambda: lflags(child) & termios.ICANON and is_waiting(child.pid))
        assert_stopped(child, TERM, "SIGTERM", 143)
        other.execute("ROLLBACK")


def terminal(prsync: Prsync, arguments: list[str], environment: dict[str, str]) -> pexpect.spawn:
    """prsync on a terminal of its own."""
    command = ["-m", "prsync", *arguments]
    return pexpect.spawn(sys.executable, command, env=prsync.environment | environment, encoding="utf-8", timeout=20)


def lflags(child: pexpect.spawn) -> int:
    """How the terminal treats what is typed."""
    return int(termios.tcgetattr(child.child_fd)[3])


def assert_stopped(child: pexpect.spawn, key: str | signal.Signals, name: str, status: int) -> None:
    begun = time.monotonic()
    child.kill(key) if isinstance(key, signal.Signals) else child.send(key)
    child.expect(pexpect.EOF)
    usual = termios.ECHO | termios.ICANON | termios.ISIG
    assert lflags(child) & usual == usual
    child.wait()
    assert child.exitstatus == status
    assert time.monotonic() - begun < 2
    assert f"stopped by {name}" in child.before
    assert "Traceback" not in child.before
