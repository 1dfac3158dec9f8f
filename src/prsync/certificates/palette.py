"""The colours of the page."""

from __future__ import annotations

from typing import Final

from reportlab.lib.colors import HexColor

INK: Final = HexColor("#1d2521")
GREEN: Final = HexColor("#1f4d38")
GREY: Final = HexColor("#65716a")
PALE_GREEN: Final = HexColor("#b4c8ba")
LINE_GREY: Final = HexColor("#d9e1db")
PALE_GREY: Final = HexColor("#f2f5f2")
RUST: Final = HexColor("#a3481c")
