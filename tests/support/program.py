"""prsync as a user and cron run it: a process of its own, with nothing of this one's environment and no terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from prsync.demo.simulator import Simulator


@dataclass(frozen=True)
class Done:
    """What a command line came to."""

    status: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.stdout)


class Prsync:
    """Runs prsync in a home of its own. Its ledger is `state`; `program` is what is started, before the arguments."""

    def __init__(self, home: Path) -> None:
        self.program = [sys.executable, "-m", "prsync"]
        self.home = home
        self.state = home / "state" / "ledger.db"
        home.mkdir(mode=0o700, exist_ok=True)
        self.environment = {
            "HOME": str(home),
            "PATH": f"{os.path.dirname(sys.executable)}:/usr/local/bin:/usr/bin:/bin",  # noqa: PTH120
            "LANG": "C.UTF-8",
            "XDG_DATA_HOME": str(home / ".local/share"),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "XDG_STATE_HOME": str(home / ".local/state"),
            "XDG_RUNTIME_DIR": str(home),
            "PRSYNC_STATE": str(self.state),
        }

    def __call__(
        self, *arguments: object, stdin: str = "", env: Mapping[str, str] | None = None, timeout: float = 120
    ) -> Done:
        """Run to the end. `env` is added to the clean environment; an empty value takes a variable away."""
        process = self.start(*arguments, env=env)
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return Done(process.returncode, stdout, stderr)

    def start(self, *arguments: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start, and let the caller do with the process as it likes. Use it as a context manager."""
        environment = {name: value for name, value in (self.environment | dict(env or {})).items() if value}
        return subprocess.Popen(
            [*self.program, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment,
            cwd=self.home,
            start_new_session=True,  # no controlling terminal either
        )

    def register(self, simulator: Simulator, name: str = "main") -> None:
        """Register the simulated server, with a password command that reads a file of mode 0600."""
        done = self("server", "add", name, *self.server_options(simulator))
        assert done.status == 0, done.stderr

    def server_options(self, simulator: Simulator) -> list[str]:
        """The options of `server add` for the simulated server."""
        password = self.home / "password"
        password.touch(mode=0o600)
        password.write_text(simulator.password + "\n")
        at_once = self.home / "at-once.toml"
        at_once.write_text("[manners]\nbackoff = 0.0\n")  # what is tried again is tried at once
        options = {
            "--url": simulator.url,
            "--username": simulator.username,
            "--ca-bundle": str(simulator.ca_bundle),
            "--profile": str(at_once),
            "--password-command": f"cat '{password}'",
        }
        return [word for pair in options.items() for word in pair]
