"""Keeps what goes wrong with one feed from the next: it becomes that feed's failure in the report."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prsync.errors import ConstraintError, LedgerFileError, PrsyncError, error_line
from prsync.process.faults import Fault
from prsync.services.sync_report import FeedOutcome, FeedReport

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Failure:
    """What went wrong with a feed, if anything did."""

    error: Exception | None = None


@contextmanager
def isolated(report: FeedReport) -> Iterator[Failure]:
    """Make whatever goes wrong in here the failure of this one feed, so that the next is collected all the same.

    But a ledger that cannot be written fails the whole run: the next feed would fare no better.
    """
    failure = Failure()
    try:
        yield failure
    except LedgerFileError as error:
        if not isinstance(error, ConstraintError):
            raise
        failure.error = error
        _fail(report, error_line(error))
    except PrsyncError as error:
        failure.error = error
        _fail(report, error_line(error))
    except Exception as error:
        failure.error = error
        log.debug("feed %s", report.feed, exc_info=True)
        report.fault = Fault.of(error, report.feed)
        _fail(report, error_line(error))


def _fail(report: FeedReport, error: str) -> None:
    log.info("feed %s: %s", report.feed, error, extra={"server": report.server, "feed": report.feed})
    report.outcome, report.error = FeedOutcome.FAILED, error
