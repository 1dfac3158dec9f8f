"""The issuer's key: an Ed25519 private key in a PEM file (PKCS#8) beside the ledger, which only its owner can read."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from prsync.errors import IssuerKeyError
from prsync.process.files import replace_file

if TYPE_CHECKING:
    from pathlib import Path

KEY_FILE: Final = "issuer-key.pem"
PUBLIC_KEY_BEGINNING: Final = b"-----BEGIN PUBLIC KEY-----"
_OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The key by which anybody can tell what the issuer has signed; `pem` is its text (SubjectPublicKeyInfo)."""

    pem: str

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the key in DER, in hexadecimal."""
        return sha256(self._key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()

    @property
    def raw(self) -> bytes:
        """The key's 32 bytes."""
        return self._key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's, of exactly that message."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    @property
    def _key(self) -> Ed25519PublicKey:
        key = load_pem_public_key(self.pem.encode())
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("is no Ed25519 key")  # noqa: TRY004  # what `parse_public_key` promises
        return key


def parse_public_key(data: bytes) -> PublicKey:
    """A public key from the bytes of a PEM file; ValueError where it is none."""
    try:
        key = PublicKey(data.decode("ascii").strip() + "\n")
        key.raw  # noqa: B018  # it is read here, so that a file which is none is refused here
    except (UnicodeDecodeError, UnsupportedAlgorithm, ValueError) as error:
        raise ValueError("is no public key as prsync certificate key export writes it") from error
    return key


class IssuerKey:
    """The private key. Its value is never shown."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.public = PublicKey(pem.decode("ascii"))

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes; the same message has always the same."""
        return self._key.sign(message)


def throw_away_key() -> IssuerKey:
    """A key that is kept nowhere: for samples, which nobody is to take for genuine."""
    return IssuerKey(Ed25519PrivateKey.generate())


def read_or_make_key(path: Path) -> IssuerKey:
    """The key in a file, which is made where it is not there; IssuerKeyError where it cannot be used."""
    return read_key(path) or _made(path)


def read_key(path: Path) -> IssuerKey | None:
    """The key in a file; None where there is no such file, and IssuerKeyError where it cannot be used."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise IssuerKeyError(path, f"cannot be read: {error.strerror or error}") from error
    try:
        key = load_pem_private_key(data, password=None)
    except (UnsupportedAlgorithm, TypeError, ValueError) as error:
        raise IssuerKeyError(path, "is no private key in PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise IssuerKeyError(path, "is no Ed25519 key")
    return IssuerKey(key)


def _made(path: Path) -> IssuerKey:
    key = Ed25519PrivateKey.generate()
    replace_file(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), mode=_OWNER_ONLY)
    return IssuerKey(key)
