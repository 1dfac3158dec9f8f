"""What is assumed of PrintReleaf's API where its reference leaves it open: printreleaf.toml."""

from __future__ import annotations

import tomllib
from datetime import time
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from prsync.core.expected import expected
from prsync.errors import PrintReleafFileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE_NAME: Final = "printreleaf.toml"
_BUILT_IN: Final = files("prsync.printreleaf") / FILE_NAME


def _for_an_account(path: str) -> str:
    if "{account_id}" not in path:
        raise ValueError("must have {account_id} in it")
    return path


def _for_a_deposit(path: str) -> str:
    if "{deposit_id}" not in path:
        raise ValueError("must have {deposit_id} in it")
    return path


_Path = Annotated[str, StringConstraints(pattern=r"^/[!-~]*$")]


class Assumptions(BaseModel):
    """The keys of printreleaf.toml."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    accounts: _Path
    deposits: Annotated[_Path, AfterValidator(_for_an_account)]
    deposit: Annotated[_Path, AfterValidator(_for_a_deposit)]
    auth: Literal["basic", "bearer"]
    date: Literal["instant", "day", "none"]
    page: str
    errors: list[str]

    @property
    def is_dated(self) -> bool:
        """Whether PrintReleaf is told the day of a deposit."""
        return self.date != "none"

    @property
    def time_of_day(self) -> time:
        """The time of day of the deposits that are sent: noon in UTC, which no time zone moves into another day.

        A day that is sent without a time is dated its midnight.
        """
        return time(12) if self.date == "instant" else time(0)

    @classmethod
    def load(cls, file: Path | None) -> Self:
        """The built-in ones, and over them what a file says, if it is there; PrintReleafFileError for a bad one."""
        given = tomllib.loads(_BUILT_IN.read_text("utf-8"))
        if file is not None and file.exists():
            given |= _read(file)
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            problem: Mapping[str, Any] = error.errors()[0]
            key = ".".join(map(str, problem["loc"]))
            if problem["type"] == "extra_forbidden":
                reason = f"there is no such key; those are {', '.join(cls.model_fields)}"
            else:
                must = "must be a path, as /accounts" if "pattern" in problem["type"] else expected(problem)
                reason = f"{problem['input']!r}: {must}"
            raise PrintReleafFileError(file or FILE_NAME, f"{key}: {reason}") from error


def _read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise PrintReleafFileError(file, f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise PrintReleafFileError(file, "is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise PrintReleafFileError(file, f"is no TOML: {error}") from error
