"""One session with a server: HTTPS only, one token for all requests, GET only but for the token.

What the environment may say about HTTPS is not heard, except for a proxy: REQUESTS_CA_BUNDLE would win over
`--ca-bundle`, and a ~/.netrc entry would replace our token.
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
from prsync.threemanager.failures import Failures
from prsync.threemanager.parsing import document_of
from prsync.threemanager.token import bearer_token, refusal

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

_Sent = TypeVar("_Sent")


class Session:
    """A session with one server, logged in when it has to be. Every failure is a ServerError."""

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
        if not self._url.lower().startswith("https://"):
            raise UnreachableError(url, "prsync sends nothing but over HTTPS")
        self._client_id, self._ca_bundle, self._token_path = client_id, ca_bundle, paths.token
        self._timeouts = timeouts
        self._failures = Failures(self._url, ca_bundle, timeouts)
        self._session = self._new_session()

    def _new_session(self) -> OAuth2Session:
        session = _Unredirected(client=LegacyApplicationClient(self._client_id or ""))
        session.trust_env = False
        session.verify = self._ca_bundle or True
        session.proxies.update(get_environ_proxies(self._url))
        session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
        session.register_compliance_hook("access_token_response", self._token_answer)
        return session

    def log_in(self) -> None:
        """Obtain a token with the password grant (RFC 6749 section 4.3)."""
        if not is_text(self._password.reveal()):  # it could not be sent
            raise LoginRefusedError(self._url, self._username, "the password is not text in UTF-8")
        self.close()
        # oauthlib remembers when a token before this one expired, where this one says nothing of it.
        self._session = self._new_session()
        self._sent(
            lambda: self._session.fetch_token(
                self._url + self._token_path,
                username=self._username,
                password=self._password.reveal(),
                include_client_id=self._client_id is not None,
                timeout=self._timeouts,
                headers={"Accept": "application/json"},
            )
        )

    def _token_answer(self, response: requests.Response) -> requests.Response:
        if (reason := refusal(response)) is not None:
            raise LoginRefusedError(self._url, self._username, reason)
        if (token := bearer_token(response)) is None:
            raise UnusableAnswerError(self._token_path, response.status_code, "an OAuth 2.0 token")
        return token

    def get(self, path: str, parameters: Mapping[str, str | int]) -> Any:
        """The JSON of one answer; a token that has expired is renewed, once."""
        if not self._session.token:
            self.log_in()
        response = self._get(path, parameters)
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
        """One answer, or None where our token is known to have expired."""
        started = time.monotonic()
        with suppress(TokenExpiredError):
            response = self._sent(
                lambda: self._session.get(self._url + path, params=dict(parameters), timeout=self._timeouts)
            )
            log.debug("GET %s %s: %s in %.3f s", path, parameters, response.status_code, time.monotonic() - started)
            return response
        return None

    def _sent(self, send: Callable[[], _Sent]) -> _Sent:
        try:
            return send()
        except (OSError, HTTPError) as error:  # requests lets some of urllib3's through
            failure = self._failures.of(error)
        except ServerError as error:
            failure = error.with_traceback(None)
        # Not from within: what requests raises, and the frames it comes through, know the password.
        raise failure

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()


class _Unredirected(OAuth2Session):
    """Goes nowhere but where it is sent: a redirect would carry the password or the token to wherever it points."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere, whatever the answer says."""
