"""Asks a server what prsync asks, one request at a time, and gives each answer as it came."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from prsync.https.sender import TIMEOUTS
from prsync.threemanager.client import devices_path
from prsync.threemanager.history import day_parameters
from prsync.threemanager.paging import first_parameters, second_parameters
from prsync.threemanager.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from prsync.core.settings import ServerSettings
    from prsync.credentials.passwords import Secret
    from prsync.threemanager.paging import Parameters
    from prsync.threemanager.profile import Paging, Profile
    from prsync.threemanager.raw_answer import RawAnswer


class ProbeClient:
    """A client for the probe of one server. Only what brings no answer at all is a ServerError."""

    def __init__(
        self,
        server: ServerSettings,
        password: Secret,
        profile: Profile,
        *,
        client_secret: Secret | None = None,
        timeouts: tuple[float, float] = TIMEOUTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        # A person waits, and wants to see the first answer there is.
        self.profile = profile.without_retries()
        self._session = Session(
            server, password, self.profile, client_secret=client_secret, timeouts=timeouts, sleep=sleep
        )
        self._session.on_token_answer = self._keep_token_answer
        self.token_answer: RawAnswer | None = None
        """The last answer to a token request. It holds the token: no text of it may be shown."""

    def _keep_token_answer(self, answer: RawAnswer) -> None:
        self.token_answer = answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def log_in(self) -> None:
        """Obtain a token, where the profile says that one is needed."""
        self._session.log_in()

    def organizations(self, *, after: int = 0) -> RawAnswer:
        """The first part of the list of customers, or the one `after` a first part of so many rows."""
        says = self.profile.organizations
        return self._session.get_raw(says.path, _parameters(says.paging, after))

    def devices(self, organization_id: str, day: date | None, timezone: str, *, after: int = 0) -> RawAnswer:
        """The first part of a customer's devices as of a day, or without saying one; or the one `after` so many rows.

        Where one answer holds every customer's devices, it is that one.
        """
        says = self.profile.devices
        path = says.path if says.organization_id else devices_path(self.profile, organization_id)
        asked = day_parameters(self.profile.history, day, timezone) if day is not None else {}
        return self._session.get_raw(path, {**asked, **_parameters(says.paging, after)})


def _parameters(paging: Paging, after: int) -> Parameters:
    return second_parameters(paging, after) if after else first_parameters(paging)
