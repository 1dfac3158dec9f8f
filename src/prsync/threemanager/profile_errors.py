"""What is wrong with a profile's file, in one line: each key, the line it stands in, and what is expected there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from prsync.core.expected import expected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import ValidationError

_TABLE: Final = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_\-\"'.]+)\s*=")
_TWICE: Final = re.compile(r"Cannot declare \((.*)\) twice \(at line (\d+)")
_NAMED_KEY: Final = re.compile(r"([a-z_]+(?:\.[a-z_]+)?) (.+)")
"""The models' own messages begin with the key that they are about."""

_MOST: Final = 5
"""So many problems are told."""


def problems(error: ValidationError, text: str) -> str:
    """The problems that were found in the file of this text, in the order in which they were."""
    found = error.errors(include_url=False, include_context=True, include_input=False)
    # One of [paging] is found in both lists.
    lines = list(dict.fromkeys(_problem(one, text) for one in found))
    more = [f"and {len(lines) - _MOST} more"] if len(lines) > _MOST else []
    return "; ".join([*lines[:_MOST], *more])


def toml_problem(error: ValueError) -> str:
    """What is wrong with a file that is no TOML; a table that is written twice is what a pasted line makes of it."""
    twice = _TWICE.match(str(error))
    if twice is None:
        return str(error)
    table = ".".join(re.findall(r"'([^']*)'", twice[1]))
    return f"{table} (line {twice[2]}): is there a second time; write its keys under the first"


def _problem(found: Mapping[str, Any], text: str) -> str:
    # A place within a list or a union is told by the key of the whole.
    keys = [str(part) for part in found["loc"] if isinstance(part, str) and part.isidentifier()]
    keys, reason = keys[:3], _reason(found)
    if found["type"] == "value_error" and (named := _NAMED_KEY.fullmatch(reason)):
        keys, reason = [*keys, *named[1].split(".")], named[2]
    return f"{_place(keys, text)}{reason}"


def _reason(found: Mapping[str, Any]) -> str:
    if found["type"] == "string_pattern_mismatch":
        pattern = found["ctx"]["pattern"]
        if "20-" in pattern:
            return "a header must be ASCII without control characters"
        return "is not a header's name" if "0-9A-Za-z" in pattern else "must begin with /, and not with two"
    if found["type"] == "extra_forbidden":
        return "there is no such key; prsync profile show prints those there are"
    return expected(found)


def _place(keys: Sequence[str], text: str) -> str:
    if not keys:
        return ""
    line = line_of(keys, text)
    # The keys of [paging] hold for both lists: a problem with one is found in a list, and stands in [paging].
    if "paging" in keys[1:] and (line is None or not _is_about(line, keys[:2], text)):
        keys = keys[1:]
        line = line_of(keys, text)
    return f"{'.'.join(keys)}{f' (line {line})' if line else ''}: "


def _is_about(line: int, keys: Sequence[str], text: str) -> bool:
    """Whether what stands in a line is in, or begins, the table of that name."""
    return next(place for number, place in _places(text) if number == line)[: len(keys)] == list(keys)


def line_of(keys: Sequence[str], text: str) -> int | None:
    """The number of the line in which a key stands, else that of its table; None where neither is in the file."""
    wanted, table_line = list(keys), None
    for number, place in _places(text):
        if place == wanted:
            return number
        # Its table, or a table above it that is written in one line: auth = { grant = "basic" }.
        if place == wanted[: len(place)]:
            table_line = number
    return table_line


def _places(text: str) -> Iterator[tuple[int, list[str]]]:
    """The number of each line in which a table or a key begins, and its whole name."""
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = _parts(header[1])
            yield number, table
        elif key := _KEY.match(line):
            yield number, [*table, *_parts(key[1])]


def _parts(name: str) -> list[str]:
    return [part.strip().strip("\"'") for part in name.split(".")]
