"""Verifying a file: whether it is a certificate of this ledger, unaltered, and the current revision.

A file as issued is known by its SHA-256. Where the hash is unknown, a certificate number in the file tells an altered
certificate from any other file. Without a ledger, the file's signature says the same, but for the revision.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from prsync.certificates.genuine.issuer_key import PublicKey
from prsync.certificates.genuine.signature import signature_of
from prsync.certificates.numbers import NUMBER
from prsync.core.periods import month_of
from prsync.errors import InvalidValueError
from prsync.store.columns import parse_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prsync.store.ledger import Ledger
    from prsync.store.records import Certificate

_IDENTIFIER: Final = re.compile(rb"<dc:identifier>([^<]+)</dc:identifier>")
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_PDF_SIGNATURE: Final = b"%PDF-"
# PDF readers accept a file whose signature is somewhere in its first kilobyte.
_SIGNATURE_WITHIN_BYTES: Final = 1024
# A few kilobytes of a hostile file can unpack to gigabytes. A certificate's own streams are far smaller than this.
_MOST_UNPACKED_BYTES: Final = 2**22


class Verdict(StrEnum):
    """What a file turned out to be."""

    GENUINE = "genuine"
    """As issued, and the current revision."""
    REPLACED = "replaced"
    """As issued, and a later revision has replaced it."""
    ALTERED = "altered"
    """It carries the number of a certificate, and is not the file that was issued."""
    OTHER_ISSUER = "other_issuer"
    """It says that another key than the one that was given has signed it."""
    UNKNOWN = "unknown"
    """No certificate of this ledger; or, without one, no certificate that is signed.

    With a number it is signed by a key of this ledger's, which does not know it: an older one was put in its place.
    """


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found out about a file.

    `certificate` is the one that the file is, or whose number it carries; `replaced_by` is the number of the current
    revision where that is another one. `number` is that of the certificate, or what a genuine file says of itself.
    """

    file: Path
    sha256: str
    verdict: Verdict
    certificate: Certificate | None = None
    replaced_by: str | None = None
    number: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the file is unaltered, and the current revision as far as can be told."""
        return self.verdict is Verdict.GENUINE

    def document(self) -> dict[str, object]:
        """The output of `certificate verify --json`."""
        issued = self.certificate
        return {
            "file": str(self.file),
            "sha256": self.sha256,
            "verdict": self.verdict,
            "ok": self.ok,
            "number": issued.number if issued else self.number,
            "feed": issued.feed if issued else None,
            "month": issued.month if issued else None,
            "revision": issued.revision if issued else None,
            "pages": issued.pages if issued else None,
            "trees": issued.trees if issued else None,
            "provisional": issued.provisional if issued else None,
            "issued_at": issued.document()["issued_at"] if issued else None,
            "replaced_by": self.replaced_by,
        }


def verify_file(ledger: Ledger, file: Path) -> Verification:
    """Look a file up in the ledger, by its SHA-256 or else by the numbers in it; InvalidValueError if unreadable."""
    data = _read(file)
    digest = sha256(data).hexdigest()
    issued = ledger.certificates.find_by_file(digest)
    if issued is None:
        if (number := _number_that_is_signed(ledger, data)) is not None:
            return Verification(file, digest, Verdict.UNKNOWN, number=number)
        is_pdf = _PDF_SIGNATURE in data[:_SIGNATURE_WITHIN_BYTES]
        claimed = ledger.certificates.find_by_numbers(_numbers_in(data) if is_pdf else ())
        stated = _number_of(data)
        # One that states a number of its own which is none of the ledger's is none of its certificates, whichever it
        # names as the one that it replaces.
        if not claimed or (stated is not None and stated not in {one.number for one in claimed}):
            return Verification(file, digest, Verdict.UNKNOWN)
        # A certificate that replaces another one carries both numbers; its own is the later one.
        own = claimed[-1]
        replaced_by = _current_number_if_other(ledger, own)
        return Verification(file, digest, Verdict.ALTERED, certificate=own, replaced_by=replaced_by)
    replaced_by = _current_number_if_other(ledger, issued)
    verdict = Verdict.REPLACED if replaced_by else Verdict.GENUINE
    return Verification(file, digest, verdict, certificate=issued, replaced_by=replaced_by)


def verify_by_key(key: PublicKey, file: Path) -> Verification:
    """Check a file's signature, without a ledger; InvalidValueError if the file is unreadable."""
    data = _read(file)
    digest = sha256(data).hexdigest()
    found = signature_of(data)
    if found is None:
        return Verification(file, digest, Verdict.UNKNOWN)
    if found.fingerprint != key.fingerprint:
        return Verification(file, digest, Verdict.OTHER_ISSUER)
    if not key.has_signed(found.signed, found.signature):
        return Verification(file, digest, Verdict.ALTERED)
    return Verification(file, digest, Verdict.GENUINE, number=_number_of(data))


def _number_of(data: bytes) -> str | None:
    """The number that a certificate's file says is its own."""
    named = _IDENTIFIER.search(data)
    return named[1].decode() if named else None


def _number_that_is_signed(ledger: Ledger, data: bytes) -> str | None:
    """The number of a file that one of the ledger's own keys has signed as it is; None of any other.

    Where the ledger does not know it, an older one was put in its place: the file is not altered.
    """
    found = signature_of(data)
    keys = [PublicKey(pem) for pem in ledger.certificates.public_keys()] if found else []
    is_ours = found and any(
        key.fingerprint == found.fingerprint and key.has_signed(found.signed, found.signature) for key in keys
    )
    return _number_of(data) if is_ours else None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidValueError("FILE", str(file), f"cannot be read: {error.strerror or error}") from error


def _current_number_if_other(ledger: Ledger, certificate: Certificate) -> str | None:
    """The number of the current revision of a certificate's month; None where the certificate is the current one."""
    current = ledger.certificates.current(certificate.feed_id, month_of(parse_day(f"{certificate.month}-01")))
    return None if current is None or current.id == certificate.id else current.number


def _numbers_in(data: bytes) -> set[str]:
    """Every certificate number in a PDF, which another program may have saved anew."""
    # Such a program may write texts in UTF-16: without its zero bytes, a number in it reads like one in ASCII.
    texts = (part.replace(b"\0", b"").decode("latin-1") for part in _file_and_streams(data))
    return {number for text in texts for number in NUMBER.findall(text)}


def _file_and_streams(data: bytes) -> Iterator[bytes]:
    """The bytes of a PDF as they are, and then each of its compressed streams, unpacked as far as that goes."""
    yield data
    for stream in _STREAM.finditer(data):
        try:
            yield zlib.decompressobj().decompress(stream[1], _MOST_UNPACKED_BYTES)
        except zlib.error:
            continue
