"""The certificate's page, landscape: drawn from its facts and what they name. The same facts give the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4, landscape, letter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from prsync.certificates.drawn.chart import draw_chart
from prsync.certificates.drawn.drawing import (
    Box,
    Point,
    Style,
    balanced_lines,
    draw_centred,
    draw_figure,
    draw_horizontal_line,
    draw_right_aligned,
    draw_spaced,
    draw_text,
    fill_box,
)
from prsync.certificates.drawn.lettered import draw_line, names_font, width_of
from prsync.certificates.drawn.metadata import set_metadata
from prsync.certificates.drawn.page_typefaces import ITALIC, MEDIUM, REGULAR, SEMIBOLD, register_typefaces
from prsync.certificates.drawn.palette import GREY, INK, LINE_GREY, RUST, WHITE, Accent
from prsync.certificates.drawn.qr_code import draw_qr_code, qr_size
from prsync.certificates.drawn.rings import draw_rings
from prsync.certificates.genuine.link import qr_rows
from prsync.certificates.lettering.lines import LINE_SPACING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prsync.certificates.facts import Facts
    from prsync.certificates.lettering.lettering import Line

_SIZES: Final[Mapping[str, tuple[float, float]]] = {"a4": landscape(A4), "letter": landscape(letter)}
NAME_WIDTH: Final = 600.0
NAME_HEIGHT: Final = 62.0
FOREIGN_NAME_HEIGHT: Final = 56.0
NAME_SIZES: Final = (46, 42, 38, 34, 30, 26, 23, 20, 17.5, 15.5, 14, 13, 12, 11)
"""The room for the customer's name and the sizes to choose from, in points; the small print has 8.

Letters of other scripts reach further up and down than prsync's own typeface.
"""

_SIDE: Final = 78.0
_FOOT: Final = 50.0
"""The last baseline of the three columns, in points from the page's lower edge."""
_FOOTER: Final = 38.5
_ABOVE_FOOTER: Final = 54.0
_SIGNED: Final = 176.0
"""The width of the line that is signed on."""
# A capital's height, as a share of the size.
_CAPITAL: Final = 0.65

_SENTENCE: Final = Style(ITALIC, 15.5, GREY)
_SMALL_PRINT: Final = Style(REGULAR, 8, GREY)
_NARROWEST_PRINT: Final = 130
_BESIDE_THE_CODE: Final = Style(REGULAR, 9, GREY)
_BESIDE_WIDTH: Final = 150
_FIGURE_SIZE: Final = 82


