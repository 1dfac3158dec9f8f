"""The signature of a whole file: every byte of it is signed, but for the hole in which the signature itself stands.

The hole has a fixed length and is full of zeros while the file is signed. It is in the file's XMP metadata, which are
plain text, beside the fingerprint of the key.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

EMPTY_HOLE: Final = "0" * 128
"""Where the signature will stand: 64 bytes in hexadecimal."""

# Small letters only: in capitals, the same signature would be other bytes of the file and still be true.
_SIGNED: Final = re.compile(rb'prsync:key="([0-9a-f]{64})" prsync:signature="([0-9a-f]{128})"')


class FileSignature(NamedTuple):
    """A file's signature, the fingerprint of the key that is said to have made it, and the bytes that are signed."""

    fingerprint: str
    signature: bytes
    signed: bytes


def signature_of(data: bytes) -> FileSignature | None:
    """The signature in a file; None where there is none, or more than one."""
    found = list(_SIGNED.finditer(data))
    if len(found) != 1:
        return None
    start, end = found[0].span(2)
    signed = data[:start] + EMPTY_HOLE.encode() + data[end:]
    return FileSignature(found[0][1].decode(), bytes.fromhex(found[0][2].decode()), signed)


def with_signature(data: bytes, signature: bytes) -> bytes:
    """A file with its signature in the hole."""
    found = signature_of(data)
    if found is None or found.signed != data:
        raise ValueError("no empty hole for a signature")
    at = data.index(b'prsync:signature="') + len(b'prsync:signature="')
    return data[:at] + signature.hex().encode() + data[at + len(EMPTY_HOLE) :]
