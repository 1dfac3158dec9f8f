"""What prsync asks a 3manager server: organizations, and devices as of a day. Nothing is ever written to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import quote

from prsync.errors import UnusableAnswerError
from prsync.threemanager.parsing import Organization, Page, device_reading, organization_of, page_of
from prsync.threemanager.profile import Profile
from prsync.threemanager.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from prsync.core.model import Reading
    from prsync.credentials import Secret


class ServerSettings(Protocol):
    """What a client needs to know of a server, registered or about to be."""

    @property
    def url(self) -> str:
        """Its HTTPS URL."""

    @property
    def username(self) -> str:
        """Whose login it is."""

    @property
    def client_id(self) -> str | None:
        """The OAuth client id that it wants named, if any."""

    @property
    def ca_bundle(self) -> str | None:
        """The file of a private CA, if it has one."""

    @property
    def profile(self) -> str | None:
        """The file of another API profile, if it needs one."""


class ThreeManager:
    """A client of one server, for one run: one token, one connection, one request after another."""

    def __init__(self, server: ServerSettings, password: Secret) -> None:
        self._profile = Profile.load(server.profile)
        self._session = Session(
            server.url,
            server.username,
            password,
            client_id=server.client_id,
            ca_bundle=server.ca_bundle,
            paths=self._profile.paths,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def log_in(self) -> None:
        """Obtain a token; every failure is a ServerError."""
        self._session.log_in()

    def first_organizations(self) -> list[Organization]:
        """One page of organizations: enough to know that the server answers this user."""
        page = self._page(self._profile.paths.organizations, {}, 1)
        return [self._organization(row) for row in page.rows]

    def organizations(self) -> list[Organization]:
        """All organizations (customers) that the user may see."""
        return [self._organization(row) for row in self._rows(self._profile.paths.organizations, {})]

    def devices(self, organization_id: str, day: date, meter: str) -> list[Reading]:
        """An organization's devices with the counters as they stood at the end of `day`."""
        path = self._profile.paths.devices.format(organization_id=quote(organization_id, safe=""))
        parameters = {self._profile.parameters.date: day.isoformat()}
        rows = self._rows(path, parameters)
        return [device_reading(row, self._profile.fields, meter, path) for row in rows]

    def _organization(self, row: dict[str, Any]) -> Organization:
        return organization_of(row, self._profile.fields, self._profile.paths.organizations)

    def _rows(self, path: str, parameters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """All rows, page by page, strictly one request after another."""
        number, before = 1, None
        while True:
            page = self._page(path, parameters, number)
            if page.bare and page.rows == before:  # this server does not page, and answers alike whatever we ask
                return
            yield from page.rows
            following = self._next(page, number, path)
            if following is None:
                return
            number, before = following, page.rows

    def _page(self, path: str, parameters: Mapping[str, str], number: int) -> Page:
        names = self._profile.parameters
        paging = {names.page: number, names.page_size: names.rows_per_page}
        return page_of(self._session.get(path, {**parameters, **paging}), self._profile.fields, path)

    def _next(self, page: Page, number: int, path: str) -> int | None:
        if page.bare:
            return number + 1 if len(page.rows) >= self._profile.parameters.rows_per_page else None
        if page.next_page is not None and page.next_page <= number:
            raise UnusableAnswerError(path, 200, f"a {self._profile.fields.next_page} after page {number}")
        return page.next_page
