"""Which URLs lead to the same server: a token must go to no other one, and one 3manager may have two names."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from urllib.parse import SplitResult


def host_of(url: SplitResult) -> tuple[str, str | None, int | None, str | None]:
    """What must be alike for two URLs to lead to one server: scheme, host, port and user. ValueError for a bad port."""
    return url.scheme.casefold(), url.hostname, url.port or (443 if url.scheme == "https" else None), url.username


def place_of(url: str) -> tuple[str | None, int, str]:
    """The host, port and path of a server: two URLs that agree in them are of the same 3manager."""
    parts = urlsplit(url)
    return parts.hostname, parts.port or 443, parts.path.rstrip("/")
