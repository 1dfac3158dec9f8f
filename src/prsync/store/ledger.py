"""The ledger: one open database, and its tables."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Self

from prsync.store.anomaly_table import AnomalyTable
from prsync.store.certificate_table import CertificateTable
from prsync.store.database import open_copy, open_database
from prsync.store.feed_days import FeedDays
from prsync.store.feed_table import FeedTable
from prsync.store.run_table import RunTable
from prsync.store.server_table import ServerTable
from prsync.store.verified_copy import copy_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.store.verified_copy import Copied


class Ledger(contextlib.AbstractContextManager["Ledger"]):
    """One SQLite file. Use it in a `with`. Whatever fails in it is a LedgerError.

    A `rehearsal` works on a copy in memory: what is written there is gone with it, and the file stays as it is.
    """

    def __init__(self, path: Path, *, rehearsal: bool = False) -> None:
        self.path = path
        self._connection = open_copy(path) if rehearsal else open_database(path)
        self.servers = ServerTable(self._connection)
        self.feeds = FeedTable(self._connection)
        self.days = FeedDays(self._connection)
        self.anomalies = AnomalyTable(self._connection)
        self.certificates = CertificateTable(self._connection)
        self.runs = RunTable(self._connection)

    def copy_to(self, target: Path) -> Copied:
        """Copy the ledger as it stands at one moment; the copy is verified."""
        return copy_ledger(self._connection.sqlite, target)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
