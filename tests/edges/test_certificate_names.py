"""The customer's name on a certificate: right in every script, or refused with the letters that cannot be set."""

from __future__ import annotations

import subprocess
import unicodedata
from typing import TYPE_CHECKING

import pytest
from fontTools.pens.boundsPen import BoundsPen
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat
from pypdfium2 import PdfDocument
from tests.edges.drawn import draw, fonts_of, lines_of, needs_typefaces, picture_of
from tests.support import needs

from prsync.certificates.lettering.lines import break_lines
from prsync.certificates.lettering.shaping import levels, shape
from prsync.certificates.lettering.typefaces import own_typeface, typefaces_for
from prsync.errors import UnprintableNameError

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.certificates.lettering.shaping import ShapedGlyph

SCRIPTS = {
    "Latin": "Smith & Sons Ltd",
    "Yoruba": "Ọ̀ṣun Printing",
    "Greek": "Εθνική Τράπεζα",
    "Cyrillic": "Київський комбінат",
    "Vietnamese": "Ngân hàng Việt Nam",
    "Traditional Chinese": "鴻海精密工業股份有限公司",
    "Simplified Chinese": "华为技术有限公司",
    "Japanese": "株式会社 東京印刷 Tokyo",
    "Korean": "삼성전자 주식회사",
    "Arabic": "شركة الطباعة الحديثة",
    "Hebrew": "בית דפוס תל אביב 2000",
    "Thai": "บริษัท การพิมพ์ ไทย",
    "Devanagari": "हिन्दी प्रिंटिंग लिमिटेड",
    "Georgian": "ქართული ბეჭდვა",
    "Armenian": "Հայկական տպարան",
}
SIZES = (46, 38, 30, 23, 17.5, 14, 12, 11)


@needs("pdftotext", "pdffonts")
@needs_typefaces
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_name_comes_with_all_its_glyphs_and_is_copied_as_it_was_written(tmp_path: Path, script: str) -> None:
    drawn = draw(SCRIPTS[script])
    assert all(font[-5:-3] == ["yes", "yes"] for font in fonts_of(drawn, tmp_path))
    # In two programs: PDFium (Chrome), and poppler, which marks what runs from right to left in a page that does not.
    assert SCRIPTS[script] in PdfDocument(drawn.pdf)[0].get_textpage().get_text_range().splitlines()
    if script != "Hebrew":
        assert SCRIPTS[script] in [line.strip("\u202b\u202c") for line in lines_of(drawn, tmp_path)]


@needs("pdftotext")
@needs_typefaces
def test_poppler_puts_figures_beside_hebrew_where_they_stand_on_the_page(tmp_path: Path) -> None:
    """For poppler, a line of an English page runs from left to right as a whole."""
    assert "2000 \u202bבית דפוס תל אביב\u202c" in lines_of(draw(SCRIPTS["Hebrew"]), tmp_path)


# hb-view sets a text in one typeface.
OF_ONE_TYPEFACE = {**SCRIPTS, "Japanese": "株式会社 東京印刷", "Hebrew": "בית דפוס תל אביב"}


@needs("pdftoppm")
@needs_typefaces
@pytest.mark.parametrize("script", OF_ONE_TYPEFACE)
def test_a_name_looks_as_harfbuzz_itself_paints_it(tmp_path: Path, script: str) -> None:
    """Beside hb-view, which paints the name from the same typeface by itself."""
    name = OF_ONE_TYPEFACE[script]
    [line] = draw(name).facts.name
    [typeface] = set(typefaces_for(name))
    # The margin is for what reaches above the line, which would be cut off.
    command = ["hb-view", "--font-size=200", "--margin=60", "--output-format=png", f"--face-index={typeface.number}"]
    painted = tmp_path / "painted.png"
    subprocess.run([*command, f"--output-file={painted}", str(typeface.path), name], check=True)
    theirs = _ink(Image.open(painted))
    ours = _ink(Image.open(picture_of(draw(name), tmp_path, dpi=300)).crop((300, 765, 3200, 1035)))
    assert ours.width / ours.height == pytest.approx(theirs.width / theirs.height, rel=0.03)
    small = (160, max(8, round(160 * ours.height / ours.width)))
    difference = ImageChops.difference(ours.resize(small), theirs.resize(small))
    mean = ImageStat.Stat(difference).mean[0]
    assert mean < 16, line  # of 255; another name differs by 60 and more


def _ink(picture: Image.Image) -> Image.Image:
    """The dark part of a picture, in black on white, without what is around it."""
    grey = picture.convert("L").point(lambda value: 0 if value < 110 else 255)
    box = ImageChops.invert(grey).getbbox()
    assert box is not None
    return grey.crop(box)


@pytest.mark.parametrize("name", ["Soft\u00adHyphen", "Zero\u200bWidth", "\u200eMark\u200f", "No\ufeffBreak"])
def test_what_is_not_printed_leaves_no_gap_and_stays_in_the_name(name: str) -> None:
    drawn = draw(name)
    plain = draw("".join(char for char in name if unicodedata.category(char) != "Cf"))
    [line], [plain_line] = drawn.facts.name, plain.facts.name
    assert line.glyphs == plain_line.glyphs
    assert line.text == drawn.facts.feed == name


