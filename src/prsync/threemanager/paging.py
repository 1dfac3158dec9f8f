"""Asking for all rows of a list, part by part. However a server pages, no part of its rows passes for all of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, urljoin, urlsplit

from prsync.core.text import is_text
from prsync.errors import ProfileMismatchError, UnusableAnswerError
from prsync.https.same_server import host_of
from prsync.threemanager.address import MISSING, at
from prsync.threemanager.rows import Answer, is_nothing, next_link, number_of, rows_of, sign_of_more

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from prsync.threemanager.profile import Paging
    from prsync.threemanager.rows import Row

    Parameters = Mapping[str, str | int]
    Get = Callable[[str, Parameters], Answer]
    """Sends one request: a path below the server's URL, which may have a query, and more parameters for that."""

# More than any customer has. A server whose pages never end must not keep a night's run busy for ever.
MOST_PAGES: Final = 1000

_OK: Final = 200
_SECOND: Final = 2

_STAYS_IN_A_PATH: Final = "/%:@!$&'()*+,;=~"

_SMALLEST_CAP: Final = 10
"""No server gives fewer rows at most."""


@dataclass(slots=True)
class WholePages:
    """For a list whose server does not say whether more follows: the largest page that a run has seen to be the last.

    A page of so many rows has turned out to be the last, so a page of as many or fewer is whole, too. But not one of as
    many where that could be the most that the server gives: a customer with just so many devices would make a part of
    another's pass for all.
    """

    rows: int = 0
    cap: int = 10**9
    """The fewest rows of a page after which another came, or may come."""

    def learn(self, rows: int) -> None:
        """A page of so many rows was the last."""
        # The last page may be full, too, as those before it were: then it says nothing of others like it.
        self.rows = max(self.rows, min(rows, self.cap - 1))

    def learn_cap(self, rows: int) -> None:
        """After a page of so many rows another came; or so many were asked for, so that another may come."""
        self.cap = min(self.cap, rows)
        self.rows = min(self.rows, self.cap - 1)

    def is_whole(self, rows: int) -> bool:
        """Whether a page of so many rows is surely the last."""
        return rows < self.rows or (rows == self.rows and not could_be_a_cap(rows))


def could_be_a_cap(rows: int) -> bool:
    """Whether a server may give so many rows at most: people choose round numbers, or powers of two."""
    return rows >= _SMALLEST_CAP and (rows % 5 == 0 or rows.bit_count() == 1)


def first_parameters(paging: Paging) -> Parameters:
    """The parameters that ask for the first part of a list."""
    size: Parameters = {paging.size: paging.rows_per_page} if paging.size else {}
    match paging.style:
        case "page" | "offset":
            return {paging.number: paging.first, **size}
        case "cursor" | "link":
            return size
        case "none":
            return {}


def second_parameters(paging: Paging, rows: int) -> Parameters:
    """The parameters that ask for the part after a first one of so many rows, where pages or offsets are counted."""
    return {**first_parameters(paging), paging.number: _counted_on(paging, paging.first, rows)}


def _counted_on(paging: Paging, place: int, rows: int) -> int:
    """The page's number or offset after the one at `place`, which had so many rows."""
    return place + (1 if paging.style == "page" else rows)


@dataclass(frozen=True, slots=True)
class _Ask:
    """One request of a list."""

    path: str
    parameters: Parameters
    place: str | int
    """The number, offset, cursor or link that is asked for: what the answer must lead on from."""


