"""The API profile: a server's paths and names, from TOML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any, Self

from prsync.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths below the server's URL."""

    token: str
    organizations: str
    devices: str


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
            return cls._parsed(Path(path).read_text("utf-8") if path else _built_in())
        except OSError as error:
            raise InvalidValueError("--profile", str(path), error.strerror or "cannot be read") from error
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidValueError("--profile", str(path), f"is not an API profile: {error}") from error

    @classmethod
    def _parsed(cls, toml: str) -> Self:
        tables = tomllib.loads(toml)
        return cls(
            _section(Paths, tables["paths"]),
            _section(Parameters, tables["parameters"]),
            _section(Fields, tables["fields"]),
            tuple(tables["meters"]["names"]),
        )

    def meter(self, name: str) -> str:
        """The meter's name as the profile spells it; InvalidValueError for one it does not know."""
        for meter in self.meters:
            if key(meter) == key(name):
                return meter
        raise InvalidValueError("--meter", name, f"is none of the meters: {', '.join(self.meters)}")


def _built_in() -> str:
    return resources.files(__package__).joinpath("profile.toml").read_text("utf-8")


def _section(kind: type[Any], table: dict[str, Any]) -> Any:
    for field in fields(kind):
        expected = {"str": str, "int": int, "list[str]": list}[str(field.type)]
        if not isinstance(table[field.name], expected):
            raise TypeError(f"{field.name} must be of the type {field.type}")
    return kind(**table)


def key(name: str) -> str:
    """A field's name without what may differ in its spelling: case and underscores."""
    return name.replace("_", "").casefold()
