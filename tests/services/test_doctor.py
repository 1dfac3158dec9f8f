"""What the doctor finds, each told by the very thing that goes wrong; it changes nothing and asks nobody."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from keyring.backends.null import Keyring as NullKeyring
from tests.edges.ledgers import feed_settings
from tests.services.running import NOW
from tests.support import rows

from prsync.core.settings import ServerSettings
from prsync.demo.traffic import Answer
from prsync.services.doctor import examine
from prsync.services.finding import Finding
from prsync.services.runs import recorded
from prsync.services.server_access import connect_at_once
from prsync.store.feed_table import NewFeed
from prsync.store.ledger import Ledger
from prsync.store.records import RunOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from prsync.demo.simulator import Simulator

NO_SESSION = "there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set)"


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account without a keyring, as cron's: nobody's own is to be asked because they run the tests."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    yield
    keyring.set_keyring(before)


@pytest.fixture
def state(tmp_path: Path, simulator: Simulator) -> Path:
    """A ledger with the server main, whose password a command prints."""
    settings = ServerSettings(
        name="main",
        url=simulator.url,
        username=simulator.username,
        password_command="printf secret",
        ca_bundle=str(simulator.ca_bundle),
    )
    path = tmp_path / "state" / "ledger.db"
    with Ledger(path) as ledger:
        ledger.servers.add(settings, NOW)
    return path


def change(state: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(state)) as ledger, ledger:
        ledger.execute(sql, values)


def findings(state: Path, now: datetime = NOW) -> dict[str, Finding]:
    return {finding.about: finding for finding in examine(state, now, "Europe/Copenhagen")}


def wrong(found: Mapping[str, Finding]) -> dict[str, str]:
    return {about: finding.found for about, finding in found.items() if finding.ok is False}


def test_all_is_well(state: Path, simulator: Simulator) -> None:
    found = findings(state)
    assert wrong(found) == {}
    assert list(found)[:9] == [
        *("account", "ledger", "whole", "writable", "keyring", "password of main", "CA of main", "clock", "last sync"),
    ]
    assert found["ledger"] == Finding("ledger", True, f"{state}, mode 0600")
    assert found["password of main"] == Finding("password of main", True, "comes out of its command")
    assert found["CA of main"] == Finding("CA of main", True, f"{simulator.ca_bundle}, valid until 3000-01-01")
    assert found["clock"] == Finding("clock", True, "2026-11-24 01:30:00 UTC, time zone Europe/Copenhagen")
    assert found["last sync"] == Finding("last sync", None, "none yet")
    # It is not needed, so that it is neither good nor bad.
    without = f"cannot be used here, and no server needs it so far: {NO_SESSION}"
    assert found["keyring"] == Finding("keyring", None, without)
    assert simulator.requests == []


def test_a_finding_as_json_has_it() -> None:
    assert Finding("whole", True, "yes").document() == {"about": "whole", "ok": True, "found": "yes"}


def test_no_password_is_among_the_findings(state: Path) -> None:
    assert "secret" not in str(findings(state))


def test_nothing_is_changed(state: Path) -> None:
    def files() -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in state.parent.iterdir()}

    before = files()
    findings(state)
    assert files() == before


def test_nothing_is_made_where_there_is_no_ledger(tmp_path: Path) -> None:
    nowhere = tmp_path / "new" / "ledger.db"
    assert wrong(findings(nowhere)) == {
        "ledger": f"none at {nowhere}: prsync server add makes one; if there is one elsewhere, PRSYNC_STATE says where",
    }
    assert not nowhere.parent.exists()


def test_a_ledger_that_others_may_read(state: Path) -> None:
    state.chmod(0o644)
    assert wrong(findings(state)) == {"ledger": f"{state}, mode 0644, which lets others read it: chmod 600 {state}"}


def test_a_ledger_that_is_none(state: Path) -> None:
    state.write_bytes(b"not a database, but long enough to be taken for one" * 100)
    found = wrong(findings(state))
    assert "file is not a database" in found["ledger"]
    assert found["whole"].endswith(": restore a backup, docs/ledger.md says how")
    assert found.keys() == {"ledger", "whole", "writable"}


def test_a_ledger_that_another_program_keeps_to_itself(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prsync.store.checks._WAIT_SECONDS", 0.01)
    with closing(sqlite3.connect(state, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = wrong(findings(state))
        other.execute("ROLLBACK")
    assert found == {"writable": "database is locked: can this account write ledger.db and its folder?"}


def test_a_password_that_does_not_come_out(state: Path) -> None:
    change(state, "UPDATE servers SET password_command = 'false'")
    assert wrong(findings(state)) == {
        "password of main": "the password command of server main failed: it ended with status 1; run it by hand in this"
        " environment"
    }


def test_a_keyring_that_is_needed_and_not_there(state: Path) -> None:
    change(state, "UPDATE servers SET password_command = NULL")
    assert wrong(findings(state)) == {
        "keyring": f"no keyring can be used here: {NO_SESSION}; give --password-command CMD, or run prsync where the"
        " keyring is unlocked (examples/prsync-with-keyring unlocks one)",
        "password of main": "it is in the keyring, which cannot be used here",
    }


def test_a_keyring_that_may_keep_passwords_in_plain_text(state: Path) -> None:
    keyring.set_keyring(NullKeyring())  # type: ignore[no-untyped-call]
    change(state, "UPDATE servers SET password_command = NULL")
    assert "keyring.backends.null.Keyring is not one of the system's" in wrong(findings(state))["keyring"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "{}: No such file or directory: prsync server update main --ca-bundle names another"),
        ("nonsense", "{} holds no CA certificate in PEM form: prsync server update main --ca-bundle names another"),
    ],
    ids=["gone", "nonsense"],
)
def test_a_ca_bundle_that_cannot_be_used(state: Path, tmp_path: Path, content: str | None, what: str) -> None:
    bundle = tmp_path / "other-ca.pem"
    if content is not None:
        bundle.write_text(content)
    change(state, "UPDATE servers SET ca_bundle = ?", str(bundle))
    assert wrong(findings(state)) == {"CA of main": what.format(bundle)}


def test_a_ca_that_has_expired(state: Path, simulator: Simulator) -> None:
    change(state, "UPDATE servers SET health_checked_at = NULL")
    late = findings(state, datetime(3000, 6, 1, tzinfo=UTC))["CA of main"]
    assert (late.ok, late.found) == (
        False,
        f"{simulator.ca_bundle} has expired on 3000-01-01: prsync server update main --ca-bundle names another",
    )


def test_a_clock_that_has_lost_its_battery(state: Path) -> None:
    change(state, "INSERT INTO runs (command, started_at) VALUES ('certify', '2026-11-25T01:30:00Z')")
    assert wrong(findings(state)) == {
        "clock": "2026-11-24 01:30:00 UTC, time zone Europe/Copenhagen: the ledger has been written at 2026-11-25"
        " 01:30:00 UTC already; is the clock set?"
    }
    assert wrong(findings(state, NOW + timedelta(days=1))) == {}


def test_a_run_that_ends_while_the_doctor_looks_is_no_sign_of_a_wrong_clock(state: Path) -> None:
    change(state, "INSERT INTO runs (command, started_at) VALUES ('certify', '2026-11-24T01:31:00Z')")
    assert wrong(findings(state)) == {}


def test_a_sync_that_was_never_run_is_missed(state: Path) -> None:
    with Ledger(state) as ledger:
        server = ledger.servers.named("main")
        settings = feed_settings(activation_date=NOW.date())
        new = NewFeed(server_id=server.id, organization_id="1001", organization_name="Acme", settings=settings)
        ledger.feeds.add([new], NOW)
    assert findings(state, NOW + timedelta(hours=26))["last sync"].ok is None
    missed = findings(state, NOW + timedelta(hours=27))["last sync"]
    since = "none since the first feed was added, 2026-11-24 01:30 UTC: does cron run?"
    assert missed == Finding("last sync", False, since)


@pytest.mark.parametrize("only", ["sync --feed", "sync"])
def test_a_run_that_others_kept_from_its_work_or_of_single_feeds_is_no_nightly_one(state: Path, only: str) -> None:
    outcome = "locked" if only == "sync" else "ok"
    insert = "INSERT INTO runs (command, started_at, outcome) VALUES (?, ?, ?)"
    change(state, insert, "sync", "2026-11-20T01:30:00Z", "ok")
    change(state, insert, only, "2026-11-24T01:00:00Z", outcome)
    assert findings(state)["last sync"].found.startswith("2026-11-20 01:30 UTC, ok, more than a night ago")


def test_a_server_that_did_not_let_us_in_is_told_without_asking_it(state: Path) -> None:
    change(state, "UPDATE servers SET health = 'unhealthy', health_error = 'status 503'")
    told = Finding("server main", None, "did not let us in at the last check: status 503")
    assert findings(state)["server main"] == told


def test_a_ledger_that_cannot_be_written_is_whole_all_the_same(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root, as whom the tests may run, can write everywhere.
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    found = findings(state)
    assert found["whole"].ok
    assert found["writable"] == Finding(
        "writable", False, f"{state} is not writable: can this account write ledger.db and its folder?"
    )


@pytest.mark.parametrize(
    ("hours", "outcome", "ok", "what"),
    [
        (3, "ok", True, "ok"),
        (3, "failed", None, "failed: prsync health tells what is wrong now"),
        (3, None, None, "killed: prsync run show sync tells whom it left out"),
        (26, "ok", True, "ok"),
        (27, "ok", False, "ok, more than a night ago: does cron run?"),
        (27, "failed", False, "failed, more than a night ago: does cron run?"),
    ],
)
def test_when_the_last_sync_was(state: Path, *, hours: int, outcome: str | None, ok: bool | None, what: str) -> None:
    begun = NOW - timedelta(hours=hours)
    started = begun.isoformat().replace("+00:00", "Z")
    change(state, "INSERT INTO runs (command, started_at, outcome) VALUES ('sync', ?, ?)", started, outcome)
    assert findings(state)["last sync"] == Finding("last sync", ok, f"{begun:%Y-%m-%d %H:%M} UTC, {what}")


def test_a_sync_that_is_running_is_well_unless_it_has_been_for_a_day(state: Path) -> None:
    with Ledger(state) as ledger, recorded(ledger, "sync", datetime(2026, 11, 23, 1, 30, tzinfo=UTC)):
        assert findings(state)["last sync"] == Finding("last sync", True, "2026-11-23 01:30 UTC, running")
        stuck = findings(state, NOW + timedelta(hours=3))["last sync"]
    assert stuck == Finding("last sync", False, "2026-11-23 01:30 UTC, running, more than a night ago: is it stuck?")


@pytest.mark.parametrize("is_there", [True, False])
def test_whether_what_cron_says_reaches_anybody(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_there: bool
) -> None:
    monkeypatch.setattr("prsync.services.doctor._SENDMAIL_PATH", str(tmp_path / "sbin"))
    monkeypatch.setenv("PATH", "/nowhere")
    if is_there:
        (tmp_path / "sbin").mkdir()
        (tmp_path / "sbin" / "sendmail").touch(mode=0o755)
    change(state, "UPDATE servers SET password_command = '/usr/bin/printf secret'")
    found = findings(state)
    assert ("mail" not in found) is is_there
    assert wrong(found) == {}


# At the servers.


@pytest.fixture
def connected(state: Path, simulator: Simulator) -> Path:
    """The server has a feed, and its password command prints the right password."""
    password = state.parent / "password"
    password.write_text(simulator.password)
    change(state, "UPDATE servers SET password_command = ?", f"cat {password}")
    organization = simulator.fleet.organizations[0]
    settings = feed_settings(activation_date=NOW.date() - timedelta(days=20))
    with Ledger(state) as ledger:
        new = NewFeed(
            server_id=1,
            organization_id=organization.organization_id,
            organization_name=organization.name,
            settings=settings,
        )
        ledger.feeds.add([new], NOW)
    return state


def connecting(state: Path) -> dict[str, Finding]:
    return {finding.about: finding for finding in examine(state, NOW, "UTC", connect_at_once)}


def test_a_server_that_lets_us_in(connected: Path, simulator: Simulator) -> None:
    found = connecting(connected)
    assert found["server main"] == Finding("server main", True, f"{simulator.url} lets {simulator.username} in")
    name = rows(connected, "SELECT name FROM feeds")[0]["name"]
    assert found[f"feed {name}"] == Finding(f"feed {name}", True, "its devices are answered for, as of 2026-11-23")
    assert wrong(found) == {}


def test_a_feed_whose_devices_are_refused_is_found_before_the_first_run(connected: Path, simulator: Simulator) -> None:
    name = rows(connected, "SELECT name FROM feeds")[0]["name"]
    simulator.answer_with(lambda request: request.path.endswith("/devices"), Answer(status=403))
    assert "status 403" in wrong(connecting(connected))[f"feed {name}"]


def test_a_server_where_tonights_run_would_fail(connected: Path, simulator: Simulator) -> None:
    simulator.change_password("another")
    assert wrong(connecting(connected))["server main"].startswith(f"{simulator.url} refuses user {simulator.username}")


def test_a_server_is_not_asked_with_a_password_that_is_not_to_be_had(connected: Path, simulator: Simulator) -> None:
    change(connected, "UPDATE servers SET password_command = 'false'")
    asked = len(simulator.requests)
    assert wrong(connecting(connected)).keys() == {"password of main"}
    assert len(simulator.requests) == asked


def test_a_server_whose_feed_is_paused_is_not_asked(connected: Path, simulator: Simulator) -> None:
    change(connected, "UPDATE feeds SET paused = 1")
    asked = len(simulator.requests)
    assert connecting(connected)["server main"].ok is None
    assert len(simulator.requests) == asked


def test_a_feed_that_failed_is_asked_for_again(connected: Path) -> None:
    name = rows(connected, "SELECT name FROM feeds")[0]["name"]
    change(connected, "UPDATE feeds SET last_error = 'status 502'")
    found = connecting(connected)
    assert found[f"feed {name}"].ok is None
    assert found[f"feed {name}"].found == "is answered for now; it failed in the last run: status 502"
    change(connected, "UPDATE feeds SET organization_id = '9999'")
    assert "status 404" in wrong(connecting(connected))[f"feed {name}"]


def test_a_clock_by_which_a_deposited_day_is_not_over(connected: Path) -> None:
    change(connected, "UPDATE feeds SET looked_through = '2026-11-24', synced_through = '2026-11-24'")
    assert wrong(findings(connected)) == {
        "clock": "the clock says 2026-11-24 01:30 UTC, and 2026-11-24 is deposited already; is the clock set?"
    }


def test_a_run_that_ends_while_we_look_is_not_called_killed(connected: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger(connected) as ledger:
        run = ledger.runs.start("sync", NOW)

        def ends_meanwhile(_path: Path, _run: int) -> bool:
            if ledger.runs.get(run).finished_at is None:
                ledger.runs.finish(run, RunOutcome.OK, {}, NOW)
            return False

        monkeypatch.setattr("prsync.services.runs.is_running", ends_meanwhile)
        assert findings(connected)["last sync"] == Finding("last sync", True, "2026-11-24 01:30 UTC, ok")
