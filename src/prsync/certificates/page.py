"""The certificate's page: A4, landscape, drawn from its facts and nothing else. The same facts give the same bytes."""

from __future__ import annotations

from datetime import UTC
from hashlib import md5
from io import BytesIO
from typing import TYPE_CHECKING, Final

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from prsync.certificates.chart import draw_chart
from prsync.certificates.drawing import Box, Point, Style, draw_horizontal_line, draw_text
from prsync.certificates.fitting import LINE_SPACING, fit_text
from prsync.certificates.palette import GREEN, GREY, INK, LINE_GREY, RUST
from prsync.certificates.rings import draw_rings
from prsync.certificates.typeface import ITALIC, MEDIUM, REGULAR, typeset

if TYPE_CHECKING:
    from datetime import date

    from reportlab.lib.colors import Color

    from prsync.certificates.facts import Facts
    from prsync.certificates.typeface import TypesetText

_WIDTH, _HEIGHT = landscape(A4)
_LEFT: Final = 68.0
_RIGHT: Final = _WIDTH - _LEFT
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

# The width that the customer's name and the figures have on the left of the emblem.
_COLUMN_WIDTH: Final = 500.0
_NAME_HEIGHT: Final = 66
_NAME_TOP: Final = 441
_NAME_SIZES: Final = (46, 42, 38, 34, 30, 26, 22, 19, 16, 14, 12)
# Of REGULAR, as multiples of its size: from the baseline up to the tops of its letters, and its whole height with the
# parts below the baseline.
_ASCENT: Final = 0.70
_LINE_HEIGHT: Final = 0.92

_FIGURES_Y: Final = 303
_FIGURE_SIZES: Final = range(40, 4, -1)
# The space between a figure and the word after it, as a multiple of the figure's size.
_FIGURE_GAP: Final = 0.22

_INTRODUCTION: Final = Style(ITALIC, 15, GREY)
_SMALL_PRINT: Final = Style(REGULAR, 9, GREY)
_BASIS: Final = (
    "Trees are pages divided by {:,}: a standard tree makes that many letter-size pages (8.5 by 11 in) of 20 lb paper.",
    "They are a measure of the paper used, not a claim that particular trees stand because of particular pages.",
)


def draw_page(facts: Facts) -> bytes:
    """Draw the certificate: a PDF of one page. UnprintableNameError where no typeface has the name's characters."""
    name = typeset(facts.feed)
    file = BytesIO()
    # Uncompressed, because zlib's bytes differ from one build of it to the next.
    pdf = Canvas(file, pagesize=(_WIDTH, _HEIGHT), pageCompression=0, invariant=1, initialFontName=REGULAR, lang="en")
    # What reportlab makes the file's id from takes in SOURCE_DATE_EPOCH, and there is no public way around it.
    pdf._doc.signature = md5(facts.number.encode(), usedforsecurity=False)  # noqa: SLF001
    _set_metadata(pdf, facts)
    _draw_frame(pdf)
    _draw_heading(pdf, facts)
    _draw_customer(pdf, facts, name)
    _draw_figures(pdf, facts)
    draw_chart(pdf, facts, Box(_LEFT, 142, width=_RIGHT - _LEFT, height=92))
    _draw_footer(pdf, facts)
    pdf.showPage()
    pdf.save()
    return file.getvalue()


def _set_metadata(pdf: Canvas, facts: Facts) -> None:
    """Set what PDF readers show as the document's properties."""
    issued = f"{facts.issued_at.astimezone(UTC):D:%Y%m%d%H%M%SZ}"
    pdf.setTitle(f"Certificate of Reforestation {facts.number}, {facts.feed}, {_month_name(facts)}")
    pdf.setAuthor("prsync")
    pdf.setCreator("prsync")
    # Set here, because what reportlab says by default may change with a release, and with it the bytes.
    pdf.setProducer("ReportLab")
    pdf.setSubject(f"{facts.pages:,} pages, {facts.trees:,} trees")
    # The number stands here in plain text, so that `verify` finds it in a file that another program has saved anew.
    pdf.setKeywords(facts.number)
    # reportlab's own date is the one of drawing, and a page drawn again must have the same bytes.
    pdf.setDateFormatter(lambda *_: issued)


def _draw_frame(pdf: Canvas) -> None:
    margin = 28
    pdf.setStrokeColor(GREEN)
    pdf.setLineWidth(0.9)
    pdf.rect(margin, margin, width=_WIDTH - 2 * margin, height=_HEIGHT - 2 * margin)


def _draw_heading(pdf: Canvas, facts: Facts) -> None:
    title = typeset("Certificate of Reforestation")
    _draw_typeset(pdf, title, Point(_LEFT, 507), size=27, color=GREEN)
    if facts.provisional:
        draw_text(pdf, "Provisional", Point(_LEFT + title.width(27) + 16, 507), Style(ITALIC, 20, RUST))
    _draw_right_aligned(pdf, facts.number, 517, Style(MEDIUM, 12, INK))
    _draw_right_aligned(pdf, _revision(facts), 502, Style(ITALIC, 11, GREY))
    draw_horizontal_line(pdf, left=_LEFT, right=_RIGHT, y=489, color=LINE_GREY, thickness=0.7)


