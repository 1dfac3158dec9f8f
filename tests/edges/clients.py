"""Clients for the servers that tests talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from prsync.core.model import Scope
from prsync.core.settings import ServerSettings
from prsync.credentials.passwords import Secret
from prsync.errors import ServerError
from prsync.https.sender import TIMEOUTS
from prsync.services.server_check import steps
from prsync.threemanager.client import ThreeManager
from prsync.threemanager.profile import Profile
from prsync.threemanager.query import DevicesQuery
from prsync.threemanager.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from tests.edges.raw_server import RawServer

    from prsync.demo.simulator import Simulator

PASSWORD = "pass & wörd = 100% +?"
"""Of the user of a RawServer: every character that a form has a use of its own for."""


def settings_at(
    url: str,
    ca_bundle: object = None,
    username: str = "prsync@3manager.example",
    *,
    client_id: str | None = None,
    profile: object = None,
) -> ServerSettings:
    """A server's settings."""
    return ServerSettings(
        name="main",
        url=url,
        username=username,
        client_id=client_id,
        ca_bundle=str(ca_bundle) if ca_bundle else None,
        profile=str(profile) if profile else None,
    )


def ask_for(organization_id: str, day: date, meter: str = "totalPages", scope: Scope = Scope.ALL) -> DevicesQuery:
    """The question for an organization's devices."""
    return DevicesQuery(organization_id=organization_id, day=day, meter=meter, scope=scope)


def client_of(simulator: Simulator, *, password: str | None = None, profile: Path | None = None) -> ThreeManager:
    """A client that the simulator lets in, unless it is given another password. It does not really wait."""
    settings = settings_at(simulator.url, simulator.ca_bundle, simulator.username, profile=profile)
    secret = Secret(simulator.password if password is None else password)
    return ThreeManager(settings, secret, sleep=no_sleep)


def no_sleep(_: float) -> None:
    """Wait for nothing: what is tried again is tried at once."""


def session_at(
    server: RawServer | Simulator | ServerSettings,
    *,
    ca_bundle: Path | None = None,
    client_id: str | None = None,
    timeouts: tuple[float, float] = TIMEOUTS,
    password: str = PASSWORD,
    profile: Profile | None = None,
    sleep: Callable[[float], None] = no_sleep,
) -> Session:
    """A session with a server by its own CA bundle, or another."""
    settings = settings_at(server.url, ca_bundle or server.ca_bundle, server.username, client_id=client_id)
    return Session(settings, Secret(password), profile or Profile.load(None), timeouts=timeouts, sleep=sleep)


def failure_of(session: Session) -> ServerError:
    """The error with which a login, or a request after it, ends."""
    with pytest.raises(ServerError) as caught:
        session.get("/api/v1/organizations", {})
    session.close()
    return caught.value


def failed_step(settings: ServerSettings, password: str = PASSWORD) -> str:
    """The step at which the server check ends."""
    last = list(steps(lambda: ThreeManager(settings, Secret(password), sleep=no_sleep)))[-1]
    assert last.error is not None
    return last.name
