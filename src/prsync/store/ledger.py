"""The ledger: an open database, and an object for each group of its tables."""

from __future__ import annotations

import contextlib
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Self

from prsync.errors import CopyError, LedgerFileError, NoLedgerError
from prsync.store.anomaly_table import AnomalyTable
from prsync.store.connection import as_ledger_errors
from prsync.store.database import open_copy, open_database
from prsync.store.feed_days import FeedDays
from prsync.store.feed_table import FeedTable
from prsync.store.printreleaf_table import PrintReleafTable
from prsync.store.run_table import RunTable
from prsync.store.server_table import ServerTable
from prsync.store.shared_device_table import SharedDeviceTable
from prsync.store.verified_copy import copy_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.store.certificate_table import CertificateTable
    from prsync.store.connection import Connection
    from prsync.store.delivery_table import DeliveryTable
    from prsync.store.verified_copy import CopyContents


class Access(Enum):
    """What a ledger is opened for."""

    MAKE = "make"
    """To work with it; it is made if it is not there."""
    WORK = "work"
    """To work with the one that is there."""
    READ = "read"
    """To read the one that is there, also where it cannot be written."""
    REHEARSE = "rehearse"
    """To work with a copy in memory: what is written is lost at the end, and the file is not changed."""


class Ledger(contextlib.AbstractContextManager["Ledger"]):
    """An open ledger, to be used in a `with` statement. Every failure of the database is a LedgerError.

    A NoLedgerError where there is none, but for Access.MAKE.
    """

    def __init__(self, path: Path, access: Access = Access.MAKE) -> None:
        self.path = path
        self._connection = _opened(path, access)
        self.servers = ServerTable(self._connection)
        self.feeds = FeedTable(self._connection)
        self.days = FeedDays(self._connection)
        self.anomalies = AnomalyTable(self._connection)
        self.runs = RunTable(self._connection)
        self.shared_devices = SharedDeviceTable(self._connection)
        self.printreleaf = PrintReleafTable(self._connection)

    # What few commands need is loaded by those alone: a short command takes half its time to load what it uses.

    @cached_property
    def certificates(self) -> CertificateTable:
        """The certificates issued."""
        from prsync.store.certificate_table import CertificateTable

        return CertificateTable(self._connection)

    @cached_property
    def deliveries(self) -> DeliveryTable:
        """The deposits delivered to PrintReleaf, and those to deliver."""
        from prsync.store.delivery_table import DeliveryTable

        return DeliveryTable(self._connection)

    def copy_to(self, target: Path) -> CopyContents:
        """Copy the ledger as it is now to the file `target`, and verify the copy; see `copy_ledger`."""
        return copy_ledger(self._connection.sqlite, target)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _opened(path: Path, access: Access) -> Connection:
    """Open the ledger at `path`; NoLedgerError where there is none and none is to be made."""
    if access is Access.MAKE:
        return open_database(path)
    with as_ledger_errors(path):
        if not path.exists():
            raise NoLedgerError(path)
        if _is_empty(path):
            raise LedgerFileError(
                path, "it is empty, as after a full disk or a power cut; docs/ledger.md says how to restore"
            )
    match access:
        case Access.WORK:
            return open_database(path)
        case Access.READ:
            return _open_to_read(path)
        case Access.REHEARSE:
            return open_copy(path)


def _is_empty(path: Path) -> bool:
    """Whether there is nothing in the file, nor in its write-ahead log: SQLite would take it for a new database."""
    path = path.resolve()
    log = path.with_name(f"{path.name}-wal")
    return not path.stat().st_size and not (log.exists() and log.stat().st_size)


def _open_to_read(path: Path) -> Connection:
    """Open the ledger as for work, or a copy of it where it cannot be written."""
    try:
        return open_database(path)
    # A CopyError: an upgrade of the schema makes a copy first.
    except (LedgerFileError, CopyError) as error:
        # A full disk, or one that is read-only, keeps nobody from being told what is in the ledger.
        try:
            return open_copy(path)
        except LedgerFileError:
            raise error from None
