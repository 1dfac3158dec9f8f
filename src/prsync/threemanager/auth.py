"""How a request shows that it may be made: a token by one of two grants, HTTP Basic, or a key in a header."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import requests
from oauthlib.oauth2 import BackendApplicationClient, LegacyApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from prsync.errors import ClientRefusedError, LoginRefusedError, NoTokenError, ServerError, TokenRequestRefusedError
from prsync.https.same_server import host_of
from prsync.threemanager.token import reduced_to_bearer_token, refusal_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prsync.credentials.passwords import Secret
    from prsync.threemanager.profile import Auth


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who logs in to which server, and how. `url` is the server's own; `headers` are sent to that host alone."""

    url: str
    username: str
    password: Secret
    client_id: str | None
    client_secret: Secret | None
    auth: Auth
    headers: Mapping[str, str]

    @property
    def secrets(self) -> list[str]:
        """The texts that must never be shown."""
        return [secret.reveal() for secret in (self.password, self.client_secret) if secret is not None]

    @property
    def token_url(self) -> str:
        """Where a token is had."""
        return self.auth.token if self.auth.token.startswith("https://") else self.url + self.auth.token

    def fetch_token(self, session: requests.Session, timeouts: tuple[float, float]) -> None:
        """Obtain a token (RFC 6749, sections 4.3 and 4.4). A ServerError where the answer has none for us."""
        oauth = cast("OAuth2Session", session)
        in_body = self.auth.client == "body"
        client_id, client_secret = self._client()
        options: dict[str, Any] = dict(self.auth.form)
        if self.auth.grant == "password":
            options |= {"username": self.username, "password": self.password.reveal()}
        if client_secret is not None and in_body:
            options["client_secret"] = client_secret
        basic = None
        if client_id is not None and not in_body:
            # Bytes, because requests would write a text in Latin 1.
            basic = HTTPBasicAuth(client_id.encode(), (client_secret or "").encode())
        oauth.fetch_token(
            self.token_url,
            auth=basic,
            include_client_id=in_body and client_id is not None,
            timeout=timeouts,
            headers={"Accept": "application/json", **self._own_headers(), **self.auth.headers},
            **options,
        )

    def _own_headers(self) -> Mapping[str, str]:
        """The server's own headers, where the token is had from it, too: no other host may see them."""
        return self.headers if host_of(urlsplit(self.token_url)) == host_of(urlsplit(self.url)) else {}

    def _client(self) -> tuple[str | None, str | None]:
        """The OAuth client's id and secret; with client_credentials they are what is given as user and password."""
        if self.auth.grant == "client_credentials":
            return self.username, self.password.reveal()
        return self.client_id, self.client_secret.reveal() if self.client_secret else None

    def check_token_answer(self, response: requests.Response) -> requests.Response:
        """What oauthlib gets to see of the answer to a token request; a ServerError if that has no token for us."""
        if (refusal := refusal_of(response)) is not None:
            raise self._refused(refusal.code, refusal.text)
        if (reduced := reduced_to_bearer_token(response)) is None:
            path = self.auth.token.partition("?")[0]
            raise NoTokenError(path, response.status_code)
        return reduced

    def _refused(self, code: str | None, text: str) -> ServerError:
        if code in {"invalid_client", "unauthorized_client"}:
            if self.auth.grant == "password":
                return ClientRefusedError(self.url, self.client_id, text)
            other = "basic" if self.auth.client == "body" else "body"
            also = f'or the server wants them in another place: auth.client = "{other}" in the API profile'
            return LoginRefusedError(self.url, self.username, text, also)
        if code in {"unsupported_grant_type", "invalid_scope", "invalid_request"}:
            return TokenRequestRefusedError(self.url, self.auth.grant, text)
        # A server that speaks OAuth says why: one that does not may be asked at a place that is none for tokens.
        also = "" if code else f"if they are right, {self.auth.token.partition('?')[0]} may be the wrong auth.token"
        return LoginRefusedError(self.url, self.username, text, also)


def new_session(login: Login) -> requests.Session:
    """A session whose requests carry what the profile's `auth` says; for a token, once that is fetched."""
    auth = login.auth
    if auth.needs_token:
        client_id, _ = login._client()  # noqa: SLF001  of one module
        grant = LegacyApplicationClient if auth.grant == "password" else BackendApplicationClient
        oauth = _OAuthSessionWithoutRedirects(client=grant(client_id or ""))
        oauth.register_compliance_hook("access_token_response", login.check_token_answer)
        return oauth
    session = _SessionWithoutRedirects()
    if auth.grant == "basic":
        # Bytes, because requests would write a text in Latin 1.
        session.auth = HTTPBasicAuth(_sent(login.username), _sent(login.password.reveal()))
    else:
        session.headers[auth.header] = _sent(login.password.reveal())
    return session


def authorized_question(session: requests.Session, url: str, headers: Mapping[str, str]) -> requests.PreparedRequest:
    """A GET of `url` with these headers and all that the session adds, among that the token that it has got."""
    question = session.prepare_request(requests.Request("GET", url, headers=headers))
    if isinstance(session, OAuth2Session):
        question.headers["Authorization"] = f"Bearer {session.access_token}"
    return question


def lifetime_is_over(session: requests.Session) -> bool:
    """Whether the session has a token that has expired by the lifetime that it came with."""
    # By the clock by which oauthlib has worked it out.
    now = time.time()  # noqa: TID251
    return isinstance(session, OAuth2Session) and session.token.get("expires_at", math.inf) < now


def _sent(text: str) -> bytes:
    """A text in UTF-8. One that is none is refused at the login; an error here would hold it."""
    return text.encode(errors="replace")


class _SessionWithoutRedirects(requests.Session):
    """Follows no redirect, which would send the password or the token to wherever the answer points."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """No target, whatever the answer says."""


class _OAuthSessionWithoutRedirects(OAuth2Session):
    """The same for OAuth; fetch_token() has no parameter that forbids redirects."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """No target, whatever the answer says."""
