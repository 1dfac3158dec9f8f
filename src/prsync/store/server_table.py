"""The registered servers."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from prsync.core.model import Health
from prsync.errors import NameTakenError, NotFoundError
from prsync.store.database import immediate, utc_text
from prsync.store.records import Server

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlite_utils import Database
    from sqlite_utils.db import Table


@dataclass(frozen=True, slots=True)
class NewServer:
    """What a person says of a server when registering it. The password is not part of it."""

    name: str
    url: str
    username: str
    client_id: str | None = None
    password_command: str | None = None
    ca_bundle: str | None = None
    profile: str | None = None


class Servers:
    """The table `servers`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = cast("Table", db["servers"])

    def all(self) -> list[Server]:
        """Every server, by name."""
        return [Server.of(row) for row in self._table.rows_where(order_by="name")]

    def named(self, name: str) -> Server:
        """The server of that name; NotFoundError if there is none."""
        for row in self._table.rows_where("name = ?", [name]):
            return Server.of(row)
        raise NotFoundError("server", name, "prsync server list shows those registered")

    def is_free(self, name: str) -> bool:
        """Whether a server may be given that name."""
        return not self._table.count_where("name = ?", [name])

    def add(self, server: NewServer, now: datetime) -> Server:
        """Register a server that has just let us in."""
        values = {name: getattr(server, name) for name in server.__slots__}
        healthy = {"health": Health.HEALTHY, "health_checked_at": utc_text(now), "health_changed_at": utc_text(now)}
        try:
            with immediate(self._db):
                self._table.insert({**values, **healthy, "created_at": utc_text(now)})
        except sqlite3.IntegrityError as error:
            raise NameTakenError("server", server.name) from error
        return self.named(server.name)

    def update(self, server: Server, values: Mapping[str, object]) -> Server:
        """Change a server's settings."""
        try:
            with immediate(self._db):
                self._table.update(server.id, dict(values))
        except sqlite3.IntegrityError as error:
            raise NameTakenError("server", str(values.get("name"))) from error
        return self.named(str(values.get("name", server.name)))

    def record_health(self, server: Server, error: str | None, now: datetime) -> None:
        """Keep what a check found: `error` is None when it passed."""
        health = Health.UNHEALTHY if error else Health.HEALTHY
        values = {"health": health, "health_error": error, "health_checked_at": utc_text(now)}
        if health is not server.health:
            values["health_changed_at"] = utc_text(now)
        with immediate(self._db):
            self._table.update(server.id, values)

    def remove(self, server: Server) -> None:
        """Forget a server with its feeds, devices, deposits and anomalies; certificates stay."""
        with immediate(self._db):
            self._table.delete(server.id)
