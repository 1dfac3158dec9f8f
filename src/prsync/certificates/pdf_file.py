"""The certificates' files: a file is written completely or not at all."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from prsync.errors import CertificateFileError, OutputFileError
from prsync.process.files import replace_file

if TYPE_CHECKING:
    from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file, and its folder if that is missing; CertificateFileError if it fails.

    Whenever the program or the machine stops, there is the complete new file under `path`, or what was there before.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        raise CertificateFileError(path, error.strerror or str(error)) from error
    except OutputFileError as error:
        raise CertificateFileError(path, error.reason) from error


REPLACED: Final = "replaced"
"""The folder beside the current files, for those that a later revision has replaced."""


def set_aside(path: Path) -> None:
    """Move a file that is there into the folder REPLACED; CertificateFileError if it fails."""
    try:
        if path.exists():
            aside = path.parent / REPLACED
            aside.mkdir(exist_ok=True)
            path.replace(aside / path.name)
    except OSError as error:
        raise CertificateFileError(path, error.strerror or str(error)) from error


def sha256_of(path: Path) -> str | None:
    """The SHA-256 of a file in hexadecimal; None if there is no file, CertificateFileError if it cannot be read."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CertificateFileError(path, error.strerror or str(error)) from error
