"""Passwords from commands: real ones, good and bad."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest
from tests.support.ending import eventually, is_alive

from prsync.core.settings import ServerSettings
from prsync.credentials.password_command import first_line
from prsync.credentials.passwords import Secret, password_origin, read
from prsync.errors import PasswordCommandError

if TYPE_CHECKING:
    from pathlib import Path


def shell(script: str) -> str:
    """A command that runs a shell script without single quotes."""
    return f"sh -c '{script}'"


def problem(command: str, seconds: float = 20) -> str:
    with pytest.raises(PasswordCommandError) as raised:
        first_line("main", command, seconds=seconds)
    assert raised.value.server == "main"
    return raised.value.reason


def test_a_secret_shows_itself_to_nobody() -> None:
    server = ServerSettings(name="main", url="https://x", username="u", password_command="echo hunter2")
    secret = read(password_origin(server))
    assert secret.reveal() == "hunter2"
    assert "hunter2" not in f"{secret} {secret!r} {[secret]} {secret:}"
    assert not hasattr(Secret("x"), "__dict__")


@pytest.mark.parametrize(
    ("command", "password"),
    [
        ("echo hunter2", "hunter2"),
        ("printf hunter2", "hunter2"),
        ("printf 'hunter2\\nuser: me\\n'", "hunter2"),
        ("printf 'hunter2\\r\\nuser: me\\r\\n'", "hunter2"),
        ("printf ' two words \\t\\n'", " two words \t"),
        ("printf 'pass\\fword\\302\\205\\n'", "pass\fword\x85"),
        ("echo \"quo'ted\" 'ar gu\"ment'", "quo'ted ar gu\"ment"),
        ("echo $HOME ~ `id` | cat", "$HOME ~ `id` | cat"),
        ("echo Æblegrød🔑", "Æblegrød🔑"),
        (shell("cat; echo hunter2"), "hunter2"),
        (shell("echo hunter2; head -c 1000000 /dev/zero"), "hunter2"),
    ],
    ids=range(11),
)
def test_the_first_line_is_the_password(command: str, password: str) -> None:
    assert first_line("main", command) == password


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("true", "it printed no password"),
        ("printf '\\nhunter2\\n'", "it printed no password"),
        ("printf '\\r\\n'", "it printed no password"),
        (shell("echo hunter2; exit 3"), "it ended with status 3"),
        (shell("echo hunter2; kill -9 $$"), "it was ended by SIGKILL"),
        ("/no/such/program --show", "/no/such/program: No such file or directory"),
        ("no-such-program", "no-such-program: No such file or directory"),
        ("/etc/passwd", "/etc/passwd: Permission denied"),
        ("echo 'hunter2", "its quotes do not match"),
        (" ", "it is empty"),
        ("printf 'hunter2\\377\\n'", "its first line is not UTF-8 text"),
        ("head -c 100 /dev/urandom", "its first line is not UTF-8 text"),
    ],
)
def test_one_that_gives_no_password_is_told_why(command: str, reason: str) -> None:
    assert problem(command) == reason


@pytest.mark.long
def test_one_that_waits_for_ever_is_ended_with_all_it_has_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    begun = time.monotonic()
    reason = problem(shell(f"sleep 1000 & echo $! > {pid}; echo hunter2; wait"), seconds=0.5)

    assert reason == "it did not end within 0.5 seconds"
    assert time.monotonic() - begun < 5
    assert eventually(lambda: not is_alive(int(pid.read_text())))


@pytest.mark.long
def test_one_that_never_stops_talking_is_ended_and_takes_no_memory() -> None:
    assert problem("yes", seconds=0.5) == "it did not end within 0.5 seconds"


@pytest.mark.long
def test_one_that_closes_its_output_and_goes_on_is_waited_for() -> None:
    assert first_line("main", shell("echo hunter2; exec >&-; sleep 0.2")) == "hunter2"
    assert problem(shell("exec >&-; sleep 1000"), seconds=0.3) == "it did not end within 0.3 seconds"


@pytest.mark.parametrize("printed", ["echo hunter2", "printf hunter2"])
def test_an_agent_that_it_leaves_behind_is_not_waited_for_and_goes_on(tmp_path: Path, printed: str) -> None:
    pid = tmp_path / "pid"
    begun = time.monotonic()
    assert first_line("main", shell(f"sleep 1000 & echo $! > {pid}; {printed}")) == "hunter2"

    agent = int(pid.read_text())
    os.kill(agent, signal.SIGKILL)  # which it would not be there for, had it been ended
    assert time.monotonic() - begun < 5


def test_what_it_says_besides_is_heard_by_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    assert first_line("main", shell("echo hunter2 is the password >&2; echo hunter2")) == "hunter2"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("cat /run/secrets/prsync", 'status 1: it says "cat: /run/secrets/prsync: No such file or directory"'),
        # Of several lines the first, and of a very long one the beginning.
        (f"{sys.executable} -c 'import sys; sys.exit(chr(10) + chr(65) * 9 + chr(10) + chr(66))'", 'says "AAAAAAAAA"'),
        # What may be the secret is not shown: it was printed, or is one of the arguments.
        (shell("echo hunter2; echo bad password hunter2 >&2; exit 1"), 'status 1: it says "bad … …"'),
        (f"{sys.executable} -c 'import sys; sys.exit(sys.argv[1])' hunter2", 'status 1: it says "…"'),
        ("cat ~/secret", "; it is run without a shell, so that ~ and variables stay as they are written"),
        ("$HOME/bin/show", "; it is run without a shell, so that ~ and variables stay as they are written"),
    ],
)
def test_what_it_says_when_it_fails_is_told_but_for_what_may_be_a_secret(command: str, reason: str) -> None:
    assert problem(command).endswith(reason)
    assert "hunter2" not in problem(command)


@pytest.mark.parametrize("secret", ["--token=Zm9vYmFy/c2VjcmV0", "Zm9vYmFy/c2VjcmV0"])
def test_a_secret_among_its_arguments_is_left_out_also_with_a_slash_in_it(secret: str) -> None:
    code = "import sys; print('refused:', *sys.argv[1:], file=sys.stderr); sys.exit(1)"
    said = problem(f'{sys.executable} -c "{code}" {secret}')
    assert said == 'it ended with status 1: it says "…: …"'


def test_one_that_is_ended_by_a_signal_without_a_name() -> None:
    assert problem(shell("kill -40 $$")) == "it was ended by signal 40"


def test_one_that_says_very_much_is_not_waited_for_in_vain() -> None:
    assert problem(shell("seq 1 200000 >&2; exit 4")) == 'it ended with status 4: it says "1"'


def test_it_finds_no_terminal_to_ask_at() -> None:
    code = "import os; os.open('/dev/tty', os.O_RDWR)"
    assert problem(f'{sys.executable} -c "{code}"').startswith("it ended with status 1")
