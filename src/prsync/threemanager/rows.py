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

_ERROR_STATUSES: Final = range(400, 600)
_ERROR_WORDS: Final = {"error", "fail", "failed", "failure"}


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
    if not found and found is not MISSING and _tells_of_an_error(document):
        raise UnusableAnswerError(path, _OK, "rows, and no error beside them,")
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
    values = [value for address in addresses if (value := at(document, address)) is not MISSING]
    lists = [value for value in values if isinstance(value, list)]
    if lists:
        return lists[0]
    return None if values and all(value is None for value in values) else MISSING


def _tells_of_an_error(document: Any) -> bool:
    """Whether an answer without rows says that something went wrong: with a status of 200, as some servers do."""
    errors = [at(document, name) for name in ("error", "errors", "exception", "fault")]
    successes = [at(document, name) for name in ("success", "isSuccess", "succeeded", "ok")]
    statuses = [number_of(at(document, name)) for name in ("status", "statusCode", "code")]
    return (
        any(error is not MISSING and error not in (None, "", 0, False, [], {}) for error in errors)
        or any(_says(success, yes=False) for success in successes)
        or any(status is not None and status in _ERROR_STATUSES for status in statuses)
        or str(at(document, "status")).casefold() in _ERROR_WORDS
    )


def names_in(rows: Iterable[Any]) -> str:
    """The names of the fields in some rows, for a person: they say what could be meant, and no customer's value."""
    names: dict[str, None] = {}
    for row in rows:
        if isinstance(row, Mapping):
            names.update(dict.fromkeys(row))
    shown = [printable(name[:_NAME_LENGTH]) for name in list(names)[:_NAMES_SHOWN]]
    return ", ".join(shown) + (", …" if len(names) > _NAMES_SHOWN else "") if names else "nothing"


# Signs that there is more than was read. They are looked for where the profile says nothing of them: a server that
# gives only a part of its rows must not pass for one that gave all.

_FLAGS: Final = {"more", "moreresults", "morerecords", "morepages", "moreavailable", "truncated", "istruncated"}
_LAST_FLAGS: Final = {"last", "islast", "lastpage", "islastpage", "done"}
_NEXT: Final = {
    *("next", "nextpage", "nextpagenumber", "nextoffset", "nextstart", "nextskip", "nextindex", "nextset"),
    *("nexturl", "nexturi", "nexthref", "nextpageurl", "nextpageuri", "nextrecordsurl"),
    *("nextcursor", "nexttoken", "nextpagetoken", "nextmarker", "nextkey", "continuation"),
}
_NEXT_ENDINGS: Final = ("nextlink", "nextpagelink", "continuationtoken", "skiptoken")
_COUNTS: Final = {
    *("count", "rowcount", "recordcount", "itemcount", "itemscount", "resultcount", "devicecount"),
    *("numfound", "itemstotal", "recordstotal", "recordsfiltered"),
}
_PAGE_COUNTS: Final = {"totalpages", "pagecount", "pages", "numpages", "totalpagecount", "lastpage"}

_FIELD_NAME: Final = re.compile(r"[\w@$-]+")

_INNER_NAMES: Final = {"href", "url", "uri", "value"}
"""Fields of an object that says only what the object's own name means: `next: {href: ...}`."""

_DEPTH: Final = 3
"""So far down signs are looked for: `meta.paging.next`."""


def sign_of_more(answer: Answer, *, rows: int, pages: int, used: Sequence[str]) -> str | None:
    """By what an answer shows that there is more than the `rows` read on so many `pages`; None where nothing does.

    `used` are the addresses that the profile has for this: they were followed.
    """
    known = {normalised(address) for address in used if address}
    for name, value in _envelope(answer):
        if normalised(name) not in known and _shows_more(_meaning_of(name), value, rows, pages):
            return _shown(name)
    return None


def signs_of_paging(answer: Answer) -> list[str]:
    """The names beside the rows that speak of pages, whether or not they say that there is more."""
    return [
        _shown(name)
        for name, value in _envelope(answer)
        if not isinstance(value, dict | list) and _speaks_of_pages(_meaning_of(name))
    ]


def _shown(path: str) -> str:
    """A path for a person. A part that is no usual field's name may be a customer's, and is left out."""
    parts = path[:_NAME_LENGTH].split(".")
    return printable(".".join(part if _FIELD_NAME.fullmatch(part) else "…" for part in parts))


def _speaks_of_pages(key: str) -> bool:
    named = key in _FLAGS | _LAST_FLAGS | _NEXT | _COUNTS | _PAGE_COUNTS
    return named or key.startswith(("total", "hasmore", "hasnext")) or key.endswith(_NEXT_ENDINGS)


def is_nothing(value: Any) -> bool:
    """Whether what stands where the next page is told says that there is none."""
    return value in (None, "", 0, False) or (isinstance(value, str) and value.strip() in {"", "0"})


def _meaning_of(name: str) -> str:
    """The part of a path that says what stands there."""
    parts = [normalised(part) for part in name.split(".")]
    return parts[-2] if len(parts) > 1 and parts[-1] in _INNER_NAMES else parts[-1]


def _shows_more(key: str, value: Any, rows: int, pages: int) -> bool:
    if key in _FLAGS or key.startswith(("hasmore", "hasnext")):
        return _says(value, yes=True)
    if key in _LAST_FLAGS and _says(value, yes=False):
        return True
    if key in _NEXT or key.endswith(_NEXT_ENDINGS):
        return not is_nothing(value) and not isinstance(value, dict | list)
    number = number_of(value)
    if number is None:
        return False
    if key in _PAGE_COUNTS:
        return number > pages
    return number > rows and (key in _COUNTS or key.startswith("total"))


def _says(value: Any, *, yes: bool) -> bool:
    return value is yes or (isinstance(value, str) and value.strip().casefold() == str(yes).casefold())


def _envelope(answer: Answer) -> Iterator[tuple[str, Any]]:
    """The fields around the rows by their paths, and what headers say."""
    yield from _fields(answer.document, "", _DEPTH)
    for name, text in answer.headers.items():
        match name.casefold():
            case "link":
                yield "Link.next", next_link(text)
            case "x-total-count" | "x-total":
                yield f"{name}.total", text
            case "content-range":
                yield f"{name}.total", text.rpartition("/")[2]
            case "x-total-pages":
                yield f"{name}.totalPages", text
            case "x-next-page":
                yield f"{name}.nextPage", text
            case "x-pagination":
                with suppress(ValueError, RecursionError):
                    yield from _fields(json.loads(text), f"{name}.", 2)


def _fields(value: Any, above: str, depth: int) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        return
    for name, inner in value.items():
        yield f"{above}{name}", inner
        if depth > 1:
            yield from _fields(inner, f"{above}{name}.", depth - 1)
        if isinstance(inner, list) and normalised(name) == "links":
            # [{"rel": "next", "href": ...}], as some servers write what others have in a header.
            yield from ((f"{above}{name}.{at(link, 'rel')}", at(link, "href")) for link in inner)


def next_link(header: str) -> str | None:
    """The target that a Link header (RFC 8288) names as the next; None where it names none.

    Read part by part: a pattern would take minutes for a header that is made for it.
    """
    for entry in header.split("<")[1:]:
        target, _, parameters = entry.partition(">")
        for parameter in parameters.split(";"):
            name, _, value = parameter.partition("=")
            relations = value.strip().rstrip(", ").strip('"').casefold().split()
            if name.strip().casefold() == "rel" and "next" in relations:
                return target.strip()
    return None


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
