"""A table of very many rows is not fitted to a terminal: finding the widths would take half a minute."""

from __future__ import annotations

import io
import sys

import pytest

from prsync.cli import show


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


def test_numbers_and_days_are_kept_whole_where_names_can_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "60")
    number = "PR-2026-09-0005-R1-BY88"
    show.table(("Feed", "Number", "Pages"), [("A customer with a name of many words", number, "12,345")])
    assert all(whole in terminal.getvalue() for whole in (number, "12,345"))
    monkeypatch.setenv("COLUMNS", "30")
    terminal.truncate(0)
    show.table(("Feed", "Number", "Pages"), [("A customer", number, "12,345")])
    folded = "".join(line[8:24].strip() for line in terminal.getvalue().splitlines())
    assert number not in terminal.getvalue()
    assert "BY88" in folded
