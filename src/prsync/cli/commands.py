"""What the program's commands are called, what `--help` says of each, and in which module it is.

A command's module is loaded when the command is on the line: to load all of them takes as long as a short command.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from collections.abc import Iterator

    # typer's own copy of click has no public name to annotate with.
    Command = Any
    Context = Any
    HelpFormatter = Any

COMMANDS: Final = {
    "sync": ("sync", "Collect every server's feeds through yesterday."),
    "health": ("health", "Check every server and feed."),
    "certify": ("certify", "Issue certificates as PDF."),
    "report": ("report", "Report what was printed."),
    "deliver": ("deliver", "Deliver deposits to PrintReleaf."),
    "metrics": ("metrics", "Print the ledger's metrics for Prometheus."),
    "doctor": ("doctor", "Tell what this account can and cannot do here."),
    "backup": ("backup", "Copy the ledger and verify the copy."),
    "demo": ("demo", "Show prsync at work against a simulated 3manager."),
    "server": ("server", "The 3manager servers."),
    "profile": ("profile_file", "API profiles."),
    "feed": ("feed", "The customers' feeds."),
    "device": ("device_list", "A feed's devices."),
    "certificate": ("certificate", "The certificates issued."),
    "printreleaf": ("printreleaf", "The accounts at PrintReleaf."),
    "anomaly": ("anomaly", "The readings held back."),
    "run": ("run", "The last runs."),
}
"""The module of each command, and its line in `prsync --help`, which is the first sentence of its own."""


class Program(TyperGroup):
    """prsync itself, which knows its commands by name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # typer never adds to them.
        self.commands = cast("dict[str, Any]", _Loaded())

    def list_commands(self, _context: Context) -> list[str]:
        """The names of the commands, in the order in which `--help` has them."""
        return list(COMMANDS)

    def format_commands(self, _context: Context, formatter: HelpFormatter) -> None:
        """Write the list of commands that `--help` ends with."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, meaning) for name, (_, meaning) in COMMANDS.items()])


class _Loaded(Mapping[str, "Command"]):
    """The commands by name; each is loaded when it is asked for."""

    def __init__(self) -> None:
        self._found: dict[str, Command] = {}

    def __getitem__(self, name: str) -> Command:
        if name not in self._found:
            self._found[name] = _load(name)
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


def _load(name: str) -> Command:
    """The command of that name: in its module a group is `app`, and one command is the function of its name."""
    module = import_module(f"prsync.cli.{COMMANDS[name][0]}")
    around = typer.Typer(rich_markup_mode=None)
    if hasattr(module, "app"):
        around.add_typer(module.app, name=name)
    else:
        around.command(name)(getattr(module, name))
    return typer.main.get_group(around).commands[name]
