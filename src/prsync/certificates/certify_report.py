"""The report of a run of `certify`, for its `--json` and for the run's summary in the table `runs`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.core.model import Month
    from prsync.process.faults import Fault
    from prsync.store.records import Certificate


class CertifyOutcome(StrEnum):
    """How a run ended for one feed's month."""

    ISSUED = "issued"
    """A new certificate or a new revision of one."""
    UNCHANGED = "unchanged"
    """It was issued before, and its file is there as issued."""
    RESTORED = "restored"
    """It was issued before; its file was missing or altered, and was drawn again."""
    PENDING = "pending"
    """The month is not complete."""
    EMPTY = "empty"
    """The month is complete and has no page: there is nothing to certify."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReportedCertificate:
    """What a report tells of a certificate: all but its facts, which thousands of would be too much to keep."""

    number: str
    revision: int
    pages: int
    trees: str
    language: str
    provisional: bool

    @classmethod
    def of(cls, certificate: Certificate) -> Self:
        """What is told of that certificate."""
        return cls(
            number=certificate.number,
            revision=certificate.revision,
            pages=certificate.pages,
            trees=certificate.trees,
            language=certificate.language,
            provisional=certificate.provisional,
        )


@dataclass(slots=True)
class FeedCertificate:
    """The report for a month of a feed: `certificate` is the current one, `file` its PDF; None where there is none."""

    feed: str
    month: Month
    # Failed until the month is done: an error may end it anywhere.
    outcome: CertifyOutcome = CertifyOutcome.FAILED
    certificate: ReportedCertificate | None = None
    file: Path | None = None
    error: str | None = None
    is_paused: bool = False
    """Whether a person has paused the feed: then its month may wait."""
    was_altered: bool = False
    """Whether the file was there with other bytes than those issued, before it was restored."""
    fault: Fault | None = None
    """Where the error was raised, if it is an unforeseen one. It goes into the run's summary only."""

    @property
    def ok(self) -> bool:
        """Whether there is nothing for a person to do."""
        if self.outcome is CertifyOutcome.PENDING:
            return self.is_paused
        return self.outcome is not CertifyOutcome.FAILED and self.error is None

    def document(self) -> dict[str, object]:
        """The entry of `certificates` in the output of `certify --json`."""
        issued = self.certificate
        return {
            "feed": self.feed,
            "month": str(self.month),
            "outcome": self.outcome,
            "number": issued.number if issued else None,
            "revision": issued.revision if issued else None,
            "pages": issued.pages if issued else None,
            "trees": issued.trees if issued else None,
            "file": str(self.file) if self.file else None,
            "language": issued.language if issued else None,
            "provisional": issued.provisional if issued else None,
            "error": self.error,
        }


@dataclass(slots=True)
class CertifyReport:
    """The report of a whole run: one entry for each month of a feed, in the order in which they were certified.

    `month` is the last that was asked for.
    """

    month: Month
    certificates: list[FeedCertificate] = field(default_factory=list)
    strays: dict[Path, Path] = field(default_factory=dict)
    """Files beside current ones that look like current ones and that the ledger does not know, and those."""
    twice: dict[str, str] = field(default_factory=dict)
    """By the number of a first certificate that was issued now, that of the same month of a feed that was removed."""

    @property
    def ok(self) -> bool:
        """Whether every month is certified, by this run or by one before it, or need not be."""
        return all(certificate.ok for certificate in self.certificates)

    @property
    def faults(self) -> list[Fault]:
        """The unforeseen errors, at most one for each month of a feed."""
        return [certificate.fault for certificate in self.certificates if certificate.fault]

    def document(self) -> dict[str, object]:
        """The output of `certify --json`."""
        certificates = [certificate.document() for certificate in self.certificates]
        return {"month": str(self.month), "ok": self.ok, "certificates": certificates}
