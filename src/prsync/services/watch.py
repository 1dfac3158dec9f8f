"""Who watches a run's progress: a bar on the terminal, or nobody."""

from __future__ import annotations

from typing import Protocol


class Watch(Protocol):
    """What a run tells of its progress. Its days are those of all feeds together; certifying a feed is one."""

    def begin(self, days: int) -> None:
        """The run begins, with so many days before it."""

    def feed(self, name: str, days: int) -> None:
        """A feed's turn begins, with so many of them."""

    def day(self) -> None:
        """One of them is done."""
