"""Clients for the servers that tests talk to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from prsync.credentials.passwords import Secret
from prsync.errors import ServerError
from prsync.services.server_check import steps
from prsync.threemanager.client import ThreeManager
from prsync.threemanager.profile import Profile
from prsync.threemanager.session import TIMEOUTS, Session

if TYPE_CHECKING:
    from pathlib import Path

    from tests.edges.raw_server import RawServer

    from prsync.demo.simulator import Simulator

PASSWORD = "pass & wörd = 100% +?"
"""Of the user of a RawServer: every character that a form has a use of its own for."""


@dataclass(frozen=True, slots=True)
class At:
    """A server's settings."""

    url: str
    ca_bundle: str | None = None
    username: str = "prsync@3manager.example"
    client_id: str | None = None
    profile: str | None = None


def client_of(simulator: Simulator, *, password: str | None = None, profile: Path | None = None) -> ThreeManager:
    """A client that the simulator lets in, unless it is given another password."""
    at = At(simulator.url, str(simulator.ca_bundle), simulator.username, profile=str(profile) if profile else None)
    return ThreeManager(at, Secret(simulator.password if password is None else password))


def session_at(
    server: RawServer | Simulator | At,
    *,
    ca_bundle: Path | None = None,
    client_id: str | None = None,
    timeouts: tuple[float, float] = TIMEOUTS,
    password: str = PASSWORD,
) -> Session:
    """A session with a server by its own CA bundle, or another."""
    return Session(
        server.url,
        server.username,
        Secret(password),
        client_id=client_id,
        ca_bundle=str(ca_bundle or server.ca_bundle),
        paths=Profile.load(None).paths,
        timeouts=timeouts,
    )


def failure_of(session: Session) -> ServerError:
    """The error with which a login, or a request after it, ends."""
    with pytest.raises(ServerError) as caught:
        session.get("/api/v1/organizations", {})
    session.close()
    return caught.value


def failed_step(at: At, password: str = PASSWORD) -> str:
    """The step at which the server check ends."""
    last = list(steps(lambda: ThreeManager(at, Secret(password))))[-1]
    assert last.error is not None
    return last.name
