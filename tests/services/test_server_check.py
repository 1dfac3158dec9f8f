"""The server check: each step named as it passes or fails, and the last one recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.services.running import FIRST, NOW, night_of

from prsync.core.model import Health
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
from prsync.services.server_check import STEPS, Step, check_server

if TYPE_CHECKING:
    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer

URL = "https://main.example"
LATER = night_of(FIRST)


def check(services: Services) -> list[Step]:
    return list(check_server(services.ledger, "main", services.connect, LATER))


def test_a_server_that_lets_us_in_passes_every_step(services: Services) -> None:
    assert check(services) == [Step(name) for name in STEPS]
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
    assert Step("TLS", "no").document() == {"step": "TLS", "ok": False, "error": "no"}
    assert Step("TLS").document() == {"step": "TLS", "ok": True, "error": None}


def test_a_server_that_is_removed_while_it_is_checked_is_not_found(services: Services, server: ScriptedServer) -> None:
    server.before_organizations = lambda: services.ledger.servers.remove(services.ledger.servers.named("main"))
    with pytest.raises(NotFoundError, match="no server 1: it has been removed"):
        check(services)
