"""A session with one server: HTTPS only, and no method but GET, except to obtain a token.

Of the settings that requests takes from the environment only the proxy is used (HTTPS_PROXY, NO_PROXY). The others are
switched off: REQUESTS_CA_BUNDLE would take precedence over `--ca-bundle`, and for a host named in ~/.netrc the password
there would be sent instead of the token.
"""

from __future__ import annotations

import logging
import re
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

import requests
from oauthlib.oauth2 import TokenExpiredError
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from prsync import __version__
from prsync.core.text import is_text
from prsync.errors import BrokenConnectionError, LoginRefusedError, ServerError, UnreachableError, UnusableAnswerError
from prsync.threemanager.auth import Login, new_session
from prsync.threemanager.deadline import within
from prsync.threemanager.document import document_of
from prsync.threemanager.failures import ErrorTranslator
from prsync.threemanager.patience import Patience, retry_for
from prsync.threemanager.raw_answer import RawAnswer
from prsync.threemanager.rows import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from prsync.core.settings import ServerSettings
    from prsync.credentials.passwords import Secret
    from prsync.threemanager.profile import Profile

log = logging.getLogger(__name__)
# At DEBUG requests-oauthlib logs the password and the token.
logging.getLogger("requests_oauthlib").setLevel(logging.WARNING)

TIMEOUTS: Final = (10, 60)
"""Seconds to wait for a connection, and for the next byte of an answer."""

USER_AGENT: Final = f"prsync/{__version__} (page counter collection)"

_IN_A_HEADER: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
"""A key of several words is one, too: some are sent with a word before them, as `Bearer`."""

_BLOCK: Final = 64 * 1024
_MEGABYTE: Final = 1024 * 1024
_EMPTY_ANSWERS: Final = {requests.codes.ok, requests.codes.no_content}

Result = TypeVar("Result")


