"""A server's life as a sysadmin types it: registered, looked at, checked, changed, removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support import Prsync, ScriptedFleet, rows
from tests.support.keyring_session import KeyringSession, keyring_session, needs_keyring
from tests.support.whole_ledger import everything

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support import Done

    from prsync.demo.simulator import Simulator

FIRST = date(2026, 11, 2)
PROFILE = Path(__file__).parents[2] / "src/prsync/threemanager/profile.toml"
COLUMNS = {
    "id", "name", "url", "username", "client_id", "password_command", "ca_bundle", "profile", "health", "health_error",
    "health_checked_at", "health_changed_at", "created_at", "client_secret_command", "client_secret_in_keyring",
    "connections",
}  # fmt: skip


@pytest.fixture
def fleet() -> ScriptedFleet:
    scripted = ScriptedFleet("Acme A/S", "Ærø Færger")
    scripted.reads_daily("A", FIRST - timedelta(days=1), [1000, 1120, 1180])
    return scripted


def test_a_registered_server_is_listed_shown_and_named_in_both_forms(registered: Prsync, simulator: Simulator) -> None:
    assert simulator.url in registered("server", "list").stdout
    (listed,) = registered("server", "list", "--json").json()
    shown = registered("server", "show", "main", "--json").json()
    assert listed == shown
    assert set(shown) == COLUMNS
    assert (shown["name"], shown["url"], shown["username"]) == ("main", simulator.url, simulator.username)
    assert (shown["health"], shown["health_error"], shown["ca_bundle"]) == (
        "healthy",
        None,
        str(simulator.ca_bundle),
    )
    text = registered("server", "show", "main").stdout
    assert f"url                       {simulator.url}\n" in text
    assert "client_id                 -\n" in text


def test_its_organizations_are_listed_with_the_feeds_they_are_connected_as(registered: Prsync) -> None:
    assert registered("feed", "add", "main", "1002", "--name", "Ferries").status == 0
    assert registered("server", "organizations", "main", "--json").json() == [
        {"organization_id": "1001", "name": "Acme A/S", "feed": None},
        {"organization_id": "1002", "name": "Ærø Færger", "feed": "Ferries"},
    ]
    lines = registered("server", "organizations", "main").stdout.splitlines()
    assert [line.split() for line in lines[1:]] == [["1001", "Acme", "A/S", "-"], ["1002", "Ærø", "Færger", "Ferries"]]


STEPS = ["password", "URL", "TLS", "token", "organizations", "devices", "history"]


def _fails(prsync: Prsync, step: str, words: str) -> None:
    """Check the server: what comes before `step` has passed, nothing comes after it, and the ledger knows."""
    done = prsync("server", "check", "main", "--json")
    assert done.status == 1
    assert (done.json()["server"], done.json()["ok"]) == ("main", False)
    *passed, failed = done.json()["steps"]
    assert passed == [{"step": name, "ok": True, "error": None, "skipped": None} for name in STEPS[: STEPS.index(step)]]
    assert (failed["step"], failed["ok"]) == (step, False)
    assert words in failed["error"]
    assert done.stderr == f"prsync: server main: {failed['error']}\n"
    assert rows(prsync.state, "SELECT health, health_error FROM servers") == [
        {"health": "unhealthy", "health_error": failed["error"]}
    ]


def test_a_check_names_each_step_as_it_passes_or_fails(registered: Prsync, simulator: Simulator) -> None:
    password = (registered.home / "password").read_text()
    (registered.home / "password").write_text("wrong\n")
    _fails(registered, "token", "refuses user")
    (registered.home / "password").write_text(password)

    simulator.stop()
    _fails(registered, "URL", f"cannot reach {simulator.url}: connection refused")
    done = registered("server", "check", "main")
    assert done.stdout.split() == ["password", "ok", "URL", "FAILED"]

    simulator.start()
    done = registered("server", "check", "main")
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.split() == [word for name in STEPS for word in (name, "ok")]
    assert registered("-q", "server", "check", "main").stdout == ""
    assert rows(registered.state, "SELECT health, health_error FROM servers") == [
        {"health": "healthy", "health_error": None}
    ]


def test_a_change_is_said_once_the_server_has_let_us_in_with_it(registered: Prsync, simulator: Simulator) -> None:
    before = everything(registered.state)
    refused = registered("server", "update", "main", "--client-id", "other", "--username", "nobody")
    assert (refused.status, refused.stdout) == (1, "")
    assert everything(registered.state) == before

    options = registered.server_options(simulator)
    done = registered("server", "update", "main", *options, "--client-id", "prsync", "--name", "new", "--json")
    assert (done.status, done.json()["name"], done.json()["client_id"]) == (0, "new", "prsync")
    assert done.json()["ca_bundle"] == str(simulator.ca_bundle)
    # What was given can be taken away again.
    done = registered("server", "update", "new", "--client-id", "")
    assert done.stdout == f"Server new is changed: {simulator.url} lets {simulator.username} in.\n"
    assert registered("server", "show", "new", "--json").json()["client_id"] is None
    assert registered("server", "show", "main").status == 2


def test_the_same_3manager_under_a_second_name_is_said_and_no_customer_is_connected_at_both(
    registered: Prsync, simulator: Simulator
) -> None:
    assert registered("feed", "add", "main", "1001", "--name", "Acme").status == 0
    options = registered.server_options(simulator)
    added = registered("server", "add", "again", *options)
    assert added.status == 0
    assert added.stderr == (
        "prsync: server again is the same 3manager as server main; connect each customer at one only\n"
    )
    refused = registered("feed", "add", "again", "1001", "--name", "Acme once more")
    assert (refused.status, "connected already, as feed Acme of server main" in refused.stderr) == (2, True)
    # Nor can one of two servers come to be the other: not even with --yes.
    localhost = simulator.url.replace("127.0.0.1", "localhost")
    assert registered("server", "update", "again", "--url", localhost).status == 0
    assert registered("feed", "add", "again", "1001", "--name", "Acme once more").status == 0
    for server, url in (("again", simulator.url), ("main", f"{localhost}/")):
        refused = registered("server", "update", server, "--url", url, "--yes")
        assert (refused.status, refused.stdout) == (2, "")
        assert "would be the same organization" in refused.stderr


def test_a_removed_server_takes_its_feeds_along_only_if_told_to(registered: Prsync, simulator: Simulator) -> None:
    registered.register(simulator, "empty")
    assert registered("feed", "add", "main", "1001", "--activation-date", FIRST, "--timezone", "UTC").status == 0
    done = registered("server", "remove", "empty")
    assert (done.status, done.stdout) == (0, "Server empty is removed.\n")
    assert registered("server", "remove", "main", "--yes").status == 2
    done = registered("server", "remove", "main", "--cascade", "--yes")
    assert (done.status, done.stdout) == (0, "Server main is removed; its certificates stay.\n")
    assert registered("server", "list").stdout.startswith("No server yet: prsync server add")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[KeyringSession]:
    with keyring_session(tmp_path / "home") as running:
        yield running


@dataclass(frozen=True)
class InSession:
    """prsync in a desktop's session."""

    prsync: Prsync
    environment: Mapping[str, str]

    def __call__(self, *arguments: object, stdin: str = "") -> Done:
        return self.prsync(*arguments, stdin=stdin, env=self.environment)


