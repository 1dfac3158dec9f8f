"""prsync's wheel, and an environment that holds it and what it requires: nothing of what only tests need."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]


def build(folder: Path) -> Path:
    """Build the wheel into `folder`, as `pip install .` would but with the build tool that is here."""
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check"]
    _pip("wheel", *options, "--wheel-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """Make an environment of the wheel and what it requires, copied from the one that this runs in; its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for name in required("prsync"):
        found = distribution(name)
        for file in found.files or ():
            if ".." not in file.parts:  # scripts; nobody calls them here
                target = site / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), target)
    python = folder / "bin" / "python"
    _pip("--python", str(python), "install", "--no-deps", "--no-index", "--quiet", str(wheel))
    return python


def required(name: str) -> set[str]:
    """The packages that `name` needs to run, and that those need."""
    found: set[str] = set()
    waiting = list(_direct(name))
    while waiting:
        required = waiting.pop()
        if required not in found:
            found.add(required)
            waiting += _direct(required)
    return found


def _direct(name: str) -> Iterator[str]:
    try:
        requirements = distribution(name).requires or []
    except PackageNotFoundError:  # for another platform
        return
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name.lower().replace("_", "-")


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True)
