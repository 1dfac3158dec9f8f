"""The colours of the page: the issuer's accent, and greys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from reportlab.lib.colors import Color, HexColor

if TYPE_CHECKING:
    from typing import Self

INK: Final = HexColor("#1d2521")
GREY: Final = HexColor("#65716a")
LINE_GREY: Final = HexColor("#b9c4bd")
RUST: Final = HexColor("#a3481c")
WHITE: Final = HexColor("#ffffff")


class Accent(NamedTuple):
    """The accent and two lighter shades of it: of a weekend's bars, and of the rings behind everything."""

    full: Color
    light: Color
    faint: Color

    @classmethod
    def of(cls, color: str) -> Self:
        """From a colour as #1f4d38."""
        full = HexColor(color)
        return cls(full, _lighter(full, 0.5), _lighter(full, 0.86))


def _lighter(color: Color, white: float) -> Color:
    # Two places are enough for a colour, and keep the page's code short.
    return Color(*(round(part + (1 - part) * white, 2) for part in (color.red, color.green, color.blue)))
