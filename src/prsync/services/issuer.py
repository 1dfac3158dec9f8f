"""The company that issues the certificates: its brand, its key, and the page on which anybody can check them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from prsync.certificates.brand import BRAND_FILE, Brand, read_brand
from prsync.certificates.composition import check_brand
from prsync.certificates.genuine.issuer_key import (
    KEY_FILE,
    PUBLIC_KEY_BEGINNING,
    PublicKey,
    parse_public_key,
    read_or_make_key,
)
from prsync.certificates.genuine.public_page import make_public_page
from prsync.errors import InvalidValueError, NotFoundError, OutputFileError
from prsync.process.files import EVERYBODY_READS, expect_replaceable, replace_file

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from prsync.certificates.genuine.issuer_key import IssuerKey
    from prsync.store.ledger import Ledger

log = logging.getLogger(__name__)


def brand_of(state: Path, named: Path | None) -> Brand:
    """The brand in the file that was named, or in brand.toml beside the ledger, or none; BrandError if unusable."""
    path = named or state.with_name(BRAND_FILE)
    if named is None and not path.exists():
        return Brand(texts={})
    brand = read_brand(path)
    check_brand(path, brand)
    return brand


def issuer_key(ledger: Ledger, now: datetime) -> IssuerKey:
    """The key beside the ledger, made where there is none; its public half is in the ledger before it signs."""
    path = ledger.path.with_name(KEY_FILE)
    key = read_or_make_key(path)
    known = ledger.certificates.public_keys()
    if known and key.public.pem not in known:
        new = "%s is a new key: certificates of before are genuine by the old one; put that back if you have it"
        log.warning(new, path)
    ledger.certificates.keep_key(key.public.fingerprint, key.public.pem, now)
    return key


def public_key(ledger: Ledger) -> PublicKey:
    """The public key with which the last certificate was signed; NotFoundError before the first."""
    if (pem := ledger.certificates.last_public_key()) is None:
        raise _no_key()
    return PublicKey(pem)


def _no_key() -> NotFoundError:
    return NotFoundError("key", "of the issuer", "the first prsync certify makes it")


def read_public_key(path: Path) -> PublicKey:
    """The public key in a file; InvalidValueError where there is none."""
    try:
        return parse_public_key(path.read_bytes())
    except OSError as error:
        raise InvalidValueError("--key", str(path), f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise InvalidValueError("--key", str(path), str(error)) from error


def export_key(ledger: Ledger, path: Path) -> PublicKey:
    """Write the public key as PEM; it is no secret. InvalidValueError where something else is there."""
    key = public_key(ledger)
    expect_replaceable("FILE", path, PUBLIC_KEY_BEGINNING)
    replace_file(path, key.pem.encode(), mode=EVERYBODY_READS)
    return key


def write_public_page(ledger: Ledger, folder: Path, named: Path | None) -> Path:
    """Write the page for the brand's verify_url into a folder; it knows every key with which anything was signed."""
    brand = brand_of(ledger.path, named)
    keys = [PublicKey(pem) for pem in ledger.certificates.public_keys()]
    if not keys:
        raise _no_key()
    file = folder / "index.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputFileError(folder, error.strerror or str(error)) from error
    page = make_public_page(brand.texts.get("issuer"), brand.accent, keys)
    replace_file(file, page.encode(), mode=EVERYBODY_READS)
    return file
