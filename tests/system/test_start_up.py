"""Cron and shell completion start this program often: what --help loads is part of the interface."""

from __future__ import annotations

import subprocess
import sys

import pytest


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
