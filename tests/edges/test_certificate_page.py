"""The certificate's page, read back as text and looked at as a picture."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from io import BytesIO
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from pypdf import PdfReader
from tests.edges.drawn import KEY, NUMBER, Drawn, draw, fonts_of, picture_of, text_of, words_of
from tests.support import needs

from prsync.certificates.brand import Brand
from prsync.certificates.drawn.page import draw_page
from prsync.certificates.drawn.palette import Accent
from prsync.certificates.facts import Facts
from prsync.certificates.languages import LANGUAGES
from prsync.core.model import Month

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

pytestmark = needs("pdftotext", "pdftoppm", "pdffonts")

LONG = (
    "Vereinigte Druck- und Verlagsanstalten für Forst- und Landwirtschaft Mitteldeutschland eingetragene "
    "Genossenschaft mit beschränkter Haftung, Zweigniederlassung Frankfurt am Main und Umgebung, Abteilung 12"
)
FULL = Brand(
    texts={
        "issuer": "Nordlys Print A/S",
        "address": "Havnegade 12, 8000 Aarhus C, Denmark",
        "footer": "CVR 12 34 56 78",
        "signatory": "Mette Kjær Sørensen",
        "office": "Managing Director",
        "project": "Rio Grande, Brazil",
        "statement": "For every standard tree that is certified here, Nordlys plants one with the project named above, "
        "in the year that follows the certificate, and reports on it.",
    },
    verify_url="https://nordlys.example/verify",
)
TOTALS = (Decimal("51.20"), Decimal("84.07"), date(2025, 5, 3))

EXTREMES: Mapping[str, Callable[[], Drawn]] = {
    "plain": draw,
    "full": lambda: draw(brand=FULL, totals=TOTALS, replaces="PR-2026-10-0007-R1-M0N1"),
    "full, on letter": lambda: draw(LONG, brand=FULL, totals=TOTALS, paper="letter", provisional=True, language="de"),
    "one letter": lambda: draw("Q"),
    "long": lambda: draw(LONG, pages=[10**15] * 31),
    "one endless word": lambda: draw("W" * 200, brand=FULL),
    "narrow letters": lambda: draw("i l" * 66 + "ii"),
    "Greek": lambda: draw("Εθνική Τράπεζα της Ελλάδος Ανώνυμη Εταιρεία"),
    "Cyrillic": lambda: draw("Київський паперовий комбінат — Ґалаґан"),
    "Vietnamese": lambda: draw("Ngân hàng Thương mại Cổ phần Ngoại thương Việt Nam"),
    "one page": lambda: draw(pages=[0] * 30 + [1]),
    "ten thousand million pages": lambda: draw(pages=[0] * 30 + [10**10]),
    "one thousand million million": lambda: draw(pages=[0] * 30 + [10**15]),
    "February": lambda: draw(month=Month(2027, 2)),
    "leap February": lambda: draw(month=Month(2028, 2)),
    "its last day": lambda: draw(first=date(2026, 10, 31)),
    "revision": lambda: draw(number="PR-2026-10-123456-R112-K7QF", replaces="PR-2026-10-123456-R111-M0N1"),
    "provisional": lambda: draw(first=date(2026, 10, 12), through=date(2026, 10, 29), provisional=True),
    **{f"in {language}": partial(draw, brand=FULL, language=language) for language in LANGUAGES},
}


def test_the_page_states_customer_month_pages_trees_issue_and_number(tmp_path: Path) -> None:
    text = text_of(draw("Bibliothèque & Söhne", pages=[2_469_134, *[0] * 30]), tmp_path)
    assert "Certificate of Reforestation" in text
    assert "This certifies that the paper printed by Bibliothèque & Söhne in October 2026 amounts to 296.31" in text
    assert "296.31 standard trees, from 2,469,134 pages" in text
    assert "2 November 2026" in text
    assert NUMBER in text
    assert not re.search("provisional|replaces|prsync|Project", text, re.IGNORECASE)


def test_it_claims_paper_consumption_and_not_that_trees_stand(tmp_path: Path) -> None:
    text = text_of(draw(), tmp_path)
    assert "A standard tree makes 8,333 letter-size pages" in text
    assert "It measures paper used and claims no particular tree for particular pages." in text
    assert not re.search("plant|neutral|offset", text, re.IGNORECASE)


def test_a_part_of_a_month_a_provisional_one_and_a_revision_say_so(tmp_path: Path) -> None:
    assert "in October 2026 (12\N{EN DASH}31) amounts to" in text_of(draw(first=date(2026, 10, 12)), tmp_path)
    left = draw(last=date(2026, 10, 14))
    assert "in October 2026 (1\N{EN DASH}14) amounts to" in text_of(left, tmp_path)
    provisional = text_of(draw(through=date(2026, 10, 20), provisional=True, replaces="PR-X"), tmp_path)
    assert "Provisional (1\N{EN DASH}20 Oct 2026): a later revision will replace it" in provisional
    assert "Revision 2, replaces PR-X" in provisional


def test_a_few_pages_are_less_than_a_hundredth_of_a_tree_and_never_none(tmp_path: Path) -> None:
    none = (Decimal("0.00"), Decimal("0.00"), date(2026, 10, 1))
    few = text_of(draw(pages=[1] * 31, totals=none), tmp_path)
    assert "amounts to < 0.01 standard trees, from 31 pages" in few.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "trees in 2026" not in few
    assert "amounts to 0.00 standard trees, from 0 pages" in text_of(draw(pages=[0] * 31), tmp_path)


def test_figures_and_first_days_are_as_each_language_writes_them(tmp_path: Path) -> None:
    first = draw(last=date(2026, 10, 14), language="fr", provisional=True, through=date(2026, 10, 9))
    french = text_of(first, tmp_path)
    assert "en octobre 2026 (1er\N{EN DASH}14)" in french
    assert "Provisoire (1er\N{EN DASH}9 oct. 2026)" in french
    assert "(1.\N{EN DASH}14.)" in text_of(draw(last=date(2026, 10, 14), language="de"), tmp_path)
    spanish = text_of(draw(pages=[100] * 31, language="es"), tmp_path)
    assert "a partir de 3100 páginas" in spanish
    assert "da 8333 páginas" in spanish
    assert "a partir de 31.000 páginas" in text_of(draw(pages=[1000] * 31, language="es"), tmp_path)


def test_the_issuer_signs_it_and_states_what_it_states_in_its_own_words(tmp_path: Path) -> None:
    text = text_of(draw(brand=FULL, totals=TOTALS), tmp_path)
    for printed in (*FULL.texts.values(), "51.20 trees in 2026", "84.07 since May 2025", "nordlys.example/verify"):
        assert printed in text
    assert "Project: Rio Grande, Brazil" in text


@pytest.mark.parametrize("name", EXTREMES)
def test_it_is_one_page_that_holds_the_whole_name(tmp_path: Path, name: str) -> None:
    drawn = EXTREMES[name]()
    [page] = PdfReader(BytesIO(drawn.pdf)).pages
    size = (round(page.mediabox.width), round(page.mediabox.height))
    assert size == {"a4": (842, 595), "letter": (792, 612)}[drawn.facts.paper]
    assert drawn.facts.feed.replace(" ", "") in text_of(drawn, tmp_path).replace(" ", "")


@pytest.mark.parametrize("name", EXTREMES)
def test_facts_come_back_from_the_ledger_as_they_were(name: str) -> None:
    facts = EXTREMES[name]().facts
    assert Facts.from_json(facts.to_json()) == facts


@pytest.mark.parametrize("name", EXTREMES)
def test_every_word_keeps_the_margins_and_none_lies_on_another(tmp_path: Path, name: str) -> None:
    drawn = EXTREMES[name]()
    words = words_of(drawn, tmp_path)
    width, height = {"a4": (842, 595), "letter": (792, 612)}[drawn.facts.paper]
    assert len(words) > 30
    for left, top, right, bottom, word in words:
        assert left > 60, word
        assert right < width - 60, word
        # The line of a provisional one stands on the frame.
        assert top > 50 or word in drawn.facts.words.provisional, word
        assert bottom < height - 34, word
    for (left, top, right, bottom, word), (left_2, top_2, right_2, bottom_2, word_2) in combinations(words, 2):
        apart = right <= left_2 + 0.5 or right_2 <= left + 0.5 or bottom <= top_2 or bottom_2 <= top
        assert apart, (word, word_2)


@pytest.mark.parametrize("name", ["plain", "full", "Greek", "Cyrillic", "Vietnamese", "in fr"])
def test_every_letter_comes_with_the_file(tmp_path: Path, name: str) -> None:
    fonts = fonts_of(EXTREMES[name](), tmp_path)
    assert fonts
    for font in fonts:
        assert font[-5:-2] == ["yes", "yes", "yes"], font  # embedded, a subset, with its Unicode characters


def test_the_file_says_what_it_is_and_when_it_was_issued() -> None:
    drawn = draw("Βιβλίο")
    reader = PdfReader(BytesIO(drawn.pdf))
    about = reader.metadata
    assert about is not None
    assert about.title == f"Certificate of Reforestation {NUMBER}, Βιβλίο, October 2026"
    assert (about.author, about.keywords) == ("prsync", NUMBER)
    assert about.subject == f"{drawn.facts.trees} standard trees, from {drawn.facts.pages:,} pages"
    issued = datetime(2026, 11, 2, 5, 0, 3, tzinfo=UTC)
    assert about.creation_date == about.modification_date == issued
    assert str(reader.root_object["/Lang"]) == "en"
    assert NUMBER.encode() in drawn.pdf


def test_both_forms_of_properties_agree_whatever_the_name_is() -> None:
    drawn = draw('<Tree> & "Sons"', brand=FULL, language="da")
    reader = PdfReader(BytesIO(drawn.pdf))
    about, xmp = reader.metadata, reader.xmp_metadata
    assert about is not None
    assert xmp is not None
    assert xmp.dc_title == {"x-default": about.title}
    assert xmp.dc_creator == [about.author] == ["Nordlys Print A/S"]
    assert xmp.dc_description == {"x-default": about.subject}
    assert xmp.dc_language == ["da"]
    assert about.creation_date is not None
    assert xmp.xmp_create_date == about.creation_date.replace(tzinfo=None)


def test_the_same_facts_give_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    drawn = draw("Київський паперовий комбінат")
    [part] = drawn.parts.values()
    (tmp_path / "facts.json").write_text(drawn.facts.to_json(), encoding="utf-8")
    (tmp_path / "part").write_bytes(part)
    program = (
        "import sys, pathlib;"
        "from prsync.certificates.facts import Facts; from prsync.certificates.drawn.page import draw_page;"
        "facts = Facts.from_json(pathlib.Path(sys.argv[1]).read_text(encoding='utf-8'));"
        "part = pathlib.Path(sys.argv[2]).read_bytes();"
        "sys.stdout.buffer.write(draw_page(facts, {facts.font: part}, sys.argv[3]))"
    )
    elsewhere = {
        "PYTHONHASHSEED": "7",
        "TZ": "Pacific/Auckland",
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": "86400",
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
    }
    fingerprint = KEY.public.fingerprint
    command = [sys.executable, "-c", program, str(tmp_path / "facts.json"), str(tmp_path / "part"), fingerprint]
    done = subprocess.run(command, env=elsewhere, capture_output=True, check=True)
    draw("Greek: Ελλάδα")  # whatever was drawn before leaves no trace
    facts = Facts.from_json(drawn.facts.to_json())
    assert done.stdout == draw_page(drawn.facts, drawn.parts, fingerprint) == draw_page(facts, drawn.parts, fingerprint)


def test_the_chart_has_a_bar_for_each_day_with_pages_dark_on_working_days_and_lighter_on_weekends(
    tmp_path: Path,
) -> None:
    pages = [40, 40, 20, 20, *[40] * 5, 0, 20]  # a Thursday is the first
    drawn = draw(through=date(2026, 10, 11), pages=pages, provisional=True)
    picture = Image.open(picture_of(drawn, tmp_path, dpi=144)).convert("RGB")
    low, high = (round((595 - above) * 2) for above in (147 + 6, 147 + 20))  # points above the bars' line
    accent = Accent.of("#1f4d38")
    kinds_of = {
        tuple(round(255 * part) for part in color.rgb()): kind
        for color, kind in ((accent.quiet, "D"), (accent.light, "p"))
    }

    def bars(height: int) -> str:
        row = [picture.getpixel((x, height)) for x in range(2 * 200, 2 * 640)]
        kinds = "".join(kinds_of.get(color, " ") for color in row)  # type: ignore[arg-type]
        return re.sub(r"(.)\1*", r"\1", kinds).replace(" ", "")

    assert bars(low) == "DDppDDDDDp"
    assert bars(high) == "DDDDDDD"


@pytest.mark.parametrize("pages", [[0] * 30 + [1], [0] * 30 + [10**10], [100] * 31, [10**9] * 31])
def test_every_day_has_a_ring_and_all_keep_within_the_page(pages: list[int]) -> None:
    content = PdfReader(BytesIO(draw(pages=pages).pdf)).pages[0].get_contents()
    assert content is not None
    circles = re.findall(rb"n\n([\d.]+) ([\d.]+) m\n(?:[\d. ]+ c\n){4}", content.get_data())
    assert len(circles) == 31
    assert len({x for x, _ in circles}) == 31  # none upon another
    assert max(float(x) for x, _ in circles) < 842 / 2 + 240


def drawn_size(drawn: Drawn) -> tuple[float, int]:
    return drawn.facts.name_size, len(drawn.facts.name)


def test_a_name_is_as_large_as_its_place_allows_and_larger_than_the_small_print() -> None:
    assert drawn_size(draw("Acme")) == (46, 1)
    assert drawn_size(draw("Smith & Sons Ltd, Printers and Stationers of Aarhus")) == (30, 1)
    assert drawn_size(draw(LONG))[0] >= 14
    assert drawn_size(draw("W" * 200))[0] > 10
