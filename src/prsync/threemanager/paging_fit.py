"""How prsync would see that a list has ended, from the first answer of it: told by a sign, or only guessed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from prsync.core.text import quantity
from prsync.threemanager.address import MISSING, at
from prsync.threemanager.key_fit import Fit, KeyFit
from prsync.threemanager.paging import could_be_a_cap, link_to_next, page_number, second_parameters
from prsync.threemanager.rows import is_nothing, number_of, sign_of_more, signs_of_paging
from prsync.threemanager.shown_texts import is_field_name

if TYPE_CHECKING:
    from prsync.threemanager.profile import Paging
    from prsync.threemanager.rows import Answer, Row

_LINK_HEADER: Final = "Link.next"


def fit_paging(answer: Answer, rows: int, paging: Paging, table: str) -> list[KeyFit]:
    """How the keys of a list's `paging` fit its first answer, which has so many rows. `table` as `devices.paging`.

    The first of them is how the list ends.
    """
    fits = _fit_end(answer, rows, paging, table)
    if paging.style in {"page", "offset"} and rows > paging.rows_per_page:
        found = (
            f"{quantity(rows, 'row')} came, though only {paging.rows_per_page:,} were asked for: it seems not heeded"
        )
        fits.append(KeyFit(key=f"{table}.size", says=paging.size, fit=Fit.GUESSED, found=found))
    return fits


def _fit_end(answer: Answer, rows: int, paging: Paging, table: str) -> list[KeyFit]:
    uses_link_header = paging.style == "link" and not paging.next
    told = link_to_next(answer) if uses_link_header else at(answer.document, paging.next) if paging.next else MISSING
    if paging.style != "none" and told is not MISSING:
        return _told(answer, told, rows, paging, table)
    sign = _sign(answer, rows, paging)
    if paging.style in {"page", "offset"}:
        return _page_or_offset(answer, sign, rows, paging, table)
    # Here prsync has nothing to go on by, and refuses an answer that shows that there is more.
    return _unused(answer, sign, rows, paging, table) if sign else [_last_page(answer, paging, table)]


def _sign(answer: Answer, rows: int, paging: Paging) -> str | None:
    """A sign that there is more, of which the profile makes no use."""
    # Without paging nothing is followed, whatever the profile names.
    used = (paging.total,) if paging.style == "none" else (paging.next, paging.total)
    sign = sign_of_more(answer, rows=rows, pages=1, used=used)
    return None if sign == _LINK_HEADER and paging.style == "link" and not paging.next else sign


def is_untold(end: KeyFit, rows: int, paging: Paging) -> bool:
    """Whether only the second part can show what ends a list: nothing in the first answer does."""
    return end.is_guessed and rows > 0 and paging.style in {"page", "offset"}


def fit_second_part(
    fits: list[KeyFit], answer: Answer, rows: list[Row], second: list[Row] | None, status: int, paging: Paging
) -> list[KeyFit]:
    """How a list's paging fits, once its second part was asked for too, whose rows are None where it has none.

    `fits` are what the first `answer`, with its `rows`, has shown alone.
    """
    asked = f"{paging.number}={second_parameters(paging, len(rows))[paging.number]}"
    end, *others = fits
    if second is None:
        found = f"nothing tells the end, and to {asked} the server gives no answer of use (status {status})"
        return [_no_way_on(end, paging, found, could_be=("none",)), *others]
    if second != rows:
        came = "gave other rows" if second else "was empty: these rows were all"
        found = f"nothing tells the end, so prsync asks on until a page is empty; {asked} {came}"
        return [replace(end, found=found), *others]
    table = end.key.rpartition(".")[0]
    same = f"{asked} gave the same rows once more: it is not heeded"
    if (sign := _sign(answer, len(rows), paging)) is not None:
        return [replace(one, found=f"{one.found}; {same}") for one in _unused(answer, sign, len(rows), paging, table)]
    number = quantity(len(rows), "row")
    question = (
        f'{table}: {same}. If the {number} that came are all there are, set style = "none"; if not, set style,'
        " number and next to how the next part is asked for."
    )
    found = f"nothing tells the end, and {same}"
    if could_be_a_cap(len(rows)):
        found += f"; {number} may be all that the server gives at once"
        return [replace(_no_way_on(end, paging, found), question=question), *others]
    return [replace(end, found=found, question=question), *others]


def _no_way_on(end: KeyFit, paging: Paging, found: str, could_be: tuple[str, ...] = ()) -> KeyFit:
    """A list that prsync would refuse: by the sign that would tell its end, else by the style."""
    if end.could_be:
        return replace(end, fit=Fit.MISFIT, found=found)
    key = f"{end.key.rpartition('.')[0]}.style"
    return KeyFit(key=key, says=paging.style, fit=Fit.MISFIT, found=found, could_be=could_be)


def _told(answer: Answer, told: Any, rows: int, paging: Paging, table: str) -> list[KeyFit]:
    """The answer has what the profile says that the next page is told by."""
    name = paging.next or "the Link header"
    if is_nothing(told):
        if sign := _sign(answer, rows, paging):
            return _unused(answer, sign, rows, paging, table)
        found = f"the end is told by {name}; the first answer is the last"
    elif (style := _style_of(told, name, paging)) != paging.style:
        found = f"{name} tells the next part by {_WAYS[style]}, which is no {paging.style}"
        return [KeyFit(key=f"{table}.style", says=paging.style, fit=Fit.MISFIT, found=found, could_be=(style,))]
    else:
        found = f"the end is told by {name}; there are more pages"
    return [KeyFit(key=f"{table}.next", says=paging.next, fit=Fit.FITS, found=found)]


_WAYS: Final = {"page": "a number", "offset": "a number", "cursor": "a cursor", "link": "a link"}


def _style_of(told: Any, name: str, paging: Paging) -> str:
    """The style of paging by which a server tells its next part so. Where it tells none, by the name of the field."""
    if paging.style == "cursor" and isinstance(told, str | int):
        return "cursor"  # anything can be one
    if paging.style == "link" and isinstance(told, str) and number_of(told) is None:
        return "link"  # also one with a page's number in its query
    if page_number(told, paging.number) is not None:
        return paging.style if paging.style in {"page", "offset"} else "page"
    is_link = isinstance(told, str) and ("/" in told or told.lstrip().startswith("?"))
    if is_link or name.casefold().endswith(("link", "url", "uri", "href")):
        return "link"
    if is_nothing(told) and not name.casefold().endswith(("cursor", "token", "marker", "continuation")):
        return paging.style
    return "cursor"


def _page_or_offset(answer: Answer, sign: str | None, rows: int, paging: Paging, table: str) -> list[KeyFit]:
    """Without a word of the next page prsync counts on: to the total, or until a page is empty."""
    total = number_of(at(answer.document, paging.total)) if paging.total else None
    if total is not None:
        found = f"the end is told by {paging.total}"
        return [KeyFit(key=f"{table}.total", says=paging.total, fit=Fit.FITS, found=found)]
    found = "only guessed: nothing tells the end, so prsync asks on until a page is empty"
    if not rows and sign is None:
        found = "cannot be seen in an answer without rows"
    others = [name for name in [sign, *signs_of_paging(answer)] if name and name not in {paging.next, paging.total}]
    nexts = tuple(dict.fromkeys(name for name in others if _names_next(name, answer)))
    totals = tuple(dict.fromkeys(name for name in others if _names_total(name, answer)))
    if totals and not nexts:
        return [KeyFit(key=f"{table}.total", says=paging.total, fit=Fit.GUESSED, found=found, could_be=totals)]
    if not nexts:
        return [KeyFit(key=f"{table}.next", says=paging.next, fit=Fit.GUESSED, found=found)]
    return _by_next(nexts, answer, paging, table, Fit.GUESSED, found)


def _by_next(nexts: tuple[str, ...], answer: Answer, paging: Paging, table: str, fit: Fit, found: str) -> list[KeyFit]:
    """The keys to set so that the next part is found by one of the fields `nexts`: `next`, and perhaps `style`."""
    fits = [KeyFit(key=f"{table}.next", says=paging.next, fit=fit, found=found, could_be=nexts)]
    if (style := _style_of(at(answer.document, nexts[0]), nexts[0], paging)) != paging.style:
        by = f"{nexts[0]} tells the next part by {_WAYS[style]}"
        question = None
        if style == "cursor":
            question = f"{table}.number: set it to the parameter in which the server wants its cursor."
        says = paging.style
        fits.append(KeyFit(key=f"{table}.style", says=says, fit=fit, found=by, could_be=(style,), question=question))
    return fits


def _unused(answer: Answer, sign: str, rows: int, paging: Paging, table: str) -> list[KeyFit]:
    """There is more, by a sign that the profile has no use for: prsync would refuse the answer."""
    found = f"by {_shown(sign)} there is more than the {quantity(rows, 'row')}, and the profile does not ask for it"
    # Of several signs, the one that leads on.
    nexts = tuple(name for name in dict.fromkeys([sign, *signs_of_paging(answer)]) if _leads_on(name, answer, paging))
    if nexts:
        return _by_next(nexts, answer, paging, table, Fit.MISFIT, found)
    could_be = ("link",) if sign == _LINK_HEADER else ()
    return [KeyFit(key=f"{table}.style", says=paging.style, fit=Fit.MISFIT, found=found, could_be=could_be)]


def _leads_on(name: str, answer: Answer, paging: Paging) -> bool:
    is_used = name == paging.next and paging.style != "none"
    return not is_used and _names_next(name, answer) and not is_nothing(at(answer.document, name))


def _shown(sign: str) -> str:
    """The name of a sign, unless what it stands in may be a customer's."""
    return sign if all(map(is_field_name, sign.split("."))) else "a field beside the rows"


