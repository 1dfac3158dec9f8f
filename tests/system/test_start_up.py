"""Cron and shell completion start this program often: what --help loads is part of the interface."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.support.commands import commands

from prsync.cli.commands import COMMANDS, Program
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path


def modules_after(code: str) -> set[str]:
    """The top-level packages loaded once `code` has run that Python itself does not bring."""
    report = "import sys; print(*{name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names)"
    done = subprocess.run([sys.executable, "-c", f"{code}; {report}"], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


HEAVY = {
    *("requests", "requests_oauthlib", "urllib3", "sqlite_utils", "keyring", "pendulum", "reportlab", "holidays"),
    *("rich", "prompt_toolkit", "platformdirs", "trustme", "cryptography"),
}


def test_help_loads_what_typer_loads_and_nothing_more() -> None:
    with_help = modules_after("from prsync.cli.app import run_command_line; run_command_line(['--help'])")
    assert with_help <= modules_after("import typer") | {"prsync"}


@pytest.mark.parametrize("command", ["sync", "feed add", "certify", "demo", "doctor"])
def test_a_command_s_help_loads_nothing_that_only_its_work_needs(command: str) -> None:
    loaded = modules_after(
        f"from prsync.cli.app import run_command_line; run_command_line({[*command.split(), '--help']})"
    )
    assert loaded & HEAVY == set()
    assert "prsync" in loaded


@pytest.mark.parametrize("command", ["feed list", "health --offline", "report", "run list"])
def test_a_command_that_only_reads_the_ledger_loads_neither_pydantic_nor_sqlite_utils(
    command: str, tmp_path: Path
) -> None:
    state = tmp_path / "ledger.db"
    with Ledger(state):
        pass
    line = ["--state", str(state), *command.split()]
    loaded = modules_after(f"from prsync.cli.app import run_command_line; run_command_line({line})")
    assert loaded & {"pydantic", "sqlite_utils", "requests", "keyring"} == set()
    assert "prsync" in loaded


@pytest.mark.parametrize("command", ["sync", "certify", "deliver", "sync --wait 5 --dry-run"])
def test_typer_validates_no_default(command: str, tmp_path: Path) -> None:
    # What it validates with takes as long to load as all else of a short command.
    line = ["--state", str(tmp_path / "none.db"), "-q", *command.split()]
    run = f"from prsync.cli.app import run_command_line; run_command_line({line})"
    loaded = subprocess.run(
        [sys.executable, "-c", f"{run}; import sys; print('typer._adapters' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()[-1]
    assert loaded == str("--wait" in command)


def test_typer_need_not_evaluate_annotations_from_their_text() -> None:
    callbacks = [inspect.unwrap(command.callback) for command in commands().values()]
    assert len(callbacks) > 20
    from_text = {
        f"{callback.__module__}.{callback.__name__}"
        for callback in callbacks
        if any(isinstance(annotation, str) for annotation in callback.__annotations__.values())
    }
    assert from_text == set()


def test_a_command_loads_no_other_command() -> None:
    report = "import sys; print(*sorted(name for name in sys.modules if name.startswith('prsync.cli.')))"
    run = "from prsync.cli.app import run_command_line; run_command_line({})"
    loaded = {
        line: subprocess.run(
            [sys.executable, "-c", f"{run.format(line.split())}; {report}"], capture_output=True, text=True, check=True
        )
        .stdout.splitlines()[-1]
        .split()
        for line in ("--help", "feed --help")
    }
    modules = {f"prsync.cli.{module}" for module, _ in COMMANDS.values()}
    assert modules & set(loaded["--help"]) == set()
    assert modules & set(loaded["feed --help"]) == {"prsync.cli.feed"}


def test_what_help_says_of_a_command_is_the_first_sentence_of_its_own() -> None:
    program = Program(name="prsync")
    said = {name: meaning for name, (_, meaning) in COMMANDS.items()}
    assert said == {name: command.get_short_help_str(80) for name, command in program.commands.items()}
