"""A backup of the ledger: a verified copy, and of those in a folder only the newest."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prsync.core.periods import today
from prsync.errors import CopyError, InvalidValueError, KeptBackupsError
from prsync.process.files import from_home
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
    path = from_home(Path(place))
    if not (place.endswith("/") or _is_folder(path)):
        if keep is not None:
            raise InvalidValueError("--keep", str(keep), f"goes with a folder, and {place} is none")
        return Backup(path, path, ledger.copy_to(path.absolute()), ())
    if not _is_folder(path):
        raise CopyError(path, "there is no such folder; is a disk to be mounted there? Else mkdir makes it")
    name = _next_name(path, today(now, local_timezone).isoformat())
    file = path / name
    contents = ledger.copy_to(file.absolute())
    # Only after the new one was verified, which stays in any case: the clock may have been ahead once.
    removed = _remove_older(path, keep, new=name, deposits=contents.deposits) if keep is not None else ()
    return Backup(file.absolute(), file, contents, removed)


def _is_folder(path: Path) -> bool:
    with suppress(OSError):  # a name that cannot be one is told where the copy is made
        return path.is_dir()
    return False


@dataclass(frozen=True, slots=True, order=True)
class _Dated:
    """A backup of prsync's own, by its name: the latest of a day has the highest number."""

    day: str
    number: int
    file: Path


def _dated(folder: Path) -> list[_Dated]:
    """Those in the folder, the newest first."""
    found = []
    for file in _listed(folder):
        match = _NAME.fullmatch(file.name)
        with suppress(ValueError):  # a day that there is not is in no name of ours
            if match is not None:
                date.fromisoformat(match[1])
                found.append(_Dated(match[1], int(match[2] or 1), file))
    return sorted(found, reverse=True)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:  # a folder may be one to write into and not to read
        raise CopyError(folder, f"the folder cannot be read: {error.strerror or error}") from error


def _next_name(folder: Path, day: str) -> str:
    """The name for a backup of that day, after those there are: the first free one may be older than they are."""
    last = max((one.number for one in _dated(folder) if one.day == day), default=0)
    return f"prsync-{day}-{last + 1}.db" if last else f"prsync-{day}.db"


def _remove_older(folder: Path, keep: int, *, new: str, deposits: int) -> list[Path]:
    """Remove all but the newest `keep` of the backups named by a date, the new one not among them.

    None where the last of them holds more than the new one's `deposits`: the ledger may have been lost since, and begun
    anew.
    """
    by_age = [one.file for one in _dated(folder) if one.file.name != new]
    if by_age and (before := deposits_in(by_age[0])) > deposits:
        raise KeptBackupsError(by_age[0], before, deposits)
    removed = by_age[keep - 1 :]
    for file in removed:
        try:
            file.unlink()
        except OSError as error:
            raise CopyError(file, f"it could not be removed: {error.strerror}") from error
    return removed
