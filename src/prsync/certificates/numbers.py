"""A certificate's number, and the name of its file."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from prsync.core.model import Month
    from prsync.store.records import Feed

# Crockford's base 32: none is easily confused with another one on paper or on the telephone.
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

NUMBER: Final = re.compile(rf"PR-\d{{4}}-\d{{2}}-\d{{4,}}-R\d+-[{_LETTERS}]{{4}}")
# A file name may have 255 bytes on most file systems; the month and the number need about 40 of them.
_MOST_NAME_BYTES: Final = 80


def number_of(feed: Feed, month: Month, *, revision: int, issued_at: datetime) -> str:
    """The number of a new certificate, as PR-2026-10-0007-R1-K7QF: month, feed, revision, and four letters.

    Month, feed and revision are unique within a ledger. The letters are a hash of the organization and the instant
    of issuing: another ledger, or this one restored from a backup, would else give the same number to another
    certificate.
    """
    seed = f"{feed.server}|{feed.organization_id}|{feed.created_at.isoformat()}|{issued_at.isoformat()}"
    digest = sha256(f"{seed}|{month}|{revision}".encode()).digest()
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:4])
    return f"PR-{month}-{feed.id:04}-R{revision}-{letters}"


def file_name(month: str, feed: str, number: str) -> str:
    """The name of a certificate's file: 2026-10_Acme-A-S_PR-2026-10-0007-R1-K7QF.pdf.

    It has letters of any script, digits, "-", "_" and "." only, which are safe in every shell and file system. The
    number makes it unique.
    """
    name = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", feed)).strip("-")
    # Shortened by characters, not by bytes: a file name must not end in half of one.
    while len(name.encode()) > _MOST_NAME_BYTES:
        name = name[:-1]
    return "_".join(part for part in (month, name.strip("-"), number) if part) + ".pdf"
