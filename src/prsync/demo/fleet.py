"""What a simulated server has to offer: organizations, and their devices as of the end of a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Organization:
    """A customer of the simulated server."""

    organization_id: str
    name: str


@dataclass(frozen=True, slots=True)
class DeviceAsOf:
    """A device with the newest counters read from it by the end of a day.

    `counters` are by meter, and may have values of any JSON type: a real DCA (data collection agent) delivers faulty
    values too. `read_at` is aware, None, or a text that is sent unchanged.
    """

    device_id: str
    managed: bool
    read_at: datetime | str | None
    counters: Mapping[str, object]


class Fleet(Protocol):
    """Organizations and their devices. The same question always has the same answer."""

    @property
    def organizations(self) -> Sequence[Organization]:
        """All of them, in the order in which the server lists them."""

    def devices(self, organization_id: str, day: date) -> Sequence[DeviceAsOf]:
        """The devices that had been read by the end of `day`, in the order in which the server lists them."""
