"""One session with a server: HTTPS only, one token for all requests, GET only but for the token.

What the environment may say about HTTPS is not heard, except for a proxy: REQUESTS_CA_BUNDLE would win over
`--ca-bundle`, and a ~/.netrc entry would replace our token.
"""

from __future__ import annotations

import json
import logging
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
from oauthlib.oauth2 import LegacyApplicationClient, OAuth2Error, TokenExpiredError
from requests.utils import get_environ_proxies
from requests_oauthlib import OAuth2Session

from prsync import __version__
from prsync.errors import LoginRefusedError, UnreachableError, UntrustedCertificateError, UnusableAnswerError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prsync.credentials import Secret
    from prsync.threemanager.profile import Paths

log = logging.getLogger(__name__)
# At DEBUG requests-oauthlib logs the password and the token.
logging.getLogger("requests_oauthlib").setLevel(logging.WARNING)

TIMEOUTS: Final = (10, 60)
"""Seconds to wait for a connection, and for the next byte of an answer."""

USER_AGENT: Final = f"prsync/{__version__} (page counter collection)"

_REFUSALS: Final = {400, 401, 403}


class Session:
    """A session with one server, logged in when it has to be."""

    def __init__(
        self, url: str, username: str, password: Secret, *, client_id: str | None, ca_bundle: str | None, paths: Paths
    ) -> None:
        self._url, self._username, self._password = url.rstrip("/"), username, password
        self._client_id, self._ca_bundle, self._token_path = client_id, ca_bundle, paths.token
        self._session = OAuth2Session(client=LegacyApplicationClient(client_id or ""))
        self._session.trust_env = False
        self._session.verify = ca_bundle or True
        self._session.proxies.update(get_environ_proxies(url))
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
        # The stubs do not know this hook yet, requests-oauthlib 2 does.
        self._session.register_compliance_hook("access_token_request", _without_redirect)  # type: ignore[call-overload]
        self._session.register_compliance_hook("access_token_response", self._check_login)

    def log_in(self) -> None:
        """Obtain a token with the password grant (RFC 6749 section 4.3)."""
        try:
            self._session.fetch_token(
                self._url + self._token_path,
                username=self._username,
                password=self._password.reveal(),
                include_client_id=self._client_id is not None,
                timeout=TIMEOUTS,
                headers={"Accept": "application/json"},
            )
        except requests.RequestException as error:
            raise self._failure(error) from None
        except OSError as error:
            raise self._no_bundle(error) from None
        except (OAuth2Error, ValueError, TypeError, Warning):
            # What these say may quote the answer, and with it a token.
            raise UnusableAnswerError(self._token_path, 200, "an OAuth 2.0 token") from None

    def _check_login(self, response: requests.Response) -> requests.Response:
        if response.status_code in _REFUSALS:
            raise LoginRefusedError(self._url, self._username, _oauth_error(response))
        if response.status_code != requests.codes.ok:
            raise UnusableAnswerError(self._token_path, response.status_code, "an OAuth 2.0 token")
        return response

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
            raise UnusableAnswerError(path, response.status_code, _expected(response))
        try:
            return json.loads(response.content, parse_float=Decimal)
        except (ValueError, RecursionError):
            raise UnusableAnswerError(path, response.status_code, "JSON") from None

    def _get(self, path: str, parameters: Mapping[str, str | int]) -> requests.Response | None:
        """One answer, or None where our token is known to have expired."""
        started = time.monotonic()
        try:
            response = self._session.get(
                self._url + path, params=dict(parameters), timeout=TIMEOUTS, allow_redirects=False
            )
        except TokenExpiredError:
            return None
        except requests.RequestException as error:
            raise self._failure(error) from None
        except OSError as error:
            raise self._no_bundle(error) from None
        log.debug("GET %s %s: %s in %.3f s", path, parameters, response.status_code, time.monotonic() - started)
        return response

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def _no_bundle(self, error: OSError) -> UntrustedCertificateError:
        if self._ca_bundle and not Path(self._ca_bundle).is_file():
            return UntrustedCertificateError(self._url, f"the CA bundle {self._ca_bundle} is not there")
        return UntrustedCertificateError(self._url, str(error))

    def _failure(self, error: requests.RequestException) -> UnreachableError | UntrustedCertificateError:
        causes = _words_of_causes(error)
        if "certificate verify failed" in causes.lower() or "doesn't match" in causes:
            return UntrustedCertificateError(self._url, _certificate_problem(causes))
        return UnreachableError(self._url, _connection_problem(error, causes, urlsplit(self._url).hostname or ""))


def _without_redirect(url: str, headers: Any, options: dict[str, Any]) -> tuple[str, Any, dict[str, Any]]:
    """A redirect would carry the password to wherever it points."""
    return url, headers, {**options, "allow_redirects": False}


def _words_of_causes(error: BaseException) -> str:
    words, cause = [], error.__context__
    while cause is not None:
        words.append(f"{type(cause).__name__}: {cause}")
        cause = cause.__context__
    return " ".join([f"{type(error).__name__}: {error}", *words])


def _certificate_problem(causes: str) -> str:
    for words, problem in (
        ("expired", "it has expired"),
        ("mismatch", "it is for another host name"),
        ("doesn't match", "it is for another host name"),
        ("not valid yet", "it is not valid yet (is the clock right?)"),
    ):
        if words in causes:
            return problem
    return "it is signed by a CA that is not known here"


def _connection_problem(error: requests.RequestException, causes: str, host: str) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {TIMEOUTS[0]} seconds"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUTS[1]} seconds"
    for words, problem in (
        ("ProxyError", "the proxy lets no connection through"),
        ("NameResolutionError", f"the host name {host} is not known"),
        ("Connection refused", "connection refused"),
        ("WRONG_VERSION_NUMBER", "it does not speak HTTPS there"),
        ("SSLError", "the TLS connection failed"),
        ("No route to host", "no route to host"),
        ("Network is unreachable", "the network is unreachable"),
    ):
        if words in causes:
            return problem
    return "the connection broke off"


def _expected(response: requests.Response) -> str:
    if response.is_redirect:
        return "an answer, not a redirect (is the URL right?)"
    return {403: "permission for this user", 404: "something there", 429: "fewer requests"}.get(
        response.status_code, "an answer"
    )


def _oauth_error(response: requests.Response) -> str:
    """The error's code, if it is one of RFC 6749's; never the server's free text."""
    try:
        code = response.json().get("error")
    except (ValueError, AttributeError):
        code = None
    known = {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"}
    return f"{code}, status {response.status_code}" if code in known else f"status {response.status_code}"
