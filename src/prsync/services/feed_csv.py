"""The file of a feed import: CSV as a person's spreadsheet saves it, read into lines."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prsync.core.settings import FEED_SETTINGS
from prsync.errors import ImportRefusedError, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Problem = tuple[int, str]
    """The number of a line, and what is wrong with it."""

COLUMNS: Final = ("organization", *FEED_SETTINGS)
_OPTIONS: Final = {"account": "account_id"}
"""The columns whose option has another name; both are understood."""
MOST_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file, its cells by column; blank ones are left out."""

    number: int
    """Where it begins: a quoted cell may hold several lines of the file."""
    cells: dict[str, str]


def read_lines(file: Path) -> tuple[list[Line], list[Problem]]:
    """The lines of the file, and what is wrong with those that are none.

    An InvalidValueError if it cannot be read at all, an ImportRefusedError if its header is not one.
    """
    text = _text(file)
    header: list[str] | None = None
    lines: list[Line] = []
    problems: list[Problem] = []
    try:
        for number, cells in _rows(text):
            if header is None:
                header = _header(file, cells, number)
            elif any(cells[len(header) :]):
                problems.append((number, "has more cells than the file has columns; quote a cell that has a separator"))
            else:
                lines.append(Line(number, {name: cell for name, cell in zip(header, cells, strict=False) if cell}))
    except _NotCsvError as error:
        problems.append((error.number, f"is not CSV: {error}"))
    if header is None:
        nothing = (1, f"has no header; the columns are {', '.join(COLUMNS)}")
        raise ImportRefusedError(file, tuple(problems) or (nothing,))
    return lines, problems


class _NotCsvError(Exception):
    def __init__(self, number: int, reason: str) -> None:
        super().__init__(reason)
        self.number = number


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the number of the line where it begins."""
    # strict: without it, csv would read a quote that is never closed as one cell to the end of the file.
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    while True:
        # Where the row begins: the reader's own number is that of the line in which it ends.
        number = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise _NotCsvError(number, str(error)) from error
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield number, cells


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InvalidValueError("FILE", str(file), "is too large for a list of feeds")
        return file.read_bytes().decode("utf-8-sig")  # as bytes: the line ends stay what they are
    except OSError as error:
        raise InvalidValueError("FILE", str(file), error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise InvalidValueError("FILE", str(file), "is not UTF-8; save it as CSV UTF-8") from error


def _delimiter(text: str) -> str:
    # Spreadsheets write semicolons where a comma is the decimal mark. Our column names hold neither.
    header = next((line for line in text.splitlines() if line.strip()), "")
    return ";" if header.count(";") > header.count(",") else ","


def _header(file: Path, cells: list[str], number: int) -> list[str]:
    while not cells[-1]:  # a spreadsheet saves columns that once held something
        cells.pop()
    header = [_OPTIONS.get(name, name) for name in (cell.lower().replace("-", "_").replace(" ", "_") for cell in cells)]
    unknown = [cell or "(blank)" for cell, name in zip(cells, header, strict=True) if name not in COLUMNS]
    if unknown or "organization" not in header or len(set(header)) < len(header):
        problem = f"unknown column {unknown[0]}" if unknown else "needs each column once, and organization among them"
        raise ImportRefusedError(file, ((number, f"{problem}; the columns are {', '.join(COLUMNS)}"),))
    return header
