"""prsync as it would run at another time: the clock is an argument of the program, nothing is patched."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

from tests.support import Done

if TYPE_CHECKING:
    from datetime import datetime

    from tests.support import Prsync

_RUN: Final = """
import sys
from datetime import datetime
from prsync.cli.app import run_command_line
sys.exit(run_command_line(sys.argv[2:], datetime.fromisoformat(sys.argv[1])))
"""


def at(moment: datetime, prsync: Prsync, *arguments: object) -> Done:
    """Run one command line at that instant, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, moment.isoformat(), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=prsync.environment,
        cwd=prsync.home,
        check=False,
        timeout=120,
    )
    return Done(done.returncode, done.stdout, done.stderr)
