"""The link in the QR code: to the issuer's page, with what is certified and the issuer's signature of it.

After the # stand, in base 32, one byte for the version (1), the 64 bytes of the signature, and the text that is signed:
number, name, month, pages and trees, a line each, in UTF-8. A browser does not send what stands after the #. Base 32
has capitals and digits only, which a QR code stores in less space than other letters.
"""

from __future__ import annotations

from base64 import b32encode
from typing import TYPE_CHECKING, Any, Final

import segno

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.certificates.genuine.issuer_key import IssuerKey

_VERSION: Final = b"\x01"
CONTEXT: Final = "prsync certificate\n"
"""Stands before the text when it is signed, so that no other text that the key signs is taken for a certificate's."""


def make_link(verify_url: str, facts: Sequence[str], key: IssuerKey) -> str:
    """The link for a certificate's number, name, month, pages and trees."""
    text = "\n".join(facts)
    signature = key.sign((CONTEXT + text).encode())
    return f"{verify_url}#{b32encode(_VERSION + signature + text.encode()).decode().rstrip('=')}"


def qr_rows(link: str) -> list[list[bool]]:
    """The link as a QR code: its rows from the top, True where it is dark, without the white border around it."""
    url, _, certified = link.partition("#")
    # Two parts, since only the second one is of the letters that take less space.
    parts: Any = [(f"{url}#", None, None), (certified, None, None)]
    code = segno.make_qr(parts, error="l", boost_error=False)
    return [[bool(module) for module in row] for row in code.matrix]
