"""prsync as it would run at another time: the clock is an argument of the program, nothing is patched.

The tests have no clock of their own: a test that read today's date would be another test tomorrow.
"""

from __future__ import annotations

import copy
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.support import Done, Prsync

_RUN: Final = """
import sys
from datetime import datetime
from prsync.cli.app import run_command_line
sys.exit(run_command_line(sys.argv[2:], datetime.fromisoformat(sys.argv[1])))
"""


def at(moment: datetime, prsync: Prsync, *arguments: object) -> Done:
    """Run one command line at that instant, in a process of its own."""
    return always_at(moment, prsync)(*arguments)


def always_at(moment: datetime, prsync: Prsync) -> Prsync:
    """The same prsync, but that every command of it runs at that instant.

    It does not watch for signals, as `python -m prsync` does.
    """
    standing = copy.copy(prsync)
    standing.program = [sys.executable, "-c", _RUN, moment.isoformat()]
    return standing


def machines_date() -> date:
    """Today, for tests of what starts prsync by its name, such as cron: only the machine's clock is heard there."""
    return datetime.now(UTC).date()
