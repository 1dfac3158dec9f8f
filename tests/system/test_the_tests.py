"""What the tests are built on: a skip is no pass in CI, every kind is run, and prsync is run as cron runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import HUNTS_OF_THE_CORE
from tests.support.ending import eventually

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


def collected(*options: str) -> set[str]:
    """The tests that pytest would run, each with its file, without parameters."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *options],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}


def test_everything_in_system_and_nothing_else_is_of_that_kind() -> None:
    assert collected("-m", "system") == collected("tests/system")


def test_the_core_s_hunts_are_among_the_hunts() -> None:
    """They are named in conftest.py: one that is renamed there and not here would make `script/test fast` slow."""
    hunts = {test.rpartition("::")[2] for test in collected("-m", "hunt")}
    assert hunts > HUNTS_OF_THE_CORE


MENU = {
    "": ("ruff", "mypy", "pytest -n 2 --dist loadgroup"),
    "fast": ("ruff", "mypy", "pytest -m not system and not hunt and not long -n 2 --dist loadgroup"),
    "hunt": ("pytest -m hunt -n 2 --dist loadgroup",),
    "lint": ("ruff", "mypy"),
    "-k name": ("ruff", "mypy", "pytest -k name"),
    "tests/core -k name": ("ruff", "mypy", "pytest tests/core -k name"),
    "fast -k name": ("ruff", "mypy", "pytest -m not system and not hunt and not long -k name"),
    "hunt -x": ("pytest -m hunt -x",),
}


@pytest.mark.parametrize("given", MENU)
def test_the_menu_runs_what_it_says(given: str, tmp_path: Path) -> None:
    """The script in a folder where whatever it starts only says so."""
    for name in ("script/bootstrap", ".venv/bin/ruff", ".venv/bin/mypy", ".venv/bin/pytest"):
        stub = tmp_path / name
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text('#!/bin/sh\necho "$(basename "$0")" "$@"\n')
        stub.chmod(0o755)
    script = shutil.copy(REPOSITORY / "script" / "test", tmp_path / "script")
    done = subprocess.run([script, *given.split()], capture_output=True, text=True, check=True)
    expected = ["bootstrap dev"]
    for program in MENU[given]:
        expected += ["ruff check .", "ruff format --check --quiet ."] if program == "ruff" else [program]
    assert done.stdout.splitlines() == expected


def test_ci_runs_the_readme_s_own_test_command() -> None:
    assert "```sh\nscript/test\n```" in (REPOSITORY / "README.md").read_text("utf-8")
    lines = (REPOSITORY / ".ci" / "run").read_text("utf-8").splitlines()
    assert "PYTHON=$oldest script/test" in lines


def test_prsync_runs_without_a_terminal_and_without_our_environment(
    prsync: Prsync, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRSYNC_QUIET", "1")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    with prsync.start("--help") as process:
        environ = Path(f"/proc/{process.pid}/environ")
        assert eventually(environ.read_bytes)  # for a moment a new program has none yet
        environment = environ.read_bytes().split(b"\0")
        terminal = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[4]
    names = {entry.partition(b"=")[0].decode() for entry in environment if entry}
    assert names == prsync.environment.keys()
    assert terminal == "0"
