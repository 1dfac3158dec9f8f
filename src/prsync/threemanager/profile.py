"""The API profile: all paths and names of a server's API that prsync assumes, read from a TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from prsync.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths below the server's URL; in `devices` the text `{organization_id}` stands for an organization's id."""

    token: str
    organizations: str
    devices: str

    def check(self) -> None:
        """Raise a ValueError for a path that cannot be used."""
        for field in fields(self):
            # Without the slash it would be read as a part of the host's name.
            if not getattr(self, field.name).startswith("/"):
                raise ValueError(f"paths.{field.name} must begin with /")
        if self.devices.count("{organization_id}") != 1:
            raise ValueError("paths.devices must hold {organization_id} once")


@dataclass(frozen=True, slots=True)
class Parameters:
    """The names of the query parameters, and how many rows to ask for in one request."""

    date: str
    page: str
    page_size: str
    rows_per_page: int


@dataclass(frozen=True, slots=True)
class Fields:
    """The names of the fields of an answer; case and underscores do not matter.

    `rows` are the names under which the array of rows may stand; the first that is there counts.
    """

    rows: list[str]
    next_page: str
    organization_id: str
    organization_name: str
    device_id: str
    managed: str
    counters: str
    read_at: str


@dataclass(frozen=True, slots=True)
class Profile:
    """All that is assumed of a server's API. `meters` are the names of the counters that a feed may use."""

    paths: Paths
    parameters: Parameters
    fields: Fields
    meters: tuple[str, ...]

    @classmethod
    def load(cls, path: str | None) -> Self:
        """The profile in the file `path`, or without one the profile that comes with prsync.

        InvalidValueError where the file cannot be read or is no API profile.
        """
        try:
            # An editor on Windows may have put a byte order mark in front, which TOML does not allow.
            return cls._parsed(Path(path).read_text("utf-8-sig") if path else _built_in())
        except OSError as error:
            raise InvalidValueError("--profile", str(path), error.strerror or "cannot be read") from error
        except ValueError as error:
            raise InvalidValueError("--profile", str(path), f"is not an API profile: {error}") from error

    @classmethod
    def _parsed(cls, toml: str) -> Self:
        tables = tomllib.loads(toml)
        profile = cls(
            _section(Paths, tables, "paths"),
            _section(Parameters, tables, "parameters"),
            _section(Fields, tables, "fields"),
            tuple(_checked_value(tables, table="meters", name="names", type_name="list[str]")),
        )
        profile.paths.check()
        return profile

    def meter(self, name: str) -> str:
        """The name of a meter as the profile spells it; InvalidValueError for one that the profile does not have."""
        for meter in self.meters:
            if normalised_name(meter) == normalised_name(name):
                return meter
        raise InvalidValueError("--meter", name, f"is none of the meters: {', '.join(self.meters)}")


def _built_in() -> str:
    return resources.files(__package__).joinpath("profile.toml").read_text("utf-8")


def _section(dataclass_: type[Any], tables: dict[str, Any], table: str) -> Any:
    """A TOML table as a value of a dataclass whose fields are the table's keys."""
    # `field.type` is the annotation as text, since annotations are not evaluated in this module.
    return dataclass_(
        **{
            field.name: _checked_value(tables, table=table, name=field.name, type_name=str(field.type))
            for field in fields(dataclass_)
        }
    )


def _checked_value(tables: dict[str, Any], *, table: str, name: str, type_name: str) -> Any:
    """The value of a key in a TOML table; ValueError if it is missing or of another type than `type_name`."""
    section = tables.get(table)
    if not isinstance(section, dict) or name not in section:
        raise ValueError(f"{table}.{name} is missing")
    is_valid, expected = _TYPES[type_name]
    if not is_valid(section[name]):
        raise ValueError(f"{table}.{name} must be {expected}")
    return section[name]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: Any) -> bool:
    # In Python True is an int, and in TOML it is not.
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_name, value))


_TYPES: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "str": (_is_name, "a text"),
    "int": (_is_number, "a whole number from 1 on"),
    "list[str]": (_are_names, "a list of texts"),
}


def normalised_name(name: str) -> str:
    """A field's name without case and underscores, in which servers may differ: `deviceId`, `device_id`, `DeviceID`."""
    return name.replace("_", "").casefold()
