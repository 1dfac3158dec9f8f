"""The API profile: a server's paths and names, from TOML."""

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
    """Paths below the server's URL."""

    token: str
    organizations: str
    devices: str

    def check(self) -> None:
        """ValueError for one that leads elsewhere."""
        for field in fields(self):
            if not getattr(self, field.name).startswith("/"):
                raise ValueError(f"paths.{field.name} must begin with /")
        if self.devices.count("{organization_id}") != 1:
            raise ValueError("paths.devices must hold {organization_id} once")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Names of query parameters, and how many rows to ask for at once."""

    date: str
    page: str
    page_size: str
    rows_per_page: int


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the fields of an answer."""

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
    """Everything that is assumed of a 3manager server's API."""

    paths: Paths
    parameters: Parameters
    fields: Fields
    meters: tuple[str, ...]

    @classmethod
    def load(cls, path: str | None) -> Self:
        """The profile in the file `path`, or the one that comes with prsync."""
        try:
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
            tuple(_value(tables, "meters", "names", "list[str]")),
        )
        profile.paths.check()
        return profile

    def meter(self, name: str) -> str:
        """The meter's name as the profile spells it; InvalidValueError for one it does not know."""
        for meter in self.meters:
            if key(meter) == key(name):
                return meter
        raise InvalidValueError("--meter", name, f"is none of the meters: {', '.join(self.meters)}")


def _built_in() -> str:
    return resources.files(__package__).joinpath("profile.toml").read_text("utf-8")


def _section(kind: type[Any], tables: dict[str, Any], table: str) -> Any:
    return kind(**{field.name: _value(tables, table, field.name, str(field.type)) for field in fields(kind)})


def _value(tables: dict[str, Any], table: str, name: str, kind: str) -> Any:
    section = tables.get(table)
    if not isinstance(section, dict) or name not in section:
        raise ValueError(f"{table}.{name} is missing")
    is_one, expected = _KINDS[kind]
    if not is_one(section[name]):
        raise ValueError(f"{table}.{name} must be {expected}")
    return section[name]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_name, value))


_KINDS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "str": (_is_name, "a text"),
    "int": (_is_number, "a whole number from 1 on"),
    "list[str]": (_are_names, "a list of texts"),
}


def key(name: str) -> str:
    """A field's name without what may differ in its spelling: case and underscores."""
    return name.replace("_", "").casefold()
