"""Cron and shell completion start this program often: what --help loads is part of the interface."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from prsync.cli.app import app
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import typer


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


def _callbacks(app: typer.Typer) -> Iterator[Callable[..., object]]:
    yield from filter(None, (command.callback for command in app.registered_commands))
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from _callbacks(group.typer_instance)


def test_typer_need_not_evaluate_annotations_from_their_text() -> None:
    callbacks = list(_callbacks(app))
    assert len(callbacks) > 20
    from_text = {
        f"{callback.__module__}.{callback.__name__}"
        for callback in callbacks
        if any(isinstance(annotation, str) for annotation in callback.__annotations__.values())
    }
    assert from_text == set()
