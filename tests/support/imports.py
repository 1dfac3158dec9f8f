"""What Python files import that neither Python nor this repository brings, and which package each comes from."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_OURS: Final = {"benchmarks", "prsync", "script", "tests"}
# The type checker brings this one; there is nothing of it to install.
_NO_PACKAGES: Final = {*sys.stdlib_module_names, "_typeshed"}


def third_party_modules(files: Iterable[Path], *, when_run: bool) -> set[str]:
    """The top-level modules that `files` import, also inside a function.

    With `when_run` without what stands below `if TYPE_CHECKING:`, which only a type checker reads.
    """
    found: set[str] = set()
    for file in files:
        for node in _nodes(ast.parse(file.read_text("utf-8")), when_run=when_run):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - _NO_PACKAGES - _OURS


def packages_of(modules: Iterable[str]) -> set[str]:
    """The installed packages that bring `modules`; a module that none brings stands for itself."""
    owners = packages_distributions()
    return {canonicalize_name(owners.get(module, [module])[0]) for module in modules}


def _nodes(node: ast.AST, *, when_run: bool) -> Iterator[ast.AST]:
    is_for_types = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if not (when_run and is_for_types):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _nodes(child, when_run=when_run)
