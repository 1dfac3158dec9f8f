"""The core is a function of its arguments: it reads no clock, opens nothing and knows no library but pendulum."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import prsync.core

CORE = Path(prsync.core.__file__).parent
MODULES = sorted(CORE.glob("*.py"))

ALLOWED = {
    "__future__",
    "collections.abc",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "functools",
    "itertools",
    "types",
    "typing",
    "unicodedata",
    "pendulum",
}
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "localtime", "gmtime"}
DOORS = {"open", "exec", "eval", "compile", "input", "print", "breakpoint", "__import__"}


@pytest.fixture(params=MODULES, ids=lambda path: path.name)
def module(request: pytest.FixtureRequest) -> ast.Module:
    path: Path = request.param
    return ast.parse(path.read_text(encoding="utf-8"), path.name)


def imported(module: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module or "")
    return names


def test_the_core_imports_nothing_but_values_pendulum_and_itself(module: ast.Module) -> None:
    outside = {name for name in imported(module) if not name.startswith("prsync.core.")}

    assert outside <= ALLOWED


def test_the_core_never_asks_what_time_it_is(module: ast.Module) -> None:
    defined = {node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in CLOCKS, f"line {node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in CLOCKS - defined, f"line {node.lineno}"


def test_the_core_opens_nothing_and_says_nothing(module: ast.Module) -> None:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in DOORS, f"line {node.lineno}"


def test_the_core_keeps_nothing_between_two_calls(module: ast.Module) -> None:
    for node in ast.walk(module):
        assert not isinstance(node, ast.Global)
    for statement in module.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            assert not isinstance(statement.value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp)


IMPORT_BLOCKED = """
import importlib, sys
import pendulum  # may load of the standard library what it likes; the core itself may not

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED or (name.startswith("prsync.") and not name.startswith("prsync.core")):
            raise ImportError(f"the core imports {name}")

BLOCKED = set(sys.argv[1].split(","))
for name in [name for name in sys.modules if name.partition(".")[0] in BLOCKED]:
    del sys.modules[name]
sys.meta_path.insert(0, Blocked())
for name in sys.argv[2].split(","):
    importlib.import_module(name)
print(len([name for name in sys.modules if name.startswith("prsync.core.")]))
"""

BLOCKED = (
    "requests,requests_oauthlib,oauthlib,urllib3,sqlite3,sqlite_utils,keyring,typer,click,rich,reportlab,holidays,"
    "platformdirs,prompt_toolkit,socket,ssl,http,logging,subprocess,shutil,tempfile,random,secrets,threading,asyncio"
)


def test_the_core_is_imported_where_everything_else_is_blocked() -> None:
    names = [f"prsync.core.{path.stem}" for path in MODULES if path.stem != "__init__"]

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT_BLOCKED, BLOCKED, ",".join(names)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(names)
