"""A report as CSV: a header, a row for each feed and period, and no totals."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from prsync.reports.report_rows import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from prsync.reports.report_rows import ReportRow


def write_csv(rows: Iterable[ReportRow], file: TextIO) -> None:
    """Write the rows; what is not there is an empty cell, and a flag is yes or no."""
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(COLUMNS)
    lines.writerows(map(_cells, rows))


def _cells(row: ReportRow) -> list[object]:
    *values, is_complete, certificate = row.values()
    return [*values, "yes" if is_complete else "no", certificate]
