"""examples/systemd: checked by systemd's own programs, and what the units run is run, with a credential's folder."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.support import Prsync, needs, sums
from tests.system.at import always_at

from prsync.demo.lifelike import LifelikeFleet

if TYPE_CHECKING:
    from prsync.demo.fleet import Fleet
    from prsync.demo.simulator import Simulator

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = ROOT / "examples"
UNITS: Final = sorted((EXAMPLES / "systemd").iterdir())
BIN: Final = Path(sys.executable).parent


@pytest.fixture
def fleet() -> Fleet:
    """Two customers with a long history."""
    return LifelikeFleet(2011, organizations=2, devices=2, first_day=date(2025, 12, 1))


def _unit(name: str) -> configparser.SectionProxy:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    unit.read(EXAMPLES / "systemd" / name)
    return unit["Service"]


@needs("systemd-analyze", "man")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    manual = tmp_path / "man" / "man1"
    manual.mkdir(parents=True)
    (manual / "prsync.1").write_bytes((ROOT / "docs" / "prsync.1").read_bytes())
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text("utf-8").replace("/usr/local/bin", str(BIN)))
    units = [str(tmp_path / unit.name) for unit in UNITS]
    environment = {**os.environ, "MANPATH": str(tmp_path / "man")}
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, env=environment)  # noqa: PLW1510
    assert (done.returncode, done.stderr) == (0, "")


@needs("systemd-analyze")
@pytest.mark.parametrize("name", ["sync", "certify", "deliver", "backup"])
def test_systemd_counts_the_services_among_the_safe(name: str) -> None:
    """Its measure goes from 0, nothing is exposed, to 100; an unhardened service has 96."""
    unit = EXAMPLES / "systemd" / f"prsync-{name}.service"
    arguments = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(unit)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def _password_commands() -> list[str]:
    """What the example's page says of a credential: now, and before systemd 250."""
    page = (EXAMPLES / "README.md").read_text("utf-8")
    now = re.search(r"--password-command '([^']+)'", page)
    before = re.search(r"`(sh -c '[^']+')`", page)
    assert now is not None
    assert before is not None
    return [now[1], before[1]]


@needs("systemd-creds")
@pytest.mark.parametrize("command", _password_commands())
def test_the_services_collect_certify_and_back_up_with_the_password_as_a_credential(
    command: str, prsync: Prsync, simulator: Simulator, tmp_path: Path
) -> None:
    credentials = tmp_path / "credentials"
    for folder in (credentials, tmp_path / "backups"):
        folder.mkdir(mode=0o700)
    (credentials / "main").touch(mode=0o600)
    (credentials / "main").write_text(simulator.password + "\n")
    prsync = always_at(datetime(2026, 11, 2, 1, 30, tzinfo=UTC), prsync)
    options = ["--url", simulator.url, "--username", simulator.username, "--ca-bundle", simulator.ca_bundle]
    given = {"CREDENTIALS_DIRECTORY": str(credentials)}
    without = prsync("server", "add", "main", *options, "--password-command", command)
    assert (without.status, without.stderr.count("\n")) == (1, 1)
    assert prsync("server", "add", "main", *options, "--password-command", command, env=given).status == 0
    assert prsync("feed", "add", "main", "1002", "--activation-date", date(2026, 10, 1), env=given).status == 0
    for name in ("prsync-sync.service", "prsync-certify.service", "prsync-backup.service"):
        service = _unit(name)
        line = service["ExecStart"].replace("%S/prsync", str(prsync.state.parent))
        program, *arguments = shlex.split(line.replace("/var/backups/prsync", str(tmp_path / "backups")))
        assert program == "/usr/local/bin/prsync"
        done = prsync(*arguments, env=given if "LoadCredential" in service else None)
        assert (done.status, done.stdout, done.stderr) == (0, "", "")
    assert len(list((prsync.state.parent / "certificates").glob("*.pdf"))) == 1
    (backup,) = (tmp_path / "backups").iterdir()
    assert sums(backup) == sums(prsync.state)