def _last_page(answer: Answer, paging: Paging, table: str) -> KeyFit:
    if paging.style == "none":
        found = "all rows are expected in one answer, and nothing in it says that there are more"
        return KeyFit(key=f"{table}.style", says="none", fit=Fit.FITS, found=found)
    # Many servers leave the field away on the last page; that is their way to say it.
    found = f"{paging.next or 'a Link header'} is not there, which means: the last page"
    nexts = tuple(name for name in signs_of_paging(answer) if name != paging.next and _names_next(name, answer))
    fit = Fit.GUESSED if nexts else Fit.FITS
    return KeyFit(key=f"{table}.next", says=paging.next, fit=fit, found=found, could_be=nexts)


def _names_next(sign: str, answer: Answer) -> bool:
    """Whether `next` of a profile could name this sign: headers, and entries of a list, it cannot."""
    last = sign.rpartition(".")[2].casefold().replace("_", "")
    is_about_next = ("next" in sign.casefold() and not last.startswith("has")) or last.endswith("token")
    return is_about_next and _can_be_named(sign, answer)


def _names_total(sign: str, answer: Answer) -> bool:
    """Whether `total` of a profile could name this sign."""
    last = sign.rpartition(".")[2].casefold()
    return ("total" in last or "count" in last) and "page" not in last and _can_be_named(sign, answer)


def _can_be_named(sign: str, answer: Answer) -> bool:
    return _shown(sign) == sign and at(answer.document, sign) is not MISSING
