"""Behind everything, the month as the growth rings of a tree: one for each day, wider after a busy day."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

    from prsync.certificates.drawn.drawing import Point
    from prsync.certificates.drawn.palette import Accent
    from prsync.certificates.facts import Facts

# Part of the radius is divided equally among the days, so that a day without pages has a visible ring too.
_EQUALLY_DIVIDED: Final = 0.5
# A tree grows more on one side: the rings' centres wander by this share of what they are smaller than the outermost.
_ECCENTRIC: Final = 0.045
_SMALLEST: Final = 0.35
_FEWEST_DAYS: Final = 3


def draw_rings(pdf: Canvas, facts: Facts, centre: Point, radius: float, accent: Accent) -> None:
    """Draw the rings around a point; `radius` in points is that of a whole month's last ring, the bark.

    A month of few days is a young tree: its area grows with the days. One or two rings would be none of a tree.
    """
    if len(facts.days) < _FEWEST_DAYS:
        return
    radius *= max(_SMALLEST, math.sqrt(len(facts.days) / facts.month.last_day.day))
    pdf.setStrokeColor(accent.faint)
    shares, most = _radius_shares(facts), max((deposit.pages for deposit in facts.days), default=0)
    for place, (share, deposit) in enumerate(zip(shares, facts.days, strict=True), start=1):
        is_bark = place == len(shares)
        pdf.setLineWidth(1.2 if is_bark else round(0.4 + 0.7 * deposit.pages / max(most, 1), 2))
        own = radius * share
        wandered = _ECCENTRIC * (radius - own)
        x, y = centre.x - wandered, centre.y + wandered / 2
        # Hundredths of a point are finer than any printer, and keep the page's code short.
        pdf.circle(round(x, 2), round(y, 2), round(own, 2))


def _radius_shares(facts: Facts) -> list[float]:
    """The radius of each day's ring, as a share (0 to 1) of the outermost one's; the first day is the innermost."""
    total_pages, day_count = facts.pages, len(facts.days)
    equally = _EQUALLY_DIVIDED if total_pages else 1.0
    shares, pages_so_far = [], 0
    for place, deposit in enumerate(facts.days, start=1):
        pages_so_far += deposit.pages
        shares.append(equally * place / day_count + (1 - equally) * pages_so_far / max(total_pages, 1))
    return shares
