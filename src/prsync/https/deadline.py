"""A limit on how long an answer may take in all, also where it makes a little progress again and again."""

from __future__ import annotations

import io
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket


def timed_pool(seconds_left: Callable[[], float]) -> type[HTTPSConnectionPool]:
    """The class of a pool of connections that waits for no byte of an answer longer than `seconds_left` says then.

    A socket's timeout counts from the last byte: a server that sends one letter a minute would never run into it, least
    of all in the middle of a header. That a connection is made at all has a timeout of its own.
    """

    class TimedAnswer(HTTPResponse):
        def __init__(self, sock: socket, *arguments: Any, **options: Any) -> None:
            super().__init__(sock, *arguments, **options)
            self.fp = io.BufferedReader(_TimedReader(self.fp, sock, seconds_left))

    class TimedPool(HTTPSConnectionPool):
        def _new_conn(self) -> Any:
            connection: Any = super()._new_conn()
            connection.response_class = TimedAnswer
            return connection

    return TimedPool


class _TimedReader(io.RawIOBase):
    """Reads from a socket's file; TimeoutError where no second is left."""

    def __init__(self, file: io.BufferedReader, sock: socket, seconds_left: Callable[[], float]) -> None:
        self._file, self._socket, self._seconds_left = file.detach(), sock, seconds_left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._seconds_left()
        if left <= 0:
            raise TimeoutError
        timeout = self._socket.gettimeout()
        if timeout is None or left < timeout:
            self._socket.settimeout(left)
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()
