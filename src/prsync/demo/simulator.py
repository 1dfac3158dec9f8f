"""The simulated 3manager: real HTTPS, real OAuth 2.0 and a fleet of printers that nobody owns."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any, Final, Self

from prsync.demo.api import TEMPTATIONS, Api
from prsync.demo.ca import server_context
from prsync.demo.https import HttpsServer
from prsync.demo.tokens import Tokens
from prsync.demo.traffic import Answer, Request, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from prsync.demo.fleet import Fleet

TOKEN_SECONDS: Final = 3600


class Simulator:
    """One simulated server; as a context manager it runs until the end of the block.

    Its `folder` gets the CA's certificate, `ca_bundle`, and nothing else.
    """

    temptations: Final = TEMPTATIONS
    """Strings of which one is in each value that prsync must not keep, to look for wherever it might have kept them."""

    def __init__(
        self,
        fleet: Fleet,
        *,
        folder: Path,
        token_seconds: int = TOKEN_SECONDS,
        client_id: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        names: Sequence[str] = ("127.0.0.1", "localhost"),
        certificate_ends: datetime | None = None,
    ) -> None:
        self.ca_bundle = folder / "ca.pem"
        self.username = "prsync@3manager.example"
        self._context = server_context(self.ca_bundle, names, certificate_ends)
        self._tokens = Tokens(self.username, f"pw-{secrets.token_hex(16)}", client_id, token_seconds, clock)
        self._passwords = [self._tokens.password]
        self._api = Api(fleet, self._tokens)
        self._traffic = Traffic()
        self._server: HttpsServer | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; after a stop() at the same URL as before."""
        self._server = HttpsServer(self._port, self._context, self._api, self._traffic)
        self._port = int(self._server.server_address[1])

    def stop(self) -> None:
        """Cut all connections and accept no more. Whatever is held is released."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def url(self) -> str:
        """What `server add --url` is given."""
        return f"https://127.0.0.1:{self._port}"

    @property
    def fleet(self) -> Fleet:
        """What this server knows; another one may take its place at any time."""
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
        """Every password and every token that there ever was."""
        return [*self._passwords, *self._tokens.issued]

    def change_password(self, password: str) -> None:
        """From now on only this password obtains a token; tokens that are out stay good."""
        self._tokens.password = password
        self._passwords.append(password)

    def expire_tokens(self) -> None:
        """Every token that is out is refused from now on."""
        self._tokens.expire()

    def make_stale(self, organization_id: str, since_day: date, until_day: date | None = None) -> None:
        """The organization's DCA stops after `since_day`: later days repeat the readings as of that day.

        From `until_day` on, if given, readings are new again; the days between stay lost.
        """
        self._api.silences[organization_id] = (since_day, until_day)

    def deliver(self, organization_id: str) -> None:
        """The organization's DCA is back and has delivered all it had: each day has its own readings."""
        self._api.silences.pop(organization_id, None)

    def forbid(self, organization_id: str) -> None:
        """This user may not see the organization's devices (any more)."""
        self._api.forbidden.add(organization_id)

    def give_at_most(self, rows: int) -> None:
        """Never put more rows on a page, whatever pageSize asks for."""
        self._api.rows_per_page = rows

    def hide_read_at(self) -> None:
        """Say of no device when it was read."""
        self._api.tells_read_at = False

    def answers_with(self, wanted: Callable[[Request], Any], answer: Answer, *, times: int | None = None) -> None:
        """Answer requests for which `wanted` is true with `answer`; only the next so many of them if `times` is given.

        Of several that match, the one that was said first counts.
        """
        self._traffic.answers_with(wanted, answer, times)

    def answers_truly(self) -> None:
        """Forget all other answers, and release what is held."""
        self._traffic.answers_truly()

    @property
    def requests(self) -> list[Request]:
        """Every request since the start, or since forget_requests(), in the order in which they came."""
        return self._traffic.requests

    @property
    def devices_requests(self) -> list[Request]:
        """Those that asked for devices."""
        return [request for request in self.requests if request.is_devices]

    def wait_for(self, wanted: Callable[[Request], Any], seconds: float = 30) -> Request:
        """The first noted request that is `wanted`, as soon as it has come in; TimeoutError if it does not."""
        return self._traffic.wait_for(wanted, seconds)

    def forget_requests(self) -> None:
        """Begin a new list of requests."""
        self._traffic.requests = []
