"""The certificates: what was printed on each, and every file ever drawn from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from prsync.store.database import immediate, utc_text
from prsync.store.records import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlite_utils import Database
    from sqlite_utils.db import Table

    from prsync.core.model import Month


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """A certificate about to be issued. `facts` is the JSON of all that is printed, `sha256` that of its file."""

    feed_id: int
    month: Month
    revision: int
    number: str
    pages: int
    trees: str
    pages_per_tree: int
    provisional: bool
    issued_at: datetime
    sha256: str
    replaces: str | None
    facts: str


class Certificates:
    """The tables `certificates` and `certificate_files`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = cast("Table", db["certificates"])
        self._files = cast("Table", db["certificate_files"])

    def all(self) -> list[Certificate]:
        """Every one, by month, feed and revision; those of feeds that were removed too."""
        return [Certificate.of(row) for row in self._table.rows_where(order_by="month, feed_id, revision")]

    def current(self, feed_id: int, month: Month) -> Certificate | None:
        """The last revision of a feed's month."""
        wanted = [feed_id, str(month)]
        rows = self._table.rows_where("feed_id = ? AND month = ?", wanted, order_by="revision desc", limit=1)
        return next(map(Certificate.of, rows), None)

    def of_file(self, sha256: str) -> Certificate | None:
        """The certificate that a file of this SHA-256 was drawn from."""
        drawn = "id = (SELECT certificate_id FROM certificate_files WHERE sha256 = ?)"
        return next(map(Certificate.of, self._table.rows_where(drawn, [sha256])), None)

    def numbered(self, numbers: Iterable[str]) -> list[Certificate]:
        """Those of these numbers, in the order in which they were issued."""
        found = (self._table.rows_where("number = ?", [number]) for number in numbers)
        return sorted((Certificate.of(row) for rows in found for row in rows), key=lambda certificate: certificate.id)

    def files(self, certificate: Certificate) -> frozenset[str]:
        """The SHA-256 of every file drawn from it."""
        return frozenset(row["sha256"] for row in self._files.rows_where("certificate_id = ?", [certificate.id]))

    def issue(self, certificate: NewCertificate, prsync_version: str) -> Certificate:
        """Keep a new certificate with its file's SHA-256, before the file itself is written."""
        values = {name: getattr(certificate, name) for name in certificate.__slots__}
        values.update(month=str(certificate.month), issued_at=utc_text(certificate.issued_at))
        with immediate(self._db):
            self._table.insert(values)
            row = next(self._table.rows_where("number = ?", [certificate.number]))
            self._add_file(row["id"], certificate.sha256, prsync_version, certificate.issued_at)
        return Certificate.of(row)

    def add_file(self, certificate: Certificate, sha256: str, prsync_version: str, now: datetime) -> None:
        """Keep the SHA-256 of another file drawn from the same facts, by another version or with other libraries."""
        with immediate(self._db):
            self._add_file(certificate.id, sha256, prsync_version, now)

    def _add_file(self, certificate_id: int, sha256: str, prsync_version: str, now: datetime) -> None:
        self._files.insert(
            {
                "sha256": sha256,
                "certificate_id": certificate_id,
                "prsync_version": prsync_version,
                "drawn_at": utc_text(now),
            }
        )
