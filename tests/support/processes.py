"""The processes that run for an account, as the kernel shows them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Process:
    """What can be seen of a process from outside."""

    pid: int
    name: str
    arguments: str
    environment: str


def processes_of(home: Path) -> list[Process]:
    """All that live with this folder as their HOME, but for the dead that nobody has buried yet."""
    return [process for process in _all() if f"HOME={home}" in process.environment.split("\0")]


def _all() -> Iterator[Process]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield Process(
                int(folder.name),
                (folder / "comm").read_text().strip(),
                (folder / "cmdline").read_bytes().decode("utf-8", "replace"),
                (folder / "environ").read_bytes().decode("utf-8", "replace"),
            )
        except OSError:  # it has ended meanwhile, or is another user's
            continue


def wait_until(holds: Callable[[], object], seconds: float = 30) -> None:
    """Look again and again until it holds; TimeoutError if it does not in time."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {seconds} seconds")
        time.sleep(0.02)
