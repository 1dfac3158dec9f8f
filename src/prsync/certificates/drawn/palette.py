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
    """The accent and lighter shades of it: of the bars, of a weekend's, and of the rings behind everything.

    Bars are told from the paper by any accent that is dark enough for text.
    """

    full: Color
    quiet: Color
    light: Color
    faint: Color

    @classmethod
    def of(cls, color: str) -> Self:
        """From a colour as #1f4d38."""
        full = HexColor(color)
        return cls(full, *(_lighter(full, white) for white in (0.15, 0.45, 0.88)))


def _lighter(color: Color, white: float) -> Color:
    # Two places are enough for a colour, and keep the page's code short.
    return Color(*(round(part + (1 - part) * white, 2) for part in (color.red, color.green, color.blue)))
