"""A customer of three printers, and what a server might answer of them in place of its own answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.edges.nights import FIRST
from tests.support import ScriptedFleet

from prsync.core.model import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Callable


def three_printers() -> ScriptedFleet:
    """Acme has three printers, which print 10 pages a day each."""
    scripted = ScriptedFleet("Acme A/S")
    for name, start in (("A", 1000), ("B", 2000), ("C", 3000)):
        scripted.reads_daily(name, FIRST - ONE_DAY, range(start, start + 300, 10))
    return scripted


def beside(**fields: object) -> Callable[[Any], Any]:
    """The rows, no word of a next page, and these fields."""
    return lambda page: {"items": page["items"], **fields}


def rows(**fields: object) -> Callable[[Any], Any]:
    """Each row with these fields in place of its own; None: without it."""

    def alter(page: Any) -> Any:
        for row in page["items"]:
            row.update(fields)
            for name in [name for name, value in fields.items() if value is None]:
                del row[name]
        return page

    return alter
