"""Whatever ends the process or the machine, whenever: whole days stand, and the next run makes up the rest."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.edges.dying import deaths
from tests.edges.ledgers import collect, connected, content, states
from tests.support.log_frames import FRAME, HEADER

from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.hunt
def test_killed_at_any_statement_a_run_leaves_whole_days_and_the_next_one_goes_on(tmp_path: Path) -> None:
    whole = states(tmp_path / "undisturbed.db")
    path = tmp_path / "ledger.db"
    new = tmp_path / "new.db"
    connected(new)
    shutil.copy(new, path)
    seen = []
    for number in deaths(lambda: collect(path)):
        seen.append(whole.index(content(path)))  # a state that an undisturbed run passes through, or a ValueError
        collect(path)
        assert content(path) == whole[-1], number
        shutil.copy(new, path)
    print(f"killed at each of {len(seen) - 1} statements")
    assert seen == sorted(seen)
    assert set(seen) == set(range(len(whole)))


@pytest.mark.hunt
def test_killed_at_any_statement_a_first_run_leaves_a_file_that_the_next_one_can_use(tmp_path: Path) -> None:
    connected(tmp_path / "undisturbed.db")
    new = content(tmp_path / "undisturbed.db")
    path = tmp_path / "first" / "ledger.db"
    number = 0
    for number in deaths(lambda: opened(path)):
        connected(path)
        assert content(path) == new, number
        shutil.rmtree(path.parent)
    print(f"killed at each of {number - 1} statements")


def opened(path: Path) -> None:
    with Ledger(path):
        pass


def test_after_a_power_cut_whatever_reached_the_disk_of_the_log_makes_whole_days(tmp_path: Path) -> None:
    whole = states(tmp_path / "undisturbed.db")
    path = tmp_path / "ledger.db"
    connected(path)
    log = path.with_name("ledger.db-wal")
    lengths = [0]

    def keep(_: Ledger) -> None:
        lengths.append(log.stat().st_size)
        for file in (path, log):  # before the last one to close the ledger takes the log into it
            shutil.copy(file, tmp_path / f"kept-{file.name}")

    collect(path, keep)
    written = (tmp_path / "kept-ledger.db-wal").read_bytes()
    frames = range(HEADER, len(written) + 1, FRAME)
    assert lengths[-1] == len(written) == frames[-1]

    def after(power_cut: bytes) -> int:
        shutil.copy(tmp_path / "kept-ledger.db", path)
        log.write_bytes(power_cut)
        found = whole.index(content(path))
        collect(path)
        assert content(path) == whole[-1]
        return found

    seen = []
    for end in frames:
        seen.append(after(written[:end]))
        seen.append(after(written[: end + FRAME // 2]))  # half a page
        seen.append(after(written[:end] + bytes(FRAME) + written[end + FRAME :]))  # the pages after it came first
    print(f"cut off at {len(frames)} pages of the log")
    assert seen[::3] == sorted(seen[::3])
    assert set(seen) == set(range(len(whole)))
    # A commit needs its last page, and needs no more.
    assert [frames.index(length) for length in lengths[2:]] == [
        seen[::3].index(state) for state in range(1, len(whole))
    ]
