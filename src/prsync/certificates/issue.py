"""Issuing certificates: one for each complete month of a feed, once; and restoring files that are missing.

A certificate is written into the ledger before its file is written. A run that is stopped in between leaves a
certificate without a file, which the next run restores, and never a file that the ledger does not know.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from prsync import __version__
from prsync.certificates.certify_report import CertifyOutcome, FeedCertificate
from prsync.certificates.due import first_day, has_begun, last_day, reason_to_wait
from prsync.certificates.facts import Facts
from prsync.certificates.numbers import file_name, number_of
from prsync.certificates.page import draw_page
from prsync.certificates.pdf_file import sha256_of, write_atomically
from prsync.core.periods import day_of
from prsync.core.trees import PAGES_PER_TREE, trees
from prsync.errors import PrsyncError, error_line
from prsync.process.faults import Fault
from prsync.store.certificate_table import NewCertificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from prsync.core.model import Deposit, Month
    from prsync.store.ledger import Ledger
    from prsync.store.records import Certificate, Feed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certifier:
    """Certifies months.

    The files go into `folder`; `now` is aware. `allow_incomplete`: issue provisional certificates for months that are
    not complete yet. `reissue`: issue a new revision also where nothing but the feed's name has changed.
    """

    ledger: Ledger
    folder: Path
    now: datetime
    allow_incomplete: bool = False
    reissue: bool = False

    def certify(self, due: Iterable[tuple[Feed, Month]]) -> list[FeedCertificate]:
        """Certify each feed's month. An error goes into the report, and the next one is still done."""
        return [self._certify(feed, month) for feed, month in due]

    def _certify(self, feed: Feed, month: Month) -> FeedCertificate:
        report = FeedCertificate(feed.name, month)
        try:
            # Read again: the feed may have been synced further, or removed, since the run began.
            self._certify_month(self.ledger.feeds.get(feed.id), report)
        except PrsyncError as error:
            report.error = error_line(error)
        except Exception as error:  # a bug that one feed's data bring out must not take the others' certificates
            log.debug("feed %s", feed.name, exc_info=True)
            report.fault = Fault.of(error, feed.name)
            report.error = error_line(error)
        if report.error:
            log.info("feed %s: %s", feed.name, report.error, extra={"server": feed.server, "feed": feed.name})
        return report

    def _certify_month(self, feed: Feed, report: FeedCertificate) -> None:
        month = report.month
        reason = reason_to_wait(feed, month, self.now)
        if reason and not (self.allow_incomplete and has_begun(feed, month, self.now)):
            report.outcome, report.error, report.is_paused = CertifyOutcome.PENDING, reason, feed.paused
            return
        deposits = self.ledger.days.deposits_of(feed.id, month)
        if not any(deposit.pages for deposit in deposits):
            report.outcome = CertifyOutcome.EMPTY
            return
        current = self.ledger.certificates.current(feed.id, month)
        if current is None or self.reissue or _is_outdated(current, deposits, complete=not reason):
            self._issue(feed, deposits, report, replaced=current, provisional=bool(reason))
        else:
            self._restore(current, report)

    def _issue(
        self,
        feed: Feed,
        deposits: Sequence[Deposit],
        report: FeedCertificate,
        *,
        replaced: Certificate | None,
        provisional: bool,
    ) -> None:
        facts = self._facts(feed, report.month, deposits, replaced=replaced, provisional=provisional)
        drawn = draw_page(facts)
        new = NewCertificate(
            feed_id=feed.id,
            month=facts.month,
            revision=facts.revision,
            number=facts.number,
            pages=facts.pages,
            trees=str(facts.trees),
            pages_per_tree=facts.pages_per_tree,
            provisional=facts.provisional,
            issued_at=facts.issued_at,
            sha256=sha256(drawn).hexdigest(),
            replaces=facts.replaces,
            facts=facts.to_json(),
        )
        report.certificate = self.ledger.certificates.issue(new, __version__)
        report.file = self.folder / file_name(facts)
        write_atomically(report.file, drawn)
        report.outcome = CertifyOutcome.ISSUED

    def _facts(
        self, feed: Feed, month: Month, deposits: Sequence[Deposit], *, replaced: Certificate | None, provisional: bool
    ) -> Facts:
        # Whole seconds, because the date in a PDF has no more.
        issued_at = self.now.replace(microsecond=0)
        revision = replaced.revision + 1 if replaced else 1
        pages = sum(deposit.pages for deposit in deposits)
        return Facts(
            number=number_of(feed, month, revision=revision, issued_at=issued_at),
            revision=revision,
            replaces=replaced.number if replaced else None,
            feed=feed.name,
            month=month,
            first_day=first_day(feed, month),
            last_day=last_day(feed, month),
            provisional=provisional,
            pages=pages,
            trees=trees(pages),
            pages_per_tree=PAGES_PER_TREE,
            issued_at=issued_at,
            issued_on=day_of(issued_at, feed.timezone),
            days=tuple(deposits),
        )

    def _restore(self, current: Certificate, report: FeedCertificate) -> None:
        """Draw the file again, unless it is there and is one that was drawn from this certificate before."""
        facts = Facts.from_json(current.facts)
        # There can be several: another version of prsync or of reportlab may draw the same facts with other bytes.
        known = self.ledger.certificates.file_hashes(current)
        report.certificate, report.file = current, self.folder / file_name(facts)
        found = sha256_of(report.file)
        if found in known:
            report.outcome = CertifyOutcome.UNCHANGED
            return
        drawn = draw_page(facts)
        if (digest := sha256(drawn).hexdigest()) not in known:
            self.ledger.certificates.add_file(current, digest, prsync_version=__version__, now=self.now)
        write_atomically(report.file, drawn)
        report.outcome, report.was_altered = CertifyOutcome.RESTORED, found is not None


def _is_outdated(current: Certificate, deposits: Sequence[Deposit], *, complete: bool) -> bool:
    """Whether a new revision is due: other days are deposited by now, or a provisional one's month is complete."""
    return Facts.from_json(current.facts).days != tuple(deposits) or (current.provisional and complete)
