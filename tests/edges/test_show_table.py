"""A table of very many rows is not fitted to a terminal: finding the widths would take half a minute."""

from __future__ import annotations

import io
import sys

import pytest

from prsync.cli import show

NUMBER = "PR-2026-09-0005-R1-BY88"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("rows", "folded"), [(1000, True), (1001, False)])
def test_only_so_many_rows_are_fitted(monkeypatch: pytest.MonkeyPatch, rows: int, folded: bool) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "40")
    show.table(("Feed", "Pages"), iter([("x" * 60, 1)] * rows), right=("Pages",))
    assert (len(terminal.getvalue().splitlines()) > rows + 1) is folded


@pytest.mark.parametrize(("width", "is_whole"), [(80, True), (60, False)])
def test_numbers_and_days_are_kept_whole_where_names_can_give_way(
    monkeypatch: pytest.MonkeyPatch, width: int, is_whole: bool
) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    row = ("Café Le Coq A/S in Copenhagen", "2026-10", "issued, provisional", NUMBER, "12,345,678", "1,481.54")
    show.table(("Feed", "Month", "Outcome", "Number", "Pages", "Trees"), [row], right=("Pages", "Trees"))
    shown = terminal.getvalue()
    assert all(cell in shown for cell in (row[1], *row[3:])) is is_whole
    # Where there is no room for all of it, it is folded and not cut off.
    assert all(part in shown for part in ("BY88", "Copenhage"))
