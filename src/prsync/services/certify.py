"""A run of `certify`: which month of which feeds, one run at a time, and a row in the ledger of what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prsync.certificates.due import begins_on
from prsync.certificates.issue import Certifier
from prsync.core.periods import month_before, today
from prsync.errors import InvalidValueError
from prsync.services.locks import certificates_lock
from prsync.services.runs import recorded
from prsync.services.values import parse_month

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from prsync.certificates.certify_report import CertifyReport
    from prsync.core.model import Month
    from prsync.services.watch import Watch
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifyRequest:
    """What a person asked for: a month as written, None for the last one; names of feeds, none for all."""

    month: str | None = None
    feeds: Sequence[str] = ()
    folder: Path
    allow_incomplete: bool = False


def run_certify(
    ledger: Ledger, request: CertifyRequest, *, now: datetime, local_timezone: str, watch: Watch, wait: float = 0.0
) -> CertifyReport:
    """Issue what is due of what was asked for, and note the run in the ledger."""
    month, feeds = _wanted(ledger, request, now, local_timezone)
    _make_folder(request.folder)
    with certificates_lock(ledger, now, wait=wait), recorded(ledger, "certify", now) as record:
        certifier = Certifier(
            ledger=ledger, folder=request.folder, month=month, now=now, allow_incomplete=request.allow_incomplete
        )
        report = certifier.certify(_watched(feeds, watch))
        record.done(report.document(), report.faults, ok=report.ok)
    return report


def _wanted(ledger: Ledger, request: CertifyRequest, now: datetime, local_timezone: str) -> tuple[Month, list[Feed]]:
    """The month, and the feeds that have days in it."""
    named = [ledger.feeds.find(name) for name in dict.fromkeys(request.feeds)]
    # By id, since one feed may have been named by its name and by its id.
    feeds = list({feed.id: feed for feed in named or ledger.feeds.all()}.values())
    here = today(now, local_timezone)
    month = month_before(here) if request.month is None else parse_month("--month", request.month)
    # A month that has begun for one of the feeds may be certified for that one.
    if month.first_day > max([here, *(today(now, feed.timezone) for feed in feeds)]):
        raise InvalidValueError("--month", str(month), "has not begun yet")
    # A feed that was named must have days then; among all feeds, those that begin later are no error.
    for feed in named:
        if begins_on(feed) > month.last_day:
            raise InvalidValueError("--feed", feed.name, f"begins on {begins_on(feed)}, after {month}")
    return month, [feed for feed in feeds if begins_on(feed) <= month.last_day]


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidValueError("--output", str(folder), f"cannot be made: {error.strerror or error}") from error


def _watched(feeds: Sequence[Feed], watch: Watch) -> Iterator[Feed]:
    watch.begin(len(feeds))
    for feed in feeds:
        watch.feed(feed.name, 1)
        yield feed
        watch.day()
