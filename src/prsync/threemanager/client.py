"""What prsync asks a 3manager server: organizations, and devices as of a day. Nothing is ever written to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, Self
from urllib.parse import quote

from prsync.errors import UnusableAnswerError
from prsync.threemanager.parsing import Organization, Page, device_reading, organization_of, page_of
from prsync.threemanager.profile import Profile
from prsync.threemanager.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from prsync.core.model import Reading
    from prsync.credentials.passwords import Secret


MOST_PAGES: Final = 1000
"""More than any customer has; a server that never comes to an end must not keep a night's run busy for ever."""

_OK: Final = 200


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

    def __init__(self, server: ServerSettings, password: Secret, profile: Profile | None = None) -> None:
        self._profile = profile or Profile.load(server.profile)
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
        """All organizations (customers) that the user may see, each once."""
        found = (self._organization(row) for row in self._rows(self._profile.paths.organizations, {}))
        return list({organization.organization_id: organization for organization in found}.values())

    def devices(self, organization_id: str, day: date, meter: str) -> list[Reading]:
        """An organization's devices with the counters as they stood at the end of `day`."""
        path = self._devices_path(organization_id)
        parameters = {self._profile.parameters.date: day.isoformat()}
        rows = self._rows(path, parameters)
        return [device_reading(row, self._profile.fields, meter, path) for row in rows]

    def _devices_path(self, organization_id: str) -> str:
        paths = self._profile.paths
        if organization_id in {".", ".."}:  # every HTTP library takes these for directories, quoted or not
            raise UnusableAnswerError(paths.organizations, _OK, f"an organization id other than {organization_id}")
        return paths.devices.replace("{organization_id}", quote(organization_id, safe=""))

    def _organization(self, row: dict[str, Any]) -> Organization:
        return organization_of(row, self._profile.fields, self._profile.paths.organizations)

    def _rows(self, path: str, parameters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """All rows, page by page, strictly one request after another."""
        number, before = 1, None
        for _ in range(MOST_PAGES):
            page = self._page(path, parameters, number)
            if page.rows and page.rows == before:
                if page.bare:  # this server does not page, and answers alike whatever we ask
                    return
                raise UnusableAnswerError(path, _OK, f"other rows on page {number} than on the page before it")
            yield from page.rows
            following = self._next(page, number, path)
            if following is None:
                return
            number, before = following, page.rows
        raise UnusableAnswerError(path, _OK, f"an end within {MOST_PAGES:,} pages")

    def _page(self, path: str, parameters: Mapping[str, str], number: int) -> Page:
        names = self._profile.parameters
        paging = {names.page: number, names.page_size: names.rows_per_page}
        return page_of(self._session.get(path, {**parameters, **paging}), self._profile.fields, path)

    def _next(self, page: Page, number: int, path: str) -> int | None:
        if page.bare:  # however many rows are on it: a server may give fewer than it is asked for
            return number + 1 if page.rows else None
        if page.next_page is not None and page.next_page <= number:
            raise UnusableAnswerError(path, _OK, f"a {self._profile.fields.next_page} after page {number}")
        return page.next_page
