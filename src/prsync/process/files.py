"""Where prsync keeps its files, and that nobody else can read them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prsync.errors import InvalidValueError, NoHomeError, OutputFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

STATE_VARIABLE: Final = "PRSYNC_STATE"

EVERYBODY_READS: Final = 0o644


def default_state() -> Path:
    """The ledger's path where none is given: in the platform's user data folder."""
    import platformdirs

    with _home_needed():
        return Path(platformdirs.user_data_dir("prsync", appauthor=False)) / "ledger.db"


def state_path(option: str | None) -> Path:
    """The ledger's file: what `--state` or PRSYNC_STATE says, else the one in the user data folder."""
    return expanded(Path(option)) if option else default_state()


def expanded(path: Path) -> Path:
    """A path as a person gave it, absolute, with ~ as the home folder."""
    return from_home(path).absolute()


def from_home(path: Path) -> Path:
    """A path as a person gave it, with ~ as the home folder, and ~ann as Ann's."""
    user = path.parts[0] if path.parts else ""
    if user in {"", "~"} or not user.startswith("~"):
        with _home_needed():
            return path.expanduser()
    try:
        return path.expanduser()
    except RuntimeError:  # of pathlib
        raise InvalidValueError("path", str(path), f"there is no user {user[1:]} here") from None


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


def replace_file(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write a file, with this mode or what the umask leaves; OutputFileError if it fails.

    Whenever the program or the machine stops, there is the complete new file under `path`, or what was there before.
    """
    # Under another name first, one that no program looks for and no other process uses: a reader must not find half a
    # file. Nobody can have made it before, nor read it before it has its mode: it may hold a key.
    unfinished = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.unfinished")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        try:
            with os.fdopen(os.open(unfinished, flags, 0o666 if mode is None else mode & 0o600), "wb") as file:
                file.write(data)
                file.flush()
                if mode is not None:
                    os.fchmod(file.fileno(), mode)
                # Before the renaming: after a power cut the name could else be there, and the content not.
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        # The renaming is a change of the folder, and is on the disk only when that is.
        flush_folder(path.parent)
    except OSError as error:
        raise OutputFileError(path, error.strerror or str(error)) from error


_NEVER_REPLACED: Final = (b"SQLite format 3", b"-----BEGIN PRIVATE KEY")
_BEGINNING_BYTES: Final = 64


def expect_replaceable(option: str, path: Path, beginning: bytes = b"") -> None:
    """InvalidValueError, naming `option`, where a file is in the way that must not be lost.

    That is a ledger, a private key, or one that does not begin as its successor will: a slip in a name.
    """
    try:
        with path.open("rb") as file:
            found = file.read(_BEGINNING_BYTES)
    except OSError:  # there is none; or writing it will say what is wrong
        return
    if found and (found.startswith(_NEVER_REPLACED) or not found.startswith(beginning)):
        raise InvalidValueError(option, str(path), "exists and is another kind of file; choose another name")


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
