"""The password in a real keyring: gnome-keyring's daemon in a D-Bus session of its own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from tests.support import rows
from tests.support.keyring_session import Entry, keyring_session, needs_keyring

from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Done, Prsync
    from tests.support.keyring_session import KeyringSession

    from prsync.demo.simulator import Simulator

pytestmark = needs_keyring


@pytest.fixture
def session(tmp_path: Path) -> Iterator[KeyringSession]:
    with keyring_session(tmp_path) as running:
        yield running


def add(prsync: Prsync, simulator: Simulator, session: KeyringSession, password: str | None = None) -> Done:
    options = ["--url", simulator.url, "--username", simulator.username, "--ca-bundle", str(simulator.ca_bundle)]
    given = f"{password or simulator.password}\n"
    return prsync("server", "add", "main", *options, "--password-stdin", stdin=given, env=session.environment)


def entry(simulator: Simulator, name: str = "main", url: str | None = None, password: str | None = None) -> Entry:
    service = f"prsync: 3manager server {name} ({url or simulator.url})"
    label = f"Password for '{simulator.username}' on '{service}'"
    return Entry(label, service, simulator.username, password or simulator.password)


def servers(prsync: Prsync) -> list[str]:
    return [row["name"] for row in rows(prsync.state, "SELECT name FROM servers")]


def test_the_password_is_kept_under_a_name_a_person_recognises_and_nowhere_else(
    prsync: Prsync, simulator: Simulator, session: KeyringSession, tmp_path: Path
) -> None:
    done = add(prsync, simulator, session)

    assert (done.status, done.stderr) == (0, "")
    assert session.entries() == [entry(simulator)]
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.name == "login.keyring" for file in files)
    assert [file for file in files if simulator.password.encode() in file.read_bytes()] == []


def test_a_sync_takes_it_from_there_and_only_there(
    prsync: Prsync, simulator: Simulator, session: KeyringSession
) -> None:
    add(prsync, simulator, session)

    assert prsync("sync", env=session.environment).status == 0
    elsewhere = prsync("-q", "sync")

    assert elsewhere.status == 1
    assert elsewhere.stderr == (
        "prsync: server main: no keyring can be used here: there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not"
        " set); give --password-command CMD, or run prsync where the keyring is unlocked"
        " (examples/prsync-with-keyring unlocks one)\n"
    )


def test_a_wrong_password_stores_nothing(prsync: Prsync, simulator: Simulator, session: KeyringSession) -> None:
    done = add(prsync, simulator, session, "guessed")

    assert done.status == 1
    assert done.stderr.count("\n") == 1
    assert "guessed" not in done.stderr
    assert session.entries() == []
    assert servers(prsync) == []


def test_a_new_password_takes_the_old_one_s_place(
    prsync: Prsync, simulator: Simulator, session: KeyringSession
) -> None:
    add(prsync, simulator, session)
    simulator.change_password("another one")
    simulator.expire_tokens()
    update = ("server", "update", "main", "--password-stdin")

    assert prsync(*update, stdin="not that one\n", env=session.environment).status == 1
    assert session.entries() == [entry(simulator, password=simulator.secrets[0])]
    assert prsync(*update, stdin="another one\n", env=session.environment).status == 0
    assert session.entries() == [entry(simulator)]


def test_it_moves_with_the_server_s_name_and_url(prsync: Prsync, simulator: Simulator, session: KeyringSession) -> None:
    add(prsync, simulator, session)
    url = simulator.url.replace("127.0.0.1", "localhost")

    assert prsync("server", "update", "main", "--name", "first", env=session.environment).status == 0
    assert session.entries() == [entry(simulator, "first")]
    assert prsync("server", "update", "first", "--url", url, env=session.environment).status == 0
    assert session.entries() == [entry(simulator, "first", url)]
    assert prsync("server", "check", "first", env=session.environment).status == 0


def test_it_moves_with_the_username(prsync: Prsync, simulator: Simulator, session: KeyringSession) -> None:
    add(prsync, simulator, session)
    old, simulator.username = simulator.username, "somebody.else"
    simulator._tokens.username = simulator.username

    refused = prsync("server", "update", "main", "--username", "nobody", env=session.environment)
    assert refused.status == 1
    assert [found.username for found in session.entries()] == [old]
    assert prsync("server", "update", "main", "--username", "somebody.else", env=session.environment).status == 0
    assert session.entries() == [entry(simulator)]


def test_a_password_command_makes_it_go(prsync: Prsync, simulator: Simulator, session: KeyringSession) -> None:
    add(prsync, simulator, session)
    command = prsync.server_options(simulator)[-2:]

    assert prsync("server", "update", "main", *command, env=session.environment).status == 0
    assert session.entries() == []
    back = prsync("server", "update", "main", "--password-stdin", stdin=simulator.password, env=session.environment)
    assert back.status == 0
    assert session.entries() == [entry(simulator)]


def test_it_goes_with_the_server(prsync: Prsync, simulator: Simulator, session: KeyringSession) -> None:
    add(prsync, simulator, session)

    assert prsync("server", "remove", "main", "--yes", env=session.environment).status == 0
    assert session.entries() == []
    assert servers(prsync) == []


def test_a_locked_keyring_is_one_line_at_once(prsync: Prsync, simulator: Simulator, session: KeyringSession) -> None:
    add(prsync, simulator, session)
    prsync("feed", "add", "main", simulator.fleet.organizations[0].name, env=session.environment)
    session.lock()

    for command in (["sync"], ["server", "organizations", "main"], ["server", "update", "main", "--name", "two"]):
        done = prsync("-q", *command, env=session.environment, timeout=20)
        assert done.status == 1
        assert "no keyring can be used here: it is locked; give --password-command" in done.stderr
        assert "Traceback" not in done.stderr
    simulator.forget_requests()
    assert add(prsync, simulator, session).status == 2  # the name is taken, and that is seen first
    assert simulator.requests == []


def test_what_stays_in_a_locked_keyring_is_told(prsync: Prsync, simulator: Simulator, session: KeyringSession) -> None:
    add(prsync, simulator, session)
    session.lock()

    done = prsync("server", "remove", "main", "--yes", env=session.environment)

    assert done.status == 0
    assert servers(prsync) == []
    assert done.stderr == (
        "prsync: the password of server main stays in the keyring, as"
        f" 'prsync: 3manager server main ({simulator.url})', until you delete it there: it is locked\n"
    )


def test_a_keyring_that_nobody_has_set_up_is_not_waited_for(
    prsync: Prsync, simulator: Simulator, tmp_path: Path
) -> None:
    with keyring_session(tmp_path, "locked") as fresh:
        done = add(prsync, simulator, fresh)

    assert done.status == 1
    assert "it was never set up: nobody has given it a password yet" in done.stderr
    assert simulator.requests == []


def test_a_daemon_that_dies_during_the_log_in_leaves_nothing_behind(
    prsync: Prsync, simulator: Simulator, session: KeyringSession
) -> None:
    def dies(document: object) -> object:
        session.kill_daemon()
        return document

    simulator.answer_with(lambda request: request.method == "POST", Answer(alter=dies))
    done = add(prsync, simulator, session)

    assert done.status == 1
    assert done.stderr.startswith("prsync: no keyring can be used here: ")
    assert done.stderr.count("\n") == 1
    assert servers(prsync) == []


def test_a_ledger_that_takes_no_server_leaves_no_password_behind(
    prsync: Prsync, simulator: Simulator, session: KeyringSession
) -> None:
    def taken(document: object) -> object:
        options = prsync.server_options(simulator)
        simulator.answer_normally()
        assert prsync("server", "add", "main", *options).status == 0
        return document

    simulator.answer_with(lambda request: request.method == "POST", Answer(alter=taken), times=1)
    done = add(prsync, simulator, session)

    assert done.status == 2
    assert "there is a server named main already" in done.stderr
    assert session.entries() == []


def test_a_change_that_the_ledger_does_not_take_leaves_the_password_where_it_was(
    prsync: Prsync, simulator: Simulator, session: KeyringSession
) -> None:
    add(prsync, simulator, session)

    def taken(document: object) -> object:
        with closing(sqlite3.connect(prsync.state)) as ledger, ledger:
            ledger.execute("INSERT INTO servers (name, url, username, created_at) VALUES ('other', 'u', 'u', '2026')")
        return document

    simulator.answer_with(lambda request: request.method == "POST", Answer(alter=taken))
    done = prsync("server", "update", "main", "--name", "other", env=session.environment)

    assert done.status == 2
    assert session.entries() == [entry(simulator)]


def test_a_session_without_a_keyring_daemon_is_told_apart(prsync: Prsync, simulator: Simulator, tmp_path: Path) -> None:
    config = tmp_path / "bus.conf"
    config.write_text(
        "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context='default'>"
        "<allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/></policy></busconfig>"
    )
    with keyring_session(tmp_path, "absent", config=config) as bare:
        done = add(prsync, simulator, bare)

    assert done.status == 1
    assert "no keyring daemon answers in this D-Bus session" in done.stderr
    assert done.stderr.count("\n") == 1
    assert simulator.requests == []
