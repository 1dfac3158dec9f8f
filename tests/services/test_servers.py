"""A server's life: it is registered and changed only once it has let us in, and a failure leaves nothing behind.

These services log in with the real client: the simulated 3manager answers over HTTPS, and passwords come out of a
command. What a keyring makes of it stands in tests/edges and tests/system.
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.services.running import FIRST, NOW, night_of
from tests.support import rows
from tests.support.whole_ledger import everything

from prsync.core.model import Health
from prsync.core.settings import ServerChanges, ServerSettings
from prsync.credentials.passwords import Secret
from prsync.demo.simulator import Simulator
from prsync.errors import (
    ClientRefusedError,
    LockedError,
    LoginRefusedError,
    NameTakenError,
    NotFoundError,
    NothingToChangeError,
    PasswordCommandError,
    PrsyncError,
    RefusedError,
    UntrustedCertificateError,
)
from prsync.process.lock import hold
from prsync.services.health import check_health
from prsync.services.server_access import connect
from prsync.services.server_check import check_server
from prsync.services.server_meters import meters_of
from prsync.services.servers import organizations_with_feeds, register_server, remove_server, update_server
from prsync.store.ledger import Ledger
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services.running import Services

    from prsync.demo.fleet import Fleet
    from prsync.services.servers import AskFor
    from prsync.store.records import Server

LATER = night_of(FIRST)


def _refuse_to_answer() -> Secret:
    raise AssertionError("a secret was asked for")


NOBODY: Final[AskFor] = {"password": _refuse_to_answer, "client secret": _refuse_to_answer}
"""Nobody who could be asked."""


def prints(password: str) -> str:
    """A command that prints a password."""
    return f"printf %s {shlex.quote(password)}"


def settings_of(simulator: Simulator, name: str = "main", **others: Any) -> ServerSettings:
    """How the simulated server is registered."""
    given = {
        "url": simulator.url,
        "username": simulator.username,
        "password_command": prints(simulator.password),
        "ca_bundle": str(simulator.ca_bundle),
    }
    return ServerSettings(name=name, **given | others)


@pytest.fixture
def main(ledger: Ledger, simulator: Simulator) -> Server:
    """The simulated server, registered."""
    return register_server(ledger, settings_of(simulator), NOBODY, NOW)


@pytest.fixture
def other(fleet: Fleet, tmp_path: Path) -> Iterator[Simulator]:
    """A second one, which wants a client id named."""
    with Simulator(fleet, folder=tmp_path / "other", client_id="prsync") as running:
        yield running


# 1. Registered.


def test_a_server_that_lets_us_in_is_registered_healthy(ledger: Ledger, simulator: Simulator, main: Server) -> None:
    assert main.settings == settings_of(simulator)
    assert (main.health, main.health_error, main.created_at) == (Health.HEALTHY, None, NOW)
    assert (main.health_checked_at, main.health_changed_at) == (NOW, NOW)
    assert ledger.servers.all() == [main]
    assert [request.path for request in simulator.requests] == ["/oauth/token", "/api/v1/organizations"]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"password_command": "echo wrong"}, LoginRefusedError),
        ({"password_command": "false"}, PasswordCommandError),
        ({"password_command": "/not/there"}, PasswordCommandError),
        ({"username": "nobody"}, LoginRefusedError),
        ({"ca_bundle": "/not/there.pem"}, UntrustedCertificateError),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else None,
)
def test_a_server_that_does_not_let_us_in_is_not_kept(
    ledger: Ledger, simulator: Simulator, given: dict[str, str], kind: type[PrsyncError]
) -> None:
    before = everything(ledger.path)
    with pytest.raises(kind):
        register_server(ledger, settings_of(simulator, **given), NOBODY, NOW)
    assert everything(ledger.path) == before


def test_a_name_that_is_taken_is_told_before_the_server_is_asked(
    ledger: Ledger, simulator: Simulator, main: Server
) -> None:
    simulator.forget_requests()
    with pytest.raises(NameTakenError, match=f"there is a server named {main.name} already: choose another name"):
        register_server(ledger, settings_of(simulator), NOBODY, NOW)
    assert simulator.requests == []


# 2. Changed.


def test_a_change_is_kept_once_the_server_lets_us_in_with_it(
    ledger: Ledger, main: Server, simulator: Simulator, other: Simulator
) -> None:
    simulator.forget_requests()
    moved = ServerChanges(
        name="new",
        url=other.url,
        ca_bundle=str(other.ca_bundle),
        password_command=prints(other.password),
        client_id="prsync",
    )
    changed = update_server(ledger, "main", moved, {}, LATER)
    assert changed.settings == replace(main.settings, **moved)
    assert (changed.id, changed.created_at) == (main.id, NOW)
    assert (changed.health, changed.health_checked_at) == (Health.HEALTHY, LATER)
    assert ledger.servers.all() == [changed]
    assert simulator.requests == []


def test_a_change_with_which_the_server_does_not_let_us_in_leaves_all_as_it_was(
    ledger: Ledger, main: Server, other: Simulator
) -> None:
    before = everything(ledger.path)
    # Each of these is right only together with the others.
    steps: list[ServerChanges] = [
        {"url": other.url},
        {"url": other.url, "ca_bundle": str(other.ca_bundle)},
        {"url": other.url, "ca_bundle": str(other.ca_bundle), "password_command": prints(other.password)},
        {"username": "nobody"},
        {"password_command": "false"},
    ]
    for changes in steps:
        with pytest.raises(PrsyncError):
            update_server(ledger, main.name, changes, {}, LATER)
    assert everything(ledger.path) == before


def test_what_was_given_can_be_taken_away_again(ledger: Ledger, other: Simulator) -> None:
    register_server(ledger, settings_of(other, client_id="prsync"), NOBODY, NOW)
    with pytest.raises(ClientRefusedError):  # this server wants it named
        update_server(ledger, "main", {"client_id": None}, {}, LATER)
    assert ledger.servers.named("main").client_id == "prsync"
    assert update_server(ledger, "main", {"profile": None}, {}, LATER).profile is None


def test_a_server_that_was_unhealthy_is_healthy_after_a_change_that_lets_us_in(ledger: Ledger, main: Server) -> None:
    ledger.servers.record_health(main, "refused", NOW)
    changed = update_server(ledger, "main", {"name": "new"}, {}, LATER)
    assert (changed.health, changed.health_error, changed.health_changed_at) == (Health.HEALTHY, None, LATER)


def test_nothing_to_change_or_a_wrong_name_is_told_before_anybody_is_asked(ledger: Ledger, main: Server) -> None:
    with pytest.raises(NothingToChangeError, match="server main: no change was given; prsync server update --help"):
        update_server(ledger, main.name, {}, NOBODY, NOW)
    with pytest.raises(NotFoundError, match="no server nosuch: prsync server list shows"):
        update_server(ledger, "nosuch", {"name": "new"}, NOBODY, NOW)


def test_a_name_that_another_server_has_is_not_given(ledger: Ledger, main: Server, simulator: Simulator) -> None:
    register_server(ledger, settings_of(simulator, "two"), NOBODY, NOW)
    before = everything(ledger.path)
    with pytest.raises(NameTakenError, match="server named two"):
        update_server(ledger, main.name, {"name": "two"}, {}, LATER)
    assert everything(ledger.path) == before
    assert update_server(ledger, main.name, {"name": main.name}, {}, LATER).name == main.name


# 3. Changed by two at once: a person types the password while another process changes the server.


def test_a_change_is_made_to_the_server_as_another_process_has_left_it(
    ledger: Ledger, main: Server, simulator: Simulator, other: Simulator
) -> None:
    moved = ServerChanges(
        name="moved",
        url=other.url,
        ca_bundle=str(other.ca_bundle),
        password_command=prints(other.password),
        client_id="prsync",
    )

    def typed_meanwhile() -> Secret:
        with Ledger(ledger.path) as another:
            update_server(another, "main", moved, {}, NOW)
        simulator.forget_requests()
        return Secret("of no use where a command prints it")

    changed = update_server(ledger, "main", {"username": main.username}, {"password": typed_meanwhile}, LATER)
    assert changed.settings == replace(main.settings, **moved)
    assert (ledger.servers.all(), simulator.requests) == ([changed], [])  # it has logged in where the server is now


def test_a_server_that_another_process_renames_meanwhile_is_still_the_one_and_called_by_its_new_name(
    ledger: Ledger, main: Server
) -> None:
    def typed_meanwhile() -> Secret:
        with Ledger(ledger.path) as another:
            update_server(another, "main", {"name": "renamed"}, {}, NOW)
        return Secret("of no use where a command prints it")

    with pytest.raises(PasswordCommandError, match="the password command of server renamed failed"):
        update_server(ledger, "main", {"password_command": "false"}, {"password": typed_meanwhile}, LATER)
    (only,) = ledger.servers.all()
    assert (only.id, only.name, only.password_command) == (main.id, "renamed", main.password_command)


def test_a_server_that_another_process_removes_meanwhile_is_not_found(ledger: Ledger, main: Server) -> None:
    def typed_meanwhile() -> Secret:
        with Ledger(ledger.path) as another:
            remove_server(another, "main", lambda _: None, NOW, cascade=False)
        return Secret("of no use where a command prints it")

    with pytest.raises(NotFoundError, match=f"no server {main.id}: it has been removed"):
        update_server(ledger, "main", {"name": "new"}, {"password": typed_meanwhile}, LATER)
    assert ledger.servers.all() == []


def test_a_server_that_a_sync_has_in_hand_nobody_changes_or_removes(ledger: Ledger, main: Server) -> None:
    before = everything(ledger.path)
    with hold(ledger.path, f"server-{main.id}", "server main", NOW):
        with pytest.raises(LockedError):
            update_server(ledger, "main", {"name": "new"}, {}, LATER)
        with pytest.raises(LockedError):
            remove_server(ledger, "main", lambda _: None, LATER, cascade=True)
    assert everything(ledger.path) == before


# 4. Removed. For this nobody asks the server, so these are scripted ones.


def test_a_server_without_feeds_is_removed_without_a_question(services: Services) -> None:
    def nobody_confirms(question: str) -> None:
        raise AssertionError(question)

    assert remove_server(services.ledger, "main", nobody_confirms, NOW, cascade=False) == 0
    assert services.ledger.servers.all() == []


def test_a_server_with_feeds_is_removed_only_if_they_may_go_too(services: Services) -> None:
    services.add_feed("Acme A/S")
    services.sync(FIRST)
    before = everything(services.ledger.path)
    with pytest.raises(RefusedError) as refused:
        remove_server(services.ledger, "main", lambda _: None, NOW, cascade=False)
    assert str(refused.value) == (
        "removing server main is refused: it has 1 feed; give --cascade to remove what was collected with it"
    )
    assert everything(services.ledger.path) == before

    questions: list[str] = []
    assert remove_server(services.ledger, "main", questions.append, NOW, cascade=True) == 1
    assert questions == ["Remove server main with 1 feed, devices and deposits?"]
    for table in ("servers", "feeds", "devices", "deposits", "anomalies"):
        assert rows(services.ledger.path, f"SELECT * FROM {table}") == []  # noqa: S608


def test_a_server_whose_removal_is_not_confirmed_stays(services: Services) -> None:
    def says_no(_question: str) -> None:
        raise KeyboardInterrupt

    services.add_feed("Acme A/S")
    before = everything(services.ledger.path)
    with pytest.raises(KeyboardInterrupt):
        remove_server(services.ledger, "main", says_no, NOW, cascade=True)
    assert everything(services.ledger.path) == before


def test_a_server_that_nobody_has_cannot_be_removed(ledger: Ledger) -> None:
    with pytest.raises(NotFoundError, match="no server nosuch: prsync server list shows"):
        remove_server(ledger, "nosuch", lambda _: None, NOW, cascade=True)


# 5. Its organizations.


def test_its_organizations_are_listed_with_the_feeds_they_are_connected_as(services: Services) -> None:
    services.add_feed("Acme A/S", name="Acme")
    found = organizations_with_feeds(services.ledger, services.ledger.servers.named("main"), services.connect, NOW)
    assert [(one.organization_id, one.name, feed) for one, feed in found] == [("1001", "Acme A/S", "Acme")]


def test_a_registered_server_is_asked_as_its_row_says(main: Server) -> None:
    with connect(main) as client:
        client.log_in()
        assert [one.name for one in client.organizations()] == ["Acme A/S"]


DEVICES_ALONE: Final = """
[organizations]
path = ""
name = "site.title"
[devices]
path = "/export/printers"
organization_id = "site.ref"
"""


def test_where_only_devices_name_the_customers_every_question_says_as_of_which_day(
    ledger: Ledger, fleet: Fleet, tmp_path: Path
) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text(DEVICES_ALONE, encoding="utf-8")
    with Simulator(fleet, folder=tmp_path / "alone", profile=Profile.load(str(profile))) as server:
        register_server(ledger, settings_of(server, profile=str(profile)), NOBODY, NOW)
        main = ledger.servers.named("main")
        found = organizations_with_feeds(ledger, main, connect, NOW)
        assert [organization.name for organization, _ in found] == ["Acme A/S"]
        assert check_health(ledger, connect, NOW).ok
        assert [step.error for step in check_server(ledger, "main", connect, NOW)] == [None] * 7
        assert meters_of(ledger, "main", None, connect, now=NOW, timezone="UTC").devices > 0
        asked = [request for request in server.requests if request.path == "/export/printers"]
        assert len(asked) > 4
        assert {request.day for request in asked} <= {"2026-11-23", "2026-11-16"}
