"""Pages into trees."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

PAGES_PER_TREE: Final = 8333
"""One standard tree makes 8,333 letter-size pages (PrintReleaf's published equivalence)."""


def trees(pages: int, pages_per_tree: int = PAGES_PER_TREE) -> Decimal:
    """Trees for `pages`, to two places, half up, exact at any size: 2,469,134 pages are 296.31 trees."""
    hundredths, rest = divmod(pages * 100, pages_per_tree)
    if 2 * rest >= pages_per_tree:
        hundredths += 1
    return Decimal(f"{hundredths}E-2")  # made from text: no decimal context rounds it
