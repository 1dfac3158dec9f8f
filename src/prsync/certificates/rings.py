"""The certificate's emblem: the month as the growth rings of a tree, one for each day, wider after a busy day."""

from __future__ import annotations

import cmath
import math
from typing import TYPE_CHECKING, Final

from prsync.certificates.palette import GREEN

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

    from prsync.certificates.drawing import Point
    from prsync.certificates.facts import Facts

_POINTS_PER_RING: Final = 20
# Part of the radius is divided equally among the days, so that a day without pages has a visible ring too.
_EQUALLY_DIVIDED: Final = 0.45


def draw_rings(pdf: Canvas, facts: Facts, centre: Point, radius: float) -> None:
    """Draw the emblem around `centre`; `radius` in points is that of the last day's ring, on average."""
    pdf.setStrokeColor(GREEN)
    for number, share in enumerate(_radius_shares(facts)):
        pdf.setLineWidth(0.3 + 0.3 * share)
        _draw_ring(pdf, centre, radius=radius * share, number=number)


def _radius_shares(facts: Facts) -> list[float]:
    """The radius of each day's ring, as a share (0 to 1) of the whole emblem's; the first day is the innermost."""
    total_pages, day_count = max(facts.pages, 1), len(facts.days)
    shares, pages_so_far = [], 0
    for place, deposit in enumerate(facts.days, start=1):
        pages_so_far += deposit.pages
        shares.append(_EQUALLY_DIVIDED * place / day_count + (1 - _EQUALLY_DIVIDED) * pages_so_far / total_pages)
    return shares


def _draw_ring(pdf: Canvas, centre: Point, *, radius: float, number: int) -> None:
    """Draw one ring as a smooth closed curve; the page is taken for the complex plane."""
    points = [
        complex(*centre) + radius * _direction(2 * math.pi * step / _POINTS_PER_RING, number)
        for step in range(_POINTS_PER_RING)
    ]
    path = pdf.beginPath()
    path.moveTo(points[0].real, points[0].imag)
    for place, start in enumerate(points):
        end, after = points[(place + 1) % _POINTS_PER_RING], points[(place + 2) % _POINTS_PER_RING]
        # A sixth of the way between the neighbours makes the curve smooth where two pieces meet (Catmull-Rom spline).
        control_1, control_2 = start + (end - points[place - 1]) / 6, end - (after - start) / 6
        path.curveTo(control_1.real, control_1.imag, control_2.real, control_2.imag, end.real, end.imag)
    path.close()
    pdf.drawPath(path)


def _direction(angle: float, number: int) -> complex:
    """The vector from the centre to a point of the ring of that number; its length is about 1, not exactly.

    Each ring is bent a little differently from the one inside it, as in wood.
    """
    length = 1 + 0.035 * math.sin(2 * angle + 0.7 + number * 0.01) + 0.02 * math.sin(3 * angle + 2.1 - number * 0.02)
    return cmath.rect(length, angle)
