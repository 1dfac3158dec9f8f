"""`prsync demo`: shows prsync's commands at work with a simulated 3manager server, in a folder of its own."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from prsync.cli import show
from prsync.cli.invocation import Invocation, JsonOption, invocation_of
from prsync.cli.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from prsync.demo.story import DemoResult


def demo(
    context: typer.Context,
    folder: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where to play; must be empty.", show_default="a new one")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show prsync at work against a simulated 3manager. In a folder of its own."""
    import contextlib
    import io
    import os

    from prsync.core.periods import today
    from prsync.demo.story import play_story

    invocation = invocation_of(context)
    place = _empty_folder(folder)
    silent = json or invocation.quiet
    # Where a proxy is set, the simulated server on this machine must not be looked for behind it.
    os.environ["no_proxy"] = "127.0.0.1"

    def say(text: str) -> None:
        if not silent:
            sys.stdout.write(text + "\n")
            # At once, also into a pipe: the commands' own messages on standard error would else come first.
            sys.stdout.flush()

    # The commands write to standard output, too, which with --json must hold nothing but the document.
    with contextlib.redirect_stdout(io.StringIO()) if silent else contextlib.nullcontext():
        day = today(invocation.now, invocation.local_timezone)
        result = play_story(place, day, run=_command_runner(invocation), say=say)
    if json:
        files = sorted(str(file) for file in result.certificates.glob("*.pdf"))
        show.document({"folder": str(place), "ledger": str(result.ledger), "certificates": files, "ok": result.ok})
    if not result.ok:
        say(f"What there is of it lies in {place}")
        raise typer.Exit(Status.FAILED)
    _say_what_is_next(place, result, say)


def _command_runner(invocation: Invocation) -> "Callable[[list[str]], int]":
    """What runs a command line of prsync in this process."""
    options = ["--log-format", invocation.log_format] + ["--verbose"] * invocation.verbose
    return lambda arguments: invocation.run([*options, *arguments])


def _say_what_is_next(folder: "Path", result: "DemoResult", say: "Callable[[str], None]") -> None:
    import shlex

    files = sorted(result.certificates.glob("*.pdf"))
    say(f"\nThe certificates are in {result.certificates}\nThe ledger is {result.ledger}\n\nLook around:\n")
    commands = [["feed", "list"], ["health", "--offline"], ["run", "list"], ["certificate", "list"]]
    commands += [["certificate", "verify", str(file)] for file in files[:1]]
    for command in commands:
        say("  " + shlex.join([*_prsync_words(), "--state", str(result.ledger), *command]))
    say(f"\nThen your own server:\n\n  {shlex.join(_prsync_words())} server add main --url https://… --username …")
    say(f"\nWhen you have seen enough:\n\n  rm -r {shlex.quote(str(folder))}")


def _prsync_words() -> list[str]:
    """The words that start this prsync from any folder: its name if the PATH finds it, else its path."""
    import shutil
    from pathlib import Path

    beside_python = Path(sys.executable).with_name("prsync")
    found = shutil.which("prsync")
    if found is not None and Path(found).resolve() == beside_python.resolve():
        return ["prsync"]
    return [str(beside_python)] if beside_python.exists() else [sys.executable, "-m", "prsync"]


def _empty_folder(wanted: str | None) -> "Path":
    """The folder that was asked for, or a new temporary one; InvalidValueError if it cannot be used or is not empty."""
    from pathlib import Path
    from tempfile import mkdtemp

    from prsync.errors import InvalidValueError
    from prsync.process.files import expanded

    try:
        if wanted is None:
            return Path(mkdtemp(prefix="prsync-demo-"))
        folder = expanded(Path(wanted))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        empty = not any(folder.iterdir())
    except OSError as error:
        where = wanted or "(a new one)"
        raise InvalidValueError("--folder", where, f"cannot be used: {error.strerror}; name another") from error
    if not empty:
        raise InvalidValueError("--folder", wanted, "is not an empty folder")
    return folder
