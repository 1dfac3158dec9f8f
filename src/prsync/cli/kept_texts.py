"""Leaves a text on the command line as it is.

typer has pydantic validate each value: also a text that is to stay one, and an option that is not given. Loading
pydantic for that takes as long as all the rest of a short command, and at Tab a person waits for it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument, TyperOption

if TYPE_CHECKING:
    from collections.abc import Callable

    # typer's own copy of click has no public name to annotate with.
    Context = Any
    Parameter = Any


@cache
def keep_texts() -> None:
    """From now on typer validates neither a text that is to stay one, nor an option not given, and nothing at Tab."""
    for kind in (TyperArgument, TyperOption):
        setattr(kind, "process_value", _processing(kind.process_value))  # noqa: B010  mypy refuses a plain assignment


def _processing(validating: Callable[[Parameter, Context, Any], Any]) -> Callable[[Parameter, Context, Any], Any]:
    def process_value(parameter: Parameter, context: Context, value: Any) -> Any:
        if context.resilient_parsing:  # so it is at Tab: the line is not ready yet
            return value
        takes_several = parameter.multiple or parameter.nargs == -1
        is_missing = value is None and not parameter.required
        # On the line stand texts only: what is a number already is the option's default, or a flag.
        is_ready = isinstance(value, int | float) or type(value) is parameter.type_descriptor.annotation
        if not (is_missing or is_ready):
            return validating(parameter, context, value)
        kept = () if is_missing and takes_several else value
        return kept if parameter.callback is None else parameter.callback(context, parameter, kept)

    return process_value
