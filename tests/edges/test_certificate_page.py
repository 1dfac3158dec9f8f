"""The certificate's page, read back as text and looked at as a picture."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from io import BytesIO
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from pypdf import PdfReader
from tests.edges.months import OCTOBER, pages_on
from tests.support import needs

from prsync.certificates.chart import round_up_to_scale, scale_label
from prsync.certificates.facts import Facts
from prsync.certificates.fitting import fit_text
from prsync.certificates.page import draw_page
from prsync.certificates.typeface import typeset
from prsync.core.model import Deposit, Month
from prsync.core.periods import days
from prsync.core.trees import PAGES_PER_TREE, trees
from prsync.errors import UnprintableNameError

if TYPE_CHECKING:
    from pathlib import Path

LONG = (
    "Vereinigte Druck- und Verlagsanstalten für Forst- und Landwirtschaft Mitteldeutschland eingetragene "
    "Genossenschaft mit beschränkter Haftung, Zweigniederlassung Frankfurt am Main und Umgebung, Abteilung 12"
)


def facts_of(
    name: str = "Acme A/S",
    month: Month = OCTOBER,
    *,
    first: date | None = None,
    through: date | None = None,
    pages: list[int] | None = None,
    **changed: Any,
) -> Facts:
    """The facts of a month that begins on `first` and is deposited through `through`."""
    first_day = first or month.first_day
    covered = list(days(first_day, through or month.last_day))
    deposits = [Deposit(day, (pages or [pages_on(day)])[0] if not pages else pages.pop(0)) for day in covered]
    total = sum(deposit.pages for deposit in deposits)
    values: dict[str, Any] = {
        "number": f"PR-{month}-0007-R1-K7QF",
        "revision": 1,
        "replaces": None,
        "provisional": False,
        "last_day": month.last_day,
        "issued_at": datetime(2026, 11, 2, 5, 0, 3, tzinfo=UTC),
        "issued_on": date(2026, 11, 2),
    }
    return Facts(
        feed=name,
        month=month,
        first_day=first_day,
        pages=total,
        trees=trees(total),
        pages_per_tree=PAGES_PER_TREE,
        days=tuple(deposits),
        **(values | changed),
    )


EXTREMES = {
    "plain": facts_of(),
    "one letter": facts_of("Q"),
    "long": facts_of(LONG, pages=[10**15] * 31),
    "one endless word": facts_of("W" * 200),
    "narrow letters": facts_of("i l" * 66 + "ii"),
    "Greek": facts_of("Εθνική Τράπεζα της Ελλάδος Ανώνυμη Εταιρεία"),
    "Cyrillic": facts_of("Київський паперовий комбінат — Ґалаґан"),
    "Vietnamese": facts_of("Ngân hàng Thương mại Cổ phần Ngoại thương Việt Nam"),
    "no page": facts_of(pages=[0] * 31),
    "one page": facts_of(pages=[0] * 30 + [1]),
    "one thousand million million": facts_of(pages=[0] * 30 + [10**15]),
    "February": facts_of(month=Month(2027, 2)),
    "leap February": facts_of(month=Month(2028, 2)),
    "its last day": facts_of(first=date(2026, 10, 31)),
    "revision": facts_of(revision=112, number="PR-2026-10-123456-R112-K7QF", replaces="PR-2026-10-123456-R111-M0N1"),
    "provisional": facts_of(month=Month(2026, 9), first=date(2026, 9, 12), through=date(2026, 9, 29), provisional=True),
    "provisional, empty": facts_of(through=date(2026, 9, 30), provisional=True),
}


def text_of(facts: Facts) -> str:
    return " ".join(PdfReader(BytesIO(draw_page(facts))).pages[0].extract_text().split())


def test_the_page_states_customer_month_pages_trees_issue_and_number() -> None:
    text = text_of(facts_of("Bibliothèque & Söhne", pages=[2_469_134, *[0] * 30]))
    assert "Certificate of Reforestation" in text
    assert "This certifies the paper consumption of Bibliothèque & Söhne in October 2026 2,469,134 pages" in text
    assert "2,469,134 pages, equal to 296.31 standard trees" in text
    assert "Issued on 2 November 2026" in text
    assert "PR-2026-10-0007-R1-K7QF Revision 1" in text
    assert not re.search("provisional|replaces|activation", text, re.IGNORECASE)


def test_it_claims_paper_consumption_and_not_that_trees_stand() -> None:
    text = text_of(facts_of())
    assert "Trees are pages divided by 8,333: a standard tree makes that many letter-size pages" in text
    assert "not a claim that particular trees stand because of particular pages" in text
    assert not re.search("planted|neutral|offset", text, re.IGNORECASE)


def test_a_month_that_begins_in_the_middle_and_a_provisional_one_say_so() -> None:
    assert "in October 2026, from its activation date, 12 October, on " in text_of(facts_of(first=date(2026, 10, 12)))
    provisional = text_of(facts_of(through=date(2026, 10, 20), provisional=True, revision=2, replaces="PR-X"))
    assert "Certificate of Reforestation Provisional" in provisional
    assert "in October 2026; so far 1 to 20 October" in provisional
    assert "Revision 2, replaces PR-X" in provisional
    assert "provisional: a later revision will replace it" in provisional
    assert "; no day of it is deposited yet" in text_of(EXTREMES["provisional, empty"])


def test_the_last_month_of_a_customer_who_has_left_says_through_which_day() -> None:
    facts = facts_of(through=date(2026, 10, 14), last_day=date(2026, 10, 14))
    assert "in October 2026, through 14 October" in text_of(facts)
    both = facts_of(first=date(2026, 10, 12), through=date(2026, 10, 14), last_day=date(2026, 10, 14))
    assert "from its activation date, 12 October, through 14 October" in text_of(both)


@pytest.mark.parametrize("name", EXTREMES)
def test_it_is_one_page_of_a4_landscape_and_holds_the_whole_name(name: str) -> None:
    facts = EXTREMES[name]
    [page] = PdfReader(BytesIO(draw_page(facts))).pages
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (842, 595)
    assert facts.feed.replace(" ", "") in page.extract_text().replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("name", EXTREMES)
def test_facts_come_back_from_the_ledger_as_they_were(name: str) -> None:
    assert Facts.from_json(EXTREMES[name].to_json()) == EXTREMES[name]


def words_of(pdf: Path) -> list[tuple[float, float, float, float, str]]:
    """The words, and of each the box of its letters in points: left, top, right, bottom."""
    done = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], capture_output=True, text=True, check=True)
    word = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')
    found = []
    for *box, text in word.findall(done.stdout):
        left, top, right, bottom = map(float, box)
        tall = bottom - top  # of the whole line, with room above and below that no letter needs
        found.append((left, top + 0.3 * tall, right, bottom - 0.25 * tall, html.unescape(text)))
    return found


@needs("pdftotext")
@pytest.mark.parametrize("name", EXTREMES)
def test_every_word_keeps_the_margins_and_none_lies_on_another(tmp_path: Path, name: str) -> None:
    (tmp_path / "page.pdf").write_bytes(draw_page(EXTREMES[name]))
    words = words_of(tmp_path / "page.pdf")
    assert len(words) > 30
    for left, top, right, bottom, word in words:
        assert left > 67, word
        assert right < 842 - 67, word
        assert top > 60, word
        assert bottom < 595 - 45, word
    for (left, top, right, bottom, word), (left_2, top_2, right_2, bottom_2, word_2) in combinations(words, 2):
        apart = right <= left_2 + 0.5 or right_2 <= left + 0.5 or bottom <= top_2 or bottom_2 <= top
        assert apart, (word, word_2)


@needs("pdftotext")
def test_a_name_is_as_wide_on_the_page_as_it_was_measured(tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_bytes(draw_page(facts_of("AVAYAToTeVÄ")))
    [(left, _, right, *_)] = [box for box in words_of(tmp_path / "page.pdf") if box[-1] == "AVAYAToTeVÄ"]
    assert right - left == pytest.approx(typeset("AVAYAToTeVÄ").width(46), abs=0.5)


@needs("pdffonts")
def test_every_letter_of_latin_greek_and_cyrillic_comes_with_the_file(tmp_path: Path) -> None:
    for name in ("Greek", "Cyrillic", "Vietnamese"):
        (tmp_path / "page.pdf").write_bytes(draw_page(EXTREMES[name]))
        done = subprocess.run(["pdffonts", str(tmp_path / "page.pdf")], capture_output=True, text=True, check=True)
        fonts = [line.split() for line in done.stdout.splitlines()[2:]]
        assert fonts
        for font in fonts:
            assert "EBGaramond" in font[0]
            assert font[-5:-2] == ["yes", "yes", "yes"], font  # embedded, a subset, with its Unicode characters


@pytest.mark.parametrize(
    ("name", "face"),
    [
        ("华为技术有限公司", "STSong-Light"),
        ("鴻海精密工業股份有限公司", "MSung-Light"),
        ("株式会社 東京印刷 Tokyo", "HeiseiMin-W3"),
        ("삼성전자 주식회사", "HYSMyeongJo-Medium"),
    ],
)
def test_a_chinese_japanese_or_korean_name_is_set_in_a_typeface_that_readers_bring(name: str, face: str) -> None:
    data = draw_page(facts_of(name))
    fonts: Any = PdfReader(BytesIO(data)).pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    assert f"/{face}" in {str(font.get_object()["/BaseFont"]) for font in fonts.values()}
    assert {piece for used, piece, _ in typeset(name).pieces() if used == face}
    width = fit_text(typeset(name * 20), width=500, height=66, sizes=(46, 12))[1]
    assert all(line.width(12) <= 500 for line in width)


@pytest.mark.parametrize(
    ("name", "lacking"), [("בית דפוס", "ביתדפוס"), ("Acme 🌳", "🌳"), ("ไทย", "ไทย"), ("東京 Żółć 김 ไ", "東京김ไ")]
)
def test_a_name_that_no_typeface_has_is_refused_with_the_letters_that_lack(name: str, lacking: str) -> None:
    with pytest.raises(UnprintableNameError) as refused:
        draw_page(facts_of(name))
    assert (refused.value.name, refused.value.characters) == (name, lacking)


def test_a_name_in_decomposed_letters_is_printed_as_one_in_composed_letters() -> None:
    assert typeset("Zu\u0308rich") == typeset("Z\u00fcrich")


def test_letters_are_kerned_accents_or_not() -> None:
    for name in ("AVAYA", "ÀVÁYÂ"):
        text = typeset(name)
        assert text.width(100) < 100 * sum(text.advances) - 30
    assert typeset("AV").width(100) < typeset("A").width(100) + typeset("V").width(100)


def test_a_name_is_as_large_as_its_place_allows_and_words_stay_whole_if_they_can() -> None:
    sizes = (40, 20, 10)
    assert fit_text(typeset("Acme"), width=200, height=50, sizes=sizes)[0] == 40
    size, lines = fit_text(typeset("Acme Rockets and Trees"), width=150, height=50, sizes=sizes)
    assert (size, [line.chars for line in lines]) == (20, ["Acme Rockets and", "Trees"])
    size, lines = fit_text(typeset("W" * 30), width=200, height=50, sizes=sizes)
    assert size == 10
    assert "".join(line.chars for line in lines) == "W" * 30
    assert all(line.width(size) <= 200 for line in lines)


def test_the_file_says_what_it_is_and_when_it_was_issued() -> None:
    reader = PdfReader(BytesIO(draw_page(facts_of("Βιβλίο"))))
    about = reader.metadata
    assert about is not None
    assert about.title == "Certificate of Reforestation PR-2026-10-0007-R1-K7QF, Βιβλίο, October 2026"
    assert (about.author, about.keywords) == ("prsync", "PR-2026-10-0007-R1-K7QF")
    assert about.subject == "20,614 pages, 2.47 trees".replace("20,614", f"{facts_of().pages:,}").replace(
        "2.47", str(facts_of().trees)
    )
    assert about.creation_date == about.modification_date == datetime(2026, 11, 2, 5, 0, 3, tzinfo=UTC)
    assert b"PR-2026-10-0007-R1-K7QF" in draw_page(facts_of())


def test_the_same_facts_give_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    facts = EXTREMES["Cyrillic"]
    (tmp_path / "facts.json").write_text(facts.to_json(), encoding="utf-8")
    program = (
        "import sys, pathlib;"
        "from prsync.certificates.facts import Facts; from prsync.certificates.page import draw_page;"
        "facts = Facts.from_json(pathlib.Path(sys.argv[1]).read_text(encoding='utf-8'));"
        "sys.stdout.buffer.write(draw_page(facts))"
    )
    elsewhere = {
        "PYTHONHASHSEED": "7",
        "TZ": "Pacific/Auckland",
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": "86400",
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-c", program, str(tmp_path / "facts.json")]
    done = subprocess.run(command, env=elsewhere, capture_output=True, check=True)
    draw_page(EXTREMES["Greek"])  # whatever was drawn before leaves no trace
    assert done.stdout == draw_page(facts) == draw_page(Facts.from_json(facts.to_json()))


@needs("pdftoppm")
def test_the_chart_has_a_bar_for_each_day_with_pages_dark_on_working_days_and_pale_on_weekends(tmp_path: Path) -> None:
    pages = [40, 40, 20, 20, *[40] * 5, 0, *[20] * 1]
    facts = facts_of(through=date(2026, 10, 11), pages=pages, provisional=True)  # a Thursday is the first
    (tmp_path / "page.pdf").write_bytes(draw_page(facts))
    command = ["pdftoppm", "-r", "144", "-png", "-singlefile", str(tmp_path / "page.pdf"), str(tmp_path / "page")]
    subprocess.run(command, check=True)
    picture = Image.open(tmp_path / "page.png").convert("RGB")
    low, high = (round((595 - above) * 2) for above in (142 + 20, 142 + 70))  # points above the bars' line

    def bars(height: int) -> str:
        row = [picture.getpixel((x, height)) for x in range(2 * 60, 2 * 780)]  # within the frame
        kinds = "".join({(31, 77, 56): "D", (180, 200, 186): "p"}.get(color, " ") for color in row)  # type: ignore[arg-type]
        return re.sub(r"(.)\1*", r"\1", kinds).replace(" ", "")

    assert bars(low) == "DDppDDDDDp"
    assert bars(high) == "DDDDDDD"


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (2, 2), (3, 4), (9, 10), (10, 10), (11, 20), (8_001, 10_000), (10**15, 10**15)]
)
def test_the_scale_ends_at_a_round_number_that_every_bar_stays_under(most: int, top: int) -> None:
    assert round_up_to_scale(most) == top


def test_the_scale_is_labelled_shortly_and_exactly() -> None:
    labels = [scale_label(number) for number in (1, 5_000, 500_000, 1_000_000, 40_000_000, 3 * 10**9, 5 * 10**14)]
    assert labels == ["1", "5,000", "500,000", "1 million", "40 million", "3 billion", "500 trillion"]
