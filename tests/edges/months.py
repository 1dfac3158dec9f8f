"""Ledgers with months of deposits, collected by the core's own rules from a server that only exists on paper."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from tests.edges.ledgers import SERVER, feed_settings

from prsync.certificates.brand import Brand
from prsync.certificates.issue import Certifier
from prsync.core.earlier_days import collect_earlier_days
from prsync.core.feed_run import collect_days
from prsync.core.model import DepositedDays, Month, Reading
from prsync.core.periods import days
from prsync.services.issuer import issuer_key
from prsync.store.feed_table import NewFeed
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.certificates.certify_report import FeedCertificate

NOW: Final = datetime(2026, 11, 24, 5, 30, 12, tzinfo=UTC)
OCTOBER: Final = Month(2026, 10)
_FIRST: Final = date(2025, 1, 1)


def pages_on(day: date) -> int:
    """The pages that every feed here prints on a day: some on a weekend, more on a working day."""
    return 7 if day.weekday() >= 5 else 1000 + day.day


_COUNTS: Final = dict(
    zip(days(_FIRST, date(2027, 12, 31)), accumulate(map(pages_on, days(_FIRST, date(2027, 12, 31)))), strict=True)
)


def answer(day: date) -> list[Reading]:
    """What the server says of a feed's one device as of a day."""
    return [Reading("A", True, 5000 + _COUNTS[day], datetime.combine(day, time(12), UTC))]


def connect(path: Path, name: str, activation_date: date, timezone: str = "UTC", *, now: datetime = NOW) -> None:
    """Connect a feed."""
    with Ledger(path) as ledger:
        server = next(iter(ledger.servers.all()), None) or ledger.servers.add(SERVER, NOW)
        new = NewFeed(
            server_id=server.id,
            organization_id=f"id of {name}",
            organization_name=name,
            settings=feed_settings(activation_date=activation_date, timezone=timezone),
        )
        ledger.feeds.add([new], now)


def collect(path: Path, name: str, through: date) -> None:
    """Collect a feed's days, those before an earlier activation date too."""
    with Ledger(path) as ledger:
        feed = ledger.feeds.find(name)
        for step in collect_days(ledger.days.state(feed), through, answer):
            assert isinstance(step, DepositedDays)
            ledger.days.deposit(feed, step, NOW)
        if feed.joining_from is not None:
            ledger.days.join(feed, collect_earlier_days(ledger.days.state(feed), feed.joining_from, answer), NOW)


def collected(path: Path, name: str, activation_date: date, through: date) -> None:
    """Connect a feed and collect its days."""
    connect(path, name, activation_date)
    collect(path, name, through)


def certify(
    path: Path,
    folder: Path,
    month: Month = OCTOBER,
    *,
    now: datetime = NOW,
    allow_incomplete: bool = False,
    brand: Brand | None = None,
) -> dict[str, FeedCertificate]:
    """Certify a month of every feed; what came of each, by name."""
    with Ledger(path) as ledger:
        certifier = Certifier(
            ledger=ledger,
            folder=folder,
            now=now,
            brand=Brand(texts={}) if brand is None else brand,
            key=issuer_key(ledger, now),
            allow_incomplete=allow_incomplete,
        )
        certified = certifier.certify((feed, month) for feed in ledger.feeds.all())
    return {certificate.feed: certificate for certificate in certified}
