"""A fleet that resembles real ones: little is printed on weekends, printers come and go, some cannot be read.

Everything follows from the seed: the same seed, device and day always give the same counters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prsync.demo.fleet import DeviceAsOf, Organization
from prsync.demo.names import names
from prsync.demo.office import Office
from prsync.demo.printer import Printer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


class LifelikeFleet:
    """A fleet of so many `organizations` with so many `devices` each. No device is there before `first_day`."""

    def __init__(self, seed: int, *, organizations: int, devices: int, first_day: date) -> None:
        self._organizations = [Organization(str(1001 + place), name) for place, name in enumerate(names(organizations))]
        self._printers = {
            organization.organization_id: _printers(f"{seed}/{organization.organization_id}", devices, first_day)
            for organization in self._organizations
        }

    @property
    def organizations(self) -> Sequence[Organization]:
        """All organizations; the first has the id 1001."""
        return self._organizations

    def devices(self, organization_id: str, day: date) -> Sequence[DeviceAsOf]:
        """The organization's devices that the server knows at the end of `day`."""
        found = (printer.as_of(day) for printer in self._printers[organization_id])
        return [device for device in found if device is not None]


def _printers(seed: str, number: int, first_day: date) -> list[Printer]:
    """An organization's printers; the seed of each has its own and the organization's id in it."""
    office, organization_id = Office(seed), seed.rpartition("/")[2]
    return [Printer(seed, f"{organization_id}-{place:04}", office, first_day) for place in range(1, number + 1)]
