"""prsync's commands, as the code has them: what documents and examples say is held against these."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, Final

from typer.main import get_command

from prsync.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# typer's own copy of click has no public name to annotate with.
Command = Any

ROOT_COMMAND: Final[Command] = get_command(app)
PROGRAMS: Final = ("prsync", "prsync-with-keyring", "as_prsync")
_END_OF_COMMAND: Final = re.compile(r"\d*[<>|&;]")


def commands() -> dict[tuple[str, ...], Command]:
    """Every command that does something, by its words."""
    return {words: command for words, command in everything().items() if not hasattr(command, "commands")}


def everything() -> dict[tuple[str, ...], Command]:
    """Every command and group, prsync itself among them as no word at all."""
    return dict(_below((), ROOT_COMMAND))


def _below(words: tuple[str, ...], command: Command) -> Iterator[tuple[tuple[str, ...], Command]]:
    yield words, command
    for name, child in getattr(command, "commands", {}).items():
        yield from _below((*words, name), child)


def options(command: Command) -> set[str]:
    """The options of one command, as they are written."""
    context = command.context_class(command)
    return {option for parameter in command.get_params(context) for option in parameter.opts if option[:1] == "-"}


def problem_of(words: Sequence[str]) -> str | None:
    """Why prsync would not take these arguments; None if it would."""
    command, rest = ROOT_COMMAND, list(words)
    context = command.context_class(command, info_name="prsync")
    try:
        while hasattr(command, "commands"):
            _, rest, _ = command.make_parser(context).parse_args(rest)
            if not rest:
                return None if words else "no arguments"
            name, *rest = rest
            if name not in command.commands:
                return f"there is no {context.command_path} {name}"
            command = command.commands[name]
            context = command.context_class(command, info_name=name, parent=context)
        command.parse_args(context, rest)
    except Exception as error:  # noqa: BLE001  whatever is wrong with it
        return str(getattr(error, "format_message", error.__str__)())
    return None


def command_lines(text: Iterable[str]) -> Iterator[list[str]]:
    """The arguments of each line of shell that runs prsync, by itself or in its keyring."""
    for line in "\n".join(text).replace("\\\n", " ").splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:  # a quote that goes on in the next line, or an apostrophe: no command of prsync
            continue
        while words and re.fullmatch(r"\w+=.*", words[0]):
            del words[0]
        if words and words[0].rsplit("/", 1)[-1] in PROGRAMS:
            end = next((place for place, word in enumerate(words) if _END_OF_COMMAND.match(word)), len(words))
            yield words[1:end]
