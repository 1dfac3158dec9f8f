"""What the tests are built on: a skip is no pass in CI, and prsync is run as cron runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support import Prsync

REPOSITORY = Path(__file__).parents[2]

SKIPPING = {
    "for want of a program": (
        0,
        1,
        """
        from tests.support import needs

        @needs("sh", "no-such-program")
        def test_it() -> None:
            pass
    """,
    ),
    "in the middle": (
        0,
        1,
        """
        import pytest

        def test_it() -> None:
            pytest.skip("needs no-such-program")
    """,
    ),
    "as a whole module": (
        5,
        2,
        """
        import pytest

        pytest.skip("needs no-such-program", allow_module_level=True)
    """,
    ),
}
"""Tests, and pytest's status for each: elsewhere (5 is for no test at all) and in CI."""


def outcome_of(test: str, folder: Path, **environment: str) -> tuple[int, str]:
    file = folder / "test_it.py"
    file.write_text("\n".join(line.removeprefix("        ") for line in test.splitlines()))
    options = ["-q", "-p", "no:cacheprovider", "-p", "tests.conftest", "--config-file", f"{REPOSITORY}/pyproject.toml"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(file)],
        env={name: value for name, value in os.environ.items() if name != "CI"} | environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(("elsewhere", "in_ci", "test"), SKIPPING.values(), ids=SKIPPING.keys())
def test_a_skipped_test_says_what_is_missing_and_fails_in_ci(
    elsewhere: int, in_ci: int, test: str, tmp_path: Path
) -> None:
    status, report = outcome_of(test, tmp_path)
    assert "1 skipped" in report
    assert "no-such-program" in report
    assert status == elsewhere

    status, report = outcome_of(test, tmp_path, CI="true")
    assert status == in_ci
    assert "in CI everything runs" in report
    assert "no-such-program" in report


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    test = """
        import pytest

        @pytest.mark.xfail(strict=True)
        def test_it() -> None:
            raise AssertionError
    """
    status, report = outcome_of(test, tmp_path, CI="true")
    assert (status, "1 xfailed" in report) == (0, True)


def test_prsync_runs_without_a_terminal_and_without_our_environment(
    prsync: Prsync, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRSYNC_QUIET", "1")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    with prsync.start("--help") as process:
        environment = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
        terminal = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[4]
    names = {entry.partition(b"=")[0].decode() for entry in environment if entry}
    assert names == prsync.environment.keys()
    assert terminal == "0"
