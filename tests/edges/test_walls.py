"""The walls between the rooms of src/prsync (docs/architecture.md, tool.importlinter) stand, and their fall is seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "prsync"

# A command and the service behind it may share a name.
PAIRS = {
    "sync.py",
    "certify.py",
    "doctor.py",
    "health.py",
    "metrics.py",
    "backup.py",
    "report.py",
    "deliver.py",
    "printreleaf.py",
}


def lint(source: Path) -> subprocess.CompletedProcess[str]:
    """What import-linter finds in the package below the folder `source`."""
    program = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    return subprocess.run(
        [*program, "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(source)},
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_walls_stand() -> None:
    found = lint(ROOT / "src")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 broken" in found.stdout


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("core/trees.py", "import logging", "The core is pure BROKEN"),
        ("core/trees.py", "from prsync.process.clock import utc_now", "One way down"),
        ("services/health.py", "import sqlite3", "SQLite ends in store/ BROKEN"),
        (
            "services/health.py",
            "import requests",
            "HTTP ends in https/ and in the rooms",
        ),
        ("services/health.py", "from prsync.demo.simulator import Simulator", "One way down"),
        ("certificates/due.py", "from prsync.services.sync import run_sync", "One way down"),
        ("cli/backup.py", "from prsync.threemanager.client import ThreeManager", "A command asks a service"),
        ("cli/backup.py", "from prsync.demo.simulator import Simulator", "The simulated 3manager is for"),
        ("store/ledger.py", "import typer", "A terminal is cli/'s"),
    ],
    ids=lambda value: value if "/" in value else "",
)
@pytest.mark.long
def test_an_import_through_a_wall_is_found(tmp_path: Path, module: str, line: str, broken: str) -> None:
    shutil.copytree(SOURCE, tmp_path / "prsync", ignore=shutil.ignore_patterns("__pycache__"))
    planted = tmp_path / "prsync" / module
    planted.write_text(planted.read_text("utf-8") + f"\n{line}\n", "utf-8")
    found = lint(tmp_path)
    assert found.returncode == 1, found.stdout + found.stderr
    assert broken in " ".join(found.stdout.split())


def test_a_modules_name_says_which_it_is() -> None:
    names = Counter(path.name for path in SOURCE.rglob("*.py") if path.name != "__init__.py")
    assert {name for name, times in names.items() if times > 1} <= PAIRS


def test_nothing_stands_loose_at_the_top_but_the_errors() -> None:
    assert {path.name for path in SOURCE.glob("*.py")} == {"__init__.py", "__main__.py", "errors.py"}
