"""Which backends of `keyring` are taken for a keyring, and that none of them keeps us waiting."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from tests.support.keyring_session import keyring_session, needs_keyring

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support import Done, Prsync

    from prsync.demo.simulator import Simulator

pytestmark = pytest.mark.xdist_group("the machine")  # what is measured here should not wait for a neighbour

PLAINTEXT = "keyrings.alt.file.PlaintextKeyring"
PLAINTEXT_MODULE = """
from pathlib import Path
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

class PlaintextKeyring(KeyringBackend):
    priority = 0.5
    file = Path.home() / "plain"

    def get_password(self, service, username):
        return self.file.read_text() if self.file.exists() else None

    def set_password(self, service, username, password):
        self.file.write_text(password)

    def delete_password(self, service, username):
        self.file.unlink()
"""


@pytest.fixture
def plaintext(tmp_path: Path) -> dict[str, str]:
    """An environment in which `keyring` finds a backend that keeps passwords in a file, as with keyrings.alt."""
    module = tmp_path / "site" / "keyrings" / "alt" / "file.py"
    module.parent.mkdir(parents=True)
    module.write_text(PLAINTEXT_MODULE)
    distribution = tmp_path / "site" / "keyrings.alt-5.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: keyrings.alt\nVersion: 5\n")
    (distribution / "entry_points.txt").write_text("[keyring.backends]\nfile = keyrings.alt.file\n")
    return {"PYTHONPATH": str(tmp_path / "site")}


def add(prsync: Prsync, simulator: Simulator, environment: Mapping[str, str]) -> Done:
    options = ["--url", simulator.url, "--username", simulator.username, "--ca-bundle", str(simulator.ca_bundle)]
    return prsync("server", "add", "main", *options, "--password-stdin", stdin=simulator.password, env=environment)


def assert_refused(done: Done, name: str) -> None:
    assert done.status == 1
    assert done.stderr == (
        f"prsync: no keyring can be used here: {name} is not one of the system's and may keep passwords in plain text;"
        " PRSYNC_ALLOW_PLAINTEXT_KEYRING=1 allows it; give --password-command CMD, or run prsync where the keyring is"
        " unlocked (examples/prsync-with-keyring unlocks one)\n"
    )


def test_one_that_keeps_nothing_is_refused_by_name(prsync: Prsync, simulator: Simulator) -> None:
    done = add(prsync, simulator, {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"})
    assert_refused(done, "keyring.backends.null.Keyring")
    assert simulator.requests == []


def test_one_that_keeps_plain_text_is_refused_however_it_is_chosen(
    prsync: Prsync, simulator: Simulator, plaintext: dict[str, str]
) -> None:
    assert_refused(add(prsync, simulator, plaintext), PLAINTEXT)
    assert_refused(add(prsync, simulator, plaintext | {"PYTHON_KEYRING_BACKEND": PLAINTEXT}), PLAINTEXT)
    configuration = prsync.home / ".config" / "python_keyring" / "keyringrc.cfg"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(f"[backend]\ndefault-keyring={PLAINTEXT}\n")
    assert_refused(add(prsync, simulator, plaintext), PLAINTEXT)
    assert not (prsync.home / "plain").exists()


def test_it_is_taken_where_the_environment_says_so(
    prsync: Prsync, simulator: Simulator, plaintext: dict[str, str]
) -> None:
    allowed = plaintext | {"PRSYNC_ALLOW_PLAINTEXT_KEYRING": "1"}

    assert add(prsync, simulator, allowed).status == 0
    assert (prsync.home / "plain").read_text() == simulator.password
    assert prsync("server", "check", "main", env=allowed).status == 0
    assert_refused(prsync("-q", "server", "organizations", "main", env=plaintext), PLAINTEXT)


@needs_keyring
def test_beside_a_real_keyring_it_is_never_used(
    prsync: Prsync, simulator: Simulator, plaintext: dict[str, str], tmp_path: Path
) -> None:
    (prsync.home / "plain").write_text("an old password, in plain text")
    with keyring_session(tmp_path) as session:
        environment = plaintext | session.environment
        assert "chainer" in chosen_in(prsync, environment)
        assert add(prsync, simulator, environment).status == 0
        assert [entry.password for entry in session.entries()] == [simulator.password]
        assert prsync("server", "check", "main", env=environment).status == 0
        with closing(sqlite3.connect(prsync.state)) as ledger, ledger:
            ledger.execute("UPDATE servers SET username = 'nobody'")
        missing = prsync("server", "check", "main", env=environment)
        assert "the keyring has no password for server main" in missing.stderr
        session.lock()
        locked = prsync("server", "organizations", "main", env=environment)
        assert (locked.status, "it is locked" in locked.stderr) == (1, True)
    assert (prsync.home / "plain").read_text() == "an old password, in plain text"


def chosen_in(prsync: Prsync, environment: Mapping[str, str]) -> str:
    code = "import keyring; print(type(keyring.get_keyring()).__module__)"
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=prsync.environment | dict(environment), capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("name", ["no.such.Keyring", "keyring.backends.null.NoSuch", "nonsense", "json.JSONDecoder"])
def test_one_that_cannot_be_loaded_is_one_line(prsync: Prsync, simulator: Simulator, name: str) -> None:
    done = add(prsync, simulator, {"PYTHON_KEYRING_BACKEND": name})
    assert done.status == 1
    assert done.stderr.startswith(f"prsync: no keyring can be used here: {name} cannot be loaded (")
    assert done.stderr.count("\n") == 1


def test_a_configuration_that_makes_no_sense_says_nothing_of_its_own(prsync: Prsync, simulator: Simulator) -> None:
    configuration = prsync.home / ".config" / "python_keyring" / "keyringrc.cfg"
    configuration.parent.mkdir(parents=True)
    configuration.write_text("[backend]\n")
    done = add(prsync, simulator, {})
    assert done.stderr.startswith("prsync: no keyring can be used here: there is no D-Bus session")
    assert done.stderr.count("\n") == 1


ASK = """
import sys
from prsync.errors import NoKeyringError
from prsync.credentials.os_keyring import ask_keyring
try:
    person, seconds = sys.argv[1] == "person", float(sys.argv[2])
    ask_keyring(lambda keyring: keyring.get_password("service", "user"), may_prompt=person, seconds=seconds)
