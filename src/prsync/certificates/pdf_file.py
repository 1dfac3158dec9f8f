"""The certificates' files: a file is written completely or not at all."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from prsync.errors import CertificateFileError
from prsync.process.files import flush_folder

if TYPE_CHECKING:
    from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file, and its folder if that is missing; CertificateFileError if it fails.

    Whenever the program or the machine stops, there is the complete new file under `path`, or what was there before.
    """
    # Under another name first: a reader, or a run that is killed here, must not find half a certificate.
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                # Before the renaming: after a power cut the name could else be there, and the content not.
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        # The renaming is a change of the folder, and is on the disk only when that is.
        flush_folder(path.parent)
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
