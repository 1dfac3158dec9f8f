"""What are the property tests worth? They have to find every planted bug, and nothing where there is none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from tests.core.planted_bugs import BUGS, hunt

if TYPE_CHECKING:
    from pathlib import Path

    from tests.core.bug import Bug


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_place_of_a_planted_bug_is_in_the_core_exactly_once(bug: Bug) -> None:
    assert bug.occurrences() == 1
    assert bug.before != bug.after


def test_planted_bugs_have_names_of_their_own() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS)


def test_the_property_tests_find_every_planted_bug_and_nothing_else(tmp_path: Path) -> None:
    def found_by(numbered: tuple[int, Bug | None]) -> list[str]:
        number, bug = numbered
        return [*hunt(bug, tmp_path / str(number))]

    # Threads only wait here: every hunt is a process of its own, two at a time.
    with ThreadPoolExecutor(max_workers=2) as two:
        found = dict(zip((None, *BUGS), two.map(found_by, enumerate((None, *BUGS))), strict=True))

    for bug, tests in found.items():
        print(f"{bug.name if bug else 'no bug at all'}: {', '.join(tests) or 'not found'}")
    assert not found.pop(None)
    assert not [bug.name for bug, tests in found.items() if bug is not None and not tests]