except NoKeyringError as error:
    print(error.reason)
"""


def reason(prsync: Prsync, environment: Mapping[str, str], who: str, limit: float = 0.5) -> tuple[str, float]:
    """Why the keyring cannot be asked, and after how many seconds that is known."""
    command = [sys.executable, "-c", ASK, who, str(limit)]
    begun = time.monotonic()
    done = subprocess.run(
        command, env=prsync.environment | dict(environment), capture_output=True, text=True, check=True, timeout=20
    )
    assert done.stderr == ""
    return done.stdout.strip(), time.monotonic() - begun


@needs_keyring
@pytest.mark.parametrize("who", ["person", "cron"])
def test_a_daemon_that_does_not_answer_is_left_behind(prsync: Prsync, tmp_path: Path, who: str) -> None:
    with keyring_session(tmp_path) as session:
        session.stop_answering()
        why, seconds = reason(prsync, session.environment, who)
    assert why == "it did not answer within 0.5 seconds"
    assert seconds < 5


def test_a_bus_that_does_not_answer_is_left_behind(prsync: Prsync) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as bus:
        bus.bind(f"\0prsync-test-{time.monotonic_ns()}")
        bus.listen()
        address = f"unix:abstract={bus.getsockname()[1:].decode()}"
        why, seconds = reason(prsync, {"DBUS_SESSION_BUS_ADDRESS": address}, "cron")
    assert why == "it did not answer within 0.5 seconds"
    assert seconds < 5


@pytest.mark.parametrize("address", ["unix:path=/nowhere", "nonsense", "autolaunch:", "unix:path=/dev/null"])
def test_an_address_at_which_there_is_no_bus(prsync: Prsync, address: str) -> None:
    why, _ = reason(prsync, {"DBUS_SESSION_BUS_ADDRESS": address}, "cron", 20)
    assert why == "no keyring daemon answers in this D-Bus session"


@needs_keyring
def test_a_window_that_is_closed_leaves_it_locked(prsync: Prsync, tmp_path: Path) -> None:
    """Without a display gnome-keyring's own prompt is as good as one that somebody closes."""
    with keyring_session(tmp_path) as session:
        assert reason(prsync, session.environment, "person", 20)[0] == ""
        session.lock()
        assert reason(prsync, session.environment, "cron", 20)[0] == "it is locked"
        assert reason(prsync, session.environment, "person", 20)[0] == "it is locked, and was not unlocked"
