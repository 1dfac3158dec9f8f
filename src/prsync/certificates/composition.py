"""From a month's figures, a customer's name and the issuer's brand to a certificate's facts, in words and glyphs."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from prsync.certificates.drawn.page import FOREIGN_NAME_HEIGHT, NAME_HEIGHT, NAME_SIZES, NAME_WIDTH
from prsync.certificates.facts import Facts
from prsync.certificates.genuine.link import make_link
from prsync.certificates.languages import LANGUAGES
from prsync.certificates.lettering.lettering import Letterer
from prsync.certificates.lettering.lines import break_lines
from prsync.certificates.lettering.typefaces import own_typeface
from prsync.certificates.words import words_in
from prsync.errors import BrandError, UnprintableNameError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from prsync.certificates.brand import Brand
    from prsync.certificates.genuine.issuer_key import IssuerKey
    from prsync.certificates.lettering.lettering import Line
    from prsync.certificates.words import MonthFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """Whose month is certified, under which number, in which language and on which paper."""

    number: str
    feed: str
    figures: MonthFigures
    issued_at: datetime
    language: str
    paper: str


class Composed(NamedTuple):
    """Facts, and by SHA-256 the font and the pictures that they name."""

    facts: Facts
    parts: Mapping[str, bytes]


def compose(certified: Certified, brand: Brand, key: IssuerKey) -> Composed:
    """The facts of a new certificate; UnprintableNameError where no typeface here has a letter of the name."""
    figures = certified.figures
    letterer = Letterer()
    height = NAME_HEIGHT if all(map(own_typeface().has, certified.feed)) else FOREIGN_NAME_HEIGHT
    size, lines = break_lines(certified.feed, width=NAME_WIDTH, height=height, sizes=NAME_SIZES)
    name = letterer.lines(lines)
    set_brand = _set_brand(letterer, brand, certified.language)
    font = letterer.font()
    parts = {sha256(part).hexdigest(): part for part in (font, brand.logo, brand.signature) if part}
    facts = Facts(
        number=certified.number,
        revision=figures.revision,
        replaces=figures.replaces,
        feed=certified.feed,
        month=figures.month,
        first_day=figures.first_day,
        last_day=figures.last_day,
        provisional=figures.provisional,
        pages=figures.pages,
        trees=figures.trees,
        pages_per_tree=figures.pages_per_tree,
        issued_at=certified.issued_at,
        issued_on=figures.issued_on,
        days=tuple(figures.days),
        language=certified.language,
        paper=certified.paper,
        accent=brand.accent,
        words=words_in(certified.language, figures),
        name_size=size,
        name=name,
        brand=set_brand,
        font=_sha256(font),
        readings=letterer.readings,
        logo=_sha256(brand.logo),
        signature=_sha256(brand.signature),
        link=_link(certified, brand, key),
    )
    return Composed(facts, parts)


def check_brand(path: Path, brand: Brand) -> None:
    """BrandError where no typeface here has a letter of one of the brand's texts."""
    for key, text in brand.texts.items():
        try:
            Letterer().line(text)
        except UnprintableNameError as error:
            raise BrandError(path, key, f"cannot be set: {error.message}") from error


def _set_brand(letterer: Letterer, brand: Brand, language: str) -> dict[str, tuple[Line, ...]]:
    """The issuer's texts, each a line, but for the statement, which may have two."""
    texts = dict(brand.texts)
    if "project" in texts:
        texts["project"] = LANGUAGES[language].project.format(project=texts["project"])
    result = {}
    for key, text in texts.items():
        lines = break_lines(text, width=600, height=23, sizes=(10,))[1] if key == "statement" else [text]
        result[key] = letterer.lines(lines)
    return result


def _link(certified: Certified, brand: Brand, key: IssuerKey) -> str | None:
    if brand.verify_url is None:
        return None
    figures = certified.figures
    facts = (certified.number, certified.feed, str(figures.month), str(figures.pages), str(figures.trees))
    return make_link(brand.verify_url, facts, key)


def _sha256(part: bytes | None) -> str | None:
    return sha256(part).hexdigest() if part else None
