"""All that is printed on a certificate. It never changes, and the page is drawn from nothing else."""

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

    `first_day` is the day on which the feed's month begins: the month's own, or the activation date within it.
    `days` are the deposits of the month; of a `provisional` certificate those that were there. `trees` has two places.
    `issued_on` is the day of `issued_at` in the feed's time zone.
    """

    number: str
    revision: int
    replaces: str | None
    feed: str
    month: Month
    first_day: date
    provisional: bool
    pages: int
    trees: Decimal
    pages_per_tree: int
    issued_at: datetime
    issued_on: date
    days: tuple[Deposit, ...]

    def text(self) -> str:
        """The facts as the ledger keeps them: one JSON document."""
        return json.dumps(
            {
                "number": self.number,
                "revision": self.revision,
                "replaces": self.replaces,
                "feed": self.feed,
                "month": str(self.month),
                "first_day": self.first_day.isoformat(),
                "provisional": self.provisional,
                "pages": self.pages,
                "trees": str(self.trees),
                "pages_per_tree": self.pages_per_tree,
                "issued_at": utc_text(self.issued_at),
                "issued_on": self.issued_on.isoformat(),
                "days": {deposit.date.isoformat(): deposit.pages for deposit in self.days},
            },
            ensure_ascii=False,
        )

    @classmethod
    def of(cls, text: str) -> Self:
        """The facts that the ledger kept."""
        kept = json.loads(text)
        return cls(
            **{name: kept[name] for name in ("number", "revision", "replaces", "feed", "provisional", "pages")},
            month=month_of(date.fromisoformat(f"{kept['month']}-01")),
            first_day=date.fromisoformat(kept["first_day"]),
            trees=Decimal(kept["trees"]),
            pages_per_tree=kept["pages_per_tree"],
            issued_at=datetime.fromisoformat(kept["issued_at"]),
            issued_on=date.fromisoformat(kept["issued_on"]),
            days=tuple(Deposit(date.fromisoformat(day), pages) for day, pages in kept["days"].items()),
        )
