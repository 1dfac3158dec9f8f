"""Issuing certificates: one for each complete month of a feed, once; and restoring files that are missing.

A certificate is written into the ledger before its file is written. A run that is stopped in between leaves a
certificate without a file, which the ledger knows to be missing and the next run restores, whatever its month. It never
leaves a file that the ledger does not know.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from prsync import __version__
from prsync.certificates.certify_report import CertifyOutcome, FeedCertificate, ReportedCertificate
from prsync.certificates.composition import Certified, compose
from prsync.certificates.drawn.page import draw_page
from prsync.certificates.due import first_day, has_begun, last_day, reason_to_wait
from prsync.certificates.facts import Facts, can_be_drawn, days_in
from prsync.certificates.genuine.signature import with_signature
from prsync.certificates.numbers import file_name, number_of
from prsync.certificates.pdf_file import set_aside, sha256_of, write_atomically
from prsync.certificates.words import MonthFigures
from prsync.core.periods import day_of
from prsync.core.trees import PAGES_PER_TREE, trees
from prsync.errors import NotRestorableError, PrsyncError, error_line
from prsync.process.faults import Fault
from prsync.store.certificate_table import NewCertificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from decimal import Decimal
    from pathlib import Path

    from prsync.certificates.brand import Brand
    from prsync.certificates.genuine.issuer_key import IssuerKey
    from prsync.core.model import Deposit, Month
    from prsync.store.ledger import Ledger
    from prsync.store.records import Certificate, Feed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certifier:
    """Certifies months.

    The files go into `folder`; `now` is aware. They look as `brand` says and are signed with `key`. `allow_incomplete`:
    issue provisional certificates for months that are not complete yet. `reissue`: issue a new revision also where
    nothing but the feed's name or the brand has changed.
    """

    ledger: Ledger
    folder: Path
    now: datetime
    brand: Brand
    key: IssuerKey
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
        reason = reason_to_wait(feed, month, self.now) or self._reason_of_totals(feed)
        current = self.ledger.certificates.current(feed.id, month)
        deposits = self.ledger.days.deposits_of(feed.id, month)
        has_pages = any(deposit.pages for deposit in deposits)
        # Of an incomplete month without a page so far nobody knows yet that it is empty.
        if reason and not (self.allow_incomplete and has_pages and has_begun(feed, month, self.now)):
            if current is not None:  # it waits for a revision; until then its file stays
                self._restore(current, kept := FeedCertificate(feed.name, month))
                self._settle(current)
                report.was_altered, report.file = kept.was_altered, kept.file if kept.was_altered else None
            report.outcome, report.error, report.is_paused = CertifyOutcome.PENDING, reason, feed.paused
            return
        if not has_pages:
            report.outcome = CertifyOutcome.EMPTY
            return
        if current is None or self.reissue or _is_outdated(current, deposits, complete=not reason):
            current = self._issue(feed, deposits, report, replaced=current, provisional=bool(reason))
        else:
            self._restore(current, report)
        self._settle(current)

    def _reason_of_totals(self, feed: Feed) -> str | None:
        """Why a certificate that tells the trees since the customer has joined has to wait; None where it need not."""
        if not self.brand.totals or feed.joining_from is None:
            return None
        since = feed.joining_from
        return f"it tells the trees since {since}, and those days are not collected yet: prsync sync collects them"

    def _issue(
        self,
        feed: Feed,
        deposits: Sequence[Deposit],
        report: FeedCertificate,
        *,
        replaced: Certificate | None,
        provisional: bool,
    ) -> Certificate:
        figures = self._figures_of(feed, report.month, deposits, replaced=replaced, provisional=provisional)
        # Whole seconds, because the date in a PDF has no more.
        issued_at = self.now.replace(microsecond=0)
        certified = Certified(
            number=number_of(feed, figures.month, revision=figures.revision, issued_at=issued_at),
            feed=feed.name,
            figures=figures,
            issued_at=issued_at,
            language=feed.language or self.brand.language,
            paper=feed.paper or self.brand.paper,
        )
        facts, parts = compose(certified, self.brand, self.key)
        drawn = draw_page(facts, parts, self.key.public.fingerprint)
        signature = self.key.sign(drawn)
        signed = with_signature(drawn, signature)
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
            sha256=sha256(signed).hexdigest(),
            replaces=facts.replaces,
            facts=facts.to_json(),
            signature=signature.hex(),
            signed_by=self.key.public.fingerprint,
        )
        issued = self.ledger.certificates.issue(new, __version__, parts)
        report.certificate, report.file = ReportedCertificate.of(issued), self._file_of(issued)
        write_atomically(report.file, signed)
        report.outcome = CertifyOutcome.ISSUED
        return issued

    def _figures_of(
        self, feed: Feed, month: Month, deposits: Sequence[Deposit], *, replaced: Certificate | None, provisional: bool
    ) -> MonthFigures:
        pages = sum(deposit.pages for deposit in deposits)
        return MonthFigures(
            month=month,
            first_day=first_day(feed, month),
            last_day=last_day(feed, month),
            days=deposits,
            provisional=provisional,
            pages=pages,
            trees=trees(pages),
            pages_per_tree=PAGES_PER_TREE,
            issued_on=day_of(self.now.replace(microsecond=0), feed.timezone),
            revision=replaced.revision + 1 if replaced else 1,
            replaces=replaced.number if replaced else None,
            totals=self._totals(feed, month) if self.brand.totals else None,
        )

    def _totals(self, feed: Feed, month: Month) -> tuple[Decimal, Decimal, date]:
        """The trees of the month's year, and all since the feed's activation date, both through the month's end.

        They are of the sum of the pages: of months that were rounded, the sum would be another.
        """
        joined = feed.activation_date  # days that are yet to join in front are in no sum
        year, all_days = (
            self.ledger.days.pages_between(feed.id, first, month.last_day)
            for first in (month.first_day.replace(month=1), joined)
        )
        return trees(year), trees(all_days), joined

    def _restore(self, current: Certificate, report: FeedCertificate) -> None:
        """Draw the file again, unless it is there as issued; NotRestorableError where it would be another one."""
        known = self.ledger.certificates.file_hashes(current)
        report.certificate, report.file = ReportedCertificate.of(current), self._file_of(current)
        found = sha256_of(report.file)
        if found in known:
            report.outcome = CertifyOutcome.UNCHANGED
            return
        drawn = self._drawn_again(current)
        if drawn is None or sha256(drawn).hexdigest() not in known:
            raise NotRestorableError(current.number, current.feed, current.month)
        write_atomically(report.file, drawn)
        report.outcome, report.was_altered = CertifyOutcome.RESTORED, found is not None

    def _drawn_again(self, certificate: Certificate) -> bytes | None:
        """The file of a certificate, from what the ledger keeps of it; None where that was not kept yet."""
        if not can_be_drawn(certificate.facts) or certificate.signature is None or certificate.signed_by is None:
            return None
        facts = Facts.from_json(certificate.facts)
        parts = self.ledger.certificates.parts(filter(None, (facts.font, facts.logo, facts.signature)))
        drawn = draw_page(facts, parts, certificate.signed_by)
        return with_signature(drawn, bytes.fromhex(certificate.signature))

    def _settle(self, current: Certificate) -> None:
        """Move the files of the revisions before into `replaced/`: those in the folder itself are the current ones.

        Only then is nothing left to do: a run that was stopped before is looked at again by the next.
        """
        if current.revision > 1:
            for replaced in self.ledger.certificates.revisions_before(current):
                set_aside(self._file_of(replaced))
        self.ledger.certificates.was_written(current.id)

    def _file_of(self, certificate: Certificate) -> Path:
        return self.folder / file_name(certificate.month, certificate.feed, certificate.number)


def _is_outdated(current: Certificate, deposits: Sequence[Deposit], *, complete: bool) -> bool:
    """Whether a new revision is due: other days are deposited by now, or a provisional one's month is complete."""
    return days_in(current.facts) != tuple(deposits) or (current.provisional and complete)
