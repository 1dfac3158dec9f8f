"""The certificate's emblem: the month as growth rings, one a day, a busy day's ring the wider one."""

from __future__ import annotations

import cmath
import math
from typing import TYPE_CHECKING, Final

from prsync.certificates.palette import GREEN

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

    from prsync.certificates.facts import Facts

_POINTS: Final = 20
_EVEN: Final = 0.45
"""The share of the radius that all days have alike, so that quiet days leave a ring too."""


def draw_rings(pdf: Canvas, facts: Facts, x: float, y: float, radius: float) -> None:
    """Draw the emblem around a middle, in points."""
    pdf.setStrokeColor(GREEN)
    for ring, share in enumerate(_shares(facts)):
        pdf.setLineWidth(0.3 + 0.3 * share)
        _ring(pdf, x, y, radius * share, ring)


def _shares(facts: Facts) -> list[float]:
    """The radius of each day's ring, as a share of the whole."""
    total, number = max(facts.pages, 1), len(facts.days)
    shares, below = [], 0
    for place, deposit in enumerate(facts.days, start=1):
        below += deposit.pages
        shares.append(_EVEN * place / number + (1 - _EVEN) * below / total)
    return shares


def _ring(pdf: Canvas, x: float, y: float, radius: float, ring: int) -> None:
    """One ring: a smooth curve through points that are not quite on a circle, as in wood."""
    points = [complex(x, y) + radius * _direction(2 * math.pi * step / _POINTS, ring) for step in range(_POINTS)]
    path = pdf.beginPath()
    path.moveTo(points[0].real, points[0].imag)
    for at, start in enumerate(points):
        end, after = points[(at + 1) % _POINTS], points[(at + 2) % _POINTS]
        leaving, arriving = start + (end - points[at - 1]) / 6, end - (after - start) / 6
        path.curveTo(leaving.real, leaving.imag, arriving.real, arriving.imag, end.real, end.imag)
    path.close()
    pdf.drawPath(path)


def _direction(angle: float, ring: int) -> complex:
    """From the middle to the ring, of a length around 1; each ring is bent a little differently from the one inside."""
    bent = 1 + 0.035 * math.sin(2 * angle + 0.7 + ring * 0.01) + 0.02 * math.sin(3 * angle + 2.1 - ring * 0.02)
    return cmath.rect(bent, angle)
