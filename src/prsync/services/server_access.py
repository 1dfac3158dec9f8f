"""A client for a registered server, with its secrets from where they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from prsync.credentials.passwords import credentials_of
from prsync.errors import AtServerError, ServerError

if TYPE_CHECKING:
    from prsync.core.model import Organization
    from prsync.store.records import Server
    from prsync.threemanager.client import ThreeManager
    from prsync.threemanager.profile import Profile


class Connect(Protocol):
    """How a service comes by a client of a server; a test gives one of its own."""

    def __call__(self, server: Server, profile: Profile | None = None) -> ThreeManager:
        """A client of `server`; nothing has been sent yet. `profile` where the caller has loaded it already.

        A CredentialError if a secret of it cannot be had.
        """


def connect(server: Server, profile: Profile | None = None) -> ThreeManager:
    """A client of `server`, as its row in the ledger says."""
    from prsync.threemanager.client import ThreeManager

    credentials = credentials_of(server.settings)
    return ThreeManager(server.settings, credentials.password, profile, client_secret=credentials.client_secret)


def connect_at_once(server: Server, profile: Profile | None = None) -> ThreeManager:
    """The same for a command that a person waits for: nothing that fails is tried again."""
    from prsync.threemanager.profile import Profile

    return connect(server, (profile or Profile.load(server.profile)).without_retries())


def check_access(client: ThreeManager) -> None:
    """The server health check: a token, then one page of organizations. What fails raises."""
    client.log_in()
    client.first_organizations()


def organizations_of(server: Server, connect: Connect, profile: Profile | None = None) -> list[Organization]:
    """All organizations of a registered server; an AtServerError says of which server there are none to be had."""
    with connect(server, profile) as client:
        try:
            return client.organizations()
        except ServerError as error:
            raise AtServerError(server.name, error) from error