@needs_keyring
def test_the_password_is_in_the_keyring_under_a_name_that_a_person_recognises_and_goes_with_the_server(
    prsync: Prsync, simulator: Simulator, session: KeyringSession
) -> None:
    run = InSession(prsync, session.environment)
    options = ["--url", simulator.url, "--username", simulator.username, "--ca-bundle", simulator.ca_bundle]

    def entry(name: str, password: str) -> tuple[str, str, str]:
        return f"prsync: 3manager server {name} ({simulator.url})", simulator.username, password

    def named() -> list[tuple[str, str, str]]:
        return [(e.service, e.username, e.password) for e in session.entries()]

    assert run("server", "add", "main", *options, "--password-stdin", stdin="wrong\n").status == 1
    assert run("server", "add", "main", "--url", "http://x.example", "--username", "u").status == 2
    assert named() == []
    assert run("server", "add", "main", *options, "--password-stdin", stdin=f"{simulator.password}\n").status == 0
    assert named() == [entry("main", simulator.password)]
    assert run("sync").status == 0

    old = simulator.password
    simulator.change_password("a new one, with spaces ")
    assert run("sync").status == 1
    assert run("server", "update", "main", "--password-stdin", stdin=old).status == 1
    assert named() == [entry("main", old)]
    assert run("server", "update", "main", "--password-stdin", stdin=simulator.password + "\r\n").status == 0
    assert run("server", "add", "main", *options, "--password-stdin", stdin=simulator.password).status == 2
    assert run("server", "update", "main", "--name", "renamed").status == 0
    assert named() == [entry("renamed", simulator.password)]
    assert run("sync").status == 0

    assert run("server", "update", "renamed", "--password-command", "echo wrong").status == 1
    assert named() == [entry("renamed", simulator.password)]
    assert run("server", "update", "renamed", "--password-command", f"echo '{simulator.password}'").status == 0
    assert named() == []
    assert run("server", "update", "renamed", "--password-stdin", stdin=simulator.password).status == 0
    assert run("server", "show", "renamed", "--json").json()["password_command"] is None
    assert named() == [entry("renamed", simulator.password)]
    assert run("server", "remove", "renamed").status == 0
    assert named() == []


def test_a_bad_profile_is_refused_when_it_is_given_and_nothing_is_stored(
    prsync: Prsync, simulator: Simulator, tmp_path: Path
) -> None:
    path = tmp_path / "profile.toml"
    lines = PROFILE.read_text("utf-8").splitlines()
    place = lines.index('id = "deviceId"')
    lines[place] = "id = 5"
    path.write_text("\n".join(lines), "utf-8")
    done = prsync("server", "add", "main", *prsync.server_options(simulator), "--profile", path)
    assert (done.status, done.stdout) == (2, "")
    told = f"prsync: --profile {path}: is not an API profile: devices.id (line {place + 1}): must be a text\n"
    assert done.stderr == told
    assert simulator.requests == []
