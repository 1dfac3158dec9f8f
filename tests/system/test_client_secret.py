"""The secret of a server's OAuth client: kept like the password, from the command line to the token request."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

import pytest
from tests.support import rows
from tests.support.keyring_session import keyring_session, needs_keyring
from tests.support.wheel import ROOT

from prsync.demo.simulator import Simulator
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Prsync
    from tests.support.keyring_session import KeyringSession

    from prsync.demo.fleet import Fleet

SECRET: Final = "the-client-s-own-secret"
PROFILE: Final = ROOT / "examples/profiles/3manager-odata.toml"


@pytest.fixture
def server(fleet: Fleet, tmp_path: Path) -> Iterator[Simulator]:
    """A 3manager that wants a client with a secret beside the user."""
    with Simulator(
        fleet,
        folder=tmp_path / "server",
        profile=Profile.load(str(PROFILE)),
        client_id="prsync",
        client_secret=SECRET,
    ) as running:
        yield running


@pytest.fixture
def session(tmp_path: Path) -> Iterator[KeyringSession]:
    with keyring_session(tmp_path) as running:
        yield running


def options(server: Simulator) -> list[str]:
    return [
        *("--url", server.url, "--username", server.username, "--ca-bundle", str(server.ca_bundle)),
        *("--profile", str(PROFILE), "--client-id", "prsync"),
    ]


def commands(server: Simulator, secret: str = SECRET) -> list[str]:
    return ["--password-command", f"echo {server.secrets[0]}", "--client-secret-command", f"echo {secret}"]


def kept(session: KeyringSession) -> set[tuple[str, str, str]]:
    return {(entry.service, entry.username, entry.password) for entry in session.entries()}


def client_entry(server: Simulator, name: str, client_id: str, secret: str) -> tuple[str, str, str]:
    return (f"prsync: client of 3manager server {name} ({server.url})", client_id, secret)


def password_entry(server: Simulator, name: str) -> tuple[str, str, str]:
    return (f"prsync: 3manager server {name} ({server.url})", server.username, server.secrets[0])


def test_out_of_a_command_each_time(prsync: Prsync, server: Simulator) -> None:
    added = prsync("server", "add", "main", *options(server), *commands(server))
    assert (added.status, added.stderr) == (0, "")
    assert prsync("server", "check", "main").status == 0
    shown = prsync("server", "show", "main", "--json").json()
    assert (shown["client_secret_command"], shown["client_secret_in_keyring"]) == (f"echo {SECRET}", False)


def test_a_wrong_one_speaks_of_the_client_and_stores_nothing(prsync: Prsync, server: Simulator) -> None:
    added = prsync("server", "add", "main", *options(server), *commands(server, "guessed"))
    assert added.status == 1
    assert "refuses the client prsync (invalid_client, status 401)" in added.stderr
    assert "--client-secret-stdin" in added.stderr
    assert added.stderr.count("\n") == 1
    assert "guessed" not in added.stderr
    assert rows(prsync.state, "SELECT name FROM servers") == []


def test_before_a_server_is_registered_the_probe_takes_it_too(prsync: Prsync, server: Simulator) -> None:
    given = f"{server.secrets[0]}\n{SECRET}\n"
    probed = prsync("server", "probe", *options(server), "--password-stdin", "--client-secret-stdin", stdin=given)
    assert (probed.status, probed.stderr) == (0, "")
    assert SECRET not in probed.stdout
    assert not prsync.state.exists()


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (("--client-id", "prsync", "--client-secret-stdin", "--client-secret-command", "x"), "give one of the two"),
        (("--client-secret-command", "echo x"), "--client-id (none): a client secret needs the client's id, too"),
        (("--client-id", "prsync", "--client-secret-command", "echo 'x"), "its quotes do not match"),
        (("--client-id", "prsync", "--client-secret-command", "false"), "client secret command of server main failed"),
        (("--client-id", "prsync", "--client-secret-command", "true"), "it printed no client secret"),
    ],
    ids=["both", "no client", "quotes", "fails", "prints nothing"],
)
def test_what_cannot_be_is_one_line(prsync: Prsync, server: Simulator, given: tuple[str, ...], line: str) -> None:
    where = ["--url", server.url, "--username", server.username, "--password-command", "echo x"]
    refused = prsync("server", "add", "main", *where, *given)
    assert refused.status in {1, 2}
    assert line in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_where_the_password_is_the_secret_there_is_no_other(prsync: Prsync, server: Simulator, tmp_path: Path) -> None:
    profile = tmp_path / "credentials.toml"
    profile.write_text('[auth]\ngrant = "client_credentials"\n')
    where = ["--url", server.url, "--username", "client", "--password-command", "echo x", "--profile", str(profile)]
    refused = prsync("server", "add", "main", *where, "--client-id", "a", "--client-secret-command", "echo x")
    assert refused.status == 2
    assert "the client secret (not shown): with auth.grant client_credentials there is none" in refused.stderr


@needs_keyring
def test_in_the_keyring_beside_the_password(
    prsync: Prsync, server: Simulator, session: KeyringSession, tmp_path: Path
) -> None:
    def run(*command: object, stdin: str = "") -> int:
        return prsync("server", *command, stdin=stdin, env=session.environment).status

    both = f"{server.secrets[0]}\n{SECRET}\n"
    stdin = ("--password-stdin", "--client-secret-stdin")
    assert run("add", "main", *options(server), *stdin, stdin=f"{server.secrets[0]}\nwrong\n") == 1
    assert kept(session) == set()
    assert run("add", "main", *options(server), *stdin, stdin=both) == 0
    assert kept(session) == {password_entry(server, "main"), client_entry(server, "main", "prsync", SECRET)}
    assert run("check", "main") == 0
    assert prsync("doctor", env=session.environment).stdout.count("comes out of the keyring") == 2

    # It moves with the server's name, and with the client's id; a failure leaves everything as it was.
    assert run("update", "main", "--name", "first") == 0
    assert kept(session) == {password_entry(server, "first"), client_entry(server, "first", "prsync", SECRET)}
    assert run("update", "first", "--client-id", "other") == 1
    assert kept(session) == {password_entry(server, "first"), client_entry(server, "first", "prsync", SECRET)}
    server._tokens.client_id = "other"
    assert run("update", "first", "--client-id", "other") == 0
    assert kept(session) == {password_entry(server, "first"), client_entry(server, "first", "other", SECRET)}

    # A new one takes its place.
    server._tokens.client_secret = "a newer one"
    server.expire_tokens()
    assert run("update", "first", "--client-secret-stdin", stdin="not that one\n") == 1
    assert run("update", "first", "--client-secret-stdin", stdin="a newer one\n") == 0
    assert kept(session) == {password_entry(server, "first"), client_entry(server, "first", "other", "a newer one")}

    # Out of a command, and back, and without one.
    assert run("update", "first", "--client-secret-command", "echo a newer one") == 0
    assert kept(session) == {password_entry(server, "first")}
    assert run("update", "first", "--client-secret-stdin", stdin="a newer one\n") == 0
    assert len(kept(session)) == 2
    server._tokens.client_id = server._tokens.client_secret = None
    assert run("update", "first", "--client-id", "") == 0
    assert kept(session) == {password_entry(server, "first")}

    assert run("remove", "first") == 0
    assert kept(session) == set()
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [
        file for file in files if any(word in file.read_bytes() for word in (SECRET.encode(), b"a newer one"))
    ] == []


@needs_keyring
def test_where_the_keyring_has_lost_it(prsync: Prsync, server: Simulator, session: KeyringSession) -> None:
    stdin = f"{SECRET}\n"
    command = ("--password-command", f"echo {server.secrets[0]}", "--client-secret-stdin")
    assert prsync("server", "add", "main", *options(server), *command, stdin=stdin, env=session.environment).status == 0
    with closing(sqlite3.connect(prsync.state)) as ledger, ledger:
        ledger.execute("UPDATE servers SET client_id = 'other'")

    synced = prsync("-q", "sync", env=session.environment)

    assert synced.status == 1
    assert synced.stderr == (
        "prsync: server main: the keyring has no client secret for server main: prsync server update main"
        " --client-secret-stdin keeps one\n"
    )
