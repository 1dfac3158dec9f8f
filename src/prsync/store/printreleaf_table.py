"""The table with the one connection to PrintReleaf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prsync.core.utc import utc_text
from prsync.store.delivery_records import PrintReleafConnection

if TYPE_CHECKING:
    from datetime import datetime

    from prsync.core.settings import PrintReleafSettings
    from prsync.store.connection import Connection


class PrintReleafTable:
    """The table `printreleaf`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self) -> PrintReleafConnection | None:
        """The connection; None where there is none."""
        rows = self._connection.query("SELECT * FROM printreleaf")
        return next(map(PrintReleafConnection.from_row, rows), None)

    def connect(self, settings: PrintReleafSettings, now: datetime) -> None:
        """Store the connection, in place of one that is there."""
        values = (settings.url, settings.key_command, settings.ca_bundle, utc_text(now))
        with self._connection.transaction():
            self._connection.run("DELETE FROM printreleaf")
            self._connection.write_all(
                "INSERT INTO printreleaf (id, url, key_command, ca_bundle, connected_at) VALUES (1, ?, ?, ?, ?)",
                [values],
            )

    def disconnect(self) -> None:
        """Forget the connection; what is delivered stays known."""
        with self._connection.transaction():
            self._connection.run("DELETE FROM printreleaf")
