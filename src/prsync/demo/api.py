"""The API of the simulated server: as docs/3manager.openapi.yaml describes it, or as another API profile says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from prsync.core.model import ONE_DAY
from prsync.demo.days import days_asked
from prsync.demo.endpoints import Endpoints
from prsync.demo.fields import RowWriter
from prsync.demo.pages import MOST_ROWS, page_of
from prsync.demo.received import RefusedError, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from prsync.demo.fleet import DeviceAsOf, Fleet, Organization
    from prsync.demo.received import Received
    from prsync.demo.tokens import Tokens
    from prsync.demo.traffic import Request
    from prsync.threemanager.profile import Profile


@dataclass
class Api:
    """What one server offers, and how it departs from the ordinary case."""

    profile: Profile
    fleet: Fleet
    tokens: Tokens
    endpoints: Endpoints = field(init=False)
    rows_per_page: int = MOST_ROWS
    """The most rows that it puts on a page, whatever a request asks for."""
    sends_read_at: bool = True
    """Whether a device's row says when it was read."""
    forbidden: set[str] = field(default_factory=set)
    """Ids of the organizations that this user may not see."""
    stale_periods: dict[str, tuple[date, date | None]] = field(default_factory=dict)
    """By organization id: the last day before its DCA stopped, and the first day after that, None for never."""
    today: date | None = None
    """What day it is, to a server that answers for now."""

    def __post_init__(self) -> None:
        self.endpoints = Endpoints.of(self.profile)

    def noted(self, received: Received) -> Request:
        """A request as the simulator's `requests` show it."""
        return self.endpoints.noted(received)

    def answer(self, received: Received) -> Reply:
        """What the server answers to a request."""
        try:
            return self._answer(received)
        except RefusedError as refused:
            status, message = refused.args
            return Reply(status, {"message": message})

    def _answer(self, received: Received) -> Reply:
        self._expect_headers(received)
        if received.path == self.endpoints.token and self.tokens.are_issued_at_path:
            return token_answer(self.tokens, received)
        if not self.tokens.admits(received):
            raise RefusedError(401, "No token, an unknown one, or one that has expired.")
        if received.method != "GET":
            raise RefusedError(405, "Nothing can be changed here.")
        listed, devices = self.profile.organizations, self.profile.devices
        # Looked at first: a list of customers may lie where the devices of one would.
        if self.endpoints.organizations is not None and self.endpoints.organizations.is_at(received.path):
            self.endpoints.organizations.expect_query(received.query)
            rows = [self._writer.organization(found) for found in self.fleet.organizations]
            return page_of(rows, listed.paging, listed.rows, received, self.rows_per_page)
        if self.endpoints.devices.is_at(received.path):
            self.endpoints.devices.expect_query(received.query)
            return page_of(self._devices(received), devices.paging, devices.rows, received, self.rows_per_page)
        raise RefusedError(404, "Nothing is here.")

    def _expect_headers(self, received: Received) -> None:
        if not received.has_headers(self.profile.headers):
            raise RefusedError(400, f"One of the headers {', '.join(self.profile.headers)} is not as it should be.")

    @property
    def _writer(self) -> RowWriter:
        return RowWriter(self.profile, self.sends_read_at)

    def _devices(self, received: Received) -> list[dict[str, Any]]:
        named = self.endpoints.devices.organization_id(received.path, received.query)
        if self.profile.devices.organization_id:
            asked = [found for found in self.fleet.organizations if found.organization_id not in self.forbidden]
        else:
            asked = [found for found in self.fleet.organizations if found.organization_id == named]
            if not asked:
                raise RefusedError(404, "No such organization.")
            if named in self.forbidden:
                raise RefusedError(403, "This user may not see that organization.")
        return [self._writer.device(device, owner) for owner in asked for device in self._as_asked(owner, received)]

    def _as_asked(self, owner: Organization, received: Received) -> Iterable[DeviceAsOf]:
        """An organization's devices as the profile's `[history]` has them."""
        days = days_asked(self.profile.history, received.query)
        if days is None:
            return self._as_of(owner, self.today or date.max)
        if self.profile.history.style == "day":
            return self._as_of(owner, days.first)
        read = (reading for day in reversed(list(days)) for reading in self._read_on(owner, day))
        return (reading for reading in read if not _is_after(reading, days.end))

    def _as_of(self, owner: Organization, day: date) -> Sequence[DeviceAsOf]:
        return self.fleet.devices(owner.organization_id, self._newest_day_delivered(owner.organization_id, day))

    def _read_on(self, owner: Organization, day: date) -> Iterator[DeviceAsOf]:
        """The readings of one day: of each device that was read the newest, then one from before it printed."""
        before = {device.device_id: device for device in self._as_of(owner, day - ONE_DAY)}
        for device in self._as_of(owner, day):
            earlier = before.get(device.device_id)
            if earlier is None:
                yield device
            elif earlier.read_at != device.read_at or device.read_at is None:
                yield device
                yield _read_before(device, earlier)

    def _newest_day_delivered(self, organization_id: str, day: date) -> date:
        """The day of the newest readings that the server has at the end of `day`."""
        if organization_id in self.stale_periods:
            since, until = self.stale_periods[organization_id]
            if since < day and (until is None or day < until):
                return since
        return day


def _is_after(device: DeviceAsOf, end: datetime | None) -> bool:
    return end is not None and isinstance(device.read_at, datetime) and device.read_at > end


def _read_before(device: DeviceAsOf, earlier: DeviceAsOf) -> DeviceAsOf:
    """A reading a minute before that of `device`, with the counters that it had the day before."""
    read_at = device.read_at - timedelta(minutes=1) if isinstance(device.read_at, datetime) else device.read_at
    return replace(earlier, read_at=read_at)


@dataclass(frozen=True, slots=True)
class TokenHost:
    """A host that issues tokens for another server, and does nothing else."""

    api: Api

    @property
    def endpoints(self) -> Endpoints:
        """Those of the server that the tokens are for."""
        return self.api.endpoints

    def noted(self, received: Received) -> Request:
        """A request as the simulator's `requests` show it."""
        return self.endpoints.noted(received)

    def answer(self, received: Received) -> Reply:
        """What the host answers to a request."""
        # What is meant for one server's eyes is a secret to every other.
        told = [name for name in self.api.profile.headers if name.lower() in received.headers]
        if received.path != self.endpoints.token or told:
            return Reply(400, {"error": "invalid_request", "error_description": "This host issues tokens only."})
        return token_answer(self.api.tokens, received)


def token_answer(tokens: Tokens, received: Received) -> Reply:
    """The answer to a token request."""
    if received.method != "POST":
        return Reply(405, {"message": "A token is obtained with POST."})
    status, document = tokens.answer(received)
    return Reply(status, document)
