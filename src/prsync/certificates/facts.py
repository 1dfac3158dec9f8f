"""The facts of a certificate: all that is printed on it.

They are kept in the ledger and never change. The page is drawn from nothing else, so that it can be drawn again, with
the same words and figures, after its file is lost or the feed is removed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from prsync.core.model import Deposit
from prsync.core.periods import month_of
from prsync.core.utc import utc_text

if TYPE_CHECKING:
    from prsync.core.model import Month


@dataclass(frozen=True, slots=True)
class Facts:
    """A certificate's facts.

    `number` is this certificate's own, `replaces` that of the revision before it, if there is one. `feed` is the
    feed's name. `first_day` is the first of the month, or the feed's activation date where that is later in the month;
    `last_day` its last, or the customer's last day where they have left before.
    `days` are the month's deposits, by day; of a `provisional` certificate those that there were when it was issued.
    `pages` is their sum, `trees` has two decimal places. `issued_at` is in UTC, `issued_on` its day in the feed's time
    zone.
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

    def to_json(self) -> str:
        """The JSON document as which the ledger keeps the facts."""
        return json.dumps(
            {
                "number": self.number,
                "revision": self.revision,
                "replaces": self.replaces,
                "feed": self.feed,
                "month": str(self.month),
                "first_day": self.first_day.isoformat(),
                "last_day": self.last_day.isoformat(),
                "provisional": self.provisional,
                "pages": self.pages,
                # As text: a JSON number would be read as a binary fraction, and "3.10" as 3.1.
                "trees": str(self.trees),
                "pages_per_tree": self.pages_per_tree,
                "issued_at": utc_text(self.issued_at),
                "issued_on": self.issued_on.isoformat(),
                "days": {deposit.date.isoformat(): deposit.pages for deposit in self.days},
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The facts in a JSON document that `to_json` has made."""
        kept = json.loads(text)
        month = month_of(date.fromisoformat(f"{kept['month']}-01"))
        # Certificates of before customers could leave do not say it: they were of months to their end.
        last_day = date.fromisoformat(kept["last_day"]) if "last_day" in kept else month.last_day
        return cls(
            **{name: kept[name] for name in ("number", "revision", "replaces", "feed", "provisional", "pages")},
            month=month,
            first_day=date.fromisoformat(kept["first_day"]),
            last_day=last_day,
            trees=Decimal(kept["trees"]),
            pages_per_tree=kept["pages_per_tree"],
            issued_at=datetime.fromisoformat(kept["issued_at"]),
            issued_on=date.fromisoformat(kept["issued_on"]),
            days=tuple(Deposit(date.fromisoformat(day), pages) for day, pages in kept["days"].items()),
        )
