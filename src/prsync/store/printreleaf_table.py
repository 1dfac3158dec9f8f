"""The table with the one connection to PrintReleaf."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from prsync.core.settings import PrintReleafSettings
from prsync.core.utc import utc_text
from prsync.store.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prsync.store.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintReleafConnection(Record):
    """The connection to PrintReleaf."""

    url: str
    key_command: str | None
    ca_bundle: str | None
    connected_at: dt.datetime

    @property
    def settings(self) -> PrintReleafSettings:
        """The part of it that a person has set."""
        return PrintReleafSettings(url=self.url, key_command=self.key_command, ca_bundle=self.ca_bundle)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """From the row of the table `printreleaf`."""
        return cls(
            **{name: row[name] for name in ("url", "key_command", "ca_bundle")},
            connected_at=dt.datetime.fromisoformat(row["connected_at"]),
        )


class PrintReleafTable:
    """The table `printreleaf`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self) -> PrintReleafConnection | None:
        """The connection; None where there is none."""
        rows = self._connection.query("SELECT * FROM printreleaf")
        return next(map(PrintReleafConnection.from_row, rows), None)

    def connect(self, settings: PrintReleafSettings, now: dt.datetime) -> None:
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
