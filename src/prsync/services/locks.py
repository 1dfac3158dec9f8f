"""What is done by one prsync at a time: the work at a server, and issuing certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prsync.process.lock import hold

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    from prsync.store.ledger import Ledger


def server_lock(
    ledger: Ledger, now: datetime, *, server_id: int, server: str, wait: float = 0.0
) -> AbstractContextManager[None]:
    """Hold what a sync at the server holds: a run works with what it has read, and would undo another one's change.

    Whatever is to be changed must be read again inside: whoever had the lock until then may have changed it.
    LockedError after `wait` seconds.
    """
    # By id: a server that is renamed meanwhile is still the same.
    return hold(ledger.path, f"server-{server_id}", f"server {server}", now, wait=wait)


def certificates_lock(ledger: Ledger, now: datetime, *, wait: float = 0.0) -> AbstractContextManager[None]:
    """Hold what issuing certificates holds: two runs at once would give one month two numbers."""
    return hold(ledger.path, "certify", "the certificates", now, wait=wait)


def delivery_lock(ledger: Ledger, now: datetime, *, wait: float = 0.0) -> AbstractContextManager[None]:
    """Hold what delivering holds: two runs at once would send a deposit twice."""
    return hold(ledger.path, "deliver", "the delivery to PrintReleaf", now, wait=wait)
