"""Lets the program's own options stand after the command, and `--json` before it.

People write an option where they think of it.

The command line is put in the order that typer reads: the program's options, the command, its options.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Those of the program's options that may stand anywhere. The others show something and end it.
_ANYWHERE: Final = {"--quiet", "-q", "--verbose", "-v", "--state", "--log-format"}
_JSON: Final = "--json"


def sort_out(program: Any, arguments: list[str]) -> SortedLine:
    """The same command line with each option in its place; `program` is the click command of the whole program.

    What is not understood stays where it is, for typer to refuse.
    """
    sorted_out = SortedLine(program)
    words = iter(arguments)
    for word in words:
        if word == "--":
            sorted_out.rest += [word, *words]
        else:
            sorted_out.take(word, words)
    return sorted_out


@dataclass(slots=True)
class SortedLine:
    """The words read so far: `command` is the last one that was named, `rest` all that belongs to it."""

    program: Any
    before: list[str] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    json: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)

    @property
    def command(self) -> Any:
        """The command that was named last; the program itself before any."""
        command = self.program
        for word in self.path:
            command = command.commands[word]
        return command

    def take(self, word: str, words: Iterator[str]) -> None:
        """Put one word where it belongs, and the value of an option with it."""
        groups = getattr(self.command, "commands", None)
        if not word.startswith("-") or word == "-":
            if groups is not None and word in groups and not self.rest:
                self.path.append(word)
            else:
                self.rest.append(word)
            return
        name, has_value, _ = word.partition("=")
        own = _options(self.command) if self.path else {}
        if name in own:
            self.rest += [word, *_values(own[name], words, given=bool(has_value))]
        elif name in _ANYWHERE:
            self.before += [word, *_values(_options(self.program)[name], words, given=bool(has_value))]
        elif name == _JSON:
            self.json.append(word)
        elif _is_several(word):
            self.before += [f"-{letter}" for letter in word[1:]]
        else:
            # After a word that is no command it says nothing of the program, such as its help.
            (self.rest if self.path or self.rest else self.before).append(word)

    def line(self) -> list[str]:
        """The whole line."""
        return [*self.before, *self.path, *self.json, *self.rest]


def _options(command: Any) -> dict[str, Any]:
    return {name: option for option in command.params for name in (*option.opts, *option.secondary_opts)}


def _values(option: Any, words: Iterator[str], *, given: bool) -> list[str]:
    """The words after an option that are its values; none of a flag, and none where it was `given` with =."""
    if given or getattr(option, "is_flag", False) or getattr(option, "count", False):
        return []
    return [word for _, word in zip(range(option.nargs), words, strict=False)]


def _is_several(word: str) -> bool:
    """Whether it is several of the program's flags in one word, as -qv."""
    letters = word.removeprefix("-")
    return len(letters) > 1 and all(f"-{letter}" in _ANYWHERE for letter in letters)
