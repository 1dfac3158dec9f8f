"""The least that draws the same page with reportlab: no ledger, no signature, no name in another script, one customer.

Usage: python -m benchmarks.bare_certificates FOLDER COUNT
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

import segno
from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

import prsync.certificates

FONTS = Path(next(iter(prsync.certificates.__path__))) / "fonts"
WIDTH, HEIGHT = 841.89, 595.28
GREEN, LIGHT, FAINT = HexColor("#1e4d38"), HexColor("#8fa69b"), HexColor("#e4eae7")
LINES = (
    ("Nordlys Print A/S", "Regular", 17, 72),
    ("Havnegade 12, 8000 Aarhus C", "Regular", 9, 103),
    ("C E R T I F I C A T E   O F   R E F O R E S T A T I O N", "SemiBold", 20, 137),
    ("This certifies that the paper printed by", "Italic", 14, 173),
    ("Customer {number:04}", "Regular", 40, 225),
    ("in October 2026 amounts to", "Italic", 14, 257),
    ("10.26", "Medium", 80, 330),
    ("standard trees, from 85,464 pages", "Italic", 17.5, 354),
    ("57.87 trees in 2026  ·  57.87 since May 2026", "Regular", 11.5, 380),
    ("A standard tree: 8,333 letter-size pages (8.5 x 11 in, 20 lb)", "Regular", 8, 533),
    ("An amount of paper and trees: no claim of these very trees and pages", "Regular", 8, 543),
)


def main() -> None:
    """Draw so many certificates into a folder."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    for cut in ("Regular", "Italic", "Medium", "SemiBold"):
        registerFont(TTFont(cut, FONTS / f"EBGaramond-{cut}.ttf", asciiReadable=True))
    for number in range(count):
        pdf = Canvas(str(folder / f"{number}.pdf"), pagesize=(WIDTH, HEIGHT), pageCompression=0, invariant=1)
        draw(pdf, number)
        pdf.save()


def draw(pdf: Canvas, number: int) -> None:
    """Draw one page: the rings, the frame, the texts, the bars of a month and the code."""
    pdf.setStrokeColor(FAINT)
    for ring in range(31):
        pdf.circle(WIDTH / 2, HEIGHT / 2, 7.6 * (ring + 1))
    pdf.setStrokeColor(GREEN)
    for margin in (24, 30):
        pdf.rect(margin, margin, WIDTH - 2 * margin, HEIGHT - 2 * margin)
    pdf.setFillColor(GREEN)
    for text, cut, size, top in LINES:
        line = text.format(number=number)
        pdf.setFont(cut, size)
        pdf.drawString((WIDTH - stringWidth(line, cut, size)) / 2, HEIGHT - top, line)
    for place, text in enumerate(("Mette Kjær Sørensen", "Managing Director", "2 November 2026")):
        pdf.setFont("Regular", 10)
        pdf.drawString(58, 72 - 12.5 * place, text)
    for day in range(31):
        pdf.setFillColor(LIGHT if day % 7 in (5, 6) else GREEN)
        pdf.rect(235 + 12 * day, 142, 7.4, 1 + number * day % 31, stroke=0, fill=1)
    draw_code(pdf, f"https://nordlys.example/v#{number:0216X}")


def draw_code(pdf: Canvas, link: str) -> None:
    """Draw a QR code of the same size as prsync's."""
    rows = segno.make_qr(
        [("https://nordlys.example/v#", None, None), (link[26:], None, None)], error="l", boost_error=False
    ).matrix
    path, module = pdf.beginPath(), 86 / len(rows)
    for place, row in enumerate(rows):
        start = 0
        for is_dark, group in groupby(row):
            length = len(list(group))
            if is_dark:
                path.rect(700 + start * module, 130 - place * module, length * module, module)
            start += length
    pdf.drawPath(path, stroke=0, fill=1)


if __name__ == "__main__":
    main()
