"""The certificates: what was printed on each, and every file ever drawn from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prsync.core.utc import utc_text
from prsync.store.records import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from prsync.core.model import Month
    from prsync.store.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
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


class CertificateTable:
    """The tables `certificates` and `certificate_files`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Certificate]:
        """Every one, by month, feed and revision; those of feeds that were removed too."""
        rows = self._connection.query("SELECT * FROM certificates ORDER BY month, feed_id, revision")
        return [Certificate.of(row) for row in rows]

    def current(self, feed_id: int, month: Month) -> Certificate | None:
        """The last revision of a feed's month."""
        last = "SELECT * FROM certificates WHERE feed_id = ? AND month = ? ORDER BY revision DESC LIMIT 1"
        return next(map(Certificate.of, self._connection.query(last, [feed_id, str(month)])), None)

    def of_file(self, sha256: str) -> Certificate | None:
        """The certificate that a file of this SHA-256 was drawn from."""
        drawn = "SELECT * FROM certificates WHERE id = (SELECT certificate_id FROM certificate_files WHERE sha256 = ?)"
        return next(map(Certificate.of, self._connection.query(drawn, [sha256])), None)

    def numbered(self, numbers: Iterable[str]) -> list[Certificate]:
        """Those of these numbers, in the order in which they were issued."""
        found = (self._of_number(number) for number in numbers)
        return sorted(filter(None, found), key=lambda certificate: certificate.id)

    def _of_number(self, number: str) -> Certificate | None:
        rows = self._connection.query("SELECT * FROM certificates WHERE number = ?", [number])
        return next(map(Certificate.of, rows), None)

    def files(self, certificate: Certificate) -> frozenset[str]:
        """The SHA-256 of every file drawn from it."""
        drawn = "SELECT sha256 FROM certificate_files WHERE certificate_id = ?"
        return frozenset(row["sha256"] for row in self._connection.query(drawn, [certificate.id]))

    def issue(self, certificate: NewCertificate, prsync_version: str) -> Certificate:
        """Keep a new certificate with its file's SHA-256, before the file itself is written."""
        values = {name: getattr(certificate, name) for name in certificate.__slots__}
        values.update(month=str(certificate.month), issued_at=utc_text(certificate.issued_at))
        with self._connection.transaction():
            certificate_id = self._connection.insert("certificates", values)
            self._add_file(certificate_id, certificate.sha256, prsync_version, certificate.issued_at)
        (row,) = self._connection.query("SELECT * FROM certificates WHERE id = ?", [certificate_id])
        return Certificate.of(row)

    def add_file(self, certificate: Certificate, sha256: str, *, prsync_version: str, now: datetime) -> None:
        """Keep the SHA-256 of another file drawn from the same facts, by another version or with other libraries."""
        with self._connection.transaction():
            self._add_file(certificate.id, sha256, prsync_version, now)

    def _add_file(self, certificate_id: int, sha256: str, prsync_version: str, now: datetime) -> None:
        values = {
            "sha256": sha256,
            "certificate_id": certificate_id,
            "prsync_version": prsync_version,
            "drawn_at": utc_text(now),
        }
        self._connection.insert("certificate_files", values)
