"""Cases that people who do this job have met elsewhere (F14, F15, F16, F19, F22), and faults seen by other commands."""

from __future__ import annotations

import io
import pwd
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.edges.acme import acme, of_devices
from tests.edges.clients import failure_of, session_at, settings_at
from tests.edges.nights import FIRST, Nights
from tests.services.running import texts
from tests.support import ScriptedFleet
from tests.support.whole_ledger import everything

from prsync.cli import ask
from prsync.core.model import Health, Organization
from prsync.core.settings import ServerChanges
from prsync.credentials import password_command
from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer, Request
from prsync.errors import (
    InputError,
    NoHomeError,
    NotFoundError,
    OrganizationConnectedError,
    PasswordCommandError,
    PrsyncError,
    RefusedError,
    error_line,
)
from prsync.process.files import default_state, expanded
from prsync.services.feed_import import import_feeds
from prsync.services.feeds import connect_feed, find_organization
from prsync.services.health import check_health
from prsync.services.servers import register_server, update_server
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

NOW: Final = datetime(2026, 11, 3, 1, 30, tzinfo=UTC)


@pytest.fixture
def fleet() -> ScriptedFleet:
    return acme()


@pytest.mark.parametrize(
    ("listed", "typed"),
    [
        ("Nord Vest", "Nord  Vest"),
        ("Nord Vest", "Nord\u00a0Vest"),
        ("Nord Vest", " Nord Vest "),
        ("Ærø Færger é", "Ærø Færger e\u0301"),
        ("Cafe\u0301", "Café"),
        ("Acme A/S", "1001"),
    ],
)
def test_f14_a_name_typed_as_it_is_listed_is_found(listed: str, typed: str) -> None:
    organizations = [Organization("1001", listed), Organization("1002", "Another")]
    assert find_organization(organizations, typed, "main").organization_id == "1001"


def test_f14_two_names_that_look_alike_are_not_guessed_between() -> None:
    organizations = [Organization("1", "Café"), Organization("2", "Cafe\u0301")]
    with pytest.raises(NotFoundError, match="several have that name; give one of the ids 1, 2"):
        find_organization(organizations, "Café", "main")


def test_f15_a_byte_order_mark_is_no_part_of_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"\xef\xbb\xbfsecret\r\nsecond line")
    assert password_command.first_line("main", f"cat {file}") == "secret"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes()), encoding="utf-8"))
    assert ask.password(stdin=True).reveal() == "secret"
    file.write_bytes(b"\xef\xbb\xbf\n")
    with pytest.raises(PasswordCommandError, match="it printed no password"):
        password_command.first_line("main", f"cat {file}")


@pytest.mark.parametrize("place", [default_state, lambda: expanded(Path("~/ledger.db"))])
def test_f16_a_user_without_a_home_is_told_so(
    place: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # As in a container with a user id that is nobody's.
    def nobody(user_id: int) -> None:
        raise KeyError(user_id)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    for variable in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(NoHomeError) as caught:
        place()
    assert error_line(caught.value) == (
        "this user has no home folder, since neither HOME nor the password database names one:"
        " set HOME, or give the ledger's place with --state FILE or PRSYNC_STATE"
    )
    assert expanded(tmp_path / "x") == tmp_path / "x"


@pytest.mark.parametrize("variable", ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"])
@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("socks5://somebody:sesame@127.0.0.1:1080", "{} names a SOCKS proxy; only HTTP proxies can be used"),
        ("http://127.0.0.1:1", "the proxy lets no connection through; see {} and NO_PROXY"),
    ],
)
def test_f19_the_variable_that_names_the_proxy_is_named(
    variable: str, url: str, problem: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, url)
    line = error_line(failure_of(session_at(simulator)))
    assert line == f"cannot reach {simulator.url}: {problem.format(variable)}"


@pytest.fixture
def two_names(simulator: Simulator, tmp_path: Path) -> Nights:
    """One 3manager, registered as `main` with a feed, and once more as `again`."""
    nights = Nights(tmp_path, simulator)
    nights.add_feeds("Acme A/S")
    again = replace(
        settings_at(simulator.url.upper().replace("HTTPS", "https") + "/", simulator.ca_bundle, simulator.username),
        name="again",
    )
    with Ledger(nights.path) as ledger:
        ledger.servers.add(again, NOW)
    return nights


