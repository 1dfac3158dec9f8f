"""A request as it came in, and what is sent back."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request, taken apart. The names of `headers` are in small letters."""

    method: str
    target: str
    """The path and the query as they were sent, with percent-encoding."""
    path: str
    """With percent-encoding resolved, and without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str]
    """The body, where it is a form."""
    body: bytes = b""

    @property
    def basic(self) -> tuple[str, str] | None:
        """User and password of HTTP Basic, in UTF-8; None where there are none."""
        scheme, _, encoded = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return (user, password) if colon else None

    def has_headers(self, wanted: Mapping[str, str]) -> bool:
        """Whether each of these headers was sent, with that value."""
        return all(self.headers.get(name.lower()) == value for name, value in wanted.items())


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP status, a JSON document and headers beside the usual ones."""

    status: int
    document: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """A request is answered with an error; the arguments are the HTTP status and the message."""
