"""The API profile: everything that is assumed of a server's API, from a TOML file.

The keys, their meaning and their defaults are those of the built-in profile.toml beside this module; a file need only
hold what differs from it. What a key means stands there as a comment, and in docs/profile.md.
"""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from prsync.errors import InvalidValueError
from prsync.threemanager.address import normalised
from prsync.threemanager.profile_errors import problems, toml_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

ORGANIZATION_ID: Final = "{organization_id}"
"""Stands in `devices.path` for the organization that is asked for."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""A name or an address that must be there."""

OptionalName = Annotated[str, StringConstraints(strip_whitespace=True)]
"""A name or an address; "" says that the server has no such thing."""

UrlPath = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^(/([^/].*)?)?$")]
"""A path below the server's URL, which may have a query; "" where there is none. Two slashes would be another host."""

HeaderName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]*$")]
HeaderText = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\x20-\x7e]*$")]
"""What a header may hold: visible ASCII and blanks. The name of one, a token of RFC 9110; "" where there is none."""

JsonScalar = bool | int | float | str


class _Table(BaseModel):
    """A table of the file. Strict: a number written as a text is a mistake that should be seen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Auth(_Table):
    """How a request shows that it may be made."""

    grant: Literal["password", "client_credentials", "basic", "header"]
    token: OptionalName
    client: Literal["body", "basic"]
    header: HeaderName
    form: dict[str, str]
    headers: dict[HeaderName, HeaderText]

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.needs_token and not self.token.startswith(("/", "https://")):
            raise ValueError("token must be a path that begins with /, or an https:// URL")
        if self.grant == "header" and not self.header:
            raise ValueError("header must name the header in which the key is sent")
        for name in self.form:
            if name.casefold() in _SECRET_FIELDS:
                raise ValueError(f"form must not hold the {name}: prsync keeps it in the keyring, and sends it itself")
        _refuse_authorization("headers", self.headers)
        return self

    @property
    def needs_token(self) -> bool:
        """Whether a token is asked for; else each request carries the password itself."""
        return self.grant in {"password", "client_credentials"}


_SECRET_FIELDS: Final = {"password", "client_secret"}


def _refuse_authorization(key: str, headers: Mapping[str, str]) -> None:
    """ValueError for a header that holds a secret: the file is read by more people than the keyring."""
    if any(name.casefold() == "authorization" for name in headers):
        raise ValueError(f"{key} must not hold Authorization: prsync sends that, as auth.grant and auth.client say")


class Paging(_Table):
    """How an answer of many rows is asked for in parts."""

    style: Literal["page", "offset", "cursor", "link", "none"]
    number: OptionalName
    first: Annotated[int, Field(ge=0)]
    size: OptionalName
    rows_per_page: Annotated[int, Field(ge=1, le=100_000)]
    next: OptionalName
    total: OptionalName

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.style in {"page", "offset", "cursor"} and not self.number:
            raise ValueError(f"number must name the parameter of the {self.style}")
        if self.style == "cursor" and not self.next:
            raise ValueError("next must say where the answer tells the next cursor")
        return self


class Organizations(_Table):
    """The list of customers."""

    path: UrlPath
    rows: list[Name]
    id: Name
    name: OptionalName
    paging: Paging


class Devices(_Table):
    """One customer's devices, or all customers' in one answer."""

    path: UrlPath
    organization_id: OptionalName
    rows: list[Name]
    id: Name
    managed: OptionalName
    managed_values: list[JsonScalar]
    unmanaged_values: list[JsonScalar]
    read_at: OptionalName
    read_at_format: Name
    read_at_timezone: Name
    paging: Paging

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        named = self.path.count(ORGANIZATION_ID)
        if self.organization_id and named:
            raise ValueError(
                f"organization_id says that one answer holds all customers: path must not hold {ORGANIZATION_ID}"
            )
        if not self.organization_id and named != 1:
            raise ValueError(f"path must hold {ORGANIZATION_ID} once")
        self._expect_possible_values()
        _expect_timezone("read_at_timezone", self.read_at_timezone)
        if self.read_at_format not in READ_AT_FORMATS and "%" not in self.read_at_format:
            raise ValueError(
                f"read_at_format must be one of {', '.join(READ_AT_FORMATS)}, or a pattern such as %d.%m.%Y %H:%M"
            )
        return self

    def _expect_possible_values(self) -> None:
        if self.managed and not self.managed_values:
            raise ValueError("managed_values must hold the values that mean managed, or managed must be empty")
        both = [value for value in map(_spelled, self.managed_values) if value in map(_spelled, self.unmanaged_values)]
        if both:
            raise ValueError(f"managed_values and unmanaged_values both hold {json.dumps(both[0][1])}")


def _spelled(value: JsonScalar) -> tuple[str, JsonScalar]:
    """A value as it is compared: a text whatever its case, true and 1 as different values."""
    if isinstance(value, str):
        return "text", value.strip().casefold()
    return ("flag" if isinstance(value, bool) else "number"), value


READ_AT_FORMATS: Final = ("iso", "seconds", "milliseconds", "dotnet")


class Counters(_Table):
    """Where a device's counters stand."""

    style: Literal["object", "list", "fields"]
    at: OptionalName
    name: OptionalName
    value: OptionalName

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.style in {"object", "list"} and not self.at:
            raise ValueError("at must say where the counters stand")
        if self.style == "list" and not (self.name and self.value):
            missing, what = ("value", "count") if self.name else ("name", "meter's name")
            raise ValueError(f"{missing} must say where an entry of the list has the {what}")
        return self


