"""A session with one server: no method but GET, except to obtain a token."""

from __future__ import annotations

import logging
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from prsync import __version__
from prsync.core.text import is_text
from prsync.errors import LoginRefusedError, UnusableAnswerError
from prsync.https.document import document_of
from prsync.https.sender import TIMEOUTS, Sender
from prsync.threemanager.auth import Login, authorized_question, lifetime_is_over, new_session
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

USER_AGENT: Final = f"prsync/{__version__} (page counter collection)"

_IN_A_HEADER: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
"""A key of several words is one, too: some are sent with a word before them, as `Bearer`."""

_EMPTY_ANSWERS: Final = {requests.codes.ok, requests.codes.no_content}


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
        self._sender = Sender(server.url, server.ca_bundle, profile.manners, timeouts=timeouts, sleep=sleep)
        self._sender.on_answer = self._tell_of_token_answer
        self._url, self._profile, self._timeouts = self._sender.url, profile, timeouts
        self._login = Login(
            url=self._url,
            username=server.username,
            password=password,
            client_id=server.client_id,
            client_secret=client_secret,
            auth=profile.auth,
            headers=profile.headers,
        )
        self._begin()
        self.on_token_answer: Callable[[RawAnswer], object] | None = None
        """Is called with each answer to a token request, before anything is made of it."""

    def _begin(self) -> None:
        session = new_session(self._login)
        session.headers["User-Agent"] = USER_AGENT
        self._session = self._sender.prepare(session)
        self._question: requests.PreparedRequest | None = None

    def log_in(self) -> None:
        """Obtain a token, where the profile says that one is needed."""
        # Text that cannot be encoded: the UnicodeEncodeError of whoever tries would hold the password.
        if not all(is_text(secret) for secret in self._login.secrets):
            raise LoginRefusedError(self._url, self._login.username, "the password is not text in UTF-8")
        if self._login.auth.grant == "header" and not _IN_A_HEADER.fullmatch(self._login.password.reveal()):
            raise LoginRefusedError(self._url, self._login.username, "a key is one word of ASCII letters and signs")
        self._session.close()
        # A new session, because oauthlib keeps the expiry of the token before, if the new one comes without a lifetime.
        self._begin()
        if self._login.auth.needs_token:
            self._sender.send(lambda: self._login.fetch_token(self._session, self._timeouts))

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
        return _raw(path, response, tuple(f"{name}={value}" for name, value in parameters.items()))

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
        if lifetime_is_over(self._session):
            return None
        started = time.monotonic()
        response = self._sender.send(lambda: self._fetch_patiently(path, parameters))
        # Without the query of a link, which may hold anything, a key among others.
        shown, seconds = path.partition("?")[0], time.monotonic() - started
        log.debug("GET %s %s: %s in %.3f s", shown, parameters, response.status_code, seconds)
        return response

    def _fetch_patiently(self, path: str, parameters: Mapping[str, str | int]) -> requests.Response:
        """An answer whose body is whole: urllib3 tries again until there is a head, and so do we for the body."""
        retry = self._sender.retry()
        while True:
            try:
                return self._fetch(path, parameters)
            except (ProtocolError, ReadTimeoutError) as error:
                retry = retry.increment("GET", path, error=error)
            retry.sleep()

    def _fetch(self, path: str, parameters: Mapping[str, str | int]) -> requests.Response:
        if self._question is None:
            # What is alike in all questions is put together once: that takes a fifth of what asking one does.
            self._question = authorized_question(self._session, self._url, self._profile.headers)
        question = self._question.copy()
        question.prepare_url(self._url + path, dict(parameters))
        return self._session.send(question, timeout=self._timeouts)

    def _tell_of_token_answer(self, response: requests.Response, body: bytes) -> None:
        if self.on_token_answer is not None and response.request.method == "POST":
            path = urlsplit(self._login.token_url).path
            self.on_token_answer(RawAnswer("POST", path, response.status_code, response.headers, body))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _raw(path: str, response: requests.Response, asked: tuple[str, ...]) -> RawAnswer:
    return RawAnswer(
        "GET",
        path.partition("?")[0],
        response.status_code,
        response.headers,
        response.content,
        response.url or "",
        asked,
    )
