"""A server's feeds as a CSV file that `feed import` reads."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from prsync.services.feed_csv import COLUMNS
from prsync.services.feed_settings import NO_HOLIDAYS

if TYPE_CHECKING:
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed


def export_feeds(ledger: Ledger, server: str) -> str:
    """The feeds of that server but the deactivated ones: a header, and a line for each, by name."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for feed in ledger.feeds.of_server(ledger.servers.named(server).id):
        if not feed.has_ended:
            lines.writerow(_cells(feed))
    return text.getvalue()


def _cells(feed: Feed) -> list[object]:
    written = {
        # The id and not the name, which two organizations may share.
        "organization": feed.organization_id,
        "activation_date": feed.joining_from or feed.activation_date,
        "holidays": feed.holidays or NO_HOLIDAYS,
    }
    return [written.get(column, getattr(feed, column, None)) for column in COLUMNS]
