"""`prsync doctor`: what would go wrong tonight, told by the very thing that goes wrong."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pexpect
import pytest
from tests.support import Done
from tests.support.ending import eventually
from tests.support.keyring_session import keyring_session, needs_keyring
from tests.system.at import always_at

from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support import Prsync

    from prsync.demo.simulator import Simulator

NOW = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)


def findings(prsync: Prsync, env: Mapping[str, str] | None = None) -> dict[str, tuple[bool | None, str]]:
    """What `doctor --json` found, by what it is about; its verdict is the exit status."""
    done = prsync("doctor", "--json", env=env, timeout=30)
    document: dict[str, Any] = done.json()
    assert done.stderr == ""
    assert [set(finding) for finding in document["findings"]] == [{"about", "ok", "found"}] * len(document["findings"])
    assert document["ok"] is all(finding["ok"] is not False for finding in document["findings"])
    assert done.status == (0 if document["ok"] else 1)
    return {finding["about"]: (finding["ok"], finding["found"]) for finding in document["findings"]}


def wrong(found: Mapping[str, tuple[bool | None, str]]) -> dict[str, str]:
    return {about: what for about, (ok, what) in found.items() if ok is False}


def change(prsync: Prsync, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(prsync.state)) as ledger, ledger:
        ledger.execute(sql, values)


def test_all_is_well(registered: Prsync, simulator: Simulator) -> None:
    registered("sync")
    simulator.forget_requests()
    found = findings(registered)

    assert wrong(found) == {}
    assert list(found)[:9] == [
        *("account", "ledger", "whole", "writable", "keyring", "password of main", "CA of main", "clock", "last sync"),
    ]
    assert found["ledger"] == (True, f"{registered.state}, mode 0600")
    assert found["password of main"] == (True, "comes out of its command")
    assert found["CA of main"][1].startswith(str(simulator.ca_bundle))
    assert found["keyring"][0] is None
    assert found["last sync"][0] is True
    assert simulator.requests == []
    assert registered("-q", "doctor") == Done(0, "", "")


def test_one_screen_of_80_columns_under_cron_s_environment(registered: Prsync) -> None:
    cron = {"HOME": str(registered.home), "PATH": "/usr/bin:/bin", "PRSYNC_STATE": str(registered.state)}
    command = [sys.executable, "-m", "prsync", "doctor"]
    done = subprocess.run(command, env=cron, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) <= 24
    assert [line for line in lines if len(line) > 80 and "/" not in line] == []  # a path is left whole
    assert {line[:5] for line in lines} <= {"ok   ", "-    ", "BAD  ", "     "}
    assert str(registered.home) in done.stdout


def test_nothing_is_changed_and_nothing_is_made(prsync: Prsync, registered: Prsync, tmp_path: Path) -> None:
    registered("sync")
    before = {file: file.read_bytes() for file in registered.home.rglob("*") if file.is_file()}
    assert registered("doctor").status == 0
    assert {file: file.read_bytes() for file in registered.home.rglob("*") if file.is_file()} == before

    nowhere = tmp_path / "new" / "ledger.db"
    found = findings(prsync, {"PRSYNC_STATE": str(nowhere)})
    assert wrong(found) == {
        "ledger": f"none at {nowhere}: prsync server add makes one; if there is one elsewhere, PRSYNC_STATE says where",
        "servers": "none is registered, so a run collects nothing: prsync server add",
    }
    assert not nowhere.parent.exists()


def test_with_q_only_what_is_wrong_is_told(registered: Prsync) -> None:
    registered.state.chmod(0o644)
    done = registered("-q", "doctor")
    assert (done.status, done.stderr) == (1, "")
    assert done.stdout.replace("\n     ", " ") == (
        f"BAD  ledger: {registered.state}, mode 0644, which lets others read it: chmod 600 {registered.state}\n"
    )


def test_a_password_that_does_not_come_out(registered: Prsync) -> None:
    (registered.home / "password").unlink()
    assert wrong(findings(registered)) == {
        "password of main": "the password command of server main failed: it ended with status 1; run it by hand in this"
        " environment"
    }


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "{}: No such file or directory: prsync server update --ca-bundle FILE names another"),
        ("nonsense", "{} holds no CA certificate in PEM form: prsync server update --ca-bundle"),
    ],
)
def test_a_ca_that_is_not_there(registered: Prsync, tmp_path: Path, content: str | None, what: str) -> None:
    bundle = tmp_path / "other-ca.pem"
    if content is not None:
        bundle.write_text(content)
    change(registered, "UPDATE servers SET ca_bundle = ?", str(bundle))
    assert wrong(findings(registered)) == {"CA of main": what.format(bundle)}


def test_a_ledger_that_is_none(registered: Prsync) -> None:
    registered.state.write_bytes(b"not a database, but long enough to be taken for one" * 100)
    found = wrong(findings(registered))
    assert "file is not a database" in found["ledger"]
    assert found.keys() == {"ledger", "whole", "writable"}


def test_a_ledger_that_another_program_keeps_to_itself(registered: Prsync) -> None:
    with closing(sqlite3.connect(registered.state, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = wrong(findings(registered))
        other.execute("ROLLBACK")
    assert found == {"writable": "database is locked: can this account write ledger.db and its folder?"}


def test_a_clock_that_has_lost_its_battery(registered: Prsync) -> None:
    change(registered, "INSERT INTO runs (command, started_at) VALUES ('certify', '2026-11-26T05:30:00Z')")
    found = wrong(findings(always_at(NOW, registered)))
    assert found.keys() == {"clock"}
    assert found["clock"].endswith("is the clock set?")


@pytest.mark.parametrize(
    ("hours", "outcome", "ok", "what"),
    [
        (3, "ok", True, "ok"),
        (3, "failed", None, "failed: prsync health tells what is wrong now"),
        (3, None, None, "killed: prsync health tells what is wrong now"),
        (25, "ok", True, "ok"),
        (27, "ok", False, "ok, more than a night ago: does cron run?"),
        (27, "failed", False, "failed, more than a night ago: does cron run?"),
    ],
)
def test_when_the_last_sync_was(
    registered: Prsync, hours: int, outcome: str | None, ok: bool | None, what: str
) -> None:
    begun = NOW - timedelta(hours=hours)
    started = begun.isoformat().replace("+00:00", "Z")
    change(registered, "INSERT INTO runs (command, started_at, outcome) VALUES ('sync', ?, ?)", started, outcome)
    assert findings(always_at(NOW, registered))["last sync"] == (ok, f"{begun:%Y-%m-%d %H:%M} UTC, {what}")


def test_a_sync_that_is_running_is_well_unless_it_has_been_for_a_day(registered: Prsync, simulator: Simulator) -> None:
    simulator.forget_requests()
    simulator.answer_with(lambda request: request.method == "POST", Answer(hold=Event()))
    with registered.start("sync") as process:
        assert eventually(lambda: simulator.requests)
        assert findings(registered)["last sync"][0] is True
        change(registered, "UPDATE runs SET started_at = '2026-01-01T00:00:00Z'")
        stuck = findings(registered)["last sync"]
        process.kill()
    assert stuck == (False, "2026-01-01 00:00 UTC, running, more than a night ago: is it stuck?")


def test_a_keyring_that_is_needed_and_not_there(registered: Prsync) -> None:
    change(registered, "UPDATE servers SET password_command = NULL")
    assert wrong(findings(registered)) == {
        "keyring": "no keyring can be used here: there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set); give"
        " --password-command CMD, or run prsync where the keyring is unlocked (examples/prsync-with-keyring unlocks"
        " one)",
        "password of main": "it is in the keyring, which cannot be used here",
    }
    unsafe = findings(registered, {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"})
    assert "keyring.backends.null.Keyring is not one of the system's" in wrong(unsafe)["keyring"]


@needs_keyring
def test_a_keyring_unlocked_and_locked(prsync: Prsync, simulator: Simulator, tmp_path: Path) -> None:
    options = ["--url", simulator.url, "--username", simulator.username, "--ca-bundle", str(simulator.ca_bundle)]
    with keyring_session(tmp_path) as session:
        add = ("server", "add", "main", *options, "--password-stdin")
        assert prsync(*add, stdin=simulator.password, env=session.environment).status == 0

        found = findings(prsync, session.environment)
        assert wrong(found) == {}
        assert found["keyring"] == (True, "keyring.backends.SecretService.Keyring, unlocked")
        assert found["password of main"] == (True, "comes out of the keyring")
        change(prsync, "UPDATE servers SET username = 'somebody else'")
        assert wrong(findings(prsync, session.environment)) == {
            "password of main": "the keyring has no password for server main: prsync server update main"
            " --password-stdin keeps one"
        }
        session.lock()
        assert "it is locked" in wrong(findings(prsync, session.environment))["keyring"]
        assert on_a_terminal(prsync, session.environment) == 1


def on_a_terminal(prsync: Prsync, environment: Mapping[str, str]) -> int:
    """The status of `doctor` where a person could be asked, which it must not do."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "prsync", "doctor"],
        env=prsync.environment | dict(environment),
        encoding="utf-8",
        timeout=20,
    )
    child.expect_exact("BAD  keyring: no keyring can be used here: it is locked;")
    child.expect(pexpect.EOF)
    child.wait()
    return int(child.exitstatus)


def test_what_is_found_is_shown_at_once(registered: Prsync, tmp_path: Path) -> None:
    """A password command may take its time: what was found before it is on the screen already."""
    go = tmp_path / "go"
    os.mkfifo(go)
    change(registered, "UPDATE servers SET password_command = ?", f"cat {go}")
    with registered.start("doctor") as process:
        assert process.stdout is not None
        shown = [process.stdout.readline() for _ in range(2)]
        go.write_text("password\n")
        rest, _ = process.communicate(timeout=30)
    assert shown[0].startswith("-    account")
    assert "password of main: comes out of its command" in rest


def test_no_password_is_shown(registered: Prsync, simulator: Simulator) -> None:
    for options in ([], ["--json"]):
        done = registered("-v", "doctor", *options)
        assert simulator.password not in done.stdout + done.stderr
