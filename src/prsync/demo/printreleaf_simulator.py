"""The simulated PrintReleaf: real HTTPS on this machine, with a CA of its own."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Self

from prsync.demo.ca import server_context
from prsync.demo.https import HttpsServer
from prsync.demo.printreleaf_api import PrintReleafApi
from prsync.demo.traffic import Answer, Request, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class PrintReleafSimulator:
    """One simulated PrintReleaf; as a context manager it runs until the end of the block.

    Into `folder` it writes the CA's certificate, `ca_bundle`. `accounts` are names by id.
    """

    def __init__(self, accounts: Mapping[str, str], *, folder: Path) -> None:
        self.ca_bundle = folder / "ca.pem"
        self.api = PrintReleafApi(f"key-{secrets.token_hex(16)}", dict(accounts))
        self._context = server_context(self.ca_bundle, ("127.0.0.1", "localhost"))
        self._traffic = Traffic()
        self._server: HttpsServer | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to serve; after a stop() at the same URL as before."""
        self._server = HttpsServer(self._port, self._context, self.api, self._traffic)
        self._port = int(self._server.server_address[1])

    def stop(self) -> None:
        """Break off all connections and accept no more."""
        if self._server is not None:
            self._server.stop()
        self._server = None

    @property
    def is_running(self) -> bool:
        """Whether it serves."""
        return self._server is not None

    @property
    def url(self) -> str:
        """The URL to give to `prsync printreleaf connect`."""
        return f"https://127.0.0.1:{self._port}/v1"

    def answer_with(self, matches: Callable[[Request], Any], answer: Answer, *, times: int | None = None) -> None:
        """Change the answers to requests for which `matches` is true; only to the next `times` of them, if given."""
        self._traffic.answer_with(matches, answer, times)

    def answer_normally(self) -> None:
        """Undo answer_with(), and release the answers that are held."""
        self._traffic.answer_normally()

    @property
    def requests(self) -> list[Request]:
        """Every request since the start, or since forget_requests()."""
        return self._traffic.requests

    def wait_for(self, matches: Callable[[Request], Any], seconds: float = 30) -> Request:
        """The first request for which `matches` is true, waiting for it if need be; TimeoutError after `seconds`."""
        return self._traffic.wait_for(matches, seconds)

    def forget_requests(self) -> None:
        """Begin a new list of requests."""
        self._traffic.requests = []
