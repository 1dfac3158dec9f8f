"""SIGKILL all over issuing, line by line: no certificate is lost, none is issued twice, and no half file is left."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
from datetime import date
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from tests.edges.months import certify, collected
from tests.support import rows

import prsync.certificates.issue
import prsync.certificates.pdf_file
import prsync.store.certificate_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

_FORK = multiprocessing.get_context("fork")
_WATCHED = {
    module.__file__
    for module in (
        prsync.certificates.pdf_file,
        prsync.certificates.issue,
        prsync.store.certificate_table,
    )
}


def _certify_and_die(path: Path, folder: Path, line: int) -> None:
    lines = count(1)

    def step(_frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line" and next(lines) == line:
            os.kill(os.getpid(), signal.SIGKILL)
        return step

    sys.settrace(lambda frame, _event, _argument: step if frame.f_code.co_filename in _WATCHED else None)
    certify(path, folder)


def _deaths(original: Path, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """The ledger and the folder after each death, until a run lives to its end."""
    for line in count(1, 3):  # every third: each step of issuing has several
        path, folder = tmp_path / str(line) / "ledger.db", tmp_path / str(line) / "certificates"
        path.parent.mkdir()
        shutil.copy(original, path)
        process = _FORK.Process(target=_certify_and_die, args=(path, folder, line))
        process.start()
        process.join()
        if process.exitcode == 0:
            return
        assert process.exitcode == -signal.SIGKILL
        yield path, folder


@pytest.mark.hunt
def test_killed_at_any_line_the_next_run_makes_up_the_rest(tmp_path: Path) -> None:
    original = tmp_path / "ledger.db"
    collected(original, "Acme", date(2026, 10, 1), date(2026, 10, 31))
    left, outcomes = set(), []
    for path, folder in _deaths(original, tmp_path):
        issued = len(rows(path, "SELECT * FROM certificates"))
        there = sorted(folder.glob("*.pdf"))
        left.add((issued, len(there)))
        outcomes.append(certify(path, folder)["Acme"].outcome)
        [row] = rows(path, "SELECT number, sha256 FROM certificates")
        [file] = [file for file in folder.iterdir() if not file.name.endswith(".unfinished")]
        assert sha256(file.read_bytes()).hexdigest() == row["sha256"]
        assert [*folder.iterdir()] == [file]
        shutil.rmtree(path.parent)
    print(f"killed at {len(outcomes)} lines")
    assert left == {(0, 0), (1, 0), (1, 1)}  # never a file that the ledger does not know
    assert sorted(set(outcomes), key=outcomes.index) == ["issued", "restored", "unchanged"]
