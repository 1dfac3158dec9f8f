"""What a value in a TOML file or on the command line must be: pydantic's own messages are about Python."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXPECTED: Final = MappingProxyType(
    {
        "string_type": "must be a text",
        "string_too_short": "must not be empty",
        "string_too_long": "must not be longer than {max_length} characters",
        "int_type": "must be a whole number",
        "float_type": "must be a number",
        "bool_type": "must be true or false",
        "list_type": "must be a list",
        "dict_type": "must be a table",
        "model_type": "must be a table",
        "too_short": "must not be empty",
        "literal_error": "must be {expected}",
        "bool_parsing": "must be true or false",
        "int_parsing": "must be a whole number",
        "float_parsing": "must be a number",
        "greater_than_equal": "must be at least {ge:g}",
        "less_than_equal": "must be at most {le:g}",
    }
)


def expected(problem: Mapping[str, Any]) -> str:
    """What was expected, of one of pydantic's errors; where the model has a message of its own, that one."""
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return message
    known = _EXPECTED.get(problem["type"])
    return known.format(**problem.get("ctx", {})) if known else message[:1].lower() + message[1:]
