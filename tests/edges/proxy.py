"""A proxy that lets HTTPS through, or does not."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from tests.edges.raw_server import RawServer

if TYPE_CHECKING:
    from pathlib import Path


class Proxy(RawServer):
    """Lets every CONNECT through while `answer` says 200; `requests` holds what it was asked."""

    def __init__(self, folder: Path, *, answer: str = "200 Connection established") -> None:
        super().__init__(folder, self._connect, tls=False)
        self._answer = answer

    @property
    def url(self) -> str:
        """What HTTPS_PROXY is set to."""
        return f"http://127.0.0.1:{self.port}"

    def _connect(self, client: socket.socket, _server: RawServer) -> None:
        target = self.read_request(client).split(b" ")[1].decode()
        client.sendall(f"HTTP/1.1 {self._answer}\r\n\r\n".encode())
        if not self._answer.startswith("200"):
            return
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port))) as server:
            back = Thread(target=_pass_on, args=(server, client), daemon=True)
            back.start()
            _pass_on(client, server)
            back.join()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
