"""The tables of certificates: what is printed on each, and the hash of every file drawn from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from prsync.core.utc import utc_text
from prsync.store.records import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from prsync.core.model import Month
    from prsync.store.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCertificate:
    """A certificate to issue; the fields are as in `Certificate`."""

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
    signature: str
    signed_by: str


class CertificateTable:
    """The tables of certificates, of their files and parts, and of the keys that have signed them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self, *, month: Month | None = None, feed_id: int | None = None) -> list[Certificate]:
        """The certificates of a month, of a feed, or all; by month, feed and revision, those of removed feeds too."""
        rows = self._connection.query(
            "SELECT * FROM certificates WHERE month = coalesce(?, month) AND feed_id = coalesce(?, feed_id)"
            " ORDER BY month, feed_id, revision",
            [str(month) if month else None, feed_id],
        )
        return [Certificate.from_row(row) for row in rows]

    def current(self, feed_id: int, month: Month) -> Certificate | None:
        """The latest revision for a feed's month; None if nothing was issued for it."""
        latest = "SELECT * FROM certificates WHERE feed_id = ? AND month = ? ORDER BY revision DESC LIMIT 1"
        return next(map(Certificate.from_row, self._connection.query(latest, [feed_id, str(month)])), None)

    def revisions_before(self, certificate: Certificate) -> list[Certificate]:
        """The earlier revisions of a certificate's month."""
        rows = self._connection.query(
            "SELECT * FROM certificates WHERE feed_id = ? AND month = ? AND revision < ?",
            [certificate.feed_id, certificate.month, certificate.revision],
        )
        return [Certificate.from_row(row) for row in rows]

    def complete_months(self, feed_id: int) -> set[str]:
        """The months of a feed that have a certificate of all their days."""
        rows = self._connection.query(
            "SELECT DISTINCT month FROM certificates WHERE feed_id = ? AND provisional = 0", [feed_id]
        )
        return {row["month"] for row in rows}

    def count_complete_months(self, spans: Sequence[tuple[int, str, str]]) -> dict[int, int]:
        """How many months have a certificate of all their days: of each feed, from one month to another."""
        rows = self._connection.query(
            "SELECT feed_id, count(DISTINCT month) AS months FROM json_each(?) AS span JOIN certificates"
            " ON feed_id = json_extract(span.value, '$[0]')"
            " AND month BETWEEN json_extract(span.value, '$[1]') AND json_extract(span.value, '$[2]')"
            " WHERE provisional = 0 GROUP BY feed_id",
            [json.dumps(spans)],
        )
        return {row["feed_id"]: row["months"] for row in rows}

    def current_numbers(self, first: Month, last: Month) -> dict[tuple[int, str], str]:
        """The number of the current certificate of each feed's month, from one month to another, that has one."""
        rows = self._connection.query(
            "SELECT feed_id, month, max(revision), number FROM certificates WHERE month BETWEEN ? AND ?"
            " GROUP BY feed_id, month",
            [str(first), str(last)],
        )
        return {(row["feed_id"], row["month"]): row["number"] for row in rows}

    def days_certified(self, feed_id: int) -> dict[str, int | None]:
        """Of how many days the current certificate of each of a feed's months is; None of a provisional one."""
        rows = self._connection.query(
            "SELECT month, max(revision), provisional,"  # SQLite: the columns are those of the maximum
            " (SELECT count(*) FROM json_each(facts, '$.days')) AS days"
            " FROM certificates WHERE feed_id = ? GROUP BY month",
            [feed_id],
        )
        return {row["month"]: None if row["provisional"] else row["days"] for row in rows}

    def numbers_of_removed_feeds(self) -> dict[tuple[str, str], str]:
        """By printed name and month the number of the current certificate of a feed that was removed."""
        rows = self._connection.query(
            "SELECT month, max(revision), json_extract(facts, '$.feed') AS feed, number FROM certificates"
            " WHERE feed_id NOT IN (SELECT id FROM feeds) GROUP BY feed_id, month ORDER BY feed_id"
        )
        return {(row["feed"], row["month"]): row["number"] for row in rows}

    def find_by_file(self, sha256: str) -> Certificate | None:
        """The certificate that a file with this SHA-256 was drawn from; None if no such file was ever drawn."""
        drawn = "SELECT * FROM certificates WHERE id = (SELECT certificate_id FROM certificate_files WHERE sha256 = ?)"
        return next(map(Certificate.from_row, self._connection.query(drawn, [sha256])), None)

    def find_by_numbers(self, numbers: Iterable[str]) -> list[Certificate]:
        """The certificates with these numbers, in the order in which they were issued; unknown numbers are ignored."""
        found = (self._find_by_number(number) for number in numbers)
        return sorted(filter(None, found), key=lambda certificate: certificate.id)

    def _find_by_number(self, number: str) -> Certificate | None:
        rows = self._connection.query("SELECT * FROM certificates WHERE number = ?", [number])
        return next(map(Certificate.from_row, rows), None)

    def file_hashes(self, certificate: Certificate) -> frozenset[str]:
        """The SHA-256 of every file that was ever drawn from a certificate."""
        drawn = "SELECT sha256 FROM certificate_files WHERE certificate_id = ?"
        return frozenset(row["sha256"] for row in self._connection.query(drawn, [certificate.id]))

    def keep_key(self, fingerprint: str, public_key: str, now: datetime) -> None:
        """Store the issuer's public key (PEM), unless it is known; to be called before it signs anything."""
        with self._connection.transaction():
            self._connection.write_all(
                "INSERT OR IGNORE INTO issuer_keys (fingerprint, public_key, first_used_at) VALUES (?, ?, ?)",
                [(fingerprint, public_key, utc_text(now))],
            )

    def last_public_key(self) -> str | None:
        """The public key (PEM) of the last certificate that was signed, or else the last one kept; None before any."""
        # An older key may have been put back: the order in which they were first used says nothing then.
        rows = self._connection.query(
            "SELECT public_key FROM issuer_keys ORDER BY fingerprint IS NOT"
            " (SELECT signed_by FROM certificates WHERE signed_by IS NOT NULL ORDER BY id DESC LIMIT 1),"
            " first_used_at DESC LIMIT 1"
        )
        return next((row["public_key"] for row in rows), None)

    def public_keys(self) -> list[str]:
        """Every public key of the issuer (PEM), in the order in which they were first used."""
        return [row["public_key"] for row in self._connection.query("SELECT * FROM issuer_keys ORDER BY first_used_at")]

    def parts(self, sha256s: Iterable[str]) -> dict[str, bytes]:
        """What the facts of a certificate name, by SHA-256: its font and its pictures."""
        of_one = "SELECT content FROM certificate_parts WHERE sha256 = ?"
        return {sha256: row["content"] for sha256 in sha256s for row in self._connection.query(of_one, [sha256])}

    def issue(
        self, certificate: NewCertificate, prsync_version: str, parts: Mapping[str, bytes] = MappingProxyType({})
    ) -> Certificate:
        """Store a new certificate with its file's SHA-256 and its parts; to be called before the file is written.

        Until `was_written` it is among those that are not.
        """
        values = {name: getattr(certificate, name) for name in certificate.__slots__}
        values.update(month=str(certificate.month), issued_at=utc_text(certificate.issued_at))
        # Together: a certificate whose file's hash is missing would look altered to `verify`.
        with self._connection.transaction():
            self._connection.write_all(
                "INSERT OR IGNORE INTO certificate_parts (sha256, content) VALUES (?, ?)", parts.items()
            )
            certificate_id = self._connection.insert("certificates", values)
            self._add_file(
                certificate_id, certificate.sha256, prsync_version=prsync_version, drawn_at=certificate.issued_at
            )
            # In place of the revision before it, whose file nobody needs any more.
            self._connection.write(
                "DELETE FROM unwritten_certificates WHERE certificate_id IN"
                " (SELECT id FROM certificates WHERE feed_id = ? AND month = ?)",
                [certificate.feed_id, values["month"]],
            )
            self._connection.insert("unwritten_certificates", {"certificate_id": certificate_id})
        (row,) = self._connection.query("SELECT * FROM certificates WHERE id = ?", [certificate_id])
        return Certificate.from_row(row)

    def was_written(self, certificate_id: int) -> None:
        """The certificate's file is there."""
        waiting = "SELECT 1 FROM unwritten_certificates WHERE certificate_id = ?"
        if next(iter(self._connection.query(waiting, [certificate_id])), None) is not None:
            with self._connection.transaction():
                self._connection.write("DELETE FROM unwritten_certificates WHERE certificate_id = ?", [certificate_id])

    def unwritten_months(self) -> set[tuple[int, str]]:
        """The feed and the month of each certificate whose file was not written: a run has failed or was killed."""
        rows = self._connection.query(
            "SELECT feed_id, month FROM unwritten_certificates JOIN certificates ON certificates.id = certificate_id"
        )
        return {(row["feed_id"], row["month"]) for row in rows}

    def _add_file(self, certificate_id: int, sha256: str, *, prsync_version: str, drawn_at: datetime) -> None:
        values = {
            "sha256": sha256,
            "certificate_id": certificate_id,
            "prsync_version": prsync_version,
            "drawn_at": utc_text(drawn_at),
        }
        self._connection.insert("certificate_files", values)
