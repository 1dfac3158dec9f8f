"""Certificates drawn without a ledger, and what programs for PDF make of them."""

from __future__ import annotations

import html
import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from tests.edges.months import OCTOBER, pages_on
from tests.support import needs

from prsync.certificates.brand import Brand
from prsync.certificates.composition import Certified, compose
from prsync.certificates.drawn.page import draw_page
from prsync.certificates.genuine.issuer_key import IssuerKey, throw_away_key
from prsync.certificates.genuine.signature import with_signature
from prsync.certificates.words import MonthFigures
from prsync.core.model import Deposit
from prsync.core.periods import days
from prsync.core.trees import PAGES_PER_TREE, trees

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from pathlib import Path

    from prsync.certificates.facts import Facts
    from prsync.core.model import Month

PLAIN: Final = Brand(texts={})
NUMBER: Final = "PR-2026-10-0007-R1-K7QF"
KEY: Final = throw_away_key()

needs_typefaces = needs("fc-match", "hb-view")


@dataclass(frozen=True)
class Drawn:
    """A certificate: its facts, the parts they name, and the signed file."""

    facts: Facts
    parts: Mapping[str, bytes]
    pdf: bytes


def draw(
    name: str = "Acme A/S",
    month: Month = OCTOBER,
    *,
    brand: Brand = PLAIN,
    language: str = "en",
    paper: str = "a4",
    first: date | None = None,
    last: date | None = None,
    through: date | None = None,
    pages: list[int] | None = None,
    provisional: bool = False,
    replaces: str | None = None,
    number: str = NUMBER,
    totals: tuple[Decimal, Decimal, date] | None = None,
    key: IssuerKey = KEY,
) -> Drawn:
    """The certificate of a month that begins on `first` and is deposited through `through`."""
    first_day = first or month.first_day
    covered = days(first_day, through or last or month.last_day)
    deposits = [Deposit(day, pages[place] if pages else pages_on(day)) for place, day in enumerate(covered)]
    total = sum(deposit.pages for deposit in deposits)
    figures = MonthFigures(
        month=month,
        first_day=first_day,
        last_day=last or month.last_day,
        days=deposits,
        provisional=provisional,
        pages=total,
        trees=trees(total),
        pages_per_tree=PAGES_PER_TREE,
        issued_on=date(2026, 11, 2),
        revision=2 if replaces else 1,
        replaces=replaces,
        totals=totals,
    )
    issued_at = datetime(2026, 11, 2, 5, 0, 3, tzinfo=UTC)
    certified = Certified(
        number=number, feed=name, figures=figures, issued_at=issued_at, language=language, paper=paper
    )
    facts, parts = compose(certified, brand, key)
    drawn = draw_page(facts, parts, key.public.fingerprint)
    return Drawn(facts, parts, with_signature(drawn, key.sign(drawn)))


def text_of(drawn: Drawn, folder: Path) -> str:
    """What pdftotext reads, on one line."""
    return " ".join(lines_of(drawn, folder))


def lines_of(drawn: Drawn, folder: Path) -> list[str]:
    """What pdftotext reads, by lines."""
    done = subprocess.run(["pdftotext", _saved(drawn, folder), "-"], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if line.strip()]


def words_of(drawn: Drawn, folder: Path) -> list[tuple[float, float, float, float, str]]:
    """The words, and of each the box of its letters in points: left, top, right, bottom."""
    command = ["pdftotext", "-bbox", _saved(drawn, folder), "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    word = re.compile(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>')
    found = []
    for *box, text in word.findall(done.stdout):
        left, top, right, bottom = map(float, box)
        tall = bottom - top  # of the whole line, with room above and below that no letter needs
        found.append((left, top + 0.3 * tall, right, bottom - 0.25 * tall, html.unescape(text)))
    return found


def picture_of(drawn: Drawn, folder: Path, *, dpi: int) -> Path:
    """The page as PNG, as poppler shows it."""
    target = folder / "page"
    subprocess.run(["pdftoppm", "-r", str(dpi), "-png", "-singlefile", _saved(drawn, folder), target], check=True)
    return target.with_suffix(".png")


def fonts_of(drawn: Drawn, folder: Path) -> list[list[str]]:
    """What pdffonts says of each font; its last five columns: embedded, a subset, with its Unicode, and where."""
    done = subprocess.run(["pdffonts", _saved(drawn, folder)], capture_output=True, text=True, check=True)
    return [line.split() for line in done.stdout.splitlines()[2:]]


def _saved(drawn: Drawn, folder: Path) -> str:
    file = folder / "page.pdf"
    file.write_bytes(drawn.pdf)
    return str(file)
