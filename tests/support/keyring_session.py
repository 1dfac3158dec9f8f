"""A D-Bus session with a real gnome-keyring in it, as a desktop has one, in a home of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import secretstorage
from tests.support.requirements import needs

if TYPE_CHECKING:
    from collections.abc import Iterator

needs_keyring: Final = needs("dbus-run-session", "gnome-keyring-daemon")

_SESSION: Final = """
    case $1 in
    unlocked) printf %s "opens it" | gnome-keyring-daemon --unlock --components=secrets ;;
    locked) gnome-keyring-daemon --daemonize --components=secrets ;;
    esac >/dev/null 2>&1
    # It has the name a moment after it is started; who asks before that has D-Bus start another one.
    has_owner="dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner"
    until [ "$1" = absent ] || $has_owner string:org.freedesktop.secrets | grep -q true; do :; done
    echo "$DBUS_SESSION_BUS_ADDRESS"
    read -r _
"""


@dataclass(frozen=True)
class Entry:
    """What a keyring app shows of a password."""

    label: str
    service: str
    username: str
    password: str


def _entry(item: secretstorage.Item) -> Entry:
    attributes = item.get_attributes()
    return Entry(item.get_label(), attributes["service"], attributes["username"], item.get_secret().decode())


@dataclass(frozen=True)
class KeyringSession:
    """A running session; programs that are given its `environment` are in it."""

    environment: dict[str, str]

    def entries(self) -> list[Entry]:
        """Everything in the keyring, read with nothing of prsync's."""
        with self._collection() as collection:
            return [_entry(item) for item in collection.get_all_items()]

    def lock(self) -> None:
        """Lock the keyring, as a desktop's screen lock may."""
        with self._collection() as collection:
            collection.lock()

    def stop_answering(self) -> None:
        """From now on the daemon is there and says nothing."""
        os.kill(self._daemon(), signal.SIGSTOP)

    def kill_daemon(self) -> None:
        """The daemon crashes."""
        os.kill(self._daemon(), signal.SIGKILL)

    def _daemon(self) -> int:
        return int(self._bus("GetConnectionUnixProcessID").split()[-1])

    def _bus(self, method: str) -> str:
        command = ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"]
        command += [f"org.freedesktop.DBus.{method}", "string:org.freedesktop.secrets"]
        environment = os.environ | self.environment
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    @contextmanager
    def _collection(self) -> Iterator[Any]:
        # SecretStorage finds its bus in the environment and nowhere else.
        with patch.dict(os.environ, self.environment), closing(secretstorage.dbus_init()) as bus:
            yield secretstorage.Collection(bus)


@contextmanager
def keyring_session(home: Path, keyring: str = "unlocked", *, config: Path | None = None) -> Iterator[KeyringSession]:
    """A session whose `keyring` is `unlocked` (and made, the first time), `locked`, or `absent`.

    What it keeps is below `home`. With `config` the bus is another one than Debian's, which starts a daemon by itself.
    """
    runtime = Path(tempfile.mkdtemp(prefix="keyring-"))  # a socket's path must be short
    environment = {
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_RUNTIME_DIR": str(runtime),
        "PATH": os.environ["PATH"],
    }
    options = [f"--config-file={config}"] if config is not None else []
    session = subprocess.Popen(
        ["dbus-run-session", *options, "--", "sh", "-c", _SESSION, "session", keyring],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    with session:
        assert session.stdin is not None
        assert session.stdout is not None
        running = KeyringSession({"DBUS_SESSION_BUS_ADDRESS": session.stdout.readline().strip()})
        assert running.environment["DBUS_SESSION_BUS_ADDRESS"], "dbus-run-session did not start"
        try:
            yield running
        finally:
            session.stdin.close()
    shutil.rmtree(runtime, ignore_errors=True)  # the daemon may just be taking its own socket away
