"""What the doctor finds of the issuer: the brand and the key that tonight's certificates would be made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prsync.certificates.brand import BRAND_FILE
from prsync.certificates.genuine.issuer_key import KEY_FILE, read_key
from prsync.errors import PrsyncError, error_line
from prsync.services.finding import Finding
from prsync.services.issuer import brand_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prsync.store.ledger import Ledger


def issuer_findings(ledger: Ledger) -> Iterator[Finding]:
    """Of the brand and of the key, where there are any."""
    if (brand := ledger.path.with_name(BRAND_FILE)).exists():
        try:
            brand_of(ledger.path, None)
            yield Finding("brand", True, str(brand))
        except PrsyncError as error:
            yield Finding("brand", False, error_line(error))
    path = ledger.path.with_name(KEY_FILE)
    signed_by = ledger.certificates.last_public_key()
    try:
        key = read_key(path)
    except PrsyncError as error:
        yield Finding("issuer's key", False, error_line(error))
        return
    if key is None and signed_by is not None:
        found = "is not there, and prsync certify makes a new one: put the one back that has signed so far"
        yield Finding("issuer's key", False, f"{path} {found}")
    elif key is not None and signed_by is not None and key.public.pem != signed_by:
        yield Finding("issuer's key", None, f"{path} is another one than that of the last certificate")
    elif key is not None:
        yield Finding("issuer's key", True, str(path))
