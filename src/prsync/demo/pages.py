"""An answer of many rows in parts, as a profile's `[paging]` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from prsync.demo.fields import put
from prsync.demo.received import RefusedError, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from prsync.demo.received import Received
    from prsync.threemanager.profile import Paging

MOST_ROWS: Final = 1000
DEFAULT_ROWS: Final = 200

_SKIP: Final = "$skiptoken"
_CURSOR: Final = "after-"


def page_of(
    rows: Sequence[dict[str, Any]], paging: Paging, addresses: Sequence[str], received: Received, cap: int
) -> Reply:
    """The part of the rows that is asked for: at most `cap` of them, and all where the server does not page.

    They stand at the first of `addresses`, or are the whole document where there is none.
    """
    if paging.style == "none":
        return Reply(200, _document(rows, addresses))
    start, size = _start(paging, received.query), min(_size(paging, received.query), cap)
    if paging.style == "page":
        start *= size
    on_page, after = rows[start : start + size], start + size
    document = _document(on_page, addresses)
    following = _following(paging, received, after, size) if after < len(rows) else None
    headers = {}
    if paging.next and isinstance(document, dict):
        # An OData server leaves the link out where nothing follows; others say null.
        if following is not None or paging.style != "link":
            put(document, paging.next, following)
    elif paging.style == "link" and following is not None:
        headers["Link"] = (
            f'<{received.target.partition("?")[0]}>; rel="self", <{_relative(str(following))}>; rel="next"'
        )
    if paging.total and isinstance(document, dict):
        put(document, paging.total, len(rows))
    return Reply(200, document, headers)


def _document(rows: Sequence[dict[str, Any]], addresses: Sequence[str]) -> Any:
    if not addresses:
        return rows
    document: dict[str, Any] = {}
    put(document, addresses[0], rows)
    return document


def _start(paging: Paging, query: Mapping[str, str]) -> int:
    """The row with which the part begins; of pages, their number counted from 0."""
    match paging.style:
        case "page" | "offset":
            return _number(query, paging.number, default=paging.first, least=paging.first) - paging.first
        case "cursor":
            cursor = query.get(paging.number, f"{_CURSOR}0")
            if not cursor.startswith(_CURSOR):
                raise RefusedError(400, f"{paging.number} is none that was given here.")
            return int(cursor.removeprefix(_CURSOR))
        case _:
            return _number(query, _SKIP, default=0, least=0)


def _size(paging: Paging, query: Mapping[str, str]) -> int:
    if not paging.size:
        return DEFAULT_ROWS
    return _number(query, paging.size, default=DEFAULT_ROWS, least=1, most=max(MOST_ROWS, paging.rows_per_page))


def _following(paging: Paging, received: Received, after: int, size: int) -> int | str:
    """What leads to the part that begins with the row `after`."""
    match paging.style:
        case "page":
            return after // size + paging.first
        case "offset":
            return after + paging.first
        case "cursor":
            return f"{_CURSOR}{after}"
        case _:
            path, _, query = received.target.partition("?")
            asked = dict(parse_qsl(query, keep_blank_values=True)) | {_SKIP: str(after)}
            return f"https://{received.headers.get('host', '')}{path}?{urlencode(asked, quote_via=quote)}"


def _relative(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def _number(query: Mapping[str, str], name: str, *, default: int, least: int, most: int | None = None) -> int:
    text = query.get(name, str(default))
    if text.isascii() and text.isdigit() and least <= int(text) <= (most or int(text)):
        return int(text)
    raise RefusedError(400, f"{name} is not a whole number in its range.")
