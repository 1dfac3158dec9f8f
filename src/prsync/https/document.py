"""From the bytes of an answer to its JSON document."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Final

_MOST_DIGITS: Final = 40
"""No count has as many."""
_NOT_A_NUMBER: Final = Decimal("NaN")


def document_of(body: bytes) -> Any:
    """The JSON document of an answer; ValueError where it is not JSON.

    A number with a fraction or an exponent is a Decimal, one with thousands of digits is NaN.
    """
    try:
        try:
            return json.loads(body, parse_float=_decimal)
        except ValueError:
            # It may be JSON all the same: int() refuses thousands of digits. One device's faulty number must not make
            # the whole answer unusable.
            return json.loads(body, parse_int=_integer, parse_float=_decimal)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _MOST_DIGITS else _NOT_A_NUMBER


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return _NOT_A_NUMBER
