"""What pyproject.toml declares is what the code imports, and what constraints.txt and the lower bounds name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from script.lower_bounds import dependencies, oldest
from tests.support.imports import packages_of, third_party_modules

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DEVELOPMENT: Final = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]


def names(requirements: Iterable[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


def files(*folders: Path) -> list[Path]:
    return [file for folder in folders for file in folder.rglob("*.py")]


def undeclared_in_tests(*folders: Path) -> set[str]:
    modules = third_party_modules(files(*folders), when_run=False)
    return packages_of(modules) - names([*dependencies(), *DEVELOPMENT])


def test_the_program_requires_every_package_that_it_imports_and_no_other() -> None:
    imported = packages_of(third_party_modules(files(ROOT / "src"), when_run=True))
    assert imported == names(dependencies())


def test_what_only_a_type_checker_imports_for_the_program_is_declared_too() -> None:
    assert undeclared_in_tests(ROOT / "src") == set()


def test_tests_scripts_and_benchmarks_import_no_package_that_is_not_declared() -> None:
    assert undeclared_in_tests(*(ROOT / name for name in ("tests", "script", "benchmarks"))) == set()


@pytest.mark.parametrize(
    ("code", "package"),
    [
        ("import no_such_module", "no-such-module"),
        ("def late() -> None:\n    from markupsafe import Markup", "markupsafe"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import iniconfig.exceptions", "iniconfig"),
    ],
    ids=["not installed", "installed for another package, inside a function", "for types"],
)
def test_an_import_that_is_not_declared_is_found(code: str, package: str, tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(code)
    assert undeclared_in_tests(tmp_path) == {package}


def test_what_only_a_type_checker_reads_is_no_import_of_the_running_program(tmp_path: Path) -> None:
    file = tmp_path / "planted.py"
    file.write_text("if TYPE_CHECKING:\n    import iniconfig\nelse:\n    import jinja2\nimport pluggy")
    assert third_party_modules([file], when_run=True) == {"pluggy"}


def test_every_declared_package_is_pinned_for_development_to_a_version_that_is_allowed() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    versions = {canonicalize_name(name): version for name, version in pins.items()}
    declared = [*dependencies(), *DEVELOPMENT]
    assert [r for r in declared if versions.get(canonicalize_name(r.name), "0") not in r.specifier] == []


def test_every_dependency_has_a_lower_bound_which_is_the_oldest_version_allowed() -> None:
    pins = dict(line.split("==") for line in oldest(dependencies()))
    assert pins["sqlite-utils"] == "4.2.1"
    assert [r for r in dependencies() if pins[r.name] not in r.specifier] == []
    with pytest.raises(ValueError, match="pluggy<2 has no lower bound"):
        list(oldest([Requirement("pluggy<2")]))
