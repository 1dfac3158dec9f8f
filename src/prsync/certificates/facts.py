"""The facts of a certificate: all that is printed on it.

They are kept in the ledger and never change. The page is drawn from nothing else but the pictures and the font that
they name by SHA-256, and those are kept in the ledger, too. So it can be drawn again, with the same words, figures and
glyphs, after its file is lost, the feed removed, or the issuer's brand changed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Self

from prsync.certificates.lettering.lettering import Line
from prsync.certificates.words import Words
from prsync.core.model import Deposit
from prsync.core.periods import month_of
from prsync.core.utc import utc_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prsync.core.model import Month

_AS_THEY_ARE: Final = (
    *("number", "revision", "replaces", "feed", "provisional", "pages", "pages_per_tree"),
    *("language", "paper", "accent", "name_size", "font", "readings", "logo", "signature", "link"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A certificate's facts.

    `number` is this certificate's own, `replaces` that of the revision before it, if there is one. `feed` is the
    feed's name. `first_day` is the first of the month, or the feed's activation date where that is later in the month;
    `last_day` its last, or the customer's last day where they have left before.
    `days` are the month's deposits, by day; of a `provisional` certificate those that there were when it was issued.
    `pages` is their sum, `trees` has two decimal places. `issued_at` is in UTC, `issued_on` its day in the feed's time
    zone.

    `words` are the texts of the page in its `language`. `name` are the lines of the feed's name, in a size in points;
    `brand` are the issuer's own lines by their key in brand.toml. Both are glyphs of `font`; `readings` says what those
    are read as that are not called by their own letter. `font`, `logo` and `signature` are the SHA-256 of what the
    ledger keeps. `link` is what the QR code leads to.
    """

    number: str
    revision: int
    replaces: str | None
    feed: str
    month: Month
    first_day: date
    last_day: date
    provisional: bool
    pages: int
    trees: Decimal
    pages_per_tree: int
    issued_at: datetime
    issued_on: date
    days: tuple[Deposit, ...]
    language: str
    paper: str
    accent: str
    words: Words
    name_size: float
    name: tuple[Line, ...]
    brand: Mapping[str, tuple[Line, ...]]
    font: str | None
    readings: Mapping[str, str]
    logo: str | None
    signature: str | None
    link: str | None

    @property
    def issuer(self) -> str | None:
        """The company that issues it; None where no brand names one."""
        lines = self.brand.get("issuer", ())
        return lines[0].text if lines else None

    def to_json(self) -> str:
        """The JSON document as which the ledger keeps the facts."""
        return json.dumps(
            {
                **{name: getattr(self, name) for name in _AS_THEY_ARE},
                "month": str(self.month),
                "first_day": self.first_day.isoformat(),
                "last_day": self.last_day.isoformat(),
                # As text: a JSON number would be read as a binary fraction, and "3.10" as 3.1.
                "trees": str(self.trees),
                "issued_at": utc_text(self.issued_at),
                "issued_on": self.issued_on.isoformat(),
                "days": {deposit.date.isoformat(): deposit.pages for deposit in self.days},
                "words": asdict(self.words),
                "name": [line.document() for line in self.name],
                "brand": {key: [line.document() for line in lines] for key, lines in self.brand.items()},
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The facts in a JSON document that `to_json` has made."""
        kept: dict[str, Any] = json.loads(text)
        return cls(
            **{name: kept[name] for name in _AS_THEY_ARE},
            month=month_of(date.fromisoformat(f"{kept['month']}-01")),
            first_day=date.fromisoformat(kept["first_day"]),
            last_day=date.fromisoformat(kept["last_day"]),
            trees=Decimal(kept["trees"]),
            issued_at=datetime.fromisoformat(kept["issued_at"]),
            issued_on=date.fromisoformat(kept["issued_on"]),
            days=days_in(text),
            words=Words.from_document(kept["words"]),
            name=tuple(map(Line.from_document, kept["name"])),
            brand={key: tuple(map(Line.from_document, lines)) for key, lines in kept["brand"].items()},
        )


def days_in(text: str) -> tuple[Deposit, ...]:
    """The month's deposits in the JSON document of a certificate's facts, also of one by an earlier prsync."""
    return tuple(Deposit(date.fromisoformat(day), pages) for day, pages in json.loads(text)["days"].items())


def can_be_drawn(text: str) -> bool:
    """Whether this prsync knows the page of a JSON document of facts: an earlier one drew another page from less."""
    return "words" in json.loads(text)
