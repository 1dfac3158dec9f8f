"""Where prsync keeps its files, and that nobody else can read them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prsync.errors import InvalidValueError, NoHomeError

if TYPE_CHECKING:
    from collections.abc import Iterator

STATE_VARIABLE: Final = "PRSYNC_STATE"


def default_state() -> Path:
    """The ledger's path where none is given: in the platform's user data folder."""
    import platformdirs

    with _home_needed():
        return Path(platformdirs.user_data_dir("prsync", appauthor=False)) / "ledger.db"


def expanded(path: Path) -> Path:
    """A path as a person gave it, absolute, with ~ as the home folder."""
    with _home_needed():
        return path.expanduser().absolute()


@contextmanager
def _home_needed() -> Iterator[None]:
    """In a container a user may have no home: neither HOME nor an entry in the password database."""
    try:
        yield
    except RuntimeError:  # of pathlib
        raise NoHomeError(STATE_VARIABLE) from None


def make_private_folder(folder: Path) -> None:
    """Make `folder` with mode 0700; one that is there already keeps its mode, it may be shared on purpose."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Make `path` an empty file with mode 0600 if it is not there, before anybody can open it wider."""
    if not path.exists():  # closing a ledger's file would let go of the locks that SQLite holds on it in this process
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def write_new_file(option: str, path: Path, text: str) -> None:
    """Write a file that others may read; InvalidValueError, naming `option`, where it exists or cannot be made."""
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError as error:
        raise InvalidValueError(option, str(path), "exists already; choose another name") from error
    except OSError as error:
        raise InvalidValueError(option, str(path), f"cannot be written: {error.strerror or error}") from error


def flush_folder(folder: Path) -> None:
    """Have a folder's names on the disk: a file that was given its name keeps it through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
