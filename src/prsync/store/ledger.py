"""The ledger: one open database, and its rooms."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Self

from prsync.store.anomaly_table import Anomalies
from prsync.store.certificate_table import Certificates
from prsync.store.database import open_copy, open_database, unusable
from prsync.store.feed_state import Days
from prsync.store.feed_table import Feeds
from prsync.store.run_table import Runs
from prsync.store.server_table import Servers
from prsync.store.verified_copy import copy_ledger

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from prsync.store.verified_copy import Copied


class Ledger(contextlib.AbstractContextManager["Ledger"]):
    """One SQLite file. Use it in a `with`: SQLite's own errors leave it as a LedgerFileError.

    A `rehearsal` works on a copy in memory: what is written there is gone with it, and the file stays as it is.
    """

    def __init__(self, path: Path, *, rehearsal: bool = False) -> None:
        self.path = path
        self._db = open_copy(path) if rehearsal else open_database(path)
        self.servers = Servers(self._db)
        self.feeds = Feeds(self._db)
        self.days = Days(self._db)
        self.anomalies = Anomalies(self._db)
        self.certificates = Certificates(self._db)
        self.runs = Runs(self._db)

    def copy_to(self, target: Path) -> Copied:
        """Copy the ledger as it stands at one moment; the copy is verified."""
        return copy_ledger(self._db.conn, target)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.conn.close()
        if isinstance(error, sqlite3.Error):
            raise unusable(self.path, error) from error
