"""The table of registered servers: their settings and their health."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from prsync.core.model import Health
from prsync.core.same_names import named
from prsync.core.utc import utc_text
from prsync.errors import ConstraintError, NameTakenError, NotFoundError
from prsync.store.records import Server

if TYPE_CHECKING:
    from datetime import datetime

    from prsync.core.settings import ServerChanges, ServerSettings
    from prsync.store.connection import Connection


class ServerTable:
    """The table `servers`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Server]:
        """All servers, by name."""
        return [Server.from_row(row) for row in self._connection.query("SELECT * FROM servers ORDER BY name")]

    def named(self, name: str) -> Server:
        """The server of that name, however it is typed; NotFoundError if that names none, or several."""
        servers = self.all()
        # One that is called exactly so is meant.
        found = [server for server in servers if server.name == name] or named(name, servers, lambda one: one.name)
        if len(found) == 1:
            return found[0]
        hint = "prsync server list shows those registered"
        if found:
            hint = f"several are called nearly so: {', '.join(server.name for server in found)}"
        raise NotFoundError("server", name, hint)

    def get(self, server_id: int) -> Server:
        """The server with that id; NotFoundError if it was removed in the meantime."""
        for row in self._connection.query("SELECT * FROM servers WHERE id = ?", [server_id]):
            return Server.from_row(row)
        raise NotFoundError("server", str(server_id), "it has been removed")

    def is_free(self, name: str) -> bool:
        """Whether a server may be given that name."""
        return not self._connection.query("SELECT 1 FROM servers WHERE name = ?", [name])

    def add(self, settings: ServerSettings, now: datetime) -> Server:
        """Store a server at which a login has just succeeded; NameTakenError if there is one of that name."""
        healthy = {"health": Health.HEALTHY, "health_checked_at": utc_text(now), "health_changed_at": utc_text(now)}
        try:
            with self._connection.transaction():
                self._connection.insert("servers", {**asdict(settings), **healthy, "created_at": utc_text(now)})
        # Caught, not asked before: another process may take the name in between.
        except ConstraintError as error:
            raise NameTakenError("server", settings.name) from error
        return self.named(settings.name)

    def update(self, server: Server, changes: ServerChanges) -> Server:
        """Change a server's settings; NameTakenError if another has the new name."""
        try:
            with self._connection.transaction():
                self._connection.update("servers", server.id, changes)
        except ConstraintError as error:
            raise NameTakenError("server", changes.get("name", server.name)) from error
        return self.get(server.id)

    def record_health(self, server: Server, error: str | None, now: datetime) -> None:
        """Store the result of a check at `now`; `error` is None if it passed.

        People ask since when a server has been down. So what a run finds in the end is compared with `server` as it was
        before the run: one that lets a run in every night, and is lost every night, has been down since the first.
        """
        health = Health.UNHEALTHY if error else Health.HEALTHY
        changed_at = server.health_changed_at if health is server.health else now
        values = {
            "health": health,
            "health_error": error,
            "health_checked_at": utc_text(now),
            "health_changed_at": changed_at and utc_text(changed_at),
        }
        with self._connection.transaction():
            self._connection.update("servers", server.id, values)

    def remove(self, server: Server) -> None:
        """Delete a server with its feeds, devices, deposits and anomalies; certificates stay."""
        with self._connection.transaction():
            self._connection.delete("servers", server.id)
