"""What prsync asks a 3manager server for: organizations, and their devices as of a day. It only ever reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, Self
from urllib.parse import quote

from prsync.errors import UnusableAnswerError
from prsync.threemanager.parsing import Page, device_reading, organization_of, page_of
from prsync.threemanager.profile import Profile
from prsync.threemanager.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from prsync.core.model import Organization, Reading
    from prsync.credentials.passwords import Secret


# More than any customer has. A server whose pages never end must not keep a night's run busy for ever.
MOST_PAGES: Final = 1000

_OK: Final = 200


class ServerConnection(Protocol):
    """What a client needs to know of a server: one that is registered, or settings that are yet to be tried."""

    @property
    def url(self) -> str:
        """Its HTTPS URL."""

    @property
    def username(self) -> str:
        """The 3manager user to log in as."""

    @property
    def client_id(self) -> str | None:
        """The OAuth client id to send, if the server wants one."""

    @property
    def ca_bundle(self) -> str | None:
        """The file with the certificates of a private CA; None for the CAs that are commonly trusted."""

    @property
    def profile(self) -> str | None:
        """The file of an API profile; None for prsync's own."""


class ThreeManager:
    """A client of one server, for one run; every failure is a ServerError.

    It has one token and one connection, and sends one request after another. Without `profile`, the one that `server`
    names is loaded.
    """

    def __init__(self, server: ServerConnection, password: Secret, profile: Profile | None = None) -> None:
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
        """Obtain a token. Requests do so by themselves; this is for checking a login."""
        self._session.log_in()

    def first_organizations(self) -> list[Organization]:
        """The first page of organizations: enough to see that the server answers this user."""
        page = self._page(self._profile.paths.organizations, {}, 1)
        return [self._organization(row) for row in page.rows]

    def organizations(self) -> list[Organization]:
        """All organizations (customers) that the user may see, each once."""
        found = (self._organization(row) for row in self._rows(self._profile.paths.organizations, {}))
        # One that is added while we read moves the others on, and the last of a page may come again on the next.
        return list({organization.organization_id: organization for organization in found}.values())

    def devices(self, organization_id: str, day: date, meter: str) -> list[Reading]:
        """The readings of `meter` of all devices of an organization, as of the end of `day`."""
        path = self._devices_path(organization_id)
        parameters = {self._profile.parameters.date: day.isoformat()}
        rows = self._rows(path, parameters)
        return [device_reading(row, self._profile.fields, meter, path) for row in rows]

    def _devices_path(self, organization_id: str) -> str:
        paths = self._profile.paths
        # HTTP libraries resolve these as directories, even quoted, and would ask for another path.
        if organization_id in {".", ".."}:
            raise UnusableAnswerError(paths.organizations, _OK, f"an organization id other than {organization_id}")
        return paths.devices.replace("{organization_id}", quote(organization_id, safe=""))

    def _organization(self, row: dict[str, Any]) -> Organization:
        return organization_of(row, self._profile.fields, self._profile.paths.organizations)

    def _rows(self, path: str, parameters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """All rows, page by page; each request is sent only after the answer to the one before."""
        number, rows_before = 1, None
        for _ in range(MOST_PAGES):
            page = self._page(path, parameters, number)
            if page.rows and page.rows == rows_before:
                # A server that does not know pages sends all rows, whichever page it is asked for.
                if page.is_bare_array:
                    return
                raise UnusableAnswerError(path, _OK, f"other rows on page {number} than on the page before it")
            yield from page.rows
            following = self._next_page(page, number, path)
            if following is None:
                return
            number, rows_before = following, page.rows
        raise UnusableAnswerError(path, _OK, f"an end within {MOST_PAGES:,} pages")

    def _page(self, path: str, parameters: Mapping[str, str], number: int) -> Page:
        names = self._profile.parameters
        paging = {names.page: number, names.page_size: names.rows_per_page}
        return page_of(self._session.get(path, {**parameters, **paging}), self._profile.fields, path)

    def _next_page(self, page: Page, number: int, path: str) -> int | None:
        # An array ends with an empty page, not with a short one: a server may send fewer rows than it is asked for.
        if page.is_bare_array:
            return number + 1 if page.rows else None
        # A page that was read already would be read again, and so on for ever.
        if page.next_page is not None and page.next_page <= number:
            raise UnusableAnswerError(path, _OK, f"a {self._profile.fields.next_page} after page {number}")
        return page.next_page
