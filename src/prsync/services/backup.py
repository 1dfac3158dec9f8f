"""A backup of the ledger: a verified copy, and of those in a folder only the newest."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prsync.core.periods import today
from prsync.errors import CopyError, InvalidValueError, KeptBackupsError
from prsync.store.verified_copy import deposits_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from prsync.store.ledger import Ledger
    from prsync.store.verified_copy import CopyContents

_NAME: Final = re.compile(r"prsync-(\d{4}-\d{2}-\d{2})(?:-(\d+))?\.db")


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup came to: its file, what it holds, and the older ones that were removed for it."""

    file: Path
    shown: Path
    """The file as the person who asked for it would write it."""
    contents: CopyContents
    removed: Sequence[Path]


def back_up(ledger: Ledger, place: str, *, keep: int | None, now: datetime, local_timezone: str) -> Backup:
    """Copy the ledger to the file `place`, or to a file named by the date in the folder `place`.

    Of prsync's own backups in that folder the newest `keep` stay, all where it is None.
    """
    path = Path(place).expanduser()
    if not (place.endswith("/") or _is_folder(path)):
        if keep is not None:
            raise InvalidValueError("--keep", str(keep), f"goes with a folder, and {place} is none")
        return Backup(path, path, ledger.copy_to(path.absolute()), ())
    if not _is_folder(path):
        raise CopyError(path, "there is no such folder; is a disk to be mounted there? Else mkdir makes it")
    name = _free_name(path, f"prsync-{today(now, local_timezone)}")
    file = path / name
    contents = ledger.copy_to(file.absolute())
    # Only after the new one was verified, which stays in any case: the clock may have been ahead once.
    removed = _remove_older(path, keep, new=name, deposits=contents.deposits) if keep is not None else ()
    return Backup(file.absolute(), file, contents, removed)


def _is_folder(path: Path) -> bool:
    with suppress(OSError):  # a name that cannot be one is told where the copy is made
        return path.is_dir()
    return False


def _free_name(folder: Path, stem: str) -> str:
    names = (f"{stem}-{number}.db" if number > 1 else f"{stem}.db" for number in count(1))
    return next(name for name in names if not (folder / name).exists())


def _remove_older(folder: Path, keep: int, *, new: str, deposits: int) -> list[Path]:
    """Remove all but the newest `keep` of the backups named by a date, the new one not among them.

    None where the last of them holds more than the new one's `deposits`: the ledger may have been lost since, and begun
    anew.
    """
    found = [(match, file) for file in folder.iterdir() if (match := _NAME.fullmatch(file.name)) and file.name != new]
    by_age = sorted(found, key=lambda one: (one[0][1], int(one[0][2] or 1)), reverse=True)
    if by_age and (before := deposits_in(by_age[0][1])) > deposits:
        raise KeptBackupsError(by_age[0][1], before, deposits)
    removed = [file for _, file in by_age[keep - 1 :]]
    for file in removed:
        try:
            file.unlink()
        except OSError as error:
            raise CopyError(file, f"it could not be removed: {error.strerror}") from error
    return removed
