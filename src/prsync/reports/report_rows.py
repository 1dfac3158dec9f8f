"""A report's rows: what one customer has printed in one period."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from prsync.core.trees import trees

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

COLUMNS: Final = ("feed", "server", "period", "pages", "trees", "devices", "complete", "certificate")


class Unit(StrEnum):
    """How long a period is."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """A feed's pages in a period, as 2026, 2026-10 or 2026-10-31.

    `devices` is how many are stored of the feed now. `is_complete`: each of its days in the period is deposited.
    `certificate` is the number of the month's current one.
    """

    feed: str
    server: str
    period: str
    pages: int
    devices: int
    is_complete: bool
    certificate: str | None

    @property
    def trees(self) -> Decimal:
        """The pages as trees."""
        return trees(self.pages)

    def document(self) -> dict[str, object]:
        """The row as `report --json` has it."""
        return dict(zip(COLUMNS, self.values(), strict=True)) | {"trees": str(self.trees)}

    def values(self) -> tuple[object, ...]:
        """The values of the columns."""
        return (
            self.feed,
            self.server,
            self.period,
            self.pages,
            self.trees,
            self.devices,
            self.is_complete,
            self.certificate,
        )


@dataclass(slots=True)
class Totals:
    """Adds up rows as they pass by. Trees come from the sum of the pages: rounded ones do not add up."""

    pages: int = 0
    rows: int = 0

    def counting(self, rows: Iterator[ReportRow]) -> Iterator[ReportRow]:
        """The same rows, counted."""
        for row in rows:
            self.pages += row.pages
            self.rows += 1
            yield row

    @property
    def trees(self) -> Decimal:
        """All pages as trees."""
        return trees(self.pages)

    def document(self) -> Mapping[str, object]:
        """The total as `report --json` has it."""
        return {"pages": self.pages, "trees": str(self.trees)}
