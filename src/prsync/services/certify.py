"""A run of `certify`: which months of which feeds, one run at a time, and a row in the ledger of what came of it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prsync.certificates.certify_report import CertifyOutcome, CertifyReport
from prsync.certificates.due import begins_on, ends_on, has_days, months_since
from prsync.certificates.facts import days_in
from prsync.certificates.issue import Certifier
from prsync.certificates.open_months import OpenMonths
from prsync.certificates.strays import stray_files
from prsync.core.periods import month_before, today
from prsync.errors import InvalidValueError, NotFoundError
from prsync.services.issuer import brand_of, issuer_key
from prsync.services.locks import certificates_lock
from prsync.services.runs import recorded
from prsync.services.values import parse_month

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from prsync.core.model import Month
    from prsync.services.watch import Watch
    from prsync.store.ledger import Ledger
    from prsync.store.records import Certificate, Feed

    DueMonth = tuple[Feed, Month]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifyRequest:
    """What a person asked for, as written: months, or all since one; names of feeds, none for all.

    Without a month: the last one that is over, and each before it that should have a certificate and has none.
    `reissue` is one feed's name and a month, and nothing else is asked for then. Without a `brand` it is brand.toml
    beside the ledger, if that is there.
    """

    months: Sequence[str] = ()
    since: str | None = None
    feeds: Sequence[str] = ()
    reissue: tuple[str, str] | None = None
    folder: Path
    brand: Path | None = None
    allow_incomplete: bool = False


def run_certify(
    ledger: Ledger, request: CertifyRequest, *, now: datetime, local_timezone: str, watch: Watch, wait: float = 0.0
) -> CertifyReport:
    """Issue what is due of what was asked for, and note the run in the ledger."""
    wanted = _Wanted(ledger=ledger, request=request, now=now, local_timezone=local_timezone)
    last, due = wanted.reissued() if request.reissue else wanted.due()
    brand = brand_of(ledger.path, request.brand)
    _make_folder(request.folder)
    with certificates_lock(ledger, now, wait=wait), recorded(ledger, "certify", now) as record:
        certifier = Certifier(
            ledger=ledger,
            folder=request.folder,
            now=now,
            brand=brand,
            key=issuer_key(ledger, now),
            allow_incomplete=request.allow_incomplete,
            reissue=request.reissue is not None,
        )
        report = CertifyReport(last, certifier.certify(_watched(due, watch)))
        report.twice = _certified_twice(ledger, report)
        report.strays = stray_files(request.folder, filter(None, (one.file for one in report.certificates)))
        record.done(report.document(), report.faults, ok=report.ok)
    return report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """From what a person asked for to months of feeds."""

    ledger: Ledger
    request: CertifyRequest
    now: datetime
    local_timezone: str

    def due(self) -> tuple[Month, list[DueMonth]]:
        """The last month that was asked for, and what is due of all."""
        named = [self.ledger.feeds.find(name) for name in dict.fromkeys(self.request.feeds)]
        # By id, since one feed may have been named by its name and by its id.
        feeds = list({feed.id: feed for feed in named or self.ledger.feeds.all()}.values())
        last = month_before(today(self.now, self.local_timezone))
        months = self._named_months(feeds, last)
        # A feed that was named must have days then; among all feeds, those that have none are no error.
        for feed in named:
            _expect_begun(feed, months[-1] if months else last)
            if months:
                _expect_days(feed, months)
        if months:
            return months[-1], [(feed, month) for feed in feeds for month in months if has_days(feed, month)]
        open_months = OpenMonths(self.ledger)
        due = [(feed, month) for feed in feeds for month in open_months.due(feed, last)]
        for feed in named:
            if not any(one.id == feed.id for one, _ in due):
                _expect_days(feed, [last])
        return last, due

    def reissued(self) -> tuple[Month, list[DueMonth]]:
        """The one month of a feed that is to have a new revision."""
        if self.request.months or self.request.since or self.request.feeds:
            raise InvalidValueError("--reissue", "and --month, --since or --feed", "it names its feed and month itself")
        name, text = self.request.reissue or ("", "")
        feed, month = self.ledger.feeds.find(name), parse_month("--reissue", text)
        if self.ledger.certificates.current(feed.id, month) is None:
            first = shlex.join(["prsync", "certify", "--month", str(month), "--feed", name])
            reason = f"no certificate of that month has been issued; {first} issues one"
            raise InvalidValueError("--reissue", f"{name} {month}", reason)
        return month, [(feed, month)]

    def _named_months(self, feeds: Sequence[Feed], last: Month) -> list[Month]:
        """The months that were named, in their order; none where none was."""
        months = [parse_month("--month", text) for text in self.request.months]
        # A month that has begun for one of the feeds may be certified for that one.
        latest = max([today(self.now, self.local_timezone), *(today(self.now, feed.timezone) for feed in feeds)])
        if self.request.since is not None:
            first = parse_month("--since", self.request.since)
            if first.first_day > last.first_day:
                raise InvalidValueError("--since", str(first), f"is after {last}, the last month that is over")
            months += months_since(first, last)
        for month in months:
            if month.first_day > latest:
                raise InvalidValueError("--month", str(month), "has not begun yet")
        return sorted(set(months), key=lambda month: month.first_day)


def _expect_begun(feed: Feed, last: Month) -> None:
    """InvalidValueError for a feed that begins after the month."""
    if begins_on(feed) > last.last_day:
        raise InvalidValueError("--feed", feed.name, f"begins on {begins_on(feed)}, after {last}")


def _expect_days(feed: Feed, months: Sequence[Month]) -> None:
    """InvalidValueError for a feed that has ended before the first of the months."""
    ended = ends_on(feed)
    if ended is not None and ended < months[0].first_day:
        raise InvalidValueError("--feed", feed.name, f"ends on {ended}, before {months[0]}")


def certificates_of(ledger: Ledger, *, month: str | None = None, feed: str | None = None) -> list[Certificate]:
    """The certificates issued, by month and feed: of one month as written, of one feed by its name or id, or of all.

    A feed that was removed is looked for by the name that is printed.
    """
    wanted = parse_month("--month", month) if month is not None else None
    if feed is None:
        return ledger.certificates.all(month=wanted)
    try:
        feed_id = ledger.feeds.find(feed).id
    except NotFoundError:
        printed = [certificate for certificate in ledger.certificates.all(month=wanted) if certificate.feed == feed]
        if not printed:
            raise
        return printed
    return ledger.certificates.all(month=wanted, feed_id=feed_id)


def _certified_twice(ledger: Ledger, report: CertifyReport) -> dict[str, str]:
    """The first certificates of months of which a feed of the same name, since removed, has one; and that one."""
    issued = [(one, one.certificate) for one in report.certificates if one.outcome is CertifyOutcome.ISSUED]
    before = ledger.certificates.numbers_of_removed_feeds() if issued else {}
    twice = {
        certificate.number: before[one.feed, str(one.month)]
        for one, certificate in issued
        if certificate is not None and certificate.revision == 1 and (one.feed, str(one.month)) in before
    }
    return {number: other for number, other in twice.items() if _share_a_day(ledger, number, other)}


def _share_a_day(ledger: Ledger, *numbers: str) -> bool:
    """Whether two certificates are of the same day: a customer who has left and come back may have one of each time."""
    one, other = (
        {day.date for day in days_in(certificate.facts)} for certificate in ledger.certificates.find_by_numbers(numbers)
    )
    return not one.isdisjoint(other)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidValueError("--output", str(folder), f"cannot be made: {error.strerror or error}") from error


def _watched(due: list[DueMonth], watch: Watch) -> Iterator[DueMonth]:
    """Each month in its turn, told to whoever watches; certifying one counts as one day. None is left in the list."""
    watch.begin(len(due))
    # What is done with is let go: a report of thousands takes the room that the feeds took.
    due.reverse()
    while due:
        feed, month = due.pop()
        watch.feed(feed.name, 1)
        yield feed, month
        watch.day()