@pytest.mark.parametrize(("name", "codes"), [("Acme \u0378", "U+0378"), ("A\ue000B \U000fffff", "U+E000, U+FFFFF")])
def test_what_is_no_letter_is_never_dropped(name: str, codes: str) -> None:
    with pytest.raises(UnprintableNameError) as refused:
        draw(name)
    assert refused.value.message == f"the name {name} has characters that are no letters ({codes})"


def test_a_name_that_no_typeface_here_has_names_the_letters_and_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")  # no fontconfig: the same as a machine without typefaces
    for name, codes, package in (
        ("東亰𪜈", "U+6771, U+4EB0, U+2A708", "fonts-noto-cjk"),
        ("ᠮ", "U+182E", "fonts-noto-core"),
        ("🎉", "U+1F389", "fonts-symbola"),
    ):
        with pytest.raises(UnprintableNameError) as refused:
            draw(name)
        assert refused.value.message == f"no typeface of this machine has the letters {codes} of the name {name}"
        assert f"Debian's package {package}" in refused.value.hint


@pytest.mark.parametrize("name", ["Ọ̀ṣun", "M̀bọ̀", "ọ̀"])
def test_marks_stand_above_and_below_their_letters(name: str) -> None:
    """In Ọ̀ṣun the dot and the grave are the O's: the grave stands over its middle, and takes no room."""
    letter, grave = shape(name)[:2]
    assert (letter.cluster, grave.cluster, grave.advance) == (0, 0, 0)
    middle, _ = middle_and_bottom(letter)
    middle_of_grave, bottom_of_grave = middle_and_bottom(grave)
    assert grave.x + middle_of_grave == pytest.approx(letter.x + middle, abs=90)
    # Clear of the letter's top: a capital's is at 650, a small letter's at 400.
    assert grave.y + bottom_of_grave > (650 if name[0].isupper() else 400)


def middle_and_bottom(glyph: ShapedGlyph) -> tuple[float, float]:
    pen = BoundsPen(glyph.typeface.glyphs)
    glyph.typeface.glyph(glyph.number).draw(pen)
    assert pen.bounds is not None
    left, bottom, right, _ = pen.bounds
    return (left + right) / 2, bottom


def test_letters_are_kerned() -> None:
    def width(text: str) -> int:
        return sum(glyph.advance for glyph in shape(text))

    assert width("AVAYA") < sum(map(width, "AVAYA")) - 100


def test_a_name_in_decomposed_letters_looks_as_one_in_composed_letters() -> None:
    def glyphs(text: str) -> list[tuple[int, int]]:
        return [(glyph.number, glyph.x) for glyph in shape(text)]

    assert glyphs("Zu\u0308rich") == glyphs("Z\u00fcrich")


def test_what_is_written_from_right_to_left_runs_so_and_figures_within_it_do_not() -> None:
    assert levels("abc אבג 12") == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert levels("אב 12") == [1, 1, 1, 2, 2]


BOX = {"width": 600.0, "height": 62.0, "sizes": SIZES}
letters = st.text(st.sampled_from("abcWil é-.&"), min_size=1, max_size=200).filter(str.strip)


@given(letters)
def test_a_name_of_200_letters_stays_in_its_place_and_is_whole(name: str) -> None:
    size, lines = break_lines(name, **BOX)  # type: ignore[arg-type]
    widths = [sum(glyph.advance for glyph in shape(line)) * size / 1000 for line in lines]
    assert "".join(lines).replace(" ", "") == name.replace(" ", "")
    assert max(widths) <= 600.5
    assert len(lines) * size * 1.12 <= 62
    if len(lines) > 1:
        assert widths[-1] >= 0.19 * max(widths)


def test_no_short_word_is_left_alone_on_the_last_line() -> None:
    wide = "W" * 10
    width = sum(glyph.advance for glyph in shape(wide)) * 40 / 1000 + 1
    assert break_lines(f"{wide} {wide}", width=width, height=100, sizes=(40, 30)) == (40, [wide, wide])
    assert break_lines(f"{wide} i", width=width, height=100, sizes=(40, 30)) == (30, [f"{wide} i"])


def test_words_stay_whole_if_they_can() -> None:
    size, lines = break_lines("Acme Rockets and Trees", width=150, height=50, sizes=(40, 20, 10))
    assert (size, lines) == (20, ["Acme Rockets", "and Trees"])
    size, lines = break_lines("W" * 30, width=200, height=50, sizes=(40, 20, 10))
    assert (size, "".join(lines)) == (10, "W" * 30)


def test_prsyncs_own_typeface_has_latin_greek_cyrillic_and_vietnamese() -> None:
    own = own_typeface()
    letters = [
        *map(chr, [*range(0x41, 0x5B), *range(0xC0, 0x17F), *range(0x391, 0x3A2), *range(0x3B1, 0x3CA)]),
        *map(chr, range(0x410, 0x450)),
        *"ẠảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ",
    ]
    assert [letter for letter in letters if letter not in "×÷ŉ" and not own.has(letter)] == []