def test_f22_one_organization_under_two_server_names_is_refused(two_names: Nights, tmp_path: Path) -> None:
    file = tmp_path / "feeds.csv"
    file.write_text("organization\n1001\n1002\n")
    before = everything(two_names.path)
    with Ledger(two_names.path) as ledger:
        with pytest.raises(OrganizationConnectedError, match=r"connected already, as feed Acme A/S of server main"):
            connect_feed(
                ledger, "again", "1001", texts(name="Twice"), connect=two_names.connect, now=NOW, local_timezone="UTC"
            )
        with pytest.raises(InputError, match=r"line 2: organization Acme A/S is connected already, as feed Acme"):
            import_feeds(ledger, "again", file, connect=two_names.connect, now=NOW, local_timezone="UTC")
        assert everything(two_names.path) == before
        # Another customer of it may be connected there.
        added = connect_feed(ledger, "again", "1002", texts(), connect=two_names.connect, now=NOW, local_timezone="UTC")
    assert added.name == "Ærø Færger"


@pytest.mark.parametrize(
    ("names", "problem"),
    [(["Other Ltd"], "1001 Acme A/S is Other Ltd there"), ([], "1001 Acme A/S is not there"), (["Acme  A/S"], None)],
)
def test_f22_a_server_does_not_move_to_where_its_organizations_are_not(
    names: list[str], problem: str | None, simulator: Simulator, tmp_path: Path
) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds("Acme A/S")
    fleet = ScriptedFleet(*names)
    if not names:
        fleet._organizations.clear()
    with Simulator(fleet, folder=tmp_path / "other") as other, Ledger(nights.path) as ledger:
        moved = ServerChanges(url=other.url, ca_bundle=str(other.ca_bundle), password_command=f"echo {other.password}")
        before = everything(nights.path)
        if problem is not None:
            with pytest.raises(RefusedError) as caught:
                update_server(ledger, "main", moved, {}, NOW)
            assert error_line(caught.value) == (
                f"moving server main to {other.url} is refused: {problem}; --yes moves it all the same"
            )
            assert everything(nights.path) == before
        changed = update_server(
            ledger,
            "main",
            moved,
            {},
            NOW,
            other_organizations=problem is not None,
        )
    assert changed.url == other.url


def is_organizations(request: Request) -> bool:
    return request.path == "/api/v1/organizations"


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Answer(status=500), "status 500, an error of the server's own"),
        (Answer(cut=True), "the connection broke off"),
        (Answer(status=403), "status 403: this user may not see it"),
        (Answer(body=b"<html>"), "where JSON was expected"),
        (Answer(body=b'{"items": null, "error": "x"}'), "where rows, and no error beside them, was expected"),
        (Answer(alter=lambda page: {"rows": page["items"]}), "where an array of rows, or an object with one in"),
        (Answer(status=302, headers={"Location": "/x"}), "an answer, not a redirect"),
    ],
)
def test_what_fails_at_the_organizations_fails_every_command_that_asks_for_them(
    answer: Answer, line: str, simulator: Simulator, tmp_path: Path
) -> None:
    nights = Nights(tmp_path, simulator)
    nights.add_feeds("Acme A/S")
    simulator.answer_with(is_organizations, answer)
    figures = nights.figures()
    with Ledger(nights.path) as ledger:
        health = check_health(ledger, nights.connect, NOW)
        assert health.servers[0].health is Health.UNHEALTHY
        assert line in str(health.servers[0].health_error)
        with pytest.raises(PrsyncError, match=line.partition(":")[0]):
            connect_feed(ledger, "main", "1002", texts(), connect=nights.connect, now=NOW, local_timezone="UTC")
        new = replace(
            settings_at(simulator.url, simulator.ca_bundle, simulator.username),
            name="new",
            password_command=f"echo {simulator.password}",
        )
        with pytest.raises(PrsyncError) as caught:
            register_server(ledger, new, {}, NOW)
        assert line in error_line(caught.value)
        assert [server.name for server in ledger.servers.all()] == ["main"]
    report = nights.sync(FIRST)
    assert line in str(report.servers[0].error)
    assert simulator.devices_requests == []
    assert nights.figures() == figures


def test_what_is_wrong_with_devices_alone_is_the_nights_error_and_no_health_checks(
    simulator: Simulator, tmp_path: Path
) -> None:
    # The health check asks for no devices: it says whether the server lets us in.
    nights = Nights(tmp_path, simulator)
    nights.add_feeds("Acme A/S")
    simulator.answer_with(of_devices, Answer(alter=lambda page: page | {"hasMore": True}))
    assert nights.collect(FIRST).error is not None
    with Ledger(nights.path) as ledger:
        assert check_health(ledger, nights.connect, NOW).servers[0].health is Health.HEALTHY
