"""prsync as people install it: the wheel, what comes with it, completion and the man page."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zipfile import ZipFile

import pexpect
import pytest
from script import manpage
from tests.support import needs
from tests.support.imports import third_party_modules
from tests.support.wheel import build, install

from prsync import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = ROOT / "src"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds prsync and what it requires."""
    return install(wheel, tmp_path_factory.mktemp("installed"))


def test_the_wheel_holds_the_program_its_data_and_its_man_page_and_nothing_else(wheel: Path) -> None:
    files = (path.relative_to(SOURCES) for path in (SOURCES / "prsync").rglob("*") if path.is_file())
    wanted = {path.as_posix() for path in files if "__pycache__" not in path.parts}
    metadata = f"prsync-{__version__}.dist-info"
    licences = ("licenses/LICENSE", "licenses/src/prsync/certificates/fonts/OFL.txt")
    wanted |= {f"{metadata}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", *licences)}
    wanted.add(f"prsync-{__version__}.data/data/share/man/man1/prsync.1")
    assert set(ZipFile(wheel).namelist()) == wanted


DATA = {"py.typed", "profile.toml", "printreleaf.toml", "web_page.html.jinja", "public_page.html.jinja"}


def test_all_data_in_the_package_is_needed_to_run() -> None:
    others = {path for path in (SOURCES / "prsync").rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
    unknown = [path for path in others if path.parent.name != "fonts" and path.name not in DATA]
    assert unknown == []


def test_installed_it_starts_without_anything_that_only_tests_need(python: Path) -> None:
    program = python.with_name("prsync")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    helped = subprocess.run([program, "--help"], capture_output=True, text=True, check=True)
    assert (version.stdout, version.stderr) == (f"prsync {__version__}\n", "")
    assert "sync" in helped.stdout
    missing = subprocess.run([python, "-c", "import pytest"], capture_output=True, check=False)
    assert missing.returncode == 1


def test_every_module_can_be_imported_where_it_is_installed(python: Path) -> None:
    modules = [
        ".".join(path.relative_to(SOURCES).with_suffix("").parts).removesuffix(".__init__")
        for path in SOURCES.rglob("*.py")
        if path.name != "__main__.py"
    ]
    packages = third_party_modules(SOURCES.rglob("*.py"), when_run=True)
    code = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    subprocess.run([python, "-W", "error", "-c", code, *modules, *packages], check=True)


def test_the_demo_tells_its_story_where_it_is_installed(python: Path, tmp_path: Path) -> None:
    """It registers, collects, judges and certifies: whatever a function imports is there."""
    arguments = [str(python.with_name("prsync")), "demo", "--json", "--folder", str(tmp_path / "demo")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, env={"HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["certificates"]


@needs("man", "lexgrog")
def test_the_man_page_is_that_of_these_commands_and_man_finds_no_fault(python: Path) -> None:
    page = python.parents[1] / "share" / "man" / "man1" / "prsync.1"
    assert page.read_text("utf-8") == manpage.page(), "a command has changed: .venv/bin/python script/manpage.py"
    shown = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True, check=True)
    assert shown.stderr == ""
    assert "feed import SERVER FILE.csv" in re.sub(r".\x08", "", shown.stdout)
    named = subprocess.run(["lexgrog", page], capture_output=True, text=True, check=True)
    assert "prsync - " in named.stdout


@pytest.fixture
def bash(python: Path, tmp_path: Path) -> Iterator[pexpect.spawn[str]]:
    """An interactive shell in which completion was switched on as its help says."""
    environment = {"PATH": f"{python.parent}:{os.defpath}", "HOME": str(tmp_path), "TERM": "dumb", "PS1": "$ "}
    shell = pexpect.spawn("bash", ["--norc", "-i"], env=environment, encoding="utf-8", timeout=20, dimensions=(50, 200))
    shell.sendline('eval "$(prsync --show-completion)"; bind "set enable-bracketed-paste off"; echo rea""dy')
    shell.expect("ready")
    yield shell
    shell.close(force=True)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("prsync fee", "prsync feed "),
        ("prsync feed upd", "prsync feed update "),
        ("prsync sync --thr", "prsync sync --through "),
        ("prsync certificate ver", "prsync certificate verify "),
    ],
)
def test_bash_completes_commands_and_options(bash: pexpect.spawn[str], typed: str, completed: str) -> None:
    bash.send(f"{typed}\t")
    bash.expect_exact(completed)
