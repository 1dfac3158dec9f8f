"""A sample of a certificate, for whoever makes a brand: no row, no key, and marked as one across the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prsync.certificates.composition import Certified, compose
from prsync.certificates.drawn.page import draw_page
from prsync.certificates.genuine.issuer_key import throw_away_key
from prsync.certificates.words import MonthFigures
from prsync.core.model import Deposit
from prsync.core.periods import day_of, days, is_weekend, month_before, today
from prsync.core.trees import PAGES_PER_TREE, trees
from prsync.process.files import EVERYBODY_READS, expect_replaceable, replace_file
from prsync.services.issuer import brand_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from prsync.core.model import Month
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed

_INVENTED: Final = "Example Customer Ltd"


def write_preview(
    file: Path, ledger: Ledger | None, *, state: Path, feed: str | None, brand: Path | None, now: datetime
) -> str:
    """Write a sample of the feed's last month, or the first feed's, or an invented customer's; returns whose it is."""
    expect_replaceable("--preview", file, b"%PDF-")
    known = None
    if ledger is not None:
        known = ledger.feeds.find(feed) if feed else next(iter(ledger.feeds.all()), None)
    look = brand_of(state, brand)
    month = month_before(today(now, known.timezone if known else "UTC"))
    deposits = _deposits(ledger, known, month)
    pages = sum(deposit.pages for deposit in deposits)
    figures = MonthFigures(
        month=month,
        first_day=month.first_day,
        last_day=month.last_day,
        days=deposits,
        provisional=False,
        pages=pages,
        trees=trees(pages),
        pages_per_tree=PAGES_PER_TREE,
        issued_on=day_of(now, known.timezone if known else "UTC"),
        revision=1,
        replaces=None,
        totals=(trees(pages), trees(pages), month.first_day) if look.totals else None,
    )
    certified = Certified(
        number=f"PR-{month}-0000-R1-0000",
        feed=known.name if known else _INVENTED,
        figures=figures,
        issued_at=now.replace(microsecond=0),
        language=(known.language if known else None) or look.language,
        paper=(known.paper if known else None) or look.paper,
    )
    key = throw_away_key()
    facts, parts = compose(certified, look, key)
    drawn = draw_page(facts, parts, key.public.fingerprint, is_sample=True)
    replace_file(file, drawn, mode=EVERYBODY_READS)
    return certified.feed


def _deposits(ledger: Ledger | None, feed: Feed | None, month: Month) -> Sequence[Deposit]:
    """The month's deposits of a feed; invented ones where there are none."""
    found = ledger.days.deposits_of(feed.id, month) if ledger is not None and feed is not None else []
    if found:
        return found
    # Working days that differ, and some pages on weekends.
    return [
        Deposit(day, 180 if is_weekend(day) else 2400 + 311 * day.day % 1700)
        for day in days(month.first_day, month.last_day)
    ]
