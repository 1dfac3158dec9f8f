"""An account on a server without a desktop: what cron gives a job, and examples/prsync-with-keyring."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.program import Done

if TYPE_CHECKING:
    from collections.abc import Mapping

WRAPPER: Final = Path(__file__).parents[2] / "examples" / "prsync-with-keyring"


class Account:
    """Runs the wrapper in a bare environment, with a secret in its usual place."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.state = home / ".local/share/prsync/ledger.db"
        self.keyrings = self.state.parent / "keyrings"
        self.secret = home / ".config/prsync/keyring-secret"
        self.secret.parent.mkdir(parents=True, mode=0o700)
        self.secret.touch(mode=0o600)
        self.secret.write_bytes(base64.b64encode(secrets.token_bytes(32)) + b"\n")
        self.environment = {
            "HOME": str(home),
            "LOGNAME": "prsync",
            "SHELL": "/bin/sh",
            "PATH": f"{os.path.dirname(sys.executable)}:/usr/bin:/bin",  # noqa: PTH120
        }

    def __call__(self, *arguments: object, stdin: str = "", env: Mapping[str, str] | None = None) -> Done:
        """Run prsync in its keyring to the end."""
        process = self.start(*arguments, env=env)
        stdout, stderr = process.communicate(stdin, timeout=60)
        return Done(process.returncode, stdout, stderr)

    def start(self, *arguments: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start, and let the caller do with the process as it likes. Use it as a context manager."""
        return subprocess.Popen(
            [str(WRAPPER), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**self.environment, **(env or {})},
            cwd=self.home,
            start_new_session=True,
        )
