"""The simulated 3manager server: real HTTPS and OAuth 2.0 on this machine, and an invented fleet of printers.

Given an API profile, it is a server of that shape.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from prsync.demo.api import Api, TokenHost
from prsync.demo.ca import server_context
from prsync.demo.fields import UNWANTED_MARKERS
from prsync.demo.https import HttpsServer
from prsync.demo.tokens import Tokens
from prsync.demo.traffic import Answer, Request, Traffic
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from prsync.demo.fleet import Fleet

TOKEN_SECONDS: Final = 3600


class Simulator:
    """One simulated server; as a context manager it runs until the end of the block.

    Into `folder` it writes the CA's certificate, `ca_bundle`, and nothing else. Tokens last `token_seconds` by `clock`.
    Its certificate is for the host `names` and expires at `certificate_ends`. It answers as `profile` says; where
    that has tokens issued by another host, there is a second server for them. A server without history needs to know
    what day is `today`.
    """

    unwanted_markers: Final = UNWANTED_MARKERS
    """Texts to search for: one of them is in every value that prsync must not keep."""

    def __init__(
        self,
        fleet: Fleet,
        *,
        folder: Path,
        profile: Profile | None = None,
        token_seconds: int = TOKEN_SECONDS,
        client_id: str | None = None,
        client_secret: str | None = None,
        today: date | None = None,
        clock: Callable[[], float] = time.monotonic,
        names: Sequence[str] = ("127.0.0.1", "localhost"),
        certificate_ends: datetime | None = None,
    ) -> None:
        self.ca_bundle = folder / "ca.pem"
        self.username = "prsync@3manager.example"
        self._context = server_context(self.ca_bundle, names, certificate_ends)
        shape = profile or Profile.load(None)
        if not shape.has_history and today is None:
            raise ValueError("a server without history answers for today: which day is that?")
        self._tokens = Tokens(
            auth=shape.auth,
            username=self.username,
            password=f"pw-{secrets.token_hex(16)}",
            client_id=client_id,
            client_secret=client_secret,
            lifetime=token_seconds,
            clock=clock,
        )
        self._passwords = [self._tokens.password]
        self._api = Api(shape, fleet, self._tokens, today=today)
        self._traffic = Traffic()
        self._server: HttpsServer | None = None
        self._token_server: HttpsServer | None = None
        self._port = self._token_port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to serve; after a stop() at the same URL as before."""
        self._server = HttpsServer(self._port, self._context, self._api, self._traffic)
        self._port = int(self._server.server_address[1])
        if self._tokens.are_on_another_host:
            self._token_server = HttpsServer(self._token_port, self._context, TokenHost(self._api), self._traffic)
            self._token_port = int(self._token_server.server_address[1])

    def stop(self) -> None:
        """Break off all connections and accept no more. Answers that are held are released."""
        for server in (self._server, self._token_server):
            if server is not None:
                server.stop()
        self._server = self._token_server = None

    @property
    def url(self) -> str:
        """The URL to give to `prsync server add`."""
        return f"https://127.0.0.1:{self._port}"

    @property
    def token_host(self) -> str:
        """The URL of the host that issues tokens: another one where the profile says so."""
        return f"https://localhost:{self._token_port}" if self._tokens.are_on_another_host else self.url

    @property
    def profile(self) -> Profile:
        """The profile for a client of this server: the one that it was given, with its own host for tokens."""
        profile = self._api.profile
        if not self._tokens.are_on_another_host:
            return profile
        token = self.token_host + urlsplit(profile.auth.token).path
        return profile.model_copy(update={"auth": profile.auth.model_copy(update={"token": token})})

    @property
    def today(self) -> date | None:
        """What day it is, to a server without history; it may be set at any time."""
        return self._api.today

    @today.setter
    def today(self, today: date) -> None:
        self._api.today = today

    @property
    def fleet(self) -> Fleet:
        """What this server has to offer; it may be replaced at any time."""
        return self._api.fleet

    @fleet.setter
    def fleet(self, fleet: Fleet) -> None:
        self._api.fleet = fleet

    @property
    def password(self) -> str:
        """The user's password."""
        return self._tokens.password

    @property
    def secrets(self) -> list[str]:
        """Every password, client's secret and token so far, including those no longer valid."""
        client_secrets = [self._tokens.client_secret] if self._tokens.client_secret else []
        return [*self._passwords, *client_secrets, *self._tokens.issued]

    def change_password(self, password: str) -> None:
        """Change the user's password; tokens that were issued before stay valid."""
        self._tokens.password = password
        self._passwords.append(password)

    def expire_tokens(self) -> None:
        """Make every token issued so far expire."""
        self._tokens.expire()

    def make_stale(self, organization_id: str, since_day: date, until_day: date | None = None) -> None:
        """Stop the organization's DCA after `since_day`: later days repeat the readings as of that day.

        From `until_day` on, if given, the readings are new again; those of the days between are lost for good.
        """
        self._api.stale_periods[organization_id] = (since_day, until_day)

    def deliver(self, organization_id: str) -> None:
        """Start the organization's DCA again and deliver all that it had read: each day has its own readings."""
        self._api.stale_periods.pop(organization_id, None)

    def forbid(self, organization_id: str) -> None:
        """Answer requests for the organization's devices with status 403 from now on."""
        self._api.forbidden.add(organization_id)

    def give_at_most(self, rows: int) -> None:
        """Put no more than `rows` rows on a page, whatever a request asks for."""
        self._api.rows_per_page = rows

    def hide_read_at(self) -> None:
        """Leave out when a device was read, as servers may."""
        self._api.sends_read_at = False

    def answer_with(self, matches: Callable[[Request], Any], answer: Answer, *, times: int | None = None) -> None:
        """Change the answers to requests for which `matches` is true; only to the next `times` of them, if given.

        Where several calls match a request, the earliest counts.
        """
        self._traffic.answer_with(matches, answer, times)

    def answer_normally(self) -> None:
        """Undo answer_with(), and release the answers that are held."""
        self._traffic.answer_normally()

    @property
    def requests(self) -> list[Request]:
        """Every request since the start, or since forget_requests(), in the order in which they were received."""
        return self._traffic.requests

    @property
    def devices_requests(self) -> list[Request]:
        """Those that asked for devices."""
        return [request for request in self.requests if request.is_devices]

    def wait_for(self, matches: Callable[[Request], Any], seconds: float = 30) -> Request:
        """The first request for which `matches` is true, waiting for it if need be; TimeoutError after `seconds`."""
        return self._traffic.wait_for(matches, seconds)

    def forget_requests(self) -> None:
        """Begin a new list of requests."""
        self._traffic.requests = []
