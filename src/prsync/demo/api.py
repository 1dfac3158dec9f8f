"""The Public API of the simulated server, as docs/3manager.openapi.yaml describes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from prsync.core.utc import utc_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from prsync.demo.fleet import DeviceAsOf, Fleet, Organization
    from prsync.demo.tokens import Tokens
    from prsync.demo.traffic import Request

MOST_ROWS: Final = 1000
DEFAULT_ROWS: Final = 200

# One of these is in every value that a real server sends, too, and that prsync must not keep or log.
UNWANTED_MARKERS: Final = ("TEMPTING", "198.51.100.")


class _RefusedError(Exception):
    """A request is answered with an error; the arguments are the HTTP status and the message."""


@dataclass
class Api:
    """What one server offers, and how it departs from the contract's ordinary case."""

    fleet: Fleet
    tokens: Tokens
    rows_per_page: int = MOST_ROWS
    """The most rows that it puts on a page, whatever `pageSize` asks for."""
    sends_read_at: bool = True
    """Whether a device's row says when it was read."""
    forbidden: set[str] = field(default_factory=set)
    """Ids of the organizations that this user may not see."""
    stale_periods: dict[str, tuple[date, date | None]] = field(default_factory=dict)
    """By organization id: the last day before its DCA stopped, and the first day after that, None for never."""

    def answer(self, request: Request, authorization: str | None, form: Mapping[str, str]) -> tuple[int, Any]:
        """The HTTP status and the JSON document that answer a request; `form` is the request's body."""
        try:
            return self._answer(request, authorization, form)
        except _RefusedError as refused:
            status, message = refused.args
            return status, {"message": message}

    def _answer(self, request: Request, authorization: str | None, form: Mapping[str, str]) -> tuple[int, Any]:
        if request.path == "/oauth/token":
            if request.method != "POST":
                raise _RefusedError(405, "A token is obtained with POST.")
            return self.tokens.answer(form)
        if not self.tokens.admits(authorization):
            raise _RefusedError(401, "No token, an unknown one, or one that has expired.")
        if request.method != "GET":
            raise _RefusedError(405, "Nothing can be changed here.")
        if request.path == "/api/v1/organizations":
            return 200, self._page([_organization(found) for found in self.fleet.organizations], request.query)
        if (organization_id := request.organization_id) is not None:
            return 200, self._page(self._devices(organization_id, request.query), request.query)
        raise _RefusedError(404, "Nothing is here.")

    def _devices(self, organization_id: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        if organization_id not in {found.organization_id for found in self.fleet.organizations}:
            raise _RefusedError(404, "No such organization.")
        if organization_id in self.forbidden:
            raise _RefusedError(403, "This user may not see that organization.")
        day = self._newest_day_delivered(organization_id, _day(query))
        return [self._device(found) for found in self.fleet.devices(organization_id, day)]

    def _newest_day_delivered(self, organization_id: str, day: date) -> date:
        """The day of the newest readings that the server has at the end of `day`."""
        if organization_id in self.stale_periods:
            since, until = self.stale_periods[organization_id]
            if since < day and (until is None or day < until):
                return since
        return day

    def _device(self, device: DeviceAsOf) -> dict[str, Any]:
        row: dict[str, Any] = {"deviceId": device.device_id, "managed": device.managed}
        if self.sends_read_at:
            row["lastReadAt"] = _instant(device.read_at)
        return row | {"counters": dict(device.counters)} | _unwanted_fields(device.device_id)

    def _page(self, rows: Sequence[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
        number = _number(query, "page", default=1)
        size = min(_number(query, "pageSize", default=DEFAULT_ROWS, most=MOST_ROWS), self.rows_per_page)
        on_page = rows[(number - 1) * size : number * size]
        return {"items": on_page, "nextPage": number + 1 if number * size < len(rows) else None}


def _instant(read_at: datetime | str | None) -> str | None:
    if read_at is None or isinstance(read_at, str):
        return read_at
    return utc_text(read_at)


def _organization(organization: Organization) -> dict[str, Any]:
    return {
        "organizationId": organization.organization_id,
        "name": organization.name,
        "address": "TEMPTING Street 1",
        "contact": "TEMPTING Person <person@tempting.example>",
    }


def _unwanted_fields(device_id: str) -> dict[str, Any]:
    """What a real server tells of a device besides what prsync needs."""
    last_byte = sum(device_id.encode()) % 254 + 1
    return {
        "serialNumber": f"TEMPTINGSN{device_id}",
        "model": "TEMPTING LaserJet 4000",
        "ipAddress": f"198.51.100.{last_byte}",
        "location": "TEMPTING corridor, 3rd floor",
        "contact": "TEMPTING Person <person@tempting.example>",
    }


def _day(query: Mapping[str, str]) -> date:
    try:
        return date.fromisoformat(query["date"])
    except (KeyError, ValueError):
        raise _RefusedError(400, "The date is missing or is none.") from None


def _number(query: Mapping[str, str], name: str, *, default: int, most: int | None = None) -> int:
    text = query.get(name, str(default))
    if text.isascii() and text.isdigit() and 1 <= int(text) <= (most or int(text)):
        return int(text)
    raise _RefusedError(400, f"{name} is not a whole number in its range.")