def _revision(facts: Facts) -> str:
    return f"Revision {facts.revision}" + (f", replaces {facts.replaces}" if facts.replaces else "")


def _draw_customer(pdf: Canvas, facts: Facts, name: TypesetText) -> None:
    """Draw the customer's name and the month, and the emblem on their right."""
    draw_text(pdf, "This certifies the paper consumption of", Point(_LEFT, 453), _INTRODUCTION)
    size, lines = fit_text(name, width=_COLUMN_WIDTH, height=_NAME_HEIGHT, sizes=_NAME_SIZES)
    # The lines together stand in the middle of the room for the name.
    above = (_NAME_HEIGHT - ((len(lines) - 1) * LINE_SPACING + _LINE_HEIGHT) * size) / 2
    for number, line in enumerate(lines):
        baseline = _NAME_TOP - above - (_ASCENT + number * LINE_SPACING) * size
        _draw_typeset(pdf, line, Point(_LEFT, baseline), size=size, color=INK)
    period = _period(facts)
    shrink = min(1.0, _COLUMN_WIDTH / _INTRODUCTION.width(period))
    draw_text(pdf, period, Point(_LEFT, 356), _INTRODUCTION._replace(size=_INTRODUCTION.size * shrink))
    draw_rings(pdf, facts, Point(_RIGHT - 86, 388), radius=80)


def _period(facts: Facts) -> str:
    """What the pages are of: the month, and what part of it where it is not all of it."""
    period = f"in {_month_name(facts)}"
    if facts.first_day > facts.month.first_day:
        period += f", from its activation date, {_day_name(facts.first_day)}"
    if facts.last_day < facts.month.last_day:
        period += f", through {_day_name(facts.last_day)}"
    elif facts.first_day > facts.month.first_day:
        period += ", on"
    if facts.provisional and facts.days:
        period += f"; so far {facts.days[0].date.day} to {_day_name(facts.days[-1].date)}"
    elif facts.provisional:
        period += "; no day of it is deposited yet"
    return period


def _draw_figures(pdf: Canvas, facts: Facts) -> None:
    """Draw the pages and the trees side by side, in the largest size at which both fit into the column."""
    pages, trees = (f"{facts.pages:,}", "pages, equal to"), (f"{facts.trees:,}", "standard trees")
    size = next(
        size for size in _FIGURE_SIZES if _figure_width(*pages, size) + _figure_width(*trees, size) <= _COLUMN_WIDTH
    )
    _draw_figure(pdf, *pages, x=_LEFT, size=size)
    _draw_figure(pdf, *trees, x=_LEFT + _figure_width(*pages, size), size=size)


def _draw_figure(pdf: Canvas, figure: str, word: str, *, x: float, size: float) -> None:
    figure_style, word_style = _figure_styles(size)
    draw_text(pdf, figure, Point(x, _FIGURES_Y), figure_style)
    draw_text(pdf, word, Point(x + figure_style.width(figure) + _FIGURE_GAP * size, _FIGURES_Y), word_style)


def _figure_width(figure: str, word: str, size: float) -> float:
    figure_style, word_style = _figure_styles(size)
    return figure_style.width(figure) + word_style.width(word) + 2 * _FIGURE_GAP * size


def _figure_styles(size: float) -> tuple[Style, Style]:
    """The styles of a figure and of the word after it."""
    # The word stays readable where a long figure has become very small.
    return Style(MEDIUM, size, GREEN), Style(ITALIC, max(0.45 * size, 12), GREY)


def _draw_footer(pdf: Canvas, facts: Facts) -> None:
    issued = f"Issued on {_day_name(facts.issued_on)} {facts.issued_on.year}"
    if facts.provisional:
        issued += ", provisional: a later revision will replace it"
    draw_text(pdf, issued, Point(_LEFT, 84), Style(REGULAR, 12, INK))
    for number, text in enumerate(_BASIS):
        draw_text(pdf, text.format(facts.pages_per_tree), Point(_LEFT, 64 - 11.5 * number), _SMALL_PRINT)


def _draw_right_aligned(pdf: Canvas, text: str, y: float, style: Style) -> None:
    draw_text(pdf, text, Point(_RIGHT - style.width(text), y), style)


def _draw_typeset(pdf: Canvas, text: TypesetText, at: Point, *, size: float, color: Color) -> None:
    # One text object for all pieces: of several, other programs would read each as a word of its own.
    drawn = pdf.beginText(at.x, at.y)
    drawn.setFillColor(color)
    for typeface, chars, kern in text.pieces():
        drawn.setFont(typeface, size)
        drawn.setCharSpace(kern * size)
        drawn.textOut(chars)
    drawn.setCharSpace(0)
    pdf.drawText(drawn)


def _month_name(facts: Facts) -> str:
    return f"{_MONTHS[facts.month.number - 1]} {facts.month.year}"


def _day_name(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"
