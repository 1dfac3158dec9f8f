"""What is wrong with a profile's file, in one line: the key, the line it stands in, and what is expected there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError

_TABLE: Final = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_\-\"'.]+)\s*=")

_EXPECTED: Final = {
    "extra_forbidden": "there is no such key; prsync profile show prints those there are",
    "string_type": "must be a text",
    "string_too_short": "must not be empty",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "too_short": "must not be empty",
    "string_pattern_mismatch": "must begin with /, and not with two",
}


def first_problem(error: ValidationError, text: str) -> str:
    """The first problem that was found in the file of this text."""
    found = error.errors(include_url=False, include_context=True, include_input=False)[0]
    # A place within a list or a union is told by the key of the whole.
    keys = [str(part) for part in found["loc"] if isinstance(part, str) and part.isidentifier()]
    keys = keys[:3]
    return f"{_place(keys, text)}{_reason(found['type'], found['msg'])}"


def _reason(kind: str, message: str) -> str:
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if "20-" in message:
        return "a header must be ASCII without control characters"
    if "0-9A-Za-z" in message:
        return "is not a header's name"
    return _EXPECTED.get(kind, message[:1].lower() + message[1:])


def _place(keys: Sequence[str], text: str) -> str:
    if not keys:
        return ""
    # The keys of [paging] hold for both lists: a problem with one is found in a list, and stands in [paging].
    if "paging" in keys[1:] and list(keys[:2]) not in [_table_of(line) for line in text.splitlines()]:
        keys = keys[1:]
    line = line_of(keys, text)
    return f"{'.'.join(keys)}{f' (line {line})' if line else ''}: "


def _table_of(line: str) -> list[str]:
    """The table that begins in a line; [] where none does."""
    header = _TABLE.match(line)
    return [part.strip().strip("\"'") for part in header[1].split(".")] if header else []


def line_of(keys: Sequence[str], text: str) -> int | None:
    """The number of the line in which a key stands, else the one of its table; None where neither is in the file."""
    wanted, table_line = list(keys), None
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _table_of(line):
            table = header
            if table == wanted[: len(table)] and (table == wanted or table == wanted[:-1]):
                table_line = number
        elif (key := _KEY.match(line)) is not None:
            name = [part.strip().strip("\"'") for part in key[1].split(".")]
            if [*table, *name] == wanted:
                return number
    return table_line
