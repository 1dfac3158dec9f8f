"""A client for a registered server, with its password from where that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prsync.credentials.passwords import password_of
from prsync.errors import AtServerError, ServerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from prsync.store.records import Server
    from prsync.threemanager.client import ThreeManager
    from prsync.threemanager.parsing import Organization

    Connect = Callable[[Server], ThreeManager]


def connect(server: Server) -> ThreeManager:
    """A client of `server`; nothing has been sent yet. A CredentialError if its password cannot be had."""
    from prsync.threemanager.client import ThreeManager

    return ThreeManager(server, password_of(server))


def check(client: ThreeManager) -> None:
    """The server health check: a token, then one page of organizations. What fails raises."""
    client.log_in()
    client.first_organizations()


def organizations_of(server: Server) -> list[Organization]:
    """All organizations of a registered server; an AtServerError says of which server there are none to be had."""
    with connect(server) as client:
        try:
            return client.organizations()
        except ServerError as error:
            raise AtServerError(server.name, error) from error
