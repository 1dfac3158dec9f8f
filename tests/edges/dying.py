"""Processes that die by SIGKILL at a given SQL statement: deterministic, where a timer would be luck."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from itertools import count
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FORK = multiprocessing.get_context("fork")


def deaths(work: Callable[[], None]) -> Iterator[int]:
    """Do `work` in processes that die when SQLite begins its first statement, its second, and so on to the last.

    Yields after each death, and after the one that came through; the number of the statement.
    """
    for number in count(1):
        process = _FORK.Process(target=_die, args=(work, number))
        process.start()
        process.join()
        yield number
        if process.exitcode == 0:
            return
        assert process.exitcode == -signal.SIGKILL


def _die(work: Callable[[], None], number: int) -> None:
    statements, connect = count(1), sqlite3.connect

    def look(_: str) -> None:
        if next(statements) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(look)
        return connection

    sqlite3.connect = cast("Any", connected)  # in this process, which is about to end
    work()
