"""What is deposited in each of many periods, feed by feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from prsync.store.connection import Connection

_TABLE = "CREATE TEMP TABLE periods (place INTEGER PRIMARY KEY, first TEXT NOT NULL, last TEXT NOT NULL)"

# In this order SQLite looks the days of one period up after those of another: it need not sort a feed's days by period.
_SUMS = """
    SELECT place, count(*) AS days, sum(pages) AS pages
    FROM temp.periods CROSS JOIN deposits ON feed_id = ? AND date BETWEEN first AND last
    GROUP BY place
"""


@dataclass(frozen=True, slots=True)
class PeriodSum:
    """How many days of a period are deposited, and their pages."""

    days: int
    pages: int


class PeriodSums:
    """Adds up deposits by the periods given, each from its first to its last day."""

    def __init__(self, connection: Connection, periods: Sequence[tuple[date, date]]) -> None:
        self._connection = connection
        # Not in a file: where prsync runs there may be no folder for temporary ones.
        connection.run("PRAGMA temp_store = MEMORY")
        connection.run("DROP TABLE IF EXISTS temp.periods")
        connection.run(_TABLE)
        rows = [(place, first.isoformat(), last.isoformat()) for place, (first, last) in enumerate(periods)]
        connection.write_all("INSERT INTO temp.periods (place, first, last) VALUES (?, ?, ?)", rows)

    def of(self, feed_id: int) -> dict[int, PeriodSum]:
        """A feed's sums by the period's place; none for a period of which no day is deposited."""
        rows = self._connection.query(_SUMS, [feed_id])
        return {row["place"]: PeriodSum(row["days"], row["pages"]) for row in rows}
