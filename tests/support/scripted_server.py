"""A 3manager server that a test scripts, asked in this process through a client without HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from prsync.core.model import Organization
from prsync.core.readings import reading_of
from prsync.threemanager.client import ThreeManager
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from prsync.core.model import Reading
    from prsync.demo.fleet import DeviceAsOf, Fleet
    from prsync.threemanager.query import DevicesQuery


class ScriptedServer:
    """What a server knows, what is wrong with it, and what it was asked.

    server = ScriptedServer(ScriptedFleet("Acme A/S"))
    server.login_error = UnreachableError(url, "connection refused")   # nobody gets a token
    server.fails("1001", UnusableAnswerError("/devices", 500, ""), on=date(2026, 11, 3))
    server.make_stale("1001", date(2026, 11, 5))                       # later days repeat the readings of that day
    """

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.password_error: Exception | None = None
        self.login_error: Exception | None = None
        self.organizations_error: Exception | None = None
        self.logins = 0
        self.has_history = True
        self.asked: list[tuple[str, date]] = []
        """Of which organization devices were asked for, and as of which day."""
        self.before_answer: Callable[[str, date], object] = lambda _organization, _day: None
        """Is called with each such question before it is answered."""
        self.before_organizations: Callable[[], object] = lambda: None
        """Is called whenever organizations are asked for."""
        self._errors: dict[tuple[str, date | None], Exception] = {}
        self._stale_since: dict[str, date] = {}

    def client(self) -> ThreeManager:
        """A client of this server, if its password can be had."""
        if self.password_error is not None:
            raise self.password_error
        return ScriptedClient(self)

    def fails(self, organization_id: str, error: Exception, *, on: date | None = None) -> None:
        """Asked for the devices of an organization, as of a day or any, it has nothing but this error."""
        self._errors[organization_id, on] = error

    def answers_truly(self) -> None:
        """Nothing is wrong with it any more."""
        self.password_error = self.login_error = self.organizations_error = None
        self._errors.clear()

    def make_stale(self, organization_id: str, since: date) -> None:
        """The organization's DCA stops after the day `since`."""
        self._stale_since[organization_id] = since

    def deliver(self, organization_id: str) -> None:
        """The organization's DCA is back and has delivered all it had."""
        del self._stale_since[organization_id]

    def days_asked(self, organization_id: str) -> list[date]:
        """As of which days the organization's devices were asked for, in that order."""
        return [day for found, day in self.asked if found == organization_id]

    def devices(self, organization_id: str, day: date) -> list[DeviceAsOf]:
        """The devices as of the end of a day, or the error that a test has put in their place."""
        self.asked.append((organization_id, day))
        self.before_answer(organization_id, day)
        for key in ((organization_id, day), (organization_id, None)):
            if key in self._errors:
                raise self._errors[key]
        delivered = min(day, self._stale_since.get(organization_id, day))
        return list(self.fleet.devices(organization_id, delivered))


class ScriptedClient(ThreeManager):
    """A client that asks a ScriptedServer.

    It is no real one because what a service makes of an answer does not depend on how the answer came: with it, a test
    of a few weeks takes milliseconds, and any error can be had on any day. The real client is held against real HTTPS
    in tests/edges and tests/system. Being a subclass, its methods are checked to be those that services call.
    """

    def __init__(self, server: ScriptedServer) -> None:
        self._server = server
        self.profile = Profile.load(None)

    def __exit__(self, *_: object) -> None:
        """There is no connection to close."""

    def another(self) -> ThreeManager:
        return ScriptedClient(self._server)

    def log_in(self) -> None:
        self._server.logins += 1
        if self._server.login_error is not None:
            raise self._server.login_error

    def first_organizations(self, as_of: date | None = None) -> list[Organization]:
        return self.organizations(as_of)

    def organizations(self, as_of: date | None = None) -> list[Organization]:  # noqa: ARG002  as the real one
        self._server.before_organizations()
        for error in (self._server.login_error, self._server.organizations_error):
            if error is not None:
                raise error
        return [Organization(found.organization_id, found.name) for found in self._server.fleet.organizations]

    @property
    def days_at_once(self) -> int:
        return 1

    @property
    def has_history(self) -> bool:
        return self._server.has_history

    def devices(self, query: DevicesQuery) -> list[Reading]:
        return [_reading(device, query.meter) for device in self._server.devices(query.organization_id, query.day)]


def _reading(device: DeviceAsOf, meter: str) -> Reading:
    read_at = device.read_at if isinstance(device.read_at, datetime) else None
    count = device.counters.get(meter)
    return reading_of(device.device_id, managed=device.managed, count=count, read_at=read_at)
