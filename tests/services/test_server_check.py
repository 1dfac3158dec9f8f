"""The server check: each step named as it passes or fails, and the last one recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.edges.clients import client_of
from tests.services.running import FIRST, NOW, night_of
from tests.support import ScriptedFleet

from prsync.core.model import Health
from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer
from prsync.errors import (
    BrokenConnectionError,
    InvalidValueError,
    LoginRefusedError,
    NotFoundError,
    PasswordMissingError,
    PrsyncError,
    TlsError,
    UnreachableError,
    UntrustedCertificateError,
    UnusableAnswerError,
)
from prsync.services.server_check import DATA_STEPS, STEPS, Step, check_server, steps

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer

URL = "https://main.example"
LATER = night_of(FIRST)


@pytest.fixture
def fleet() -> ScriptedFleet:
    scripted = ScriptedFleet("Acme A/S", "Beta")
    scripted.reads_daily("A", FIRST - timedelta(days=9), range(1000, 1300, 10))
    scripted.reads_daily("B", FIRST - timedelta(days=9), range(1000, 1300, 10), organization="Beta")
    return scripted


def check(services: Services) -> list[Step]:
    return list(check_server(services.ledger, "main", services.connect, LATER))


def test_a_server_that_lets_us_in_passes_every_step(services: Services) -> None:
    assert check(services) == [Step(name) for name in (*STEPS, *DATA_STEPS)]
    stored = services.ledger.servers.named("main")
    assert (stored.health, stored.health_error, stored.health_checked_at) == (Health.HEALTHY, None, LATER)


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (PasswordMissingError("main"), "password"),
        (UnreachableError(URL, "connection refused"), "URL"),
        (UntrustedCertificateError(URL, "it has expired"), "TLS"),
        (TlsError(URL, "the handshake broke off"), "TLS"),
        (BrokenConnectionError(URL, "the connection broke off"), "token"),
        (LoginRefusedError(URL, "prsync", "status 400"), "token"),
        (UnusableAnswerError("/oauth/token", 500, ""), "token"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_comes_before_the_step_that_fails_has_passed_and_nothing_comes_after_it(
    services: Services, server: ScriptedServer, error: PrsyncError, step: str
) -> None:
    if step == "password":
        server.password_error = error
    else:
        server.login_error = error
    assert check(services) == [*map(Step, STEPS[: STEPS.index(step)]), Step(step, str(error))]
    stored = services.ledger.servers.named("main")
    assert (stored.health, stored.health_error, stored.health_changed_at) == (Health.UNHEALTHY, str(error), LATER)


@pytest.mark.parametrize(
    "error",
    [UnusableAnswerError("/api/v1/organizations", 500, ""), UnreachableError(URL, "connection refused")],
    ids=["an answer of no use", "gone since the login"],
)
def test_after_a_login_it_is_the_organizations_that_cannot_be_had(
    services: Services, server: ScriptedServer, error: PrsyncError
) -> None:
    server.organizations_error = error
    assert check(services) == [*map(Step, STEPS[:-1]), Step("organizations", str(error))]


def test_a_customer_without_devices_proves_nothing(services: Services, server: ScriptedServer) -> None:
    server.fleet = ScriptedFleet("Acme A/S")
    steps_made = check(services)
    assert [step.name for step in steps_made if step.skipped] == list(DATA_STEPS)
    assert steps_made[-1].skipped == "the first organization has no device on 2026-10-25, which proves nothing"


def test_a_list_of_organizations_that_cannot_be_read_to_its_end_is_no_list(
    fleet: ScriptedFleet, tmp_path: Path
) -> None:
    with Simulator(fleet, folder=tmp_path) as simulator:
        simulator.answer_with(
            lambda request: request.path == "/api/v1/organizations", Answer(alter=lambda page: page | {"hasMore": True})
        )
        *_, last = steps(lambda: client_of(simulator))
    assert last.name == "organizations"
    assert "by hasMore it shows that there is more" in (last.error or "")


def test_the_file_of_a_profile_that_has_gone_bad_since_is_a_step_of_its_own(
    services: Services, server: ScriptedServer
) -> None:
    error = InvalidValueError("--profile", "/etc/profile.toml", "No such file or directory")
    server.password_error = error
    assert check(services) == [Step("profile", str(error))]
    assert services.ledger.servers.named("main").health is Health.UNHEALTHY


def test_a_step_is_told_as_soon_as_it_has_passed(services: Services, server: ScriptedServer) -> None:
    steps = check_server(services.ledger, "main", services.connect, NOW)
    assert (next(steps), server.logins) == (Step("password"), 0)


def test_a_server_that_nobody_has_cannot_be_checked(services: Services) -> None:
    with pytest.raises(NotFoundError, match="no server nosuch: prsync server list shows"):
        next(check_server(services.ledger, "nosuch", services.connect, NOW))


def test_a_step_as_json_has_it() -> None:
    assert Step("TLS", "no").document() == {"step": "TLS", "ok": False, "error": "no", "skipped": None}
    assert Step("TLS").document() == {"step": "TLS", "ok": True, "error": None, "skipped": None}


def test_a_server_that_is_removed_while_it_is_checked_is_not_found(services: Services, server: ScriptedServer) -> None:
    server.before_organizations = lambda: services.ledger.servers.remove(services.ledger.servers.named("main"))
    with pytest.raises(NotFoundError, match="no server 1: it has been removed"):
        check(services)


def test_devices_and_history_are_asked_of_a_feed_with_its_own_settings_else_of_the_first_organization(
    services: Services, server: ScriptedServer
) -> None:
    check(services)
    assert server.asked == [("1001", LATER.date() - timedelta(days=1)), ("1001", LATER.date() - timedelta(days=8))]
    services.add_feed("Beta", timezone="Pacific/Auckland", now=LATER)
    server.asked.clear()
    check(services)
    # There it is a day later.
    assert server.asked == [("1002", LATER.date() - timedelta(days=1)), ("1002", LATER.date() - timedelta(days=8))]


@pytest.mark.parametrize("failing", DATA_STEPS)
def test_a_customer_whose_devices_cannot_be_had_fails_the_check_and_leaves_the_server_healthy(
    services: Services, server: ScriptedServer, failing: str
) -> None:
    error = UnusableAnswerError("/devices", 500, "")
    days_ago = {"devices": 1, "history": 8}[failing]
    server.fails("1001", error, on=LATER.date() - timedelta(days=days_ago))
    *passed, last = check(services)
    assert passed == [Step(name) for name in (*STEPS, *DATA_STEPS[: DATA_STEPS.index(failing)])]
    assert last == Step(failing, f"the first organization: {error}")
    assert services.ledger.servers.named("main").health is Health.HEALTHY


def test_without_an_organization_or_a_history_there_is_nothing_to_ask(
    services: Services, server: ScriptedServer
) -> None:
    server.has_history = False
    assert check(services)[-1] == Step("history", skipped="the API profile says that the server has none")
    server.fleet.organizations.clear()  # type: ignore[attr-defined]  # of a scripted fleet it is a list
    assert check(services)[-2:] == [Step(name, skipped="this user sees no organization") for name in DATA_STEPS]
