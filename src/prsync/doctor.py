"""What this account, in this environment, can and cannot do: run from the crontab line, it tells what cron will find.

Nothing is sent to a server and nothing is changed.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prsync.credentials import password_of, usable_keyring, working_keyring
from prsync.errors import PrsyncError
from prsync.settings import system_timezone
from prsync.wording import words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from prsync.store.ledger import Ledger
    from prsync.store.records import Server

A_NIGHT_MISSED: Final = timedelta(hours=26)
_OTHERS_MAY: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `ok` is None where it is worth knowing and neither good nor bad."""

    about: str
    ok: bool | None
    found: str

    def document(self) -> dict[str, object]:
        """The finding as `doctor --json` has it."""
        return {"about": self.about, "ok": self.ok, "found": self.found}


def examine(ledger: Ledger, now: datetime) -> Iterator[Finding]:
    """Look at everything a nightly run needs, one finding each."""
    servers = ledger.servers.all()
    yield Finding("account", None, f"{_account()}, HOME={os.environ.get('HOME', '(not set)')}")
    yield from _state(ledger.path)
    yield _keyring(needed=any(server.password_command is None for server in servers))
    for server in servers:
        yield _password(server)
        if server.ca_bundle is not None:
            yield _ca_bundle(server, server.ca_bundle)
    if not servers:
        yield Finding("servers", None, "none is registered yet")
    yield _clock(ledger, now)
    yield _last_sync(ledger, now)


def _account() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"user {os.getuid()}"


def _state(path: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(path.stat().st_mode)
    private = not mode & _OTHERS_MAY
    yield Finding(
        "ledger", private, f"{path}, mode {mode:04o}" + ("" if private else ": others can read it; chmod 600")
    )
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        yield Finding("writable", False, str(error))
    else:
        yield Finding("writable", True, "yes")


def _keyring(*, needed: bool) -> Finding:
    try:
        backend = usable_keyring()
        with working_keyring() as keyring:
            keyring.get_password("prsync: doctor", "nobody")
    except PrsyncError as error:
        return Finding("keyring", False if needed else None, words(error))
    return Finding("keyring", True, f"{backend.name}, unlocked")


def _password(server: Server) -> Finding:
    source = "its command" if server.password_command is not None else "the keyring"
    try:
        password_of(server)
    except PrsyncError as error:
        return Finding(f"password of {server.name}", False, words(error))
    return Finding(f"password of {server.name}", True, f"comes out of {source}")


def _ca_bundle(server: Server, path: str) -> Finding:
    try:
        with Path(path).open("rb"):
            return Finding(f"CA of {server.name}", True, path)
    except OSError as error:
        return Finding(f"CA of {server.name}", False, f"{path}: {error.strerror}")


def _clock(ledger: Ledger, now: datetime) -> Finding:
    about = f"{now:%Y-%m-%d %H:%M:%S} UTC, time zone {system_timezone()}"
    latest = max((run.started_at for run in ledger.runs.last(1)), default=None)
    if latest is not None and latest > now:
        return Finding("clock", False, f"{about}: that is before the last run, at {latest:%Y-%m-%d %H:%M} UTC")
    return Finding("clock", True, about)


def _last_sync(ledger: Ledger, now: datetime) -> Finding:
    last = ledger.runs.last_of("sync")
    if last is None:
        return Finding("last sync", None, "none yet")
    found = f"{last.started_at:%Y-%m-%d %H:%M} UTC, {last.outcome or 'killed or still running'}"
    if now - last.started_at > A_NIGHT_MISSED:
        return Finding("last sync", False, f"{found}: that is more than a night ago; does cron run?")
    return Finding("last sync", last.outcome == "ok", found)
