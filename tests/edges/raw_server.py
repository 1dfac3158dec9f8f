"""A server that says whatever bytes it is told to, for answers that no HTTP server would give."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Final, Self

import trustme

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    Conversation = Callable[[socket.socket, "RawServer"], None]

_PATIENCE: Final = 20
"""Seconds after which a connection that a test forgot is given up."""

TOKEN: Final = b'{"access_token": "raw-token", "token_type": "Bearer", "expires_in": 3600}'


class RawServer:
    """Listens on loopback; each connection is handed to `conversation` in a thread of its own.

    With `tls` the handshake has been made by then. `requests` holds the bytes of each request that was read, `accepted`
    counts connections, also those that came to nothing.
    """

    def __init__(
        self,
        folder: Path,
        conversation: Conversation,
        *,
        tls: bool = True,
        names: tuple[str, ...] = ("127.0.0.1", "localhost"),
        valid: tuple[datetime, datetime] | None = None,
    ) -> None:
        self.ca_bundle = folder / f"raw-ca-{id(self)}.pem"
        self.username = "prsync@3manager.example"
        self.requests: list[bytes] = []
        self.accepted = 0
        self.done = Event()
        """Set when the test is over: what holds a connection waits for it."""
        self._conversation, self._lock = conversation, Lock()
        self._context = _context(self.ca_bundle, names, valid) if tls else None
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._threads: list[Thread] = [Thread(target=self._accept, daemon=True)]
        self._connections: list[socket.socket] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        # close() alone would not wake accept().
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            for connection in self._connections:
                # A thread may be waiting for a client that is done with it.
                with suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_PATIENCE)

    def read_request(self, connection: socket.socket) -> bytes:
        """One request with its body, noted in `requests`; empty when the client has hung up."""
        read = b""
        while b"\r\n\r\n" not in read or len(read.partition(b"\r\n\r\n")[2]) < _length(read):
            if not (more := connection.recv(65536)):
                return b""
            read += more
        with self._lock:
            self.requests.append(read)
        return read

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.accepted += 1
            thread = Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        # A client that hangs up, or does not trust us, is the one to say so.
        with connection, suppress(OSError):
            if self._context is None:
                self._note(connection)
                self._conversation(connection, self)
            else:
                with self._context.wrap_socket(connection, server_side=True) as secured:
                    self._note(secured)
                    self._conversation(secured, self)

    def _note(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.append(connection)


def _context(ca_bundle: Path, names: tuple[str, ...], valid: tuple[datetime, datetime] | None) -> ssl.SSLContext:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(ca_bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    dates: dict[str, Any] = {"not_before": valid[0], "not_after": valid[1]} if valid else {}
    ca.issue_cert(*names, **dates).configure_cert(context)
    return context


def _length(request: bytes) -> int:
    for line in request.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def http(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    """An HTTP answer."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def answers(*answers: bytes) -> Conversation:
    """Answer the requests of all connections with these, one after another; the last one stays. Then go on reading."""
    left = list(answers)

    def converse(connection: socket.socket, server: RawServer) -> None:
        while server.read_request(connection):
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return converse


def token_then(answer: bytes, *, hold: bool = False) -> Conversation:
    """A token first; then these bytes, after which the connection is cut, or held until the test is over."""

    def converse(connection: socket.socket, server: RawServer) -> None:
        while request := server.read_request(connection):
            if request.startswith(b"POST"):
                connection.sendall(http(TOKEN))
                continue
            connection.sendall(answer)
            if hold:
                server.done.wait(_PATIENCE)
            return

    return converse
