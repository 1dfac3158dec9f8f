"""The ledger: an open database, and an object for each group of its tables."""

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
from prsync.store.shared_device_table import SharedDeviceTable
from prsync.store.verified_copy import copy_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.store.verified_copy import CopyContents


class Ledger(contextlib.AbstractContextManager["Ledger"]):
    """An open ledger, to be used in a `with` statement. Every failure of the database is a LedgerError.

    With `rehearsal` it is a copy in memory: what is written is lost at the end, and the file is not changed.
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
        self.shared_devices = SharedDeviceTable(self._connection)

    def copy_to(self, target: Path) -> CopyContents:
        """Copy the ledger as it is now to the file `target`, and verify the copy; see `copy_ledger`."""
        return copy_ledger(self._connection.sqlite, target)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
