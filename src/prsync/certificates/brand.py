"""The issuer's brand: what the company that issues puts on its certificates, from brand.toml.

A key, a value or a picture that cannot be used is refused before anything is issued.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from prsync.certificates.languages import LANGUAGES
from prsync.certificates.pictures import read_picture
from prsync.core.expected import expected
from prsync.errors import BrandError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BRAND_FILE: Final = "brand.toml"
DEFAULT_ACCENT: Final = "#1f4d38"
_LEAST_CONTRAST: Final = 4.5
_LINEAR_BELOW: Final = 0.04045


def _legible(accent: str) -> str:
    contrast = 1.05 / (_luminance(accent) + 0.05)
    if contrast < _LEAST_CONTRAST:
        reason = f"has a contrast of {contrast:.1f}:1 on white, and {_LEAST_CONTRAST}:1 is the least that can be read"
        raise ValueError(reason)
    return accent


def _luminance(color: str) -> float:
    """The relative luminance of a colour, 0 to 1 (WCAG 2.2)."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= _LINEAR_BELOW else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _known_language(language: str) -> str:
    if language not in LANGUAGES:
        reason = f"is none of {', '.join(LANGUAGES)}"
        raise ValueError(reason)
    return language


def _secure(url: str) -> str:
    if not url.startswith("https://") or "#" in url or not url.isascii() or not url.isprintable() or " " in url:
        reason = "is no https address, or has a # in it"
        raise ValueError(reason)
    return url


_Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=160, pattern=r"^[^\x00-\x1f\x7f]*$")
]


class _BrandFile(BaseModel):
    """The keys of brand.toml. Every one may be left out, and no other may be in it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    issuer: _Line | None = None
    address: _Line | None = None
    footer: _Line | None = None
    logo: _Line | None = None
    signature: _Line | None = None
    signatory: _Line | None = None
    office: _Line | None = None
    accent: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$"), AfterValidator(_legible)] = DEFAULT_ACCENT
    paper: Literal["a4", "letter"] = "a4"
    language: Annotated[str, AfterValidator(_known_language)] = "en"
    project: _Line | None = None
    statement: _Line | None = None
    totals: bool = False
    verify_url: Annotated[str, StringConstraints(max_length=200), AfterValidator(_secure)] | None = None


TEXTS: Final = ("issuer", "address", "footer", "signatory", "office", "project", "statement")
"""The keys whose lines are printed as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """What a brand file says; `texts` by key, the pictures as PNG. Without a file: nothing of it."""

    texts: dict[str, str]
    accent: str = DEFAULT_ACCENT
    paper: str = "a4"
    language: str = "en"
    totals: bool = False
    verify_url: str | None = None
    logo: bytes | None = None
    signature: bytes | None = None


def read_brand(path: Path) -> Brand:
    """Read a brand file; BrandError for a key, a value or a picture that cannot be used."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        given = _BrandFile.model_validate(tomllib.loads(text))
    except OSError as error:
        raise BrandError(path, None, f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BrandError(path, None, "is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise BrandError(path, None, f"is no TOML: {error}") from error
    except ValidationError as error:
        raise _as_brand_error(path, error) from error
    return Brand(
        texts={key: value for key in TEXTS if (value := getattr(given, key)) is not None},
        accent=given.accent.lower(),
        paper=given.paper,
        language=given.language,
        totals=given.totals,
        verify_url=given.verify_url,
        logo=_picture(path, "logo", given.logo),
        signature=_picture(path, "signature", given.signature),
    )


def _picture(path: Path, key: str, name: str | None) -> bytes | None:
    if name is None:
        return None
    try:
        return read_picture(path.parent / name)
    except ValueError as error:
        raise BrandError(path, key, f"{name} {error}") from error


def _as_brand_error(path: Path, error: ValidationError) -> BrandError:
    found = [(str(problem["loc"][0]), _reason(problem)) for problem in error.errors(include_url=False)]
    key, reason = found[0]
    return BrandError(path, key, "; ".join([reason, *(f"{key} {reason}" for key, reason in found[1:])]))


def _reason(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "extra_forbidden":
        return f"is no key of a brand; those are {', '.join(_BrandFile.model_fields)}"
    if problem["type"] == "string_pattern_mismatch":
        reason = "must be a colour as #1f4d38" if problem["loc"] == ("accent",) else "must be one line"
    else:
        reason = expected(problem)
    return f"{problem['input']!r}: {reason}"
