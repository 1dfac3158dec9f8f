"""Twelve customers of one server, and what tests of its manners look for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.edges.nights import FIRST
from tests.support import ScriptedFleet

from prsync.core.model import ONE_DAY

if TYPE_CHECKING:
    import logging

    from prsync.demo.traffic import Request

NAMES: Final = [f"Customer {number:02}" for number in range(12)]


def twelve_customers() -> ScriptedFleet:
    """Twelve customers with a printer each, which prints 10 pages a day."""
    scripted = ScriptedFleet(*NAMES)
    for name in NAMES:
        scripted.reads_daily("A", FIRST - ONE_DAY, range(1000, 1300, 10), organization=name)
    return scripted


def is_token(request: Request) -> bool:
    return request.method == "POST"


def is_ours(record: logging.LogRecord) -> bool:
    # Other libraries' lines are shown to nobody.
    return record.name.startswith("prsync")
