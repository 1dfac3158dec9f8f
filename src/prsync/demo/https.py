"""The simulator's HTTPS server, on this machine's loopback address.

Each connection has a thread of its own, handshake included, so that a client that hangs does not block the others.
"""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from prsync.demo.received import Received, Reply

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from prsync.demo.traffic import Answer, Request, Traffic

_HANDSHAKE_SECONDS: Final = 10


class Served(Protocol):
    """An API that is served."""

    def noted(self, received: Received) -> Request:
        """A request as the simulator's `requests` show it."""

    def answer(self, received: Received) -> Reply:
        """Do what a request asks for, and say what is answered."""


class HttpsServer(ThreadingHTTPServer):
    """Serves an API; `Traffic` records each request and may replace its answer. Port 0 means any that is free."""

    # stop() waits for the connections' threads, so that none of one test is still at work in the next.
    daemon_threads = False
    # More than the default of 5: tests open many connections at once.
    request_queue_size = 64

    def __init__(self, port: int, context: ssl.SSLContext, api: Served, traffic: Traffic) -> None:
        self._context, self.api, self.traffic = context, api, traffic
        self._lock, self._stopping = Lock(), False
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = Thread(target=self.serve_forever, args=(0.02,), name="simulated-server", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, cut every connection and wait for their threads."""
        self.shutdown()
        self._thread.join()
        with self._lock:
            self._stopping = True
            for connection in self._connections:
                cut_connection(connection)
        # Releases what is held: a thread that waits for its event would never end.
        self.traffic.answer_normally()
        self.server_close()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection, in its own thread."""
        # A client that hangs up or does not trust the certificate is no error here; the client reports it.
        with suppress(OSError), self._context.wrap_socket(request, True, do_handshake_on_connect=False) as connection:
            with self._lock:
                if self._stopping:
                    return
                self._connections.add(connection)
            try:
                connection.settimeout(_HANDSHAKE_SECONDS)
                connection.do_handshake()
                connection.settimeout(None)
                _Handler(connection, client_address, self)
            finally:
                with self._lock:
                    self._connections.remove(connection)


def cut_connection(connection: socket.socket) -> None:
    """Break a connection off, without the closing messages of TLS, also while another thread reads from it."""
    with suppress(OSError):
        # Not the shutdown() of the TLS socket: after that one, the thread that writes would go on without TLS.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    # Connections are kept open between requests, as a real server does; HTTP/1.0, the default, would close them.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: HttpsServer

    def _serve(self) -> None:
        received = self._received()
        request = self.server.api.noted(received)
        override = self.server.traffic.begin(request)
        try:
            reply = Reply(200, None) if override.unheard else self.server.api.answer(received)
            document = reply.document if override.alter is None else override.alter(reply.document)
            body = json.dumps(document, ensure_ascii=False).encode() if override.body is None else override.body
            self._send(request, override, reply, b"" if self.command == "HEAD" else body)
        finally:
            self.server.traffic.end(request, None)

    def _received(self) -> Received:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return Received(
            method=self.command,
            target=self.path,
            path=unquote(url.path),
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            form=dict(parse_qsl(body.decode())),
            body=body,
        )

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815

    def _send(self, request: Request, override: Answer, reply: Reply, body: bytes) -> None:
        status = override.status or reply.status
        first = None if override.after is None else body[: override.after]
        rest = body[len(first or b"") :]
        if first is not None:
            self._send_headers(status, {**reply.headers, **override.headers}, len(body))
            self.wfile.write(first)
        if override.hold is not None:
            override.hold.wait()
        if override.cut:
            cut_connection(self.connection)
            self.close_connection = True
            return
        # Before the rest is sent: as soon as the client has it, it may send its next request, which would be recorded
        # as overlapping with this one.
        self.server.traffic.end(request, status)
        if first is None:
            self._send_headers(status, {**reply.headers, **override.headers}, len(body))
        self.wfile.write(rest)

    def _send_headers(self, status: int, more: Mapping[str, str], length: int) -> None:
        headers = {"Content-Type": "application/json", "Content-Length": str(length), "Cache-Control": "no-store"}
        if status == 401:  # noqa: PLR2004
            headers["WWW-Authenticate"] = 'Bearer realm="3manager"'
        self.send_response_only(status)
        for name, value in (headers | dict(more)).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
        """Log nothing: `Traffic` records the requests."""
