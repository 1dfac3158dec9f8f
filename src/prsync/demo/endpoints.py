"""Which request asks for what, by the paths and the parameters of an API profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, urlsplit

from prsync.demo.days import days_asked
from prsync.demo.received import RefusedError
from prsync.demo.traffic import Request
from prsync.threemanager.profile import ORGANIZATION_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prsync.demo.received import Received
    from prsync.threemanager.profile import Profile


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path of a profile, which may hold {organization_id}, and a query that belongs to it."""

    path: str
    query: Mapping[str, str]

    @classmethod
    def of(cls, text: str) -> Self:
        """The endpoint at a profile's path."""
        path, _, query = text.partition("?")
        return cls(path, dict(parse_qsl(query, keep_blank_values=True)))

    def is_at(self, path: str) -> bool:
        """Whether a request for that path is one for this endpoint."""
        before, named, after = self.path.partition(ORGANIZATION_ID)
        if not named:
            return path == self.path
        return path.startswith(before) and path.endswith(after) and len(path) >= len(before + after)

    def organization_id(self, path: str, query: Mapping[str, str]) -> str | None:
        """The organization that a request to this endpoint names, in its path or its query."""
        before, named, after = self.path.partition(ORGANIZATION_ID)
        if named:
            return path.removeprefix(before).removesuffix(after)
        names = [name for name, value in self.query.items() if value == ORGANIZATION_ID]
        return query.get(names[0]) if names else None

    def expect_query(self, query: Mapping[str, str]) -> None:
        """RefusedError where the endpoint's own query is not there."""
        for name, value in self.query.items():
            if name not in query or value not in (query[name], ORGANIZATION_ID):
                raise RefusedError(400, f"{name} is missing.")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The endpoints of a server. `organizations` is None where there is no list of them."""

    profile: Profile
    token: str
    """The path at which a token is had, here or on another host."""
    organizations: Endpoint | None
    devices: Endpoint

    @classmethod
    def of(cls, profile: Profile) -> Self:
        """Those that a profile says."""
        listed = profile.organizations.path
        return cls(
            profile,
            urlsplit(profile.auth.token).path,
            Endpoint.of(listed) if listed else None,
            Endpoint.of(profile.devices.path),
        )

    def noted(self, received: Received) -> Request:
        """A request as the simulator's `requests` show it."""
        # Looked at first: a list of customers may lie where the devices of one would.
        is_list = self.organizations is not None and received.path == self.organizations.path
        is_devices = not is_list and self.devices.is_at(received.path)
        return Request(
            received.method,
            received.path,
            received.query,
            received.headers.get("user-agent", ""),
            is_devices=is_devices,
            organization_id=self.devices.organization_id(received.path, received.query) if is_devices else None,
            day=self._day(received.query) if is_devices else None,
        )

    def _day(self, query: Mapping[str, str]) -> str | None:
        history = self.profile.history
        try:
            asked = days_asked(history, query)
        except RefusedError:
            return query.get(history.day if history.style == "day" else history.from_)
        return str(asked.first) if asked else None
