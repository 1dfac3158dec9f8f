"""The rows of organizations and devices, with their fields where a profile says they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from prsync.core.utc import utc_text

if TYPE_CHECKING:
    from datetime import datetime

    from prsync.demo.fleet import DeviceAsOf, Organization
    from prsync.threemanager.profile import Profile

# One of these is in every value that a real server sends, too, and that prsync must not keep or log.
UNWANTED_MARKERS: Final = ("TEMPTING", "198.51.100.")


def put(document: dict[str, Any], address: str, value: Any) -> None:
    """Put a value at an address: a field's name, or a path with dots. OData's names begin with @ and are whole."""
    *above, name = [address] if address.startswith("@") else address.split(".")
    for part in above:
        document = document.setdefault(part, {})
    document[name] = value


@dataclass(frozen=True, slots=True)
class RowWriter:
    """Writes rows as a profile says. `sends_read_at`: whether a device's row says when it was read."""

    profile: Profile
    sends_read_at: bool

    def organization(self, organization: Organization) -> dict[str, Any]:
        """A customer's row."""
        row: dict[str, Any] = {}
        put(row, self.profile.organizations.id, organization.organization_id)
        if self.profile.organizations.name:
            put(row, self.profile.organizations.name, organization.name)
        return row | {
            "address": "TEMPTING Street 1",
            "contact": "TEMPTING Person <person@tempting.example>",
        }

    def device(self, device: DeviceAsOf, organization: Organization) -> dict[str, Any]:
        """A device's row; it says whose it is where one answer has the devices of several customers."""
        devices, row = self.profile.devices, dict[str, Any]()
        put(row, devices.id, device.device_id)
        if devices.organization_id:
            put(row, devices.organization_id, organization.organization_id)
            if self.profile.organizations.name:
                put(row, self.profile.organizations.name, organization.name)
        if devices.managed:
            values = devices.managed_values if device.managed else devices.unmanaged_values
            put(row, devices.managed, values[0] if values else None)
        if devices.read_at and self.sends_read_at:
            put(row, devices.read_at, self._instant(device.read_at))
        self._put_counters(row, device)
        return _unwanted_fields(device.device_id, row) | row

    def _instant(self, read_at: datetime | str | None) -> object:
        if read_at is None or isinstance(read_at, str):
            return read_at
        written_as, zone = self.profile.devices.read_at_format, self.profile.devices.read_at_timezone
        local = read_at.astimezone(ZoneInfo(zone))
        if written_as == "iso":
            # In another zone than UTC, without a word of which: then the profile has to say it.
            return utc_text(read_at) if zone == "UTC" else local.replace(tzinfo=None).isoformat()
        milliseconds = int(read_at.timestamp() * 1000)
        numbers = {
            "seconds": milliseconds // 1000,
            "milliseconds": milliseconds,
            "dotnet": f"/Date({milliseconds})/",
        }
        return numbers.get(written_as) or local.strftime(written_as)

    def _put_counters(self, row: dict[str, Any], device: DeviceAsOf) -> None:
        counters = self.profile.counters
        match counters.style:
            case "object" if not counters.value:
                put(row, counters.at, dict(device.counters))
            case "object":
                put(
                    row,
                    counters.at,
                    {meter: _entry({counters.value: count}) for meter, count in device.counters.items()},
                )
            case "list":
                named = ({counters.name: meter, counters.value: count} for meter, count in device.counters.items())
                put(row, counters.at, [_entry(fields) for fields in named])
            case "fields":
                for meter, count in device.counters.items():
                    put(row, meter, count)


def _entry(fields: dict[str, object]) -> dict[str, Any]:
    entry: dict[str, Any] = {"description": "TEMPTING meter"}
    for address, value in fields.items():
        put(entry, address, value)
    return entry


def _unwanted_fields(device_id: str, row: dict[str, Any]) -> dict[str, Any]:
    """What a real server tells of a device besides what prsync needs, after the fields that it has."""
    last_byte = sum(device_id.encode()) % 254 + 1
    unwanted = {
        "serialNumber": f"TEMPTINGSN{device_id}",
        "model": "TEMPTING LaserJet 4000",
        "ipAddress": f"198.51.100.{last_byte}",
        "location": "TEMPTING corridor, 3rd floor",
        "contact": "TEMPTING Person <person@tempting.example>",
    }
    return dict.fromkeys(row) | unwanted
