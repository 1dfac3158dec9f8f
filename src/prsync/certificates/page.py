"""The certificate's page: A4, landscape, drawn from its facts and nothing else. The same facts give the same bytes."""

from __future__ import annotations

from datetime import UTC
from hashlib import md5
from io import BytesIO
from typing import TYPE_CHECKING, Final

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from prsync.certificates.chart import draw_chart
from prsync.certificates.fitting import LEADING, fit
from prsync.certificates.palette import GREEN, GREY, HAIRLINE, INK, RUST
from prsync.certificates.rings import draw_rings
from prsync.certificates.typeface import ITALIC, MEDIUM, REGULAR, shown

if TYPE_CHECKING:
    from datetime import date

    from reportlab.lib.colors import Color

    from prsync.certificates.facts import Facts
    from prsync.certificates.typeface import Text

_WIDTH, _HEIGHT = landscape(A4)
_LEFT: Final = 68.0
_RIGHT: Final = _WIDTH - _LEFT
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_COLUMN: Final = 500.0
"""The width that names and figures have beside the emblem."""
_NAME_SIZES: Final = (46, 42, 38, 34, 30, 26, 22, 19, 16, 14, 12)
_FIGURE_SIZES: Final = range(40, 4, -1)
_GAP: Final = 0.22
"""Between a figure and its word, in the figure's size."""
_ASCENT, _TALL = 0.70, 0.92
"""Of REGULAR, in sizes: from the baseline to the tops of its letters, and with what hangs below."""
_BASIS: Final = (
    "Trees are pages divided by {:,}: a standard tree makes that many letter-size pages (8.5 by 11 in) of 20 lb paper.",
    "They are a measure of the paper used, not a claim that particular trees stand because of particular pages.",
)


def draw(facts: Facts) -> bytes:
    """The PDF; UnprintableNameError where no typeface here has the name's characters."""
    name = shown(facts.feed)
    file = BytesIO()
    # Uncompressed, because zlib's bytes differ from one build of it to the next.
    pdf = Canvas(file, pagesize=(_WIDTH, _HEIGHT), pageCompression=0, invariant=1, initialFontName=REGULAR, lang="en")
    # What reportlab makes the file's id from takes in SOURCE_DATE_EPOCH, and there is no public way around it.
    pdf._doc.signature = md5(facts.number.encode(), usedforsecurity=False)  # noqa: SLF001
    _describe(pdf, facts)
    _frame(pdf)
    _head(pdf, facts)
    _name(pdf, facts, name)
    _figures(pdf, facts)
    draw_chart(pdf, facts, _LEFT, 142, _RIGHT - _LEFT, 92)
    _foot(pdf, facts)
    pdf.showPage()
    pdf.save()
    return file.getvalue()


def _describe(pdf: Canvas, facts: Facts) -> None:
    """What the file says of itself. The number stands here in plain text, for `verify` and for other programs."""
    issued = f"{facts.issued_at.astimezone(UTC):D:%Y%m%d%H%M%SZ}"
    pdf.setTitle(f"Certificate of Reforestation {facts.number}, {facts.feed}, {_month(facts)}")
    pdf.setAuthor("prsync")
    pdf.setCreator("prsync")
    pdf.setProducer("ReportLab")
    pdf.setSubject(f"{facts.pages:,} pages, {facts.trees:,} trees")
    pdf.setKeywords(facts.number)
    pdf.setDateFormatter(lambda *_: issued)


def _frame(pdf: Canvas) -> None:
    pdf.setStrokeColor(GREEN)
    pdf.setLineWidth(0.9)
    pdf.rect(28, 28, _WIDTH - 56, _HEIGHT - 56)


def _head(pdf: Canvas, facts: Facts) -> None:
    title = shown("Certificate of Reforestation")
    _draw(pdf, title, _LEFT, 507, 27, GREEN)
    if facts.provisional:
        _line(pdf, "Provisional", _LEFT + title.width(27) + 16, 507, ITALIC, 20, RUST)
    _right(pdf, facts.number, 517, MEDIUM, 12, INK)
    _right(pdf, _revision(facts), 502, ITALIC, 11, GREY)
    _rule(pdf, 489)


