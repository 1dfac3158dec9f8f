"""A session with one server: HTTPS only, one token for all requests, and no method but GET, except to obtain the token.

Of the settings that requests takes from the environment only the proxy is used (HTTPS_PROXY, NO_PROXY). The others are
switched off: REQUESTS_CA_BUNDLE would take precedence over `--ca-bundle`, and for a host named in ~/.netrc the password
there would be sent instead of the token.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

import requests
from oauthlib.oauth2 import LegacyApplicationClient, TokenExpiredError
from requests.utils import get_environ_proxies
from requests_oauthlib import OAuth2Session
from urllib3.exceptions import HTTPError

from prsync import __version__
from prsync.core.text import is_text
from prsync.errors import LoginRefusedError, ServerError, UnreachableError, UnusableAnswerError
from prsync.threemanager.failures import ErrorTranslator
from prsync.threemanager.parsing import document_of
from prsync.threemanager.token import reduced_to_bearer_token, refusal_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from prsync.credentials.passwords import Secret
    from prsync.threemanager.profile import Paths

log = logging.getLogger(__name__)
# At DEBUG requests-oauthlib logs the password and the token.
logging.getLogger("requests_oauthlib").setLevel(logging.WARNING)

TIMEOUTS: Final = (10, 60)
"""Seconds to wait for a connection, and for the next byte of an answer."""

USER_AGENT: Final = f"prsync/{__version__} (page counter collection)"

_Answer = TypeVar("_Answer")


class Session:
    """A session with one server, which logs in when it needs a token. Every failure is a ServerError.

    `url` is the server's own, without the paths of the API; `timeouts` are as TIMEOUTS.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: Secret,
        *,
        client_id: str | None,
        ca_bundle: str | None,
        paths: Paths,
        timeouts: tuple[float, float] = TIMEOUTS,
    ) -> None:
        self._url, self._username, self._password = url.rstrip("/"), username, password
        # Checked once more, after the command line: with any other scheme the password would travel in clear text.
        if not self._url.lower().startswith("https://"):
            raise UnreachableError(url, "prsync sends nothing but over HTTPS")
        self._client_id, self._ca_bundle, self._token_path = client_id, ca_bundle, paths.token
        self._timeouts = timeouts
        self._error_translator = ErrorTranslator(self._url, ca_bundle, timeouts)
        self._session = self._new_session()

    def _new_session(self) -> OAuth2Session:
        session = _SessionWithoutRedirects(client=LegacyApplicationClient(self._client_id or ""))
        # Or REQUESTS_CA_BUNDLE and ~/.netrc would be obeyed (see above); the proxy is therefore looked up by hand.
        session.trust_env = False
        session.verify = self._ca_bundle or True
        session.proxies.update(get_environ_proxies(self._url))
        session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
        session.register_compliance_hook("access_token_response", self._check_token_answer)
        return session

    def log_in(self) -> None:
        """Obtain a token with the password grant (RFC 6749 section 4.3)."""
        # It cannot be encoded, and the UnicodeEncodeError of whoever tries would hold it.
        if not is_text(self._password.reveal()):
            raise LoginRefusedError(self._url, self._username, "the password is not text in UTF-8")
        self.close()
        # A new session, because oauthlib keeps the expiry of the token before, if the new one comes without a lifetime.
        self._session = self._new_session()
        self._send(
            lambda: self._session.fetch_token(
                self._url + self._token_path,
                username=self._username,
                password=self._password.reveal(),
                include_client_id=self._client_id is not None,
                timeout=self._timeouts,
                headers={"Accept": "application/json"},
            )
        )

    def _check_token_answer(self, response: requests.Response) -> requests.Response:
        """What oauthlib gets to see of the answer to a token request; a ServerError if that has no token for us."""
        if (reason := refusal_reason(response)) is not None:
            raise LoginRefusedError(self._url, self._username, reason)
        if (reduced := reduced_to_bearer_token(response)) is None:
            raise UnusableAnswerError(self._token_path, response.status_code, "an OAuth 2.0 token")
        return reduced

    def get(self, path: str, parameters: Mapping[str, str | int]) -> Any:
        """The JSON document of one answer, with numbers as `document_of` reads them.

        `path` is below the server's URL. A token that has expired is renewed, once.
        """
        if not self._session.token:
            self.log_in()
        response = self._get(path, parameters)
        # Once only: a server that refuses a new token too would else be asked for tokens all night.
        if response is None or response.status_code == requests.codes.unauthorized:
            self.log_in()
            response = self._get(path, parameters)
        if response is None or response.status_code == requests.codes.unauthorized:
            raise LoginRefusedError(self._url, self._username, "it refuses the token that it has just issued")
        if response.status_code != requests.codes.ok:
            raise UnusableAnswerError(
                path, response.status_code, "an answer, not a redirect" if response.is_redirect else "an answer"
            )
        with suppress(ValueError):
            return document_of(response.content)
        raise UnusableAnswerError(path, response.status_code, "JSON")

    def _get(self, path: str, parameters: Mapping[str, str | int]) -> requests.Response | None:
        """One answer, whatever its status; None where the token's lifetime is over, and nothing was sent."""
        started = time.monotonic()
        with suppress(TokenExpiredError):
            response = self._send(
                lambda: self._session.get(self._url + path, params=dict(parameters), timeout=self._timeouts)
            )
            log.debug("GET %s %s: %s in %.3f s", path, parameters, response.status_code, time.monotonic() - started)
            return response
        return None

    def _send(self, request: Callable[[], _Answer]) -> _Answer:
        """Call what sends a request; whatever that raises becomes a ServerError."""
        try:
            return request()
        except (OSError, HTTPError) as error:  # requests lets some of urllib3's errors through
            failure = self._error_translator.translate(error)
        except ServerError as error:
            failure = error.with_traceback(None)
        # Raised after the handlers, and so without the original error and its traceback: both hold the password.
        raise failure

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


class _SessionWithoutRedirects(OAuth2Session):
    """Follows no redirect, which would send the password or the token to wherever the answer points."""

    # Overridden, because fetch_token() has no parameter that forbids redirects.
    def get_redirect_target(self, resp: requests.Response) -> None:
        """No target, whatever the answer says."""
