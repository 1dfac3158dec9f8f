"""From the bytes of an answer to its JSON document."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

# No count has as many digits, and int() raises an error for thousands of them: one device's faulty number would then
# make the whole answer unusable.
_MOST_DIGITS: Final = 40
_TOO_LONG: Final = re.compile(rb"\d{%d}" % (_MOST_DIGITS + 1))
_NOT_A_NUMBER: Final = Decimal("NaN")


def document_of(body: bytes) -> Any:
    """The JSON document of an answer; ValueError where it is not JSON.

    A number with a fraction or an exponent is a Decimal, one with too many digits is NaN.
    """
    try:
        # Looked for first: a function of ours for each number of an answer would take a tenth of the reading.
        parse_int = _integer if _TOO_LONG.search(body) else None
        return json.loads(body, parse_int=parse_int, parse_float=_decimal)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _MOST_DIGITS else _NOT_A_NUMBER


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return _NOT_A_NUMBER