def draw_page(facts: Facts, parts: Mapping[str, bytes], fingerprint: str, *, is_sample: bool = False) -> bytes:
    """Draw the certificate: a PDF of one page, with an empty hole for the signature of the key with that fingerprint.

    `parts` are the font and the pictures that the facts name, by SHA-256. A sample is marked as one across the page.
    """
    register_typefaces()
    width, height = _SIZES[facts.paper]
    file = BytesIO()
    # Uncompressed, because zlib's bytes differ from one build of it to the next.
    pdf = Canvas(
        file,
        pagesize=(width, height),
        pageCompression=0,
        invariant=1,
        initialFontName=REGULAR,
        lang=facts.language,
    )
    set_metadata(pdf, facts, fingerprint)
    with names_font(parts[facts.font] if facts.font else None, facts.readings) as font:
        _Page(pdf, facts, parts, font or REGULAR, width, height, Accent.of(facts.accent)).draw(is_sample=is_sample)
        pdf.showPage()
        pdf.save()
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class _Page:
    """A page being drawn. What is drawn later is read later: the order is the one in which it makes sense."""

    pdf: Canvas
    facts: Facts
    parts: Mapping[str, bytes]
    font: str
    width: float
    height: float
    accent: Accent

    @property
    def centre(self) -> float:
        return self.width / 2

    def draw(self, *, is_sample: bool) -> None:
        draw_rings(self.pdf, self.facts, Point(self.centre, self._from_top(302 + self.lowered)), 158, self.accent)
        self._draw_frame()
        self._draw_issuer()
        self._draw_title()
        self._draw_sentence()
        self._draw_claims()
        # Where less is said above it, the chart has more room.
        said = len(self.facts.brand.get("statement", ()))
        height = (34 if self.has_claims else 40, 24, 18)[min(said, 2)]
        chart = Box(self.centre - 186, 143 + self.extra / 4, width=372, height=height)
        draw_chart(self.pdf, self.facts, chart, self.accent)
        left, right = self._draw_signatory(), self._draw_number()
        self._draw_small_print(left, right)
        if is_sample:
            self._draw_sample()

    @property
    def extra(self) -> float:
        """By how much the page is higher than the lowest, in points: it is shared out, or would all be in one gap."""
        return self.height - float(landscape(A4)[1])

    @property
    def has_head(self) -> bool:
        return bool(self.facts.brand.get("issuer") or self.facts.logo)

    @property
    def has_claims(self) -> bool:
        return bool(self.facts.words.totals or self.facts.brand.get("project") or self.facts.brand.get("statement"))

    @property
    def lowered(self) -> float:
        """By how much a page that is higher, or has little on it, has its middle lower, in points."""
        return (0 if self.has_head or self.has_claims else 6) + self.extra / 2

    @property
    def foot(self) -> float:
        return _ABOVE_FOOTER if self.facts.brand.get("footer") else _FOOT

    def _from_top(self, distance: float) -> float:
        return self.height - distance

    def _draw_frame(self) -> None:
        self.pdf.setStrokeColor(self.accent.full)
        for margin, thickness in ((24, 2.4), (30, 0.6)):
            self.pdf.setLineWidth(thickness)
            self.pdf.rect(margin, margin, round(self.width - 2 * margin, 2), round(self.height - 2 * margin, 2))

    def _draw_issuer(self) -> None:
        """Draw the logo with the issuer's name beside it, in the middle, and the address below."""
        issuer, logo = self._brand("issuer"), self._picture(self.facts.logo, width=170, height=36)
        size = self._fitting(issuer, 17, 380) if issuer else 0
        text_width = width_of(issuer, size) if issuer else 0
        logo_width = logo[1] if logo else 0
        gap = 10 if issuer and logo else 0
        left, middle = self.centre - (logo_width + gap + text_width) / 2, self._from_top(66)
        if logo:
            picture, picture_width, picture_height = logo
            at = Point(left, middle - picture_height / 2)
            self.pdf.drawImage(picture, at.x, at.y, picture_width, picture_height, mask="auto")
        if issuer:
            self._draw(issuer, Point(left + logo_width + gap, middle - size * _CAPITAL / 2), size, INK)
        if address := self._brand("address"):
            self._draw_centred(address, self._from_top(99 if logo else 89), size=9, width=520, color=GREY)

    def _draw_title(self) -> None:
        style = Style(MEDIUM, 19, self.accent.full)
        title = Point(self.centre, self._from_top((137 if self.has_head else 112) + self.extra / 3))
        draw_spaced(self.pdf, self.facts.words.title, title, style, most=self.width - 200)
        if provisional := self.facts.words.provisional:
            self._draw_on_the_frame(provisional, Style(SEMIBOLD, 11, RUST))

    def _draw_on_the_frame(self, text: str, style: Style) -> None:
        """Draw a text that interrupts the upper line of the frame."""
        width = min(style.width(text), 600)
        fill_box(self.pdf, Box(self.centre - width / 2 - 8, self._from_top(34), width + 16, 14), WHITE)
        draw_centred(self.pdf, text, Point(self.centre, self._from_top(31)), style, most=600)

    def _draw_sentence(self) -> None:
        words, lower = self.facts.words, self.lowered
        draw_centred(self.pdf, words.before, Point(self.centre, self._from_top(173 + lower)), _SENTENCE, most=620)
        self._draw_name(top=self._from_top(179 + lower))
        draw_centred(self.pdf, words.after, Point(self.centre, self._from_top(257 + lower)), _SENTENCE, most=620)
        figure = Style(MEDIUM, _FIGURE_SIZE, self.accent.full)
        draw_figure(self.pdf, words.trees, Point(self.centre, self._from_top(330 + lower)), figure, most=560)
        unit = _SENTENCE._replace(size=17.5)
        draw_centred(self.pdf, words.unit, Point(self.centre, self._from_top(357 + lower)), unit, most=620)

    def _draw_name(self, top: float) -> None:
        """Draw the name's lines, which together stand in the middle of their room."""
        size, lines = self.facts.name_size, self.facts.name
        used = ((len(lines) - 1) * LINE_SPACING + _CAPITAL) * size
        # Several lines have letters that reach below theirs right above the next sentence.
        room = NAME_HEIGHT + {1: 4, 2: -2}.get(len(lines), 0)
        baseline = top - (room - used) / 2 - _CAPITAL * size
        for number, line in enumerate(lines):
            y = baseline - number * LINE_SPACING * size
            self._draw(line, Point(self.centre - width_of(line, size) / 2, y), size, INK)

    def _draw_claims(self) -> None:
        """Draw the totals, and of the project what the issuer says of it."""
        words, project = self.facts.words, self._brand("project")
        if not self.has_claims:
            return
        y = self._from_top(371 + self.lowered)
        draw_horizontal_line(self.pdf, left=self.centre - 120, right=self.centre + 120, y=y, color=LINE_GREY)
        y -= 14.5
        if words.totals:
            totals = "  ·  ".join(words.totals)
            draw_centred(self.pdf, totals, Point(self.centre, y), Style(REGULAR, 11.5, INK), most=620)
            y -= 14
        if project:
            self._draw_centred(project, y, size=10, width=600, color=INK)
            y -= 13
        for line in self.facts.brand.get("statement", ()):
            self._draw_centred(line, y, size=9.5, width=600, color=GREY)
            y -= 11.5

    # The three columns at the foot end on one line, and are stacked upward from it.

    def _draw_signatory(self) -> float:
        """Draw who signs, and the day; the right edge of that."""
        signatory, office = self._brand("signatory"), self._brand("office")
        y = self.foot
        draw_text(self.pdf, self.facts.words.issued_on, Point(_SIDE, y), Style(REGULAR, 10, GREY))
        size = self._fitting(signatory, 11.5, _SIGNED) if signatory else 10.5
        if office:
            y += 12.5
            self._draw(office, Point(_SIDE, y), min(self._fitting(office, 9.5, _SIGNED), size - 1), GREY)
        if signatory:
            y += 12.5
            self._draw(signatory, Point(_SIDE, y), size, INK)
        picture = self._picture(self.facts.signature, width=150, height=36)
        if not (picture or signatory or office):
            return _SIDE + Style(REGULAR, 10, GREY).width(self.facts.words.issued_on)
        y += 16
        draw_horizontal_line(self.pdf, left=_SIDE, right=_SIDE + _SIGNED, y=y, color=INK, thickness=0.7)
        if picture:
            image, width, height = picture
            # Its foot crosses the line, as a pen's does.
            self.pdf.drawImage(image, _SIDE + 4, y - 5, width, height, mask="auto")
        return _SIDE + _SIGNED

    def _draw_number(self) -> float:
        """Draw the number, and how it is checked; the left edge of that."""
        facts, right, y = self.facts, self.width - _SIDE, self.foot
        texts = []
        if facts.link:
            rows = qr_rows(facts.link)
            size = qr_size(rows)
            draw_qr_code(self.pdf, rows, Box(right - size, self.foot, size, size), INK)
            right -= size + 12
            texts += [*_url_lines(facts.link.partition("#")[0].removeprefix("https://")), facts.words.scan]
        if facts.words.replaces:
            first, _, replaced = facts.words.replaces.rpartition(" ")
            texts += [replaced, first]
        style, number = _BESIDE_THE_CODE, Style(MEDIUM, 10.5, INK)
        for text in texts:
            draw_right_aligned(self.pdf, text, Point(right, y), style, most=_BESIDE_WIDTH)
            y += 12
        draw_right_aligned(self.pdf, facts.number, Point(right, y + 1 if texts else y), number)
        return right - max(number.width(facts.number), *(min(style.width(text), _BESIDE_WIDTH) for text in texts), 0)

    def _draw_small_print(self, left: float, right: float) -> None:
        style = _SMALL_PRINT
        middle, width = self.centre, 2 * min(self.centre - left, right - self.centre) - 28
        if width < _NARROWEST_PRINT:  # rather beside the middle
            middle, width = (left + right) / 2, right - left - 28
        lines = [line for text in self.facts.words.small_print for line in balanced_lines(text, style, width)]
        y = self.foot + 10.5 * (len(lines) - 1)
        for line in lines:
            draw_centred(self.pdf, line, Point(middle, y), style, most=width)
            y -= 10.5
        if footer := self._brand("footer"):
            self._draw_centred(footer, _FOOTER, size=8, width=self.width - 2 * _SIDE, color=GREY)

    def _draw_sample(self) -> None:
        self.pdf.saveState()
        self.pdf.translate(self.centre, self.height / 2)
        self.pdf.rotate(24)
        size = 150
        style = Style(SEMIBOLD, size, Color(RUST.red, RUST.green, RUST.blue, alpha=0.2))
        draw_centred(self.pdf, self.facts.words.sample.upper(), Point(0, -size / 3), style, most=700)
        self.pdf.restoreState()

    def _brand(self, key: str) -> Line | None:
        """The issuer's line of that key; None where there is none."""
        lines = self.facts.brand.get(key, ())
        return lines[0] if lines else None

    def _picture(self, sha256: str | None, *, width: float, height: float) -> tuple[ImageReader, float, float] | None:
        """A picture, and its width and height where it fills a box."""
        if sha256 is None:
            return None
        picture = ImageReader(BytesIO(self.parts[sha256]))
        pixels_wide, pixels_high = picture.getSize()
        scale = min(width / pixels_wide, height / pixels_high)
        return picture, round(pixels_wide * scale, 2), round(pixels_high * scale, 2)

    def _fitting(self, line: Line, size: float, most: float) -> float:
        """The size, or the smaller one in which the line is no wider than `most`."""
        return min(size, most * size / max(width_of(line, size), 1))

    def _draw_centred(self, line: Line, y: float, *, size: float, width: float, color: Color) -> None:
        size = self._fitting(line, size, width)
        self._draw(line, Point(self.centre - width_of(line, size) / 2, y), size, color)

    def _draw(self, line: Line, at: Point, size: float, color: Color) -> None:
        draw_line(self.pdf, line, at, font=self.font, size=round(size, 2), color=color)


def _url_lines(url: str) -> list[str]:
    """A URL on one line, or on two where it is long, the lower one first."""
    host, slash, path = url.partition("/")
    is_long = _BESIDE_THE_CODE.width(url) > 0.9 * _BESIDE_WIDTH
    return [path, host + slash] if is_long and path else [url]
