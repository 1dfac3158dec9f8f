"""A report as a spreadsheet, with real numbers and dates."""

from __future__ import annotations

from datetime import date
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Final

from xlsxwriter import Workbook

from prsync.errors import InvalidValueError
from prsync.reports.report_rows import COLUMNS, Totals, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from prsync.reports.report_rows import ReportRow

MOST_ROWS: Final = 1_048_575
"""What a sheet holds beside its header."""

_WIDTHS: Final = (32, 14, 12, 14, 12, 9, 10, 30)
_NUMBERS: Final = {"pages", "trees", "devices"}
_DAY_0: Final = date(1899, 12, 30)
_DATE_FORMATS: Final = {Unit.DAY: "yyyy-mm-dd", Unit.MONTH: "yyyy-mm", Unit.YEAR: "0"}


def spreadsheet(rows: Iterator[ReportRow], unit: Unit, caption: str, now: datetime) -> bytes:
    """The .xlsx file: a sheet of rows, and one with their total; `caption` says what the total is of.

    InvalidValueError for more rows than it can hold.
    """
    file, totals = BytesIO(), Totals()
    # A name may begin with = or look like an address: it is a text. Each row is written out as it comes.
    options = {"in_memory": False, "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as workbook:
        workbook.set_properties({"title": "Pages and trees", "author": "prsync", "created": now.replace(tzinfo=None)})
        bold = workbook.add_format({"bold": True, "bottom": 1})
        whole = workbook.add_format({"num_format": "#,##0"})
        hundredths = workbook.add_format({"num_format": "#,##0.00"})
        period = workbook.add_format({"num_format": _DATE_FORMATS[unit], "align": "left"})
        sheet = workbook.add_worksheet("Pages")
        _begin(sheet, bold, workbook.add_format({"bold": True, "bottom": 1, "align": "right"}))
        for number, row in enumerate(totals.counting(rows), start=1):
            if number > MOST_ROWS:
                raise InvalidValueError("--output", "FILE.xlsx", f"holds {MOST_ROWS:,} rows; choose a shorter time")
            _write(sheet, number, row, unit, formats=(period, whole, hundredths))
        sheet.autofilter(0, 0, totals.rows, len(COLUMNS) - 1)
        total = workbook.add_worksheet("Total")
        total.set_column(0, 1, 16)
        total.write_row(0, 0, ["pages", "trees"], bold)
        total.write_number(1, 0, totals.pages, whole)
        total.write_number(1, 1, float(totals.trees), hundredths)
        total.write_string(3, 0, caption)
    return file.getvalue()


def _begin(sheet: Worksheet, bold: Format, bold_right: Format) -> None:
    for column, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, bold_right if name in _NUMBERS else bold)
    sheet.freeze_panes(1, 1)
    # On paper: a page wide, and the header on each.
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _write(sheet: Worksheet, number: int, row: ReportRow, unit: Unit, *, formats: tuple[Format, ...]) -> None:
    period, whole, hundredths = formats
    sheet.write_string(number, 0, row.feed)
    sheet.write_string(number, 1, row.server)
    if unit is Unit.YEAR:
        sheet.write_number(number, 2, int(row.period), period)
    else:
        sheet.write_number(number, 2, _day_number(row.period), period)
    sheet.write_number(number, 3, row.pages, whole)
    sheet.write_number(number, 4, float(row.trees), hundredths)
    sheet.write_number(number, 5, row.devices, whole)
    sheet.write_boolean(number, 6, row.is_complete)
    if row.certificate is not None:
        sheet.write_string(number, 7, row.certificate)


@cache
def _day_number(period: str) -> int:
    """The first day of a month, or a day, as a spreadsheet counts days."""
    day = date.fromisoformat(period if len(period) == len("2026-10-31") else f"{period}-01")
    return (day - _DAY_0).days
