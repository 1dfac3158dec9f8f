"""A client for a registered server, with its secrets from where they are kept."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Protocol

from prsync.core.periods import last_closed_day
from prsync.errors import AtServerError, InvalidValueError, ServerError

if TYPE_CHECKING:
    from datetime import date, datetime

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
    from prsync.credentials.passwords import credentials_of
    from prsync.threemanager.client import ThreeManager

    profile = profile or profile_of(server)
    credentials = credentials_of(server.settings)
    return ThreeManager(server.settings, credentials.password, profile, client_secret=credentials.client_secret)


def connect_at_once(server: Server, profile: Profile | None = None) -> ThreeManager:
    """The same for a command that a person waits for: nothing that fails is tried again."""
    return connect(server, (profile or profile_of(server)).without_retries())


def profile_of(server: Server) -> Profile:
    """The API profile of a registered server, from its file; InvalidValueError where that has gone or gone bad."""
    from prsync.threemanager.profile import Profile

    try:
        return Profile.load(server.profile)
    except InvalidValueError as error:
        reason = f"{error.reason}; prsync server update {quote(server.name)} --profile gives another file"
        raise InvalidValueError(f"the API profile of server {server.name},", error.value, reason) from error


def check_access(client: ThreeManager, now: datetime) -> None:
    """The server health check: a token, then one page of organizations. What fails raises."""
    client.log_in()
    client.first_organizations(day_of_organizations(now))


def day_of_organizations(now: datetime) -> date:
    """The day whose devices say which customers there are, where a server has no list of them."""
    return last_closed_day(now, "UTC")


def organizations_of(
    server: Server, connect: Connect, now: datetime, profile: Profile | None = None
) -> list[Organization]:
    """All organizations of a registered server; an AtServerError says of which server there are none to be had."""
    with connect(server, profile) as client:
        try:
            return client.organizations(day_of_organizations(now))
        except ServerError as error:
            raise AtServerError(server.name, error) from error
