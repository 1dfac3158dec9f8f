"""Debian's cron, in namespaces of its own: what runs on this machine, and what is installed on it, is left alone."""

from __future__ import annotations

import email
import os
import shlex
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

_UNSHARE: Final = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def _can_unshare() -> bool:
    return os.getuid() == 0 and subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode == 0


needs_namespaces = pytest.mark.skipif(not _can_unshare(), reason="needs root, and the right to make namespaces")


class Cron:
    """Runs root's crontab, with `home` as root's home, and keeps the mails it sends."""

    def __init__(self, folder: Path, home: Path) -> None:
        self._folder = folder
        self._mail = folder / "mail"
        for name in ("mail", "sbin", "crontabs"):
            (folder / name).mkdir(parents=True)
        (folder / "crontabs").chmod(0o1730)
        shutil.chown(folder / "crontabs", group="crontab")
        shutil.copy("/usr/sbin/cron", folder / "sbin")
        sendmail = folder / "sbin" / "sendmail"
        sendmail.write_text(f'#!/bin/sh\nexec /bin/cat >"$(/bin/mktemp {shlex.quote(str(self._mail))}/XXXXXX)"\n')
        sendmail.chmod(0o755)
        users = Path("/etc/passwd").read_text().splitlines()
        users[0] = f"root:x:0:0:root:{home}:/bin/sh"
        (folder / "passwd").write_text("\n".join(users) + "\n")

    def run(self, crontab: str) -> list[Message]:
        """Install the crontab, start cron, let all that is @reboot in it end; the mails it sent."""
        for mail in self._mail.iterdir():
            mail.unlink()
        with self._started(crontab) as process:
            wait_until(lambda: _cron_of(process.pid) and _children(_cron_of(process.pid)))
            wait_until(lambda: not _children(_cron_of(process.pid)), seconds=60)
            assert process.poll() is None, "cron has ended by itself"
        return [email.message_from_bytes(mail.read_bytes()) for mail in sorted(self._mail.iterdir())]

    def installs(self, crontab: str) -> str:
        """What crontab(1) says of the crontab, and what it then lists."""
        script = self._script(crontab, "crontab -l")
        return subprocess.run([*_UNSHARE, "/bin/sh", "-ec", script], capture_output=True, text=True, check=True).stdout

    @contextmanager
    def _started(self, crontab: str) -> Iterator[subprocess.Popen[bytes]]:
        script = self._script(crontab, "exec cron -f")
        with subprocess.Popen([*_UNSHARE, "/bin/sh", "-ec", script]) as process:
            try:
                yield process
            finally:
                process.kill()  # and with it all that has been started in there

    def _script(self, crontab: str, then: str) -> str:
        (self._folder / "crontab").write_text(crontab)
        here = shlex.quote(str(self._folder))
        return f"""
            mount --bind {here}/sbin /usr/sbin
            mount --bind {here}/crontabs /var/spool/cron/crontabs
            mount --bind {here}/passwd /etc/passwd
            mount --bind /dev/null /etc/crontab
            mount -t tmpfs tmpfs /etc/cron.d
            mount -t tmpfs tmpfs /run
            crontab {here}/crontab
            {then}
        """


def _cron_of(unshare: int) -> int:
    """The process that has become cron, 0 as long as there is none."""
    for child in _children(unshare):
        if Path(f"/proc/{child}/comm").read_text().strip() == "cron":
            return child
    return 0


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
