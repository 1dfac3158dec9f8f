"""prsync on a terminal of eighty columns, with somebody who types."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pexpect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support import Prsync


@dataclass
class Terminal:
    """A running command, seen as the characters that it sends to the screen."""

    child: Any

    def expect(self, text: str) -> None:
        """Wait until this is on the screen."""
        self.child.expect_exact(text)

    def type(self, keys: str) -> None:
        """Press these keys."""
        self.child.send(keys)

    def end(self) -> tuple[int, str]:
        """Wait for its end: the exit status, and what came since what was last waited for."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus, str(self.child.before)


def on_terminal(prsync: Prsync, *arguments: object, env: Mapping[str, str] | None = None) -> Terminal:
    """Start prsync on a terminal; `env` is added to the clean environment."""
    return _spawn(prsync, [*prsync.program, *map(str, arguments)], env)


def shown_on_terminal(prsync: Prsync, *arguments: object) -> list[str]:
    """The lines that a command shows on a terminal of 80 columns, without their colours."""
    _, seen = on_terminal(prsync, *arguments).end()
    return plain(seen).splitlines()


def shell_on_terminal(prsync: Prsync, line: str, env: Mapping[str, str] | None = None) -> Terminal:
    """Have a shell on a terminal run a line in which `prsync` is prsync."""
    return _spawn(prsync, ["sh", "-c", f'prsync() {{ "{sys.executable}" -m prsync "$@"; }}; {line}'], env)


def _spawn(prsync: Prsync, command: list[str], env: Mapping[str, str] | None) -> Terminal:
    environment = prsync.environment | {"TERM": "xterm-256color"} | dict(env or {})
    child = pexpect.spawn(
        command[0],
        command[1:],
        env=environment,
        cwd=str(prsync.home),
        encoding="utf-8",
        timeout=20,
        dimensions=(24, 80),
    )
    child.delaybeforesend = None
    return Terminal(child)


def plain(seen: str) -> str:
    """What was sent without what moves the cursor or colours it."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen).replace("\r", "")
