"""The report of a run of `certify`, for its `--json` and for the run's summary in the table `runs`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

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
    FAILED = "failed"


@dataclass(slots=True)
class FeedCertificate:
    """The report for one feed: `certificate` is the current one, `file` its PDF; None as long as there is none."""

    feed: str
    # Failed until the month is done: an error may end it anywhere.
    outcome: CertifyOutcome = CertifyOutcome.FAILED
    certificate: Certificate | None = None
    file: Path | None = None
    error: str | None = None
    was_altered: bool = False
    """Whether the file was there with other bytes than those issued, before it was restored."""
    fault: Fault | None = None
    """Where the error was raised, if it is an unforeseen one. It goes into the run's summary only."""

    def document(self) -> dict[str, object]:
        """The entry of `certificates` in the output of `certify --json`."""
        issued = self.certificate
        return {
            "feed": self.feed,
            "outcome": self.outcome,
            "number": issued.number if issued else None,
            "revision": issued.revision if issued else None,
            "pages": issued.pages if issued else None,
            "trees": issued.trees if issued else None,
            "file": str(self.file) if self.file else None,
            "error": self.error,
        }


@dataclass(slots=True)
class CertifyReport:
    """The report of a whole run: one entry for each feed, in the order in which they were certified."""

    month: Month
    certificates: list[FeedCertificate] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every feed's month is certified, by this run or by one before it."""
        return all(c.outcome not in {CertifyOutcome.PENDING, CertifyOutcome.FAILED} for c in self.certificates)

    @property
    def faults(self) -> list[Fault]:
        """The unforeseen errors, at most one for each feed."""
        return [certificate.fault for certificate in self.certificates if certificate.fault]

    def document(self) -> dict[str, object]:
        """The output of `certify --json`."""
        certificates = [certificate.document() for certificate in self.certificates]
        return {"month": str(self.month), "ok": self.ok, "certificates": certificates}
