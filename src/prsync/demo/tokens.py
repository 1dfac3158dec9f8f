"""The OAuth 2.0 of the simulated server: the password grant (RFC 6749, section 4.3) and bearer tokens that expire."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(kw_only=True)
class Tokens:
    """Issues tokens to one user, and checks them.

    `lifetime` is in seconds, by `clock`, which counts them as time.monotonic does. A `client_id` of None means that
    none is asked for.
    """

    username: str
    password: str
    client_id: str | None
    lifetime: int
    clock: Callable[[], float]
    issued: dict[str, float] = field(default_factory=dict)
    """Every token ever issued, and the time on the clock at which it expires."""

    def answer(self, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The HTTP status and the JSON document that answer a token request."""
        if (error := self._error(form)) is not None:
            status, code = error
            return status, {"error": code, "error_description": "The simulated 3manager does not let you in."}
        token = secrets.token_urlsafe(32)
        self.issued[token] = self.clock() + self.lifetime
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime}

    def _error(self, form: Mapping[str, str]) -> tuple[int, str] | None:
        """The HTTP status and the error code of RFC 6749, section 5.2; None where the request is granted."""
        if self.client_id is not None and form.get("client_id") != self.client_id:
            return 401, "invalid_client"
        if "grant_type" not in form:
            return 400, "invalid_request"
        if form["grant_type"] != "password":
            return 400, "unsupported_grant_type"
        if "username" not in form or "password" not in form:
            return 400, "invalid_request"
        if (form["username"], form["password"]) != (self.username, self.password):
            return 400, "invalid_grant"
        return None

    def admits(self, authorization: str | None) -> bool:
        """Whether an Authorization header has a bearer token that was issued here and has not expired."""
        scheme, _, token = (authorization or "").partition(" ")
        return scheme.lower() == "bearer" and self.issued.get(token, float("-inf")) > self.clock()

    def expire(self) -> None:
        """Make every token issued so far expire now."""
        now = self.clock()
        self.issued.update({token: min(end, now) for token, end in self.issued.items()})
