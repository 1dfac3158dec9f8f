"""`--ping-url`: tells a monitor of cron jobs when a run begins and how it ended."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prsync.cli import show

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class End:
    """How a run ended; a run that does not come to say it has failed."""

    ok: bool = False
    summary: str = ""


@contextmanager
def pinged(url: str | None) -> Iterator[End]:
    """Ping `url` as the block begins and as it ends, None for no ping. One that fails is a warning and no more.

    A run that is stopped by a signal ends at once, without a ping: the monitor will miss it.
    """
    end = End()
    if not url:
        yield end
        return
    from prsync.errors import error_line
    from prsync.monitoring.ping import Pinger

    pinger = Pinger(url)
    before = pinger.started()
    _warn(before)
    try:
        yield end
    except Exception as error:
        _warn(pinger.ended(ok=False, summary=error_line(error)), before)
        raise
    _warn(pinger.ended(ok=end.ok, summary=end.summary), before)


def _warn(problem: str | None, said: str | None = None) -> None:
    if problem not in {None, said}:
        show.note(f"the ping of --ping-url did not work: {problem}; the run itself is not touched by it")
