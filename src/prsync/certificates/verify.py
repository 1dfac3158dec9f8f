"""Verifying: whether a file is one of ours, unaltered, and the current revision."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from prsync.certificates.numbers import NUMBER
from prsync.core.periods import month_of
from prsync.errors import InvalidValueError
from prsync.store.columns import day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prsync.store.ledger import Ledger
    from prsync.store.records import Certificate

_STREAM: Final = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_PDF: Final = b"%PDF-"
_ENOUGH: Final = 2**22
"""Bytes of an unpacked stream that are looked at: no more than a hostile file can make of a few."""


class Verdict(StrEnum):
    """What a file is."""

    GENUINE = "genuine"
    REPLACED = "replaced"
    ALTERED = "altered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: the certificate that the file is, or says it is, and the number of the one that replaced it."""

    file: Path
    sha256: str
    verdict: Verdict
    certificate: Certificate | None = None
    replaced_by: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the file is one of ours, unaltered, and the current revision."""
        return self.verdict is Verdict.GENUINE

    def document(self) -> dict[str, object]:
        """What was found, as `certificate verify --json` has it."""
        issued = self.certificate
        return {
            "file": str(self.file),
            "sha256": self.sha256,
            "verdict": self.verdict,
            "ok": self.ok,
            "number": issued.number if issued else None,
            "feed": issued.feed if issued else None,
            "month": issued.month if issued else None,
            "revision": issued.revision if issued else None,
            "pages": issued.pages if issued else None,
            "trees": issued.trees if issued else None,
            "provisional": issued.provisional if issued else None,
            "issued_at": issued.document()["issued_at"] if issued else None,
            "replaced_by": self.replaced_by,
        }


def verify(ledger: Ledger, file: Path) -> Verified:
    """Look a file up in the ledger by its SHA-256, and else by the number it carries."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InvalidValueError("FILE", str(file), f"cannot be read: {error.strerror or error}") from error
    digest = sha256(data).hexdigest()
    issued = ledger.certificates.of_file(digest)
    if issued is None:
        claimed = ledger.certificates.numbered(_numbers(data) if _PDF in data[:1024] else ())
        if not claimed:
            return Verified(file, digest, Verdict.UNKNOWN)
        # One that replaces another carries both numbers; its own is the later one.
        return Verified(file, digest, Verdict.ALTERED, claimed[-1], _replaced_by(ledger, claimed[-1]))
    replaced_by = _replaced_by(ledger, issued)
    return Verified(file, digest, Verdict.REPLACED if replaced_by else Verdict.GENUINE, issued, replaced_by)


def _replaced_by(ledger: Ledger, certificate: Certificate) -> str | None:
    current = ledger.certificates.current(certificate.feed_id, month_of(day(f"{certificate.month}-01")))
    return None if current is None or current.id == certificate.id else current.number


def _numbers(data: bytes) -> set[str]:
    """Every certificate number in a file, also where another program has packed it, or written it in UTF-16."""
    return {number for part in _parts(data) for number in NUMBER.findall(part.replace(b"\0", b"").decode("latin-1"))}


def _parts(data: bytes) -> Iterator[bytes]:
    yield data
    for stream in _STREAM.finditer(data):
        try:
            yield zlib.decompressobj().decompress(stream[1], _ENOUGH)
        except zlib.error:
            continue
