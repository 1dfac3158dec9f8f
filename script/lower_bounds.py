"""Prints the oldest version of each dependency that pyproject.toml allows, as constraints for pip.

CI runs the tests with these once, so that a lower bound is one that was tried: .venv/bin/python script/lower_bounds.py
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROJECT: Final = Path(__file__).parents[1] / "pyproject.toml"


def dependencies() -> list[Requirement]:
    """What prsync needs to run."""
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    return [Requirement(line) for line in project["dependencies"]]


def oldest(requirements: Iterable[Requirement]) -> Iterator[str]:
    """A line `name==version` for each requirement; ValueError where one has no lower bound."""
    for requirement in requirements:
        versions = [part.version for part in requirement.specifier if part.operator == ">="]
        if len(versions) != 1:
            raise ValueError(f"{requirement} has no lower bound")
        yield f"{requirement.name}=={versions[0]}"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in oldest(dependencies()))
