"""The files of the certificates: written whole or not at all."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from prsync.errors import CertificateFileError
from prsync.process.files import flush_folder

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file aside, have it on the disk, and only then give it its name; CertificateFileError if that fails."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        flush_folder(path.parent)
    except OSError as error:
        raise CertificateFileError(path, error.strerror or str(error)) from error


def sha256_of(path: Path) -> str | None:
    """The SHA-256 of a file, None where there is none; CertificateFileError where it cannot be read."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CertificateFileError(path, error.strerror or str(error)) from error