_END: Final = object()
_UNTOLD: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Reads one list of a server to its end; every failure is a ServerError.

    `key` is the profile's table, for an error; `url` the server's own.
    """

    get: Get
    paging: Paging
    rows: Sequence[str]
    key: str
    url: str
    whole: WholePages = field(default_factory=WholePages)

    def first_page(self, path: str, parameters: Parameters) -> list[Row]:
        """The rows of the first answer alone."""
        ask = self._first(path, parameters)
        return rows_of(self.get(ask.path, ask.parameters).document, self.rows, _shown(path))

    def all_rows(self, path: str, parameters: Parameters) -> Iterator[Row]:
        """All rows, one request after another."""
        before: list[Row] = []
        if self.paging.size:
            self.whole.learn_cap(self.paging.rows_per_page)
        ask, read, untold = self._first(path, parameters), 0, False
        for pages in range(1, MOST_PAGES + 1):
            answer = self.get(ask.path, ask.parameters)
            rows = rows_of(answer.document, self.rows, _shown(path))
            if untold and (not rows or rows == before):
                # There was no more; or the server does not page, and answers alike whatever it is asked.
                if rows and pages == _SECOND and could_be_a_cap(len(rows)):
                    raise self._not_heeded(ask, len(rows))
                self.whole.learn(len(before))
                self._expect_complete(answer, read, pages, path)
                return
            if rows and rows == before:
                expected = f"other rows on page {pages} than on the page before it"
                raise UnusableAnswerError(_shown(path), _OK, expected)
            if rows and before:
                self.whole.learn_cap(len(before))
            yield from rows
            read += len(rows)
            following = self._following(answer, ask, rows, read)
            if following is None:
                self._expect_complete(answer, read, pages, path)
                return
            ask, untold = following
            before = rows
        raise UnusableAnswerError(_shown(path), _OK, f"an end within {MOST_PAGES:,} pages")

    def _not_heeded(self, ask: _Ask, rows: int) -> ProfileMismatchError:
        """A first part that comes again may be all there is, or all that the server gives at once: nobody can tell."""
        same = f"{self.paging.number}={ask.place} gave the same {rows:,} rows once more, and so many may be a limit"
        problem = f'{same}; if they are all there are, style is "none"'
        return ProfileMismatchError(_shown(ask.path), problem, self._named("style"))

    def _first(self, path: str, parameters: Parameters) -> _Ask:
        place: str | int = self.paging.first if self.paging.style in {"page", "offset"} else ""
        return _Ask(path, {**parameters, **first_parameters(self.paging)}, place)

    def _following(self, answer: Answer, ask: _Ask, rows: list[Row], read: int) -> tuple[_Ask, bool] | None:
        """The next request, and whether it is only a guess that there is more; None at the end."""
        if self.paging.style == "none":
            return None
        told = self._told(answer, ask)
        if told is _END:
            return None
        if told is not _UNTOLD:
            return self._ask(told, ask, answer), False
        total = self._total(answer, ask.path)
        if self.paging.style in {"cursor", "link"} or not rows or (total is not None and read >= total):
            return None
        if total is None and self.whole.is_whole(len(rows)) and not self._sign_of_more(answer, read, 1):
            return None
        guessed = _counted_on(self.paging, int(ask.place), len(rows))
        return _Ask(ask.path, {**ask.parameters, self.paging.number: guessed}, guessed), total is None

    def _told(self, answer: Answer, ask: _Ask) -> Any:
        """What the answer says of the next page; _END where that is none, _UNTOLD where it says nothing."""
        if self.paging.style == "link" and not self.paging.next:
            value: Any = link_to_next(answer)
        elif not self.paging.next:
            return _UNTOLD
        else:
            value = at(answer.document, self.paging.next)
        if value is MISSING:
            return _UNTOLD
        # The last page's way to say so differs: null, an empty text, 0, or the page itself once more.
        if is_nothing(value) or (isinstance(value, str | int) and str(value) == str(ask.place)):
            return _END
        return value

    def _ask(self, told: Any, ask: _Ask, answer: Answer) -> _Ask:
        if self.paging.style in {"link", "cursor"} and not _is_usable(told):
            problem = f"its {self.paging.next} is no {self.paging.style}"
            raise ProfileMismatchError(_shown(ask.path), problem, self._named("next"))
        if self.paging.style == "link":
            # A link is whole: what was asked for stands in its query.
            return _Ask(self._same_host(str(told), answer, ask.path), {}, str(told))
        if self.paging.style == "cursor":
            return _Ask(ask.path, {**ask.parameters, self.paging.number: str(told)}, str(told))
        number = page_number(told, self.paging.number)
        place = int(ask.place)
        # A page that was read already would be read again, and so on for ever; one that is left out would be missing.
        if number is None or number <= place or (self.paging.style == "page" and number > place + 1):
            expected = f"a {self.paging.next} after {self.paging.style} {ask.place}"
            raise UnusableAnswerError(_shown(ask.path), _OK, expected)
        return _Ask(ask.path, {**ask.parameters, self.paging.number: number}, number)

    def _same_host(self, link: str, answer: Answer, path: str) -> str:
        """The path and query of a link; the token or the password must not go to where any answer points."""
        base = urlsplit(self.url)
        root = base.path.rstrip("/")
        try:
            target = urlsplit(urljoin(answer.url, link))
            is_ours = host_of(target) == host_of(base) and target.path.startswith(f"{root}/")
        except ValueError:
            raise ProfileMismatchError(
                _shown(path), "its link to the next page is no URL", self._named("next")
            ) from None
        if not is_ours:
            problem = "its link to the next page leads to another host, or to a path that is not below the server's URL"
            raise ProfileMismatchError(_shown(path), problem, self._named("next"))
        # Quoted, since it stands in an error's line.
        below = quote(target.path.removeprefix(root), safe=_STAYS_IN_A_PATH)
        return f"{below}?{target.query}" if target.query else below

    def _total(self, answer: Answer, path: str) -> int | None:
        """How many rows the answer says there are in all; None where it says nothing of it."""
        value = at(answer.document, self.paging.total) if self.paging.total else None
        if value is None or value is MISSING:
            return None
        if (total := number_of(value)) is None:
            raise ProfileMismatchError(
                _shown(path), f"its {self.paging.total} is no number of rows", self._named("total")
            )
        return total

    def _expect_complete(self, answer: Answer, read: int, pages: int, path: str) -> None:
        total = self._total(answer, path)
        if total is not None and read < total:
            problem = f"it says that there are {total:,} rows, and gave {read:,}"
            raise ProfileMismatchError(_shown(path), problem, self._named("total"))
        sign = self._sign_of_more(answer, read, pages)
        if sign is not None:
            problem = f"by {sign} it shows that there is more than the {read:,} rows it gave"
            raise ProfileMismatchError(_shown(path), problem, self._named("style"))

    def _sign_of_more(self, answer: Answer, read: int, pages: int) -> str | None:
        paging = self.paging
        # Without paging nothing was followed, whatever the profile names.
        used = [paging.total] if paging.style == "none" else [paging.next, paging.total]
        if paging.style == "link" and not paging.next:
            used.append("Link.next")
        return sign_of_more(answer, rows=read, pages=pages, used=used)

    def _named(self, key: str) -> str:
        return f"{self.key}.paging.{key}"


def _is_usable(told: Any) -> bool:
    """Whether a cursor or a link can be sent back: half a character, which JSON can hold, cannot."""
    return is_text(told) if isinstance(told, str) else isinstance(told, int) and not isinstance(told, bool)


def page_number(told: Any, parameter: str) -> int | None:
    """The number of the next page or its first row; also from a URL that has it in its query."""
    number = number_of(told)
    if number is None and isinstance(told, str):
        with suppress(ValueError):  # no URL
            values = parse_qs(urlsplit(told).query).get(parameter, [])
            number = number_of(values[-1]) if values else None
    return number


def link_to_next(answer: Answer) -> Any:
    """The link to the next page in the Link header (RFC 8288); MISSING where it has none."""
    headers = (text for name, text in answer.headers.items() if name.casefold() == "link")
    target = next_link(next(headers, ""))
    return MISSING if target is None else target


def _shown(path: str) -> str:
    """A path without its query, for an error: a link may carry anything."""
    return path.partition("?")[0]
