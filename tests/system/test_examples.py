"""examples/: the playbook for Ansible and the list of customers. systemd and Kubernetes have modules of their own."""

from __future__ import annotations

import csv
import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import yaml
from tests.support.commands import problem_of

from prsync.demo.lifelike import LifelikeFleet

if TYPE_CHECKING:
    from tests.support import Prsync

    from prsync.demo.fleet import Fleet

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
BIN: Final = Path(sys.executable).parent


@pytest.fixture
def fleet() -> Fleet:
    """Two customers: the ones that the example files name."""
    return LifelikeFleet(2011, organizations=2, devices=2, first_day=date(2025, 12, 1))


def test_ansible_takes_the_playbook(tmp_path: Path) -> None:
    environment = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    arguments = ["ansible-playbook", "--syntax-check", "-i", "prsync,", str(EXAMPLES / "ansible" / "playbook.yml")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_prsync_takes_what_the_playbook_runs() -> None:
    (play,) = yaml.safe_load((EXAMPLES / "ansible" / "playbook.yml").read_text("utf-8"))
    lines = []
    for task in play["tasks"]:
        command = task.get("ansible.builtin.command", {}).get("argv", [])
        if isinstance(command, str):  # the options that depend on the server are put behind these words
            assert command.startswith("{{ prsync_add + ")
            command = [*task["vars"]["prsync_add"], "--url=URL", "--username=USER"]
            assert task["no_log"] is True
        lines += [command, shlex.split(task.get("ansible.builtin.cron", {}).get("job", ""))]
    prsync = [arguments for program, *arguments in filter(None, lines) if program in {"prsync", "prsync-with-keyring"}]
    assert len(prsync) == 6
    assert [problem for arguments in prsync if (problem := problem_of(arguments))] == []


def test_the_list_of_customers_can_be_imported_and_imported_again(registered: Prsync) -> None:
    file = EXAMPLES / "customers.csv"
    with file.open(encoding="utf-8", newline="") as opened:
        customers = list(csv.DictReader(opened))
    first, again = (
        registered("feed", "import", "main", file, "--json"),
        registered("feed", "import", "main", file, "--json"),
    )
    assert (first.json(), again.json()) == (
        {"added": len(customers), "unchanged": 0},
        {"added": 0, "unchanged": len(customers)},
    )
