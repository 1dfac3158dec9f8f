"""Writes docs/prsync.1, the man page, from the commands themselves and the README's tables.

Run it when a command, an option or one of those tables has changed: .venv/bin/python script/manpage.py
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from typer.main import get_command

from prsync import __version__
from prsync.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "prsync.1"

# typer's own copy of click has no public name to annotate with.
Command = Any
Context = Any


def page() -> str:
    """The whole man page, as roff."""
    command: Command = get_command(app)
    context: Context = command.context_class(command, info_name="prsync")
    readme = (ROOT / "README.md").read_text("utf-8")
    lines = [
        f'.TH PRSYNC 1 "" "prsync {__version__}" "User Commands"',
        ".nh",  # a hyphen in an option must be one that was written there
        ".SH NAME",
        rf"prsync \- {_text(_phrase(str(command.help)))}",
        ".SH SYNOPSIS",
        ".B prsync",
        r"[\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGUMENTS\fR]",
        ".SH DESCRIPTION",
        *_paragraphs(readme.split("\n\n")[1:3]),
        ".SH OPTIONS",
        *_parameters(command, context),
        ".SH COMMANDS",
        *_commands(command, context),
        ".SH EXIT STATUS",
        *_table(readme, "exit status"),
        ".SH ENVIRONMENT",
        *_table(readme, "environment"),
        ".SH FILES",
        ".TP",
        r".I ~/.local/share/prsync/ledger.db",
        _text("The ledger, unless --state or PRSYNC_STATE names another; prsync --show-paths tells."),
        ".SH SEE ALSO",
        r"\fBcrontab\fR(5), \fBsystemd.timer\fR(5), \fBgnome\-keyring\-daemon\fR(1)",
    ]
    return "\n".join(lines) + "\n"


def _commands(group: Command, context: Context) -> Iterator[str]:
    """Every command below `group`, with what it takes."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        below = command.context_class(command, info_name=name, parent=context)
        if hasattr(command, "list_commands"):
            yield from _commands(command, below)
            continue
        usage = " ".join([below.command_path, *command.collect_usage_pieces(below)[1:]])
        yield f".SS {_text(re.sub('[{}]', '', usage).removeprefix('prsync '))}"
        yield from _paragraphs(str(command.help).split("\n\n"))
        yield from _parameters(command, below)


def _parameters(command: Command, context: Context) -> Iterator[str]:
    """What a command takes; --help is said once, of prsync itself."""
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and (parameter.name != "help" or context.parent is None):
            names, meaning = record
            yield from (".TP", _bold(names), _text(meaning))


def _table(readme: str, first_column: str) -> Iterator[str]:
    """A table of the README whose header begins with `first_column`, as a list of terms."""
    _, rows = readme.split(f"| {first_column} |", 1)
    for row in rows.split("\n\n", 1)[0].splitlines()[2:]:
        term, meaning = (cell.strip() for cell in row.strip("|").split("|"))
        yield from (".TP", _bold(term), _text(meaning))


def _phrase(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _paragraphs(texts: list[str]) -> Iterator[str]:
    for text in texts:
        yield from (".PP", _text(text))


def _bold(text: str) -> str:
    return rf"\fB{_text(text)}\fR"


def _text(text: str) -> str:
    """One line of roff that shows `text`, of which Markdown's links and back quotes are taken away."""
    plain = re.sub(r" \(see \[[^]]*\]\([^)]*\)\)", "", text).replace("`", "")
    flat = " ".join(plain.split())
    escaped = flat.replace("\\", r"\e").replace("-", r"\-").replace("~", r"\(ti").replace("^", r"\(ha")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