def _revision(facts: Facts) -> str:
    return f"Revision {facts.revision}" + (f", replaces {facts.replaces}" if facts.replaces else "")


def _name(pdf: Canvas, facts: Facts, name: Text) -> None:
    """Whose paper consumption, and of when, with the emblem beside it."""
    _line(pdf, "This certifies the paper consumption of", _LEFT, 453, ITALIC, 15, GREY)
    size, lines = fit(name, _COLUMN, 66, _NAME_SIZES)
    above = (66 - ((len(lines) - 1) * LEADING + _TALL) * size) / 2
    for number, line in enumerate(lines):
        _draw(pdf, line, _LEFT, 441 - above - (_ASCENT + number * LEADING) * size, size, INK)
    _line(pdf, _period(facts), _LEFT, 356, ITALIC, 15, GREY, width=_COLUMN)
    draw_rings(pdf, facts, _RIGHT - 86, 388, 80)


def _period(facts: Facts) -> str:
    period = f"in {_month(facts)}"
    if facts.first_day > facts.month.first_day:
        period += f", from its activation date, {_day(facts.first_day)}, on"
    if facts.provisional and facts.days:
        period += f"; so far {facts.days[0].date.day} to {_day(facts.days[-1].date)}"
    elif facts.provisional:
        period += "; no day of it is deposited yet"
    return period


def _figures(pdf: Canvas, facts: Facts) -> None:
    """Pages and trees, smaller where they are too many to stand there in full size."""
    pages, trees = (f"{facts.pages:,}", "pages, equal to"), (f"{facts.trees:,}", "standard trees")
    size = next(size for size in _FIGURE_SIZES if _figure_width(*pages, size) + _figure_width(*trees, size) <= _COLUMN)
    _figure(pdf, *pages, _LEFT, size)
    _figure(pdf, *trees, _LEFT + _figure_width(*pages, size), size)


def _figure(pdf: Canvas, figure: str, word: str, x: float, size: float) -> None:
    _line(pdf, figure, x, 303, MEDIUM, size, GREEN)
    _line(pdf, word, x + stringWidth(figure, MEDIUM, size) + _GAP * size, 303, ITALIC, _word_size(size), GREY)


def _figure_width(figure: str, word: str, size: float) -> float:
    return float(stringWidth(figure, MEDIUM, size) + stringWidth(word, ITALIC, _word_size(size)) + 2 * _GAP * size)


def _word_size(size: float) -> float:
    return max(0.45 * size, 12)


def _foot(pdf: Canvas, facts: Facts) -> None:
    issued = f"Issued on {_day(facts.issued_on)} {facts.issued_on.year}"
    if facts.provisional:
        issued += ", provisional: a later revision will replace it"
    _line(pdf, issued, _LEFT, 84, REGULAR, 12, INK)
    for number, text in enumerate(_BASIS):
        _line(pdf, text.format(facts.pages_per_tree), _LEFT, 64 - 11.5 * number, REGULAR, 9, GREY)


def _rule(pdf: Canvas, y: float) -> None:
    pdf.setStrokeColor(HAIRLINE)
    pdf.setLineWidth(0.7)
    pdf.line(_LEFT, y, _RIGHT, y)


def _line(
    pdf: Canvas, text: str, x: float, y: float, face: str, size: float, color: Color, *, width: float = _WIDTH
) -> None:
    size *= min(1.0, width / stringWidth(text, face, size))
    pdf.setFillColor(color)
    pdf.setFont(face, size)
    pdf.drawString(x, y, text)


def _right(pdf: Canvas, text: str, y: float, face: str, size: float, color: Color) -> None:
    _line(pdf, text, _RIGHT - stringWidth(text, face, size), y, face, size, color)


def _draw(pdf: Canvas, text: Text, x: float, y: float, size: float, color: Color) -> None:
    """Draw a text in one go, so that other programs read its words as words."""
    drawn = pdf.beginText(x, y)
    drawn.setFillColor(color)
    for face, chars, kern in text.pieces():
        drawn.setFont(face, size)
        drawn.setCharSpace(kern * size)
        drawn.textOut(chars)
    drawn.setCharSpace(0)
    pdf.drawText(drawn)


def _month(facts: Facts) -> str:
    return f"{_MONTHS[facts.month.number - 1]} {facts.month.year}"


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"