class Session:
    """A session with one server, which logs in when it needs a token. Every failure is a ServerError.

    `timeouts` are as TIMEOUTS, `sleep` waits before something is tried again.
    """

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
        self._url, self._profile, self._timeouts = server.url.rstrip("/"), profile, timeouts
        # Checked once more, after the command line: with any other scheme the password would travel in clear text.
        if not self._url.lower().startswith("https://"):
            raise UnreachableError(server.url, "prsync sends nothing but over HTTPS")
        self._ca_bundle = server.ca_bundle
        self._login = Login(
            url=self._url,
            username=server.username,
            password=password,
            client_id=server.client_id,
            client_secret=client_secret,
            auth=profile.auth,
            headers=profile.headers,
        )
        self._patience = Patience.of(self._url, profile.manners, sleep)
        self._error_translator = ErrorTranslator(self._url, server.ca_bundle, timeouts)
        self._session = self._new_session()
        self.on_token_answer: Callable[[RawAnswer], object] | None = None
        """Is called with each answer to a token request, before anything is made of it."""

    def _new_session(self) -> requests.Session:
        session = new_session(self._login)
        # Or REQUESTS_CA_BUNDLE and ~/.netrc would be obeyed (see above); the proxy is therefore looked up by hand.
        session.trust_env = False
        session.verify = self._ca_bundle or True
        session.proxies.update(get_environ_proxies(self._url))
        session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
        session.hooks["response"].append(partial(self._read_body, self._patience))
        retry = retry_for(self._profile.manners, self._patience)
        session.mount("https://", HTTPAdapter(max_retries=retry))
        return session

    def log_in(self) -> None:
        """Obtain a token, where the profile says that one is needed."""
        # Text that cannot be encoded: the UnicodeEncodeError of whoever tries would hold the password.
        if not all(is_text(secret) for secret in self._login.secrets):
            raise LoginRefusedError(self._url, self._login.username, "the password is not text in UTF-8")
        if self._login.auth.grant == "header" and not _IN_A_HEADER.fullmatch(self._login.password.reveal()):
            raise LoginRefusedError(self._url, self._login.username, "a key is one word of ASCII letters and signs")
        self.close()
        # A new session, because oauthlib keeps the expiry of the token before, if the new one comes without a lifetime.
        self._session = self._new_session()
        if self._login.auth.needs_token:
            self._send(lambda: self._login.fetch_token(self._session, self._timeouts))

    def get(self, path: str, parameters: Mapping[str, str | int]) -> Answer:
        """One answer, its JSON document with numbers as `document_of` reads them.

        `path` is below the server's URL, and may have a query. A token that has expired is renewed, once.
        """
        response = self._get_with_token(path, parameters)
        if response is None or response.status_code == requests.codes.unauthorized:
            raise self._refused_token()
        return self._answer(path.partition("?")[0], response)

    def get_raw(self, path: str, parameters: Mapping[str, str | int]) -> RawAnswer:
        """The same, whatever its status and whatever it holds."""
        response = self._get_with_token(path, parameters)
        if response is None:
            raise self._refused_token()
        return _raw("GET", path, response)

    def _refused_token(self) -> LoginRefusedError:
        renews = self._login.auth.needs_token
        reason = "it refuses the token that it has just issued" if renews else "status 401"
        return LoginRefusedError(self._url, self._login.username, reason)

    def _get_with_token(self, path: str, parameters: Mapping[str, str | int]) -> requests.Response | None:
        """One answer, whatever its status; None where even a new token's lifetime is over at once."""
        renews = self._login.auth.needs_token
        if renews and not getattr(self._session, "token", None):
            self.log_in()
        response = self._get(path, parameters)
        # Once only: a server that refuses a new token too would else be asked for tokens all night.
        if renews and (response is None or response.status_code == requests.codes.unauthorized):
            self.log_in()
            response = self._get(path, parameters)
        return response

    def _answer(self, path: str, response: requests.Response) -> Answer:
        if response.status_code not in _EMPTY_ANSWERS:
            expected = "an answer, not a redirect" if response.is_redirect else "an answer"
            raise UnusableAnswerError(path, response.status_code, expected)
        if response.status_code == requests.codes.no_content:
            return Answer(None, response.headers, response.url)
        with suppress(ValueError):
            return Answer(document_of(response.content), response.headers, response.url)
        raise UnusableAnswerError(path, response.status_code, "JSON")

    def _get(self, path: str, parameters: Mapping[str, str | int]) -> requests.Response | None:
        """One answer, whatever its status; None where the token's lifetime is over, and nothing was sent."""
        started = time.monotonic()
        with suppress(TokenExpiredError):
            response = self._send(lambda: self._fetch_patiently(path, parameters))
            # Without the query of a link, which may hold anything, a key among others.
            shown, seconds = path.partition("?")[0], time.monotonic() - started
            log.debug("GET %s %s: %s in %.3f s", shown, parameters, response.status_code, seconds)
            return response
        return None

    def _fetch_patiently(self, path: str, parameters: Mapping[str, str | int]) -> requests.Response:
        """An answer whose body is whole: urllib3 tries again until there is a head, and so do we for the body."""
        retry = retry_for(self._profile.manners, self._patience)
        while True:
            try:
                return self._fetch(path, parameters)
            except (ProtocolError, ReadTimeoutError) as error:
                retry = retry.increment("GET", path, error=error)
            retry.sleep()

    def _fetch(self, path: str, parameters: Mapping[str, str | int]) -> requests.Response:
        return self._session.get(
            self._url + path, params=dict(parameters), timeout=self._timeouts, headers=self._profile.headers
        )

    def _read_body(self, patience: Patience, response: requests.Response, **_: object) -> None:
        """Read an answer's body, unpacked, up to what an answer may hold: a few bytes can unpack to any size.

        A hook of requests: it comes before requests would read all there is, also where oauthlib has sent the request.
        """
        most = self._profile.manners.answer_megabytes
        body = bytearray()
        for block in response.raw.stream(_BLOCK, decode_content=True):
            body += block
            if len(body) > most * _MEGABYTE or patience.given_up:
                response.raw.close()
                raise BrokenConnectionError(self._url, f"it has more than {most} MiB")
        is_without_end = not {"content-length", "transfer-encoding"} & {name.lower() for name in response.headers}
        if not body and is_without_end and response.status_code == requests.codes.ok:
            # Nothing at all, and no word of that: the connection broke off in the middle of the headers.
            raise ProtocolError("no body")
        response.raw = BytesIO(bytes(body))
        if self.on_token_answer is not None and response.request.method == "POST":
            path = urlsplit(self._login.token_url).path
            self.on_token_answer(RawAnswer("POST", path, response.status_code, response.headers, bytes(body)))

    def _send(self, request: Callable[[], Result]) -> Result:
        """Call what sends a request, within the time that an answer has; whatever that raises becomes a ServerError."""
        seconds = self._profile.manners.answer_seconds
        self._patience.new_question()
        failure: ServerError
        try:
            return within(seconds, request, lambda: self._patience.waited)
        except TimeoutError as error:
            # The one from `within` has no errno; one of a socket has a cause to be told by.
            failure = self._error_translator.translate(error) if error.args else self._too_slow(seconds)
        except (OSError, HTTPError) as error:  # requests lets some of urllib3's errors through
            failure = self._error_translator.translate(error)
        except ServerError as error:
            failure = error.with_traceback(None)
        # Raised after the handlers, and so without the original error and its traceback: both hold the password.
        raise failure

    def _too_slow(self, seconds: float) -> ServerError:
        # What is still on its way belongs to nobody: the next request gets a connection of its own.
        self._patience.given_up = True
        self._patience = replace(self._patience, given_up=False)
        self._session = self._new_session()
        return BrokenConnectionError(self._url, f"it took longer than {seconds:g} seconds in all")

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _raw(method: str, path: str, response: requests.Response) -> RawAnswer:
    return RawAnswer(
        method, path.partition("?")[0], response.status_code, response.headers, response.content, response.url or ""
    )
