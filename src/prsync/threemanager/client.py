"""What prsync asks a 3manager server for: organizations, and their devices as of a day. It only ever reads."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote

from prsync.core.model import Organization
from prsync.errors import ServerError, ServerLostError, UnusableAnswerError
from prsync.https.sender import TIMEOUTS
from prsync.threemanager.address import at
from prsync.threemanager.counter_fit import meter_counts
from prsync.threemanager.device_fields import id_of
from prsync.threemanager.devices import DevicesReader
from prsync.threemanager.history import day_parameters
from prsync.threemanager.paging import Pager
from prsync.threemanager.profile import ORGANIZATION_ID, Profile
from prsync.threemanager.session import Session
from prsync.threemanager.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from prsync.core.model import Reading
    from prsync.core.settings import ServerSettings
    from prsync.credentials.passwords import Secret
    from prsync.threemanager.query import DevicesQuery
    from prsync.threemanager.rows import Row

_OK: Final = 200

_DAYS_KEPT: Final = 40
"""Of an answer with every customer's devices, so many days are kept for the other customers of a run."""


class ThreeManager:
    """A client of one server, for one run; every failure is a ServerError.

    It has one connection, and sends one request after another: it is for one thread. Without `profile`, the one that
    `server` names is loaded. `sleep` waits before something is tried again.
    """

    def __init__(
        self,
        server: ServerSettings,
        password: Secret,
        profile: Profile | None = None,
        *,
        client_secret: Secret | None = None,
        timeouts: tuple[float, float] = TIMEOUTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.profile = profile or Profile.load(server.profile)
        self._session = Session(
            server, password, self.profile, client_secret=client_secret, timeouts=timeouts, sleep=sleep
        )
        organizations, devices = self.profile.organizations, self.profile.devices
        self._organizations = Pager(
            get=self._session.get,
            paging=organizations.paging,
            rows=organizations.rows,
            key="organizations",
            url=server.url,
        )
        self._devices = Pager(
            get=self._session.get, paging=devices.paging, rows=devices.rows, key="devices", url=server.url
        )
        self._spans = Spans(self.profile, self._devices.all_rows)
        # Of each day and time zone the rows of every customer, by its id.
        self._shared_days: dict[tuple[date, str], dict[str, list[Row]]] = {}
        self._url = server.url
        self._another = partial(
            ThreeManager, server, password, self.profile, client_secret=client_secret, timeouts=timeouts, sleep=sleep
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    @property
    def has_history(self) -> bool:
        """Whether the server can be asked for the counters of a past day."""
        return self.profile.has_history

    @property
    def days_at_once(self) -> int:
        """For how many days of a range one request may ask."""
        return self.profile.days_at_once

    def another(self) -> ThreeManager:
        """A client of the same server, with a connection and a token of its own."""
        return self._another()

    def log_in(self) -> None:
        """Obtain a token. Requests do so by themselves; this is for checking a login."""
        self._session.log_in()

    def first_organizations(self, as_of: date | None = None) -> list[Organization]:
        """The first page of organizations: enough to see that the server answers this user. `as_of` as below."""
        path = self.profile.organizations.path
        if not path:
            return self.organizations(as_of)
        rows = self._organizations.first_page(path, {})
        return [organization_of(row, self.profile, path) for row in rows]

    def organizations(self, as_of: date | None = None) -> list[Organization]:
        """All organizations (customers) that the user may see, each once.

        Where there is no list of them, they are those of the devices on the day `as_of`: a server may want one named.
        """
        path = self.profile.organizations.path
        if path:
            rows = self._organizations.all_rows(path, {})
        else:
            path = self.profile.devices.path
            rows = self._devices.all_rows(path, day_parameters(self.profile.history, as_of, "UTC") if as_of else {})
        found = (organization_of(row, self.profile, path) for row in rows)
        # One that is added while we read moves the others on, and the last of a page may come again on the next.
        return list({organization.organization_id: organization for organization in found}.values())

    def devices(self, query: DevicesQuery) -> list[Reading]:
        """The readings of all devices of an organization, as of the end of a day."""
        path = devices_path(self.profile, query.organization_id)
        return DevicesReader(profile=self.profile, query=query, path=path).read(self._rows(query, path))

    def meters(self, query: DevicesQuery) -> tuple[int, dict[str, int]]:
        """How many devices an organization has, and how many of them have a count of each meter, on whatever meter."""
        path = devices_path(self.profile, query.organization_id)
        rows = list(self._rows(query, path))
        # A range holds a device as often as it was read.
        return len({id_of(row, self.profile.devices.id, path) for row in rows}), meter_counts(rows, self.profile)

    def _rows(self, query: DevicesQuery, path: str) -> Iterable[Row]:
        if self.profile.devices.organization_id:
            return self._shared_rows(query)
        return self._spans.rows_of(path, query)

    def _shared_rows(self, query: DevicesQuery) -> list[Row]:
        """A customer's rows of an answer that holds every customer's; it is asked for once a run and day."""
        key = (query.day, query.timezone)
        if key not in self._shared_days:
            by_owner: dict[str, list[Row]] = {}
            path = self.profile.devices.path
            try:
                for row in self._spans.rows_of(path, query):
                    owner = id_of(row, self.profile.devices.organization_id, path)
                    by_owner.setdefault(owner, []).append(row)
            except ServerLostError:
                raise
            except ServerError as error:
                # No other customer's devices could be had, either.
                raise ServerLostError(self._url, str(error)) from None
            if len(self._shared_days) >= _DAYS_KEPT:
                self._shared_days.pop(next(iter(self._shared_days)))
            self._shared_days[key] = by_owner
        return self._shared_days[key].get(query.organization_id, [])


def devices_path(profile: Profile, organization_id: str) -> str:
    """Where an organization's devices are asked for."""
    # HTTP libraries resolve these as directories, even quoted, and would ask for another path.
    if organization_id in {".", ".."}:
        listed = profile.organizations.path
        raise UnusableAnswerError(listed, _OK, f"an organization id other than {organization_id}")
    return profile.devices.path.replace(ORGANIZATION_ID, quote(organization_id, safe=""))


def organization_of(row: Row, profile: Profile, path: str) -> Organization:
    """An organization's id and name; without a name, the id stands for it. `path` is where the row is from.

    Where the server has no list of customers, the row is that of a device, and says whose it is.
    """
    organizations = profile.organizations
    organization_id = id_of(row, organizations.id if organizations.path else profile.devices.organization_id, path)
    return Organization(organization_id, _on_one_line(at(row, organizations.name)) or organization_id)


def _on_one_line(name: object) -> str:
    """A name with single spaces instead of whatever cannot be printed, so that a person can type it."""
    if not isinstance(name, str):
        return ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
