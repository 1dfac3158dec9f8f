"""A simulated 3manager in a process of its own that answers from memory: what it takes is as little as Python can.

Usage: python -m benchmarks.precomputed FOLDER CUSTOMERS DEVICES FIRST_DAY LAST_DAY [SECONDS BEFORE EACH ANSWER]
It writes the CA's certificate and its port into the folder.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

from prsync.core.periods import days
from prsync.demo.ca import server_context

TOKEN = b'{"access_token": "token", "token_type": "Bearer", "expires_in": 36000}'


def main() -> None:
    """Serve until the process is ended."""
    folder, customers, devices = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    first, last = date.fromisoformat(sys.argv[4]), date.fromisoformat(sys.argv[5])
    delay = float(sys.argv[6]) if len(sys.argv) > 6 else 0.0  # noqa: PLR2004
    asyncio.run(serve(folder, answers(customers, devices, first, last), delay))


def answers(customers: int, devices: int, first: date, last: date) -> dict[bytes, bytes]:
    """Each answer by the target of its request."""
    names = [{"organizationId": str(n), "name": f"Customer {n:05}"} for n in range(1, customers + 1)]
    found = {}
    for number, start in enumerate(range(0, customers, 200), start=1):
        following = number + 1 if start + 200 < customers else None
        page = {"items": names[start : start + 200], "nextPage": following}
        found[f"/api/v1/organizations?page={number}&pageSize=200".encode()] = _http(json.dumps(page).encode())
    for day in days(first, last):
        read_at = datetime.combine(day, time(12)).isoformat() + "Z"
        pages = 7 * (day - first).days
        for number in range(1, customers + 1):
            rows = [
                {
                    "deviceId": f"{number}-{n:05}",
                    "serialNumber": f"SN{n:09}",
                    "model": "LaserWriter 4000",
                    "managed": True,
                    "lastReadAt": read_at,
                    "counters": {"totalPages": 1000 + n + pages, "totalBw": 900 + n, "totalColor": 100 + pages},
                }
                for n in range(devices)
            ]
            for page, start in enumerate(range(0, devices, 200), start=1):
                following = page + 1 if start + 200 < devices else None
                document = json.dumps({"items": rows[start : start + 200], "nextPage": following}).encode()
                target = f"/api/v1/organizations/{number}/devices?date={day}&page={page}&pageSize=200"
                found[target.encode()] = _http(document)
    return found


def _http(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def serve(folder: Path, found: dict[bytes, bytes], delay: float = 0.0) -> None:
    """Answer on the loopback address; the port is written when it is ready."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, _ = head.split(b" ", 2)
                if method == b"POST":
                    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                    await reader.readexactly(int(length.split(b":")[1]))
                if delay:
                    await asyncio.sleep(delay)
                writer.write(_http(TOKEN) if method == b"POST" else found[target])
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    context = server_context(folder / "ca.pem", ("127.0.0.1", "localhost"))
    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context, limit=2**16)
    port = server.sockets[0].getsockname()[1]
    (folder / "port.new").write_text(str(port))
    (folder / "port.new").rename(folder / "port")
    await asyncio.sleep(timedelta(days=1).total_seconds())


if __name__ == "__main__":
    main()
