"""The rows of an answer, and what it shows of there being more."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from prsync.core.text import printable
from prsync.errors import UnusableAnswerError
from prsync.threemanager.address import MISSING, at, normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Row = Mapping[str, Any]

_OK: Final = 200
_NAMES_SHOWN: Final = 20
_NAME_LENGTH: Final = 40
_DIGITS: Final = 15


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer to one request. `url` is where it came from, `headers` have names of any case."""

    document: Any
    headers: Mapping[str, str]
    url: str


def rows_of(document: Any, addresses: Sequence[str], path: str) -> list[Row]:
    """The rows of an answer; UnusableAnswerError, with `path`, where it has none of the shapes that a profile can say.

    null, and null where the rows should be, mean that there are none: that is how Go and ASP.NET write an empty list.
    """
    found = _found(document, addresses)
    if found is None:
        return []
    if isinstance(found, list):
        if all(isinstance(row, dict) for row in found):
            return found
        raise UnusableAnswerError(path, _OK, "an object in each row")
    raise UnusableAnswerError(path, _OK, f"an array of rows, or an object with one in {' or '.join(addresses)}")


def _found(document: Any, addresses: Sequence[str]) -> Any:
    if document is None or isinstance(document, list):
        return document
    values = [at(document, address) for address in addresses]
    lists = [value for value in values if isinstance(value, list)]
    if lists:
        return lists[0]
    return None if None in values else MISSING


def names_in(rows: Iterable[Any]) -> str:
    """The names of the fields in some rows, for a person: they say what could be meant, and no customer's value."""
    names: dict[str, None] = {}
    for row in rows:
        if isinstance(row, Mapping):
            names.update(dict.fromkeys(row))
    shown = [printable(name)[:_NAME_LENGTH] for name in list(names)[:_NAMES_SHOWN]]
    return ", ".join(shown) + (", …" if len(names) > _NAMES_SHOWN else "") if names else "nothing"


# Signs that there is more than was read. They are looked for where the profile says nothing of them: a server that
# gives only a part of its rows must not pass for one that gave all.

_FLAGS: Final = {"hasmore", "hasnext", "hasnextpage", "hasmoreresults", "more", "truncated", "istruncated"}
_NEXT: Final = {"next", "nextpage", "nextpageurl", "nexturl", "nextcursor", "nexttoken", "nextpagetoken"}
_COUNTS: Final = {"count", "rowcount", "recordcount", "itemcount", "resultcount"}
_PAGE_COUNTS: Final = {"totalpages", "pagecount", "pages", "numpages", "totalpagecount", "lastpage"}
_REL_NEXT: Final = re.compile(r"""rel\s*=\s*"?\s*(?:\S+\s+)*next\b""", re.IGNORECASE)


def sign_of_more(answer: Answer, *, rows: int, pages: int, used: Sequence[str]) -> str | None:
    """By what an answer shows that there is more than the `rows` read on so many `pages`; None where nothing does.

    `used` are the addresses that the profile has for this: they were followed.
    """
    known = {normalised(address) for address in used if address}
    for name, value in _envelope(answer):
        last_part = normalised(name.rpartition(".")[2])
        if normalised(name) not in known and _shows_more(last_part, value, rows, pages):
            return printable(name)[:_NAME_LENGTH]
    return None


def signs_of_paging(answer: Answer) -> list[str]:
    """The names beside the rows that speak of pages, whether or not they say that there is more."""
    return [
        printable(name)[:_NAME_LENGTH]
        for name, value in _envelope(answer)
        if not isinstance(value, dict | list) and _speaks_of_pages(normalised(name.rpartition(".")[2]))
    ]


def _speaks_of_pages(key: str) -> bool:
    named = key in _FLAGS | _NEXT | _COUNTS | _PAGE_COUNTS
    return named or key.startswith("total") or key.endswith(("nextlink", "continuationtoken"))


def _shows_more(key: str, value: Any, rows: int, pages: int) -> bool:
    if key in _FLAGS:
        return value is True or (isinstance(value, str) and value.strip().casefold() == "true")
    if key in _NEXT or key.endswith(("nextlink", "continuationtoken")):
        return value not in (None, "", 0, False) and not isinstance(value, dict | list)
    number = number_of(value)
    if number is None:
        return False
    if key in _PAGE_COUNTS:
        return number > pages
    return number > rows and (key in _COUNTS or key.startswith("total"))


def _envelope(answer: Answer) -> Iterator[tuple[str, Any]]:
    """The fields beside the rows, those one level further down (`meta.total`) and what headers say."""
    if isinstance(answer.document, Mapping):
        for name, value in answer.document.items():
            yield name, value
            if isinstance(value, Mapping):
                yield from ((f"{name}.{below}", inner) for below, inner in value.items())
    for name, text in answer.headers.items():
        match name.casefold():
            case "link" if _REL_NEXT.search(text):
                yield "Link.next", text
            case "x-total-count" | "x-total":
                yield f"{name}.total", text
            case "x-next-page":
                yield f"{name}.nextPage", text
            case "x-pagination":
                with suppress(ValueError, RecursionError):
                    told = json.loads(text)
                    if isinstance(told, dict):
                        yield from ((f"{name}.{below}", inner) for below, inner in told.items())


def number_of(value: Any) -> int | None:
    """A whole number from 0 on, also as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    if isinstance(value, Decimal | float):
        number = Decimal(value)
        # Looked at first: what is not finite cannot be compared, and a huge one is no number of rows.
        is_small = number.is_finite() and 0 <= number < 10**_DIGITS
        return int(number) if is_small and number == int(number) else None
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
