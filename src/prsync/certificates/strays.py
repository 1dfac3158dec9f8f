"""Files in the folder beside the current ones: issued after the backup that the ledger was restored from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def stray_files(folder: Path, current: Iterable[Path]) -> dict[Path, Path]:
    """The files of the same month and feed as a current one, and that one: those that it replaces are aside."""
    wanted = {_without_revision(file): file for file in current}
    beside = ((file, wanted.get(_without_revision(file))) for file in sorted(folder.glob("*.pdf")))
    return {file: own for file, own in beside if own is not None and file.name != own.name}


def _without_revision(file: Path) -> str:
    """The month, the feed's name and its id: all of the name but the revision and the four letters."""
    return file.name.rsplit("-", 2)[0]
