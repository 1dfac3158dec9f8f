"""The meters that devices of a server have: what `--meter` of a feed, and `[meters]` of a profile, can say."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

from prsync.core.periods import last_closed_day
from prsync.errors import AtServerError, NotFoundError, RefusedError, ServerError, UnusableAnswerError
from prsync.threemanager.query import DevicesQuery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from prsync.services.server_access import Connect
    from prsync.store.ledger import Ledger
    from prsync.threemanager.client import ThreeManager

_NOT_FOUND: Final = 404

_ORGANIZATIONS_TRIED: Final = 5
"""The first customers may have no device yet."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter, how many devices have a count of it, and whether the profile knows it."""

    name: str
    devices: int
    is_known: bool


@dataclass(frozen=True, slots=True)
class FoundMeters:
    """The meters of one customer's devices; those that most devices have come first."""

    devices: int
    meters: list[Meter]

    def document(self) -> dict[str, Any]:
        """The meters as `server meters --json` has them."""
        return {
            "devices": self.devices,
            "meters": [{"meter": one.name, "devices": one.devices, "in_profile": one.is_known} for one in self.meters],
        }


def meters_of(
    ledger: Ledger, name: str, organization: str | None, connect: Connect, *, now: datetime, timezone: str
) -> FoundMeters:
    """The meters of the devices of one organization, as of yesterday; without one, of the first that has devices."""
    server = ledger.servers.named(name)
    day = last_closed_day(now, timezone)
    with connect(server) as client:
        try:
            for organization_id in _candidates(client, organization, name, day):
                query = DevicesQuery(
                    organization_id=organization_id, day=day, meter="", timezone=timezone, is_yesterday=True
                )
                devices, counts = client.meters(query)
                if devices:
                    known = client.profile.meters.names
                    found = [Meter(meter, number, meter in known) for meter, number in counts.items()]
                    return FoundMeters(devices, sorted(found, key=lambda one: -one.devices))
        except UnusableAnswerError as error:
            if organization is None or error.status != _NOT_FOUND:
                raise AtServerError(name, error) from error
            hint = f"prsync server organizations {quote(name)} lists the ids"
            raise NotFoundError("organization", f"{organization} on server {name}", hint) from error
        except ServerError as error:
            raise AtServerError(name, error) from error
    return FoundMeters(0, [])


def _candidates(client: ThreeManager, organization: str | None, name: str, as_of: date) -> Iterator[str]:
    if organization is not None:
        yield organization
        return
    listed = client.first_organizations(as_of)
    if not listed:
        raise RefusedError(f"the meters of server {name}", "its user sees no organization; give --organization ID")
    yield from (one.organization_id for one in listed[:_ORGANIZATIONS_TRIED])
