"""Write the example ledger of this version's schema beside this file, as text.

Run it once, when a version with a new schema is released: `python -m tests.edges.data.make`. What has been released is
never made again.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.edges.ledgers import NOW, collect, connected

from prsync.core.model import Health, Month
from prsync.core.settings import PrintReleafSettings
from prsync.store.certificate_table import NewCertificate
from prsync.store.ledger import Ledger
from prsync.store.migrations import STEPS
from prsync.store.records import RunOutcome


def make(path: Path) -> None:
    """A ledger with something in every table."""
    connected(path)
    collect(path)
    with Ledger(path) as ledger:
        feed = ledger.feeds.find("Acme")
        pages = sum(deposit.pages for deposit in ledger.days.deposits(feed.id))
        ledger.feeds.record_health(feed, Health.HEALTHY, NOW)
        ledger.runs.finish(ledger.runs.start("sync", NOW), RunOutcome.OK, {"pages": pages}, NOW)
        new = NewCertificate(
            feed_id=feed.id,
            month=Month(2026, 11),
            revision=1,
            number="PR-2026-11-0001-1",
            pages=pages,
            trees="0.03",
            pages_per_tree=8333,
            provisional=True,
            issued_at=NOW,
            sha256="ab" * 32,
            replaces=None,
            facts='{"feed": "Acme"}',
            signature="cd" * 64,
            signed_by="ef" * 32,
        )
        ledger.printreleaf.connect(PrintReleafSettings(url="https://api.printreleaf.com/v1"), NOW)
        first = ledger.days.deposits(feed.id)[0].date
        ledger.feeds.update(feed, {"account_id": "a" * 8, "deliver_from": first})
        delivery = ledger.deliveries.to_do()[0]
        ledger.deliveries.begin_sending(delivery, "a" * 8, NOW)
        ledger.deliveries.deliver(delivery, "a" * 8, "d" * 8, NOW)
        ledger.certificates.keep_key("ef" * 32, "-----BEGIN PUBLIC KEY-----", NOW)
        ledger.certificates.issue(new, "0.1.0", {"12" * 32: b"a picture"})


def text(path: Path) -> str:
    """All of a database, as statements that make it anew."""
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump()) + "\n"


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        make(Path(folder) / "ledger.db")
        target = Path(__file__).with_name(f"schema-{len(STEPS)}.sql")
        target.write_text(text(Path(folder) / "ledger.db"), encoding="utf-8")
