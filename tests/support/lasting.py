"""All that a ledger says, whenever and in however many runs it came to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.support.ledger_file import rows

if TYPE_CHECKING:
    from pathlib import Path

OF_THE_RUNS: Final[dict[str, set[str]]] = {
    "runs": {"*"},  # a row for each run, also for one that was killed
    "sqlite_sequence": {"*"},  # how many ids were given out; the ids themselves are compared
    "_sqlite_migrations": {"*"},  # when the schema came into being
    "servers": {"created_at", "health_checked_at", "health_changed_at"},
    "feeds": {"created_at", "health_checked_at", "health_changed_at", "wanted_by_run", "last_run_at"},
    "anomalies": {"resolved_at"},  # the instant; the day, settled_on, is compared
}
"""What tells of the runs themselves, and differs with them: by table, its columns."""


def lasting(ledger: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, by table, but for what tells of the runs."""
    tables = (row["name"] for row in rows(ledger, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"))
    return {name: _rows(ledger, name) for name in tables if "*" not in OF_THE_RUNS.get(name, ())}


def _rows(ledger: Path, table: str) -> list[dict[str, Any]]:
    left_out = OF_THE_RUNS.get(table, set())
    found = rows(ledger, f'SELECT * FROM "{table}"')  # noqa: S608  names from the file's own schema
    return sorted(({name: row[name] for name in row if name not in left_out} for row in found), key=repr)
