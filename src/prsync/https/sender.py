"""Sends requests to one server: HTTPS only, within limits of time and size, and every failure is a ServerError.

Of the settings that requests takes from the environment only the proxy is used (HTTPS_PROXY, NO_PROXY). The others are
switched off: REQUESTS_CA_BUNDLE would take precedence over `--ca-bundle`, and for a host named in ~/.netrc the password
there would be sent instead of the token.
"""

from __future__ import annotations

import time
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, TypeVar

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, ProtocolError

from prsync.errors import BrokenConnectionError, ServerError, UnreachableError
from prsync.https.deadline import timed_pool
from prsync.https.failures import ErrorTranslator
from prsync.https.patience import MAY_PASS, Patience, retry_for

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from urllib3 import HTTPSConnectionPool, PoolManager, Retry

    from prsync.https.patience import Manners, PatientRetry

TIMEOUTS: Final = (10, 60)
"""Seconds to wait for a connection, and for the next byte of an answer."""

_BLOCK: Final = 64 * 1024
_MEGABYTE: Final = 1024 * 1024

Result = TypeVar("Result")


class Sender:
    """What sends requests to the server at `url`, as its `manners` allow.

    `timeouts` are as TIMEOUTS, `sleep` waits before something is tried again.
    """

    def __init__(
        self,
        url: str,
        ca_bundle: str | None,
        manners: Manners,
        *,
        timeouts: tuple[float, float] = TIMEOUTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        # Checked once more, after the command line: with any other scheme secrets would travel in clear text.
        if not url.lower().startswith("https://"):
            raise UnreachableError(url, "prsync sends nothing but over HTTPS")
        self.url, self.timeouts = url.rstrip("/"), timeouts
        self._ca_bundle, self._manners = ca_bundle, manners
        self._patience = Patience.of(self.url, manners, sleep)
        self._pool_class = timed_pool(self._patience.seconds_left)
        self._error_translator = ErrorTranslator(self.url, ca_bundle, timeouts)
        self.on_answer: Callable[[requests.Response, bytes], object] | None = None
        """Is called with each answer whose body is read, before anything is made of it."""

    def retry(self, statuses: Collection[int] = MAY_PASS) -> PatientRetry:
        """When a question is asked again: after such statuses, and where the connection broke off."""
        return retry_for(self._manners, self._patience, statuses)

    def prepare(self, session: requests.Session, retry: PatientRetry | None = None) -> requests.Session:
        """Make a session ready for this server: what it trusts, its proxy, its limits, what is tried again."""
        # Or REQUESTS_CA_BUNDLE and ~/.netrc would be obeyed (see above); the proxy is therefore looked up by hand.
        session.trust_env = False
        session.verify = self._ca_bundle or True
        session.proxies.update(get_environ_proxies(self.url))
        session.headers["Accept"] = "application/json"
        session.hooks["response"].append(self._read_body)
        session.mount("https://", _Adapter(self._pool_class, max_retries=retry or self.retry()))
        return session

    def send(self, request: Callable[[], Result]) -> Result:
        """Call what sends a request, within the time that an answer has; whatever that raises becomes a ServerError."""
        self._patience.new_question()
        failure: ServerError
        try:
            return request()
        except (OSError, HTTPError) as error:  # requests lets some of urllib3's errors through
            failure = self._too_slow() if self._patience.given_up else self._error_translator.translate(error)
        except ServerError as error:
            failure = error.with_traceback(None)
        # Raised after the handlers, and so without the original error and its traceback: both hold the password.
        raise failure

    def _too_slow(self) -> ServerError:
        return BrokenConnectionError(self.url, f"it took longer than {self._manners.answer_seconds} seconds in all")

    def _read_body(self, response: requests.Response, **_: object) -> None:
        """Read an answer's body, unpacked, up to what an answer may hold: a few bytes can unpack to any size.

        A hook of requests: it comes before requests would read all there is, also where oauthlib has sent the request.
        """
        most = self._manners.answer_megabytes
        body = bytearray()
        for block in response.raw.stream(_BLOCK, decode_content=True):
            body += block
            if len(body) > most * _MEGABYTE:
                response.raw.close()
                raise BrokenConnectionError(self.url, f"it has more than {most} MiB")
        is_without_end = not {"content-length", "transfer-encoding"} & {name.lower() for name in response.headers}
        if not body and is_without_end and response.status_code == requests.codes.ok:
            # Nothing at all, and no word of that: the connection broke off in the middle of the headers.
            raise ProtocolError("no body")
        response.raw = BytesIO(bytes(body))
        if self.on_answer is not None:
            self.on_answer(response, bytes(body))


class _Adapter(HTTPAdapter):
    """The adapter of requests, with another class for its pools of connections, also of those through a proxy."""

    def __init__(self, pool_class: type[HTTPSConnectionPool], max_retries: Retry) -> None:
        self._pool_classes = {"https": pool_class}
        super().__init__(max_retries=max_retries)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = self._pool_classes
        return manager
