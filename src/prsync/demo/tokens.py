"""OAuth 2.0 as 3manager speaks it: the password grant of RFC 6749, section 4.3, and bearer tokens that expire."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass
class Tokens:
    """The tokens that were issued. `clock` counts seconds, like time.monotonic."""

    username: str
    password: str
    client_id: str | None
    lifetime: int
    clock: Callable[[], float]
    issued: dict[str, float] = field(default_factory=dict)
    """Every token ever issued, and when it ends by the clock."""

    def answer(self, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Status and document for a token request's form."""
        if (problem := self._problem(form)) is not None:
            status, code = problem
            return status, {"error": code, "error_description": "The simulated 3manager does not let you in."}
        token = secrets.token_urlsafe(32)
        self.issued[token] = self.clock() + self.lifetime
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime}

    def _problem(self, form: Mapping[str, str]) -> tuple[int, str] | None:
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
        """Whether an Authorization header bears a token that is ours and has not expired."""
        scheme, _, token = (authorization or "").partition(" ")
        return scheme.lower() == "bearer" and self.issued.get(token, float("-inf")) > self.clock()

    def expire(self) -> None:
        """Make every token issued so far expire now."""
        now = self.clock()
        self.issued.update({token: min(end, now) for token, end in self.issued.items()})
