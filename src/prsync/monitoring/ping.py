"""Pings a monitor of cron jobs, as healthchecks.io takes it: URL/start, then URL or URL/fail with what happened."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.utils import get_environ_proxies

from prsync import __version__
from prsync.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS: Final = 10.0
"""All that a run's pings may cost it together."""

_WORDS: Final = (
    (requests.exceptions.SSLError, "its certificate is not trusted"),
    (requests.Timeout, "no answer in time"),
    (requests.ConnectionError, "no connection"),
)
_MOST_BYTES: Final = 10_000
_BEGINNING_OF_ERRORS: Final = 400


@dataclass(slots=True)
class Pinger:
    """Pings one URL in the course of one run; `seconds` are what is left of the time for it, by `clock`."""

    url: str
    seconds: float = field(default=SECONDS)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        """InvalidValueError for what is no URL."""
        no_url = InvalidValueError("--ping-url", "(not shown)", "is no URL; write it as https://host/…")
        try:
            parts = urlsplit(self.url)
        except ValueError as error:
            raise no_url from error
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise no_url

    def started(self) -> str | None:
        """Say that the run begins; why that did not work, None if it did."""
        return self._ping("/start", "", within=self.seconds / 2)

    def ended(self, *, ok: bool, summary: str) -> str | None:
        """Say how the run ended; why that did not work, None if it did."""
        return self._ping("" if ok else "/fail", summary, within=self.seconds)

    def _ping(self, path: str, body: str, *, within: float) -> str | None:
        """Send one ping. In a thread, since a server that sends a letter at a time meets every time limit of HTTP."""
        outcome: list[str | None] = []
        sender = threading.Thread(target=lambda: outcome.append(self._send(path, body, within)), daemon=True)
        began = self.clock()
        sender.start()
        sender.join(max(within, 0.0))
        self.seconds -= self.clock() - began
        return outcome[0] if outcome else "no answer in time"

    def _url_of(self, path: str) -> str:
        """The URL to ping: `path` after its own, and before a query such as healthchecks.io's `?create=1`."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(path=parts.path.rstrip("/") + path))

    def _send(self, path: str, body: str, seconds: float) -> str | None:
        # Not by what the environment says of certificates and passwords: only the proxy is heard, as with 3manager.
        with requests.Session() as session:
            session.trust_env = False
            session.proxies.update(get_environ_proxies(self.url))
            try:
                response = session.post(
                    self._url_of(path),
                    data=body.encode()[:_MOST_BYTES],
                    headers={"User-Agent": f"prsync/{__version__}"},
                    timeout=max(seconds, 0.1),
                    allow_redirects=False,
                    stream=True,
                )
                status = response.status_code
            # Not in its own text, which may hold the URL. That is a secret: whoever knows it can say that all is well.
            except requests.RequestException as error:
                return next((words for kind, words in _WORDS if isinstance(error, kind)), type(error).__name__)
        return f"status {status}" if status >= _BEGINNING_OF_ERRORS or response.is_redirect else None
