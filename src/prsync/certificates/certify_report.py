"""What a run of `certify` did, as its `--json` says it and as a row of `runs` keeps it."""

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
    """What a run came to for one feed's month."""

    ISSUED = "issued"
    UNCHANGED = "unchanged"
    RESTORED = "restored"
    PENDING = "pending"
    FAILED = "failed"


@dataclass(slots=True)
class FeedCertificate:
    """What a run did for one feed. `certificate` is the one that stands, once it is known."""

    feed: str
    outcome: CertifyOutcome = CertifyOutcome.FAILED
    certificate: Certificate | None = None
    file: Path | None = None
    error: str | None = None
    was_altered: bool = False
    """The file was there with other bytes than were issued, and is restored."""
    fault: Fault | None = None
    """Where the error was raised, if nobody foresaw it. For the run's summary alone."""

    def document(self) -> dict[str, object]:
        """The report as `certify --json` has it."""
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
    """What a run did."""

    month: Month
    certificates: list[FeedCertificate] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every feed's month is certified."""
        return all(c.outcome not in {CertifyOutcome.PENDING, CertifyOutcome.FAILED} for c in self.certificates)

    @property
    def faults(self) -> list[Fault]:
        """The unforeseen errors, each of a feed."""
        return [certificate.fault for certificate in self.certificates if certificate.fault]

    def document(self) -> dict[str, object]:
        """The report as `certify --json` has it."""
        certificates = [certificate.document() for certificate in self.certificates]
        return {"month": str(self.month), "ok": self.ok, "certificates": certificates}
