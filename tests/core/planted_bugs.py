"""Bugs planted in copies of the core: the property tests have to find every one of them.

Each is one small replacement in one module. `hunt` plants it in a copy of the package, puts the copy first on the path
and runs the property tests against it in a process of their own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.core.bug import PACKAGE, Bug
from tests.core.bugs_in_delivery import DELIVERY_BUGS
from tests.core.bugs_in_devices import DEVICE_BUGS
from tests.core.bugs_in_feeds import FEED_BUGS

if TYPE_CHECKING:
    from collections.abc import Sequence

OF_THE_LEDGER = ("test_ledger_machine.py", "test_ledger_properties.py")
OF_DELIVERY = ("test_delivery_properties.py",)
ROOT = Path(__file__).parents[2]


BUGS = (*DEVICE_BUGS, *FEED_BUGS, *DELIVERY_BUGS)


def run_properties(package: Path, examples: str, modules: Sequence[str] = OF_THE_LEDGER) -> tuple[list[str], str]:
    """Run the property tests against the package in `package`: which failed, and what was said."""
    paths = [str(Path(__file__).with_name(name)) for name in modules]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *paths]
    environment = {
        **os.environ,
        "PYTHONPATH": str(package),
        "HYPOTHESIS_PROFILE": examples,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # half of a hunt would be loading what it does not use
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        raise RuntimeError(done.stdout + done.stderr)
    return re.findall(r"^FAILED \S+::(\w+)", done.stdout, re.MULTILINE), done.stdout


def copy_of_the_package(folder: Path) -> Path:
    shutil.copytree(PACKAGE, folder / "prsync", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def hunt(bug: Bug | None, folder: Path, examples: str = "hunt") -> Sequence[str]:
    """Plant the bug in a copy below `folder`; the names of the tests that found it."""
    copy_of_the_package(folder)
    if bug is not None:
        module = folder / "prsync" / "core" / bug.module
        source = module.read_text(encoding="utf-8")
        module.write_text(source.replace(bug.before, bug.after), encoding="utf-8")
    modules = OF_DELIVERY if bug in DELIVERY_BUGS else OF_THE_LEDGER if bug else (*OF_THE_LEDGER, *OF_DELIVERY)
    failed, said = run_properties(folder, examples, modules)
    if bug is None and failed:
        raise AssertionError(said)
    return failed