class Meters(_Table):
    """The meters that there are."""

    names: Annotated[list[Name], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if any("+" in name for name in self.names):
            raise ValueError("names must be single meters: it is a feed's --meter that adds two, as a + b")
        return self


class History(_Table):
    """Whether and how the counters of a past day are asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    style: Literal["day", "range", "none"]
    day: OptionalName
    from_: OptionalName = Field(alias="from")
    to: OptionalName
    format: Name
    end: Literal["inclusive", "exclusive"]
    max_days: Annotated[int, Field(ge=1, le=366)]

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.style == "day" and not self.day:
            raise ValueError("day must name the parameter")
        if self.style == "range" and not (self.from_ and self.to):
            raise ValueError(f"{'to' if self.from_ else 'from'} must name the parameter")
        if self.style == "range" and self.from_ == self.to:
            raise ValueError("to must be another parameter than from")
        if self.max_days > 1 and self.style != "range":
            raise ValueError("max_days goes with style range: other styles ask for a day each")
        if self.style != "none":
            self._expect_a_day()
        if self.max_days > 1 and not self.has_time_of_day:
            raise ValueError("max_days over 1 needs a time of day in format: a date may be of the server's own clock")
        return self

    def _expect_a_day(self) -> None:
        days = (datetime(2001, 2, 3), datetime(2001, 2, 4), datetime(2001, 3, 3), datetime(2002, 2, 3))  # noqa: DTZ001
        if "%s" not in self.format and len({day.strftime(self.format) for day in days}) < len(days):
            raise ValueError("format must hold the year, the month and the day, as %Y-%m-%d")
        written = days[0].replace(tzinfo=UTC).strftime(self.format)
        if "%" in written and "%%" not in self.format:
            raise ValueError("format has a % that this Python does not know; the zone is %z")
        if self.has_time_of_day and _FIXED_ZONE.search(_DIRECTIVE.sub("", self.format)):
            raise ValueError("format has a fixed zone at its end: the time is the feed's time zone's, so write %z")

    @property
    def has_time_of_day(self) -> bool:
        """Whether the format writes more than the day."""
        return any(f"%{letter}" in self.format for letter in "HIMSTcXpfRrs")


_DIRECTIVE: Final = re.compile(r"%[-#^_0]?.")
_FIXED_ZONE: Final = re.compile(r"([zZ]|[+-]\d\d:?\d\d)$")


class Manners(_Table):
    """How patient a run is with the server, in seconds, tries and bytes."""

    tries_again: Annotated[int, Field(ge=0, le=10)]
    backoff: Annotated[float, Field(ge=0, le=60)]
    longest_wait: Annotated[int, Field(ge=0, le=3600)]
    waiting_in_all: Annotated[int, Field(ge=0, le=86_400)]
    answer_seconds: Annotated[int, Field(ge=1, le=3600)]
    answer_megabytes: Annotated[int, Field(ge=1, le=1024)]


class Profile(_Table):
    """Everything that is assumed of a server's API."""

    auth: Auth
    headers: dict[HeaderName, HeaderText]
    organizations: Organizations
    devices: Devices
    counters: Counters
    meters: Meters
    history: History
    manners: Manners

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        _refuse_authorization("headers", self.headers)
        if not self.organizations.path and not self.devices.organization_id:
            raise ValueError('organizations.path is "": then devices.organization_id must say whose a device is')
        if self.history.max_days > 1 and not self.devices.read_at:
            raise ValueError("history.max_days over 1 needs devices.read_at: by that a reading's day is told")
        return self

    @classmethod
    def load(cls, path: str | None) -> Self:
        """The profile in the file `path`, or the built-in one. InvalidValueError names the key and the line."""
        if path is None:
            return cls._built_in()
        try:
            text = Path(path).read_text("utf-8-sig")
        except OSError as error:
            raise InvalidValueError("--profile", path, error.strerror or "cannot be read") from error
        except ValueError as error:
            raise InvalidValueError("--profile", path, "is not an API profile: it is not UTF-8 text") from error
        try:
            return cls.parse(text)
        except ValueError as error:
            raise InvalidValueError("--profile", path, f"is not an API profile: {error}") from error

    @classmethod
    def parse(cls, text: str) -> Self:
        """The profile that a file of this text is; ValueError with each problem's key and line."""
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ValueError(toml_problem(error)) from None
        defaults = tomllib.loads(built_in_text())
        try:
            return cls.model_validate(_complete(tables, defaults))
        except ValidationError as error:
            raise ValueError(problems(error, text)) from None

    @classmethod
    @cache
    def _built_in(cls) -> Self:
        return cls.parse(built_in_text())

    @property
    def has_history(self) -> bool:
        """Whether the server can be asked for the counters of a past day."""
        return self.history.style != "none"

    @property
    def days_at_once(self) -> int:
        """For how many days of a range one request may ask."""
        return self.history.max_days

    @property
    def tells_managed(self) -> bool:
        """Whether the server says which devices are managed."""
        return bool(self.devices.managed)

    def without_retries(self) -> Self:
        """The profile for a command that a person waits for: what fails is told at once."""
        return self.model_copy(update={"manners": self.manners.model_copy(update={"tries_again": 0})})

    def meter(self, name: str) -> str:
        """The meter's name as the profile spells it, `a + b` for two that are added.

        InvalidValueError for one that it does not know.
        """
        return " + ".join(self._one_meter(part.strip(), name) for part in name.split("+"))

    def _one_meter(self, wanted: str, whole: str) -> str:
        for meter in self.meters.names:
            if normalised(meter) == normalised(wanted):
                return meter
        names = ", ".join(self.meters.names)
        raise InvalidValueError("--meter", whole, f"is none of meters.names in the API profile: {names}")


def built_in_text() -> str:
    """The built-in profile as it stands in its file, comments and all."""
    return resources.files("prsync.threemanager").joinpath("profile.toml").read_text("utf-8")


def _complete(tables: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """The tables of a file with the defaults of what it does not say; `[paging]` holds for both lists."""
    merged = _merged(defaults, tables)
    paging = merged.pop("paging", None)
    for name in ("organizations", "devices"):
        table = merged.get(name)
        if isinstance(table, dict):
            own = table.get("paging", {})
            both = isinstance(paging, dict) and isinstance(own, dict)
            # What is no table is left as it is, for the models to refuse.
            merged[name] = {**table, "paging": _merged(paging, own) if both else paging if own == {} else own}
    return merged


def _merged(defaults: Any, given: Any) -> dict[str, Any]:
    """What is given, and of each table what is not given from the defaults."""
    merged = dict(defaults)
    for key, value in given.items():
        before = defaults.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        merged[key] = _merged(before, value) if both else value
    return merged


def _expect_timezone(key: str, name: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{key} {name} is no time zone; their names are as Europe/Copenhagen") from None
