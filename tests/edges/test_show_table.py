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
