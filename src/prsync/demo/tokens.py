"""Who may ask the simulated server: OAuth 2.0 with bearer tokens that expire, HTTP Basic, or a key in a header."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from prsync.demo.received import Received
    from prsync.threemanager.profile import Auth


@dataclass(kw_only=True)
class Tokens:
    """Lets one user in, by a token or whatever else the profile's `auth` says, and issues the tokens.

    `lifetime` is in seconds, by `clock`, which counts them as time.monotonic does. A `client_id` of None means that
    none is asked for.
    """

    auth: Auth
    username: str
    password: str
    client_id: str | None
    client_secret: str | None
    lifetime: int
    clock: Callable[[], float]
    issued: dict[str, float] = field(default_factory=dict)
    """Every token ever issued, and the time on the clock at which it expires."""

    @property
    def are_on_another_host(self) -> bool:
        """Whether tokens are had from another host than the server's own."""
        return self.auth.needs_token and self.auth.token.startswith("https://")

    @property
    def are_issued_at_path(self) -> bool:
        """Whether tokens are had from the server itself."""
        return self.auth.needs_token and not self.are_on_another_host

    def answer(self, received: Received) -> tuple[int, dict[str, Any]]:
        """The HTTP status and the JSON document that answer a token request."""
        if (error := self._error(received)) is not None:
            status, code = error
            return status, {"error": code, "error_description": "The simulated 3manager does not let you in."}
        token = secrets.token_urlsafe(32)
        self.issued[token] = self.clock() + self.lifetime
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime}

    def _error(self, received: Received) -> tuple[int, str] | None:
        """The HTTP status and the error code of RFC 6749, section 5.2; None where the request is granted."""
        form = received.form
        if not self._is_from_client(received):
            return 401, "invalid_client"
        if "grant_type" not in form or not received.has_headers(self.auth.headers):
            return 400, "invalid_request"
        if form["grant_type"] != self.auth.grant:
            return 400, "unsupported_grant_type"
        if any(form.get(name) != value for name, value in self.auth.form.items()):
            return 400, "invalid_request"
        return self._user_error(form) if self.auth.grant == "password" else None

    def _user_error(self, form: Mapping[str, str]) -> tuple[int, str] | None:
        if "username" not in form or "password" not in form:
            return 400, "invalid_request"
        if (form["username"], form["password"]) != (self.username, self.password):
            return 400, "invalid_grant"
        return None

    def _is_from_client(self, received: Received) -> bool:
        """Whether the client's id and secret, if there are any, stand where they should."""
        client_id, secret = self.client_id, self.client_secret
        if self.auth.grant == "client_credentials":
            client_id, secret = self.username, self.password
        if client_id is None:
            return True
        if self.auth.client == "basic":
            return received.basic == (client_id, secret or "")
        return received.form.get("client_id") == client_id and secret in (None, received.form.get("client_secret"))

    def admits(self, received: Received) -> bool:
        """Whether a request carries what it needs to be answered: a token issued here, or the password itself."""
        match self.auth.grant:
            case "basic":
                return received.basic == (self.username, self.password)
            case "header":
                return received.headers.get(self.auth.header.lower()) == self.password
            case _:
                scheme, _, token = received.headers.get("authorization", "").partition(" ")
                return scheme.lower() == "bearer" and self.issued.get(token, float("-inf")) > self.clock()

    def expire(self) -> None:
        """Make every token issued so far expire now."""
        now = self.clock()
        self.issued.update({token: min(end, now) for token, end in self.issued.items()})
