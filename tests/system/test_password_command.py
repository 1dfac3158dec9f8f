"""A password command as the program runs it: what is said when it fails, and that its password is seen by nobody."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from tests.support.ending import eventually

from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from tests.support import Prsync

    from prsync.demo.simulator import Simulator


def test_a_server_whose_command_fails_is_one_line(registered: Prsync, simulator: Simulator) -> None:
    (registered.home / "password").unlink()
    simulator.forget_requests()
    done = registered("-q", "sync")

    assert done.status == 1
    said = f"cat: {registered.home}/password: No such file or directory"
    assert done.stderr == (
        f'prsync: server main: the password command of server main failed: it ended with status 1: it says "{said}";'
        " run it by hand in this environment\n"
    )
    assert simulator.requests == []


def test_it_does_not_take_the_input_that_is_ours(registered: Prsync, simulator: Simulator) -> None:
    command = f"sh -c 'cat >/dev/null; cat {registered.home}/password'"
    update = ("server", "update", "main", "--password-command", command)
    with registered.start(*update) as process:  # its standard input is a pipe that stays open
        assert process.stdout is not None
        assert process.stdout.readline() == (f"Server main is changed: {simulator.url} lets {simulator.username} in.\n")


def test_the_password_is_in_no_argument_and_no_environment(registered: Prsync, simulator: Simulator) -> None:
    simulator.answer_with(lambda request: request.method == "POST", Answer(hold=Event()))
    simulator.forget_requests()
    with registered.start("-v", "sync") as process:
        assert eventually(lambda: len(simulator.requests) == 1)  # with the password in it
        found = [Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
        simulator.answer_normally()
        stdout, stderr = process.communicate()

    assert process.returncode == 0
    for text in (*found, stdout.encode(), stderr.encode()):
        assert text
        assert simulator.password.encode() not in text
